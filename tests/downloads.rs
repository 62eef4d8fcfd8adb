//! Recordings of meeting services, fetched through the gate from signed addresses and heard
//! by the host, against servers that stand in for both.

use std::fs;
use std::path::PathBuf;

use rehearsal_standins::{Server, fathom, fireflies, gong, media};
use rehearsal_tests::{Outcome, Project, outcome, root};
use serde_json::Value;

const SECRET: &str = "sk-standin-0123456789";

/// A service whose recordings lie on a host of their own.
struct Stage {
    api: Server,
    host: Server,
    store: media::Store,
    project: Project,
}

impl Stage {
    /// `URL` in the source is the API's address. `rest` belongs to the grant of the host of
    /// recordings.
    fn new(api: axum::Router, source: &str, rest: &str, store: media::Store) -> Self {
        let (api, host) = (Server::start(api), Server::start(store.router()));
        let source = source.replace("URL", &api.url());
        let project = Project::new(&format!(
            "[pipeline]\nname = \"heard\"\n\n[privacy]\nmode = \"off\"\n\n\
             [[source]]\nid = \"meetings\"\n{source}\n\
             allow_private = true\nca = \"api.pem\"\n\n\
             [[source.grant.http]]\nurl = \"{}/media/*\"\nallow_private = true\nca = \"host.pem\"\n\
             {rest}\n\n\
             [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n",
            host.url()
        ));
        project.write("api.pem", api.certificate());
        project.write("host.pem", host.certificate());
        Self { api, host, store, project }
    }

    fn fathom(recordings: &str, rest: &str, store: media::Store) -> (Self, fathom::Account) {
        let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(1));
        let source = format!(
            "plugin = \"fathom\"\n\
             config = {{ base_url = \"URL/external/v1\", recordings = \"{recordings}\" }}\n\n\
             [[source.grant.http]]\nurl = \"URL/external/v1/*\"\n\
             secret = {{ header = \"X-Api-Key\", env = \"STANDIN_KEY\" }}"
        );
        let stage = Self::new(account.router(), &source, rest, store);
        account.offer("completed", &stage.store.address(&stage.host.url()));
        (stage, account)
    }

    fn run(&self) -> Outcome {
        let mut command = self.project.command(&["run", "--json"]);
        outcome(command.env("STANDIN_KEY", SECRET).output().expect("the program starts"))
    }

    /// What the only thing that failed says.
    fn letter(&self) -> String {
        let letters = self.project.run(&["dead-letters", "--json"]).expect(0).json();
        assert_eq!(letters.as_array().map(Vec::len), Some(1), "{letters}");
        letters[0]["error"].as_str().expect("a message").to_owned()
    }

    fn kept(&self) -> Vec<PathBuf> {
        let folder = fs::read_dir(self.project.path().join(".rehearsal/media"));
        folder.into_iter().flatten().map(|file| file.expect("a file").path()).collect()
    }
}

fn count(outcome: &Outcome, what: &str) -> u64 {
    let summary = outcome.json();
    let value = &summary["summary"]["sources"]["meetings"][what];
    value.as_u64().unwrap_or_else(|| panic!("{what}: {summary}"))
}

fn dental() -> Vec<u8> {
    fs::read(root().join("examples/calls/dental-callback.mp3")).expect("an example")
}

/// A recording in which nobody says anything.
fn silence() -> Vec<u8> {
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 16_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut file = hound::WavWriter::new(&mut bytes, format).expect("a file");
    (0..32_000).for_each(|_| file.write_sample(0_i16).expect("a sample"));
    file.finalize().expect("a file");
    bytes.into_inner()
}

