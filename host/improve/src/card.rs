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
    pub(crate) columns: usize,
    pub(crate) settings: Settings,
    pub(crate) made_of: &'a BTreeMap<String, String>,
    pub(crate) lessons: BTreeMap<String, u64>,
    pub(crate) data: String,
    pub(crate) measures: Option<&'a Measures>,
}

impl Card<'_> {
    pub(crate) fn json(&self) -> String {
        let Trust { expert, llm, learned, cue } = *self.trust;
        let card = json!({
            "trainer": self.trainer,
            "version": self.version,
            "task": self.task.name,
            "classes": self.classes,
            "several_classes_at_once": self.task.several,
            "model": "logistic regression over hashed n-grams, annotations and embeddings",
            "features": {
                "annotations": self.features.annotations,
                "embeddings": self.features.embeddings,
            },
            "columns": self.columns,
            "settings": self.settings,
            "data": { "lessons_blake3": self.data, "made_of": self.made_of },
            "lessons": self.lessons,
            "trust": { "expert": expert, "llm": llm, "learned": learned, "cue": cue },
            "test": self.measures,
        });
        let mut text = serde_json::to_string_pretty(&card).unwrap_or_default();
        text.push('\n');
        text
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
        "Classifies `{}`: {}. {} Logistic regression with {} columns: words and pairs of words of \
         the judged text, its letters, the turns before{}{}; probabilities are calibrated on \
         calls that were not learned from.\n",
        card.task.name,
        card.classes.join(", "),
        if card.task.several { "Several can hold at once." } else { "One holds." },
        card.columns,
        if card.features.annotations { ", annotations of other extractors" } else { "" },
        if card.features.embeddings { ", its embedding" } else { "" },
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
