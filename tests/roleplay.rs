//! A roleplay partner's chats beside the real calls that it learned from.

use rehearsal_tests::{Project, TEXTS, TO_ROLEPLAY, varied_call};
use serde_json::json;

#[test]
fn a_model_that_recites_and_gives_in_is_told_from_its_training_calls() {
    let project = Project::new(&format!("[pipeline]\nname = \"partner\"\n{TEXTS}{TO_ROLEPLAY}"));
    for number in 0..20 {
        project.write(&format!("texts/{number:02}.txt"), varied_call(number, 24));
    }
    let _ = project.run(&["run"]).expect(0);
    // Word for word what a prospect of the training split said.
    let rows = project.rows("roleplay", "chat");
    let real = rows.iter().flat_map(|row| row["messages"].as_array().expect("messages"));
    let recited = real
        .filter(|message| message["role"] == "assistant" && message["train"] == true)
        .filter_map(|message| message["content"].as_str())
        .max_by_key(|text| text.len())
        .expect("somebody said something");
    let chat = json!({ "messages": [
        { "role": "system", "content": "You are Dana Reyes of Brightwater, on a call with a seller. You have reservations about: price." },
        { "role": "user", "content": "Shall we start?" },
        { "role": "assistant", "content": "I'm Robert. Sounds good, let's do it." },
        { "role": "user", "content": "How is it today?" },
        { "role": "assistant", "content": recited },
    ]});
    project.write("chats.jsonl", format!("{chat}\nnot json\n"));
    let arguments = ["roleplay-metrics", "chats.jsonl", "--json"];
    let outcome = project.run(&arguments).expect(3);
    assert!(outcome.err.contains("chats.jsonl: line 2: "), "{}", outcome.err);
    let metrics = &outcome.json()["metrics"];
    assert_eq!(metrics["contradictions"][0]["kind"], "name");
    assert_eq!(metrics["yielding"]["premature"][0]["message"], 2);
    assert!(metrics["copying"]["longest"][0]["words"].as_u64() >= Some(8), "{metrics}");
    assert!(metrics["manner"]["length_distance"].as_f64() > Some(0.0));
    let text = project.run(&["roleplay-metrics", "chats.jsonl"]).expect(3).out;
    assert!(text.contains("persona contradicted    100 %"), "{text}");
    let err = project.run(&["roleplay-metrics", "chats.jsonl", "--dataset", "none"]).expect(2).err;
    assert!(err.contains("there is no data set at"), "{err}");
}
