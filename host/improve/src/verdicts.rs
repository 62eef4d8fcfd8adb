//! Experts' verdicts as lessons.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_classify::Input;
use rehearsal_model::{Conversation, ConversationId};
use rehearsal_pipeline::query;
use rehearsal_repository::Repository;
use rehearsal_review::Verdict;

use crate::ImproveError;
use crate::lessons::{Lesson, Lessons, Places, Rater, Side};
use crate::task::{CHECK, LEVEL, NONE, Task};

/// Turns before the judged one that are part of its text, as the feedback path has it.
const CONTEXT: u32 = 2;
/// Levels of a call by its score, 1 to 5, as the feedback path names them.
const LEVELS: [&str; 5] = ["novice", "developing", "competent", "proficient", "expert"];

/// What each expert says of one text: rater and classes.
pub(crate) type Voices = BTreeMap<String, BTreeSet<String>>;

/// What experts say of a task: by call and turn.
pub(crate) fn voices(verdicts: &[Verdict], task: &Task) -> BTreeMap<(String, Option<u32>), Voices> {
    let mut all: BTreeMap<(String, Option<u32>), Voices> = BTreeMap::new();
    let mut say = |verdict: &Verdict, turn: Option<u32>, label: Option<&str>| {
        let text = all.entry((verdict.call().to_owned(), turn)).or_default();
        let said = text.entry(verdict.rater.clone()).or_default();
        said.extend(label.filter(|label| *label != NONE).map(ToOwned::to_owned));
    };
    for verdict in verdicts.iter().filter(|verdict| !verdict.is_model()) {
        if task.name == LEVEL {
            if let Some(score) = verdict.score {
                let level = LEVELS[score.round().clamp(1.0, 5.0) as usize - 1];
                say(verdict, None, Some(level));
            }
        } else if let Some(check) = task.name.strip_prefix(CHECK) {
            if let Some(passed) = verdict.checks.get(check) {
                say(verdict, None, Some(if *passed { "yes" } else { "no" }));
            }
        } else {
            for label in verdict.labels.iter().filter(|label| label.name == task.annotation) {
                say(verdict, u32::try_from(label.turn).ok(), label.label.as_deref());
            }
        }
    }
    all
}

/// What most experts say; nothing where they are split.
fn agreed(voices: &Voices, task: &Task) -> Option<BTreeSet<String>> {
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for said in voices.values() {
        if said.is_empty() {
            *votes.entry(NONE).or_default() += 1;
        }
        said.iter().for_each(|label| *votes.entry(label).or_default() += 1);
    }
    if task.several {
        let most =
            votes.into_iter().filter(|(label, count)| *label != NONE && 2 * count > voices.len());
        return Some(most.map(|(label, _)| label.to_owned()).collect());
    }
    let most = votes.values().max().copied()?;
    let mut first = votes.into_iter().filter(|(_, count)| *count == most);
    match (first.next(), first.next()) {
        (Some((label, _)), None) => Some(BTreeSet::from([label.to_owned()])),
        _ => None,
    }
}

/// Adds what experts agree on. Calls that the repository does not have are passed over,
/// and so are those that wait outside; calls without a place are learned from.
pub(crate) fn add(
    lessons: &mut Lessons,
    verdicts: &[Verdict],
    repository: &Repository,
    task: &Task,
    places: &Places,
) -> Result<(), ImproveError> {
    let mut last: Option<(String, Option<Conversation>)> = None;
    for ((call, turn), voices) in voices(verdicts, task) {
        let Some(labels) = agreed(&voices, task) else { continue };
        let Some(side) = places.get(&call).copied().unwrap_or(Some(Side::Train)) else { continue };
        if last.as_ref().is_none_or(|(known, _)| *known != call) {
            let id: Option<ConversationId> = call.parse().ok();
            let view = id.map(|id| query::show(repository, id)).transpose()?.flatten();
            last = Some((call.clone(), view.map(|view| view.record.conversation)));
        }
        let Some((_, Some(conversation))) = &last else { continue };
        let Some(text) = excerpt(conversation, turn) else { continue };
        lessons.say(Lesson {
            id: String::new(),
            side,
            call,
            turn,
            input: Input { text, ..Input::default() },
            labels,
            rater: Rater::Expert,
        });
    }
    Ok(())
}

/// Side and words of a line as [`excerpt`] writes it.
pub(crate) fn tagged(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.split_once("] ")
}

/// A turn with those before it, or the whole call; none where there is no such turn or
/// nothing is said in it.
pub(crate) fn excerpt(call: &Conversation, turn: Option<u32>) -> Option<String> {
    let last = u32::try_from(call.turns.len()).ok()?.checked_sub(1)?;
    let (first, last) = match turn {
        Some(turn) if turn <= last => (turn.saturating_sub(CONTEXT), turn),
        Some(_) => return None,
        None => (0, last),
    };
    let line = |index: u32| {
        let turn = &call.turns[index as usize];
        let words: Vec<&str> = call.turn_text(turn).split_whitespace().collect();
        let side = call.role(turn).name().to_uppercase();
        (!words.is_empty()).then(|| format!("[{side}] {}", words.join(" ")))
    };
    line(last)?;
    let lines: Vec<String> = (first..=last).filter_map(line).collect();
    Some(lines.join("\n"))
}
