//! What people write into what the ledger's catalogues call it: controls, clauses and items.
//!
//! Decides which framework or edition a text speaks of, and says as well as can be why there is no
//! such thing there. A spelling that was read for another is counted in a note.

use std::collections::BTreeMap;

use super::problem::Fault;
use super::spelling::{
    ID_BYTES_MAX, Written, find_id, iso_words, made_into_a_day, no_star, not_one_id, read_id,
    readings, release_by_shape, tidy,
};
use super::titled::{is_more_than_a_title, is_title, other_title, splits};
use crate::domain::catalogue::edition::{ControlStanding, Edition, Framework};
use crate::domain::catalogue::known_frameworks::{IdRule, has_own_titles, id_rule};
use crate::domain::date_parse::looks_like_a_day;
use crate::domain::ids::{CategoryId, ControlRef, EditionId, FrameworkRef, ItemId, ItemRef};
use crate::domain::nearest::closest;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;
use crate::domain::state::State;

/// Most different unknown ids for which a file is searched for similar ones.
const SUGGESTIONS_MAX: usize = 500;

/// What a bare control id belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bare<'d> {
    /// The framework, if one was given.
    pub(super) framework: Option<&'d FrameworkRef>,
    /// The flag that gives it; blank where none does.
    pub(super) flag: &'static str,
    /// Whether only controls of Annex A are meant, so that no id is a clause.
    pub(super) annex_only: bool,
}

/// Resolves names against what the ledger has adopted.
pub(super) struct Names<'s> {
    state: &'s State,
    near: BTreeMap<(String, String), Option<String>>,
    respelt: BTreeMap<(String, String), u64>,
}

impl<'s> Names<'s> {
    pub(super) fn new(state: &'s State) -> Self {
        Self { state, near: BTreeMap::new(), respelt: BTreeMap::new() }
    }

    /// Returns one note about all spellings that were read for others.
    pub(super) fn note(&self) -> Option<String> {
        let cells: u64 = self.respelt.values().sum();
        let ((from, to), _) = self.respelt.iter().next()?;
        Some(format!(
            "{} read in another spelling, such as `{}` for {to}",
            if cells == 1 { "1 id was".to_owned() } else { format!("{cells} ids were") },
            shown(from)
        ))
    }

    /// Returns the control or clause that a text names, which can be met.
    pub(super) fn control(&mut self, text: &str, bare: Bare<'_>) -> Result<ControlRef, Fault> {
        let tidied = tidy(text);
        no_star(&tidied)?;
        let written = self.split(&tidied, bare)?;
        let framework = self.framework(&written.framework)?;
        let id = match read_id(framework, &written, bare.annex_only)? {
            Some(id) => id,
            None => match titled_control(framework, &written, bare.annex_only)? {
                Some(id) => id,
                None => return Err(self.unknown(framework, &written.id)),
            },
        };
        standing(self.state, framework, &id)?;
        let control = ControlRef { framework: framework.id.clone(), id };
        let full = control.to_string();
        if tidied != control.id && tidied != full {
            *self.respelt.entry((tidied, full)).or_default() += 1;
        }
        Ok(control)
    }

