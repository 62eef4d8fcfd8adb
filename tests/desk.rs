//! The review page in a real browser: open, label with the keyboard, reload, nothing
//! lost; two raters at once do not overwrite each other.

use std::fs;

use rehearsal_tests::chromium::{Browser, Tab};
use rehearsal_tests::served::Served;
use rehearsal_tests::{Project, TEXTS, TO_ROLEPLAY, varied_call};
use serde_json::Value;

const RUBRIC: &str = r#"
name = "discovery"

[[check]]
id = "asked_consequence"
question = "Does the seller ask what happens if nothing changes?"

[[check]]
id = "clarified_objection"
question = "Does the seller find out what is behind an objection before answering it?"

[[check]]
id = "did_not_argue"
question = "Does the seller take objections without arguing?"
blocker = true
"#;

struct Desk {
    project: Project,
    page: Served,
}

fn desk() -> Desk {
    let review = "[review]\nrubric = \"rubric.toml\"\n";
    let project =
        Project::new(&format!("[pipeline]\nname = \"desk\"\n{review}{TEXTS}{TO_ROLEPLAY}"));
    project.write("rubric.toml", RUBRIC);
    for number in 0..6 {
        let text = varied_call(number, 40).replace("Tuesday", "<img src=x onerror=alert(1)>");
        project.write(&format!("texts/{number:02}.txt"), text);
    }
    let _ = project.run(&["run"]).expect(0);
    let _ = project.run(&["review", "next", "--batch", "4"]).expect(0);
    let page = Served::start(&project);
    Desk { project, page }
}

fn enter(browser: &mut Browser, url: &str, name: &str) -> Tab {
    let tab = browser.open(url);
    browser.wait(&tab, "document.activeElement?.id === 'name'");
    browser.write(&tab, name);
    browser.press(&tab, "Enter");
    ready(browser, &tab);
    tab
}

fn ready(browser: &mut Browser, tab: &Tab) {
    browser.wait(tab, "document.querySelectorAll('.turn').length === 40");
}

fn saved(browser: &mut Browser, tab: &Tab) {
    browser.wait(tab, "document.getElementById('saved').textContent === 'Saved'");
}

fn answers(browser: &mut Browser, tab: &Tab) -> Value {
    browser.eval(
        tab,
        "[...document.querySelectorAll('.check')].map(c => c.querySelector('[aria-pressed=true]')?.textContent ?? '')",
    )
}

#[test]
fn a_call_is_judged_by_keyboard_and_a_reload_loses_nothing() {
    let Some(mut browser) = Browser::start() else { return };
    let desk = desk();
    let tab = enter(&mut browser, &desk.page.url, "Ada Quill");
    let key = browser.eval(&tab, "location.href");
    assert!(!key.as_str().expect("an address").contains("key="), "the key stays out of history");
    // What was said is text and nothing else.
    let shown = "document.getElementById('turns').textContent.includes('<img src=x')";
    assert_eq!(
        browser.eval(&tab, &format!("{shown} && !document.querySelector('#turns img')")),
        true
    );
    // Blind from the start: no label in the page.
    assert_eq!(
        browser.eval(&tab, "document.querySelectorAll('#turns mark, #turns .chip').length"),
        0
    );
    // Turn 3 is evidence that check 1 failed; check 3 does not apply; a note.
    for key in ["j", "j", "j", "1", "e", "n", "3", "x", "m"] {
        browser.press(&tab, key);
    }
    browser.write(&tab, "Asks for budget first.");
    browser.press(&tab, "Escape");
    // At once: what was not saved yet is not lost either.
    browser.press(&tab, "2");
    browser.press(&tab, "y");
    browser.reload(&tab);
    ready(&mut browser, &tab);
    assert_eq!(answers(&mut browser, &tab), serde_json::json!(["No", "Yes", "N/A"]));
    saved_or_quiet(&mut browser, &tab);
    assert_eq!(
        browser.eval(&tab, "document.getElementById('note').value"),
        "Asks for budget first."
    );
    assert_eq!(
        browser.eval(&tab, "document.querySelector('.has-evidence .index').textContent"),
        "3"
    );
    // Help, and back.
    browser.press(&tab, "?");
    browser.wait(&tab, "document.querySelector('#help[open] dl')");
    browser.press(&tab, "Escape");
    browser.wait(&tab, "!document.querySelector('dialog[open]')");
    let first = browser.eval(&tab, "document.querySelector('.item[aria-current]').textContent");
    browser.press(&tab, "Enter");
    browser.wait(&tab, "document.getElementById('progress-text').textContent === '1 of 4'");
    ready(&mut browser, &tab);
    assert_ne!(
        browser.eval(&tab, "document.querySelector('.item[aria-current]').textContent"),
        first
    );
    // It is a verdict like any other now, while the page is still open.
    let told = desk.project.run(&["agreement", "--json"]).expect(0).json();
    assert_eq!(told["agreement"]["experts"], serde_json::json!(["Ada Quill"]));
    let journal = fs::read_to_string(desk.project.path().join("verdicts.jsonl")).expect("journal");
    let last: Value = serde_json::from_str(journal.lines().last().expect("a line")).expect("JSON");
    assert_eq!(last["verdict"]["checks"]["asked_consequence"], false);
    assert_eq!(last["verdict"]["na"], serde_json::json!(["did_not_argue"]));
    assert_eq!(last["verdict"]["spans"][0]["turn"], 3);
    assert_eq!(last["verdict"]["blind"], true);
    // With labels, the rater is not blind on this call, and the verdict says so.
    browser.press(&tab, "b");
    browser.wait(&tab, "document.querySelectorAll('#turns mark').length > 0");
    browser.press(&tab, "y");
    saved(&mut browser, &tab);
    let journal = fs::read_to_string(desk.project.path().join("verdicts.jsonl")).expect("journal");
    assert!(journal.lines().last().expect("a line").contains("\"blind\":false"));
}

