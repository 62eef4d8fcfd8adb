//! Attempts at the network through the one way that a plugin may be granted: the host's
//! `http`. Whatever is answered was had; what is refused is told in the host's words.

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rehearsal_sdk::{Http, Request};

use crate::probe::Finding;

/// Addresses that no grant of this kit covers, in every way of writing them that some
/// client or other has fallen for.
pub const ELSEWHERE: [&str; 20] = [
    "https://leak.example.com/",
    // This machine, its network, and the metadata services of clouds.
    "http://127.0.0.1/",
    "http://localhost/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://0.0.0.0/",
    "http://2130706433/",
    "http://0x7f.1/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    // Other schemes, and URLs that are read in two ways.
    "file:///etc/passwd",
    "ftp://leak.example.com/",
    "data:text/plain,leak",
    "//leak.example.com/",
    "https://api.example.com@leak.example.com/",
    "https://leak.example.com\\@api.example.com/",
    "https://leak.example.com/\r\nHost: api.example.com",
];

/// Methods that the grants of this kit leave out.
const METHODS: [&str; 4] = ["POST", "DELETE", "CONNECT", "get"];

/// Headers that are the host's: they would send the request elsewhere, hide a second one
/// in it, take the secret's place, or let it come back unseen.
const SMUGGLED: [(&str, &str); 9] = [
    ("Host", "leak.example.com"),
    ("Content-Length", "0"),
    ("Transfer-Encoding", "chunked"),
    ("Connection", "upgrade"),
    ("Cookie", "session=1"),
    ("Accept-Encoding", "gzip"),
    ("Range", "bytes=0-1"),
    ("X-Api-Key", "mine"),
    ("X-Evil", "a\r\nHost: leak.example.com"),
];

/// Behind a granted URL they lead elsewhere, for some.
const BEHIND: [&str; 4] = ["/../leak", "/%2e%2e/leak", "/..%2fleak", "#leak"];

/// Sends to addresses that a grant covers what it does not cover.
#[must_use]
pub fn smuggle(http: &Http, granted: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for url in granted {
        for method in METHODS {
            let request = Request { method, ..Request::get(url) };
            findings.push(attempt(http, &format!("{method} {url}"), request));
        }
        for (name, value) in SMUGGLED {
            let what = format!("{name}: {}", value.escape_debug());
            findings.push(attempt(http, &what, Request::get(url).header(name, value)));
        }
        for tricky in BEHIND {
            let url = format!("{}{tricky}", url.trim_end_matches('/'));
            findings.push(attempt(http, &url, Request::get(&url)));
        }
    }
    findings
}

/// Asks addresses that may not answer: none that is granted, or those that lead inside.
#[must_use]
pub fn ask(http: &Http, addresses: &[&str]) -> Vec<Finding> {
    addresses.iter().map(|url| attempt(http, url, Request::get(url))).collect()
}

fn attempt(http: &Http, what: &str, request: Request) -> Finding {
    match http.send(request) {
        Ok(answer) => Finding::Escaped(format!("{what} answered {}", answer.status)),
        Err(error) => Finding::Held(error.message().to_owned()),
    }
}

/// Asks granted addresses and follows them wherever they lead, as a client would. The
/// first answer is granted; whatever comes of the second is told.
#[must_use]
pub fn follow(http: &Http, granted: &[&str]) -> Vec<Finding> {
    let one = |url: &&str| match http.send(Request::get(url)) {
        Ok(answer) => match answer.header("location") {
            Some(to) => attempt(http, to, Request::get(to)),
            None => Finding::Held(format!("{} leads nowhere", answer.name())),
        },
        Err(error) => Finding::Held(error.message().to_owned()),
    };
    granted.iter().map(one).collect()
}

/// Looks for `secret` in every byte that the kit can get at: its table, environment and
/// arguments, `own` (what the host handed to the call), answers with their headers, and
/// what the host says of requests that fail.
#[must_use]
pub fn search(http: &Http, granted: &[&str], own: &[&str], secret: &str) -> Finding {
    let mut readable = vec![crate::Config::text()];
    readable.extend(std::env::vars_os().map(|variable| format!("{variable:?}")));
    readable.extend(std::env::args_os().map(|argument| format!("{argument:?}")));
    readable.extend(own.iter().map(|&text| text.to_owned()));
    for url in granted {
        let asked = [
            Request::get(url),
            Request::get(url).header("X-Api-Key", "mine"),
            Request::get(url).header("X-Evil", "a\r\nb"),
            Request { method: "POST", ..Request::get(url) },
            Request::get(&format!("{url}/../leak")),
        ];
        readable.extend(asked.into_iter().map(|request| hear(http, request)));
    }
    let all = readable.join("\n").to_lowercase();
    if secret.is_empty() {
        return Finding::Escaped("nothing: it was not told what to look for".to_owned());
    }
    match forms(secret).into_iter().find(|form| all.contains(&form.to_lowercase())) {
        Some(_) => Finding::Escaped("the operator's secret".to_owned()),
        None => Finding::Held(format!(
            "the secret was blotted out {} times and is nowhere else in {} bytes",
            all.matches("[secret]").count(),
            all.len()
        )),
    }
}

