//! How far what a ledger says can be believed: one value, made where the ledger is verified, that
//! goes with every answer, screen and file. It must never claim more than was checked.

use serde_json::{Value, json};

/// The answer in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing was changed.
    Yes,
    /// Something was: proven.
    No,
    /// It cannot be said.
    NotDecided,
}

impl Answer {
    /// Returns its stable name.
    pub const fn json(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::NotDecided => "not_decided",
        }
    }
}

/// What no check of signatures can show, one by one.
pub const NOT_PROVED: [&str; 4] = [
    "that what an entry says is true",
    "that nothing was left out",
    "when an entry was written, beyond the interval that outsiders' times prove",
    "that the history was not written anew before someone outside kept a head of it",
];

/// The same in a line.
pub const NOT_PROVED_LINE: &str = "that evidence is true, or that nothing was left unrecorded.";

/// What verification came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grade {
    /// Every rule holds, by a log key, witnesses and a quorum that the reader chose.
    Proven,
    /// Every rule holds, by the keys that the ledger itself names or that nobody watched.
    Consistent,
    /// The entries lead to a signed head; their signatures are still to be checked.
    #[default]
    Unchecked,
    /// It cannot be said whether every rule holds.
    NotDecided,
    /// A rule is broken.
    Broken,
}

impl Grade {
    /// Returns its stable name.
    pub const fn json(self) -> &'static str {
        match self {
            Self::Proven => "proven",
            Self::Consistent => "consistent",
            Self::Unchecked => "unchecked",
            Self::NotDecided => "not_decided",
            Self::Broken => "broken",
        }
    }
}

/// How far what a ledger says can be believed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Belief {
    /// What verification came to.
    pub grade: Grade,
    /// How many entries, from #0 on, are what their keys signed.
    pub entries: u64,
    /// Whether these are all entries that there are.
    pub all: bool,
    /// Whether only some entries were given out, with gaps between them.
    pub given_out: bool,
    /// How many of them were only hashed, since their signatures were checked at an earlier time.
    pub remembered: u64,
    /// Why it is no more than that: what is broken or undecided, or by whose word it is consistent.
    pub why: Option<String>,
    /// Whether the reader kept a head of it, so that not all of it can have been written anew.
    pub kept: bool,
    /// Size and root (base64) of the newest signed head.
    pub head: Option<(u64, String)>,
    /// What a reader should know of clocks, and what is no fault.
    pub remark: Option<String>,
}

/// What the holders of the keys can still have done.
const ANEW: &str = "they could have written all of it anew";
/// The same, where the reader kept a head.
const ANEW_AFTER: &str = "they could have written anew what you kept no head of";

impl Belief {
    /// Says whether nothing speaks against it, as far as it goes.
    pub const fn is_clean(&self) -> bool {
        matches!(self.grade, Grade::Proven | Grade::Consistent)
    }

    /// Returns what stands at the head of everything that is shown or given out of it; none where
    /// nothing speaks against it.
    pub fn warning(&self) -> Option<String> {
        let part = || match self.entries {
            0 => "NOTHING HERE CAN BE BELIEVED".to_owned(),
            _ if self.given_out => "THIS CANNOT BE BELIEVED AS IT STANDS".to_owned(),
            1 => "ONLY ENTRY #0 CAN BE BELIEVED".to_owned(),
            count => format!("ONLY ENTRIES #0 TO #{} CAN BE BELIEVED", count - 1),
        };
        match self.grade {
            Grade::Proven | Grade::Consistent => None,
            Grade::Unchecked => Some("UNCHECKED: SIGNATURES ARE NOT CHECKED YET".to_owned()),
            Grade::Broken | Grade::NotDecided if !self.all || self.entries == 0 => Some(part()),
            Grade::Broken => Some("THIS CANNOT BE BELIEVED AS IT STANDS".to_owned()),
            Grade::NotDecided => Some("NOT DECIDED WHETHER THIS CAN BE BELIEVED".to_owned()),
        }
    }

    /// Returns what stands over an answer that was worked out from some entries alone; none where none
    /// is withheld.
    pub fn withheld(&self) -> Option<String> {
        let size = self.head.as_ref().map(|(size, _)| *size).filter(|_| self.given_out)?;
        let (given, rest) = (self.entries, size.saturating_sub(self.entries));
        Some(format!(
            "WITHHELD: {rest} of {size} entries are not in this bundle; a status here rests on the \
             {given} that are, and \"not met\" may mean only that what meets an item is withheld"
        ))
    }

    /// Returns the verdict of a history against which nothing speaks, for a sentence that asks
    /// whether it can be trusted.
    pub fn verdict(&self) -> String {
        let anew = if self.kept { ANEW_AFTER } else { ANEW };
        match (self.grade, &self.why) {
            (Grade::Proven, _) if self.given_out => {
                "YES, by your policy: these entries are what their keys signed; what was withheld \
                 is not shown"
                    .to_owned()
            }
            (Grade::Proven, _) => {
                "YES, by your policy: nothing was changed, removed or put in a different order \
                 since a witness of it saw it"
                    .to_owned()
            }
            (_, Some(why)) => format!("CONSISTENT, {why}: {anew}"),
            (_, None) => {
                format!("CONSISTENT, not proven against those who hold the keys: {anew}")
            }
        }
    }

