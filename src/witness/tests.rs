//! A witness, its folder and its crashes.

use std::fs;
use std::path::PathBuf;

use super::*;
use crate::ledger::note;
use crate::ledger::tree::{consistency_proof, root_of};
use crate::ledger::{Checkpoint, Origin, SeedSigner, Vkey, WitnessKey, leaf_hash};

const ORIGIN: &str = "log.example/a/b";

fn log_signer() -> SeedSigner {
    SeedSigner::from_seed(&[2; 32])
}

fn own_signer() -> SeedSigner {
    SeedSigner::from_seed(&[3; 32])
}

fn log() -> Log {
    let origin = Origin::parse(ORIGIN).unwrap();
    let vkey = Vkey::new(origin.key_name(), *log_signer().public());
    Log { origin: ORIGIN.to_owned(), vkey }
}

fn own_key() -> WitnessKey {
    WitnessKey::new(KeyName::parse("w.example").unwrap(), *own_signer().public())
}

/// A witness that follows one log.
struct Desk {
    folder: tempfile::TempDir,
    state: State,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let state = State::create(folder.path(), &own_key()).unwrap();
        assert!(state.add_log(&log()).unwrap());
        Self { folder, state }
    }

    fn add(&self, body: &[u8], time: u64) -> Result<Cosigned, NotCosigned> {
        Witness::new(&self.state, &own_signer()).unwrap().add_checkpoint(body, time)
    }

    #[track_caller]
    fn refused(&self, body: &[u8]) -> Refusal {
        let before = self.latest_bytes();
        let refusal = match self.add(body, 9) {
            Err(NotCosigned::Refused(refusal)) => refusal,
            other => panic!("{other:?}"),
        };
        assert_eq!(self.latest_bytes(), before);
        refusal
    }

    fn size(&self) -> u64 {
        match self.state.latest(&log()).unwrap() {
            Latest::Nothing => 0,
            Latest::Head(head, _) => head.size(),
        }
    }

    fn latest_path(&self) -> PathBuf {
        self.folder.path().join("latest").join(Digest::of(ORIGIN.as_bytes()).hex())
    }

    fn latest_bytes(&self) -> Vec<u8> {
        fs::read(self.latest_path()).unwrap()
    }
}

/// One history of the log: its leaves begin as those of every history with the same number.
fn leaves(history: u64, size: u64) -> Vec<Digest> {
    (0..size)
        .map(|index| leaf_hash(format!("{} {index}", history * (index / 4)).as_bytes()))
        .collect()
}

fn head(history: u64, size: u64) -> Checkpoint {
    let root = root_of(&leaves(history, size));
    Checkpoint { origin: Origin::parse(ORIGIN).unwrap(), size, root }
}

/// The request that shows `new` to continue `old` in one history.
fn body(history: u64, old: u64, new: u64) -> Vec<u8> {
    let path = consistency_proof(&leaves(history, new), old).unwrap_or_default();
    let checkpoint = head(history, new).sign(&log_signer()).unwrap();
    ConsistencyFile { old_size: old, path, checkpoint }.to_bytes()
}

#[test]
fn what_only_grows_is_cosigned_at_its_time() {
    let desk = Desk::new();
    for (time, (old, new)) in (100..).zip([(0, 3), (3, 3), (3, 5), (5, 64), (64, 100)]) {
        let cosigned = desk.add(&body(1, old, new), time).unwrap();
        assert_eq!((cosigned.time(), cosigned.witness()), (time, &own_key()));
        let text = head(1, new).to_text();
        let known = [own_key()];
        assert_eq!(cosignature::verify_lines(&text, cosigned.line(), &known).unwrap(), [cosigned]);
        assert_eq!(desk.size(), new);
        let digest = Digest::of(ORIGIN.as_bytes());
        let note = desk.state.by_digest(&digest).unwrap().unwrap();
        assert_eq!(cosignature::verify(&note, &known).unwrap().len(), 1);
    }
    assert_eq!(desk.state.by_digest(&Digest::of(b"x")).unwrap(), None);
}