/// All that can be read of what comes back.
fn hear(http: &Http, request: Request) -> String {
    match http.send(request) {
        Ok(answer) => {
            let bytes = answer.body.read_all(16 << 20).unwrap_or_default();
            format!(
                "{} {:?} {} {}",
                answer.url,
                answer.headers,
                answer.body.name(),
                String::from_utf8_lossy(&bytes)
            )
        }
        Err(error) => error.message().to_owned(),
    }
}

/// Ways in which a secret may lie in what is read, case aside.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut forms = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        HEXLOWER.encode(bytes),
    ];
    // Amid other text it begins on one of three borders of 6 bits.
    for before in 0..3_usize {
        let shifted = [&[0; 3][..before], bytes].concat();
        let (from, to) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        forms.extend(
            [BASE64_NOPAD, BASE64URL_NOPAD].map(|base| base.encode(&shifted)[from..to].to_owned()),
        );
    }
    forms
}

#[cfg(test)]
mod tests {
    //! A host that answers everything is seen to be open.

    use rehearsal_sdk::testing::MemoryHttp;

    use super::*;

    const GRANTED: &str = "https://api.example.com/v1";

    fn escaped(findings: &[Finding]) -> usize {
        findings.iter().filter(|finding| matches!(finding, Finding::Escaped(_))).count()
    }

    #[test]
    fn what_is_answered_was_had() {
        let closed = || Http::of_memory(MemoryHttp::new());
        let smuggled = smuggle(&closed(), &[GRANTED]);
        let all = METHODS.len() + SMUGGLED.len() + BEHIND.len();
        assert_eq!((smuggled.len(), escaped(&smuggled)), (all, 0), "{smuggled:?}");
        assert_eq!(escaped(&ask(&closed(), &ELSEWHERE)), 0);
        let host = ELSEWHERE
            .iter()
            .fold(MemoryHttp::new(), |host, url| host.with(&format!("GET {url}"), 200, &[], ""));
        let open = ask(&Http::of_memory(host), &ELSEWHERE);
        assert_eq!(escaped(&open), ELSEWHERE.len(), "{open:?}");
        let host = MemoryHttp::new().with(&format!("GET {GRANTED}"), 200, &[], "");
        let open = smuggle(&Http::of_memory(host), &[GRANTED]);
        assert_eq!(escaped(&open), SMUGGLED.len(), "{open:?}");
    }

    #[test]
    fn a_redirect_that_is_answered_is_seen() {
        let to = "http://169.254.169.254/";
        let host = MemoryHttp::new()
            .with(&format!("GET {GRANTED}"), 302, &[("location", to)], "")
            .with(&format!("GET {to}"), 200, &[], "");
        assert_eq!(escaped(&follow(&Http::of_memory(host), &[GRANTED])), 1);
    }

    #[test]
    fn a_secret_is_seen_wherever_it_comes_back() {
        let secret = "sk-s3cret-0123";
        let inside = |before: &str| BASE64_NOPAD.encode(format!("{before}{secret}!").as_bytes());
        let answers = [
            secret.to_uppercase(),
            inside(""),
            inside("a"),
            inside("ab"),
            HEXLOWER.encode(secret.as_bytes()),
            "sk%2ds3cret%2d0123".to_owned(),
        ];
        let search = |headers: &[(&str, &str)], body: &str, own: &[&str]| {
            let host = MemoryHttp::new().with(&format!("GET {GRANTED}"), 200, headers, body);
            escaped(&[search(&Http::of_memory(host), &[GRANTED], own, secret)])
        };
        for answer in &answers {
            assert_eq!(search(&[], &format!("you sent {answer}."), &[]), 1, "{answer}");
            assert_eq!(search(&[("x-echo", answer)], "", &[]), 1, "{answer}");
            assert_eq!(search(&[], "", &[answer]), 1, "{answer}");
        }
        assert_eq!(search(&[("x-key", "[secret]")], "nothing", &["nothing"]), 0);
    }
}
