//! Which calls experts look at next, and what they get to see of them.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use rehearsal_model::{Annotation, Conversation, ConversationId, Value};
use rehearsal_repository::Repository;
use rehearsal_review::{Batch, BatchItem, Candidate, Rubric, Verdict, pick, place};

use crate::PipelineError;
use crate::live::live_calls;
use crate::plan::Plan;
use crate::publish::test_calls;
use crate::records::{ANALYSES, CALLS, CallRecord};
use crate::tiers::Raters;

/// What the models of the loop expect of calls.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expected {
    /// How many labels of each class experts gave so far; empty where there is no model.
    pub given: Vec<f64>,
    /// How many labels of each class are expected in a call, in the same order.
    pub of: BTreeMap<ConversationId, Vec<f64>>,
}

/// Asks the models of the loop what they expect of calls.
pub type Ask<'a> = &'a dyn Fn(&BTreeSet<ConversationId>) -> Expected;

/// What is to be picked.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What the calls are judged by.
    pub rubric: &'a Rubric,
    /// Verdicts that hold now.
    pub verdicts: &'a [Verdict],
    /// Batches that there are.
    pub batches: &'a [Batch],
    /// Calls at most.
    pub size: usize,
    /// What chance follows from; none for the pipeline's seed and the batch's number.
    pub seed: Option<u64>,
    /// Asks the models of the loop.
    pub expected: Ask<'a>,
}

/// A batch, not yet written.
#[derive(Debug, Clone)]
pub struct NextBatch {
    /// What was picked.
    pub batch: Batch,
    /// What was said in its calls, for people, in the same order.
    pub texts: Vec<String>,
    /// Calls that could have been picked.
    pub candidates: usize,
    /// Calls of test splits, which are never picked.
    pub test: usize,
    /// Calls that are judged already or wait in a batch.
    pub known: usize,
}

/// Picks the next batch: half by doubt, a quarter by diversity, a quarter by chance,
/// over sources and kinds of call, and none of any test split.
///
/// # Errors
/// When the repository cannot be read.
pub fn next_batch(
    plan: &Plan,
    repository: &Repository,
    request: Request<'_>,
) -> Result<NextBatch, PipelineError> {
    let sources: HashSet<&str> = plan.sources.iter().map(|s| s.stage.id.as_str()).collect();
    let live = live_calls(repository, &sources)?;
    let frozen = test_calls(plan, repository, &live)?;
    let known = known(&request);
    let (mut candidates, mut slices) = (Vec::new(), Vec::new());
    let mut raters = Raters::default();
    for id in live.keys() {
        raters.note(&repository.get(&ANALYSES, id.as_bytes())?.unwrap_or_default());
    }
    let (known, open): (Vec<ConversationId>, Vec<ConversationId>) = live
        .keys()
        .copied()
        .filter(|id| !frozen.contains(id))
        .partition(|id| known.contains(id.to_string().as_str()));
    let mut expected = (request.expected)(&open.iter().copied().collect());
    let asked = !expected.given.is_empty();
    for id in open {
        let Some(call) = repository.get(&CALLS, id.as_bytes())? else { continue };
        let of_call = slices_of(&call);
        candidates.push(Candidate {
            id: id.to_string(),
            stratum: of_call.values().map(String::as_str).collect::<Vec<_>>().join(", "),
            doubt: doubt(repository, &raters, id, request.verdicts, asked)?,
            expected: expected.of.remove(&id).unwrap_or_default(),
            place: place(&call.conversation.text),
        });
        slices.push(of_call);
    }
    let number = request.batches.iter().map(|batch| batch.number).max().unwrap_or_default() + 1;
    let seed = request.seed.unwrap_or_else(|| plan.seed.wrapping_add(u64::from(number)));
    let (mut items, mut texts) = (Vec::new(), Vec::new());
    for (at, why) in pick(&candidates, &expected.given, request.size, seed) {
        let item_id = candidates[at].id.clone();
        let id: Option<ConversationId> = item_id.parse().ok();
        let call = id.map(|id| repository.get(&CALLS, id.as_bytes())).transpose()?.flatten();
        texts.push(call.map(|call| transcript(&call.conversation)).unwrap_or_default());
        items.push(BatchItem { item_id, why, slices: slices[at].clone() });
    }
    Ok(NextBatch {
        batch: Batch { number, rubric: request.rubric.reference(), seed, items },
        texts,
        candidates: candidates.len(),
        test: frozen.len(),
        known: known.len(),
    })
}

