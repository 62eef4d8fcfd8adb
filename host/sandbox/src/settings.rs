//! What the sandbox may take of the machine, and what a plugin may take of the
//! sandbox.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::{CallError, Output};

/// Bytes in a MiB.
const MIB: usize = 1024 * 1024;

/// How a [`Sandbox`](crate::Sandbox) is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Folder for compiled code. It is made private (mode 0700) and holds a key that
    /// nobody else may know, so share it between runs, not between users. With none,
    /// every component is compiled each time.
    pub cache: Option<PathBuf>,
    /// Room kept ready for instances. With none, each instance gets fresh memory from
    /// the operating system.
    pub pool: Option<Pool>,
    /// Told of every call that wrote something or failed.
    pub listener: Option<Listener>,
}

/// Limits that are left out, to measure what they cost: for benchmarks, and for plugins
/// of one's own. No part of [`Settings`], so that nothing which fills those from a file
/// or a command line can come by it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Without {
    /// Plugins are compiled without checks of the time: an endless loop never ends.
    pub epochs: bool,
    /// Nobody counts memory and tables.
    pub limiter: bool,
    /// An instance goes on to further batches, with all that it remembers.
    pub fresh: bool,
}

impl Without {
    /// No limit that costs time.
    pub const ALL: Self = Self { epochs: true, limiter: true, fresh: true };
}

impl Default for Settings {
    fn default() -> Self {
        Self { cache: None, pool: Some(Pool::default()), listener: None }
    }
}

/// Somebody who wants to know what plugins write, also those whose calls go well.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(Heard<'_>) + Send + Sync>);

/// What a call left behind.
#[derive(Debug, Clone, Copy)]
pub enum Heard<'a> {
    /// It went well.
    Said {
        /// The plugin's id in pipeline.toml.
        plugin: &'a str,
        /// The export that was called.
        export: &'static str,
        /// What it wrote.
        output: &'a Output,
    },
    /// It failed.
    Failed(&'a CallError),
}

impl Listener {
    /// Calls `tell` from whichever thread the call ran on.
    pub fn new(tell: impl Fn(Heard<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(crate) fn tell(&self, heard: Heard<'_>) {
        self.0(heard);
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// Address space reserved once, out of which instances are made in microseconds.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    /// Instances that can live at the same time. Further ones are made without the
    /// pool, which costs time and nothing else.
    pub instances: u32,
    /// The most that one memory of a pooled instance can grow to, in bytes. A plugin
    /// whose [`Limits::memory`] is above this runs without the pool.
    pub memory: usize,
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            // A call runs on one core and seldom waits, so more than a few instances a
            // core are never busy; 32 serve a machine of 16 cores without reserving
            // more than a thousandth of the address space (see `engine`).
            instances: 32,
            memory: Limits::default().memory,
        }
    }
}

/// What one call of a plugin may take. Beyond any of these the call fails, never
/// the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Wall-clock time of one call, with its host calls.
    pub deadline: Duration,
    /// Bytes over all memories and tables of an instance.
    pub memory: usize,
    /// Host resources (blobs, recordings, streams) held at the same time.
    pub handles: usize,
    /// Bytes of what a call hands over to the host at once: its result, or the
    /// arguments of one host call.
    pub transfer: usize,
    /// Bytes of one string.
    pub string: usize,
    /// Elements of one list.
    pub list: usize,
    /// Annotations of one conversation by one extractor.
    pub annotations: usize,
    /// Examples of one conversation by one path builder.
    pub examples: usize,
    /// Bytes of a validator's partial.
    pub partial: usize,
    /// Bytes kept of standard output and error together, and as many of the log.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A batch takes milliseconds; a plugin that asks a server may wait.
            deadline: Duration::from_secs(60),
            // Interpreters in a component (Python, JavaScript) start at 50 MiB or so.
            memory: 512 * MIB,
            // A loader reads a file or two at a time. Each blob holds a file descriptor
            // of a process that often may have 1,024.
            handles: 128,
            // These three are promised in wit/types.wit.
            transfer: 64 * MIB,
            string: 8 * MIB,
            list: 1_000_000,
            // A long call has 2,000 turns; this is fifty findings for each.
            annotations: 100_000,
            examples: 10_000,
            // As wit/validator.wit has it.
            partial: MIB,
            output: 64 * 1024,
        }
    }
}
