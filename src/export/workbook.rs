//! A table as a workbook that people fill in: the same bytes on every machine.

use rust_xlsxwriter::{
    DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, XlsxError,
};

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its heading.
    pub name: &'static str,
    /// Its width, in characters.
    pub width: u16,
    /// What may stand in it; anything where there is none.
    pub choices: &'static [&'static str],
    /// Whether a person fills it in.
    pub to_fill: bool,
}

/// A table, and what to know before it is filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// The sheet's name.
    pub name: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, with a text for each column, or fewer.
    pub rows: Vec<Vec<String>>,
    /// Lines for the sheet of notes.
    pub notes: Vec<String>,
}

/// Writes a table as a workbook. All cells are text, so that a spreadsheet changes no id.
///
/// # Errors
/// [`XlsxError`] where a name or text is longer than a workbook holds.
pub fn workbook(sheet: &Sheet) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The time of making would make every file another one.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let plain = Format::new().set_num_format("@").set_text_wrap().set_align(FormatAlign::Top);
    let bold = Format::new().set_bold().set_text_wrap();
    let page = workbook.add_worksheet().set_name(&sheet.name)?;
    let last = u32::try_from(sheet.rows.len()).unwrap_or(u32::MAX);
    for (at, column) in (0_u16..).zip(&sheet.columns) {
        page.set_column_width(at, f64::from(column.width))?;
        page.set_column_format(at, &plain)?;
        page.write_string_with_format(0, at, column.name, &bold)?;
        if !column.choices.is_empty() {
            let choices = DataValidation::new().allow_list_strings(column.choices)?;
            page.add_data_validation(1, at, last.max(1), at, &choices)?;
        }
    }
    for (row, cells) in (1_u32..).zip(&sheet.rows) {
        for (at, cell) in (0_u16..).zip(cells).filter(|(_, cell)| !cell.is_empty()) {
            page.write_string_with_format(row, at, cell, &plain)?;
        }
    }
    page.set_freeze_panes(1, 1)?;
    let notes = workbook.add_worksheet().set_name("Notes")?;
    notes.set_column_width(0, 110.0)?;
    for (row, line) in (0_u32..).zip(&sheet.notes) {
        notes.write_string_with_format(row, 0, line, &plain)?;
    }
    workbook.save_to_buffer()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_table_is_the_same_bytes() {
        let columns = vec![Column { name: "a", width: 9, choices: &["yes", "no"], to_fill: true }];
        let (rows, notes) = (vec![vec!["5.10".to_owned()]], vec!["Fill in a.".to_owned()]);
        let sheet = Sheet { name: "T".to_owned(), columns, rows, notes };
        let bytes = workbook(&sheet).unwrap();
        assert_eq!(workbook(&sheet).unwrap(), bytes);
        // Held on every machine: neither a clock nor a zone nor a locale is in it.
        assert!(bytes.starts_with(b"PK\x03\x04"));
        assert!(!sheet.columns[0].choices.is_empty());
    }
}