/// After a reload there may be nothing left to save.
fn saved_or_quiet(browser: &mut Browser, tab: &Tab) {
    browser.wait(tab, "['', 'Saved'].includes(document.getElementById('saved').textContent)");
}

#[test]
fn raters_at_once_do_not_overwrite_each_other_nor_one_rater_in_two_windows() {
    let Some(mut browser) = Browser::start() else { return };
    let desk = desk();
    let ada = enter(&mut browser, &desk.page.url, "Ada");
    let ben = enter(&mut browser, &desk.page.url, "Ben");
    for key in ["y", "y", "y"] {
        browser.press(&ada, key);
        browser.press(&ben, "n");
    }
    for tab in [&ada, &ben] {
        saved(&mut browser, tab);
        browser.press(tab, "Enter");
        browser.wait(tab, "document.getElementById('progress-text').textContent === '1 of 4'");
        browser.press(tab, "[");
        browser.wait(tab, "document.querySelectorAll('.check [aria-pressed=true]').length === 3");
    }
    assert_eq!(answers(&mut browser, &ada), serde_json::json!(["Yes", "Yes", "Yes"]));
    assert_eq!(answers(&mut browser, &ben), serde_json::json!(["No", "No", "No"]));
    // The other one's progress is seen, not what they said.
    browser.reload(&ada);
    ready(&mut browser, &ada);
    browser.wait(&ada, "document.getElementById('raters').textContent.includes('1 shared')");
    let told = desk.project.run(&["agreement", "--json"]).expect(0).json();
    assert_eq!(told["agreement"]["experts"], serde_json::json!(["Ada", "Ben"]));
    assert_eq!(told["agreement"]["items"], 1);

    // A second window of Ada, opened before the first one went on.
    let second = enter(&mut browser, &desk.page.url, "Ada");
    browser.press(&second, "[");
    browser.wait(&second, "document.querySelectorAll('.check [aria-pressed=true]').length === 3");
    browser.press(&ada, "1");
    browser.press(&ada, "n");
    saved(&mut browser, &ada);
    browser.press(&second, "2");
    browser.press(&second, "x");
    browser
        .wait(&second, "document.getElementById('toast').textContent.includes('another window')");
    browser.wait(&second, "document.querySelector('.check.no')");
    assert_eq!(answers(&mut browser, &second), serde_json::json!(["No", "Yes", "Yes"]));
    assert_eq!(answers(&mut browser, &ada), serde_json::json!(["No", "Yes", "Yes"]));
}
