//! What the plugin under test may see.

use std::path::PathBuf;
use std::sync::Arc;

use globset::{Glob, GlobSet};
use rehearsal_gate::{Budget, Door, Gate, GateError, Grant, Grantee, Mode, Price, Settings};
use rehearsal_model::ConversationId;
use rehearsal_sandbox::{AudioSource, FileGrant, Fingerprints, Grants, Recording};

/// What a test is made with.
#[derive(Debug, Clone)]
pub struct Options {
    /// The plugin's `config` table as JSON.
    pub config: String,
    /// A folder to grant as `files`; without one, that of the fixtures.
    pub files: Option<PathBuf>,
    /// Recorded exchanges; the network itself is never touched.
    pub replay: Option<PathBuf>,
    /// Addresses to grant as `http`: `https://api.example.com/`.
    pub http: Vec<String>,
    /// Inputs of the author's own with what has to come out.
    pub fixtures: Option<PathBuf>,
    /// Write what comes out now as what has to.
    pub bless: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: "{}".to_owned(),
            files: None,
            replay: None,
            http: Vec::new(),
            fixtures: None,
            bless: false,
        }
    }
}

/// What a test cannot grant.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// The folder.
    #[error(transparent)]
    Files(#[from] rehearsal_sandbox::GrantError),
    /// The recorded exchanges, or an address.
    #[error(transparent)]
    Http(#[from] GateError),
}

impl Options {
    /// The folder that is granted: as given, or `files` of the fixtures.
    pub(crate) fn folder(&self) -> Option<PathBuf> {
        let own = self.fixtures.as_ref().map(|fixtures| fixtures.join("files"));
        self.files.clone().or_else(|| own.filter(|folder| folder.is_dir()))
    }

    /// What a pipeline would grant, as far as it can be had here: the calls of the tests
    /// have no recordings, and every request beyond the recorded ones is denied.
    pub(crate) fn grants(&self) -> Result<Grants, GrantError> {
        Ok(Grants {
            config_json: self.config.clone(),
            files: self.folder().map(|root| folder(&root)).transpose()?,
            audio: Some(Arc::new(NoRecordings)),
            http: Some(self.door()?),
            ..Grants::default()
        })
    }

    fn door(&self) -> Result<Door, GateError> {
        // Without a grant nothing gets as far as the network.
        let (mode, urls) = match &self.replay {
            Some(tape) => (Mode::Replay(tape.clone()), self.http.as_slice()),
            None => (Mode::Live, [].as_slice()),
        };
        let gate = Gate::new(Settings { mode, ..Settings::default() })?;
        let grant = |url: &String| Grant {
            url: url.clone(),
            methods: ["GET", "HEAD", "POST"].map(Into::into).to_vec(),
            secret: None,
            allow_private: true,
            rates: Vec::new(),
            ca: None,
            max_body: 64 * 1024 * 1024,
            keep: None,
            budget: Budget::default(),
            price: Price::default(),
            place: "--http".to_owned(),
        };
        let grantee = Grantee { stage: "tested".to_owned(), place: "--http".to_owned() };
        gate.door(grantee, urls.iter().map(grant).collect())
    }
}

/// Calls that were never recorded.
struct NoRecordings;

impl AudioSource for NoRecordings {
    fn open(&self, _: ConversationId) -> Result<Option<Arc<dyn Recording>>, String> {
        Ok(None)
    }
}

/// All files of a folder.
fn folder(root: &std::path::Path) -> Result<FileGrant, rehearsal_sandbox::GrantError> {
    let all = Glob::new("**").and_then(|glob| GlobSet::builder().add(glob).build());
    FileGrant::new(root, all.unwrap_or_default(), Arc::new(Fingerprints::default()))
}
