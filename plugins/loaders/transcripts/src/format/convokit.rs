//! ConvoKit corpora: `utterances.jsonl`, an utterance a line, with `speakers.json` and
//! `conversations.json` beside it.
//!
//! A corpus of up to [`WHOLE`] bytes may have its lines in any order. A larger one is
//! streamed, a conversation after the other, so there a conversation's lines must stand
//! together, as ConvoKit writes them: an utterance that replies to none of its
//! conversation's lines shows that they do not, and costs that conversation.

use std::collections::{BTreeMap, HashMap};

use rehearsal_dialogue::json::{self, Loose, ms};
use rehearsal_dialogue::{Cursor, Lines, Parsed, RawLine, Sides, Utterance, assemble};
use rehearsal_sdk::prelude::*;
use serde_json::{Map, Value};

/// Corpora up to this size are grouped in memory, in bytes.
const WHOLE: u64 = 64 * 1024 * 1024;
/// Longest line, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;
/// Largest `speakers.json` or `conversations.json` that is read, in bytes.
const BESIDE: u64 = 16 * 1024 * 1024;
/// Conversations of one chunk.
const ITEMS: usize = 1_000;
/// A chunk ends after this many bytes of lines.
const BYTES: u64 = 8 * 1024 * 1024;
/// Utterances further apart are no call, and their times no times of one: a day.
const LONGEST_CALL_MS: u32 = 24 * 3_600 * 1_000;

/// Files that belong to a corpus and are read with it.
pub(crate) const BELONGING: &[&str] =
    &["speakers.json", "users.json", "conversations.json", "corpus.json", "index.json"];

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Option<Id>,
    #[serde(alias = "root")]
    conversation_id: Id,
    #[serde(alias = "user")]
    speaker: Id,
    text: String,
    #[serde(default, alias = "reply-to")]
    reply_to: Option<Id>,
    /// Seconds since 1970, where there are any.
    timestamp: Option<Loose>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Meta {
    role: Option<Value>,
    side: Option<Value>,
}

/// Most corpora have text for ids; some numbers, old ones objects for speakers.
#[derive(Deserialize, Clone, PartialEq, Eq, Hash)]
#[serde(try_from = "Value")]
struct Id(String);

impl TryFrom<Value> for Id {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::String(id) => Ok(Self(id)),
            Value::Number(id) => Ok(Self(id.to_string())),
            Value::Object(mut fields) => {
                match fields.remove("id").or_else(|| fields.remove("name")) {
                    Some(Value::String(id)) => Ok(Self(id)),
                    _ => Err("an id of text was expected".to_owned()),
                }
            }
            _ => Err("an id of text was expected".to_owned()),
        }
    }
}

/// The lines of one conversation.
struct Group {
    id: Id,
    lines: Vec<(u32, Line)>,
}

/// A chunk of the corpus in the file `key`. `about` is what holds for all of it.
pub(crate) fn load(
    files: &Files,
    key: &str,
    offset: u64,
    sides: &Sides,
    about: &Conversation,
) -> Result<Chunk> {
    let blob = files.open(key)?;
    let beside = Beside::read(files, key)?;
    let whole = blob.size() <= WHOLE;
    let cursor = if whole { Cursor::default() } else { Cursor::unpack(offset) };
    let mut reader = Reader { lines: Lines::at(&blob, cursor, LONGEST), chunk: Chunk::default() };
    let (groups, next) = if whole { reader.all(offset)? } else { reader.some(cursor)? };
    let mut chunk = reader.chunk;
    chunk.next = next;
    for group in groups {
        chunk.items.push(beside.item(key, group, !whole, sides, about));
    }
    Ok(chunk)
}

struct Reader<'a> {
    lines: Lines<'a>,
    /// Lines that made no sense.
    chunk: Chunk,
}

