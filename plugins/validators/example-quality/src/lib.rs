//! Keeps examples out of the data sets that would teach a model something wrong.
//!
//! Every check has a name, can be switched off, and gives a reason with its figures; the
//! report counts rejections and flags by check.

mod checks;
mod reading;

pub use rehearsal_quality::Tally;
use rehearsal_quality::{Checks, shares};
use rehearsal_sdk::prelude::*;

use reading::{Reading, Seen};

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Checks to leave out, by name.
    pub skip: Vec<String>,
    /// Checks that mark an example instead of rejecting it, by name.
    pub flag_only: Vec<String>,
    /// Fewest messages of a chat, the system's not counted.
    pub min_messages: u32,
    /// Fewest words that the model is trained on.
    pub min_trained_words: u32,
    /// Most words of an example, all messages together.
    pub max_words: u32,
    /// Largest share of repeated word triples in a message, 0 to 1.
    pub max_repetition: f64,
    /// Smallest share of letters among a message's visible characters, 0 to 1.
    pub min_letters: f64,
    /// Families whose trained messages have to be the assistant's, so that no seller's
    /// words are trained on the partner path.
    pub assistant_only: Vec<String>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            skip: Vec::new(),
            flag_only: Vec::new(),
            min_messages: 2,
            min_trained_words: 3,
            max_words: 6_000,
            max_repetition: 0.5,
            min_letters: 0.4,
            assistant_only: vec!["dialogue".to_owned(), "objection".to_owned()],
        }
    }
}

/// The validator.
#[derive(Debug)]
pub struct ExampleQuality {
    config: Config,
}

impl Validator for ExampleQuality {
    type Config = Config;
    type Partial = Tally;
    const INSPECTS_EXAMPLES: bool = true;
    const CHECKS: &'static [(&'static str, &'static str)] = checks::DESCRIPTIONS;

    fn new(config: Config) -> Result<Self> {
        shares(&[("max_repetition", config.max_repetition), ("min_letters", config.min_letters)])?;
        let plugin = Self { config };
        plugin.checks().known()?;
        Ok(plugin)
    }

    fn inspect(&self, batch: &[Subject]) -> Result<Inspection<Tally>> {
        let (mut partial, mut seen) = (Tally::default(), Seen::default());
        let verdicts = batch
            .iter()
            .map(|subject| match subject {
                Subject::Example(example) => Ok(self.judge(example, &mut seen, &mut partial)),
                Subject::Conversation(_) => {
                    Err(Error::permanent("example-quality inspects examples, not conversations"))
                }
            })
            .collect::<Result<_>>()?;
        Ok(Inspection { verdicts, partial })
    }

    fn merge(&self, left: Tally, right: Tally) -> Tally {
        left.plus(right)
    }

    fn conclude(&self, partial: Tally) -> Result<Report> {
        partial.report("examples")
    }
}

impl ExampleQuality {
    fn checks(&self) -> Checks<'_> {
        Checks {
            all: checks::DESCRIPTIONS,
            skip: &self.config.skip,
            flag_only: &self.config.flag_only,
        }
    }

    fn judge<'a>(&self, example: &'a Example, seen: &mut Seen<'a>, tally: &mut Tally) -> Verdict {
        let reading = Reading::of(example, seen);
        tally.subject(&example.family, reading.words);
        self.checks().judge(tally, |check| checks::TESTS[check](&self.config, example, &reading))
    }
}

rehearsal_sdk::export_validator!(ExampleQuality);
