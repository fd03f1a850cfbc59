//! What things are called in explanations.

use crate::domain::engine::rule::Atom;
use crate::domain::ids::level::Level;

/// An atom as people name it.
pub fn atom_name(atom: &Atom) -> String {
    match atom {
        Atom::Certificate(scheme) => format!("{} {} certificate", scheme.article(), scheme.label()),
        Atom::Control(control, Level::Met) => control.to_string(),
        Atom::Control(control, level) => format!("{control} {}", level.as_str()),
        Atom::Item(item) => item.to_string(),
    }
}
