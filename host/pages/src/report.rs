//! A run: what came in, what was found in it, what became of it.

use serde::Serialize;

use crate::{PageError, render};

/// What the page of a run shows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ReportPage {
    /// The pipeline's name.
    pub name: String,
    /// Figures at the head: name and value.
    pub headline: Vec<(String, String)>,
    /// Where calls came from.
    pub sources: Vec<SourcePart>,
    /// Labels found, by what was looked at.
    pub labels: Vec<(String, Vec<Bar>)>,
    /// What was done about personal data.
    pub privacy_note: String,
    /// Personal data found, by kind.
    pub privacy: Vec<Bar>,
    /// What validators concluded.
    pub validators: Vec<ValidatorPart>,
    /// Calls that say nearly the same.
    pub duplicates: DuplicatesPart,
    /// The data sets.
    pub datasets: Vec<DatasetPart>,
    /// Further parts, in order, with places of their own on the page.
    pub sections: Vec<Section>,
    /// Items that failed: stage, item, error.
    pub failures: Vec<(String, String, String)>,
}

/// A source.
#[derive(Debug, Clone, Default, Serialize)]
pub struct SourcePart {
    /// Its id.
    pub id: String,
    /// Calls.
    pub calls: u64,
    /// Of them, with a recording.
    pub recordings: u64,
    /// Turns.
    pub turns: u64,
    /// Words.
    pub words: u64,
    /// Hours of calls whose length is known.
    pub hours: f64,
    /// Calls whose length is not.
    pub without_length: u64,
    /// Licences, with their calls.
    pub licences: Vec<Bar>,
}

/// Calls that say nearly the same.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DuplicatesPart {
    /// Pairs that were found.
    pub pairs: u64,
    /// Calls in them.
    pub calls: u64,
    /// From which likeness on.
    pub least: String,
    /// Some of them: two calls and how alike they are.
    pub examples: Vec<(String, String, String)>,
}

/// A named count in a chart.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bar {
    /// Of what.
    pub name: String,
    /// How many.
    pub count: u64,
    /// Of the longest bar in its chart, 0 to 100.
    pub share: f64,
}

/// A validator's conclusion.
#[derive(Debug, Clone, Default, Serialize)]
pub struct ValidatorPart {
    /// Its id.
    pub id: String,
    /// Its own words.
    pub summary: String,
    /// Name, value, unit.
    pub metrics: Vec<(String, String, String)>,
    /// What it objected to, by check.
    pub objections: Vec<Bar>,
    /// A subject of each check: check, reason.
    pub examples: Vec<(String, String)>,
}

/// A data set.
#[derive(Debug, Clone, Default, Serialize)]
pub struct DatasetPart {
    /// The path's id.
    pub id: String,
    /// Root over its files.
    pub merkle_root: String,
    /// Names of its splits.
    pub splits: Vec<String>,
    /// Its families.
    pub families: Vec<FamilyPart>,
    /// What two splits have in common.
    pub overlap: TablePart,
    /// Whether that is nothing.
    pub sealed: bool,
    /// Kept out, by check.
    pub rejected: Vec<Bar>,
    /// Rows by licence.
    pub licences: Vec<Bar>,
    /// Calls that were left out for their licence.
    pub refused: Vec<Bar>,
    /// Rows to read.
    pub samples: Vec<Sample>,
}

/// A family of rows.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FamilyPart {
    /// Its name.
    pub name: String,
    /// All its rows.
    pub rows: u64,
    /// Messages that are learned from.
    pub trained: u64,
    /// Of each split of the data set, in their order.
    pub parts: Vec<SplitPart>,
}

/// A family's rows in a split.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct SplitPart {
    /// Rows.
    pub rows: u64,
    /// Calls behind them.
    pub calls: u64,
    /// Of the family's rows, in percent.
    pub share: f64,
}

/// A further part of the report: what a room of the house knows that this crate does not.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Section {
    /// Its anchor: `agreement`.
    pub id: String,
    /// Its headline.
    pub title: String,
    /// What it shows, in order; where there is nothing, it says so.
    pub blocks: Vec<Block>,
}

/// Something that a section shows.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    /// A paragraph.
    Text {
        /// What it says.
        text: String,
    },
    /// A table.
    Table(TablePart),
    /// Named counts.
    Chart {
        /// Of what.
        title: String,
        /// The bars: [`Bar::chart`].
        bars: Vec<Bar>,
    },
    /// Values with their intervals on one scale: [`Block::intervals`].
    Intervals {
        /// Of what.
        title: String,
        /// Lower end of the scale.
        low: f64,
        /// Upper end of the scale.
        high: f64,
        /// The values.
        rows: Vec<Interval>,
    },
}

/// A value with an interval around it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Interval {
    /// Of what: a statistic, a slice, a version.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Lower end of its interval.
    pub least: f64,
    /// Upper end of its interval.
    pub most: f64,
    /// A few words beside it: `n = 120`, `champion since version 3`.
    pub note: String,
    /// Places on the scale in percent; set by [`Block::intervals`].
    at: f64,
    from: f64,
    to: f64,
}

impl Interval {
    /// A value between two ends.
    #[must_use]
    pub fn new(name: &str, value: f64, (least, most): (f64, f64), note: &str) -> Self {
        let (name, note) = (name.to_owned(), note.to_owned());
        Self { name, value, least, most, note, ..Self::default() }
    }
}

impl Block {
    /// Values on the scale from `low` to `high`, such as 0 to 1.
    #[must_use]
    pub fn intervals(title: &str, (low, high): (f64, f64), mut rows: Vec<Interval>) -> Self {
        let width = (high - low).max(f64::MIN_POSITIVE);
        let place = |value: f64| ((value - low) / width * 100.0).clamp(0.0, 100.0);
        for row in &mut rows {
            (row.at, row.from, row.to) = (place(row.value), place(row.least), place(row.most));
        }
        Self::Intervals { title: title.to_owned(), low, high, rows }
    }
}

/// A table whose rows have names.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TablePart {
    /// Of what.
    pub title: String,
    /// Names of the columns, without that of the rows' names.
    pub columns: Vec<String>,
    /// Rows: name and a cell for each column.
    pub rows: Vec<(String, Vec<String>)>,
}

/// A row to read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sample {
    /// Its id: `rehearsal explain` takes it.
    pub id: String,
    /// Its family.
    pub family: String,
    /// Who, what, whether it is trained on.
    pub messages: Vec<(String, String, bool)>,
    /// Why it was made.
    pub because: String,
}

impl Bar {
    /// A chart's bars, the longest first; equal ones by name.
    #[must_use]
    pub fn chart<'n>(counts: impl IntoIterator<Item = (&'n str, u64)>) -> Vec<Self> {
        let mut bars: Vec<Self> = counts
            .into_iter()
            .map(|(name, count)| Self { name: name.to_owned(), count, share: 0.0 })
            .collect();
        bars.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        let most = bars.first().map_or(1, |bar| bar.count.max(1));
        bars.iter_mut().for_each(|bar| bar.share = bar.count as f64 / most as f64 * 100.0);
        bars
    }
}

impl ReportPage {
    /// The page.
    ///
    /// # Errors
    /// When the template is at fault.
    pub fn html(&self) -> Result<String, PageError> {
        render("report.html", self)
    }
}
