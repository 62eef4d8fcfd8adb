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

    /// Near to a sound one, so that what is behind the grammar is reached too.
    #[test]
    fn damaged_sidecars_are_read_or_named(
        json in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..30_usize, piece()), 1..5),
    ) {
        let (name, mut text) =
            if json { ("a.json", JSON.to_owned()) } else { ("a.toml", SIDECAR.to_owned()) };
        for (place, length, with) in changes {
            let at = text.floor_char_boundary(place.index(text.len() + 1));
            let end = text.floor_char_boundary((at + length).min(text.len()));
            text.replace_range(at..end, &with);
        }
        match load(MemoryFiles::new().with("a.wav", "").with(name, &text), "a.wav") {
            Ok(media) => {
                let named = media.about.participants.iter().filter_map(|one| one.name.as_ref());
                prop_assert!(named.into_iter().all(|name| media.vocabulary.contains(name)));
                prop_assert!(media.about.title.is_some());
            }
            Err(error) => prop_assert!(error.message().contains(name), "{error:?}"),
        }
    }
}

/// What sidecars are made of, to be put where it does not belong.
fn piece() -> impl Strategy<Value = String> {
    let pieces = [
        "[[participant]]\n",
        "channel = 256\n",
        "channel = \"left\"\n",
        "channel = -1\n",
        "\"\"\"",
        "'''",
        "[",
        "]",
        "{",
        "}",
        "\"",
        "\\u0000",
        "\\ud800",
        "null",
        "1e999",
        "nan",
        "-0001-01-01",
        "2026-02-30T25:61:61Z",
        "00:00:00",
        "\u{feff}",
        "\u{1b}[2J",
        "=",
        ",",
        "\r",
        "",
    ];
    prop_oneof![prop::sample::select(pieces.map(str::to_owned).to_vec()), "\\PC{0,12}"]
}

/// The same in JSON.
const JSON: &str = r#"{"title":"First call","started_at":"2026-03-01T16:00:00Z","language":"en",
"vocabulary":["Paywright"],"participants":[{"name":"Al","role":"seller","channel":0},
{"name":"Bo","organisation":"Acme","channel":"right"}]}"#;

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
