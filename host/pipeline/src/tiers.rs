//! Where several extractors label the same thing: whose labels stand, how far they agree,
//! and on which calls they do not.
//!
//! Cues are narrow: that they are silent says nothing. So those are compared who judge a
//! call: trained heads, language models.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_model::{Annotation, Role, Scope, Tier, Value};
use rehearsal_repository::Repository;
use rehearsal_sandbox::AnnotationKind;
use rehearsal_statistics::{Bootstrap, Interval, agreement::cohen_kappa};

use crate::PipelineError;
use crate::records::{ANALYSES, Analysis, CALLS, StageAnnotations};

/// By which an extractor says that a language model read the call.
const BY_MODEL: &str = "llm_labels";
/// What an extractor says of a call whose labels are from trained heads.
const BY_HEADS: &str = "learned";
/// The class of a turn without a label.
const NONE: &str = "";

/// How two extractors agree on what they both look for.
#[derive(Debug, Clone, PartialEq)]
pub struct TierAgreement {
    /// What they look for: `nepq`.
    pub name: String,
    /// The ids of both.
    pub stages: (String, String),
    /// Calls that both judged.
    pub calls: usize,
    /// Turns of the sides that carry such labels.
    pub turns: usize,
    /// Cohen's κ with its interval of 95 % over calls: of the turn's class where a turn
    /// has one at most, else of each label in each turn. None where chance alone would
    /// agree always.
    pub kappa: Option<Interval>,
}

/// Labels of turns.
type Turns<'a> = BTreeMap<u32, BTreeSet<&'a str>>;

/// Who looks for what, as far as anybody ever found it.
#[derive(Debug, Default)]
pub(crate) struct Raters(BTreeMap<String, BTreeSet<String>>);

impl Raters {
    /// Notes what the extractors of a call look for.
    pub(crate) fn note(&mut self, analysis: &Analysis) {
        for stage in &analysis.stages {
            for (annotation, _, _) in labels(stage) {
                let known = self.0.get(&annotation.name);
                if known.is_none_or(|stages| !stages.contains(&stage.stage)) {
                    let of_name = self.0.entry(annotation.name.clone()).or_default();
                    of_name.insert(stage.stage.clone());
                }
            }
        }
    }

    /// Those who judged a call, with what they say of its turns, by name; only what
    /// several look for.
    fn on<'a>(&'a self, analysis: &'a Analysis) -> BTreeMap<&'a str, Vec<(&'a str, Turns<'a>)>> {
        let mut judged = BTreeMap::new();
        for (name, stages) in self.0.iter().filter(|(_, stages)| stages.len() > 1) {
            let of_name: Vec<(&str, Turns<'_>)> = analysis
                .stages
                .iter()
                .filter(|stage| stages.contains(&stage.stage) && judges(stage, name))
                .map(|stage| (stage.stage.as_str(), turns(stage, name)))
                .collect();
            if of_name.len() > 1 {
                judged.insert(name.as_str(), of_name);
            }
        }
        judged
    }

    /// Share of the places that anybody labelled on which not all say the same, 0 to 1;
    /// none where nobody can be compared.
    pub(crate) fn split(&self, analysis: &Analysis) -> Option<f64> {
        let (mut places, mut split) = (0_u32, 0_u32);
        for said in self.on(analysis).values() {
            let turns: BTreeSet<u32> =
                said.iter().flat_map(|(_, turns)| turns.keys().copied()).collect();
            for turn in turns {
                let (_, first) = &said[0];
                places += 1;
                split += u32::from(
                    said[1..].iter().any(|(_, other)| other.get(&turn) != first.get(&turn)),
                );
            }
        }
        (places > 0).then(|| f64::from(split) / f64::from(places))
    }
}

/// Labels of turns with their turn.
fn labels(
    stage: &StageAnnotations,
) -> impl Iterator<Item = (&Annotation, u32, &rehearsal_model::Label)> {
    stage.annotations.iter().filter_map(|annotation| match &annotation.value {
        Value::Label(label) => Some((annotation, annotation.scope.turn()?, label)),
        _ => None,
    })
}

fn turns<'a>(stage: &'a StageAnnotations, name: &str) -> Turns<'a> {
    let mut turns: Turns<'a> = BTreeMap::new();
    for (_, turn, label) in labels(stage).filter(|(annotation, ..)| annotation.name == name) {
        turns.entry(turn).or_default().insert(&label.name);
    }
    turns
}

