//! Where somebody speaks, in frames of 16 ms.
//!
//! The detector is `earshot`, a small network compiled into its crate: it needs nothing
//! that has to be fetched. Silero, the usual choice, wants a model file and whisper.cpp's
//! graph runner; the two have not been measured side by side yet.

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

/// Frames `start..end` in which somebody speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// Frame scores to spans, with hysteresis.
pub(crate) struct VoiceActivity {
    detector: Box<Detector>,
    segmenter: Segmenter,
}

impl VoiceActivity {
    pub(crate) fn new() -> Self {
        Self { detector: Detector::default_boxed(), segmenter: Segmenter::default() }
    }

    /// How likely the next frame is voice, 0 to 1.
    pub(crate) fn score(&mut self, frame: &[f32]) -> f32 {
        // Lossy codecs and resampling overshoot full scale; the detector refuses what does.
        let frame: Vec<f32> = frame.iter().map(|sample| sample.clamp(-1.0, 1.0)).collect();
        self.detector.predict_f32(&frame)
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
