//! The one table of commands: name, help, the keys they start with; and which keys are in force.
//! Hints, help, palette and the linear prompt read it, so that none can differ from what a key does.

/// A key as the screen knows it, whatever the terminal library calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// A character, with Shift already applied.
    Char(char),
    /// A character with Ctrl.
    Ctrl(char),
    /// A function key.
    F(u8),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Left.
    Left,
    /// Right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
}

impl Key {
    /// Returns the name on the screen.
    pub fn label(self) -> String {
        match self {
            Self::Char(' ') => "Space".to_owned(),
            Self::Char(c) => c.to_string(),
            Self::Ctrl(c) => format!("Ctrl+{}", c.to_ascii_uppercase()),
            Self::F(number) => format!("F{number}"),
            Self::BackTab => "Shift+Tab".to_owned(),
            Self::PageUp => "PgUp".to_owned(),
            Self::PageDown => "PgDn".to_owned(),
            Self::Enter
            | Self::Esc
            | Self::Tab
            | Self::Backspace
            | Self::Left
            | Self::Right
            | Self::Up
            | Self::Down
            | Self::Home
            | Self::End => format!("{self:?}"),
        }
    }
}

/// Where a command stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Works on every screen.
    Time,
    /// Lists and trees.
    List,
    /// Screens.
    Screens,
    /// What leaves the screen.
    Out,
    /// The rest.
    Other,
}

impl Group {
    /// All groups in the order of the help.
    pub const ALL: [Self; 5] = [Self::Time, Self::List, Self::Screens, Self::Out, Self::Other];

    /// Returns the heading.
    pub fn heading(self) -> &'static str {
        match self {
            Self::Time => "TIME (works on every screen)",
            Self::List => "LIST",
            Self::Screens => "SCREENS",
            Self::Out => "OUT",
            Self::Other => "OTHER",
        }
    }
}

/// Declares the commands: variant, name, group, keys, help.
macro_rules! commands {
    ($($name:ident = $word:literal, $group:ident, [$($key:expr),*], $help:literal;)*) => {
        /// Something that a key does.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Command { $(#[doc = $help] $name,)* }

        /// Every command with its name, group, keys and help line.
        pub const BINDINGS: &[Binding] = &[$(Binding {
            command: Command::$name,
            name: $word,
            group: Group::$group,
            keys: &[$($key),*],
            help: $help,
        },)*];
    };
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// What it does.
    pub command: Command,
    /// Its name, in the palette and at the linear prompt.
    pub name: &'static str,
    /// Where help shows it.
    pub group: Group,
    /// Its keys unless the user has others, the first of which hints show.
    pub keys: &'static [Key],
    /// One line of help.
    pub help: &'static str,
}

use Key::{Char, Ctrl, F};

commands! {
    Previous = "previous", Time, [Char(','), Key::Left], "one step back";
    Next = "next", Time, [Char('.'), Key::Right], "one step forward";
    MarkerBefore = "marker-before", Time, [Char('<')], "the marker before";
    MarkerAfter = "marker-after", Time, [Char('>')], "the next marker";
    SmallerStep = "smaller-step", Time, [Char('-')], "smaller step";
    LargerStep = "larger-step", Time, [Char('+'), Char('=')], "larger step";
    Play = "play", Time, [Char(' ')], "play, pause";
    Go = "go", Time, [Char('g')], "go to a date";
    Today = "today", Time, [Char('T')], "today, with what was recorded since";
    NowThen = "now-then", Time, [Char('n')], "what we know now, what we knew then";
    Edit = "edit", Time, [Char('e')], "change both dates and the rules";
    Compare = "compare", Time, [Char('c')], "compare with this date (sets A)";
    Swap = "swap", Time, [Char('s')], "swap A and B";
    Bookmark = "bookmark", Time, [Char('b')], "bookmark this date, or drop it";
    Bookmarks = "bookmarks", Time, [Char('B')], "list bookmarks and markers";
    Up = "up", List, [Key::Up, Char('k')], "line up";
    Down = "down", List, [Key::Down, Char('j')], "line down";
    PageUp = "page-up", List, [Key::PageUp, Ctrl('u')], "page up";
    PageDown = "page-down", List, [Key::PageDown, Ctrl('d')], "page down";
    First = "first", List, [Key::Home], "first line";
    Last = "last", List, [Key::End], "last line";
    Open = "open", List, [Key::Enter], "open: why, details";
    Back = "back", List, [Key::Esc, Key::Backspace], "back";
    Unfold = "unfold", List, [Char('l')], "open a branch (or Right)";
    Fold = "fold", List, [Char('h')], "close a branch (or Left)";
    OpenAll = "open-all", List, [Char('*')], "open or close all branches";
    Find = "find", List, [Char('/')], "find by id or words";
    FindNext = "find-next", List, [Char('N')], "next hit";
    Filter = "filter", List, [Char('f')], "filter: status, mandatory, late";
    GoToItem = "item", List, [Char('i')], "from an event to its item";
    Position = "position", Screens, [Char('1')], "Position: the status of every item";
    Why = "why", Screens, [Char('2')], "Why: the reasons for one item";
    Changes = "changes", Screens, [Char('3')], "Compare: what changed, because of what";
    History = "history", Screens, [Char('4')], "History: what was recorded";
    Signatures = "signatures", Screens, [Char('5')], "Signatures: can it be trusted?";
    YearEnd = "year-end", Screens, [Char('6')], "Year end: what is still to do";
    NextPane = "next-pane", Screens, [Key::Tab], "next screen; A or B, next box";
    PreviousPane = "previous-pane", Screens, [Key::BackTab], "screen before; A or B, box before";
    Verify = "verify", Out, [Char('v')], "check every signature again";
    Preview = "preview", Out, [Char('p')], "preview the statement";
    Export = "export", Out, [Char('x')], "export this view (csv, html, txt, json)";
    Copy = "copy", Out, [Char('y')], "copy the command of this view, or the head";
    Mouse = "mouse", Other, [Char('m'), F(2)], "mouse on, off";
    Help = "help", Other, [Char('?'), F(1)], "help";
    Palette = "commands", Other, [Char(':'), Ctrl('p')], "all commands, by name";
    Redraw = "redraw", Other, [Ctrl('l')], "draw the screen again";
    Quit = "quit", Other, [Char('q'), Ctrl('c')], "quit; there is nothing to save";
}

