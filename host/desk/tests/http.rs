//! The desk over plain HTTP, as a hostile page, another program and a player meet it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

use rehearsal_desk::{Desk, Sheet, Sound};
use rehearsal_model::{
    Annotation, Conversation, Label, Participant, Role, Scope, Span, Tier, Value,
};
use rehearsal_review::{Journal, Rubric};

const RUBRIC: &str = "name = \"r\"\n[[check]]\nid = \"asked\"\nquestion = \"Asked?\"\n";

struct Server {
    address: String,
    key: String,
    folder: tempfile::TempDir,
}

fn call() -> Conversation {
    let mut call = Conversation {
        participants: vec![
            Participant { role: Role::Seller, ..Participant::default() },
            Participant { role: Role::Prospect, ..Participant::default() },
        ],
        ..Conversation::default()
    };
    call.push_turn(0, "Grüße — what happens if nothing changes?", Some((0, 900)));
    call.push_turn(1, "<script>alert(1)</script>", Some((1_000, 1_200)));
    call
}

fn serve() -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = folder.path().join("call.wav");
    let bytes: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8).collect();
    std::fs::write(&recording, bytes).expect("written");
    let call = call();
    let start = call.text.find("what").expect("it is there") as u32;
    let label = Label { name: "consequence".into(), tier: Tier::Learned, confidence: 0.5 };
    let annotation = Annotation {
        scope: Scope::Span(0, Span { start, end: start + 4 }),
        name: "nepq".into(),
        definition: "nepq@1".into(),
        value: Value::Label(label),
        rule: "head".into(),
        related_turns: Vec::new(),
    };
    let slices = BTreeMap::from([("source".to_owned(), "texts".to_owned())]);
    let sheet = Sheet::new(
        "c1".into(),
        slices,
        &call,
        [annotation].iter(),
        std::iter::empty(),
        Some(Sound::file(recording)),
    );
    let journal = Journal::new(folder.path().join("verdicts.jsonl"));
    let desk = Desk {
        rubric: Rubric::parse(RUBRIC).expect("a rubric"),
        batch: 1,
        sheets: vec![sheet],
        journal,
    };
    let (told, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let open = desk.open(0).await.expect("it listens");
            told.send(open.url()).expect("the test waits");
            open.serve(std::future::pending()).await
        })
    });
    let url = hear.recv().expect("it listens");
    let (address, key) =
        url.trim_start_matches("http://").split_once("/#key=").expect("address and key");
    Server { address: address.to_owned(), key: key.to_owned(), folder }
}

