//! What loaders of written calls share.
//!
//! ```text
//! blob ─► Lines, Elements, Archive     bounded pieces, each with its place
//!              │
//!              ▼ a format's own module
//!         Parsed { utterances, problems, about }
//!              │
//!              ▼ assemble
//!         Conversation                 clean text, turns, words, sides
//! ```
//!
//! Nothing here holds a whole file in memory unless its caller bounded it, and no byte
//! of a file makes it panic.

mod archive;
mod assemble;
mod card;
mod clean;
mod cursor;
pub mod docx;
mod elements;
pub mod grammar;
pub mod json;
mod lines;
mod roles;
pub mod time;
mod utterance;

pub use archive::{Archive, Member};
pub use assemble::{assemble, with_defaults};
pub use card::Card;
pub use clean::{clean, unescape, without_tags};
pub use cursor::Cursor;
pub use elements::Elements;
pub use lines::{Line, Lines, RawLine};
pub use roles::{Sides, side_of_prefix};
pub use utterance::{Parsed, Problem, TimedWord, Utterance};
