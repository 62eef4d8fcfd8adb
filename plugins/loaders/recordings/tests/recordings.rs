//! Recordings through the public door.

use proptest::prelude::*;
use recordings::{Config, Recordings};
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::MemoryFiles;

fn load(files: MemoryFiles, key: &str) -> Result<Media> {
    let loader = Recordings::new(Config::default()).unwrap();
    let mut chunk = loader.load(&Files::of_memory(files), key, 0)?;
    match chunk.items.remove(0).unwrap().body {
        Body::Recording(media) => Ok(media),
        Body::Conversation(_) => panic!("a recording was wanted"),
    }
}

const SIDECAR: &str = r#"
title = "First call"
started_at = 2026-03-01T16:00:00Z
language = "en"
licence = "CC0-1.0"
consent = "both parties, on the call"
account = "Acme"
vocabulary = ["Paywright"]

[[participant]]
name = "Bo Lee"
role = "prospect"
channel = "right"

[[participant]]
name = "Dana Fox"
role = "seller"
channel = "left"
organisation = "Paywright"
"#;

#[test]
fn a_sidecar_tells_who_is_on_which_channel() {
    let media =
        load(MemoryFiles::new().with("x/a.wav", "RIFF").with("x/a.toml", SIDECAR), "x/a.wav")
            .unwrap();
    let people: Vec<_> =
        media.about.participants.iter().map(|p| (p.name.as_deref().unwrap(), p.role)).collect();
    assert_eq!(people, [("Dana Fox", Role::Seller), ("Bo Lee", Role::Prospect)]);
    assert_eq!(media.about.started_at.as_deref(), Some("2026-03-01T16:00:00Z"));
    assert_eq!(media.about.title.as_deref(), Some("First call"));
    assert!(media.vocabulary.contains(&"Dana Fox".to_owned()));
    assert_eq!(media.file.name(), "x/a.wav");

    let json = r#"{"participants":[{"name":"Al","role":"seller","channel":0},{"channel":1}],"started_at":"2026-03-01T16:00:00Z"}"#;
    let media = load(MemoryFiles::new().with("a.mp3", "").with("a.json", json), "a.mp3").unwrap();
    assert_eq!(media.about.participants[1].role, Role::Unknown);
    assert_eq!(media.about.title.as_deref(), Some("a"));
}

#[test]
fn a_recording_alone_is_one_too() {
    let media = load(MemoryFiles::new().with("solo.mp4", ""), "solo.mp4").unwrap();
    assert!(media.about.participants.is_empty());
}

#[test]
fn a_mistake_in_a_sidecar_is_named_with_its_line() {
    let message = |name: &str, text: &str| {
        let files = MemoryFiles::new().with("a.wav", "").with(name, text);
        load(files, "a.wav").unwrap_err().message().to_owned()
    };
    let unknown = message("a.toml", "title = \"x\"\nlicense = \"MIT\"\n");
    assert!(unknown.starts_with("a.toml:2:1:") && unknown.contains("license"), "{unknown}");
    let unknown = message("a.json", "{\n \"tilte\": 1}");
    assert!(unknown.starts_with("a.json:2:") && unknown.contains("tilte"), "{unknown}");
    let channel = message("a.toml", "[[participant]]\nchannel = \"middle\"\n");
    assert!(channel.contains("`middle` is no channel"), "{channel}");
    let twice = message("a.toml", "[[participant]]\nchannel = 0\n[[participant]]\nchannel = 0\n");
    assert!(twice.contains("each channel from 0 once"), "{twice}");
    let both =
        load(MemoryFiles::new().with("a.wav", "").with("a.toml", "").with("a.json", "{}"), "a.wav");
    assert!(both.unwrap_err().message().contains("keep one"));
}

#[test]
fn a_changed_sidecar_changes_the_fingerprint() {
    let loader = Recordings::new(Config::default()).unwrap();
    let list = |files: MemoryFiles| loader.list(&Files::of_memory(files), None).unwrap().entries;
    let plain = MemoryFiles::new().with("a.WAV", "1").with("b.txt", "2");
    let entries = list(plain.clone());
    assert_eq!(entries.len(), 1);
    let first = list(plain.clone().with("a.toml", "title='a'"));
    let second = list(plain.with("a.toml", "title='b'"));
    assert_ne!(entries[0].fingerprint, first[0].fingerprint);
    assert_ne!(first[0].fingerprint, second[0].fingerprint);
}

proptest! {
    #[test]
    fn no_sidecar_panics(name in "a\\.(toml|json)", bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = load(MemoryFiles::new().with("a.wav", "").with(&name, bytes), "a.wav");
    }
}

/// Recordings of the demo, where the checkout has them.
#[test]
fn every_sidecar_of_the_demo_is_understood() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/calls");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return println!("skipped: there is no {}", folder.display());
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            let name = path.file_name().unwrap().to_str().unwrap();
            let media = format!("{}.wav", name.trim_end_matches(".toml"));
            let files =
                MemoryFiles::new().with(&media, "").with(name, std::fs::read(&path).unwrap());
            let about = load(files, &media).unwrap().about;
            assert!(about.participants.iter().any(|one| one.role == Role::Seller), "{name}");
            assert!(about.licence.is_some() && about.consent.is_some(), "{name}");
        }
    }
}
