//! The extractor natively, against answers in memory.

use llm_labels::{
    Config, DROPPED, LISTENING, LlmLabels, MOVE, NEPQ, OBJECTION, OUTCOME, TALLY, TECHNIQUE,
};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::{CallBuilder, MemoryHttp};
use serde_json::{Value as Json, json};

const URL: &str = "POST https://llm.test/v1/chat/completions";

fn call() -> Conversation {
    CallBuilder::dialogue(&[
        (Role::Seller, "Who does your payroll today?"),
        (Role::Prospect, "Me, on Fridays. But honestly, that\u{2019}s a lot of money."),
        (Role::Seller, "A lot compared to what?"),
        (Role::Prospect, "Let me think about it."),
    ])
    .build()
}

fn config() -> Config {
    let config = json!({ "base_url": "https://llm.test/v1", "model": "judge" });
    serde_json::from_value(config).expect("a configuration")
}

fn extract(http: MemoryHttp) -> Result<Vec<Annotation>> {
    let plugin = LlmLabels::with_http(config(), Http::of_memory(http)).expect("a plugin");
    plugin.extract(&Call::new(&call()))
}

fn saying(content: &str) -> MemoryHttp {
    completion(&json!({ "message": { "content": content }, "finish_reason": "stop" }))
}

fn completion(choice: &Json) -> MemoryHttp {
    let body = json!({ "model": "/models/judge-7b.gguf", "choices": [choice] });
    MemoryHttp::new().json(URL, 200, &body.to_string())
}

/// Annotations of a kind: turn, label, words, rule.
fn of(kind: Kind, all: &[Annotation]) -> Vec<(u32, String, String)> {
    let call = call();
    let found = all.iter().filter(|one| one.name == kind.name);
    found
        .filter_map(|one| {
            let Value::Label(label) = &one.value else { return None };
            assert_eq!((label.tier, one.definition.as_str()), (Tier::Llm, kind.definition));
            assert!(one.rule.starts_with("llm:judge+labels@1."), "{}", one.rule);
            let (turn, text) = match one.scope {
                Scope::Turn(turn) => (turn, String::new()),
                Scope::Span((turn, span)) => {
                    (turn, call.text[span.start as usize..span.end as usize].to_owned())
                }
                Scope::Conversation => return None,
            };
            Some((turn, label.name.clone(), text))
        })
        .collect()
}

fn told(all: &[Annotation]) -> String {
    let tally = all.iter().find(|one| one.name == TALLY.name).expect("a tally");
    match &tally.value {
        Value::Text(text) | Value::Unavailable(text) => text.clone(),
        other => panic!("{other:?}"),
    }
}

fn finding(turn: u32, set: &str, label: &str, quote: &str) -> Json {
    json!({ "turn": turn, "set": set, "label": label, "quote": quote })
}

#[test]
fn labels_are_those_of_the_other_tiers_and_the_prompt_explains_each() {
    assert_eq!(NEPQ.labels, nepq::NEPQ.labels);
    assert_eq!(TECHNIQUE.labels, sales_techniques::TECHNIQUE.labels);
    assert_eq!(OBJECTION.labels, objections::OBJECTION.labels);
    assert_eq!(MOVE.labels, objections::MOVE.labels);
    assert_eq!(OUTCOME.labels, objections::OUTCOME.labels);
    assert_eq!(LISTENING.labels, active_listening::LISTENING.labels);
    let names = [
        (NEPQ.name, nepq::NEPQ.name),
        (TECHNIQUE.name, sales_techniques::TECHNIQUE.name),
        (OBJECTION.name, objections::OBJECTION.name),
        (MOVE.name, objections::MOVE.name),
        (OUTCOME.name, objections::OUTCOME.name),
        (LISTENING.name, active_listening::LISTENING.name),
    ];
    assert!(names.iter().all(|(own, other)| own == other), "{names:?}");
    let prompt = include_str!("../prompts/labels@1.md");
    for label in LlmLabels::EMITS.iter().flat_map(|kind| kind.labels) {
        assert!(prompt.contains(&format!("`{label}`")), "{label}");
    }
}

#[test]
fn what_holds_becomes_labels_with_their_words() {
    let said = json!({ "findings": [
        finding(0, "nepq", "situation", "who does your payroll today"),
        { "turn": 1, "set": "objection", "label": "price", "quote": "that's a lot of money",
          "outcome": "deferred" },
        finding(2, "move", "clarify", ""),
        finding(2, "listening", "follow_up", "compared to what"),
    ] });
    // In a fence, as models without structured output write it.
    let all = extract(saying(&format!("Here it is:\n```json\n{said}\n```"))).expect("labels");
    assert_eq!(of(NEPQ, &all), [(0, "situation".into(), "Who does your payroll today".into())]);
    assert_eq!(of(OBJECTION, &all), [(1, "price".into(), "that\u{2019}s a lot of money".into())]);
    assert_eq!(of(MOVE, &all), [(2, "clarify".into(), String::new())]);
    assert_eq!(of(OUTCOME, &all), [(1, "deferred".into(), String::new())]);
    assert_eq!(of(LISTENING, &all), [(2, "follow_up".into(), "compared to what".into())]);
    let related = |kind: Kind| {
        let one = all.iter().find(|one| one.name == kind.name).expect("there is one");
        one.related_turns.clone()
    };
    assert_eq!((related(OBJECTION), related(MOVE)), (vec![2], vec![1]));
    let tally = told(&all);
    assert!(tally.contains("4 labels"), "{tally}");
    assert!(tally.contains("answered by judge-7b.gguf") && !tally.contains("/models"), "{tally}");
}

