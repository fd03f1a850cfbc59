//! What the pages say and how the code is laid out.

pub(crate) mod architecture;
#[cfg(unix)]
pub(crate) mod auditor;
pub(crate) mod examples;
pub(crate) mod left_out;
pub(crate) mod module_graph;
pub(crate) mod picture;
pub(crate) mod readme;
