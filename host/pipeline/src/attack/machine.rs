//! What is watched of the machine: the process's memory, a file and a port that nobody
//! may touch.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use rehearsal_gate::Door;
use serde::Serialize;
use tempfile::TempDir;

use super::Attempt;
use super::bait::Bait;
use crate::PipelineError;

/// Bytes that allocators and the pool may keep after hundreds of attacks.
const KEPT: u64 = 96 << 20;
/// Twice as long as the program's allocator holds on to what is free.
const GIVING_BACK: Duration = Duration::from_secs(1);
const SECRET: &str = "nobody may read this";

/// The process's resident memory in bytes; none where the system does not tell.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Memory {
    /// Before the first attack.
    pub before: Option<u64>,
    /// The most after any attack.
    pub most: Option<u64>,
    /// After the last.
    pub after: Option<u64>,
    /// The first attack that left more behind than may be: stage, attack, export.
    pub kept_by: Option<String>,
}

impl Memory {
    pub(super) fn begin(&mut self) {
        self.before = self.before.or_else(resident);
    }

    /// Looks after an attack. What the allocator is about to give back gets its time.
    pub(super) async fn look(&mut self, attempt: &Attempt) {
        let Some(room) = self.before.map(|before| before + KEPT) else { return };
        let mut now = resident();
        if now > Some(room) && self.kept_by.is_none() {
            tokio::time::sleep(GIVING_BACK).await;
            now = resident();
        }
        self.after = now;
        self.most = self.most.max(now);
        if now > Some(room) && self.kept_by.is_none() {
            let Attempt { stage, attack, export, .. } = attempt;
            self.kept_by = Some(format!("`{attack}` in `{export}` of `{stage}`"));
        }
    }

    /// Whether what the attacks took was given back, after each of them.
    #[must_use]
    pub const fn is_back(&self) -> bool {
        self.kept_by.is_none()
    }
}

#[cfg(target_os = "linux")]
fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

#[cfg(not(target_os = "linux"))]
fn resident() -> Option<u64> {
    None
}

/// A file with a secret, a port that somebody listens on, an empty folder, and a server
/// behind the gate.
pub(super) struct Canaries {
    folder: TempDir,
    secret: String,
    listener: TcpListener,
    address: String,
    bait: Bait,
}

impl Canaries {
    pub(super) fn plant() -> Result<Self, PipelineError> {
        let plant = || -> io::Result<Self> {
            let folder = TempDir::with_prefix("rehearsal-attack-")?;
            fs::create_dir(folder.path().join("empty"))?;
            let secret = folder.path().join("secret");
            fs::write(&secret, SECRET)?;
            let listener = TcpListener::bind("127.0.0.1:0")?;
            listener.set_nonblocking(true)?;
            let address = listener.local_addr()?.to_string();
            let secret = secret.to_string_lossy().into_owned();
            let bait = Bait::lay(&address)?;
            Ok(Self { folder, secret, listener, address, bait })
        };
        plant().map_err(|error| {
            PipelineError::Worker(format!("nothing to attack could be set up: {error}"))
        })
    }

    /// A folder with nothing in it.
    pub(super) fn folder(&self) -> std::path::PathBuf {
        self.folder.path().join("empty")
    }

    /// What an attack is pointed at.
    pub(super) fn target(&self, attack: &str) -> String {
        match attack {
            "sockets" => self.address.clone(),
            _ => self.bait.targets(attack).unwrap_or_else(|| self.secret.clone()),
        }
    }

    /// The secret that attackers look for, as the kit is told of it.
    pub(super) fn backwards() -> String {
        SECRET.chars().rev().collect()
    }

    /// The attackers' way to the network.
    pub(super) fn door(&self, stage: &str) -> Result<Door, PipelineError> {
        let door = self.bait.door(stage, Path::new(&self.secret));
        door.map_err(|error| PipelineError::Worker(error.to_string()))
    }

    /// That nobody called and nothing was changed.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Ok((_, from)) = self.listener.accept() {
            return Err(format!("it connected to the host from {from}"));
        }
        let entries = fs::read_dir(self.folder.path()).map_or(0, Iterator::count);
        if entries != 2 || !fs::read_to_string(&self.secret).is_ok_and(|text| text == SECRET) {
            return Err("it wrote outside the sandbox".to_owned());
        }
        self.bait.check()
    }
}
