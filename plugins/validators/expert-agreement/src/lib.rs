//! Holds a model to the experts as they hold each other, over all calls that were judged.
//!
//! The host hands verdicts over as annotations of their call: `check.ID` with the label
//! `pass` or `fail`, `score` and `slice.NAME`, with the rubric as their definition and
//! the rater as their rule. This plugin marks calls on which experts contradict each
//! other or a blocker was missed, and concludes with the statistics and the gate of
//! `rehearsal agreement`: it is the same code.

mod said;

use rehearsal_review::{Agreement, Comparison, Gate, Rubric, Verdict as Judgement};
use rehearsal_sdk::prelude::*;
use rehearsal_statistics::Bootstrap;

pub use said::Said;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The rubric whose verdicts count, by name: `nepq-v3`. Empty takes the one that most
    /// verdicts answer.
    pub rubric: String,
    /// The model to hold against the experts, as its verdicts name it: `model:coach@1`.
    pub model: Option<String>,
    /// Checks that are blockers, by id.
    pub blockers: Vec<String>,
    /// Share of the checks of a call on which experts may differ before it is marked, 0 to 1.
    pub max_differing: f64,
    /// Resamples of the intervals.
    pub resamples: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            rubric: String::new(),
            model: None,
            blockers: Vec::new(),
            max_differing: 0.5,
            resamples: 2_000,
        }
    }
}

const DIFFERENT: &str = "experts_differ";
const MISSED: &str = "missed_blocker";

/// The validator.
#[derive(Debug)]
pub struct ExpertAgreement {
    config: Config,
}

impl Validator for ExpertAgreement {
    type Config = Config;
    type Partial = Said;
    const INSPECTS_EXAMPLES: bool = false;
    const CHECKS: &'static [(&'static str, &'static str)] = &[
        (DIFFERENT, "experts give different answers to too many checks of the call"),
        (MISSED, "experts saw a blocker fail and the model did not"),
    ];

    fn new(config: Config) -> Result<Self> {
        if !(0.0..=1.0).contains(&config.max_differing) {
            return Err(Error::invalid("`max_differing` is a share, 0 to 1"));
        }
        if config.resamples == 0 || config.resamples > 20_000 {
            return Err(Error::invalid("`resamples` is 1 to 20,000"));
        }
        Ok(Self { config })
    }

    fn inspect(&self, batch: &[Subject]) -> Result<Inspection<Said>> {
        let mut partial = Said::default();
        let mut verdicts = Vec::with_capacity(batch.len());
        for subject in batch {
            let Subject::Conversation(annotated) = subject else {
                return Err(Error::permanent(
                    "expert-agreement inspects conversations, not examples",
                ));
            };
            let own = Said::of(&annotated.conversation.id, &annotated.annotations);
            verdicts.push(self.judge(&own));
            partial = partial.plus(own);
        }
        Ok(Inspection { verdicts, partial })
    }

    fn merge(&self, left: Said, right: Said) -> Said {
        left.plus(right)
    }

    fn conclude(&self, partial: Said) -> Result<Report> {
        let Some((rubric, judgements)) = self.judgements(&partial) else {
            return Ok(nothing());
        };
        let bootstrap = Bootstrap { resamples: self.config.resamples as usize, seed: 7 };
        let model = self.config.model.as_deref();
        report(&Agreement::of(&rubric, &judgements, model, bootstrap), &rubric)
    }
}

impl ExpertAgreement {
    /// The rubric's verdicts, and the rubric as far as they show it.
    fn judgements(&self, said: &Said) -> Option<(Rubric, Vec<Judgement>)> {
        let name = if self.config.rubric.is_empty() {
            said.commonest_rubric()?
        } else {
            said.rubric_named(&self.config.rubric)?
        };
        let judgements = said.judgements(name);
        Some((said::rubric(name, &judgements, &self.config.blockers), judgements))
    }

    fn judge(&self, said: &Said) -> Verdict {
        let Some((rubric, judgements)) = self.judgements(said) else { return Verdict::Accept };
        let bootstrap = Bootstrap { resamples: 1, seed: 7 };
        let model = self.config.model.as_deref();
        let agreement = Agreement::of(&rubric, &judgements, model, bootstrap);
        if let Some(item) = agreement.missed_blockers.first() {
            return Verdict::flagged(MISSED, format!("{item}: the model passed it"));
        }
        let (differing, answered) = said::differing(&judgements);
        if answered > 0 && differing as f64 > self.config.max_differing * answered as f64 {
            let reason = format!("experts differ on {differing} of {answered} checks");
            return Verdict::flagged(DIFFERENT, reason);
        }
        Verdict::Accept
    }
}

fn nothing() -> Report {
    let summary = "no call was judged by an expert yet".to_owned();
    Report { summary, metrics: Vec::new(), details: "{}".to_owned() }
}

fn report(agreement: &Agreement, rubric: &Rubric) -> Result<Report> {
    let interval = |comparison: &Comparison| {
        let text = |one: Option<rehearsal_statistics::Interval>| {
            one.map_or_else(
                || "–".to_owned(),
                |one| format!("{:.2} [{:.2}, {:.2}]", one.estimate, one.low, one.high),
            )
        };
        format!("experts {}, model {}", text(comparison.experts), text(comparison.model))
    };
    let mut summary = format!(
        "{}: {} calls, {} experts; mean κ {}",
        rubric.name,
        agreement.calls,
        agreement.experts.len(),
        interval(&agreement.overall)
    );
    for check in &agreement.checks {
        summary.push_str(&format!("\n  {}: κ {}", check.check, interval(&check.kappa)));
    }
    if agreement.model.is_some() {
        let reasons = agreement.gate(Gate::default());
        let told: Vec<String> = reasons.iter().map(ToString::to_string).collect();
        summary.push_str(&match told.as_slice() {
            [] => "\ngate: the model may be released".to_owned(),
            told => format!("\ngate: the model is not released: {}", told.join("; ")),
        });
    }
    let metric =
        |name: String, value: f64, unit: &str| Metric { name, value, unit: unit.to_owned() };
    let mut metrics = vec![
        metric("calls".to_owned(), agreement.calls as f64, "count"),
        metric("experts".to_owned(), agreement.experts.len() as f64, "count"),
    ];
    let kappas = [("experts", agreement.overall.experts), ("model", agreement.overall.model)];
    for (who, found) in kappas {
        metrics.extend(found.map(|one| metric(format!("kappa.{who}"), one.estimate, "κ")));
    }
    for check in &agreement.checks {
        metrics
            .extend(check.alpha.map(|alpha| metric(format!("alpha.{}", check.check), alpha, "α")));
    }
    let details = serde_json::to_string(agreement)
        .map_err(|error| Error::permanent(format!("the report cannot be written: {error}")))?;
    Ok(Report { summary, metrics, details })
}

rehearsal_sdk::export_validator!(ExpertAgreement);
