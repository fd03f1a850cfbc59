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
mod aside;
pub mod belief;
pub mod body;
pub mod candidates;
mod causes;
pub mod chronicle;
pub mod compare;
mod contradiction;
pub mod cut;
pub mod dates;
pub mod day;
pub mod derive;
pub mod describe;
pub mod edition;
pub mod event;
pub mod explain;
pub mod explained;
mod finding_one;
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
pub mod remedy;
pub mod replay;
pub mod restate;
mod rests;
pub mod role;
pub mod rule;
pub mod said;
pub mod scheme;
pub mod spells;
pub mod standing;
mod stated;
pub mod statement;
pub mod status;
pub mod table;
pub mod text;
mod unused;
pub mod whynot;
