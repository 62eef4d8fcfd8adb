//! Progress: bars on a terminal, plain lines elsewhere, nothing with `--json`.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use rehearsal_pipeline::{Reporter, Severity, Silent};
use rehearsal_sandbox::clean;

/// Between two plain lines of one stage.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);

/// The reporter that fits where standard error goes.
pub(crate) fn reporter(json: bool) -> Arc<dyn Reporter> {
    if json {
        Arc::new(Silent)
    } else if std::io::stderr().is_terminal() {
        Arc::new(Bars::default())
    } else {
        Arc::new(Lines::default())
    }
}

#[derive(Default)]
struct Bars {
    screen: MultiProgress,
    bars: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Reporter for Bars {
    fn progress(&self, stage: &str, done: u64, total: Option<u64>, unit: &'static str) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = bars.entry(stage.to_owned()).or_insert_with(|| {
            let template = match total {
                Some(_) => "  {prefix:14} {bar:24} {pos}/{len} {msg} ({per_sec}, {eta} left)",
                None => "  {prefix:14} {spinner} {pos} {msg} ({per_sec})",
            };
            let style = ProgressStyle::with_template(template)
                .unwrap_or_else(|_| ProgressStyle::default_bar());
            let bar = ProgressBar::new(total.unwrap_or(0)).with_style(style);
            self.screen.add(bar).with_prefix(stage.to_owned()).with_message(unit)
        });
        if let Some(total) = total {
            bar.set_length(total);
        }
        bar.set_position(done);
        bar.tick();
    }

    fn finished(&self, stage: &str) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = bars.remove(stage) {
            bar.finish_and_clear();
        }
    }

    fn note(&self, severity: Severity, text: &str) {
        // A terminal that is gone is told nothing.
        let _ = self.screen.println(format!("{}{}", prefix(severity), clean(text)));
    }
}

#[derive(Default)]
struct Lines {
    stages: Mutex<BTreeMap<String, (Instant, Instant)>>,
}

impl Reporter for Lines {
    fn progress(&self, stage: &str, done: u64, total: Option<u64>, unit: &'static str) {
        let mut stages = self.stages.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (started, last) = stages.entry(stage.to_owned()).or_insert((now, now));
        if now.duration_since(*last) < PLAIN_INTERVAL {
            return;
        }
        *last = now;
        let rate = done as f64 / now.duration_since(*started).as_secs_f64().max(1e-3);
        match total {
            Some(total) if rate > 0.0 => {
                let left = total.saturating_sub(done) as f64 / rate;
                eprintln!("{stage}: {done}/{total} {unit}, {rate:.1}/s, {left:.0} s left");
            }
            _ => eprintln!("{stage}: {done} {unit}, {rate:.1}/s"),
        }
    }

    fn finished(&self, stage: &str) {
        self.stages.lock().unwrap_or_else(PoisonError::into_inner).remove(stage);
    }

    fn note(&self, severity: Severity, text: &str) {
        eprintln!("{}{}", prefix(severity), clean(text));
    }
}

const fn prefix(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "",
        Severity::Warning => "warning: ",
        Severity::Error => "failed: ",
    }
}
