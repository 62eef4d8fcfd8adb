//! The roleplay path through the public door.

use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::CallBuilder;
use rehearsal_sdk::types;
use roleplay_partner::{Config, RoleplayPartner};

/// Chats only: personas and scenarios have a test of their own.
fn build(config: Config, call: &Conversation, annotations: &[Annotation]) -> Vec<Example> {
    let config = Config { scenes: false, ..config };
    RoleplayPartner::new(config).unwrap().build(&Call::new(call), annotations).unwrap()
}

fn messages(example: &Example) -> &[Message] {
    match &example.body {
        types::Body::Chat(chat) => &chat.messages,
        _ => panic!("a chat was wanted"),
    }
}

fn call() -> Conversation {
    CallBuilder::new()
        .participant(Some("Dov"), Role::Seller)
        .participant(Some("Marlene"), Role::Prospect)
        .say(Role::Prospect, "Hello, Kettle bakery?")
        .say(Role::Seller, "Hi Marlene.")
        .say(Role::Seller, "How do you do payroll now?")
        .say(Role::Prospect, "A spreadsheet. I'm tired of working on Sunday nights.")
        .say(Role::Seller, "It is forty a month.")
        .say(Role::Prospect, "That is a lot of money.")
        .say(Role::Seller, "Shall I send it?")
        .with(|call| call.account = Some("Kettle & Crumb".to_owned()))
        .build()
}

const OBJECTION: Kind = Kind::new("objection", "objection.cues@1", "An objection");

#[test]
fn the_prospect_is_the_assistant_and_only_their_words_are_trained() {
    let examples = build(Config::default(), &call(), &[]);
    assert_eq!(examples.len(), 1);
    let chat = messages(&examples[0]);
    let roles: Vec<_> = chat.iter().map(|message| message.role).collect();
    use Speaker::{Assistant, System, User};
    assert_eq!(roles, [System, User, Assistant, User, Assistant, User, Assistant]);
    assert_eq!(chat[1].turns, [] as [u32; 0], "the opener was put in");
    assert_eq!(chat[3].content, "Hi Marlene. How do you do payroll now?");
    assert_eq!(chat[3].turns, [1, 2]);
    assert!(chat.iter().all(|message| message.train == (message.role == Assistant)));
    assert_eq!(examples[0].turns, [0, 1, 2, 3, 4, 5], "what follows the last answer is left out");
    assert_eq!(examples[0].key, "dialogue.0");
    assert!(examples[0].tags.contains(&("inserted_opener".into(), "true".into())));
}

#[test]
fn the_persona_says_what_the_call_supports_and_why() {
    let call = call();
    let turn = Call::new(&call).turn(5).unwrap();
    let objection = OBJECTION.at(turn, Label::cue("price", 0.8)).by("price.a_lot");
    let example = &build(Config::default(), &call, &[objection])[0];
    let persona = &messages(example)[0].content;
    assert!(persona.starts_with("You are Marlene of Kettle & Crumb, on a call with a seller."));
    assert!(persona.contains("\"I'm tired of working on Sunday nights.\""), "{persona}");
    assert!(persona.contains("reservations about: price."), "{persona}");
    assert!(!persona.contains("Mood"), "no mood is made up: {persona}");
    for part in ["persona.name: participant 1", "persona.need: turn 3", "persona.objection: turn 5"]
    {
        assert!(example.because.iter().any(|why| why.starts_with(part)), "{:?}", example.because);
    }
}

#[test]
fn an_objection_gets_an_episode() {
    let call = call();
    let turn = Call::new(&call).turn(5).unwrap();
    let objection = OBJECTION.at(turn, Label::cue("price", 0.8)).by("price.a_lot").with_turns([6]);
    let examples = build(Config::default(), &call, &[objection]);
    let episode = examples.iter().find(|example| example.family == "objection").unwrap();
    assert_eq!(episode.key, "objection.5");
    let trained: Vec<_> =
        messages(episode).iter().filter(|m| m.train).map(|m| m.turns.clone()).collect();
    assert_eq!(trained, [[5]]);
    assert!(episode.tags.contains(&("objection".into(), "price".into())));
}

