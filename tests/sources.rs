//! Sources from files, through the built components: every form loads, what is broken
//! is named, every item is accounted for, and what changes upstream changes here.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use rehearsal_tests::Project;
use serde_json::Value;

fn project(sources: &[(&str, &str)]) -> Project {
    let mut text = "[pipeline]\nname = \"test\"\n".to_owned();
    for (plugin, rest) in sources {
        text.push_str(&format!(
            "[[source]]\nid = \"{plugin}\"\nplugin = \"{plugin}\"\ngrant.files = \"{plugin}\"\n{rest}\n"
        ));
    }
    text.push_str("[[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n");
    Project::new(&text)
}

/// Runs, and checks of every source that nothing was dropped silently.
fn run(project: &Project, code: i32) -> (Value, String) {
    let outcome = project.run(&["run", "--json"]).expect(code);
    let summary = outcome.json()["summary"].clone();
    for (id, source) in summary["sources"].as_object().expect("sources") {
        let count =
            |name: &str| source[name].as_u64().unwrap_or_else(|| panic!("{name}: {source}"));
        let sum = count("loaded") + count("rejected") + count("failed");
        assert_eq!(count("items"), sum, "{id}: {source}");
    }
    (summary, outcome.err)
}

fn zip(members: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).expect("a member");
        writer.write_all(content.as_bytes()).expect("its content");
    }
    writer.finish().expect("an archive").into_inner()
}

fn parquet(texts: impl IntoIterator<Item = String>) -> Vec<u8> {
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
    let batch = RecordBatch::try_from_iter([("text", texts)]).expect("a batch");
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).expect("a writer");
    writer.write(&batch).expect("rows");
    writer.into_inner().expect("a file")
}

const WHISPER: &str = r#"{"language":"en","segments":[{"start":0.0,"end":1.5,"text":" Hi Bo.","words":[{"word":" Hi","start":0.0,"end":0.5,"probability":0.9},{"word":" Bo.","start":0.6,"end":1.4,"probability":0.7}]},{"start":"soon"}]}"#;

