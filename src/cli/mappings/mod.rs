//! Commands about mappings and what they map.

pub(in crate::cli) mod candidates;
pub(in crate::cli) mod catalogue;
pub(in crate::cli) mod mapping;
pub(in crate::cli) mod rows;
pub(in crate::cli) mod select;
pub(in crate::cli) mod workbench;
