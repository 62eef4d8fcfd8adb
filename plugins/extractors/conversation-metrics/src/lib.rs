//! Who talks how much, for how long at a stretch, who asks, waits and interrupts.
//!
//! Every number is of the whole call and named by its definition; variants of a measure
//! have ids of their own. Where a source cannot support one (no times, nobody known to
//! be the seller) it is *unavailable* with the reason. Published ranges to hold them
//! against are in the host's `rehearsal_model::benchmark`, by definition.

mod exchange;
mod questions;
mod runs;
mod share;
mod sides;
mod wording;

use rehearsal_sdk::prelude::*;

use sides::Sides;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Longest silence inside a monologue or a story, in milliseconds.
    pub bridge_ms: u32,
    /// How deep inside the other's turn one has to begin to interrupt, in milliseconds;
    /// less is how people hand over, or the recogniser's blur.
    pub min_overlap_ms: u32,
    /// Further fillers, a line each, in the grammar of `fillers.txt`:
    /// `filler.ours 0.9 at the end of the day`.
    pub fillers: Vec<String>,
    /// Whether `fillers` replace the built-in ones.
    pub replace_fillers: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self { bridge_ms: 1_000, min_overlap_ms: 200, fillers: Vec::new(), replace_fillers: false }
    }
}

/// The extractor.
#[derive(Debug)]
pub struct ConversationMetrics {
    config: Config,
    fillers: wording::Fillers,
}

impl Extractor for ConversationMetrics {
    type Config = Config;
    const EMITS: &'static [Kind] = &[
        share::OF_SPEECH,
        share::OF_CALL,
        share::OF_WORDS,
        runs::MONOLOGUE,
        runs::MONOLOGUE_WORDS,
        runs::STORY,
        runs::STORY_WORDS,
        exchange::SWITCHES,
        exchange::REAL_SWITCHES,
        exchange::PATIENCE,
        exchange::PATIENCE_MEAN,
        exchange::BY_SELLER,
        exchange::BY_PROSPECT,
        questions::COUNT,
        questions::OPEN_COUNT,
        questions::PER_MINUTE,
        questions::OPEN_SHARE,
        wording::PER_MINUTE,
        wording::PER_HUNDRED,
        wording::RATE,
    ];
    const NEEDS: Needs = Needs { starts: true, ends: true, roles: true, ..Needs::TEXT };

    fn new(config: Config) -> Result<Self> {
        let fillers = wording::Fillers::new(&config)?;
        Ok(Self { config, fillers })
    }

    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>> {
        let sides = Sides::of(call);
        let measures = share::measure(&sides)
            .into_iter()
            .chain(runs::measure(&sides, self.config.bridge_ms))
            .chain(exchange::measure(&sides, self.config.min_overlap_ms))
            .chain(questions::measure(&sides))
            .chain(wording::measure(&sides, &self.fillers));
        Ok(measures.map(|(kind, value)| kind.at(call, value).by(kind.definition)).collect())
    }
}

/// A measure of the call, or why it cannot be had.
type Measure = (Kind, Result<f64, String>);

rehearsal_sdk::export_extractor!(ConversationMetrics);
