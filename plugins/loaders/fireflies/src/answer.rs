//! Answers of the GraphQL endpoint. With which HTTP status its errors come is not
//! documented, so what the body says comes first.

use rehearsal_sdk::prelude::*;
use serde_json::Value;

/// The field of `data` that was asked for.
pub(crate) fn read(answer: &Response, field: &str) -> Result<Value> {
    let body: Value = match answer.json() {
        Ok(body) => body,
        Err(unreadable) => return Err(refusal(answer, None).unwrap_or(unreadable)),
    };
    if let Some(error) = body["errors"].get(0) {
        return Err(refusal(answer, Some(error)).unwrap_or_else(|| Error::invalid("refused")));
    }
    if let Some(error) = refusal(answer, None) {
        return Err(error);
    }
    let mut body = body;
    match body["data"][field].take() {
        Value::Null => Err(Error::invalid(format!("{}: `data.{field}` is null", answer.name()))),
        value => Ok(value),
    }
}

/// What a code or, without one, a status means; none of a good status without an error.
fn refusal(answer: &Response, error: Option<&Value>) -> Option<Error> {
    let extension = |key: &str| error.map_or(&Value::Null, |error| &error["extensions"][key]);
    let code = error
        .and_then(|error| error["code"].as_str())
        .or_else(|| extension("code").as_str())
        .unwrap_or_default();
    let status = extension("status").as_u64().unwrap_or(answer.status.into());
    if error.is_none() && (200..300).contains(&status) {
        return None;
    }
    let said = error.and_then(|error| error["message"].as_str()).unwrap_or("no reason given");
    let said: String = said.chars().take(200).collect();
    let message =
        format!("{}: {} {code}", answer.name(), said.escape_debug()).trim_end().to_owned();
    Some(match (code, status) {
        ("too_many_requests", _) => Error::Transient(message),
        ("auth_failed", _) => {
            Error::Permanent(format!("{message}; is the secret of `grant.http` right?"))
        }
        ("require_ai_credits" | "account_cancelled", _) => Error::Permanent(message),
        ("object_not_found" | "invalid_arguments", _) => Error::InvalidInput(message),
        (_, 408 | 425 | 429 | 500..) => Error::Transient(message),
        (_, 401..=403) => Error::Permanent(message),
        _ => Error::InvalidInput(message),
    })
}
