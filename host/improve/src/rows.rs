//! Labelled rows of data sets and of files, with what the repository knows of their turns.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use rehearsal_classify::Input;
use rehearsal_dataset::{Manifest, Split, rows_of};
use rehearsal_model::{Annotation, ConversationId, Hasher, Value};
use rehearsal_pipeline::query;
use rehearsal_repository::Repository;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use crate::ImproveError;
use crate::files::hex;
use crate::lessons::{Lesson, Lessons, Rater, Side};
use crate::task::Task;

/// A labelled row, as data sets have it; in files of one's own most of it may be missing.
#[derive(Debug, Deserialize)]
struct Row {
    #[serde(default)]
    id: String,
    text: String,
    #[serde(alias = "label")]
    label_name: String,
    #[serde(default)]
    task: Option<String>,
    #[serde(default, alias = "call")]
    conversation: String,
    #[serde(default)]
    turns: Vec<u32>,
    #[serde(default)]
    tags: Vec<Tag>,
    /// Of files of one's own: who gave the label.
    #[serde(default)]
    rater: Option<Rater>,
    /// Of files of one's own.
    #[serde(default)]
    split: Option<Split>,
}

#[derive(Debug, Deserialize)]
struct Tag {
    name: String,
    value: String,
}

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) lessons: Lessons,
    /// Root of each data set and hash of each file, by name.
    pub(crate) roots: BTreeMap<String, String>,
    /// Tasks of rows that were passed over.
    pub(crate) others: BTreeSet<String>,
    /// Lines that cannot be used: file, line, reason.
    pub(crate) refused: Vec<String>,
}

impl Found {
    /// Rows of a task in a data set's folder.
    pub(crate) fn dataset(
        &mut self,
        folder: &Path,
        (trainer, dataset): (&str, &str),
        task: &Task,
    ) -> Result<(), ImproveError> {
        let Some(manifest) = Manifest::read(folder)? else {
            let (trainer, dataset) = (trainer.to_owned(), dataset.to_owned());
            return Err(ImproveError::NoDataset { trainer, dataset });
        };
        self.roots.insert(dataset.to_owned(), manifest.merkle_root);
        let files: Vec<(&str, Split)> =
            manifest.files.iter().filter_map(|file| of_labelled(&file.path)).collect();
        let any = manifest.shards.iter().flat_map(|shard| &shard.cells);
        if files.is_empty() && any.into_iter().any(|cell| cell.form.name() == "labelled") {
            return Err(ImproveError::NoJsonl(dataset.to_owned()));
        }
        for (name, split) in files {
            let path = folder.join(name);
            let text = fs::read_to_string(&path).map_err(ImproveError::io("read", &path))?;
            self.take(&path, &text, task, &|_| side(split), Rater::Cue);
        }
        Ok(())
    }

    /// Rows of a task in a file of one's own. What names no split is divided by a hash of
    /// its call.
    pub(crate) fn file(&mut self, path: &Path, task: &Task, seed: u64) -> Result<(), ImproveError> {
        let text = fs::read_to_string(path).map_err(ImproveError::io("read", path))?;
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        self.roots.insert(name.unwrap_or_default(), hex(&Sha256::digest(text.as_bytes())));
        let divide = |row: &Row| match row.split {
            Some(split) => side(split),
            None => by_lot(&row.conversation, seed),
        };
        self.take(path, &text, task, &divide, Rater::Expert);
        Ok(())
    }

    fn take(
        &mut self,
        path: &Path,
        text: &str,
        task: &Task,
        side_of: &dyn Fn(&Row) -> Side,
        fallback: Rater,
    ) {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        for (number, line) in lines {
            let row: Row = match serde_json::from_str(line) {
                Ok(row) => row,
                Err(error) => {
                    self.refused.push(format!("{} line {}: {error}", path.display(), number + 1));
                    continue;
                }
            };
            if let Some(other) = row.task.as_ref().filter(|other| **other != task.name) {
                self.others.insert(other.clone());
                continue;
            }
            let tier = row.tags.iter().find(|tag| tag.name == "tier");
            let rater = row.rater.or_else(|| Rater::named(&tier?.value)).unwrap_or(fallback);
            let side = side_of(&row);
            let turn = if task.whole { None } else { row.turns.last().copied() };
            // A text that nobody says the call of is a call by itself.
            let call = if row.conversation.is_empty() {
                hex(&Sha256::digest(row.text.as_bytes())[..16])
            } else {
                row.conversation
            };
            self.lessons.say(Lesson {
                id: row.id,
                call,
                turn,
                input: Input { text: row.text, ..Input::default() },
                labels: BTreeSet::from([row.label_name]),
                rater,
                side,
            });
        }
    }
}

