//! Whether the history can be trusted, line by line: the first problem, the phases of the check, who
//! outside saw it and when, who signed, and how to check it without this program.

use super::advice::{command, commands};
use super::allowed::{Purpose, refused};
use super::box_line::{Line, Part};
use super::context::Context;
use super::history::grouped_hash;
use crate::domain::authority::roster::AdmittedKey;
use crate::domain::belief::Grade;
use crate::domain::belief::NOT_PROVED;
use crate::domain::date::Date;
use crate::domain::ids::KeyId;
use crate::domain::state::anchor::Outsider;
use crate::tui::model::session::{Kind, Library};
use crate::tui::model::verification::{Dated, Phase, Report, State};
use crate::tui::view::layout::is_wide;
use crate::tui::view::text_width::{columns, grouped, wrap};

/// Columns of what a line about a problem is called.
pub const PROBLEM_COLUMN: usize = 9;

/// The state of a line about a command that is refused, so that nothing is to be copied.
pub const REFUSED: &str = "refused";

/// How many columns a row of the first box has.
fn room(context: Context<'_>) -> usize {
    let width = context.window.0;
    let width = if is_wide(context.window) { width * 3 / 5 } else { width };
    usize::from(width.saturating_sub(5))
}

/// Heads shown; the rest is in `dspt verify --json`.
const DATED_MAX: usize = 100;

fn line(name: &str, state: &str, text: impl Into<String>) -> Line {
    let text = text.into();
    let details = vec![name.to_owned(), state.to_owned(), text.clone()];
    let (name, state) = (name.to_owned(), state.to_owned());
    let (part, is_title, row) = (Part::Checked, false, Vec::new());
    Line { part, is_title, name, state, text, row, details, entry: None }
}

/// A text with each SHA-256 in groups of four, its middle left out, so that two of them fit a line.
fn short_hashes(text: &str) -> String {
    let is_hash = |word: &str| word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit());
    let short = |word: &str| {
        let bare = word.trim_end_matches([',', ';', '.']);
        let end = word.get(bare.len()..).unwrap_or_default();
        if is_hash(bare) { grouped_hash(bare) + end } else { word.to_owned() }
    };
    text.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

fn heading(text: &str) -> Line {
    Line { details: Vec::new(), ..line(text, "", "") }
}

/// The first line of each box but the first.
fn title(part: Part) -> Line {
    Line { part, is_title: true, ..heading(part.title()) }
}

/// Returns every line of the screen, box by box.
pub fn lines(context: Context<'_>) -> Vec<Line> {
    let library = &context.library;
    let mut all = checked(context);
    let mut put = |part, lines: Vec<Line>| {
        all.push(title(part));
        all.extend(lines.into_iter().map(|one| Line { part, ..one }));
    };
    let report = context.trust.report.as_ref().filter(|_| context.trust.running.is_none());
    let mut signed: Vec<Line> =
        library.source.roster.keys().map(|(id, one)| key(library, id, one)).collect();
    if let Some(report) = report {
        for (number, vkey) in report.log.iter().enumerate() {
            let newest = number + 1 == report.log.len();
            let state = if newest { "signs now" } else { "before" };
            let signs = if newest { "signs its heads" } else { "signed its heads before" };
            let row = ["log key", &format!("the ledger, {signs}"), vkey].map(str::to_owned);
            signed.push(Line { row: row.into(), ..line("log key", state, vkey) });
        }
    }
    if signed.is_empty() {
        signed.push(heading("Nobody: no entry here can be believed."));
    }
    put(Part::Signed, signed);
    let mut yourself: Vec<Line> =
        commands(context).into_iter().map(|(what, text)| line(what, "run", text)).collect();
    match (refused(context, Purpose::GiveOut), context.library.source.kind) {
        (Some(why), Kind::File) => {
            let text = format!("No bundle: {why}.");
            let made = line("bundle", REFUSED, &text);
            yourself.insert(0, Line { row: vec![text], ..made });
        }
        (None, Kind::File) => {
            if let Some(bundle) = yourself.first_mut() {
                let then = "then   python3 DIR/verify.py DIR --policy FILE";
                let short = format!("dspt export bundle DIR   {then}");
                bundle.row = vec![short, format!("{}   {then}", bundle.text)];
            }
        }
        (_, Kind::Bundle) => {
            if let Some(apart) = yourself.first_mut() {
                apart.details.push("Take verify.py out of a bundle of your own.".to_owned());
                let long = format!("{}   with a verify.py of your own", apart.text);
                apart.row = vec![apart.text.clone(), long];
            }
        }
        (_, Kind::Tiles) => {}
    }
    yourself.insert(1, head(context));
    yourself.push(heading(&proves(context)));
    yourself.push(heading("This does not prove:"));
    yourself.extend(NOT_PROVED.iter().map(|one| heading(&format!("- {one}"))));
    put(Part::Yourself, yourself);
    all
}

