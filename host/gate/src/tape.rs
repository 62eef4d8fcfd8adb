//! Exchanges kept in a folder, one a file, and played from there.
//!
//! A file's name follows from the request (method, URL, headers, body) and from how often
//! the same request was made before, so that a poll's second answer is its second answer
//! again. Nothing that the host added is in it: no secret, no cookie.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use crate::kept::{KeepError, Kept};
use crate::message::{Request, Response};
use crate::shelf::Shelf;
use crate::target::Target;
use crate::{GateError, SendError};

/// A folder of exchanges.
#[derive(Debug)]
pub(crate) struct Tape {
    folder: PathBuf,
    /// How often each request was made.
    made: Mutex<HashMap<String, u32>>,
}

/// What a file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Exchange {
    request: Sent,
    response: Received,
}

#[derive(Debug, Serialize, Deserialize)]
struct Sent {
    method: String,
    url: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    body: Bytes,
}

#[derive(Debug, Serialize, Deserialize)]
struct Received {
    status: u16,
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Bytes::is_empty")]
    body: Bytes,
    /// The file beside this one that is the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// Text where it is text, so that a person can read it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Bytes {
    Text(String),
    Base64(String),
}

impl Default for Bytes {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

impl Bytes {
    fn new(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(text.to_owned()),
            Err(_) => Self::Base64(BASE64.encode(bytes)),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    fn decode(self) -> Result<Vec<u8>, String> {
        match self {
            Self::Text(text) => Ok(text.into_bytes()),
            Self::Base64(text) => BASE64.decode(text.as_bytes()).map_err(|e| e.to_string()),
        }
    }
}

impl Tape {
    /// To be written to.
    pub(crate) fn record(folder: &Path) -> Result<Self, GateError> {
        fs::create_dir_all(folder).map_err(|error| GateError::Tape {
            folder: folder.to_owned(),
            problem: error.to_string(),
        })?;
        Ok(Self { folder: folder.to_owned(), made: Mutex::default() })
    }

    /// To be played.
    pub(crate) fn replay(folder: &Path) -> Result<Self, GateError> {
        if !folder.is_dir() {
            return Err(GateError::Tape {
                folder: folder.to_owned(),
                problem: "there is no such folder; `--record` makes one".to_owned(),
            });
        }
        Ok(Self { folder: folder.to_owned(), made: Mutex::default() })
    }

    /// The file of this request, and how often it was made before.
    fn next(&self, request: &Request, target: &Target) -> (String, u32) {
        let stem = stem(request, target);
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let count = made.entry(stem.clone()).or_default();
        *count += 1;
        (stem, *count - 1)
    }

    fn file(&self, stem: &str, before: u32) -> PathBuf {
        let name = if before == 0 { String::new() } else { format!("-{}", before + 1) };
        self.folder.join(format!("{stem}{name}.json"))
    }

    pub(crate) fn keep(
        &self,
        request: &Request,
        target: &Target,
        response: &Response,
    ) -> Result<(), SendError> {
        let (stem, before) = self.next(request, target);
        let failed = |problem: String| {
            let file = self.file(&stem, before);
            SendError::Permanent(format!("cannot record {}: {problem}", file.display()))
        };
        let file = match &response.kept {
            Some(kept) => Some(self.copy(kept).map_err(|error| failed(error.to_string()))?),
            None => None,
        };
        let exchange = Exchange {
            request: Sent {
                method: request.method.clone(),
                url: request.url.clone(),
                headers: request.headers.clone(),
                body: Bytes::new(&request.body),
            },
            response: Received {
                status: response.status,
                headers: response.headers.clone(),
                body: Bytes::new(&response.body),
                file,
            },
        };
        serde_json::to_vec_pretty(&exchange)
            .map_err(|error| error.to_string())
            .and_then(|text| {
                fs::write(self.file(&stem, before), text).map_err(|error| error.to_string())
            })
            .map_err(failed)
    }