/// The split of a file of labelled rows; none for other files.
fn of_labelled(path: &str) -> Option<(&str, Split)> {
    rows_of(path).and_then(|(_, form, split)| (form == "labelled").then_some((path, split)))
}

/// Where a data set has its calls, by rows of whatever form.
pub(crate) fn sides(folder: &Path) -> Result<BTreeMap<String, Side>, ImproveError> {
    let mut sides = BTreeMap::new();
    for file in Manifest::read(folder)?.map(|manifest| manifest.files).unwrap_or_default() {
        let Some((_, _, split)) = rows_of(&file.path) else { continue };
        let path = folder.join(&file.path);
        let text = fs::read_to_string(&path).map_err(ImproveError::io("read", &path))?;
        sides.extend(text.lines().filter_map(call_of).map(|call| (call, side(split))));
    }
    Ok(sides)
}

/// The call of a row of whatever form. A call as a whole has no other id than its own.
pub(crate) fn call_of(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Of {
        id: Option<String>,
        conversation: Option<String>,
    }
    let of: Of = serde_json::from_str(line).ok()?;
    of.conversation.or(of.id)
}

const fn side(split: Split) -> Side {
    match split {
        Split::Train => Side::Train,
        Split::Validation => Side::Validation,
        Split::Test | Split::TestSellers | Split::TestTime => Side::Test,
    }
}

/// 80 % train, 10 % validation, 10 % test, by a hash of the call.
fn by_lot(call: &str, seed: u64) -> Side {
    let mut hasher = Hasher::new("side");
    hasher.part(&seed.to_le_bytes()).part(call.as_bytes());
    match hasher.finish().as_bytes()[0] {
        0..=204 => Side::Train,
        205..=229 => Side::Validation,
        _ => Side::Test,
    }
}

/// Turns before the judged one whose annotations are facts.
const REACH: u32 = 2;

/// Adds what extractors other than the task's own said of the lessons' turns. Calls that
/// the repository does not have are left as they are.
pub(crate) fn add_facts(
    lessons: &mut Lessons,
    repository: &Repository,
    task: &Task,
) -> Result<(), ImproveError> {
    let mut last: Option<(String, Vec<Annotation>)> = None;
    for lesson in lessons.all_mut() {
        if last.as_ref().is_none_or(|(call, _)| *call != lesson.call) {
            let id: Option<ConversationId> = lesson.call.parse().ok();
            let view = id.map(|id| query::show(repository, id)).transpose()?.flatten();
            let said = view.map(|view| view.annotations).unwrap_or_default();
            let said = said.into_iter().flat_map(|(_, annotations)| annotations).collect();
            last = Some((lesson.call.clone(), said));
        }
        let said = last.as_ref().map_or(&[][..], |(_, said)| said.as_slice());
        lesson.input.facts = facts(said, lesson.turn, task);
    }
    Ok(())
}

fn facts(said: &[Annotation], turn: Option<u32>, task: &Task) -> Vec<(String, f32)> {
    let mut facts: BTreeMap<String, f32> = BTreeMap::new();
    for annotation in said.iter().filter(|annotation| annotation.name != task.annotation) {
        let at = annotation.scope.turn();
        match (&annotation.value, turn, at) {
            (Value::Label(label), Some(turn), Some(at)) if at <= turn && turn - at <= REACH => {
                let name = format!("{}={}@{}", annotation.name, label.name, turn - at);
                let most = facts.entry(name).or_default();
                *most = most.max(label.confidence);
            }
            // A call's own facts: how often there was what, and its measures.
            (Value::Label(label), None, Some(_)) => {
                *facts.entry(format!("{}={}", annotation.name, label.name)).or_default() += 1.0;
            }
            (Value::Number(number), None, None) => {
                facts.insert(annotation.name.clone(), number.abs() as f32);
            }
            _ => {}
        }
    }
    let damped = |value: f32| if turn.is_some() { value } else { value.ln_1p() };
    facts.into_iter().map(|(name, value)| (name, damped(value))).collect()
}

/// Label files of a trainer, sorted.
pub(crate) fn sorted(files: &[PathBuf]) -> Vec<&PathBuf> {
    let mut files: Vec<&PathBuf> = files.iter().collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_any_form_names_its_call() {
        let example = r#"{"id":"roleplay/ab/scene.1","conversation":"ab","messages":[]}"#;
        let call = r#"{"id":"ab","turns":[{"text":"Hello."}]}"#;
        assert_eq!([example, call].map(call_of), [Some("ab".to_owned()), Some("ab".to_owned())]);
        assert_eq!(call_of("no json"), None);
    }
}
