//! Whether an attack was stopped, and by what.

use std::time::Duration;

use rehearsal_sandbox::{Failure, ItemError, Level, Limits, Output, clean};

use super::catalogue::{Expect, Known};
use super::victim::{Shot, Stop};

/// A deadline is met within this much on a machine that is busy.
const GRACE: Duration = Duration::from_secs(2);
/// A message that an operator reads, in bytes.
const MESSAGE: usize = 100 * 1024;

/// What stopped it and the message about it; or how it got through.
pub(super) fn judge(
    known: &Known,
    shot: &Shot,
    second: Option<&Shot>,
    took: Duration,
    limits: &Limits,
) -> Result<(String, String), String> {
    if took > limits.deadline + GRACE {
        return Err(format!("it took {took:?} where {:?} are allowed", limits.deadline));
    }
    if !shot.others_intact {
        return Err("another item of the batch was lost with it".to_owned());
    }
    check_output(&shot.output, limits)?;
    let stopped = shot.stop.as_ref().map(|stop| (name(stop), message(stop)));
    if let Some((_, message)) = &stopped
        && (message.len() > MESSAGE || clean(message) != *message)
    {
        return Err("its message could flood or deceive a terminal".to_owned());
    }
    match (known.expect, stopped) {
        (Expect::Nothing, Some((_, message))) => Err(format!("the kit does not work: {message}")),
        (Expect::Nothing, None) => Ok((String::new(), String::new())),
        (_, Some(stopped)) => held(&shot.output).map(|_| stopped),
        (Expect::Stopped, None) => Err("nothing stopped it".to_owned()),
        (Expect::Capped, None) => {
            Ok(("a cap on output".to_owned(), format!("{} bytes kept", size(&shot.output))))
        }
        (Expect::Held, None) => Ok(("nothing is there".to_owned(), tried(&shot.output)?)),
        (Expect::SameTwice, None) => {
            let first = tried(&shot.output)?;
            match second.map(|second| tried(&second.output)).transpose()? {
                Some(second) if second == first => Ok(("the same each time".to_owned(), first)),
                Some(second) => Err(format!("`{first}` became `{second}` in a second call")),
                None => Err("it was not asked twice".to_owned()),
            }
        }
    }
}

fn size(output: &Output) -> usize {
    output.stdio.len() + output.log.iter().map(|(_, line)| line.len()).sum::<usize>()
}

fn check_output(output: &Output, limits: &Limits) -> Result<(), String> {
    // Each of the two may have the whole, and a line that says what was cut.
    if size(output) > 2 * limits.output + 1024 {
        return Err(format!("{} bytes of output were kept", size(output)));
    }
    let texts = output.log.iter().map(|(_, line)| line).chain([&output.stdio]);
    let dirty = texts.filter(|text| clean(text) != **text).count();
    if dirty == 0 { Ok(()) } else { Err("output kept what deceives a terminal".to_owned()) }
}

/// What the attempts say of themselves.
fn held(output: &Output) -> Result<Vec<&str>, String> {
    let lines = output.log.iter();
    let escaped =
        lines.clone().find(|(level, line)| *level == Level::Error && line.starts_with("escaped: "));
    match escaped {
        Some((_, line)) => Err(line.clone()),
        None => Ok(lines.filter_map(|(_, line)| line.strip_prefix("held: ")).collect()),
    }
}

/// As [`held`], of an attack that must have tried.
fn tried(output: &Output) -> Result<String, String> {
    let held = held(output)?;
    if held.is_empty() { Err("it did not even try".to_owned()) } else { Ok(held.join("; ")) }
}

fn message(stop: &Stop) -> String {
    match stop {
        Stop::Call(error) => error.to_string(),
        Stop::Item(error) => error.to_string(),
        Stop::Course(problem) => problem.clone(),
    }
}

fn name(stop: &Stop) -> String {
    match stop {
        Stop::Call(error) => match &*error.failure {
            Failure::Trap { .. } => "a trap".to_owned(),
            Failure::Deadline { .. } => "the deadline".to_owned(),
            Failure::Limit(limit) => format!("the limit on {}", limit.name),
            Failure::Contract(_) => "a check of the result".to_owned(),
            Failure::NotGranted(what) => format!("no grant of {what}"),
            Failure::Plugin(_) => "its own error".to_owned(),
            Failure::Host(_) => "this machine".to_owned(),
        },
        Stop::Item(ItemError::Plugin(_)) => "its own error".to_owned(),
        Stop::Item(ItemError::Contract(_)) => "a check of the result".to_owned(),
        Stop::Item(ItemError::Limit(limit)) => format!("the limit on {}", limit.name),
        Stop::Course(_) => "a check of progress".to_owned(),
    }
}
