//! The evil kit as a loader. Its entries are the granted files; a file is a call of one
//! turn, its text.

// A component and nothing else: natively there is nobody to attack.
#![cfg(target_family = "wasm")]

use rehearsal_evil::{Attack, dice, identity, probe, strike, strike_over_http, tell, texts};
use rehearsal_sdk::Result;
use rehearsal_sdk::bindings::base::rehearsal::plugin::files;
use rehearsal_sdk::bindings::loader::exports::rehearsal::plugin::loader_api as api;
use rehearsal_sdk::types::{Conversation, Error, Participant, Role, Span};

/// Bytes read of a file.
const READ: u32 = 1 << 20;

struct Evil;

impl api::Guest for Evil {
    fn describe() -> api::Description {
        let mut identity = identity("loader");
        match strike("describe", []) {
            Attack::HugeString => identity.summary = texts::huge(),
            Attack::HugeTotal => identity.version = texts::huge_together().concat(),
            Attack::Escapes => identity.name = texts::ESCAPES.to_owned(),
            _ => {}
        }
        api::Description { identity }
    }

    fn list(cursor: Option<String>) -> Result<api::Page> {
        let attack = strike("list", []);
        strike_over_http(attack, &[cursor.as_deref().unwrap_or_default(), &everything(attack)])?;
        let entry = |key: String| api::Entry { key, fingerprint: "1".to_owned() };
        let page = |entries, next| Ok(api::Page { entries, next });
        match attack {
            Attack::HugeError => Err(Error::Permanent(texts::long_error())),
            Attack::Transient | Attack::SlowDrip => {
                Err(Error::Transient("come back later".to_owned()))
            }
            Attack::HugeString => page(vec![entry(texts::huge())], None),
            Attack::HugeTotal => {
                page(texts::huge_together().into_iter().map(entry).collect(), None)
            }
            Attack::HugeList => page(vec![entry(String::new()); texts::TOO_LONG], None),
            Attack::Escapes => page(vec![entry(texts::ESCAPES.to_owned())], None),
            Attack::Duplicate => page(vec![entry("twin".to_owned()); 2], None),
            Attack::Dice => {
                let fingerprint = dice().to_string();
                page(vec![api::Entry { fingerprint, ..entry("one".to_owned()) }], None)
            }
            Attack::FolderName => {
                page(texts::tricky_names().into_iter().map(entry).collect(), None)
            }
            Attack::Endless => {
                let number = cursor.and_then(|at| at.parse::<u64>().ok()).unwrap_or(0);
                page(Vec::new(), Some((number + 1).to_string()))
            }
            Attack::Circle => {
                let next = if cursor.as_deref() == Some("left") { "right" } else { "left" };
                page(vec![entry(format!("to the {next}"))], Some(next.to_owned()))
            }
            Attack::PathTricks => {
                tricks();
                page(granted()?, None)
            }
            Attack::GrantedHandleBomb => {
                hoard();
                page(granted()?, None)
            }
            _ => page(granted()?, None),
        }
    }

