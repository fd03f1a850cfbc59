//! A ledger file with something in it where nobody looks: a row that no index names, an entry that
//! no head covers, bytes behind the last page. Pages are written as SQLite does
//! (<https://www.sqlite.org/fileformat.html>), without its help, so that no trigger is in the way.

use std::path::Path;

use super::error::kit;
use super::ordering::{copy, head_file};
use super::sample;
use super::{Damage, Kit, KitError, LEDGER, keys};
use crate::export::ExportError;
use crate::ledger::{Digest, leaf_hash};
use crate::verify::rule::{Phase, Rule};

type Done = Result<(), KitError>;

/// Every such damage.
pub(super) const ALL: &[Damage] = &[
    Damage::new(
        "hidden-row",
        (Phase::Content, Rule::ContentUnnamed),
        "the ledger file holds a stored file that no entry names, and that no index of the database names",
        hidden_row,
    ),
    Damage::new(
        "hidden-entry",
        (Phase::Root, Rule::UnsignedEntry),
        "the ledger file holds an entry behind the newest head, and no index of the database names it",
        hidden_entry,
    ),
    Damage::refused(
        "file-tail",
        "DSPT0014",
        "three thousand bytes stand behind the last page of the ledger file",
        file_tail,
    ),
];

/// Bytes of a page.
const PAGE: usize = 4096;
/// What a page begins with that holds rows of a table, and no other pages.
const LEAF: u8 = 0x0d;

/// A column of a row.
enum Value<'v> {
    /// The column that stands for the number of the row.
    Null,
    Blob(&'v [u8]),
}

/// Writes the ledger file anew, with its head file beside it.
fn changed(kit: &Kit, to: &Path, change: impl FnOnce(&mut Vec<u8>) -> Done) -> Done {
    let (from, path) = (kit.original().join(LEDGER), to.join(LEDGER));
    let mut bytes = std::fs::read(&from).map_err(|error| ExportError::io(&from, error))?;
    change(&mut bytes)?;
    std::fs::write(&path, bytes).map_err(|error| ExportError::io(&path, error))?;
    copy(&head_file(&kit.original()), &head_file(to))
}

fn hidden_row(kit: &Kit, to: &Path) -> Done {
    let hidden = b"Nobody recorded this.\n";
    let digest = Digest::of(hidden);
    let row = [Value::Blob(digest.as_bytes()), Value::Blob(hidden)];
    changed(kit, to, |file| insert(file, b"of October went well", 6, &row))
}

fn hidden_entry(kit: &Kit, to: &Path) -> Done {
    let forger = &kit.forger;
    let draft = forger.next(&sample::confirmed("7.3.5", "2026-06-01")?)?;
    let entry = super::forge::sealed(&draft, &[keys::APPROVER])?;
    let (leaf, id) = (leaf_hash(&entry), id_bytes(&draft.id)?);
    let last = leaf_hash(forger.entries.last().map(Vec::as_slice).unwrap_or_default());
    let row = [Value::Null, Value::Blob(&id), Value::Blob(leaf.as_bytes()), Value::Blob(&entry)];
    changed(kit, to, |file| insert(file, last.as_bytes(), draft.seq, &row))
}

fn file_tail(kit: &Kit, to: &Path) -> Done {
    changed(kit, to, |file| {
        file.extend(b"Nobody reads this. ".iter().cycle().take(3_000));
        Ok(())
    })
}

fn id_bytes(hex: &str) -> Result<Vec<u8>, KitError> {
    let pairs = (0..hex.len() / 2).map(|at| hex.get(2 * at..2 * at + 2).unwrap_or_default());
    kit(pairs.map(|pair| u8::from_str_radix(pair, 16)).collect())
}

/// A number as records have it: seven bits a byte, the last one without a flag.
fn varint(number: u64) -> Vec<u8> {
    let mut bytes = vec![u8::try_from(number & 0x7f).unwrap_or_default()];
    let mut rest = number >> 7;
    while rest > 0 {
        bytes.push(u8::try_from(rest & 0x7f).unwrap_or_default() | 0x80);
        rest >>= 7;
    }
    bytes.reverse();
    bytes
}

/// A row as it stands in a page.
fn cell(number: u64, row: &[Value<'_>]) -> Vec<u8> {
    let (mut kinds, mut values) = (Vec::new(), Vec::new());
    for value in row {
        match value {
            Value::Null => kinds.extend(varint(0)),
            Value::Blob(bytes) => {
                kinds.extend(varint(12 + 2 * bytes.len() as u64));
                values.extend_from_slice(bytes);
            }
        }
    }
    // The length of the list of kinds counts its own byte.
    let mut record = varint(kinds.len() as u64 + 1);
    record.extend(kinds);
    record.extend(values);
    [varint(record.len() as u64), varint(number), record].concat()
}

/// Puts a row behind the rows of the page that holds `beside`, and into no index.
fn insert(file: &mut [u8], beside: &[u8], number: u64, row: &[Value<'_>]) -> Done {
    let holds = |page: &&mut [u8]| {
        page.first() == Some(&LEAF) && page.windows(beside.len()).any(|found| found == beside)
    };
    let page = file.chunks_exact_mut(PAGE).find(holds);
    let page = page.ok_or_else(|| KitError::Material("no page with that row".to_owned()))?;
    let cell = cell(number, row);
    let number_at = |at: usize| match page.get(at..at + 2) {
        Some(&[high, low]) => usize::from(high) << 8 | usize::from(low),
        _ => 0,
    };
    let (count, start) = (number_at(3), number_at(5));
    let (pointer, place) = (8 + 2 * count, start.saturating_sub(cell.len()));
    if place < pointer + 2 {
        return Err(KitError::Material("no room in the page of that row".to_owned()));
    }
    let mut put = |at: usize, bytes: &[u8]| {
        if let Some(to) = page.get_mut(at..at + bytes.len()) {
            to.copy_from_slice(bytes);
        }
    };
    put(place, &cell);
    for (at, number) in [(pointer, place), (3, count + 1), (5, place)] {
        put(at, &u16::try_from(number).unwrap_or_default().to_be_bytes());
    }
    Ok(())
}
