//! What the quality validators share: looks at one text ([`text`]), and counts that merge
//! in any order and grouping ([`Tally`]).

mod checks;
mod tally;
pub mod text;

pub use checks::{Checks, Outcome, shares};
pub use tally::Tally;
