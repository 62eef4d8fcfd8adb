//! Other people's plugins: from a file, an address or a registry into a pipeline, pinned,
//! updated with open eyes, and out again.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use axum::Router;
use axum::response::Redirect;
use axum::routing::get;
use rehearsal_standins::Server;
use rehearsal_tests::{Project, binary, invented_call, plugin};

/// A pipeline whose author cares how it looks.
const PIPELINE: &str = "\
# Our calls.

[pipeline]
name   =   \"ours\"     # odd spaces on purpose

[[source]]
id = 'texts'
plugin = \"transcripts\"
grant.files = \"texts\"

# ---- What is made ----

[[path]]
id = \"roleplay\"
plugin = \"roleplay-partner\"   # the demo's
# The end.
";

fn project() -> Project {
    let project = Project::new(PIPELINE);
    for call in 0..4 {
        project.write(&format!("texts/{call}.txt"), invented_call(call, 12));
    }
    project
}

fn pipeline(project: &Project) -> String {
    fs::read_to_string(project.path().join("pipeline.toml")).expect("it is there")
}

fn lock(project: &Project) -> String {
    fs::read_to_string(project.path().join("pipeline.lock")).expect("it is there")
}

fn component(name: &str) -> Vec<u8> {
    fs::read(plugin(name)).expect("the plugin is built")
}

/// A component that says a higher version of itself and is the same otherwise. The
/// contract's own version stands behind an `@`.
fn raised(name: &str) -> Vec<u8> {
    let mut bytes = component(name);
    let at: Vec<usize> = bytes
        .windows(6)
        .enumerate()
        .filter(|(_, window)| window[0] != b'@' && &window[1..] == b"0.1.0")
        .map(|(at, _)| at + 3)
        .collect();
    for at in at {
        bytes[at] = b'2';
    }
    bytes
}

/// A registry of container images on this machine, in its own folder.
struct Registry {
    folder: tempfile::TempDir,
    server: Child,
    port: u16,
}

