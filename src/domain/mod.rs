//! What the facts mean: pure values in, values out.
//!
//! Words in `refs`, `day`, `role`; facts in `event`, whether they may follow in `admit`; catalogues
//! in `table`, `edition`, `mapping`; the engine in `region`, `rule`, `proof`; answers in `replay`,
//! `derive`, `status`, `standing`, `explain`, `compare`; what is given out in `statement`,
//! `restate`; words about events in `describe`, `text`. No file, clock, environment, SQL, terminal
//! or key.

pub mod admit;
pub mod again;
pub mod anchor;
pub mod belief;
pub mod body;
pub mod candidates;
pub mod chronicle;
pub mod compare;
mod contradiction;
pub mod dates;
pub mod day;
pub mod derive;
pub mod describe;
pub mod edition;
pub mod event;
pub mod explain;
pub mod explained;
pub mod grounds;
mod ids;
pub mod levels;
pub mod lint;
pub mod lookalike;
pub mod mapping;
mod names;
pub mod proof;
pub mod refs;
pub mod region;
pub mod remark;
pub mod replay;
pub mod restate;
pub mod role;
pub mod rule;
pub mod said;
pub mod scheme;
pub mod standing;
mod stated;
pub mod statement;
pub mod status;
pub mod table;
pub mod text;
pub mod whynot;