/// The line nearest to `at` that can be selected: a title is no line of its box, and the selection goes
/// over it, on where it came from above and there is one.
pub fn beside_title(lines: &[Line], at: usize, forward: bool) -> usize {
    let is_line = |at: &usize| lines.get(*at).is_some_and(|line| !line.is_title);
    let after = || (at..lines.len()).find(is_line);
    let before = || (0..=at).rev().find(is_line);
    let found = if forward { after().or_else(before) } else { before().or_else(after) };
    found.unwrap_or(at)
}

/// What the check shows, as far as it went.
pub fn proves(context: Context<'_>) -> String {
    let belief = context.trust.belief();
    match (belief.grade, belief.warning()) {
        (Grade::Proven, _) => {
            "This does prove: who signed what, in which order, and that nothing was changed since \
             your witnesses saw it."
        }
        (Grade::Consistent, _) => {
            "This does show: which keys signed what, in which order; whoever holds them could \
             write it anew."
        }
        (_, Some(warning)) => return format!("{warning}. Of the rest this proves nothing."),
        (_, None) => "This proves nothing.",
    }
    .to_owned()
}

/// The question of the screen and its answer, in lines that nothing is cut from.
pub fn verdict(context: Context<'_>, width: usize) -> Vec<String> {
    let question = "Can this history be trusted?";
    let trust = &context.trust;
    let answer = match trust.running {
        Some(one) => format!("Checking: {}, {}", one.phase, one.text()),
        None => format!("Answer: {}", trust.answer()),
    };
    if columns(&answer) <= width {
        return vec![question.to_owned(), answer];
    }
    let answer = answer.trim_start_matches("Answer: ");
    wrap(&format!("{question} {answer}"), width)
}

/// What was checked: what is wrong first, with what it means, then what is good, then what was left
/// out.
fn checked(context: Context<'_>) -> Vec<Line> {
    let trust = &context.trust;
    let report = trust.report.as_ref().filter(|_| trust.running.is_none());
    let mut all = Vec::new();
    if let Some(failed) = &trust.failed {
        all.push(line("failed", "[!] NO", failed));
    }
    let (mut phases, mut wrong) = (trust.phases(), Vec::new());
    // The history itself first, as it is checked; then whom to trust with it.
    let history = phases.iter().position(|one| one.name == "entries").unwrap_or(0);
    phases.rotate_left(history);
    if report.is_some() {
        wrong = phases.extract_if(.., |one| one.state == State::No).collect();
        phases.sort_by_key(|one| one.state != State::Good);
    }
    let before = report.map_or(0, |report| report.remembered);
    let phase = |one: &Phase| phase(one, before);
    all.extend(wrong.iter().map(phase));
    if let Some(report) = report {
        problem(context, report, &mut all);
    }
    all.extend(phases.iter().map(phase));
    if let Some(report) = report {
        outside(report, &mut all);
    }
    all
}

/// A phase under the name that `dspt verify` gives it, and in its row what it means. The signatures of
/// `verified` entries this user verified on another day.
fn phase(one: &Phase, verified: u64) -> Line {
    let made = line(&one.name, one.state.word(), &one.text);
    let (mark, word) = one.state.word().split_at(3);
    // A mark that is ticked says enough; every other one is said in a word as well.
    let before = verified > 0 && one.name == "entries";
    let said = match (one.state, one.text.is_empty()) {
        (State::Good, _) if before => {
            let count = one.text.split(':').next().unwrap_or_default();
            format!("{count}; {} of them verified before", grouped(verified))
        }
        (State::Good, _) => one.text.replace(": form, place, key, id;", ";"),
        (_, true) => word.trim().to_owned(),
        _ => format!("{}: {}", word.trim(), one.text),
    };
    let question = question(&one.name);
    let name = format!("`dspt verify` calls it: {}", one.name);
    let word = one.state.word().to_owned();
    let mut details = vec![question.to_owned(), word, one.text.clone()];
    if before {
        let count = grouped(verified);
        details.push(format!("{count} of them you verified before: they were hashed again only"));
    }
    details.extend([String::new(), name]);
    Line { row: vec![mark.to_owned(), question.to_owned(), said], details, ..made }
}

