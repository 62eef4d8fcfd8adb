//! One question to a chat endpoint, and what its answer is worth.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use rehearsal_sdk::prelude::*;
use serde_json::{Value as Json, json};

use crate::{Config, prompt, sets};

/// What came of a question.
#[derive(Debug, PartialEq)]
pub(crate) enum Reply {
    /// The model's words.
    Said(String),
    /// Question or answer were too long.
    TooLong,
    /// The model, or its keeper, does not answer this; why.
    Refused(String),
}

/// A completion, as far as it is read.
#[derive(Debug, Deserialize)]
struct Completion {
    #[serde(default)]
    model: String,
    choices: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    message: Said,
    #[serde(default)]
    finish_reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Said {
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    refusal: Option<String>,
}

/// A chat endpoint.
pub(crate) struct Endpoint<'c> {
    config: &'c Config,
    http: &'c Http,
    /// Whether answers are held to the schema; not any more where the server cannot.
    structured: Cell<bool>,
    /// Models that answered, as servers name them.
    pub(crate) served: RefCell<BTreeSet<String>>,
}

/// Characters of a refusal that are kept.
const KEPT: usize = 200;

impl<'c> Endpoint<'c> {
    pub(crate) fn new(config: &'c Config, http: &'c Http) -> Self {
        let structured = Cell::new(config.structured);
        Self { config, http, structured, served: RefCell::default() }
    }

    /// Asks about a script. `mend` is a former answer and what was wrong with it.
    pub(crate) fn ask(&self, script: &str, mend: Option<(&str, &str)>) -> Result<Reply> {
        let answer = self.send(script, mend)?;
        let status = answer.status;
        if matches!(status, 400 | 413 | 422) {
            let said = answer.text().unwrap_or_default().to_lowercase();
            if status == 413
                || ["context", "too long", "too large"].iter().any(|w| said.contains(w))
            {
                return Ok(Reply::TooLong);
            }
            let form = ["response_format", "json_schema", "schema", "grammar"];
            if self.structured.get() && form.iter().any(|word| said.contains(word)) {
                self.structured.set(false);
                return self.ask(script, mend);
            }
        }
        // A key that is wrong or a model that is not there is nobody's call's fault: the
        // call waits until it is right.
        let answer = answer.accepted().map_err(|error| Error::transient(error.message()))?;
        let completion: Completion =
            answer.json().map_err(|error| Error::transient(error.message()))?;
        if !completion.model.is_empty() {
            // Some servers name the file, whose folder is nobody's business.
            let name = completion.model.rsplit(['/', '\\']).next().unwrap_or_default();
            self.served.borrow_mut().insert(name.to_owned());
        }
        let choice = completion.choices.into_iter().next();
        let choice = choice.ok_or_else(|| {
            Error::transient(format!("{}: the answer has no choices", self.url()))
        })?;
        Ok(reply(choice))
    }

    fn url(&self) -> String {
        format!("{}/chat/completions", self.config.base_url.trim_end_matches('/'))
    }

    fn send(&self, script: &str, mend: Option<(&str, &str)>) -> Result<Response> {
        let mut messages = vec![
            json!({ "role": "system", "content": prompt::TEXT }),
            json!({ "role": "user", "content": script }),
        ];
        if let Some((former, fault)) = mend {
            let ask = format!("That cannot be read: {fault}. Answer again, with the JSON only.");
            messages.push(json!({ "role": "assistant", "content": former }));
            messages.push(json!({ "role": "user", "content": ask }));
        }
        let mut body = json!({
            "model": self.config.model,
            "messages": messages,
            "temperature": 0,
            "seed": self.config.seed,
        });
        if self.config.max_tokens > 0 {
            body["max_tokens"] = self.config.max_tokens.into();
        }
        if self.structured.get() {
            body["response_format"] = json!({
                "type": "json_schema",
                "json_schema": { "name": "findings", "strict": true, "schema": sets::schema() },
            });
        }
        for (key, value) in &self.config.extra {
            body[key] = value.clone();
        }
        // The same question twice costs twice and harms nobody.
        let request = Request::post_json(&self.url(), &body)?.repeatable();
        match self.http.send(request) {
            // Of the operator's key, not of the call.
            Err(Error::Permanent(why)) => Err(Error::Transient(why)),
            other => other,
        }
    }
}

fn reply(choice: Choice) -> Reply {
    let refused = |why: &str| Reply::Refused(why.chars().take(KEPT).collect());
    if let Some(refusal) = choice.message.refusal.filter(|refusal| !refusal.trim().is_empty()) {
        return refused(refusal.trim());
    }
    match choice.finish_reason.as_deref() {
        Some("length") => Reply::TooLong,
        Some("content_filter") => refused("its keeper's filter"),
        _ => Reply::Said(choice.message.content.unwrap_or_default()),
    }
}

/// Fields of the request that only some servers know.
pub(crate) type Extra = std::collections::BTreeMap<String, Json>;
