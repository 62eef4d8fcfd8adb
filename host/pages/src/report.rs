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
    /// Personal data found, by kind.
    pub privacy: Vec<Bar>,
    /// Whether it was replaced.
    pub replaced: bool,
    /// What validators concluded.
    pub validators: Vec<ValidatorPart>,
    /// The data sets.
    pub datasets: Vec<DatasetPart>,
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
    /// Licences, with their calls.
    pub licences: Vec<Bar>,
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
    /// Family, split, rows, calls, trained messages.
    pub splits: Vec<(String, String, u64, u64, u64)>,
    /// Kept out, by check.
    pub rejected: Vec<Bar>,
    /// Rows by licence.
    pub licences: Vec<Bar>,
    /// Further tables of its manifest: name, column names, rows with their names.
    pub tables: Vec<Table>,
    /// Rows to read.
    pub samples: Vec<Sample>,
}

/// A table: its name, its columns, its rows with their names.
pub type Table = (String, Vec<String>, Vec<(String, Vec<String>)>);

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
