//! Calls of Gong, from its public API (`/v2/calls`).
//!
//! Listed with their parties by `calls/extensive`; what is said comes from
//! `calls/transcript`. The secret is `key:secret` as `Basic` authentication writes it:
//! `secret = { header = "Authorization", prefix = "Basic ", base64 = true, env = "GONG_KEY" }`.

mod call;

use rehearsal_meetings::{NAMELESS, Recordings, chunk, fetch, fingerprint, id, text};
use rehearsal_sdk::prelude::*;
use serde_json::{Value, json};

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the API is; a company's own address is on its API page.
    pub base_url: String,
    /// Only calls from this point in time on (RFC 3339).
    pub from: Option<String>,
    /// Only calls up to this point in time (RFC 3339).
    pub to: Option<String>,
    /// Which recordings are fetched and heard.
    pub recordings: Recordings,
    /// Licence of the calls.
    pub licence: Option<String>,
    /// What the parties agreed to.
    pub consent: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            base_url: "https://api.gong.io".to_owned(),
            from: None,
            to: None,
            recordings: Recordings::Never,
            licence: None,
            consent: None,
        }
    }
}

/// The loader.
#[derive(Debug)]
pub struct Gong {
    config: Config,
    http: Http,
}

impl Gong {
    /// Over another way to the network: for tests.
    ///
    /// # Errors
    /// The configuration makes no sense.
    pub fn over(config: Config, http: Http) -> Result<Self> {
        Ok(Self { config, http })
    }

    fn ask(&self, what: &str, body: &Value) -> Result<Response> {
        let url = format!("{}/v2/calls/{what}", self.config.base_url.trim_end_matches('/'));
        self.http.send(Request::post_json(&url, body)?.repeatable())
    }

    fn page(&self, cursor: Option<&str>) -> Result<Response> {
        let mut filter = serde_json::Map::new();
        for (name, value) in [("fromDateTime", &self.config.from), ("toDateTime", &self.config.to)]
        {
            if let Some(value) = value {
                filter.insert(name.to_owned(), value.as_str().into());
            }
        }
        let mut body = json!({
            "filter": filter,
            "contentSelector": { "exposedFields": { "parties": true } },
        });
        if let Some(cursor) = cursor {
            body["cursor"] = cursor.into();
        }
        self.ask("extensive", &body)
    }

    /// The one call of an answer about one call.
    fn one(&self, what: &str, list: &str, key: &str) -> Result<Value> {
        let mut body = json!({ "filter": { "callIds": [key] } });
        if what == "extensive" {
            // Signed addresses differ each time, so a listing, whose fingerprints they
            // would change, does without.
            let mut fields = json!({ "parties": true });
            if self.config.recordings.are_wanted() {
                fields["media"] = true.into();
            }
            body["contentSelector"] = json!({ "exposedFields": fields });
        }
        let answer = self.ask(what, &body)?.accepted()?;
        let mut found: Value = answer.json()?;
        match found[list].get_mut(0).map(Value::take) {
            Some(call) => Ok(call),
            None => Err(Error::invalid(format!("{}: it has no `{list}[0]`", answer.name()))),
        }
    }
}

impl Loader for Gong {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Self::over(config, Http::of_host())
    }

    fn list(&self, _: &Files, cursor: Option<&str>) -> Result<Page> {
        let mut answer = self.page(cursor)?;
        if cursor.is_some() && matches!(answer.status, 400 | 404 | 410 | 422) {
            log::warn(format!("{}: the cursor is no longer taken; from the start", answer.name()));
            answer = self.page(None)?;
        }
        // A filter that fits no call is answered with 404.
        if answer.status == 404 {
            return Ok(Page { entries: Vec::new(), next: None });
        }
        let answer = answer.accepted()?;
        let listed: Value = answer.json()?;
        let Some(calls) = listed["calls"].as_array() else {
            return Err(Error::permanent(format!("{}: `calls` is no list", answer.name())));
        };
        let entry = |item: &Value| {
            let fingerprint = fingerprint(item);
            let key = id(&item["metaData"]["id"]);
            Entry { key: key.unwrap_or_else(|| format!("{NAMELESS}{fingerprint}")), fingerprint }
        };
        let next = id(&listed["records"]["cursor"]);
        Ok(Page { entries: calls.iter().map(entry).collect(), next })
    }

    fn load(&self, _: &Files, key: &str, _: u64) -> Result<Chunk> {
        if key.starts_with(NAMELESS) {
            return Err(Error::invalid("a call without `metaData.id`"));
        }
        let about = self.one("extensive", "calls", key)?;
        let Config { licence, consent, recordings, .. } = &self.config;
        // Of what is heard, the transcript is not asked for.
        let read = match recordings {
            Recordings::Always => Err(Error::transient("it is heard")),
            _ => match self.one("transcript", "callTranscripts", key) {
                Ok(said) => call::conversation(&about, &said),
                // How a call without a transcript is answered is not documented.
                Err(Error::InvalidInput(message)) if recordings.are_wanted() => {
                    Err(Error::Transient(message))
                }
                Err(error) => return Err(error),
            },
        };
        let call = if recordings.is_wanted(&read) {
            let media = &about["media"];
            let address = text(&media["audioUrl"]).or_else(|| text(&media["videoUrl"]));
            let address = address.ok_or_else(|| Error::transient("it has no `media.audioUrl` yet"));
            address
                .and_then(|address| fetch(&self.http, address, call::about(&about)))
                .map(Body::Recording)
        } else {
            read.map(Body::Conversation)
        };
        Ok(chunk(call, licence.as_deref(), consent.as_deref()))
    }
}

rehearsal_sdk::export_loader!(Gong);
