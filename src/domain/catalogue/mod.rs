//! What ships as data: editions, frameworks, schemes and their levels.

pub mod alias;
pub mod edition;
pub mod levels;
pub mod scheme;
