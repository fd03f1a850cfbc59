//! Spellings: how people write the ids of controls, and what they can and cannot mean.
//!
//! An id is matched whole, never by how it begins. Where a text has two readings both are named
//! and neither is taken.

use crate::domain::catalogue::edition::Framework;
use crate::domain::catalogue::known_frameworks::{IdRule, id_rule, is_known, release_by_form};
use crate::domain::ids::FrameworkRef;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::{is_hidden, shown};

use super::problem::Fault;

/// Longest text that is compared with ids.
pub(super) const ID_BYTES_MAX: usize = 64;

/// An id as written, and the framework that its text names.
pub(super) struct Written {
    pub(super) framework: FrameworkRef,
    pub(super) id: String,
    /// Written in full as `FRAMEWORK:RELEASE/ID`, so that `5.1` is the clause and nothing else.
    pub(super) in_full: bool,
}

/// Folds blanks, drops what is invisible, makes every dash a hyphen, drops a trailing separator.
pub(super) fn tidy(text: &str) -> String {
    let dash = |c: char| {
        matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}')
    };
    let kept = text.chars().filter(|c| c.is_whitespace() || !is_hidden(*c));
    let text: String = kept.map(|c| if dash(c) { '-' } else { c }).collect();
    let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
    folded.trim_end_matches([',', ';', ' ']).to_owned()
}

/// In NIST's tables a star marks the whole set of a control's rows as falling short of it
/// (SP 800-53 mapping notes), so no row may be read without it.
pub(super) fn no_star(text: &str) -> Result<(), Fault> {
    let starred =
        text.ends_with('*') && text.chars().rev().nth(1).is_some_and(char::is_alphanumeric);
    if !starred {
        return Ok(());
    }
    let message = format!("`{}` ends with a star, which marks a set that falls short", shown(text));
    let help = "remove it from every row of the set, and write intersects-with or subset-of there";
    Err(Fault::new(ProblemCode::NotReadable, message).help(help))
}

/// Reads `ISO/IEC 27001:2013, A.7.1.1` and its like.
pub(super) fn iso_words(
    text: &str,
    default: Option<&FrameworkRef>,
) -> Result<Option<Written>, Fault> {
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("iso") else { return Ok(None) };
    let rest = rest.strip_prefix("/iec").unwrap_or(rest).trim_start_matches([' ', '-']);
    if rest.starts_with("27002") {
        let message = format!("`{}` is from ISO/IEC 27002, which nobody certifies", shown(text));
        let help = "name the control of ISO/IEC 27001, Annex A, such as iso27001:2022/A.8.13";
        return Err(Fault::new(ProblemCode::NotReadable, message).help(help));
    }
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = rest.split_at_checked(digits).unwrap_or((rest, ""));
    let name = format!("iso{number}");
    if !is_known(&name) {
        return Ok(None);
    }
    let dated = rest.trim_start_matches([':', '-', ' ']);
    let year = dated.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    let (release, rest) = match (year, default) {
        (Some(year), _) => (year.to_owned(), dated.get(4..).unwrap_or_default()),
        (None, Some(known)) if known.framework == name => (known.release.clone(), rest),
        (None, _) => {
            let message = format!("`{}` does not say which release it means", shown(text));
            let help = "write it in full, such as iso27001:2022/A.8.13";
            return Err(Fault::new(ProblemCode::NotReadable, message).help(help));
        }
    };
    let id = rest.trim_start_matches([' ', ',', ':', '/', '-']);
    // Lower-casing ASCII keeps every length, so the end of one is the end of the other.
    let id = text.get(text.len().saturating_sub(id.len())..).unwrap_or_default().to_owned();
    let framework = FrameworkRef { framework: name, release };
    Ok(Some(Written { framework, id, in_full: false }))
}

/// Returns the catalogue's id for what was written; none where it has no such id.
pub(super) fn read_id(
    framework: &Framework,
    written: &Written,
    annex_only: bool,
) -> Result<Option<String>, Fault> {
    let id = written.id.as_str();
    if id_rule(&framework.id.framework) == IdRule::Annex && !written.in_full {
        return read_annex(framework, id, annex_only);
    }
    Ok(find_id(framework, id))
}

/// Reads an id of clauses and an annex that is not written in full. `5.1` is a clause, a control of Annex A
/// and, out of a spreadsheet that took it for a number, perhaps `5.10`.
fn read_annex(framework: &Framework, id: &str, annex_only: bool) -> Result<Option<String>, Fault> {
    let lower = id.to_ascii_lowercase();
    let word = |words: &[&str]| {
        let found = words.iter().find(|word| lower.starts_with(**word))?;
        id.get(found.len()..).map(|rest| rest.trim_start_matches([' ', ':', '.']).to_owned())
    };
    if let Some(rest) = word(&["mandatory clause", "clause"]) {
        return Ok(find_id(framework, &rest));
    }
    if let Some(rest) = word(&["annex a controls", "annex a control", "annex a"]) {
        let rest = annex(&rest).unwrap_or_else(|| format!("A.{rest}"));
        return Ok(find_id(framework, &rest));
    }
    let id = word(&["control"]).unwrap_or_else(|| id.to_owned());
    let bare = !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !bare {
        return Ok(find_id(framework, &id));
    }
    let mut readings = Vec::new();
    let clause = framework.controls.contains_key(&id);
    if clause && !annex_only {
        readings.push((id.clone(), format!("Clause {id}")));
    }
    let mut controls = vec![format!("A.{id}")];
    // A number keeps no trailing zero, so 5.10 may have become 5.1.
    if id.matches('.').count() == 1 {
        controls.push(format!("A.{id}0"));
    }
    let known = controls.into_iter().filter(|one| framework.controls.contains_key(one));
    readings.extend(known.map(|one| (one.clone(), one)));
    match readings.as_slice() {
        [] => Ok(clause.then_some(id)),
        [(one, _)] => Ok(Some(one.clone())),
        several => Err(ambiguous(framework, &id, several)),
    }
}

