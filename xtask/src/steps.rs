//! The visible course of a task: each step announced, timed, and named again
//! when it fails.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// Announces and times the steps of one task.
pub(crate) struct Steps {
    started: Instant,
    done: Vec<(String, Duration)>,
}

impl Steps {
    pub(crate) fn start() -> Self {
        Self { started: Instant::now(), done: Vec::new() }
    }

    /// Runs `work` as the step `name`. An error says which step failed.
    pub(crate) fn step<T>(&mut self, name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        eprintln!("==> {name}");
        let started = Instant::now();
        let outcome = work();
        let took = started.elapsed();
        match &outcome {
            Ok(_) => eprintln!("    {name}: done in {}", seconds(took)),
            Err(_) => eprintln!("    {name}: FAILED after {}", seconds(took)),
        }
        self.done.push((name.to_owned(), took));
        outcome.with_context(|| format!("step `{name}` failed"))
    }

    /// Ends the task with a table of what its steps took.
    pub(crate) fn finish(&self, task: &str) {
        eprintln!();
        for (name, took) in &self.done {
            eprintln!("{:>9}  {name}", seconds(*took));
        }
        let total = seconds(self.started.elapsed());
        eprintln!("{total:>9}  cargo xtask {task}: all done");
    }
}

/// `4.2 s` below a minute, `3 min 07 s` from there.
fn seconds(time: Duration) -> String {
    let whole = time.as_secs();
    if whole < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{} min {:02} s", whole / 60, whole % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_a_person_would_say_them() {
        assert_eq!(seconds(Duration::from_millis(4_230)), "4.2 s");
        assert_eq!(seconds(Duration::from_secs(187)), "3 min 07 s");
    }

    #[test]
    fn a_failing_step_is_named_in_the_error() {
        let mut steps = Steps::start();
        let outcome: Result<()> = steps.step("plugins", || anyhow::bail!("linker missing"));
        let message = format!("{:#}", outcome.unwrap_err());
        assert_eq!(message, "step `plugins` failed: linker missing");
    }
}
