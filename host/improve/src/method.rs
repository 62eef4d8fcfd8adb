//! How a trainer learns: as a classifier of its own, or as an extractor's head.

use rehearsal_classify::{Classifier, Judged, Measures};
use rehearsal_config::{Learner, Trainer, Trust};
use rehearsal_heads::Tuned;
use rehearsal_statistics::Bootstrap;

use crate::card::Kind;
use crate::head::Head;
use crate::lessons::{Lesson, Lessons, Side};
use crate::task::Task;
use crate::trainer::Workshop;
use crate::{ImproveError, classifier, judge};

/// How a trainer learns.
pub(crate) enum Method {
    Classifier,
    Head(Box<Head>),
}

/// What it makes.
#[derive(Debug)]
pub(crate) enum Model {
    Classifier(Classifier),
    Head(Tuned),
    /// The head that ships.
    Shipped,
}

/// Lessons with probabilities by models that have not seen their calls.
pub(crate) type Unseen<'a> = Vec<(&'a Lesson, Vec<f64>)>;

impl Method {
    /// Of a trainer; takes from the lessons what it cannot learn from.
    pub(crate) fn of(
        workshop: Workshop<'_>,
        trainer: &Trainer,
        task: &Task,
        lessons: &mut Lessons,
    ) -> Result<Self, ImproveError> {
        match &trainer.learner {
            Learner::Classifier { extractor: Some(extractor), trust, .. } => {
                let head = Head::of(workshop, (trainer, extractor), task, trust, lessons)?;
                Ok(Self::Head(Box::new(head)))
            }
            _ => Ok(Self::Classifier),
        }
    }

    /// Classes that it tells apart.
    pub(crate) fn classes(&self, lessons: &Lessons, task: &Task) -> Vec<String> {
        match self {
            Self::Classifier => lessons.classes(task.several),
            Self::Head(head) => head.classes(),
        }
    }

    /// Digest of all that a model follows from.
    pub(crate) fn inputs(&self, task: &Task, trust: &Trust, lessons: &Lessons) -> String {
        match self {
            Self::Classifier => classifier::inputs(task, trust, lessons),
            Self::Head(head) => head.inputs(task, trust, lessons),
        }
    }

    /// Learns; what the card says of it besides.
    pub(crate) fn fit(
        &self,
        trainer: &str,
        lessons: &Lessons,
        task: &Task,
        trust: &Trust,
    ) -> Result<(Model, Kind), ImproveError> {
        match self {
            Self::Classifier => {
                let classes = lessons.classes(task.several);
                let made = classifier::fit(lessons, &classes, task, trust);
                let made = made.map_err(ImproveError::classify(trainer))?;
                let kind = Kind::Classifier { columns: made.columns(), settings: made.settings() };
                Ok((Model::Classifier(made), kind))
            }
            Self::Head(head) => {
                let tuning = head.tune(lessons, trust)?;
                Ok((Model::Head(tuning.tuned.clone()), head.kind(tuning.pull)))
            }
        }
    }

    /// Probabilities by models that have not seen the calls.
    pub(crate) fn unseen<'a>(
        &self,
        trainer: &str,
        lessons: &'a Lessons,
        classes: &[String],
        task: &Task,
        trust: &Trust,
    ) -> Result<Unseen<'a>, ImproveError> {
        match self {
            Self::Classifier => classifier::out_of_sample_of(lessons, classes, task, trust)
                .map_err(ImproveError::classify(trainer)),
            Self::Head(head) => head.unseen(lessons, trust),
        }
    }

    /// What a model says of lessons, its classes in the order of `classes`.
    pub(crate) fn judge(
        &self,
        model: &Model,
        lessons: &[&Lesson],
        classes: &[String],
        task: &Task,
    ) -> Vec<Judged> {
        match (self, model) {
            (_, Model::Classifier(model)) => judge::judge(model, lessons, classes, task),
            (Self::Head(head), Model::Head(tuned)) => {
                head.judge(Some(tuned), lessons, classes, task)
            }
            (Self::Head(head), Model::Shipped) => head.judge(None, lessons, classes, task),
            // A classifier's trainer has no heads.
            (Self::Classifier, Model::Head(_) | Model::Shipped) => Vec::new(),
        }
    }

    /// What a model reaches on the frozen test split; none where that is empty.
    pub(crate) fn measure(
        &self,
        model: &Model,
        lessons: &Lessons,
        classes: &[String],
        task: &Task,
    ) -> Option<Measures> {
        let test: Vec<&Lesson> = lessons.on(Side::Test).collect();
        let judged = self.judge(model, &test, classes, task);
        let measures = Measures::of(classes, &judged, !task.several, Bootstrap::default());
        (!test.is_empty()).then_some(measures)
    }

    /// Reads a model's file.
    pub(crate) fn read(&self, trainer: &str, bytes: &[u8]) -> Result<Model, ImproveError> {
        match self {
            Self::Classifier => Classifier::from_bytes(bytes)
                .map(Model::Classifier)
                .map_err(ImproveError::classify(trainer)),
            // One that was made beside other weights is not in use: what ships is.
            Self::Head(head) => Ok(head.read(bytes).map_or(Model::Shipped, Model::Head)),
        }
    }

    /// What is in use where there is no champion.
    pub(crate) const fn ships(&self) -> Option<Model> {
        match self {
            Self::Classifier => None,
            Self::Head(_) => Some(Model::Shipped),
        }
    }
}

impl Model {
    /// For its file.
    pub(crate) fn to_bytes(&self, trainer: &str) -> Result<Vec<u8>, ImproveError> {
        match self {
            Self::Classifier(made) => made.to_bytes().map_err(ImproveError::classify(trainer)),
            Self::Head(tuned) => {
                tuned.to_bytes().map_err(|error| ImproveError::head(trainer, error))
            }
            Self::Shipped => Ok(Vec::new()),
        }
    }

    /// Classes that it can find, where it says so itself.
    pub(crate) fn classes(&self) -> &[String] {
        match self {
            Self::Classifier(made) => made.classes(),
            Self::Head(_) | Self::Shipped => &[],
        }
    }
}
