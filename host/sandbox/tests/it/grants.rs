//! What is granted can be reached, and nothing beside it.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rehearsal_model::{ConversationId, Digest};
use rehearsal_sandbox::{
    AudioSource, CallError, Called, Capability, Chunk, EmbedError, Embeddings, Extractor, Failure,
    FileGrant, Fingerprints, Grants, ItemBody, Limits, LoadError, Loader, PluginError, Prosody,
    Recording, SemanticsSource,
};

use crate::guest::{EMPTY_ROWS, extractor_with, file_loader, text};
use crate::{call, globs, id, load};

fn files(root: &Path, include: &[&str]) -> Grants {
    let grant = FileGrant::new(root, globs(include), Arc::new(Fingerprints::new()));
    Grants { files: Some(grant.expect("the folder is granted")), ..Grants::default() }
}

async fn open(root: &Path, include: &[&str], name: &str) -> Result<Called<Chunk>, CallError> {
    let component = load(&file_loader());
    let loader = Loader::prepare("files", &component, files(root, include), Limits::default());
    loader.expect("it links").load(name, 0).await
}

async fn refusal(root: &Path, include: &[&str], name: &str) -> PluginError {
    match *open(root, include, name).await.expect_err("it is refused").failure {
        Failure::Plugin(error) => error,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_needed_and_not_granted_is_named_before_anything_runs() {
    let component = load(&file_loader());
    let error = Loader::prepare("calls", &component, Grants::default(), Limits::default());
    let error = error.err().expect("it is refused");
    assert!(matches!(error, LoadError::MissingGrant { .. }));
    assert_eq!(error.to_string(), "plugin `calls` needs `files`, which is not granted to it");
}

#[tokio::test]
async fn a_granted_file_is_handed_over_with_what_was_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("kw 12")).expect("a folder");
    fs::write(folder.path().join("kw 12/anruf.wav"), b"RIFF").expect("a file");
    let called = open(folder.path(), &["**/*.wav"], "kw 12/anruf.wav").await.expect("it opens");
    let Ok(item) = &called.value.items[0] else { panic!("{called:?}") };
    let ItemBody::Recording(recording) = &item.body else { panic!("{item:?}") };
    assert_eq!(item.key, "kw 12/anruf.wav");
    assert_eq!(recording.media.size, 4);
    assert_eq!(recording.media.fingerprint, Digest::of(b"RIFF"));
    assert_eq!(fs::read(&recording.media.path).expect("it is there"), b"RIFF");
    assert_eq!(called.files.len(), 1);
    assert_eq!(called.files[0].name, "kw 12/anruf.wav");
    assert_eq!(called.files[0].fingerprint, Digest::of(b"RIFF"));
}

#[tokio::test]
async fn nothing_beside_the_grant_can_be_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("granted");
    fs::create_dir(&root).expect("a folder");
    fs::write(folder.path().join("secret"), b"s").expect("a file");
    fs::write(root.join("notes.txt"), b"n").expect("a file");
    fs::write(root.join("a.vtt"), b"a").expect("a file");
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("secret"), root.join("link.vtt"))
        .expect("a link");

    let absolute = folder.path().join("secret").display().to_string();
    for name in
        ["../secret", "./a.vtt", "x/../a.vtt", "", "/", "a.vtt/", ".", "notes.txt", &absolute]
    {
        let error = refusal(&root, &["*.vtt"], name).await;
        assert!(matches!(error, PluginError::Denied(_)), "{name}: {error}");
    }
    #[cfg(unix)]
    assert_eq!(
        refusal(&root, &["*.vtt"], "link.vtt").await.to_string(),
        "denied: `link.vtt` leads out of the granted folder"
    );
    let missing = refusal(&root, &["*.vtt"], "b.vtt").await;
    assert!(matches!(missing, PluginError::InvalidInput(_)), "{missing}");
    assert!(open(&root, &["*.vtt"], "a.vtt").await.is_ok());
}

#[tokio::test]
async fn a_changed_file_has_another_fingerprint() {
    let folder = tempfile::tempdir().expect("a folder");
    let component = load(&file_loader());
    let grants = files(folder.path(), &[]);
    let loader = Loader::prepare("files", &component, grants, Limits::default()).expect("it links");
    for content in [b"one", b"two"] {
        fs::write(folder.path().join("a"), content).expect("a file");
        let called = loader.load("a", 0).await.expect("it opens");
        assert_eq!(called.files[0].fingerprint, Digest::of(content));
    }
}

/// Opens the recording of the batch's first conversation, or of one named at 512.
fn listener(own: bool) -> Vec<u8> {
    let (at, len) = if own {
        ("(i32.load (local.get $batch))", "(i32.load offset=4 (local.get $batch))")
    } else {
        ("(i32.const 512)", "(i32.const 32)")
    };
    extractor_with(
        "",
        r#"(import "rehearsal:plugin/audio@0.1.0" "open" (func $open (param i32 i32 i32)))"#,
        &text(&id("other").to_string()),
        // Passes a refusal on: case and text, four bytes into the row.
        &format!(
            "(call $open {at} {len} (i32.const 32))
             (if (i32.load8_u (i32.const 32))
               (then
                 (i32.store8 (i32.const 1024) (i32.const 1))
                 (i32.store (i32.const 1028) (i32.load (i32.const 36)))
                 (i32.store (i32.const 1032) (i32.load (i32.const 40)))
                 (i32.store (i32.const 1036) (i32.load (i32.const 44)))))
             {EMPTY_ROWS}"
        ),
    )
}

/// Recordings of nothing, after a while.
struct Slow(Duration);