#[test]
fn a_call_gives_a_persona_and_a_scenario_with_evidence_and_nothing_made_up() {
    let said = call();
    let turn = Call::new(&said).turn(5).unwrap();
    let objection = OBJECTION.at(turn, Label::cue("price", 0.8)).by("price.a_lot");
    let partner = RoleplayPartner::new(Config::default()).unwrap();
    let rows = partner.build(&Call::new(&said), &[objection]).unwrap();
    let answer = |family: &str| -> serde_json::Value {
        let row = rows.iter().find(|row| row.family == family).unwrap();
        assert!(!row.turns.is_empty() && !row.because.is_empty());
        match &row.body {
            types::Body::Critique(critique) => serde_json::from_str(&critique.completion).unwrap(),
            _ => panic!("prompt and completion were wanted"),
        }
    };
    let persona = answer("personas");
    assert_eq!(persona["name"], "Marlene");
    assert_eq!(persona["company"], "Kettle & Crumb");
    assert_eq!(persona["needs"][0]["turn"], 3);
    assert_eq!(persona["objections"][0]["kind"], "price");
    assert_eq!(persona["mood"], serde_json::Value::Null, "no mood is made up");
    let scenario = answer("scenarios");
    assert_eq!(scenario["opening"][0]["text"], "Hello, Kettle bakery?");
    assert_eq!(scenario["objections"][0]["text"], "That is a lot of money.");
    assert_eq!(scenario["yields_to"], serde_json::Value::Null);
}

#[test]
fn without_known_sides_nothing_is_built() {
    let call = CallBuilder::dialogue(&[(Role::Unknown, "Hi."), (Role::Seller, "Hello.")]).build();
    assert!(build(Config::default(), &call, &[]).is_empty());
}

#[test]
fn a_window_without_room_is_refused() {
    let config = Config { max_messages: 4, overlap: 3, ..Config::default() };
    assert!(RoleplayPartner::new(config).unwrap_err().message().contains("`overlap` 3"));
}

proptest! {
    #[test]
    fn every_prospects_word_is_trained_once_and_chats_alternate_within_bounds(
        turns in proptest::collection::vec((0_usize..3, "[a-z]{1,6}( [a-z]{1,6}){0,12}"), 0..60),
        max_messages in 4_u32..12, overlap in 0_u32..3, max_words in 5_u32..60,
    ) {
        let roles = [Role::Seller, Role::Prospect, Role::Other];
        let said: Vec<_> = turns.iter().map(|(side, text)| (roles[*side], text.as_str())).collect();
        let call = CallBuilder::dialogue(&said).build();
        let config = Config { max_messages, overlap, max_words, ..Config::default() };
        let examples = build(config, &call, &[]);
        let mut trained = Vec::new();
        for example in &examples {
            let chat = messages(example);
            prop_assert!(chat.len() <= max_messages as usize + 1, "{} messages", chat.len());
            prop_assert_eq!(chat[0].role, Speaker::System);
            for (index, message) in chat.iter().enumerate().skip(1) {
                let wanted = if index % 2 == 1 { Speaker::User } else { Speaker::Assistant };
                prop_assert_eq!(message.role, wanted);
                prop_assert!(!message.content.is_empty());
                if message.train {
                    trained.extend(message.turns.clone());
                }
            }
            prop_assert!(example.turns.is_sorted());
        }
        let both = Call::new(&call).has_role(Role::Seller) && Call::new(&call).has_role(Role::Prospect);
        let view = Call::new(&call);
        let all: Vec<u32> = view.turns().filter(|t| both && t.role() == Role::Prospect).map(|t| t.index()).collect();
        trained.sort_unstable();
        prop_assert_eq!(trained, all);
    }
}
