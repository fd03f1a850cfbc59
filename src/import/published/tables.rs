//! Publishers' tables, as CSV or workbooks: focal and reference elements (STRM, OLIR, concept
//! crosswalks), NIST's table from SP 800-53 to ISO/IEC 27001, cross-references of control lists.
//!
//! Told by their headers. Which side a relationship is said of is asked for wherever it matters.

use super::set::{FrameworkName, PublishedSet, Statement};
use crate::domain::mapping::Relationship;
use crate::domain::mapping::published::Gap;
use crate::domain::problem_code::ProblemCode;
use crate::domain::sanitize::shown;
use crate::import::header::{Column, Holds};
use crate::import::input::Input;
use crate::import::problem::{Fault, Problems};
use crate::import::relation;
use crate::import::sheet::{Row, Sheet};

/// Of which element a file says what it is to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SaidOf {
    /// The focal document's: it is read from left to right (NIST IR 8477).
    Focal,
    /// The reference document's (NIST IR 8278A).
    Reference,
}

const fn column(
    name: &'static str,
    synonyms: &'static [&'static str],
    required: bool,
    holds: Holds,
) -> Column {
    Column { name, synonyms, required, holds }
}

/// Focal and reference elements, with or without a relationship.
const ELEMENTS: &[Column] = &[
    column("focal", &["FDE #", "Focal Document Element"], true, Holds::Ids),
    column(
        "reference",
        &["SCF #", "Target ID #", "Reference Document Element", "Reference Document Element (RDE)"],
        true,
        Holds::Ids,
    ),
    column("relationship", &["STRM Relationship"], false, Holds::Words),
    column("kind", &["NIST IR-8477 Rational"], false, Holds::Words),
    column(
        "rationale",
        &["STRM Rationale", "Relationship Explanation", "Comments (Optional)", "Comments"],
        false,
        Holds::Words,
    ),
    column(
        "strength",
        &["Strength of Relationship", "Strength of Relationship (Optional)"],
        false,
        Holds::Words,
    ),
];

/// NIST's table of the ISO/IEC 27001 controls that answer to each control of SP 800-53.
const ANSWERING: &[Column] = &[
    column("NIST SP 800-53 CONTROLS", &[], true, Holds::Ids),
    column("ISO/IEC 27001 CONTROLS", &[], true, Holds::Ids),
];

/// NIST's table from the subcategories of CSF 1.1 to SP 800-53.
const SUBCATEGORIES: &[Column] = &[
    column("Subcategory", &[], true, Holds::Words),
    column("NIST SP 800-53, Revision 5 Control", &[], true, Holds::Words),
];

/// The export of NIST's CSF 2.0 reference tool.
const REFERENCES: &[Column] = &[
    column("function", &["Function"], true, Holds::Words),
    column("category", &["Category"], true, Holds::Words),
    column("Subcategory", &[], true, Holds::Words),
    column("references", &["Informative References"], true, Holds::Words),
];

/// A table of OSCAL ids, as compliance-trestle has it.
const OSCAL_TABLE: &[Column] = &[
    column("source_resource", &["Source_Resource"], true, Holds::Words),
    column("target_resource", &["Target_Resource"], true, Holds::Words),
    column("sources", &["Map_Source_ID_Ref_list"], true, Holds::Ids),
    column("targets", &["Map_Target_ID_Ref_list"], true, Holds::Ids),
    column("relationship", &["Map_Relationship"], true, Holds::Words),
    column("strength", &["Map_Confidence_Score"], false, Holds::Words),
];

/// The kinds of tables that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tables {
    /// Focal and reference elements.
    Elements,
    /// SP 800-53 to ISO/IEC 27001.
    Answering,
    /// CSF 1.1 to SP 800-53.
    Subcategories,
    /// The references of CSF 2.0 to many documents.
    References,
    /// OSCAL ids in a table.
    OscalTable,
}

impl Tables {
    const ALL: [Self; 5] =
        [Self::Elements, Self::Answering, Self::Subcategories, Self::References, Self::OscalTable];