impl Registry {
    /// None where this machine has no such program.
    fn start() -> Option<Self> {
        let fetched = binary().ancestors().nth(2).map(|target| target.join("tools/usr/bin"));
        let folders = fetched.into_iter().chain(["/usr/bin", "/usr/local/bin"].map(PathBuf::from));
        let program =
            folders.map(|folder| folder.join("docker-registry")).find(|path| path.is_file());
        let Some(program) = program else {
            eprintln!("SKIPPED: no docker-registry here; `cargo xtask setup` fetches it");
            return None;
        };
        let folder = tempfile::tempdir().expect("a temporary folder");
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = free.local_addr().expect("a port").port();
        drop(free);
        let config = folder.path().join("config.yml");
        let text = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\n\
             http:\n  addr: 127.0.0.1:{port}\n",
            folder.path().join("store").display()
        );
        fs::write(&config, text).expect("it is written");
        let server = Command::new(program)
            .arg("serve")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the registry starts");
        let registry = Self { folder, server, port };
        let started = Instant::now();
        while !registry.answers() {
            assert!(started.elapsed() < Duration::from_secs(20), "the registry does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(registry)
    }

    fn answers(&self) -> bool {
        let Ok(mut line) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let request = b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let mut answer = String::new();
        line.write_all(request).is_ok()
            && line.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1.1 200")
    }

    fn place(&self, package: &str) -> String {
        format!("oci://localhost:{}/{package}", self.port)
    }

    /// The file in which it keeps some content.
    fn blob(&self, holds: &[u8]) -> PathBuf {
        let blobs = self.folder.path().join("store/docker/registry/v2/blobs/sha256");
        let mut folders = vec![blobs];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if fs::read(&path).expect("a blob") == holds {
                    return path;
                }
            }
        }
        panic!("no blob holds the component");
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        // It is this test's own; that it may be gone already is fine.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

#[test]
fn a_plugin_goes_through_a_registry_into_a_pipeline() {
    let Some(registry) = Registry::start() else { return };
    let place = registry.place("sales/acme/nepq");
    let author = Project::new("");
    author.write("mine.wasm", component("nepq"));
    let told = author.run(&["plugin", "publish", "mine.wasm", &place]).expect(0).out;
    assert!(told.contains(&format!("rehearsal plugin add {place}:0.1.0")), "{told}");
    let again = author.run(&["plugin", "publish", "mine.wasm", &place]).expect(1).err;
    assert!(again.contains("published already"), "{again}");
    let other = author.run(&["plugin", "publish", "mine.wasm", &format!("{place}:3.0.0")]);
    assert!(other.expect(2).err.contains("version 0.1.0, not 3.0.0"));

    let user = project();
    let shown = user.run(&["plugin", "add", &place, "--dry-run"]).expect(0).out;
    for told in
        ["world    extractor", "imports  rehearsal:plugin/", "asks for nothing", "[[extractor]]"]
    {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    assert_eq!(pipeline(&user), PIPELINE);
    assert!(!user.path().join("plugins").exists() && !user.path().join("pipeline.lock").exists());

    let _ = user.run(&["plugin", "add", &place]).expect(0);
    let text = pipeline(&user);
    let stanza = "[[extractor]]\nid = \"nepq\"\nplugin = \"./plugins/nepq.wasm\"\n";
    let (before, rest) = text.split_once("\n# nepq 0.1.0: ").expect("the stage is commented");
    let (_, after) = rest.split_once(stanza).expect("the stage is there");
    assert_eq!(format!("{before}{after}"), PIPELINE, "nothing else changed");
    assert!(lock(&user).contains(&format!("source = \"{place}:0.1.0\"")), "{}", lock(&user));
    let twice = user.run(&["plugin", "add", &place]).expect(2).err;
    assert!(twice.contains("has a stage `nepq`"), "{twice}");

    let _ = user.run(&["run"]).expect(0);
    let kept = lock(&user);
    assert!(kept.contains("source = \"oci://") && kept.contains("[stage.texts]"), "{kept}");
    let listed = user.run(&["plugin", "list"]).expect(0).out;
    let nepq = listed.lines().find(|line| line.contains("nepq")).expect("it is listed");
    assert!(nepq.contains("accepted") && nepq.ends_with(":0.1.0"), "{listed}");

    // What was fetched is checked on every run.
    user.write("plugins/nepq.wasm", component("objections"));
    let refused = user.run(&["run"]).expect(2).err;
    assert!(refused.contains("nepq: another component: nepq 0.1.0"), "{refused}");
    assert!(user.run(&["plugin", "list"]).expect(0).out.contains("changed"));
    user.write("plugins/nepq.wasm", component("nepq"));

    let _ = user.run(&["plugin", "remove", "nepq"]).expect(0);
    assert_eq!(pipeline(&user), PIPELINE);
    assert!(!user.path().join("plugins/nepq.wasm").exists() && !lock(&user).contains("nepq"));
    let _ = user.run(&["run", "--locked"]).expect(0);
}

#[test]
fn an_update_shows_what_it_would_see_before_it_is_taken() {
    let Some(registry) = Registry::start() else { return };
    let place = registry.place("acme/voice");
    let author = Project::new("");
    author.write("first.wasm", component("nepq"));
    // The next version is another plugin altogether, which also wants to hear the calls.
    author.write("second.wasm", raised("tone-pacing"));
    let _ = author.run(&["plugin", "publish", "first.wasm", &place]).expect(0);

    let user = project();
    let _ = user.run(&["plugin", "add", &place, "--id", "voice"]).expect(0);
    let none = user.run(&["plugin", "update"]).expect(0).out;
    assert!(none.contains("voice: nepq 0.1.0 is as accepted"), "{none}");
    let _ = author.run(&["plugin", "publish", "second.wasm", &place]).expect(0);

    let (before, bytes) = (lock(&user), fs::read(user.path().join("plugins/voice.wasm")).ok());
    let shown = user.run(&["plugin", "update"]).expect(0).out;
    for told in [
        "would be accepted: voice: another component: nepq 0.1.0",
        "is now tone-pacing 0.2.0",
        "would be accepted: voice: new import: rehearsal:plugin/audio@0.1.0",
        "cannot be taken: it asks for audio, which pipeline.toml does not grant it",
    ] {
        assert!(shown.contains(told), "{told}: {shown}");
    }
    let _ = user.run(&["plugin", "update", "--accept"]).expect(2);
    assert_eq!(lock(&user), before, "nothing is taken without its grant");
    assert_eq!(fs::read(user.path().join("plugins/voice.wasm")).ok(), bytes);

    let granted = pipeline(&user).replace("voice.wasm\"\n", "voice.wasm\"\ngrant.audio = true\n");
    user.write("pipeline.toml", granted);
    let taken = user.run(&["plugin", "update", "voice", "--accept"]).expect(0).out;
    assert!(taken.contains("accepted: voice: wider grant: audio"), "{taken}");
    let _ = user.run(&["run"]).expect(0);
    // And back again, to a version by name.
    let back = user.run(&["plugin", "update", "voice", "--to", "0.1.0", "--accept"]).expect(0).out;
    assert!(back.contains("is now nepq 0.1.0"), "{back}");
    let missing = user.run(&["plugin", "update", "voice", "--to", "7.0.0"]).expect(1).err;
    assert!(missing.contains(":7.0.0") && missing.contains("0.2.0"), "{missing}");
}

#[test]
fn a_registry_that_gives_other_bytes_is_caught() {
    let Some(registry) = Registry::start() else { return };
    let place = registry.place("acme/nepq");
    let author = Project::new("");
    author.write("mine.wasm", component("nepq"));
    let _ = author.run(&["plugin", "publish", "mine.wasm", &place]).expect(0);
    let mut other = component("nepq");
    let end = other.len() - 1;
    other[end] ^= 1;
    fs::write(registry.blob(&component("nepq")), other).expect("the store is ours");
    let user = project();
    let refused = user.run(&["plugin", "add", &place]).expect(1).err;
    assert!(refused.contains("digest"), "{refused}");
    assert_eq!(pipeline(&user), PIPELINE);
    assert!(!user.path().join("plugins").exists());
    let missing = user.run(&["plugin", "add", &registry.place("acme/nothing")]).expect(1).err;
    assert!(missing.contains("acme/nothing is not there"), "{missing}");
}

#[test]
fn a_plugin_comes_from_an_https_address() {
    let bytes = component("tone-pacing");
    let router = Router::new()
        .route("/tone.wasm", get(move || async move { bytes }))
        .route("/moved.wasm", get(|| async { Redirect::temporary("/tone.wasm") }))
        .route("/plain.wasm", get(|| async { Redirect::temporary("http://localhost:9/a.wasm") }))
        .route("/page.wasm", get(|| async { "<html>Not here</html>" }));
    let server = Server::start(router);
    let user = project();
    user.write("ca.pem", server.certificate());
    let add = |path: &str, more: &[&str]| {
        let url = format!("{}{path}", server.url());
        let mut arguments = vec!["plugin", "add", &url, "--ca", "ca.pem"];
        arguments.extend(more);
        user.run(&arguments)
    };
    let asked = add("/moved.wasm", &[]).expect(2);
    assert!(asked.out.contains("asks for audio"), "{}", asked.out);
    assert!(asked.err.contains("--grant audio"), "{}", asked.err);
    assert!(
        add("/moved.wasm", &["--grant", "http=https://a.example/*"])
            .expect(2)
            .err
            .contains("not for `http`")
    );
    assert!(add("/plain.wasm", &[]).code == Some(1));
    assert!(add("/page.wasm", &[]).expect(1).err.contains("/page.wasm"));
    assert!(add("/none.wasm", &[]).expect(1).err.contains("404"));
    let settings = add("/moved.wasm", &["--grant", "audio", "--config", "speed = 3"]).expect(2).err;
    assert!(settings.contains("no key `speed`"), "{settings}");
    assert_eq!(pipeline(&user), PIPELINE, "nothing was written so far");
    assert!(!user.path().join("plugins/tone-pacing.wasm").exists());

    let _ = add("/moved.wasm", &["--grant", "audio", "--config", "turns = true"]).expect(0);
    let text = pipeline(&user);
    assert!(text.contains("config = { turns = true }\ngrant.audio = true\n"), "{text}");
    let _ = user.run(&["run"]).expect(0);
    let untrusted = user.run(&["plugin", "add", &format!("{}/tone.wasm", server.url())]);
    assert!(untrusted.expect(1).err.contains("cannot fetch"), "a server that nobody vouches for");
    let plain = user.run(&["plugin", "add", "http://localhost:9/tone.wasm"]).expect(2).err;
    assert!(plain.contains("unencrypted"), "{plain}");
}

#[test]
fn a_file_stays_where_it_is() {
    let user = project();
    user.write("mine/found.wasm", component("nepq"));
    let _ = user.run(&["plugin", "add", "./mine/found.wasm"]).expect(0);
    assert!(pipeline(&user).contains("plugin = \"./mine/found.wasm\""), "{}", pipeline(&user));
    assert!(!user.path().join("plugins").exists());
    let _ = user.run(&["run"]).expect(0);
    // Built anew, it is another component until that is accepted.
    user.write("mine/found.wasm", raised("nepq"));
    let _ = user.run(&["run"]).expect(2);
    let shown = user.run(&["plugin", "update", "--json"]).expect(0).json();
    assert_eq!(shown["stages"][0]["plugin"], "nepq 0.2.0", "{shown:#}");
    let _ = user.run(&["plugin", "update", "--accept"]).expect(0);
    let _ = user.run(&["run"]).expect(0);
    let _ = user.run(&["plugin", "remove", "nepq"]).expect(0);
    assert!(user.path().join("mine/found.wasm").exists(), "it is the user's own");
    assert_eq!(pipeline(&user), PIPELINE);
    let last = user.run(&["plugin", "remove", "texts"]).expect(2).err;
    assert!(last.contains("lacks `source`"), "{last}");
    assert_eq!(pipeline(&user), PIPELINE);
}
