//! Words that nobody says to anybody: announcements, voicemail, credits of captions.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// Lower-case, apostrophes straight.
const PHRASES: &[&str] = &[
    "call may be recorded",
    "call is being recorded",
    "conference is being recorded",
    "recorded for quality",
    "your call is important to us",
    "please stay on the line",
    "next available representative",
    "next available agent",
    "leave a message after the",
    "leave your message after the",
    "after the tone",
    "after the beep",
    "record your message",
    "has been forwarded to",
    "automatic voice message system",
    "mailbox is full",
    "the person you are trying to reach",
    "is not available to take your call",
    "the number you have dialed",
    "the number you have dialled",
    "press one for",
    "press 1 for",
    "press two for",
    "press 2 for",
    "para español",
    "estimated wait time",
    "transcribed by https://otter.ai",
    "thanks for watching",
    "thank you for watching",
    "subtitles by",
    "like and subscribe",
];

/// All phrases at once: a call is read from end to end, and has none as a rule. None if
/// they were too many.
static ANY: LazyLock<Option<AhoCorasick>> =
    LazyLock::new(|| AhoCorasick::builder().ascii_case_insensitive(true).build(PHRASES).ok());

/// The first of these phrases that stands in a text.
pub(crate) fn phrase(text: &str) -> Option<&'static str> {
    if text.is_ascii() && ANY.as_ref().is_some_and(|any| !any.is_match(text)) {
        return None;
    }
    let text = text.to_lowercase();
    PHRASES.iter().copied().find(|phrase| text.contains(phrase))
}
