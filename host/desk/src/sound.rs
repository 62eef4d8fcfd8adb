//! What raters hear of a call.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

/// A file that players can open, made when somebody first wants to hear it: a copy without
/// what was replaced in the text takes a while, and most of a batch's calls are only read.
#[derive(Clone)]
pub struct Sound(Arc<Made>);

struct Made {
    file: OnceLock<Result<PathBuf, String>>,
    make: Box<dyn Fn() -> Result<PathBuf, String> + Send + Sync>,
}

impl Sound {
    /// Of a file that is there.
    #[must_use]
    pub fn file(path: PathBuf) -> Self {
        Self::made(move || Ok(path.clone()))
    }

    /// Of a file that `make` writes, once; or says for a person why it cannot.
    pub fn made(make: impl Fn() -> Result<PathBuf, String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(Made { file: OnceLock::new(), make: Box::new(make) }))
    }

    /// The file. Blocks while it is made, whoever else asked for it first.
    pub(crate) fn get(&self) -> Result<PathBuf, String> {
        self.0.file.get_or_init(&self.0.make).clone()
    }
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sound").field(&self.0.file.get()).finish()
    }
}
