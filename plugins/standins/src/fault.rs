//! What can go wrong at a server.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{Response, StatusCode};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use http_body::Frame;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// One thing that goes wrong, once.
#[derive(Debug, Clone)]
pub enum Fault {
    /// This status, with a body that says so.
    Status(u16),
    /// 429 with `Retry-After`: seconds or a date.
    TooMany {
        /// The header's value.
        retry_after: &'static str,
    },
    /// 302 to another address.
    Redirect(String),
    /// The right answer, after a while.
    Slow(Duration),
    /// The right headers and half of a body.
    Truncated,
    /// 200 and something that claims to be JSON.
    Malformed,
    /// 200 and a page for people.
    WrongType,
    /// 200 and a repetition of all headers of the request, secrets included, as they are
    /// and in every usual encoding; once more in a header.
    Echo,
}

impl Fault {
    /// The answer, unless it is the right one.
    pub(crate) async fn answer(self, headers: String) -> Option<Response<Body>> {
        let document = |status: StatusCode, text: String| {
            let answer =
                Response::builder().status(status).header(CONTENT_TYPE, "application/json");
            answer.header("x-request-id", "standin-1").body(Body::from(text))
        };
        let answer = match self {
            Self::Slow(time) => {
                tokio::time::sleep(time).await;
                return None;
            }
            Self::Status(status) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::IM_A_TEAPOT);
                document(status, format!(r#"{{"error":"the stand-in says {status}"}}"#))
            }
            Self::TooMany { retry_after } => Response::builder()
                .status(StatusCode::TOO_MANY_REQUESTS)
                .header(RETRY_AFTER, retry_after)
                .body(Body::from("slow down")),
            Self::Redirect(to) => Response::builder()
                .status(StatusCode::FOUND)
                .header(LOCATION, to)
                .body(Body::empty()),
            Self::Truncated => Response::builder()
                .header(CONTENT_TYPE, "application/json")
                .header(CONTENT_LENGTH, 1000)
                .body(Body::new(Half(Some(Bytes::from_static(b"{\"items\":["))))),
            Self::Malformed => document(StatusCode::OK, r#"{"items":[{"title":"#.to_owned()),
            Self::WrongType => Response::builder()
                .header(CONTENT_TYPE, "text/html; charset=utf-8")
                .body(Body::from("<html>maintenance</html>")),
            Self::Echo => document(StatusCode::OK, encoded(&headers)).map(|mut answer| {
                if let Ok(value) = headers.parse() {
                    answer.headers_mut().insert("x-echo", value);
                }
                answer
            }),
        };
        answer.ok()
    }
}

/// A text as servers repeat what they were sent.
fn encoded(text: &str) -> String {
    let bytes = text.as_bytes();
    json!({
        "plain": text,
        "base64": BASE64.encode(bytes),
        "base64url": BASE64URL_NOPAD.encode(bytes),
        "hex": HEXLOWER.encode(bytes),
        "url": utf8_percent_encode(text, NON_ALPHANUMERIC).to_string(),
    })
    .to_string()
}

/// A body that breaks off.
struct Half(Option<Bytes>);

impl http_body::Body for Half {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(match self.0.take() {
            Some(bytes) => Ok(Frame::data(bytes)),
            None => Err(std::io::ErrorKind::ConnectionReset.into()),
        }))
    }
}
