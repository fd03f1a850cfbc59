//! What a text names, for a day: the one way in which every command and every file reads items,
//! assertions and controls.
//!
//! A bare number is of the edition and category that bind on the day; where none does, of the next
//! that will, else of the last that did; in a ledger that has no edition yet, of the one that the
//! organisation is classified for. A name in full is taken as it is, where it is ever asked for.

use std::collections::BTreeSet;

use crate::domain::date::Date;
use crate::domain::engine::derive::{Period, RulesChoice, derive};
use crate::domain::ids::{
    AssertionId, AssertionRef, CategoryId, ControlRef, EditionId, ItemId, ItemRef,
};
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;
use crate::domain::state::State;

use super::names::{Bare, Names, still_awaited};
use super::problem::Fault;
use super::spelling::tidy;

/// What was wrong with a name: a stable code, what was found, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotNamed {
    /// Stable code, `DSPT` and four digits.
    pub code: ProblemCode,
    /// What was found, and why it will not do.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl From<Fault> for NotNamed {
    fn from(fault: Fault) -> Self {
        Self { code: fault.code, message: fault.message, help: fault.help }
    }
}

/// One stretch of days with the edition and category that bind on them.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Span {
    from: Date,
    until: Date,
    own: (EditionId, CategoryId),
}

/// Which edition and category a bare number is of, day by day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Own {
    /// In order of their days.
    spans: Vec<Span>,
    /// Editions and categories that the organisation is classified for and whose items the ledger
    /// does not hold yet, by the first day of the classification.
    awaited: Vec<Span>,
}

impl Own {
    /// By what a ledger knows and the periods that follow from it.
    pub fn of(state: &State, periods: &[Period]) -> Self {
        let spans = periods.iter().map(|one| Span {
            from: one.from,
            until: one.until,
            own: (one.edition.id.clone(), one.category.clone()),
        });
        let awaited = state.awaited().into_iter().map(|one| Span {
            from: one.from,
            until: Date::MAX,
            own: (one.edition.clone(), one.category.clone()),
        });
        Self { spans: spans.collect(), awaited: awaited.collect() }
    }

    /// By what a ledger knows.
    pub fn known(state: &State) -> Self {
        Self::of(state, &derive(state, RulesChoice::Then).periods)
    }

    /// One edition and category on every day.
    pub fn always(edition: EditionId, category: CategoryId) -> Self {
        let span = Span { from: Date::MIN, until: Date::MAX, own: (edition, category) };
        Self { spans: vec![span], awaited: Vec::new() }
    }

    /// What binds on a day; else what binds next after it, else what bound last before it. Where
    /// nothing ever binds: what is awaited, by the newest classification that has begun on the day,
    /// else by the first.
    pub fn on(&self, day: Date) -> Option<&(EditionId, CategoryId)> {
        let not_over = self.spans.iter().find(|span| day <= span.until);
        let begun = self.awaited.iter().rev().find(|span| span.from <= day);
        let awaited = begun.or(self.awaited.first());
        not_over.or(self.spans.last()).or(awaited).map(|span| &span.own)
    }

    /// Says whether the edition and category that [`Own::on`] gives bind on the day itself.
    pub fn binds_on(&self, day: Date) -> bool {
        self.spans.iter().any(|span| span.from <= day && day <= span.until)
    }

    /// Says whether they bind on any day, or are awaited.
    fn ever(&self, edition: &EditionId, category: &CategoryId) -> bool {
        let mut all = self.spans.iter().chain(&self.awaited);
        all.any(|span| span.own.0 == *edition && span.own.1 == *category)
    }
}

/// The day that a row's items are of; where the row's own cannot be read, the last: then the row is
/// refused anyway, and its other cells are still looked at.
pub(super) fn day_of(day: Option<Date>) -> Date {
    day.unwrap_or(Date::MAX)
}

/// Says that a bare number means nothing, because no rules ever bind.
fn no_rules(text: &str) -> Fault {
    let message = format!(
        "`{}` does not say which edition it is of, and none with the organisation's category is \
         adopted",
        shown(text)
    );
    Fault::new(ProblemCode::Unknown, message).help(
        "adopt one with `dspt import edition EDITION` and classify with `dspt record \
         classification`, or write it in full, such as 2025-26-v8/cat2-it-supplier/8.3.4",
    )
}

/// Returns the item that a text names on a day.
pub(super) fn item_on(
    text: &str,
    day: Date,
    own: &Own,
    names: &mut Names<'_>,
) -> Result<ItemRef, Fault> {
    if text.is_empty() {
        return Err(Fault::new(ProblemCode::Blank, "the cell is blank")
            .help("write an item, such as 8.3.4"));
    }
    let default = own.on(day);
    if default.is_none() && !text.contains('/') {
        return Err(no_rules(text));
    }
    let item = names.item_or_awaited(text, default)?;
    if own.ever(&item.edition, &item.category) {
        return Ok(item);
    }
    let message = format!("{item} is asked for on no day, as far as this ledger knows");
    Err(Fault::new(ProblemCode::Unknown, message).help("list what is asked for with: dspt status"))
}

