//! What stopped or started, in words.

use super::basis::{Basis, Cause, Lack, add};

use crate::domain::date::Date;

use crate::domain::engine::rule::Atom;
use crate::domain::ids::ItemRef;
use crate::domain::state::cut::Cut;

/// A name for a thing, in a sentence and in a column, and its own entries.
fn named(one: &Basis<'_>, item: &ItemRef) -> (String, String, Vec<u64>) {
    let assertion = &item.item.assertion();
    match one {
        Basis::Ground(ground) => {
            let short = match &ground.atom {
                Atom::Certificate(scheme) => scheme.label().to_owned(),
                Atom::Control(control, _) => control.to_string(),
                Atom::Item(item) => item.to_string(),
            };
            (ground.name.clone(), short, vec![ground.entry])
        }
        Basis::Rule(rule) => {
            let entry = rule.adoption.as_ref().map(|one| one.entry);
            let text = entry.map_or_else(
                || "the scheme owner's exemption".to_owned(),
                |entry| format!("the approval in #{entry}"),
            );
            let entries = entry.map_or_else(|| rule.because.clone(), |entry| vec![entry]);
            (text, "approval".to_owned(), entries)
        }
        Basis::Support(support) => {
            let text = format!("the approval in #{}", support.entry);
            (text, "approval".to_owned(), vec![support.entry])
        }
        Basis::EvidencePiece(piece) => {
            let name = if piece.answer { "own answer" } else { "own evidence" };
            (name.to_owned(), name.to_owned(), vec![piece.seq])
        }
        Basis::Confirmed(_, because) => {
            let name = format!("assertion {assertion}");
            (name.clone(), name, because.clone())
        }
        Basis::NotApplicable(stated) => {
            let name = "the recorded reason why it does not apply";
            (name.to_owned(), "recorded reason".to_owned(), stated.because.clone())
        }
        Basis::Denied(stated) => {
            let name = "the own answer that it is not met";
            (name.to_owned(), "answer \"not met\"".to_owned(), stated.because.clone())
        }
    }
}

/// What stopped, by why it does not hold any more.
pub(super) fn lost(one: &Basis<'_>, item: &ItemRef, lack: &Lack<'_>) -> Cause {
    let (name, short, mut entries) = named(one, item);
    let confirmed = matches!(one, Basis::Confirmed(..));
    let (text, short) = match lack {
        Lack::Cut(cut) => {
            add(&mut entries, &cut.because);
            let why =
                if cut.reason.is_empty() { String::new() } else { format!(" ({})", cut.reason) };
            (format!("{}{why}", cut_text(one, &name, cut)), cut_short(&short, cut))
        }
        Lack::Ended(day) => {
            let text = match one {
                Basis::Ground(ground) if !ground.limit.is_empty() && ground.until == *day => {
                    format!("{name} counts until {}: {}", day.short(), ground.limit)
                }
                Basis::Ground(_)
                | Basis::Rule(_)
                | Basis::Support(_)
                | Basis::EvidencePiece(_)
                | Basis::Confirmed(..)
                | Basis::NotApplicable(_)
                | Basis::Denied(_) => format!("{name} ended on {}", day.short()),
            };
            (text, format!("{short} ended {}", day.short()))
        }
        Lack::Before(day) if confirmed => {
            let text = format!("{name} is confirmed only from {}", day.short());
            (text, format!("{short} not confirmed"))
        }
        Lack::Before(day) => {
            let text = format!("{name} counts only from {}", day.short());
            (text, format!("{short} only from {}", day.short()))
        }
        Lack::Unknown(seq) => {
            add(&mut entries, &[*seq]);
            (format!("{name} was not recorded yet"), format!("{short} not recorded yet"))
        }
        Lack::Corrected(by) => {
            add(&mut entries, &[*by]);
            (format!("{name} was corrected in #{by}"), format!("{short} corrected"))
        }
        Lack::Less => (format!("{name} covers less"), format!("{short} covers less")),
        Lack::Exemption(revision, kind, because) => {
            entries.clone_from(because);
            let text = format!("revision {revision} holds no such exemption for {kind}");
            (text, format!("no exemption in revision {revision}"))
        }
        Lack::Nothing => (format!("{name} does not hold"), format!("{short} does not hold")),
    };
    Cause { text, short, entries }
}

