//! Attempts to get at what was not granted, by all means of the standard library.

use std::fmt;
use std::fs;
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Instant, SystemTime};

use crate::Attack;

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// Something was had.
    Escaped(String),
    /// It was tried in vain.
    Held(String),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Escaped(what) => write!(f, "escaped: {what}"),
            Self::Held(what) => write!(f, "held: {what}"),
        }
    }
}

/// Makes the attempts of an attack; none for attacks of other kinds. `target` is a
/// file or an address that is known to exist.
#[must_use]
pub fn run(attack: Attack, target: Option<&str>) -> Vec<Finding> {
    match attack {
        Attack::Environment => vec![environment()],
        Attack::Arguments => vec![arguments()],
        Attack::Files => files(&ANYWHERE, target),
        Attack::Secrets => files(&KEYS, target),
        Attack::Sockets => sockets(target),
        Attack::Clock => vec![clock()],
        Attack::Entropy => vec![entropy()],
        Attack::EarlierCalls => vec![earlier_calls()],
        _ => Vec::new(),
    }
}

const ANYWHERE: [&str; 12] = [
    "/",
    ".",
    "..",
    "/etc/passwd",
    "/proc/self/environ",
    "/proc/self/mem",
    "/dev/urandom",
    "/tmp",
    "pipeline.toml",
    "../pipeline.toml",
    ".rehearsal/repository",
    "C:\\Windows\\win.ini",
];

const KEYS: [&str; 9] = [
    ".env",
    "/run/secrets",
    "/root/.ssh/id_rsa",
    "/root/.ssh/id_ed25519",
    "/root/.aws/credentials",
    "/root/.netrc",
    "/root/.config/gcloud/application_default_credentials.json",
    "/etc/shadow",
    "/var/run/secrets/kubernetes.io/serviceaccount/token",
];

fn environment() -> Finding {
    let names: Vec<_> = std::env::vars_os().map(|(name, _)| name).collect();
    if names.is_empty() {
        return Finding::Held("no environment variable is there".to_owned());
    }
    Finding::Escaped(format!("{} environment variables, the first is {:?}", names.len(), names[0]))
}

fn arguments() -> Finding {
    // Not `env::args`, which stops at the first that is not UTF-8.
    match std::env::args_os().count() {
        0 => Finding::Held("there are no arguments".to_owned()),
        count => Finding::Escaped(format!("{count} arguments of the program")),
    }
}

/// Reads, lists, writes, makes and links each of the places.
fn files(places: &[&str], target: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut tries = 0;
    let mut saw = |what: &str, place: &str, worked: bool| {
        tries += 1;
        if worked {
            findings.push(Finding::Escaped(format!("{what} {place}")));
        }
    };
    for place in places.iter().copied().chain(target) {
        saw("read", place, fs::read(place).is_ok());
        saw("listed", place, fs::read_dir(place).is_ok());
        saw("asked about", place, fs::symlink_metadata(place).is_ok());
        let inside = format!("{place}/evil");
        saw("wrote", &inside, fs::write(&inside, "evil").is_ok());
        saw("made", &inside, fs::create_dir(&inside).is_ok());
        saw("renamed", place, fs::rename(place, &inside).is_ok());
    }
    saw("learned", "the present folder", std::env::current_dir().is_ok_and(|at| at.is_dir()));
    if findings.is_empty() {
        findings.push(Finding::Held(format!("{tries} attempts at files")));
    }
    findings
}

fn sockets(target: Option<&str>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut tries = 0;
    let mut saw = |what: String, worked: bool| {
        tries += 1;
        if worked {
            findings.push(Finding::Escaped(what));
        }
    };
    let known = ["127.0.0.1:22", "169.254.169.254:80", "1.1.1.1:53", "[::1]:22"];
    for address in known.into_iter().chain(target) {
        saw(format!("connected to {address}"), TcpStream::connect(address).is_ok());
        let datagram =
            UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.send_to(b"evil", address));
        saw(format!("sent a datagram to {address}"), datagram.is_ok());
    }
    saw("listened on 127.0.0.1".to_owned(), TcpListener::bind("127.0.0.1:0").is_ok());
    for name in ["localhost:80", "leak.example.com:443"] {
        let found = name.to_socket_addrs().is_ok_and(|mut all| all.next().is_some());
        saw(format!("looked up {name}"), found);
    }
    if findings.is_empty() {
        findings.push(Finding::Held(format!("{tries} attempts at the network")));
    }
    findings
}

/// Whether time passes while it works.
fn clock() -> Finding {
    let (wall, steady) = (SystemTime::now(), Instant::now());
    let mut sum = 0_u64;
    for number in 0..20_000_000_u64 {
        sum = std::hint::black_box(sum.wrapping_mul(31).wrapping_add(number));
    }
    if SystemTime::now() == wall && Instant::now() == steady {
        let since = wall.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
        return Finding::Held(format!("the clock stands at {since} s"));
    }
    Finding::Escaped("time passes".to_owned())
}

/// Draws a number. Whoever calls twice can tell whether it was chance.
fn entropy() -> Finding {
    #[cfg(target_family = "wasm")]
    let drawn = wasip2::random::random::get_random_u64();
    #[cfg(not(target_family = "wasm"))]
    let drawn = {
        use std::hash::{BuildHasher, RandomState};
        RandomState::new().hash_one(0)
    };
    Finding::Held(format!("drew {drawn:016x}"))
}

fn earlier_calls() -> Finding {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    match CALLS.fetch_add(1, Ordering::Relaxed) {
        0 => Finding::Held("memory is as new".to_owned()),
        calls => Finding::Escaped(format!("{calls} calls before this one left a trace")),
    }
}

#[cfg(test)]
mod tests {
    //! Outside the sandbox the attempts work: so they would be seen if they did inside.

    use super::*;

    fn escapes(attack: Attack, target: Option<&str>) -> usize {
        let findings = run(attack, target);
        findings.iter().filter(|finding| matches!(finding, Finding::Escaped(_))).count()
    }

    #[test]
    fn natively_everything_is_had() {
        assert!(escapes(Attack::Environment, None) > 0);
        assert!(escapes(Attack::Arguments, None) > 0);
        assert!(escapes(Attack::Clock, None) > 0);
        let own = std::env::current_exe().expect("a test knows where it is");
        let found = files(&[], own.to_str());
        assert!(
            found.iter().any(|found| matches!(found, Finding::Escaped(what)
            if what.starts_with("read "))),
            "{found:?}"
        );
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        assert!(escapes(Attack::Sockets, Some(&address)) > 0);
        let _ = run(Attack::EarlierCalls, None);
        assert_eq!(escapes(Attack::EarlierCalls, None), 1);
        assert_ne!(run(Attack::Entropy, None), run(Attack::Entropy, None));
    }
}
