//! NEPQ through the public door.

use nepq::{Config, Nepq};
use proptest::prelude::*;
use rehearsal_heads::{Model, weights};
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::{CallBuilder, MemoryEmbeddings};

fn extract(config: Config, turns: &[(Role, &str)]) -> (Conversation, Vec<Annotation>) {
    let call = CallBuilder::dialogue(turns).build();
    let annotations = Nepq::new(config).unwrap().extract(&Call::new(&call)).unwrap();
    (call, annotations)
}

fn labels(call: &Conversation, annotations: &[Annotation]) -> Vec<(u32, String, String)> {
    annotations
        .iter()
        .filter_map(|annotation| match (&annotation.scope, &annotation.value) {
            (Scope::Span((turn, span)), Value::Label(label)) => Some((
                *turn,
                label.name.clone(),
                call.text[span.start as usize..span.end as usize].to_owned(),
            )),
            _ => None,
        })
        .collect()
}

fn number<'a>(annotations: &'a [Annotation], name: &str) -> &'a Value {
    &annotations.iter().find(|annotation| annotation.name == name).unwrap().value
}

#[test]
fn finds_the_words_that_ask_and_measures_the_course() {
    let (call, annotations) = extract(
        Config::default(),
        &[
            (Role::Seller, "Thanks for picking up. What prompted you to call?"),
            (Role::Prospect, "What happens if nothing changes, I wondered."),
            (Role::Seller, "And what happens if nothing changes by spring?"),
            (Role::Prospect, "We lose the contract."),
            (Role::Seller, "Shall I send the quote tonight?"),
        ],
    );
    let found = labels(&call, &annotations);
    assert!(found.contains(&(0, "connection".into(), "What prompted you".into())), "{found:?}");
    assert!(found.iter().any(|(turn, label, _)| *turn == 2 && label == "consequence"), "{found:?}");
    assert!(found.iter().any(|(turn, label, _)| *turn == 4 && label == "commitment"), "{found:?}");
    assert!(found.iter().all(|(turn, ..)| turn % 2 == 0), "the prospect's words don't count");
    assert_eq!(number(&annotations, "nepq_coverage"), &Value::Number(0.6));
    assert_eq!(number(&annotations, "nepq_order"), &Value::Number(1.0));
    assert_eq!(number(&annotations, "nepq_consequence_depth"), &Value::Number(1.0));
    assert_eq!(number(&annotations, "nepq_question_share"), &Value::Number(1.0));
}

#[test]
fn negated_quoted_and_stated_words_are_no_questions() {
    for text in [
        "I won't ask what happens if nothing changes?",
        "He said \"what happens if nothing changes?\" and left.",
        "That is what happens if nothing changes.",
    ] {
        let (call, annotations) = extract(Config::default(), &[(Role::Seller, text)]);
        assert_eq!(labels(&call, &annotations), [], "{text}");
    }
}

#[test]
fn without_a_known_seller_everything_is_unavailable() {
    let (_, annotations) =
        extract(Config::default(), &[(Role::Unknown, "What happens if nothing changes?")]);
    assert_eq!(annotations.len(), Nepq::EMITS.len());
    assert!(annotations.iter().all(|found| matches!(&found.value, Value::Unavailable(_))));
}

#[test]
fn a_pipeline_adds_or_replaces_cues() {
    let own = vec!["consequence.press 0.9 ? if the press (stops|breaks)".to_owned()];
    let turns = [(Role::Seller, "What then, if the press stops? What happens if nothing changes?")];
    let both = Config { cues: own.clone(), replace_cues: false, ..Config::default() };
    let (call, annotations) = extract(both, &turns);
    assert_eq!(labels(&call, &annotations).len(), 1, "one span a label and turn");
    let only = Config { cues: own, replace_cues: true, ..Config::default() };
    let (call, annotations) = extract(only, &turns);
    assert_eq!(labels(&call, &annotations)[0].2, "if the press stops");

    let wrong = Config {
        cues: vec!["close.x 0.9 sign here".to_owned()],
        replace_cues: false,
        ..Config::default()
    };
    let error = Nepq::new(wrong).unwrap_err();
    assert!(error.message().contains("`close` is no label"), "{}", error.message());
    let wrong = Config {
        cues: vec!["consequence.x 0.9 (sign".to_owned()],
        replace_cues: false,
        ..Config::default()
    };
    assert!(Nepq::new(wrong).unwrap_err().message().contains("never closed"));
}

/// Embeddings of nothing in particular under the name of the model that heads want.
fn embeddings(model: &str) -> MemoryEmbeddings {
    MemoryEmbeddings::new(model, 384, |text| vec![0.05; 384 - text.len() % 2])
}

fn tier(annotations: &[Annotation]) -> &str {
    match number(annotations, "nepq_tier") {
        Value::Text(tier) => tier,
        other => panic!("{other:?}"),
    }
}

#[test]
fn with_embeddings_labels_are_learned_and_own_cues_hold_beside_them() {
    let model = Model::load(weights::NEPQ).unwrap().embeddings;
    let turns = [
        (Role::Seller, "What made you look into this now?"),
        (Role::Prospect, "The rain. We had water in the cellar again."),
        (Role::Seller, "And what happens if the press stops, what would that cost you?"),
        (Role::Prospect, "A week, I suppose."),
    ];
    let call = CallBuilder::dialogue(&turns).build();
    let config = Config {
        cues: vec!["consequence.press 0.9 ? if the press (stops|breaks)".to_owned()],
        replace_cues: false,
        ..Config::default()
    };
    let extract = |embeddings: &MemoryEmbeddings| {
        let plugin = Nepq::new(config.clone()).unwrap();
        plugin.extract(&Call::with_embeddings(&call, embeddings)).unwrap()
    };
    let annotations = extract(&embeddings(&model));
    assert_eq!(tier(&annotations), "learned");
    let labels: Vec<(&str, Tier)> = annotations
        .iter()
        .filter_map(|one| match &one.value {
            Value::Label(label) => Some((one.rule.as_str(), label.tier)),
            _ => None,
        })
        .collect();
    assert!(
        labels.iter().all(|(rule, tier)| match tier {
            Tier::Learned => rule.starts_with("nepq-head@"),
            _ => *rule == "consequence.press",
        }),
        "{labels:?}"
    );

    let annotations = extract(&embeddings("another@0"));
    assert!(tier(&annotations).starts_with("cue: the heads were trained on"), "{annotations:?}");
    let (_, annotations) = self::extract(Config::default(), &turns);
    assert!(tier(&annotations).starts_with("cue: "), "no grant is said, too");
}

proptest! {
    #[test]
    fn spans_lie_on_characters_of_their_turn(
        texts in proptest::collection::vec("(what happens|if|nothing|wo'n’t|\"|\\?|é|[a-z]{1,4}|\\PC| |\n){0,30}", 1..5)
    ) {
        let turns: Vec<_> = texts.iter().map(|text| (Role::Seller, text.as_str())).collect();
        let (call, annotations) = extract(Config::default(), &turns);
        for annotation in annotations {
            if let Scope::Span((turn, span)) = annotation.scope {
                let within = call.turns[turn as usize].text;
                prop_assert!(within.start <= span.start && span.end <= within.end);
                prop_assert!(call.text.get(span.start as usize..span.end as usize).is_some());
            }
        }
    }
}
