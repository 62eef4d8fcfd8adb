//! `audio`: sound behind the conversations of the present batch.

use std::sync::Arc;

use rehearsal_model::ConversationId;
use wasmtime::component::Resource;

use super::{NotGranted, blocking};
use crate::bindings::rehearsal::plugin::audio::{Host, HostRecording, Prosody};
use crate::bindings::rehearsal::plugin::types::Error;
use crate::state::State;
use crate::{Capability, Recording};

/// As `wit/host.wit` promises.
const MAX_SAMPLES_MS: u32 = 60_000;
/// As `wit/host.wit` promises.
const MAX_PROSODY_MS: u32 = 600_000;

/// What the plugin holds of a recording.
#[expect(unreachable_pub, reason = "the generated bindings re-export it")]
pub struct OpenRecording(Arc<dyn Recording>);

impl State {
    /// Asks a recording something that may take a while.
    async fn ask<T: Send + 'static>(
        &mut self,
        recording: &Resource<OpenRecording>,
        question: impl FnOnce(&dyn Recording) -> Result<T, String> + Send + 'static,
    ) -> wasmtime::Result<Result<T, Error>> {
        let recording = Arc::clone(&self.table.get(recording)?.0);
        Ok(blocking(move || question(recording.as_ref())).await?.map_err(Error::InvalidInput))
    }
}

impl Host for State {
    async fn open(
        &mut self,
        conversation: String,
    ) -> wasmtime::Result<Result<Option<Resource<OpenRecording>>, Error>> {
        let Some(source) = self.grants.audio.clone() else {
            return Err(NotGranted(Capability::Audio).into());
        };
        let id = conversation.parse::<ConversationId>().ok();
        let Some(id) = id.filter(|id| self.batch.contains(id)) else {
            let message = format!("`{conversation}` is not a conversation of this batch");
            return Ok(Err(Error::Denied(message)));
        };
        match blocking(move || source.open(id)).await? {
            Ok(Some(recording)) => Ok(Ok(Some(self.hand_out(OpenRecording(recording))?))),
            Ok(None) => Ok(Ok(None)),
            Err(message) => Ok(Err(Error::InvalidInput(message))),
        }
    }
}

impl HostRecording for State {
    async fn duration_ms(&mut self, recording: Resource<OpenRecording>) -> wasmtime::Result<u32> {
        Ok(self.table.get(&recording)?.0.duration_ms())
    }

    async fn channels(&mut self, recording: Resource<OpenRecording>) -> wasmtime::Result<u8> {
        Ok(self.table.get(&recording)?.0.channels())
    }

    async fn snr_db(
        &mut self,
        recording: Resource<OpenRecording>,
        channel: u8,
    ) -> wasmtime::Result<Result<f32, Error>> {
        self.ask(&recording, move |recording| recording.snr_db(channel)).await
    }

    async fn samples(
        &mut self,
        recording: Resource<OpenRecording>,
        channel: u8,
        start_ms: u32,
        len_ms: u32,
    ) -> wasmtime::Result<Result<Vec<f32>, Error>> {
        if let Err(error) = check_length(len_ms, MAX_SAMPLES_MS) {
            return Ok(Err(error));
        }
        self.ask(&recording, move |recording| recording.samples(channel, start_ms, len_ms)).await
    }

    async fn prosody(
        &mut self,
        recording: Resource<OpenRecording>,
        channel: u8,
        start_ms: u32,
        len_ms: u32,
    ) -> wasmtime::Result<Result<Prosody, Error>> {
        if let Err(error) = check_length(len_ms, MAX_PROSODY_MS) {
            return Ok(Err(error));
        }
        let frames = self
            .ask(&recording, move |recording| recording.prosody(channel, start_ms, len_ms))
            .await?;
        Ok(frames.map(|frames| Prosody {
            start_ms: frames.start_ms,
            hop_ms: frames.hop_ms,
            f0: frames.f0,
            voicing: frames.voicing,
            energy: frames.energy,
        }))
    }

    async fn drop(&mut self, recording: Resource<OpenRecording>) -> wasmtime::Result<()> {
        self.take_back(recording).map(drop)
    }
}

fn check_length(len_ms: u32, most: u32) -> Result<(), Error> {
    if len_ms <= most {
        return Ok(());
    }
    Err(Error::InvalidInput(format!("{len_ms} ms at once are too many; at most {most}")))
}
