//! `START --> END`, shared by WebVTT and SRT, and the names in front of what is said.

use crate::{roles, time};

/// Start and end of a line with an arrow; `Err` says what is wrong with it.
pub(super) fn parse(line: &str) -> Result<(u32, u32), String> {
    let (start, rest) = line.split_once("-->").ok_or("this is no `START --> END` line")?;
    // WebVTT has settings behind the end.
    let end = rest.split_whitespace().next().unwrap_or_default();
    let time = |text: &str| {
        time::parse(text).ok_or_else(|| format!("`{}` is no time; `00:01:02.345` is", text.trim()))
    };
    let (start, end) = (time(start)?, time(end)?);
    if end < start {
        return Err("the cue ends before it starts".to_owned());
    }
    Ok((start, end))
}

/// Splits `Name: text`, where the part before the colon can be a name.
pub(super) fn name_and_text(line: &str) -> Option<(&str, &str)> {
    let (name, text) = line.split_once(':')?;
    let next = text.chars().next();
    let apart = next.is_none_or(char::is_whitespace);
    (apart && is_name(name)).then(|| (name.trim(), text.trim()))
}

/// Whether a text can be somebody's name or side: a few capitalised words, no sentence.
pub(super) fn is_name(text: &str) -> bool {
    let text = text.trim();
    let words = text.split_whitespace().count();
    let fits = (1..=6).contains(&words) && text.chars().count() <= 60;
    let name =
        || text.chars().any(char::is_alphabetic) && text.split_whitespace().all(is_part_of_name);
    fits && (roles::side_of_prefix(text).is_some() || name())
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