/// Whether an extractor had its say on a name, by more than cues.
fn judges(stage: &StageAnnotations, name: &str) -> bool {
    let whole = stage.annotations.iter().filter(|one| one.scope == Scope::Conversation);
    let mut unable = whole.filter(|one| one.name == name);
    let able = !unable.any(|one| matches!(one.value, Value::Unavailable(_)));
    able && stage.annotations.iter().any(|one| match &one.value {
        Value::Label(label) => label.tier >= Tier::Learned,
        Value::Text(text) => text == BY_HEADS || one.name == BY_MODEL,
        _ => false,
    })
}

/// Whether a language model read the call for this extractor.
fn by_model(stage: &StageAnnotations) -> bool {
    let told = |one: &Annotation| one.name == BY_MODEL && matches!(one.value, Value::Text(_));
    stage.annotations.iter().any(told) || labels(stage).any(|(_, _, label)| label.tier == Tier::Llm)
}

/// What is learned from: where a language model read a call, its labels stand, and those
/// of heads and cues of the same name do not; two opinions of one turn would be two rows.
/// `emits` says what an extractor looks for.
pub(crate) fn standing<'a, 'e>(
    analysis: &'a Analysis,
    emits: impl Fn(&str) -> &'e [AnnotationKind],
) -> Vec<&'a Annotation> {
    let mut taken: BTreeSet<(&str, &str)> = BTreeSet::new();
    for stage in analysis.stages.iter().filter(|stage| by_model(stage)) {
        let names = emits(&stage.stage).iter().filter(|kind| !kind.labels.is_empty());
        let names = names.map(|kind| kind.name.as_str()).filter(|name| judges(stage, name));
        taken.extend(names.map(|name| (stage.stage.as_str(), name)));
    }
    let stands = |stage: &StageAnnotations, one: &Annotation| match &one.value {
        Value::Label(label) if label.tier < Tier::Llm => {
            !taken.iter().any(|(model, name)| *name == one.name && *model != stage.stage)
        }
        _ => true,
    };
    let all = analysis.stages.iter();
    all.flat_map(|stage| stage.annotations.iter().filter(move |one| stands(stage, one))).collect()
}

/// A turn as two extractors see it.
struct Seen {
    role: Role,
    labels: [BTreeSet<String>; 2],
}

/// How those agree who look for the same, over all calls that they both judged.
///
/// # Errors
/// When the repository cannot be read.
pub fn tier_agreement(repository: &Repository) -> Result<Vec<TierAgreement>, PipelineError> {
    let mut raters = Raters::default();
    for record in repository.scan(&ANALYSES, [])? {
        raters.note(&record?.value);
    }
    let mut pairs: BTreeMap<(String, String, String), Vec<Vec<Seen>>> = BTreeMap::new();
    for record in repository.scan(&ANALYSES, [])? {
        let record = record?;
        let judged = raters.on(&record.value);
        if judged.is_empty() {
            continue;
        }
        let Some(call) = repository.get(&CALLS, &record.key)? else { continue };
        let call = call.conversation;
        for (name, said) in judged {
            for (at, (one, of_one)) in said.iter().enumerate() {
                for (other, of_other) in &said[at + 1..] {
                    let seen = call.turns.iter().zip(0_u32..).map(|(turn, index)| {
                        let labels = [of_one, of_other].map(|turns| {
                            let labels = turns.get(&index).into_iter().flatten();
                            labels.map(|label| (*label).to_owned()).collect()
                        });
                        Seen { role: call.role(turn), labels }
                    });
                    let key = (name.to_owned(), (*one).to_owned(), (*other).to_owned());
                    pairs.entry(key).or_default().push(seen.collect());
                }
            }
        }
    }
    Ok(pairs
        .into_iter()
        .map(|((name, one, other), calls)| compare(name, (one, other), calls))
        .collect())
}

