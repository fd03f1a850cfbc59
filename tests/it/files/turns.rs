//! A long import beside people who record without a pause: everybody gets a turn.

use std::fs;
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::files::faults::program;

fn said(output: &Output) -> String {
    [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat()
}

const ROWS: usize = 2_000;

#[test]
fn an_import_of_many_rows_and_three_who_record_all_succeed() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name).display().to_string();
    let run = |words: Vec<String>| program(home.path(), words).output().unwrap();
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let made = run(words(&format!("demo --keep {}", at("d"))));
    assert!(made.status.success(), "{}", said(&made));
    fs::write(at("pass"), "demonstration\n").unwrap();
    let rows: Vec<_> = (0..ROWS).map(|row| format!("piece {row},1.1.2,2026-06-01")).collect();
    fs::write(at("rows.csv"), format!("title,items,proves_on\n{}\n", rows.join("\n"))).unwrap();
    let ends = format!(
        "--ledger {} --keys {} --key demo-contributor --passphrase-file {}",
        at("d"),
        at("d/keys"),
        at("pass")
    );
    let (begun, ended) = (AtomicBool::new(false), AtomicBool::new(false));
    let recorded: usize = std::thread::scope(|scope| {
        let (begun, ended, ends) = (&begun, &ended, &ends);
        let recorders = [1, 2, 3].map(|who| {
            scope.spawn(move || {
                let mut count = 0;
                while !ended.load(Ordering::SeqCst) {
                    let text = format!("record answer 1.1.6 --text {who}-{count} --on 2026-06-01");
                    let done = run(words(&format!("{text} {ends}")));
                    assert!(done.status.success(), "{who}: {}", said(&done));
                    count += 1;
                    begun.store(true, Ordering::SeqCst);
                }
                count
            })
        });
        let failed = || recorders.iter().any(std::thread::ScopedJoinHandle::is_finished);
        while !begun.load(Ordering::SeqCst) && !failed() {
            std::thread::yield_now();
        }
        let import = run(words(&format!("import evidence {} {ends}", at("rows.csv"))));
        ended.store(true, Ordering::SeqCst);
        assert!(import.status.success(), "{}", said(&import));
        recorders.into_iter().map(|recorder| recorder.join().unwrap()).sum()
    });
    let verify = run(words(&format!("--json verify --ledger {}", at("d"))));
    let answer: serde_json::Value = serde_json::from_slice(&verify.stdout).unwrap();
    assert_eq!(answer["checked"]["entries"], 106 + ROWS + recorded, "{}", said(&verify));
}
