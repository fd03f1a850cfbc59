//! What lies over a screen: a prompt, the form of the sentence, the palette, help, a text. Takes
//! keys, gives a decision; draws nothing.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a key or command that is not named here does nothing here"
)]

use super::filter::WORDS;
use super::session::{Asked, Known, Library};
use super::step::{go_to, known};
use crate::domain::engine::derive::RulesChoice;
use crate::domain::ids::ItemId;
use crate::domain::sanitize::{is_hidden, shown};
use crate::tui::input::keymap::{BINDINGS, Binding, Command, Key, Keymap};
use crate::tui::view::text_width::wrap_kept;

/// What a prompt asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// A date.
    Date,
    /// Words to find.
    Find,
    /// A filter.
    Filter,
    /// A file name.
    Export,
}

impl Ask {
    /// Returns the question and what may be typed.
    pub fn words(self, keys: &Keymap) -> (&'static str, String) {
        let (question, forms) = match self {
            Self::Date => {
                ("Go to", "30/6/2026, 30 June, today, yesterday, year end, -3m, +2w, event 12")
            }
            Self::Find => {
                let next = keys.hint(Command::FindNext);
                return ("Find", format!("a number or words; {next} goes to the next hit"));
            }
            Self::Filter => ("Show only", WORDS),
            Self::Export => ("Export to file", "the ending decides: csv, html, txt, json"),
        };
        (question, forms.to_owned())
    }
}

/// One line that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Input {
    /// So far.
    pub text: String,
    /// What was wrong with the last try.
    pub error: Option<String>,
}

/// No input is longer, in bytes.
const TYPED_MAX: usize = 400;

impl Input {
    /// Takes a pasted text: its line ends are no Enter, and control characters are left out.
    pub fn paste(&mut self, text: &str) {
        let spaced = text.trim_end().chars().map(|c| match c {
            '\r' | '\n' | '\t' => ' ',
            other => other,
        });
        for c in spaced.filter(|c| !is_hidden(*c)) {
            if self.text.len() >= TYPED_MAX {
                break;
            }
            // The two characters of one line end are one space.
            if c != ' ' || !self.text.ends_with(' ') {
                self.text.push(c);
            }
        }
        self.error = None;
    }

    /// Takes a key; says whether it was one of its own.
    pub fn key(&mut self, key: Key) -> bool {
        match key {
            Key::Char(c) if !c.is_control() && self.text.len() < TYPED_MAX => self.text.push(c),
            Key::Backspace => {
                self.text.pop();
            }
            Key::Ctrl('u') => self.text.clear(),
            Key::Char(_)
            | Key::Ctrl(_)
            | Key::F(_)
            | Key::Enter
            | Key::Esc
            | Key::Tab
            | Key::BackTab
            | Key::Left
            | Key::Right
            | Key::Up
            | Key::Down
            | Key::PageUp
            | Key::PageDown
            | Key::Home
            | Key::End => return false,
        }
        self.error = None;
        true
    }
}

/// The form of the sentence: three questions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Which line is being filled in: 0 date, 1 knowledge, 2 its date, 3 rules.
    pub field: usize,
    /// Position on.
    pub date: Input,
    /// 0 today, 1 that same day, 2 another day.
    pub known: usize,
    /// The other day.
    pub other: Input,
    /// 0 in force then, 1 latest known.
    pub rules: usize,
}

impl Form {
    /// A form that holds a question.
    pub fn of(asked: Asked) -> Self {
        let (known, other) = match asked.known {
            Known::Now => (0, String::new()),
            Known::Then => (1, String::new()),
            Known::By(day) => (2, day.long()),
            Known::Size(size) => (2, format!("#{size}")),
        };
        let input = |text: String| Input { text, error: None };
        Self {
            field: 0,
            date: input(asked.on.long()),
            known,
            other: input(other),
            rules: usize::from(asked.rules == RulesChoice::Latest),
        }
    }

