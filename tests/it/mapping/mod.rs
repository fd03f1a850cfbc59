//! Mappings and catalogues.

pub(crate) mod mapping_check;
pub(crate) mod mappings;
pub(crate) mod published;
pub(crate) mod schemes;
pub(crate) mod workbench;
