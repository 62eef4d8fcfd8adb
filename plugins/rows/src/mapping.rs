//! Rows to calls: which columns hold the turns, and what the rest says.

mod layout;
mod turns;

use std::collections::BTreeSet;

use rehearsal_dialogue::{Lines, Parsed, Sides, Utterance, assemble, grammar};
use rehearsal_sdk::prelude::*;
use serde_json::Value;

use crate::{Config, Row};
use layout::Layout;

/// Columns that are kept as facts of a call where the operator names none.
const USUAL: &[&str] = &[
    "channel",
    "communication_channel",
    "company_id",
    "company_name",
    "conversation_flow",
    "conversation_id",
    "conversation_style",
    "domain",
    "id",
    "industry",
    "intent",
    "label",
    "language",
    "outcome",
    "product_name",
    "product_type",
    "scenario",
    "source",
    "title",
    "topic",
];

/// Scores made with the outcome in hand: who trains on them trains on the answer.
const LEAKS: &[&str] = &["customer_engagement", "sales_effectiveness"];

/// Longest fact that is kept, in bytes.
const LONGEST_FACT: usize = 4_000;

/// How rows become calls.
#[derive(Debug)]
pub struct Mapping {
    pub(super) config: Config,
    sides: Sides,
    facts: Vec<String>,
}

impl Mapping {
    /// # Errors
    /// The configuration makes no sense.
    pub fn new(config: &Config) -> Result<Self> {
        let layouts = [config.turns.is_some(), config.text.is_some(), !config.columns.is_empty()];
        if layouts.iter().filter(|given| **given).count() > 1 {
            return Err(Error::permanent(
                "config: one of `turns`, `text` and `columns`, not several",
            ));
        }
        let usual = || USUAL.iter().map(|name| (*name).to_owned()).collect();
        let facts: Vec<String> = config.metadata.clone().unwrap_or_else(usual);
        if let Some(leak) = facts.iter().find(|name| LEAKS.contains(&name.as_str())) {
            return Err(Error::permanent(format!(
                "config.metadata: `{leak}` was scored with the outcome in hand and is never read"
            )));
        }
        let sides = Sides { sellers: config.sellers.clone(), prospects: config.prospects.clone() };
        sides.check()?;
        Ok(Self { config: config.clone(), sides, facts })
    }

    /// What the operator says of the rows.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The columns to read of those that there are.
    ///
    /// # Errors
    /// None of them holds a call.
    pub fn wanted<'c>(&self, columns: &[&'c str]) -> Result<BTreeSet<&'c str>> {
        let layout = Layout::of(&self.config, columns)?;
        let beside = [&self.config.id, &self.config.account];
        let beside: Vec<&String> = beside.into_iter().flatten().chain(&self.facts).collect();
        let wanted = columns
            .iter()
            .copied()
            .filter(|column| layout.reads(column) || beside.iter().any(|name| name == column));
        Ok(wanted.collect())
    }

    /// The key and the call of a row. `about` holds for all rows of its file.
    ///
    /// # Errors
    /// The row holds no call.
    pub fn call(&self, row: &Row, about: &Conversation) -> Result<(String, Conversation)> {
        let columns: Vec<&str> = row.fields.keys().map(String::as_str).collect();
        let layout = Layout::of(&self.config, &columns)?;
        let mut parsed = match &layout {
            Layout::Turns { column, text } => {
                let cell = row.fields.get(column);
                match (turns::read(&self.config, column, cell), text) {
                    (Ok(parsed), _) if !parsed.utterances.is_empty() => parsed,
                    (_, Some(text)) => self.of_text(row, text)?,
                    (read, None) => read?,
                }
            }
            Layout::Text { column } => self.of_text(row, column)?,
            Layout::Wide { columns } => wide(row, columns),
        };
        self.alternate(&mut parsed.utterances);
        let mut metadata = about.metadata.clone();
        metadata.append(&mut parsed.about.metadata);
        metadata.extend(
            self.facts.iter().filter_map(|name| Some((name.clone(), self.fact(row, name)?))),
        );
        metadata.sort();
        parsed.about = Conversation {
            metadata,
            position: Some(row.position()),
            account: self.config.account.as_ref().and_then(|column| self.fact(row, column)),
            title: self.fact(row, "title"),
            ..Conversation::default()
        };
        let key = match &self.config.id {
            None => row.number.to_string(),
            Some(column) => self.fact(row, column).ok_or_else(|| {
                Error::invalid(format!("the column `{column}` of config.id is empty"))
            })?,
        };
        let evidence = layout.evidence();
        let call = assemble(parsed, &self.sides, evidence);
        let call = call.ok_or_else(|| {
            Error::invalid(format!("nothing is said in it: {} is empty", layout.described()))
        })?;
        Ok((key, call))
    }

    fn of_text(&self, row: &Row, column: &str) -> Result<Parsed> {
        match row.fields.get(column) {
            Some(Value::String(text)) => {
                let mut parsed = grammar::read(&mut Lines::of_text(column, text.clone()))?;
                parsed.about = Conversation::default();
                Ok(parsed)
            }
            None | Some(Value::Null) => Ok(Parsed::default()),
            Some(_) => Err(Error::invalid(format!("the column `{column}` is no text"))),
        }
    }

    /// Gives turns that name nobody the labels that the operator says they have.
    fn alternate(&self, utterances: &mut [Utterance]) {
        if self.config.alternate.is_empty() || utterances.iter().any(|u| u.speaker.is_some()) {
            return;
        }
        for (utterance, label) in utterances.iter_mut().zip(self.config.alternate.iter().cycle()) {
            utterance.speaker = Some(label.clone());
        }
    }

    fn fact(&self, row: &Row, column: &str) -> Option<String> {
        let fact = match row.fields.get(column)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        (!fact.is_empty() && fact.len() <= LONGEST_FACT).then_some(fact)
    }
}

/// A turn a column, empty ones behind the last.
fn wide(row: &Row, columns: &[String]) -> Parsed {
    let cells = columns.iter().filter_map(|column| row.fields.get(column)?.as_str());
    let utterances = cells.map(turns::of_string).collect();
    Parsed { utterances, ..Parsed::default() }
}
