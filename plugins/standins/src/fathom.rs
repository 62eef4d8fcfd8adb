//! Fathom's external API: `GET /meetings`, `GET /recordings/{id}/transcript`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

/// An account with its meetings. Clones share them, so a test can change them while the
/// server runs.
#[derive(Debug, Clone)]
pub struct Account(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    key: String,
    meetings: Vec<Value>,
    page: usize,
    /// Cursors of former generations have expired.
    generation: u32,
    /// What downloads of recordings say: their status, and where they are.
    download: Value,
}

impl Account {
    /// Whose key this is.
    #[must_use]
    pub fn new(key: &str) -> Self {
        let inner = Inner {
            key: key.to_owned(),
            meetings: Vec::new(),
            page: 10,
            generation: 0,
            download: Value::Null,
        };
        Self(Arc::new(Mutex::new(inner)))
    }

    /// With these meetings, newest first.
    #[must_use]
    pub fn with_meetings(self, meetings: Vec<Value>) -> Self {
        self.change(|known| *known = meetings);
        self
    }

    /// Changes the meetings.
    pub fn change(&self, change: impl FnOnce(&mut Vec<Value>)) {
        change(&mut self.lock().meetings);
    }

    /// No cursor given out so far is taken any more.
    pub fn expire_cursors(&self) {
        self.lock().generation += 1;
    }

    /// Recordings have this status from here on, and are to be had at this address.
    pub fn offer(&self, status: &str, address: &str) {
        self.lock().download = json!({
            "download_id": "d1", "status": status,
            "audio": { "url": address, "content_type": "audio/mpeg", "expires_at": "2026-03-01T18:00:00Z" },
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The API, under `/external/v1`.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/external/v1/meetings", get(meetings))
            .route("/external/v1/recordings/{id}/transcript", get(transcript))
            .route("/external/v1/recordings/{id}/download", get(download))
            .with_state(self.clone())
    }
}

impl Inner {
    /// Either form of the key is taken.
    fn knows(&self, headers: &HeaderMap) -> bool {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        header("x-api-key") == Some(&self.key)
            || header("authorization").and_then(|it| it.strip_prefix("Bearer ")) == Some(&self.key)
    }
}

fn refuse(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error }))).into_response()
}

async fn meetings(
    State(account): State<Account>,
    headers: HeaderMap,
    Query(query): Query<HashMap<String, String>>,
) -> Response {
    let account = account.lock();
    if !account.knows(&headers) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid API key");
    }
    let start = match query.get("cursor").map(|cursor| cursor.split_once('.')) {
        None => 0,
        Some(Some((generation, start))) if generation == account.generation.to_string() => {
            start.parse().unwrap_or(0)
        }
        Some(_) => return refuse(StatusCode::BAD_REQUEST, "cursor expired"),
    };
    // RFC 3339 in UTC and to the second compares as text.
    let within = |meeting: &&Value| {
        let at = meeting["created_at"].as_str().unwrap_or_default();
        query.get("created_after").is_none_or(|after| at > after.as_str())
            && query.get("created_before").is_none_or(|before| at < before.as_str())
    };
    let found: Vec<&Value> = account.meetings.iter().filter(within).collect();
    let with_transcript = query.get("include_transcript").is_some_and(|it| it == "true");
    let page: Vec<Value> = found
        .iter()
        .skip(start)
        .take(account.page)
        .map(|meeting| {
            let mut meeting = (*meeting).clone();
            if !with_transcript && let Some(fields) = meeting.as_object_mut() {
                fields.remove("transcript");
            }
            meeting
        })
        .collect();
    let end = start + page.len();
    let next = (end < found.len()).then(|| format!("{}.{end}", account.generation));
    let limits =
        [("RateLimit-Limit", "60"), ("RateLimit-Remaining", "59"), ("RateLimit-Reset", "60")];
    (limits, Json(json!({ "limit": account.page, "next_cursor": next, "items": page })))
        .into_response()
}

async fn transcript(
    State(account): State<Account>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let account = account.lock();
    if !account.knows(&headers) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid API key");
    }
    let number = id.parse::<u64>().ok();
    let known = account
        .meetings
        .iter()
        .find(|meeting| number.is_some() && meeting["recording_id"].as_u64() == number);
    match known {
        Some(meeting) => Json(json!({ "transcript": meeting["transcript"] })).into_response(),
        None => refuse(StatusCode::NOT_FOUND, "no such recording"),
    }
}

async fn download(
    State(account): State<Account>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    let account = account.lock();
    if !account.knows(&headers) {
        return refuse(StatusCode::UNAUTHORIZED, "invalid API key");
    }
    let mut download = account.download.clone();
    match download.as_object_mut() {
        Some(fields) => {
            fields.insert("recording_id".to_owned(), json!(id));
            (StatusCode::ACCEPTED, Json(download)).into_response()
        }
        None => refuse(StatusCode::NOT_FOUND, "no such recording"),
    }
}

/// Meetings in the form that is documented, newest first.
#[must_use]
pub fn invented(count: usize) -> Vec<Value> {
    (0..count).rev().map(|number| meeting(number, 6)).collect()
}

/// The meeting of this number, of so many turns.
#[must_use]
pub fn meeting(number: usize, turns: usize) -> Value {
    let (hour, minute) = (number / 60 % 24, number % 60);
    let at = |second: usize| format!("2026-03-01T{hour:02}:{minute:02}:{second:02}Z");
    let transcript: Vec<Value> = (0..turns)
        .map(|turn| {
            let (name, email, line) = match turn % 4 {
                0 => ("Al", Value::Null, "What made you look into this now?"),
                1 => ("Bo Lee", json!("bo@cust.test"), "Um, the spreadsheets take all of Friday."),
                2 => ("Al", Value::Null, "What does that do to the rest of your week?"),
                _ => ("Bo Lee", json!("bo@cust.test"), "Honestly, it is gone. Nobody likes it."),
            };
            json!({
                "speaker": { "display_name": name, "matched_calendar_invitee_email": email },
                "text": format!("{line} That is point {} of call {number}.", turn + 1),
                "timestamp": format!("00:{:02}:{:02}", turn * 5 / 60, turn * 5 % 60),
            })
        })
        .collect();
    json!({
        "title": format!("Acme disco {number}"),
        "meeting_title": null,
        "recording_id": 1000 + number,
        "url": format!("https://fathom.video/calls/{number}"),
        "share_url": format!("https://fathom.video/share/{number}"),
        "created_at": at(30),
        "scheduled_start_time": at(0),
        "scheduled_end_time": at(29),
        "recording_start_time": at(1),
        "recording_end_time": at(28),
        "calendar_invitees_domains_type": "one_or_more_external",
        "transcript_language": "en",
        "calendar_invitees": [{
            "name": "Bo Lee", "email": "bo@cust.test", "email_domain": "cust.test", "is_external": true,
        }],
        "recorded_by": { "name": "Al", "email": "al@us.test", "email_domain": "us.test", "team": "Sales" },
        "transcript": transcript,
    })
}
