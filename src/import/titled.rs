//! An id with its title in one cell: `A.5.1 Policies for information security`.
//!
//! Where the catalogue has its publisher's titles, the words must be the title: with another one the
//! row may be of another release. Where it has words of this project's own, they cannot be compared;
//! they are counted in a note, and refused where they take something from the id.

use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;

use super::problem::Fault;

/// How many words an id may have, such as `Annex A control 5.1`.
const WORDS_MAX: usize = 4;

/// The beginnings of a text that may be an id, each with what follows, the shortest first.
pub(super) fn splits(text: &str) -> Vec<(String, String)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let most = WORDS_MAX.min(words.len().saturating_sub(1));
    let split = |count: usize| {
        let (head, rest) = words.split_at_checked(count)?;
        let head = head.join(" ");
        let head = head.trim_end_matches([':', '-', '.', ',', ';', '|']).trim_end().to_owned();
        let rest = rest.join(" ");
        let rest = rest.trim_start_matches([':', '-', '.', ',', ';', '|', ' ']).to_owned();
        let good =
            head.chars().any(|c| c.is_ascii_digit()) && rest.chars().any(char::is_alphabetic);
        good.then_some((head, rest))
    };
    (1..=most).filter_map(split).collect()
}

/// Whether two titles are the same but for case, punctuation and a cut end.
pub(super) fn is_title(found: &str, title: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        let parts = text.split(|c: char| !c.is_alphanumeric());
        parts.filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
    };
    let cut = found.ends_with("...") || found.ends_with('\u{2026}');
    let (found, title) = (words(found), words(title));
    !found.is_empty() && (found == title || (cut && title.starts_with(&found)))
}

/// Whether words beside an id may be anything but its title: they limit it, deny it, or name more ids.
pub(super) fn is_more_than_a_title(rest: &str) -> bool {
    const LIMITS: [&str; 16] = [
        "not",
        "no",
        "non",
        "none",
        "except",
        "excepting",
        "excluding",
        "excluded",
        "excl",
        "only",
        "partly",
        "partially",
        "partial",
        "without",
        "na",
        "pending",
    ];
    let lower = rest.to_lowercase();
    let mut words = lower.split(|c: char| c.is_whitespace() || "(),;:/".contains(c));
    words.any(|word| {
        let plain: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
        let id = word.contains(['.', '-']) && word.chars().any(|c| c.is_ascii_digit());
        LIMITS.contains(&plain.as_str()) || id
    }) || lower.contains("n/a")
}

/// Says that the words beside an id are not its title here.
pub(super) fn other_title(text: &str, id: &str, of: &str, title: &str) -> Fault {
    let message = format!(
        "`{}` has words beside the id that may not be its title: {id} of {of} is `{}`",
        shown(text),
        shown(title)
    );
    let help = format!(
        "write {id} alone if that is meant, else the id whose title it is: dspt catalogue {of}"
    );
    Fault::new(ProblemCode::NotReadable, message).help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_and_its_title_come_apart() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let found = splits(text);
            let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (&**a, &**b)).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("A.5.1 - Backups", &[("A.5.1", "Backups"), ("A.5.1", "Backups")]);
        check("PR.AA-01: Identities", &[("PR.AA-01", "Identities")]);
        check("AC-2 (1) Automated", &[("AC-2", "(1) Automated"), ("AC-2 (1)", "Automated")]);
        check("A.5.1 A.5.2", &[("A.5.1", "A.5.2")]);
        check("A.5.1", &[]);
        check("Backups", &[]);
        assert!(is_title(
            "policies  for Information-Security",
            "Policies for information security"
        ));
        assert!(is_title("Policies for...", "Policies for information security"));
        assert!(!is_title("Policies for", "Policies for information security"));
        assert!(!is_title("", "Policies"));
        for limit in ["not implemented", "Backups (partly)", "to A.5.9", "n/a", "except laptops"] {
            assert!(is_more_than_a_title(limit), "{limit}");
        }
        for title in ["Policies for information security", "Access to source code", "24/7 cover"] {
            assert!(!is_more_than_a_title(title), "{title}");
        }
    }
}
