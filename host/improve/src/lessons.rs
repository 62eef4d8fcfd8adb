//! What is learned from: texts, the classes that they have, and who says so.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_classify::{Example, Input, Settings};
use rehearsal_config::Trust;
use rehearsal_model::{Digest, Hasher};
use serde::{Deserialize, Serialize};

use crate::task::{NONE, Task};

/// Who gave a label, the most trusted first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rater {
    /// A person.
    Expert,
    /// A language model.
    Llm,
    /// A trained head.
    Learned,
    /// Phrases and rules, or a count.
    Cue,
}

impl Rater {
    /// Its name in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expert => "expert",
            Self::Llm => "llm",
            Self::Learned => "learned",
            Self::Cue => "cue",
        }
    }

    /// From its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Expert, Self::Llm, Self::Learned, Self::Cue]
            .into_iter()
            .find(|rater| rater.name() == name)
    }

    pub(crate) const fn trust(self, trust: &Trust) -> f64 {
        match self {
            Self::Expert => trust.expert,
            Self::Llm => trust.llm,
            Self::Learned => trust.learned,
            Self::Cue => trust.cue,
        }
    }
}

/// Which side of the data a lesson is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Learned from.
    Train,
    /// Probabilities are calibrated on it.
    Validation,
    /// Kept for the verdict.
    Test,
}

/// Where calls are that experts judge; none of those that wait outside.
pub(crate) type Places = BTreeMap<String, Option<Side>>;

/// A text and its classes.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Row or verdict that it is of.
    pub id: String,
    /// Its call.
    pub call: String,
    /// The turn that is judged; none for the whole call.
    pub turn: Option<u32>,
    /// What is seen.
    pub input: Input,
    /// Its classes; none of them is the class `none`.
    pub labels: BTreeSet<String>,
    /// Who says so.
    pub rater: Rater,
    /// Which side it is on.
    pub side: Side,
}

/// Lessons of a task, in the order of calls and turns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Lessons {
    lessons: Vec<Lesson>,
    places: BTreeMap<(String, Option<u32>, String), usize>,
}

impl Lessons {
    /// Adds what a rater says of a text. Of several raters of one text the most trusted
    /// counts; of several labels of one rater all do.
    pub(crate) fn say(&mut self, lesson: Lesson) {
        // A text is told by its place; where it has none, by its words.
        let words = if lesson.turn.is_none() { lesson.input.text.clone() } else { String::new() };
        let key = (lesson.call.clone(), lesson.turn, words);
        match self.places.get(&key) {
            None => {
                self.places.insert(key, self.lessons.len());
                self.lessons.push(lesson);
            }
            Some(&place) => {
                let known = &mut self.lessons[place];
                if lesson.rater < known.rater {
                    let input = std::mem::take(&mut known.input);
                    *known = Lesson { input, ..lesson };
                } else if lesson.rater == known.rater {
                    known.labels.extend(lesson.labels);
                }
            }
        }
    }

    /// Sorted, so that nothing depends on the order in which they came.
    pub(crate) fn sort(&mut self) {
        self.lessons.sort_by(|a, b| {
            (&a.call, a.turn, &a.input.text).cmp(&(&b.call, b.turn, &b.input.text))
        });
        self.places.clear();
    }

    /// All.
    #[must_use]
    pub fn all(&self) -> &[Lesson] {
        &self.lessons
    }

    pub(crate) fn all_mut(&mut self) -> &mut Vec<Lesson> {
        &mut self.lessons
    }

    /// Those on a side.
    pub fn on(&self, side: Side) -> impl Iterator<Item = &Lesson> {
        self.lessons.iter().filter(move |lesson| lesson.side == side)
    }

    /// Classes that are learned, sorted.
    #[must_use]
    pub fn classes(&self, several: bool) -> Vec<String> {
        let mut classes: BTreeSet<String> = self
            .lessons
            .iter()
            .filter(|lesson| lesson.side != Side::Test)
            .flat_map(|lesson| lesson.labels.iter().cloned())
            .collect();
        if several {
            classes.remove(NONE);
        } else if self.lessons.iter().any(|lesson| lesson.labels.is_empty()) {
            classes.insert(NONE.to_owned());
        }
        classes.into_iter().collect()
    }

    /// How many of whom.
    #[must_use]
    pub fn by_rater(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for lesson in self.lessons.iter().filter(|lesson| lesson.side != Side::Test) {
            *counts.entry(lesson.rater.name().to_owned()).or_default() += 1;
        }
        counts
    }

    /// Digest of everything that a classifier could learn of them.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = Hasher::new("lessons");
        for lesson in &self.lessons {
            hasher
                .part(lesson.call.as_bytes())
                .part(&lesson.turn.map_or(u32::MAX, |turn| turn).to_le_bytes())
                .part(lesson.input.text.as_bytes())
                .part(lesson.rater.name().as_bytes())
                .part(&[lesson.side as u8]);
            lesson.labels.iter().for_each(|label| {
                hasher.part(label.as_bytes());
            });
            for (fact, value) in &lesson.input.facts {
                hasher.part(fact.as_bytes()).part(&value.to_le_bytes());
            }
            let vector: Vec<u8> =
                lesson.input.vector.iter().flat_map(|value| value.to_le_bytes()).collect();
            hasher.part(&vector);
        }
        hasher.finish()
    }
}

impl Lesson {
    /// Numbers of its classes among `classes`; what is not among them is left out.
    pub(crate) fn numbers(&self, classes: &[String], several: bool) -> Vec<usize> {
        let number = |label: &str| classes.iter().position(|class| class == label);
        if self.labels.is_empty() && !several {
            return number(NONE).into_iter().collect();
        }
        self.labels.iter().filter_map(|label| number(label)).collect()
    }

    /// As a classifier takes it.
    pub(crate) fn example(&self, classes: &[String], task: &Task, trust: &Trust) -> Example {
        Example {
            input: self.input.clone(),
            labels: self.numbers(classes, task.several),
            weight: self.rater.trust(trust) as f32,
            call: self.call.clone(),
        }
    }
}

/// How a task's classifiers are trained.
pub(crate) fn settings(task: &Task) -> Settings {
    Settings { exclusive: !task.several, whole: task.whole, ..Settings::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson(rater: Rater, label: &str) -> Lesson {
        Lesson {
            id: String::new(),
            call: "c".into(),
            turn: Some(3),
            input: Input { text: "[SELLER] why?".into(), ..Input::default() },
            labels: BTreeSet::from([label.to_owned()]),
            rater,
            side: Side::Train,
        }
    }

    #[test]
    fn the_most_trusted_rater_is_believed_whoever_came_first() {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let said =
                [lesson(Rater::Cue, "a"), lesson(Rater::Expert, "b"), lesson(Rater::Cue, "c")];
            let mut lessons = Lessons::default();
            order.iter().for_each(|at| lessons.say(said[*at].clone()));
            assert_eq!(lessons.all().len(), 1);
            assert_eq!(lessons.all()[0].labels, BTreeSet::from(["b".to_owned()]));
            assert_eq!(lessons.by_rater(), BTreeMap::from([("expert".to_owned(), 1)]));
        }
    }
}
