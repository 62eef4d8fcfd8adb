//! A stretch of one channel, for prosody and for plugins that ask for audio.

use std::path::Path;

use super::{PcmStream, SAMPLE_RATE};
use crate::error::SpeechError;

/// Audio before the wanted stretch that is decoded and dropped after a seek, so that
/// codecs with memory (MP3's bit reservoir, Opus) and the resampler have settled.
const RUN_UP_MS: u64 = 500;

/// `len_ms` milliseconds of one channel from `start_ms`, mono `f32` at [`SAMPLE_RATE`].
///
/// Shorter than asked for where the recording ends; empty past its end. The stretch is
/// found by seeking where the container can, else by reading from the start.
///
/// # Errors
/// As [`PcmStream::open`], and [`SpeechError::NoSuchChannel`].
pub fn samples(
    path: &Path,
    channel: usize,
    start_ms: u64,
    len_ms: u64,
) -> Result<Vec<f32>, SpeechError> {
    let mut stream = PcmStream::open(path)?;
    let run_up = start_ms.saturating_sub(RUN_UP_MS);
    let mut at_ms = 0.0;
    if run_up > 0 {
        match stream.reader.seek(run_up) {
            Some(landed) if landed <= start_ms as f64 => at_ms = landed,
            _ => stream = PcmStream::open(path)?,
        }
    }
    let per_ms = f64::from(SAMPLE_RATE) / 1000.0;
    let mut skip = ((start_ms as f64 - at_ms) * per_ms).round().max(0.0) as usize;
    let wanted = (len_ms as f64 * per_ms).round() as usize;
    let mut out = Vec::new();
    while out.len() < wanted {
        let block = match stream.next_block() {
            Ok(Some(block)) => block,
            // Past the end after a seek there is nothing, and that is no fault.
            Ok(None) | Err(SpeechError::NoAudioDecoded { .. }) if at_ms > 0.0 => break,
            Ok(None) => break,
            Err(e) => return Err(e),
        };
        let plane = block.get(channel).ok_or_else(|| SpeechError::NoSuchChannel {
            path: path.to_owned(),
            channels: block.len(),
            channel,
        })?;
        let dropped = skip.min(plane.len());
        skip -= dropped;
        let kept = (plane.len() - dropped).min(wanted - out.len());
        out.extend_from_slice(&plane[dropped..dropped + kept]);
    }
    Ok(out)
}
