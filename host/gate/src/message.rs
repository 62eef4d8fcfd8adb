//! Requests and answers, as plugins see them.

use crate::kept::Kept;

/// What a plugin wants to send.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Request {
    /// In capitals: `GET`.
    pub method: String,
    /// Absolute, with its query.
    pub url: String,
    /// Name and value.
    pub headers: Vec<(String, String)>,
    /// Empty for none.
    pub body: Vec<u8>,
    /// Whether sending it twice does no harm, whatever the method.
    pub repeatable: bool,
}

impl Request {
    /// The most bytes that [`Request::body`] may have.
    pub const MAX_BODY: usize = 16 * 1024 * 1024;

    /// Whether it may be sent again when nobody knows if it arrived.
    pub(crate) fn may_repeat(&self) -> bool {
        self.repeatable || matches!(self.method.as_str(), "GET" | "HEAD" | "PUT" | "DELETE")
    }
}

/// What the server answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Response {
    /// 100 to 599.
    pub status: u16,
    /// Names in lower case, in the server's order.
    pub headers: Vec<(String, String)>,
    /// The whole of it; empty where it was kept as a file.
    pub body: Vec<u8>,
    /// The body of a good answer where its grant keeps them.
    pub kept: Option<Kept>,
}

impl Response {
    /// Whether the body is in a form that hides what is in it.
    pub(crate) fn is_compressed(&self) -> bool {
        self.header("content-encoding").is_some_and(|coding| coding != "identity")
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}
