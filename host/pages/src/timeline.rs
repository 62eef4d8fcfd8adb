//! When who talks, as the numbers of an SVG drawing.

use rehearsal_model::{Annotation, Conversation, Value};
use serde::Serialize;

use crate::call::Pitch;
use crate::clock;

/// Units from the start of a call to its end.
pub(crate) const WIDTH: f64 = 1000.0;
/// Units of a speaker's lane.
const LANE: f64 = 64.0;
/// Of it, the bars of talk; the rest is pitch.
const TALK: f64 = 16.0;
/// Shorter gaps are breath, not pauses.
const PAUSE_MS: u32 = 1_500;

#[derive(Debug, Serialize)]
pub(crate) struct Timeline {
    pub(crate) height: f64,
    pub(crate) lanes: Vec<Lane>,
    pub(crate) pauses: Vec<Pause>,
    pub(crate) ticks: Vec<Tick>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Lane {
    pub(crate) name: String,
    pub(crate) role: String,
    pub(crate) y: f64,
    pub(crate) talk: Vec<Talk>,
    /// Points of voiced stretches, each `x,y x,y …`.
    pub(crate) pitch: Vec<String>,
    /// Hertz at the lower and the upper edge of the pitch curve.
    pub(crate) pitch_range: Option<(u32, u32)>,
    pub(crate) marks: Vec<Mark>,
}

#[derive(Debug, Serialize)]
pub(crate) struct Talk {
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) turn: usize,
    pub(crate) title: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Pause {
    pub(crate) x: f64,
    pub(crate) width: f64,
    pub(crate) title: String,
}

/// A label on the timeline.
#[derive(Debug, Serialize)]
pub(crate) struct Mark {
    pub(crate) x: f64,
    pub(crate) turn: usize,
    pub(crate) title: String,
}

#[derive(Debug, Serialize)]
pub(crate) struct Tick {
    pub(crate) x: f64,
    pub(crate) label: String,
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
        let x = |ms: u32| f64::from(ms) / f64::from(whole) * WIDTH;
        let mut lanes: Vec<Lane> = call
            .participants
            .iter()
            .enumerate()
            .map(|(at, who)| Lane {
                name: who.name.clone().unwrap_or_else(|| format!("Speaker {}", at + 1)),
                role: who.role.name().to_owned(),
                y: at as f64 * LANE,
                talk: Vec::new(),
                pitch: Vec::new(),
                pitch_range: None,
                marks: Vec::new(),
            })
            .collect();
        for (index, turn) in call.turns.iter().enumerate() {
            let Some(start) = turn.start_ms else { continue };
            let next = call.turns[index + 1..].iter().find_map(|turn| turn.start_ms);
            let end = turn.end_ms.or(next).unwrap_or(whole).max(start);
            let Some(lane) = lanes.get_mut(turn.participant as usize) else { continue };
            lane.talk.push(Talk {
                x: x(start),
                width: (x(end) - x(start)).max(1.0),
                turn: index,
                title: format!("{} {}", clock(start), shortened(call.turn_text(turn))),
            });
            lane.marks.extend(marks(annotations, index).map(|title| Mark {
                x: x(start),
                turn: index,
                title,
            }));
        }
        for curve in pitch {
            if let Some(lane) = lanes.get_mut(curve.participant) {
                draw_pitch(lane, curve, x);
            }
        }
        let height = lanes.len() as f64 * LANE;
        Some(Self { height, pauses: pauses(call, x), ticks: ticks(whole, x), lanes })
    }
}

fn marks(
    annotations: &[(String, Vec<Annotation>)],
    turn: usize,
) -> impl Iterator<Item = String> + '_ {
    annotations.iter().flat_map(|(_, annotations)| annotations).filter_map(move |annotation| {
        let Value::Label(label) = &annotation.value else { return None };
        (annotation.scope.turn() == Some(turn as u32))
            .then(|| format!("{}: {}", annotation.name, label.name))
    })
}

fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(80).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// Stretches in which nobody talks.
fn pauses(call: &Conversation, x: impl Fn(u32) -> f64) -> Vec<Pause> {
    let mut talk: Vec<(u32, u32)> =
        call.turns.iter().filter_map(|turn| turn.start_ms.zip(turn.end_ms)).collect();
    talk.sort_unstable();
    let mut found = Vec::new();
    let mut quiet_from = None;
    for (start, end) in talk {
        if let Some(from) = quiet_from.filter(|from| start >= *from + PAUSE_MS) {
            let seconds = f64::from(start - from) / 1000.0;
            let width = x(start) - x(from);
            found.push(Pause { x: x(from), width, title: format!("{seconds:.1} s of silence") });
        }
        quiet_from = Some(end.max(quiet_from.unwrap_or_default()));
    }
    found
}

fn ticks(whole: u32, x: impl Fn(u32) -> f64) -> Vec<Tick> {
    const STEPS_S: [u32; 9] = [5, 10, 30, 60, 120, 300, 600, 1200, 3600];
    let step = STEPS_S.into_iter().find(|step| whole / 1000 / step <= 12).unwrap_or(7200) * 1000;
    (0..=whole / step).map(|n| Tick { x: x(n * step), label: clock(n * step) }).collect()
}

/// A curve in semitones, broken where there is no voice, a point for some two units.
fn draw_pitch(lane: &mut Lane, pitch: &Pitch, x: impl Fn(u32) -> f64) {
    let voiced: Vec<f32> = pitch.hertz.iter().copied().filter(|f0| *f0 > 0.0).collect();
    let (Some(low), Some(high)) = (percentile(&voiced, 0.02), percentile(&voiced, 0.98)) else {
        return;
    };
    let (low, high) = (low.min(high / 1.2), high.max(low * 1.2));
    let span = (high / low).ln().max(f32::EPSILON);
    let top = lane.y + TALK + 8.0;
    let room = LANE - TALK - 16.0;
    let frames = pitch.hertz.len().max(1);
    let chunk = (frames / 500).max(1);
    let mut stretch = String::new();
    for (at, frames) in pitch.hertz.chunks(chunk).enumerate() {
        let voiced: Vec<f32> = frames.iter().copied().filter(|f0| *f0 > 0.0).collect();
        match percentile(&voiced, 0.5) {
            Some(f0) => {
                let share = ((f0 / low).ln() / span).clamp(0.0, 1.0);
                let ms = (at * chunk) as u32 * pitch.hop_ms;
                let y = top + room * f64::from(1.0 - share);
                stretch.push_str(&format!("{:.1},{y:.1} ", x(ms)));
            }
            None => lane.pitch.extend(taken(&mut stretch)),
        }
    }
    lane.pitch.extend(taken(&mut stretch));
    lane.pitch_range = Some((low.round() as u32, high.round() as u32));
}

fn taken(stretch: &mut String) -> Option<String> {
    let whole = std::mem::take(stretch);
    (!whole.is_empty()).then_some(whole)
}

fn percentile(values: &[f32], share: f64) -> Option<f32> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f32::total_cmp);
    sorted.get(((sorted.len().max(1) - 1) as f64 * share) as usize).copied()
}
