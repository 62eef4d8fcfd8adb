//! An extractor's head, tuned to what experts and language models say of turns.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use rehearsal_classify::Judged;
use rehearsal_config::{Plugin, Trainer, Trust};
use rehearsal_heads::Tuned;
use rehearsal_model::Hasher;
use rehearsal_training::{Change, Ground, Sample, Tuning, probabilities};

use crate::ImproveError;
use crate::card::Kind;
use crate::judge::truth;
use crate::lessons::{Lesson, Lessons, Side};
use crate::method::Unseen;
use crate::scenes::{SceneError, Scenes};
use crate::task::{NONE, Task};
use crate::trainer::Workshop;

/// Of the way in which lessons become a head; raised with every change of it.
const RECIPE: u32 = 1;

/// Of each task the head, and the plugin that it ships with.
const HEADS: [(&str, &str, &str); 5] = [
    ("nepq_type", "nepq", "nepq"),
    ("technique", "techniques", "sales-techniques"),
    ("objection_type", "objection", "objections"),
    ("objection_handling", "move", "objections"),
    ("active_listening", "listening", "active-listening"),
];

/// The head that finds a task's labels.
pub(crate) fn head_of(task: &str) -> Option<&'static str> {
    HEADS.iter().find(|(name, ..)| *name == task).map(|(_, head, _)| *head)
}

/// Why an extractor cannot take a task's head; a component of the user's own may.
fn stranger(workshop: Workshop<'_>, extractor: &str, task: &str) -> Option<String> {
    let stage = workshop.pipeline.extractors.iter().find(|stage| stage.id == extractor)?;
    let (.., ships) = HEADS.iter().find(|(name, ..)| *name == task)?;
    match &stage.plugin {
        Plugin::BuiltIn(plugin) if plugin != ships => Some(format!(
            "the extractor `{extractor}` is `{plugin}`, and what finds `{task}` is `{ships}`"
        )),
        _ => None,
    }
}

/// A head, and the lessons as it sees them.
pub(crate) struct Head {
    ground: Ground,
    name: &'static str,
    trainer: String,
    extractor: String,
    samples: BTreeMap<(String, Option<u32>, String), Sample>,
    tuning: OnceCell<Tuning>,
}

impl Head {
    /// Of a trainer for an extractor. Lessons that count nothing are taken away, and so
    /// are those that the head does not look at or has no label for.
    pub(crate) fn of(
        workshop: Workshop<'_>,
        (trainer, extractor): (&Trainer, &str),
        task: &Task,
        trust: &Trust,
        lessons: &mut Lessons,
    ) -> Result<Self, ImproveError> {
        let id = || trainer.id.clone();
        let name = head_of(&task.name).ok_or_else(|| ImproveError::NoHead {
            trainer: id(),
            task: task.name.clone(),
            known: HEADS.iter().map(|(task, ..)| *task).collect(),
        })?;
        if let Some(reason) = stranger(workshop, extractor, &task.name) {
            return Err(ImproveError::head(&trainer.id, reason));
        }
        let ground = Ground::of(name).map_err(|error| ImproveError::head(&trainer.id, error))?;
        let reason = |reason: String| ImproveError::NoEmbeddings { trainer: id(), reason };
        let semantics = workshop.semantics.ok_or_else(|| reason("nothing embeds here".into()))?;
        if let Some(missing) = semantics.missing() {
            return Err(reason(missing.to_owned()));
        }
        let here = semantics.identity().unwrap_or_default();
        if here != ground.embeddings() {
            let wanted = ground.embeddings();
            return Err(reason(format!("the head was trained on {wanted}, and here is {here}")));
        }
        let labels = ground.labels();
        lessons.all_mut().retain_mut(|lesson| {
            let none = lesson.labels.is_empty();
            lesson.labels.retain(|label| labels.contains(&label.as_str()));
            lesson.rater.trust(trust) > 0.0 && (none || !lesson.labels.is_empty())
        });
        let mut head = Self {
            ground,
            name,
            trainer: id(),
            extractor: extractor.to_owned(),
            samples: BTreeMap::new(),
            tuning: OnceCell::new(),
        };
        head.read_all(workshop, lessons)?;
        Ok(head)
    }

    fn read_all(
        &mut self,
        workshop: Workshop<'_>,
        lessons: &mut Lessons,
    ) -> Result<(), ImproveError> {
        let Some(semantics) = workshop.semantics else { return Ok(()) };
        let scenes = Scenes { ground: &self.ground, repository: workshop.repository, semantics };
        let mut samples = BTreeMap::new();
        for call in lessons.all().chunk_by(|one, other| one.call == other.call) {
            let call: Vec<&Lesson> = call.iter().collect();
            let found = scenes.of_call(&call).map_err(|error| match error {
                SceneError::Repository(error) => error,
                SceneError::Embeddings(reason) => {
                    ImproveError::NoEmbeddings { trainer: self.trainer.clone(), reason }
                }
            })?;
            for (lesson, sample) in call.into_iter().zip(found) {
                if let Some(sample) = sample {
                    samples.insert(key(lesson), sample);
                }
            }
        }
        lessons.all_mut().retain(|lesson| samples.contains_key(&key(lesson)));
        self.samples = samples;
        Ok(())
    }