impl Reader<'_> {
    /// The conversations from the `offset`-th on, whatever the order of the lines.
    fn all(&mut self, offset: u64) -> Result<(Vec<Group>, Option<u64>)> {
        let mut places: HashMap<Id, usize> = HashMap::new();
        let mut groups: Vec<Group> = Vec::new();
        while let Some(raw) = self.lines.next_raw()? {
            let Some((number, line)) = self.line(raw) else { continue };
            let place = *places.entry(line.conversation_id.clone()).or_insert_with(|| {
                groups.push(Group { id: line.conversation_id.clone(), lines: Vec::new() });
                groups.len() - 1
            });
            groups[place].lines.push((number, line));
        }
        if offset > 0 {
            // The first chunk told of them.
            self.chunk.items.clear();
        }
        let from = usize::try_from(offset).unwrap_or(usize::MAX).min(groups.len());
        let more = groups.len() > from + ITEMS;
        let next = more.then_some((from + ITEMS) as u64);
        Ok((groups.drain(from..groups.len().min(from + ITEMS)).collect(), next))
    }

    /// Conversations from where the file is read, until they are enough for a chunk.
    fn some(&mut self, from: Cursor) -> Result<(Vec<Group>, Option<u64>)> {
        let mut groups: Vec<Group> = Vec::new();
        loop {
            let before = self.lines.cursor();
            let Some(raw) = self.lines.next_raw()? else { return Ok((groups, None)) };
            let Some((number, line)) = self.line(raw) else { continue };
            match groups.last_mut() {
                Some(group) if group.id == line.conversation_id => group.lines.push((number, line)),
                _ => {
                    let enough = groups.len() >= ITEMS || before.byte - from.byte >= BYTES;
                    if enough && !groups.is_empty() {
                        let name = self.lines.name().to_owned();
                        return Ok((groups, Some(before.pack(&name)?)));
                    }
                    groups.push(Group {
                        id: line.conversation_id.clone(),
                        lines: vec![(number, line)],
                    });
                }
            }
        }
    }

    /// A line as an utterance; noted as failed where it is none.
    fn line(&mut self, raw: RawLine) -> Option<(u32, Line)> {
        if raw.bytes.iter().all(u8::is_ascii_whitespace) && !raw.cut {
            return None;
        }
        let name = self.lines.name();
        let read = if raw.cut {
            Err(Error::invalid(format!("{name}:{}: a line of more than 4 MiB", raw.number)))
        } else {
            json::parse(name, raw.number, &raw.bytes)
        };
        match read {
            Ok(line) => Some((raw.number, line)),
            Err(error) => {
                let position = format!("line {}", raw.number);
                self.chunk.items.push(Err(FailedItem { position, error }));
                None
            }
        }
    }
}

/// What `speakers.json` and `conversations.json` say.
struct Beside {
    speakers: BTreeMap<String, Value>,
    conversations: BTreeMap<String, Value>,
}

impl Beside {
    fn read(files: &Files, key: &str) -> Result<Self> {
        let folder = key.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
        let table = |names: &[&str]| -> Result<BTreeMap<String, Value>> {
            for name in names {
                let name = format!("{folder}{name}");
                let Some(blob) = files.open_if_present(&name)? else { continue };
                if blob.size() > BESIDE {
                    log::warn(format!("{name} has more than 16 MiB and is not read"));
                    continue;
                }
                return json::parse(&name, 1, &blob.read_all(BESIDE)?);
            }
            Ok(BTreeMap::new())
        };
        Ok(Self {
            speakers: table(&["speakers.json", "users.json"])?,
            conversations: table(&["conversations.json"])?,
        })
    }