/// Returns the command of a name, whole or the only one that begins so.
pub fn named(name: &str) -> Option<Command> {
    let name = name.trim().to_lowercase();
    let whole = BINDINGS.iter().find(|one| one.name == name);
    let mut begins = BINDINGS.iter().filter(|one| !name.is_empty() && one.name.starts_with(&name));
    let only = begins.next().filter(|_| begins.next().is_none());
    whole.or(only).map(|one| one.command)
}

/// Which keys are in force: the table's own, or what the user put in their place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap {
    keys: Vec<(Command, Vec<Key>)>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self { keys: BINDINGS.iter().map(|one| (one.command, one.keys.to_vec())).collect() }
    }
}

impl Keymap {
    /// Returns the keys of a command, the one that hints show first.
    pub fn of(&self, command: Command) -> &[Key] {
        let found = self.keys.iter().find(|(one, _)| *one == command);
        found.map_or(&[], |(_, keys)| keys.as_slice())
    }

    /// Gives a command other keys in the place of all it had.
    pub(in crate::tui) fn put(&mut self, command: Command, keys: Vec<Key>) {
        if let Some((_, old)) = self.keys.iter_mut().find(|(one, _)| *one == command) {
            *old = keys;
        }
    }

    /// Returns the command of a key.
    pub fn command(&self, key: Key) -> Option<Command> {
        self.keys.iter().find(|(_, keys)| keys.contains(&key)).map(|(command, _)| *command)
    }

    /// Returns the key that hints show for a command.
    pub fn hint(&self, command: Command) -> String {
        self.of(command).first().map_or_else(String::new, |key| key.label())
    }

    /// Returns every key of a command: `, Left`.
    pub fn labels(&self, command: Command) -> String {
        self.of(command).iter().map(|key| key.label()).collect::<Vec<_>>().join(" ")
    }

    /// Joins hints: `, . step  g date`.
    pub fn hints(&self, list: &[(&[Command], &str)], between: &str) -> String {
        let one = |(commands, word): &(&[Command], &str)| {
            let keys: Vec<String> = commands.iter().map(|one| self.hint(*one)).collect();
            format!("{} {word}", keys.join(" "))
        };
        list.iter().map(one).collect::<Vec<_>>().join(between)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_and_no_name_is_given_twice() {
        let (map, mut keys) = (Keymap::default(), Vec::<Key>::new());
        let mut names: Vec<&str> = Vec::new();
        for one in BINDINGS {
            assert!(!one.keys.is_empty() && !one.help.is_empty(), "{}", one.name);
            assert!(!names.contains(&one.name), "{}", one.name);
            names.push(one.name);
            for key in one.keys {
                assert!(!keys.contains(key), "{key:?}");
                keys.push(*key);
                assert_eq!(map.command(*key), Some(one.command));
            }
            assert_eq!(named(one.name), Some(one.command));
        }
    }

    #[test]
    fn a_name_may_be_shortened_while_it_is_the_only_one() {
        assert_eq!(named("sig"), Some(Command::Signatures));
        assert_eq!(named("p"), None);
        assert_eq!(named("f"), None);
        assert_eq!(named("nothing"), None);
    }
}
