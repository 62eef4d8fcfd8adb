//! The demo as the README promises it: recordings, a video and transcripts in, a data
//! set out, and every row of it traceable.

use std::fs;

use rehearsal_tests::served::Served;
use rehearsal_tests::{Project, root, word_error_rate};
use serde_json::Value;

/// The demo pipeline over the checkout's examples, in a folder of its own.
fn demo() -> Project {
    let text = fs::read_to_string(root().join("pipeline.toml")).unwrap();
    let examples = root().join("examples");
    Project::new(&text.replace("\"examples/", &format!("\"{}/", examples.display())))
}

fn count(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or_else(|| panic!("{pointer}: {value}"))
}

#[test]
fn the_demo_runs_explains_itself_and_does_nothing_twice() {
    let project = demo();
    let first = project.run(&["run", "--json"]).expect(0).json();
    let inputs = |folder: &str, endings: &[&str]| {
        fs::read_dir(root().join(folder))
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .filter(|name| {
                let sidecar = name.contains(".reference.");
                !sidecar && endings.iter().any(|ending| name.ends_with(ending))
            })
            .count() as u64
    };
    let calls = inputs("examples/calls", &["mp3", "ogg", "mp4", "m4a", "webm"]);
    let transcripts = inputs("examples/transcripts", &["txt", "vtt", "srt"]);
    assert!(calls >= 3 && transcripts >= 4, "{calls} recordings, {transcripts} transcripts");
    assert_eq!(count(&first, "/summary/sources/calls/loaded"), calls);
    assert_eq!(count(&first, "/summary/sources/transcripts/loaded"), transcripts);
    assert_eq!(count(&first, "/summary/speech/heard"), calls);

    redacted_words_are_silent(&project);
    pages_tell_of_it(&project);
    every_row_leads_back(&project);

    let second = project.run(&["run", "--json"]).expect(0).json();
    assert_eq!(count(&second, "/summary/speech/heard"), 0);
    assert_eq!(count(&second, "/summary/calls_unchanged"), calls + transcripts);
    assert_eq!(second["summary"]["stages"], serde_json::json!({}));
    let text = project.run(&["run"]).expect(0).out;
    assert!(text.contains("nothing to do"), "{text}");
    assert!(text.contains("nothing to transcribe"), "{text}");

    // Who wants the words as they were heard says so, and nothing is heard a second time.
    let pipeline = fs::read_to_string(project.path().join("pipeline.toml")).unwrap();
    project.write("pipeline.toml", pipeline.replace("mode = \"redact\"", "mode = \"off\""));
    let plain = project.run(&["run", "--json"]).expect(0).json();
    assert_eq!(count(&plain, "/summary/speech/heard"), 0);
    assert_eq!(count(&plain, "/summary/speech/cached"), calls);
    every_recording_was_heard_well(&project);
}

fn every_recording_was_heard_well(project: &Project) {
    for call in project.run(&["show", "--json"]).expect(0).json().as_array().unwrap() {
        let view = project.run(&["show", "--json", call["id"].as_str().unwrap()]).expect(0).json();
        let annotations = view["annotations"].as_object().unwrap();
        let spans = annotations.values().flat_map(|of| of.as_array().unwrap());
        let spans = spans.filter(|annotation| annotation["scope"]["span"].is_array()).count();
        // On one channel it may stay open who sells, and then NEPQ abstains.
        let sides_are_known =
            call["source"] != "calls" || view["conversation"]["audio_channels"] == 2;
        assert!(spans > 0 || !sides_are_known, "no annotation has a span in {}", call["entry"]);
        if call["source"] != "calls" {
            continue;
        }
        let entry = call["entry"].as_str().unwrap();
        let stem = entry.rsplit_once('.').unwrap().0;
        let path = root().join(format!("examples/calls/{stem}.reference.txt"));
        let reference = fs::read_to_string(path).unwrap();
        let heard = view["conversation"]["text"].as_str().unwrap();
        let rate = word_error_rate(&reference_words(&reference), heard);
        println!("{entry}: word error rate {:.1} %", rate * 100.0);
        assert!(rate < 0.15, "{entry}: {rate}\n{heard}");
    }
}

