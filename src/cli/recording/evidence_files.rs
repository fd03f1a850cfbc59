//! The files that a list of evidence names: regular ones, of any length, hashed piece by piece, and
//! from the list's own folder unless others are allowed.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::cli::error::{Failure, exit};
use crate::cli::input_file::{file_name, hash_file};
use crate::cli::output::Output;
use crate::domain::problem_code::ProblemCode;
use crate::durable::folder_of;
use crate::import::evidence::FileDigest;

/// Looks for files beside a list.
pub(in crate::cli) struct Beside {
    folder: PathBuf,
    /// Whether files of other folders may be taken.
    anywhere: bool,
    /// Those that were, as they are on the disk.
    outside: BTreeSet<PathBuf>,
}

impl Beside {
    /// The files of a list.
    pub(in crate::cli) fn new(list: &Path, anywhere: bool) -> Self {
        Self { folder: folder_of(list).to_owned(), anywhere, outside: BTreeSet::new() }
    }

    /// Hashes a file that the list names.
    ///
    /// # Errors
    /// Why it cannot be used, for the row that names it.
    pub(in crate::cli) fn digest(&mut self, name: &str) -> Result<FileDigest, String> {
        let path = self.folder.join(name);
        if let Some(outside) = self.outside(&path) {
            if !self.anywhere {
                let outside = outside.display();
                return Err(format!(
                    "it is {outside}, which is not in the folder of the list; put it there, or \
                     give --outside-files to take such files"
                ));
            }
            self.outside.insert(outside);
        }
        let (sha256, size) = hash_file(&path).map_err(|failure| failure.message)?;
        Ok(FileDigest { sha256: sha256.hex(), size })
    }

    /// Where a file is in truth, if that is not below the folder: by its name, or by a link.
    fn outside(&self, path: &Path) -> Option<PathBuf> {
        let (Ok(file), Ok(folder)) = (path.canonicalize(), self.folder.canonicalize()) else {
            // There is none; that is said when it is read.
            return None;
        };
        (!file.starts_with(folder)).then_some(file)
    }

    /// Names the files of other folders, before anything is recorded.
    ///
    /// # Errors
    /// [`Failure`] when the output is closed.
    pub(in crate::cli) fn tell(&self, output: &mut Output<'_>) -> Result<(), Failure> {
        let tell = |file: &PathBuf| {
            output.warn(&format!("{} is not in the folder of the list", file.display()))
        };
        self.outside.iter().try_for_each(tell)
    }
}

/// So many files of a folder have room in one entry.
const FILES_MAX: usize = 128;

/// How deep a folder of evidence is looked into.
const DEPTH_MAX: usize = 8;

/// The files of a folder and of those in it, each by its path from there, in the order of their names.
///
/// # Errors
/// [`Failure`] for what is no regular file, a link among it, and for more files than an entry names.
pub(in crate::cli) fn in_folder(folder: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let bad = |path: &Path, why: &str| {
        let text = format!("{}: {why}", path.display());
        Failure::new(ProblemCode::File, exit::INPUT, text)
    };
    let (mut found, mut waiting) = (Vec::new(), vec![(folder.to_owned(), String::new(), 1)]);
    while let Some((at, prefix, depth)) = waiting.pop() {
        let failed = |error: std::io::Error| bad(&at, &format!("it cannot be read: {error}"));
        for item in std::fs::read_dir(&at).map_err(failed)? {
            let item = item.map_err(failed)?;
            let (path, kind) = (item.path(), item.file_type().map_err(failed)?);
            let name = format!("{prefix}{}", file_name(&path)?);
            if kind.is_dir() && depth < DEPTH_MAX {
                waiting.push((path, format!("{name}/"), depth + 1));
            } else if kind.is_file() {
                found.push((name, path));
            } else {
                return Err(bad(&path, "a folder of evidence holds regular files, and no links"));
            }
            if found.len() + waiting.len() > FILES_MAX {
                let why =
                    format!("more than {FILES_MAX} files do not go into one entry; part them");
                return Err(bad(folder, &why));
            }
        }
    }
    if found.is_empty() {
        return Err(bad(folder, "there is no file in it"));
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_files_by_their_paths_in_order_and_nothing_but_files() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(in_folder(folder.path()).is_err() && in_folder(&at("none")).is_err());
        std::fs::create_dir_all(at("b/c")).unwrap();
        for name in ["z.txt", "a.txt", "b/c/d.txt"] {
            std::fs::write(at(name), name).unwrap();
        }
        let names: Vec<String> =
            in_folder(folder.path()).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a.txt", "b/c/d.txt", "z.txt"]);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("a.txt"), at("b/link")).unwrap();
            assert!(in_folder(folder.path()).unwrap_err().message.contains("no links"));
            std::fs::remove_file(at("b/link")).unwrap();
        }
        for number in 0..FILES_MAX {
            std::fs::write(at(&format!("b/{number}")), "x").unwrap();
        }
        assert!(in_folder(folder.path()).unwrap_err().message.contains("more than"));
    }

    #[test]
    fn files_of_other_folders_are_named_and_taken_only_where_that_is_allowed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("list/in")).unwrap();
        for name in ["list/in/a.txt", "out.txt", "list.txt"] {
            std::fs::write(at(name), name).unwrap();
        }
        let list = at("list/list.csv");
        let absolute = at("out.txt").display().to_string();
        let mut names = vec!["../out.txt", "in/../../out.txt", "../list.txt", &*absolute];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("out.txt"), at("list/link.txt")).unwrap();
            std::os::unix::fs::symlink(folder.path(), at("list/up")).unwrap();
            names.extend(["link.txt", "up/out.txt"]);
        }
        for name in names {
            let refused = Beside::new(&list, false).digest(name).unwrap_err();
            assert!(refused.contains("out.txt") || refused.contains("list.txt"), "{refused}");
            assert!(refused.contains("--outside-files"), "{refused}");
            let mut anywhere = Beside::new(&list, true);
            anywhere.digest(name).unwrap();
            assert_eq!(anywhere.outside.len(), 1, "{name}");
        }
        let mut beside = Beside::new(&list, false);
        for name in ["in/a.txt", "./in/a.txt", "../list/in/a.txt"] {
            assert_eq!(beside.digest(name).unwrap().size, 13, "{name}");
        }
        assert!(beside.outside.is_empty());
        assert!(beside.digest("in").unwrap_err().contains("a folder"));
        assert!(beside.digest("none").unwrap_err().contains("no such file"));
        assert!(Beside::new(&list, true).digest("/dev/zero").unwrap_err().contains("a device"));
    }
}
