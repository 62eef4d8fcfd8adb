//! Pitch and energy, from the host's frames of the recording.

use rehearsal_sdk::Recording;
use rehearsal_sdk::prelude::*;

use crate::Voice;
use crate::stats::{median, quantile, slope};

pub(crate) const PITCH: Kind = Kind::new(
    "f0_median",
    "f0.median@1",
    "Median fundamental frequency of a speaker's voiced frames, in Hz; the rule names the speaker",
);
pub(crate) const PITCH_IQR: Kind = Kind::new(
    "f0_iqr",
    "f0.iqr.semitones@1",
    "Interquartile range of a speaker's pitch, in semitones; the rule names the speaker",
);
pub(crate) const PITCH_RANGE: Kind = Kind::new(
    "expressiveness_pitch",
    "expressiveness.pitch@1",
    "Range of a speaker's pitch from the 5th to the 95th percentile, in semitones; the rule names the speaker",
);
pub(crate) const VOICED: Kind = Kind::new(
    "voiced_share",
    "voiced.share@1",
    "Share of the frames of a speaker's turns that are voiced, 0 to 1; the rule names the speaker",
);
pub(crate) const ENERGY: Kind = Kind::new(
    "energy",
    "energy.rms@1",
    "Median RMS of a speaker's voiced frames, in dB of full scale; the rule names the speaker",
);
pub(crate) const ENERGY_RANGE: Kind = Kind::new(
    "expressiveness_energy",
    "expressiveness.energy@1",
    "Range of a speaker's RMS over voiced frames from the 10th to the 90th percentile, in dB; the rule names the speaker",
);
pub(crate) const PITCH_OF_TURN: Kind = Kind::new(
    "turn_f0",
    "f0.turn.semitones@1",
    "Median pitch of a turn relative to its speaker's median, in semitones",
);
pub(crate) const SLOPE_OF_TURN: Kind = Kind::new(
    "turn_f0_slope",
    "f0.turn.slope@1",
    "Slope of the pitch over a turn, in semitones per second (Theil-Sen)",
);
pub(crate) const ENERGY_OF_TURN: Kind = Kind::new(
    "turn_energy",
    "energy.turn@1",
    "Median RMS of a turn relative to its speaker's median, in dB",
);

const ALL: [Kind; 6] = [PITCH, PITCH_IQR, PITCH_RANGE, VOICED, ENERGY, ENERGY_RANGE];

/// Pitch of speech in Hz; other values are errors of the tracker.
const SPEECH_HZ: std::ops::RangeInclusive<f32> = 65.0..=400.0;
/// Voiced frames under which a turn has no pitch of its own: 200 ms.
const LEAST_TURN_FRAMES: usize = 20;

/// Frames of every channel.
pub(crate) struct Tracks {
    /// Or why there are none.
    channels: Result<Vec<Track>, String>,
}

struct Track {
    hop_ms: u32,
    snr_db: f32,
    frames: Vec<Frame>,
}

#[derive(Clone, Copy)]
struct Frame {
    /// Semitones above 1 Hz; none where unvoiced.
    pitch: Option<f64>,
    /// dB of full scale.
    energy: f64,
}

impl Tracks {
    /// Reads the recording behind a call once.
    pub(crate) fn open(call: &Call<'_>) -> Result<Self> {
        let missing = |reason: &str| Ok(Self { channels: Err(reason.to_owned()) });
        if call.conversation().audio_channels == 0 {
            return missing("there is no recording behind the call");
        }
        if matches!(call.timing(), Timing::None | Timing::Starts) {
            return missing("turns have no ends, so that no sound is known to be a speaker's");
        }
        let Some(recording) = call.recording()? else {
            return missing("the recording behind the call cannot be had");
        };
        let channels = (0..recording.channels()).map(|channel| Track::read(&recording, channel));
        Ok(Self { channels: Ok(channels.collect::<Result<_>>()?) })
    }

    /// The track that a speaker is on: their own channel where each has one.
    fn of(&self, voice: &Voice<'_>) -> Result<&Track, String> {
        let channels = self.channels.as_ref().map_err(Clone::clone)?;
        let own = channels.len() > 1 && channels.len() == voice.call.participants().len();
        let index = if own { voice.speaker as usize } else { 0 };
        let track = channels.get(index).ok_or("the recording has no channel")?;
        if channels.len() > 1 && !own {
            return Err(format!(
                "{} channels and {} speakers: whose channel is whose is not known",
                channels.len(),
                voice.call.participants().len()
            ));
        }
        let least = voice.config.min_snr_db;
        if track.snr_db < least {
            return Err(format!(
                "the signal-to-noise ratio is {:.0} dB; at least {least:.0}",
                track.snr_db
            ));
        }
        Ok(track)
    }
}

