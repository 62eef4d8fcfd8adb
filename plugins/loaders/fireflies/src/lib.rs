//! Transcripts of Fireflies, from its GraphQL API.
//!
//! The free plans allow 50 requests a day: with `rate = "50/d"` in the grant a backfill
//! takes weeks and goes on with every run. Listed by offset, so a transcript deleted while
//! a listing runs can move another one past it; the next listing finds it.

mod answer;
mod transcript;

use rehearsal_meetings::{NAMELESS, Recordings, chunk, fetch, fingerprint, id, text};
use rehearsal_sdk::prelude::*;
use serde_json::{Value, json};

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the API is.
    pub url: String,
    /// Only calls from this point in time on (RFC 3339).
    pub from: Option<String>,
    /// Only calls up to this point in time (RFC 3339).
    pub to: Option<String>,
    /// Transcripts listed in one request, 1 to 50.
    #[schemars(range(min = 1, max = 50))]
    pub page: u32,
    /// Which recordings are fetched and heard; plans that have none refuse to be asked.
    pub recordings: Recordings,
    /// Licence of the calls.
    pub licence: Option<String>,
    /// What the parties agreed to.
    pub consent: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: "https://api.fireflies.ai/graphql".to_owned(),
            from: None,
            to: None,
            page: 50,
            recordings: Recordings::Never,
            licence: None,
            consent: None,
        }
    }
}

const LIST: &str = "query List($limit: Int, $skip: Int, $fromDate: DateTime, $toDate: DateTime) { \
    transcripts(limit: $limit, skip: $skip, fromDate: $fromDate, toDate: $toDate) { \
    id title date dateString duration host_email organizer_email participants } }";

const LOAD: &str = "query Load($id: String!) { transcript(id: $id) { \
    id title date dateString duration transcript_url host_email organizer_email participants \
    speakers { id name } meeting_attendees { displayName email } \
    sentences { index speaker_id speaker_name text start_time end_time } } }";

/// The loader.
#[derive(Debug)]
pub struct Fireflies {
    config: Config,
    http: Http,
}

impl Fireflies {
    /// Over another way to the network: for tests.
    ///
    /// # Errors
    /// The configuration makes no sense.
    pub fn over(config: Config, http: Http) -> Result<Self> {
        if !(1..=50).contains(&config.page) {
            return Err(Error::permanent(format!("config.page: {}; 1 to 50", config.page)));
        }
        Ok(Self { config, http })
    }

    fn ask(&self, query: &str, variables: Value, field: &str) -> Result<Value> {
        let question = json!({ "query": query, "variables": variables });
        let request = Request::post_json(&self.config.url, &question)?.repeatable();
        answer::read(&self.http.send(request)?, field)
    }
}

impl Loader for Fireflies {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Self::over(config, Http::of_host())
    }

    fn list(&self, _: &Files, cursor: Option<&str>) -> Result<Page> {
        let skip: u32 = match cursor {
            None => 0,
            Some(text) => {
                text.parse().map_err(|_| Error::permanent("a cursor of another loader"))?
            }
        };
        let variables = json!({
            "limit": self.config.page,
            "skip": skip,
            "fromDate": self.config.from,
            "toDate": self.config.to,
        });
        let listed = self.ask(LIST, variables, "transcripts").map_err(|error| match error {
            // Of a listing nothing is one item's fault.
            Error::InvalidInput(message) => Error::Permanent(message),
            other => other,
        })?;
        let Value::Array(listed) = listed else {
            return Err(Error::permanent("the answer's `data.transcripts` is no list"));
        };
        let entry = |item: &Value| {
            let fingerprint = fingerprint(item);
            let key = id(&item["id"]).unwrap_or_else(|| format!("{NAMELESS}{fingerprint}"));
            Entry { key, fingerprint }
        };
        let full = listed.len() >= self.config.page as usize;
        let next = full.then(|| skip.saturating_add(self.config.page).to_string());
        Ok(Page { entries: listed.iter().map(entry).collect(), next })
    }

    fn load(&self, _: &Files, key: &str, _: u64) -> Result<Chunk> {
        if key.starts_with(NAMELESS) {
            return Err(Error::invalid("a transcript without an id"));
        }
        let Config { licence, consent, recordings, .. } = &self.config;
        let query = if recordings.are_wanted() {
            LOAD.replace("transcript_url", "transcript_url audio_url")
        } else {
            LOAD.to_owned()
        };
        let found = self.ask(&query, json!({ "id": key }), "transcript")?;
        let read = transcript::conversation(&found);
        let call = if recordings.is_wanted(&read) {
            let address = text(&found["audio_url"])
                .ok_or_else(|| Error::transient("it has no `audio_url` yet"));
            let about = transcript::about(&found);
            address.and_then(|address| fetch(&self.http, address, about)).map(Body::Recording)
        } else {
            read.map(Body::Conversation)
        };
        Ok(chunk(call, licence.as_deref(), consent.as_deref()))
    }
}

rehearsal_sdk::export_loader!(Fireflies);
