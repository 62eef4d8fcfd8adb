//! Matching the words of a turn.

use std::ops::Range;

use crate::Cues;
use crate::automaton::hash;
use crate::pattern::split_clitic;

/// A cue that stands in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// Index into [`Cues::cues`].
    pub cue: usize,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// Reads texts word by word; keeps its buffers from text to text.
#[derive(Debug, Default)]
pub struct Scan {
    tokens: Vec<Token>,
    lower: String,
}

#[derive(Debug, Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
    /// Index into [`Cues::words`].
    word: Option<u16>,
    quoted: bool,
    negates: bool,
    /// One past the last token of its sentence, and whether that asks.
    sentence: (usize, bool),
    first_of_sentence: bool,
}

/// Words before a match that turn it round: "I won't ask what happens if …".
const NEGATION_REACH: usize = 4;

impl Scan {
    /// All matches in order of their start, the longest of a cue where several end; none
    /// that is quoted, negated, or not a question where the cue wants one.
    pub fn find(&mut self, cues: &Cues, text: &str) -> Vec<Match> {
        self.read(cues, text);
        self.matches(cues, |scan, first| !scan.tokens[first].quoted && !scan.is_negated(first))
    }

    /// As [`Scan::find`], with what is quoted or negated.
    pub fn find_all(&mut self, cues: &Cues, text: &str) -> Vec<Match> {
        self.read(cues, text);
        self.matches(cues, |_, _| true)
    }

    /// Matches of the text last read that start where `may_start` says.
    fn matches(&self, cues: &Cues, may_start: impl Fn(&Self, usize) -> bool) -> Vec<Match> {
        let mut found = Vec::new();
        for (first, token) in self.tokens.iter().enumerate() {
            let Some(word) = token.word else { continue };
            let starts = cues.starting(word);
            if starts.is_empty() || !may_start(self, first) {
                continue;
            }
            let sentence = &self.tokens[first..token.sentence.0];
            found.extend(starts.iter().filter_map(|start| {
                let index = usize::from(start.cue);
                let cue = &cues.cues[index];
                let fits =
                    (token.sentence.1 || !cue.question) && (token.first_of_sentence || !cue.opens);
                let last = fits.then(|| longest(cues, start.state, sentence, cue.closes))??;
                Some(Match { cue: index, range: token.start..last.end })
            }));
        }
        found
    }

    /// Words of the text last read.
    #[must_use]
    pub fn words(&self) -> usize {
        self.tokens.len()
    }

    /// How many sentences of the text last read are questions.
    #[must_use]
    pub fn questions(&self) -> usize {
        self.tokens.iter().filter(|token| token.first_of_sentence && token.sentence.1).count()
    }

    fn is_negated(&self, first: usize) -> bool {
        if self.tokens[first].first_of_sentence {
            return false;
        }
        let before = self.tokens[..first].iter().rev().take(NEGATION_REACH);
        for token in before {
            if token.negates {
                return true;
            }
            if token.first_of_sentence {
                return false;
            }
        }
        false
    }

    /// Cuts a text into words and sentences.
    fn read(&mut self, cues: &Cues, text: &str) {
        self.tokens.clear();
        let punctuated = text.bytes().any(|byte| matches!(byte, b'.' | b'?' | b'!'));
        let quotes_pair = text.bytes().filter(|byte| *byte == b'"').count().is_multiple_of(2);
        let (mut quoted, mut sentence, mut at) = (false, 0, 0);
        while let Some(&byte) = text.as_bytes().get(at) {
            // Nearly all there is: words of ASCII and what is between them.
            if byte == b' ' {
                at += 1;
                continue;
            }
            let Some(c) = text[at..].chars().next() else { break };
            let start = at;
            at += c.len_utf8();
            match c {
                '"' if quotes_pair => quoted = !quoted,
                '\u{201c}' => quoted = true,
                '\u{201d}' => quoted = false,
                '.' | '!' | '?' | '\u{2026}' | '\n' => {
                    self.close_sentence(sentence, c == '?' || !punctuated);
                    sentence = self.tokens.len();
                }
                c if c.is_alphanumeric() => {
                    at = word_end(text, at);
                    self.push(cues, text, start..at, quoted, sentence);
                }
                _ => {}
            }
        }
        self.close_sentence(sentence, !punctuated);
    }

