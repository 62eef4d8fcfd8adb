//! The built-in plugins through the sandbox, from a file to a verdict. Skipped where
//! they are not built (`cargo xtask plugins`).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rehearsal_model::{Annotation, Conversation, ConversationId, Value};
use rehearsal_sandbox::{
    Component, Details, Extractor, FileGrant, Fingerprints, Grants, ItemBody, Limits, Loader,
    PathBuilder, Subject, Validator, World,
};

use crate::{id, sandbox};

const TRANSCRIPT: &str = "\
Seller: Thanks for your time. What made you look into this now?
Prospect: We lost two people in spring and cannot keep up.
Seller: And if that goes on for another year, what would that mean for the team?
Prospect: We would lose customers, to be honest. But your price is too high for us.
Seller: I hear you. What would it cost you to do nothing?
Prospect: More than that, probably. Send me the proposal and let us talk on Tuesday.
";

pub(crate) fn built(name: &str) -> Option<Component> {
    // This test lies in TARGET/PROFILE/deps, wherever cargo's target folder is.
    let own = std::env::current_exe().expect("a test knows where it is");
    let target = own.ancestors().nth(3).unwrap_or(Path::new("target"));
    let path = target.join("plugins").join(name).with_extension("wasm");
    if path.exists() {
        return Some(sandbox().load(&path).unwrap_or_else(|error| panic!("{error}")));
    }
    println!("skipped: {} is not built", path.display());
    None
}

#[tokio::test]
async fn every_plugin_says_who_it_is_without_any_grant() {
    for (name, world) in [
        ("transcripts", World::Loader),
        ("recordings", World::Loader),
        ("nepq", World::Extractor),
        ("tone-pacing", World::Extractor),
        ("roleplay-partner", World::PathBuilder),
        ("example-quality", World::Validator),
    ] {
        let Some(component) = built(name) else { continue };
        assert_eq!(component.world(), world, "{name}");
        let described = component.describe().await.expect("it links").expect("it answers");
        assert_eq!(described.value.identity.name, name);
        assert!(described.value.identity.config_schema.starts_with('{'));
        if let Details::Extractor { emits, .. } = described.value.details {
            assert!(!emits.is_empty());
        }
    }
}

async fn loaded(component: &Component) -> (ConversationId, Conversation) {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("call.txt"), TRANSCRIPT).expect("a file");
    fs::write(folder.path().join("empty.txt"), "").expect("a file");
    let files =
        FileGrant::new(folder.path(), crate::globs(&["*.txt"]), Arc::new(Fingerprints::new()));
    let grants = Grants { files: Some(files.expect("it is granted")), ..Grants::default() };
    let loader = Loader::prepare("calls", component, grants, Limits::default()).expect("it links");
    let page = loader.list(None).await.expect("it lists").value;
    let keys: Vec<_> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["call.txt", "empty.txt"]);
    let empty = loader.load("empty.txt", 0).await;
    let good = |chunk: &rehearsal_sandbox::Called<rehearsal_sandbox::Chunk>| {
        chunk.value.items.iter().any(Result::is_ok)
    };
    assert!(!empty.as_ref().is_ok_and(good), "an empty transcript is a call: {empty:?}");
    let mut chunk = loader.load("call.txt", 0).await.expect("it loads").value;
    match chunk.items.remove(0).expect("the transcript is good").body {
        ItemBody::Conversation(call) => (id("call.txt"), call),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_transcript_becomes_an_example_with_a_verdict() {
    let names = ["transcripts", "nepq", "roleplay-partner", "example-quality"];
    let components: Vec<_> = names.into_iter().filter_map(built).collect();
    let [transcripts, nepq, partner, quality] = components.as_slice() else { return };

    let (id, call) = loaded(transcripts).await;
    assert_eq!(call.turns.len(), 6);

    let nepq = Extractor::prepare("nepq", nepq, Grants::default(), Limits::default());
    let nepq = nepq.expect("it links");
    let batch = [(id, &call), (id, &call)];
    let rows = nepq.extract(&batch).await.expect("it extracts").value;
    let annotations: &Vec<Annotation> = rows[0].as_ref().expect("the row is good");
    assert_eq!(rows[0], rows[1], "a call's result depends on its place in the batch");
    assert!(
        annotations.iter().any(|found| matches!(&found.value, Value::Label(_))),
        "no question was found: {annotations:?}"
    );

    let partner = PathBuilder::prepare("partner", partner, Grants::default(), Limits::default());
    let rows = partner.expect("it links").build(&[(id, &call, annotations)]).await;
    let rows = rows.expect("it builds").value;
    let examples = rows[0].as_ref().expect("the row is good");
    assert!(!examples.is_empty());

    let quality = Validator::prepare("quality", quality, Grants::default(), Limits::default());
    let quality = quality.expect("it links");
    let subjects: Vec<_> = examples.iter().map(Subject::Example).collect();
    let first = quality.inspect(&subjects).await.expect("it inspects").value;
    assert_eq!(first.verdicts.len(), subjects.len());
    // Merging in any order and grouping concludes the same.
    let none = quality.merge(&[]).await.expect("it merges").value;
    let (a, b) = (first.partial.as_slice(), none.as_slice());
    let left = quality.merge(&[a, b, a]).await.expect("it merges").value;
    let pair = quality.merge(&[a, a]).await.expect("it merges").value;
    let right = quality.merge(&[b, &pair]).await.expect("it merges").value;
    let left = quality.conclude(&left).await.expect("it concludes").value;
    assert_eq!(left, quality.conclude(&right).await.expect("it concludes").value);
}
