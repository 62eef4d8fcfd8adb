//! The journal of verdicts through the public door: what was told is there.

use std::fs;
use std::sync::Arc;
use std::thread;

use rehearsal_review::{Journal, JournalError, Verdict, standing};

fn verdict(item: &str, rater: &str, passed: bool) -> Verdict {
    let line = serde_json::json!({
        "item_id": item,
        "rubric": "nepq-v3",
        "rater": rater,
        "checks": { "asked_consequence": passed, "did_not_argue": null },
        "seconds": 12.345_678_9,
    });
    serde_json::from_value(line).expect("a verdict")
}

fn journal() -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Journal::new(folder.path().join("kept/verdicts.jsonl"));
    (folder, journal)
}

#[test]
fn the_last_word_stands_and_the_former_stays() {
    let (_folder, journal) = journal();
    assert_eq!(journal.read().expect("no file is an empty one").events, []);
    journal.record(vec![verdict("a", "e1", false), verdict("a", "e2", true)]).expect("kept");
    let again = journal.record(vec![verdict("a", "e1", false)]).expect("kept");
    assert_eq!(again, [], "what stands is not written twice");
    journal.record(vec![verdict("a", "e1", true)]).expect("kept");
    let kept = journal.read().expect("read");
    assert_eq!((kept.events.len(), kept.damaged), (3, Vec::new()));
    let standing = standing(&kept.events);
    assert_eq!(standing.len(), 2);
    assert!(standing.iter().all(|one| one.checks["asked_consequence"]), "{standing:?}");
    assert!(!standing[0].checks.contains_key("did_not_argue"), "null is no answer");
}

#[test]
fn many_hands_at_once_lose_nothing() {
    let (_folder, journal) = journal();
    let journal = Arc::new(journal);
    let hands: Vec<_> = (0..8)
        .map(|hand| {
            let journal = Arc::clone(&journal);
            thread::spawn(move || {
                for item in 0..20 {
                    let one = verdict(&format!("c{item}"), &format!("e{hand}"), true);
                    journal.record(vec![one]).expect("kept");
                }
            })
        })
        .collect();
    hands.into_iter().for_each(|hand| hand.join().expect("no panic"));
    let kept = journal.read().expect("read");
    assert_eq!((kept.events.len(), kept.damaged.len()), (160, 0));
}

#[test]
fn two_windows_of_one_rater_do_not_overwrite_each_other() {
    let (_folder, journal) = journal();
    let first = journal.follow(verdict("a", "e1", true), true, None).expect("kept");
    let second =
        journal.follow(verdict("a", "e1", false), true, Some(&first.id)).expect("it follows");
    let late = journal.follow(verdict("a", "e1", true), false, Some(&first.id));
    let Err(JournalError::Overtaken { newest: Some(newest), .. }) = late else {
        panic!("{late:?}");
    };
    assert_eq!(newest.id, second.id);
    assert_eq!(standing(&journal.read().expect("read").events), [], "drafts count nowhere");
    journal.follow(verdict("a", "e2", true), false, None).expect("another rater is free");
}

#[test]
fn a_torn_or_changed_line_is_named_and_costs_no_other() {
    let (_folder, journal) = journal();
    journal.record(vec![verdict("a", "e1", true), verdict("b", "e1", true)]).expect("kept");
    let text = fs::read_to_string(journal.path()).expect("text");
    // The power went in the middle of the second line.
    fs::write(journal.path(), &text[..text.len() - 30]).expect("written");
    journal.record(vec![verdict("c", "e1", true)]).expect("kept");
    let kept = journal.read().expect("read");
    let items: Vec<_> = kept.events.iter().map(|event| event.verdict.item_id.as_str()).collect();
    assert_eq!(items, ["a", "c"]);
    assert_eq!(kept.damaged[0].line, 2);
    let changed = fs::read_to_string(journal.path()).expect("text").replacen("true", "false", 1);
    fs::write(journal.path(), changed).expect("written");
    let damaged = journal.read().expect("read").damaged;
    assert!(damaged[0].to_string().starts_with("line 1: its id is not"), "{damaged:?}");
}

#[test]
fn journals_join_and_people_are_forgotten() {
    let (_one, left) = journal();
    let (_two, right) = journal();
    left.record(vec![verdict("a", "e1", true)]).expect("kept");
    right.record(vec![verdict("b#t1-4", "e2", true)]).expect("kept");
    let events = right.read().expect("read").events;
    assert_eq!(left.join(&events).expect("joined"), 1);
    assert_eq!(left.join(&events).expect("joined"), 0);
    assert_eq!(left.erase(|event| event.verdict.call() == "b").expect("erased"), 1);
    let kept = fs::read_to_string(left.path()).expect("text");
    // Ids and digests beside it are of letters and digits, too.
    assert!(kept.contains("\"e1\"") && !kept.contains("\"e2\""), "{kept}");
    assert_eq!(left.read().expect("read").events.len(), 1);
}