/// What a phase asks, in plain words.
fn question(phase: &str) -> &str {
    match phase {
        "policy" => "Its keys are ones you trust",
        "head" => "Every head of it is signed",
        "quorum" => "Enough witnesses cosigned it",
        "fresh" => "A witness saw it lately",
        "kept" => "Goes on from what you kept",
        "entries" => "Signatures and keys are good",
        "root" => "Nothing removed or reordered",
        "anchors" => "Times from outside fit",
        "content" => "Stored files are unchanged",
        "replay" => "Statuses follow from it",
        "head file" => "No older copy was put back",
        other => other,
    }
}

/// The signed head, to be compared with one that was kept or given on paper.
fn head(context: Context<'_>) -> Line {
    // Lines 2 and 3 of a checkpoint are size and root of the tree (C2SP tlog-checkpoint).
    let mut head = context.library.source.head.lines().skip(1);
    let (size, root) = (head.next().unwrap_or("0"), head.next().unwrap_or_default());
    let letters: Vec<char> = root.chars().collect();
    let groups: Vec<String> = letters.chunks(4).map(|four| four.iter().collect()).collect();
    let made = line("the head", &format!("{size} entries"), format!("root {root}"));
    let size = size.parse().map_or_else(|_| size.to_owned(), grouped);
    let mut details = vec![
        format!("The head of {size} entries has the root"),
        groups.join(" "),
        root.to_owned(),
        String::new(),
        "Compare it with the head in a letter, a published statement or a copy:".to_owned(),
    ];
    details.push(command(context, "verify", "--against FILE"));
    let short = format!("Head, {size} entries: {}", groups.join(" "));
    let long =
        format!("Compare the head with the one you kept:  {size} entries, {}", groups.join(" "));
    let row = match root {
        "" => vec!["No head of it can be believed.".to_owned()],
        _ => vec![short, long],
    };
    Line { row, details, ..made }
}

fn problem(context: Context<'_>, report: &Report, all: &mut Vec<Line>) {
    let width = room(context);
    if let Some(fault) = &report.fault {
        let against = command(context, "verify", "--against FILE");
        let todo = format!(
            "do not write to this ledger; compare it with another copy, or with a head that someone \
             kept: {against}. Nothing was repaired"
        );
        let mut place = line("where", &fault.place, &fault.rule);
        place.row = vec!["where".to_owned(), format!("{}: {}", fault.place, fault.rule)];
        all.extend([heading("First problem"), place]);
        let mut say = |name: &str, text: &str| all.extend(wrapped(name, text, width));
        say("found", &fault.text);
        say("means", &fault.means);
        say("good", &report.good_until());
        say("to do", &todo);
    }
    for one in report.findings.iter().skip(1) {
        let (first, rest) = (&one.place, format!("{}: {}", one.rule, one.text));
        let mut lines = wrapped("finding", &format!("{first}: {rest}"), width);
        if let Some(line) = lines.first_mut() {
            (line.state, line.text) = (first.clone(), rest);
        }
        all.extend(lines);
    }
    for one in &report.remarks {
        let text = format!("{}: {}: {}", one.place, one.rule, one.text);
        all.extend(wrapped("remark", &text, width));
    }
    if let Some(why) = &report.undecided {
        all.extend(wrapped("undecided", why, width));
    }
}

