//! Fireflies' GraphQL endpoint, as far as listing and reading transcripts goes.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

/// An account with its transcripts. Clones share them.
#[derive(Debug, Clone)]
pub struct Account(Arc<Mutex<Inner>>);

#[derive(Debug)]
struct Inner {
    key: String,
    transcripts: Vec<Value>,
    /// Requests left; none for no limit.
    left: Option<u32>,
}

impl Account {
    /// Whose key this is, with these transcripts.
    #[must_use]
    pub fn new(key: &str, transcripts: Vec<Value>) -> Self {
        Self(Arc::new(Mutex::new(Inner { key: key.to_owned(), transcripts, left: None })))
    }

    /// From here on so many requests are answered, and no more.
    pub fn allow(&self, requests: u32) {
        self.lock().left = Some(requests);
    }

    /// Changes the transcripts.
    pub fn change(&self, change: impl FnOnce(&mut Vec<Value>)) {
        change(&mut self.lock().transcripts);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The endpoint, `/graphql`.
    pub fn router(&self) -> Router {
        Router::new().route("/graphql", post(answer)).with_state(self.clone())
    }
}

fn refuse(status: u16, code: &str, message: &str) -> Response {
    let extensions = json!({ "code": code, "status": status });
    let error =
        json!({ "message": message, "code": code, "friendly": true, "extensions": extensions });
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({ "errors": [error] }))).into_response()
}

async fn answer(
    State(account): State<Account>,
    headers: HeaderMap,
    Json(question): Json<Value>,
) -> Response {
    let mut account = account.lock();
    let key = headers.get("authorization").and_then(|value| value.to_str().ok());
    if key.and_then(|key| key.strip_prefix("Bearer ")) != Some(&account.key) {
        return refuse(401, "auth_failed", "Invalid credentials");
    }
    match &mut account.left {
        Some(0) => {
            return refuse(429, "too_many_requests", "Too many requests. Try again tomorrow");
        }
        Some(left) => *left -= 1,
        None => {}
    }
    let query = question["query"].as_str().unwrap_or_default();
    let variables = &question["variables"];
    if query.contains("transcripts(") {
        let number = |name: &str| variables[name].as_u64().and_then(|n| usize::try_from(n).ok());
        let limit = number("limit").unwrap_or(50);
        if limit > 50 {
            return refuse(400, "invalid_arguments", "limit must be at most 50");
        }
        let page = account.transcripts.iter().skip(number("skip").unwrap_or(0)).take(limit);
        let page: Vec<Value> = page
            .map(|whole| {
                let mut listed = whole.clone();
                if let Some(fields) = listed.as_object_mut() {
                    fields.retain(|name, _| !matches!(name.as_str(), "sentences" | "speakers"));
                }
                listed
            })
            .collect();
        return Json(json!({ "data": { "transcripts": page } })).into_response();
    }
    match account.transcripts.iter().find(|whole| whole["id"] == variables["id"]) {
        Some(whole) => Json(json!({ "data": { "transcript": whole } })).into_response(),
        None => refuse(404, "object_not_found", "Object not found"),
    }
}

/// Transcripts in the form that is documented; times are numbers in every second one and
/// strings in the others, as both are met.
#[must_use]
pub fn invented(count: usize) -> Vec<Value> {
    (0..count).map(transcript).collect()
}

fn transcript(number: usize) -> Value {
    let time = |seconds: f64| {
        if number.is_multiple_of(2) { json!(seconds) } else { json!(seconds.to_string()) }
    };
    let line = |index: usize, speaker: u32, name: &str, text: &str| {
        let start = index as f64 * 4.0;
        json!({
            "index": index, "speaker_id": speaker, "speaker_name": name, "text": text,
            "raw_text": text.to_lowercase(),
            "start_time": time(start + 0.1), "end_time": time(start + 3.9),
            "ai_filters": { "task": null, "pricing": null, "question": null, "sentiment": "neutral" },
        })
    };
    json!({
        "id": format!("T{number}"),
        "title": format!("Acme {number}"),
        "date": 1_772_380_800_000_i64,
        "dateString": "2026-03-01T16:00:00.000Z",
        "duration": 31.5,
        "transcript_url": format!("https://app.fireflies.ai/view/T{number}"),
        "host_email": "al@us.test",
        "organizer_email": "al@us.test",
        "participants": ["al@us.test", "bo@cust.test"],
        "speakers": [{ "id": 0, "name": "Al" }, { "id": 1, "name": "Bo" }],
        "meeting_attendees": [{ "displayName": "Bo", "email": "bo@cust.test" }],
        "sentences": [
            line(0, 0, "Al", "Hi Bo."),
            line(1, 0, "Al", "What made you look into this now?"),
            line(2, 1, "Bo", "The spreadsheets take all of Friday."),
            line(3, 0, "Al", "And what does that do to your week?"),
            line(4, 1, "Bo", "It is gone, most weeks."),
            line(5, 1, "Bo", "Nobody likes it."),
        ],
    })
}
