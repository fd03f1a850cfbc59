//! Clocks that are wrong: one's own, ahead or behind.

use crate::commands::cli::Desk;
use crate::commands::cli_proofs::{head, line, witness};

const ANSWER: &str = "record answer 1.1.1 --text registered";

#[test]
fn a_clock_behind_the_newest_entry_records_nothing_unless_it_is_said_to_be_right() {
    let desk = Desk::new();
    desk.owner("2031-01-01", "record answer 1.1.1 --text registered --on 2025-10-02").ok();
    desk.sign("2025-12-02", "key new other").ok();
    for command in [ANSWER, "key admit other --role assessor --holder Kay"] {
        let refused = desk.owner("2025-12-02", command);
        assert_eq!((refused.code, refused.err.contains("DSPT0037")), (3, true), "{}", refused.err);
        for part in ["2025-12-02T10:00:00.000Z", "#5", "2031-01-01T10:00:00.000Z", "--clock-behind"]
        {
            assert!(refused.err.contains(part), "`{part}` is not in: {}", refused.err);
        }
    }
    assert_eq!(desk.entries(), 6);
    let done = desk.owner("2025-12-02", &format!("{ANSWER} --clock-behind")).ok();
    assert!(done.err.contains("warning: this clock says 2025-12-02T10:00:00.000Z"), "{}", done.err);
    assert!(done.err.contains("gets the time 2031-01-01T10:00:00.000Z"), "{}", done.err);
    let shown = desk.run("2025-12-02", "--json show 6").ok().json();
    assert_eq!(shown["recorded"], "2031-01-01T10:00:00.000Z");
}

#[test]
fn which_days_have_come_is_the_clocks_word_and_not_that_of_an_entry_from_the_future() {
    let desk = Desk::new();
    desk.owner("2031-01-01", "record answer 1.1.1 --text registered --on 2025-10-02").ok();
    for command in [
        "record evidence 'Next year' --item 1.3.1 --for 2028-03-01 --clock-behind",
        "record answer 1.1.1 --text early --on 2026-03-01 --clock-behind",
        "confirm 1.1 --on 2026-03-01 --clock-behind",
    ] {
        let refused = desk.owner("2025-12-02", command);
        assert_eq!(refused.code, 3, "{command}: {}", refused.err);
        assert!(refused.err.contains("that day has not come"), "{command}: {}", refused.err);
        assert!(refused.err.contains("today is 2025-12-02"), "{command}: {}", refused.err);
    }
    assert_eq!(desk.entries(), 6);
}

/// The newest head with the line of a witness that signed `seconds` after a moment.
fn cosigned(desk: &Desk, time: i64) -> String {
    let newest = head(desk);
    let text = newest.clone() + &line(7, &newest, u64::try_from(time).unwrap());
    desk.write("cosigned", &text)
}

/// Ten in the morning of 2 December 2025, when these are recorded; the ledger's entries are older.
const TIME: i64 = 1_764_669_600;
/// The newest entry of a desk: ten in the morning of 1 October 2025.
const NEWEST: i64 = 1_759_312_800;

#[test]
fn a_cosignature_whose_time_would_be_a_finding_is_refused_and_one_at_the_edge_recorded() {
    let day = "2025-12-02";
    let year = 365 * 86_400;
    for (time, says) in [
        (0, "says 1970-01-01T00:00:00.000Z"),
        (NEWEST - 301, "entry #4, which it has seen, says 2025-10-01T10:00:00.000Z"),
        (NEWEST - 7_200, "dspt clock own '#4'"),
        (TIME + 301, "would be recorded at 2025-12-02T10:00:00.000Z"),
        (TIME + year, "says 2026-12-02T10:00:00.000Z"),
    ] {
        let desk = Desk::new();
        let (file, vkey) = (cosigned(&desk, time), witness(7).0);
        let refused = desk.owner(day, &format!("anchor cosigned {file} --witness {vkey}"));
        assert_eq!(
            (refused.code, refused.err.contains(says)),
            (3, true),
            "{time}: {}",
            refused.err
        );
        assert_eq!(desk.entries(), 5);
    }
    for time in [NEWEST - 300, TIME, TIME + 300] {
        let desk = Desk::new();
        let (file, vkey) = (cosigned(&desk, time), witness(7).0);
        desk.owner(day, &format!("anchor cosigned {file} --witness {vkey}")).ok();
        desk.owner(day, ANSWER).ok();
        let verified = desk.run("2026-11-21", "--json verify").ok().json();
        assert_eq!(
            (verified["findings"].to_string(), verified["remarks"].to_string()),
            ("[]".into(), "[]".into())
        );
    }
}

#[test]
fn a_ledger_with_an_entry_from_the_future_can_say_so_and_be_witnessed_again() {
    let desk = Desk::new();
    desk.owner("2031-01-01", "record answer 1.1.1 --text registered --on 2025-10-02").ok();
    let ahead = desk.run("2025-12-02", "verify").ok();
    assert!(
        ahead.out.contains("Remark: entry #5: after-your-clock: it says 2031-01-01"),
        "{}",
        ahead.out
    );
    assert!(!desk.run("2031-01-02", "verify").ok().out.contains("Remark"));
    // A witness dates it rightly, which would be held against the ledger until it is explained.
    let vkey = witness(7).0;
    let ask = |desk: &Desk| {
        let file = cosigned(desk, TIME + 60);
        desk.owner("2025-12-02", &format!("anchor cosigned {file} --witness {vkey} --clock-behind"))
    };
    assert!(ask(&desk).err.contains("dspt clock own '#5' --reason TEXT"));
    desk.owner("2025-12-02", "clock own #5 --reason 'flat battery' --clock-behind").ok();
    ask(&desk).ok();
    let verified = desk.run("2025-12-02", "verify").ok();
    assert!(
        verified.out.contains("Remark: entry #5: clock-explained: it says 2031-01-01"),
        "{}",
        verified.out
    );
    assert!(
        verified.out.contains("entry #6 says that this clock was wrong: flat battery"),
        "{}",
        verified.out
    );
    // The times are as they were, and marked wherever they are shown.
    let log = desk.run("2025-12-02", "log").ok().out;
    assert_eq!(log.matches("WRONG CLOCK, says #6").count(), 3, "{log}");
    let shown = desk.run("2025-12-02", "--json show 5").ok().json();
    assert_eq!(shown["written"]["explained_by"], 6);
    assert_eq!(shown["recorded"], "2031-01-01T10:00:00.000Z");
    // Nobody but an owner says so, and never without a reason.
    assert_eq!(desk.approver("2031-01-02", "clock own #5 --reason x").code, 13);
    assert_eq!(desk.owner("2031-01-02", "clock own #5 --reason ' '").code, 3);
    let no = desk.owner("2031-01-02", "clock outside #5 --reason x");
    assert!(no.code == 3 && no.err.contains("nobody outside dated anything in it"), "{}", no.err);
    assert_eq!(desk.owner("2031-01-02", "withdraw #6 --reason x").code, 3);
}
