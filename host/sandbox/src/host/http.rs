//! `http`: requests through the gate.

use std::sync::Arc;

use rehearsal_gate::SendError;

use super::blocking;
use crate::bindings::rehearsal::plugin::http::{Host, Request, Response};
use crate::bindings::rehearsal::plugin::types::Error;
use crate::state::State;

impl Host for State {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Error>> {
        let Some(door) = self.grants.http.clone() else {
            wasmtime::bail!("http is not granted");
        };
        let name = request.url.split(['?', '#']).next().unwrap_or_default().to_owned();
        let request = rehearsal_gate::Request {
            method: request.method,
            url: request.url,
            headers: request.headers,
            body: request.body,
            repeatable: request.repeatable,
        };
        let until = Arc::clone(&self.until);
        match blocking(move || door.send(&request, until.as_ref())).await? {
            Ok(answer) => {
                let body = match answer.kept {
                    Some(kept) => self.hand_out_file(name, kept)?,
                    None => self.hand_out_body(name, answer.body)?,
                };
                Ok(Ok(Response { status: answer.status, headers: answer.headers, body }))
            }
            Err(error) => Ok(Err(lower(error))),
        }
    }
}

fn lower(error: SendError) -> Error {
    let text = error.to_string();
    match error {
        SendError::Denied(_) => Error::Denied(text),
        SendError::Invalid(_) => Error::InvalidInput(text),
        // For the plugin it is the same: not now.
        SendError::Transient(_) | SendError::Spent(_) => Error::Transient(text),
        SendError::Permanent(_) => Error::Permanent(text),
    }
}
