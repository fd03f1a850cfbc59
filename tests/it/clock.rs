//! Clocks that are wrong: one's own, ahead or behind.

use super::cli::Desk;

const ANSWER: &str = "record answer 1.1.1 --text registered";

#[test]
fn a_clock_behind_the_newest_entry_records_nothing_unless_it_is_said_to_be_right() {
    let desk = Desk::new();
    desk.owner("2031-01-01", "record answer 1.1.1 --text registered --on 2025-10-02").ok();
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
