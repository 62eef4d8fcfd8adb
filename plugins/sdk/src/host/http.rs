//! Requests to granted addresses.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::blobs::Blob;
use crate::Result;
#[cfg(target_family = "wasm")]
use crate::bindings::base::rehearsal::plugin::http as wit;
#[cfg(not(target_family = "wasm"))]
use crate::testing::MemoryHttp;
use crate::types::Error;

/// Addresses that the operator granted, and nothing else of the network. The host adds
/// secrets, keeps rates and tries again; a plugin asks and reads.
#[derive(Debug, Clone)]
pub struct Http {
    #[cfg(not(target_family = "wasm"))]
    memory: MemoryHttp,
}

impl Http {
    /// The host's; natively every request is denied.
    #[must_use]
    pub fn of_host() -> Self {
        #[cfg(target_family = "wasm")]
        return Self {};
        #[cfg(not(target_family = "wasm"))]
        Self::of_memory(MemoryHttp::new())
    }

    /// Natively: answers from memory.
    #[cfg(not(target_family = "wasm"))]
    #[must_use]
    pub fn of_memory(memory: MemoryHttp) -> Self {
        Self { memory }
    }

    /// Sends a request. An answer of status 4xx or 5xx is an answer: see
    /// [`Response::accepted`].
    ///
    /// # Errors
    /// It is not granted, or nobody answered.
    pub fn send(&self, request: Request) -> Result<Response> {
        #[cfg(target_family = "wasm")]
        {
            let url = request.url.clone();
            let answer = wit::send(&wit::Request {
                method: request.method.to_owned(),
                url: request.url,
                headers: request.headers,
                body: request.body,
                repeatable: request.repeatable,
            })?;
            let body = Blob::of_host(answer.body);
            Ok(Response { url, status: answer.status, headers: answer.headers, body })
        }
        #[cfg(not(target_family = "wasm"))]
        self.memory.answer(&request)
    }
}

/// A request to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`
    pub method: &'static str,
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
    fn new(method: &'static str, url: &str) -> Self {
        let (url, headers, body) = (url.to_owned(), Vec::new(), Vec::new());
        Self { method, url, headers, body, repeatable: false }
    }

    /// Of a document.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self::new("GET", url)
    }

    /// With a value as JSON.
    ///
    /// # Errors
    /// The value cannot be written as JSON.
    pub fn post_json(url: &str, value: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_vec(value).map_err(Error::permanent)?;
        Ok(Self { body, ..Self::new("POST", url) }.header("content-type", "application/json"))
    }

    /// Says that sending it twice does no harm: a query by POST.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a parameter to the URL.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.url.push(if self.url.contains('?') { '&' } else { '?' });
        encode(&mut self.url, name);
        self.url.push('=');
        encode(&mut self.url, value);
        self
    }
}

/// Percent-encodes all but RFC 3986's unreserved characters.
fn encode(url: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            url.push(char::from(byte));
        } else {
            url.push_str(&format!("%{byte:02X}"));
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Response {
    /// What was asked for.
    pub url: String,
    /// 100 to 599.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// What came back.
    pub body: Blob,
}

/// Bytes of an answer that are read into memory at once.
const MOST_JSON: u64 = 64 * 1024 * 1024;
/// Characters of an answer that a message quotes.
const QUOTED: usize = 200;

impl Response {
    /// The first value of a header; its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Which answer this is, for messages: address, status, and the server's id of the
    /// request where it gives one.
    #[must_use]
    pub fn name(&self) -> String {
        let address = self.url.split('?').next().unwrap_or_default();
        let id = ["x-request-id", "request-id", "cf-ray"].iter().find_map(|id| self.header(id));
        match id {
            Some(id) => format!("{address} ({}, request {id})", self.status),
            None => format!("{address} ({})", self.status),
        }
    }

    /// This answer, if its status is 2xx.
    ///
    /// # Errors
    /// What the status says: `transient` of 408, 425, 429 and 5xx, `invalid-input` of
    /// 404 and 410, and `permanent` of the others; the message quotes the answer.
    pub fn accepted(self) -> Result<Self> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let said: String = self.text().unwrap_or_default().chars().take(QUOTED).collect();
        let hint = match self.status {
            401 | 403 => "; is the secret of `grant.http` right, and may it do this?",
            300..=399 => "; redirects are not followed: use the new address",
            _ => "",
        };
        let message = format!("{} said `{}`{hint}", self.name(), said.trim().escape_debug());
        Err(match self.status {
            408 | 425 | 429 | 500.. => Error::Transient(message),
            404 | 410 => Error::InvalidInput(message),
            _ => Error::Permanent(message),
        })
    }

    /// The whole body as text.
    ///
    /// # Errors
    /// It is too large or not UTF-8.
    pub fn text(&self) -> Result<String> {
        let bytes = self.body.read_all(MOST_JSON)?;
        String::from_utf8(bytes)
            .map_err(|_| Error::invalid(format!("{}: the answer is no UTF-8 text", self.name())))
    }

    /// The body as a value.
    ///
    /// # Errors
    /// It does not claim to be JSON, or is none of this form; the message says where.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        let kind = self.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !(essence.ends_with("/json") || essence.ends_with("+json")) {
            let message = format!("{}: the answer is `{essence}`, not JSON", self.name());
            return Err(Error::invalid(message));
        }
        let bytes = self.body.read_all(MOST_JSON)?;
        serde_json::from_slice(&bytes).map_err(|error| {
            Error::invalid(format!("{}: the answer is not as documented: {error}", self.name()))
        })
    }
}
