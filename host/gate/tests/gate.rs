//! The gate through its public door, against real HTTPS.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rehearsal_gate::{
    Budget, Door, Encoding, Gate, Grant, Grantee, Lookup, Mode, Price, Rate, Request, Response,
    SecretGrant, SecretOrigin, SendError, Settings,
};
use rehearsal_standins::{Fault, Server, fathom};

const SECRET: &str = "sk-standin-0123456789";
const MEETINGS: &str = "/external/v1/meetings";

struct Stage {
    server: Server,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(3));
        let server = Server::start(account.router());
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("ca.pem"), server.certificate()).expect("a file");
        fs::write(folder.path().join("key"), SECRET).expect("a file");
        Self { server, folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn grant(&self) -> Grant {
        let key = SecretOrigin::File(self.path("key"));
        let grant = bare(format!("{}/external/v1/*", self.server.url()), key);
        Grant { allow_private: true, ca: Some(self.path("ca.pem")), ..grant }
    }

    fn get(&self, path: &str) -> Request {
        get(format!("{}{path}", self.server.url()))
    }
}

fn bare(url: String, key: SecretOrigin) -> Grant {
    let secret = SecretGrant {
        header: "Authorization".to_owned(),
        origin: key,
        prefix: "Bearer ".to_owned(),
        encoding: Encoding::Plain,
    };
    Grant {
        url,
        methods: vec!["GET".to_owned()],
        secret: Some(secret),
        allow_private: false,
        rates: vec![],
        ca: None,
        max_body: 1 << 20,
        keep: None,
        budget: Budget::default(),
        price: Price::default(),
        place: "pipeline.toml:12".to_owned(),
    }
}

fn get(url: String) -> Request {
    Request { method: "GET".to_owned(), url, ..Request::default() }
}

fn door(settings: Settings, grant: Grant) -> Door {
    let grantee = Grantee { stage: "fathom".to_owned(), place: "pipeline.toml:9".to_owned() };
    Gate::new(settings).and_then(|gate| gate.door(grantee, vec![grant])).expect("a door")
}

fn open(grant: Grant) -> Door {
    door(Settings::default(), grant)
}

