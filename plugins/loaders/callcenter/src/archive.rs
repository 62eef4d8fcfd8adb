//! ZIP archives of JSON files, one call a file: `text`, and whatever else it says.

use rehearsal_dialogue::{Archive, Lines, Parsed, Sides, assemble, grammar, json, with_defaults};
use rehearsal_sdk::prelude::*;
use serde_json::{Map, Value};

/// Members looked at for one chunk. Each chunk reads the archive's directory again.
const MEMBERS: usize = 4_000;
/// A chunk ends after this many bytes of text.
const BYTES: usize = 8 * 1024 * 1024;
/// Largest member, unpacked, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// Longest fact that is kept, in bytes.
const LONGEST_FACT: usize = 1_000;

/// A chunk of an archive; `offset` is the number of a member.
pub(crate) fn load(
    blob: &Blob,
    offset: u64,
    sides: &Sides,
    defaults: &Conversation,
) -> Result<Chunk> {
    let name = blob.name();
    let mut archive = Archive::open(blob)?;
    let first = usize::try_from(offset).unwrap_or(usize::MAX);
    let (mut chunk, mut bytes, mut others) = (Chunk::default(), 0, 0);
    for index in first..archive.len() {
        if index - first >= MEMBERS || bytes >= BYTES {
            chunk.next = Some(index as u64);
            break;
        }
        let member = match archive.member(index) {
            Ok(member) => member,
            Err(error) => {
                let position = format!("member {index}");
                chunk.items.push(Err(FailedItem { position, error }));
                continue;
            }
        };
        if !member.is_file || is_rubbish(&member.name) {
            continue;
        }
        if !member.name.to_ascii_lowercase().ends_with(".json") {
            others += 1;
            continue;
        }
        let place = format!("{name}/{}", member.name);
        let call = archive.read(index, LARGEST).and_then(|json| {
            let call = call(&place, &json, sides)?;
            bytes += call.text.len();
            Ok(call)
        });
        chunk.items.push(match call {
            Ok(mut call) => {
                call.position = Some(member.name.clone());
                let body = Body::Conversation(with_defaults(call, defaults.clone()));
                Ok(Item { key: member.name, body })
            }
            Err(error) => Err(FailedItem { position: member.name, error }),
        });
    }
    if others > 0 {
        log::warn(format!("{name}: {others} files that are no JSON were passed over"));
    }
    Ok(chunk)
}

/// What systems leave in archives.
fn is_rubbish(name: &str) -> bool {
    name.starts_with("__MACOSX/")
        || name.rsplit('/').next().is_some_and(|file| file.starts_with('.'))
}

fn call(place: &str, bytes: &[u8], sides: &Sides) -> Result<Conversation> {
    let fields: Map<String, Value> = json::parse(place, 1, bytes)?;
    let Some(Value::String(text)) = fields.get("text") else {
        return Err(Error::invalid(format!("{place}:1: there is no `text` at its top")));
    };
    let read = grammar::read(&mut Lines::of_text(place, text.clone()))?;
    let fact = |name: &str| fields.get(name).and_then(Value::as_str).map(ToOwned::to_owned);
    let about = Conversation {
        metadata: facts(&fields),
        title: fact("title"),
        language: fact("language").filter(|code| (2..=8).contains(&code.len())),
        ..Conversation::default()
    };
    assemble(Parsed { about, ..read }, sides, "prefix")
        .ok_or_else(|| Error::invalid(format!("{place}:1: its `text` is empty")))
}

/// Fields that can be said in a line; they vary from archive to archive.
fn facts(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let pairs = fields.iter().filter(|(name, _)| *name != "text").filter_map(|(name, value)| {
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        (value.len() <= LONGEST_FACT).then(|| (name.clone(), value))
    });
    pairs.collect()
}
