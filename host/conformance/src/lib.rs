//! Holds a plugin to what the contract promises about it, from outside: the same sandbox,
//! the same limits, calls that no plugin expects.
//!
//! ```text
//! component ─► describe ─► laws of its world ─► own fixtures ─► costs
//!                          calls ─ alone, together, in another order, twice, with other
//!                          chance, hostile; partials ─ in any order and grouping;
//!                          sources ─ from every page and every chunk
//! ```
//!
//! Every check says what it looked at and, where it fails, what was seen and on what
//! input; one that cannot be made says why.

mod calls;
mod cost;
mod described;
mod fixtures;
mod grants;
mod laws;
mod report;
mod run;
mod tested;

pub use cost::Cost;
pub use fixtures::FixtureError;
pub use grants::{GrantError, Options};
pub use report::{Check, Outcome, Report};
pub use run::{cost_of, examine};
