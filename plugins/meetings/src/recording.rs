//! The recording behind a meeting, for the host to hear instead of a transcript.

use rehearsal_sdk::prelude::*;
use schemars::JsonSchema;
use serde::Deserialize;

/// When the recording is fetched and heard.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recordings {
    /// The service's transcript is read, and a call without one waits for it.
    #[default]
    Never,
    /// Of calls that have no transcript.
    Missing,
    /// Of all calls: transcripts of services have coarse times and no confidence.
    Always,
}

impl Recordings {
    /// Whether any is fetched.
    #[must_use]
    pub fn are_wanted(self) -> bool {
        self != Self::Never
    }

    /// Whether that of a call is fetched of which this was read so far: a transcript that
    /// is not there (yet) is a transient failure.
    #[must_use]
    pub fn is_wanted(self, read: &Result<Conversation>) -> bool {
        match self {
            Self::Never => false,
            Self::Missing => matches!(read, Err(Error::Transient(_))),
            Self::Always => true,
        }
    }
}

/// Fetches a recording from the signed address that a service gave for it. The grant that
/// covers the address keeps it as a file (`media = true`).
///
/// # Errors
/// - `transient`: the address is no longer taken: the next run asks the service for
///   another one; or nobody answered.
/// - `invalid-input`: what came is no recording.
pub fn fetch(http: &Http, address: &str, about: Conversation) -> Result<Media> {
    let answer = http.send(Request::get(address))?;
    if matches!(answer.status, 400 | 401 | 403 | 404 | 410) {
        return Err(Error::transient(format!(
            "{}: the address of the recording is no longer taken; the next run asks for a new one",
            answer.name()
        )));
    }
    let answer = answer.accepted()?;
    let kind = answer.header("content-type").unwrap_or_default().to_ascii_lowercase();
    if ["text/", "application/json", "application/xml"].iter().any(|no| kind.starts_with(no)) {
        return Err(Error::invalid(format!("{}: `{kind}` is no recording", answer.name())));
    }
    let vocabulary = about.participants.iter().filter_map(|one| one.name.clone()).collect();
    Ok(Media { file: answer.body, about, vocabulary })
}