/// In what `export-audio` writes of a call, and in what raters hear of it.
fn redacted_words_are_silent(project: &Project) {
    let next = project.run(&["review", "next", "--json", "--batch", "9"]).expect(0).json();
    let picked: Vec<&str> = next["batch"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["item_id"].as_str().unwrap())
        .collect();
    let page = Served::start(project);
    let mut heard = 0;
    let calls = project.run(&["show", "--json"]).expect(0).json();
    let ids = calls.as_array().unwrap().iter().filter(|call| call["source"] == "calls");
    let mut silenced = 0;
    for id in ids.map(|call| call["id"].as_str().unwrap()) {
        let view = project.run(&["show", "--json", id]).expect(0).json();
        let times: Vec<(usize, usize)> = serde_json::from_value(Value::from_iter(
            view["redactions"]
                .as_array()
                .unwrap()
                .iter()
                .map(|redaction| redaction["time"].clone()),
        ))
        .unwrap();
        if times.is_empty() {
            continue;
        }
        let file = project.path().join("call.wav");
        let _ = project.run(&["export-audio", id, "--out", file.to_str().unwrap()]).expect(0);
        let mut wav = hound::WavReader::open(&file).unwrap();
        let channels = usize::from(wav.spec().channels);
        let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
        for (from, to) in &times {
            let said = &samples[from * 16 * channels..(to * 16 * channels).min(samples.len())];
            assert!(!said.is_empty() && said.iter().all(|sample| *sample == 0), "{from} to {to}");
            silenced += 1;
        }
        assert!(samples.iter().filter(|sample| **sample != 0).count() > samples.len() / 10);
        if picked.contains(&id) {
            assert!(page.audio(id) == fs::read(&file).unwrap(), "raters hear another file of {id}");
            heard += 1;
        }
    }
    assert!(heard > 0, "no call for review names anybody");
    assert!(silenced > 0, "no recording of the demo names anybody");
}

/// A call and the whole run, as somebody opens them in a browser.
fn pages_tell_of_it(project: &Project) {
    let calls = project.run(&["show", "--json"]).expect(0).json();
    let call = calls.as_array().unwrap().iter().find(|call| call["source"] == "calls").unwrap();
    let id = call["id"].as_str().unwrap();
    let _ = project.run(&["show", id, "--html", "call.html"]).expect(0);
    let page = fs::read_to_string(project.path().join("call.html")).unwrap();
    for part in ["Timeline", "<polyline points", "What was said", "talk ratio"] {
        assert!(page.contains(part), "{part} is missing");
    }
    let _ = project.run(&["report", "--out", "report.html"]).expect(0);
    let page = fs::read_to_string(project.path().join("report.html")).unwrap();
    for part in ["transcripts", "nepq", "roleplay", "pseudonyms", "nothing</span>", "learned from"]
    {
        assert!(page.contains(part), "{part} is missing");
    }
    let text = project.run(&["show", id]).expect(0).out;
    assert!(text.contains("┊ nepq: ") && text.contains("conversation-metrics"), "{text}");
}

/// The reference without its speakers.
fn reference_words(reference: &str) -> String {
    reference
        .lines()
        .map(|line| line.split_once(": ").map_or(line, |(_, words)| words))
        .collect::<Vec<_>>()
        .join(" ")
}

fn every_row_leads_back(project: &Project) {
    let rows = project.rows("roleplay", "chat");
    let mut timed = 0;
    for row in &rows {
        let messages = row["messages"].as_array().unwrap();
        let trained = messages.iter().filter(|message| message["train"] == true);
        assert!(trained.clone().count() > 0, "{row}");
        assert!(trained.clone().all(|message| message["role"] == "assistant"), "{row}");
        let why = explained(project, row);
        let ends = why["turns"].as_array().unwrap().iter().all(|turn| turn["end_ms"].is_u64());
        timed += u32::from(why["recording"].is_object() && ends);
    }
    assert!(rows.len() >= 7, "{} rows", rows.len());
    assert!(timed >= 1, "{timed} rows lead back to milliseconds of a recording");
    // The four families: calls, personas, scenarios, feedback.
    let calls = project.rows("conversations", "conversation");
    assert_eq!(calls.len(), 9);
    assert!(calls.iter().all(|call| !call["annotations"].as_array().unwrap().is_empty()));
    for (dataset, form) in [("roleplay", "critique"), ("feedback", "critique")] {
        let rows = project.rows(dataset, form);
        let row = rows.first().unwrap_or_else(|| panic!("no {form} in {dataset}"));
        let _ = explained(project, row);
    }
    let counts = project.manifest("roleplay")["counts"].clone();
    assert!(counts["personas"].is_object() && counts["scenarios"].is_object(), "{counts}");
    let overlap = project.manifest("roleplay")["overlap"].clone();
    let cells =
        overlap.as_object().unwrap().values().flat_map(|row| row.as_object().unwrap().values());
    assert!(cells.clone().count() > 0 && cells.clone().all(|cell| *cell == 0), "{overlap}");
}

fn explained(project: &Project, row: &Value) -> Value {
    let id = row["id"].as_str().unwrap();
    let why = project.run(&["explain", "--json", id]).expect(0).json();
    assert!(!why["turns"].as_array().unwrap().is_empty(), "{why}");
    assert_eq!(why["licence"], "CC0-1.0");
    why
}
