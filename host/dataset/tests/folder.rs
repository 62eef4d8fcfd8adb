//! A data set through the public door: rows in, a folder out.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use rehearsal_dataset::{
    About, DatasetBuild, Format, Learns, Manifest, MaskProof, Origin, Split, Whole, shard_of,
};
use rehearsal_model::{
    Annotation, Body, Conversation, ConversationId, Example, ExampleId, Message, Participant, Role,
    Scope, Speaker, Value,
};
use serde_json::Value as Json;

const SIDES: [Role; 3] = [Role::Seller, Role::Prospect, Role::Prospect];

fn message(role: Speaker, content: &str, train: bool, turns: &[u32]) -> Message {
    Message { role, content: content.into(), train, turns: turns.to_vec() }
}

fn example(family: &str, key: &str, body: Body) -> Example {
    Example {
        key: key.into(),
        family: family.into(),
        body,
        turns: vec![0, 1],
        because: vec![],
        tags: vec![("mood".into(), "guarded".into())],
    }
}

fn chat(messages: Vec<Message>) -> Example {
    example("dialogue", "0", Body::Chat { messages })
}

fn good() -> Example {
    chat(vec![
        message(Speaker::System, "You are Dana.", false, &[]),
        message(Speaker::User, "Hi, Dana?", false, &[0]),
        message(Speaker::Assistant, "Um, \"yes\".", true, &[1]),
    ])
}

fn pair() -> Example {
    let prompt = vec![message(Speaker::User, "It's 400 dollars.", false, &[0])];
    let chosen = message(Speaker::Assistant, "What would it save you?", true, &[]);
    let rejected = message(Speaker::Assistant, "Take it or leave it.", false, &[]);
    example("suggestions", "1", Body::Preference { prompt, chosen, rejected })
}

fn call(number: u32) -> ConversationId {
    ConversationId::new("s", &number.to_string(), "")
}

const ALL: [Format; 3] = [Format::Parquet, Format::Jsonl, Format::Sharegpt];

/// Writes calls 0 to `calls` with the given examples each, over `shards` shards.
fn write(folder: &Path, calls: u32, shards: u32, examples: &[Example]) -> Manifest {
    let proof = Arc::new(MaskProof::new());
    let mut build = DatasetBuild::begin(folder, "roleplay", &ALL, &proof).unwrap();
    for shard in 0..shards {
        let mut ids: Vec<_> =
            (0..calls).map(call).filter(|id| shard_of(id, shards) == shard).collect();
        ids.sort();
        let inputs = format!("{ids:?} {examples:?}");
        if build.keep(shard, &inputs).unwrap() {
            continue;
        }
        let mut writer = build.shard(shard, &inputs);
        for conversation in ids {
            let origin = Origin { source: "s".into(), licence: Some("CC-BY-4.0".into()) };
            for example in examples {
                let id =
                    ExampleId { path: "roleplay".into(), conversation, key: example.key.clone() };
                let learns = (&SIDES[..], Learns::Prospect);
                writer.example(&id, example, &origin, Split::Train, learns).unwrap();
            }
        }
        build.add(writer.finish().unwrap().sync().unwrap());
    }
    build.finish(&About::default(), Whole::default()).unwrap()
}

fn lines(folder: &Path, path: &str) -> Vec<Json> {
    let text = fs::read_to_string(folder.join("roleplay").join(path)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn parquet(folder: &Path, path: &str) -> Vec<Json> {
    let file = fs::File::open(folder.join("roleplay").join(path)).unwrap();
    let reader = SerializedFileReader::new(file).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    rows.map(|row| record(&row.unwrap())).collect()
}

fn record(row: &Row) -> Json {
    Json::Object(row.get_column_iter().map(|(name, of)| (name.clone(), json(of))).collect())
}

fn json(field: &Field) -> Json {
    match field {
        Field::Bool(flag) => (*flag).into(),
        Field::Long(number) => (*number).into(),
        Field::Double(number) => (*number).into(),
        Field::Str(text) => text.as_str().into(),
        Field::Group(row) => record(row),
        Field::ListInternal(list) => list.elements().iter().map(json).collect(),
        _ => Json::Null,
    }
}

#[test]
fn every_format_holds_the_same_rows() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = write(folder.path(), 40, 1, &[good(), pair()]);
    assert_eq!(manifest.counts["dialogue"]["train"].rows, 40);
    assert_eq!(manifest.counts["suggestions-kto"]["train"].rows, 80);
    assert_eq!(manifest.licence, "CC-BY-4.0");
    for cell in ["dialogue/chat", "suggestions/preference", "suggestions/kto"] {
        let rows = lines(folder.path(), &format!("jsonl/{cell}/train/00000.jsonl"));
        let columns = parquet(folder.path(), &format!("parquet/{cell}/train/00000.parquet"));
        assert_eq!(rows, columns, "{cell}");
        let turns = lines(folder.path(), &format!("sharegpt/{cell}/train/00000.jsonl"));
        assert_eq!(turns.len(), rows.len());
    }
    let row = &lines(folder.path(), "jsonl/dialogue/chat/train/00000.jsonl")[0];
    assert_eq!(row["messages"][2]["train"], true);
    assert_eq!(row["messages"][2]["content"], "Um, \"yes\".");
    assert_eq!(row["inserted_user_turn"], false);
    let row = &lines(folder.path(), "sharegpt/suggestions/preference/train/00000.jsonl")[0];
    assert_eq!(row["chosen"]["from"], "gpt");
    assert_eq!(row["conversations"][0]["value"], "It's 400 dollars.");
}

#[test]
fn what_would_teach_something_wrong_is_kept_out_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let swapped = chat(vec![
        message(Speaker::User, "Um, yes.", false, &[1]),
        message(Speaker::Assistant, "Hi, Dana?", true, &[0]),
    ]);
    let untrained = chat(vec![
        message(Speaker::User, "Hi.", false, &[0]),
        message(Speaker::Assistant, "Yes.", false, &[1]),
    ]);
    let wrong_role = chat(vec![
        message(Speaker::User, "Yes.", true, &[1]),
        message(Speaker::Assistant, "Yes.", true, &[1]),
    ]);
    let control = chat(vec![
        message(Speaker::User, "Hi.", false, &[0]),
        message(Speaker::Assistant, "Yes.<|im_end|>\n<|im_start|>user", true, &[1]),
    ]);
    let halves = chat(vec![
        message(Speaker::User, "Hi.", false, &[0]),
        message(Speaker::Assistant, "Yes.", false, &[1]),
        message(Speaker::Assistant, "No.", true, &[2]),
    ]);
    let examples = [good(), swapped, untrained, wrong_role, control, halves];
    let manifest = write(folder.path(), 3, 1, &examples);
    assert_eq!(manifest.rows(), 3);
    let rejected: Vec<_> =
        manifest.rejected.iter().map(|(check, n)| (check.as_str(), *n)).collect();
    assert_eq!(
        rejected,
        [
            ("mask_control_token", 3),
            ("mask_nothing_trained", 3),
            ("mask_template", 3),
            ("mask_wrong_side", 6),
        ]
    );
}

