//! Files as publishers give them out: which kind a file is, told by what it holds, and the mappings
//! in it as they stand there. Only `rows` looks names up in what a ledger knows.

mod ciso;
pub mod detect;
mod implied;
mod oscal;
pub mod rows;
pub mod set;
pub mod tables;
mod yaml;

use self::detect::Form;
use self::set::{PAIRS_MAX, PublishedSet, pairs};
use crate::domain::problem_code::ProblemCode;
use crate::import::problem::{Fault, Problems};
use crate::import::text::{FILE_BYTES_MAX, decode};

/// Reads the mappings of a file of a known form.
///
/// # Errors
/// [`Problems`] where it cannot be read as such, or is too large.
pub fn read(file: &str, bytes: &[u8], form: Form) -> Result<Vec<PublishedSet>, Problems> {
    let refuse = |line, fault| Err(Problems::of_file(file, line, fault));
    if bytes.len() > FILE_BYTES_MAX {
        let message =
            format!("the file has {} bytes; at most {FILE_BYTES_MAX} are read", bytes.len());
        let fault = Fault::new(ProblemCode::TooLarge, message);
        return refuse(0, fault.help("take the mappings that are needed in files of their own"));
    }
    let text = decode(bytes).map_err(|bad| Problems::of_file(file, bad.line, bad.into()))?.text;
    let sets = if form == Form::OscalMapping {
        oscal::read(&text)
    } else if form == Form::CisoMapping {
        ciso::read(&text)
    } else {
        let fault = Fault::new(ProblemCode::Header, format!("this is {}", form.what()));
        Err((0, fault.help(form.advice())))
    };
    let sets = sets.or_else(|(line, fault)| refuse(line, fault))?;
    let found = pairs(&sets);
    if found > PAIRS_MAX {
        let message = format!("the file relates {found} pairs; at most {PAIRS_MAX} are read");
        let fault = Fault::new(ProblemCode::TooLarge, message);
        return refuse(0, fault.help("take the mappings that are needed in files of their own"));
    }
    if sets.iter().all(|set| set.statements.is_empty()) {
        let fault = Fault::new(ProblemCode::Empty, "the file holds no mapping");
        return refuse(0, fault.help("take the file again from its publisher"));
    }
    Ok(sets)
}