#[test]
fn a_recording_is_heard_kept_once_and_erased_with_its_call() {
    let store = media::Store::new("audio/mpeg", dental());
    let (stage, _) = Stage::fathom("always", "media = true", store);
    let first = stage.run().expect(0);
    assert_eq!((count(&first, "loaded"), count(&first, "failed")), (1, 0));
    assert_eq!(first.json()["summary"]["speech"]["heard"], 1);
    // The host of recordings was asked without the operator's secret.
    let asked = stage.host.seen();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers.iter().all(|(_, value)| !value.contains(SECRET)), "{asked:?}");

    let calls = stage.project.run(&["show", "--json"]).expect(0).json();
    let id = calls[0]["id"].as_str().expect("an id");
    let call = stage.project.run(&["show", id, "--json"]).expect(0).json();
    let text = call["conversation"]["text"].as_str().expect("a text").to_lowercase();
    assert!(text.contains("busy signal"), "{text}");
    assert!(!text.contains("that is point"), "the service's transcript was read: {text}");
    let kept = stage.kept();
    assert_eq!(kept.len(), 1);
    assert_eq!(call["media"]["path"].as_str(), kept[0].to_str());
    assert_eq!(fs::read(&kept[0]).expect("the recording"), dental());

    // Nothing is fetched again; what is erased is gone.
    let second = stage.run().expect(0);
    assert_eq!((count(&second, "unchanged"), stage.host.seen().len()), (1, 1));

    // What was heard is in the backup: nobody hears it again.
    let [repository, copy] =
        [".rehearsal/repository", "copy"].map(|f| stage.project.path().join(f));
    let _ = stage.project.run(&["backup", "copy"]).expect(0);
    fs::remove_dir_all(&repository).expect("it goes");
    fs::rename(&copy, &repository).expect("it comes back");
    let third = stage.run().expect(0);
    assert_eq!((count(&third, "unchanged"), stage.host.seen().len()), (1, 1));
    assert_eq!(third.json()["summary"]["speech"]["heard"], 0);
    let again = stage.project.run(&["show", id, "--json"]).expect(0).json();
    assert_eq!(again["conversation"], call["conversation"]);

    let _ = stage.project.run(&["forget", "--call", id]).expect(0);
    assert!(stage.kept().is_empty());
}

#[test]
fn an_expired_address_is_asked_for_anew_by_the_next_run() {
    let store = media::Store::new("audio/wav", silence());
    let (stage, account) = Stage::fathom("always", "media = true", store);
    stage.store.sign("s2");
    let _ = stage.run().expect(3);
    assert_eq!(
        stage.letter(),
        format!(
            "it may work later: {}/media/call (403): the address of the recording is no longer \
             taken; the next run asks for a new one",
            stage.host.url()
        )
    );
    account.offer("processing", "");
    let _ = stage.run().expect(3);
    let url = format!("{}/external/v1/recordings/1000/download", stage.api.url());
    let waits = "Fathom prepares the recording; the next run asks again";
    assert_eq!(stage.letter(), format!("it may work later: {url} (202): {waits}"));
    account.offer("completed", &stage.store.address(&stage.host.url()));
    let _ = stage.run().expect(3);
    assert_eq!(stage.letter(), "nothing is said in it");
}

#[test]
fn what_is_too_large_not_granted_or_no_recording_is_named_and_leaves_nothing() {
    let store = || media::Store::new("audio/wav", silence());
    let (stage, _) = Stage::fathom("always", "media = true\nmax_body = \"10 KiB\"", store());
    let _ = stage.run().expect(3);
    let address = format!("{}/media/call", stage.host.url());
    let told = "the answer has more than 10240 bytes; `max_body` of the grant allows no more";
    assert!(stage.letter().ends_with(&format!("{address}: {told}")), "{}", stage.letter());
    assert!(stage.kept().is_empty());

    let (stage, _) = Stage::fathom("always", "", store());
    let _ = stage.run().expect(3);
    assert_eq!(
        stage.letter(),
        format!(
            "the result breaks the contract: `{}/media/call` is no file, as media must be: the \
             grant of this address wants `media = true`",
            stage.host.url()
        )
    );
    let (stage, account) = Stage::fathom("always", "media = true", store());
    account.offer("completed", "https://elsewhere.invalid/media/call?signature=s1");
    let _ = stage.run().expect(3);
    assert!(
        stage.letter().contains("{ url = \"https://elsewhere.invalid/media/call\""),
        "{}",
        stage.letter()
    );
    let page = media::Store::new("text/html", b"<html>log in</html>".to_vec());
    let (stage, _) = Stage::fathom("always", "media = true", page);
    let _ = stage.run().expect(3);
    assert!(stage.letter().contains("`text/html` is no recording"), "{}", stage.letter());
}

