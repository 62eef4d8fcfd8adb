//! The WASI that plugins see: all of it is there, since language run-times import it,
//! and none of it leads anywhere. No files, no network, no environment, no
//! arguments, empty input; clocks stand still and chance is always the same, so that
//! a result depends on the plugin and its input only.

use std::convert::Infallible;
use std::time::Duration;

use rand_core::TryRng;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

use crate::output::Stdio;

/// What every plugin takes for the present: 2025-01-01T00:00:00Z, in seconds since
/// 1970. A plausible date, since libraries refuse 1970 (certificates, calendars).
const PRESENT: Duration = Duration::from_secs(1_735_689_600);

/// Bytes that a plugin may ask for at once, like `/dev/urandom` gives for sure.
const RANDOM_AT_ONCE: u64 = 1024 * 1024;

pub(crate) fn context(stdio: &Stdio, seed: u64) -> WasiCtx {
    WasiCtx::builder()
        .stdout(stdio.clone())
        .stderr(stdio.clone())
        .wall_clock(StandingClock)
        .monotonic_clock(StandingClock)
        .secure_random(Seeded::new("secure", seed))
        .insecure_random(Seeded::new("insecure", seed))
        .insecure_random_seed(seed.into())
        .max_random_size(RANDOM_AT_ONCE)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}

struct StandingClock;

impl HostWallClock for StandingClock {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        PRESENT
    }
}

impl HostMonotonicClock for StandingClock {
    fn resolution(&self) -> u64 {
        1_000_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

/// Random numbers that every instance gets in the same order: a hash's endless
/// output, which no version of a generator will change.
struct Seeded(blake3::OutputReader);

impl Seeded {
    fn new(stream: &str, seed: u64) -> Self {
        let context = "rehearsal 2026 random numbers for plugins";
        let mut hasher = blake3::Hasher::new_derive_key(context);
        hasher.update(stream.as_bytes());
        if seed != 0 {
            hasher.update(&seed.to_le_bytes());
        }
        Self(hasher.finalize_xof())
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}
