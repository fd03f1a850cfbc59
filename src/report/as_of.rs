//! What is asked: a day, how much of the ledger may be used, and which rules; and the one sentence
//! that says so.

use serde::Serialize;

use crate::domain::date::Date;
use crate::domain::engine::derive::{Period, RulesChoice};
use crate::domain::engine::status::Positions;

/// A question that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// The day asked about.
    pub on: Date,
    /// How many entries may be used.
    pub size: u64,
    /// Which revision decides.
    pub rules: RulesChoice,
    /// How people say which entries may be used.
    pub known_text: String,
}

/// A question as JSON has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// The day asked about.
    pub at: String,
    /// How many entries may be used.
    pub size: u64,
    /// How people say which entries may be used.
    pub as_known: String,
    /// `then` or `latest`.
    pub rules: &'static str,
}

impl AsOf {
    /// The sentence that heads every answer.
    pub fn sentence(&self, positions: &Positions) -> String {
        let period = positions.derivation.period_on(self.on);
        let rules = rules_text(self.rules, period, |period| {
            format!("{} revision {}", period.edition.id, period.edition.revision)
        });
        let lead = format!("Position on {}", self.on.long());
        sentence(&lead, &self.known_text, &under(period.is_some(), &rules))
    }

    /// The three parts, for JSON.
    pub fn view(&self) -> View {
        View {
            at: self.on.to_string(),
            size: self.size,
            as_known: self.known_text.clone(),
            rules: match self.rules {
                RulesChoice::Then => "then",
                RulesChoice::Latest => "latest",
            },
        }
    }
}

/// The sentence of a question: what is asked, by how much of the ledger, and how the rules were chosen.
pub fn sentence(lead: &str, known: &str, under: &str) -> String {
    format!("{lead}, using what was recorded by {known}, {under}.")
}

/// The rules as a part of the sentence.
pub fn under(in_force: bool, rules: &str) -> String {
    format!("{} {rules}", if in_force { "under the rules" } else { "with" })
}

/// Which rules decide; `name` names the edition and its revision.
pub fn rules_text(
    choice: RulesChoice,
    period: Option<&Period>,
    name: impl Fn(&Period) -> String,
) -> String {
    let Some(period) = period else { return "no edition in force".to_owned() };
    let how = match choice {
        RulesChoice::Then => "in force then",
        RulesChoice::Latest => "latest known",
    };
    format!("{how}: DSPT {}", name(period))
}