#[test]
fn extension_lines_are_part_of_what_is_cosigned() {
    let desk = Desk::new();
    let text = format!("{}an extension\n", head(1, 5).to_text());
    let name = Origin::parse(ORIGIN).unwrap().key_name();
    let checkpoint = note::sign(&text, &name, &log_signer()).unwrap();
    let request = ConsistencyFile { old_size: 0, path: Vec::new(), checkpoint };
    let cosigned = desk.add(&request.to_bytes(), 7).unwrap();
    let known = [own_key()];
    assert!(cosignature::verify_lines(&head(1, 5).to_text(), cosigned.line(), &known).is_err());
    assert_eq!(cosignature::verify_lines(&text, cosigned.line(), &known).unwrap(), [cosigned]);
    // The same tree without them continues it, and a larger one does.
    assert_eq!(desk.size(), 5);
    desk.add(&body(1, 5, 5), 8).unwrap();
    desk.add(&body(1, 5, 9), 9).unwrap();
}

#[test]
fn a_stale_request_learns_the_size_and_a_rollback_learns_nothing() {
    let desk = Desk::new();
    assert_eq!(desk.refused(&body(1, 3, 5)), Refusal::Stale { size: 0 });
    desk.add(&body(1, 0, 5), 1).unwrap();
    assert_eq!(desk.refused(&body(1, 0, 5)), Refusal::Stale { size: 5 });
    assert_eq!(desk.refused(&body(1, 3, 5)), Refusal::Stale { size: 5 });
    assert_eq!(desk.refused(&body(1, 3, 3)), Refusal::Stale { size: 5 });
    assert_eq!(desk.refused(&body(1, 6, 8)), Refusal::Stale { size: 5 });
    let back = desk.refused(&body(1, 5, 3));
    assert_eq!((back.status(), &back), (400, &Refusal::OldTooLarge { old: 5, new: 3 }));
    assert_eq!(Refusal::Stale { size: 5 }.status(), 409);
}

#[test]
fn a_fork_is_refused() {
    let desk = Desk::new();
    desk.add(&body(1, 0, 6), 1).unwrap();
    let longer = desk.refused(&body(2, 6, 9));
    assert_eq!(longer.status(), 422, "{longer}");
    let same_size = desk.refused(&body(2, 6, 6));
    assert_eq!((same_size.status(), &same_size), (409, &Refusal::OtherRoot { size: 6 }));
    // Histories 1 and 2 are the same for four entries, so from there both may go on, but one.
    let desk = Desk::new();
    desk.add(&body(1, 0, 4), 1).unwrap();
    desk.add(&body(2, 4, 9), 2).unwrap();
    assert_eq!(desk.refused(&body(1, 4, 9)), Refusal::Stale { size: 9 });
}

#[test]
fn what_is_not_of_the_log_is_refused() {
    let desk = Desk::new();
    let good = String::from_utf8(body(1, 0, 5)).unwrap();
    let refused = |text: &str| desk.refused(text.as_bytes()).status();
    assert_eq!(refused(&good.replace("log.example", "other.example")), 404);
    assert_eq!(refused(&good.replacen("\n5\n", "\n6\n", 1)), 403);
    let other = head(1, 5).sign(&SeedSigner::from_seed(&[9; 32])).unwrap();
    let other = ConsistencyFile { old_size: 0, path: Vec::new(), checkpoint: other };
    assert_eq!(desk.refused(&other.to_bytes()).status(), 403);
    for bad in ["", "old 0\n", "old 00\n\nx", "\n\n", "old 0\n\nx\n\n— a AAAAAAA=\n"] {
        assert_eq!(refused(bad), 400, "{bad}");
    }
    assert_eq!(refused(&good.replacen("\n5\n", "\n05\n", 1)), 400);
    assert_eq!(refused(&good.replace('\n', "\r\n")), 400);
    assert_eq!(refused(good.trim_end()), 400);
    assert_eq!(desk.size(), 0);
}

