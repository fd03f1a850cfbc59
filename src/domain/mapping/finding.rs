//! What a check of a mapping finds, and how findings that say the same become one.

use std::collections::BTreeMap;
use std::fmt;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It names nothing that can be met, or cannot be true.
    Error,
    /// It may be meant, and somebody should look.
    Warning,
    /// It does no harm.
    Note,
}

impl Severity {
    /// Returns the word used in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What was checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A row that cannot be read.
    UnreadableRow,
    /// A framework release or edition that is not at hand, so its ids were not checked.
    UnknownRelease,
    /// An id that its release does not have.
    DanglingId,
    /// An id that its release has withdrawn.
    WithdrawnId,
    /// A heading, which nothing can meet as such.
    HeadingId,
    /// A level where there is none, or none where there must be one.
    WrongLevel,
    /// A control mapped to itself.
    SelfMap,
    /// One pair with one relationship twice.
    DuplicateRow,
    /// One pair with two relationships.
    ConflictingRows,
    /// No relationship, and another one.
    NoRelationshipAndAnother,
    /// A row that contradicts the one in the other direction.
    WrongInverse,
    /// Three rows that cannot be true together.
    ImpossibleTriangle,
    /// A control that would be a part of another one of its own release.
    ImpliedPart,
    /// A joint group whose rows do not belong together.
    JointGroup,
    /// A joint relationship that the rows of the group rule out.
    JointContradiction,
    /// Satisfaction without a reason.
    RationaleMissing,
    /// Strengths on more than one scale.
    MixedScales,
}

impl Rule {
    /// Returns the name used in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnreadableRow => "unreadable-row",
            Self::UnknownRelease => "unknown-release",
            Self::DanglingId => "dangling-id",
            Self::WithdrawnId => "withdrawn-id",
            Self::HeadingId => "heading-id",
            Self::WrongLevel => "wrong-level",
            Self::SelfMap => "self-map",
            Self::DuplicateRow => "duplicate-row",
            Self::ConflictingRows => "conflicting-rows",
            Self::NoRelationshipAndAnother => "no-relationship-and-another",
            Self::WrongInverse => "wrong-inverse",
            Self::ImpossibleTriangle => "impossible-triangle",
            Self::ImpliedPart => "implied-part",
            Self::JointGroup => "joint-group",
            Self::JointContradiction => "joint-contradiction",
            Self::RationaleMissing => "rationale-missing",
            Self::MixedScales => "mixed-scales",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// What was checked.
    pub rule: Rule,
    /// How much it matters.
    pub severity: Severity,
    /// Numbers of the rows, in the order in which the text speaks of them.
    pub rows: Vec<u64>,
    /// What was found.
    pub text: String,
    /// What to do about it.
    pub help: Option<String>,
}

/// Collects findings; those that say the same of several rows become one.
#[derive(Default)]
pub(in crate::domain) struct Report {
    grouped: BTreeMap<(Rule, Severity, String, Option<String>), Vec<u64>>,
    single: Vec<Finding>,
}

impl Report {
    /// Adds a row to the finding that says this.
    pub(in crate::domain) fn add(
        &mut self,
        (rule, severity): (Rule, Severity),
        row: u64,
        text: String,
        help: &str,
    ) {
        let help = (!help.is_empty()).then(|| help.to_owned());
        self.grouped.entry((rule, severity, text, help)).or_default().push(row);
    }

    /// Adds a finding about these rows together.
    pub(in crate::domain) fn push(
        &mut self,
        (rule, severity): (Rule, Severity),
        rows: Vec<u64>,
        text: String,
        help: &str,
    ) {
        let help = (!help.is_empty()).then(|| help.to_owned());
        self.single.push(Finding { rule, severity, rows, text, help });
    }

    pub(in crate::domain) fn findings(self) -> Vec<Finding> {
        let grouped = self.grouped.into_iter().map(|((rule, severity, text, help), mut rows)| {
            rows.dedup();
            Finding { rule, severity, rows, text, help }
        });
        let mut found: Vec<Finding> = self.single.into_iter().chain(grouped).collect();
        sort(&mut found);
        found
    }
}

/// Puts findings in the order of the first row that each speaks of.
pub fn sort(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        let first = |one: &Finding| one.rows.iter().min().copied();
        first(a).cmp(&first(b)).then_with(|| a.cmp(b))
    });
}