/// A sentence of the verdict: a line that says all of it to lists and files, and as many after it,
/// blank there, as it takes rows.
fn wrapped(name: &str, text: &str, width: usize) -> Vec<Line> {
    let whole = line(name, "", text);
    let parts = wrap(&short_hashes(text), width.saturating_sub(PROBLEM_COLUMN + 1));
    let row = |number: usize, part: String| {
        let (name, part) = (if number == 0 { name.to_owned() } else { String::new() }, part);
        let row = vec![name, part];
        if number == 0 {
            return Line { row, ..whole.clone() };
        }
        Line { row, details: whole.details.clone(), ..line("", "", "") }
    };
    parts.into_iter().enumerate().map(|(number, part)| row(number, part)).collect()
}

fn outside(report: &Report, all: &mut Vec<Line>) {
    all.push(heading("Seen from outside"));
    let intervals = &report.intervals;
    let (Some(first), Some(last)) = (intervals.first(), intervals.last()) else {
        let text = "nobody believed dated a head; until somebody keeps one, all of it could be \
                    written anew";
        let row = ["[ ]", "Dated by somebody outside", "none; not a failure"].map(str::to_owned);
        all.push(Line { row: row.into(), ..line("witnesses", "none", text) });
        dated(report, all);
        return;
    };
    all.push(line("first", "", first.london_text()));
    all.push(line("last", "", last.london_text()));
    if let Some((from, until)) = intervals.longest_gap() {
        let hours = (until.millis() - from.millis()) / 3_600_000;
        let text = format!("{} days {} hours, from {}", hours / 24, hours % 24, from.london_text());
        all.push(line("longest", "gap", text));
    }
    dated(report, all);
}

fn dated(report: &Report, all: &mut Vec<Line>) {
    let count = report.dated.len();
    all.extend(report.dated.iter().rev().take(DATED_MAX).map(dated_line));
    if let Some(more) = count.checked_sub(DATED_MAX).filter(|more| *more > 0) {
        all.push(line("older", "", format!("{more} more: dspt verify --json")));
    }
}

fn dated_line(one: &Dated) -> Line {
    let anchor = &one.anchor;
    let name = anchor.seq.map_or_else(|| "head".to_owned(), |seq| format!("#{seq}"));
    let state = if one.believed { "believed" } else { "not believed" };
    let who = match anchor.outsider {
        Outsider::Witness => "witness",
        Outsider::Authority => "authority",
    };
    let (at, size) = (anchor.at.london_text(), grouped(anchor.size));
    let mut made =
        line(&name, state, format!("{at}, the first {size} entries, {who} {}", anchor.name()));
    made.details = vec![
        anchor.seq.map_or_else(
            || "recorded   by no entry".to_owned(),
            |seq| format!("recorded   by entry #{seq}"),
        ),
        format!("covers     the first {size} entries"),
        format!("dated      {at}"),
        format!("by         {who} {}", anchor.by),
        state.to_owned(),
    ];
    made.entry = anchor.seq;
    made
}

fn key(library: &Library, id: &KeyId, one: &AdmittedKey) -> Line {
    let state = match (one.compromised_from, one.revoked) {
        (Some(_), _) => "compromised",
        (None, Some(_)) => "retired",
        (None, None) => "in use",
    };
    let signed = grouped(library.signed.get(id).copied().unwrap_or_default());
    let start: String = id.as_str().trim_start_matches("SHA256:").chars().take(9).collect();
    let on = |seq: u64| library.recorded_on(seq).map(Date::short);
    let from = on(one.admitted).unwrap_or_default();
    let until = one.revoked.and_then(on).unwrap_or_else(|| "today".to_owned());
    let row = vec![
        start.clone(),
        format!("{}, {}", one.holder, one.role),
        format!("{from} to {until}"),
        signed.clone(),
        state.to_owned(),
    ];
    let mut made = line(&start, state, format!("{}, {}, {signed} entries", one.holder, one.role));
    made.row = row;
    made.details = vec![
        format!("holder     {}", one.holder),
        format!("role       {}", one.role),
        format!("key        {id}"),
        format!("public     {}", one.key),
        format!("signed     {signed} entries"),
        format!("admitted   {from}, by entry #{}", one.admitted),
        one.revoked.map_or(state.to_owned(), |seq| format!("revoked    {until}, by entry #{seq}")),
    ];
    if let Some(seq) = one.compromised_from {
        made.details.push(format!("compromised: what it signed from #{seq} on is doubtful"));
    }
    made
}
