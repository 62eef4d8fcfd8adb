//! Personal data is dealt with here, before a call is kept and any plugin sees it.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use rehearsal_config::{KeyPlace, Privacy, PrivacyMode, PseudonymScope};
use rehearsal_model::{Conversation, ConversationId, Digest, Hasher};
use rehearsal_privacy::{Key, Mark, Redaction, Redactor};

use crate::report::{Reporter, Severity};
use crate::summary::PrivacySummary;

/// Why personal data cannot be replaced.
#[derive(Debug, thiserror::Error)]
pub enum PrivacyError {
    /// The key's file does not open, or cannot be made.
    #[error(
        "cannot {action} the privacy key {}: {source}; `key_file` of `[privacy]` names another \
         place", path.display()
    )]
    File {
        /// `read` or `make`.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It holds something else.
    #[error("{place} holds no privacy key: 64 hexadecimal digits are expected")]
    NoKey {
        /// A file or an environment variable.
        place: String,
    },
    /// The variable is not set.
    #[error("`key_env` names the environment variable {name}, which is not set")]
    NoVariable {
        /// Its name.
        name: String,
    },
    /// There is no folder for keys.
    #[error("there is no home folder to keep the privacy key in; set `key_file` or `key_env`")]
    NoHome,
    /// Whoever gets the data would get the key with it.
    #[error(
        "the privacy key {} lies in the workspace {}: with the data goes the key; move it and set \
         `key_file`", path.display(), workspace.display()
    )]
    InWorkspace {
        /// The key.
        path: PathBuf,
        /// The workspace.
        workspace: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes for a privacy key: {0}")]
    Random(getrandom::Error),
}

/// What `[privacy]` asks for, ready to be applied.
pub(crate) struct Guard {
    mode: PrivacyMode,
    scope: PseudonymScope,
    redactor: Redactor,
    digest: Digest,
}

/// A call that has been dealt with.
pub(crate) struct Guarded {
    pub(crate) conversation: Conversation,
    pub(crate) redactions: Vec<Redaction>,
    pub(crate) mentions: Vec<Mark>,
    pub(crate) summary: PrivacySummary,
}

/// Of the way personal data is found: part of the cache keys.
const ALGORITHM: u32 = 1;

impl Guard {
    pub(crate) fn open(
        privacy: &Privacy,
        workspace: &Path,
        reporter: &dyn Reporter,
    ) -> Result<Self, PrivacyError> {
        let key = match privacy.mode {
            PrivacyMode::Redact => key(&privacy.key, workspace, reporter)?,
            // Nothing is replaced, so nothing needs a secret.
            PrivacyMode::Report | PrivacyMode::Off => Key::from_bytes([0; 32]),
        };
        let mut hasher = Hasher::new("privacy");
        hasher.part(match privacy.mode {
            PrivacyMode::Off => b"off",
            PrivacyMode::Report => b"report",
            PrivacyMode::Redact => b"redact",
        });
        if privacy.mode == PrivacyMode::Redact {
            hasher
                .part(key.id().as_bytes())
                .part(privacy.release.as_bytes())
                .part(&[u8::from(privacy.scope == PseudonymScope::Account)])
                .part(&ALGORITHM.to_le_bytes());
        }
        Ok(Self {
            mode: privacy.mode,
            scope: privacy.scope,
            redactor: Redactor::new(key, &privacy.release),
            digest: hasher.finish(),
        })
    }

    /// Names mode, key and release: a call that was kept under another one is loaded
    /// again.
    pub(crate) fn digest(&self) -> Digest {
        self.digest
    }

    /// Whether names are replaced.
    pub(crate) fn replaces(&self) -> bool {
        self.mode == PrivacyMode::Redact
    }

    /// What tells whether two values are the same, and not what they are.
    pub(crate) fn veil(&self, value: &str) -> String {
        self.redactor.veil(value)
    }

    pub(crate) fn apply(&self, id: ConversationId, call: Conversation) -> Guarded {
        let redacted = match self.mode {
            PrivacyMode::Off => {
                return Guarded {
                    conversation: call,
                    redactions: Vec::new(),
                    mentions: Vec::new(),
                    summary: PrivacySummary::default(),
                };
            }
            PrivacyMode::Report => self.redactor.report(&call),
            PrivacyMode::Redact => {
                let scope = match (&self.scope, &call.account) {
                    (PseudonymScope::Account, Some(account)) => format!("account {account}"),
                    _ => format!("call {id}"),
                };
                self.redactor.redact(&call, &scope)
            }
        };
        let mut summary = PrivacySummary {
            replaced: self.mode == PrivacyMode::Redact,
            residual: redacted.residual.into(),
            ..PrivacySummary::default()
        };
        for redaction in &redacted.redactions {
            *summary.found.entry(redaction.kind.name().to_owned()).or_default() += 1;
        }
        let redactions = if summary.replaced { redacted.redactions } else { Vec::new() };
        let (conversation, mentions) = (redacted.conversation, redacted.mentions);
        Guarded { conversation, redactions, mentions, summary }
    }
}

