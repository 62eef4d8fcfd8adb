//! The plugin's table of pipeline.toml.

use rehearsal_sdk::prelude::*;

/// Which columns are what. Without any of it the usual layouts are recognised.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Column that holds a call as a list of turns (or as such a list in JSON):
    /// `"messages"`.
    pub turns: Option<String>,
    /// Field of a turn that says who speaks: `"role"`.
    pub speaker: Option<String>,
    /// Field of a turn that says what is said: `"content"`.
    pub content: Option<String>,
    /// Column that holds a call as one text with speakers in it: `"transcript"`.
    pub text: Option<String>,
    /// Columns that hold a turn each, in order: `["0", "1", "2"]`.
    pub columns: Vec<String>,
    /// Who speaks in turns that name nobody, one after the other:
    /// `["customer", "agent"]`.
    pub alternate: Vec<String>,
    /// Column that names a row for good. Without it the row's number does.
    pub id: Option<String>,
    /// Column of the customer's account: rows of one account stay in one split.
    pub account: Option<String>,
    /// Columns kept as further facts of a call. Without it a list of usual names.
    pub metadata: Option<Vec<String>>,
    /// Labels of speakers who sell: `["assistant"]`. Chat roles name no side themselves.
    pub sellers: Vec<String>,
    /// As `sellers`, who buy: `["user"]`.
    pub prospects: Vec<String>,
    /// BCP 47 language, before what the data set's card says.
    pub language: Option<String>,
    /// Licence, where the data set's card names none.
    pub licence: Option<String>,
    /// What the parties agreed to.
    pub consent: Option<String>,
}
