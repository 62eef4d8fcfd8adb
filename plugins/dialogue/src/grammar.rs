//! The grammar of plain text with speakers: `Name: text`, `[00:12] Name: text`,
//! `Name (00:12): text`, Otter's `Name  0:12` above what is said, and labels in the
//! middle of a line: `[SELLER_A] … [PROSPECT_A] …`, `Agent: … Customer: …`.

use rehearsal_sdk::prelude::Result;

use crate::{Lines, Parsed, Utterance, side_of_prefix, time};

/// What exporters put under a transcript; Whisper makes it up, too.
const FOOTER: &str = "transcribed by https://otter.ai";

/// Reads a text to its end.
///
/// # Errors
/// The file cannot be read or is no text.
pub fn read(lines: &mut Lines<'_>) -> Result<Parsed> {
    let mut parsed = Parsed::default();
    let mut after_blank = false;
    while let Some(line) = lines.next_line()? {
        let text = line.text.trim();
        if text.is_empty() {
            after_blank = true;
            continue;
        }
        let is_footer =
            text.get(..FOOTER.len()).is_some_and(|head| head.eq_ignore_ascii_case(FOOTER));
        if is_footer {
            continue;
        }
        let new_paragraph = std::mem::take(&mut after_blank);
        let several = labelled(text);
        if !several.is_empty() {
            parsed.utterances.extend(several.into_iter().map(|(speaker, text)| Utterance {
                line: line.number,
                speaker: Some(speaker.to_owned()),
                text: text.to_owned(),
                ..Utterance::default()
            }));
            continue;
        }
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

/// What is said behind the labels of a line that has `[SELLER_A]`-like labels, or
/// several `Agent:`-like ones; empty for other lines. Only labels that name a side
/// count: anything else with a colon can be a sentence.
#[must_use]
pub fn labelled(line: &str) -> Vec<(&str, &str)> {
    let brackets = line.match_indices('[').filter_map(|(open, _)| {
        let inside = &line[open + 1..];
        let close = inside.bytes().take(40).position(|byte| byte == b']')?;
        let label = &inside[..close];
        side_of_prefix(label).map(|_| (open, label, open + close + 2))
    });
    let labels: Vec<_> = brackets.collect();
    let labels = match labels.first() {
        Some(&(start, ..)) if line[..start].trim().is_empty() => labels,
        _ => {
            let colons: Vec<_> = line
                .match_indices(':')
                .filter_map(|(colon, _)| before_colon(line, colon))
                .collect();
            match *colons {
                [(start, ..), _, ..] if line[..start].trim().is_empty() => colons,
                _ => return Vec::new(),
            }
        }
    };
    let ends = labels.iter().skip(1).map(|(start, ..)| *start).chain([line.len()]);
    labels.iter().zip(ends).map(|(&(_, label, from), to)| (label, line[from..to].trim())).collect()
}

/// The capitalised side in front of a colon, of one or two words: where it starts, the
/// label, where what is said begins.
fn before_colon(line: &str, colon: usize) -> Option<(usize, &str, usize)> {
    if !line[colon + 1..].starts_with(char::is_whitespace) {
        return None;
    }
    let head = &line[..colon];
    let mut starts = head.rmatch_indices(char::is_whitespace).map(|(at, gap)| at + gap.len());
    let (one, two) = (starts.next().unwrap_or(0), starts.next().unwrap_or(0));
    [two, one].into_iter().find_map(|start| {
        let label = &head[start..];
        let fits = label.len() <= 40 && label.starts_with(char::is_uppercase);
        (fits && side_of_prefix(label).is_some()).then_some((start, label, colon + 1))
    })
}

/// Splits `Name: text`, where the part before the colon can be a name.
#[must_use]
pub fn name_and_text(line: &str) -> Option<(&str, &str)> {
    let (name, text) = line.split_once(':')?;
    let next = text.chars().next();
    let apart = next.is_none_or(char::is_whitespace);
    (apart && is_name(name)).then(|| (name.trim(), text.trim()))
}

/// Whether a text can be somebody's name or side: a few capitalised words, no sentence.
#[must_use]
pub fn is_name(text: &str) -> bool {
    let text = text.trim();
    let words = text.split_whitespace().count();
    let fits = (1..=6).contains(&words) && text.chars().count() <= 60;
    let name =
        || text.chars().any(char::is_alphabetic) && text.split_whitespace().all(is_part_of_name);
    fits && (side_of_prefix(text).is_some() || name())
}

/// `Dana`, `O'Neil-Fox`, `Dr.`, `van`, `(Acme`, `Inc.)`, `2`, `|`.
fn is_part_of_name(word: &str) -> bool {
    const PARTICLES: &[&str] = &[
        "de", "da", "di", "del", "der", "den", "van", "von", "la", "le", "bin", "al", "of", "and",
        "the",
    ];
    let bare = word.trim_matches(|c: char| "()[]".contains(c)).trim_end_matches(['.', ',']);
    let letters = bare.chars().all(|c| c.is_alphanumeric() || "-'\u{2019}&_.@#/|+".contains(c));
    let cased = !bare.starts_with(char::is_lowercase) || PARTICLES.contains(&bare);
    // "Dr." and "J." are short; "left." ends a sentence.
    let ends = !word.ends_with('.') || bare.chars().count() <= 4;
    letters && cased && ends
}