#[test]
fn recordings_together_take_no_more_than_the_pipeline_allows() {
    let store = media::Store::new("audio/wav", silence());
    let (stage, account) = Stage::fathom("always", "media = true", store);
    let limit = |size: &str| {
        let pipeline = fs::read_to_string(stage.project.path().join("pipeline.toml"));
        let pipeline = pipeline.expect("a pipeline");
        let kept = pipeline.lines().filter(|line| !line.starts_with("max_media"));
        let kept: String = kept.map(|line| format!("{line}\n")).collect();
        let set = format!("[pipeline]\nmax_media = \"{size}\"\n");
        stage.project.write("pipeline.toml", kept.replace("[pipeline]\n", &set));
    };
    let waits = |problem: &str| {
        format!(
            "it may work later: recordings in `media/` of the workspace take {problem} that \
             `max_media` of `[pipeline]` allows; raise it, or make room with `rehearsal forget` \
             or `rehearsal purge --gone`: a later run fetches what is missing"
        )
    };
    // The server says how large it is, so nothing of it is kept.
    limit("60 KiB");
    let _ = stage.run().expect(3);
    let more = "0 B; this one (62.5 KiB) would make them more than the 60.0 KiB";
    assert_eq!((stage.letter(), stage.kept().len()), (waits(more), 0));
    // With room it is fetched, without the operator's asking for it.
    limit("63 KiB");
    let _ = stage.run().expect(3);
    assert_eq!((stage.letter().as_str(), stage.kept().len()), ("nothing is said in it", 1));
    // A full folder is no reason to ask the server at all.
    limit("50 KiB");
    let asked = stage.host.seen().len();
    account.change(|meetings| meetings[0]["title"] = "Changed".into());
    let _ = stage.run().expect(3);
    assert_eq!(stage.letter(), waits("62.5 KiB, no less than the 50.0 KiB"));
    assert_eq!(stage.host.seen().len(), asked);
    // What no call refers to makes room.
    let _ = stage.project.run(&["purge", "--gone"]).expect(0);
    assert_eq!(stage.kept().len(), 0);
}

#[test]
fn only_calls_without_a_transcript_are_heard_where_that_is_asked_for() {
    let store = media::Store::new("audio/wav", silence());
    let (stage, account) = Stage::fathom("missing", "media = true", store);
    let _ = stage.run().expect(0);
    assert!(stage.host.seen().is_empty());
    account.change(|meetings| meetings[0]["transcript"] = Value::Null);
    account.change(|meetings| meetings[0]["title"] = "Changed".into());
    let _ = stage.run().expect(3);
    assert_eq!((stage.letter().as_str(), stage.host.seen().len()), ("nothing is said in it", 1));
}

#[test]
fn recordings_of_fireflies_and_gong_are_heard_too() {
    let store = || media::Store::new("audio/wav", silence());
    let account = fireflies::Account::new(SECRET, fireflies::invented(1));
    let source = "plugin = \"fireflies\"\n\
                  config = { url = \"URL/graphql\", recordings = \"always\" }\n\n\
                  [[source.grant.http]]\nurl = \"URL/graphql\"\nmethods = [\"POST\"]\n\
                  secret = { header = \"Authorization\", prefix = \"Bearer \", env = \"STANDIN_KEY\" }";
    let stage = Stage::new(account.router(), source, "media = true", store());
    let address = stage.store.address(&stage.host.url());
    account.change(|transcripts| transcripts[0]["audio_url"] = address.into());
    let _ = stage.run().expect(3);
    assert_eq!((stage.letter().as_str(), stage.kept().len()), ("nothing is said in it", 1));

    let account = gong::Account::new(SECRET, gong::invented(1));
    let source = "plugin = \"gong\"\nconfig = { base_url = \"URL\", recordings = \"always\" }\n\n\
                  [[source.grant.http]]\nurl = \"URL/v2/calls/*\"\nmethods = [\"POST\"]\n\
                  secret = { header = \"Authorization\", prefix = \"Basic \", base64 = true, env = \"STANDIN_KEY\" }";
    let stage = Stage::new(account.router(), source, "media = true", store());
    let address = stage.store.address(&stage.host.url());
    account.change(|calls| calls[0].0["media"] = serde_json::json!({ "audioUrl": address }));
    let _ = stage.run().expect(3);
    assert_eq!((stage.letter().as_str(), stage.kept().len()), ("nothing is said in it", 1));
}

#[test]
fn recordings_take_no_secret() {
    let store = media::Store::new("audio/wav", silence());
    let rest = "media = true\nsecret = { header = \"X-Api-Key\", env = \"STANDIN_KEY\" }";
    let (stage, _) = Stage::fathom("always", rest, store);
    let told = stage.project.run(&["check"]).expect(2).err;
    assert!(told.contains("recordings are fetched without a secret"), "{told}");
}