/// What finds people in redacted calls: the key if there is one. None is made.
///
/// # Errors
/// Where a key is named that cannot be read.
pub fn existing_key(privacy: &Privacy) -> Result<Option<Redactor>, PrivacyError> {
    let key = match &privacy.key {
        KeyPlace::Environment(name) => match std::env::var(name) {
            Ok(text) => {
                let place = format!("the environment variable {name}");
                Some(text.parse().map_err(|_| PrivacyError::NoKey { place })?)
            }
            Err(_) => None,
        },
        KeyPlace::File(path) => read(path)?,
        KeyPlace::Default => default_place().map(|path| read(&path)).transpose()?.flatten(),
    };
    Ok(key.map(|key| Redactor::new(key, &privacy.release)))
}

/// None where there is no such file.
fn read(path: &Path) -> Result<Option<Key>, PrivacyError> {
    match fs::read_to_string(path) {
        Ok(text) => {
            let place = format!("the file {}", path.display());
            text.parse().map(Some).map_err(|_| PrivacyError::NoKey { place })
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PrivacyError::File { action: "read", path: path.to_owned(), source }),
    }
}

fn key(place: &KeyPlace, workspace: &Path, reporter: &dyn Reporter) -> Result<Key, PrivacyError> {
    let path = match place {
        KeyPlace::Environment(name) => {
            let text =
                std::env::var(name).map_err(|_| PrivacyError::NoVariable { name: name.clone() })?;
            let place = format!("the environment variable {name}");
            return text.parse().map_err(|_| PrivacyError::NoKey { place });
        }
        KeyPlace::File(path) => path.clone(),
        KeyPlace::Default => default_place().ok_or(PrivacyError::NoHome)?,
    };
    if absolute(&path).starts_with(absolute(workspace)) {
        return Err(PrivacyError::InWorkspace { path, workspace: workspace.to_owned() });
    }
    if let Some(key) = read(&path)? {
        return Ok(key);
    }
    let key = make(&path)?;
    let text = format!(
        "made a privacy key: {}. Pseudonyms follow from it; keep it apart from the data, and keep \
         a copy: without it later runs give other pseudonyms",
        path.display()
    );
    reporter.note(Severity::Info, &text);
    Ok(key)
}

fn default_place() -> Option<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let home = || folder("HOME").map(|home| PathBuf::from(home).join(".config"));
    let base = folder("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home)?;
    Some(base.join("rehearsal").join("privacy.key"))
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A new key, readable by its owner only. Where two processes make one at the same time,
/// both use the first.
fn make(path: &Path) -> Result<Key, PrivacyError> {
    let failed = |source| PrivacyError::File { action: "make", path: path.to_owned(), source };
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(PrivacyError::Random)?;
    let key = Key::from_bytes(bytes);
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed)?;
    // Written whole beside its place, then linked there: nobody reads half a key.
    let draft = folder.join(format!(".privacy.key.{}", std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&draft)
        .and_then(|mut file| writeln!(file, "{}", key.to_hex()).and_then(|()| file.sync_all()))
        .and_then(|()| match fs::hard_link(&draft, path) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
            linked => linked,
        });
    // A draft that stays behind is a key, too.
    let _ = fs::remove_file(&draft);
    written.map_err(failed)?;
    read(path)?.ok_or_else(|| failed(std::io::ErrorKind::NotFound.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Silent;

    fn privacy(mode: PrivacyMode, key: &Path) -> Privacy {
        Privacy {
            mode,
            key: KeyPlace::File(key.to_owned()),
            scope: PseudonymScope::Call,
            release: String::new(),
        }
    }

    #[test]
    fn a_key_is_made_once_for_its_owner_only_and_never_beside_the_data() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path().join("work");
        let place = folder.path().join("keys/privacy.key");
        let wanted = privacy(PrivacyMode::Redact, &place);
        let first = Guard::open(&wanted, &workspace, &Silent).unwrap();
        let second = Guard::open(&wanted, &workspace, &Silent).unwrap();
        assert_eq!(first.digest(), second.digest());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let inside = privacy(PrivacyMode::Redact, &workspace.join("privacy.key"));
        let error = Guard::open(&inside, &workspace, &Silent).err().unwrap().to_string();
        assert!(error.contains("with the data goes the key"), "{error}");
        fs::write(&place, "no key").unwrap();
        let error = Guard::open(&wanted, &workspace, &Silent).err().unwrap().to_string();
        assert!(error.contains("holds no privacy key"), "{error}");
    }

    #[test]
    fn a_changed_mode_changes_the_cache_key() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("privacy.key");
        let digest = |mode| {
            let guard = Guard::open(&privacy(mode, &place), Path::new("/nowhere"), &Silent);
            guard.unwrap().digest()
        };
        let all = [PrivacyMode::Off, PrivacyMode::Report, PrivacyMode::Redact].map(digest);
        assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    }
}