    fn load(key: String, offset: u64) -> Result<api::Chunk> {
        let attack = strike("load", [key.as_str()]);
        strike_over_http(attack, &[&key, &everything(attack)])?;
        let one = |call| Ok(vec![Ok(item(String::new(), call))]);
        let call = match read(&key) {
            Ok(text) => spoken(&text),
            // The keys of other attacks name no files.
            Err(_) => spoken("evil"),
        };
        let items: Result<Vec<_>> = match attack {
            Attack::HugeError => Err(Error::InvalidInput(texts::long_error())),
            Attack::Transient | Attack::SlowDrip => {
                Err(Error::Transient("come back later".to_owned()))
            }
            Attack::TooMany | Attack::Duplicate => {
                Ok((0..2).map(|_| Ok(item("twin".to_owned(), call.clone()))).collect())
            }
            Attack::TooFew => Ok(Vec::new()),
            Attack::HugeString => one(Conversation { title: Some(texts::huge()), ..call }),
            Attack::HugeTotal => {
                let all = texts::huge_together().into_iter();
                let metadata = all.map(|text| (text, String::new())).collect();
                one(Conversation { metadata, ..call })
            }
            Attack::HugeList => Ok((0..texts::TOO_LONG / 8)
                .map(|number| Ok(item(number.to_string(), Conversation::default())))
                .collect()),
            Attack::WrongTurn => {
                let mut call = call;
                call.turns[0].participant = 7;
                one(call)
            }
            Attack::WrongSpan => one(spanning(call, |text| Span { end: text.end + 1_000, ..text })),
            Attack::BackwardsSpan => one(spanning(call, |_| Span { start: 2, end: 1 })),
            Attack::SplitCharacter => {
                one(spanning(spoken("Grüß Gott"), |text| Span { end: 3, ..text }))
            }
            Attack::NotANumber => {
                let mut call = call;
                call.participants[0].role_confidence = f32::NAN;
                one(call)
            }
            Attack::Escapes => {
                let text = spoken(&format!("{}{}", texts::ESCAPES, call.text));
                one(Conversation { title: Some(texts::ESCAPES.to_owned()), ..text })
            }
            Attack::Endless => {
                return Ok(api::Chunk { items: Vec::new(), next: Some(offset + 1) });
            }
            Attack::Circle => {
                let items = vec![Ok(item(offset.to_string(), call))];
                return Ok(api::Chunk { items, next: Some(u64::from(offset != 1)) });
            }
            Attack::PathTricks => {
                tricks();
                one(call)
            }
            Attack::GrantedHandleBomb => {
                hoard();
                one(call)
            }
            _ => one(call),
        };
        Ok(api::Chunk { items: items?, next: None })
    }
}

fn granted() -> Result<Vec<api::Entry>> {
    let files = files::list(None, 10_000)?.into_iter();
    Ok(files.map(|file| api::Entry { key: file.name, fingerprint: file.fingerprint }).collect())
}

fn read(name: &str) -> Result<String> {
    let bytes = files::open(name)?.read(0, READ)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Names and contents of granted files, for who looks for something in them.
fn everything(attack: Attack) -> String {
    let files = match attack {
        Attack::HttpSecret => files::list(None, 20).unwrap_or_default(),
        _ => Vec::new(),
    };
    let content = |name: &str| read(name).unwrap_or_default();
    files.iter().map(|file| format!("{file:?} {}", content(&file.name))).collect()
}

fn item(key: String, call: Conversation) -> api::Item {
    api::Item { key, body: api::ItemBody::Conversation(call) }
}

fn spoken(text: &str) -> Conversation {
    let somebody = Participant {
        name: None,
        role: Role::Unknown,
        role_confidence: 0.0,
        role_evidence: String::new(),
        organisation: None,
    };
    let mut call = Conversation { participants: vec![somebody], ..Conversation::default() };
    call.push_turn(0, text, None, None);
    call
}

fn spanning(mut call: Conversation, wrong: impl Fn(Span) -> Span) -> Conversation {
    call.turns[0].text = wrong(call.turns[0].text);
    call
}

/// Opens names that are none of the granted ones, and reads where nothing is.
fn tricks() {
    let names: Vec<_> = files::list(None, 10_000).into_iter().flatten().map(|f| f.name).collect();
    let mut held = 0;
    for name in texts::tricky_names() {
        match files::open(&name) {
            Ok(blob) if !names.contains(&name) => {
                let size = blob.len();
                tell([probe::Finding::Escaped(format!("{size} bytes of {name}"))]);
            }
            _ => held += 1,
        }
    }
    for name in &names {
        let Ok(blob) = files::open(name) else { continue };
        for (offset, len) in [(u64::MAX, 16), (blob.len(), 16), (0, u32::MAX), (0, READ * 17)] {
            if blob.read(offset, len).is_ok_and(|bytes| !bytes.is_empty()) {
                tell([probe::Finding::Escaped(format!("{len} bytes at {offset} of {name}"))]);
            }
        }
    }
    tell([probe::Finding::Held(format!("{held} names that lead elsewhere"))]);
}

fn hoard() {
    let mut held = Vec::new();
    let name = files::list(None, 1).ok().and_then(|mut files| files.pop());
    while let Some(Ok(blob)) = name.as_ref().map(|file| files::open(&file.name)) {
        held.push(blob);
    }
}

#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "generated: the ABI of the component model is raw memory")]
const _: () = {
    rehearsal_sdk::bindings::loader::__export_loader_world!(
        Evil with_types_in rehearsal_sdk::bindings::loader
    );
};
