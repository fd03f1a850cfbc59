//! Workbooks as people have them: read like the same table as text, or refused by the cell.

use std::io::{Cursor, Write as _};
use std::sync::LazyLock;

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use zip::write::{SimpleFileOptions, ZipWriter};

use super::{defaults, digest_of, drawn, iso, own, state};
use crate::domain::problem_code::ProblemCode;
use crate::import::Problems;
use crate::import::answers::read_answers;
use crate::import::edition::read_edition;
use crate::import::evidence::read_evidence;
use crate::import::input::Input;
use crate::import::mapping::read_mapping;
use crate::import::soa::read_soa;

/// Writes rows of text from a row and column on.
fn rows(sheet: &mut Worksheet, (row, column): (u32, u16), rows: &[&[&str]]) {
    for (down, cells) in rows.iter().enumerate() {
        for (right, cell) in cells.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            let at = (row + u32::try_from(down).unwrap(), column + u16::try_from(right).unwrap());
            sheet.write_string(at.0, at.1, *cell).unwrap();
        }
    }
}

fn day(sheet: &mut Worksheet, row: u32, column: u16, (year, month, day): (u16, u8, u8)) {
    let date = ExcelDateTime::from_ymd(year, month, day).unwrap();
    let format = Format::new().set_num_format("dd/mm/yyyy");
    sheet.write_datetime_with_format(row, column, &date, &format).unwrap();
}

fn saved(mut workbook: Workbook) -> Vec<u8> {
    workbook.save_to_buffer().unwrap()
}

const MAPPING: &[&[&str]] = &[
    &["ISO control", "Relation", "DSPT item", "notes"],
    &["A.8.13", "superset", "7.3.4", "backups"],
    &["A.5.10", "subset", "7.1.3", "two\nlines"],
];

/// A mapping on its second sheet, below a title, with a sheet of remarks and a hidden one.
fn mapping_book() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let about = workbook.add_worksheet().set_name("Version control").unwrap();
    rows(about, (0, 0), &[&["Version", "Day"], &["1", "May"]]);
    let sheet = workbook.add_worksheet().set_name("Mapping").unwrap();
    let format = Format::new();
    sheet.merge_range(0, 1, 0, 4, "ISO to DSPT, an invented example", &format).unwrap();
    rows(sheet, (3, 1), MAPPING);
    rows(sheet, (8, 1), &[&["Printed on a Tuesday"]]);
    sheet.set_row_hidden(5).unwrap();
    sheet.set_column_hidden(4).unwrap();
    sheet.set_freeze_panes(4, 0).unwrap();
    let hidden = workbook.add_worksheet().set_name("Old").unwrap();
    rows(hidden, (0, 0), MAPPING);
    hidden.set_hidden(true);
    saved(workbook)
}

#[test]
fn a_workbook_gives_what_the_same_table_as_text_gives() {
    let bytes = mapping_book();
    let (of, state) = (defaults("iso27001:2022"), state());
    let read = read_mapping(&Input::of("m.xlsx", &bytes), &of, state);
    let read = read.unwrap_or_else(|problems| panic!("{}", drawn(&problems)));
    let quoted = |cell: &&str| format!("\"{cell}\"");
    let text: Vec<String> =
        MAPPING.iter().map(|row| row.iter().map(quoted).collect::<Vec<_>>().join(",")).collect();
    let text = text.join("\n");
    let plain = read_mapping(&Input::of("m.csv", text.as_bytes()), &of, state).unwrap();
    assert_eq!((&read.stored, &read.rows), (&plain.stored, &plain.rows));
    let notes = [
        "sheet `Mapping` is read; not read: `Version control`, `Old` (hidden)",
        "the header is row 4; 1 row above it not read: `ISO to DSPT, an invented example`",
        "row 6 is hidden in the sheet and read all the same",
        "column `notes` is hidden and read all the same",
        "row 9 is below the table, with one cell, and not read: `Printed on a Tuesday`",
    ];
    for note in notes {
        assert!(read.notes.iter().any(|one| one == note), "{note}: {:?}", read.notes);
    }
}

