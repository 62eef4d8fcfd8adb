//! {{summary}}

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::rehearsal::plugin::loader_api::{
    Chunk, Description, Entry, Guest, Item, ItemBody, Page,
};
use rehearsal::plugin::files;
use rehearsal::plugin::types::{
    Conversation, Error, Identity, Participant, Role, Span, Timing, Turn,
};

/// Names a page. The host keeps the cursor, so a listing that was cut off goes on there.
const PAGE: u32 = 500;
/// Bytes a read; the host allows 16 MiB.
const READ: u32 = 1 << 20;

/// The plugin: a function for each of the contract's.
pub struct Plugin;

impl Guest for Plugin {
    fn describe() -> Description {
        Description {
            identity: Identity {
                name: env!("CARGO_PKG_NAME").into(),
                version: env!("CARGO_PKG_VERSION").into(),
                summary: env!("CARGO_PKG_DESCRIPTION").into(),
                config_schema: r#"{ "type": "object", "additionalProperties": false }"#.into(),
            },
        }
    }

    /// An entry a granted file; its fingerprint tells the host whether to load it again.
    fn list(cursor: Option<String>) -> Result<Page, Error> {
        let files = files::list(cursor.as_deref(), PAGE)?;
        let full = files.len() == PAGE as usize;
        let next = files.last().filter(|_| full).map(|file| file.name.clone());
        let entries =
            files.into_iter().map(|file| Entry { key: file.name, fingerprint: file.fingerprint });
        Ok(Page { entries: entries.collect(), next })
    }

    /// A file is one call. Larger sources give `next` and go on there.
    fn load(key: String, _offset: u64) -> Result<Chunk, Error> {
        let bytes = read(&key)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Error::InvalidInput(format!("{key} is not UTF-8")))?;
        let body = ItemBody::Conversation(conversation(&text));
        Ok(Chunk { items: vec![Ok(Item { key: String::new(), body })], next: None })
    }
}

fn read(name: &str) -> Result<Vec<u8>, Error> {
    let blob = files::open(name)?;
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < blob.len() {
        let part = blob.read(bytes.len() as u64, READ)?;
        if part.is_empty() {
            break;
        }
        bytes.extend(part);
    }
    Ok(bytes)
}

/// `Name: what they say`, a turn a line; a line without a name continues the turn before.
fn turns(text: &str) -> Vec<(String, String)> {
    let mut turns: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match (line.split_once(':'), turns.last_mut()) {
            (Some((name, said)), _) if !said.trim().is_empty() => {
                turns.push((name.trim().into(), said.trim().into()));
            }
            (_, Some((_, said))) => {
                said.push(' ');
                said.push_str(line);
            }
            _ => turns.push((String::new(), line.into())),
        }
    }
    turns
}

fn conversation(source: &str) -> Conversation {
    let (mut text, mut spans, mut names) = (String::new(), Vec::new(), Vec::<String>::new());
    for (name, said) in turns(source) {
        let known = names.iter().position(|known| *known == name);
        let participant = known.unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        });
        if !text.is_empty() {
            text.push('\n');
        }
        let start = text.len() as u32;
        text.push_str(&said);
        spans.push(Turn {
            participant: participant as u32,
            text: Span { start, end: text.len() as u32 },
            start_ms: None,
            end_ms: None,
            confidence: None,
        });
    }
    let participant = |name: String| Participant {
        name: Some(name).filter(|name| !name.is_empty()),
        // Never a guess: the host has better means to find out.
        role: Role::Unknown,
        role_confidence: 0.0,
        role_evidence: String::new(),
        organisation: None,
    };
    Conversation {
        id: String::new(),
        text,
        participants: names.into_iter().map(participant).collect(),
        turns: spans,
        words: vec![],
        timing: Timing::None,
        duration_ms: None,
        audio_channels: 0,
        language: None,
        title: None,
        started_at: None,
        account: None,
        licence: None,
        consent: None,
        source_url: None,
        position: None,
        metadata: vec![],
    }
}

// Natively, for tests, there is nobody to export to.
#[cfg(target_family = "wasm")]
export!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_turn() {
        let call = conversation("Ann: Grüß Gott.\nBob: Hello,\nthere.\n\nAnn: Fine.\n");
        assert_eq!(call.text, "Grüß Gott.\nHello, there.\nFine.");
        assert_eq!(call.participants.len(), 2);
        assert_eq!(call.turns[2].participant, 0);
    }
}
