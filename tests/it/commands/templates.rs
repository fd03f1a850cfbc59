//! Templates go out, are filled in, and come back.

use std::io::{Cursor, Read as _, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};

use super::cli::Desk;

/// Puts cells of text at the end of a row of the first sheet, as a spreadsheet saves them.
fn filled(bytes: &[u8], row: u32, cells: &[(char, &str)]) -> Vec<u8> {
    let mut from = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut to = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut bytes = Vec::new();
        part.read_to_end(&mut bytes).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            let text = String::from_utf8(bytes).unwrap();
            let start = text.find(&format!("<row r=\"{row}\"")).unwrap();
            let end = start + text[start..].find("</row>").unwrap();
            let cell = |(column, text): &(char, &str)| {
                format!("<c r=\"{column}{row}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
            };
            let cells = cells.iter().map(cell).collect::<Vec<_>>().concat();
            bytes = format!("{}{cells}{}", &text[..end], &text[end..]).into_bytes();
        }
        to.start_file(name, SimpleFileOptions::default()).unwrap();
        to.write_all(&bytes).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[test]
fn a_filled_template_comes_back_as_it_is() {
    let desk = Desk::new();
    desk.owner("2025-10-02", "import framework iso27001:2022").ok();
    let file = |name: &str| desk.path(name).display().to_string();
    for (kind, name) in [("answers", "a.xlsx"), ("evidence", "e.xlsx"), ("soa", "s.xlsx")] {
        let command = format!("export template {kind} {}", file(name));
        let done = desk.run("2025-10-02", &command).ok();
        assert!(done.out.contains("rows to fill in"), "{}", done.out);
        let again = desk.run("2025-10-02", &command);
        assert_eq!(again.code, 5, "{}", again.err);
        let other = desk.path(&format!("again-{name}"));
        let command = format!("export template {kind} {}", other.display());
        desk.run("2025-10-02", &command).ok();
        let bytes = |path| std::fs::read(path).unwrap();
        assert_eq!(bytes(other), bytes(desk.path(name)), "{name}");
    }
    let blank = desk.owner("2025-10-02", &format!("import answers {}", file("a.xlsx")));
    assert_eq!(blank.code, 3);
    assert!(blank.err.contains("nobody filled in a row of the template"), "{}", blank.err);
    let before = desk.entries();
    let bytes = std::fs::read(desk.path("a.xlsx")).unwrap();
    let cells = [('G', "It is Z1234"), ('H', "yes"), ('I', "1 October 2025")];
    std::fs::write(desk.path("a.xlsx"), filled(&bytes, 2, &cells)).unwrap();
    let done = desk.owner("2025-10-02", &format!("import answers {}", file("a.xlsx"))).ok();
    assert!(done.err.contains("rows of the template not filled in, and left out"), "{}", done.err);
    assert_eq!(desk.entries(), before + 1);
    let bytes = std::fs::read(desk.path("e.xlsx")).unwrap();
    let cells = [('G', "Register entry"), ('I', "2025-10-01"), ('J', "2026-09-30")];
    std::fs::write(desk.path("e.xlsx"), filled(&bytes, 2, &cells)).unwrap();
    desk.owner("2025-10-02", &format!("import evidence {}", file("e.xlsx"))).ok();
    assert_eq!(desk.entries(), before + 2);
    // What it says now stands in the next one, with its last day.
    let next = desk.path("next.csv");
    let command = format!("export template evidence {} --format csv", next.display());
    desk.run("2025-10-03", &command).ok();
    let text = std::fs::read_to_string(next).unwrap();
    let row = text.lines().find(|line| line.starts_with("1.1.1,")).unwrap();
    assert!(row.contains("mandatory,Needs confirming,") || row.contains("mandatory,Met,"), "{row}");
    desk.run("2025-10-04", "verify").ok();
}

#[test]
fn a_mapping_is_filled_in_item_by_item() {
    let desk = Desk::new();
    desk.owner("2025-10-02", "import framework iso27001:2022").ok();
    let path = desk.path("m.xlsx");
    desk.run("2025-10-02", &format!("export template mapping {}", path.display())).ok();
    let bytes = std::fs::read(&path).unwrap();
    let cells = [('G', "iso27001:2022/A.5.1"), ('H', "intersects-with"), ('I', "both speak of it")];
    std::fs::write(&path, filled(&bytes, 3, &cells)).unwrap();
    let done = desk.owner("2025-10-02", &format!("import mapping {} --dry-run", path.display()));
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("1 rows recorded as proposals"), "{}", done.out);
}
