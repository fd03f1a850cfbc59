//! The timeline under every screen: how much happens in each column, markers, the cursor.

use crate::domain::date::Date;
use crate::tui::model::session::Library;

/// What the strip shows in a width.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strip {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// Level of each column, 0 to 4.
    pub levels: Vec<usize>,
    /// The line of markers with the cursor.
    pub markers: String,
    /// The letters that stand in it.
    pub letters: Vec<char>,
}

/// Returns the column of a day.
pub fn column_of(from: Date, until: Date, width: u16, day: Date) -> usize {
    let span = i64::from(until.number() - from.number()).max(1);
    let at = i64::from((day.number() - from.number()).max(0)).min(span);
    let column = at * i64::from(width.saturating_sub(1)) / span;
    usize::try_from(column).unwrap_or(0)
}

/// Returns the first day of a column.
pub fn day_at(from: Date, until: Date, width: u16, column: u16) -> Date {
    let span = i64::from(until.number() - from.number()).max(1);
    let last = i64::from(width.saturating_sub(1)).max(1);
    let column = i64::from(column).min(last);
    // Rounded up, so that the day lies in the column.
    let days = (column * span + last - 1) / last;
    from.plus(i32::try_from(days).unwrap_or_default())
}

/// Five fixed levels: nothing, one, a few, many, very many.
fn level(count: u32) -> usize {
    match count {
        0 => 0,
        1 => 1,
        2..=4 => 2,
        5..=15 => 3,
        _ => 4,
    }
}

/// Levels of columns: fixed ones, or, where those would leave one solid bar, how busy each column is
/// among the others.
fn levels(counts: &[u32]) -> Vec<usize> {
    let fixed: Vec<usize> = counts.iter().copied().map(level).collect();
    let mut busy: Vec<u32> = counts.iter().copied().filter(|count| *count > 0).collect();
    if fixed.iter().filter(|one| **one == 4).count() * 2 <= busy.len() {
        return fixed;
    }
    busy.sort_unstable();
    let rank = |count: u32| busy.partition_point(|one| *one < count) * 4 / busy.len().max(1);
    counts.iter().map(|count| if *count == 0 { 0 } else { 1 + rank(*count).min(3) }).collect()
}

/// Works out the strip around a day for a width; of a comparison, with the days of `sides` A and B.
pub fn strip(library: &Library, on: Date, sides: Option<(Date, Date)>, width: u16) -> Strip {
    let (from, until) = library.span(on);
    let mut counts = vec![0_u32; usize::from(width)];
    for (day, count) in library.activity.range(from..=until) {
        if let Some(column) = counts.get_mut(column_of(from, until, width, *day)) {
            *column = column.saturating_add(*count);
        }
    }
    let mut line = vec![' '; usize::from(width)];
    let mut letters = Vec::new();
    let mut put = |day: Date, letter: char| {
        if let Some(cell) = line.get_mut(column_of(from, until, width, day)) {
            *cell = letter;
        }
    };
    // A bookmark's letter is side B's as well.
    let mut marked: Vec<(Date, char)> =
        library.marks.range((from, '\0')..=(until, char::MAX)).copied().collect();
    let bookmarks = library.source.bookmarks.range(from..=until).filter(|_| sides.is_none());
    marked.extend(bookmarks.map(|day| (*day, 'B')));
    marked.sort_unstable();
    for (day, letter) in marked {
        put(day, letter);
        if !letters.contains(&letter) {
            letters.push(letter);
        }
    }
    if let Some((a, b)) = sides {
        put(a, 'A');
        put(b, 'B');
    } else {
        put(on, '^');
    }
    letters.sort_unstable();
    let levels = levels(&counts);
    Strip { from, until, levels, markers: line.into_iter().collect(), letters }
}

/// What the letters mean.
pub fn letter_text(letter: char) -> &'static str {
    match letter {
        'R' => "R rules changed",
        'C' => "C certificate recorded",
        'X' => "X certificate or evidence ended",
        'P' => "P published",
        _ => "B bookmark",
    }
}

/// Month and year, as the ends of the axis show them.
pub fn month(day: Date) -> String {
    let short = day.short();
    short.split_once(' ').map_or_else(String::new, |(_, month)| month.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_ledger_is_not_one_solid_bar() {
        assert_eq!(levels(&[0, 1, 3, 9, 40]), [0, 1, 2, 3, 4]);
        assert_eq!(levels(&[200, 0, 300, 900, 4000, 100]), [1, 0, 2, 3, 4, 1]);
        assert_eq!(levels(&[]), Vec::<usize>::new());
    }

    #[test]
    fn a_click_lands_in_the_column_that_was_clicked() {
        let day = |text: &str| Date::parse(text).unwrap();
        let (from, until) = (day("2025-09-01"), day("2026-11-30"));
        for width in [20, 76, 136] {
            assert_eq!(column_of(from, until, width, from), 0);
            assert_eq!(column_of(from, until, width, until), usize::from(width) - 1);
            for column in 0..width {
                let there = day_at(from, until, width, column);
                assert_eq!(column_of(from, until, width, there), usize::from(column));
            }
        }
    }
}