impl AudioSource for Slow {
    fn open(&self, _: ConversationId) -> Result<Option<Arc<dyn Recording>>, String> {
        std::thread::sleep(self.0);
        Ok(Some(Arc::new(Silence)))
    }
}

struct Silence;

impl Recording for Silence {
    fn duration_ms(&self) -> u32 {
        0
    }
    fn channels(&self) -> u8 {
        1
    }
    fn snr_db(&self, _: u8) -> Result<f32, String> {
        Ok(0.0)
    }
    fn samples(&self, _: u8, _: u32, _: u32) -> Result<Vec<f32>, String> {
        Ok(vec![])
    }
    fn prosody(&self, _: u8, _: u32, _: u32) -> Result<Prosody, String> {
        Ok(Prosody::default())
    }
}

fn hearing(guest: &[u8], source: Slow, limits: Limits) -> Extractor {
    let grants = Grants { audio: Some(Arc::new(source)), ..Grants::default() };
    Extractor::prepare("ears", &load(guest), grants, limits).expect("it links")
}

#[tokio::test]
async fn only_calls_of_the_batch_can_be_listened_to() {
    let call = call();
    let batch = [(id("a"), &call)];
    let own = hearing(&listener(true), Slow(Duration::ZERO), Limits::default());
    assert_eq!(own.extract(&batch).await.expect("the call succeeds").value, [Ok(vec![])]);
    let other = hearing(&listener(false), Slow(Duration::ZERO), Limits::default());
    let rows = other.extract(&batch).await.expect("the call succeeds").value;
    let error = rows[0].as_ref().expect_err("it is refused").to_string();
    assert!(error.contains("is not a conversation of this batch"), "{error}");
}

#[tokio::test]
async fn time_spent_waiting_for_the_host_counts() {
    let limits = Limits { deadline: Duration::from_millis(50), ..Limits::default() };
    let slow = hearing(&listener(true), Slow(Duration::from_millis(500)), limits);
    let call = call();
    let error = slow.extract(&[(id("a"), &call)]).await.expect_err("it is stopped");
    assert!(matches!(*error.failure, Failure::Deadline { .. }), "{error}");
}

#[tokio::test]
async fn handles_are_counted() {
    let hoarder = extractor_with(
        "",
        r#"(import "rehearsal:plugin/audio@0.1.0" "open" (func $open (param i32 i32 i32)))"#,
        "",
        "(loop $more
           (call $open (i32.load (local.get $batch)) (i32.load offset=4 (local.get $batch))
                       (i32.const 32))
           (br $more))
         unreachable",
    );
    let limits = Limits { handles: 5, ..Limits::default() };
    let hoarder = hearing(&hoarder, Slow(Duration::ZERO), limits);
    let call = call();
    let error = hoarder.extract(&[(id("a"), &call)]).await.expect_err("it is stopped");
    let Failure::Limit(limit) = error.failure.as_ref() else { panic!("{error}") };
    assert_eq!((limit.name, limit.limit), ("handles", 5));
}

/// Asks for the embedding of the first call's text. Answers a row that is an error whose
/// text is the refusal, or the model's name.
fn reader() -> Vec<u8> {
    extractor_with(
        "",
        r#"(import "rehearsal:plugin/semantics@0.1.0" "embed" (func $embed (param i32 i32 i32)))"#,
        "",
        // The text stands eight bytes into the call: a list of one string.
        "(call $embed (i32.add (local.get $batch) (i32.const 8)) (i32.const 1) (i32.const 32))
         (i32.store8 (i32.const 1024) (i32.const 1))
         (if (i32.load8_u (i32.const 32))
           (then
             (i32.store8 (i32.const 1028) (i32.load8_u (i32.const 36)))
             (i32.store (i32.const 1032) (i32.load (i32.const 40)))
             (i32.store (i32.const 1036) (i32.load (i32.const 44))))
           (else
             (i32.store (i32.const 1032) (i32.load (i32.const 36)))
             (i32.store (i32.const 1036) (i32.load (i32.const 40)))))
         (i32.store (i32.const 16) (i32.const 1024))
         (i32.store (i32.const 20) (local.get $len))
         (i32.const 16)",
    )
}

/// One value a text: its length. Or there is no model.
struct Lengths(Option<&'static str>);

impl SemanticsSource for Lengths {
    fn embed(&self, texts: &[String]) -> Result<Embeddings, EmbedError> {
        let model = self.0.ok_or_else(|| EmbedError::Unavailable("no model here".to_owned()))?;
        Ok(Embeddings {
            model: format!("{model} {}", texts.join("|")),
            dimensions: 1,
            values: texts.iter().map(|text| text.len() as f32).collect(),
        })
    }
}

#[tokio::test]
async fn what_a_plugin_can_do_without_is_refused_when_it_asks() {
    let component = load(&reader());
    assert_eq!((component.needs(), component.uses()), (&[][..], &[Capability::Semantics][..]));
    let call = call();
    for (source, answer) in [
        (None, "`semantics` is not granted"),
        (Some(Lengths(None)), "no model here"),
        (Some(Lengths(Some("counter"))), "counter Hallo, Grüß Gott.\nGuten Tag."),
    ] {
        let semantics = source.map(|source| Arc::new(source) as Arc<dyn SemanticsSource>);
        let grants = Grants { semantics, ..Grants::default() };
        let plugin = Extractor::prepare("reader", &component, grants, Limits::default());
        let plugin = plugin.expect("it links with and without the grant");
        let rows = plugin.extract(&[(id("a"), &call)]).await.expect("the call succeeds").value;
        let error = rows[0].as_ref().expect_err("it answers in an error").to_string();
        assert!(error.contains(answer), "{error}");
    }
}
