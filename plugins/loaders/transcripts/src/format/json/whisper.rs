//! Whisper: as whisper.cpp writes it (`transcription`), and as OpenAI's, faster-whisper
//! and WhisperX do (`segments`, WhisperX with speakers and aligned words).

use rehearsal_dialogue::json::{Each, confidence, ms};
use rehearsal_dialogue::{Parsed, TimedWord, Utterance};
use rehearsal_sdk::prelude::*;

use super::language;

/// A file of whisper.cpp.
#[derive(Deserialize)]
pub(super) struct Cpp {
    transcription: Each<CppSegment>,
    #[serde(default)]
    result: CppResult,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct CppResult {
    language: Option<String>,
}

#[derive(Deserialize)]
struct CppSegment {
    offsets: Offsets,
    text: String,
    /// With `--diarize`: the channel.
    speaker: Option<serde_json::Value>,
    #[serde(default)]
    tokens: Vec<Token>,
}

/// Milliseconds.
#[derive(Deserialize)]
struct Offsets {
    from: u32,
    to: u32,
}

#[derive(Deserialize)]
struct Token {
    text: String,
    offsets: Option<Offsets>,
    p: Option<f64>,
}

pub(super) fn cpp(file: Cpp) -> Result<Parsed> {
    let mut parsed = Parsed { unit: Some("segment"), ..Parsed::default() };
    parsed.about.language = language(file.result.language);
    for (number, segment) in (1..).zip(file.transcription.0) {
        let segment = match segment {
            Ok(segment) if segment.offsets.to >= segment.offsets.from => segment,
            Ok(_) => {
                parsed.problem(number, "it ends before it starts");
                continue;
            }
            Err(what) => {
                parsed.problem(number, what);
                continue;
            }
        };
        parsed.utterances.push(Utterance {
            line: number,
            speaker: segment.speaker.as_ref().and_then(speaker),
            start_ms: Some(segment.offsets.from),
            end_ms: Some(segment.offsets.to),
            words: words_of_tokens(&segment.tokens),
            text: segment.text,
            ..Utterance::default()
        });
    }
    Ok(parsed)
}

/// A token that starts with a space starts a word; `[_BEG_]` and its like are none.
fn words_of_tokens(tokens: &[Token]) -> Vec<TimedWord> {
    let mut words: Vec<TimedWord> = Vec::new();
    for token in tokens.iter().filter(|token| !token.text.starts_with("[_")) {
        let Some(offsets) = &token.offsets else { continue };
        let confidence = token.p.and_then(confidence).unwrap_or(1.0);
        match words.last_mut() {
            Some(word) if !token.text.starts_with(' ') => {
                word.text.push_str(&token.text);
                word.end_ms = word.end_ms.max(offsets.to);
                word.confidence = word.confidence.min(confidence);
            }
            _ => words.push(TimedWord {
                text: token.text.clone(),
                start_ms: offsets.from,
                end_ms: offsets.to,
                confidence,
            }),
        }
    }
    words
}

fn speaker(value: &serde_json::Value) -> Option<String> {
    match value {
        serde_json::Value::String(name) if name != "?" => Some(format!("Speaker {name}")),
        serde_json::Value::Number(number) => Some(format!("Speaker {number}")),
        _ => None,
    }
}

/// A file of OpenAI's Whisper and what follows its layout.
#[derive(Deserialize)]
pub(super) struct OpenAi {
    segments: Each<Segment>,
    language: Option<String>,
    duration: Option<rehearsal_dialogue::json::Loose>,
    /// The API's words stand beside the segments.
    #[serde(default)]
    words: Each<Word>,
}

#[derive(Deserialize)]
struct Segment {
    /// Seconds.
    start: f64,
    end: f64,
    text: String,
    speaker: Option<String>,
    #[serde(default)]
    words: Vec<Word>,
}

/// WhisperX leaves the times out where it could not align (numbers).
#[derive(Deserialize)]
struct Word {
    word: String,
    start: Option<f64>,
    end: Option<f64>,
    #[serde(alias = "score")]
    probability: Option<f64>,
}

impl Word {
    fn timed(self) -> Option<TimedWord> {
        let (start, end) = (ms(self.start?)?, ms(self.end?)?);
        let confidence = self.probability.and_then(confidence).unwrap_or(1.0);
        Some(TimedWord { text: self.word, start_ms: start, end_ms: end.max(start), confidence })
    }
}

pub(super) fn open_ai(file: OpenAi) -> Result<Parsed> {
    let mut parsed = Parsed { unit: Some("segment"), ..Parsed::default() };
    parsed.about.language = language(file.language);
    parsed.about.duration_ms = file.duration.and_then(|duration| ms(duration.0?));
    let beside = file.words.0.into_iter().filter_map(|word| word.ok()?.timed());
    let mut beside = beside.peekable();
    for (number, segment) in (1..).zip(file.segments.0) {
        let segment = match segment {
            Ok(segment) => segment,
            Err(what) => {
                parsed.problem(number, what);
                continue;
            }
        };
        let (Some(start), Some(end)) = (ms(segment.start), ms(segment.end)) else {
            parsed.problem(number, "its `start` and `end` are no seconds of a call");
            continue;
        };
        if end < start {
            parsed.problem(number, "it ends before it starts");
            continue;
        }
        let mut words: Vec<_> = segment.words.into_iter().filter_map(Word::timed).collect();
        while let Some(word) = beside.next_if(|word| word.start_ms < end) {
            words.push(word);
        }
        parsed.utterances.push(Utterance {
            line: number,
            speaker: segment.speaker,
            text: segment.text,
            start_ms: Some(start),
            end_ms: Some(end),
            words,
            ..Utterance::default()
        });
    }
    Ok(parsed)
}
