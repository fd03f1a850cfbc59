//! What ships as data: editions, frameworks, schemes and their levels.

pub mod edition;
pub mod levels;
pub mod scheme;
