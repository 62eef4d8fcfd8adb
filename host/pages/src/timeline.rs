//! When who talks, and what was found when, as the numbers of a drawing.
//!
//! Horizontal places are shares of the call in percent, so that the drawing takes
//! whatever width there is; heights are pixels.

use std::collections::BTreeMap;

use rehearsal_model::{Annotation, Conversation, Scope, Value};
use serde::Serialize;

use crate::call::Pitch;
use crate::{clock, hue};

/// Where the lanes begin: above them are the times.
const TOP: u32 = 22;
/// A speaker's lane: bars of talk, pitch under them.
const LANE: u32 = 66;
/// Of a call that has no pitch.
const FLAT_LANE: u32 = 34;
/// A lane of labels.
const ROW: u32 = 22;
/// Shorter gaps are breath, not pauses.
const PAUSE_MS: u32 = 1_500;
/// A minute is no narrower than this, or an hour's call would be a smear.
const MINUTE: f64 = 48.0;

#[derive(Debug, Serialize)]
pub(crate) struct Timeline {
    pub(crate) height: u32,
    /// Pixels below which the drawing scrolls.
    pub(crate) least_width: u32,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) rows: Vec<Row>,
    pub(crate) pauses: Vec<Stretch>,
    pub(crate) ticks: Vec<Tick>,
}

/// A speaker.
#[derive(Debug, Serialize)]
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) y: u32,
    pub(crate) talk: Vec<Stretch>,
    /// Points of voiced stretches, each `x,y x,y …`: x of 1000, y of 100.
    pub(crate) pitch: Vec<String>,
    /// Hertz at the lower and the upper edge of the pitch curve.
    pub(crate) pitch_range: Option<(u32, u32)>,
}

/// Labels of one name.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) hue: usize,
    pub(crate) y: u32,
    pub(crate) marks: Vec<Mark>,
}

