//! A chat endpoint as llama.cpp's server, Ollama, vLLM and hosted services offer it:
//! `POST /v1/chat/completions`, with `usage`, `finish_reason`, refusals and errors in
//! OpenAI's form. The model behind it finds labels by a function of a turn's text.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

/// What the model finds in a turn: `[{ "set": …, "label": …, "quote": … }]` of its side
/// and text.
type Finds = dyn Fn(&str, &str) -> Vec<Value> + Send + Sync;

/// Something that a model does once instead of answering.
#[derive(Debug, Clone)]
pub enum Whim {
    /// It says no.
    Refuses,
    /// Its keeper's filter stops it.
    Filtered,
    /// It writes prose.
    Rambles,
    /// It writes half an object and says that it is done.
    BreaksOff,
    /// It runs into `max_tokens`.
    CutOff,
    /// It answers this.
    Says(Value),
}

/// A server with one model. Clones share it.
#[derive(Clone)]
pub struct Chat(Arc<Inner>);

struct Inner {
    key: String,
    model: String,
    /// Whether it knows `response_format`.
    structured: bool,
    /// Tokens that question and answer may have together.
    context: u64,
    finds: Box<Finds>,
    whims: Mutex<VecDeque<Whim>>,
}

impl Chat {
    /// A server that wants this key, with a model that finds labels.
    pub fn new(
        key: &str,
        model: &str,
        finds: impl Fn(&str, &str) -> Vec<Value> + Send + Sync + 'static,
    ) -> Self {
        let (key, model) = (format!("Bearer {key}"), model.to_owned());
        Self(Arc::new(Inner {
            key,
            model,
            structured: true,
            context: 32_768,
            finds: Box::new(finds),
            whims: Mutex::default(),
        }))
    }

    /// One that does not know `response_format`, and whose model likes fences.
    ///
    /// # Panics
    /// Once it is served.
    #[must_use]
    pub fn without_structure(mut self) -> Self {
        Arc::get_mut(&mut self.0).expect("it is not served yet").structured = false;
        self
    }

    /// One that takes no more than so many tokens.
    ///
    /// # Panics
    /// Once it is served.
    #[must_use]
    pub fn with_context(mut self, tokens: u64) -> Self {
        Arc::get_mut(&mut self.0).expect("it is not served yet").context = tokens;
        self
    }

    /// Lets the model do something else at the next question. Several wait in their order.
    pub fn will(&self, whim: Whim) {
        self.0.whims.lock().unwrap_or_else(PoisonError::into_inner).push_back(whim);
    }

    /// The API.
    pub fn router(&self) -> Router {
        Router::new().route("/v1/chat/completions", post(complete)).with_state(self.clone())
    }

    fn answer(&self, body: &Value) -> Response {
        let messages = body["messages"].as_array().cloned().unwrap_or_default();
        let question: String =
            messages.iter().filter_map(|message| message["content"].as_str()).collect();
        let sent = tokens(&question);
        let most = body["max_tokens"].as_u64().unwrap_or(u64::from(u32::MAX));
        if sent > self.0.context {
            let text = format!(
                "This model's maximum context length is {} tokens. However, your messages \
                 resulted in {sent} tokens.",
                self.0.context
            );
            return refuse(StatusCode::BAD_REQUEST, &text, "context_length_exceeded");
        }
        let script = messages.iter().find(|message| message["role"] == "user");
        let script = script.and_then(|message| message["content"].as_str()).unwrap_or_default();
        let whim = self.0.whims.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let mut said = self.said(script).to_string();
        if !self.0.structured {
            said = format!("Sure! Here are the labels:\n\n```json\n{said}\n```");
        }
        let mut reason = "stop";
        let mut refusal = Value::Null;
        match whim {
            None => {}
            Some(Whim::Says(answer)) => said = answer.to_string(),
            Some(Whim::Rambles) => said = "A pleasant call, all in all.".to_owned(),
            Some(Whim::BreaksOff) => said = "{\"findings\":[{\"turn\":".to_owned(),
            Some(Whim::CutOff) => {
                said = "{\"findings\":[{\"turn\":".to_owned();
                reason = "length";
            }
            Some(Whim::Filtered) => {
                said.clear();
                reason = "content_filter";
            }
            Some(Whim::Refuses) => {
                said.clear();
                refusal = "I'm sorry, but I can't help with that.".into();
            }
        }
        if tokens(&said) > most {
            said.truncate(usize::try_from(most * 4).unwrap_or(usize::MAX));
            reason = "length";
        }
        let received = tokens(&said);
        Json(json!({
            "id": "chatcmpl-standin",
            "object": "chat.completion",
            "created": 1_772_380_800,
            "model": self.0.model,
            "system_fingerprint": "standin",
            "choices": [{
                "index": 0,
                "message": { "role": "assistant", "content": said, "refusal": refusal },
                "finish_reason": reason,
            }],
            "usage": {
                "prompt_tokens": sent,
                "completion_tokens": received,
                "total_tokens": sent + received,
            },
        }))
        .into_response()
    }

    /// What the model finds in the turns of a script that it is asked about.
    fn said(&self, script: &str) -> Value {
        let asked = script.lines().find_map(|line| line.strip_prefix("Label turns "));
        let asked = asked.map(|line| line.split([';', '.']).next().unwrap_or_default());
        let range = asked.and_then(|range| range.split_once(" to ")).unwrap_or_default();
        let (first, last) = (range.0.parse().unwrap_or(0), range.1.parse().unwrap_or(u64::MAX));
        let mut findings = Vec::new();
        for line in script.lines() {
            let Some((number, rest)) = line.strip_prefix('[').and_then(|l| l.split_once("] "))
            else {
                continue;
            };
            let Ok(turn) = number.parse::<u64>() else { continue };
            let (side, text) = rest.split_once(": ").unwrap_or((rest, ""));
            if (first..=last).contains(&turn) {
                findings.extend((self.0.finds)(side, text).into_iter().map(|mut finding| {
                    finding["turn"] = turn.into();
                    finding
                }));
            }
        }
        json!({ "findings": findings })
    }
}

impl std::fmt::Debug for Chat {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Chat").field("model", &self.0.model).finish_non_exhaustive()
    }
}

/// Four bytes a token, as English has about.
fn tokens(text: &str) -> u64 {
    text.len().div_ceil(4) as u64
}

async fn complete(
    State(chat): State<Chat>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let given = headers.get("authorization").and_then(|value| value.to_str().ok());
    if given != Some(&chat.0.key) {
        return refuse(StatusCode::UNAUTHORIZED, "Incorrect API key provided.", "invalid_api_key");
    }
    if body["model"] != chat.0.model.as_str() {
        let text = format!("The model `{}` does not exist.", body["model"]);
        return refuse(StatusCode::NOT_FOUND, &text, "model_not_found");
    }
    if !chat.0.structured && !body["response_format"].is_null() {
        let text = "'response_format' of type 'json_schema' is not supported.";
        return refuse(StatusCode::BAD_REQUEST, text, "unsupported_parameter");
    }
    chat.answer(&body)
}

fn refuse(status: StatusCode, message: &str, code: &str) -> Response {
    let error = json!({ "message": message, "type": "invalid_request_error", "code": code });
    (status, Json(json!({ "error": error }))).into_response()
}