/// The ids that a bare number of ISO/IEC 27001 can stand for: a clause, a control, one whose last zero
/// a spreadsheet dropped.
pub(super) fn readings(framework: &Framework, id: &str) -> Vec<String> {
    let all = [id.to_owned(), format!("A.{id}"), format!("A.{id}0")];
    all.into_iter().filter(|one| framework.controls.contains_key(one)).collect()
}

fn ambiguous(framework: &Framework, id: &str, readings: &[(String, String)]) -> Fault {
    let describe = |(id, name): &(String, String)| {
        let title = framework.controls.get(id).map_or("", |control| control.title.as_str());
        format!("{name} ({})", shown(title))
    };
    let list: Vec<String> = readings.iter().map(describe).collect();
    let message = format!("`{id}` can be {}", list.join(" or "));
    let number = readings.iter().any(|(one, _)| one.ends_with(&format!(".{id}0")));
    let names: Vec<&str> = readings.iter().map(|(_, name)| name.as_str()).collect();
    let mut help = format!("write {}", names.join(" or "));
    if number {
        help.push_str(
            "; a spreadsheet drops the last zero of a number, so format the column as text",
        );
    }
    Fault::new(ProblemCode::Ambiguous, message).help(help)
}

/// Finds an id: exactly, else in the spellings of NIST SP 800-53, else whatever its case.
pub(super) fn find_id(framework: &Framework, id: &str) -> Option<String> {
    if framework.controls.contains_key(id) {
        return Some(id.to_owned());
    }
    if id.len() > ID_BYTES_MAX {
        return None;
    }
    let rule = id_rule(&framework.id.framework);
    if rule == IdRule::Enhancements {
        let spelt = special_publication(id).filter(|id| framework.controls.contains_key(id));
        if spelt.is_some() {
            return spelt;
        }
    }
    let dotted = annex(id).filter(|_| rule == IdRule::Annex);
    let id = dotted.as_deref().unwrap_or(id);
    let mut same = framework.controls.keys().filter(|known| known.eq_ignore_ascii_case(id));
    let found = same.next()?;
    same.next().is_none().then(|| found.clone())
}

/// Returns `A.5.9` for `A5.9`, `A 5.9` and `a.5.9`.
fn annex(id: &str) -> Option<String> {
    let rest = id.strip_prefix(['A', 'a'])?.trim_start_matches(['.', ' ']);
    rest.starts_with(|c: char| c.is_ascii_digit()).then(|| format!("A.{rest}"))
}

/// Returns `AC-2(1)` for `AC-02(01)`, `ac-2.1`, `ac-02.01` and `AC-2 (1)`.
fn special_publication(id: &str) -> Option<String> {
    let id = id.to_ascii_uppercase().replace(' ', "");
    let (family, rest) = id.split_once('-')?;
    let number = |text: &str| -> Option<u16> {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits)
    };
    if let Some(base) = number(rest) {
        return Some(format!("{family}-{base}"));
    }
    let (base, tail) = rest.split_once(['(', '.'])?;
    let tail = if rest.contains('(') { tail.strip_suffix(')')? } else { tail };
    Some(format!("{family}-{}({})", number(base)?, number(tail)?))
}

/// Says why a text cannot be one id: a list, a family, a wildcard.
pub(super) fn not_one_id(text: &str) -> Option<Fault> {
    let lower = text.to_ascii_lowercase();
    let wild = text.contains('*')
        || lower.strip_suffix('x').is_some_and(|rest| rest.ends_with(['.', '-']))
        || lower.starts_with("all ")
        || lower.ends_with(" family");
    if wild {
        let message = format!("`{}` stands for several ids", shown(text));
        let help = "name each id in a row of its own, so that each can be approved or refused";
        return Some(Fault::new(ProblemCode::NotReadable, message).help(help));
    }
    let words = text.split([',', ';', ' ', '+', '&', '\n']).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.filter(|word| !word.eq_ignore_ascii_case("and")).collect();
    let is_id =
        |word: &&str| word.bytes().any(|byte| byte.is_ascii_digit()) && word.contains(['.', '-']);
    if words.len() < 2 || !words.iter().all(is_id) {
        return None;
    }
    let message = format!("the cell holds {} ids: `{}`", words.len(), shown(text));
    let help = "write one row for each; for ids that hold only together, add a joint_group";
    Some(Fault::new(ProblemCode::NotReadable, message).help(help))
}

pub(super) fn made_into_a_day(found: &str) -> Fault {
    let message = format!("`{found}` looks like a date that a spreadsheet made out of an id");
    Fault::new(ProblemCode::Ambiguous, message)
        .help("format the column as text, and type the id again")
}

/// Returns the release whose ids have this form, where it is another: `A.9.1.1` is never of 2022,
/// and `PR.AC-1` is of CSF 1.1, where ids have no zero, not a spelling of `PR.AC-01`.
pub(super) fn release_by_shape(framework: &FrameworkRef, id: &str) -> Option<FrameworkRef> {
    match id_rule(&framework.framework) {
        IdRule::Annex => {
            let dotted = annex(id).unwrap_or_else(|| format!("A.{id}"));
            release_by_form(framework, &dotted)
        }
        IdRule::Plain | IdRule::Enhancements => release_by_form(framework, id),
    }
}
