//! Active listening through the public door.

use active_listening::{ActiveListening, Config, LISTENING};
use proptest::prelude::*;
use rehearsal_corpus::Scores;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::CallBuilder;

fn extract(call: &Conversation) -> Vec<Annotation> {
    ActiveListening::new(Config::default()).unwrap().extract(&Call::new(call)).unwrap()
}

/// Labels and rules of a turn.
fn of_turn(found: &[Annotation], turn: u32) -> Vec<(&str, &str)> {
    let mut labels: Vec<_> = found
        .iter()
        .filter_map(|one| match (&one.scope, &one.value) {
            (Scope::Turn(at) | Scope::Span((at, _)), Value::Label(label)) if *at == turn => {
                Some((label.name.as_str(), one.rule.as_str()))
            }
            _ => None,
        })
        .collect();
    labels.sort_unstable();
    labels
}

fn has(labels: &[(&str, &str)], wanted: &str) -> bool {
    labels.iter().any(|(label, _)| *label == wanted)
}

#[test]
fn words_form_and_cuts_tell_who_listens() {
    let call = CallBuilder::dialogue(&[
        (Role::Seller, "Hello, Ana."),
        (Role::Prospect, "We lost two drivers in spring and the vans stood still."),
        (Role::Seller, "Mm-hm."),
        (Role::Prospect, "So the vans sat there and —"),
        (Role::Seller, "That's fair. How many vans sat there?"),
        (Role::Prospect, "Nine."),
        (Role::Seller, "So it's not the vans, it's the people."),
    ])
    .build();
    let found = extract(&call);
    assert_eq!(of_turn(&found, 0), [], "the first turn follows nobody");
    assert!(has(&of_turn(&found, 2), "backchannel"));
    let asks = of_turn(&found, 4);
    for label in ["interruption", "acknowledgement", "echo", "follow_up"] {
        assert!(has(&asks, label), "{label}: {asks:?}");
    }
    assert!(has(&of_turn(&found, 6), "paraphrase"));
    let labels = found.iter().filter(|one| matches!(one.value, Value::Label(_)));
    for one in labels {
        let turn = match one.scope {
            Scope::Turn(turn) | Scope::Span((turn, _)) => turn,
            Scope::Conversation => panic!("{one:?}"),
        };
        assert_eq!(one.related_turns, [turn - 1]);
    }
}

#[test]
fn beginning_inside_the_others_turn_interrupts_and_a_signal_does_not() {
    let call = CallBuilder::new()
        .participant(None, Role::Seller)
        .participant(None, Role::Prospect)
        .turn(1, "It was a long summer.", Some((0, 4_000)))
        .turn(0, "Let me show you the price list.", Some((3_000, 6_000)))
        .turn(1, "Right.", Some((5_000, 5_300)))
        .build();
    let found = extract(&call);
    assert!(of_turn(&found, 1).contains(&("interruption", "interruption.overlap")));
    assert!(!has(&of_turn(&found, 2), "interruption"));
}

#[test]
fn style_is_measured_where_both_say_enough() {
    let say = |text: &str| text.repeat(30);
    let alike = CallBuilder::dialogue(&[
        (Role::Seller, &say("the van is in it and you do not like it all. ")),
        (Role::Prospect, &say("the cat is on it and you do not see it all. ")),
    ])
    .build();
    let style = |call: &Conversation| {
        extract(call).into_iter().find(|one| one.name == "style_matching").unwrap().value
    };
    assert_eq!(style(&alike), Value::Number(1.0));
    let unlike = CallBuilder::dialogue(&[
        (Role::Seller, &say("the van is in it and you do not like it all. ")),
        (Role::Prospect, &say("vans rust quickly. ")),
    ])
    .build();
    // Quickly and rust are no function words: nothing matches.
    assert!(matches!(style(&unlike), Value::Unavailable(why) if why.contains("at least 100")));
    let short = CallBuilder::dialogue(&[(Role::Seller, "Hi."), (Role::Prospect, "Hi.")]).build();
    assert!(matches!(style(&short), Value::Unavailable(why) if why.contains("1 words")));
}

#[test]
fn without_two_sides_everything_is_unavailable() {
    let call = CallBuilder::dialogue(&[(Role::Seller, "Go on.")]).build();
    let found = extract(&call);
    assert_eq!(found.len(), ActiveListening::EMITS.len());
    assert!(found.iter().all(|one| matches!(one.value, Value::Unavailable(_))));
}

/// The cues were written with this corpus in view: the floor guards them against
/// mistakes, it does not say how they do elsewhere.
#[test]
fn tier_one_is_precise_on_the_corpus() {
    let mut scores = Scores::default();
    for example in rehearsal_corpus::read(&rehearsal_corpus::folder()).unwrap() {
        let found = extract(&example.call);
        for turn in 0..example.call.turns.len() as u32 {
            let given = example.labels.get(&turn).cloned().unwrap_or_default();
            scores.turn(of_turn(&found, turn), given.listening.iter().map(String::as_str));
        }
    }
    println!("{scores}");
    for label in LISTENING.labels {
        let score = scores.of(label);
        assert!(score.precision() >= 0.5 && score.recall() >= 0.2, "{label}: {score:?}");
    }
    assert!(scores.all().precision() >= 0.7 && scores.all().recall() >= 0.5);
}

proptest! {
    #[test]
    fn no_text_and_no_times_panic(
        turns in proptest::collection::vec(("(so it's|fair|—|\\.\\.\\.|é|’s|\\?|[a-z]{1,4}|\\PC| ){0,20}", 0_u32..9_000, 0_u32..9_000), 1..6)
    ) {
        let start = CallBuilder::new().participant(None, Role::Seller).participant(None, Role::Prospect);
        let call = turns.iter().enumerate().fold(start, |call, (index, (text, from, to))| {
            call.turn(index % 2, text, Some((*from, *to)))
        }).build();
        for one in extract(&call) {
            if let Scope::Span((turn, span)) = one.scope {
                let within = call.turns[turn as usize].text;
                prop_assert!(within.start <= span.start && span.end <= within.end);
            }
        }
    }
}