    /// Returns an adopted framework.
    pub(super) fn framework(&self, id: &FrameworkRef) -> Result<&'s Framework, Fault> {
        if let Some(known) = self.state.frameworks.get(id) {
            return Ok(&known.what);
        }
        let others = self.releases(&id.framework).map(|one| one.id.to_string());
        let others: Vec<String> = others.collect();
        let help = if others.is_empty() {
            format!("adopt it with: dspt import framework {id}")
        } else {
            let others = others.join(", ");
            format!("adopted are {others}; or adopt it with: dspt import framework {id}")
        };
        Err(Fault::new(ProblemCode::Unknown, format!("framework {id} is not adopted")).help(help))
    }

    fn releases(&self, framework: &str) -> impl Iterator<Item = &'s Framework> {
        let all = self.state.frameworks.values().map(|known| known.what.as_ref());
        all.filter(move |one| one.id.framework == framework)
    }

    /// Tells the framework from the id: in full, in ISO's own words, or by the default.
    fn split(&self, text: &str, bare: Bare<'_>) -> Result<Written, Fault> {
        if let Some((head, id)) = text.split_once('/') {
            let head = head.trim().to_ascii_lowercase();
            if let Ok(framework) = head.parse() {
                return Ok(Written { framework, id: id.trim().to_owned(), in_full: true });
            }
            if let Some(one) = self.releases(&head).next() {
                let message = format!("`{}` does not say which release it means", shown(text));
                return Err(Fault::new(ProblemCode::NotReadable, message).help(format!(
                    "write it in full, such as {}/{}",
                    one.id,
                    shown(id)
                )));
            }
        }
        if let Some(written) = iso_words(text, bare.framework)? {
            return Ok(written);
        }
        let Some(framework) = bare.framework else {
            let message = format!("`{}` does not say which framework it is from", shown(text));
            let give = if bare.flag.is_empty() { "" } else { &format!("give {}, or ", bare.flag) };
            let help = format!("{give}write it in full, such as iso27001:2022/A.8.13");
            return Err(Fault::new(ProblemCode::NotReadable, message).help(help));
        };
        Ok(Written { framework: framework.clone(), id: text.to_owned(), in_full: false })
    }

    /// Says as well as can be why a framework has no such id.
    fn unknown(&mut self, framework: &Framework, id: &str) -> Fault {
        if let Some(fault) = not_one_id(id) {
            return fault;
        }
        // A title beside it says nothing about the id.
        let first = splits(id).into_iter().next().map(|(head, _)| head);
        let id = first.as_deref().filter(|head| head.contains(['.', '-'])).unwrap_or(id);
        let found = shown(id);
        let elsewhere = self.releases(&framework.id.framework);
        let elsewhere = elsewhere.filter(|other| other.id != framework.id);
        let has = |other: &&Framework| find_id(other, id).is_some();
        if let Some(other) = elsewhere.into_iter().find(has) {
            let other = &other.id;
            return other_release(framework, &found, &format!("it is one of {other}"))
                .help(format!("name {other} if that is meant, or the id that took its place"));
        }
        if let Some(release) = release_by_shape(&framework.id, id) {
            return other_release(framework, &found, &format!("it has the form of {release}"))
                .help("name that release if it is meant, or the id that took its place");
        }
        if looks_like_a_day(id) {
            return made_into_a_day(&found);
        }
        let fault =
            Fault::new(ProblemCode::Unknown, format!("`{found}` is not an id of {}", framework.id));
        let control = format!("A.{id}");
        let annex = id_rule(&framework.id.framework) == IdRule::Annex;
        if annex && framework.controls.contains_key(&control) {
            return fault.help(format!("did you mean {control}?"));
        }
        let known = || framework.controls.keys().cloned();
        match self.nearest(framework.id.to_string(), id, known) {
            Some(near) => fault.help(format!("did you mean {near}?")),
            None => fault.help(format!("see its ids with: dspt catalogue {}", framework.id)),
        }
    }

    /// Returns a known id that differs in one or two characters. Only so many are searched for:
    /// a file of nothing but wrong ids must not take minutes.
    fn nearest<I: Iterator<Item = String>>(
        &mut self,
        within: String,
        id: &str,
        known: impl FnOnce() -> I,
    ) -> Option<String> {
        // Every short id is two letters away from every other.
        if id.len() > ID_BYTES_MAX || id.chars().count() < 4 {
            return None;
        }
        let full = self.near.len() >= SUGGESTIONS_MAX;
        let key = (within, id.to_owned());
        if let Some(near) = self.near.get(&key) {
            return near.clone();
        }
        let near = if full { None } else { closest(id, known()) };
        if !full {
            self.near.insert(key, near.clone());
        }
        near
    }

    /// Returns the item that a text names: in full, or by its number and the default. It is one of
    /// an adopted edition.
    pub(super) fn item(
        &mut self,
        text: &str,
        default: Option<&(EditionId, CategoryId)>,
    ) -> Result<ItemRef, Fault> {
        let item = self.item_or_awaited(text, default)?;
        if self.state.awaits(&item.edition, &item.category) {
            Err(still_awaited(&item.edition))
        } else {
            Ok(item)
        }
    }

    /// As [`Names::item`], or one of an edition that the organisation is classified for and whose
    /// items the ledger does not hold yet.
    pub(super) fn item_or_awaited(
        &mut self,
        text: &str,
        default: Option<&(EditionId, CategoryId)>,
    ) -> Result<ItemRef, Fault> {
        let text = tidy(text);
        if let Some((item, rest)) = titled_item(&text, default) {
            return self.titled(&text, &item, &rest);
        }
        if text.contains('/') && !looks_like_a_day(&text) {
            let item: ItemRef = text
                .parse()
                .map_err(|bad| Fault::new(ProblemCode::NotReadable, bad_ref(&text, &bad)))?;
            return self.known_item(&item);
        }
        let item = text.parse::<ItemId>().map_err(|bad| self.bad_item(&text, default, &bad))?;
        let Some((edition, category)) = default else {
            let message = format!("`{item}` does not say which edition and category it is from");
            let help = "give --edition and --category, or write it in full, such as \
                        2025-26-v8/cat2-it-supplier/8.3.4";
            return Err(Fault::new(ProblemCode::NotReadable, message).help(help));
        };
        self.known_item(&ItemRef { edition: edition.clone(), category: category.clone(), item })
    }

    /// An item whose title stands beside its number, if that is its title.
    fn titled(&mut self, text: &str, item: &ItemRef, rest: &str) -> Result<ItemRef, Fault> {
        let known = self.known_item(item)?;
        let (edition, category) = (&known.edition, &known.category);
        let of = self.revisions(edition).filter_map(|one| one.item(category, &known.item));
        let titles: Vec<&str> = of.map(|item| item.title.as_str()).collect();
        // The catalogue's words for what an item asks are its own.
        let awaited = self.state.awaits(edition, category);
        if awaited
            || titles.iter().any(|title| is_title(rest, title))
            || !is_more_than_a_title(rest)
        {
            *self.respelt.entry((text.to_owned(), known.to_string())).or_default() += 1;
            return Ok(known);
        }
        let title = titles.last().copied().unwrap_or_default();
        Err(other_title(text, known.item.as_str(), edition.as_str(), title))
    }

    fn revisions(&self, edition: &EditionId) -> impl Iterator<Item = &'s Edition> {
        let all = self.state.editions.iter().map(|known| known.what.edition.as_ref());
        let edition = edition.clone();
        all.filter(move |one| one.id == edition)
    }

    fn known_item(&mut self, item: &ItemRef) -> Result<ItemRef, Fault> {
        let ItemRef { edition, category, item: id } = item;
        if self.state.awaits(edition, category) {
            return Ok(item.clone());
        }
        let revisions: Vec<&Edition> = self.revisions(edition).collect();
        if revisions.is_empty() {
            let message = format!("edition {edition} is not adopted");
            let help = format!("adopt it with: dspt import edition {edition}");
            return Err(Fault::new(ProblemCode::Unknown, message).help(help));
        }
        if revisions.iter().any(|one| one.item(category, id).is_some()) {
            return Ok(item.clone());
        }
        let categories: Vec<&CategoryId> =
            self.revisions(edition).flat_map(|one| one.items.keys()).collect();
        if !categories.contains(&category) {
            let known: Vec<&str> = categories.iter().map(|one| one.as_str()).collect();
            let message = format!("{edition} has no items for the category {category}");
            let help = format!("it has items for {}", known.join(", "));
            return Err(Fault::new(ProblemCode::Unknown, message).help(help));
        }
        let fault = Fault::new(
            ProblemCode::Unknown,
            format!("`{id}` is not an item of {edition} for {category}"),
        );
        let holds = |one: &CategoryId| self.revisions(edition).any(|e| e.item(one, id).is_some());
        if let Some(other) = categories.into_iter().find(|one| holds(one)) {
            return Err(fault.help(format!("it is one for {other}; check the category")));
        }
        let others = self.state.editions.iter().map(|known| &known.what.edition);
        if let Some(other) = others.into_iter().find(|one| one.item(category, id).is_some()) {
            let help = format!("it is one of {}; check the edition", other.id);
            return Err(fault.help(help));
        }
        let known: Vec<String> = self
            .revisions(edition)
            .flat_map(|e| e.items_of(category))
            .map(|i| i.id.to_string())
            .collect();
        let near = self.nearest(format!("{edition}/{category}"), id.as_str(), || known.into_iter());
        Err(match near {
            Some(near) => fault.help(format!("did you mean {near}?")),
            None => fault.help(format!("see its items with: dspt catalogue {edition}")),
        })
    }

    /// Says as well as can be why a text is no item's number.
    fn bad_item(
        &mut self,
        text: &str,
        default: Option<&(EditionId, CategoryId)>,
        bad: &crate::domain::ids::BadRef,
    ) -> Fault {
        if let Some(fault) = not_one_id(text) {
            return fault;
        }
        if looks_like_a_day(text) {
            return made_into_a_day(&shown(text));
        }
        let known: Vec<String> = default
            .iter()
            .flat_map(|(edition, category)| {
                let items = self.revisions(edition).flat_map(|one| one.items_of(category));
                items.map(|item| item.id.to_string()).collect::<Vec<_>>()
            })
            .collect();
        let under: Vec<&String> =
            known.iter().filter(|id| id.rsplit_once('.').is_some_and(|(a, _)| a == text)).collect();
        if let Some(first) = under.first() {
            let message = format!("`{text}` is an assertion, not an item");
            return Fault::new(ProblemCode::Heading, message)
                .help(format!("name an item under it, such as {first}"));
        }
        let Some((edition, category)) = default else {
            let fault = Fault::new(ProblemCode::NotReadable, bad_ref(text, bad));
            return match ItemId::meant(text) {
                Some(near) => fault.help(format!("did you mean {near}?")),
                None => fault,
            };
        };
        let message = format!("`{}` is not an item of {edition} for {category}", shown(text));
        let meant =
            ItemId::meant(text).map(|one| one.to_string()).filter(|one| known.contains(one));
        let place = format!("{edition}/{category}");
        let near = meant.or_else(|| self.nearest(place, text, || known.into_iter()));
        let help = near.map_or_else(
            || format!("see its items with: dspt catalogue {edition}"),
            |near| format!("did you mean {near}?"),
        );
        Fault::new(ProblemCode::Unknown, message).help(help)
    }

    /// Offers a name among others, such as that of a scope unit.
    pub(super) fn near_name(&mut self, what: &str, text: &str, known: &[String]) -> Option<String> {
        self.nearest(what.to_owned(), text, || known.iter().cloned())
    }
}

