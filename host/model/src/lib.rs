//! Domain types: what a call is, what was found in it, what is learned from it.
//!
//! No I/O and no policy. The shapes are those of `wit/types.wit`; the sandbox
//! translates between the two. All times are milliseconds from the start of the
//! recording, all text spans are byte ranges into [`Conversation::text`].

mod annotation;
pub mod benchmark;
mod conversation;
mod digest;
mod example;
mod verdict;

pub use annotation::{Annotation, Label, Scope, Tier, Value};
pub use conversation::{Conversation, Participant, Role, Span, StructureError, Timing, Turn, Word};
pub use digest::{ConversationId, Digest, Hasher, ParseIdError};
pub use example::{Body, Example, ExampleId, Message, Speaker};
pub use verdict::{Finding, Metric, Report, Verdict};