/// Resampled turns at most: a minute of work on a large corpus.
const RESAMPLED: usize = 100_000_000;

fn compare(name: String, stages: (String, String), mut calls: Vec<Vec<Seen>>) -> TierAgreement {
    // Only sides that can carry such a label are asked about it.
    let all = || calls.iter().flatten();
    let labelled = |seen: &&Seen| seen.labels.iter().any(|labels| !labels.is_empty());
    let roles: Vec<Role> = all().filter(labelled).map(|seen| seen.role).collect();
    let several = all().any(|seen| seen.labels.iter().any(|labels| labels.len() > 1));
    let classes: BTreeSet<String> = all()
        .flat_map(|seen| seen.labels.iter().flatten().cloned())
        .chain((!several).then(|| NONE.to_owned()))
        .collect();
    let classes: Vec<String> = classes.into_iter().collect();
    for call in &mut calls {
        call.retain(|seen| roles.contains(&seen.role));
    }
    let turns = calls.iter().map(Vec::len).sum::<usize>();
    let clusters: Vec<Vec<(usize, usize)>> = calls
        .iter()
        .map(|call| call.iter().flat_map(|seen| items(seen, &classes, several)).collect())
        .collect();
    let kinds = if several { 2 } else { classes.len() };
    let items = clusters.iter().map(Vec::len).sum::<usize>().max(1);
    let resamples = Bootstrap::default().resamples.min(RESAMPLED / items).max(100);
    let bootstrap = Bootstrap { resamples, ..Bootstrap::default() };
    let kappa = bootstrap.interval(&clusters, |pairs| cohen_kappa(pairs, kinds));
    TierAgreement { name, stages, calls: calls.len(), turns, kappa }
}

/// What two say of a turn: one pair of classes, or whether each label holds.
fn items(seen: &Seen, classes: &[String], several: bool) -> Vec<(usize, usize)> {
    let [one, other] = &seen.labels;
    if several {
        let holds = |labels: &BTreeSet<String>, class| usize::from(labels.contains(class));
        return classes.iter().map(|class| (holds(one, class), holds(other, class))).collect();
    }
    let place = |labels: &BTreeSet<String>| {
        let class = labels.first().map_or(NONE, String::as_str);
        classes.iter().position(|known| known == class).unwrap_or_default()
    };
    vec![(place(one), place(other))]
}

#[cfg(test)]
mod tests {
    use rehearsal_model::{Digest, Label};

    use super::*;

    fn stage(id: &str, tier: Tier, said: &[(u32, &str)]) -> StageAnnotations {
        let annotation = |scope, name: &str, value| Annotation {
            scope,
            name: name.to_owned(),
            definition: format!("{name}@1"),
            value,
            rule: String::new(),
            related_turns: Vec::new(),
        };
        let label = |(turn, name): &(u32, &str)| {
            let label = Label { name: (*name).to_owned(), tier, confidence: 0.8 };
            annotation(Scope::Turn(*turn), "nepq", Value::Label(label))
        };
        let told = match tier {
            Tier::Llm => annotation(Scope::Conversation, BY_MODEL, Value::Text("m".to_owned())),
            Tier::Learned => {
                annotation(Scope::Conversation, "nepq_tier", Value::Text(BY_HEADS.to_owned()))
            }
            _ => annotation(Scope::Conversation, "nepq_tier", Value::Text("cue: x".to_owned())),
        };
        StageAnnotations {
            stage: id.to_owned(),
            key: Digest::of(b"key"),
            component: Digest::of(b"component"),
            annotations: std::iter::once(told).chain(said.iter().map(label)).collect(),
        }
    }

