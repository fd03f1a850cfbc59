use std::process::Command;

use super::passphrase::first_line;
use super::*;

const GOOD: &str = "correct horse battery staple";

fn made(name: &str) -> (tempfile::TempDir, PathBuf, PublicKey) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys").join(name);
    let public = generate(&path, GOOD).unwrap();
    (folder, path, public)
}

#[cfg(unix)]
fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_key_comes_back_with_its_passphrase_and_no_other() {
    let (_folder, path, public) = made("a.patel.pem");
    let signer = load(&path, GOOD).unwrap();
    assert_eq!(*signer.public(), public);
    assert_eq!(super::public(&path).unwrap(), public);
    assert!(public.verify(b"message", &signer.sign(b"message").unwrap()));
    for wrong in ["", "x", "correct horse battery stapl", "Correct horse battery staple"] {
        assert!(matches!(load(&path, wrong), Err(KeyError::WrongPassphrase { .. })), "{wrong}");
    }
    let pem = fs::read_to_string(&path).unwrap();
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "{pem}");
}

#[test]
fn nothing_is_overwritten_and_nothing_is_left_after_a_refusal() {
    let (_folder, path, _) = made("k.pem");
    let before = fs::read(&path).unwrap();
    assert!(matches!(generate(&path, "other"), Err(KeyError::Exists { .. })));
    assert_eq!(fs::read(&path).unwrap(), before);
    let second = path.with_file_name("second.pem");
    assert!(matches!(generate(&second, ""), Err(KeyError::EmptyPassphrase)));
    fs::write(second.with_extension("pub"), "someone's").unwrap();
    assert!(matches!(generate(&second, GOOD), Err(KeyError::Exists { .. })));
    assert!(!second.exists());
    for bad in ["", "..", ".hidden", "two words.pem", "line\nbreak", ".pem"] {
        let found = generate(&path.parent().unwrap().join(bad), GOOD);
        assert!(found.is_err(), "{bad:?}");
    }
    let names: Vec<_> = fs::read_dir(path.parent().unwrap()).unwrap().collect();
    assert_eq!(names.len(), 3, "{names:?}");
}

#[cfg(unix)]
#[test]
fn a_key_is_for_its_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let (_folder, path, _) = made("k");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    for open in [0o640, 0o604, 0o620, 0o602, 0o610] {
        set_mode(&path, open);
        let found = load(&path, GOOD).unwrap_err();
        assert!(matches!(found, KeyError::TooOpen { mode, .. } if mode == open), "{found}");
    }
    for closed in [0o600, 0o400] {
        set_mode(&path, closed);
        assert!(load(&path, GOOD).is_ok());
    }
}

#[test]
fn the_halves_must_belong_together() {
    let (_folder, path, _) = made("k.pem");
    let (_other_folder, other, _) = made("k.pem");
    fs::copy(public_path(&other), public_path(&path)).unwrap();
    assert!(matches!(load(&path, GOOD), Err(KeyError::PublicDiffers { .. })));
    fs::write(public_path(&path), "ssh-rsa AAAA k").unwrap();
    assert!(matches!(load(&path, GOOD), Err(KeyError::BadPublic { .. })));
    fs::remove_file(public_path(&path)).unwrap();
    assert!(load(&path, GOOD).is_ok());
    assert!(matches!(super::public(&path), Err(KeyError::Missing { .. })));
}

#[test]
fn a_folder_lists_its_keys_by_name() {
    let (_folder, path, public) = made("b.pem");
    let folder = path.parent().unwrap();
    assert_eq!(list(&folder.join("none")).unwrap().len(), 0);
    generate(&folder.join("a"), GOOD).unwrap();
    fs::copy(public_path(&path), folder.join("c.auditor.pub")).unwrap();
    let found = list(folder).unwrap();
    let names: Vec<_> = found.iter().map(|key| (key.name.as_str(), key.private.clone())).collect();
    let expected = [("a", Some(folder.join("a"))), ("b", Some(path.clone())), ("c.auditor", None)];
    assert_eq!(names, expected);
    assert_eq!(found[2].public, public);
    fs::write(folder.join("d.pub"), "no key").unwrap();
    assert!(matches!(list(folder), Err(KeyError::BadPublic { .. })));
}

