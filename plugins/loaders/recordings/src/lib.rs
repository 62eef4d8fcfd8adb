//! Audio and video files, with what a sidecar beside each says of the call:
//! `call.wav` and `call.toml` or `call.json`.

use rehearsal_sdk::prelude::*;

use rehearsal_sidecar::{self as sidecar, Sidecar};

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Endings of files that are recordings, without the dot; case doesn't count.
    pub extensions: Vec<String>,
    /// Language (BCP 47) of recordings whose sidecar says none.
    pub language: Option<String>,
    /// Licence of recordings whose sidecar says none.
    pub licence: Option<String>,
    /// What the parties agreed to, where the sidecar says nothing.
    pub consent: Option<String>,
    /// Words that the speech recogniser should expect in all recordings.
    pub vocabulary: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        let extensions = [
            "wav", "mp3", "flac", "m4a", "aac", "alac", "ogg", "oga", "opus", "mp4", "m4v", "mov",
            "mkv", "mka", "webm", "caf", "aif", "aiff",
        ];
        Self {
            extensions: extensions.map(str::to_owned).to_vec(),
            language: None,
            licence: None,
            consent: None,
            vocabulary: Vec::new(),
        }
    }
}

/// The loader.
#[derive(Debug)]
pub struct Recordings {
    config: Config,
}

/// Files looked at for one page.
const PAGE: u32 = 1_000;

impl Loader for Recordings {
    type Config = Config;

    fn new(mut config: Config) -> Result<Self> {
        for extension in &mut config.extensions {
            if extension.starts_with('.') || extension.is_empty() {
                return Err(Error::permanent(format!(
                    "config.extensions: `{extension}`; write an ending without its dot: `wav`"
                )));
            }
            extension.make_ascii_lowercase();
        }
        Ok(Self { config })
    }

    fn list(&self, files: &Files, cursor: Option<&str>) -> Result<Page> {
        let listed = files.list(cursor, PAGE)?;
        let full = listed.len() == PAGE as usize;
        let next = if full { listed.last().map(|file| file.name.clone()) } else { None };
        let mut entries = Vec::new();
        for file in listed.into_iter().filter(|file| self.is_recording(&file.name)) {
            let fingerprint = sidecar::fingerprint(files, &file)?;
            entries.push(Entry { key: file.name, fingerprint });
        }
        Ok(Page { entries, next })
    }

    fn load(&self, files: &Files, key: &str, _offset: u64) -> Result<Chunk> {
        let file = files.open(key)?;
        let sidecar = Sidecar::beside(files, key)?;
        let mut vocabulary = self.config.vocabulary.clone();
        vocabulary.extend(sidecar.vocabulary());
        let mut about = sidecar.into_conversation();
        let fallback = |value: &mut Option<String>, default: &Option<String>| {
            if value.is_none() {
                value.clone_from(default);
            }
        };
        fallback(&mut about.language, &self.config.language);
        fallback(&mut about.licence, &self.config.licence);
        fallback(&mut about.consent, &self.config.consent);
        about
            .title
            .get_or_insert_with(|| sidecar::stem(key).rsplit('/').next().unwrap_or(key).to_owned());
        Ok(Chunk::one(Body::Recording(Media { file, about, vocabulary })))
    }
}

impl Recordings {
    fn is_recording(&self, name: &str) -> bool {
        let file = name.rsplit('/').next().unwrap_or(name);
        file.rsplit_once('.').is_some_and(|(stem, ending)| {
            !stem.is_empty() && self.config.extensions.contains(&ending.to_ascii_lowercase())
        })
    }
}

rehearsal_sdk::export_loader!(Recordings);