    /// Returns all of it in a sentence without a full stop, to stand beside an answer.
    pub fn sentence(&self) -> String {
        let entries = match self.entries {
            0 => "nothing".to_owned(),
            count if self.given_out => format!("{count} entries that were given out"),
            1 => "entry #0".to_owned(),
            count => format!("entries #0 to #{}", count - 1),
        };
        let remembered = match self.remembered {
            0 => String::new(),
            count => format!("; the signatures of {count} of them were checked at an earlier time"),
        };
        let text = match (self.warning(), &self.why) {
            (Some(warning), Some(why)) => format!("{warning}: {why}"),
            (Some(warning), None) => warning,
            (None, _) => format!("{entries}: {}{remembered}", self.verdict()),
        };
        text + &self.remarked()
    }

    /// Returns a line to stand beside an answer: a warning with its reason, or how far it goes.
    pub fn line(&self) -> String {
        if !self.is_clean() {
            return self.sentence();
        }
        let entries = match self.entries {
            1 => "entry #0".to_owned(),
            count => format!("entries #0 to #{}", count.saturating_sub(1)),
        };
        let how = if self.grade == Grade::Proven {
            "proven by your policy"
        } else {
            "consistent, not proven against those who hold the keys"
        };
        let before = match self.remembered {
            0 => String::new(),
            count => format!(" ({count} by an earlier check of yours)"),
        };
        format!("Believed: {entries}, {how}{before}{}", self.remarked())
    }

    /// The remark, to follow a sentence.
    fn remarked(&self) -> String {
        self.remark.as_ref().map_or_else(String::new, |remark| format!("; remark: {remark}"))
    }

    /// Returns it in a few words, for the cell of a table.
    pub fn short(&self) -> String {
        self.warning().unwrap_or_else(|| {
            let word =
                if self.grade == Grade::Proven { "proven" } else { "consistent, not proven" };
            word.to_owned()
        })
    }

    /// Returns the head in words: its size and root.
    pub fn head_text(&self) -> String {
        self.head.as_ref().map_or_else(
            || "none that can be believed".to_owned(),
            |(size, root)| format!("{size} entries, root {root}"),
        )
    }

    /// Returns it as JSON.
    pub fn json(&self) -> Value {
        json!({
            "grade": self.grade.json(),
            "entries": self.entries,
            "all": self.all,
            "remembered": self.remembered,
            "warning": self.warning(),
            "sentence": self.sentence(),
            "why": self.why,
            "head": self.head.as_ref().map(|(size, root)| json!({ "size": size, "root": root })),
        })
    }
}

/// Reads size and root out of a signed head, as its text says them (C2SP tlog-checkpoint).
pub fn head_of(note: &[u8]) -> Option<(u64, String)> {
    let mut lines = std::str::from_utf8(note).ok()?.lines().skip(1);
    let (size, root) = (lines.next()?.parse().ok()?, lines.next()?);
    Some((size, root.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belief(grade: Grade, entries: u64, all: bool) -> Belief {
        Belief { grade, entries, all, ..Belief::default() }
    }

    #[track_caller]
    fn warns(grade: Grade, entries: u64, all: bool, expected: Option<&str>) {
        assert_eq!(belief(grade, entries, all).warning().as_deref(), expected);
    }

    #[test]
    fn whatever_is_not_clean_says_so_at_its_head() {
        warns(Grade::Proven, 87, true, None);
        warns(Grade::Consistent, 87, true, None);
        warns(Grade::Broken, 50, false, Some("ONLY ENTRIES #0 TO #49 CAN BE BELIEVED"));
        warns(Grade::NotDecided, 50, false, Some("ONLY ENTRIES #0 TO #49 CAN BE BELIEVED"));
        warns(Grade::Broken, 1, false, Some("ONLY ENTRY #0 CAN BE BELIEVED"));
        warns(Grade::Broken, 0, false, Some("NOTHING HERE CAN BE BELIEVED"));
        warns(Grade::Broken, 0, true, Some("NOTHING HERE CAN BE BELIEVED"));
        warns(Grade::Broken, 87, true, Some("THIS CANNOT BE BELIEVED AS IT STANDS"));
        warns(Grade::NotDecided, 87, true, Some("NOT DECIDED WHETHER THIS CAN BE BELIEVED"));
        warns(Grade::Unchecked, 87, true, Some("UNCHECKED: SIGNATURES ARE NOT CHECKED YET"));
    }

    #[test]
    fn consistent_is_never_said_as_proven() {
        let mut one = belief(Grade::Consistent, 87, true);
        assert_eq!(
            one.sentence(),
            "entries #0 to #86: CONSISTENT, not proven against those who hold the keys: they could \
             have written all of it anew"
        );
        (one.kept, one.remembered) = (true, 80);
        assert_eq!(
            one.sentence(),
            "entries #0 to #86: CONSISTENT, not proven against those who hold the keys: they could \
             have written anew what you kept no head of; the signatures of 80 of them were checked \
             at an earlier time"
        );
        assert_eq!(one.short(), "consistent, not proven");
        assert!(belief(Grade::Proven, 87, true).verdict().starts_with("YES, by your policy"));
    }

    #[test]
    fn a_remark_goes_with_every_sentence() {
        for grade in [Grade::Proven, Grade::Consistent, Grade::Broken] {
            let remark = Some("entry #3 says tomorrow".to_owned());
            let one = Belief { remark, ..belief(grade, 87, true) };
            for text in [one.sentence(), one.line()] {
                assert!(text.ends_with("; remark: entry #3 says tomorrow"), "{text}");
            }
        }
    }

    #[test]
    fn a_head_is_read_as_its_text_says_it() {
        let note = b"ledger.example/x\n87\nAAAA\n\n\xe2\x80\x94 x y\n";
        assert_eq!(head_of(note), Some((87, "AAAA".to_owned())));
        assert_eq!(head_of(b"x\ny\nz\n"), None);
        assert_eq!(head_of(&[0xff]), None);
    }
}