#[test]
fn another_passphrase_takes_the_place_of_the_old_one() {
    let (_folder, path, public) = made("k.pem");
    assert!(matches!(rewrap(&path, "wrong", "new"), Err(KeyError::WrongPassphrase { .. })));
    assert!(matches!(rewrap(&path, GOOD, ""), Err(KeyError::EmptyPassphrase)));
    assert!(load(&path, GOOD).is_ok());
    rewrap(&path, GOOD, "new").unwrap();
    assert!(matches!(load(&path, GOOD), Err(KeyError::WrongPassphrase { .. })));
    assert_eq!(*load(&path, "new").unwrap().public(), public);
    assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 2);
}

#[track_caller]
fn check_file(bytes: &[u8], expected: fn(&KeyError) -> bool) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.pem");
    write_whole(&path, bytes, false).unwrap();
    let found = load(&path, GOOD).unwrap_err();
    assert!(expected(&found), "{found}");
}

#[test]
fn what_is_no_encrypted_key_is_named() {
    let clear = KeypairBytes { secret_key: [1; 32], public_key: None };
    let clear = clear.to_pkcs8_pem(LineEnding::LF).unwrap();
    check_file(clear.as_bytes(), |error| matches!(error, KeyError::NotEncrypted { .. }));
    let relabelled = clear.replace("PRIVATE", "ENCRYPTED PRIVATE");
    check_file(relabelled.as_bytes(), |error| matches!(error, KeyError::NotAKey { .. }));
    for other in [&b""[..], b"text", b"\xff\xfe", b"-----BEGIN CERTIFICATE-----"] {
        check_file(other, |error| matches!(error, KeyError::NotAKey { .. }));
    }
    let missing = load(Path::new("/none/k.pem"), GOOD);
    assert!(matches!(missing, Err(KeyError::Missing { .. })));
}

#[test]
fn a_file_cannot_ask_for_unreasonable_work() {
    let sealed = encrypt(&[1; 32], GOOD).unwrap();
    let (_, document) = SecretDocument::from_pem(&sealed).unwrap();
    // INTEGER 16384, as DER writes the cost of scrypt.
    let cost = [0x02, 0x02, 0x40, 0x00];
    let at = document.as_bytes().windows(4).position(|four| four == cost).unwrap();
    for bad in [[0x02, 0x02, 0x00, 0x00], [0x02, 0x02, 0x40, 0x01], [0x02, 0x02, 0x00, 0x80]] {
        let mut der = document.as_bytes().to_vec();
        der[at..at + 4].copy_from_slice(&bad);
        let pem = SecretDocument::try_from(der)
            .and_then(|der| der.to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF));
        let Ok(pem) = pem else { continue };
        check_file(pem.as_bytes(), |error| !matches!(error, KeyError::Exists { .. }));
    }
    let bounds = [(2, 1, 1, true), (0, 8, 1, false), (1 << 63, 8, 1, false), (3, 8, 1, false)];
    for (cost, block, lanes, expected) in bounds {
        let scheme = scrypt(cost, block, lanes);
        assert_eq!(is_reasonable(&scheme), expected, "{cost}");
    }
    assert!(!is_reasonable(&scrypt(16384, 8, 17)));
    assert!(!is_reasonable(&scrypt(16384, 0, 1)));
    assert!(is_reasonable(&scrypt(16384, 32, 16)));
    assert!(!is_reasonable(&scrypt(16384, 33, 16)));
}

fn scrypt(cost: u64, block: u16, lanes: u16) -> pkcs5::EncryptionScheme {
    let sealed = encrypt(&[1; 32], GOOD).unwrap();
    let (_, document) = SecretDocument::from_pem(&sealed).unwrap();
    let info = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).unwrap();
    let mut parameters = info.encryption_algorithm.pbes2().unwrap().clone();
    if let pkcs5::pbes2::Kdf::Scrypt(scrypt) = &mut parameters.kdf {
        scrypt.cost_parameter = cost;
        scrypt.block_size = block;
        scrypt.parallelization = lanes;
    }
    parameters.into()
}

