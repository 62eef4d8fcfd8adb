//! Secrets: read once, put into one header, blotted out of everything that comes back.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, MatchKind};
use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL_NOPAD, HEXLOWER};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// A header that only the host knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretGrant {
    /// Name of the header.
    pub header: String,
    /// Where its value comes from.
    pub origin: SecretOrigin,
    /// What stands before the value: `Bearer `.
    pub prefix: String,
    /// How the value is written into the header.
    pub encoding: Encoding,
}

/// How a secret is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    #[default]
    Plain,
    /// In base64, as `Basic` authentication wants `user:password`.
    Base64,
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOrigin {
    /// An environment variable.
    Env(String),
    /// The first line of a file.
    File(PathBuf),
    /// The first line that a command prints: program and arguments.
    Command(Vec<String>),
}

/// Shorter ones would be found, and blotted out, in ordinary text.
const SHORTEST: usize = 8;
/// What stands where a secret was.
const BLOT: &str = "[secret]";
/// What RFC 3986 lets stand in a URL as it is.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A secret that is read when it is first needed.
pub(crate) struct Secret {
    grant: SecretGrant,
    value: OnceLock<Result<Value, String>>,
}

/// A secret in the forms in which it may be met.
pub(crate) struct Value {
    /// What the header says.
    pub(crate) header: String,
    /// Finds all forms of it in any case of letters; the longest where several begin.
    forms: AhoCorasick,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("grant", &self.grant).finish_non_exhaustive()
    }
}

impl Secret {
    pub(crate) fn new(grant: SecretGrant) -> Self {
        Self { grant, value: OnceLock::new() }
    }

    pub(crate) fn header(&self) -> &str {
        &self.grant.header
    }

    /// Reads it, the first time.
    pub(crate) fn value(&self) -> Result<&Value, String> {
        let read = || {
            let text = self.grant.origin.read()?;
            if text.len() < SHORTEST {
                return Err(format!(
                    "{} has fewer than {SHORTEST} characters, too few to be kept apart from \
                     ordinary text",
                    self.grant.origin
                ));
            }
            if text.contains(|c: char| c.is_control()) {
                return Err(format!("{} has control characters", self.grant.origin));
            }
            Value::new(&self.grant, &text)
        };
        let value = self.value.get_or_init(read).as_ref();
        value.map_err(|problem| format!("the secret for `{}`: {problem}", self.grant.header))
    }
}

impl Value {
    fn new(grant: &SecretGrant, text: &str) -> Result<Self, String> {
        let written = match grant.encoding {
            Encoding::Plain => text.to_owned(),
            Encoding::Base64 => BASE64.encode(text.as_bytes()),
        };
        // A user's name is no secret, but where user and password stand together the
        // password is one by itself.
        let password = text.split_once(':').map(|(_, password)| password);
        let secrets = [Some(text), password, Some(&*written)].into_iter().flatten();
        let forms: BTreeSet<String> =
            secrets.filter(|secret| secret.len() >= SHORTEST).flat_map(forms).collect();
        let forms = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .ascii_case_insensitive(true)
            .build(forms)
            .map_err(|error| format!("{} cannot be looked for: {error}", grant.origin))?;
        Ok(Self { header: format!("{}{written}", grant.prefix), forms })
    }

    /// Blots it out.
    pub(crate) fn scrub(&self, bytes: Vec<u8>) -> Vec<u8> {
        if !self.forms.is_match(&bytes) {
            return bytes;
        }
        self.forms.replace_all_bytes(&bytes, &vec![BLOT; self.forms.patterns_len()])
    }

    /// As [`Value::scrub`], of text.
    pub(crate) fn scrub_text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.scrub(text.as_bytes().to_vec())).into_owned()
    }
}

/// Ways in which a server repeats what it was sent: as it is, escaped for URLs, forms,
/// JSON and HTML, in hexadecimal and in base64, alone or in the middle of something.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let json = serde_json::Value::from(secret).to_string();
    let json = &json[1..json.len() - 1];
    let html = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let url = utf8_percent_encode(secret, RESERVED).to_string();
    let mut forms = vec![
        secret.to_owned(),
        utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string(),
        url.replace("%20", "+"),
        url,
        json.replace('/', "\\/"),
        json.to_owned(),
        html.replace('"', "&quot;").replace('\'', "&#39;"),
        html,
        HEXLOWER.encode(bytes),
    ];
    for base64 in [BASE64_NOPAD, BASE64URL_NOPAD] {
        forms.push(base64.encode(bytes));
        // In the middle of something it lies on one of three borders of 6 bits; the
        // characters that hold nothing else are always the same.
        forms.extend((0..3).map(|before: usize| {
            let shifted = [&[0; 3][..before], bytes].concat();
            let (from, to) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
            base64.encode(&shifted)[from..to].to_owned()
        }));
    }
    forms
}

/// As messages name it. They reach the plugin, too: paths, programs and arguments stay with
/// the operator, who has them in `pipeline.toml`.
impl fmt::Display for SecretOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "the environment variable `{name}`"),
            Self::File(_) => f.write_str("the file that `secret.file` names"),
            Self::Command(_) => f.write_str("the command of `secret.command`"),
        }
    }
}