/// A gate whose names lead to these addresses, a list after the other.
fn leading(answers: &[&[&'static str]], grant: Grant) -> (Door, Arc<Says>) {
    let answers = answers.iter().map(|answer| answer.to_vec()).collect();
    let lookup = Arc::new(Says { answers, asked: AtomicU32::new(0) });
    let settings = Settings { lookup: Some(Arc::clone(&lookup) as _), ..Settings::default() };
    (door(settings, grant), lookup)
}

#[derive(Debug)]
struct Says {
    answers: Vec<Vec<&'static str>>,
    asked: AtomicU32,
}

impl Lookup for Says {
    fn addresses(&self, _: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed) as usize;
        let answer = &self.answers[asked.min(self.answers.len() - 1)];
        let address = |ip: &&str| SocketAddr::new(ip.parse().expect("an address"), port);
        Ok(answer.iter().map(address).collect())
    }
}

fn send(door: &Door, request: &Request) -> Result<Response, SendError> {
    door.send(request, &Duration::from_secs(10))
}

fn status(door: &Door, request: &Request) -> u16 {
    send(door, request).expect("an answer").status
}

fn denied(door: &Door, request: &Request) -> String {
    match send(door, request) {
        Err(SendError::Denied(denial)) => denial.to_string(),
        other => panic!("{other:?}"),
    }
}

fn text(response: &Response) -> String {
    String::from_utf8_lossy(&response.body).into_owned()
}

#[test]
fn a_granted_request_is_answered_with_the_operators_secret() {
    let stage = Stage::new();
    let answer = send(&open(stage.grant()), &stage.get(MEETINGS)).expect("an answer");
    assert_eq!(answer.status, 200);
    assert!(text(&answer).contains("Acme disco 2"), "{}", text(&answer));
    let seen = &stage.server.seen()[0];
    assert_eq!(seen.header("authorization"), Some(format!("Bearer {SECRET}").as_str()));
    assert_eq!(seen.header("accept-encoding"), None);
}

#[test]
fn what_a_plugin_may_not_say_is_refused() {
    let stage = Stage::new();
    let door = open(stage.grant());
    for name in ["authorization", "Host", "Cookie", "Accept-Encoding", "Range", "Content-Length"] {
        let headers = vec![(name.to_owned(), "x".to_owned())];
        let text = denied(&door, &Request { headers, ..stage.get(MEETINGS) });
        assert!(text.contains(&name.to_lowercase()), "{text}");
    }
    let text = denied(&door, &Request { method: "POST".to_owned(), ..stage.get(MEETINGS) });
    let remedy = r#"`methods = ["GET", "POST"]` into the grant at pipeline.toml:12"#;
    assert!(text.contains(remedy), "{text}");
    for path in ["/external/v1", "/external/v12/x", "/", "/internal/v1/meetings"] {
        let text = denied(&door, &stage.get(path));
        assert!(text.contains("add to `grant.http` of `fathom` (pipeline.toml:9)"), "{text}");
    }
    let broken = vec![("x".to_owned(), "a\r\nb: c".to_owned())];
    for invalid in [
        stage.get("/external/v1/../v2/meetings"),
        Request { headers: broken, ..stage.get(MEETINGS) },
        Request { body: b"x".to_vec(), ..stage.get(MEETINGS) },
    ] {
        let answer = send(&door, &invalid);
        assert!(matches!(answer, Err(SendError::Invalid(_))), "{answer:?}");
    }
    assert!(stage.server.seen().is_empty());
}

#[test]
fn a_redirect_is_an_answer_and_its_target_wants_a_grant_of_its_own() {
    let (stage, elsewhere) = (Stage::new(), Stage::new());
    let door = open(stage.grant());
    let to = format!("{}{MEETINGS}", elsewhere.server.url());
    stage.server.fail(MEETINGS, Fault::Redirect(to.clone()));
    let answer = send(&door, &stage.get(MEETINGS)).expect("an answer");
    assert_eq!(answer.status, 302);
    assert!(answer.headers.contains(&("location".to_owned(), to.clone())), "{answer:?}");
    assert!(denied(&door, &get(to)).contains(&elsewhere.server.url()));
    assert!(elsewhere.server.seen().is_empty());
}

#[test]
fn a_name_that_leads_inside_is_denied_whatever_else_it_says() {
    let stage = Stage::new();
    let inside: [&[&'static str]; 6] = [
        &["127.0.0.1"],
        &["93.184.216.34", "10.0.0.1"],
        &["::ffff:127.0.0.1"],
        &["169.254.169.254"],
        &["fd00:ec2::254"],
        &["100.64.0.1"],
    ];
    for addresses in inside {
        let grant = Grant { allow_private: false, ..stage.grant() };
        let text = denied(&leading(&[addresses], grant).0, &stage.get(MEETINGS));
        assert!(text.contains("`allow_private = true` to the grant at pipeline.toml:12"), "{text}");
        // What the operator's own network looks like is not the plugin's business.
        assert!(!addresses.iter().any(|address| text.contains(address)), "{text}");
    }
    // A private network that is granted is no metadata service.
    let text = denied(&leading(&[&["169.254.169.254"]], stage.grant()).0, &stage.get(MEETINGS));
    assert!(text.contains("link-local"), "{text}");
    assert!(stage.server.seen().is_empty());
}

#[test]
fn a_name_is_asked_once_and_only_what_was_checked_is_connected_to() {
    let stage = Stage::new();
    // Good while it is checked, a metadata service ever after.
    let (door, lookup) = leading(&[&["127.0.0.1"], &["169.254.169.254"]], stage.grant());
    assert_eq!(status(&door, &stage.get(MEETINGS)), 200);
    assert_eq!(lookup.asked.load(Ordering::Relaxed), 1);
}

#[test]
fn a_refusal_is_waited_out_and_a_failure_is_tried_again() {
    let stage = Stage::new();
    let door = open(stage.grant());
    let started = Instant::now();
    stage.server.fail(MEETINGS, Fault::TooMany { retry_after: "1" });
    assert_eq!(status(&door, &stage.get(MEETINGS)), 200);
    assert!(started.elapsed() >= Duration::from_secs(1), "{:?}", started.elapsed());
    for fault in [Fault::Status(500), Fault::Truncated, Fault::Status(503)] {
        stage.server.reset();
        stage.server.fail(MEETINGS, fault.clone());
        assert_eq!(status(&door, &stage.get(MEETINGS)), 200, "{fault:?}");
        assert_eq!(stage.server.seen().len(), 2, "{fault:?}");
    }
}

#[test]
fn a_request_that_may_have_done_something_is_not_sent_twice() {
    let stage = Stage::new();
    let door = open(Grant { methods: vec!["POST".to_owned()], ..stage.grant() });
    let post = Request { method: "POST".to_owned(), ..stage.get(MEETINGS) };
    stage.server.fail(MEETINGS, Fault::Status(500));
    assert_eq!(status(&door, &post), 500);
    stage.server.fail(MEETINGS, Fault::Truncated);
    let broken = send(&door, &post);
    assert!(matches!(broken, Err(SendError::Transient(_))), "{broken:?}");
    assert_eq!(stage.server.seen().len(), 2);
    // Unless the plugin says that it may, or the server that it did not.
    stage.server.fail(MEETINGS, Fault::Status(500));
    stage.server.fail(MEETINGS, Fault::Status(503));
    // The API has no POST here.
    assert_eq!(status(&door, &Request { repeatable: true, ..post }), 405);
    assert_eq!(stage.server.seen().len(), 5);
}

#[test]
fn a_wait_of_hours_is_for_the_next_run_which_knows_of_it() {
    let stage = Stage::new();
    let reopen = || {
        let budgets = Some(stage.path("http-rates.json"));
        door(Settings { budgets, ..Settings::default() }, stage.grant())
    };
    stage.server.fail(MEETINGS, Fault::TooMany { retry_after: "7200" });
    assert_eq!(status(&reopen(), &stage.get(MEETINGS)), 429);
    let later = send(&reopen(), &stage.get(MEETINGS)).expect_err("not now");
    assert!(matches!(later, SendError::Transient(_)), "{later:?}");
    assert!(later.to_string().contains(" h "), "{later}");
    assert_eq!(stage.server.seen().len(), 1);
}

#[test]
fn the_operators_rate_holds_over_restarts() {
    let stage = Stage::new();
    let reopen = || {
        let rates = vec![Rate { count: 2, per: Duration::from_secs(3600) }];
        let budgets = Some(stage.path("http-rates.json"));
        let grant = Grant { rates, ..stage.grant() };
        door(Settings { budgets, ..Settings::default() }, grant)
    };
    for _ in 0..2 {
        assert_eq!(status(&reopen(), &stage.get(MEETINGS)), 200);
    }
    let third = send(&reopen(), &stage.get(MEETINGS));
    assert!(matches!(third, Err(SendError::Transient(_))), "{third:?}");
    assert_eq!(stage.server.seen().len(), 2);
}

#[test]
fn a_run_spends_its_budget_and_no_more_and_every_attempt_counts() {
    let stage = Stage::new();
    let budget = Budget { requests: Some(2), ..Budget::default() };
    let door = open(Grant { budget, ..stage.grant() });
    stage.server.fail(MEETINGS, Fault::Status(503));
    assert_eq!(status(&door, &stage.get(MEETINGS)), 200);
    let spent = send(&door, &stage.get(MEETINGS)).expect_err("two were sent");
    assert!(matches!(spent, SendError::Spent(_)), "{spent:?}");
    assert!(spent.to_string().contains("pipeline.toml:12"), "{spent}");
    assert_eq!((stage.server.seen().len(), door.spent()[0].0.requests), (2, 2));
    // What nobody could be reached for costs nothing.
    let (nowhere, _) = leading(&[&["203.0.113.1"]], Grant { budget, ..stage.grant() });
    let _ = nowhere.send(&stage.get(MEETINGS), &Duration::from_millis(200));
    assert_eq!(nowhere.spent()[0].0.input, 0);
}

#[test]
fn caps_hold_and_strangers_are_not_trusted() {
    let stage = Stage::new();
    let small = open(Grant { max_body: 100, ..stage.grant() });
    let large = send(&small, &stage.get(MEETINGS)).expect_err("too large").to_string();
    assert!(large.contains("more than 100 bytes"), "{large}");

    let public = open(Grant { ca: None, ..stage.grant() });
    let stranger = send(&public, &stage.get(MEETINGS));
    assert!(matches!(stranger, Err(SendError::Permanent(_))), "{stranger:?}");

    stage.server.fail(MEETINGS, Fault::Slow(Duration::from_secs(20)));
    let started = Instant::now();
    let slow = open(stage.grant()).send(&stage.get(MEETINGS), &Duration::from_millis(300));
    assert!(matches!(slow, Err(SendError::Transient(_))), "{slow:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn a_tape_holds_no_secret_and_plays_without_a_network() {
    let stage = Stage::new();
    let (tape, url) = (stage.path("tape"), stage.server.url());
    let mode = Mode::Record(tape.clone());
    let recording = door(Settings { mode, ..Settings::default() }, stage.grant());
    let request = stage.get(MEETINGS);
    let first = send(&recording, &request).expect("an answer");
    stage.server.fail(MEETINGS, Fault::Echo);
    let second = send(&recording, &request).expect("an answer");
    assert!(text(&second).contains("[secret]"), "{}", text(&second));
    let files: Vec<_> = fs::read_dir(&tape).expect("a folder").flatten().collect();
    assert_eq!(files.len(), 2);
    for file in files {
        let text = fs::read_to_string(file.path()).expect("text");
        assert!(!text.contains(SECRET), "{text}");
    }
    // No server, no key, no certificate from here on.
    let Stage { server, folder } = stage;
    drop(server);
    let key = SecretOrigin::Env("REHEARSAL_NO_SUCH_VARIABLE".to_owned());
    let mode = Mode::Replay(tape);
    let grant = bare(format!("{url}/external/v1/*"), key);
    let replaying = door(Settings { mode, ..Settings::default() }, grant);
    assert_eq!(send(&replaying, &request), Ok(first));
    assert_eq!(send(&replaying, &request), Ok(second));
    let unknown = send(&replaying, &get(format!("{url}{MEETINGS}?cursor=x")));
    assert!(matches!(unknown, Err(SendError::Permanent(_))), "{unknown:?}");
    assert!(denied(&replaying, &get("https://elsewhere.test/".to_owned())).contains("elsewhere"));
    drop(folder);
}
