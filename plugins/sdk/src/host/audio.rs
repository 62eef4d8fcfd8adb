//! The sound behind a call.

use std::marker::PhantomData;

use crate::Result;
use crate::bindings::base::rehearsal::plugin::audio as wit;
#[cfg(not(target_family = "wasm"))]
use crate::testing::MemoryRecording;
use crate::types::{Conversation, Prosody};

/// Where recordings come from.
#[derive(Clone, Copy)]
pub(crate) struct Source<'a> {
    #[cfg(not(target_family = "wasm"))]
    memory: Option<&'a MemoryRecording>,
    lifetime: PhantomData<&'a ()>,
}

impl<'a> Source<'a> {
    pub(crate) fn of_host() -> Self {
        Self {
            #[cfg(not(target_family = "wasm"))]
            memory: None,
            lifetime: PhantomData,
        }
    }

    #[cfg(not(target_family = "wasm"))]
    pub(crate) fn of_memory(memory: &'a MemoryRecording) -> Self {
        Self { memory: Some(memory), lifetime: PhantomData }
    }

    pub(crate) fn open(&self, call: &Conversation) -> Result<Option<Recording<'a>>> {
        if call.audio_channels == 0 {
            return Ok(None);
        }
        #[cfg(target_family = "wasm")]
        let inner = wit::open(&call.id)?.map(Inner::Host);
        #[cfg(not(target_family = "wasm"))]
        let inner = self.memory.map(Inner::Memory);
        Ok(inner.map(|inner| Recording { inner, lifetime: PhantomData }))
    }
}

enum Inner<'a> {
    #[cfg_attr(not(target_family = "wasm"), expect(dead_code, reason = "made in the sandbox"))]
    Host(wit::Recording),
    #[cfg(not(target_family = "wasm"))]
    Memory(&'a MemoryRecording),
    #[cfg(target_family = "wasm")]
    #[expect(dead_code, reason = "keeps the lifetime that native recordings need")]
    Never(std::convert::Infallible, PhantomData<&'a ()>),
}

/// A recording, decoded by the host.
pub struct Recording<'a> {
    inner: Inner<'a>,
    lifetime: PhantomData<&'a ()>,
}

macro_rules! forward {
    ($self:ident, $host:ident => $of_host:expr, $memory:ident => $of_memory:expr) => {
        match &$self.inner {
            Inner::Host($host) => $of_host,
            #[cfg(not(target_family = "wasm"))]
            Inner::Memory($memory) => $of_memory,
            #[cfg(target_family = "wasm")]
            Inner::Never(never, _) => match *never {},
        }
    };
}

impl Recording<'_> {
    /// Most milliseconds that one [`Recording::prosody`] may ask for.
    pub const MAX_PROSODY_MS: u32 = 600_000;

    /// Whole length in milliseconds.
    #[must_use]
    pub fn duration_ms(&self) -> u32 {
        forward!(self, host => host.duration_ms(), memory => memory.duration_ms())
    }

    /// How many.
    #[must_use]
    pub fn channels(&self) -> u8 {
        forward!(self, host => host.channels(), memory => memory.channels())
    }

    /// Estimated signal-to-noise ratio of a channel in dB.
    ///
    /// # Errors
    /// There is no such channel, or it cannot be decoded.
    pub fn snr_db(&self, channel: u8) -> Result<f32> {
        forward!(self, host => host.snr_db(channel), memory => Ok(memory.snr_db(channel)))
    }

    /// Mono 16 kHz PCM of a channel in -1 to 1; `len_ms` at most 60,000.
    ///
    /// # Errors
    /// As [`Recording::snr_db`].
    pub fn samples(&self, channel: u8, start_ms: u32, len_ms: u32) -> Result<Vec<f32>> {
        forward!(
            self,
            host => host.samples(channel, start_ms, len_ms),
            memory => Ok(memory.samples(channel, start_ms, len_ms))
        )
    }

    /// Frames of 10 ms; `len_ms` at most [`Recording::MAX_PROSODY_MS`].
    ///
    /// # Errors
    /// As [`Recording::snr_db`].
    pub fn prosody(&self, channel: u8, start_ms: u32, len_ms: u32) -> Result<Prosody> {
        forward!(
            self,
            host => host.prosody(channel, start_ms, len_ms),
            memory => Ok(memory.prosody(channel, start_ms, len_ms))
        )
    }
}
