//! The feedback path through the public door.

use feedback::{Config, Feedback, Line};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::CallBuilder;
use rehearsal_sdk::types;
use serde_json::Value as Json;

const NEPQ: Kind = Kind::new("nepq", "nepq.test@1", "");
const OBJECTION: Kind = Kind::new("objection", "objection.test@1", "");
const MOVE: Kind = Kind::new("objection_move", "move.test@1", "");
const LISTENING: Kind = Kind::new("listening", "listening.test@1", "");
const RATIO: Kind = Kind::new("talk_ratio_of_words", "talk_ratio.words@1", "");
const OPEN: Kind = Kind::new("open_questions", "questions.open@1", "");

fn call() -> Conversation {
    CallBuilder::dialogue(&[
        (Role::Seller, "What made you look around?"),
        (Role::Prospect, "We lose jobs every week, honestly."),
        (Role::Seller, "And what does a lost job do to the rest of your week?"),
        (Role::Prospect, "It's a mess. But four hundred a month is steep."),
        (Role::Seller, "Steep? It pays for itself, everybody knows that."),
        (Role::Prospect, "Maybe. I'd have to ask my brother anyway."),
        (Role::Seller, "Fair enough. What would your brother want to know first?"),
        (Role::Prospect, "Whether it works on the old phones."),
    ])
    .build()
}

fn annotations(call: &Conversation) -> Vec<Annotation> {
    let view = Call::new(call);
    let on = |kind: Kind, turn: usize, label: &str| {
        kind.at(view.turn(turn).unwrap(), Label::cue(label, 0.9)).by(format!("{label}.1"))
    };
    vec![
        on(NEPQ, 0, "connection"),
        on(NEPQ, 2, "consequence"),
        on(NEPQ, 6, "clarify_probe"),
        on(OBJECTION, 3, "price"),
        on(OBJECTION, 5, "authority"),
        on(MOVE, 4, "argue"),
        on(MOVE, 6, "clarify"),
        on(LISTENING, 6, "acknowledgement"),
        RATIO.at(view, 0.55),
        OPEN.at(view, 3.0),
    ]
}

fn build(config: Config, call: &Conversation, annotations: &[Annotation]) -> Vec<Example> {
    Feedback::new(config).unwrap().build(&Call::new(call), annotations).unwrap()
}

fn rows() -> Vec<Example> {
    let call = call();
    build(Config::default(), &call, &annotations(&call))
}

#[track_caller]
fn label<'a>(rows: &'a [Example], key: &str) -> (&'a str, &'a str) {
    let row = rows.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("no row {key}"));
    match &row.body {
        types::Body::LabelledText(text) => (&text.label, &text.text),
        _ => panic!("{key} is no labelled text"),
    }
}

#[track_caller]
fn answer(rows: &[Example], key: &str) -> Json {
    let row = rows.iter().find(|row| row.key == key).unwrap_or_else(|| panic!("no row {key}"));
    match &row.body {
        types::Body::Critique(critique) => serde_json::from_str(&critique.completion).unwrap(),
        _ => panic!("{key} is no critique"),
    }
}

#[test]
fn turns_are_classified_with_what_came_before_them() {
    let rows = rows();
    let (class, text) = label(&rows, "nepq_type.2.consequence");
    assert_eq!(class, "consequence");
    assert_eq!(
        text,
        "[SELLER] What made you look around?\n[PROSPECT] We lose jobs every week, honestly.\n\
         [SELLER] And what does a lost job do to the rest of your week?"
    );
    assert_eq!(label(&rows, "objection_type.3.price").0, "price");
    assert_eq!(label(&rows, "objection_handling.4.argue").0, "argue");
    assert_eq!(label(&rows, "nepq_type.4.none").0, "none", "classifiers learn to abstain");
    let techniques = rows.iter().filter(|row| row.key.starts_with("technique."));
    assert_eq!(techniques.count(), 0, "no extractor spoke of techniques");
}

#[test]
fn checks_that_do_not_apply_are_neither_passed_nor_failed() {
    let rows = rows();
    assert_eq!(label(&rows, "check.asked_consequence").0, "yes");
    assert_eq!(label(&rows, "check.asked_solution_awareness").0, "no");
    assert_eq!(label(&rows, "check.open_questions").0, "no");
    assert_eq!(label(&rows, "check.left_room").0, "yes");
    for absent in ["check.no_monologue", "check.did_not_dump_features"] {
        assert!(rows.iter().all(|row| row.key != absent), "{absent} does not apply");
    }
    // Arguing is a blocker: whatever else went well, the level is capped.
    assert_eq!(label(&rows, "skill_level").0, "developing");
}

#[test]
fn a_weak_moment_gets_a_line_that_was_really_said() {
    let rows = rows();
    let suggestion = answer(&rows, "suggestion.4");
    assert_eq!(suggestion["turn"], 4);
    assert_eq!(suggestion["evidence"], "Steep? It pays for itself, everybody knows that.");
    assert_eq!(suggestion["suggestion"], "What would your brother want to know first?");
    let row = rows.iter().find(|row| row.key == "suggestion.4").unwrap();
    assert_eq!(row.turns, [1, 2, 3, 4]);
    assert!(row.because.iter().any(|why| why.contains("price in turn 3")), "{:?}", row.because);
    assert!(row.because.iter().any(|why| why.contains("line of turn 6 of this call")));
}