#[test]
fn a_sheet_is_chosen_and_never_guessed() {
    let bytes = mapping_book();
    let (of, state) = (defaults("iso27001:2022"), state());
    let with = |sheet| Input { sheet: Some(sheet), ..Input::of("m.xlsx", &bytes) };
    assert!(read_mapping(&with("old"), &of, state).is_ok());
    let missing = read_mapping(&with("Sheet9"), &of, state).unwrap_err();
    assert!(drawn(&missing).contains("there is no sheet `Sheet9`; there are `Version control`"));
    let wrong = read_mapping(&with("Version control"), &of, state).unwrap_err();
    assert!(drawn(&wrong).contains("m.xlsx, sheet `Version control`, row 1"), "{}", drawn(&wrong));
    let mut two = Workbook::new();
    for name in ["One", "Two"] {
        rows(two.add_worksheet().set_name(name).unwrap(), (0, 0), MAPPING);
    }
    let two = saved(two);
    let refused = read_mapping(&Input::of("m.xlsx", &two), &of, state).unwrap_err();
    assert!(drawn(&refused).contains("`One`, `Two` could each be meant"), "{}", drawn(&refused));
    let soa = read_soa(&Input::of("m.xlsx", &two), &iso(), state).unwrap_err();
    assert!(drawn(&soa).contains("no sheet has the columns"), "{}", drawn(&soa));
}

#[test]
fn columns_are_named_by_whoever_knows_them() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    rows(sheet, (0, 0), &[&["Was", "Comment", "Comment", "Done"], &["7.3.4", "old", "Kept", "Y"]]);
    sheet.write_string(0, 4, "When").unwrap();
    day(sheet, 1, 4, (2026, 3, 2));
    let bytes = saved(workbook);
    let named = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    };
    let columns = named(&[("item", "was"), ("answer", "C"), ("met", "done"), ("on", "When")]);
    let input = Input { columns: &columns, ..Input::of("a.xlsx", &bytes) };
    let read = read_answers(&input, &own(), state());
    let read = read.unwrap_or_else(|problems| panic!("{}", drawn(&problems)));
    let (line, answer) = &read.rows[0];
    assert_eq!((*line, answer.answer.as_str(), answer.met), (2, "Kept", true));
    assert_eq!(answer.on.to_string(), "2026-03-02");
    for (pairs, part) in [
        (named(&[("nothing", "Was")]), "`nothing` is no column that is read here"),
        (named(&[("item", "Where")]), "the header has no column `Where`"),
    ] {
        let input = Input { columns: &pairs, ..Input::of("a.xlsx", &bytes) };
        let refused = read_answers(&input, &own(), state()).unwrap_err();
        assert!(drawn(&refused).contains(part), "{}", drawn(&refused));
    }
}

#[test]
fn a_cell_that_a_spreadsheet_changed_is_refused_by_its_name() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("List").unwrap();
    let header = ["title", "item", "controls", "proves on", "until"];
    rows(sheet, (0, 0), &[&header]);
    for row in 1..6 {
        rows(sheet, (row, 0), &[&["Report", "7.3.4", "", "2026-05-12"]]);
    }
    sheet.write_number(1, 2, 5.1).unwrap();
    day(sheet, 2, 1, (2004, 3, 8));
    sheet.write_number(3, 3, 46_154.0).unwrap();
    let failed = Formula::new("NA()").set_result("#N/A");
    sheet.write_formula(4, 4, failed).unwrap();
    sheet.write_formula(5, 4, Formula::new("TODAY()")).unwrap();
    let bytes = saved(workbook);
    let input = Input::of("e.xlsx", &bytes);
    let Problems(problems) = read_evidence(&input, &own(), state(), &mut digest_of).unwrap_err();
    let found: Vec<(ProblemCode, &str)> =
        problems.iter().map(|one| (one.code, one.at.as_ref().unwrap().cell.as_str())).collect();
    assert_eq!(
        found,
        [
            (ProblemCode::Ambiguous, "C2"),
            (ProblemCode::Ambiguous, "B3"),
            (ProblemCode::Date, "D4"),
            (ProblemCode::NotReadable, "E5"),
            (ProblemCode::Date, "E6"),
        ]
    );
    let shown = drawn(&Problems(problems));
    assert!(
        shown.contains(
            "the file keeps this id as the number 5.1, which may have been 5.10\n --> e.xlsx, sheet `List`, cell C2\n  |\n2 | Report | 7.3.4 | 5.1 | 2026-05-12\n  |                  ^^^ column `controls`"
        ),
        "{shown}"
    );
}

