//! Words of a chunk to the pieces of speech that it was packed of, and to times.
//!
//! Whisper's own times are good to half a second; voice activity knows to a few
//! hundredths where speech pauses. So the words are dealt out to the pieces in order,
//! such that each piece gets about as much text as it has voice, a piece ends where a
//! sentence ends rather than inside one, and nothing strays far from where Whisper
//! heard it. Dynamic programming finds the best deal; inside a piece time is shared
//! out by length of text.

use crate::chunk::Chunk;
use crate::decode::SAMPLE_RATE;
use crate::whisper::ChunkWord;

/// Seconds that a word takes beside those of its letters.
const WORD_SECONDS: f64 = 0.09;
/// Price of a second of voice without text or of text without voice.
const MISFIT: f64 = 1.0;
/// Price of a second between a word's time by Whisper and the piece it is dealt to.
const STRAY: f64 = 0.8;
/// Price of ending a piece inside a sentence, after a comma, after a full stop.
const BREAK_INSIDE: f64 = 0.8;
const BREAK_COMMA: f64 = 0.2;
/// Price of leaving a piece without any word (a cough, a breath that passed for voice).
const EMPTY: f64 = 0.6;

/// A word's place in the recording, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start_ms: u64,
    pub(crate) end_ms: u64,
}

/// A place for every word, in order, never running backwards.
pub(crate) fn places(chunk: &Chunk, words: &[ChunkWord]) -> Vec<Place> {
    let counts = deal(chunk, words);
    let mut places = Vec::with_capacity(words.len());
    let mut rest = words;
    for (piece, count) in chunk.pieces.iter().zip(counts) {
        let (mine, others) = rest.split_at(count);
        rest = others;
        let (from, to) = piece.voice;
        let ms = |samples: f64| (samples * 1000.0 / f64::from(SAMPLE_RATE)).round() as u64;
        let total: f64 = mine.iter().map(weight).sum();
        let mut before = 0.0;
        for word in mine {
            let share = |w: f64| from as f64 + (to - from) as f64 * w / total.max(1e-9);
            let start_ms = ms(share(before));
            before += weight(word);
            places.push(Place { start_ms, end_ms: ms(share(before)) });
        }
    }
    places
}

/// How much of a piece's time a word takes, in arbitrary units near seconds.
fn weight(word: &ChunkWord) -> f64 {
    let letters = word.text.chars().filter(|c| c.is_alphanumeric()).count();
    let digits = word.text.chars().filter(char::is_ascii_digit).count();
    // A digit is a word when spoken; a comma is a short rest.
    let rest = if word.text.ends_with([',', '.', '?', '!', ';', ':']) { 0.04 } else { 0.0 };
    WORD_SECONDS + 0.055 * letters as f64 + 0.15 * digits as f64 + rest
}

/// How many words each piece gets.
fn deal(chunk: &Chunk, words: &[ChunkWord]) -> Vec<usize> {
    let pieces = chunk.pieces.len();
    let seconds = |samples: f64| samples / f64::from(SAMPLE_RATE);
    let voice: Vec<f64> =
        chunk.pieces.iter().map(|p| seconds((p.voice.1 - p.voice.0) as f64)).collect();
    let mut sums = vec![0.0];
    for word in words {
        sums.push(sums[sums.len() - 1] + weight(word));
    }
    // Text scaled to the speaker's pace: all of it takes all the voice there is.
    let pace = voice.iter().sum::<f64>() / sums[words.len()].max(1e-9);
    let stray: Vec<Vec<f64>> = chunk
        .pieces
        .iter()
        .map(|p| {
            let (from, to) = (seconds(p.at as f64), seconds((p.at + p.len) as f64));
            let mut sum = vec![0.0];
            for word in words {
                let middle = (word.start + word.end) / 2.0;
                let off = (from - middle).max(middle - to).max(0.0);
                sum.push(sum[sum.len() - 1] + (off - 0.2).max(0.0) * STRAY);
            }
            sum
        })
        .collect();
    let breaking = |after: usize| match after {
        0 => 0.0,
        n if n == words.len() => 0.0,
        n => match words[n - 1].text.chars().last() {
            Some('.' | '?' | '!' | '。' | '？' | '！') => 0.0,
            Some(',' | ';' | ':' | '、' | '，') => BREAK_COMMA,
            _ => BREAK_INSIDE,
        },
    };
    // best[p][n]: cheapest way to deal the first n words to the first p pieces.
    let mut best = vec![vec![f64::INFINITY; words.len() + 1]; pieces + 1];
    let mut from = vec![vec![0; words.len() + 1]; pieces + 1];
    best[0][0] = 0.0;
    for p in 0..pieces {
        for n in 0..=words.len() {
            if best[p][n].is_infinite() {
                continue;
            }
            for m in n..=words.len() {
                let misfit = ((sums[m] - sums[n]) * pace - voice[p]).abs() * MISFIT;
                let empty = if m == n { EMPTY } else { 0.0 };
                let strays = stray[p][m] - stray[p][n];
                let price = best[p][n] + misfit + strays + empty + breaking(m);
                if price < best[p + 1][m] {
                    best[p + 1][m] = price;
                    from[p + 1][m] = n;
                }
            }
        }
    }
    let mut counts = vec![0; pieces];
    let mut end = words.len();
    for p in (0..pieces).rev() {
        let start = from[p + 1][end];
        counts[p] = end - start;
        end = start;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chunk::Piece;

    fn chunk(pieces: &[(f64, f64)]) -> Chunk {
        let samples = |s: f64| (s * f64::from(SAMPLE_RATE)) as u64;
        let mut at = 0;
        let pieces = pieces
            .iter()
            .map(|(from, to)| {
                let len = samples(to - from) as usize;
                let voice = (samples(*from), samples(*to));
                let piece = Piece { at, source: voice.0, len, voice };
                at += len + 3840;
                piece
            })
            .collect();
        Chunk { channel: 0, audio: Vec::new(), pieces }
    }

    fn words(text: &str, seconds: f64) -> Vec<ChunkWord> {
        let all: Vec<&str> = text.split(' ').collect();
        let step = seconds / all.len() as f64;
        all.iter()
            .enumerate()
            .map(|(i, w)| ChunkWord {
                text: format!(" {w}"),
                start: i as f64 * step,
                end: (i + 1) as f64 * step,
                logprob: 0.0,
                tokens: 1,
            })
            .collect()
    }

    #[test]
    fn a_sentence_begins_where_its_piece_of_speech_begins() {
        let chunk = chunk(&[(10.0, 12.0), (25.0, 27.0)]);
        let words = words("Did you get a chance to read it? Of course, what would you like?", 4.3);
        let places = places(&chunk, &words);
        assert!(places[7].end_ms <= 12_000, "{places:?}");
        assert_eq!(places[8].start_ms, 25_000);
        assert_eq!(places.last().unwrap().end_ms, 27_000);
        assert!(places.windows(2).all(|w| w[0].start_ms <= w[1].start_ms));
    }

    #[test]
    fn a_cough_gets_no_words() {
        let chunk = chunk(&[(1.0, 3.0), (5.0, 5.1), (8.0, 10.0)]);
        let words = words("I read it over the weekend. It looks really good to us.", 4.6);
        let places = places(&chunk, &words);
        assert_eq!(places[6].start_ms, 8_000, "{places:?}");
    }

    #[test]
    fn there_may_be_no_words() {
        assert_eq!(places(&chunk(&[(1.0, 2.0)]), &[]), []);
    }
}
