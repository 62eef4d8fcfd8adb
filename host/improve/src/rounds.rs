//! A turn of the loop: what experts said becomes a challenger, and the challenger a
//! champion where it is better and good enough.
//!
//! Nothing of a turn is kept but versions and stages, and each of these follows from
//! what went in: cut off anywhere, the next turn finds what was made and goes on.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_classify::{Judged, compare, decided, suspicious};
use rehearsal_config::{Learner, Trainer};
use rehearsal_review::{Agreement, Check, Gate, Rubric, Verdict};
use rehearsal_statistics::agreement::cohen_kappa;
use rehearsal_statistics::distribution::population_stability_index;
use rehearsal_statistics::{Bootstrap, Interval};
use serde::Serialize;

use crate::lessons::{Lesson, Lessons, Rater, Side};
use crate::make::{self, load};
use crate::method::{Method, Model};
use crate::registry::{Registry, Version};
use crate::task::{NONE, Task};
use crate::trainer::{Workshop, gather};
use crate::verdicts::voices;
use crate::{ImproveError, Trained};

/// Drift beyond this is an alarm.
const ALARM: f64 = 0.2;

/// What came of a turn of the loop for one trainer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Round {
    /// The trainer's id.
    pub trainer: String,
    /// Lessons by who gave their labels.
    pub lessons: BTreeMap<String, u64>,
    /// Labels to look at again, the most doubtful first.
    pub suspicious: Vec<Doubt>,
    /// The version that was trained; of a dry run none, unless it was there already.
    pub challenger: Option<u32>,
    /// The version that was in use.
    pub champion: Option<u32>,
    /// Challenger less champion in macro-F1 on the frozen test split; none without a
    /// champion, or without a test split.
    pub difference: Option<Interval>,
    /// Texts of the test split by who gave their labels.
    pub judged_by: BTreeMap<String, u64>,
    /// Why the release gate holds the challenger back; none where it does not.
    pub gate: Vec<String>,
    /// Whether the challenger is now in use.
    pub promoted: bool,
    /// Why, or why not.
    pub because: String,
    /// How far the model in use and the calls have moved apart.
    pub drift: Drift,
}

/// A label to look at again.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Doubt {
    /// The call.
    pub call: String,
    /// The turn; none for the whole call.
    pub turn: Option<u32>,
    /// The classes that its rater gave it.
    pub labels: BTreeSet<String>,
    /// Who did.
    pub rater: Rater,
    /// The class that is doubted, or missed.
    pub class: String,
    /// The class that is believed instead, where one excludes another.
    pub instead: Option<String>,
    /// How far the probability speaks against the label, 0 to 1.
    pub margin: f64,
}

/// How far the model in use and the calls have moved apart.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Drift {
    /// Population stability index of the classes that it finds now against those that it
    /// found when it was made.
    pub psi: Option<f64>,
    /// Cohen's κ of it with the experts on calls that were drawn by chance and judged
    /// after it was made.
    pub kappa: Option<f64>,
    /// The index is at 0.2 or above.
    pub alarm: bool,
}

/// What a turn of the loop goes by, besides the workshop.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Calls that experts got by chance.
    pub by_chance: BTreeSet<String>,
}

