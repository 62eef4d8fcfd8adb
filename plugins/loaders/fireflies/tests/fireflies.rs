//! Fireflies through the public door, with answers as they are documented.

use fireflies::{Config, Fireflies};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::{MemoryFiles, MemoryHttp};

const ENDPOINT: &str = "POST https://api.fireflies.ai/graphql";

/// The documented example, with a second sentence and a second speaker.
const EXAMPLE: &str = r#"{"data":{"transcript":{"id":"T1","title":"Acme","date":1772380800000,"dateString":"2026-03-01T16:00:00.000Z","duration":31.5,"host_email":"al@us.test","organizer_email":"al@us.test","participants":["al@us.test","bo@cust.test"],"speakers":[{"id":0,"name":"Al"},{"id":1,"name":"Bo"}],"meeting_attendees":[{"displayName":"Bo","email":"bo@cust.test"}],"sentences":[{"index":0,"speaker_id":0,"speaker_name":"Al","text":"Hi Bo.","raw_text":"hi bo","start_time":5.1,"end_time":5.9,"ai_filters":{"task":null}},{"index":1,"speaker_id":0,"speaker_name":"Al","text":"All well?","start_time":"6.0","end_time":"6.5"},{"index":2,"speaker_id":1,"speaker_name":"Bo","text":"Fine.","start_time":"7","end_time":"7.25"}]}}}"#;

fn load(status: u16, answer: &str) -> Result<Chunk> {
    let http = Http::of_memory(MemoryHttp::new().json(ENDPOINT, status, answer));
    let files = Files::of_memory(MemoryFiles::new());
    Fireflies::over(Config::default(), http).unwrap().load(&files, "T1", 0)
}

fn call(answer: &str) -> Conversation {
    match load(200, answer).unwrap().items.remove(0).unwrap().body {
        Body::Conversation(call) => call,
        Body::Recording(_) => panic!("a conversation was wanted"),
    }
}

#[test]
fn the_documented_example_is_a_call() {
    let call = call(EXAMPLE);
    assert_eq!(call.text, "Hi Bo. All well?\nFine.");
    assert_eq!(call.timing, Timing::Turns);
    let times: Vec<_> = call.turns.iter().map(|turn| (turn.start_ms, turn.end_ms)).collect();
    assert_eq!(times, [(Some(5_100), Some(6_500)), (Some(7_000), Some(7_250))]);
    let sides: Vec<_> = call
        .participants
        .iter()
        .map(|one| (one.name.as_deref().unwrap(), one.role, one.role_evidence.as_str()))
        .collect();
    assert_eq!(sides, [("Bo", Role::Prospect, "email_domain"), ("Al", Role::Seller, "host_email")]);
    assert_eq!(call.duration_ms, Some(1_890_000));
    assert_eq!(call.account.as_deref(), Some("cust.test"));
}

#[test]
fn a_host_at_a_mail_provider_tells_no_company() {
    let call = call(&EXAMPLE.replace("al@us.test", "al@gmail.com"));
    let roles: Vec<_> = call.participants.iter().map(|one| one.role).collect();
    assert_eq!(roles, [Role::Unknown, Role::Seller]);
}

#[test]
fn a_code_counts_whatever_the_status() {
    let error = |status, code: &str| {
        let body = format!(
            r#"{{"errors":[{{"message":"no","code":"{code}","extensions":{{"code":"{code}"}}}}]}}"#
        );
        load(status, &body).unwrap_err()
    };
    for status in [200, 400, 500] {
        assert!(matches!(error(status, "too_many_requests"), Error::Transient(_)));
        assert!(matches!(error(status, "auth_failed"), Error::Permanent(_)));
        assert!(matches!(error(status, "account_cancelled"), Error::Permanent(_)));
        assert!(matches!(error(status, "object_not_found"), Error::InvalidInput(_)));
    }
    assert!(matches!(load(502, "{}"), Err(Error::Transient(_))));
    assert!(matches!(load(200, r#"{"data":null}"#), Err(Error::InvalidInput(_))));
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
        let _ = load(200, &answer);
    }
}