#[test]
fn every_loader_of_files_loads_through_its_component_and_names_what_is_broken() {
    let project = project(&[
        ("transcripts", ""),
        ("huggingface", "config = { sellers = [\"assistant\"], prospects = [\"user\"] }"),
        ("salesbot", ""),
        ("callcenter", ""),
    ]);
    let xml = "<w:document><w:body><w:p><w:r><w:t>Rep: Hi.</w:t></w:r></w:p></w:body></w:document>";
    let docx = zip(&[("word/document.xml", xml)]);
    project.write("transcripts/a.txt", "Rep: Hi.\nCustomer: cafe\u{301}\u{7} \u{200b}ok");
    project
        .write("transcripts/b.vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Bo>Hi &amp; bye</v>\n");
    project.write("transcripts/c.srt", "1\n00:00:01,000 --> 00:00:02,000\nRep: Hi.\n");
    project.write("transcripts/d.docx", &docx);
    project.write("transcripts/e.json", WHISPER);
    project.write(
        "transcripts/f/utterances.jsonl",
        "{\"id\":\"1\",\"conversation_id\":\"c\",\"speaker\":\"s\",\"text\":\"Hi.\"}\nbroken\n",
    );
    project.write("transcripts/g.docx", "no archive");
    project.write("transcripts/h.json", "{}");

    project.write("huggingface/README.md", "---\nlicense: cc-by-nc-4.0\n---\n");
    project.write("huggingface/data/train.jsonl", "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi.\"},{\"role\":\"assistant\",\"content\":\"Yes?\"}]}\n{\"x\":1}\n");
    project.write("huggingface/data/test.csv", "text\n\"Rep: Hi.\nCustomer: Yes.\"\n");
    let rows = (0..5_000).map(|row| format!("[SELLER_A] Hi {row}. [PROSPECT_A] Yes."));
    project.write("huggingface/data/test.parquet", parquet(rows));

    project.write("salesbot/one.json", r#"[{"id":"m0","dialog":["I play guitar.","Nice!"],"intent":{"type":["LookupSong"],"position":1}},{"id":"m1"}]"#);
    project.write("salesbot/two.json", r#"[{"id":"m0","dialog":["User: Hi.","\"Agent: Yes?\""]}]"#);
    project.write(
        "callcenter/x.zip",
        zip(&[("1.json", "{\"text\":\"Agent: Hi. Customer: Yes.\"}"), ("2.json", "{}")]),
    );
    project.write("callcenter/y.docx", &docx);
    project.write("callcenter/y.mp3", "not heard: the transcript is preferred");

    let (summary, _) = run(&project, 3);
    let count =
        |source: &str, name: &str| summary["sources"][source][name].as_u64().expect("a count");
    let counts =
        |source: &str| (count(source, "entries"), count(source, "loaded"), count(source, "failed"));
    assert_eq!(counts("transcripts"), (8, 6, 4));
    assert_eq!(counts("huggingface"), (3, 5_002, 1));
    assert_eq!(counts("salesbot"), (2, 2, 1));
    assert_eq!(counts("callcenter"), (2, 2, 1));

    let status = project.run(&["status"]).expect(0).out;
    for place in [
        "e.json: segment 2: ",
        "f/utterances.jsonl:2:1: ",
        "g.docx: no readable ZIP archive",
        "h.json:1: no transcript that this loader knows",
        "data/train.jsonl:2: no column holds a call",
        "one.json:1:",
        "x.zip/2.json:1: there is no `text`",
    ] {
        assert!(status.contains(place), "{place} is not in\n{status}");
    }
    let calls = project.run(&["show", "--json", "a.txt"]).expect(0).json();
    assert_eq!(calls["conversation"]["text"], "Hi.\ncaf\u{e9} ok");
    assert!(calls["originals"]["a.txt"].is_string(), "{calls}");
    let (again, _) = run(&project, 3);
    assert_eq!(again["sources"]["huggingface"]["unchanged"], 3);
    assert_eq!(again["sources"]["huggingface"]["items"], 0);
    let text = project.run(&["run"]).expect(3).out;
    assert!(text.contains("0 calls loaded, 0 rejected, 0 failed of 0 items"), "{text}");
}

fn lines(rows: impl IntoIterator<Item = (usize, &'static str)>) -> String {
    rows.into_iter()
        .map(|(row, said)| {
            format!("{{\"no\":\"n{row}\",\"text\":\"Rep: {said} {row}.\\nCustomer: Yes.\"}}\n")
        })
        .collect()
}

#[test]
fn what_changes_upstream_replaces_what_goes_is_marked_and_can_be_purged() {
    let project = project(&[("huggingface", "config = { id = \"no\" }"), ("transcripts", "")]);
    project.write("huggingface/a.jsonl", lines((0..2_500).map(|row| (row, "Hi"))));
    project.write("transcripts/secret.txt", "Rep: The word is Zanzibar.\nCustomer: Yes.");
    project.write("transcripts/kept.txt", "Rep: Hi.\nCustomer: Yes.");
    let (first, _) = run(&project, 0);
    assert_eq!(first["calls"], 2_502);

    // One row says something else, one is doubled, the last hundred are gone.
    let mut changed =
        lines((0..2_400).map(|row| (row, if row == 1_700 { "Changed" } else { "Hi" })));
    changed.push_str(&lines([(5, "Again")]));
    project.write("huggingface/a.jsonl", &changed);
    std::fs::remove_file(project.path().join("transcripts/secret.txt")).expect("it is there");
    let (second, err) = run(&project, 3);
    let source = &second["sources"]["huggingface"];
    assert_eq!((source["items"].as_u64(), source["loaded"].as_u64()), (Some(2_401), Some(2_400)));
    assert_eq!((source["replaced"].as_u64(), source["rejected"].as_u64()), (Some(1), Some(1)));
    assert_eq!(second["sources"]["transcripts"]["gone"], 1);
    assert_eq!(second["calls"], 2_401);
    assert_eq!(second["calls_unchanged"], 2_400, "{err}");
    let status = project.run(&["status"]).expect(0).out;
    assert!(status.contains("a.jsonl, n5") && status.contains("two items of this key"), "{status}");

    let former = project.run(&["show", "--json"]).expect(0).json();
    assert!(former.as_array().is_some_and(|calls| !calls.is_empty()));
    // Mended, nothing stands failed any more.
    project.write("huggingface/a.jsonl", lines((0..2_400).map(|row| (row, "Hi"))));
    let (third, _) = run(&project, 0);
    assert_eq!(third["sources"]["huggingface"]["replaced"], 1);
    assert_eq!(third["standing_failures"], 0);

    let repository = project.path().join(".rehearsal/repository");
    assert!(holds(&repository, b"Zanzibar"));
    let dry = project.run(&["purge", "--gone", "--dry-run"]).expect(0).out;
    assert!(dry.contains("transcripts: secret.txt") && dry.contains("would be erased"), "{dry}");
    assert!(holds(&repository, b"Zanzibar"));
    let purged = project.run(&["purge", "--gone", "--json"]).expect(0).json();
    assert_eq!(purged["purge"]["calls"], 1);
    assert!(!holds(&repository, b"Zanzibar"), "a trace is left");
    assert!(project.run(&["purge", "--gone"]).expect(0).out.contains("nothing to purge"));
    assert_eq!(run(&project, 0).0["calls"], 2_401);
    let _ = project.run(&["purge"]).expect(2);
}

/// Whether bytes stand in any file under a folder (the call is too short to be
/// compressed).
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).expect("a folder").any(|entry| {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            return holds(&path, bytes);
        }
        let content = std::fs::read(&path).expect("a file");
        content.windows(bytes.len()).any(|window| window == bytes)
    })
}

/// Bytes of all files under a folder that is being written to.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => size(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

#[test]
fn a_backfill_that_is_cut_off_goes_on_where_it_stopped() {
    let rows = 60_000;
    let text = lines((0..rows).map(|row| (row, "Hi")));
    let killed = project(&[("huggingface", "")]);
    killed.write("huggingface/a.jsonl", &text);
    let mut process = killed.command(&["run"]).spawn().expect("the program starts");
    // As soon as there is more than an empty repository: a part of the rows is in it.
    let workspace = killed.path().join(".rehearsal");
    while size(&workspace) < 4 << 20 {
        assert!(process.try_wait().expect("its state").is_none(), "it ended before it was cut off");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    // Without any last word.
    process.kill().expect("it can be killed");
    process.wait().expect("it ends");
    let (summary, _) = run(&killed, 0);
    let left = summary["sources"]["huggingface"]["items"].as_u64().expect("a count");
    println!("{left} of {rows} were left to do");
    assert_eq!(summary["calls"], rows);
    assert!(0 < left && left < rows as u64, "{left} of {rows}: it began anew, or was whole");
    let whole = project(&[("huggingface", "")]);
    whole.write("huggingface/a.jsonl", &text);
    let (undisturbed, _) = run(&whole, 0);
    assert_eq!(undisturbed["calls"], summary["calls"]);
    assert_eq!(killed.merkle_root("roleplay"), whole.merkle_root("roleplay"));
}
