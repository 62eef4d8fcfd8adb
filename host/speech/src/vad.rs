//! Where somebody speaks, in frames of 16 ms.
//!
//! The detector is `earshot`, a small network compiled into its crate: it needs nothing
//! that has to be fetched. Beside Silero, the usual choice (see `bench/speech`), it misses
//! nothing that matters and errs on what is faint; two things that it lacks are added.
//! Audio that came up from a telephone's 8 kHz has no sound at all in the upper half of
//! its spectrum, which no recording that a detector learns from is like: a faint noise
//! under what the detector hears keeps it from taking silence for voice. And what is far
//! below the speaker's own level is no speech of theirs, however much it sounds like it.

use earshot::Detector;

use crate::decode::SAMPLE_RATE;

/// Samples a frame: the detector's own step.
pub(crate) const FRAME: usize = 256;
/// Milliseconds a frame.
pub(crate) const FRAME_MS: u64 = FRAME as u64 * 1000 / SAMPLE_RATE as u64;

/// A frame this likely to be voice opens a span.
const OPEN: f32 = 0.5;
/// A span stays open while frames are at least this likely to be voice.
const HOLD: f32 = 0.3;
/// A pause this long closes a span (20 frames, 320 ms): shorter ones are breaths.
const CLOSE_FRAMES: u64 = 20;
/// Spans with less voice than this are clicks and coughs (6 frames, 96 ms).
const MIN_FRAMES: u64 = 6;
/// The longest span; where nobody pauses it is cut at the least voiced frame.
pub(crate) const MAX_FRAMES: u64 = 15_000 / FRAME_MS;
/// How far back from the limit a cut is looked for (5 s).
const CUT_WINDOW: usize = 5_000 / FRAME_MS as usize;
/// Frames smoothed together when a cut is chosen (112 ms).
const CUT_SMOOTH: usize = 7;
/// Peak of the noise under what the detector hears (16-bit steps; -72 dBFS).
const NOISE: f32 = 14.0 / 32_768.0;
/// How far below the speaker's level speech may be (35 dB, as a ratio of power).
const RANGE: f32 = 3_162.0;
/// Mean square below which nothing is speech (-60 dBFS).
const SILENCE: f32 = 1e-6;
/// What is left of the speaker's level after a frame without voice (a tenth of a decibel
/// a second).
const FORGET: f32 = 0.999_63;
/// What is left of a frame's power in the next: words fade, and so do their ends.
const FADE: f32 = 0.7;

/// Frames `start..end` in which somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Frame scores to spans, with hysteresis.
pub(crate) struct VoiceActivity {
    detector: Box<Detector>,
    noise: Noise,
    level: Level,
    segmenter: Segmenter,
}

impl VoiceActivity {
    pub(crate) fn new() -> Self {
        Self {
            detector: Detector::default_boxed(),
            noise: Noise(1),
            level: Level::default(),
            segmenter: Segmenter::default(),
        }
    }

    /// How likely the next frame is voice, 0 to 1.
    pub(crate) fn score(&mut self, frame: &[f32]) -> f32 {
        // Lossy codecs and resampling overshoot full scale; the detector refuses what does.
        let heard: Vec<f32> =
            frame.iter().map(|sample| (sample + self.noise.next()).clamp(-1.0, 1.0)).collect();
        let score = self.detector.predict_f32(&heard);
        if self.level.is_speech(frame, score >= OPEN) { score } else { 0.0 }
    }

    /// Takes the next frame's score; returns a span that closed.
    pub(crate) fn advance(&mut self, score: f32) -> Option<Span> {
        self.segmenter.push(score)
    }

    /// The span still open at the end of the recording.
    pub(crate) fn finish(&mut self) -> Option<Span> {
        self.segmenter.finish()
    }

    /// The first frame that a span not yet returned may begin with.
    pub(crate) fn open_from(&self) -> u64 {
        self.segmenter.open.as_ref().map_or(self.segmenter.next, |open| open.start)
    }
}

/// White noise, the same every time (a linear congruential generator).
struct Noise(u32);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        ((self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0) * NOISE
    }
}

/// How loud the speaker is, and whether a frame is loud enough to be theirs.
#[derive(Default)]
struct Level {
    /// Mean square of the loudest voice of late.
    speaker: f32,
    /// Mean square of the last frames.
    recent: f32,
}

impl Level {
    fn is_speech(&mut self, frame: &[f32], is_voice: bool) -> bool {
        let power = frame.iter().map(|s| s * s).sum::<f32>() / frame.len().max(1) as f32;
        self.recent = power.max(self.recent * FADE);
        self.speaker *= FORGET;
        if is_voice {
            // By steps: one click is not how loud somebody speaks.
            self.speaker = self.speaker.max(self.recent.min(4.0 * self.speaker + SILENCE));
        }
        self.recent >= (self.speaker / RANGE).max(SILENCE)
    }
}

#[derive(Default)]
struct Segmenter {
    next: u64,
    open: Option<Open>,
}

struct Open {
    start: u64,
    /// One past the last frame that counted as voice.
    voiced_to: u64,
    voiced: u64,
    /// Scores from `start` on, for the choice of a cut.
    scores: Vec<f32>,
}

