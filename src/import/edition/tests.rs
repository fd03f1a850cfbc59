//! Official workbooks in the layouts that they may have, all invented.

use rust_xlsxwriter::{Format, Workbook, Worksheet};

use super::*;

fn known() -> Vec<CategoryId> {
    ["cat2-it-supplier", "cat4-gp"].iter().map(|text| text.parse().unwrap()).collect()
}

fn write(sheet: &mut Worksheet, from: u32, rows: &[&[&str]]) {
    for (row, cells) in (from..).zip(rows) {
        for (column, cell) in (0..).zip(*cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
}

fn read(workbook: &mut Workbook, columns: &[(&str, &str)]) -> Result<EditionImport, Problems> {
    let bytes = workbook.save_to_buffer().unwrap();
    let columns: Vec<(String, String)> =
        columns.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let input = Input { columns: &columns, ..Input::of("v.xlsx", &bytes) };
    read_edition(&input, &known())
}

fn roles(read: &EditionImport) -> Vec<String> {
    read.columns.iter().map(|one| format!("{}={}", one.role, one.letter)).collect()
}

/// One title for all, requirements in words, exemptions ticked; a tab of versions before it.
fn plain() -> Workbook {
    let mut workbook = Workbook::new();
    let versions = workbook.add_worksheet().set_name("Version control").unwrap();
    write(versions, 0, &[&["Version", "Change"], &["9.1", "An invented change of words"]]);
    let sheet = workbook.add_worksheet().set_name("Requirements").unwrap();
    write(
        sheet,
        0,
        &[
            &["Assertions and evidence items, an invented example"],
            &[],
            &[
                "Assertion",
                "Evidence item ref",
                "Evidence item text",
                "Tool tip",
                "Category 2 (IT suppliers)",
                "Category 4 (GPs)",
                "Exempt with ISO 27001",
                "Cyber Essentials PLUS",
                "Audit",
            ],
            &["1.1 An invented assertion"],
            &[
                "1.1",
                "1.1.1",
                "What is the registration number of the organisation?",
                "A tip that is longer than what is asked of anybody",
                "Mandatory",
                "Mandatory",
                "",
                "",
                "Y",
            ],
            &[
                "1.1",
                "1.1.2",
                "Where is the record of what data is held and shared?",
                "A tip",
                "Mandatory",
                "",
                "Y",
                "",
            ],
            &[
                "1.1",
                "1.1.3",
                "How are those who work here told what is done with data?",
                "A tip",
                "Optional",
                "Not mandatory",
                "",
                "\u{2713}",
            ],
            &[
                "1.1",
                "1.1.10",
                "An item whose number ends in a nought, which is kept",
                "A tip",
                "",
                "Optional",
                "Partly, see the tool tip",
                "",
            ],
        ],
    );
    workbook
}

#[test]
fn columns_are_found_by_what_stands_in_them() {
    let found = read(&mut plain(), &[]).unwrap();
    assert_eq!(
        roles(&found),
        [
            "item=B",
            "title=C",
            "requirement:cat2-it-supplier=E",
            "requirement:cat4-gp=F",
            "exemption:iso27001=G",
            "exemption:cyber-essentials-plus=H",
        ]
    );
    let lines: Vec<&str> = found.items.lines().collect();
    assert_eq!(lines.len(), 1 + 6);
    assert!(
        lines[1].starts_with("cat2-it-supplier,1.1,1.1.1,What is the registration"),
        "{}",
        lines[1]
    );
    assert!(found.items.contains("cat4-gp,1.1,1.1.10,"));
    assert!(found.items.contains(
        "cat4-gp,1.1,1.1.3,How are those who work here told what is done with data?,optional,"
    ));
    assert!(!found.items.contains("cat4-gp,1.1,1.1.2"));
    assert!(
        found
            .exemptions
            .contains("cat2-it-supplier,1.1.2,iso27001,satisfies,,all-health-and-care-data,")
    );
    assert!(found.exemptions.contains("cat4-gp,1.1.10,iso27001,note,"));
    assert!(
        found.stored_columns.contains("requirement:cat4-gp,F,Category 4 (GPs)"),
        "{}",
        found.stored_columns
    );
    assert!(found.notes.iter().any(|note| note.contains("sheet `Requirements` is read")));
}

#[test]
fn categories_may_stand_over_groups_of_columns_with_their_own_words() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let format = Format::new();
    sheet.merge_range(1, 2, 1, 4, "CAT2", &format).unwrap();
    sheet.merge_range(1, 5, 1, 6, "CAT4", &format).unwrap();
    write(
        sheet,
        2,
        &[
            &[
                "Ref",
                "NHSmail",
                "Mandatory?",
                "Evidence text",
                "Tool tip",
                "Mandatory?",
                "Evidence text",
            ],
            &[
                "7.1.5",
                "x",
                "Y",
                "Customers are told of what happened within a day",
                "tip",
                "N",
                "What is most important is known and ranked",
            ],
            &["7.1.6", "", "N", "What else is asked of those who supply software", "tip"],
            &["8.1.1", "", "", "", "", "Y", "What software is in use is known to the practice"],
        ],
    );
    let found = read(&mut workbook, &[]).unwrap();
    assert_eq!(
        roles(&found),
        [
            "item=A",
            "title:cat2-it-supplier=D",
            "title:cat4-gp=G",
            "requirement:cat2-it-supplier=C",
            "requirement:cat4-gp=F",
            "exemption:nhsmail=B",
        ]
    );
    assert!(found.items.contains("cat2-it-supplier,7.1,7.1.5,Customers are told"));
    assert!(
        found
            .items
            .contains("cat4-gp,7.1,7.1.5,What is most important is known and ranked,optional")
    );
    assert_eq!(found.counts.values().copied().collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn what_nothing_says_is_asked_for_and_taken_by_letter() {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet();
    let words = "What is asked of everybody, in words that nobody has used";
    write(
        sheet,
        0,
        &[
            &["No.", "Suppliers", "Surgeries", "Wording"],
            &["3.1.1", "M", "M", words],
            &["3.1.2", "M", "O", words],
            &["3.1.3", "O", "", words],
        ],
    );
    let Problems(problems) = read(&mut workbook, &[]).unwrap_err();
    assert!(
        problems[0].message.contains("no column says for a category"),
        "{}",
        problems[0].message
    );
    assert!(problems[0].message.contains("B `Suppliers`"), "{}", problems[0].message);
    let columns = [("title", "Wording"), ("requirement:cat2", "B"), ("requirement:cat4-gp", "C")];
    let found = read(&mut workbook, &columns).unwrap();
    assert_eq!(found.counts.values().copied().collect::<Vec<_>>(), [3, 2]);
    for wrong in [("title", "ZZ"), ("title:", "B"), ("exemption:nothing", "B"), ("what", "B")] {
        assert!(read(&mut workbook, &[wrong]).is_err(), "{wrong:?}");
    }
}

#[test]
fn cells_that_say_nothing_clear_are_refused_by_name() {
    let mut workbook = plain();
    let sheet = workbook.worksheet_from_name("Requirements").unwrap();
    let cells = |row: u32, id: &str| -> Vec<(u32, u16, String)> {
        vec![(row, 1, id.to_owned()), (row, 2, "What is asked in one more invented row".to_owned())]
    };
    for (row, column, text) in cells(8, "1.1.2").into_iter().chain(cells(9, "1.1.4x")) {
        sheet.write_string(row, column, text).unwrap();
    }
    sheet.write_number(10, 1, 2.15).unwrap();
    let date = rust_xlsxwriter::ExcelDateTime::from_ymd(2001, 1, 5).unwrap();
    let format = Format::new().set_num_format("d.m.yy");
    sheet.write_datetime_with_format(11, 1, &date, &format).unwrap();
    let columns = [("requirement:cat2", "E"), ("requirement:cat4", "I")];
    let Problems(problems) = read(&mut workbook, &columns).unwrap_err();
    let found: Vec<(ProblemCode, String)> =
        problems.iter().map(|one| (one.code, one.at.as_ref().unwrap().cell.clone())).collect();
    let expected = [
        (ProblemCode::NotReadable, "I5"),
        (ProblemCode::Duplicate, "B9"),
        (ProblemCode::NotReadable, "B10"),
        (ProblemCode::Ambiguous, "B12"),
    ];
    assert_eq!(found, expected.map(|(code, cell)| (code, cell.to_owned())));
}