#[test]
fn nothing_at_all_is_a_size_too() {
    let desk = Desk::new();
    let hash = leaf_hash(b"x").base64();
    let request = |old: &str, head: &Checkpoint| {
        let note = String::from_utf8(head.sign(&log_signer()).unwrap()).unwrap();
        format!("old {old}\n\n{note}").into_bytes()
    };
    let wrong = Checkpoint { root: leaf_hash(b""), ..head(1, 0) };
    assert_eq!(desk.refused(&request("0", &wrong)), Refusal::WrongEmptyRoot);
    assert_eq!(desk.refused(&request(&format!("0\n{hash}"), &head(1, 5))).status(), 422);
    assert_eq!(desk.refused(&request(&format!("0\n{hash}"), &head(1, 0))).status(), 422);
    desk.add(&request("0", &head(1, 0)), 1).unwrap();
    desk.add(&request("0", &head(1, 5)), 2).unwrap();
    assert_eq!(desk.refused(&request("0", &head(1, 0))), Refusal::Stale { size: 5 });
}

#[test]
fn a_crash_after_storing_loses_the_answer_and_no_memory() {
    let desk = Desk::new();
    desk.add(&body(1, 0, 3), 1).unwrap();
    // Stored, and the process ends before its answer leaves.
    drop(desk.add(&body(1, 3, 7), 2));
    let again = State::open(desk.folder.path()).unwrap();
    let signer = own_signer();
    let witness = Witness::new(&again, &signer).unwrap();
    let refused = witness.add_checkpoint(&body(1, 3, 7), 3);
    assert!(matches!(refused, Err(NotCosigned::Refused(Refusal::Stale { size: 7 }))));
    // No second history of size 7 can be had by asking again.
    assert!(witness.add_checkpoint(&body(2, 7, 7), 3).is_err());
    assert_eq!(witness.add_checkpoint(&body(1, 7, 7), 4).unwrap().time(), 4);
    // A process that ended while it wrote leaves a file aside, which nobody reads.
    fs::write(desk.folder.path().join("latest/.new-abc"), "half a no").unwrap();
    assert_eq!(desk.size(), 7);
    desk.add(&body(1, 7, 8), 5).unwrap();
}

#[test]
fn what_a_killed_writer_left_is_removed_by_the_next_and_nothing_else_is() {
    let desk = Desk::new();
    let (stale, inner) = (desk.folder.path().join(".new-x1"), desk.latest_path());
    let inner = inner.with_file_name(".new-x2");
    let other = desk.folder.path().join("new-notes");
    for path in [&stale, &inner, &other] {
        fs::write(path, b"half a file").unwrap();
    }
    desk.add(&body(1, 0, 4), 1_000).unwrap();
    assert!(!stale.exists() && !inner.exists() && other.exists());
}

#[test]
fn a_damaged_memory_cosigns_nothing() {
    let desk = Desk::new();
    desk.add(&body(1, 0, 5), 1).unwrap();
    let (path, good) = (desk.latest_path(), desk.latest_bytes());
    let fails = || matches!(desk.add(&body(1, 5, 8), 2), Err(NotCosigned::Failed(_)));
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        assert!(fails(), "{at}");
    }
    for end in 0..good.len() {
        fs::write(&path, &good[..end]).unwrap();
        assert!(fails(), "{end}");
    }
    fs::remove_file(&path).unwrap();
    assert!(fails());
    // Adding the log again does not make it a new one, whose history could be another.
    assert!(!desk.state.add_log(&log()).unwrap());
    assert!(fails());
    fs::write(&path, &good).unwrap();
    desk.add(&body(1, 5, 8), 2).unwrap();
    for name in ["logs", "witness.vkey", "lock"] {
        let (path, aside) = (desk.folder.path().join(name), desk.folder.path().join("aside"));
        fs::rename(&path, &aside).unwrap();
        let opened = State::open(desk.folder.path());
        assert!(opened.is_err() || name == "lock", "{name}");
        let signer = own_signer();
        let witness = Witness::new(&desk.state, &signer);
        let added = witness.map(|witness| witness.add_checkpoint(&body(1, 8, 9), 3));
        assert!(matches!(added, Err(_) | Ok(Err(NotCosigned::Failed(_)))), "{name}");
        fs::rename(&aside, &path).unwrap();
    }
    assert!(State::create(desk.folder.path(), &own_key()).is_err());
}

