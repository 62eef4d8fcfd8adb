//! Recordings as files that any player opens.

use std::path::Path;

use anyhow::{Result, anyhow};
use rehearsal_sandbox::Recording;

/// Decoded at a time, so that a long call needs little memory.
const PIECE_MS: u32 = 60_000;
const SAMPLE_RATE: u32 = 16_000;

/// Writes all that plugins would hear of a recording: silence where its text was redacted.
/// 16 bits, 16 kHz, all channels.
pub(crate) fn write(recording: &dyn Recording, out: &Path) -> Result<()> {
    let channels = recording.channels();
    let format = hound::WavSpec {
        channels: channels.into(),
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut writer = hound::WavWriter::create(out, format)?;
    for start in (0..recording.duration_ms()).step_by(PIECE_MS as usize) {
        let pieces: Vec<Vec<f32>> = (0..channels)
            .map(|channel| recording.samples(channel, start, PIECE_MS))
            .collect::<Result<_, String>>()
            .map_err(|reason| anyhow!(reason))?;
        let longest = pieces.iter().map(Vec::len).max().unwrap_or_default();
        for at in 0..longest {
            for piece in &pieces {
                let sample = piece.get(at).copied().unwrap_or_default().clamp(-1.0, 1.0);
                writer.write_sample((sample * f32::from(i16::MAX)) as i16)?;
            }
        }
    }
    writer.finalize()?;
    Ok(())
}
