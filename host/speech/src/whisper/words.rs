//! Tokens to words.

use whisper_rs::WhisperTokenData;

/// A word of a chunk; times in seconds from the chunk's start.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChunkWord {
    /// The text with the space before it, where it has one.
    pub(crate) text: String,
    pub(crate) start: f64,
    pub(crate) end: f64,
    /// Sum of its tokens' log probabilities, and their number.
    pub(crate) logprob: f32,
    pub(crate) tokens: u32,
}

impl ChunkWord {
    pub(crate) fn shifted(mut self, seconds: f64) -> Self {
        self.start += seconds;
        self.end += seconds;
        self
    }

    /// Geometric mean of the tokens' probabilities.
    pub(crate) fn confidence(&self) -> f32 {
        (self.logprob / self.tokens.max(1) as f32).exp().clamp(0.0, 1.0)
    }
}

/// Text tokens in order to words. A word begins at a space; languages that write
/// without spaces begin one at each ideograph or syllable.
pub(super) fn from_tokens(tokens: &[(WhisperTokenData, Vec<u8>)]) -> Vec<ChunkWord> {
    let mut words = Vec::new();
    let mut bytes: Vec<u8> = Vec::new();
    let mut word: Option<ChunkWord> = None;
    for (data, text) in tokens {
        let fresh = text.first() == Some(&b' ') || begins_unspaced(text);
        if fresh && std::str::from_utf8(&bytes).is_ok() {
            words.extend(close(word.take(), &mut bytes));
        }
        bytes.extend(text);
        let (start, end) = (data.t0.max(0) as f64 / 100.0, data.t1.max(0) as f64 / 100.0);
        let word = word.get_or_insert_with(|| ChunkWord {
            text: String::new(),
            start,
            end,
            logprob: 0.0,
            tokens: 0,
        });
        word.end = word.end.max(end);
        word.logprob += data.plog;
        word.tokens += 1;
    }
    words.extend(close(word, &mut bytes));
    words
}

fn close(word: Option<ChunkWord>, bytes: &mut Vec<u8>) -> Option<ChunkWord> {
    let mut word = word?;
    word.text = String::from_utf8_lossy(bytes).into_owned();
    bytes.clear();
    (!word.text.trim().is_empty()).then_some(word)
}

/// Chinese, Japanese, Thai, Lao, Khmer and Burmese are written without spaces.
fn begins_unspaced(text: &[u8]) -> bool {
    let Some(first) = std::str::from_utf8(text).ok().and_then(|t| t.chars().next()) else {
        return false;
    };
    matches!(u32::from(first),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3041..=0x30FF
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
        // Marks that belong to the letter before them.
        && !matches!(u32::from(first), 0x0E31 | 0x0E34..=0x0E3A | 0x0E47..=0x0E4E | 0x30FC)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, at: i64) -> (WhisperTokenData, Vec<u8>) {
        raw(text.as_bytes(), at)
    }

    fn raw(bytes: &[u8], at: i64) -> (WhisperTokenData, Vec<u8>) {
        let data = WhisperTokenData {
            id: 0,
            tid: 0,
            p: 0.5,
            plog: 0.5_f32.ln(),
            pt: 0.0,
            ptsum: 0.0,
            t0: at,
            t1: at + 10,
            t_dtw: -1,
            vlen: 0.0,
        };
        (data, bytes.to_vec())
    }

    #[test]
    fn pieces_of_a_word_and_its_punctuation_stay_together() {
        let words = from_tokens(&[
            token(" Bright", 0),
            token("line", 10),
            token(",", 20),
            token(" yes", 40),
        ]);
        let texts: Vec<_> = words.iter().map(|w| w.text.trim()).collect();
        assert_eq!(texts, ["Brightline,", "yes"]);
        assert_eq!((words[0].start, words[0].end), (0.0, 0.3));
        assert!((words[0].confidence() - 0.5).abs() < 1e-6);
    }

    #[test]
    fn a_character_split_over_tokens_is_put_together() {
        let word = "你好".as_bytes();
        let words = from_tokens(&[raw(&word[..2], 0), raw(&word[2..3], 10), token("好", 20)]);
        let texts: Vec<_> = words.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(texts, ["你", "好"]);
    }
}