/// Why a name of an edition that is awaited leads nowhere yet.
pub(super) fn still_awaited(edition: &EditionId) -> Fault {
    let message = format!("no edition {edition} with the items of that category is adopted");
    let help = format!(
        "adopt it with: dspt import edition {edition}, or from the official workbook: dspt import \
         edition FILE.xlsx --name {edition} --from DATE"
    );
    Fault::new(ProblemCode::Unknown, message).help(help)
}

/// The item that a text begins with, and the words after it; none where it is not so.
fn titled_item(text: &str, default: Option<&(EditionId, CategoryId)>) -> Option<(ItemRef, String)> {
    let (head, rest) = splits(text).into_iter().next()?;
    if let Ok(item) = head.parse::<ItemRef>() {
        return Some((item, rest));
    }
    let (edition, category) = default?.clone();
    let item: ItemId = head.parse().ok()?;
    // Several numbers are a list, and no number with a title.
    not_one_id(text).is_none().then_some((ItemRef { edition, category, item }, rest))
}

/// The id of a text that holds its title as well; none where it begins with no id.
fn titled_control(
    framework: &Framework,
    written: &Written,
    annex_only: bool,
) -> Result<Option<String>, Fault> {
    if not_one_id(&written.id).is_some() {
        return Ok(None);
    }
    let mut other = None;
    for (head, rest) in splits(&written.id) {
        let head = Written { framework: written.framework.clone(), id: head, in_full: false };
        let read = read_id(framework, &head, annex_only);
        let ids = match &read {
            Ok(id) => id.iter().cloned().collect(),
            // Of several readings the title tells which is meant.
            Err(_) => readings(framework, &head.id),
        };
        let title = |id: &String| framework.controls.get(id).map_or("", |one| one.title.as_str());
        let mut same = ids.iter().filter(|id| is_title(&rest, title(id)));
        if let (Some(id), None) = (same.next(), same.next()) {
            return Ok(Some(id.clone()));
        }
        let id = read?;
        // Titles of some standards are not the catalogue's to print; it has words of its own.
        let own_titles = has_own_titles(&framework.id.framework);
        if own_titles && id.is_some() && !is_more_than_a_title(&rest) {
            return Ok(id);
        }
        other = ids.first().map(|id| (id.clone(), title(id).to_owned())).or(other);
    }
    match other {
        Some((id, title)) => {
            let release = framework.id.to_string();
            Err(other_title(&written.id, &id, &release, &title))
        }
        None => Ok(None),
    }
}