    fn columns(self) -> &'static [Column] {
        match self {
            Self::Elements => ELEMENTS,
            Self::Answering => ANSWERING,
            Self::Subcategories => SUBCATEGORIES,
            Self::References => REFERENCES,
            Self::OscalTable => OSCAL_TABLE,
        }
    }

    /// What such a file is, for people.
    pub fn what(self) -> &'static str {
        match self {
            Self::Elements => "a table of focal and reference elements (STRM, OLIR)",
            Self::Answering => "NIST's table from SP 800-53 to ISO/IEC 27001",
            Self::Subcategories => "NIST's table from CSF subcategories to SP 800-53",
            Self::References => "an export of NIST's CSF 2.0 reference tool",
            Self::OscalTable => "a table of OSCAL ids (CSV)",
        }
    }
}

/// Reads a table that a publisher's header begins; none where it has no such header, or where it is
/// no table.
///
/// # Errors
/// [`Problems`] where rows of it cannot be read, or the direction has to be said.
pub fn read_table(
    input: &Input<'_>,
    said_of: Option<SaidOf>,
) -> Option<Result<(Tables, Vec<PublishedSet>), Problems>> {
    let (kind, mut sheet) = Tables::ALL
        .into_iter()
        .find_map(|kind| Some((kind, Sheet::read(input, kind.columns()).ok()?)))?;
    let misshapen = std::mem::take(&mut sheet.misshapen);
    if !misshapen.is_empty() {
        return Some(Err(Problems::sorted(misshapen)));
    }
    let sets = match kind {
        Tables::Elements => elements(input.name, &sheet, said_of),
        Tables::Answering => Ok(vec![answering(&sheet)]),
        Tables::Subcategories => Ok(vec![subcategories(&sheet)]),
        Tables::References => Ok(references(&sheet)),
        Tables::OscalTable => Ok(oscal_table(&sheet)),
    };
    Some(sets.map(|sets| (kind, sets)))
}

fn set_of(sheet: &Sheet, source: &str, target: &str) -> PublishedSet {
    PublishedSet {
        id: "1".to_owned(),
        source: FrameworkName::plain(source),
        target: FrameworkName::plain(target),
        notes: sheet.notes.clone(),
        ..PublishedSet::default()
    }
}

fn statement(row: &Row, sources: Vec<String>, targets: Vec<String>) -> Statement {
    Statement {
        line: row.line,
        place: format!("line {}", row.line),
        sources,
        targets,
        relationship: Ok(Relationship::Unspecified),
        word: String::new(),
        rationale: String::new(),
        kind: String::new(),
        strength: String::new(),
        id: String::new(),
    }
}

fn gap(id: &str, remarks: &str) -> Gap {
    Gap {
        side: "source".to_owned(),
        id: id.to_owned(),
        pattern: false,
        with_children: String::new(),
        remarks: remarks.to_owned(),
    }
}

/// What publishers write where nothing is mapped.
const NOTHING: [&str; 4] = ["", "none", "---", "n/a"];

