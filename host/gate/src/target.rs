//! Addresses of requests, in the one form that grants are compared with.

use std::fmt;

use ureq::http::Uri;

/// Longest URL that is sent, in bytes. Servers refuse longer ones.
const LONGEST: usize = 8 * 1024;

/// Scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) tls: bool,
    /// In lower case; an IPv6 address in brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual) = if self.tls { ("https", 443) } else { ("http", 80) };
        write!(f, "{scheme}://{}", self.host)?;
        if self.port == usual { Ok(()) } else { write!(f, ":{}", self.port) }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) origin: Origin,
    /// From its first slash, percent-encoded as given, without the query.
    pub(crate) path: String,
    pub(crate) uri: Uri,
}

impl Target {
    /// Takes a URL apart, if everybody would take it apart the same way.
    pub(crate) fn parse(url: &str) -> Result<Self, String> {
        if url.len() > LONGEST {
            return Err(format!("the URL has {} bytes; at most {LONGEST}", url.len()));
        }
        if url.contains(['#', '\\']) || url.contains(|c: char| c.is_control() || c == ' ') {
            return Err(format!("`{}` has characters that no URL has", url.escape_debug()));
        }
        let uri: Uri = url.parse().map_err(|error| format!("`{url}` is no URL: {error}"))?;
        let tls = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("`{url}` wants `https://` or `http://` first")),
        };
        let authority = uri.authority().ok_or_else(|| format!("`{url}` names no host"))?;
        if authority.as_str().contains('@') {
            return Err("a URL cannot carry a user name or password".to_owned());
        }
        let host = authority.host().to_ascii_lowercase();
        if host.is_empty() || host.ends_with('.') {
            return Err(format!("`{url}` names no host, or one with a dot at its end"));
        }
        let port = match authority.port() {
            // `http` takes `host:` and ports out of range for no port at all.
            None if authority.as_str().len() == authority.host().len() => {
                if tls {
                    443
                } else {
                    80
                }
            }
            Some(port) => port.as_u16(),
            None => return Err(format!("`{url}` has no usable port")),
        };
        let path = uri.path().to_owned();
        if !is_plain(&path) {
            return Err(format!(
                "the path of `{url}` can be read in two ways (`.`, `..`, `%2f` or `%5c`); write \
                 it out"
            ));
        }
        Ok(Self { origin: Origin { tls, host, port }, path, uri })
    }

    /// The URL without its query, which may hold what is nobody's business.
    pub(crate) fn name(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }
}

/// Whether every server takes a path for what it says.
fn is_plain(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let coded = ["%2f", "%5c", "%00"].iter().any(|code| lower.contains(code));
    let dots = lower.split('/').any(|part| matches!(part.replace("%2e", ".").as_str(), "." | ".."));
    !coded && !dots
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_url_is_taken_apart() {
        let target = Target::parse("https://API.example.com/v1/calls?limit=1").expect("a URL");
        assert_eq!(target.name(), "https://api.example.com/v1/calls");
        assert_eq!(target.origin.port, 443);
        let target = Target::parse("http://[::1]:8080").expect("a URL");
        assert_eq!(target.name(), "http://[::1]:8080/");
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        for url in [
            "https://a.test/v1/../admin",
            "https://a.test/v1/%2e%2E/admin",
            "https://a.test/v1/.",
            "https://a.test/v1%2f..%2fadmin",
            "https://a.test/v1\\admin",
            "https://a.test/#x",
            "https://good.test@evil.test/",
            "https://a.test./",
            "https://a.test:99999/",
            "https://a.test:/",
            "ftp://a.test/",
            "//a.test/",
            "/v1",
            "",
            "https:///v1",
            "https://a.test/a b",
            "https://a.test/\r\nHost: evil.test",
            "file:///etc/passwd",
        ] {
            assert!(Target::parse(url).is_err(), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_passes_means_what_it_says(url in "(https?://)?[a-z@:.\\[\\]%0-9/\\\\#?-]{0,40}") {
            if let Ok(target) = Target::parse(&url) {
                prop_assert!(target.path.starts_with('/'));
                prop_assert!(target.path.split('/').all(|part| part != ".."));
                prop_assert_eq!(target.uri.host().map(str::to_ascii_lowercase), Some(target.origin.host));
            }
        }
    }
}
