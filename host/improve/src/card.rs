//! What a model says of itself, for people and for programs.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rehearsal_classify::{Measures, Settings};
use rehearsal_config::{Features, Trust};
use serde_json::json;

use crate::task::Task;

/// A classifier's card. It names no time: the same lessons make the same files.
pub(crate) struct Card<'a> {
    pub(crate) trainer: &'a str,
    pub(crate) version: u32,
    pub(crate) task: &'a Task,
    pub(crate) trust: &'a Trust,
    pub(crate) features: Features,
    pub(crate) classes: &'a [String],
    pub(crate) kind: Kind,
    pub(crate) made_of: &'a BTreeMap<String, String>,
    pub(crate) lessons: BTreeMap<String, u64>,
    pub(crate) data: String,
    pub(crate) measures: Option<&'a Measures>,
}

/// What kind of a model it is.
pub(crate) enum Kind {
    Classifier {
        columns: usize,
        settings: Settings,
    },
    Head {
        head: &'static str,
        extractor: String,
        embeddings: String,
        /// Mark of the weights that ship.
        beside: String,
        /// How hard these pulled.
        pull: f64,
    },
}

impl Card<'_> {
    pub(crate) fn json(&self) -> String {
        let Trust { expert, llm, learned, cue } = *self.trust;
        let mut card = json!({
            "trainer": self.trainer,
            "version": self.version,
            "task": self.task.name,
            "classes": self.classes,
            "several_classes_at_once": self.task.several,
            "model": self.model(),
            "data": { "lessons_blake3": self.data, "made_of": self.made_of },
            "lessons": self.lessons,
            "trust": { "expert": expert, "llm": llm, "learned": learned, "cue": cue },
            "test": self.measures,
        });
        if let (Some(card), Some(of_kind)) = (card.as_object_mut(), self.of_kind().as_object()) {
            card.extend(of_kind.clone());
        }
        let mut text = serde_json::to_string_pretty(&card).unwrap_or_default();
        text.push('\n');
        text
    }

    const fn model(&self) -> &'static str {
        match self.kind {
            Kind::Classifier { .. } => {
                "logistic regression over hashed n-grams, annotations and embeddings"
            }
            Kind::Head { .. } => {
                "an extractor's head: logistic regression over embeddings and explicit features, \
                 beside the grams and the net that ship"
            }
        }
    }

    fn of_kind(&self) -> serde_json::Value {
        match &self.kind {
            Kind::Classifier { columns, settings } => json!({
                "features": {
                    "annotations": self.features.annotations,
                    "embeddings": self.features.embeddings,
                },
                "columns": columns,
                "settings": settings,
            }),
            Kind::Head { head, extractor, embeddings, beside, pull } => json!({
                "head": head,
                "extractor": extractor,
                "embeddings": embeddings,
                "beside": beside,
                "pull": pull,
            }),
        }
    }

    fn in_words(&self) -> String {
        let holds = if self.task.several { "Several can hold at once." } else { "One holds." };
        match &self.kind {
            Kind::Classifier { columns, .. } => format!(
                "{holds} Logistic regression with {columns} columns: words and pairs of words of \
                 the judged text, its letters, the turns before{}{}; probabilities are calibrated \
                 on calls that were not learned from.",
                if self.features.annotations { ", annotations of other extractors" } else { "" },
                if self.features.embeddings { ", its embedding" } else { "" },
            ),
            Kind::Head { head, extractor, embeddings, beside, pull } => format!(
                "{holds} The head `{head}` of the extractor `{extractor}`, tuned beside the weights \
                 {beside} that ship, which pulled with {pull}, on embeddings of {embeddings}; \
                 confidences are calibrated on calls that were not learned from, or as they ship \
                 where too little was found in these.",
            ),
        }
    }
}

pub(crate) fn readme(card: &Card<'_>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write_readme(card, &mut out);
    out
}

fn write_readme(card: &Card<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "# {}, version {}\n", card.trainer, card.version)?;
    writeln!(
        out,
        "Classifies `{}`: {}. {}\n",
        card.task.name,
        card.classes.join(", "),
        card.in_words(),
    )?;
    writeln!(out, "## Learned from\n\nLessons (BLAKE3): `{}`\n", card.data)?;
    for (name, root) in card.made_of {
        writeln!(out, "- `{name}`: `{root}`")?;
    }
    let lessons: Vec<String> =
        card.lessons.iter().map(|(rater, count)| format!("{count} by {rater}")).collect();
    writeln!(out, "\nLabels: {}.\n", lessons.join(", "))?;
    let Some(measures) = card.measures else {
        return writeln!(out, "There was no test split: nothing is known of how good it is.");
    };
    writeln!(
        out,
        "## On the frozen test split\n\n{} texts of {} calls; intervals of 95 % by bootstrap over \
         calls.\n",
        measures.examples, measures.calls
    )?;
    for (name, interval) in [("macro-F1", measures.macro_f1), ("micro-F1", measures.micro_f1)] {
        if let Some((estimate, low, high)) = interval {
            writeln!(out, "- {name} {estimate:.3} [{low:.3}, {high:.3}]")?;
        }
    }
    for (name, value) in
        [("Brier score", measures.brier), ("calibration error", measures.calibration_error)]
    {
        if let Some(value) = value {
            writeln!(out, "- {name} {value:.3}")?;
        }
    }
    writeln!(out, "\n| class | texts | precision | recall | F1 |\n|---|---|---|---|---|")?;
    let shown = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.2}"));
    for class in &measures.classes {
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            class.name,
            class.examples,
            shown(class.precision),
            shown(class.recall),
            shown(class.f1)
        )?;
    }
    Ok(())
}
