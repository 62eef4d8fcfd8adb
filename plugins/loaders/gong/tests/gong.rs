//! Gong through the public door, with answers as they are documented.

use gong::{Config, Gong};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::{MemoryFiles, MemoryHttp};

const ABOUT: &str = r#"{"requestId":"r","records":{},"calls":[{"metaData":{"id":"1","url":"https://app.gong.io/call?id=1","title":"Acme","started":"2026-03-01T16:00:00Z","duration":600,"language":"eng"},"parties":[{"name":"Al","emailAddress":"al@us.test","speakerId":"9","affiliation":"Internal"},{"name":"Bo","emailAddress":"bo@cust.test","speakerId":"10","affiliation":"External"}]}]}"#;

fn load(sentences: &str) -> Conversation {
    let said = format!(
        r#"{{"requestId":"r","records":{{}},"callTranscripts":[{{"callId":"1","transcript":[{sentences}]}}]}}"#
    );
    let http = MemoryHttp::new()
        .json("POST https://api.gong.io/v2/calls/extensive", 200, ABOUT)
        .json("POST https://api.gong.io/v2/calls/transcript", 200, &said);
    let loader = Gong::over(Config::default(), Http::of_memory(http)).unwrap();
    let files = Files::of_memory(MemoryFiles::new());
    match loader.load(&files, "1", 0).unwrap().items.remove(0).unwrap().body {
        Body::Conversation(call) => call,
        Body::Recording(_) => panic!("a conversation was wanted"),
    }
}

#[test]
fn the_documented_example_is_a_call() {
    let call = load(
        r#"{"speakerId":"9","topic":"Intro","sentences":[{"start":5100,"end":5900,"text":"Hi Bo."}]},
           {"speakerId":"10","sentences":[{"start":6000,"end":7000,"text":"Hi."}]},
           {"speakerId":"77","sentences":[{"start":8000,"end":9000,"text":"Me too."}]}"#,
    );
    assert_eq!(call.text, "Hi Bo.\nHi.\nMe too.");
    assert_eq!((call.turns[0].start_ms, call.turns[0].end_ms), (Some(5_100), Some(5_900)));
    let roles: Vec<_> =
        call.participants.iter().map(|one| (one.role, one.role_evidence.as_str())).collect();
    assert_eq!(
        roles,
        [(Role::Seller, "affiliation"), (Role::Prospect, "affiliation"), (Role::Unknown, "")]
    );
    assert_eq!(call.language.as_deref(), Some("en"));
    assert_eq!(call.duration_ms, Some(600_000));
}

#[test]
fn times_in_seconds_are_told_by_the_calls_length() {
    let call = load(
        r#"{"speakerId":"9","sentences":[{"start":5.1,"end":5.9,"text":"Hi."},{"start":590,"end":598.5,"text":"Bye."}]}"#,
    );
    assert_eq!((call.turns[0].start_ms, call.turns[0].end_ms), (Some(5_100), Some(598_500)));
}

#[test]
fn a_filter_that_fits_nothing_is_an_empty_listing() {
    let none =
        r#"{"requestId":"r","errors":["No calls found corresponding to the provided filters"]}"#;
    let http = MemoryHttp::new().json("POST https://api.gong.io/v2/calls/extensive", 404, none);
    let loader = Gong::over(Config::default(), Http::of_memory(http)).unwrap();
    let page = loader.list(&Files::of_memory(MemoryFiles::new()), None).unwrap();
    assert!(page.entries.is_empty() && page.next.is_none());
}

proptest! {
    /// Whatever the service answers is a call or an error.
    #[test]
    fn mutated_answers_never_panic(
        at in 0.0..1.0_f64,
        length in 0_usize..60,
        with in "null|-1|1e400|\"\"|\\[\\]|\\{\\}|\\PC{0,12}",
    ) {
        let mut answer = ABOUT.to_owned();
        let at = (at * answer.len() as f64) as usize;
        let end = (at + length).min(answer.len());
        answer.replace_range(at..end, &with);
        let said = answer.replace("calls", "callTranscripts").replace("parties", "transcript");
        let http = MemoryHttp::new()
            .json("POST https://api.gong.io/v2/calls/extensive", 200, &answer)
            .json("POST https://api.gong.io/v2/calls/transcript", 200, &said);
        let loader = Gong::over(Config::default(), Http::of_memory(http)).unwrap();
        let files = Files::of_memory(MemoryFiles::new());
        let _ = (loader.load(&files, "1", 0), loader.list(&files, None));
    }
}
