//! What a seller does beyond asking: techniques of selling, SPIN question types, and
//! which BANT and MEDDICC elements are discovered.
//!
//! [`find`](Finder::find) is the seam between finding and reporting: whatever tier fills
//! it, the annotations and the coverage of the call follow from its findings. Where
//! embeddings are granted, a trained head ([`learned`]) takes the place of the cues for
//! techniques.

mod discovery;
mod findings;
mod form;
mod learned;

use rehearsal_cues::Scan;
use rehearsal_heads::tier_of;
use rehearsal_sdk::prelude::*;

pub use findings::{Finder, Seller};
pub use rehearsal_labels::names::TECHNIQUES;

/// A technique in a seller's turn.
pub const TECHNIQUE: Kind = Kind::new(
    "technique",
    "technique@1",
    "Technique in part of a seller's turn (examples/corpus/annotation-guide.md)",
)
.with_labels(TECHNIQUES);

/// A SPIN question type in a seller's turn.
pub const SPIN: Kind =
    Kind::new("spin", "spin@1", "SPIN question type (Rackham 1988) in part of a seller's turn")
        .with_labels(&["situation", "problem", "implication", "need_payoff"]);

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Further cues, a line each, in the grammar of `techniques.txt`:
    /// `social_proof.ours 0.8 half of lincolnshire`. Labels are the techniques,
    /// `spin:situation`, `bant:timing`, `meddicc:champion` and so on.
    pub cues: Vec<String>,
    /// Whether `cues` replace the built-in ones.
    pub replace_cues: bool,
    /// Trained heads in the place of those that ship. The host puts the champion of a
    /// `[[trainer]]` of the kind `head` here; nobody has to write it.
    pub heads: TunedHeads,
}

/// Trained heads by name: base64 of what `rehearsal train` made.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TunedHeads {
    /// Techniques of the seller's turns.
    pub techniques: Option<String>,
}

/// The extractor.
#[derive(Debug)]
pub struct SalesTechniques {
    finder: Finder,
    heads: learned::Heads,
}

impl Extractor for SalesTechniques {
    type Config = Config;
    const EMITS: &'static [Kind] = &[
        TECHNIQUE,
        learned::TIER,
        SPIN,
        discovery::BANT,
        discovery::MEDDICC,
        discovery::BANT_COVERAGE,
        discovery::MEDDICC_COVERAGE,
    ];
    const NEEDS: Needs = Needs::ROLES;

    fn new(config: Config) -> Result<Self> {
        Ok(Self { heads: learned::Heads::new(&config)?, finder: Finder::new(&config)? })
    }

    fn extract(&self, call: &Call<'_>) -> Result<Vec<Annotation>> {
        if !call.has_role(Role::Seller) {
            let reason = "nobody is known to be the seller; techniques are the seller's";
            return Ok(Self::EMITS.iter().map(|kind| kind.at(call, unavailable(reason))).collect());
        }
        let mut scan = Scan::default();
        let mut discovered = discovery::Discovered::default();
        let mut annotations = Vec::new();
        let learned = self.heads.find(call, &mut scan);
        annotations.push(learned::TIER.at(call, tier_of(&learned)));
        for turn in call.turns().filter(|turn| turn.role() == Role::Seller) {
            let mut found = self.finder.find(&mut scan, call, turn);
            if let Ok(learned) = &learned {
                found.techniques = learned.get(&turn.index()).cloned().unwrap_or_default();
            }
            annotations.extend(found.techniques.iter().map(|one| one.annotate(&TECHNIQUE, turn)));
            annotations.extend(found.spin.iter().map(|one| one.annotate(&SPIN, turn)));
            annotations.extend(discovered.turn(&found, turn));
        }
        annotations.extend(discovered.coverage(call));
        Ok(annotations)
    }
}

rehearsal_sdk::export_extractor!(SalesTechniques);
