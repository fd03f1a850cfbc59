//! What the facts mean: pure values in, values out.
//!
//! Words in `refs`, `day`, `role`; facts in `event`, whether they may follow in `admit`; catalogues
//! in `table`, `edition`, `mapping`; the engine in `region`, `rule`, `proof`; answers in `replay`,
//! `derive`, `status`, `standing`, `explain`, `compare`; what is given out in `statement`,
//! `restate`; words about events in `describe`, `text`. No file, clock, environment, SQL, terminal
//! or key.

pub mod authority;
pub mod belief;
pub mod catalogue;
pub mod csv;
pub mod date;
pub mod date_parse;
pub mod engine;
pub mod event;
pub mod explain;
pub mod ids;
pub mod mapping;
pub mod sanitize;
pub mod state;
pub mod statement;