fn bad_ref(text: &str, bad: &crate::domain::ids::BadRef) -> String {
    format!("`{}` is not {}", shown(text), bad.expected)
}

fn other_release(framework: &Framework, found: &str, where_to: &str) -> Fault {
    Fault::new(
        ProblemCode::OtherRelease,
        format!("`{found}` is not an id of {}; {where_to}", framework.id),
    )
}

/// Refuses headings and what was withdrawn, with what to write instead.
fn standing(state: &State, framework: &Framework, id: &str) -> Result<(), Fault> {
    let name = &framework.id;
    match framework.standing_of(id) {
        ControlStanding::Assessable => Ok(()),
        ControlStanding::Unknown => {
            Err(Fault::new(ProblemCode::Unknown, format!("`{}` is not an id of {name}", shown(id))))
        }
        ControlStanding::Withdrawn => {
            let title = framework.controls.get(id).map_or("", |control| control.title.as_str());
            let bracket = title.strip_prefix("[Withdrawn: ").and_then(|t| t.strip_suffix(']'));
            let help = match bracket {
                Some(what) => format!("its text was {}; name that", lower_first(what)),
                None => "name the control that took its place".to_owned(),
            };
            Err(Fault::new(ProblemCode::Withdrawn, format!("{id} is withdrawn in {name}"))
                .help(help))
        }
        ControlStanding::Heading => {
            let under = framework.controls.values().find(|control| {
                control.parent == id
                    && framework.standing_of(&control.id) == ControlStanding::Assessable
            });
            let help = under.map_or_else(
                || "name a control under it".to_owned(),
                |control| format!("name one under it, such as {}", control.id),
            );
            let elsewhere = state.frameworks.values().map(|known| &known.what).find(|other| {
                other.id.framework == name.framework
                    && other.standing_of(id) == ControlStanding::Assessable
            });
            let help = match elsewhere {
                Some(other) => format!("{help}; in {} it is a control", other.id),
                None => help,
            };
            let message = format!("{id} is a heading of {name}, which nothing can meet as such");
            Err(Fault::new(ProblemCode::Heading, message).help(help))
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(rest).collect()
}
