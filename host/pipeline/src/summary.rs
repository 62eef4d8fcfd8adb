//! What came of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Counts of a run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunSummary {
    /// By source id.
    pub sources: BTreeMap<String, SourceSummary>,
    /// By id of extractor, path or validator.
    pub stages: BTreeMap<String, StageSummary>,
    /// Speech recognition.
    pub speech: SpeechSummary,
    /// Personal data in the calls that were loaded.
    pub privacy: PrivacySummary,
    /// Calls in the repository that the sources still list.
    pub calls: u64,
    /// Calls on which nothing had to be done.
    pub calls_unchanged: u64,
    /// By path id.
    pub datasets: BTreeMap<String, DatasetSummary>,
    /// Items that failed in this run or an earlier one and have not been mended.
    pub standing_failures: u64,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// Where they went.
    pub time: TimeSpent,
    /// Stopped before its end on request.
    pub stopped: bool,
}

/// Where a run's time went.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TimeSpent {
    /// Wall-clock seconds of listing and loading sources, speech recognition included.
    pub loading: f64,
    /// Wall-clock seconds of extractors, paths and validators, and of keeping what they say.
    pub analysing: f64,
    /// Of these, seconds in plugins, summed over workers.
    pub plugins: f64,
    /// Of these, seconds of reading and keeping records, summed over workers.
    pub store: f64,
    /// Wall-clock seconds of dividing calls into splits and writing data sets and reports.
    pub writing: f64,
}

/// What came of a source. Nothing is dropped silently:
/// `items = loaded + rejected + failed`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceSummary {
    /// What the loader listed.
    pub entries: u64,
    /// Of these, not loaded again.
    pub unchanged: u64,
    /// Items that the loader gave of the others, whole or broken.
    pub items: u64,
    /// Calls loaded.
    pub loaded: u64,
    /// Of these, those that replaced another version of the same call.
    pub replaced: u64,
    /// Items that hold no call: nothing is said, or another has their key.
    pub rejected: u64,
    /// Items that could not be loaded or heard; an entry or a listing that failed as a
    /// whole counts as one.
    pub failed: u64,
    /// Entries that are no longer listed.
    pub gone: u64,
}

impl SourceSummary {
    /// Whether every item is accounted for.
    #[must_use]
    pub const fn balances(&self) -> bool {
        self.items == self.loaded + self.rejected + self.failed
    }

    /// Adds what came of a chunk.
    pub(crate) const fn add(&mut self, more: &Self) {
        self.entries += more.entries;
        self.unchanged += more.unchanged;
        self.items += more.items;
        self.loaded += more.loaded;
        self.replaced += more.replaced;
        self.rejected += more.rejected;
        self.failed += more.failed;
        self.gone += more.gone;
    }
}

/// What came of an extractor, path or validator.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageSummary {
    /// Calls it worked on.
    pub worked: u64,
    /// Calls whose former result stood.
    pub cached: u64,
    /// Annotations, examples or verdicts that it gave.
    pub results: u64,
    /// Of a validator: what it kept out.
    pub rejected: u64,
    /// Calls that it failed on.
    pub failed: u64,
    /// Calls that a server could not be asked about: the next run asks.
    pub put_off: u64,
}

/// Personal data in the calls that a run loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivacySummary {
    /// How much of it was found, by kind.
    pub found: BTreeMap<String, u64>,
    /// Whether it was replaced.
    pub replaced: bool,
    /// Words of participants' names that can still be read.
    pub residual: u64,
}

impl PrivacySummary {
    pub(crate) fn add(&mut self, other: Self) {
        for (kind, count) in other.found {
            *self.found.entry(kind).or_default() += count;
        }
        self.replaced |= other.replaced;
        self.residual += other.residual;
    }
}

/// What came of speech recognition.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SpeechSummary {
    /// Recordings heard.
    pub heard: u64,
    /// Recordings whose former transcript stood.
    pub cached: u64,
    /// Seconds of audio heard.
    pub audio_seconds: f64,
    /// Seconds that took.
    pub seconds: f64,
    /// Passages that the recogniser made up and that were dropped.
    pub dropped: u64,
}

impl SpeechSummary {
    /// Seconds of work a second of audio.
    #[must_use]
    pub fn real_time_factor(&self) -> Option<f64> {
        (self.audio_seconds > 0.0).then(|| self.seconds / self.audio_seconds)
    }
}

/// What came of a data set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetSummary {
    /// Rows over all families and splits.
    pub rows: u64,
    /// Examples that validators kept out.
    pub rejected: u64,
    /// Root over its files.
    pub merkle_root: String,
    /// Whether it was written anew.
    pub written: bool,
}

impl RunSummary {
    /// Adds what a batch came to.
    pub(crate) fn add_stages(&mut self, stages: BTreeMap<String, StageSummary>) {
        for (id, stage) in stages {
            let sum = self.stages.entry(id).or_default();
            sum.worked += stage.worked;
            sum.cached += stage.cached;
            sum.results += stage.results;
            sum.rejected += stage.rejected;
            sum.failed += stage.failed;
            sum.put_off += stage.put_off;
        }
    }

    /// Calls that wait for a server or a budget, over all stages.
    #[must_use]
    pub fn put_off(&self) -> u64 {
        self.stages.values().map(|stage| stage.put_off).sum()
    }

    /// Items that failed, over all stages.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.sources.values().map(|source| source.failed + source.rejected).sum::<u64>()
            + self.stages.values().map(|stage| stage.failed).sum::<u64>()
    }
}
