//! Sound behind calls, for plugins that were granted it.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use rehearsal_model::ConversationId;
use rehearsal_repository::Repository;
use rehearsal_sandbox::{AudioSource, Prosody, Recording};
use rehearsal_speech::prosody::{STEP_MS, prosody};

use crate::records::CALLS;

/// Opens the recordings of calls in a repository, once there is one: a plan is made
/// before the repository is opened.
#[derive(Default)]
pub struct CallAudio {
    repository: OnceLock<Arc<Repository>>,
}

impl CallAudio {
    /// From here on, calls of this repository. Only the first one counts.
    pub fn attach(&self, repository: Arc<Repository>) {
        // A second one would be the same: a process opens one repository.
        let _ = self.repository.set(repository);
    }
}

impl AudioSource for CallAudio {
    fn open(&self, id: ConversationId) -> Result<Option<Arc<dyn Recording>>, String> {
        let Some(repository) = self.repository.get() else { return Ok(None) };
        let call = repository.get(&CALLS, id.as_bytes()).map_err(|error| error.to_string())?;
        let Some((media, call)) = call.and_then(|call| Some((call.media?, call.conversation)))
        else {
            return Ok(None);
        };
        let channels = usize::from(call.audio_channels);
        Ok(Some(Arc::new(CallRecording {
            path: PathBuf::from(media.path),
            duration_ms: call.duration_ms.unwrap_or_default(),
            voices: (0..channels).map(|_| OnceLock::new()).collect(),
        })))
    }
}

struct CallRecording {
    path: PathBuf,
    duration_ms: u32,
    /// The prosody of each whole channel, measured when it is first asked for: a slice
    /// of it must not depend on where it is cut.
    voices: Vec<OnceLock<Result<Voice, String>>>,
}

struct Voice {
    prosody: Prosody,
    snr_db: Option<f32>,
}

/// Sound is decoded in pieces of this length, so that a long call needs little memory.
const PIECE_MS: u32 = 300_000;

impl CallRecording {
    fn voice(&self, channel: u8) -> Result<&Voice, String> {
        let slot = self.voices.get(usize::from(channel)).ok_or_else(|| {
            format!("there is no channel {channel}, the recording has {}", self.voices.len())
        })?;
        slot.get_or_init(|| self.measure(channel)).as_ref().map_err(Clone::clone)
    }

    fn measure(&self, channel: u8) -> Result<Voice, String> {
        let mut voice = Prosody { hop_ms: STEP_MS as u32, ..Prosody::default() };
        let mut ratios = Vec::new();
        for start in (0..self.duration_ms.max(1)).step_by(PIECE_MS as usize) {
            let piece = prosody(&self.samples(channel, start, PIECE_MS)?);
            ratios.extend(piece.snr_db);
            for frame in piece.frames {
                voice.f0.push(frame.f0_hz.unwrap_or(0.0));
                voice.voicing.push(frame.voicing);
                voice.energy.push(frame.energy_db);
            }
        }
        ratios.sort_by(f32::total_cmp);
        Ok(Voice { prosody: voice, snr_db: ratios.get(ratios.len() / 2).copied() })
    }
}

impl Recording for CallRecording {
    fn duration_ms(&self) -> u32 {
        self.duration_ms
    }

    fn channels(&self) -> u8 {
        u8::try_from(self.voices.len()).unwrap_or(u8::MAX)
    }

    fn snr_db(&self, channel: u8) -> Result<f32, String> {
        let unknown = || "nothing is said on this channel".to_owned();
        self.voice(channel)?.snr_db.ok_or_else(unknown)
    }

    fn samples(&self, channel: u8, start_ms: u32, len_ms: u32) -> Result<Vec<f32>, String> {
        rehearsal_speech::samples(&self.path, channel.into(), start_ms.into(), len_ms.into())
            .map_err(|error| error.to_string())
    }

    fn prosody(&self, channel: u8, start_ms: u32, len_ms: u32) -> Result<Prosody, String> {
        let whole = &self.voice(channel)?.prosody;
        let frames = whole.f0.len();
        let frame = |ms: u32| usize::try_from(ms / whole.hop_ms).unwrap_or(frames).min(frames);
        let range = frame(start_ms)..frame(start_ms.saturating_add(len_ms));
        Ok(Prosody {
            start_ms: start_ms / whole.hop_ms * whole.hop_ms,
            hop_ms: whole.hop_ms,
            f0: whole.f0[range.clone()].to_vec(),
            voicing: whole.voicing[range.clone()].to_vec(),
            energy: whole.energy[range].to_vec(),
        })
    }
}