#[test]
fn what_does_not_hold_is_dropped_and_counted() {
    let said = json!({ "findings": [
        finding(0, "nepq", "situation", "who runs your payroll"),
        finding(0, "nepq", "small_talk", "payroll"),
        finding(0, "mood", "cheerful", ""),
        finding(9, "nepq", "situation", ""),
        finding(1, "nepq", "situation", "fridays"),
        finding(2, "move", "clarify", ""),
        finding(2, "nepq", "clarify_probe", "a lot"),
        finding(2, "nepq", "qualifying", "a lot"),
        { "turn": "two" },
    ] });
    let all = extract(saying(&said.to_string())).expect("labels");
    assert_eq!(of(NEPQ, &all), [(2, "clarify_probe".into(), "A lot".into())]);
    assert_eq!(of(MOVE, &all), []);
    let dropped = all.iter().find(|one| one.name == DROPPED.name).expect("a count");
    assert_eq!(dropped.value, Value::Number(8.0));
    let tally = told(&all);
    for why in [
        "a quote that is not in its turn",
        "a label that is not in its set",
        "a set that there is not",
        "a turn that was not asked about",
        "a turn of the wrong side",
        "a move with no objection before it",
        "a second label where one fits best",
        "not of the form",
    ] {
        assert!(tally.contains(&format!("1 dropped: {why}")), "{why}: {tally}");
    }
}

#[test]
fn a_model_that_says_nothing_of_use_leaves_labels_unavailable() {
    for (http, why) in [
        (completion(&json!({ "message": { "refusal": "I can't help with that" } })), "can't help"),
        (
            completion(&json!({ "message": { "content": "" }, "finish_reason": "content_filter" })),
            "filter",
        ),
        (saying("I see a fine conversation."), "no answer that can be read"),
        (saying("{\"labels\": []}"), "no list `findings`"),
        (
            completion(&json!({ "message": { "content": "{\"fin" }, "finish_reason": "length" })),
            "does not come to an end",
        ),
        (
            MemoryHttp::new().json(URL, 400, r#"{"error":{"code":"context_length_exceeded"}}"#),
            "does not come to an end",
        ),
    ] {
        let all = extract(http).expect("annotations");
        assert_eq!(all.len(), LlmLabels::EMITS.len());
        assert!(all.iter().all(|one| matches!(one.value, Value::Unavailable(_))), "{all:?}");
        assert!(told(&all).contains(why), "{why}: {}", told(&all));
    }
}

#[test]
fn what_is_the_servers_fault_or_the_keys_may_pass() {
    for http in [
        MemoryHttp::new().json(URL, 401, r#"{"error":{"message":"Incorrect API key"}}"#),
        MemoryHttp::new().json(URL, 404, r#"{"error":{"code":"model_not_found"}}"#),
        MemoryHttp::new().json(URL, 503, "{}"),
        MemoryHttp::new().json(URL, 200, "{\"choices\":["),
        MemoryHttp::new().with(URL, 200, &[("content-type", "text/html")], "<html>"),
        MemoryHttp::new().json(URL, 200, "{\"choices\":[]}"),
    ] {
        let error = extract(http).expect_err("it may pass");
        assert!(matches!(error, Error::Transient(_)), "{error:?}");
    }
}

#[test]
fn a_call_without_sides_is_not_asked_about() {
    let call = CallBuilder::dialogue(&[(Role::Unknown, "Hello?")]).build();
    let plugin = LlmLabels::with_http(config(), Http::of_memory(MemoryHttp::new()));
    let all = plugin.expect("a plugin").extract(&Call::new(&call)).expect("annotations");
    assert!(told(&all).contains("sides are not known"));
}

proptest! {
    /// Whatever a model writes: annotations that hold, and never a panic.
    #[test]
    fn any_answer_is_survived(content in "(\\PC{0,20}|[{}\\[\\]\",:a-z0-9]{0,30}){0,4}", turn in 0_u32..9, quote in "\\PC{0,12}") {
        drop(extract(saying(&content)));
        let said = json!({ "findings": [finding(turn, "listening", "echo", &quote)] });
        let all = extract(saying(&said.to_string())).expect("annotations");
        let labels = of(LISTENING, &all).len() as f64;
        let dropped = all.iter().find(|one| one.name == DROPPED.name).expect("a count");
        prop_assert_eq!(&dropped.value, &Value::Number(1.0 - labels));
    }
}
