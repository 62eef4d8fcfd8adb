//! The sandbox through its public door, with guests that behave and guests that
//! do not.

mod cache;
mod determinism;
mod grants;
mod guest;
mod limits;
mod loading;
mod network;
mod plugins;
mod results;

use rehearsal_model::{Conversation, ConversationId, Participant};
use rehearsal_sandbox::{Component, Extractor, Grants, Limits, Sandbox, Settings};

fn sandbox() -> Sandbox {
    Sandbox::new(&Settings::default()).expect("the sandbox starts")
}

fn load(bytes: &[u8]) -> Component {
    sandbox().load_bytes("guest.wasm", bytes).unwrap_or_else(|error| panic!("{error}"))
}

fn prepare(bytes: &[u8], limits: Limits) -> Extractor {
    Extractor::prepare("guest", &load(bytes), Grants::default(), limits)
        .unwrap_or_else(|error| panic!("{error}"))
}

/// A call of two turns: `Hallo, Grüß Gott.` and `Guten Tag.`
fn call() -> Conversation {
    let participant = Participant::default();
    let mut call = Conversation {
        participants: vec![participant.clone(), participant],
        ..Conversation::default()
    };
    call.push_turn(0, "Hallo, Grüß Gott.", None);
    call.push_turn(1, "Guten Tag.", None);
    call
}

/// What granted names must look like; everything for no patterns.
fn globs(include: &[&str]) -> globset::GlobSet {
    let mut set = globset::GlobSetBuilder::new();
    for pattern in if include.is_empty() { &["**"] } else { include } {
        set.add(globset::Glob::new(pattern).expect("a pattern"));
    }
    set.build().expect("patterns")
}

fn id(name: &str) -> ConversationId {
    ConversationId::new("test", name, "")
}
