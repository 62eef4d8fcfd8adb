//! `rehearsal review serve` beside a test, and plain HTTP to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::Project;

/// The page, until it is dropped.
pub struct Served {
    server: Child,
    /// The link for raters.
    pub url: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Served {
    /// Of the newest batch of a project.
    ///
    /// # Panics
    /// It does not come up.
    #[must_use]
    pub fn start(project: &Project) -> Self {
        let mut command = project.command(&["review", "serve", "--json"]);
        let server = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        // Ended and waited for by its `Drop`, whatever happens.
        let mut served = Self { server, url: String::new() };
        let out = served.server.stdout.take().expect("its output");
        let mut text = String::new();
        for line in BufReader::new(out).lines() {
            text.push_str(&line.expect("text"));
            if let Ok(told) = serde_json::from_str::<Value>(&text) {
                served.url = told["url"].as_str().expect("an address").to_owned();
                return served;
            }
        }
        panic!("the page was not served: {text}");
    }

    /// What a browser plays of a call.
    ///
    /// # Panics
    /// It plays nothing.
    #[must_use]
    pub fn audio(&self, call: &str) -> Vec<u8> {
        let link = self.url.trim_start_matches("http://");
        let (address, key) = link.split_once("/#key=").expect("address and key");
        let (head, _) =
            ask(address, &format!("POST /api/session HTTP/1.1\r\nx-rehearsal-key: {key}"));
        let cookie = head.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next());
        let cookie = cookie.unwrap_or_else(|| panic!("no cookie: {head}"));
        let (head, body) = ask(address, &format!("GET /audio/{call} HTTP/1.1\r\nCookie: {cookie}"));
        assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{}", String::from_utf8_lossy(&body));
        body
    }
}

/// Headers and body of an answer.
fn ask(address: &str, head: &str) -> (String, Vec<u8>) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    let rest = format!("\r\nHost: {address}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    stream.write_all([head, &rest].concat().as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("headers end");
    (String::from_utf8_lossy(&answer[..end]).into_owned(), answer[end + 4..].to_vec())
}
