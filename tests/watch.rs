//! `rehearsal run --watch`: an author sees what a new build of a plugin changes.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use rehearsal_tests::{Project, invented_call, plugin};

const PATIENCE: Duration = Duration::from_secs(90);

fn lines(from: impl std::io::Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

/// All lines up to the first that has `wanted` in it.
fn until(lines: &Receiver<String>, wanted: &str) -> Vec<String> {
    let end = Instant::now() + PATIENCE;
    let mut seen = Vec::new();
    loop {
        let left = end.saturating_duration_since(Instant::now());
        match lines.recv_timeout(left) {
            Ok(line) => seen.push(line),
            Err(_) => panic!("`{wanted}` never came:\n{}", seen.join("\n")),
        }
        if seen.last().is_some_and(|line| line.contains(wanted)) {
            return seen;
        }
    }
}

/// Ends the program even where the test fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_new_build_is_tried_on_a_sample_and_told() {
    let pipeline = "[pipeline]\nname = \"watch\"\n\
        [[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n\
        [[extractor]]\nid = \"mine\"\nplugin = \"./mine.wasm\"\ngrant.audio = true\n\
        grant.http = [{ url = \"https://example.com/*\", methods = [\"GET\"] }]\n\
        [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n";
    let project = Project::new(pipeline);
    project.write("texts/one.txt", invented_call(1, 12));
    let build =
        |name: &str| fs::copy(plugin(name), project.path().join("mine.wasm")).expect("a copy");
    let _ = build("tone-pacing");

    let mut command = project.command(&["run", "--watch"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut running = Running(child);
    let out = lines(running.0.stdout.take().expect("its output"));
    let err = lines(running.0.stderr.take().expect("its errors"));
    let _ = until(&out, "watching pipeline.toml");
    let lock = fs::read(project.path().join("pipeline.lock")).expect("the run wrote it");

    let _ = build("evil/evil-extractor");
    let told = until(&out, "mine: ").pop().expect("a line");
    assert!(told.contains("1 items") && told.contains(" gone "), "{told}");
    let gone = until(&out, "  - ").pop().expect("a line");
    assert!(gone.contains(" = "), "{gone}");

    // Half an edit is told and survived.
    project.write("pipeline.toml", &pipeline[..pipeline.len() - 20]);
    let _ = until(&err, "pipeline.toml");
    project.write(
        "pipeline.toml",
        pipeline.replace(
            "grant.audio = true\n",
            "grant.audio = true\nconfig = { attack = \"panic\" }\n",
        ),
    );
    let _ = until(&out, "mine: ");
    let _ = until(&out, "crashed in `extract`");
    assert_eq!(fs::read(project.path().join("pipeline.lock")).expect("a lock"), lock);

    let pid = running.0.id().to_string();
    let killed = Command::new("kill").args(["-INT", &pid]).status().expect("kill runs");
    assert!(killed.success());
    assert_eq!(running.0.wait().expect("it ends").code(), Some(130));
}
