//! The page on which experts judge the calls of a batch.
//!
//! A [`Desk`] holds the batch in memory and knows the journal of verdicts; it needs no
//! repository while it is open, so a run may go on beside it. [`Desk::serve`] answers on
//! a loopback listener only. Every request passes, in this order: its `Host` is this
//! listener's (a name that was bound to 127.0.0.1 elsewhere is not), its `Origin` and
//! `Sec-Fetch-Site` are this page's, and whatever tells or takes anything of calls has
//! the key, which is made anew at every start and stands in no header that a browser
//! sends by itself. Texts of calls are put into the page as text, and its
//! Content-Security-Policy lets nothing run or load that is not the program's own.

mod api;
mod audio;
mod guard;
mod page;
mod sheet;
mod sound;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};
use rehearsal_review::{Journal, Rubric};
use tokio::net::TcpListener;

use guard::Keys;
pub use sheet::{Sheet, Spoken, Suggestion, TurnFinding};
pub use sound::Sound;

/// What experts work on.
#[derive(Debug)]
pub struct Desk {
    /// What calls are judged by.
    pub rubric: Rubric,
    /// The batch's number.
    pub batch: u32,
    /// Its calls, in the order in which they are reviewed.
    pub sheets: Vec<Sheet>,
    /// Where verdicts go.
    pub journal: Journal,
}

/// A desk that listens and does not answer yet.
#[derive(Debug)]
pub struct Open {
    listener: TcpListener,
    keys: Keys,
    address: SocketAddr,
    desk: Desk,
}

/// Why a desk cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The port is taken, or there is no loopback.
    #[error("cannot listen on 127.0.0.1:{port}: {source}; another --port may be free")]
    Listen {
        /// As asked for.
        port: u16,
        /// What the system says.
        source: std::io::Error,
    },
    /// The system has no random numbers for a key.
    #[error("cannot make a key for the page: {0}")]
    Key(String),
    /// Answering ended.
    #[error("the page ended: {0}")]
    Serve(std::io::Error),
}

/// What every request can reach.
pub(crate) struct Shared {
    pub(crate) desk: Desk,
    pub(crate) keys: Keys,
    pub(crate) address: SocketAddr,
}

impl Desk {
    /// Begins to listen on 127.0.0.1; port 0 takes any that is free.
    ///
    /// # Errors
    /// The port is taken, or the system gives no random key.
    pub async fn open(self, port: u16) -> Result<Open, DeskError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .await
            .map_err(|source| DeskError::Listen { port, source })?;
        let address = listener.local_addr().map_err(DeskError::Serve)?;
        Ok(Open { listener, keys: Keys::new()?, address, desk: self })
    }
}

impl Open {
    /// What raters open. The key stands behind the `#`, which no browser sends.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/#key={}", self.address, self.keys.page)
    }

    /// Answers until `stop` is ready.
    ///
    /// # Errors
    /// The listener fails.
    pub async fn serve(
        self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), DeskError> {
        let shared = Arc::new(Shared { desk: self.desk, keys: self.keys, address: self.address });
        let secret = Router::new()
            .route("/api/desk", get(api::desk))
            .route("/api/call", get(api::call))
            .route("/api/verdict", put(api::verdict))
            .route("/api/session", post(api::session))
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&shared), guard::keyed));
        let app = Router::new()
            .route("/", get(page::index))
            .route("/page/{file}", get(page::file))
            .route("/audio/{item}", get(audio::audio))
            .merge(secret)
            .layer(axum::middleware::from_fn_with_state(Arc::clone(&shared), guard::guard))
            .with_state(shared);
        axum::serve(self.listener, app).with_graceful_shutdown(stop).await.map_err(DeskError::Serve)
    }
}