/// Calls that experts judged by this rubric, and those that wait for it in a batch.
fn known<'a>(request: &Request<'a>) -> BTreeSet<&'a str> {
    let judged = request
        .verdicts
        .iter()
        .filter(|verdict| !verdict.is_model() && verdict.problem(request.rubric).is_none())
        .map(Verdict::call);
    let reference = request.rubric.reference();
    let waiting = request.batches.iter().filter(|batch| batch.rubric == reference);
    judged.chain(waiting.flat_map(|batch| &batch.items).map(|item| item.item_id.as_str())).collect()
}

/// What verdicts on a call are samples of.
fn slices_of(call: &CallRecord) -> BTreeMap<String, String> {
    let metadata = &call.conversation.metadata;
    let kind = metadata.iter().find(|(key, _)| key == "call_type").map(|(_, value)| value.clone());
    let mut slices = BTreeMap::from([("source".to_owned(), call.source.clone())]);
    slices.extend(kind.map(|kind| ("call_type".to_owned(), kind)));
    slices
}

/// A long call is not more doubtful for having more turns: its worst places count.
const WORST: usize = 5;

/// How little models agree on a call, 0 to 1: where a label's probability is near one
/// half, where heads and language models label turns differently, where models' verdicts
/// differ. Disagreement counts as much as all doubt of one model: a call on which two
/// were asked comes before one on which one is unsure. Where the models of the loop were
/// `asked`, what extractors are unsure of is left out.
fn doubt(
    repository: &Repository,
    raters: &Raters,
    id: ConversationId,
    verdicts: &[Verdict],
    asked: bool,
) -> Result<f64, PipelineError> {
    let analysis = repository.get(&ANALYSES, id.as_bytes())?.unwrap_or_default();
    let split = raters.split(&analysis).unwrap_or_default();
    let name = id.to_string();
    let models = verdicts.iter().filter(|verdict| verdict.is_model() && verdict.call() == name);
    let contradicted = of_verdicts(&models.collect::<Vec<_>>());
    if asked {
        return Ok(split.max(contradicted));
    }
    let mut doubts = of_labels(analysis.annotations());
    doubts.sort_by(|a, b| b.total_cmp(a));
    doubts.truncate(WORST);
    let unsure = doubts.iter().sum::<f64>() / WORST as f64;
    Ok(unsure.midpoint(split).max(contradicted))
}

/// How near to one half the least sure label of each turn and name is.
fn of_labels<'a>(annotations: impl Iterator<Item = &'a Annotation>) -> Vec<f64> {
    let mut places: BTreeMap<(Option<u32>, &str), f64> = BTreeMap::new();
    for annotation in annotations {
        let Value::Label(label) = &annotation.value else { continue };
        let place = (annotation.scope.turn(), annotation.name.as_str());
        let margin = 1.0 - (2.0 * f64::from(label.confidence) - 1.0).abs();
        let most = places.entry(place).or_default();
        *most = most.max(margin);
    }
    places.into_values().collect()
}

/// Share of the checks on which models say different things.
fn of_verdicts(models: &[&Verdict]) -> f64 {
    let mut answers: BTreeMap<&str, BTreeSet<bool>> = BTreeMap::new();
    for (check, answer) in models.iter().flat_map(|verdict| &verdict.checks) {
        answers.entry(check).or_default().insert(*answer);
    }
    let split = answers.values().filter(|answers| answers.len() > 1).count();
    if answers.is_empty() { 0.0 } else { split as f64 / answers.len() as f64 }
}

/// A call for reading, turns numbered as evidence names them.
fn transcript(call: &Conversation) -> String {
    let mut text = format!("# {}\n", call.title.as_deref().unwrap_or("A call"));
    for (index, turn) in call.turns.iter().enumerate() {
        let who = call
            .speaker(turn)
            .and_then(|speaker| speaker.name.clone())
            .unwrap_or_else(|| call.role(turn).name().to_owned());
        let time = turn
            .start_ms
            .map_or(String::new(), |ms| format!(" ({}:{:02})", ms / 60_000, ms / 1000 % 60));
        text.push_str(&format!("\n**{index}** {who}{time}: {}\n", call.turn_text(turn)));
    }
    text
}
