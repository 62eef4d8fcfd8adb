//! The loaders of `docs/writing/web-services.md`, with the clients of their languages,
//! through the gate: against a server, against its recorded answers, and where they may not.

use std::path::{Path, PathBuf};

use axum::extract::{Path as Segment, Query};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use axum::{Json, Router};
use rehearsal_standins::Server;
use rehearsal_tests::{Outcome, Project, outcome};
use serde_json::{Value, json};

use crate::walk::{has, walk_section};

const PAGE: &str = "writing/web-services.md";
const SECRET: &str = "sk-standin-0123456789";

/// Three calls on two pages, for who has the key.
fn service() -> Server {
    let check = |headers: &HeaderMap| {
        let key = headers.get("authorization").and_then(|value| value.to_str().ok());
        let known = key == Some(format!("Bearer {SECRET}").as_str());
        if known { Ok(()) } else { Err(StatusCode::UNAUTHORIZED) }
    };
    let list = move |headers: HeaderMap, Query(query): Query<Value>| async move {
        check(&headers)?;
        let entry = |id: &str| json!({ "id": id, "changed": "2026-03-01" });
        Ok::<_, StatusCode>(Json(match query["page"].as_str() {
            Some("1") => json!({ "calls": [entry("a1"), entry("a2")], "next": 2 }),
            _ => json!({ "calls": [entry("b1")], "next": null }),
        }))
    };
    let call = move |headers: HeaderMap, Segment(id): Segment<String>| async move {
        check(&headers)?;
        let turns = json!([
            { "name": "Ann", "text": format!("How is {id} – still open?") },
            { "name": "Bob", "text": "Fine." },
        ]);
        Ok::<_, StatusCode>(Json(json!({ "title": format!("Call {id}"), "turns": turns })))
    };
    Server::start(Router::new().route("/v1/calls", get(list)).route("/v1/calls/{id}", get(call)))
}

/// A pipeline with the loader: which it asks is its own, `grant` what it may.
fn project(server: &Server, component: &Path, config: &str, grant: &str) -> Project {
    let text = format!(
        "[pipeline]\nname = \"test\"\n\n\
         [[source]]\nid = \"meetings\"\nplugin = \"{}\"\ngrant.files = \".\"\n\
         config = {{ url = \"URL/v1\"{config} }}\n\n\
         [[source.grant.http]]\nallow_private = true\nca = \"ca.pem\"\n{grant}\n\
         secret = {{ header = \"Authorization\", prefix = \"Bearer \", env = \"STANDIN_KEY\" }}\n\n\
         [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n",
        component.display()
    );
    let project = Project::new(&text.replace("URL", &server.url()));
    project.write("ca.pem", server.certificate());
    project
}

fn run(project: &Project, more: &[&str]) -> Outcome {
    let mut command = project.command(&[&["run", "--json"], more].concat());
    command.env("STANDIN_KEY", SECRET);
    outcome(command.output().expect("the program starts"))
}

fn loaded(outcome: &Outcome) -> Option<u64> {
    outcome.json()["summary"]["sources"]["meetings"]["loaded"].as_u64()
}

const GRANT: &str = "url = \"URL/v1/*\"";

/// All that one client has to do; `config` chooses it.
fn holds(component: &Path, config: &str) {
    let server = service();
    let url = server.url();
    let granted = project(&server, component, config, GRANT);
    let first = run(&granted, &["--record", "tape"]).expect(0);
    assert_eq!(loaded(&first), Some(3), "{config}: {first:?}");
    let call = granted.run(&["show", "b1", "--json"]).expect(0).out;
    assert!(call.contains("How is b1 – still open?") && call.contains("Call b1"), "{call}");
    let seen = server.seen();
    assert_eq!(seen.len(), 5, "{config}: {seen:?}");
    drop(server);
    // Nobody answers any more, and the tape knows no key.
    let root = granted.merkle_root("roleplay");
    std::fs::remove_dir_all(granted.path().join(".rehearsal")).expect("a workspace");
    let again = granted.run(&["run", "--json", "--replay", "tape"]).expect(0);
    assert_eq!((loaded(&again), granted.merkle_root("roleplay")), (Some(3), root), "{config}");
    for entry in std::fs::read_dir(granted.path().join("tape")).expect("a tape") {
        let bytes = std::fs::read(entry.expect("an entry").path()).expect("a file");
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(!found, "{config}: the tape holds the secret");
    }
    keeps_the_contract(&granted, component, config, &url);
    is_denied(component, config);
    keeps_to_the_rate(component, config);
}

/// The kit asks for each page and each call several times, and the tape has each once.
fn keeps_the_contract(project: &Project, component: &Path, config: &str, url: &str) {
    let mut settings = json!({ "url": format!("{url}/v1") });
    if let Some((_, client)) = config.split_once(" = ") {
        settings["client"] = json!(client.trim_matches('"'));
    }
    project.write("config.json", settings.to_string());
    let (component, grant) = (component.display().to_string(), format!("{url}/v1/*"));
    let test = ["plugin", "test", &component, "--config", "config.json", "--json"];
    let tested = project.run(&[&test[..], &["--http", &grant, "--replay", "tape"]].concat());
    let tested = tested.expect(0).json();
    let again = tested["load_ms"]["again"].as_f64().expect("a time");
    println!("{config}: loading takes {again} ms");
    // Compiled code is read and not made anew, which takes ten times that on a busy machine.
    assert!(again < 2_000.0, "{tested}");
}

fn is_denied(component: &Path, config: &str) {
    let server = service();
    let project = project(&server, component, config, "url = \"URL/v2/*\"");
    let _ = run(&project, &[]).expect(3);
    let told = project.run(&["status"]).expect(0).out;
    let line = format!("{{ url = \"{}/v1/calls\", methods = [\"GET\"] }}", server.url());
    assert!(told.contains("is not granted to `meetings`") && told.contains(&line), "{told}");
    assert!(told.contains("it will not work"), "the plugin goes on: {told}");
    assert!(server.seen().is_empty(), "{config}");
}

fn keeps_to_the_rate(component: &Path, config: &str) {
    let server = service();
    let project = project(&server, component, config, &format!("{GRANT}\nrate = \"2/d\""));
    let spent = run(&project, &[]).expect(3);
    assert_eq!((loaded(&spent), server.seen().len()), (Some(1), 2), "{config}: {spent:?}");
    assert!(project.run(&["status"]).expect(0).out.contains("used up"), "{config}");
}

fn built(title: &str, name: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = walk_section(PAGE, title);
    let component = folder.path().join(format!("{name}/{name}.wasm"));
    (folder, component)
}

#[test]
fn the_usual_clients_of_python_go_through_the_gate() {
    if has("componentize-py") {
        let (_folder, component) = built("In Python", "calls-py");
        for client in ["urllib", "requests", "httpx"] {
            holds(&component, &format!(", client = \"{client}\""));
        }
    }
}

#[test]
fn fetch_in_javascript_goes_through_the_gate() {
    if has("componentize-js") {
        let (_folder, component) = built("In JavaScript", "calls-js");
        holds(&component, "");
    }
}
