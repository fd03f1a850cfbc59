//! Screen 5: can this history be trusted?

use ratatui::layout::Rect;

use super::super::keymap::Command as C;
use super::super::layout;
use super::super::model::Model;
use super::super::theme::Role;
use super::super::trust::{Answer, NOT_PROVED, Report};
use super::super::width::{fill, grouped, wrap};
use super::pen::Pen;

pub(super) fn sentence(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    pen.line(0, 1, area.width, " Can this history be trusted?", Role::Plain);
    let trust = &model.trust;
    let (text, role) = match (&trust.running, &trust.report) {
        (Some(one), _) => (
            format!(
                " Checking: {}, {} of {} entries",
                one.phase,
                grouped(one.done),
                grouped(one.of)
            ),
            Role::Plain,
        ),
        (None, Some(report)) if report.answer != Answer::Yes => {
            (format!(" Answer: {}", trust.answer()), Role::Warning)
        }
        (None, _) => (format!(" Answer: {}", trust.answer()), Role::Title),
    };
    pen.line(0, 2, area.width, &text, role);
}

pub(super) fn draw(model: &Model, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    let wide = layout::is_wide(model.size);
    let left = if wide { area.width * 3 / 5 } else { area.width };
    let (above, below) = layout::signatures(model.size);
    let upper = Rect { x: 0, y: area.y, width: left, height: above };
    checks(model, pen, upper);
    let keys = Rect {
        x: 0,
        y: upper.bottom(),
        width: left,
        height: area.height.saturating_sub(upper.height + below),
    };
    let at = signers(model, pen, keys);
    if wide {
        let pane = Rect { x: left, width: area.width - left, height: area.height - below, ..area };
        fault(model, pen, pane);
    }
    if below > 0 {
        yourself(model, pen, Rect { y: keys.bottom(), height: below, ..area });
    }
    at
}

fn checks(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    pen.frame(area, "What was checked", &format!("{} check again", model.keys.hint(C::Verify)));
    let Some(report) = &model.trust.report else {
        let text = model.trust.failed.as_deref().unwrap_or("Nothing yet.");
        pen.line(area.x + 2, area.y + 1, area.width - 4, text, Role::Warning);
        return;
    };
    for (number, line) in lines(model, report).iter().enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        if y + 1 < area.bottom() {
            pen.line(area.x + 2, y, area.width - 4, line, Role::Plain);
        }
    }
}

fn lines(model: &Model, report: &Report) -> Vec<String> {
    let good = report.fault.is_none() && report.undecided.is_none();
    let entries = report.entries >= report.size || good;
    let mark = |good: bool| if good { "[x]" } else { "[!]" };
    let of = |count: u64| format!("{} of {}", grouped(count), grouped(report.size));
    let keys = model.library.source.roster.keys();
    let (all, revoked) = keys.fold((0, 0), |(all, revoked), (_, one)| {
        (all + 1, revoked + usize::from(one.revoked.is_some()))
    });
    let heads = if entries { mark(good || report.checkpoints > 0) } else { "[ ]" };
    let contents = if good { "[x]" } else { "[ ]" };
    let beside = if report.beside.is_none() { "[x]" } else { "[!]" };
    let row = |mark: &str, what: &str, count: String| format!("{mark} {what:<40} {count}");
    vec![
        row(mark(entries), "Every entry follows the one before", of(report.entries)),
        row(mark(entries), "Every signature is good", signatures(report)),
        row(
            mark(entries),
            "Every key was allowed when it signed",
            format!("{all} keys, {revoked} retired"),
        ),
        row(heads, "Every signed head fits the entries", grouped(report.checkpoints)),
        row(contents, "Every stored file is the one named", grouped(report.contents)),
        row(
            beside,
            "Ends where the file beside it says",
            report.beside.clone().unwrap_or_else(|| format!("a head of {}", grouped(report.size))),
        ),
        row("[ ]", "Seen by an outside witness", "none recorded (not a failure)".to_owned()),
    ]
}

/// How many signatures were checked, and how many entries you verified on another day.
fn signatures(report: &Report) -> String {
    let now = grouped(report.signatures);
    match report.remembered {
        0 => now,
        before => format!("{now} now; {} entries verified before", grouped(before)),
    }
}