#[test]
fn a_log_is_never_forgotten() {
    let desk = Desk::new();
    desk.add(&body(1, 0, 5), 1).unwrap();
    let other = Vkey::new(log().vkey.name().clone(), *SeedSigner::from_seed(&[9; 32]).public());
    let other = Log { vkey: other, ..log() };
    let refused = |result| matches!(result, Err(WitnessError::OtherKey { .. }));
    assert!(refused(desk.state.add_log(&other)));
    // Somebody takes it out of the list by hand, and adds it again.
    fs::write(desk.folder.path().join("logs"), "").unwrap();
    assert!(refused(desk.state.add_log(&other)));
    assert!(desk.state.add_log(&log()).unwrap());
    assert_eq!(desk.refused(&body(1, 0, 9)), Refusal::Stale { size: 5 });
    let odd = Log { origin: "a\nb".to_owned(), ..log() };
    assert!(matches!(desk.state.add_log(&odd), Err(WitnessError::BadOrigin(_))));
    let spaced = Log { origin: "a log of another kind".to_owned(), ..log() };
    assert!(desk.state.add_log(&spaced).unwrap());
    assert_eq!(desk.state.logs().unwrap(), [log(), spaced]);
}

#[test]
fn a_line_that_nobody_checked_is_not_kept() {
    let desk = Desk::new();
    let good = body(1, 0, 5);
    // In the name and with the id of the witness itself, and of nobody.
    let forged = desk.add(&good, 1).unwrap().line().replace("AAAAA", "AAAAB");
    let desk = Desk::new();
    let more = [&good[..], forged.as_bytes(), "— x AAAAAAA=\n".as_bytes()].concat();
    let cosigned = desk.add(&more, 2).unwrap();
    let kept = String::from_utf8(desk.latest_bytes()).unwrap();
    assert_eq!(kept.lines().count(), 6, "{kept}");
    assert!(kept.ends_with(cosigned.line()) && !kept.contains(&forged));
    desk.add(&body(1, 5, 6), 3).unwrap();
}

#[test]
fn of_two_histories_at_once_one_is_cosigned() {
    for round in 0..20 {
        let desk = Desk::new();
        desk.add(&body(1, 0, 4), 1).unwrap();
        let won: Vec<bool> = std::thread::scope(|scope| {
            let ask = |history: u64| {
                let folder = desk.folder.path();
                scope.spawn(move || {
                    // As another process would: a folder opened for itself, a lock of its own.
                    let state = State::open(folder).unwrap();
                    let signer = own_signer();
                    let witness = Witness::new(&state, &signer).unwrap();
                    witness.add_checkpoint(&body(history, 4, 9), round).is_ok()
                })
            };
            let asked = [1, 2, 3].map(ask);
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "{won:?}");
        assert_eq!(desk.size(), 9);
    }
}

#[test]
fn the_key_of_another_witness_is_refused() {
    let desk = Desk::new();
    let other = SeedSigner::from_seed(&[8; 32]);
    assert!(matches!(Witness::new(&desk.state, &other), Err(WitnessError::Damaged { .. })));
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(State::open(empty.path()), Err(WitnessError::NoState { .. })));
    let late = desk.add(&body(1, 0, 5), u64::MAX);
    assert!(matches!(late, Err(NotCosigned::Failed(WitnessError::BadTime(_)))));
    assert_eq!(desk.size(), 0);
}
