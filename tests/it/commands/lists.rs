//! Lists that come again, with a row more or a row changed, and workbooks in their place.

use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};

use super::cli::Desk;

const HEADER: &str = "title,items,proves_on,valid_until\n";

#[test]
fn a_list_that_grew_by_one_row_records_one() {
    let desk = Desk::new();
    let rows = "Minutes,1.3.1,2025-09-30,\nPolicy,1.3.2,2025-09-30,\nTest,7.3.4,2025-09-30,\n";
    let file = desk.write("list.csv", &format!("{HEADER}{rows}"));
    desk.owner("2025-10-02", &format!("import evidence {file}")).ok();
    let before = desk.entries();
    let grown = format!("{HEADER}{rows}Plan,7.1.3,2025-09-30,\n");
    let file = desk.write("list.csv", &grown);
    let dry = desk.owner("2025-10-03", &format!("import evidence {file} --dry-run")).ok();
    let counts = "Pieces of evidence: 3 recorded already, 1 new, 0 changed, 0 no longer there.";
    assert!(dry.out.contains(counts), "{}", dry.out);
    desk.owner("2025-10-03", &format!("import evidence {file}")).ok();
    assert_eq!(desk.entries(), before + 1);
    // Another order and another spelling of a day are the same rows.
    let turned = "Plan,7.1.3,30/9/2025,\nTest,7.3.4,2025-09-30,\nPolicy,1.3.2,2025-09-30,\n";
    let file = desk.write("list.csv", &format!("{HEADER}{turned}Minutes,1.3.1,2025-09-30,\n"));
    let again = desk.owner("2025-10-03", &format!("import evidence {file}")).ok();
    assert!(again.out.contains("4 recorded already, 0 new"), "{}", again.out);
    assert!(again.out.contains("Nothing was written"), "{}", again.out);
    assert_eq!(desk.entries(), before + 1);
}

#[test]
fn a_changed_row_is_corrected_and_one_that_is_gone_is_named() {
    let desk = Desk::new();
    let rows = "Minutes,1.3.1,2025-09-30,2026-09-29\nPolicy,1.3.2,2025-09-30,\n";
    let file = desk.write("list.csv", &format!("{HEADER}{rows}"));
    desk.owner("2025-10-02", &format!("import evidence {file}")).ok();
    let before = desk.entries();
    let file = desk.write("list.csv", &format!("{HEADER}Minutes,1.3.1,2025-09-30,2025-12-31\n"));
    let done = desk.owner("2025-10-03", &format!("import evidence {file}")).ok();
    let first = before - 2;
    for part in [
        format!("line 2 changes #{first}: valid_until was 2026-09-29, is 2025-12-31"),
        "0 recorded already, 0 new, 1 changed, 1 no longer there".to_owned(),
        format!("no longer in the file, and still recorded: #{} ", first + 1),
        format!("dspt withdraw '#{}' --reason WHY", first + 1),
    ] {
        assert!(done.err.contains(&part), "{part}: {}", done.err);
    }
    assert_eq!(desk.entries(), before + 1);
    let shown = desk.owner("2025-10-03", &format!("show #{before}")).ok();
    assert!(shown.out.contains("correction"), "{}", shown.out);
    let again = desk.owner("2025-10-04", &format!("import evidence {file} --again --dry-run")).ok();
    assert!(again.out.contains("Pieces of evidence: 1."), "{}", again.out);
    desk.owner("2025-10-04", "verify").ok();
}

#[test]
fn a_workbook_is_imported_like_the_same_list_as_text() {
    let desk = Desk::new();
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Answers 2025").unwrap();
    sheet.write_string(0, 0, "Invented answers").unwrap();
    for (column, name) in [(0, "Evidence item"), (1, "Response"), (2, "Completed"), (3, "Date")] {
        sheet.write_string(2, column, name).unwrap();
    }
    for (column, text) in [(0, "1.1.1"), (1, "Z1234"), (2, "Yes")] {
        sheet.write_string(3, column, text).unwrap();
    }
    let date = ExcelDateTime::from_ymd(2025, 10, 1).unwrap();
    let format = Format::new().set_num_format("dd/mm/yyyy");
    sheet.write_datetime_with_format(3, 3, &date, &format).unwrap();
    workbook.save(desk.path("answers.xlsx")).unwrap();
    let file = desk.path("answers.xlsx").display().to_string();
    let before = desk.entries();
    let done = desk.owner("2025-10-02", &format!("import answers {file}")).ok();
    assert!(done.err.contains("the header is row 3; 1 row above it not read"), "{}", done.err);
    assert_eq!(desk.entries(), before + 1);
    // The same as text is recognised.
    let text = "item,answer,met,on\n1.1.1,Z1234,y,1 October 2025\n";
    let text = desk.write("answers.csv", text);
    let again = desk.owner("2025-10-02", &format!("import answers {text}")).ok();
    assert!(again.out.contains("1 recorded already, 0 new"), "{}", again.out);
    let mut wrong = Workbook::new();
    let sheet = wrong.add_worksheet().set_name("Bad").unwrap();
    for (column, name) in [(0, "item"), (1, "answer"), (2, "met"), (3, "on")] {
        sheet.write_string(0, column, name).unwrap();
        sheet.write_string(1, column, "yes").unwrap();
    }
    sheet.write_number(1, 0, 1.1).unwrap();
    wrong.save(desk.path("wrong.xlsx")).unwrap();
    let file = desk.path("wrong.xlsx").display().to_string();
    let refused = desk.owner("2025-10-02", &format!("--json import answers {file}"));
    assert_eq!(refused.code, 3);
    for part in ["\"cell\":\"A2\"", "\"sheet\":\"Bad\"", "may have been 1.10"] {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
    desk.owner("2025-10-02", "verify").ok();
}