#[test]
fn what_was_said_and_what_would_have_been_better_are_a_pair() {
    let rows = rows();
    let row = rows.iter().find(|row| row.key == "pair.4").expect("a pair");
    assert_eq!((row.family.as_str(), row.turns.as_slice()), ("pairs", &[1, 2, 3, 4][..]));
    let types::Body::Preference(pair) = &row.body else { panic!("{row:?}") };
    assert_eq!(pair.rejected.content, "Steep? It pays for itself, everybody knows that.");
    assert_eq!(pair.chosen.content, "What would your brother want to know first?");
    let heard = &pair.prompt[1].content;
    assert!(
        heard.ends_with("[PROSPECT] It's a mess. But four hundred a month is steep."),
        "{heard}"
    );
    assert!(!heard.contains("pays for itself"), "the answer is not in the question: {heard}");
}

#[test]
fn without_a_line_nothing_is_made_up_and_lines_of_other_calls_can_be_given() {
    let call = call();
    let mut found = annotations(&call);
    found.retain(|annotation| {
        annotation.name != "objection_move" || annotation.scope == Scope::Turn(4)
    });
    let has =
        |rows: &[Example]| rows.iter().any(|row| matches!(&*row.family, "suggestions" | "pairs"));
    assert!(!has(&build(Config::default(), &call, &found)));
    let line = Line {
        moment: "clarify_objection.price".to_owned(),
        text: "Steep compared with what?".to_owned(),
        from: "coach/0123/strong.7.clarify_objection.price".to_owned(),
    };
    let rows = build(Config { lines: vec![line], ..Config::default() }, &call, &found);
    assert_eq!(answer(&rows, "suggestion.4")["suggestion"], "Steep compared with what?");
}

#[test]
fn lines_that_hold_names_or_figures_stay_in_their_call() {
    let call = CallBuilder::dialogue(&[
        (Role::Seller, "What does it cost you when Marlene has to stay until nine?"),
        (Role::Prospect, "A lot."),
        (Role::Seller, "What happens to 40 orders like that?"),
        (Role::Prospect, "They wait."),
        (Role::Seller, "Right. And what happens if it goes on like this?"),
    ])
    .build();
    let view = Call::new(&call);
    let found: Vec<_> = [0, 2, 4]
        .map(|turn| NEPQ.at(view.turn(turn).unwrap(), Label::cue("consequence", 0.9)))
        .into();
    let rows = build(Config::default(), &call, &found);
    let strong: Vec<_> = rows.iter().filter(|row| row.family == "strong_moments").collect();
    assert_eq!(strong.len(), 1);
    let (kind, text) = label(&rows, "strong.4.ask_consequence");
    assert_eq!((kind, text), ("ask_consequence", "And what happens if it goes on like this?"));
}

#[test]
fn critiques_name_strengths_and_gaps_with_the_turns_that_show_them() {
    let rows = rows();
    let handling = answer(&rows, "critique.objection_handling");
    let gap = &handling["gaps"][0];
    assert_eq!((gap["check"].as_str(), gap["turn"].as_u64()), (Some("did_not_argue"), Some(4)));
    let strengths = handling["strengths"].as_array().unwrap();
    assert!(strengths.iter().any(|one| one["check"] == "clarified_objection" && one["turn"] == 6));
    assert_eq!(answer(&rows, "critique.communication")["measures"]["talk_ratio_of_words"], 0.55);
    let overall = answer(&rows, "critique.overall");
    assert_eq!(
        (overall["score"].as_u64(), overall["level"].as_str()),
        (Some(2), Some("developing"))
    );
}

#[test]
fn unsure_annotations_teach_nothing() {
    let call = call();
    let config = Config { min_confidence: 0.95, ..Config::default() };
    let rows = build(config, &call, &annotations(&call));
    assert!(
        rows.iter().all(|row| row.key.starts_with("check.") || row.key.starts_with("critique."))
    );
}

proptest! {
    #[test]
    fn any_call_gives_rows_that_name_their_turns(
        texts in proptest::collection::vec("[a-zA-Z0-9 ?.']{0,40}", 1..20),
        labels in proptest::collection::vec((0_usize..20, 0_usize..4, 0_usize..4), 0..30),
        max_words in 0_u32..60,
    ) {
        let call = texts.iter().enumerate().fold(CallBuilder::new(), |call, (at, text)| {
            call.say(if at % 2 == 0 { Role::Seller } else { Role::Prospect }, text)
        });
        let call = call.build();
        let view = Call::new(&call);
        let kinds = [NEPQ, OBJECTION, MOVE, LISTENING];
        let names = ["consequence", "price", "argue", "clarify"];
        let found: Vec<_> = labels.iter().filter_map(|(turn, kind, label)| {
            Some(kinds[*kind].at(view.turn(*turn)?, Label::cue(names[*label], 0.8)))
        }).collect();
        let rows = build(Config { max_words, ..Config::default() }, &call, &found);
        let mut keys: Vec<&str> = rows.iter().map(|row| row.key.as_str()).collect();
        let all = keys.len();
        keys.sort_unstable();
        keys.dedup();
        prop_assert_eq!(keys.len(), all, "keys are unique");
        for row in &rows {
            prop_assert!(row.turns.is_sorted() && row.turns.iter().all(|turn| (*turn as usize) < texts.len()));
            prop_assert!(!row.because.is_empty(), "{}", row.key);
            if let types::Body::Critique(critique) = &row.body {
                prop_assert!(serde_json::from_str::<Json>(&critique.completion).is_ok());
            }
        }
    }
}
