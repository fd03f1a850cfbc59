//! What a thing looks like: roles to attributes, and two sets of glyphs.
//!
//! Words come first, marks second, colour last: no meaning rests on a style alone. Only the
//! terminal's own colours are used, and never red beside green.

use ratatui::style::{Color, Modifier, Style};

use crate::domain::engine::status::Status;

/// Which attributes may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Palette {
    /// The terminal's own colours.
    #[default]
    Terminal,
    /// Bold and reverse only.
    HighContrast,
    /// Reverse for the selection, nothing else.
    Mono,
}

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Text.
    Plain,
    /// A title.
    Title,
    /// The selected line.
    Selected,
    /// A remark that must not be missed.
    Warning,
    /// A status word.
    Status(Status),
}

/// The characters that frames, bars and cut texts are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// Horizontal line.
    pub across: &'static str,
    /// Vertical line.
    pub down: &'static str,
    /// Corners: top left, top right, bottom left, bottom right.
    pub corners: [&'static str; 4],
    /// Five levels of the bar, none to most.
    pub levels: [&'static str; 5],
    /// Stands where text is left out.
    pub more: &'static str,
}

/// Glyphs of code page 437, which every console font has.
pub const BOX: Glyphs = Glyphs {
    across: "─",
    down: "│",
    corners: ["┌", "┐", "└", "┘"],
    levels: [" ", "░", "▒", "▓", "█"],
    more: "...",
};

/// ASCII alone.
pub const ASCII: Glyphs = Glyphs {
    across: "-",
    down: "|",
    corners: ["+", "+", "+", "+"],
    levels: [" ", ".", ":", "+", "#"],
    more: "...",
};

/// No frames at all: what a screen reader need not read out.
pub const BARE: Glyphs = Glyphs {
    across: " ",
    down: " ",
    corners: [" ", " ", " ", " "],
    levels: [" ", ".", ":", "+", "#"],
    more: "...",
};

/// Palette and glyphs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Attributes.
    pub palette: Palette,
    /// Characters.
    pub glyphs: Glyphs,
}

impl Default for Theme {
    fn default() -> Self {
        Self { palette: Palette::Terminal, glyphs: BOX }
    }
}

impl Theme {
    /// Returns the style of a role.
    pub fn style(&self, role: Role) -> Style {
        match self.palette {
            Palette::Terminal => terminal(role),
            Palette::HighContrast => high_contrast(role),
            Palette::Mono if role == Role::Selected => reversed(),
            Palette::Mono => Style::new(),
        }
    }
}

fn reversed() -> Style {
    Style::new().add_modifier(Modifier::REVERSED)
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn terminal(role: Role) -> Style {
    let of = |colour: Color| Style::new().fg(colour);
    match role {
        Role::Plain => Style::new(),
        Role::Title => bold(),
        Role::Selected => reversed(),
        Role::Warning => of(Color::Yellow),
        Role::Status(status) => match status {
            Status::Met => of(Color::Cyan),
            Status::MetByEquivalence => of(Color::Cyan).add_modifier(Modifier::UNDERLINED),
            Status::NeedsConfirming => of(Color::Yellow),
            Status::PartlySupported => of(Color::Yellow).add_modifier(Modifier::UNDERLINED),
            Status::Lapsed => of(Color::Yellow).add_modifier(Modifier::REVERSED),
            Status::NotMet => bold(),
            Status::NotApplicable | Status::NotAsked => Style::new(),
        },
    }
}

fn high_contrast(role: Role) -> Style {
    match role {
        Role::Plain | Role::Status(Status::NotApplicable | Status::NotAsked | Status::Met) => {
            Style::new()
        }
        Role::Title
        | Role::Warning
        | Role::Status(
            Status::MetByEquivalence
            | Status::NeedsConfirming
            | Status::PartlySupported
            | Status::Lapsed
            | Status::NotMet,
        ) => bold(),
        Role::Selected => reversed(),
    }
}