impl Track {
    fn read(recording: &Recording<'_>, channel: u8) -> Result<Self> {
        let duration = recording.duration_ms();
        let mut track = Self { hop_ms: 10, snr_db: recording.snr_db(channel)?, frames: Vec::new() };
        let mut start = 0;
        while start < duration {
            let len = (duration - start).min(Recording::MAX_PROSODY_MS);
            let part = recording.prosody(channel, start, len)?;
            track.hop_ms = part.hop_ms.max(1);
            // Parts may overlap or leave frames out at their borders: the index counts.
            let index = (start / track.hop_ms) as usize;
            track.frames.resize(index, Frame { pitch: None, energy: f64::NEG_INFINITY });
            // The tracker's decision counts (a pitch or none): its probability of voicing
            // is below one half for most voiced frames of real speech.
            let frames = part.f0.iter().zip(&part.energy);
            track.frames.extend(frames.map(|(f0, energy)| Frame {
                pitch: SPEECH_HZ.contains(f0).then(|| f64::from(*f0).log2() * 12.0),
                energy: f64::from(*energy),
            }));
            start += len;
        }
        Ok(track)
    }

    /// Frames of a turn.
    fn turn(&self, turn: &Turn<'_>) -> &[Frame] {
        let index = |ms: Option<u32>| (ms.unwrap_or(0) / self.hop_ms) as usize;
        let end = index(turn.end_ms()).min(self.frames.len());
        &self.frames[index(turn.start_ms()).min(end)..end]
    }
}

pub(crate) fn measure(voice: &Voice<'_>, tracks: &Tracks) -> Vec<Annotation> {
    match tracks.of(voice).and_then(|track| Tone::of(voice, track).map(|tone| (track, tone))) {
        Ok((track, tone)) => tone.annotations(voice, track),
        Err(reason) => ALL.map(|kind| voice.says(kind, Err(reason.clone()))).to_vec(),
    }
}

/// A speaker's own level, which their turns are measured against.
struct Tone {
    pitch: Vec<f64>,
    energy: Vec<f64>,
    frames: usize,
}

impl Tone {
    fn of(voice: &Voice<'_>, track: &Track) -> Result<Self, String> {
        let mut tone = Self { pitch: Vec::new(), energy: Vec::new(), frames: 0 };
        for turn in voice.turns() {
            for frame in track.turn(&turn) {
                tone.frames += 1;
                if let Some(pitch) = frame.pitch {
                    tone.pitch.push(pitch);
                    tone.energy.push(frame.energy);
                }
            }
        }
        let voiced_ms = tone.pitch.len() as u64 * u64::from(track.hop_ms);
        if voiced_ms < u64::from(voice.config.min_voiced_ms) || tone.pitch.is_empty() {
            return Err(format!(
                "{voiced_ms} ms are voiced; at least {}",
                voice.config.min_voiced_ms
            ));
        }
        Ok(tone)
    }

    fn annotations(mut self, voice: &Voice<'_>, track: &Track) -> Vec<Annotation> {
        // `Tone::of` refused a speaker without voiced frames.
        let (Some(pitch), Some(energy)) = (median(&mut self.pitch), median(&mut self.energy))
        else {
            return Vec::new();
        };
        let between = |values: &mut [f64], low, high| {
            let range = quantile(values, high).zip(quantile(values, low));
            range.map(|(high, low)| high - low).ok_or_else(|| "nothing is voiced".to_owned())
        };
        let mut found = vec![
            voice.says(PITCH, Ok((pitch / 12.0).exp2())),
            voice.says(PITCH_IQR, between(&mut self.pitch, 0.25, 0.75)),
            voice.says(PITCH_RANGE, between(&mut self.pitch, 0.05, 0.95)),
            voice.says(VOICED, Ok(self.pitch.len() as f64 / self.frames as f64)),
            voice.says(ENERGY, Ok(energy)),
            voice.says(ENERGY_RANGE, between(&mut self.energy, 0.1, 0.9)),
        ];
        if voice.config.turns {
            found.extend(voice.turns().flat_map(|turn| of_turn(turn, track, pitch, energy)));
        }
        found
    }
}

/// A turn against its speaker; nothing where too little of it is voiced.
fn of_turn(turn: Turn<'_>, track: &Track, pitch: f64, energy: f64) -> Vec<Annotation> {
    let seconds = |index: usize| index as f64 * f64::from(track.hop_ms) / 1_000.0;
    let voiced: Vec<(usize, Frame, f64)> = track
        .turn(&turn)
        .iter()
        .enumerate()
        .filter_map(|(index, frame)| Some((index, *frame, frame.pitch?)))
        .collect();
    if voiced.len() < LEAST_TURN_FRAMES {
        return Vec::new();
    }
    let mut pitches: Vec<f64> = voiced.iter().map(|(_, _, pitch)| *pitch).collect();
    let mut energies: Vec<f64> = voiced.iter().map(|(_, frame, _)| frame.energy).collect();
    let points: Vec<(f64, f64)> =
        voiced.iter().map(|(index, _, pitch)| (seconds(*index), *pitch)).collect();
    let measures = [
        (PITCH_OF_TURN, median(&mut pitches).map(|median| median - pitch)),
        (SLOPE_OF_TURN, slope(&points)),
        (ENERGY_OF_TURN, median(&mut energies).map(|median| median - energy)),
    ];
    let annotation =
        |(kind, value): (Kind, Option<f64>)| Some(kind.at(turn, value?).by(kind.definition));
    measures.into_iter().filter_map(annotation).collect()
}
