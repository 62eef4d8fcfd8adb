//! The cues of a plugin and those of a pipeline, asked together.

use std::borrow::Cow;
use std::ops::Range;

use crate::{Cue, Cues, Scan};

/// Most cues that a pipeline may bring along.
const MOST_CUES: usize = 1_000;
/// Longest of them, in bytes.
const LONGEST_CUE: usize = 500;

/// Built-in cues, a pipeline's own, or both.
#[derive(Debug, Clone)]
pub struct Finder {
    sets: Vec<Cow<'static, Cues>>,
}

/// A cue that stands in a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit<'a> {
    /// Its label, rule and confidence.
    pub cue: &'a Cue,
    /// Bytes of the text.
    pub range: Range<usize>,
}

impl Finder {
    /// Joins `own` cues to those built in, or puts them in their place. Each of `own` is
    /// one line of a cue file, its label one of `labels`.
    ///
    /// # Errors
    /// A sentence that quotes the cue that makes no sense.
    pub fn new(
        built_in: &'static Cues,
        own: &[String],
        replace: bool,
        labels: &[&str],
    ) -> Result<Self, String> {
        let mut sets = Vec::new();
        if !replace {
            sets.push(Cow::Borrowed(built_in));
        }
        if !own.is_empty() {
            sets.push(Cow::Owned(compile(own, labels)?));
        }
        Ok(Self { sets })
    }

    /// All matches.
    pub fn find(&self, scan: &mut Scan, text: &str) -> Vec<Hit<'_>> {
        let mut hits = Vec::new();
        for set in &self.sets {
            let found = scan.find(set, text);
            hits.extend(
                found.into_iter().map(|one| Hit { cue: &set.cues[one.cue], range: one.range }),
            );
        }
        hits
    }

    /// The best match of each label, in the order of their first matches; the first of
    /// equally good ones.
    pub fn best(&self, scan: &mut Scan, text: &str) -> Vec<Hit<'_>> {
        let mut best: Vec<Hit<'_>> = Vec::new();
        for hit in self.find(scan, text) {
            match best.iter_mut().find(|known| known.cue.label == hit.cue.label) {
                Some(known) if known.cue.confidence >= hit.cue.confidence => {}
                Some(known) => *known = hit,
                None => best.push(hit),
            }
        }
        best
    }
}

fn compile(own: &[String], labels: &[&str]) -> Result<Cues, String> {
    if own.len() > MOST_CUES {
        return Err(format!("{} cues; at most {MOST_CUES}", own.len()));
    }
    if let Some(cue) = own.iter().find(|cue| cue.len() > LONGEST_CUE || cue.contains('\n')) {
        let start: String = cue.chars().take(40).collect();
        return Err(format!("`{start}…`: a cue is one line of at most {LONGEST_CUE} bytes"));
    }
    let cues = Cues::parse(&own.join("\n")).map_err(|error| {
        let cue = own.get(error.line - 1).map_or("", String::as_str);
        format!("`{cue}`: {}", error.what)
    })?;
    match cues.cues.iter().find(|cue| !labels.contains(&cue.label.as_ref())) {
        Some(cue) => Err(format!("`{}` is no label; they are {}", cue.label, labels.join(", "))),
        None => Ok(cues),
    }
}
