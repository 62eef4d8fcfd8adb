//! What is published about good calls, to read a measure against.

use serde::Serialize;

/// Where published figures see good calls.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// Lower end; none where only the upper one is given.
    pub low: Option<f64>,
    /// Upper end; none where only the lower one is given.
    pub high: Option<f64>,
    /// For a person: `40–60 % on discovery calls`.
    pub text: &'static str,
    /// Who says so.
    pub source: &'static str,
}

/// The published range of a measure, by its definition without the version.
#[must_use]
pub fn published_range(definition: &str) -> Option<Range> {
    let definition = definition.split('@').next().unwrap_or_default();
    let (low, high, text, source) = match definition {
        "talk_ratio.speech" => {
            (Some(0.40), Some(0.60), "0.40–0.60, harmful above 0.65", "Demodesk (n = 328); Gong")
        }
        "monologue.time" => (None, Some(76.0), "at most 76 s", "Demodesk"),
        "story.time" => (Some(120.0), None, "at least 120 s", "Demodesk"),
        "questions.count" => (Some(10.0), Some(14.0), "10–14", "Gong"),
        "questions.open" => (Some(4.0), None, "at least 4", "Gong"),
        "wpm.speech" | "wpm.seller" => {
            (Some(120.0), Some(150.0), "120–150 in conversation", "usual for English")
        }
        _ => return None,
    };
    Some(Range { low, high, text, source })
}

impl Range {
    /// Whether a value lies in it.
    #[must_use]
    pub fn holds(&self, value: f64) -> bool {
        self.low.is_none_or(|low| value >= low) && self.high.is_none_or(|high| value <= high)
    }
}
