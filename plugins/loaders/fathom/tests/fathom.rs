//! Fathom through the public door, with answers as they are documented.

use fathom::{Config, Fathom};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::{MemoryFiles, MemoryHttp};

const BASE: &str = "GET https://api.fathom.ai/external/v1/meetings";

/// The documented example, with its transcript.
const EXAMPLE: &str = r#"{"limit":10,"next_cursor":null,"items":[{"title":"Acme disco","meeting_title":null,"recording_id":91,"url":"https://fathom.video/x","share_url":"https://fathom.video/share/x","created_at":"2026-03-01T17:01:30Z","scheduled_start_time":"2026-03-01T16:00:00Z","scheduled_end_time":"2026-03-01T17:00:00Z","recording_start_time":"2026-03-01T16:01:12Z","recording_end_time":"2026-03-01T16:58:00Z","calendar_invitees_domains_type":"one_or_more_external","transcript_language":"en","calendar_invitees":[{"name":"Bo","email":"bo@cust.test","email_domain":"cust.test","is_external":true}],"recorded_by":{"name":"Al","email":"al@us.test","email_domain":"us.test","team":"Sales"},"transcript":[{"speaker":{"display_name":"Al","matched_calendar_invitee_email":null},"text":"Hi Bo.","timestamp":"00:00:05"},{"speaker":{"display_name":"Al","matched_calendar_invitee_email":null},"text":"All well?","timestamp":"00:00:07"},{"speaker":{"display_name":"Bo L.","matched_calendar_invitee_email":"bo@cust.test"},"text":"Fine.","timestamp":"00:00:11"}]}]}"#;

const KEY: &str = "2026-03-01T17:01:30Z/91";

fn one(answer: &str) -> MemoryHttp {
    let url = format!(
        "{BASE}?created_after=2026-03-01T17%3A01%3A29Z&created_before=2026-03-01T17%3A01%3A32Z\
         &include_transcript=true"
    );
    MemoryHttp::new().json(&url, 200, answer)
}

fn files() -> Files {
    Files::of_memory(MemoryFiles::new())
}

fn loader(http: MemoryHttp) -> Fathom {
    Fathom::over(Config::default(), Http::of_memory(http)).unwrap()
}

fn load(http: MemoryHttp) -> Conversation {
    let mut chunk = loader(http).load(&files(), KEY, 0).unwrap();
    match chunk.items.remove(0).unwrap().body {
        Body::Conversation(call) => call,
        Body::Recording(_) => panic!("a conversation was wanted"),
    }
}

#[test]
fn the_documented_example_is_a_call() {
    let call = load(one(EXAMPLE));
    assert_eq!(call.text, "Hi Bo. All well?\nFine.");
    assert_eq!(call.timing, Timing::Starts);
    let times: Vec<_> = call.turns.iter().map(|turn| (turn.start_ms, turn.end_ms)).collect();
    assert_eq!(times, [(Some(5_000), None), (Some(11_000), None)]);
    let sides: Vec<_> = call
        .participants
        .iter()
        .map(|one| (one.name.as_deref().unwrap(), one.role, one.role_evidence.as_str()))
        .collect();
    assert_eq!(sides, [("Bo", Role::Prospect, "is_external"), ("Al", Role::Seller, "recorded_by")]);
    assert_eq!(call.account.as_deref(), Some("cust.test"));
    assert_eq!(call.duration_ms, Some(3_408_000));
    assert_eq!(call.language.as_deref(), Some("en"));
    assert_eq!(call.source_url.as_deref(), Some("https://fathom.video/x"));
}

#[test]
fn a_listing_names_every_item_even_one_without_a_name() {
    let page = r#"{"limit":10,"next_cursor":"n","items":[{"recording_id":91,"created_at":"2026-03-01T17:01:30Z"},{"title":"?"}]}"#;
    let loader = loader(MemoryHttp::new().json(BASE, 200, page));
    let listed = loader.list(&files(), None).unwrap();
    assert_eq!(listed.next.as_deref(), Some("n"));
    assert_eq!(listed.entries.len(), 2);
    assert_eq!(listed.entries[0].key, KEY);
    let error = loader.load(&files(), &listed.entries[1].key, 0).unwrap_err();
    assert!(
        matches!(&error, Error::InvalidInput(text) if text.contains("created_at")),
        "{error:?}"
    );
}

#[test]
fn what_is_wrong_with_an_answer_is_said_with_which_answer() {
    let with = |status, headers: &[(&str, &str)], body: &str| {
        loader(MemoryHttp::new().with(BASE, status, headers, body))
            .list(&files(), None)
            .unwrap_err()
    };
    let json = [("content-type", "application/json"), ("x-request-id", "r-7")];
    let error = with(200, &json, "{\"items\": [");
    assert!(
        matches!(&error, Error::InvalidInput(text) if text.contains("request r-7")),
        "{error:?}"
    );
    assert!(error.message().contains("line 1 column"), "{error:?}");
    let error = with(200, &[("content-type", "text/html")], "<html>");
    assert!(error.message().contains("`text/html`, not JSON"), "{error:?}");
    assert!(matches!(with(401, &json, "{}"), Error::Permanent(_)));
    assert!(matches!(with(429, &json, "{}"), Error::Transient(_)));
    assert!(matches!(with(503, &json, "{}"), Error::Transient(_)));
    assert!(matches!(with(302, &json, ""), Error::Permanent(_)));
}

#[test]
fn a_wrong_point_in_time_is_named_before_anything_is_asked() {
    let config = Config { created_after: Some("yesterday".to_owned()), ..Config::default() };
    let error = Fathom::over(config, Http::of_memory(MemoryHttp::new())).unwrap_err();
    assert!(error.message().contains("config.created_after: `yesterday`"), "{error:?}");
}

proptest! {
    /// Whatever the service answers is a call or an error.
    #[test]
    fn mutated_answers_never_panic(
        at in 0.0..1.0_f64,
        length in 0_usize..60,
        with in "null|-1|1e400|\"\"|\\[\\]|\\{\\}|\\PC{0,12}",
    ) {
        let mut answer = EXAMPLE.to_owned();
        let at = (at * answer.len() as f64) as usize;
        let end = (at + length).min(answer.len());
        answer.replace_range(at..end, &with);
        let _ = loader(one(&answer)).load(&files(), KEY, 0);
        let listing = MemoryHttp::new().json(BASE, 200, &answer);
        let _ = loader(listing).list(&files(), None);
    }
}
