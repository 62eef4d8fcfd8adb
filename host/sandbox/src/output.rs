//! What plugins write: standard output and error, and the log. Kept up to a cap,
//! without what could play tricks on a terminal.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// How much a log line matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For the plugin's author.
    Debug,
    /// For the curious.
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        })
    }
}

/// What a plugin wrote during one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output and error in the order of writing. Says at its end how much
    /// was cut off.
    pub stdio: String,
    /// Messages by `log.write`.
    pub log: Vec<(Level, String)>,
}

impl Output {
    /// Whether nothing was written.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.stdio.is_empty() && self.log.is_empty()
    }
}

impl fmt::Display for Output {
    /// The last lines of each, all of them with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = if f.alternate() { usize::MAX } else { LAST_LINES };
        let written: Vec<&str> = self.stdio.trim_end().lines().collect();
        if !self.stdio.trim().is_empty() {
            write!(f, "\n  it wrote:")?;
            for line in &written[written.len().saturating_sub(kept)..] {
                write!(f, "\n    {line}")?;
            }
        }
        if !self.log.is_empty() {
            write!(f, "\n  its log:")?;
            for (level, line) in &self.log[self.log.len().saturating_sub(kept)..] {
                write!(f, "\n    {level}: {}", line.replace('\n', "\n    "))?;
            }
        }
        Ok(())
    }
}

/// Lines worth showing in a message; the rest stays in the error.
const LAST_LINES: usize = 8;

/// Collects the messages of one call.
#[derive(Debug, Default)]
pub(crate) struct Log {
    lines: Vec<(Level, String)>,
    kept: usize,
    cut: usize,
}

/// Counted for each line beside its bytes, so that empty lines cannot pile up.
const LINE_COST: usize = 16;

impl Log {
    pub(crate) fn write(&mut self, cap: usize, level: Level, message: &str) {
        let room = cap.saturating_sub(self.kept + LINE_COST);
        if room == 0 {
            self.cut += 1;
            return;
        }
        let message = clean(&message[..message.floor_char_boundary(room)]);
        self.kept += message.len() + LINE_COST;
        self.lines.push((level, message));
    }

    pub(crate) fn finish(mut self) -> Vec<(Level, String)> {
        if self.cut > 0 {
            self.lines.push((Level::Warn, format!("{} further messages were cut off", self.cut)));
        }
        self.lines
    }
}

/// Collects standard output and error of one call; both write into the same text.
#[derive(Debug, Clone)]
pub(crate) struct Stdio {
    cap: usize,
    written: Arc<Mutex<Written>>,
}

#[derive(Debug, Default)]
struct Written {
    kept: Vec<u8>,
    cut: usize,
}

impl Stdio {
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap, written: Arc::default() }
    }

    /// Takes everything and keeps what fits: a plugin that writes too much is not
    /// told, since its results must not depend on it.
    fn push(&self, bytes: &[u8]) {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.cap.saturating_sub(written.kept.len()).min(bytes.len());
        written.kept.extend_from_slice(&bytes[..room]);
        written.cut += bytes.len() - room;
    }

    /// A line of the host's own about what the plugin did.
    pub(crate) fn note(&self, text: &str) {
        self.push(format!("[host] {text}\n").as_bytes());
    }

    pub(crate) fn finish(&self) -> String {
        let written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = clean(&String::from_utf8_lossy(&written.kept));
        if written.cut > 0 {
            text.push_str(&format!("\n[{} further bytes were cut off]", written.cut));
        }
        text
    }
}

/// Without control characters (so without escape sequences that recolour, rename or
/// overwrite a terminal), except the ends of lines and tabs.
///
/// What plugins say is cleaned on the way in; texts of calls are data and stay as they
/// are, so whoever shows them on a terminal cleans them then.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().filter(|&c| matches!(c, '\n' | '\t') || !(c.is_control() || reorders(c))).collect()
}

/// Characters that change the order in which a terminal shows others, so that a line
/// reads differently from what it says.
const fn reorders(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

impl IsTerminal for Stdio {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Stdio {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    // Synchronous, unlike the default, so that nothing is still on its way when the
    // plugin traps.
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Stdio {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.push(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl OutputStream for Stdio {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.push(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(64 * 1024)
    }
}

#[async_trait]
impl Pollable for Stdio {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_capped_and_cannot_play_tricks() {
        let stdio = Stdio::new(12);
        stdio.push(b"\x1b[31mred\x07\r\n");
        stdio.push("ÄÖÜ".as_bytes());
        assert_eq!(stdio.finish(), "[31mred\n\u{fffd}\n[5 further bytes were cut off]");

        let mut log = Log::default();
        log.write(40, Level::Info, "a\u{202e}b\0");
        log.write(40, Level::Warn, &"é".repeat(40));
        log.write(40, Level::Error, "lost");
        let lines = log.finish();
        assert_eq!(lines[0], (Level::Info, "ab".into()));
        assert_eq!(lines[1].1, "ééé");
        assert_eq!(lines[2].1, "1 further messages were cut off");
    }
}
