//! What the loop's own models expect in calls that nobody has judged: the queue asks for
//! those that would add most to what experts gave too little of (docs/research/loop.md).

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_classify::Input;
use rehearsal_config::{Features, Learner};
use rehearsal_model::{Conversation, ConversationId, Role};
use rehearsal_pipeline::query;
use rehearsal_pipeline::review::Expected;

use crate::ImproveError;
use crate::lessons::{Lesson, Lessons, Rater, Side};
use crate::make::load;
use crate::meaning::add_vectors;
use crate::method::{Method, Model};
use crate::registry::Registry;
use crate::rows::add_facts;
use crate::task::Task;
use crate::trainer::{Workshop, gather};
use crate::verdicts::{excerpt, tagged};

/// Calls that are read at once.
const AT_ONCE: usize = 256;

/// How many labels of each class the classifiers expect in calls, and how many experts
/// gave. Each is asked through the version in use, or the newest; without a trained
/// classifier nothing is expected.
///
/// # Errors
/// As [`ImproveError`] says.
pub fn expected(
    workshop: Workshop<'_>,
    calls: &BTreeSet<ConversationId>,
) -> Result<Expected, ImproveError> {
    let workshop = Workshop { dry_run: true, ..workshop };
    let mut registry = Registry::open(workshop.repository, &workshop.pipeline.workspace)?;
    let calls: Vec<ConversationId> = calls.iter().copied().collect();
    let mut all = Expected::default();
    for trainer in &workshop.pipeline.trainers {
        // What a head says, its extractor has said with a confidence.
        let Learner::Classifier { task, annotation, features, extractor: None, .. } =
            &trainer.learner
        else {
            continue;
        };
        let newest = registry.of(&trainer.id).next_back();
        let Some(version) = registry.champion(&trainer.id).or(newest).cloned() else { continue };
        let task = Task::of(task, annotation.as_deref());
        let known = gather(workshop, &mut registry, trainer, &task)?.lessons;
        let model = load(&registry, &version, &Method::Classifier)?;
        let before = all.given.len();
        all.given.extend(given(&known, model.classes(), &task));
        let asked = Asked {
            sides: sides(&known),
            trainer: &trainer.id,
            task: &task,
            features: *features,
            model: &model,
        };
        for part in calls.chunks(AT_ONCE) {
            for (call, counts) in asked.of(workshop, part)? {
                let own = all.of.entry(call).or_default();
                own.resize(before, 0.0);
                own.extend(counts);
            }
        }
    }
    for own in all.of.values_mut() {
        own.resize(all.given.len(), 0.0);
    }
    Ok(all)
}

/// Labels of each class that experts gave to learn from.
fn given(lessons: &Lessons, classes: &[String], task: &Task) -> Vec<f64> {
    let mut counts = vec![0.0; classes.len()];
    let by_experts = lessons.on(Side::Train).filter(|lesson| lesson.rater == Rater::Expert);
    by_experts
        .flat_map(|lesson| lesson.numbers(classes, task.several))
        .for_each(|class| counts[class] += 1.0);
    counts
}

/// Whose turns a task is about, by the lessons that there are.
fn sides(lessons: &Lessons) -> BTreeSet<String> {
    let side = |lesson: &Lesson| {
        let (side, _) = tagged(lesson.input.text.trim_end().lines().last()?)?;
        Some(side.to_lowercase())
    };
    lessons.all().iter().filter_map(side).collect()
}

/// A classifier that is asked of calls.
struct Asked<'a> {
    sides: BTreeSet<String>,
    trainer: &'a str,
    task: &'a Task,
    features: Features,
    model: &'a Model,
}

impl Asked<'_> {
    /// Expected labels of each of the model's classes, a call each.
    fn of(
        &self,
        workshop: Workshop<'_>,
        calls: &[ConversationId],
    ) -> Result<BTreeMap<ConversationId, Vec<f64>>, ImproveError> {
        let mut lessons = Lessons::default();
        for id in calls {
            let Some(view) = query::show(workshop.repository, *id)? else { continue };
            let call = &view.record.conversation;
            let places = self.places(call);
            places.into_iter().filter_map(|turn| lesson(*id, call, turn)).for_each(|lesson| {
                lessons.say(lesson);
            });
        }
        if self.features.annotations {
            add_facts(&mut lessons, workshop.repository, self.task)?;
        }
        if self.features.embeddings {
            add_vectors(&mut lessons, workshop.semantics, self.trainer, self.task)?;
        }
        let all: Vec<&Lesson> = lessons.all().iter().collect();
        let classes = self.model.classes();
        let said = Method::Classifier.judge(self.model, &all, classes, self.task);
        let mut found: BTreeMap<ConversationId, Vec<f64>> = BTreeMap::new();
        for (lesson, judged) in all.iter().zip(&said) {
            let Ok(call) = lesson.call.parse() else { continue };
            let counts = found.entry(call).or_insert_with(|| vec![0.0; classes.len()]);
            counts.iter_mut().zip(&judged.probabilities).for_each(|(count, p)| *count += p);
        }
        Ok(found)
    }

    /// The turns that are judged; none for the call as a whole.
    fn places(&self, call: &Conversation) -> Vec<Option<u32>> {
        if self.task.whole {
            return vec![None];
        }
        let turns = call.turns.iter().map(|turn| call.role(turn)).zip(0_u32..);
        let own =
            |(role, turn): (Role, u32)| self.sides.contains(role.name()).then_some(Some(turn));
        turns.filter_map(own).collect()
    }
}

fn lesson(id: ConversationId, call: &Conversation, turn: Option<u32>) -> Option<Lesson> {
    Some(Lesson {
        id: String::new(),
        call: id.to_string(),
        turn,
        input: Input { text: excerpt(call, turn)?, ..Input::default() },
        labels: BTreeSet::new(),
        rater: Rater::Cue,
        side: Side::Train,
    })
}
