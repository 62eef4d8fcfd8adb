//! SubRip: a number, a line of times, lines of text, an empty line.

use rehearsal_dialogue::{Lines, Parsed, Utterance, grammar, unescape, without_tags};
use rehearsal_sdk::prelude::Result;

use super::timing_line;

/// Reads a file to its end.
pub(super) fn read(lines: &mut Lines<'_>) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut block = Vec::new();
    loop {
        let line = lines.next_line()?;
        match &line {
            Some(line) if !line.text.trim().is_empty() => {
                block.push((line.number, line.text.clone()));
            }
            _ => read_block(&std::mem::take(&mut block), &mut parsed),
        }
        if line.is_none() {
            return Ok(parsed);
        }
    }
}

fn read_block(block: &[(u32, String)], parsed: &mut Parsed) {
    let Some(arrow) = block.iter().take(2).position(|(_, text)| text.contains("-->")) else {
        if let Some((number, _)) = block.first() {
            parsed.problem(*number, "a cue without a line `00:00:01,000 --> 00:00:02,000`");
        }
        return;
    };
    let (number, times) = &block[arrow];
    let (start, end) = match timing_line::parse(times) {
        Ok(times) => times,
        Err(what) => return parsed.problem(*number, what),
    };
    let text =
        block[arrow + 1..].iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ");
    let text = unescape(&without_tags(&text));
    let (speaker, text) = match grammar::name_and_text(&text) {
        Some((name, text)) => (Some(name.to_owned()), text.to_owned()),
        None => (None, text),
    };
    parsed.utterances.push(Utterance {
        line: *number,
        speaker,
        text,
        start_ms: Some(start),
        end_ms: Some(end),
        ..Utterance::default()
    });
}
