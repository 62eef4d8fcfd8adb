//! Rates of requests an origin, kept in a file so that a restart does not forget them.
//!
//! For each rate the requests of the last period are counted in buckets of a sixtieth of
//! the period. A bucket counts until all of it is out of the period, so a rate is never
//! exceeded in any window, at the price of one sixtieth.

use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::Rate;

/// Rates with shorter periods are not written: a restart takes longer than they last.
const WRITTEN_FROM: Duration = Duration::from_secs(2);

/// What was sent where, and when.
#[derive(Debug)]
pub(crate) struct Budgets {
    file: Option<PathBuf>,
    ledger: Mutex<Ledger>,
}

/// By origin.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Ledger(BTreeMap<String, Account>);

#[derive(Debug, Default, Serialize, Deserialize)]
struct Account {
    /// The server asked to be left alone until then, in ms since 1970.
    #[serde(default)]
    closed_until: u64,
    /// By rate: start of each bucket in ms since 1970, and requests in it.
    #[serde(default)]
    sent: BTreeMap<String, VecDeque<(u64, u32)>>,
}

impl Budgets {
    /// Goes on with what is in `file`. One that is missing or damaged counts as empty:
    /// the worst that follows is that a server refuses a request.
    pub(crate) fn open(file: Option<PathBuf>) -> Self {
        let kept = file.as_ref().and_then(|file| fs::read(file).ok());
        let ledger = kept.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { file, ledger: Mutex::new(ledger.unwrap_or_default()) }
    }

    /// Takes one request out of all rates, or says how long to wait until that can be
    /// tried again.
    pub(crate) fn take(&self, origin: &str, rates: &[Rate], now: u64) -> Result<(), Duration> {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let account = ledger.0.entry(origin.to_owned()).or_default();
        account.take(rates, now)?;
        if rates.iter().any(|rate| rate.per >= WRITTEN_FROM) {
            self.keep(&mut ledger);
        }
        Ok(())
    }

    /// Nothing more to this origin for so long: the server said so.
    pub(crate) fn close(&self, origin: &str, pause: Duration, now: u64) {
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let account = ledger.0.entry(origin.to_owned()).or_default();
        account.closed_until = account.closed_until.max(now.saturating_add(millis(pause)));
        if pause >= WRITTEN_FROM {
            self.keep(&mut ledger);
        }
    }

    /// Losing the file costs a refused request, so a full disk must not end a run.
    fn keep(&self, ledger: &mut Ledger) {
        if let Some(file) = &self.file {
            let _ = write(file, ledger);
        }
    }
}

fn write(file: &PathBuf, ledger: &Ledger) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let part = file.with_extension("part");
    fs::write(&part, serde_json::to_vec(ledger)?)?;
    fs::rename(&part, file)
}

impl Account {
    fn take(&mut self, rates: &[Rate], now: u64) -> Result<(), Duration> {
        if self.closed_until > now {
            return Err(Duration::from_millis(self.closed_until - now));
        }
        for rate in rates {
            let buckets = self.sent.entry(name(rate)).or_default();
            let (period, width) = periods(rate);
            // Those out of the period, and those that a clock set back left in the future.
            let end = |start: u64| start.saturating_add(width + period);
            buckets.retain(|(start, _)| end(*start) > now && *start <= now + period);
            let sent: u64 = buckets.iter().map(|(_, count)| u64::from(*count)).sum();
            if sent >= u64::from(rate.count) {
                let oldest = buckets.front().map_or(now, |(start, _)| *start);
                return Err(Duration::from_millis(end(oldest).saturating_sub(now).max(1)));
            }
        }
        for rate in rates {
            let (_, width) = periods(rate);
            let buckets = self.sent.entry(name(rate)).or_default();
            match buckets.back_mut() {
                Some((start, count)) if *start / width == now / width => {
                    *count = count.saturating_add(1)
                }
                _ => buckets.push_back((now / width * width, 1)),
            }
        }
        Ok(())
    }
}

/// Period and width of a bucket in ms.
fn periods(rate: &Rate) -> (u64, u64) {
    let period = millis(rate.per).max(1);
    (period, (period / 60).max(1))
}

fn name(rate: &Rate) -> String {
    format!("{} in {} ms", rate.count, millis(rate.per))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// In ms since 1970.
pub(crate) fn now() -> u64 {
    millis(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: u64 = 86_400_000;

    fn rate(count: u32, seconds: u64) -> Rate {
        Rate { count, per: Duration::from_secs(seconds) }
    }

    #[test]
    fn fifty_a_day_hold_over_restarts() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("x/http.json");
        let rates = [rate(50, 86_400)];
        for number in 0..50 {
            // Every request in a process of its own.
            let budgets = Budgets::open(Some(file.clone()));
            assert_eq!(budgets.take("https://a.test", &rates, DAY + number), Ok(()), "{number}");
        }
        let budgets = Budgets::open(Some(file.clone()));
        let wait = budgets.take("https://a.test", &rates, DAY + 50).expect_err("used up");
        assert!(wait > Duration::from_secs(86_000), "{wait:?}");
        assert_eq!(budgets.take("https://b.test", &rates, DAY + 50), Ok(()));
        let later = DAY + 50 + u64::try_from(wait.as_millis()).expect("a day");
        assert_eq!(budgets.take("https://a.test", &rates, later), Ok(()));
    }

    #[test]
    fn a_servers_wish_holds_over_restarts_and_a_damaged_file_is_no_failure() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("http.json");
        Budgets::open(Some(file.clone())).close("https://a.test", Duration::from_secs(90), 1_000);
        let budgets = Budgets::open(Some(file.clone()));
        assert_eq!(budgets.take("https://a.test", &[], 61_000), Err(Duration::from_secs(30)));
        fs::write(&file, "{").expect("a file");
        assert_eq!(Budgets::open(Some(file)).take("https://a.test", &[], 61_000), Ok(()));
    }

    proptest! {
        /// However requests come, no window of a rate's length ever holds more.
        #[test]
        fn no_window_holds_more_than_its_rate(
            gaps in prop::collection::vec(0_u64..400, 1..200),
            count in 1_u32..6,
            seconds in 1_u64..4,
        ) {
            let budgets = Budgets::open(None);
            let rates = [rate(count, seconds)];
            let mut now = 1_000_000;
            let mut sent = Vec::new();
            for gap in gaps {
                now += gap;
                match budgets.take("x", &rates, now) {
                    Ok(()) => sent.push(now),
                    Err(wait) => prop_assert!(!wait.is_zero()),
                }
            }
            for (index, at) in sent.iter().enumerate() {
                let inside = sent[index..].iter().filter(|t| **t < at + seconds * 1000).count();
                prop_assert!(inside <= count as usize);
            }
        }
    }
}
