//! Keeps calls out of which nothing good can be learned: no rows are made of a rejected
//! call.
//!
//! Every check has a name, can be switched off or made to mark only, and gives a reason
//! with its figures; the report counts rejections and flags by check.

mod boilerplate;
mod checks;
mod language;
mod reading;

pub use rehearsal_quality::Tally;
use rehearsal_quality::{Checks, shares};
use rehearsal_sdk::prelude::*;

use reading::Reading;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Checks to leave out, by name.
    pub skip: Vec<String>,
    /// Checks that mark a call instead of rejecting it, by name.
    pub flag_only: Vec<String>,
    /// Fewest turns of a call.
    pub min_turns: u32,
    /// Fewest words of a call.
    pub min_words: u32,
    /// Most words of a call; longer ones are recordings that nobody stopped.
    pub max_words: u32,
    /// Smallest share of the words that the quieter side has, 0 to 1.
    pub min_side: f64,
    /// Languages to take, as BCP 47 codes without region (`en`); empty takes all.
    pub languages: Vec<String>,
    /// Smallest confidence of the transcription, mean over words, 0 to 1.
    pub min_confidence: f64,
    /// Largest share of repeated word triples in a turn, 0 to 1.
    pub max_repetition: f64,
    /// Most times in a row that one turn's text may come again.
    pub max_loop: u32,
    /// Largest share of words in announcements, voicemail greetings and credits, 0 to 1.
    pub max_boilerplate: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            skip: Vec::new(),
            flag_only: vec!["unknown_sides".to_owned(), "truncated_end".to_owned()],
            min_turns: 4,
            min_words: 30,
            max_words: 100_000,
            min_side: 0.05,
            languages: Vec::new(),
            min_confidence: 0.4,
            max_repetition: 0.6,
            max_loop: 3,
            max_boilerplate: 0.3,
        }
    }
}

/// The validator.
#[derive(Debug)]
pub struct ConversationQuality {
    config: Config,
}

impl Validator for ConversationQuality {
    type Config = Config;
    type Partial = Tally;
    const INSPECTS_EXAMPLES: bool = false;
    const CHECKS: &'static [(&'static str, &'static str)] = checks::DESCRIPTIONS;

    fn new(config: Config) -> Result<Self> {
        shares(&[
            ("min_side", config.min_side),
            ("min_confidence", config.min_confidence),
            ("max_repetition", config.max_repetition),
            ("max_boilerplate", config.max_boilerplate),
        ])?;
        let plugin = Self { config };
        plugin.checks().known()?;
        Ok(plugin)
    }

    fn inspect(&self, batch: &[Subject]) -> Result<Inspection<Tally>> {
        let mut partial = Tally::default();
        let verdicts = batch
            .iter()
            .map(|subject| match subject {
                Subject::Conversation(annotated) => {
                    Ok(self.judge(&Call::new(&annotated.conversation), &mut partial))
                }
                Subject::Example(_) => Err(Error::permanent(
                    "conversation-quality inspects conversations, not examples",
                )),
            })
            .collect::<Result<_>>()?;
        Ok(Inspection { verdicts, partial })
    }

    fn merge(&self, left: Tally, right: Tally) -> Tally {
        left.plus(right)
    }

    fn conclude(&self, partial: Tally) -> Result<Report> {
        partial.report("calls")
    }
}

impl ConversationQuality {
    fn checks(&self) -> Checks<'_> {
        Checks {
            all: checks::DESCRIPTIONS,
            skip: &self.config.skip,
            flag_only: &self.config.flag_only,
        }
    }

    fn judge(&self, call: &Call<'_>, tally: &mut Tally) -> Verdict {
        let reading = Reading::of(call);
        let language = call.conversation().language.as_deref().unwrap_or("unknown");
        tally.subject(language, reading.words);
        self.checks().judge(tally, |check| checks::TESTS[check](&self.config, &reading))
    }
}

rehearsal_sdk::export_validator!(ConversationQuality);