#[test]
fn ticks_and_formulas_and_merged_cells_are_read() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    rows(sheet, (0, 0), &[&["Control", "In\nscope", "Reason", "Status"]]);
    let rest = [
        ["A.5.1", "In scope", "policy", "Implemented"],
        ["A.5.2", "\u{2714}\u{fe0f}", "roles", "Planned"],
        ["A.5.3", "Not applicable", "one person", ""],
    ];
    for (row, cells) in (1..).zip(&rest) {
        rows(sheet, (row, 0), &[cells]);
    }
    sheet.write_string(4, 0, "A.5.4").unwrap();
    sheet.write_boolean(4, 1, true).unwrap();
    sheet.write_formula(4, 2, Formula::new("\"a\"&\"b\"").set_result("ab")).unwrap();
    let percent = Format::new().set_num_format("0%");
    sheet.write_number_with_format(4, 3, 1.0, &percent).unwrap();
    sheet.merge_range(5, 2, 6, 2, "shared", &Format::new()).unwrap();
    rows(sheet, (5, 0), &[&["A.5.5", "x"], &["A.5.6", "TRUE"]]);
    rows(sheet, (5, 3), &[&["done"], &["done"]]);
    let bytes = saved(workbook);
    let columns = [("applicable".to_owned(), "In scope".to_owned())];
    let input = Input { columns: &columns, ..Input::of("s.xlsx", &bytes) };
    let read = read_soa(&input, &iso(), state());
    let read = read.unwrap_or_else(|problems| panic!("{}", drawn(&problems)));
    let ids = |id: &&str| format!("iso27001:2022/{id}");
    let applicable: Vec<String> = read.soa.applicable.iter().map(ToString::to_string).collect();
    assert_eq!(
        applicable,
        ["A.5.1", "A.5.4", "A.5.5", "A.5.6"].iter().map(ids).collect::<Vec<_>>()
    );
    assert_eq!((read.soa.not_in_place.len(), read.soa.excluded.len()), (1, 1));
    assert!(read.stored.contains("A.5.6,yes,shared"), "{}", read.stored);
    for note in [
        "1 formula read by the value that the file keeps",
        "1 cell read from a merged cell that begins further up",
    ] {
        assert!(read.notes.iter().any(|one| one == note), "{note}: {:?}", read.notes);
    }
}