/// One id to a cell; a blank focal element goes on from the row above, a blank reference is a gap.
fn elements(
    file: &str,
    sheet: &Sheet,
    said_of: Option<SaidOf>,
) -> Result<Vec<PublishedSet>, Problems> {
    let mut set = set_of(sheet, "the focal document", "the reference document");
    let (mut last, mut directed) = (String::new(), 0_usize);
    for row in &sheet.rows {
        let get = |column: &str| sheet.get(row, column).into_owned();
        let focal = one_line(&get("focal"));
        if !focal.is_empty() {
            last = focal;
        }
        let reference = one_line(&get("reference"));
        if NOTHING.contains(&reference.to_lowercase().as_str()) {
            set.gaps.push(gap(&last, &get("relationship")));
            continue;
        }
        let word = get("relationship");
        let read = if word.is_empty() {
            Ok(Relationship::Unspecified)
        } else {
            relation::relationship(&word)
        };
        let read = read.map(|one| match said_of {
            Some(SaidOf::Reference) => one.converse(),
            Some(SaidOf::Focal) | None => one,
        });
        let sided = matches!(read, Ok(Relationship::SubsetOf | Relationship::SupersetOf));
        directed += usize::from(sided);
        let kind = get("kind").to_lowercase();
        set.statements.push(Statement {
            relationship: read,
            word,
            rationale: get("rationale"),
            kind,
            strength: get("strength"),
            ..statement(row, vec![last.clone()], vec![reference])
        });
    }
    if directed > 0 && said_of.is_none() {
        let message = format!(
            "{} that one side holds the other, and the file does not say of which side that is said",
            if directed == 1 { "1 row says".to_owned() } else { format!("{directed} rows say") }
        );
        let help = "publishers read it in either direction: say which with --relationship-of focal \
                    (the focal element is ... the reference element) or --relationship-of reference";
        let fault = Fault::new(ProblemCode::Ambiguous, message).help(help);
        return Err(Problems::of_file(file, 0, fault));
    }
    if !sheet.has("relationship") {
        set.notes.push("the table gives no relationships: every row is unspecified".to_owned());
    }
    Ok(vec![set])
}

/// Several ids to a cell; a star stands for the whole row, wherever in it.
fn answering(sheet: &Sheet) -> PublishedSet {
    let mut set = set_of(sheet, "NIST SP 800-53", "ISO/IEC 27001");
    let mut starred = 0_usize;
    for row in &sheet.rows {
        let source = one_line(&sheet.get(row, "NIST SP 800-53 CONTROLS"));
        let cell = sheet.get(row, "ISO/IEC 27001 CONTROLS");
        // Titles and NIST's note on the star stand above the controls.
        if source.is_empty() || source.contains(' ') {
            continue;
        }
        let star = cell.contains('*');
        let ids = ids(&cell.replace('*', " "));
        if ids.iter().all(|id| NOTHING.contains(&id.to_lowercase().as_str())) {
            set.gaps.push(gap(&source, &one_line(&cell)));
            continue;
        }
        starred += usize::from(star);
        let word = if star { "partly-covered-by-all" } else { "covered-by-all" };
        let rationale = if star {
            "NIST marks the whole set with a star: it does not fully satisfy the control"
        } else {
            "NIST lists the whole set as satisfying the control"
        };
        set.statements.push(Statement {
            word: word.to_owned(),
            rationale: rationale.to_owned(),
            ..statement(row, vec![source], ids)
        });
    }
    set.notes.push(format!(
        "{} a star, which NIST says of its whole set; every row is unspecified, since NIST asks not to \
         take the table for equivalence",
        if starred == 1 { "1 row has".to_owned() } else { format!("{starred} rows have") }
    ));
    set
}

/// A subcategory with its sentence, and the controls in one cell.
fn subcategories(sheet: &Sheet) -> PublishedSet {
    let mut set = set_of(sheet, "NIST CSF 1.1", "NIST SP 800-53 revision 5");
    for row in &sheet.rows {
        let cell = sheet.get(row, "Subcategory");
        let Some((id, _)) = cell.split_once(':').filter(|(id, _)| id.contains('-')) else {
            continue;
        };
        let controls = ids(&sheet.get(row, "NIST SP 800-53, Revision 5 Control"));
        if controls.is_empty() {
            set.gaps.push(gap(id.trim(), ""));
            continue;
        }
        for control in controls {
            set.statements.push(statement(row, vec![id.trim().to_owned()], vec![control]));
        }
    }
    set
}

