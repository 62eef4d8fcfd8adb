//! Conversation metrics through the public door.

use conversation_metrics::{Config, ConversationMetrics};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::CallBuilder;

fn measure(call: &Conversation) -> Vec<Annotation> {
    ConversationMetrics::new(Config::default()).unwrap().extract(&Call::new(call)).unwrap()
}

fn value<'a>(annotations: &'a [Annotation], name: &str) -> &'a Value {
    &annotations.iter().find(|annotation| annotation.name == name).unwrap().value
}

fn number(annotations: &[Annotation], name: &str) -> f64 {
    match value(annotations, name) {
        Value::Number(number) => *number,
        other => panic!("{name}: {other:?}"),
    }
}

/// Seller 0 to 10 s, a back-channel within, seller to 20 s after 0.5 s; prospect 22 to
/// 52 s, cut into by the seller at 50 s until 56 s; prospect from 55.9 to 60 s.
fn timed() -> Conversation {
    CallBuilder::new()
        .participant(None, Role::Seller)
        .participant(None, Role::Prospect)
        .turn(0, "Um, so what made you look? Do you, uh, pay monthly?", Some((0, 10_000)))
        .turn(1, "Mm-hm.", Some((9_000, 9_400)))
        .turn(0, "Tell me about it.", Some((10_500, 20_000)))
        .turn(1, "Well, it began in spring and it never stopped", Some((22_000, 52_000)))
        .turn(0, "Is that so?", Some((50_000, 56_000)))
        .turn(1, "It is.", Some((55_900, 60_000)))
        .build()
}

#[test]
fn times_turns_and_questions_are_counted_as_defined() {
    let found = measure(&timed());
    let expected = [
        ("talk_ratio", 25.5 / (25.5 + 0.4 + 30.0 + 4.1)),
        ("talk_ratio_of_call", 25.5 / 60.0),
        ("longest_monologue", 20.0),
        ("customer_story", 30.0),
        ("interactivity", 5.0),
        ("interactivity_without_backchannels", 3.0),
        // 9.4 s to 10.5 s, 22–52 s to 50 s.
        ("patience", 550.0),
        ("patience_mean", 550.0),
        ("interruptions_by_seller", 1.0),
        // 0.1 s is how people hand over.
        ("interruptions_by_prospect", 0.0),
        ("questions", 4.0),
        ("open_questions", 2.0),
        ("questions_per_minute", 4.0),
        ("open_question_share", 0.5),
        ("fillers_per_minute", 2.0 / 25.5 * 60.0),
        ("seller_words_per_minute", 18.0 / 25.5 * 60.0),
    ];
    for (name, expected) in expected {
        let value = number(&found, name);
        assert!((value - expected).abs() < 1e-9, "{name}: {value}, not {expected}");
    }
    assert!(found.iter().all(|one| one.scope == Scope::Conversation && one.rule == one.definition));
}

#[test]
fn what_the_source_cannot_support_says_why() {
    let written = CallBuilder::dialogue(&[
        (Role::Seller, "How do you do that today?"),
        (Role::Prospect, "By hand."),
    ])
    .build();
    let found = measure(&written);
    assert_eq!(value(&found, "talk_ratio"), &unavailable("the source has no times"));
    assert_eq!(number(&found, "talk_ratio_of_words"), 6.0 / 8.0);
    assert_eq!(number(&found, "longest_monologue_words"), 6.0);
    assert_eq!(number(&found, "questions"), 1.0);
    assert!(matches!(value(&found, "questions_per_minute"), Value::Unavailable(_)));

    let strangers = CallBuilder::dialogue(&[(Role::Unknown, "Hello?")]).build();
    let found = measure(&strangers);
    assert_eq!(
        value(&found, "questions"),
        &unavailable("nobody who speaks is known to be the seller")
    );
    assert!(
        found.iter().all(|one| matches!(&one.value, Value::Unavailable(why) if !why.is_empty()))
    );

    let starts_only = CallBuilder::new()
        .participant(None, Role::Seller)
        .participant(None, Role::Prospect)
        .turn(0, "Hello.", Some((0, 0)))
        .turn(1, "Hi there, you.", Some((5_000, 5_000)))
        .with(|call| {
            call.timing = Timing::Starts;
            call.turns.iter_mut().for_each(|turn| turn.end_ms = None);
            call.duration_ms = Some(30_000);
        })
        .build();
    let found = measure(&starts_only);
    assert_eq!(
        value(&found, "patience"),
        &unavailable("the source has starts of turns and no ends")
    );
    assert_eq!(number(&found, "interactivity"), 2.0);
}

#[test]
fn a_pipeline_brings_its_own_fillers() {
    let config = Config {
        fillers: vec!["filler.day 0.9 at the end of the day".to_owned()],
        replace_fillers: true,
        ..Config::default()
    };
    let call = CallBuilder::dialogue(&[(Role::Seller, "Um, at the end of the day, yes.")]).build();
    let found = ConversationMetrics::new(config).unwrap().extract(&Call::new(&call)).unwrap();
    assert_eq!(number(&found, "fillers_per_100_words"), 100.0 / 8.0);
    let wrong = Config { fillers: vec!["price.x 0.9 dear".to_owned()], ..Config::default() };
    let error = ConversationMetrics::new(wrong).unwrap_err();
    assert!(error.message().starts_with("config.fillers: `price` is no label"));
}

proptest! {
    #[test]
    fn shares_are_shares_whatever_the_times(
        turns in proptest::collection::vec((0_usize..3, 0_u32..=u32::MAX, 0_u32..=u32::MAX, "[a-z?. ]{0,20}"), 0..12)
    ) {
        let start = CallBuilder::new()
            .participant(None, Role::Seller)
            .participant(None, Role::Prospect)
            .participant(None, Role::Unknown);
        let call = turns
            .iter()
            .fold(start, |call, (who, from, to, text)| call.turn(*who, text, Some((*from, *to))))
            .build();
        let found = measure(&call);
        prop_assert_eq!(found.len(), ConversationMetrics::EMITS.len());
        for name in ["talk_ratio", "talk_ratio_of_call", "talk_ratio_of_words", "open_question_share"] {
            if let Value::Number(share) = value(&found, name) {
                prop_assert!((0.0..=1.0).contains(share), "{}: {}", name, share);
            }
        }
    }
}