    /// Adds a word, or two where a clitic hangs on it.
    fn push(
        &mut self,
        cues: &Cues,
        text: &str,
        range: Range<usize>,
        quoted: bool,
        sentence: usize,
    ) {
        self.lower.clear();
        let word = &text[range.clone()];
        if word.is_ascii() {
            self.lower.push_str(word);
            self.lower.make_ascii_lowercase();
        } else {
            for c in word.chars() {
                if is_apostrophe(c) {
                    self.lower.push('\'');
                } else {
                    self.lower.extend(c.to_lowercase());
                }
            }
        }
        let (stem, clitic) = split_clitic(&self.lower);
        let first_of_sentence = self.tokens.len() == sentence;
        // "Don't you …" and "why don't you …" ask all the same.
        let after_why = self
            .tokens
            .last()
            .is_some_and(|before| text[before.start..before.end].eq_ignore_ascii_case("why"));
        let negates = !(first_of_sentence || after_why)
            && (matches!(stem, "not" | "never" | "without" | "cannot") || stem.ends_with("n't"));
        // A clitic is ASCII but for its apostrophe, whatever the case.
        let border = clitic.and_then(|clitic| {
            let letters = range.end - (clitic.len() - 1);
            let apostrophe = text[..letters].chars().next_back()?;
            Some((letters - apostrophe.len_utf8(), clitic))
        });
        let token = |range: Range<usize>, word: &str| Token {
            start: range.start,
            end: range.end,
            word: cues.word(word, hash(word.bytes())),
            quoted,
            negates: false,
            sentence: (0, false),
            first_of_sentence: false,
        };
        let stem_end = border.map_or(range.end, |(border, _)| border);
        let first = Token { negates, first_of_sentence, ..token(range.start..stem_end, stem) };
        let second = border.map(|(border, clitic)| token(border..range.end, clitic));
        self.tokens.push(first);
        self.tokens.extend(second);
    }

    fn close_sentence(&mut self, first: usize, asks: bool) {
        let end = self.tokens.len();
        for token in &mut self.tokens[first..] {
            token.sentence = (end, asks);
        }
    }
}

/// Where a word ends that goes on at `at`.
fn word_end(text: &str, mut at: usize) -> usize {
    loop {
        while text.as_bytes().get(at).is_some_and(u8::is_ascii_alphanumeric) {
            at += 1;
        }
        let Some(c) = text[at..].chars().next() else { return at };
        let next = at + c.len_utf8();
        let inside = match c {
            ' ' => false,
            // "2.5" is one word.
            '.' => {
                let digit = |c: char| c.is_ascii_digit();
                text[..at].ends_with(digit) && text[next..].starts_with(digit)
            }
            c if is_apostrophe(c) => text[next..].starts_with(char::is_alphanumeric),
            c => c.is_alphanumeric(),
        };
        if !inside {
            return at;
        }
        at = next;
    }
}

/// The last word of a cue's longest match, from the state after its first word; of those
/// that end the sentence if it `closes`.
fn longest<'t>(
    cues: &Cues,
    mut state: u16,
    sentence: &'t [Token],
    closes: bool,
) -> Option<&'t Token> {
    let mut longest = None;
    for (index, token) in sentence.iter().enumerate() {
        if index > 0 {
            state = cues.step(state, token.word);
        }
        if state == Cues::DEAD {
            break;
        }
        if cues.accepts(state) && (!closes || index + 1 == sentence.len()) {
            longest = Some(token);
        }
    }
    longest
}

fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}')
}