    /// Takes a key.
    pub fn key(&mut self, key: Key) {
        let fields = 4;
        match key {
            Key::Tab => self.field = (self.field + 1) % fields,
            Key::BackTab => self.field = (self.field + fields - 1) % fields,
            Key::Up | Key::Left => self.choose(false),
            Key::Down | Key::Right => self.choose(true),
            Key::Char(' ') if self.field == 1 || self.field == 3 => self.choose(true),
            _ if self.field == 0 => {
                self.date.key(key);
            }
            _ if self.field == 2 && self.other.key(key) => self.known = 2,
            _ => {}
        }
    }

    fn choose(&mut self, forward: bool) {
        let turn = |value: usize, count: usize| {
            if forward { (value + 1) % count } else { (value + count - 1) % count }
        };
        match self.field {
            1 => self.known = turn(self.known, 3),
            3 => self.rules = turn(self.rules, 2),
            _ if forward => self.field = (self.field + 1) % 4,
            _ => self.field = (self.field + 3) % 4,
        }
    }

    /// Reads the form.
    ///
    /// # Errors
    /// One line that says which date cannot be read.
    pub fn read(&self, asked: Asked, library: &Library) -> Result<Asked, String> {
        let on = go_to(&self.date.text, asked.on, library)?;
        let known = match self.known {
            0 => Known::Now,
            1 => Known::Then,
            _ => known(&self.other.text, on, library)?,
        };
        let rules = if self.rules == 0 { RulesChoice::Then } else { RulesChoice::Latest };
        Ok(Asked { on, known, rules })
    }
}

/// Reads the sentence from one line: `30 June 2026, then, latest`; what is left out stays.
///
/// # Errors
/// One line that says which part cannot be read.
pub fn sentence(text: &str, asked: Asked, library: &Library) -> Result<Asked, String> {
    let mut parts = text.split(',').map(str::trim);
    let on = match parts.next().unwrap_or_default() {
        "" => asked.on,
        date => go_to(date, asked.on, library)?,
    };
    let known = match parts.next().unwrap_or_default() {
        "" => asked.known,
        words => known(words, on, library)?,
    };
    let rules = match parts.next().unwrap_or_default() {
        "" => asked.rules,
        "then" => RulesChoice::Then,
        "latest" => RulesChoice::Latest,
        other => return Err(format!("`{}` is not then or latest", shown(other))),
    };
    Ok(Asked { on, known, rules })
}

/// What the help shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Help {
    /// The first line on screen.
    pub top: usize,
    /// What is looked for, while something is.
    pub wanted: Option<Input>,
}

/// The list of commands, narrowed by what is typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Palette {
    /// Typed so far: a name or any word of the help, then what the command takes.
    pub input: Input,
    /// The selected line.
    pub at: usize,
}

impl Palette {
    /// The commands that fit, those whose name begins so first.
    pub fn list(&self, keys: &Keymap) -> Vec<&'static Binding> {
        let typed = self.input.text.trim().to_lowercase();
        let word = typed.split(' ').next().unwrap_or_default();
        let fits = |one: &&Binding| {
            one.name.contains(word)
                || one.help.to_lowercase().contains(&typed)
                || keys.of(one.command).iter().any(|key| key.label() == self.input.text.trim())
        };
        let mut list: Vec<&Binding> = BINDINGS.iter().filter(fits).collect();
        list.sort_by_key(|one| (one.name != word, !one.name.starts_with(word)));
        list
    }

    /// What the selected command takes: the words after its name.
    pub fn rest(&self) -> &str {
        self.input.text.trim().split_once(' ').map_or("", |(_, rest)| rest.trim())
    }
}

/// The lines of a text as a box of a width has them: what scrolls is these.
pub fn wrapped(lines: &[String], width: usize) -> Vec<String> {
    lines.iter().flat_map(|line| wrap_kept(line, width)).collect()
}

/// Items to choose from, each with what is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What they have in common.
    pub title: String,
    /// The items.
    pub items: Vec<(ItemId, String)>,
    /// The selected one.
    pub at: usize,
}

/// What lies over the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// A prompt on the last line but one.
    Prompt(Ask, Input),
    /// The form of the sentence.
    Form(Form),
    /// The palette.
    Palette(Palette),
    /// Help.
    Help(Help),
    /// Items to choose from.
    Choice(Choice),
    /// A titled text, from this line on.
    Text(String, Vec<String>, usize),
}
