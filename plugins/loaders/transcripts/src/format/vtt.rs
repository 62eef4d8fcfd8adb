//! WebVTT: as Teams (`<v Name>`), Zoom (`Name: text`) and others write it.

use rehearsal_dialogue::{Line, Lines, Parsed, Utterance, grammar, unescape, without_tags};
use rehearsal_sdk::prelude::Result;

use super::timing_line;

/// Reads a file to its end.
pub(super) fn read(lines: &mut Lines<'_>) -> Result<Parsed> {
    let signature = lines.next_line()?.is_some_and(|line| {
        let rest = line.text.strip_prefix("WEBVTT");
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
    });
    if !signature {
        return Err(lines.broken("the first line of a WebVTT file is `WEBVTT`"));
    }
    let mut parsed = Parsed::default();
    let mut block: Vec<Line> = Vec::new();
    // What follows the signature up to an empty line is its header.
    let mut header = true;
    loop {
        let line = lines.next_line()?;
        match line {
            Some(line) if !line.text.trim().is_empty() => {
                header &= !line.text.contains("-->");
                block.push(line);
                continue;
            }
            _ => {}
        }
        let done = line.is_none();
        let block = std::mem::take(&mut block);
        if !std::mem::replace(&mut header, false) {
            read_block(&block, &mut parsed);
        }
        if done {
            return Ok(parsed);
        }
    }
}

fn read_block(block: &[Line], parsed: &mut Parsed) {
    let Some(first) = block.first() else { return };
    let keyword = first.text.split_whitespace().next().unwrap_or_default();
    let Some(arrow) = block.iter().take(2).position(|line| line.text.contains("-->")) else {
        if !matches!(keyword, "NOTE" | "STYLE" | "REGION") {
            parsed.problem(first.number, "a cue without a line `00:01.000 --> 00:02.000`");
        }
        return;
    };
    let (start, end) = match timing_line::parse(&block[arrow].text) {
        Ok(times) => times,
        Err(what) => return parsed.problem(block[arrow].number, what),
    };
    let line = block[arrow].number;
    let text =
        block[arrow + 1..].iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    for (speaker, text) in voices(&text) {
        let text = unescape(&without_tags(text)).replace('\n', " ");
        let (speaker, text) = match (speaker, grammar::name_and_text(&text)) {
            (Some(speaker), _) => (Some(speaker), text.clone()),
            (None, Some((name, text))) => (Some(name.to_owned()), text.to_owned()),
            (None, None) => (None, text.clone()),
        };
        let times = (Some(start), Some(end));
        parsed.utterances.push(Utterance {
            line,
            speaker,
            text,
            start_ms: times.0,
            end_ms: times.1,
            ..Utterance::default()
        });
    }
}

/// Parts of a cue's text by `<v Name>`; a tag may span lines.
fn voices(text: &str) -> Vec<(Option<String>, &str)> {
    let mut parts = Vec::new();
    let (mut speaker, mut rest) = (None, text);
    loop {
        let (said, after) = match find_voice(rest) {
            Some((start, name, end)) => (&rest[..start], Some((name, &rest[end..]))),
            None => (rest, None),
        };
        if !said.trim().is_empty() {
            parts.push((speaker.take(), said));
        }
        match after {
            Some((name, after)) => {
                speaker = Some(name);
                rest = after;
            }
            None => return parts,
        }
    }
}

/// Longest voice tag that is believed: looking further would be quadratic.
const LONGEST_TAG: usize = 1_000;

/// The next voice tag: where it starts, whom it names, where it ends.
fn find_voice(text: &str) -> Option<(usize, String, usize)> {
    let mut from = 0;
    loop {
        let start = from + text[from..].find("<v")?;
        let tag = &text[start + 2..];
        // `<v.loud Name>` has classes before the name.
        let Some(close) = tag.bytes().take(LONGEST_TAG).position(|byte| byte == b'>') else {
            from = start + 2;
            continue;
        };
        let inside = &tag[..close];
        if let Some((classes, name)) = inside.split_once(char::is_whitespace)
            && (classes.is_empty() || classes.starts_with('.'))
        {
            let name = unescape(name);
            return Some((
                start,
                name.split_whitespace().collect::<Vec<_>>().join(" "),
                start + 2 + close + 1,
            ));
        }
        from = start + 2;
    }
}
