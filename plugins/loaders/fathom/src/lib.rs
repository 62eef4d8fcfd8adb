//! Meetings of Fathom, from its external API (`/external/v1`).
//!
//! A page of the listing is a page of the API. A meeting's key holds when it was made, which
//! never changes, because the API finds single meetings by that only. Turns have starts (to
//! the second) and no ends, so patience, overlap and pace are not to be had from here.

mod meeting;

use rehearsal_meetings::{NAMELESS, Recordings, chunk, fetch, fingerprint, id, text, time};
use rehearsal_sdk::prelude::*;
use serde_json::Value;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the API is.
    pub base_url: String,
    /// Only meetings made after this point in time (RFC 3339).
    pub created_after: Option<String>,
    /// Only meetings recorded by these people (e-mail addresses).
    pub recorded_by: Vec<String>,
    /// Only meetings of these teams.
    pub teams: Vec<String>,
    /// Only meetings with somebody from outside.
    pub external_only: bool,
    /// Whether the secret is that of an OAuth app, whose transcripts have an address of
    /// their own.
    pub oauth: bool,
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
            base_url: "https://api.fathom.ai/external/v1".to_owned(),
            created_after: None,
            recorded_by: Vec::new(),
            teams: Vec::new(),
            external_only: false,
            oauth: false,
            recordings: Recordings::Never,
            licence: None,
            consent: None,
        }
    }
}

/// The loader.
#[derive(Debug)]
pub struct Fathom {
    config: Config,
    http: Http,
}

/// A page of meetings. Items stay as they are: one that is broken is one item's failure.
#[derive(Debug, Deserialize)]
struct Meetings {
    items: Vec<Value>,
    next_cursor: Option<String>,
}

impl Fathom {
    /// Over another way to the network: for tests.
    ///
    /// # Errors
    /// The configuration makes no sense.
    pub fn over(config: Config, http: Http) -> Result<Self> {
        if let Some(after) = config.created_after.as_deref()
            && time::instant_ms(after).is_none()
        {
            let message = format!("config.created_after: `{after}` is no RFC 3339 time");
            return Err(Error::permanent(message));
        }
        Ok(Self { config, http })
    }

    fn meetings(&self, cursor: Option<&str>, narrow: &[(&str, &str)]) -> Result<Response> {
        let url = format!("{}/meetings", self.config.base_url.trim_end_matches('/'));
        let mut request = Request::get(&url);
        for (name, value) in narrow {
            request = request.query(name, value);
        }
        for address in &self.config.recorded_by {
            request = request.query("recorded_by[]", address);
        }
        for team in &self.config.teams {
            request = request.query("teams[]", team);
        }
        if self.config.external_only {
            request = request.query("calendar_invitees_domains_type", "one_or_more_external");
        }
        if let Some(cursor) = cursor {
            request = request.query("cursor", cursor);
        }
        self.http.send(request)
    }

    fn page(&self, cursor: Option<&str>) -> Result<Response> {
        let after = self.config.created_after.as_deref().map(|after| ("created_after", after));
        self.meetings(cursor, after.as_slice())
    }

    /// One meeting, found by when it was made.
    fn find(&self, created_at: &str, recording: &str) -> Result<Value> {
        let at = time::instant_ms(created_at)
            .ok_or_else(|| Error::invalid(format!("`{created_at}` is no RFC 3339 time")))?;
        // Whether the borders count is not documented.
        let (after, before) = (time::rfc3339(at - 1000), time::rfc3339(at + 2000));
        let mut narrow = vec![("created_after", after.as_str()), ("created_before", &before)];
        if !self.config.oauth {
            narrow.push(("include_transcript", "true"));
        }
        let mut cursor = None;
        loop {
            let answer = self.meetings(cursor.as_deref(), &narrow)?.accepted()?;
            let page: Meetings = answer.json()?;
            let same = |item: &Value| id(&item["recording_id"]).as_deref() == Some(recording);
            if let Some(found) = page.items.into_iter().find(same) {
                return Ok(found);
            }
            if page.next_cursor.is_none() || page.next_cursor == cursor {
                let message = format!("{}: the listed recording is not there", answer.name());
                return Err(Error::invalid(message));
            }
            cursor = page.next_cursor;
        }
    }

    /// The transcript where OAuth apps find it.
    fn transcript(&self, recording: &str) -> Result<Value> {
        let base = self.config.base_url.trim_end_matches('/');
        let url = format!("{base}/recordings/{recording}/transcript");
        let answer = self.http.send(Request::get(&url))?.accepted()?;
        Ok(answer.json::<Value>()?["transcript"].take())
    }

    /// Where the recording can be fetched for now. Fathom makes a file of it when it is
    /// first asked, which takes a while.
    fn address(&self, recording: &str) -> Result<String> {
        let base = self.config.base_url.trim_end_matches('/');
        let url = format!("{base}/recordings/{recording}/download");
        let answer = self.http.send(Request::get(&url))?.accepted()?;
        let download: Value = answer.json()?;
        let later = |what: &str| Err(Error::transient(format!("{}: {what}", answer.name())));
        match (text(&download["status"]), text(&download["audio"]["url"])) {
            (Some("completed"), Some(address)) => Ok(address.to_owned()),
            (Some("processing"), _) => {
                later("Fathom prepares the recording; the next run asks again")
            }
            (Some("expired"), _) => later("the recording has expired; the next run asks again"),
            (Some("failed"), _) => {
                Err(Error::invalid(format!("{}: Fathom could not prepare it", answer.name())))
            }
            (status, _) => Err(Error::invalid(format!(
                "{}: it has no `audio.url`, and `status` is {status:?}",
                answer.name()
            ))),
        }
    }
}

impl Loader for Fathom {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Self::over(config, Http::of_host())
    }

    fn list(&self, _: &Files, cursor: Option<&str>) -> Result<Page> {
        let mut answer = self.page(cursor)?;
        // What an expired cursor is answered with is not documented. Starting over costs a
        // look at what is known already.
        if cursor.is_some() && matches!(answer.status, 400 | 404 | 410 | 422) {
            log::warn(format!("{}: the cursor is no longer taken; from the start", answer.name()));
            answer = self.page(None)?;
        }
        let page: Meetings = answer.accepted()?.json()?;
        let entry = |item: &Value| {
            let fingerprint = fingerprint(item);
            let key = match (text(&item["created_at"]), id(&item["recording_id"])) {
                (Some(created), Some(recording)) => format!("{created}/{recording}"),
                _ => format!("{NAMELESS}{fingerprint}"),
            };
            Entry { key, fingerprint }
        };
        Ok(Page { entries: page.items.iter().map(entry).collect(), next: page.next_cursor })
    }

    fn load(&self, _: &Files, key: &str, _: u64) -> Result<Chunk> {
        let Some((created, recording)) = key.split_once('/').filter(|_| !key.starts_with(NAMELESS))
        else {
            return Err(Error::invalid("a meeting without `created_at` or `recording_id`"));
        };
        let mut meeting = self.find(created, recording)?;
        if self.config.oauth {
            meeting["transcript"] = self.transcript(recording)?;
        }
        let Config { licence, consent, recordings, .. } = &self.config;
        let read = meeting::conversation(&meeting);
        let call = if recordings.is_wanted(&read) {
            let address = self.address(recording);
            let about = meeting::about(&meeting);
            address.and_then(|address| fetch(&self.http, &address, about)).map(Body::Recording)
        } else {
            read.map(Body::Conversation)
        };
        Ok(chunk(call, licence.as_deref(), consent.as_deref()))
    }
}

rehearsal_sdk::export_loader!(Fathom);
