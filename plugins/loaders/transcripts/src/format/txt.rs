//! Plain text: `Name: text`, `[00:12] Name: text`, `Name (00:12): text`, and Otter's
//! `Name  0:12` above what is said.

use rehearsal_sdk::prelude::Result;

use super::timing_line::{is_name, name_and_text};
use super::{Parsed, Read, Utterance};
use crate::lines::Lines;
use crate::time;

pub(super) struct Text;

/// What exporters put under a transcript; Whisper makes it up, too.
const FOOTER: &str = "transcribed by https://otter.ai";

impl Read for Text {
    fn read(&self, lines: &mut Lines<'_>) -> Result<Parsed> {
        let mut parsed = Parsed::default();
        let mut after_blank = false;
        while let Some(line) = lines.next_line()? {
            let text = line.text.trim();
            if text.is_empty() {
                after_blank = true;
                continue;
            }
            if text.to_lowercase().starts_with(FOOTER) {
                continue;
            }
            let new_paragraph = std::mem::take(&mut after_blank);
            match opening(text) {
                Some(opening) => parsed.utterances.push(Utterance { line: line.number, ..opening }),
                None => match parsed.utterances.last_mut() {
                    // A line that opens nothing goes on with what was said.
                    Some(last) if last.speaker.is_some() || !new_paragraph => {
                        if !last.text.is_empty() {
                            last.text.push(' ');
                        }
                        last.text.push_str(text);
                    }
                    _ => parsed.utterances.push(Utterance {
                        line: line.number,
                        text: text.to_owned(),
                        ..Utterance::default()
                    }),
                },
            }
        }
        Ok(parsed)
    }
}

/// An utterance that a line opens, if it does.
fn opening(line: &str) -> Option<Utterance> {
    let (start, rest) = match bracketed_time(line) {
        Some((start, rest)) => (Some(start), rest),
        None => (None, line),
    };
    let utterance = |speaker: &str, start_ms: Option<u32>, text: &str| Utterance {
        speaker: Some(speaker.to_owned()),
        start_ms,
        text: text.to_owned(),
        ..Utterance::default()
    };
    if let Some((name, start, text)) = name_with_time(rest) {
        return Some(utterance(name, Some(start), text));
    }
    if let Some((name, start)) = otter(line) {
        return Some(utterance(name, Some(start), ""));
    }
    if let Some((name, text)) = name_and_text(rest) {
        return Some(utterance(name, start, text));
    }
    // `[00:12] text` without a name.
    start.map(|start| Utterance {
        start_ms: Some(start),
        text: rest.to_owned(),
        ..Utterance::default()
    })
}

/// `[00:12] rest`, `(00:12) rest` or `00:12 - rest`.
fn bracketed_time(line: &str) -> Option<(u32, &str)> {
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some((inside, rest)) =
            line.strip_prefix(open).and_then(|line| line.split_once(close))
        {
            return Some((time::parse(inside)?, rest.trim_start_matches([' ', '\t', '-', ':'])));
        }
    }
    let (first, rest) = line.split_once(char::is_whitespace)?;
    Some((time::parse(first)?, rest.trim_start_matches([' ', '\t', '-', '–'])))
}

/// `Name (00:12): text` or `Name [00:12]: text`.
fn name_with_time(line: &str) -> Option<(&str, u32, &str)> {
    for (open, close) in [('(', ')'), ('[', ']')] {
        if let Some((name, rest)) = line.split_once(open)
            && let Some((inside, rest)) = rest.split_once(close)
            && let Some(start) = time::parse(inside)
            && is_name(name)
        {
            let rest = rest.trim_start();
            return Some((name.trim(), start, rest.strip_prefix(':').unwrap_or(rest).trim()));
        }
    }
    None
}

/// `Name  0:12`, at least two spaces or a tab between.
fn otter(line: &str) -> Option<(&str, u32)> {
    let (name, clock) = line.rsplit_once(char::is_whitespace)?;
    let start = time::parse(clock)?;
    let apart = name.ends_with([' ', '\t']) || line.contains('\t');
    (apart && is_name(name)).then(|| (name.trim(), start))
}