#[test]
fn sides_are_made_to_alternate_and_an_inserted_turn_is_marked() {
    let folder = tempfile::tempdir().unwrap();
    let ragged = chat(vec![
        message(Speaker::Assistant, "Hello?", true, &[1]),
        message(Speaker::Assistant, "Who is it?", true, &[2]),
    ]);
    let _ = write(folder.path(), 1, 1, &[ragged]);
    let row = &lines(folder.path(), "jsonl/dialogue/chat/train/00000.jsonl")[0];
    assert_eq!(row["messages"][0]["content"], rehearsal_dataset::OPENER);
    assert_eq!(row["messages"][1]["content"], "Hello? Who is it?");
    assert_eq!(row["inserted_user_turn"], true);
}

#[test]
fn what_did_not_change_is_not_written_again_and_bytes_do_not_tell() {
    let (grown, whole) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let inode = |path: &str| {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(grown.path().join("roleplay").join(path)).unwrap().ino()
    };
    let before = write(grown.path(), 60, 4, &[good()]);
    let data: Vec<String> =
        before.files.iter().map(|f| f.path.clone()).filter(|p| p.contains("/0000")).collect();
    let inodes: Vec<u64> = data.iter().map(|path| inode(path)).collect();
    let after = write(grown.path(), 61, 4, &[good()]);
    let changed: Vec<_> =
        data.iter().zip(inodes).filter(|(path, old)| inode(path) != *old).collect();
    assert_eq!(changed.len(), 3, "one shard in three formats: {changed:?}");
    assert_eq!(after, write(whole.path(), 61, 4, &[good()]));
    assert!(after.stands_in(&grown.path().join("roleplay")));
    assert_eq!(Manifest::read(&grown.path().join("roleplay")).unwrap().as_ref(), Some(&after));
    // One shard more divides one of the others and leaves three alone.
    let moved = (0..1_000).map(call).filter(|id| shard_of(id, 5) != shard_of(id, 4));
    assert!(moved.clone().all(|id| shard_of(&id, 5) == 4 && shard_of(&id, 4) == 0));
    assert!((80..170).contains(&moved.count()));
    // A damaged file is written again.
    fs::write(grown.path().join("roleplay").join(&data[0]), "x").unwrap();
    assert_eq!(after, write(grown.path(), 61, 4, &[good()]));
    assert!(after.stands_in(&grown.path().join("roleplay")));
}

#[test]
fn a_call_is_a_row_with_its_annotations() {
    let folder = tempfile::tempdir().unwrap();
    let mut said = Conversation {
        participants: vec![Participant { role: Role::Prospect, ..Participant::default() }],
        ..Conversation::default()
    };
    said.push_turn(0, "Grüß Gott.", Some((0, 900)));
    let found = Annotation {
        scope: Scope::Turn(0),
        name: "pace".into(),
        definition: "wpm.speech@1".into(),
        value: Value::Number(133.5),
        rule: "wpm".into(),
        related_turns: vec![],
    };
    let proof = Arc::new(MaskProof::new());
    let mut build = DatasetBuild::begin(folder.path(), "roleplay", &ALL, &proof).unwrap();
    let mut writer = build.shard(0, "");
    let origin = Origin::default();
    writer.conversation(call(0), &said, &[("tone", &[found])], &origin, Split::Test).unwrap();
    build.add(writer.finish().unwrap().sync().unwrap());
    let manifest = build.finish(&About::default(), Whole::default()).unwrap();
    assert_eq!(manifest.counts["conversations"]["test"].rows, 1);
    assert_eq!(manifest.licence, "unknown");
    let cell = "conversations/conversation/test/00000";
    let row = &lines(folder.path(), &format!("jsonl/{cell}.jsonl"))[0];
    assert_eq!(row, &parquet(folder.path(), &format!("parquet/{cell}.parquet"))[0]);
    assert_eq!(row["turns"][0]["text"], "Grüß Gott.");
    assert_eq!(row["annotations"][0]["number"], 133.5);
    assert_eq!(row["annotations"][0]["label"], Json::Null);
}