    fn item(
        &self,
        key: &str,
        group: Group,
        contiguous: bool,
        sides: &Sides,
        about: &Conversation,
    ) -> Result<Item, FailedItem> {
        let first = group.lines.first().map_or(1, |(number, _)| *number);
        let failed = |what: String| FailedItem {
            position: format!("line {first}"),
            error: Error::invalid(format!("{key}:{first}: conversation `{}`: {what}", group.id.0)),
        };
        if let Some(stray) = contiguous.then(|| stray(&group.lines)).flatten() {
            return Err(failed(format!(
                "line {stray} replies to an utterance that is not among its lines; a corpus of \
                 this size must have a conversation's lines together: sort it"
            )));
        }
        let mut parsed = Parsed { about: about.clone(), ..Parsed::default() };
        let (title, metadata) = self.conversation(&group.id);
        parsed.about.title = title.or_else(|| Some(group.id.0.clone()));
        parsed.about.metadata.extend(metadata);
        let times = times(&group.lines);
        for (index, (number, line)) in group.lines.iter().enumerate() {
            parsed.about.participants.extend(self.side(line, sides));
            parsed.utterances.push(Utterance {
                line: *number,
                speaker: Some(line.speaker.0.clone()),
                text: line.text.clone(),
                start_ms: times.as_ref().map(|times| times[index]),
                ..Utterance::default()
            });
        }
        let call =
            assemble(parsed, sides, "prefix").ok_or_else(|| failed("nothing is said".into()))?;
        Ok(Item { key: group.id.0.clone(), body: Body::Conversation(call) })
    }

    /// A speaker whose side the corpus itself tells, in the utterance's or the speaker's
    /// metadata.
    fn side(&self, line: &Line, sides: &Sides) -> Option<Participant> {
        let speaker = self.speakers.get(&line.speaker.0);
        let meta = speaker.map(|speaker| speaker.get("meta").unwrap_or(speaker));
        let of_speaker = || meta.and_then(|meta| meta.get("role").or_else(|| meta.get("side")));
        let said = line.meta.role.as_ref().or(line.meta.side.as_ref()).or_else(of_speaker)?;
        let person = sides.participant(&[], said.as_str(), "meta.role");
        (person.role != Role::Unknown)
            .then(|| Participant { name: Some(line.speaker.0.clone()), ..person })
    }

    fn conversation(&self, id: &Id) -> (Option<String>, Vec<(String, String)>) {
        let Some(Value::Object(fields)) = self.conversations.get(&id.0) else {
            return (None, Vec::new());
        };
        let meta = match fields.get("meta") {
            Some(Value::Object(meta)) => meta,
            _ => fields,
        };
        (meta.get("title").and_then(Value::as_str).map(ToOwned::to_owned), scalars(meta))
    }
}

/// What can be said in a word, sorted by key as the map is.
fn scalars(fields: &Map<String, Value>) -> Vec<(String, String)> {
    let pairs = fields.iter().filter_map(|(key, value)| {
        let value = match value {
            Value::String(text) if text.len() <= 1_000 => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        Some((key.clone(), value))
    });
    pairs.collect()
}

/// The first line that replies to an utterance elsewhere.
fn stray(lines: &[(u32, Line)]) -> Option<u32> {
    let ids: std::collections::HashSet<_> =
        lines.iter().filter_map(|(_, line)| line.id.as_ref()).collect();
    if ids.len() < lines.len() {
        return None;
    }
    let stray = lines.iter().find(|(_, line)| {
        line.reply_to.as_ref().is_some_and(|to| *to != line.conversation_id && !ids.contains(to))
    });
    stray.map(|(number, _)| *number)
}

/// Milliseconds since the first utterance, where every line has a time, they run
/// forwards, and all of it can have been one call.
fn times(lines: &[(u32, Line)]) -> Option<Vec<u32>> {
    let zero = lines.first()?.1.timestamp?.0?;
    let mut last = 0;
    let mut times = Vec::with_capacity(lines.len());
    for (_, line) in lines {
        let at = ms(line.timestamp?.0? - zero)?;
        if at < last || at > LONGEST_CALL_MS {
            return None;
        }
        last = at;
        times.push(at);
    }
    (last > 0).then_some(times)
}
