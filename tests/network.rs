//! Loaders of hosted services, as built, against servers that stand in for them: through
//! pipeline.toml, over real HTTPS.

use std::fs;
use std::path::Path;

use rehearsal_standins::{Fault, Server, fathom, fireflies, gong, huggingface};
use rehearsal_tests::{Outcome, Project, outcome, plugin};
use serde_json::Value;

const SECRET: &str = "sk-standin-0123456789";
const PATH: &str = "[[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n";

/// A project with one source at a server; `grant` is the rest of its grant.
fn project(server: &Server, plugin: &str, config: &str, grant: &str) -> Project {
    let url = server.url();
    let project = Project::new(
        &format!(
            "[pipeline]\nname = \"test\"\n\n\
         [[source]]\nid = \"meetings\"\nplugin = \"{plugin}\"\nconfig = {{ {config} }}\n\n\
         [[source.grant.http]]\nallow_private = true\nca = \"ca.pem\"\n{grant}\n\n{PATH}"
        )
        .replace("URL", &url),
    );
    project.write("ca.pem", server.certificate());
    project
}

fn fathom_project(server: &Server) -> Project {
    project(
        server,
        "fathom",
        "base_url = \"URL/external/v1\"",
        "url = \"URL/external/v1/*\"\nsecret = { header = \"X-Api-Key\", env = \"STANDIN_KEY\" }",
    )
}

fn with_key(project: &Project, key: &str, arguments: &[&str]) -> Outcome {
    let mut command = project.command(arguments);
    // Whoever asks by a proxy meets nobody.
    command.env("STANDIN_KEY", key).env("HTTPS_PROXY", "http://127.0.0.1:9");
    outcome(command.output().expect("the program starts"))
}

fn run(project: &Project) -> Outcome {
    with_key(project, SECRET, &["run", "--json"])
}

/// What failed and stands, with its reasons.
fn failures(project: &Project) -> String {
    project.run(&["status"]).expect(0).out
}

/// A count of the only source.
fn count(outcome: &Outcome, what: &str) -> u64 {
    let summary = outcome.json();
    let value = &summary["summary"]["sources"]["meetings"][what];
    value.as_u64().unwrap_or_else(|| panic!("{what}: {summary}"))
}

/// Requests that a server saw with a cursor, or without.
fn listings(server: &Server, cursor: bool) -> usize {
    let seen = server.seen();
    let listing = |target: &str| {
        target.starts_with("/external/v1/meetings") && !target.contains("created_after")
    };
    seen.iter()
        .filter(|one| listing(&one.target) && one.target.contains("cursor=") == cursor)
        .count()
}

/// Every byte that a run left behind or said.
fn assert_nowhere(folder: &Path, secret: &str, said: &[&Outcome]) {
    for outcome in said {
        assert!(!outcome.out.contains(secret) && !outcome.err.contains(secret), "{outcome:?}");
    }
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            assert_nowhere(&path, secret, &[]);
        } else {
            let bytes = fs::read(&path).expect("a file");
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{} holds the secret", path.display());
        }
    }
}

#[test]
fn a_backfill_goes_on_at_its_page_and_keeps_up_with_changes() {
    let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(23));
    let server = Server::start(account.router());
    let project = fathom_project(&server);
    // Cut off by a refusal of the second page for longer than anybody waits.
    let stop = 1 + 10;
    for _ in 0..stop {
        server.fail("/external/v1/meetings", Fault::Slow(std::time::Duration::ZERO));
    }
    server.fail("/external/v1/meetings", Fault::Status(403));
    let first = run(&project).expect(3);
    assert_eq!((count(&first, "loaded"), count(&first, "failed")), (10, 1));
    let told = failures(&project);
    assert!(told.contains("403") && told.contains("standin-1"), "{told}");

    server.reset();
    let second = run(&project).expect(0);
    assert_eq!((count(&second, "entries"), count(&second, "loaded")), (13, 13));
    assert_eq!((listings(&server, false), listings(&server, true)), (0, 2));

    // One is corrected, one is deleted upstream.
    account.change(|meetings| {
        meetings[3]["title"] = "Corrected".into();
        meetings.remove(7);
    });
    server.reset();
    let third = run(&project).expect(0);
    assert_eq!(
        ["entries", "unchanged", "loaded", "failed", "gone"].map(|what| count(&third, what)),
        [22, 21, 1, 0, 1]
    );
    let call = project.run(&["show", "2026-03-01T00:19:30Z", "--json"]).expect(0).out;
    assert!(call.contains("Corrected"), "{call}");
    assert_nowhere(project.path(), SECRET, &[&first, &second, &third]);
}

