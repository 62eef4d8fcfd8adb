//! Sales techniques through the public door.

use proptest::prelude::*;
use rehearsal_corpus::Scores;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::CallBuilder;
use sales_techniques::{Config, SalesTechniques, TECHNIQUES};

fn extract(config: Config, call: &Conversation) -> Vec<Annotation> {
    SalesTechniques::new(config).unwrap().extract(&Call::new(call)).unwrap()
}

/// Name, label and words of what stands in a turn.
fn labels(call: &Conversation, found: &[Annotation], turn: u32) -> Vec<(String, String, String)> {
    let mut labels: Vec<_> = found
        .iter()
        .filter_map(|one| match (&one.scope, &one.value) {
            (Scope::Span((at, span)), Value::Label(label)) if *at == turn => Some((
                one.name.clone(),
                label.name.clone(),
                call.text[span.start as usize..span.end as usize].to_owned(),
            )),
            _ => None,
        })
        .collect();
    labels.sort();
    labels
}

fn has(labels: &[(String, String, String)], name: &str, label: &str) -> bool {
    labels.iter().any(|(n, l, _)| n == name && l == label)
}

#[test]
fn phrases_and_forms_are_found_where_they_stand() {
    let call = CallBuilder::dialogue(&[
        (Role::Seller, "Who else would need to sign this off?"),
        (Role::Prospect, "My sister. We lost nine thousand towels in spring."),
        (Role::Seller, "Nine thousand towels. That must have been a shock, wasn't it?"),
        (Role::Prospect, "It was. What do you do, then?"),
        (Role::Seller, "We do tags, readers, a portal, an app, monthly reports, and a help line."),
    ])
    .build();
    let found = extract(Config::default(), &call);
    let first = labels(&call, &found, 0);
    assert!(has(&first, "technique", "authority_discovery"), "{first:?}");
    assert!(has(&first, "bant", "authority") && has(&first, "meddicc", "economic_buyer"));
    let second = labels(&call, &found, 2);
    let mirrored = ("technique".into(), "mirroring".into(), "Nine thousand towels.".into());
    assert!(second.contains(&mirrored), "{second:?}");
    assert!(has(&second, "technique", "labelling") && has(&second, "technique", "tie_down"));
    assert!(has(&labels(&call, &found, 4), "technique", "feature_dump"));
    let rests_on = found.iter().find(|one| one.rule.starts_with("mirroring.")).unwrap();
    assert_eq!(rests_on.related_turns, [1]);
    let coverage = found.iter().find(|one| one.name == "bant_coverage").unwrap();
    assert_eq!(coverage.value, Value::Number(0.25));
}

#[test]
fn what_the_prospect_says_and_what_is_quoted_or_negated_does_not_count() {
    let call = CallBuilder::dialogue(&[
        (Role::Prospect, "Would you agree? Shall we say Thursday?"),
        (Role::Seller, "He said \"that must be hard\" and left."),
        (Role::Seller, "I would never say that must be hard."),
    ])
    .build();
    let found = extract(Config::default(), &call);
    assert!(found.iter().all(|one| one.scope == Scope::Conversation), "{found:?}");
}

#[test]
fn a_pipeline_adds_or_replaces_cues() {
    let cues = vec![
        "social_proof.ours 0.9 half of lincolnshire".to_owned(),
        "bant:timing.ours 0.9 ? before the lambing".to_owned(),
    ];
    let text = "Half of Lincolnshire has one. Before the lambing? Would you agree?";
    let call = CallBuilder::dialogue(&[(Role::Seller, text)]).build();
    let both =
        extract(Config { cues: cues.clone(), replace_cues: false, ..Config::default() }, &call);
    assert_eq!(labels(&call, &both, 0).len(), 3);
    let own = extract(Config { cues, replace_cues: true, ..Config::default() }, &call);
    assert_eq!(labels(&call, &own, 0).len(), 2);
    let wrong = Config {
        cues: vec!["hype.x 0.9 wow".to_owned()],
        replace_cues: false,
        ..Config::default()
    };
    let error = SalesTechniques::new(wrong).unwrap_err();
    assert!(error.message().contains("`hype` is no label"), "{}", error.message());
}

#[test]
fn without_a_known_seller_everything_is_unavailable() {
    let call = CallBuilder::dialogue(&[(Role::Unknown, "Would you agree?")]).build();
    let found = extract(Config::default(), &call);
    assert_eq!(found.len(), SalesTechniques::EMITS.len());
    assert!(found.iter().all(|one| matches!(one.value, Value::Unavailable(_))));
}

/// The cues were written with this corpus in view: the floor guards them against
/// mistakes, it does not say how they do elsewhere.
#[test]
fn tier_one_is_precise_on_the_corpus() {
    let plugin = SalesTechniques::new(Config::default()).unwrap();
    let mut scores = Scores::default();
    for example in rehearsal_corpus::read(&rehearsal_corpus::folder()).unwrap() {
        let found = plugin.extract(&Call::new(&example.call)).unwrap();
        for turn in 0..example.call.turns.len() as u32 {
            let here = found.iter().filter_map(|one| match (&one.scope, &one.value) {
                (Scope::Span((at, _)), Value::Label(label))
                    if *at == turn && one.name == "technique" =>
                {
                    Some((label.name.as_str(), one.rule.as_str()))
                }
                _ => None,
            });
            let given = example.labels.get(&turn).cloned().unwrap_or_default();
            scores.turn(here, given.techniques.iter().map(String::as_str));
        }
    }
    println!("{scores}");
    for label in TECHNIQUES {
        let score = scores.of(label);
        assert!(score.precision() >= 0.6, "{label}: {score:?}");
        assert!(score.recall() >= 0.1, "{label}: {score:?}");
    }
    assert!(scores.all().precision() >= 0.75 && scores.all().recall() >= 0.38);
}

proptest! {
    #[test]
    fn spans_lie_on_characters_of_their_turn(
        texts in proptest::collection::vec("(does that|make sense|, and|, é|\"|\\?|[a-z]{1,4}|\\PC| |\n){0,30}", 1..5)
    ) {
        let call = texts.iter().enumerate().fold(CallBuilder::new(), |call, (index, text)| {
            call.say(if index % 2 == 0 { Role::Seller } else { Role::Prospect }, text)
        }).build();
        for one in extract(Config::default(), &call) {
            if let Scope::Span((turn, span)) = one.scope {
                let within = call.turns[turn as usize].text;
                prop_assert!(within.start <= span.start && span.end <= within.end);
                prop_assert!(call.text.get(span.start as usize..span.end as usize).is_some());
            }
        }
    }
}
