//! A folder of tiles: whole, the same each time, and never over something else.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use dspt_ledger::domain::event::Event;
use dspt_ledger::export::{ExportError, heads, tiles};
use dspt_ledger::journal::{Journal, NewEvent, Signers};
use dspt_ledger::ledger::{TilePath, check_tiles};
use dspt_ledger::store::Mode;

use crate::commands::cli::Desk;
use crate::commands::cli_proofs::{head, line};
use crate::fixtures::{LOG, OWNER, answer, id, ledger, signer};

/// Every file of a folder, by its path in it.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut found, mut folders) = (BTreeMap::new(), vec![folder.to_owned()]);
    while let Some(one) = folders.pop() {
        for entry in fs::read_dir(one).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_owned();
                found.insert(name, fs::read(path).unwrap());
            }
        }
    }
    found
}

/// A ledger of so many entries.
fn long(size: u64) -> (tempfile::TempDir, Journal) {
    let (folder, path) = ledger();
    let mut journal = Journal::open(&path, Mode::Write).unwrap();
    let (author, log) = (signer(OWNER), signer(LOG));
    let signers = Signers { author: &author, admitted: None, log: &log };
    let now = journal.ledger.facts.last().unwrap().at;
    let from = journal.ledger.leaves.len() as u64;
    let new = |number| NewEvent {
        id: id(1_000 + number),
        event: Event::ItemAnswered(answer("8.3.4", true, &format!("answer {number}"))),
        files: Vec::new(),
    };
    let batch: Vec<NewEvent> = (from..size).map(new).collect();
    journal.record(&batch, &signers, now).unwrap();
    (folder, journal)
}

#[test]
fn a_folder_is_whole_resumes_and_is_the_same_each_time() {
    let (made, journal) = long(600);
    let folder = made.path().join("tiles");
    let newest = heads::own(&journal.ledger, &journal.ledger.head).unwrap();
    let done = tiles::write(&journal.ledger, journal.store(), &folder, &newest).unwrap();
    // Three of leaves, one above, three bundles, the checkpoint.
    assert_eq!((done.made, done.kept), (8, 0));
    assert_eq!((done.checked.tiles, done.checked.bundles, done.checked.entries), (4, 3, 600));
    let whole = files(&folder);
    assert_eq!(whole.len(), 8);
    assert!(whole.contains_key(Path::new("tile/entries/002.p/88")));
    let read = |path: &TilePath| fs::read(folder.join(path.to_string())).ok();
    assert_eq!(check_tiles(600, &newest.checkpoint.root, read), Ok(done.checked));
    let again = tiles::write(&journal.ledger, journal.store(), &folder, &newest).unwrap();
    assert_eq!((again.made, again.kept), (0, 8));
    assert_eq!(files(&folder), whole);
    // Whichever files are missing, the rest is made.
    for name in whole.keys() {
        fs::remove_file(folder.join(name)).unwrap();
        let done = tiles::write(&journal.ledger, journal.store(), &folder, &newest).unwrap();
        assert_eq!((done.made, done.kept), (1, 7), "{}", name.display());
        assert_eq!(files(&folder), whole);
    }
    // Whichever file is damaged is named and stands, and nothing is made of the rest.
    for name in whole.keys() {
        let path = folder.join(name);
        let mut bad = whole[name].clone();
        bad[0] ^= 1;
        for bad in [&bad[..], &whole[name][1..], &[]] {
            fs::write(&path, bad).unwrap();
            let refused =
                tiles::write(&journal.ledger, journal.store(), &folder, &newest).unwrap_err();
            assert!(matches!(&refused, ExportError::Differs { path: at } if *at == path));
            assert_eq!(fs::read(&path).unwrap(), bad);
        }
        fs::write(&path, &whole[name]).unwrap();
    }
}

#[test]
fn a_folder_grows_with_its_ledger_and_does_not_shrink() {
    let desk = Desk::new();
    let (folder, other) = (desk.path("tiles"), desk.path("other"));
    let export = |folder: &Path, more: &str| {
        desk.run("2026-11-21", &format!("--json export tiles {} {more}", folder.display()))
    };
    let first = head(&desk);
    export(&folder, "").ok();
    assert_eq!(fs::read_to_string(folder.join("checkpoint")).unwrap(), first);
    desk.owner("2025-10-02", "record answer 1.1.1 --text registered").ok();
    let done = export(&folder, "").ok().json();
    // The partial files have other names; those of the smaller size stay.
    assert_eq!((&done["size"], &done["made"], &done["kept"]), (&6.into(), &3.into(), &0.into()));
    assert_eq!(fs::read_to_string(folder.join("checkpoint")).unwrap(), head(&desk));
    assert_eq!(files(&folder).len(), 5);
    let cosigned = desk.write("cosigned", &(first.clone() + &line(7, &first, 1_764_600_000)));
    let back = export(&folder, &format!("--checkpoint {cosigned}"));
    assert_eq!(back.code, 5);
    assert!(back.err.contains("DSPT0070") && back.err.contains("checkpoint"), "{}", back.err);
    // A smaller size is the beginning, and takes its cosignatures along.
    export(&other, &format!("--checkpoint {cosigned}")).ok();
    assert_eq!(fs::read(other.join("checkpoint")).unwrap(), fs::read(&cosigned).unwrap());
    assert_eq!(files(&other).len(), 3);
    // Tiles of another ledger are not mixed with these.
    let stranger = Desk::new();
    let mixed = stranger.run("2026-11-21", &format!("export tiles {}", folder.display()));
    assert_eq!(mixed.code, 5, "{}", mixed.err);
}