#[test]
fn openssl_reads_our_keys_and_we_read_its_own() {
    let run = |arguments: &[&str]| Command::new("openssl").args(arguments).output();
    if run(&["version"]).is_err() {
        return; // not on this computer
    }
    let (_folder, path, public) = made("k.pem");
    let at = path.to_str().unwrap();
    let pass = format!("pass:{GOOD}");
    let out = run(&["pkey", "-in", at, "-passin", &pass, "-pubout", "-outform", "DER"]).unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(out.stdout.ends_with(public.as_bytes()));
    let theirs = path.with_file_name("theirs.pem");
    let clear = path.with_file_name("clear.pem");
    let (theirs_at, clear_at) = (theirs.to_str().unwrap(), clear.to_str().unwrap());
    assert!(run(&["genpkey", "-algorithm", "ed25519", "-out", clear_at]).unwrap().status.success());
    for kdf in [&["-scrypt"][..], &["-v2", "aes-256-cbc", "-v2prf", "hmacWithSHA256"]] {
        let start = ["pkcs8", "-topk8", "-in", clear_at, "-out", theirs_at, "-passout", &pass];
        let out = run(&[&start[..], kdf].concat()).unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        #[cfg(unix)]
        set_mode(&theirs, 0o600);
        load(&theirs, GOOD).unwrap();
    }
}

#[test]
fn the_public_line_is_read_back() {
    let public = *SeedSigner::from_seed(&[1; 32]).public();
    let line = public_line(&public, "a.patel");
    assert!(line.starts_with("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI"), "{line}");
    assert!(line.ends_with(" a.patel\n"));
    assert_eq!(parse_public_line(&line), Some(public));
    for bad in ["", "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAI"] {
        assert_eq!(parse_public_line(bad), None);
    }
}

#[track_caller]
fn check_line(bytes: &[u8], expected: Option<&str>) {
    let found = first_line(bytes, "test");
    assert_eq!(found.as_deref().map(String::as_str).ok(), expected);
}

#[test]
fn a_key_whose_making_was_interrupted_is_made_whole_by_its_own_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("k.pem");
    let public = generate(&path, GOOD).unwrap();
    let line = fs::read(public_path(&path)).unwrap();
    assert!(!is_half(&path));
    fs::remove_file(public_path(&path)).unwrap();
    assert!(is_half(&path));
    let wrong = complete(&path, "another").unwrap_err();
    assert!(matches!(wrong, KeyError::WrongPassphrase { .. }));
    assert!(is_half(&path));
    let private = fs::read(&path).unwrap();
    for _ in 0..2 {
        assert_eq!(*complete(&path, GOOD).unwrap().public(), public);
        assert_eq!(fs::read(public_path(&path)).unwrap(), line);
        assert_eq!(fs::read(&path).unwrap(), private);
    }
}

#[test]
fn a_passphrase_is_the_first_line() {
    check_line(b"one two\nthree\n", Some("one two"));
    check_line(b"one two\r\n", Some("one two"));
    check_line(b" kept as it is ", Some(" kept as it is "));
    check_line(b"\xef\xbb\xbfsaved by an editor", Some("saved by an editor"));
    check_line("größer".as_bytes(), Some("größer"));
    check_line(&[b'x'; 4095], Some(&"x".repeat(4095)));
    for none in [&b""[..], b"\n", b"\r\nsecond", b"\xff\xfex\0", &[b'x'; 4096]] {
        check_line(none, None);
    }
}

#[test]
fn a_passphrase_comes_from_a_file_or_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pass");
    write_whole(&path, b"from a file\n", false).unwrap();
    let file = Passphrase::File(path.clone());
    assert_eq!(file.read("").unwrap().as_str(), "from a file");
    assert_eq!(file.warning(), None);
    #[cfg(unix)]
    {
        set_mode(&path, 0o644);
        assert!(file.warning().unwrap().contains("mode 0644"));
    }
    let command = |line: &str| Passphrase::Command(line.into()).read("");
    assert_eq!(command("echo from a command").unwrap().as_str(), "from a command");
    assert!(matches!(command("exit 3"), Err(KeyError::CommandFailed { .. })));
    assert!(matches!(command("exit 0"), Err(KeyError::EmptyPassphrase)));
    let none = Passphrase::File(folder.path().join("none")).read("");
    assert!(matches!(none, Err(KeyError::Missing { .. })));
}