/// Part of the call, in percent.
#[derive(Debug, Serialize)]
pub(crate) struct Stretch {
    pub(crate) x: String,
    pub(crate) width: String,
    /// Index of the turn; 0 for a pause.
    pub(crate) turn: usize,
    pub(crate) title: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Mark {
    pub(crate) x: String,
    pub(crate) turn: usize,
    pub(crate) title: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Tick {
    pub(crate) x: String,
    pub(crate) label: String,
}

/// Places of milliseconds, in percent of the call.
#[derive(Clone, Copy)]
struct Scale {
    whole: u32,
}

impl Scale {
    fn share(self, ms: u32) -> f64 {
        f64::from(ms) / f64::from(self.whole) * 100.0
    }

    fn x(self, ms: u32) -> String {
        format!("{:.3}", self.share(ms))
    }

    fn stretch(self, from: u32, to: u32, turn: usize, title: String) -> Stretch {
        // What is shorter than a hair would not be seen.
        let width = (self.share(to) - self.share(from)).max(0.08);
        Stretch { x: self.x(from), width: format!("{width:.3}"), turn, title }
    }
}

impl Timeline {
    /// None where the source has no times.
    pub(crate) fn new(
        call: &Conversation,
        annotations: &[(String, Vec<Annotation>)],
        pitch: &[Pitch],
    ) -> Option<Self> {
        let last = call.turns.iter().filter_map(|turn| turn.end_ms.or(turn.start_ms)).max()?;
        let whole = call.duration_ms.unwrap_or_default().max(last).max(1);
        let scale = Scale { whole };
        let lane = if pitch.is_empty() { FLAT_LANE } else { LANE };
        let mut lanes = lanes(call, scale, lane);
        for curve in pitch {
            if let Some(lane) = lanes.get_mut(curve.participant) {
                draw_pitch(lane, curve, whole);
            }
        }
        let below = TOP + lanes.len() as u32 * lane;
        let rows = rows(call, annotations, scale, below);
        Some(Self {
            height: below + rows.len() as u32 * ROW + 4,
            least_width: (f64::from(whole) / 60_000.0 * MINUTE) as u32,
            pauses: pauses(call, scale),
            ticks: ticks(scale),
            lanes,
            rows,
        })
    }
}

fn lanes(call: &Conversation, scale: Scale, height: u32) -> Vec<Lane> {
    let lane = |(at, who): (usize, &rehearsal_model::Participant)| Lane {
        name: who.name.clone().unwrap_or_else(|| format!("Speaker {}", at + 1)),
        role: who.role.name().to_owned(),
        y: TOP + at as u32 * height,
        talk: Vec::new(),
        pitch: Vec::new(),
        pitch_range: None,
    };
    let mut lanes: Vec<Lane> = call.participants.iter().enumerate().map(lane).collect();
    for (index, turn) in call.turns.iter().enumerate() {
        let Some(start) = turn.start_ms else { continue };
        let next = call.turns[index + 1..].iter().find_map(|turn| turn.start_ms);
        let end = turn.end_ms.or(next).unwrap_or(scale.whole).max(start);
        let Some(lane) = lanes.get_mut(turn.participant as usize) else { continue };
        let title = format!("{} {}", clock(start), shortened(call.turn_text(turn)));
        lane.talk.push(scale.stretch(start, end, index, title));
    }
    lanes
}

/// Labels and signs on turns with times, a row for each name.
fn rows(
    call: &Conversation,
    annotations: &[(String, Vec<Annotation>)],
    scale: Scale,
    top: u32,
) -> Vec<Row> {
    let mut rows: BTreeMap<&str, (usize, Vec<Mark>)> = BTreeMap::new();
    for (extractor, (_, annotations)) in annotations.iter().enumerate() {
        for annotation in annotations {
            let what = match &annotation.value {
                Value::Label(label) => label.name.replace('_', " "),
                Value::Flag(true) => annotation.name.replace('_', " "),
                _ => continue,
            };
            let Some((turn, at)) = time_of(call, annotation.scope) else { continue };
            let mark = Mark { x: scale.x(at), turn, title: format!("{} {what}", clock(at)) };
            let row = rows.entry(&annotation.name);
            row.or_insert_with(|| (extractor, Vec::new())).1.push(mark);
        }
    }
    let mut rows: Vec<(usize, &str, Vec<Mark>)> =
        rows.into_iter().map(|(name, (extractor, marks))| (extractor, name, marks)).collect();
    rows.sort_by_key(|(extractor, name, _)| (*extractor, *name));
    let row = |(at, (extractor, name, marks)): (usize, (usize, &str, Vec<Mark>))| Row {
        name: name.replace('_', " "),
        hue: hue(extractor),
        y: top + at as u32 * ROW,
        marks,
    };
    rows.into_iter().enumerate().map(row).collect()
}

/// When a finding was said: from its words' times, else its turn's.
fn time_of(call: &Conversation, scope: Scope) -> Option<(usize, u32)> {
    let turn = scope.turn()? as usize;
    let word = match scope {
        Scope::Span(_, span) => {
            let first = call.words.partition_point(|word| word.text.end <= span.start);
            call.words.get(first).filter(|word| word.text.start < span.end)
        }
        _ => None,
    };
    Some((turn, word.map(|word| word.start_ms).or(call.turns.get(turn)?.start_ms)?))
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Stretches in which nobody talks.
fn pauses(call: &Conversation, scale: Scale) -> Vec<Stretch> {
    let mut talk: Vec<(u32, u32)> =
        call.turns.iter().filter_map(|turn| turn.start_ms.zip(turn.end_ms)).collect();
    talk.sort_unstable();
    let mut found = Vec::new();
    let mut quiet_from = None;
    for (start, end) in talk {
        if let Some(from) = quiet_from.filter(|from| start >= *from + PAUSE_MS) {
            let seconds = f64::from(start - from) / 1000.0;
            found.push(scale.stretch(from, start, 0, format!("{seconds:.1} s of silence")));
        }
        quiet_from = Some(end.max(quiet_from.unwrap_or_default()));
    }
    found
}

fn ticks(scale: Scale) -> Vec<Tick> {
    const STEPS_S: [u32; 9] = [5, 10, 30, 60, 120, 300, 600, 1200, 3600];
    // An hour is drawn broader than a minute, so it has room for more of them.
    let most = 10 + scale.whole / 180_000;
    let step = STEPS_S.into_iter().find(|step| scale.whole / 1000 / step <= most);
    let step = step.unwrap_or(7200) * 1000;
    let tick = |n| Tick { x: scale.x(n * step), label: clock(n * step) };
    // One at the very end would be cut off.
    (0..=scale.whole / step).filter(|n| scale.share(n * step) < 97.0).map(tick).collect()
}

/// A curve in semitones, broken where there is no voice.
fn draw_pitch(lane: &mut Lane, pitch: &Pitch, whole: u32) {
    let voiced: Vec<f32> = pitch.hertz.iter().copied().filter(|f0| *f0 > 0.0).collect();
    let (Some(low), Some(high)) = (percentile(&voiced, 0.02), percentile(&voiced, 0.98)) else {
        return;
    };
    let (low, high) = (low.min(high / 1.2), high.max(low * 1.2));
    let span = (high / low).ln().max(f32::EPSILON);
    // A point for 100 ms, or fewer where the call is so long that nobody could see them.
    let chunk = (100 / pitch.hop_ms.max(1)).max(1) as usize;
    let chunk = chunk.max(pitch.hertz.len() / 6_000);
    let mut stretch = String::new();
    for (at, frames) in pitch.hertz.chunks(chunk).enumerate() {
        let voiced: Vec<f32> = frames.iter().copied().filter(|f0| *f0 > 0.0).collect();
        match percentile(&voiced, 0.5) {
            Some(f0) => {
                let share = ((f0 / low).ln() / span).clamp(0.0, 1.0);
                let ms = (at * chunk) as f64 * f64::from(pitch.hop_ms);
                let x = ms / f64::from(whole) * 1000.0;
                stretch.push_str(&format!("{x:.2},{:.0} ", 100.0 * (1.0 - share)));
            }
            None => lane.pitch.extend(taken(&mut stretch)),
        }
    }
    lane.pitch.extend(taken(&mut stretch));
    lane.pitch_range = Some((low.round() as u32, high.round() as u32));
}

fn taken(stretch: &mut String) -> Option<String> {
    let whole = std::mem::take(stretch);
    (!whole.is_empty()).then(|| whole.trim_end().to_owned())
}

fn percentile(values: &[f32], share: f64) -> Option<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(((sorted.len().max(1) - 1) as f64 * share) as usize).copied()
}