#[test]
fn a_meeting_is_told_with_sides_and_starts_and_no_ends() {
    let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(1));
    let server = Server::start(account.router());
    let project = fathom_project(&server);
    let _ = run(&project).expect(0);
    let call = project.run(&["show", "2026-03-01T00:00:30Z/1000", "--json"]).expect(0).out;
    // Its length is 27 s.
    for part in ["is_external", "recorded_by", "cust.test", "https://fathom.video/calls/0", "27000"]
    {
        assert!(call.contains(part), "{part}: {call}");
    }
    assert!(!call.contains("bo@cust.test"), "{call}");
}

#[test]
fn what_goes_wrong_costs_what_it_must_and_is_named() {
    let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(3));
    let server = Server::start(account.router());
    let project = fathom_project(&server);
    // A wrong key: the source stops and says what to look at.
    let wrong = with_key(&project, "sk-another-9876543210", &["run", "--json"]).expect(3);
    let told = failures(&project);
    assert!(told.contains("401") && told.contains("grant.http"), "{told}");
    assert_nowhere(project.path(), "sk-another-9876543210", &[&wrong]);
    let _ = project.run(&["run", "--json"]).expect(3);
    let told = failures(&project);
    assert!(told.contains("`STANDIN_KEY` is not set"), "{told}");
    // Of three meetings one has no transcript and one a broken one; the third arrives, and
    // a refusal is waited out.
    account.change(|meetings| {
        meetings[0]["transcript"] = Value::Null;
        meetings[1]["transcript"] = serde_json::json!([{ "speaker": {}, "timestamp": "00:00:01" }]);
    });
    server.fail("/external", Fault::TooMany { retry_after: "1" });
    let partly = run(&project).expect(3);
    assert_eq!((count(&partly, "loaded"), count(&partly, "failed")), (1, 2));
    let told = failures(&project);
    assert!(told.contains("/1001") && told.contains("transcript[0].text"), "{told}");
    assert!(told.contains("no transcript yet"), "{told}");
    // The one that was not ready is asked for again, the broken one is not.
    account.change(|meetings| *meetings = fathom::invented(3));
    let mended = run(&project).expect(3);
    assert_eq!((count(&mended, "loaded"), count(&mended, "unchanged")), (1, 2));
}

#[test]
fn an_answer_that_is_none_fails_one_meeting() {
    let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(3));
    let server = Server::start(account.router());
    for fault in [Fault::Malformed, Fault::WrongType] {
        let project = fathom_project(&server);
        server.fail("/external", Fault::Slow(std::time::Duration::ZERO));
        server.fail("/external", fault.clone());
        let partly = run(&project).expect(3);
        assert_eq!((count(&partly, "loaded"), count(&partly, "failed")), (2, 1), "{fault:?}");
        server.reset();
    }
}

#[test]
fn an_expired_cursor_starts_over_and_loads_nothing_twice() {
    let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(12));
    let server = Server::start(account.router());
    let project = fathom_project(&server);
    for _ in 0..11 {
        server.fail("/external/v1/meetings", Fault::Slow(std::time::Duration::ZERO));
    }
    server.fail("/external/v1/meetings", Fault::Status(403));
    let _ = run(&project).expect(3);
    account.expire_cursors();
    let second = run(&project).expect(0);
    assert_eq!((count(&second, "loaded"), count(&second, "unchanged")), (2, 10));
}

#[test]
fn what_was_recorded_runs_without_the_server() {
    let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(4));
    let server = Server::start(account.router());
    let project = fathom_project(&server);
    let recorded = with_key(&project, SECRET, &["run", "--json", "--record", "tape"]).expect(0);
    assert_eq!(count(&recorded, "loaded"), 4);
    let root = project.merkle_root("roleplay");
    assert_nowhere(project.path(), SECRET, &[&recorded]);
    let meetings = format!("{}/external/v1", server.url());
    drop(server);
    fs::remove_dir_all(project.path().join(".rehearsal")).expect("a workspace");
    // No key either.
    let replayed = project.run(&["run", "--json", "--replay", "tape"]).expect(0);
    assert_eq!(count(&replayed, "loaded"), 4);
    assert_eq!(project.merkle_root("roleplay"), root);
    // Nor does holding the loader to the contract want one.
    project.write("config.json", format!("{{\"base_url\":\"{meetings}\"}}"));
    let grant = format!("{meetings}/*");
    let test = ["plugin", "test", "fathom", "--config", "config.json", "--http", &grant];
    let tested = project.run(&[&test[..], &["--replay", "tape"]].concat()).expect(0);
    assert!(tested.out.contains("4 entries on 1 pages, 4 items loaded"), "{}", tested.out);
}

