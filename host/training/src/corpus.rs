//! Labelled calls and two-line examples as they lie on disk.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::Value;

/// A labelled dialogue.
#[derive(Debug)]
pub(crate) struct Dialogue {
    /// Which of the corpus's files it is from; nothing for an example of two lines.
    pub(crate) file: Option<String>,
    /// Speaker's side and text.
    pub(crate) turns: Vec<(bool, String)>,
    /// Labels by the corpus's keys, a map a turn.
    pub(crate) labels: Vec<HashMap<String, Vec<String>>>,
    /// The only head that learns from it, by the letter of its prototypes, and from its
    /// last turn only; none for a call, whose every turn is labelled.
    pub(crate) only: Option<String>,
}

#[derive(Deserialize)]
struct Call {
    id: String,
    turns: Vec<Turn>,
}

#[derive(Deserialize)]
struct Turn {
    speaker: String,
    text: String,
}

/// All calls of the corpus in the order of its files, then the two-line examples.
pub(crate) fn read(root: &Path) -> Result<Vec<Dialogue>> {
    let folder = root.join("examples/corpus");
    let mut labels: HashMap<(String, u64), HashMap<String, Vec<String>>> = HashMap::new();
    for (_, line) in lines(&folder, "labels_")? {
        let label: Value = serde_json::from_str(&line)?;
        let call = label["call"].as_str().unwrap_or_default().to_owned();
        labels.insert((call, label["turn"].as_u64().unwrap_or_default()), named(&label));
    }
    let mut dialogues = Vec::new();
    for (file, line) in lines(&folder, "calls_")? {
        let call: Call = serde_json::from_str(&line).with_context(|| format!("in {file}"))?;
        let of_turn = |at: usize| labels.remove(&(call.id.clone(), at as u64)).unwrap_or_default();
        dialogues.push(Dialogue {
            file: Some(file),
            labels: (0..call.turns.len()).map(of_turn).collect(),
            turns: call.turns.into_iter().map(|t| (t.speaker == "seller", t.text)).collect(),
            only: None,
        });
    }
    if let Some((call, turn)) = labels.keys().next() {
        bail!("turn {turn} of call `{call}` is labelled, but there is no such turn");
    }
    dialogues.extend(prototypes(&root.join("docs/research/prototypes.txt"))?);
    Ok(dialogues)
}

/// The labels of a line, single ones as lists of one.
fn named(line: &Value) -> HashMap<String, Vec<String>> {
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    let list = |value: &Value| match value {
        Value::Array(items) => items.iter().filter_map(text).collect(),
        other => text(other).into_iter().collect(),
    };
    let keys = ["nepq", "techniques", "objection", "move", "listening"];
    keys.iter().map(|key| ((*key).to_owned(), list(&line[key]))).collect()
}

/// `LETTER LABEL|what was said before|the turn` a line.
fn prototypes(path: &Path) -> Result<Vec<Dialogue>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut dialogues = Vec::new();
    for line in text.lines() {
        let mut parts = line.split('|');
        let (Some(name), Some(before), Some(turn)) = (parts.next(), parts.next(), parts.next())
        else {
            bail!("{}: `{line}` has not three parts", path.display());
        };
        let (letter, label) = name.split_once(' ').context("a prototype has no label")?;
        let key = match letter {
            "n" => "nepq",
            "o" => "objection",
            "t" => "techniques",
            other => bail!("{}: there is no head `{other}`", path.display()),
        };
        let sells = letter != "o";
        let label = HashMap::from([(key.to_owned(), vec![label.to_owned()])]);
        dialogues.push(Dialogue {
            file: None,
            turns: vec![(!sells, before.to_owned()), (sells, turn.to_owned())],
            labels: vec![HashMap::new(), label],
            only: Some(letter.to_owned()),
        });
    }
    Ok(dialogues)
}

/// Lines of all files with this prefix, with the files' names.
fn lines(folder: &Path, prefix: &str) -> Result<Vec<(String, String)>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(prefix) {
            names.push(name);
        }
    }
    names.sort();
    let mut all = Vec::new();
    for name in names {
        let text = fs::read_to_string(folder.join(&name))?;
        let full = text.lines().filter(|line| !line.trim().is_empty());
        all.extend(full.map(|line| (name.clone(), line.to_owned())));
    }
    Ok(all)
}