impl Segmenter {
    fn push(&mut self, score: f32) -> Option<Span> {
        let frame = self.next;
        self.next += 1;
        let Some(open) = &mut self.open else {
            if score >= OPEN {
                self.open = Some(Open {
                    start: frame,
                    voiced_to: frame + 1,
                    voiced: 1,
                    scores: vec![score],
                });
            }
            return None;
        };
        open.scores.push(score);
        if score >= HOLD {
            open.voiced_to = frame + 1;
            open.voiced += 1;
        }
        if frame + 1 - open.voiced_to >= CLOSE_FRAMES {
            return self.finish();
        }
        (frame + 1 - open.start >= MAX_FRAMES).then(|| self.cut())
    }

    fn finish(&mut self) -> Option<Span> {
        let open = self.open.take()?;
        (open.voiced >= MIN_FRAMES).then_some(Span { start: open.start, end: open.voiced_to })
    }

    /// Splits the open span at the least voiced moment near its end.
    fn cut(&mut self) -> Span {
        let open = self.open.as_mut().expect("only an open span is cut");
        let from = open.scores.len() - CUT_WINDOW;
        let quietest = open.scores[from..]
            .windows(CUT_SMOOTH)
            .map(|w| w.iter().sum::<f32>())
            .enumerate()
            // The later of equals: the longer chunk.
            .min_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
            .map_or(CUT_WINDOW - 1, |(i, _)| i + CUT_SMOOTH / 2);
        let at = from + quietest;
        let scores = open.scores.split_off(at);
        let cut = open.start + at as u64;
        let span = Span { start: open.start, end: cut };
        *open = Open {
            start: cut,
            voiced_to: open.voiced_to.max(cut + 1),
            voiced: scores.iter().filter(|s| **s >= HOLD).count() as u64,
            scores,
        };
        span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(scores: &[f32]) -> Vec<Span> {
        let mut segmenter = Segmenter::default();
        let mut out: Vec<_> = scores.iter().filter_map(|s| segmenter.push(*s)).collect();
        out.extend(segmenter.finish());
        out
    }

    #[test]
    fn sound_beyond_full_scale_is_scored() {
        let loud: Vec<f32> = (0..FRAME).map(|i| if i % 40 < 20 { 1.7 } else { -1.7 }).collect();
        let score = VoiceActivity::new().score(&loud);
        assert!((0.0..=1.0).contains(&score), "{score}");
    }

    #[test]
    fn the_hiss_of_a_telephone_line_is_not_voice() {
        // Noise at -66 dBFS below 4 kHz and nothing above, as after resampling from 8 kHz.
        let mut noise = Noise(7);
        let (mut held, mut last) = (0.0, 0.0);
        let mut activity = VoiceActivity::new();
        let voiced = (0..600)
            .filter(|_| {
                let frame: Vec<f32> = (0..FRAME)
                    .map(|i| {
                        if i % 4 == 0 {
                            (last, held) = (held, noise.next() * 2.0);
                        }
                        last + (held - last) * (i % 4) as f32 / 4.0
                    })
                    .collect();
                activity.score(&frame) >= OPEN
            })
            .count();
        assert_eq!(voiced, 0);
    }

    #[test]
    fn what_is_far_below_the_speaker_is_not_theirs() {
        let tone = |level: f32| -> Vec<f32> {
            (0..FRAME).map(|i| level * (i as f32 * 0.1).sin()).collect()
        };
        let mut level = Level::default();
        for _ in 0..50 {
            assert!(level.is_speech(&tone(0.3), true));
        }
        assert!(level.is_speech(&tone(0.02), true));
        (0..30).for_each(|_| _ = level.is_speech(&tone(0.002), true));
        assert!(!level.is_speech(&tone(0.002), true));
        // Somebody who speaks softly all along is heard.
        let mut level = Level::default();
        assert!((0..50).all(|_| level.is_speech(&tone(0.003), true)));
    }

    #[test]
    fn a_breath_does_not_split_and_a_pause_does() {
        let mut scores = vec![0.0; 10];
        scores.extend(vec![0.9; 20]);
        scores.extend(vec![0.1; 10]);
        scores.extend(vec![0.9; 20]);
        scores.extend(vec![0.1; 30]);
        scores.extend(vec![0.9; 20]);
        assert_eq!(spans(&scores), [Span { start: 10, end: 60 }, Span { start: 90, end: 110 }]);
    }

    #[test]
    fn clicks_are_not_speech() {
        let mut scores = vec![0.0; 50];
        scores[20] = 0.9;
        scores[21] = 0.9;
        assert_eq!(spans(&scores), []);
    }

    #[test]
    fn endless_talk_is_cut_where_it_is_quietest() {
        let mut scores = vec![0.9; 2 * MAX_FRAMES as usize];
        for score in &mut scores[800..810] {
            *score = 0.4;
        }
        let spans = spans(&scores);
        assert_eq!(spans[0].start, 0);
        assert!((800..810).contains(&spans[0].end), "{spans:?}");
        assert!(spans.windows(2).all(|w| w[0].end == w[1].start), "{spans:?}");
        assert_eq!(spans.last().unwrap().end, 2 * MAX_FRAMES);
        assert!(spans.iter().all(|s| s.end - s.start <= MAX_FRAMES));
    }
}
