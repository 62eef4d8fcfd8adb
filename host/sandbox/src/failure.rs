//! How a call of a plugin fails, told to the caller by type and to a person in
//! sentences.

use std::fmt;
use std::time::Duration;

use crate::{Capability, Output};

/// A plugin wanted more than it was allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: it holds {current} and asked for {requested}, but the limit is {limit}")]
pub struct LimitExceeded {
    /// What there is too much of, with its unit: `bytes of memory`.
    pub name: &'static str,
    /// The most it may have.
    pub limit: u64,
    /// What it had already.
    pub current: u64,
    /// What it wanted beside that.
    pub requested: u64,
}

impl LimitExceeded {
    /// An error if `requested` does not fit beside `current`.
    pub(crate) fn check(
        name: &'static str,
        limit: usize,
        current: usize,
        requested: usize,
    ) -> Result<(), Self> {
        if current.saturating_add(requested) <= limit {
            return Ok(());
        }
        let [limit, current, requested] = [limit, current, requested].map(|n| n as u64);
        Err(Self { name, limit, current, requested })
    }
}

/// `variant error` of `wit/types.wit`: what a plugin itself says went wrong. What the
/// host does next follows from the case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PluginError {
    /// The item is broken; others go on.
    #[error("invalid input: {0}")]
    InvalidInput(String),
    /// May work later.
    #[error("it may work later: {0}")]
    Transient(String),
    /// Will not work; the source stops.
    #[error("it will not work: {0}")]
    Permanent(String),
    /// Something was not granted.
    #[error("denied: {0}")]
    Denied(String),
}

/// Why one item of a batch has no result, while the others have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// The plugin says so.
    #[error(transparent)]
    Plugin(#[from] PluginError),
    /// The plugin's result breaks the contract: a span outside its turn, a turn that
    /// does not exist.
    #[error("the result breaks the contract: {0}")]
    Contract(String),
    /// The plugin's result is too large.
    #[error("the result is too large: {0}")]
    Limit(#[from] LimitExceeded),
}

/// What ended a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The plugin crashed.
    Trap {
        /// What it ran into: `wasm unreachable instruction executed`.
        message: String,
        /// Names of its functions, innermost first.
        backtrace: Vec<String>,
    },
    /// The call took too long.
    Deadline {
        /// The longest it may take.
        limit: Duration,
        /// Where it was, innermost first; empty if it waited for the host.
        backtrace: Vec<String>,
    },
    /// The plugin wanted more than it was allowed.
    Limit(LimitExceeded),
    /// What came back is not what the contract says.
    Contract(String),
    /// The plugin reached for what was not granted to it. Only of plugins that were
    /// rehearsed: for others it is not even there.
    NotGranted(Capability),
    /// The plugin says so itself.
    Plugin(PluginError),
    /// This machine could not run the plugin; not the plugin's fault.
    Host(String),
}

/// A call that failed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallError {
    /// The plugin's id in pipeline.toml.
    pub plugin: String,
    /// The export that was called: `extract`.
    pub export: &'static str,
    /// What ended it. Boxed, since results that seldom fail should stay small.
    pub failure: Box<Failure>,
    /// What the plugin wrote until then.
    pub output: Output,
}

impl std::error::Error for CallError {}

fn frames(f: &mut fmt::Formatter<'_>, backtrace: &[String]) -> fmt::Result {
    let shown = if f.alternate() { backtrace } else { telling(backtrace) };
    shown.iter().try_for_each(|frame| write!(f, "\n    in {frame}"))
}

/// The frames from the plugin's own innermost function on. A Rust panic ends eight and more
/// functions further in, and a message would show those and nothing else.
fn telling(backtrace: &[String]) -> &[String] {
    let own = backtrace.iter().position(|frame| !is_machinery(frame)).unwrap_or_default();
    let shown = &backtrace[own..];
    &shown[..shown.len().min(SHOWN_FRAMES)]
}

/// What a language does on the way from a failed check to the end.
fn is_machinery(frame: &str) -> bool {
    let of_rust = ["std::", "core::", "alloc::", "__rustc::", "<core::", "<alloc::"];
    frame == "abort"
        || frame.contains("(/rustc/")
        || of_rust.iter().any(|own| frame.starts_with(own))
}

/// Lines of a backtrace worth showing in a message; the rest stays in the error.
const SHOWN_FRAMES: usize = 8;

impl fmt::Display for CallError {
    /// With the innermost functions and the last lines of output; all of them with `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { plugin, export, failure, output } = self;
        match failure.as_ref() {
            Failure::Trap { message, backtrace } => {
                write!(f, "plugin `{plugin}` crashed in `{export}`: {message}")?;
                frames(f, backtrace)?;
            }
            Failure::Deadline { limit, backtrace } => {
                write!(
                    f,
                    "plugin `{plugin}` was stopped: `{export}` took longer than {limit:?}; \
                     smaller batches or a higher deadline may help, unless it hangs"
                )?;
                frames(f, backtrace)?;
            }
            Failure::Limit(limit) => {
                write!(f, "plugin `{plugin}` was stopped in `{export}` by a limit on {limit}")?;
            }
            Failure::Contract(what) => write!(
                f,
                "plugin `{plugin}` breaks the contract in `{export}`: {what}; its author must \
                 correct this"
            )?,
            Failure::NotGranted(what) => {
                write!(
                    f,
                    "plugin `{plugin}` reached for `{what}` in `{export}`, which is not granted"
                )?;
            }
            Failure::Plugin(error) => write!(f, "plugin `{plugin}` failed in `{export}`: {error}")?,
            Failure::Host(what) => {
                write!(f, "this machine could not run `{export}` of plugin `{plugin}`: {what}")?;
            }
        }
        output.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(backtrace: &[&str]) -> [String; 2] {
        let backtrace = backtrace.iter().map(|&frame| frame.to_owned()).collect();
        let failure = Failure::Trap { message: "unreachable".into(), backtrace };
        let error = CallError {
            plugin: "p".into(),
            export: "extract",
            failure: Box::new(failure),
            output: Output::default(),
        };
        [error.to_string(), format!("{error:#}")]
    }

    #[test]
    fn a_message_begins_at_the_plugins_own_function() {
        let panic =
            ["abort", "std::process::abort", "__rustc::rust_panic", "core::panicking::panic"];
        let own = ["mine::annotate (/home/ann/mine/src/lib.rs:57)", "core::iter::fold", "extract"];
        let [told_short, told_whole] = told(&[&panic[..], &own[..]].concat());
        let lines: Vec<&str> = told_short.lines().skip(1).map(str::trim).collect();
        assert_eq!(lines, own.map(|frame| format!("in {frame}")));
        assert!(told_whole.contains("in abort"), "{told_whole}");
        // Where nothing else is, that is better than nothing.
        assert!(told(&panic)[0].contains("in abort"));
    }
}