/// Status, headers and body of a request.
fn ask(
    server: &Server,
    line: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> (u16, String, Vec<u8>) {
    let mut stream = TcpStream::connect(&server.address).expect("it listens");
    let mut text = format!("{line} HTTP/1.1\r\nConnection: close\r\n");
    if !headers.iter().any(|(name, _)| *name == "Host") {
        text.push_str(&format!("Host: {}\r\n", server.address));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    stream.write_all(text.as_bytes()).expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").expect("an end of headers");
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status");
    (status, head, answer[end + 4..].to_vec())
}

const CALL: &str = "GET /api/call?rater=e1&item=c1";

#[test]
fn nobody_without_the_key_or_from_elsewhere_learns_anything() {
    let server = serve();
    let key = ("x-rehearsal-key", server.key.as_str());
    assert_eq!(ask(&server, CALL, &[key], "").0, 200);
    assert_eq!(ask(&server, CALL, &[], "").0, 401);
    assert_eq!(ask(&server, CALL, &[("x-rehearsal-key", "guess")], "").0, 401);
    let other = server.key.replace(|c: char| c.is_ascii_hexdigit(), "0");
    assert_eq!(ask(&server, CALL, &[("x-rehearsal-key", &other)], "").0, 401);
    // A name that was bound to 127.0.0.1, another site's page, a form of another site.
    for header in [
        ("Host", "attacker.example"),
        ("Origin", "http://attacker.example"),
        ("Origin", "null"),
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ] {
        let (status, _, body) = ask(&server, CALL, &[key, header], "");
        assert_eq!(status, 403, "{header:?}");
        assert!(!String::from_utf8_lossy(&body).contains("nothing changes"));
        assert_eq!(ask(&server, "GET /", &[header], "").0, 403, "{header:?}");
    }
    let (status, head, body) = ask(&server, "GET /", &[], "");
    assert_eq!(status, 200);
    assert!(head.contains("default-src 'none'; script-src 'self'"), "{head}");
    assert!(!String::from_utf8_lossy(&body).contains(&server.key));
}

#[test]
fn recordings_come_in_ranges_to_those_who_may_hear_them() {
    let server = serve();
    let (status, head, _) =
        ask(&server, "POST /api/session", &[("x-rehearsal-key", &server.key)], "");
    assert_eq!(status, 204);
    assert!(head.contains("HttpOnly; SameSite=Strict") && head.contains("Path=/audio/"), "{head}");
    assert!(!head.contains(&server.key), "the cookie opens recordings only");
    let cookie = head.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next());
    let cookie = cookie.expect("a cookie").to_owned();
    let get = |headers: &[(&str, &str)]| ask(&server, "GET /audio/c1", headers, "");
    assert_eq!(get(&[]).0, 401);
    let own = ("Cookie", cookie.as_str());
    let (status, head, body) = get(&[own]);
    assert_eq!((status, body.len()), (200, 600_000));
    assert!(head.contains("accept-ranges: bytes") && head.contains("audio/wav"), "{head}");
    let (status, head, body) = get(&[own, ("Range", "bytes=300000-300009")]);
    assert_eq!((status, body.len(), body[0]), (206, 10, (300_000 % 251) as u8));
    assert!(head.contains("content-range: bytes 300000-300009/600000"), "{head}");
    assert_eq!(get(&[own, ("Range", "bytes=700000-")]).0, 416);
    assert_eq!(ask(&server, "GET /audio/..%2Fverdicts.jsonl", &[own], "").0, 404);
}

#[test]
fn blind_raters_are_sent_no_labels_and_spans_count_as_browsers_do() {
    let server = serve();
    let key = ("x-rehearsal-key", server.key.as_str());
    let read = |line: &str| -> serde_json::Value {
        serde_json::from_slice(&ask(&server, line, &[key], "").2).expect("JSON")
    };
    let blind = read(CALL);
    assert!(blind["findings"].is_null() && blind["suggestions"].is_null(), "{blind}");
    let open = read(&format!("{CALL}&open=true"));
    assert_eq!(open["findings"][0]["span"], serde_json::json!([8, 12]), "{open}");
}

#[test]
fn what_is_no_verdict_is_refused_and_nothing_is_kept() {
    let server = serve();
    let send = |rater: &str, more: &str| {
        let body = format!(
            r#"{{"verdict":{{"item_id":"c1","rubric":"r","rater":"{rater}","checks":{{"asked":true}}{more}}},"draft":false,"after":null}}"#
        );
        let headers =
            [("x-rehearsal-key", server.key.as_str()), ("Content-Type", "application/json")];
        let (status, _, body) = ask(&server, "PUT /api/verdict", &headers, &body);
        (status, String::from_utf8_lossy(&body).into_owned())
    };
    for (rater, more) in [
        ("", ""),
        (" e1", ""),
        ("model:coach", ""),
        ("e1", r#","spans":[{"check":"asked","turn":2}]"#),
        ("e1", r#","na":["asked"]"#),
        ("e1", r#","score":9"#),
        ("e1", r#","unheard_of":1"#),
    ] {
        assert_eq!(send(rater, more).0, 422, "{rater} {more}");
    }
    assert!(!Path::new(&server.folder.path().join("verdicts.jsonl")).exists());
    assert_eq!(send("e1", "").0, 200);
    let (status, newest) = send("e1", "");
    assert_eq!(status, 409, "it follows nothing, and there is something: {newest}");
    assert_eq!(send("e2", "").0, 200);
}
