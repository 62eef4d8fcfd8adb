//! The author's own inputs, and what has to come out of them.
//!
//! Of a loader: the granted folder `files/` and `expected.json`. Of other plugins: calls as
//! `NAME.json` with `NAME.expected.json` beside each.
//!
//! ```json
//! { "turns": [{ "speaker": "Ann", "role": "seller", "text": "Hello?", "start_ms": 0, "end_ms": 900 }] }
//! ```

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rehearsal_model::{Annotation, Conversation, Participant, Role, Timing};
use rehearsal_sandbox::{Details, ItemBody};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::calls::Case;
use crate::laws::{self, Listed};
use crate::tested::Tested;

/// Why fixtures cannot be compared, or are not met.
#[derive(Debug, thiserror::Error)]
pub enum FixtureError {
    /// A file cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
    /// A file is not what a fixture is.
    #[error("{}: {error}", path.display())]
    Form {
        /// Which file.
        path: PathBuf,
        /// Where and what.
        error: serde_json::Error,
    },
    /// Nothing is there to compare with.
    #[error("{} is missing; `--bless` writes what comes out now", .0.display())]
    Missing(PathBuf),
    /// Something else comes out.
    #[error("{}: {difference}; `--bless` takes it for right", path.display())]
    Differs {
        /// What was expected.
        path: PathBuf,
        /// Where it differs first.
        difference: String,
    },
    /// The plugin failed.
    #[error("{}: {error}", path.display())]
    Plugin {
        /// On which input.
        path: PathBuf,
        /// As the sandbox says.
        error: String,
    },
    /// There are no inputs.
    #[error("there are no calls (NAME.json) in {}", .0.display())]
    None(PathBuf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fixture {
    turns: Vec<FixtureTurn>,
    #[serde(default)]
    annotations: Vec<Annotation>,
    language: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FixtureTurn {
    speaker: String,
    #[serde(default)]
    role: Role,
    text: String,
    start_ms: Option<u32>,
    end_ms: Option<u32>,
}

/// Compares, or writes what comes out.
pub(crate) async fn compare(
    folder: &Path,
    tested: &Tested,
    details: &Details,
    bless: bool,
) -> Result<String, FixtureError> {
    if let Tested::Loader(loader) = tested {
        let path = folder.join("expected.json");
        let listed = laws::walk(loader).await;
        let listed =
            listed.map_err(|error| FixtureError::Plugin { path: folder.to_owned(), error })?;
        settle(&path, &loaded(&listed), bless)?;
        return Ok(format!("{} entries", listed.entries().count()));
    }
    let inputs = inputs(folder)?;
    for path in &inputs {
        let case = read(path)?;
        let wrong = |error| FixtureError::Plugin { path: path.clone(), error };
        let answer = tested.call(&[&case], details).await.map_err(wrong)?;
        let found = answer.rows.into_iter().next().unwrap_or(Ok(Json::Null));
        let found = found.unwrap_or_else(|error| json!({ "error": error.to_string() }));
        settle(&path.with_extension("expected.json"), &found, bless)?;
    }
    Ok(format!("{} calls", inputs.len()))
}

fn inputs(folder: &Path) -> Result<Vec<PathBuf>, FixtureError> {
    let unread = |error| FixtureError::Io { path: folder.to_owned(), error };
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with(".json") && !name.ends_with(".expected.json") {
            inputs.push(path);
        }
    }
    inputs.sort();
    if inputs.is_empty() { Err(FixtureError::None(folder.to_owned())) } else { Ok(inputs) }
}

fn read(path: &Path) -> Result<Case, FixtureError> {
    let fixture: Fixture = parse(path)?;
    let mut call = Conversation { language: fixture.language, ..Conversation::default() };
    for turn in &fixture.turns {
        let known =
            call.participants.iter().position(|who| who.name.as_ref() == Some(&turn.speaker));
        let speaker = known.unwrap_or_else(|| {
            let told = turn.role != Role::Unknown;
            call.participants.push(Participant {
                name: Some(turn.speaker.clone()),
                role: turn.role,
                role_confidence: f32::from(u8::from(told)),
                role_evidence: if told { "fixture".to_owned() } else { String::new() },
                organisation: None,
            });
            call.participants.len() - 1
        });
        call.push_turn(speaker as u32, &turn.text, None);
        if let Some(last) = call.turns.last_mut() {
            (last.start_ms, last.end_ms) = (turn.start_ms, turn.end_ms);
        }
    }
    let all = |known: fn(&FixtureTurn) -> bool| {
        !fixture.turns.is_empty() && fixture.turns.iter().all(known)
    };
    call.timing = match (all(|turn| turn.start_ms.is_some()), all(|turn| turn.end_ms.is_some())) {
        (true, true) => Timing::Turns,
        (true, false) => Timing::Starts,
        _ => Timing::None,
    };
    call.duration_ms = fixture.turns.last().and_then(|turn| turn.end_ms);
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Case { annotations: fixture.annotations, ..Case::new(name, call) })
}

fn parse<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, FixtureError> {
    let text = fs::read_to_string(path)
        .map_err(|error| FixtureError::Io { path: path.to_owned(), error })?;
    serde_json::from_str(&text).map_err(|error| FixtureError::Form { path: path.to_owned(), error })
}

/// Entries and items, without what belongs to this machine.
fn loaded(listed: &Listed) -> Json {
    let items = |key: &str| -> Vec<Json> {
        let chunks = listed.chunks.get(key).into_iter().flatten();
        let items = chunks.flat_map(|(_, chunk)| &chunk.items);
        items
            .map(|item| match item {
                Ok(item) => match &item.body {
                    ItemBody::Conversation(call) => json!({ "key": item.key, "call": call }),
                    ItemBody::Recording(recording) => json!({
                        "key": item.key,
                        "recording": recording.media.name,
                        "about": recording.about,
                        "vocabulary": recording.vocabulary,
                    }),
                },
                Err(failed) => json!({ "failed": failed.to_string() }),
            })
            .collect()
    };
    let entries =
        listed.entries().map(|entry| json!({ "key": entry.key, "items": items(&entry.key) }));
    Json::Array(entries.collect())
}

fn settle(path: &Path, found: &Json, bless: bool) -> Result<(), FixtureError> {
    if bless {
        let text = format!("{}\n", serde_json::to_string_pretty(found).unwrap_or_default());
        return fs::write(path, text)
            .map_err(|error| FixtureError::Io { path: path.to_owned(), error });
    }
    if !path.is_file() {
        return Err(FixtureError::Missing(path.to_owned()));
    }
    let expected: Json = parse(path)?;
    // Numbers come back from a file in the form in which they were written there.
    let found: Json = serde_json::from_str(&found.to_string()).unwrap_or_default();
    if expected == found {
        return Ok(());
    }
    let difference = laws::difference(&expected, &found);
    Err(FixtureError::Differs { path: path.to_owned(), difference })
}
