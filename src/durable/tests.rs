use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::*;

fn names(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|item| item.unwrap().file_name());
    let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    names
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// One of each kind that is no regular file; none of them could be read to an end.
#[cfg(unix)]
fn others(folder: &Path) -> Vec<(PathBuf, &'static str)> {
    let (pipe, socket, link) = (folder.join("pipe"), folder.join("socket"), folder.join("link"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    std::os::unix::fs::symlink(&pipe, &link).unwrap();
    vec![
        (pipe, "a pipe"),
        (link, "a pipe"),
        (socket, "a socket"),
        ("/dev/zero".into(), "a device"),
        (folder.to_owned(), "a folder"),
    ]
}

#[test]
#[cfg(unix)]
fn only_regular_files_are_read_and_others_are_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for (path, kind) in others(folder.path()) {
        let found = [
            open_regular(&path).map(drop),
            read_at_most(&path, 10).map(drop),
            read_if_there(&path, 10).map(drop),
            read_start(&path, 10).map(drop),
            read_blocks(&path, 10, |_| {}).map(drop),
        ];
        for found in found {
            let error = found.unwrap_err();
            assert!(matches!(error, ReadError::NotRegular(found) if found == kind), "{error:?}");
            assert!(!error.is_refusal());
        }
    }
}

#[test]
fn a_file_that_is_too_long_is_refused_unread() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("long");
    // A file of holes: it takes no room on the disk, and would take all memory.
    File::create(&path).unwrap().set_len(1 << 42).unwrap();
    assert!(matches!(read_at_most(&path, 1_000), Err(ReadError::TooLong { most: 1_000 })));
    assert!(matches!(read_if_there(&path, 0), Err(ReadError::TooLong { most: 0 })));
    assert_eq!(read_start(&path, 1_000).unwrap().len(), 1_001);
    fs::write(&path, b"abc").unwrap();
    assert_eq!(read_at_most(&path, 3).unwrap(), b"abc");
    assert!(read_at_most(&path, 2).is_err());
    assert_eq!(read_at_most(&path, u64::MAX).unwrap(), b"abc");
    let mut all = Vec::new();
    assert_eq!(read_blocks(&path, 3, |block| all.extend_from_slice(block)).unwrap(), 3);
    assert_eq!(all, b"abc");
    assert!(matches!(read_blocks(&path, 2, |_| {}), Err(ReadError::TooLong { most: 2 })));
}

#[test]
fn what_is_missing_is_told_from_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"").unwrap();
    for missing in [folder.path().join("none"), file.join("below")] {
        assert!(read_if_there(&missing, 9).unwrap().is_none(), "{missing:?}");
        let error = read_at_most(&missing, 9).unwrap_err();
        assert!(matches!(error, ReadError::Missing) && !error.is_refusal());
        assert_eq!(io::Error::from(error).kind(), io::ErrorKind::NotFound);
    }
    let refused = ReadError::from(io::Error::from(io::ErrorKind::PermissionDenied));
    assert!(refused.is_refusal());
}

#[test]
fn a_new_file_never_takes_the_place_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/file");
    write_new(&path, b"one", Access::Owner).unwrap();
    let again = write_new(&path, b"two", Access::Owner).unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&path).unwrap(), b"one");
    replace(&path, b"two", Access::Owner).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"two");
    assert_eq!(names(path.parent().unwrap()), ["file"]);
}

#[test]
#[cfg(unix)]
fn what_is_for_its_owner_alone_is_so_whatever_the_umask_says() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys/one");
    write_new(&path, b"", Access::Owner).unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    replace(&path, b"x", Access::Owner).unwrap();
    assert_eq!(mode(&path), 0o600);
    let (shared, by) = (folder.path().join("shared"), folder.path().join("shared.new"));
    fs::write(&shared, b"").unwrap();
    fs::set_permissions(&shared, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    replace_like(&path, &by, &shared, b"y").unwrap();
    assert_eq!((mode(&path), fs::read(&path).unwrap()), (0o640, b"y".to_vec()));
    assert!(!by.exists());
}

