//! Transcripts through the public door: files in, conversations and errors out.

use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::MemoryFiles;
use transcripts::{Config, Transcripts};

fn load(name: &str, content: impl AsRef<[u8]>) -> Result<Chunk> {
    let config = Config { sellers: vec!["Dana Fox".into(), "Acme".into()], ..Config::default() };
    let files = Files::of_memory(MemoryFiles::new().with(name, content));
    Transcripts::new(config).unwrap().load(&files, name, 0)
}

fn call(name: &str, content: impl AsRef<[u8]>) -> Conversation {
    match load(name, content).unwrap().items.remove(0).unwrap().body {
        Body::Conversation(call) => call,
        Body::Recording(_) => panic!("a transcript is a conversation"),
    }
}

/// Name, side, words, start and end.
type Spoken<'a> = (Option<&'a str>, Role, &'a str, Option<u32>, Option<u32>);

fn spoken(call: &Conversation) -> Vec<Spoken<'_>> {
    let call = Call::new(call);
    call.turns()
        .map(|turn| {
            let name = turn.speaker().unwrap().name.as_deref();
            (name, turn.role(), turn.text(), turn.start_ms(), turn.end_ms())
        })
        .collect()
}

#[test]
fn plain_text_in_every_dialect() {
    let dialects = [
        "REP: Hi Bo.\nProspect: Hello.\n  again\n",
        "[00:12] Dana Fox: Hi Bo.\r\n[00:15] Bo Lee: Hello.\r\nagain\r\n",
        "Dana Fox (00:12): Hi Bo.\nBo Lee (0:15): Hello.\nagain",
        "Dana Fox  0:12\nHi Bo.\n\nBo Lee  0:15\nHello.\nagain\n\nTranscribed by https://otter.ai\n",
        "\u{feff}Dana Fox [00:12]: Hi Bo.\nBo Lee [00:15]: Hello.\nagain",
    ];
    for text in dialects {
        let call = call("a/call.txt", text);
        let spoken = spoken(&call);
        assert_eq!(spoken.len(), 2, "{text}");
        assert_eq!((spoken[0].1, spoken[0].2), (Role::Seller, "Hi Bo."), "{text}");
        assert_eq!(spoken[1].2, "Hello. again", "{text}");
        if text.contains("12") {
            assert_eq!(
                spoken[1],
                (Some("Bo Lee"), Role::Unknown, "Hello. again", Some(15_000), None)
            );
            assert_eq!(call.timing, Timing::Starts);
        } else {
            assert_eq!(spoken[1].1, Role::Prospect);
        }
        assert_eq!(call.title.as_deref(), Some("call"));
    }
}

#[test]
fn text_without_speakers_is_kept_and_nobody_is_guessed() {
    let call = call("notes.txt", "We met at ten: it rained.\nThen we left.\n\nNext day.");
    assert_eq!(call.participants.len(), 1);
    assert_eq!(call.participants[0].role, Role::Unknown);
    assert_eq!(call.turns.len(), 2);
}

#[test]
fn web_vtt_of_teams_and_zoom() {
    let teams = "WEBVTT\r\n\r\nNOTE made by hand\r\n\r\nSTYLE\r\n::cue { color: red }\r\n\r\nab-12/12-0\r\n00:01.000 --> 00:02.500 align:start\r\n<v Dana\r\nFox>Hi &amp; <i>welcome</i>, Bo.</v>\r\n\r\n00:00:03.000 --> 00:00:04.000\r\n<v Bo Lee>Hello.</v>\r\n";
    let call_of_teams = call("t.vtt", teams);
    assert_eq!(
        spoken(&call_of_teams),
        [
            (Some("Dana Fox"), Role::Seller, "Hi & welcome, Bo.", Some(1_000), Some(2_500)),
            (Some("Bo Lee"), Role::Unknown, "Hello.", Some(3_000), Some(4_000)),
        ]
    );
    let zoom = "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nDana Fox (Acme): Hi.\n\n2\n00:00:02.100 --> 00:00:03.000\nDana Fox (Acme): Ready?\n\n3\n00:00:04.000 --> 00:00:05.000\nBo Lee: Yes.\n";
    let call_of_zoom = call("z.vtt", zoom);
    assert_eq!(spoken(&call_of_zoom)[0].2, "Hi. Ready?", "cues of one speaker are one turn");
    assert_eq!(call_of_zoom.participants[0].organisation.as_deref(), Some("Acme"));
    assert_eq!(call_of_zoom.timing, Timing::Turns);
}

#[test]
fn a_broken_cue_costs_itself_and_says_where() {
    let srt = "1\n00:00:01,000 --> 00:00:02,000\nRep: Hi.\n\n2\n00:00:xx,000 --> 00:00:03,000\nlost\n\n3\n00:00:04,000 --> 00:00:05,000\nCustomer: <b>Hello.</b>\n";
    let chunk = load("c.srt", srt).unwrap();
    assert_eq!(chunk.items.len(), 2);
    let failed = chunk.items[1].as_ref().unwrap_err();
    assert_eq!(failed.position, "line 6");
    assert!(failed.error.message().starts_with("c.srt:6: `00:00:xx,000` is no time"));
    let call = call("c.srt", srt);
    assert_eq!(spoken(&call)[1].2, "Hello.");
}

