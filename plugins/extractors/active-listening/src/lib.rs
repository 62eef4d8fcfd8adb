//! Signs that one side listens to the other, turn by turn, and how alike they speak.
//!
//! Where embeddings are granted, a trained head finds the signs ([`learned`]). Elsewhere
//! [`Finder::find`] does: what the words share with the turn before (echoes), a turn's
//! shape (back-channels) and how the turn before ends (interruptions) are told by form;
//! the rest by cues.

mod findings;
mod form;
mod learned;
mod style;

use std::cell::LazyCell;

use rehearsal_cues::Scan;
use rehearsal_heads::tier_of;
use rehearsal_labels::names;
use rehearsal_sdk::prelude::*;

pub use findings::Finder;

/// A sign of listening in a turn of either side.
pub const LISTENING: Kind = Kind::new(
    "listening",
    "listening@1",
    "Sign of listening in a turn of either side (examples/corpus/annotation-guide.md); interruption is its opposite. Related turns were listened to",
)
.with_labels(names::LISTENING);

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Further cues, a line each, in the grammar of `cues.txt`:
    /// `acknowledgement.ours 0.8 ^ roger that`.
    pub cues: Vec<String>,
    /// Whether `cues` replace the built-in ones.
    pub replace_cues: bool,
    /// Trained heads in the place of those that ship. The host puts the champion of a
    /// `[[trainer]]` of the kind `head` here; nobody has to write it.
    pub heads: TunedHeads,
    /// How deep inside the other's turn one has to begin to interrupt, in milliseconds.
    pub min_overlap_ms: u32,
}

/// Trained heads by name: base64 of what `rehearsal train` made.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TunedHeads {
    /// Signs in anybody's turns.
    pub listening: Option<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            cues: Vec::new(),
            replace_cues: false,
            heads: TunedHeads::default(),
            min_overlap_ms: 200,
        }
    }
}

/// The extractor.
#[derive(Debug)]
pub struct ActiveListening {
    finder: Finder,
    heads: learned::Heads,
}

impl Extractor for ActiveListening {
    type Config = Config;
    const EMITS: &'static [Kind] = &[LISTENING, learned::TIER, style::MATCHING];
    const NEEDS: Needs = Needs::ROLES;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { heads: learned::Heads::new(&config)?, finder: Finder::new(&config)? })
    }

    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>> {
        if !(call.has_role(Role::Seller) && call.has_role(Role::Prospect)) {
            let reason = "the two sides are not known; listening is between them";
            return Ok(Self::EMITS.iter().map(|kind| kind.at(call, unavailable(reason))).collect());
        }
        let mut scan = Scan::default();
        let mut annotations = Vec::new();
        let learned = self.heads.find(call, &mut scan);
        annotations.push(learned::TIER.at(call, tier_of(&learned)));
        let content = LazyCell::new(|| self.finder.content(call));
        for turn in call.turns().filter(|turn| is_side(turn.role())) {
            let found = match &learned {
                Ok(found) => found.get(&turn.index()).cloned().unwrap_or_default(),
                Err(_) => self.finder.find(&mut scan, &content, call, turn),
            };
            annotations.extend(found.iter().map(|one| one.annotate(&LISTENING, turn)));
        }
        let matching = style::matching(call);
        annotations.push(style::MATCHING.at(call, matching).by(style::MATCHING.definition));
        Ok(annotations)
    }
}

/// Whether a turn is of one of the two sides.
fn is_side(role: Role) -> bool {
    matches!(role, Role::Seller | Role::Prospect)
}

rehearsal_sdk::export_extractor!(ActiveListening);