    /// Puts a kept body beside the exchanges, under its name.
    fn copy(&self, kept: &Kept) -> io::Result<String> {
        let name = kept.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        fs::copy(&kept.path, self.folder.join(&name))?;
        Ok(name)
    }

    /// The answer that was recorded; a body that is a file is kept in `keep` again.
    pub(crate) fn play(
        &self,
        request: &Request,
        target: &Target,
        keep: Option<&Shelf>,
    ) -> Result<Response, SendError> {
        let (stem, before) = self.next(request, target);
        // What was asked more often than it was recorded gets the last answer.
        let file = (0..=before).rev().map(|n| self.file(&stem, n)).find(|file| file.is_file());
        let Some(file) = file else {
            return Err(SendError::Permanent(format!(
                "{} {} is not among the recorded exchanges ({stem}.json)",
                request.method,
                target.name()
            )));
        };
        let damaged = |problem: String| {
            SendError::Permanent(format!("the recording {} is damaged: {problem}", file.display()))
        };
        let text = fs::read(&file).map_err(|error| damaged(error.to_string()))?;
        let exchange: Exchange =
            serde_json::from_slice(&text).map_err(|error| damaged(error.to_string()))?;
        let Received { status, headers, body, file: kept } = exchange.response;
        let kept = match kept.zip(keep) {
            Some((name, shelf)) => {
                // A name and nothing else: tapes are passed around.
                let name = Path::new(&name).file_name().unwrap_or_default();
                let file = fs::File::open(self.folder.join(name));
                let file = file.map_err(|error| damaged(error.to_string()))?;
                let kept = Kept::keep(shelf, file, None, u64::MAX);
                Some(kept.map_err(|error| match error {
                    KeepError::Full(full) => full.into(),
                    error => damaged(error.to_string()),
                })?)
            }
            None => None,
        };
        Ok(Response { status, headers, body: body.decode().map_err(damaged)?, kept })
    }
}

/// Longest readable part of a file's name: with the rest it stays below what file
/// systems allow.
const SLUG: usize = 80;

/// `get-api.example.com-v1-calls-0a1b2c3d4e5f6071`
fn stem(request: &Request, target: &Target) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    part(request.method.as_bytes());
    part(request.url.as_bytes());
    let mut headers: Vec<_> =
        request.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    headers.sort();
    for (name, value) in headers {
        part(name.as_bytes());
        part(value.as_bytes());
    }
    part(&request.body);
    let mut digest = hasher.finalize().to_hex().to_string();
    digest.truncate(16);
    let words = format!("{}-{}{}", request.method, target.origin.host, target.path);
    let slug: String = words
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .take(SLUG)
        .collect();
    format!("{}-{digest}", slug.trim_end_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_back_in_their_order_and_to_the_byte() {
        let folder = tempfile::tempdir().expect("a folder");
        let request = Request {
            method: "GET".to_owned(),
            url: "https://a.test/v1/poll?x=1".to_owned(),
            ..Request::default()
        };
        let target = Target::parse(&request.url).expect("a URL");
        let answer = |body: &[u8]| Response {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
            body: body.to_vec(),
            kept: None,
        };
        let tape = Tape::record(folder.path()).expect("a tape");
        for body in [b"one".as_slice(), b"\xff\0two", b""] {
            tape.keep(&request, &target, &answer(body)).expect("kept");
        }
        let tape = Tape::replay(folder.path()).expect("a tape");
        for body in [b"one".as_slice(), b"\xff\0two", b"", b""] {
            assert_eq!(tape.play(&request, &target, None), Ok(answer(body)));
        }
        let other = Request { body: b"x".to_vec(), ..request };
        let error = tape.play(&other, &target, None).expect_err("not recorded").to_string();
        assert!(error.contains("not among the recorded exchanges"), "{error}");
        let names: Vec<_> = fs::read_dir(folder.path())
            .expect("a folder")
            .map(|file| file.expect("a file").file_name().into_string().expect("text"))
            .collect();
        assert_eq!(names.len(), 3);
        assert!(names.iter().all(|name| name.starts_with("get-a.test-v1-poll-")), "{names:?}");
    }
}