#[test]
fn what_is_not_granted_is_denied_with_the_toml_that_would_grant_it() {
    let account = fathom::Account::new(SECRET).with_meetings(fathom::invented(1));
    let server = Server::start(account.router());
    let other = Server::start(account.router());
    let secret = "secret = { header = \"X-Api-Key\", env = \"STANDIN_KEY\" }";
    let config = "base_url = \"URL/external/v1\"";
    let grant = format!("url = \"{}/external/v1/*\"\n{secret}", other.url());
    let project = project(&server, "fathom", config, &grant);
    let _ = run(&project).expect(3);
    let told = failures(&project);
    let line =
        format!("{{ url = \"{}/external/v1/meetings\", methods = [\"GET\"] }}", server.url());
    assert!(told.contains(&line), "{told}");
    assert!(told.contains("pipeline.toml:"), "{told}");
    assert!(server.seen().is_empty() && other.seen().is_empty());

    let text = format!(
        "[pipeline]\nname = \"test\"\n[[source]]\nid = \"meetings\"\nplugin = \"fathom\"\n{PATH}"
    );
    let missing = Project::new(&text).run(&["check"]).expect(2);
    assert!(missing.err.contains("grant.http = [{ url = "), "{}", missing.err);

    let public = fathom_project(&server);
    let text = fs::read_to_string(public.path().join("pipeline.toml")).expect("a file");
    public.write("pipeline.toml", text.replace("allow_private = true\n", ""));
    let _ = run(&public).expect(3);
    let told = failures(&public);
    assert!(told.contains("a loopback address"), "{told}");
    assert!(told.contains("allow_private = true"), "{told}");
    assert!(server.seen().is_empty());
}

#[test]
fn fireflies_goes_on_the_next_day() {
    let account = fireflies::Account::new(SECRET, fireflies::invented(5));
    let server = Server::start(account.router());
    let grant = "url = \"URL/graphql\"\nmethods = [\"POST\"]\nrate = \"4/d\"\n\
                 secret = { header = \"Authorization\", prefix = \"Bearer \", env = \"STANDIN_KEY\" }";
    let project = project(&server, "fireflies", "url = \"URL/graphql\", page = 2", grant);
    // Two of the first page, one of the second; then the day's requests are used up.
    let first = run(&project).expect(3);
    assert_eq!(count(&first, "loaded"), 2);
    assert!(failures(&project).contains("used up"));
    assert_eq!(server.seen().len(), 4);
    // The budget is not forgotten.
    let again = run(&project).expect(3);
    assert_eq!((count(&again, "loaded"), server.seen().len()), (0, 4));
    // A day later.
    fs::remove_file(project.path().join(".rehearsal/http-rates.json")).expect("rates are kept");
    let next = run(&project);
    assert!(count(&next, "loaded") >= 2, "{next:?}");
    fs::remove_file(project.path().join(".rehearsal/http-rates.json")).expect("rates are kept");
    let last = run(&project).expect(0);
    assert_eq!(last.json()["summary"]["calls"], 5);
    let call = project.run(&["show", "T4", "--json"]).expect(0).out;
    assert!(call.contains("Acme 4") && call.contains("host_email"), "{call}");
}

#[test]
fn gong_asks_as_a_user_and_tells_milliseconds_from_seconds() {
    let account = gong::Account::new("key:s3cret-of-gong", gong::invented(12));
    let server = Server::start(account.router());
    let grant = "url = \"URL/v2/calls/*\"\nmethods = [\"POST\"]\nrate = [\"50/s\", \"10000/d\"]\n\
        secret = { header = \"Authorization\", prefix = \"Basic \", base64 = true, file = \"gong.key\" }";
    let project = project(&server, "gong", "base_url = \"URL\"", grant);
    project.write("gong.key", "key:s3cret-of-gong\n");
    let loaded = run(&project).expect(0);
    assert_eq!((count(&loaded, "entries"), count(&loaded, "loaded")), (12, 12));
    // Documented as milliseconds, and in one schema as seconds.
    for call in ["7000000000000000000", "7000000000000000002"] {
        let call = project.run(&["show", call, "--json"]).expect(0).json();
        let turn = &call["conversation"]["turns"][0];
        assert_eq!((&turn["start_ms"], &turn["end_ms"]), (&5000.into(), &12_500.into()), "{call}");
        assert!(call.to_string().contains("affiliation"), "{call}");
    }
    fs::remove_file(project.path().join("gong.key")).expect("a file");
    assert_nowhere(project.path(), "s3cret-of-gong", &[&loaded]);
}

/// Rows of a data set, a dialogue each.
fn rows(numbers: std::ops::Range<usize>) -> Vec<huggingface::Row> {
    let row = |number: usize| {
        let text =
            format!("Customer: Is number {number} still open?\nSalesman: It is, shall I book it?");
        serde_json::Map::from_iter([("text".to_owned(), Value::String(text))])
    };
    numbers.map(row).collect()
}