fn cut_text(one: &Basis<'_>, name: &str, cut: &Cut) -> String {
    match (one, cut.what) {
        (Basis::Rule(_) | Basis::Support(_), _) => {
            format!("{name} was withdrawn from {}", cut.from.short())
        }
        (Basis::EvidencePiece(_), "answered as not met" | "answered anew") => {
            format!("{} on {}", cut.what, cut.from.short())
        }
        (_, "suspended") => format!("{name} is {}", cut.since()),
        (_, "withdrawn") => format!("{name} was {}", cut.since()),
        (Basis::Ground(ground), _) if ground.label != ground.name => {
            let control = match &ground.atom {
                Atom::Control(control, _) => format!("{control} of "),
                Atom::Certificate(_) | Atom::Item(_) => String::new(),
            };
            format!("{control}{name}: {}", cut.since())
        }
        _ => format!("{name}: {}", cut.since()),
    }
}

fn cut_short(short: &str, cut: &Cut) -> String {
    match cut.what {
        "answered as not met" | "answered anew" => format!("{} on {}", cut.what, cut.from.short()),
        "approval withdrawn" => cut.since(),
        _ => format!("{short} {}", cut.since()),
    }
}

/// The same of what holds in the position that comes after, on `day`.
pub(super) fn gained(one: &Basis<'_>, item: &ItemRef, lack: &Lack<'_>, day: Date) -> Cause {
    let (name, short, mut entries) = named(one, item);
    let (text, short) = match lack {
        Lack::Before(from) => begun(one, &name, &short, *from),
        Lack::Cut(cut) => {
            add(&mut entries, &cut.because);
            let since = cut.since();
            if cut.until < day {
                let (last, next) = (cut.until.short(), cut.until.plus(1).short());
                let text = format!("{name} counts again: {since} until {last}");
                (text, format!("{short} again since {next}"))
            } else {
                (format!("{name}, {since} only"), format!("{short}, {since} only"))
            }
        }
        Lack::Ended(last) => {
            let text = format!("{name} was in force until {}", last.short());
            (text, format!("{short} until {}", last.short()))
        }
        Lack::Unknown(seq) => {
            add(&mut entries, &[*seq]);
            let text = match one {
                Basis::Rule(_) | Basis::Support(_) => format!("approved in #{seq}"),
                Basis::EvidencePiece(_) => format!("{name} recorded"),
                Basis::Confirmed(..) => format!("{name} confirmed in #{seq}"),
                Basis::Ground(_) | Basis::NotApplicable(_) | Basis::Denied(_) => {
                    format!("{name}, recorded in #{seq}")
                }
            };
            (text, short)
        }
        Lack::Corrected(by) => {
            add(&mut entries, &[*by]);
            (format!("{name}, corrected in #{by}"), format!("{short} corrected"))
        }
        Lack::Exemption(..) => {
            if let Basis::Rule(rule) = one {
                entries.clone_from(&rule.because);
            }
            ("the rules in force hold this exemption".to_owned(), "exemption in force".to_owned())
        }
        Lack::Less | Lack::Nothing => (format!("{name} covers more"), short),
    };
    Cause { text, short, entries }
}

/// What began on a day, in a sentence and in few words.
fn begun(one: &Basis<'_>, name: &str, short: &str, from: Date) -> (String, String) {
    let (on, since) = (from.short(), format!("from {}", from.short()));
    match one {
        Basis::Confirmed(..) => (format!("{name} confirmed on {on}"), format!("{short} confirmed")),
        Basis::Denied(_) => {
            let text = format!("answered as not met on {on}");
            (text.clone(), text)
        }
        Basis::NotApplicable(stated) => {
            let text = format!("recorded as not applicable {since}: {}", stated.text);
            (text, format!("not applicable {since}"))
        }
        Basis::EvidencePiece(_) => (format!("{name} counts {since}"), format!("{short} {since}")),
        Basis::Ground(_) | Basis::Rule(_) | Basis::Support(_) => {
            (format!("{name} in force {since}"), format!("{short} {since}"))
        }
    }
}