fn signers(model: &Model, pen: &mut Pen<'_>, area: Rect) -> Option<(u16, u16)> {
    if area.height < 4 {
        return None;
    }
    pen.frame(area, "Who signed", &format!("{} key", model.keys.hint(C::Open)));
    let cursor = model.cursor();
    let more = pen.theme().glyphs.more;
    let mut at = None;
    let room = usize::from(area.height.saturating_sub(3));
    let keys = model.library.source.roster.keys().enumerate();
    for (number, (id, one)) in keys.skip(cursor.top).take(room) {
        let signed = model.library.signed.get(id).copied().unwrap_or_default();
        let state = match (one.compromised_from, one.revoked) {
            (Some(_), _) => "compromised",
            (None, Some(_)) => "retired",
            (None, None) => "in use",
        };
        let who = format!("{}, {}", one.holder, one.role);
        let text = format!(
            "{} {} {:>7} entries, {state}",
            fill(id.as_str(), 14, more),
            fill(&who, usize::from(area.width.saturating_sub(42)).min(40), more),
            grouped(signed)
        );
        let y = area.y + 1 + u16::try_from(number - cursor.top).unwrap_or(0);
        pen.row(area, y, &text, number == cursor.at);
        if number == cursor.at {
            at = Some((area.x + 1, y));
        }
    }
    let text = format!("Does not prove: {NOT_PROVED}");
    pen.line(area.x + 2, area.bottom() - 2, area.width - 4, &text, Role::Plain);
    at
}

fn fault(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    let report = model.trust.report.as_ref();
    let mut lines: Vec<String> = Vec::new();
    let found = report.and_then(|report| report.fault.as_ref().map(|one| (report, one)));
    let title = if let Some((report, one)) = found {
        lines.push(format!("where   {}", one.place));
        lines.push(format!("rule    {}", one.rule));
        lines.push(format!("found   {}", one.text));
        lines.push(String::new());
        lines.push(
            "In plain words: what is stored is not what was signed. It was changed after \
                 signing, or the file is damaged. Nothing was repaired."
                .to_owned(),
        );
        lines.push(match report.entries.checked_sub(1) {
            Some(last) => format!("Trust entries #0 to #{last}, and no later one."),
            None => "Trust nothing in this file.".to_owned(),
        });
        lines.push(String::new());
        lines.push("1 Do not write to this ledger.".to_owned());
        lines.push("2 Compare it with another copy or a head that someone kept.".to_owned());
        lines.push(format!("3 Save this report: {}", model.keys.hint(C::Export)));
        "First problem"
    } else {
        lines.push("No problem was found.".to_owned());
        lines.push(String::new());
        lines.push(
            "This does prove: who signed what, in which order, and that nothing was changed since."
                .to_owned(),
        );
        lines.push(format!("This does not prove: {NOT_PROVED}"));
        lines.extend(report.and_then(|one| one.undecided.clone()));
        "First problem: none"
    };
    pen.frame(area, title, "");
    let width = usize::from(area.width.saturating_sub(4));
    let wrapped = lines.iter().flat_map(|line| wrap(line, width));
    for (number, line) in wrapped.take(usize::from(area.height.saturating_sub(2))).enumerate() {
        let y = area.y + 1 + u16::try_from(number).unwrap_or(0);
        pen.line(area.x + 2, y, area.width - 4, &line, Role::Plain);
    }
}

fn yourself(model: &Model, pen: &mut Pen<'_>, area: Rect) {
    pen.frame(area, "Check it yourself, without this program", "");
    let text = "docs/FORMAT.md says what is signed, byte by byte, and how to check it.";
    pen.line(2, area.y + 1, area.width - 4, text, Role::Plain);
    // Line 3 of a checkpoint is the root of the tree (C2SP tlog-checkpoint).
    let root = model.library.source.head.lines().nth(2).unwrap_or("");
    let size = model.library.source.head.lines().nth(1).unwrap_or("");
    let text = format!("Compare the head with the one you kept: {size} entries, {root}");
    pen.line(2, area.y + 2, area.width - 4, &text, Role::Plain);
}