/// A zip file of parts.
fn zipped(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const ODS_TYPE: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";

/// An ODS workbook with one sheet of these rows of XML.
fn ods(inner: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office=\"o\" xmlns:table=\"t\" xmlns:text=\"x\"><office:body>\
         <office:spreadsheet><table:table table:name=\"Answers\">{inner}</table:table>\
         </office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[("mimetype", ODS_TYPE), ("content.xml", content.as_bytes())])
}

fn ods_row(cells: &[&str]) -> String {
    let cell =
        |text: &&str| format!("<table:table-cell><text:p>{text}</text:p></table:table-cell>");
    let cells: String = cells.iter().map(cell).collect();
    format!("<table:table-row>{cells}</table:table-row>")
}

#[test]
fn an_ods_workbook_is_read() {
    let date = "<table:table-cell office:value-type=\"date\" office:date-value=\"2026-03-02\"><text:p>02/03/26</text:p></table:table-cell>";
    let bytes = ods(&format!(
        "{}<table:table-row table:visibility=\"filter\">{}{date}</table:table-row>",
        ods_row(&["item", "answer", "met", "on"]),
        ods_row(&["7.3.4", "Tested", "yes"])
            .replace("<table:table-row>", "")
            .replace("</table:table-row>", ""),
    ));
    let read = read_answers(&Input::of("a.ods", &bytes), &own(), state());
    let read = read.unwrap_or_else(|problems| panic!("{}", drawn(&problems)));
    assert_eq!(read.rows[0].1.on.to_string(), "2026-03-02");
    assert_eq!(read.notes, ["row 2 is hidden in the sheet and read all the same"]);
}

#[track_caller]
fn check_refused(bytes: &[u8], part: &str) {
    let Problems(problems) = read_answers(&Input::of("a", bytes), &own(), state()).unwrap_err();
    let shown = drawn(&Problems(problems));
    assert!(shown.contains(part), "{shown}");
}

#[test]
fn what_is_no_workbook_is_refused_by_name() {
    check_refused(b"PK\x03\x04rest", "damaged or cut short");
    check_refused(&zipped(&[("a.csv", b"item\n")]), "this is a zip file");
    check_refused(&zipped(&[("word/document.xml", b"<a/>")]), "a document of a word processor");
    check_refused(&zipped(&[("xl/workbook.bin", b"")]), "a binary Excel workbook");
    let mut old = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    old.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    check_refused(&old, "save a copy without a password");
    let manifest = b"<manifest:encryption-data xmlns:manifest=\"m\"/>";
    let locked = zipped(&[
        ("mimetype", ODS_TYPE),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", b"<a/>"),
    ]);
    check_refused(&locked, "encrypted with a password");
}

#[test]
fn bombs_are_refused_before_they_go_off() {
    // A declared size beyond what is read, and a real one that no declaration tells.
    let text = [b"<a>".as_slice(), &vec![b' '; 3 << 20]].concat();
    let bomb = zipped(&[("mimetype", ODS_TYPE), ("content.xml", &text)]);
    assert!(bomb.len() < 64 << 10);
    check_refused(&bomb, "more than is read");
    let declared = |size: u32| {
        let mut lying = bomb.clone();
        let real = u32::try_from(text.len()).unwrap().to_le_bytes();
        let places = lying.windows(4).enumerate().filter(|(_, four)| *four == real);
        let places: Vec<usize> = places.map(|(at, _)| at).collect();
        assert!(!places.is_empty());
        for at in places {
            lying[at..at + 4].copy_from_slice(&size.to_le_bytes());
        }
        lying
    };
    check_refused(&declared(200 << 20), "unpacks to 209715200 bytes in one part");
    check_refused(&declared(100), "cannot be read");
    let entity = "<!DOCTYPE a [<!ENTITY b \"bbbb\">]><a>&b;</a>";
    let tricky = zipped(&[("mimetype", ODS_TYPE), ("content.xml", entity.as_bytes())]);
    check_refused(&tricky, "document type");
    check_refused(&ods(&"<table:table-row>".repeat(80)), "nested deeper");
    let wide = "<table:table-row table:number-rows-repeated=\"9999\"><table:table-cell \
                table:number-columns-repeated=\"9999\"><text:p>x</text:p></table:table-cell></table:table-row>";
    check_refused(&ods(wide), "more in sheet `Answers` than is read");
    let parts: Vec<String> = (0..10_001).map(|number| format!("p{number}")).collect();
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|name| (name.as_str(), &b""[..])).collect();
    check_refused(&zipped(&parts), "more than 10000 parts");
}

mod fuzz {
    use super::*;
    use proptest::prelude::*;

