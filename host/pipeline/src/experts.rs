//! What experts and models said of calls, as annotations that validators of calls read.
//!
//! A validator sees its batch and nothing else, so verdicts reach it the way everything
//! else does that is known of a call. Calls that nobody judged have the keys that they
//! always had: a new verdict makes work for its own call only.

use std::collections::HashMap;

use rehearsal_model::{Annotation, ConversationId, Digest, Hasher, Label, Scope, Tier, Value};
use rehearsal_repository::{Fingerprint, Repository};
use rehearsal_review::{Journal, Verdict};

use crate::PipelineError;
use crate::plan::Plan;
use crate::records::{Subjects, fingerprint};
use crate::verdicts::all_verdicts;

/// Verdicts that hold now, by call.
#[derive(Debug, Default)]
pub(crate) struct Experts(HashMap<ConversationId, (Vec<Annotation>, Digest)>);

impl Experts {
    /// Of a pipeline's journal; none where no validator looks at calls.
    pub(crate) fn gather(plan: &Plan, repository: &Repository) -> Result<Self, PipelineError> {
        if plan.validators.iter().all(|one| one.inspects != Subjects::Conversations) {
            return Ok(Self::default());
        }
        let journal = Journal::new(&plan.review.verdicts);
        let mut by_call: HashMap<ConversationId, Vec<Annotation>> = HashMap::new();
        for verdict in all_verdicts(repository, &journal)?.standing() {
            // What was judged elsewhere is no call of this repository.
            if let Ok(id) = verdict.call().parse() {
                by_call.entry(id).or_default().extend(annotations(&verdict));
            }
        }
        let digest = |said: &Vec<Annotation>| Digest::of_value(said);
        let with_digest = |(id, said): (ConversationId, Vec<Annotation>)| {
            let digest = digest(&said);
            (id, (said, digest))
        };
        Ok(Self(by_call.into_iter().map(with_digest).collect()))
    }

    pub(crate) fn of(&self, id: ConversationId) -> &[Annotation] {
        self.0.get(&id).map_or(&[], |(said, _)| said)
    }

    /// The mark of a call's product, as it is with what was said of the call.
    pub(crate) fn mark(&self, id: ConversationId, product: Digest) -> Fingerprint {
        let Some((_, said)) = self.0.get(&id) else { return fingerprint(&product) };
        let mut hasher = Hasher::new("product with verdicts");
        hasher.part(product.as_bytes()).part(said.as_bytes());
        fingerprint(&hasher.finish())
    }
}

/// A verdict: an annotation a check, one for the score, and its slices. The rule names
/// the rater and the part of the call: `e07`, `model:coach@1#t12-18`.
fn annotations(verdict: &Verdict) -> Vec<Annotation> {
    let part = &verdict.item_id[verdict.call().len()..];
    let rule = format!("{}{part}", verdict.rater);
    let tier = if verdict.is_model() { Tier::Llm } else { Tier::Expert };
    let about = |name: &str, value: Value, related_turns: Vec<u32>| Annotation {
        scope: Scope::Conversation,
        name: name.to_owned(),
        definition: verdict.rubric.clone(),
        value,
        rule: rule.clone(),
        related_turns,
    };
    let checks = verdict.checks.iter().map(|(check, passed)| {
        let name = if *passed { "pass" } else { "fail" };
        let label = Label { name: name.to_owned(), tier, confidence: 1.0 };
        let own = verdict.spans.iter().filter(|span| span.check == *check);
        let mut turns: Vec<u32> = own.filter_map(|span| u32::try_from(span.turn).ok()).collect();
        turns.sort_unstable();
        turns.dedup();
        about(&format!("check.{check}"), Value::Label(label), turns)
    });
    let score = verdict.score.map(|score| about("score", Value::Number(score), Vec::new()));
    let slices = verdict.slices.iter().map(|(name, value)| {
        about(&format!("slice.{name}"), Value::Text(value.clone()), Vec::new())
    });
    checks.chain(score).chain(slices).collect()
}
