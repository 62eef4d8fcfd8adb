//! How people speak: pace, pauses, pitch and energy, of every speaker and turn by turn.
//!
//! What one speaker does in the whole call is an annotation of the conversation whose
//! rule names the speaker (`speaker 0`, an index into the participants). What the source
//! cannot support is *unavailable* with the reason.

mod pace;
mod pauses;
mod stats;
mod syllables;
mod tone;

use rehearsal_sdk::prelude::*;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Shortest silence inside a turn that counts as a pause, in milliseconds.
    pub min_pause_ms: u32,
    /// Lowest signal-to-noise ratio in dB at which pitch and energy are measured.
    pub min_snr_db: f32,
    /// Fewest voiced milliseconds of a speaker, below which there is no pitch.
    pub min_voiced_ms: u32,
    /// Whether turns get values of their own.
    pub turns: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { min_pause_ms: 250, min_snr_db: 10.0, min_voiced_ms: 1_000, turns: true }
    }
}

/// The extractor.
#[derive(Debug)]
pub struct TonePacing {
    config: Config,
}

impl Extractor for TonePacing {
    type Config = Config;
    const EMITS: &'static [Kind] = &[
        pace::SPEECH_RATE,
        pace::TURN_RATE,
        pace::ARTICULATION,
        pace::ACCELERATION,
        pace::RATE_OF_TURN,
        pauses::MEDIAN,
        pauses::LONG,
        pauses::PER_MINUTE,
        pauses::ANSWER,
        pauses::ANSWER_OF_TURN,
        tone::PITCH,
        tone::PITCH_IQR,
        tone::PITCH_RANGE,
        tone::VOICED,
        tone::ENERGY,
        tone::ENERGY_RANGE,
        tone::PITCH_OF_TURN,
        tone::SLOPE_OF_TURN,
        tone::ENERGY_OF_TURN,
    ];
    const NEEDS: Needs = Needs { starts: true, ends: true, words: true, roles: false, audio: true };

    fn new(config: Config) -> Result<Self> {
        if config.min_pause_ms == 0 {
            return Err(Error::permanent("config.min_pause_ms is 0; every gap would be a pause"));
        }
        Ok(Self { config })
    }

    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>> {
        let tracks = tone::Tracks::open(call)?;
        let mut annotations = Vec::new();
        for speaker in 0..call.participants().len() {
            let voice = Voice { call, config: &self.config, speaker: speaker as u32 };
            if voice.turns().next().is_none() {
                continue;
            }
            annotations.extend(pace::measure(&voice));
            annotations.extend(pauses::measure(&voice));
            annotations.extend(tone::measure(&voice, &tracks));
        }
        Ok(annotations)
    }
}

/// One speaker of a call.
struct Voice<'a> {
    call: &'a Call<'a>,
    config: &'a Config,
    speaker: u32,
}

impl<'a> Voice<'a> {
    fn turns(&self) -> impl Iterator<Item = Turn<'a>> {
        let speaker = self.speaker;
        self.call.turns().filter(move |turn| turn.participant() == speaker)
    }

    /// An annotation of the call about this speaker.
    fn says(&self, kind: Kind, value: Result<f64, String>) -> Annotation {
        kind.at(self.call, value).by(format!("speaker {}", self.speaker))
    }

    /// Why this speaker's turns have no length, if so.
    fn without_ends(&self) -> Option<String> {
        match self.call.timing() {
            Timing::None => Some("the source has no times".to_owned()),
            Timing::Starts => Some("the source has starts of turns and no ends".to_owned()),
            Timing::Turns | Timing::Words => None,
        }
    }

    /// Why this speaker's words have no times, if so.
    fn without_words(&self) -> Option<String> {
        self.without_ends().or_else(|| {
            (self.call.timing() != Timing::Words)
                .then(|| "the source has no times of words".to_owned())
        })
    }
}

rehearsal_sdk::export_extractor!(TonePacing);
