//! What the extractors take talk for: [`words`], [`sentences`], content words by their
//! stems ([`Lexicon`]), back-channels ([`is_backchannel`]) and questions ([`question`]).
//! English; word lists are data files beside the code.

mod backchannel;
mod cut;
mod lexicon;
mod question;
mod words;

pub use backchannel::{backchannel_words, is_backchannel};
pub use cut::{Cut, cut_off};
pub use lexicon::{Lexicon, Stem};
pub use question::{Question, question};
pub use words::{Word, sentences, words};

/// Lines of a word list: words apart by white space, `#` begins a comment.
pub fn listed(file: &str) -> impl Iterator<Item = &str> {
    file.lines().filter(|line| !line.starts_with('#')).flat_map(str::split_whitespace)
}
