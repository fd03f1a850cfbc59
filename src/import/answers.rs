//! An organisation's own answers to items.

use std::collections::BTreeMap;

use crate::domain::date::Date;
use crate::domain::event::ItemAnswered;
use crate::domain::ids::ItemRef;
use crate::domain::problem_code::ProblemCode;
use crate::domain::state::State;

use super::Rows;
use super::input::Input;
use super::names::Names;
use super::problem::{Fault, Problem, Problems};
use super::resolve::{Own, day_of, item_on};
use super::sheet::{Column, Holds, Row, Sheet};

const COLUMNS: &[Column] = &[
    Column {
        name: "item",
        synonyms: &["DSPT item", "evidence item", "item id"],
        required: true,
        holds: Holds::Ids,
    },
    Column {
        name: "answer",
        synonyms: &["response", "comment"],
        required: true,
        holds: Holds::Words,
    },
    Column { name: "met", synonyms: &["is met", "completed"], required: true, holds: Holds::Words },
    Column { name: "on", synonyms: &["date", "answered on"], required: true, holds: Holds::Day },
    Column {
        name: "valid_until",
        synonyms: &["until", "expires"],
        required: false,
        holds: Holds::Day,
    },
];

/// Reads answers to items, each of the edition and category of its own day.
///
/// # Errors
/// [`Problems`] with everything that is wrong, in file order.
pub fn read_answers(
    input: &Input<'_>,
    own: &Own,
    state: &State,
) -> Result<Rows<ItemAnswered>, Problems> {
    let mut sheet = Sheet::read(input, COLUMNS)?;
    sheet.leave_out_blank(&["answer", "met", "on", "valid_until"])?;
    let mut problems = std::mem::take(&mut sheet.misshapen);
    let mut names = Names::new(state);
    let mut rows = Vec::new();
    let mut seen: BTreeMap<(ItemRef, Date), u64> = BTreeMap::new();
    for row in &sheet.rows {
        if Problems::full(&mut problems, input.name, row.line) {
            break;
        }
        let Some(answer) = read_row(&sheet, row, own, &mut names, &mut problems) else {
            continue;
        };
        let key = (answer.item.clone(), answer.on);
        if let Some(line) = seen.get(&key) {
            let message =
                format!("line {line} already answers {} on {}", answer.item.item, answer.on);
            let fault = Fault::new(ProblemCode::Duplicate, message);
            let fault = fault.help("keep one of the two rows, or give the later one its own day");
            problems.push(sheet.problem(row, "item", fault));
        } else {
            seen.insert(key, row.line);
            rows.push((row.line, answer));
        }
    }
    if !problems.is_empty() {
        return Err(Problems::sorted(problems));
    }
    let mut notes = sheet.notes;
    notes.extend(names.note());
    Ok(Rows { rows, notes })
}

fn read_row(
    sheet: &Sheet,
    row: &Row,
    own: &Own,
    names: &mut Names<'_>,
    problems: &mut Vec<Problem>,
) -> Option<ItemAnswered> {
    let mut fault = |column, fault| problems.push(sheet.problem(row, column, fault));
    let on = super::day(&sheet.get(row, "on"));
    let item = item_on(&sheet.get(row, "item"), day_of(on.as_ref().ok().copied()), own, names);
    let item = item.map_err(|f| fault("item", f)).ok();
    let answer = super::required_text(&sheet.get(row, "answer"), "write the answer");
    let answer = answer.map_err(|f| fault("answer", f)).ok();
    let met = super::yes_or_no(&sheet.get(row, "met"), &["met"], &["not met"]);
    let met = met.map_err(|f| fault("met", f)).ok();
    let on = on.map_err(|f| fault("on", f)).ok();
    let until = super::last_day(&sheet.get(row, "valid_until"), on);
    let valid_until = until.map_err(|f| fault("valid_until", f)).ok();
    Some(ItemAnswered {
        item: item?,
        answer: answer?,
        met: met?,
        on: on?,
        valid_until: valid_until?,
    })
}
