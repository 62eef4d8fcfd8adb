//! Compiled cues as Rust source, for build scripts.

use std::fmt::Write as _;

use crate::Cues;

impl Cues {
    /// An expression of type [`Cues`], fit for a `static`. It names this crate
    /// `rehearsal_cues`.
    #[must_use]
    pub fn to_source(&self) -> String {
        let list = |items: &mut dyn Iterator<Item = String>| {
            let items: Vec<String> = items.collect();
            format!("Borrowed(&[{}])", items.join(","))
        };
        let text = |text: &str| format!("Borrowed({text:?})");
        let mut out = String::from(
            "{ use std::borrow::Cow::Borrowed; use rehearsal_cues::{Cue, Edge, Start, State};\nCues {\n",
        );
        let mut field = |name: &str, value: String| {
            // Writing into a string cannot fail.
            let _ = writeln!(out, "{name}: {value},");
        };
        field("words", list(&mut self.words.iter().map(|word| text(word))));
        field("slots", list(&mut self.slots.iter().map(ToString::to_string)));
        field("states", list(&mut self.states.iter().map(|state| format!("{state:?}"))));
        field("edges", list(&mut self.edges.iter().map(|edge| format!("{edge:?}"))));
        field("first", list(&mut self.first.iter().map(|range| format!("{range:?}"))));
        field("starts", list(&mut self.starts.iter().map(|start| format!("{start:?}"))));
        let cues = &mut self.cues.iter().map(|cue| {
            format!(
                "Cue {{ label: {}, rule: {}, confidence: {:?}, question: {}, opens: {}, closes: {} }}",
                text(&cue.label),
                text(&cue.rule),
                cue.confidence,
                cue.question,
                cue.opens,
                cue.closes
            )
        });
        field("cues", list(cues));
        out.push_str("} }");
        out
    }
}