#[test]
#[cfg(unix)]
fn only_a_regular_file_is_replaced_and_a_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    for (path, kind) in others(folder.path()) {
        for error in [replace(&path, b"x", Access::Umask), require_replaceable(&path)] {
            assert!(error.unwrap_err().to_string().contains(kind), "{path:?}");
        }
        assert!(write_new(&path, b"x", Access::Umask).is_err());
    }
    let (file, link) = (folder.path().join("file"), folder.path().join("to-file"));
    fs::write(&file, b"old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    replace(&link, b"new", Access::Umask).unwrap();
    assert!(link.symlink_metadata().unwrap().file_type().is_symlink());
    assert_eq!(fs::read(&file).unwrap(), b"new");
}

#[test]
#[cfg(unix)]
fn what_a_killed_writer_left_is_swept_and_what_is_in_use_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let working = AsideFolder::new(folder.path(), Access::Owner).unwrap();
    fs::write(working.path().join("part"), b"x").unwrap();
    let in_use = File::create(at(".dspt-aBc123")).unwrap();
    in_use.lock().unwrap();
    for left in [".dspt-000000", ".dspt-key-abcdef", ".dspt-new-ABCDEF"] {
        fs::write(at(left), b"half").unwrap();
    }
    fs::create_dir(at(".dspt-bundle-zzzzzz")).unwrap();
    fs::write(at(".dspt-bundle-zzzzzz/part"), b"x").unwrap();
    // Names that are not of that form are somebody's own.
    let own = [".dspt-notes", ".dspt-bundle-1", ".dspt-key-abc-ef", "x.dspt-000000"];
    for name in own {
        fs::write(at(name), b"mine").unwrap();
    }
    std::os::unix::fs::symlink(at(".dspt-notes"), at(".dspt-link00")).unwrap();
    write_new(&at("file"), b"whole", Access::Umask).unwrap();
    let mut expected: Vec<String> = own.iter().map(|name| (*name).to_owned()).collect();
    expected.extend([".dspt-aBc123", ".dspt-link00", "file"].map(str::to_owned));
    expected.push(working.path().file_name().unwrap().to_str().unwrap().to_owned());
    expected.sort();
    assert_eq!(names(folder.path()), expected);
    drop((working, in_use));
    sweep(folder.path());
    assert_eq!(names(folder.path()).len(), own.len() + 2);
}

#[test]
fn a_folder_appears_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (parent, name) = (folder.path().join("new"), folder.path().join("new/made"));
    let dropped = AsideFolder::new(&parent, Access::Umask).unwrap();
    fs::write(dropped.path().join("file"), b"x").unwrap();
    drop(dropped);
    assert!(names(&parent).is_empty());
    let made = || {
        let aside = AsideFolder::new(&parent, Access::Umask).unwrap();
        fs::create_dir(aside.path().join("in")).unwrap();
        fs::write(aside.path().join("in/file"), b"x").unwrap();
        aside.publish(&name)
    };
    made().unwrap();
    assert_eq!(fs::read(name.join("in/file")).unwrap(), b"x");
    assert_eq!(made().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(names(&parent), ["made"]);
}

#[test]
fn a_batch_writes_below_its_folder_and_leaves_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let mut batch = Batch::begin(&folder.path().join("root"), Access::Umask).unwrap();
    for name in ["root/a", "root/x/b", "root/x/y/c"] {
        batch.write_new(&folder.path().join(name), name.as_bytes()).unwrap();
    }
    let again = batch.write_new(&folder.path().join("root/a"), b"other").unwrap_err();
    assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    batch.finish().unwrap();
    assert_eq!(names(&folder.path().join("root")), ["a", "x"]);
    assert_eq!(fs::read(folder.path().join("root/a")).unwrap(), b"root/a");
}
