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
    let shown = desk.run("2025-10-03", &format!("show #{before}")).ok();
    assert!(shown.out.contains("correction"), "{}", shown.out);
    let again = desk.owner("2025-10-04", &format!("import evidence {file} --again --dry-run")).ok();
    assert!(again.out.contains("Pieces of evidence: 1."), "{}", again.out);
    desk.run("2025-10-04", "verify").ok();
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
    desk.run("2025-10-02", "verify").ok();
}

/// An official workbook as one might be laid out, all invented: item, words, two categories, a scheme.
fn official(path: &std::path::Path, rows: &[[&str; 5]]) {
    let mut workbook = Workbook::new();
    let sheet = workbook.add_worksheet().set_name("Items").unwrap();
    let header =
        ["Ref", "Evidence item", "Category 2 (IT supplier)", "Category 4 (GP)", "ISO 27001"];
    for (row, cells) in (3..).zip(std::iter::once(&header).chain(rows)) {
        for (column, cell) in (0..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            sheet.write_string(row, column, *cell).unwrap();
        }
    }
    workbook.save(path).unwrap();
}

#[test]
fn an_official_workbook_becomes_an_edition() {
    let desk = Desk::new();
    let path = desk.path("v9.xlsx");
    let file = path.display().to_string();
    let ask = "What is asked of everybody, in words that nobody has used";
    let one = ["1.1.1", ask, "Mandatory", "Mandatory", ""];
    let two = ["1.1.2", ask, "Optional", "", "Y"];
    let three = ["1.1.3", ask, "Mandatory", "Optional", "Only where the scope allows"];
    official(&path, &[one, two, three]);
    let command = format!("import edition {file} --name 2030-31-v13 --from 2025-10-02");
    let before = desk.entries();
    let unasked = desk.owner("2025-10-02", &command);
    assert_eq!(unasked.code, 2);
    assert!(unasked.err.contains("give --yes"), "{}", unasked.err);
    let dry = desk.owner("2025-10-02", &format!("{command} --dry-run")).ok();
    for part in [
        "requirement:cat2-it-supplier <- column C `Category 2 (IT supplier)`",
        "exemption:iso27001 <- column E `ISO 27001`",
        "cat2-it-supplier against 2025-26-v8, revision 8.0.0:",
        "dropped ",
        "reworded 3: 1.1.1, 1.1.2, 1.1.3",
        "newly exempt 1: 1.1.2 by iso27001",
    ] {
        assert!(dry.err.contains(part), "{part}: {}", dry.err);
    }
    assert_eq!(desk.entries(), before);
    desk.owner("2025-10-02", &format!("{command} --yes")).ok();
    assert_eq!(desk.entries(), before + 1);
    // A revision of it says what is another.
    let two = ["1.1.2", ask, "Mandatory", "", ""];
    official(&path, &[one, two, ["1.1.4", ask, "Optional", "", ""]]);
    let later = command.replace("--from 2025-10-02", "--from 2025-11-01");
    let done = desk.owner("2025-10-03", &format!("{later} --yes")).ok();
    for part in [
        "cat2-it-supplier against 2030-31-v13, revision 2025-10-02:",
        "added 1: 1.1.4",
        "dropped 1: 1.1.3",
        "now mandatory 1: 1.1.2",
        "no longer exempt 1: 1.1.2 by iso27001",
    ] {
        assert!(done.err.contains(part), "{part}: {}", done.err);
    }
    desk.run("2025-11-02", "verify").ok();
    let classified = "record classification 2030-31-v13 --type it-supplier \
                      --category cat2-it-supplier";
    desk.owner("2025-11-02", classified).ok();
    let items = desk.run("2025-11-02", "status --at 2025-11-02").ok();
    assert!(items.out.contains("1.1.4"), "{}", items.out);
    official(&path, &[one, ["1.1.2", ask, "Perhaps", "", ""], three, three]);
    let columns = "--columns requirement:cat2=C";
    let refused = desk.owner("2025-11-03", &format!("{later} {columns} --dry-run"));
    assert_eq!(refused.code, 3);
    for part in ["sheet `Items`, cell C6", "cell A8", "neither mandatory nor optional"] {
        assert!(refused.err.contains(part), "{part}: {}", refused.err);
    }
}
