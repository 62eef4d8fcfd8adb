//! `wasi:http`: what a language's own library sends (`fetch` in JavaScript, clients in
//! Python and Rust), through the same gate as the contract's `http`.
//!
//! The library asks for what the gate owns (a length, no compression); such headers are
//! left out instead of denied, since the plugin's author did not write them. The reason
//! of a failure has no room in `wasi:http`'s codes; it is written where the plugin
//! writes its own output.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http_body_util::{BodyExt, Full, Limited};
use rehearsal_gate::{Door, Request, Response, SendError};
use tokio::task::spawn_blocking;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::deadline::Deadline;
use crate::output::Stdio;
use crate::state::State;

/// Headers that libraries set on their own and that are the gate's.
const GATES: [&str; 3] = ["accept-encoding", "content-length", "te"];

/// What one instance may send, and how much it was answered.
pub(crate) struct Fetch {
    context: WasiHttpCtx,
    way: Way,
}

#[derive(Clone)]
struct Way {
    door: Option<Door>,
    until: Arc<Deadline>,
    stdio: Stdio,
    /// Bytes of answers so far, which are the host's to hold.
    answered: Arc<AtomicUsize>,
    /// The most of them.
    most: usize,
}

impl Fetch {
    pub(crate) fn new(door: Option<Door>, until: Arc<Deadline>, stdio: Stdio, most: usize) -> Self {
        let way = Way { door, until, stdio, answered: Arc::default(), most };
        Self { context: WasiHttpCtx::new(), way }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView {
            ctx: &mut self.fetch.context,
            table: &mut self.table,
            hooks: &mut self.fetch.way,
        }
    }
}

/// A request's outcome, and what is left to do for it afterwards: nothing.
type Outcome =
    Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Way {
    fn set_host_header(&mut self) -> bool {
        false
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Outcome> + Send> {
        let way = self.clone();
        Box::new(async move {
            let answer = way.send(request).await?;
            let nothing: Box<dyn Future<Output = _> + Send> = Box::new(async { Ok(()) });
            Ok((answer, nothing))
        })
    }
}

impl Way {
    async fn send(
        &self,
        request: http::Request<WasiBody>,
    ) -> Result<http::Response<WasiBody>, Error> {
        let Some(door) = self.door.clone() else {
            self.stdio.note("http is not granted");
            return Err(Error::HttpRequestDenied);
        };
        let request = self.translated(request).await?;
        let until = Arc::clone(&self.until);
        let sent = spawn_blocking(move || door.send(&request, until.as_ref())).await;
        let answer = sent.map_err(|error| Error::InternalError(Some(error.to_string())))?;
        match answer {
            Ok(answer) => self.answer(answer),
            Err(error) => Err(self.failed(&error)),
        }
    }

    async fn translated(&self, request: http::Request<WasiBody>) -> Result<Request, Error> {
        let (head, body) = request.into_parts();
        let mut headers = Vec::with_capacity(head.headers.len());
        for (name, value) in &head.headers {
            if GATES.contains(&name.as_str()) {
                continue;
            }
            let Ok(value) = value.to_str() else {
                self.stdio.note(&format!("the header `{name}` is not text"));
                return Err(Error::HttpProtocolError);
            };
            headers.push((name.as_str().to_owned(), value.to_owned()));
        }
        let body = Limited::new(body, Request::MAX_BODY).collect().await.map_err(|error| {
            self.stdio.note(&format!("the request's body: {error}"));
            Error::HttpRequestBodySize(None)
        })?;
        Ok(Request {
            method: head.method.as_str().to_owned(),
            url: head.uri.to_string(),
            headers,
            body: body.to_bytes().into(),
            repeatable: false,
        })
    }

    fn answer(&self, answer: Response) -> Result<http::Response<WasiBody>, Error> {
        if answer.kept.is_some() {
            self.stdio.note("recordings that are kept as files come through the contract's `http`");
            return Err(Error::HttpRequestDenied);
        }
        let size = answer.body.len();
        if self.answered.fetch_add(size, Ordering::Relaxed).saturating_add(size) > self.most {
            self.stdio.note("the answers of this call are more than its memory may be");
            return Err(Error::HttpResponseBodySize(u64::try_from(size).ok()));
        }
        let mut response = http::Response::builder().status(answer.status);
        for (name, value) in &answer.headers {
            response = response.header(name, value);
        }
        let body = Full::new(answer.body.into()).map_err(Error::from).boxed_unsync();
        response.body(body).map_err(|error| Error::InternalError(Some(error.to_string())))
    }

    fn failed(&self, error: &SendError) -> Error {
        let text = error.to_string();
        self.stdio.note(&text);
        match error {
            SendError::Denied(_) => Error::HttpRequestDenied,
            SendError::Invalid(_) => Error::HttpRequestUriInvalid,
            SendError::Transient(_) | SendError::Permanent(_) | SendError::Spent(_) => {
                Error::InternalError(Some(text))
            }
        }
    }
}
