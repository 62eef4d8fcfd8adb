//! A call as the heads read it: turns with their words, sentences and signs, and the
//! texts whose meaning they want to know.

use std::collections::HashMap;

use rehearsal_cues::Scan;

use crate::signs::{self, Signs};
use crate::text::{self, Stem};

/// Turns before a turn that are looked back to: more than calls have, few enough that a
/// record of thousands of turns is read in time that grows with its length alone.
pub(crate) const REMEMBERED: usize = 256;

/// One turn, as whoever calls has it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// What was said.
    pub text: &'a str,
    /// Who says it; equal for turns of one person.
    pub speaker: u32,
    /// Whether that is the side that sells.
    pub seller: bool,
}

/// A call, read.
pub struct Reading {
    pub(crate) turns: Vec<Turn>,
    /// Whether any letter is a capital: speech recognition may give none.
    pub(crate) cased: bool,
    texts: Vec<String>,
}

/// One turn, read. Numbers of texts index [`Reading::texts`].
pub(crate) struct Turn {
    pub(crate) text: String,
    pub(crate) speaker: u32,
    pub(crate) seller: bool,
    pub(crate) tokens: Vec<String>,
    pub(crate) hashes: Vec<u32>,
    pub(crate) content: Vec<Stem>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) signs: Signs,
    /// Signs of the last segment.
    pub(crate) last_signs: Signs,
    /// Number of the turn's text.
    pub(crate) whole: usize,
    /// Number of the text of the former turn's end and this turn.
    pub(crate) pair: usize,
}

/// A sentence.
pub(crate) struct Segment {
    /// Number of its text.
    pub(crate) number: usize,
    pub(crate) tokens: Vec<String>,
    pub(crate) content: Vec<Stem>,
    pub(crate) asks: bool,
}

impl Reading {
    /// Reads a call.
    #[must_use]
    pub fn new(lines: &[Line<'_>]) -> Self {
        let mut texts = Texts::default();
        let mut scan = Scan::default();
        let mut turns: Vec<Turn> = Vec::with_capacity(lines.len());
        for line in lines {
            let former = turns.last().map_or("", |turn| turn.text.as_str());
            let pair = texts.number(&text::pair(former, line.text));
            let segments: Vec<Segment> = text::segments(line.text)
                .into_iter()
                .map(|sentence| segment(&sentence, &mut texts))
                .collect();
            let tokens = text::tokens(line.text);
            let last = segments.last().map_or("", |segment| &texts.list[segment.number]);
            turns.push(Turn {
                speaker: line.speaker,
                seller: line.seller,
                hashes: tokens.iter().map(|token| text::hash(token.bytes())).collect(),
                content: text::content(&tokens),
                signs: signs::count(&mut scan, line.text),
                last_signs: signs::count(&mut scan, last),
                whole: texts.number(line.text),
                pair,
                segments,
                tokens,
                text: line.text.to_owned(),
            });
        }
        let cased = lines.iter().any(|line| line.text.contains(char::is_uppercase));
        Self { turns, cased, texts: texts.list }
    }

    /// Texts to be embedded, each once, in this order.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.texts
    }

    /// Whether each turn is the selling side's, in order.
    pub fn sides(&self) -> impl Iterator<Item = bool> + '_ {
        self.turns.iter().map(|turn| turn.seller)
    }

    /// How many turns there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.turns.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.turns.is_empty()
    }
}

fn segment(sentence: &str, texts: &mut Texts) -> Segment {
    let tokens = text::tokens(sentence);
    Segment {
        number: texts.number(sentence),
        content: text::content(&tokens),
        asks: text::asks(sentence),
        tokens,
    }
}

/// Texts by number.
#[derive(Default)]
struct Texts {
    list: Vec<String>,
    numbers: HashMap<String, usize>,
}

impl Texts {
    fn number(&mut self, text: &str) -> usize {
        if let Some(number) = self.numbers.get(text) {
            return *number;
        }
        let number = self.list.len();
        self.list.push(text.to_owned());
        self.numbers.insert(text.to_owned(), number);
        number
    }
}