    fn split(stages: Vec<StageAnnotations>) -> Option<f64> {
        let analysis = Analysis { stages };
        let mut raters = Raters::default();
        // What they look for is known from other calls, too.
        raters.note(&Analysis {
            stages: vec![
                stage("nepq", Tier::Learned, &[(0, "x")]),
                stage("llm", Tier::Llm, &[(0, "x")]),
            ],
        });
        raters.note(&analysis);
        raters.split(&analysis)
    }

    #[test]
    fn silence_of_heads_and_models_is_an_opinion_and_that_of_cues_is_none() {
        let heads = |said: &[(u32, &str)]| stage("nepq", Tier::Learned, said);
        let model = |said: &[(u32, &str)]| stage("llm", Tier::Llm, said);
        assert_eq!(split(vec![heads(&[(0, "a"), (2, "b")]), model(&[(0, "a")])]), Some(0.5));
        assert_eq!(split(vec![heads(&[(0, "a")]), model(&[(0, "b")])]), Some(1.0));
        assert_eq!(split(vec![heads(&[]), model(&[(4, "a")])]), Some(1.0));
        assert_eq!(split(vec![heads(&[(4, "a")]), model(&[(4, "a")])]), Some(0.0));
        assert_eq!(split(vec![stage("nepq", Tier::Cue, &[]), model(&[(4, "a")])]), None);
        assert_eq!(split(vec![heads(&[(4, "a")])]), None);
    }

    #[test]
    fn where_a_model_read_a_call_its_labels_stand() {
        let kind = |name: &str, labels: &[&str]| AnnotationKind {
            name: name.to_owned(),
            definition: format!("{name}@1"),
            meaning: String::new(),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        };
        let emits = [kind("nepq", &["a", "b"]), kind(BY_MODEL, &[])];
        let stands = |stages: Vec<StageAnnotations>| {
            let analysis = Analysis { stages };
            let own = |id: &str| if id == "llm" { &emits[..] } else { &[] };
            let all = standing(&analysis, own);
            let of_label = |one: &&Annotation| match &one.value {
                Value::Label(label) => Some((one.scope.turn()?, label.name.clone())),
                _ => None,
            };
            all.iter().filter_map(of_label).collect::<Vec<_>>()
        };
        let heads = stage("nepq", Tier::Learned, &[(0, "a"), (2, "b")]);
        let both = vec![heads.clone(), stage("llm", Tier::Llm, &[(0, "b")])];
        assert_eq!(stands(both), [(0, "b".to_owned())]);
        assert_eq!(stands(vec![heads.clone(), stage("llm", Tier::Llm, &[])]), []);
        // A model that could not be asked says nothing.
        let mut silent = stage("llm", Tier::Llm, &[]);
        silent.annotations[0].value = Value::Unavailable("no budget".to_owned());
        assert_eq!(stands(vec![heads, silent]).len(), 2);
    }

    #[test]
    fn kappa_is_cohens_over_the_turns_of_the_side_that_carries_labels() {
        let seen = |role, one: &[&str], other: &[&str]| Seen {
            role,
            labels: [one, other].map(|all| all.iter().map(|label| (*label).to_owned()).collect()),
        };
        let call = || {
            vec![
                seen(Role::Seller, &["a"], &["a"]),
                seen(Role::Prospect, &[], &[]),
                seen(Role::Seller, &["b"], &["a"]),
                seen(Role::Seller, &[], &[]),
                seen(Role::Seller, &[], &[]),
            ]
        };
        let stages = ("llm".to_owned(), "nepq".to_owned());
        let told = compare("nepq".to_owned(), stages, vec![call(), call()]);
        assert_eq!((told.calls, told.turns), (2, 8));
        // Observed 6/8; expected (2·4 + 0·2 + 4·4) / 64 = 3/8.
        let kappa = told.kappa.expect("it is defined").estimate;
        assert!((kappa - (0.75 - 0.375) / (1.0 - 0.375)).abs() < 1e-12, "{kappa}");
    }
}
