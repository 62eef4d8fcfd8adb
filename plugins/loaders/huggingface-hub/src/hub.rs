//! Rows from the data sets server (`/splits`, `/size`, `/rows`), without any download.
//!
//! A split is an entry, an answer of a hundred rows is a chunk: a load that was cut off
//! goes on at the row where it stopped.

use rehearsal_rows::{Row, Rows};
use rehearsal_sdk::prelude::*;
use serde_json::{Map, Value};

/// Most rows that the server gives at once.
const PAGE: &str = "100";

/// One data set at its server.
#[derive(Debug)]
pub(crate) struct Hub {
    base: String,
    dataset: String,
    http: Http,
}

#[derive(Debug, Deserialize)]
struct Splits {
    splits: Vec<Split>,
    #[serde(default)]
    failed: Vec<Value>,
}

#[derive(Debug, Deserialize)]
struct Split {
    config: String,
    split: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    rows: Vec<Given>,
    num_rows_total: u64,
    #[serde(default)]
    partial: bool,
}

#[derive(Debug, Deserialize)]
struct Given {
    row_idx: u64,
    row: Map<String, Value>,
    #[serde(default)]
    truncated_cells: Vec<String>,
}

impl Hub {
    pub(crate) fn new(dataset: String, base: &str, http: Http) -> Self {
        Self { base: base.trim_end_matches('/').to_owned(), dataset, http }
    }

    fn ask(&self, what: &str) -> Request {
        Request::get(&format!("{}/{what}", self.base)).query("dataset", &self.dataset)
    }

    /// Its splits. One changes with the revision of the data set where the server tells
    /// it, or else with its size.
    pub(crate) fn list(&self) -> Result<Page> {
        let answer = self.http.send(self.ask("splits"))?.accepted()?;
        let splits: Splits = answer.json()?;
        for failed in &splits.failed {
            log::warn(format!("{}: a part that the server cannot read: {failed}", self.dataset));
        }
        let answer = self.http.send(self.ask("size"))?.accepted()?;
        let revision = answer.header("x-revision").map(ToOwned::to_owned);
        let size: Value = answer.json()?;
        let entry = |split: Split| {
            let same =
                |part: &&Value| part["config"] == *split.config && part["split"] == *split.split;
            let parts = size["size"]["splits"].as_array();
            let size = parts.into_iter().flatten().find(same).unwrap_or(&size["size"]["dataset"]);
            let count = |name: &str| size[name].as_u64().unwrap_or_default();
            let fingerprint = revision.clone().unwrap_or_else(|| {
                format!("{} rows, {} bytes", count("num_rows"), count("num_bytes_memory"))
            });
            Entry { key: format!("{}/{}", split.config, split.split), fingerprint }
        };
        Ok(Page { entries: splits.splits.into_iter().map(entry).collect(), next: None })
    }

    /// The rows of a split from `offset` on, one answer of them.
    pub(crate) fn read(&self, key: &str, offset: u64) -> Result<Rows> {
        let Some((config, split)) = key.rsplit_once('/') else {
            return Err(Error::invalid(format!("{key}: no split of {}", self.dataset)));
        };
        let request = self.ask("rows").query("config", config).query("split", split);
        let request = request.query("offset", &offset.to_string()).query("length", PAGE);
        let answer = self.http.send(request)?.accepted()?;
        let name = answer.name();
        let answer: Answer = answer.json()?;
        if answer.partial && offset == 0 {
            let total = answer.num_rows_total;
            log::warn(format!("{name}: the server holds only the first {total} rows of {key}"));
        }
        let end = answer.rows.last().map_or(offset, |given| given.row_idx.saturating_add(1));
        if answer.rows.is_empty() && offset < answer.num_rows_total {
            let message = format!("{name}: no rows from row {offset} of {}", answer.num_rows_total);
            return Err(Error::Transient(message));
        }
        let next = (end > offset && end < answer.num_rows_total).then_some(end);
        Ok(Rows { rows: answer.rows.into_iter().map(row).collect(), next })
    }
}

fn row(given: Given) -> Result<Row, FailedItem> {
    let row = Row { fields: given.row, number: given.row_idx, line: None };
    if given.truncated_cells.is_empty() {
        return Ok(row);
    }
    let cells = given.truncated_cells.join(", ");
    let error = Error::invalid(format!(
        "row {}: the server cut {cells} short; download the data set and load its files",
        row.number
    ));
    Err(FailedItem { position: row.position(), error })
}
