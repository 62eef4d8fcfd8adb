//! What the operator lets a plugin have.

use std::fmt;
use std::sync::Arc;

use rehearsal_gate::Door;

use crate::{AudioSource, Capability, FileGrant, SemanticsSource};

/// Configuration and capabilities of one plugin. What is not in here, the plugin
/// cannot reach: its imports are not even linked.
#[derive(Clone)]
pub struct Grants {
    /// The plugin's own table of pipeline.toml as JSON, checked against its schema.
    pub config_json: String,
    /// Files of a folder.
    pub files: Option<FileGrant>,
    /// Sound behind the conversations of the present batch.
    pub audio: Option<Arc<dyn AudioSource>>,
    /// A way to the network.
    pub http: Option<Door>,
    /// Embeddings of texts. The one capability that is linked without a grant, too: it
    /// then answers that it is denied.
    pub semantics: Option<Arc<dyn SemanticsSource>>,
    /// Where the plugin's random numbers start. 0 in every run, so that results repeat; a
    /// plugin whose results change with it depends on chance.
    pub seed: u64,
}

impl Default for Grants {
    /// An empty table and nothing else.
    fn default() -> Self {
        Self {
            config_json: "{}".to_owned(),
            files: None,
            audio: None,
            http: None,
            semantics: None,
            seed: 0,
        }
    }
}

impl Grants {
    pub(crate) const fn has(&self, capability: Capability) -> bool {
        match capability {
            Capability::Files => self.files.is_some(),
            Capability::Audio => self.audio.is_some(),
            Capability::Http => self.http.is_some(),
            Capability::Semantics => self.semantics.is_some(),
        }
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grants")
            .field("config_json", &self.config_json)
            .field("files", &self.files)
            .field("audio", &self.audio.is_some())
            .field("http", &self.http.is_some())
            .field("semantics", &self.semantics.is_some())
            .finish()
    }
}