    /// How often each law is tried; `DSPT_FUZZ_CASES` makes it longer.
    fn cases() -> ProptestConfig {
        let asked = std::env::var("DSPT_FUZZ_CASES").ok().and_then(|text| text.parse().ok());
        ProptestConfig::with_cases(asked.unwrap_or(48))
    }

    /// A small workbook with every kind of cell.
    static SMALL: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
        let mut workbook = Workbook::new();
        let sheet = workbook.add_worksheet();
        rows(
            sheet,
            (0, 0),
            &[&["item", "answer", "met", "on"], &["7.3.4", "A", "y", "2026-03-02"]],
        );
        sheet.write_number(2, 0, 5.1).unwrap();
        sheet.write_boolean(2, 2, true).unwrap();
        day(sheet, 2, 3, (2026, 3, 2));
        sheet.write_formula(3, 1, "1+1").unwrap();
        sheet.merge_range(4, 0, 6, 1, "m", &Format::new()).unwrap();
        unzipped(&saved(workbook))
    });

    fn unzipped(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
        let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let all = (0..zip.len()).map(|at| {
            let mut file = zip.by_index(at).unwrap();
            let name = file.name().unwrap().into_owned();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
            (name, bytes)
        });
        all.collect()
    }

    fn whole(parts: &[(String, Vec<u8>)]) -> Vec<u8> {
        let parts: Vec<(&str, &[u8])> =
            parts.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        zipped(&parts)
    }

    fn survives(bytes: &[u8]) {
        let input = Input::of("f", bytes);
        if let Err(problems) = read_answers(&input, &own(), state()) {
            assert!(!drawn(&problems).is_empty());
        }
        let _ = read_soa(&input, &iso(), state());
        let _ = read_edition(&input, &[]);
    }

    const PIECES: &[&str] = &[
        "<c r=\"XFD1048576\" t=\"s\"><v>0</v></c>",
        "<row r=\"4294967295\">",
        "r=\"A0\"",
        "t=\"s\"",
        "<v>1e999</v>",
        "<v>99999999999</v>",
        "count=\"4294967295\" uniqueCount=\"4294967295\"",
        "<mergeCell ref=\"A1:XFD1048576\"/>",
        "table:number-columns-repeated=\"4294967295\"",
        "&#0;",
        "&amp;",
        "<![CDATA[",
        "\u{feff}",
    ];

    proptest! {
        #![proptest_config(cases())]

        #[test]
        fn a_changed_byte_of_a_workbook_never_panics(
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            cut in any::<bool>(),
        ) {
            let mut bytes = whole(&SMALL);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            survives(&bytes);
        }

        #[test]
        fn changed_xml_of_a_workbook_never_panics(
            part in any::<prop::sample::Index>(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), 0..PIECES.len(), 0..40_usize), 1..4),
        ) {
            let mut parts = SMALL.clone();
            let part = part.index(parts.len());
            for (at, piece, gone) in changes {
                let bytes = &mut parts[part].1;
                let at = at.index(bytes.len() + 1);
                let end = (at + gone).min(bytes.len());
                bytes.splice(at..end, PIECES[piece].bytes());
            }
            survives(&whole(&parts));
        }

        #[test]
        fn arbitrary_content_of_an_ods_workbook_never_panics(
            pieces in prop::collection::vec(prop::sample::select(vec![
                "<table:table-row>", "</table:table-row>", "<table:table-cell>", "</table:table-cell>",
                "<text:p>", "</text:p>", "item", "7.3.4", "<text:s text:c=\"99999999999\"/>",
                "<table:table-row table:number-rows-repeated=\"1048576\">", "<table:table-cell \
                 office:value-type=\"date\" office:date-value=\"2026-13-45\"/>", "<office:annotation>",
                "<table:table>", "</table:table>", "&lt;", "<!--", "-->",
            ]), 0..30),
        ) {
            survives(&ods(&pieces.concat()));
        }
    }
}