#[test]
fn what_is_no_transcript_is_refused_with_file_and_line() {
    let refused = |name: &str, bytes: &[u8]| load(name, bytes).unwrap_err().message().to_owned();
    assert!(refused("e.txt", b" \n\n").contains("e.txt:1: the transcript is empty"));
    assert!(refused("b.txt", b"Rep: ok\nRep: \xff").contains("b.txt:2: byte 6 is not UTF-8"));
    assert!(refused("u.txt", b"\xff\xfeR\0").contains("UTF-16"));
    assert!(refused("v.vtt", b"1\n00:01.000 --> 00:02.000\nhi").contains("v.vtt:1"));
}

#[test]
fn text_is_normalised() {
    let call = call("n.txt", "Rep: cafe\u{301}\u{200b}\u{7} \t ok");
    assert_eq!(spoken(&call)[0].2, "café ok");
}

#[test]
fn lists_what_it_reads_page_by_page() {
    let files = Files::of_memory(
        MemoryFiles::new().with("a.vtt", "x").with("b.mp3", "x").with("c.TXT", "x").with("d", "x"),
    );
    let page = Transcripts::new(Config::default()).unwrap().list(&files, None).unwrap();
    let keys: Vec<_> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!((keys, page.next), (vec!["a.vtt", "c.TXT"], None));
}

#[test]
fn a_sidecar_says_who_is_who() {
    let files = MemoryFiles::new().with("c.txt", "Bo Lee: Hello.\nDana: Hi.").with(
        "c.toml",
        "title = 'First'\naccount = 'Acme'\n[[participant]]\nname = 'bo lee'\nrole = 'prospect'\norganisation = 'Acme'\n",
    );
    let files = Files::of_memory(files);
    let loader = Transcripts::new(Config::default()).unwrap();
    let mut chunk = loader.load(&files, "c.txt", 0).unwrap();
    let Body::Conversation(call) = chunk.items.remove(0).unwrap().body else { panic!() };
    assert_eq!((call.title.as_deref(), call.account.as_deref()), (Some("First"), Some("Acme")));
    assert_eq!(call.participants[0].role_evidence, "sidecar");
    assert_eq!(call.participants[1].role, Role::Unknown);
    assert!(loader.list(&files, None).unwrap().entries[0].fingerprint.contains('+'));
}

proptest! {
    #[test]
    fn no_bytes_panic_and_all_spans_are_valid(
        ending in "(txt|vtt|srt)",
        parts in proptest::collection::vec(
            "(WEBVTT|\n|\r\n|\n\n|1|00:01.000 --> 00:02.000|00:00:01,000 --> 00:00:03,000|<v |<v A B>|>|</v>|Rep: |Name  0:12|\\[00:12\\] |\\(1:00\\)|:|é|&amp;|\\PC{0,8})", 0..40)
    ) {
        let text = if ending == "vtt" { format!("WEBVTT\n\n{}", parts.concat()) } else { parts.concat() };
        if let Ok(chunk) = load(&format!("x.{ending}"), &text) {
            for item in chunk.items.into_iter().flatten() {
                let Body::Conversation(call) = item.body else { continue };
                let mut last = 0;
                for turn in &call.turns {
                    prop_assert!(turn.text.start >= last && turn.text.end > turn.text.start);
                    last = turn.text.end;
                    prop_assert!(call.text.get(turn.text.start as usize..turn.text.end as usize).is_some());
                    prop_assert!((turn.participant as usize) < call.participants.len());
                    prop_assert!(turn.start_ms.zip(turn.end_ms).is_none_or(|(start, end)| start <= end));
                }
            }
        }
    }

    #[test]
    fn no_bytes_at_all_panic(ending in "(txt|vtt|srt|docx|json)", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = load(&format!("x.{ending}"), bytes);
    }
}

/// Transcripts of the demo, where the checkout has them.
#[test]
fn every_example_of_the_demo_loads_with_both_sides_or_says_why() {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/transcripts");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return println!("skipped: there is no {}", folder.display());
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if transcripts::Format::of_name(name).is_none() {
            continue;
        }
        let mut files = MemoryFiles::new().with(name, std::fs::read(&path).unwrap());
        if let Ok(sidecar) = std::fs::read(path.with_extension("toml")) {
            files = files.with(&format!("{}.toml", path.file_stem().unwrap().display()), sidecar);
        }
        let loader = Transcripts::new(Config::default()).unwrap();
        let chunk = loader.load(&Files::of_memory(files), name, 0).unwrap();
        for item in chunk.items {
            let item = item.unwrap_or_else(|failed| panic!("{name}: {failed:?}"));
            let Body::Conversation(call) = item.body else { panic!("{name}: no conversation") };
            assert!(call.turns.len() > 4, "{name}: {} turns", call.turns.len());
            for side in [Role::Seller, Role::Prospect] {
                let known = call.participants.iter().any(|one| one.role == side);
                assert!(known, "{name}: {:?}", call.participants);
            }
        }
    }
}