    /// None first, where at most one label holds.
    pub(crate) fn classes(&self) -> Vec<String> {
        let labels = self.ground.labels().iter().map(|label| (*label).to_owned());
        let none = self.ground.exclusive().then(|| NONE.to_owned());
        none.into_iter().chain(labels).collect()
    }

    pub(crate) fn inputs(&self, task: &Task, trust: &Trust, lessons: &Lessons) -> String {
        let mut hasher = Hasher::new("head");
        hasher
            .part(&RECIPE.to_le_bytes())
            .part(&self.ground.mark().to_le_bytes())
            .part(self.ground.embeddings().as_bytes())
            .part(format!("{task:?} {trust:?}").as_bytes())
            .part(lessons.digest().as_bytes());
        // What lies around a turn is learned from, too.
        for sample in self.samples.values() {
            hasher.part(&sample.bytes().collect::<Vec<u8>>());
        }
        hasher.finish().to_string()
    }

    /// Tuned once: the same lessons give the same head.
    pub(crate) fn tune(&self, lessons: &Lessons, trust: &Trust) -> Result<&Tuning, ImproveError> {
        if let Some(tuning) = self.tuning.get() {
            return Ok(tuning);
        }
        let (_, learned) = self.learned(lessons, trust);
        let tuning = self.ground.tune(&learned);
        let tuning = tuning.map_err(|error| ImproveError::head(&self.trainer, error))?;
        Ok(self.tuning.get_or_init(|| tuning))
    }

    pub(crate) fn unseen<'a>(
        &self,
        lessons: &'a Lessons,
        trust: &Trust,
    ) -> Result<Unseen<'a>, ImproveError> {
        let (of, _) = self.learned(lessons, trust);
        let tuning = self.tune(lessons, trust)?;
        Ok(of.into_iter().zip(tuning.unseen.iter().cloned()).collect())
    }

    /// What is learned from: what it would calibrate on is calibrated on parts of the
    /// calls left out, so both sides are.
    fn learned<'s, 'a: 's>(
        &'s self,
        lessons: &'a Lessons,
        trust: &Trust,
    ) -> (Vec<&'a Lesson>, Vec<rehearsal_training::Lesson<'s>>) {
        let classes = self.classes();
        let several = !self.ground.exclusive();
        let own = lessons.all().iter().filter(|lesson| lesson.side != Side::Test);
        let each = own.filter_map(|lesson| {
            let holds = lesson.numbers(&classes, several);
            // A turn of two questions has two labels where one holds.
            let share = if several { 1.0 } else { 1.0 / holds.len().max(1) as f32 };
            let mut target = vec![0.0; classes.len()];
            holds.iter().for_each(|class| target[*class] = share);
            let learned = rehearsal_training::Lesson {
                sample: self.samples.get(&key(lesson))?,
                target,
                weight: lesson.rater.trust(trust) as f32,
                call: &lesson.call,
            };
            Some((lesson, learned))
        });
        each.unzip()
    }

    /// What it says of lessons, tuned or as it ships.
    pub(crate) fn judge(
        &self,
        tuned: Option<&Tuned>,
        lessons: &[&Lesson],
        classes: &[String],
        task: &Task,
    ) -> Vec<Judged> {
        let change: Option<Change> = tuned.and_then(|tuned| self.ground.change(tuned).ok());
        let decision = tuned.map_or_else(|| self.ground.decision(), |tuned| &tuned.decision);
        let own = self.classes();
        let judge = |lesson: &&Lesson| {
            let said = self.samples.get(&key(lesson)).map_or_else(Vec::new, |sample| {
                probabilities(decision, &sample.scores(change.as_ref()))
            });
            let of = |class: &String| {
                let at = own.iter().position(|known| known == class);
                at.and_then(|at| said.get(at).copied()).unwrap_or(0.0)
            };
            let probabilities: Vec<f64> = classes.iter().map(of).collect();
            let truth = truth(lesson, classes, task, &probabilities);
            Judged { call: lesson.call.clone(), truth, probabilities }
        };
        lessons.iter().map(judge).collect()
    }

    /// A tuned head of this code's form, made beside what ships here.
    pub(crate) fn read(&self, bytes: &[u8]) -> Option<Tuned> {
        let tuned = Tuned::from_bytes(bytes).ok()?;
        self.ground.change(&tuned).is_ok().then_some(tuned)
    }

    pub(crate) fn kind(&self, pull: f64) -> Kind {
        Kind::Head {
            head: self.name,
            extractor: self.extractor.clone(),
            embeddings: self.ground.embeddings().to_owned(),
            beside: format!("{:08x}", self.ground.mark()),
            pull,
        }
    }
}

/// As lessons tell texts apart.
fn key(lesson: &Lesson) -> (String, Option<u32>, String) {
    let words = if lesson.turn.is_none() { lesson.input.text.clone() } else { String::new() };
    (lesson.call.clone(), lesson.turn, words)
}
