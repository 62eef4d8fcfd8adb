//! Erasure: nothing of a forgotten call is left in any byte of the workspace, packed or
//! not, and it does not come back.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use rehearsal_tests::{Project, TEXTS, TO_ROLEPLAY, varied_call};

/// A word that nothing else says.
const SECRET: &str = "Quillfeather";

fn project(privacy: &str) -> Project {
    let settings = format!("[pipeline]\nname = \"forget\"\n[privacy]\nmode = \"{privacy}\"\n");
    let project = Project::new(&format!("{settings}{TEXTS}{TO_ROLEPLAY}"));
    for number in 0..30 {
        project.write(&format!("texts/{number:02}.txt"), varied_call(number, 16));
    }
    let named = varied_call(7, 16).replace("Thursday", &format!("Thursday with Ada {SECRET}"));
    assert!(named.contains(SECRET));
    project.write("texts/07.txt", &named);
    project
}

/// Files of the workspace that hold the word, as it is or in a zstd frame.
fn traces(project: &Project) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![project.path().join(".rehearsal")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if holds(&path) {
                found.push(path);
            }
        }
    }
    found
}

fn holds(path: &Path) -> bool {
    const FRAME: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let bytes = fs::read(path).expect("a file");
    let within = |bytes: &[u8]| {
        bytes.windows(SECRET.len()).any(|window| window.eq_ignore_ascii_case(SECRET.as_bytes()))
    };
    let starts = bytes.windows(4).enumerate().filter(|(_, window)| *window == FRAME);
    within(&bytes)
        || starts.into_iter().any(|(at, _)| {
            let mut text = Vec::new();
            // What follows the frame is no part of it; what was unpacked until then counts.
            if let Ok(frame) = zstd::stream::read::Decoder::new(&bytes[at..]) {
                let _ = frame.single_frame().read_to_end(&mut text);
            }
            within(&text)
        })
}

#[test]
fn nothing_of_a_forgotten_call_is_left_and_it_does_not_come_back() {
    // In plain text, so that the word could be anywhere.
    let project = project("off");
    let _ = project.run(&["run"]).expect(0);
    // An older version of it, too.
    let other = varied_call(7, 20).replace("Thursday", &format!("Friday with Ada {SECRET}"));
    project.write("texts/07.txt", other);
    let _ = project.run(&["run"]).expect(0);
    let before = traces(&project);
    for part in ["segments", "parquet", "jsonl", "sharegpt"] {
        let held = before.iter().any(|path| path.components().any(|c| c.as_os_str() == part));
        assert!(held, "the test sees nothing in {part}: {before:?}");
    }
    let rows = project.rows("roleplay", "chat").len();

    let person = format!("ada {SECRET}");
    let dry = project.run(&["forget", "--person", &person, "--dry-run", "--json"]).expect(0).json();
    let condemned = dry["calls"].as_array().expect("calls");
    assert_eq!(condemned.len(), 1);
    assert_eq!(condemned[0]["entry"], "07.txt");
    assert!(!condemned[0]["rows"]["roleplay"].as_array().expect("rows").is_empty());
    assert!(!traces(&project).is_empty(), "a dry run erases nothing");

    let done = project.run(&["forget", "--person", &person, "--json"]).expect(0).json();
    assert_eq!(done["done"]["calls"], 1);
    assert_eq!(traces(&project), [] as [PathBuf; 0]);
    assert!(project.rows("roleplay", "chat").len() < rows);
    assert_eq!(project.rows("conversations", "conversation").len(), 29);

    // The file is still in its folder.
    let again = project.run(&["run", "--json"]).expect(0).json();
    assert_eq!(again["summary"]["calls"], 29);
    assert_eq!(traces(&project), [] as [PathBuf; 0]);
    let _ = project.run(&["forget", "--person", &person]).expect(2);
    let status = project.run(&["status"]).expect(0);
    assert!(status.out.contains("29 calls"), "{}", status.out);
}

#[test]
fn a_person_is_found_by_name_where_names_were_replaced_and_only_with_the_key() {
    let project = project("redact");
    let _ = project.run(&["run"]).expect(0);
    assert_eq!(traces(&project), [] as [PathBuf; 0], "the name was to be replaced");
    let person = format!("ada {SECRET}");
    let key = project.path().join("config/rehearsal/privacy.key");
    let kept = fs::read(&key).expect("a key");
    for without in [None, Some("0f".repeat(32))] {
        match without {
            None => fs::remove_file(&key).expect("it was there"),
            Some(other) => fs::write(&key, other).expect("written"),
        }
        let refused = project.run(&["forget", "--person", &person]).expect(2);
        assert!(refused.err.contains("a key that is not here"), "{}", refused.err);
    }
    fs::write(&key, kept).expect("written");
    let done = project.run(&["forget", "--person", &person, "--json"]).expect(0).json();
    let condemned = done["calls"].as_array().expect("calls");
    assert_eq!(condemned.len(), 1, "{done}");
    assert_eq!(condemned[0]["entry"], "07.txt");
    assert_eq!(project.rows("conversations", "conversation").len(), 29);
    let _ = project.run(&["forget", "--person", "Ada Nobody"]).expect(2);
}