impl SecretOrigin {
    fn read(&self) -> Result<String, String> {
        let text = match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(text) => text,
                Err(std::env::VarError::NotPresent) => return Err(format!("{self} is not set")),
                Err(std::env::VarError::NotUnicode(_)) => return Err(format!("{self} is no text")),
            },
            Self::File(path) => {
                fs::read_to_string(path).map_err(|error| format!("{self}: {error}"))?
            }
            Self::Command(words) => self.run(words)?,
        };
        let line = text.lines().next().unwrap_or_default().trim();
        if line.is_empty() {
            return Err(format!("{self} is empty"));
        }
        Ok(line.to_owned())
    }

    fn run(&self, words: &[String]) -> Result<String, String> {
        let Some((program, arguments)) = words.split_first() else {
            return Err("no command is given".to_owned());
        };
        // What it says on its error output is shown: it may ask for a password.
        let done = Command::new(program)
            .args(arguments)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| format!("{self}: {error}"))?;
        if !done.status.success() {
            return Err(format!("{self} ended with {}", done.status));
        }
        String::from_utf8(done.stdout).map_err(|_| format!("{self} printed no text"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str, encoding: Encoding) -> Value {
        let grant = SecretGrant {
            header: "Authorization".to_owned(),
            origin: SecretOrigin::Env("X".to_owned()),
            prefix: "Basic ".to_owned(),
            encoding,
        };
        Value::new(&grant, text).expect("a value")
    }

    #[test]
    fn a_secret_is_blotted_out_in_every_usual_form() {
        let secret = "user:s3cr\"t+word/";
        let value = value(secret, Encoding::Base64);
        assert_eq!(value.header, format!("Basic {}", BASE64.encode(secret.as_bytes())));
        for echoed in [
            secret.to_owned(),
            value.header.clone(),
            "s3cr\"t+word/".to_owned(),
            serde_json::json!({ "you sent": secret }).to_string(),
            format!("q={}", utf8_percent_encode(secret, NON_ALPHANUMERIC)),
            HEXLOWER.encode(secret.as_bytes()),
            HEXLOWER.encode(secret.as_bytes()).to_uppercase(),
            secret.to_uppercase(),
            "user%3as3cr%22t%2bword%2f".to_owned(),
            serde_json::json!(secret).to_string().replace('/', "\\/"),
            secret.replace('"', "&quot;"),
            utf8_percent_encode(&value.header, NON_ALPHANUMERIC).to_string(),
        ] {
            let clean = value.scrub_text(&format!("<{echoed}> and again <{echoed}>"));
            assert!(clean.contains("[secret]"), "{echoed}: {clean}");
            assert!(!clean.contains("t+word") && !clean.contains(&echoed), "{clean}");
        }
        assert_eq!(value.scrub_text("nothing here"), "nothing here");
    }

    proptest! {
        /// Base64 of whatever a server was sent tells nothing of the secret in it.
        #[test]
        fn what_stands_around_it_does_not_hide_it(before: Vec<u8>, after: Vec<u8>) {
            let secret = "sk-standin-0123456789";
            let value = value(secret, Encoding::Plain);
            let sent = [&before, secret.as_bytes(), &after].concat();
            for base64 in [BASE64, BASE64URL_NOPAD] {
                let clean = value.scrub_text(&base64.encode(&sent));
                let (head, tail) = clean.split_once(BLOT).expect("it is blotted out");
                // At most the characters that it shares with its neighbours are left.
                prop_assert!(head.len() * 6 < before.len() * 8 + 6, "{}", clean);
                prop_assert!(tail.trim_end_matches('=').len() * 6 < after.len() * 8 + 12, "{}", clean);
            }
        }
    }

    #[test]
    fn it_comes_from_a_file_a_command_or_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        fs::write(&file, "  12345678 \nsecond line\n").expect("a file");
        assert_eq!(SecretOrigin::File(file).read().as_deref(), Ok("12345678"));
        let command = ["printf", "abc\\ndef"].map(str::to_owned).to_vec();
        assert_eq!(SecretOrigin::Command(command).read().as_deref(), Ok("abc"));
        let error = SecretOrigin::Env("REHEARSAL_NO_SUCH_VARIABLE".to_owned()).read();
        assert!(error.is_err_and(|error| error.contains("is not set")));
        let error = SecretOrigin::Command(vec!["false".to_owned()]).read();
        assert!(error.is_err_and(|error| error.contains("ended with")));
    }

    #[test]
    fn what_a_plugin_reads_tells_no_path_and_no_command() {
        let problem = |origin| {
            let grant = SecretGrant {
                header: "X-Api-Key".to_owned(),
                origin,
                prefix: String::new(),
                encoding: Encoding::Plain,
            };
            Secret::new(grant).value().err().expect("it cannot be read")
        };
        let file = problem(SecretOrigin::File("/home/ada/vault/key".into()));
        assert!(file.contains("`X-Api-Key`: the file that `secret.file` names: "), "{file}");
        let words = ["/home/ada/unlock", "--vault", "ada"].map(str::to_owned);
        let command = problem(SecretOrigin::Command(words.to_vec()));
        assert!(command.contains("the command of `secret.command`: "), "{command}");
        assert!(![file, command].concat().contains("ada"));
    }

    #[test]
    fn neither_a_message_nor_a_dump_shows_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("key");
        fs::write(&file, "short").expect("a file");
        let secret = Secret::new(SecretGrant {
            header: "X-Api-Key".to_owned(),
            origin: SecretOrigin::File(file),
            prefix: String::new(),
            encoding: Encoding::Plain,
        });
        let error = secret.value().err().expect("it is too short");
        assert!(error.contains("fewer than 8") && !error.contains("short\n"), "{error}");
        assert!(!format!("{secret:?}").contains("\"short\""), "{secret:?}");
    }
}