/// A turn of the loop for one classifier.
///
/// # Errors
/// As [`ImproveError`] says. What was made before stands.
pub fn round(
    workshop: Workshop<'_>,
    trainer: &Trainer,
    order: &Order,
) -> Result<Option<Round>, ImproveError> {
    let Learner::Classifier { task, annotation, trust, features, gate, .. } = &trainer.learner
    else {
        return Ok(None);
    };
    let task = Task::of(task, annotation.as_deref());
    let mut registry = Registry::open(workshop.repository, &workshop.pipeline.workspace)?;
    let mut gathered = gather(workshop, &mut registry, trainer, &task)?;
    let method = Method::of(workshop, trainer, &task, &mut gathered.lessons)?;
    let mut classes = method.classes(&gathered.lessons, &task);
    let unseen = method.unseen(&trainer.id, &gathered.lessons, &classes, &task, trust)?;
    let doubts = doubts(&unseen, &classes, &task);
    let champion = registry.champion(&trainer.id).cloned();
    let in_use = match &champion {
        Some(version) => Some(load(&registry, version, &method)?),
        None => method.ships(),
    };

    let (challenger, model) = if workshop.dry_run {
        let (model, _) = method.fit(&trainer.id, &gathered.lessons, &task, trust)?;
        let inputs = method.inputs(&task, trust, &gathered.lessons);
        (registry.made_of(&trainer.id, &inputs).cloned(), model)
    } else {
        let Trained { version, .. } =
            make::train(&mut registry, trainer, &method, &task, trust, *features, &gathered)?;
        let model = load(&registry, &version, &method)?;
        (Some(version), model)
    };
    if let Some(in_use) = &in_use {
        let more: Vec<String> =
            in_use.classes().iter().filter(|one| !classes.contains(one)).cloned().collect();
        classes.extend(more);
    }
    let test = bench(&gathered.lessons);
    let judged = method.judge(&model, &test, &classes, &task);
    let difference = in_use.as_ref().and_then(|in_use| {
        let former = method.judge(in_use, &test, &classes, &task);
        compare(&former, &judged, classes.len(), !task.several, Bootstrap::default())
    });
    let reasons = if *gate {
        let said = unseen.iter().map(|(lesson, p)| (*lesson, p.clone()));
        let tested =
            test.iter().zip(&judged).map(|(lesson, one)| (*lesson, one.probabilities.clone()));
        let said: Vec<_> = said.chain(tested).collect();
        held_back(workshop.verdicts, &said, &classes, &task)
    } else {
        Vec::new()
    };
    let same = champion.as_ref().zip(challenger.as_ref());
    let same = same.is_some_and(|(one, other)| one.version == other.version);
    let former = match (&in_use, &champion) {
        (Some(Model::Shipped), _) => Some("the head that ships".to_owned()),
        (_, champion) => champion.as_ref().map(|one| format!("version {}", one.version)),
    };
    let (good, because) = decide(same, former.as_deref(), difference, &reasons, &test);
    let drift = match (&in_use, &champion) {
        (Some(in_use), Some(version)) => {
            let now: Vec<&Lesson> = gathered.lessons.on(Side::Train).collect();
            let known = match in_use.classes() {
                [] => method.classes(&gathered.lessons, &task),
                known => known.to_vec(),
            };
            let said = method.judge(in_use, &now, &known, &task);
            drift(version, &known, &now, &said, &task, order)
        }
        _ => Drift::default(),
    };
    let mut promoted = false;
    if let (true, false, Some(challenger)) = (good, workshop.dry_run, &challenger) {
        registry.promote(&trainer.id, challenger.version)?;
        promoted = true;
    }
    Ok(Some(Round {
        trainer: trainer.id.clone(),
        lessons: gathered.lessons.by_rater(),
        suspicious: doubts,
        challenger: challenger.map(|version| version.version),
        champion: champion.map(|version| version.version),
        difference,
        judged_by: test.iter().fold(BTreeMap::new(), |mut counts, lesson| {
            *counts.entry(lesson.rater.name().to_owned()).or_default() += 1;
            counts
        }),
        gate: reasons,
        promoted,
        because,
        drift,
    }))
}

/// What models are judged by: what experts say of the test split, or, where they say
/// nothing of it, what others do.
fn bench(lessons: &Lessons) -> Vec<&Lesson> {
    let all: Vec<&Lesson> = lessons.on(Side::Test).collect();
    let by_experts: Vec<&Lesson> =
        all.iter().filter(|lesson| lesson.rater == Rater::Expert).copied().collect();
    if by_experts.is_empty() { all } else { by_experts }
}

fn doubts(unseen: &[(&Lesson, Vec<f64>)], classes: &[String], task: &Task) -> Vec<Doubt> {
    let probabilities: Vec<Option<Vec<f64>>> =
        unseen.iter().map(|(_, found)| Some(found.clone())).collect();
    let labels: Vec<Vec<usize>> =
        unseen.iter().map(|(lesson, _)| lesson.numbers(classes, task.several)).collect();
    let name = |class: usize| classes.get(class).cloned().unwrap_or_default();
    suspicious(&probabilities, &labels, !task.several)
        .into_iter()
        .map(|one| {
            let (lesson, _) = &unseen[one.example];
            Doubt {
                call: lesson.call.clone(),
                turn: lesson.turn,
                labels: lesson.labels.clone(),
                rater: lesson.rater,
                class: name(one.class),
                instead: one.instead.map(name),
                margin: one.margin,
            }
        })
        .collect()
}

