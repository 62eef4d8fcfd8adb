//! `rehearsal export-audio`: a call's recording, silent where its text was redacted.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use rehearsal_pipeline::{CallAudio, query};
use rehearsal_sandbox::{AudioSource, Recording};
use serde_json::json;

use crate::args::PipelineFile;
use crate::exit::{Exit, WrongUsage};
use crate::print;

/// Decoded at a time, so that a long call needs little memory.
const PIECE_MS: u32 = 60_000;
const SAMPLE_RATE: u32 = 16_000;

pub(crate) fn run(id: &str, out: &Path, file: &PipelineFile, json: bool) -> Result<Exit> {
    let repository = Arc::new(super::repository(file)?);
    let id = super::find_call(&repository, id)?;
    let audio = CallAudio::default();
    audio.attach(Arc::clone(&repository));
    let recording = audio.open(id).map_err(|reason| anyhow!(reason))?.ok_or_else(|| {
        WrongUsage(format!("the call {id} was never recorded: its source is a transcript"))
    })?;
    write(&*recording, out).with_context(|| format!("cannot write {}", out.display()))?;
    let view = query::show(&repository, id)?;
    let silenced = view.map_or(0, |view| view.record.redactions.len());
    if json {
        print::json(&json!({ "id": id.to_string(), "file": out, "silenced": silenced }));
    } else {
        print::out(&format!("{}: {silenced} passages silenced", out.display()));
    }
    Ok(Exit::Done)
}

/// 16 bits, 16 kHz, all channels.
fn write(recording: &dyn Recording, out: &Path) -> Result<()> {
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
