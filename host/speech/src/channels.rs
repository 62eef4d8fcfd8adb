//! Whether the channels of a file are two people or one sound.
//!
//! A telephone system writes one party a channel; a camera writes the same room twice.
//! Only in the first case is a channel a speaker. The start of the recording tells:
//! it is read until both channels have been heard, or to its end if one stays silent.

use std::path::Path;

use crate::decode::{PcmStream, SAMPLE_RATE};
use crate::error::SpeechError;

/// Frames compared (20 ms).
const FRAME: usize = SAMPLE_RATE as usize / 50;
/// Mean square above which a frame is heard (-50 dBFS).
const AUDIBLE: f64 = 1e-5;
/// Level difference from which a sound is one party's own (10 dB, as a ratio of power).
const OWN: f64 = 10.0;
/// Frames of its own from which a channel is believed to be a party (1 s).
const ENOUGH: u32 = 50;
/// Share of audible frames that one channel or the other must have to itself.
const OWN_SHARE: f64 = 0.4;
/// Channels this alike are one channel written twice.
const SAME: f64 = 0.98;
/// Audible frames after which a file without a party a channel is taken for a mix (60 s).
const MIX_AFTER: u32 = 3_000;

/// What the channels are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// One sound, to be mixed down.
    Mixed,
    /// Two parties, one a channel.
    TwoParty,
}

/// Reads as much of the file as is needed to tell.
pub(crate) fn probe(path: &Path) -> Result<Layout, SpeechError> {
    let mut stream = PcmStream::open(path)?;
    let mut evidence = Evidence::default();
    let mut waiting: [Vec<f32>; 2] = Default::default();
    while let Some(block) = stream.next_block()? {
        let [left, right] = &block[..] else { return Ok(Layout::Mixed) };
        waiting[0].extend(left);
        waiting[1].extend(right);
        let whole = waiting[0].len() / FRAME * FRAME;
        for (l, r) in waiting[0][..whole].chunks(FRAME).zip(waiting[1][..whole].chunks(FRAME)) {
            evidence.add(l, r);
        }
        waiting.iter_mut().for_each(|w| {
            w.drain(..whole);
        });
        if evidence.is_enough() {
            break;
        }
    }
    Ok(evidence.verdict())
}

#[derive(Default)]
struct Evidence {
    audible: u32,
    own: [u32; 2],
    power: [f64; 2],
    product: f64,
}

impl Evidence {
    fn add(&mut self, left: &[f32], right: &[f32]) {
        let dot = |a: &[f32], b: &[f32]| {
            a.iter().zip(b).map(|(x, y)| f64::from(*x) * f64::from(*y)).sum::<f64>()
                / a.len() as f64
        };
        let (l, r) = (dot(left, left), dot(right, right));
        if l.max(r) < AUDIBLE {
            return;
        }
        self.audible += 1;
        self.power[0] += l;
        self.power[1] += r;
        self.product += dot(left, right);
        self.own[0] += u32::from(l > r * OWN);
        self.own[1] += u32::from(r > l * OWN);
    }

    fn is_enough(&self) -> bool {
        self.own.iter().all(|own| *own >= 2 * ENOUGH)
            || (self.audible > MIX_AFTER && self.own.iter().all(|own| *own < ENOUGH))
    }

    fn verdict(&self) -> Layout {
        let likeness = self.product.abs() / (self.power[0] * self.power[1]).sqrt().max(1e-12);
        let own = f64::from(self.own[0] + self.own[1]);
        let both_speak = self.own.iter().all(|own| *own >= ENOUGH);
        if both_speak && likeness < SAME && own >= OWN_SHARE * f64::from(self.audible) {
            Layout::TwoParty
        } else {
            Layout::Mixed
        }
    }
}

/// All channels as one: their mean, which cannot clip.
pub(crate) fn mix_down(block: Vec<Vec<f32>>) -> Vec<f32> {
    let share = 1.0 / block.len().max(1) as f32;
    let mut planes = block.into_iter();
    let Some(mut mix) = planes.next() else { return Vec::new() };
    for plane in planes {
        for (sum, sample) in mix.iter_mut().zip(&plane) {
            *sum += sample;
        }
    }
    mix.iter_mut().for_each(|sample| *sample *= share);
    mix
}