/// Holds a model to the experts as they hold each other, class by class, on texts whose
/// calls it has not seen. Returns why it is held back.
fn held_back(
    verdicts: &[Verdict],
    said: &[(&Lesson, Vec<f64>)],
    classes: &[String],
    task: &Task,
) -> Vec<String> {
    let rubric = Rubric {
        name: task.name.clone(),
        digest: String::new(),
        checks: classes
            .iter()
            .filter(|class| *class != NONE)
            .map(|class| Check { id: class.clone(), question: String::new(), blocker: false })
            .collect(),
    };
    let model = "model:challenger";
    let verdict = |call: &str, turn: Option<u32>, rater: &str, holds: &BTreeSet<String>| {
        let item_id = turn.map_or_else(|| call.to_owned(), |turn| format!("{call}#t{turn}"));
        let answer = |check: &Check| (check.id.clone(), holds.contains(&check.id));
        Verdict {
            item_id,
            rubric: rubric.name.clone(),
            rater: rater.to_owned(),
            checks: rubric.checks.iter().map(answer).collect(),
            ..Verdict::default()
        }
    };
    let mut all = Vec::new();
    let voices = voices(verdicts, task);
    for ((call, turn), raters) in &voices {
        all.extend(raters.iter().map(|(rater, holds)| verdict(call, *turn, rater, holds)));
    }
    for (lesson, probabilities) in said {
        if voices.contains_key(&(lesson.call.clone(), lesson.turn)) {
            let holds: BTreeSet<String> = decided(probabilities, !task.several)
                .into_iter()
                .filter_map(|class| classes.get(class).cloned())
                .collect();
            all.push(verdict(&lesson.call, lesson.turn, model, &holds));
        }
    }
    let agreement = Agreement::of(&rubric, &all, Some(model), Bootstrap::default());
    agreement.gate(Gate::default()).iter().map(ToString::to_string).collect()
}

/// Whether the challenger goes to use, and why or why not.
fn decide(
    same: bool,
    former: Option<&str>,
    difference: Option<Interval>,
    gate: &[String],
    test: &[&Lesson],
) -> (bool, String) {
    if same {
        return (
            false,
            "nothing new was learned: the model in use was made of the same".to_owned(),
        );
    }
    if !gate.is_empty() {
        return (false, format!("the release gate holds it back: {}", gate.join("; ")));
    }
    let Some(former) = former else {
        return (true, "it passes the gate, and no model was in use".to_owned());
    };
    match difference {
        None => (
            false,
            format!("it cannot be compared with {former}: {} texts to judge by", test.len()),
        ),
        Some(Interval { estimate, low, high }) if low > 0.0 => (
            true,
            format!(
                "it is better than {former} by {estimate:.3} [{low:.3}, {high:.3}] in macro-F1"
            ),
        ),
        Some(Interval { estimate, low, high }) => (
            false,
            format!(
                "it is not surely better than {former}: {estimate:+.3} [{low:+.3}, \
                 {high:+.3}] in macro-F1"
            ),
        ),
    }
}

fn drift(
    version: &Version,
    classes: &[String],
    lessons: &[&Lesson],
    said: &[Judged],
    task: &Task,
    order: &Order,
) -> Drift {
    let mut now = vec![0_u64; classes.len()];
    for one in said {
        decided(&one.probabilities, !task.several).into_iter().for_each(|class| now[class] += 1);
    }
    let before: Vec<u64> =
        classes.iter().map(|class| version.found.get(class).copied().unwrap_or(0)).collect();
    let psi = population_stability_index(&before, &now);
    let pairs: Vec<(usize, usize)> = lessons
        .iter()
        .zip(said)
        .filter(|(lesson, _)| {
            lesson.rater == Rater::Expert
                && order.by_chance.contains(&lesson.call)
                && !version.judged.contains(&lesson.call)
        })
        .filter_map(|(_, one)| {
            let truth = one.truth.first().copied();
            let found = decided(&one.probabilities, !task.several).first().copied();
            Some((truth?, found?))
        })
        .collect();
    Drift {
        psi,
        kappa: cohen_kappa(&pairs, classes.len()),
        alarm: psi.is_some_and(|psi| psi >= ALARM),
    }
}