/// Returns the item that a text names on a day.
///
/// # Errors
/// [`NotNamed`] where it names none.
pub fn item(text: &str, day: Date, own: &Own, state: &State) -> Result<ItemRef, NotNamed> {
    Ok(item_on(text, day, own, &mut Names::new(state))?)
}

/// Returns the items that a text names on a day: one, several with commas between, or all from one to
/// another (`1.1.1-1.1.5`, `1.1.1-5`), in their order.
///
/// # Errors
/// [`NotNamed`] where a part names none, or a range runs backwards.
pub fn items(text: &str, day: Date, own: &Own, state: &State) -> Result<Vec<ItemRef>, NotNamed> {
    let tidied = tidy(text);
    let parts: Vec<&str> = tidied.split([',', ';', ' ']).filter(|part| !part.is_empty()).collect();
    let single = |part: &&str| part.parse::<ItemId>().is_ok() || part.parse::<ItemRef>().is_ok();
    if !parts.iter().all(|part| single(part) || ends(part).is_some()) {
        // One item with its title, or a text that names none.
        return Ok(vec![item(text, day, own, state)?]);
    }
    let mut found = Vec::new();
    for part in parts {
        let named = match ends(part) {
            Some(ends) => range(part, &ends, (day, own), state)?,
            None => vec![item(part, day, own, state)?],
        };
        for one in named {
            if !found.contains(&one) {
                found.push(one);
            }
        }
    }
    Ok(found)
}

/// The first and the last item of a range.
fn ends(part: &str) -> Option<(ItemId, ItemId)> {
    let (first, last) = part.split_once('-')?;
    let first: ItemId = first.parse().ok()?;
    let last =
        if last.contains('.') { last.to_owned() } else { format!("{}.{last}", first.assertion()) };
    Some((first, last.parse().ok()?))
}

/// The items of the edition that binds on a day, from one to another.
fn range(
    part: &str,
    (first, last): &(ItemId, ItemId),
    (day, own): (Date, &Own),
    state: &State,
) -> Result<Vec<ItemRef>, NotNamed> {
    let ends = [first, last].map(|one| item(one.as_str(), day, own, state));
    let [first, last] = ends;
    let (first, last) = (first?, last?);
    if state.awaits(&first.edition, &first.category) {
        return Err(still_awaited(&first.edition).into());
    }
    if last.item < first.item {
        let fault = Fault::new(
            ProblemCode::NotReadable,
            format!("`{}` ends before it begins", shown(part)),
        );
        return Err(fault.help("write the lower number first").into());
    }
    let revisions = state.editions.iter().map(|known| known.what.edition.as_ref());
    let of = revisions.filter(|one| one.id == first.edition);
    let all: BTreeSet<ItemId> =
        of.flat_map(|one| one.items_of(&first.category)).map(|one| one.id.clone()).collect();
    let within = all.range(first.item.clone()..=last.item);
    Ok(within.map(|id| ItemRef { item: id.clone(), ..first.clone() }).collect())
}

/// Returns the assertion that a text names on a day: in full, or by its number.
///
/// # Errors
/// [`NotNamed`] where it names none.
pub fn assertion(
    text: &str,
    day: Date,
    own: &Own,
    state: &State,
) -> Result<AssertionRef, NotNamed> {
    let wanted = match (text.trim().parse::<AssertionRef>(), text.trim().parse::<AssertionId>()) {
        (Ok(full), _) => full,
        (Err(_), Ok(assertion)) => {
            let (edition, category) = own.on(day).cloned().ok_or_else(|| no_rules(text))?;
            AssertionRef { edition, category, assertion }
        }
        (Err(_), Err(bad)) => {
            let message = format!("`{}` is not {}", shown(text), bad.expected);
            let fault = Fault::new(ProblemCode::NotReadable, message);
            let fault = match AssertionId::meant(text) {
                Some(near) => fault.help(format!("did you mean {near}?")),
                None => fault,
            };
            return Err(fault.into());
        }
    };
    let (edition, category) = (&wanted.edition, &wanted.category);
    let editions = state.editions.iter().map(|known| known.what.edition.as_ref());
    let of = editions.filter(|one| one.id == *edition).flat_map(|one| one.items_of(category));
    let known = of.into_iter().any(|item| item.id.assertion() == wanted.assertion);
    if known {
        return Ok(wanted);
    }
    if state.awaits(edition, category) {
        return Err(still_awaited(edition).into());
    }
    let message = format!("`{}` is not an assertion of {edition} for {category}", wanted.assertion);
    let help = format!("see its items with: dspt catalogue {edition}");
    Err(Fault::new(ProblemCode::Unknown, message).help(help).into())
}

/// Returns the control or outcome that a text names, which can be met, in any spelling that an
/// imported file may have.
///
/// # Errors
/// [`NotNamed`] where it names none.
pub fn control(text: &str, state: &State) -> Result<ControlRef, NotNamed> {
    let bare = Bare { framework: None, flag: "", annex_only: false };
    Ok(Names::new(state).control(text, bare)?)
}
