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
        let Some(record) = call else { return Ok(None) };
        let Some(media) = record.media else { return Ok(None) };
        let call = record.conversation;
        let channels = usize::from(call.audio_channels);
        Ok(Some(Arc::new(CallRecording {
            path: PathBuf::from(media.path),
            duration_ms: call.duration_ms.unwrap_or_default(),
            silences: record.redactions.iter().filter_map(|redaction| redaction.time).collect(),
            voices: (0..channels).map(|_| OnceLock::new()).collect(),
        })))
    }
}

struct CallRecording {
    path: PathBuf,
    duration_ms: u32,
    /// Milliseconds of what was replaced in the text: nobody hears it.
    silences: Vec<(u32, u32)>,
    /// The prosody of each whole channel, measured when it is first asked for: a slice
    /// of it must not depend on where it is cut.
    voices: Vec<OnceLock<Result<Voice, String>>>,
}

/// Words begin and end less sharply than their times say.
const MARGIN_MS: u32 = 80;
const SAMPLES_A_MS: usize = 16;

/// Zeroes what lies in `silences` of samples that begin at `start_ms`, at 16 kHz. On
/// every channel: a word on one is often heard faintly on the other.
fn silence(samples: &mut [f32], start_ms: u32, silences: &[(u32, u32)]) {
    let place = |ms: u32| ms.saturating_sub(start_ms) as usize * SAMPLES_A_MS;
    for (from, to) in silences {
        let from = place(from.saturating_sub(MARGIN_MS)).min(samples.len());
        let to = place(to.saturating_add(MARGIN_MS)).min(samples.len());
        samples[from..to].fill(0.0);
    }
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
        let mut samples =
            rehearsal_speech::samples(&self.path, channel.into(), start_ms.into(), len_ms.into())
                .map_err(|error| error.to_string())?;
        silence(&mut samples, start_ms, &self.silences);
        Ok(samples)
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

#[cfg(test)]
mod tests {
    use rehearsal_model::{Conversation, Digest, Span};
    use rehearsal_privacy::{Kind, Redaction};
    use rehearsal_repository::Fingerprint;

    use super::*;
    use crate::records::{CallRecord, Media};

    /// Two channels at 8 kHz, loud throughout.
    fn recording(path: &std::path::Path) {
        let format = hound::WavSpec {
            channels: 2,
            sample_rate: 8_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = hound::WavWriter::create(path, format).unwrap();
        for at in 0..3 * 8_000 {
            let wave = (at as f32 * 0.3).sin() * 12_000.0;
            file.write_sample(wave as i16).unwrap();
            file.write_sample(-wave as i16).unwrap();
        }
        file.finalize().unwrap();
    }

    #[test]
    fn what_was_redacted_is_heard_on_no_channel_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("call.wav");
        recording(&path);
        let span = Span { start: 0, end: 6 };
        let record = CallRecord {
            source: "calls".to_owned(),
            entry: "call.wav".to_owned(),
            item: String::new(),
            media: Some(Media {
                path: path.to_string_lossy().into_owned(),
                fingerprint: Digest::of_value(&"call"),
            }),
            conversation: Conversation {
                duration_ms: Some(3_000),
                audio_channels: 2,
                ..Conversation::default()
            },
            former: Vec::new(),
            redactions: vec![Redaction {
                kind: Kind::Person,
                turn: 0,
                span,
                time: Some((1_000, 1_400)),
            }],
            mentions: Vec::new(),
            identity: None,
        };
        let repository = Arc::new(Repository::open(folder.path().join("work")).unwrap());
        let id = ConversationId::new("calls", "call.wav", "");
        let mut unit = repository.unit();
        unit.put(&CALLS, id.as_bytes(), Fingerprint::NONE, &record).unwrap();
        repository.commit(unit).unwrap();
        let audio = CallAudio::default();
        audio.attach(repository);
        let heard = audio.open(id).unwrap().unwrap();
        for channel in 0..2 {
            let samples = heard.samples(channel, 0, 3_000).unwrap();
            let loudest = |from: usize, to: usize| {
                samples[from * 16..to * 16].iter().fold(0.0_f32, |most, s| most.max(s.abs()))
            };
            assert_eq!(loudest(920, 1_480), 0.0, "channel {channel}");
            assert!(loudest(800, 915) > 0.2 && loudest(1_485, 1_600) > 0.2, "channel {channel}");
        }
    }

    #[test]
    fn redacted_words_are_silent_wherever_a_slice_begins() {
        let said = [(1_000, 1_200)];
        let mut whole = vec![1.0; 3_000 * 16];
        silence(&mut whole, 0, &said);
        assert_eq!(whole.iter().filter(|sample| **sample == 0.0).count(), 360 * 16);
        assert_eq!((whole[920 * 16 - 1], whole[920 * 16], whole[1_280 * 16]), (1.0, 0.0, 1.0));
        let mut slice = vec![1.0; 500 * 16];
        silence(&mut slice, 1_100, &said);
        assert_eq!(slice, whole[1_100 * 16..1_600 * 16]);
        let mut after = vec![1.0; 16];
        silence(&mut after, 2_000, &said);
        assert_eq!(after, vec![1.0; 16]);
    }
}
