//! Reading a cue file.

use std::fmt;

/// A word of a pattern, or what stands for words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Element {
    /// One word, lower-case.
    Word(String),
    /// One of several sequences; an empty one makes the choice optional.
    Choice(Vec<Vec<Element>>),
    /// From `least` to `most` words, whatever they are.
    Any { least: u8, most: u8 },
}

/// One line of a cue file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    /// Where it stands in the file, from 1.
    pub(crate) number: usize,
    pub(crate) label: String,
    pub(crate) rule: String,
    pub(crate) confidence: f32,
    pub(crate) question: bool,
    pub(crate) opens: bool,
    pub(crate) closes: bool,
    pub(crate) pattern: Vec<Element>,
}

/// What is wrong with a cue file, and on which line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// From 1.
    pub line: usize,
    /// A sentence.
    pub what: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for ParseError {}

/// Longest gap that a pattern may have: it bounds the cost of matching.
const LONGEST_GAP: u8 = 6;
/// Deepest nesting of choices.
const DEEPEST: usize = 8;

pub(crate) fn parse(text: &str) -> Result<Vec<Line>, ParseError> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|(index, line)| {
            let number = index + 1;
            parse_line(number, line).map_err(|what| ParseError { line: number, what })
        })
        .collect()
}

fn parse_line(number: usize, line: &str) -> Result<Line, String> {
    let (name, rest) = line.trim().split_once(char::is_whitespace).ok_or("no pattern")?;
    let (label, rule) = name
        .split_once('.')
        .filter(|(label, rule)| !label.is_empty() && !rule.is_empty())
        .ok_or_else(|| format!("`{name}` is no name of a rule, as `label.rule` is"))?;
    let (confidence, rest) =
        rest.trim_start().split_once(char::is_whitespace).ok_or("no pattern")?;
    let confidence = confidence
        .parse()
        .ok()
        .filter(|value| (0.0..=1.0).contains(value))
        .ok_or_else(|| format!("`{confidence}` is no confidence between 0 and 1"))?;
    let rest = rest.trim_start();
    let (question, rest) = match rest.strip_prefix("? ") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (opens, rest) = match rest.strip_prefix("^ ") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let (closes, rest) = match rest.strip_suffix(" $") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let mut parser = Parser { rest, depth: 0 };
    let pattern = parser.sequence()?;
    if !parser.rest.is_empty() {
        return Err(format!("`{}` follows the end of the pattern", parser.rest));
    }
    if !matches!(pattern.first(), Some(Element::Word(_) | Element::Choice(_))) {
        return Err("a pattern starts with a word".to_owned());
    }
    Ok(Line {
        number,
        label: label.to_owned(),
        rule: rule.to_owned(),
        confidence,
        question,
        opens,
        closes,
        pattern,
    })
}

struct Parser<'a> {
    rest: &'a str,
    /// Choices that are open.
    depth: usize,
}

impl Parser<'_> {
    /// Up to `|`, `)` or the end.
    fn sequence(&mut self) -> Result<Vec<Element>, String> {
        let mut elements = Vec::new();
        loop {
            self.rest = self.rest.trim_start();
            let Some(first) = self.rest.chars().next() else { return Ok(elements) };
            let element = match first {
                '|' | ')' => return Ok(elements),
                '(' => self.choice()?,
                '*' => self.gap()?,
                _ => {
                    let word = self.word()?;
                    let (stem, clitic) = split_clitic(&word);
                    if let Some(clitic) = clitic {
                        elements.push(Element::Word(stem.to_owned()));
                        Element::Word(clitic.to_owned())
                    } else {
                        Element::Word(word)
                    }
                }
            };
            elements.push(match (element, self.rest.strip_prefix('?')) {
                (element, Some(rest)) => {
                    self.rest = rest;
                    Element::Choice(vec![vec![element], Vec::new()])
                }
                (element, None) => element,
            });
        }
    }

    fn choice(&mut self) -> Result<Element, String> {
        if self.depth == DEEPEST {
            return Err(format!("choices within choices; at most {DEEPEST} deep"));
        }
        self.depth += 1;
        self.rest = &self.rest[1..];
        let mut options = vec![self.sequence()?];
        while let Some(rest) = self.rest.strip_prefix('|') {
            self.rest = rest;
            options.push(self.sequence()?);
        }
        self.rest = self.rest.strip_prefix(')').ok_or("a `(` is never closed")?;
        self.depth -= 1;
        Ok(Element::Choice(options))
    }

    fn gap(&mut self) -> Result<Element, String> {
        self.rest = &self.rest[1..];
        let digits =
            self.rest.len() - self.rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        if number.is_empty() {
            return Ok(Element::Any { least: 1, most: 1 });
        }
        match number.parse() {
            Ok(most) if most <= LONGEST_GAP => Ok(Element::Any { least: 0, most }),
            _ => Err(format!("a gap of `{number}` words; at most {LONGEST_GAP}")),
        }
    }

    fn word(&mut self) -> Result<String, String> {
        let end = self
            .rest
            .find(|c: char| c.is_whitespace() || "()|*?".contains(c))
            .unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        let ok = word.chars().all(|c| c.is_alphanumeric() || c == '\'');
        if word.is_empty() || !ok {
            return Err(format!("`{word}` is no word: letters, digits and `'` only"));
        }
        Ok(word.to_lowercase())
    }
}

/// Shortened words that count as words of their own: "what's" is "what" and "'s".
const CLITICS: &[&str] = &["'s", "'d", "'ll", "'ve", "'re", "'m"];

/// A lower-case word without its clitic, and the clitic.
pub(crate) fn split_clitic(word: &str) -> (&str, Option<&str>) {
    let Some(at) = word.rfind('\'').filter(|at| *at > 0) else { return (word, None) };
    let (stem, clitic) = word.split_at(at);
    if CLITICS.contains(&clitic) { (stem, Some(clitic)) } else { (word, None) }
}
