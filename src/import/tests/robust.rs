//! No bytes make a reader panic, and none make it slow or long-winded.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{defaults, digest_of, drawn, evidence, iso, mapping, mapping_of, own, state};
use crate::domain::problem_code::ProblemCode;
use crate::import::Problems;
use crate::import::answers::read_answers;
use crate::import::evidence::read_evidence;
use crate::import::input::Input;
use crate::import::mapping::read_mapping;
use crate::import::problem::{problems_csv, render};
use crate::import::soa::read_soa;

#[test]
fn files_at_their_limits_are_refused_by_size_or_line() {
    let huge = vec![b'x'; 33 * 1024 * 1024];
    let Problems(problems) = mapping(("h.csv", huge.leak()), "iso27001:2022").unwrap_err();
    assert_eq!((problems[0].code, problems[0].line), (ProblemCode::TooLarge, 0));
    let long = "x".repeat(2 * 1024 * 1024);
    let text = format!("source,relationship,target\nA.8.13,equal,7.3.5\nA.8.14,equal,{long}\n");
    let Problems(problems) = mapping_of(&text).unwrap_err();
    assert_eq!((problems.len(), problems[0].code, problems[0].line), (1, ProblemCode::TooLarge, 3));
    assert!(render(&problems[0]).len() < 500);
}

#[test]
fn a_list_longer_than_any_catalogue_is_one_problem() {
    let list = "9.9.9 ".repeat(2_001);
    let text =
        format!("title,items,proves_on\nx,{list},2026-06-30\ny,{},2026-06-30\n", &list[..90]);
    let Problems(problems) = evidence(("e.csv", text.into_bytes().leak())).unwrap_err();
    let found: Vec<_> = problems.iter().map(|one| (one.line, one.code)).collect();
    assert_eq!(found[0], (2, ProblemCode::TooLarge));
    // Ten of the fifteen are shown, the others counted.
    assert_eq!(found.iter().filter(|(line, _)| *line == 3).count(), 11);
}

#[test]
fn a_file_of_nothing_but_wrong_ids_ends_soon() {
    let mut text = "source,relationship,target\n".to_owned();
    for row in 0..20_000 {
        let _ = writeln!(text, "A.8.{row}x,equal,19.{row}.1");
    }
    let Problems(problems) = mapping_of(&text).unwrap_err();
    assert_eq!(problems.len(), 40_000);
}

/// Rows good and bad, of which any order must give the same set of outcomes.
const SHUFFLED: [&str; 9] = [
    "A.8.13,equal,7.3.5",
    "A5.9,superset,1.1.4",
    "A.8.14,equal,7.3.5x",
    "5.1,equal,7.3.5",
    "A.9.1.1,equal,7.3.5",
    "A.8.31x,overlap,8.3.4",
    "A.8.2,sideways,4.1.1",
    "A.8.3,equal,",
    "6.1.2,equal,3.1.1",
];

/// Outcomes without their places: problems, or rows where there are none.
fn outcomes(rows: &[&str]) -> Vec<String> {
    let text = format!("source,relationship,target\n{}\n", rows.join("\n"));
    let mut found: Vec<String> = match mapping_of(&text) {
        Ok(read) => read.stored.lines().map(str::to_owned).chain(read.notes).collect(),
        Err(Problems(problems)) => problems
            .into_iter()
            .map(|one| format!("{} {} {} {:?}", one.code, one.found, one.message, one.help))
            .collect(),
    };
    found.sort();
    found
}

fn readers_survive(bytes: &[u8]) {
    let state = state();
    let results = [
        read_mapping(&Input::of("a", bytes), &defaults("iso27001:2022"), state).err(),
        read_soa(&Input::of("a", bytes), &iso(), state).err(),
        read_answers(&Input::of("a", bytes), &own(), state).err(),
        read_evidence(&Input::of("a", bytes), &own(), state, &mut digest_of).err(),
    ];
    for problems in results.into_iter().flatten() {
        assert!(!problems.0.is_empty());
        let shown = drawn(&problems) + &problems_csv(&problems.0) + &problems.to_string();
        assert!(shown.chars().all(|c| c == '\n' || c == '\u{feff}' || !c.is_control()));
    }
}

const IDS: &str = "A\\.[58]\\.[0-9]{1,2}|[58]\\.[0-9]{1,2}|ac-[0-9]\\.?[0-9]|PR\\.AC-[01]?1|\
    iso27001:2022/[A*][.0-9]{0,4}|ISO/IEC 2700[12][:, 0-9]{0,8}|Clause [0-9.]{1,5}|\\PC{0,6}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_order_of_rows_does_not_matter(rows in Just(SHUFFLED.to_vec()).prop_shuffle()) {
        prop_assert_eq!(outcomes(&rows), outcomes(&SHUFFLED));
        let good = |rows: &[&'static str]| -> Vec<&'static str> {
            rows.iter().copied().filter(|row| SHUFFLED[..2].contains(row)).collect()
        };
        prop_assert_eq!(outcomes(&good(&rows)), outcomes(&SHUFFLED[..2]));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        readers_survive(&bytes);
    }

    #[test]
    fn arbitrary_cells_never_panic(
        cells in prop::collection::vec(prop::array::uniform3(IDS), 1..4),
        quoted in any::<bool>(),
    ) {
        let quote = if quoted { "\"" } else { "" };
        for header in [
            "source,relationship,target",
            "control,applicable,justification",
            "items,title,proves_on",
            "item,answer,met,on",
        ] {
            let mut text = format!("{header}\n");
            for row in &cells {
                let _ = writeln!(text, "{quote}{}{quote}", row.join(&format!("{quote},{quote}")));
            }
            readers_survive(text.as_bytes());
        }
    }

    #[test]
    fn one_changed_byte_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        for (_, bytes) in [
            fixture!("mapping-bad.csv"),
            fixture!("soa-bad.csv"),
            fixture!("answers-bad.csv"),
            fixture!("evidence-bad.csv"),
        ] {
            let mut bytes = bytes.to_vec();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            readers_survive(&bytes);
        }
    }
}
