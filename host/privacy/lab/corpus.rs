//! Calls with marked personal data: `calls_*.jsonl` of examples/corpus.

use std::error::Error;
use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::Deserialize;

/// A call of the corpus.
#[derive(Debug, Deserialize)]
pub(crate) struct Call {
    pub(crate) id: String,
    /// `punctuated`, or `asr` for lower case without marks.
    pub(crate) style: String,
    pub(crate) turns: Vec<Turn>,
    pub(crate) pii: Vec<Mark>,
}

/// What somebody says.
#[derive(Debug, Deserialize)]
pub(crate) struct Turn {
    pub(crate) text: String,
}

/// Personal data in a turn. Marks carry no place: every occurrence of the text in the
/// turn is meant.
#[derive(Debug, Deserialize)]
pub(crate) struct Mark {
    turn: usize,
    text: String,
    kind: String,
}

/// A marked stretch of a turn.
#[derive(Debug, Clone)]
pub(crate) struct Gold {
    pub(crate) span: Range<usize>,
    pub(crate) kind: String,
}

impl Call {
    pub(crate) fn texts(&self) -> Vec<&str> {
        self.turns.iter().map(|turn| turn.text.as_str()).collect()
    }

    /// The marked stretches of each turn, in order and without overlaps.
    pub(crate) fn gold(&self) -> Vec<Vec<Gold>> {
        let mut gold: Vec<Vec<Gold>> = self.turns.iter().map(|_| Vec::new()).collect();
        let mut marks: Vec<&Mark> = self.pii.iter().collect();
        marks.sort_by_key(|mark| std::cmp::Reverse(mark.text.len()));
        for mark in marks {
            let text = &self.turns[mark.turn].text;
            for span in occurrences(text, &mark.text) {
                let of_turn = &mut gold[mark.turn];
                if of_turn.iter().all(|g| g.span.end <= span.start || span.end <= g.span.start) {
                    of_turn.push(Gold { span, kind: mark.kind.clone() });
                }
            }
        }
        gold.iter_mut().for_each(|turn| turn.sort_by_key(|gold| gold.span.start));
        gold
    }
}

/// Where `part` stands in `text` as words of its own; anywhere if nowhere so.
fn occurrences(text: &str, part: &str) -> Vec<Range<usize>> {
    let all: Vec<Range<usize>> =
        text.match_indices(part).map(|(start, _)| start..start + part.len()).collect();
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let whole: Vec<Range<usize>> = all
        .iter()
        .filter(|span| {
            !letter(text[..span.start].chars().next_back())
                && !letter(text[span.end..].chars().next())
        })
        .cloned()
        .collect();
    if whole.is_empty() { all } else { whole }
}

/// All calls of a folder, in the order of their ids.
pub(crate) fn load(folder: &Path) -> Result<Vec<Call>, Box<dyn Error>> {
    let mut calls = Vec::new();
    for file in fs::read_dir(folder)? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("calls_") && name.ends_with(".jsonl") {
            for (index, line) in fs::read_to_string(&path)?.lines().enumerate() {
                let call = serde_json::from_str(line)
                    .map_err(|error| format!("{}, line {}: {error}", path.display(), index + 1))?;
                calls.push(call);
            }
        }
    }
    calls.sort_by(|a: &Call, b: &Call| a.id.cmp(&b.id));
    if calls.is_empty() {
        return Err(format!("there are no calls_*.jsonl in {}", folder.display()).into());
    }
    Ok(calls)
}