fn hub_project(server: &Server) -> Project {
    let grant = "url = \"URL/*\"\nsecret = { header = \"Authorization\", prefix = \"Bearer \", env = \"STANDIN_KEY\" }";
    let config = "dataset = \"acme/calls\", base_url = \"URL\", rows.licence = \"cc-by-4.0\"";
    project(server, "huggingface-hub", config, grant)
}

#[test]
fn a_server_that_fails_is_asked_again_and_costs_what_it_fails_at() {
    let set =
        huggingface::DataSet::new("acme/calls", rows(0..150)).with_split("test", rows(900..903));
    let server = Server::start(set.router());
    let project = hub_project(&server);
    // The first answer comes at the second try, the second one not at all.
    server.fail("/rows", Fault::Status(502));
    server.fail("/rows", Fault::Slow(std::time::Duration::ZERO));
    (0..4).for_each(|_| server.fail("/rows", Fault::Status(500)));
    let first = run(&project).expect(3);
    assert_eq!((count(&first, "loaded"), count(&first, "failed")), (103, 1));
    assert_eq!(server.seen().iter().filter(|one| one.target.starts_with("/rows")).count(), 7);
    let told = failures(&project);
    let error = format!(
        "it may work later: {}/rows (500, request standin-1) said \
         `{{\\\"error\\\":\\\"the stand-in says 500 Internal Server Error\\\"}}`",
        server.url()
    );
    assert!(told.contains(&error) && told.contains("default/train"), "{error}\n{told}");
    // The next run goes on at the row where it stopped.
    server.reset();
    let second = run(&project).expect(0);
    assert_eq!((count(&second, "loaded"), count(&second, "unchanged")), (50, 1));
    let seen = server.seen();
    let asked = seen.iter().filter(|one| one.target.starts_with("/rows"));
    assert!(asked.map(|one| &one.target).all(|target| target.contains("offset=100")));
}

#[test]
fn rows_of_a_data_set_go_on_at_the_row_where_they_stopped() {
    let set = huggingface::DataSet::new("acme/calls", rows(0..250));
    let server = Server::start(set.router());
    let project = hub_project(&server);

    // A data set that wants permission says so.
    server.fail("/splits", Fault::Status(401));
    let gated = run(&project).expect(3);
    assert_eq!(count(&gated, "entries"), 0);
    let told = failures(&project);
    assert!(told.contains("/splits (401") && told.contains("is the secret of"), "{told}");

    // Two answers of rows, then the server closes.
    server.fail("/rows", Fault::TooMany { retry_after: "0" });
    for _ in 0..2 {
        server.fail("/rows", Fault::Slow(std::time::Duration::ZERO));
    }
    server.fail("/rows", Fault::Status(403));
    let first = run(&project).expect(3);
    assert_eq!((count(&first, "loaded"), count(&first, "failed")), (200, 1));

    server.reset();
    let second = run(&project).expect(0);
    assert_eq!(count(&second, "loaded"), 50);
    let seen = server.seen();
    let rows = seen.iter().filter(|one| one.target.starts_with("/rows"));
    let asked: Vec<&str> = rows.map(|one| one.target.as_str()).collect();
    assert!(asked.len() == 1 && asked[0].contains("offset=200"), "{asked:?}");

    // Nothing changed: nothing is asked for but what there is.
    server.reset();
    let third = run(&project).expect(0);
    assert_eq!((count(&third, "unchanged"), count(&third, "loaded")), (1, 0));
    assert!(server.seen().iter().all(|one| !one.target.starts_with("/rows")));
    let calls = project.run(&["show", "--json"]).expect(0).json();
    let id = calls[0]["id"].as_str().expect("an id");
    let call = project.run(&["show", id, "--json"]).expect(0).out;
    assert!(call.contains("still open?") && call.contains("cc-by-4.0"), "{call}");
}

/// Run-times of languages import `wasi:http` unasked: that is no grant.
#[test]
fn what_could_use_the_network_is_not_shown_as_if_it_might() {
    let fetcher = plugin("evil/evil-fetcher");
    let project = Project::new(&format!(
        "[pipeline]\nname = \"test\"\n[[source]]\nid = \"calls\"\nplugin = \"{}\"\n{PATH}",
        fetcher.display()
    ));
    let checked = project.run(&["check", "--json"]).expect(0).json();
    let stages = checked["stages"].as_array().expect("stages");
    let source = stages.iter().find(|stage| stage["id"] == "calls").expect("the source");
    assert_eq!(source["grants"], serde_json::json!([]), "{source}");
}
