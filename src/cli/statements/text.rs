//! A statement in words, for people. It takes whatever stands in the file: nothing is trusted.

use std::fmt::Write as _;

use serde_json::Value;

use super::read::standing_word;
use crate::cli::answers::status::TRANSCRIPTION;
use crate::cli::output::{Columns, cut, entries_text, safe};
use crate::domain::engine::status::Status;

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn flag(value: &Value, name: &str) -> bool {
    value.get(name).and_then(Value::as_bool).unwrap_or_default()
}

fn number(value: &Value, name: &str) -> u64 {
    value.get(name).and_then(Value::as_u64).unwrap_or_default()
}

fn entries(value: &Value, name: &str) -> String {
    entries_text(&list(value, name).iter().filter_map(Value::as_u64).collect::<Vec<_>>())
}

/// A name as shown where there may be none.
fn or_dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The whole statement in words.
pub(in crate::cli) fn text_of(value: &Value, width: Option<usize>) -> String {
    let mut page = format!("{}\n", safe(text(value, "sentence")));
    let _ = writeln!(
        page,
        "{}, {} ({})",
        safe(text(value, "organisation")),
        safe(text(value, "organisation_type")),
        safe(text(value, "category"))
    );
    for name in ["ledger", "identity", "root"] {
        let _ = writeln!(page, "  {name:<9}{}", safe(text(value, name)));
    }
    if flag(value, "secondary_transcription") {
        page.push_str(TRANSCRIPTION);
    }
    page.push_str(&standing(value));
    page.push_str(&items(value, width));
    page.push_str(&assertions(value, width));
    page.push_str(&certificates(value, width));
    page.push_str(&equivalences(value));
    page.push_str(&history(value));
    page.push_str(&limits(value));
    page
}

fn standing(value: &Value) -> String {
    let Some(standing) = value.get("standing") else { return String::new() };
    let mut page = format!("\nStanding: {}\n", safe(standing_word(text(standing, "status"))));
    for reason in list(standing, "reasons").iter().filter_map(Value::as_str) {
        let _ = writeln!(page, "  {}", safe(reason));
    }
    let counts = standing.get("counts").unwrap_or(&Value::Null);
    let counts =
        Status::ALL.iter().map(|one| format!("{} {}", one.word(), number(counts, one.json())));
    let _ = writeln!(page, "{}", counts.collect::<Vec<_>>().join("   "));
    page
}

fn items(value: &Value, width: Option<usize>) -> String {
    let mut columns =
        Columns::new(&["Item", "Status", "", "What it asks for", "Because", "Entries"]);
    for one in list(value, "items") {
        let status = Status::from_word(text(one, "status")).unwrap_or_default();
        let reasons: Vec<&str> =
            list(one, "reasons").iter().map(|reason| text(reason, "text")).collect();
        columns.row([
            text(one, "item").to_owned(),
            format!("{} {}", status.mark(), status.word()),
            if flag(one, "mandatory") { "M" } else { "" }.to_owned(),
            cut(&safe(text(one, "title")), 48),
            cut(&safe(&reasons.join("; ")), 60),
            entries(one, "because"),
        ]);
    }
    format!("\n{}", columns.text(width))
}

fn assertions(value: &Value, width: Option<usize>) -> String {
    let mut columns = Columns::new(&["Assertion", "Confirmed", "By", "Entries"]);
    for one in list(value, "assertions") {
        let by = list(one, "confirmations").last().map_or("", |last| text(last, "holder"));
        let missing = if flag(one, "must_be_confirmed") { "NOT CONFIRMED" } else { "not needed" };
        let confirmed = text(one, "confirmed");
        columns.row([
            text(one, "assertion").to_owned(),
            if confirmed.is_empty() { missing } else { confirmed }.to_owned(),
            or_dash(by).to_owned(),
            entries(one, "because"),
        ]);
    }
    format!("\n{}", columns.text(width))
}

fn certificates(value: &Value, width: Option<usize>) -> String {
    let mut columns =
        Columns::new(&["Certificate", "Number", "Issuer", "Valid", "State", "Entries"]);
    for one in list(value, "certificates") {
        let state = text(one, "state").replace('_', " ");
        let covers = flag(one, "covers_health_and_care_data");
        columns.row([
            text(one, "scheme").to_owned(),
            text(one, "number").to_owned(),
            text(one, "issuer").to_owned(),
            format!("{} to {}", text(one, "valid_from"), text(one, "valid_until")),
            if covers { state } else { format!("{state}, scope too small") },
            entries(one, "because"),
        ]);
    }
    format!("\n{}", columns.text(width))
}

fn equivalences(value: &Value) -> String {
    let all = list(value, "equivalences");
    let mut page = format!("\nEquivalences that items rest on: {}\n", all.len());
    for one in all {
        let challenged = entries(one, "challenged");
        let mark = if challenged.is_empty() {
            String::new()
        } else {
            format!("  CHALLENGED in {challenged}")
        };
        let _ = writeln!(page, "  {}  {}{mark}", safe(text(one, "rule")), entries(one, "because"));
        let approver = text(one, "approver");
        if !approver.is_empty() {
            let _ = writeln!(
                page,
                "    approved by {}: {}",
                safe(approver),
                safe(text(one, "rationale"))
            );
        }
    }
    page
}

fn history(value: &Value) -> String {
    let mut page = String::new();
    let doubtful = list(value, "doubtful");
    if !doubtful.is_empty() {
        let _ =
            writeln!(page, "DOUBTFUL entries, by keys said to be compromised: {}", doubtful.len());
    }
    for one in doubtful {
        let _ = writeln!(
            page,
            "  #{} {} by {}, said in #{}",
            number(one, "entry"),
            safe(text(one, "type")),
            safe(text(one, "holder")),
            number(one, "said_in")
        );
    }
    for one in list(value, "published_before") {
        let _ = writeln!(
            page,
            "Published before: entry #{}, {} on {}, by {}",
            number(one, "entry"),
            safe(standing_word(text(one, "standing"))),
            safe(text(one, "on")),
            safe(text(one, "holder"))
        );
    }
    page
}

/// Who outside saw the ledger, and what no proof gives.
pub(in crate::cli) fn limits(value: &Value) -> String {
    let Some(witnessed) = value.get("witnessed") else { return String::new() };
    let (first, last) = (text(witnessed, "first"), text(witnessed, "last"));
    let uncovered = number(witnessed, "entries_not_covered");
    let mut page = if first.is_empty() {
        "Seen from outside: never, as far as these entries say\n".to_owned()
    } else {
        let gap = witnessed.get("longest_gap_seconds").and_then(Value::as_i64);
        let gap = gap.map_or_else(String::new, |seconds| {
            format!("; longest time between two: {} hours", seconds / 3_600)
        });
        let (first, last) = (safe(first), safe(last));
        format!(
            "Seen from outside: first {first}, last {last}{gap}; not covered: {uncovered} entries\n"
        )
    };
    page.push_str("This does not prove:\n");
    for one in list(value, "does_not_prove").iter().filter_map(Value::as_str) {
        let _ = writeln!(page, "  - {}", safe(one));
    }
    page
}
