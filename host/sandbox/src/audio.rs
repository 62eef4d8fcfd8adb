//! Sound behind conversations, as the host gives it to plugins.

use std::sync::Arc;

use rehearsal_model::ConversationId;

/// Where recordings come from. Its functions may block: the sandbox calls them off
/// the asynchronous threads.
pub trait AudioSource: Send + Sync {
    /// The recording of a conversation; none where it has none.
    ///
    /// # Errors
    /// What is wrong with the recording, for a person.
    fn open(&self, id: ConversationId) -> Result<Option<Arc<dyn Recording>>, String>;
}

/// One recording. Channels count from 0, times are milliseconds from its start.
/// What lies past its end is left out of every answer.
pub trait Recording: Send + Sync {
    /// Whole length in milliseconds.
    fn duration_ms(&self) -> u32;

    /// How many channels it has.
    fn channels(&self) -> u8;

    /// Estimated signal-to-noise ratio of a channel in dB.
    ///
    /// # Errors
    /// What is wrong, for a person.
    fn snr_db(&self, channel: u8) -> Result<f32, String>;

    /// Mono PCM at 16 kHz, -1 to 1.
    ///
    /// # Errors
    /// What is wrong, for a person.
    fn samples(&self, channel: u8, start_ms: u32, len_ms: u32) -> Result<Vec<f32>, String>;

    /// Frames of pitch, voicing and energy.
    ///
    /// # Errors
    /// What is wrong, for a person.
    fn prosody(&self, channel: u8, start_ms: u32, len_ms: u32) -> Result<Prosody, String>;
}

/// Frames of a recording; every list has a value a frame.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prosody {
    /// When the first frame starts.
    pub start_ms: u32,
    /// Milliseconds from frame to frame.
    pub hop_ms: u32,
    /// Fundamental frequency in Hz; 0 where unvoiced.
    pub f0: Vec<f32>,
    /// Probability of voicing, 0 to 1.
    pub voicing: Vec<f32>,
    /// RMS in dB relative to full scale.
    pub energy: Vec<f32>,
}
