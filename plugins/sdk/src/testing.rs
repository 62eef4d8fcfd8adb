//! Stand-ins for native tests of plugins: calls, files, answers and recordings in memory.
//!
//! ```
//! use rehearsal_sdk::testing::CallBuilder;
//! use rehearsal_sdk::types::Role;
//!
//! let call = CallBuilder::dialogue(&[
//!     (Role::Seller, "What made you look?"),
//!     (Role::Prospect, "The rain."),
//! ])
//! .build();
//! assert_eq!(call.turns.len(), 2);
//! ```

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Embeddings;
use crate::host::blobs::Blob;
use crate::host::files::FileInfo;
use crate::host::http::{Request, Response};
use crate::types::{Conversation, Error, Participant, Prosody, Role, Span, Timing, Word};

/// Builds a conversation turn by turn.
#[derive(Debug, Clone, Default)]
pub struct CallBuilder {
    call: Conversation,
}

impl CallBuilder {
    /// A call with nobody in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A call of one participant a side, without times.
    #[must_use]
    pub fn dialogue(turns: &[(Role, &str)]) -> Self {
        turns.iter().fold(Self::new(), |call, (role, text)| call.say(*role, text))
    }

    /// Adds a participant and gives the builder back; use before [`CallBuilder::turn`].
    #[must_use]
    pub fn participant(mut self, name: Option<&str>, role: Role) -> Self {
        self.call.participants.push(Participant {
            name: name.map(ToOwned::to_owned),
            role,
            role_confidence: if role == Role::Unknown { 0.0 } else { 1.0 },
            role_evidence: if role == Role::Unknown { String::new() } else { "test".to_owned() },
            organisation: None,
        });
        self
    }

    /// Adds a turn of the first participant on that side, who joins if need be.
    #[must_use]
    pub fn say(self, role: Role, text: &str) -> Self {
        let found = self.call.participants.iter().position(|person| person.role == role);
        let (call, index) = match found {
            Some(index) => (self, index),
            None => {
                let index = self.call.participants.len();
                (self.participant(None, role), index)
            }
        };
        call.turn(index, text, None)
    }

    /// Adds a turn with its start and end in milliseconds.
    #[must_use]
    pub fn turn(mut self, participant: usize, text: &str, times: Option<(u32, u32)>) -> Self {
        let participant = u32::try_from(participant).unwrap_or(u32::MAX);
        self.call.push_turn(participant, text, times.map(|t| t.0), times.map(|t| t.1));
        if times.is_some() {
            self.call.timing = Timing::Turns;
        }
        self
    }

    /// Adds a turn of timed words: text, start and end in milliseconds.
    #[must_use]
    pub fn words(mut self, participant: usize, words: &[(&str, u32, u32)]) -> Self {
        let text = words.iter().map(|word| word.0).collect::<Vec<_>>().join(" ");
        let times = words.first().zip(words.last()).map(|(first, last)| (first.1, last.2));
        self = self.turn(participant, &text, times);
        let mut at = self.call.turns.last().map_or(0, |turn| turn.text.start);
        for (word, start_ms, end_ms) in words {
            let end = at + u32::try_from(word.len()).unwrap_or(0);
            self.call.words.push(Word {
                text: Span { start: at, end },
                start_ms: *start_ms,
                end_ms: *end_ms,
                confidence: 1.0,
            });
            at = end + 1;
        }
        self.call.timing = Timing::Words;
        self
    }

    /// Says how many channels the recording behind it has.
    #[must_use]
    pub fn channels(mut self, channels: u8) -> Self {
        self.call.audio_channels = channels;
        self
    }

    /// Changes whatever else is wanted.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Conversation)) -> Self {
        change(&mut self.call);
        self
    }

    /// The finished call.
    #[must_use]
    pub fn build(self) -> Conversation {
        self.call
    }
}

/// Files by name.
#[derive(Debug, Clone, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, Arc<[u8]>>,
}

impl MemoryFiles {
    /// No files.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    #[must_use]
    pub fn with(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.files.insert(name.to_owned(), Arc::from(content.as_ref()));
        self
    }

    pub(crate) fn list(&self, after: Option<&str>, limit: u32) -> Vec<FileInfo> {
        self.files
            .iter()
            .filter(|(name, _)| after.is_none_or(|after| name.as_str() > after))
            .take(limit as usize)
            .map(|(name, bytes)| info(name, bytes))
            .collect()
    }

    pub(crate) fn find(&self, name: &str) -> Option<FileInfo> {
        self.files.get(name).map(|bytes| info(name, bytes))
    }

    pub(crate) fn open(&self, name: &str) -> Result<Arc<[u8]>, Error> {
        let file = self.files.get(name).cloned();
        file.ok_or_else(|| Error::permanent(format!("no file `{name}` was granted")))
    }
}

fn info(name: &str, bytes: &[u8]) -> FileInfo {
    FileInfo { name: name.to_owned(), size: bytes.len() as u64, fingerprint: fingerprint(bytes) }
}

