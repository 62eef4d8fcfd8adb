//! Both SalesBots through the public door.

use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::MemoryFiles;
use salesbot::{Config, SalesBot};

fn load(content: impl AsRef<[u8]>, offset: u64) -> Result<Chunk> {
    let files = Files::of_memory(MemoryFiles::new().with("s.json", content));
    SalesBot::new(Config::default())?.load(&files, "s.json", offset)
}

fn call(item: &Result<Item, FailedItem>) -> &Conversation {
    match item {
        Ok(Item { body: Body::Conversation(call), .. }) => call,
        other => panic!("{other:?}"),
    }
}

const ONE: &str = r#"[{"id":"merge_0000","dialog":["I play guitar.","Nice!","Find me a song."],"intent":{"type":["LookupSong"],"position":2}}]"#;
const TWO: &str = r#"[
{"id":"merge_0000","intent":{"type":"FindAttraction","description":"find a sight"},"transition_sentence":{"utterance":"User: Let's go.","position":2},"chitchat_context":["User: Hi"],
 "dialog":["User: Hi","\"Agent: \"Hello, you.\"\"","User: Let's go."]},
{"id":"merge_0001","dialog":"none"},
{"id":"merge_0002","dialog":[]},
{"id":"merge_0003","dialog":["User: a","Agent: b"]}
]"#;

#[test]
fn the_first_form_alternates_and_the_second_names_its_speakers() {
    let chunk = load(ONE, 0).unwrap();
    let first = call(&chunk.items[0]);
    let roles: Vec<_> = Call::new(first).turns().map(|turn| turn.role()).collect();
    assert_eq!(roles, [Role::Prospect, Role::Seller, Role::Prospect]);
    assert_eq!(first.participants[0].role_evidence, "alternation");
    assert_eq!(
        first.metadata,
        [("intent".into(), "LookupSong".into()), ("intent_position".into(), "2".into())]
    );

    let chunk = load(TWO, 0).unwrap();
    let second = call(&chunk.items[0]);
    assert_eq!(second.text, "Hi\nHello, you.\nLet's go.");
    assert_eq!(second.participants[1].role_evidence, "prefix");
    assert_eq!(second.position.as_deref(), Some("line 2"));
    assert!(second.metadata.contains(&("intent".into(), "FindAttraction".into())));
    let failed: Vec<_> = chunk.items.iter().filter_map(|item| item.as_ref().err()).collect();
    assert_eq!(failed.len(), 2);
    assert!(failed[0].error.message().starts_with("s.json:4:"), "{failed:?}");
    assert!(failed[1].error.message().contains("`merge_0002` has an empty `dialog`"));
    assert_eq!(call(&chunk.items[3]).turns.len(), 2);
}

#[test]
fn a_large_file_comes_in_chunks_and_a_wrong_one_is_refused() {
    let dialogue = |at: usize| format!("{{\"id\":\"m{at}\",\"dialog\":[\"User: \u{e9} {at}\"]}}");
    let text = format!("[{}]", (0..2_500).map(dialogue).collect::<Vec<_>>().join(",\n"));
    let (mut offset, mut keys) = (Some(0), Vec::new());
    while let Some(at) = offset {
        let chunk = load(&text, at).unwrap();
        keys.extend(chunk.items.into_iter().map(|item| item.unwrap().key));
        offset = chunk.next;
    }
    assert_eq!(keys, (0..2_500).map(|at| format!("m{at}")).collect::<Vec<_>>());
    assert!(
        load("{}", 0).unwrap_err().message().starts_with("s.json:1: a JSON array was expected")
    );
    assert!(load("", 0).is_err());
    let cut = load(&text[..text.len() - 3], 2_000).unwrap();
    assert!(cut.items.last().unwrap().is_err() || cut.next.is_some());
}

proptest! {
    #[test]
    fn mutated_files_never_panic(
        two in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        offset in prop_oneof![Just(0_u64), any::<u64>()],
    ) {
        let mut bytes = if two { TWO } else { ONE }.as_bytes().to_vec();
        for (place, byte) in changes {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = load(bytes, offset);
    }
}
