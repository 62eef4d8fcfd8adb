//! What lies behind the attackers' way to the network: the real gate, and on its other
//! side a server of this process that repeats and redirects, names that lead inside, and a
//! secret that opens nothing. The operator's servers and secrets are nothing to try
//! attacks on.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use rehearsal_gate::{
    Budget, Door, Encoding, Gate, GateError, Grant, Grantee, Lookup, Price, SecretGrant,
    SecretOrigin, Settings,
};

/// Names that are granted and lead where nothing may answer: to this machine beside a
/// public address (a name that is rebound), to a private network, to a metadata service.
const INSIDE: [(&str, &[[u8; 4]]); 3] = [
    ("rebound.invalid", &[[93, 184, 216, 34], [127, 0, 0, 1]]),
    ("inside.invalid", &[[10, 0, 0, 1]]),
    ("metadata.invalid", &[[169, 254, 169, 254]]),
];
/// The largest answer.
const ANSWER: u64 = 1 << 20;
/// A caller says what it wants within this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// The server and what it knows of its callers.
pub(super) struct Bait {
    address: SocketAddr,
    forbidden: String,
    seen: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
}

impl Bait {
    /// A server that redirects to `forbidden`, where nobody may go.
    pub(super) fn lay(forbidden: &str) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let bait = Self {
            address: listener.local_addr()?,
            forbidden: format!("http://{forbidden}/"),
            seen: Arc::default(),
            over: Arc::default(),
        };
        let (seen, over) = (Arc::clone(&bait.seen), Arc::clone(&bait.over));
        let to = bait.forbidden.clone();
        thread::spawn(move || {
            for caller in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                // A caller that hangs up is its own affair.
                if let Ok(head) = caller.and_then(|caller| serve(&caller, &to)) {
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(head);
                }
            }
        });
        Ok(bait)
    }

    /// URLs that an attack over `http` is pointed at.
    pub(super) fn targets(&self, attack: &str) -> Option<String> {
        let granted = format!("http://{}/granted", self.address);
        match attack {
            "http-smuggle" | "http-secret" => Some(granted),
            "http-redirect" => Some(format!("{granted}?redirect")),
            "http-inside" => Some(INSIDE.map(|(name, _)| format!("http://{name}/")).join(" ")),
            _ => None,
        }
    }

    /// The attackers' way to it, with the secret in a file.
    pub(super) fn door(&self, stage: &str, secret: &Path) -> Result<Door, GateError> {
        let grant = |url: String| Grant {
            url,
            methods: vec!["GET".to_owned()],
            secret: None,
            allow_private: false,
            rates: Vec::new(),
            ca: None,
            max_body: ANSWER,
            keep: None,
            budget: Budget::default(),
            price: Price::default(),
            place: "pipeline.toml".to_owned(),
        };
        let key = SecretGrant {
            header: "X-Api-Key".to_owned(),
            origin: SecretOrigin::File(secret.to_owned()),
            prefix: String::new(),
            encoding: Encoding::Plain,
        };
        let served = grant(format!("http://{}/granted", self.address));
        let mut grants = vec![Grant { secret: Some(key), allow_private: true, ..served }];
        grants.extend(INSIDE.map(|(name, _)| grant(format!("http://{name}/"))));
        let grantee = Grantee { stage: stage.to_owned(), place: "pipeline.toml".to_owned() };
        let lookup: Option<Arc<dyn Lookup>> = Some(Arc::new(Names));
        Gate::new(Settings { lookup, ..Settings::default() })?.door(grantee, grants)
    }

    /// That it was asked for nothing but what was granted.
    pub(super) fn check(&self) -> Result<(), String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let host = format!("host: {}", self.address);
        let granted = |head: &&String| {
            let head = head.to_lowercase();
            head.starts_with("get /granted") && head.contains(&host) && !head.contains("leak")
        };
        match seen.iter().find(|head| !granted(head)) {
            Some(head) => Err(format!("it made the host ask `{}`", head.escape_debug())),
            None => Ok(()),
        }
    }
}

impl Drop for Bait {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Wakes the server, which sees that it is over. If that fails it is gone already.
        let _ = TcpStream::connect(self.address);
    }
}

/// Answers one request with all that it says, secret included; gives what it said.
fn serve(caller: &TcpStream, to: &str) -> io::Result<String> {
    caller.set_read_timeout(Some(PATIENCE))?;
    let mut head = String::new();
    for line in BufReader::new(caller).lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        head.push_str(&line);
        head.push('\n');
    }
    let hex: String = head.bytes().map(|byte| format!("{byte:02x}")).collect();
    let body = format!("{head}{}\n{hex}\n", serde_json::Value::from(head.as_str()));
    let status = if head.contains("?redirect") { "302 Found" } else { "200 OK" };
    write!(
        &mut &*caller,
        "HTTP/1.1 {status}\r\nlocation: {to}\r\nx-echo: {}\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        head.trim_end().replace('\n', ", "),
        body.len(),
    )?;
    Ok(head)
}

/// Knows the names of [`INSIDE`] and asks nobody.
#[derive(Debug)]
struct Names;

impl Lookup for Names {
    fn addresses(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if let Ok(address) = host.parse() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let known = INSIDE.iter().find(|(name, _)| *name == host);
        let (_, addresses) = known.ok_or(io::ErrorKind::NotFound)?;
        Ok(addresses.iter().map(|&octets| SocketAddr::from((octets, port))).collect())
    }
}
