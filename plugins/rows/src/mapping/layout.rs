//! The layouts that data sets of dialogues come in, told by the names of their columns.

use rehearsal_sdk::prelude::*;

use crate::Config;

/// Columns that usually hold a list of turns; the first there is counts.
const TURNS: &[&str] =
    &["messages", "conversations", "conversation", "dialogue", "dialog", "utterances", "turns"];
/// Columns that usually hold a whole call as text.
const TEXTS: &[&str] = &["text", "transcript", "full_text", "dialogue_text", "content"];

/// Where a row holds its call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// A list of turns, or a text of it that is read where the list is none.
    Turns { column: String, text: Option<String> },
    /// A text with speakers in it.
    Text { column: String },
    /// A turn a column: `0`, `1`, `2`.
    Wide { columns: Vec<String> },
}

impl Layout {
    /// # Errors
    /// No column holds a call.
    pub(super) fn of(config: &Config, columns: &[&str]) -> Result<Self> {
        let there = |name: &&str| columns.contains(name);
        let first = |names: &[&'static str]| names.iter().copied().find(there).map(str::to_owned);
        if let Some(column) = &config.turns {
            return Ok(Self::Turns { column: column.clone(), text: None });
        }
        if let Some(column) = &config.text {
            return Ok(Self::Text { column: column.clone() });
        }
        if !config.columns.is_empty() {
            return Ok(Self::Wide { columns: config.columns.clone() });
        }
        if let Some(column) = first(TURNS) {
            return Ok(Self::Turns { column, text: first(&["full_text"]) });
        }
        let mut numbered: Vec<(u32, &str)> = columns
            .iter()
            .filter(|name| name.len() <= 4 && name.bytes().all(|byte| byte.is_ascii_digit()))
            .filter_map(|name| Some((name.parse().ok()?, *name)))
            .collect();
        if !numbered.is_empty() {
            numbered.sort_unstable();
            let columns = numbered.into_iter().map(|(_, name)| name.to_owned()).collect();
            return Ok(Self::Wide { columns });
        }
        if let Some(column) = first(TEXTS) {
            return Ok(Self::Text { column });
        }
        let mut shown = columns.iter().take(20).copied().collect::<Vec<_>>().join(", ");
        if columns.len() > 20 {
            shown.push_str(", …");
        }
        Err(Error::invalid(format!(
            "no column holds a call as far as names tell ({shown}); name it with `turns`, `text` \
             or `columns` in `config`"
        )))
    }

    /// Whether a column is needed for the turns.
    pub(super) fn reads(&self, name: &str) -> bool {
        match self {
            Self::Turns { column, text } => column == name || text.as_deref() == Some(name),
            Self::Text { column } => column == name,
            Self::Wide { columns } => columns.iter().any(|column| column == name),
        }
    }

    /// What a side rests on.
    pub(super) fn evidence(&self) -> &'static str {
        match self {
            Self::Turns { .. } => "speaker field",
            Self::Text { .. } | Self::Wide { .. } => "prefix",
        }
    }

    /// For messages.
    pub(super) fn described(&self) -> String {
        match self {
            Self::Turns { column, .. } | Self::Text { column } => format!("the column `{column}`"),
            Self::Wide { columns } => match columns.as_slice() {
                [first, .., last] => format!("every column from `{first}` to `{last}`"),
                columns => format!("`{}`", columns.concat()),
            },
        }
    }
}