/// Answers to requests.
///
/// ```
/// use rehearsal_sdk::testing::MemoryHttp;
/// use rehearsal_sdk::{Http, Request};
///
/// let http = Http::of_memory(MemoryHttp::new().json("GET https://a.test/v1?x=1", 200, "[1]"));
/// let answer = http.send(Request::get("https://a.test/v1").query("x", "1")).unwrap();
/// assert_eq!(answer.json::<Vec<u8>>().unwrap(), [1]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryHttp {
    answers: BTreeMap<String, Answer>,
}

#[derive(Debug, Clone)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Arc<[u8]>,
}

impl MemoryHttp {
    /// No answers: every request is denied.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an answer to `METHOD URL`, or to `METHOD URL BODY` for one body only.
    #[must_use]
    pub fn with(
        mut self,
        request: &str,
        status: u16,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> Self {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let answer = Answer { status, headers, body: Arc::from(body.as_ref()) };
        self.answers.insert(request.to_owned(), answer);
        self
    }

    /// Adds an answer in JSON, as [`MemoryHttp::with`].
    #[must_use]
    pub fn json(self, request: &str, status: u16, body: &str) -> Self {
        self.with(request, status, &[("content-type", "application/json")], body)
    }

    pub(crate) fn answer(&self, request: &Request) -> Result<Response, Error> {
        let Request { method, url, body, .. } = request;
        let body = String::from_utf8_lossy(body);
        let answer = self.answers.get(&format!("{method} {url} {body}"));
        let answer = answer.or_else(|| self.answers.get(&format!("{method} {url}")));
        let Some(Answer { status, headers, body }) = answer else {
            return Err(Error::Denied(format!("the test has no answer to {method} {url} {body}")));
        };
        Ok(Response {
            url: url.clone(),
            status: *status,
            headers: headers.clone(),
            body: Blob::of_memory(url, Arc::clone(body)),
        })
    }
}

/// FNV-1a: enough to tell test files apart.
fn fingerprint(bytes: &[u8]) -> String {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Values of a text.
type Vector = dyn Fn(&str) -> Vec<f32> + Send + Sync;

/// Embeddings by a function of the text.
#[derive(Clone)]
pub struct MemoryEmbeddings {
    model: String,
    dimensions: usize,
    vector: Arc<Vector>,
}

impl MemoryEmbeddings {
    /// A model of that name; `vector` gives so many values for every text.
    pub fn new(
        model: &str,
        dimensions: usize,
        vector: impl Fn(&str) -> Vec<f32> + Send + Sync + 'static,
    ) -> Self {
        Self { model: model.to_owned(), dimensions, vector: Arc::new(vector) }
    }

    pub(crate) fn embed(&self, texts: &[String]) -> Embeddings {
        let mut values = Vec::with_capacity(texts.len() * self.dimensions);
        for text in texts {
            let mut row = (self.vector)(text);
            row.resize(self.dimensions, 0.0);
            values.extend(row);
        }
        let dimensions = u32::try_from(self.dimensions).unwrap_or(u32::MAX);
        Embeddings { model: self.model.clone(), dimensions, values }
    }
}

impl std::fmt::Debug for MemoryEmbeddings {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("MemoryEmbeddings").field("model", &self.model).finish_non_exhaustive()
    }
}

/// A recording whose prosody is given, frame by frame of 10 ms, the same on every
/// channel unless [`MemoryRecording::channel`] says otherwise.
#[derive(Debug, Clone, Default)]
pub struct MemoryRecording {
    channels: Vec<Frames>,
}

#[derive(Debug, Clone, Default)]
struct Frames {
    f0: Vec<f32>,
    energy: Vec<f32>,
    snr_db: f32,
}

impl MemoryRecording {
    /// No channels yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a channel: F0 in Hz (0 where unvoiced), energy in dB and SNR in dB.
    #[must_use]
    pub fn channel(mut self, f0: Vec<f32>, energy: Vec<f32>, snr_db: f32) -> Self {
        self.channels.push(Frames { f0, energy, snr_db });
        self
    }

    pub(crate) fn duration_ms(&self) -> u32 {
        let frames = self.channels.iter().map(|channel| channel.f0.len()).max().unwrap_or(0);
        u32::try_from(frames * 10).unwrap_or(u32::MAX)
    }

    pub(crate) fn channels(&self) -> u8 {
        u8::try_from(self.channels.len()).unwrap_or(u8::MAX)
    }

    pub(crate) fn snr_db(&self, channel: u8) -> f32 {
        self.channels.get(usize::from(channel)).map_or(0.0, |channel| channel.snr_db)
    }

    pub(crate) fn samples(&self, _channel: u8, _start_ms: u32, len_ms: u32) -> Vec<f32> {
        vec![0.0; len_ms as usize * 16]
    }

    pub(crate) fn prosody(&self, channel: u8, start_ms: u32, len_ms: u32) -> Prosody {
        let start = (start_ms / 10) as usize;
        let len = (len_ms / 10) as usize;
        let part = |all: &[f32]| all.iter().skip(start).take(len).copied().collect::<Vec<_>>();
        let (f0, energy) = self
            .channels
            .get(usize::from(channel))
            .map(|channel| (part(&channel.f0), part(&channel.energy)))
            .unwrap_or_default();
        let voicing = f0.iter().map(|f0| if *f0 > 0.0 { 1.0 } else { 0.0 }).collect();
        Prosody { start_ms, hop_ms: 10, f0, voicing, energy }
    }
}
