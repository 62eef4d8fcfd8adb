//! Tier one of labels: phrases ("cues") that tell what a turn does.
//!
//! A cue file is data, made to be read and mended by people:
//!
//! ```text
//! # rule                  confidence  pattern
//! consequence.nothing     0.75 ?      what (happens|would happen) if (nothing|you don't)
//! ```
//!
//! `label.rule`, then how often such a match is right, then `?` if the sentence has to be
//! a question, then words. `(a|b c)` is a choice, a trailing `?` makes a word or a choice
//! optional, `*` is any one word and `*3` are at most three. `^` before the first word
//! wants the beginning of a sentence, `$` after the last one its end. Case and the shape
//! of the apostrophe don't count; a match never crosses the end of a sentence.
//!
//! Every cue becomes a small automaton over words, found by the first word of a match, so
//! that a text is matched in one pass and words that start no cue cost next to nothing;
//! bounded gaps bound the rest. A build script compiles a file with [`build::compile`],
//! so that a fresh plugin instance starts with finished tables; cues of a pipeline are
//! compiled when it starts, and a [`Finder`] asks both.

mod automaton;
pub mod build;
mod finder;
mod pattern;
mod scan;
mod source;

pub use automaton::{Cue, Cues, Edge, Start, State};
pub use finder::{Finder, Hit};
pub use pattern::ParseError;
pub use scan::{Match, Scan};