/// A reference to a line, with the document before a colon: each document is a set.
fn references(sheet: &Sheet) -> Vec<PublishedSet> {
    let mut sets: Vec<PublishedSet> = Vec::new();
    for row in &sheet.rows {
        let cell = |column: &str| sheet.get(row, column).into_owned();
        let [function, category, subcategory] = ["function", "category", "Subcategory"].map(cell);
        let id = [&subcategory, &category, &function].into_iter().find(|text| !text.is_empty());
        let Some(source) = id.and_then(|text| element(text)) else { continue };
        for line in cell("references").lines() {
            let Some((document, id)) = one_line(line).split_once(": ").map(owned) else { continue };
            let key = document.to_lowercase();
            let at = sets.iter().position(|set| set.id == key).unwrap_or_else(|| {
                let set = PublishedSet {
                    id: key,
                    title: format!("NIST CSF 2.0 references: {document}"),
                    author: "NIST".to_owned(),
                    ..set_of(sheet, "nist-csf:2.0", &document)
                };
                sets.push(set);
                sets.len() - 1
            });
            if let Some(set) = sets.get_mut(at) {
                set.statements.push(statement(row, vec![source.clone()], vec![of_document(&id)]));
            }
        }
    }
    sets
}

fn owned((left, right): (&str, &str)) -> (String, String) {
    (left.trim().to_owned(), right.trim().to_owned())
}

/// `GV.OC-01: sentence`, `Organizational Context (GV.OC): sentence`, `GOVERN (GV): sentence`.
fn element(text: &str) -> Option<String> {
    let head = text.split(':').next()?.trim();
    let id = match head.rsplit_once('(') {
        Some((_, bracket)) => bracket.trim_end_matches(')').trim(),
        None => head,
    };
    (!id.is_empty() && !id.contains(' ')).then(|| id.to_owned())
}

/// NIST writes the controls of ISO/IEC 27001, Annex A, without their letter, and says so before them.
fn of_document(id: &str) -> String {
    if let Some(clause) = id.strip_prefix("Mandatory Clause:") {
        return clause.trim().trim_end_matches(',').to_owned();
    }
    if let Some(control) = id.strip_prefix("Annex A Controls:") {
        let control = control.trim().trim_end_matches(',').trim_start_matches("A.");
        return if control.is_empty() { String::new() } else { format!("A.{control}") };
    }
    id.to_owned()
}

/// Resources, lists of ids and words of OSCAL; a second line that explains the columns is passed over.
fn oscal_table(sheet: &Sheet) -> Vec<PublishedSet> {
    let mut sets: Vec<PublishedSet> = Vec::new();
    for row in &sheet.rows {
        let get = |column: &str| sheet.get(row, column).into_owned();
        let (source, target) = (get("source_resource"), get("target_resource"));
        if source.contains(' ') && target.contains(' ') {
            continue;
        }
        let at = sets.iter().position(|set| set.source.text == source && set.target.text == target);
        let at = at.unwrap_or_else(|| {
            let mut set = set_of(sheet, &source, &target);
            set.id = (sets.len() + 1).to_string();
            sets.push(set);
            sets.len() - 1
        });
        let Some(set) = sets.get_mut(at) else { continue };
        let (sources, targets, word) =
            (ids(&get("sources")), ids(&get("targets")), get("relationship"));
        if word == "gap" || targets.is_empty() {
            set.gaps.extend(sources.iter().map(|id| gap(id, &word)));
            continue;
        }
        let relationship = match targets.iter().find(|id| id.contains("_smt")) {
            Some(part) => Err(part_of_control(part)),
            None => relation::relationship(&word),
        };
        set.statements.push(Statement {
            relationship,
            word,
            strength: get("strength"),
            ..statement(row, sources, targets)
        });
    }
    sets
}

fn part_of_control(id: &str) -> Fault {
    let message = format!(
        "`{}` is a statement within a control; what holds of a part need not hold of the whole",
        shown(id)
    );
    let help = "only controls are mapped here; its author can say what holds of the control";
    Fault::new(ProblemCode::NotReadable, message).help(help)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The ids of a cell: parted by commas, semicolons, line breaks and blanks. A number in brackets
/// belongs to the id before it, and a hyphen that a blank follows to the one after it.
fn ids(cell: &str) -> Vec<String> {
    let text = one_line(cell);
    // "-1 controls from all families" is no list of ids.
    if text.contains(" from ") {
        return vec![text];
    }
    let text = text.replace(" (", "(").replace("- ", "-");
    let text = text.replace(['\u{2010}', '\u{2011}', '\u{2012}', '\u{2013}'], "-");
    let parts = text.split([',', ';', ' ']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}
