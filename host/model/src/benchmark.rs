//! Published ranges to hold a measure against, by the id of its definition.
//!
//! They describe other people's calls, mostly of software sales; they are printed beside
//! a value and decide nothing.

/// A range that somebody published for a measure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Benchmark {
    /// The measure's definition: `talk_ratio.speech@1`.
    pub definition: &'static str,
    /// Smallest and largest value, in the measure's own unit; an open side is none.
    pub range: (Option<f64>, Option<f64>),
    /// Of what calls, or what lies beyond it.
    pub of: &'static str,
    /// Who published it.
    pub source: &'static str,
}

const DEMODESK: &str = "Demodesk (n = 328)";
/// Often repeated, with no sample behind it that could be named.
const CUSTOMARY: &str = "customary";

/// All of them, in the order of their definitions.
pub const BENCHMARKS: &[Benchmark] = &[
    range("monologue.time@1", None, Some(76.0), "seconds", DEMODESK),
    range("questions.count@1", Some(10.0), Some(14.0), "a call", CUSTOMARY),
    range("questions.open@1", Some(4.0), None, "a call", CUSTOMARY),
    range("story.time@1", Some(120.0), None, "seconds", CUSTOMARY),
    range("talk_ratio.speech@1", Some(0.43), Some(0.43), "calls that sell best", "Gong"),
    range("talk_ratio.speech@1", None, Some(0.65), "beyond it calls fail", "Gong"),
    range("talk_ratio.speech@1", Some(0.4), Some(0.6), "discovery calls", DEMODESK),
    range("talk_ratio.speech@1", Some(0.6), Some(0.7), "demos", DEMODESK),
    range("wpm.seller@1", Some(120.0), Some(150.0), "conversation", CUSTOMARY),
    range("wpm.speech@1", Some(120.0), Some(150.0), "conversation", CUSTOMARY),
];

/// The ranges published for a definition; none for most.
pub fn benchmarks(definition: &str) -> impl Iterator<Item = &'static Benchmark> {
    BENCHMARKS.iter().filter(move |known| known.definition == definition)
}

const fn range(
    definition: &'static str,
    least: Option<f64>,
    most: Option<f64>,
    of: &'static str,
    source: &'static str,
) -> Benchmark {
    Benchmark { definition, range: (least, most), of, source }
}
