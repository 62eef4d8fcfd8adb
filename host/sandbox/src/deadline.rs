//! When a call must have ended. Waiting for one's turn at a server is nobody's work, so
//! the gate can move it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rehearsal_gate::Patience;

use crate::engine::TICK;
use crate::session::DeadlinePassed;

/// The end of one call, known to the engine, the host's calls and who waits for it.
#[derive(Debug)]
pub(crate) struct Deadline(Mutex<Instant>);

impl Deadline {
    pub(crate) fn after(time: Duration) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Instant::now() + time)))
    }

    /// Gives a further call of the same instance its own time.
    pub(crate) fn restart(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + time;
    }

    fn end(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn has_passed(&self) -> bool {
        Instant::now() >= self.end()
    }

    /// Waits until then, not longer. Running code is interrupted by the engine's clock,
    /// which knows where it was; this is for code that waits in a host call, so it
    /// comes a little later.
    pub(crate) async fn limit<T>(
        &self,
        call: impl Future<Output = wasmtime::Result<T>>,
    ) -> wasmtime::Result<T> {
        let grace = TICK.saturating_mul(4);
        let mut call = std::pin::pin!(call);
        loop {
            let end = self.end();
            match tokio::time::timeout_at((end + grace).into(), &mut call).await {
                Ok(done) => return done,
                Err(_) if self.end() > end => {}
                Err(_) => return Err(DeadlinePassed.into()),
            }
        }
    }
}

impl Patience for Deadline {
    fn left(&self) -> Duration {
        self.end().saturating_duration_since(Instant::now())
    }

    fn pausing(&self, pause: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += pause;
    }
}
