//! What ships as data: editions, frameworks, schemes and their levels.

pub mod alias;
pub mod edition;
pub mod known_frameworks;
pub mod levels;
pub mod revision_diff;
pub mod scheme;
