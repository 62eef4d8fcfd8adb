//! Words that nobody says to anybody: announcements, voicemail, credits of captions.

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

/// The first of these phrases that stands in a text.
pub(crate) fn phrase(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    PHRASES.iter().copied().find(|phrase| text.contains(phrase))
}
