//! Columns of a terminal: cutting, filling and wrapping text without splitting what a person sees
//! as one character.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::domain::sanitize::safe;

/// Returns how many columns a text takes.
pub fn columns(text: &str) -> usize {
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Makes a text safe to show and cuts it to a width, with `more` where something is left out.
pub fn cut(text: &str, width: usize, more: &str) -> String {
    let text = safe(text);
    if columns(&text) <= width {
        return text;
    }
    let room = width.saturating_sub(columns(more));
    let (mut end, mut used) = (0, 0);
    for cluster in text.graphemes(true) {
        used += cluster.width();
        if used > room {
            break;
        }
        end += cluster.len();
    }
    let (kept, rest) = text.split_at(end);
    let kept = if rest.starts_with(' ') { kept } else { whole_words(kept, room) }.trim_end();
    if columns(more) > width { kept.to_owned() } else { format!("{kept}{more}") }
}

/// How many columns of a word are given up so that it is not cut.
const WORD_MAX: usize = 12;

/// The whole words of a text that was cut inside a word, where little is lost by that.
fn whole_words(kept: &str, room: usize) -> &str {
    let Some((words, part)) = kept.rsplit_once(' ') else { return kept };
    let lost = columns(part) + 1;
    if lost <= WORD_MAX && 3 * lost <= room { words } else { kept }
}

/// Cuts a text and fills it with spaces to exactly a width.
pub fn fill(text: &str, width: usize, more: &str) -> String {
    let mut text = cut(text, width, more);
    let missing = width.saturating_sub(columns(&text));
    text.extend(std::iter::repeat_n(' ', missing));
    text
}

/// Breaks a text into lines of at most a width, between words where there are any.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in safe(text).split(' ').filter(|word| !word.is_empty()) {
        let wide = columns(word);
        if used > 0 && used + 1 + wide > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        for cluster in word.graphemes(true) {
            if used + cluster.width() > width && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(cluster);
            used += cluster.width();
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// Wraps a line but keeps the columns of one that fits; what does not fit goes on under its own column.
pub fn wrap_kept(line: &str, width: usize) -> Vec<String> {
    if columns(line) <= width {
        return vec![line.to_owned()];
    }
    let before = line.char_indices().take_while(|(at, _)| *at < COLUMN_MAX);
    let gap = before.filter(|(at, _)| line.get(at.saturating_sub(2)..*at) == Some("  ")).last();
    let (head, rest) = line.split_at(gap.map_or(0, |(at, _)| at));
    let indent = columns(head);
    if indent == 0 || indent * 2 > width {
        return wrap(line, width);
    }
    let parts = wrap(rest, width - indent);
    let blank = " ".repeat(indent);
    let first = |number| if number == 0 { head } else { &blank };
    parts.iter().enumerate().map(|(number, part)| format!("{}{part}", first(number))).collect()
}

/// The last of a line's columns begins before this.
const COLUMN_MAX: usize = 24;

/// Writes a number with thin groups: `48 214`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_never_splits_what_is_seen_as_one() {
        assert_eq!(cut("abcdefgh", 6, "..."), "abc...");
        assert_eq!(cut("annual penetration test", 16, "..."), "annual penetr...");
        assert_eq!(cut("annual penetration tests", 22, "..."), "annual penetration...");
        assert_eq!(cut("annual penetration tests", 21, "..."), "annual penetration...");
        assert_eq!(cut("rests on #1 #23 #456 #7", 21, "..."), "rests on #1 #23...");
        assert_eq!(cut("表表表表", 5, "."), "表表.");
        assert_eq!(cut("e\u{301}e\u{301}e\u{301}", 2, "."), "e\u{301}.");
        assert_eq!(fill("表", 4, "..."), "表  ");
        assert_eq!(cut("a\u{1b}[2J", 20, "..."), "a<U+001B>[2J");
        assert_eq!(cut("x\u{202e}y", 20, "..."), "x<U+202E>y");
    }

    #[test]
    fn lines_break_between_words_and_long_words_anywhere() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("表表表", 4), ["表表", "表"]);
    }

    #[test]
    fn numbers_have_thin_groups() {
        let all = [0, 12, 999, 1_000, 48_214, 1_000_000].map(grouped);
        assert_eq!(all, ["0", "12", "999", "1 000", "48 214", "1 000 000"]);
    }
}
