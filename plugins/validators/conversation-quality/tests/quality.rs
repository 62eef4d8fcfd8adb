//! Calls through the public door: what is kept, what is not, and why.

use conversation_quality::{Config, ConversationQuality, Tally};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::CallBuilder;
use rehearsal_sdk::types::Annotated;

const GOOD: &[(Role, &str)] = &[
    (Role::Seller, "Hi Bo, thanks for making the time today. What made you look around?"),
    (Role::Prospect, "Well, the dispatch board keeps losing jobs and my wife is fed up with it."),
    (Role::Seller, "Fed up how? What does a lost job do to your week?"),
    (Role::Prospect, "We drive out twice, and the second trip is on us, obviously."),
    (Role::Seller, "Shall we look at it together on Thursday at nine?"),
    (Role::Prospect, "Thursday works. Bring coffee."),
];

fn subject(call: Conversation) -> Subject {
    Subject::Conversation(Annotated { conversation: call, annotations: Vec::new() })
}

fn verdict(config: Config, call: Conversation) -> Verdict {
    let validator = ConversationQuality::new(config).unwrap();
    validator.inspect(&[subject(call)]).unwrap().verdicts.remove(0)
}

fn good() -> CallBuilder {
    CallBuilder::dialogue(GOOD)
}

#[track_caller]
fn rejected(check: &str, call: Conversation) {
    match verdict(Config::default(), call) {
        Verdict::Reject(finding) => assert_eq!(finding.check, check, "{}", finding.reason),
        other => panic!("{check}: {other:?}"),
    }
}

#[test]
fn a_plain_call_is_kept() {
    assert_eq!(verdict(Config::default(), good().build()), Verdict::Accept);
}

#[test]
fn each_check_rejects_what_it_is_for() {
    let with = |text: &str| good().say(Role::Seller, text).build();
    rejected("too_short", CallBuilder::dialogue(&GOOD[..3]).build());
    rejected("too_long", with(&"and so on and on, says she who never stops. ".repeat(12_000)));
    let circles = "I said no to that. ".repeat(9);
    rejected("repetition", with(&circles));
    let stuck = (0..5).fold(good(), |call, _| call.say(Role::Prospect, "Are you still there now?"));
    rejected("loops", stuck.build());
    let voicemail = "You have reached the office. Please leave a message after the tone, and we \
                     will call you back as soon as we can. If this is urgent, hang up and call \
                     the other line, whose number is on the door of the shop.";
    rejected("boilerplate", with(voicemail));
    rejected("unfilled_template", with("Hello, I am [Your Name] from here."));
    rejected("redaction_mark", with("Call me at [PHONE_2], will you?"));
    rejected("speaker_mark", with("Sure. Customer: And what does it cost?"));
    let echo = GOOD.iter().fold(CallBuilder::new(), |call, (_, text)| {
        call.say(Role::Seller, text).say(Role::Prospect, text)
    });
    rejected("role_confusion", echo.build());
    let monologue = (0..9).fold(CallBuilder::new().say(Role::Prospect, "Hm."), |call, n| {
        call.say(Role::Seller, &format!("And another thing number {n} that you should know of us."))
    });
    rejected("one_sided", monologue.build());
    let doubtful = good().with(|call| call.turns.iter_mut().for_each(|t| t.confidence = Some(0.2)));
    rejected("asr_confidence", doubtful.build());
}

#[test]
fn a_call_without_known_sides_or_end_is_marked_and_kept() {
    let strangers = good().with(|call| {
        call.participants.iter_mut().for_each(|person| person.role = Role::Unknown);
    });
    let flag = |call| match verdict(Config::default(), call) {
        Verdict::Flag(finding) => finding,
        other => panic!("a flag was wanted, found {other:?}"),
    };
    assert_eq!(flag(strangers.build()).check, "unknown_sides");
    let cut = flag(good().say(Role::Seller, "And before you go, one more").build());
    assert_eq!(cut.check, "truncated_end");
    assert!(cut.reason.contains("before you go, one more"), "{}", cut.reason);
    let lower = GOOD.iter().fold(CallBuilder::new(), |call, (role, text)| {
        call.say(*role, text.trim_end_matches(['.', '?']))
    });
    assert_eq!(verdict(Config::default(), lower.build()), Verdict::Accept, "not punctuated");
}

#[test]
fn languages_are_taken_from_the_source_or_the_text() {
    let english = || Config { languages: vec!["en".to_owned()], ..Config::default() };
    assert_eq!(verdict(english(), good().build()), Verdict::Accept);
    let tagged = good().with(|call| call.language = Some("de-AT".to_owned())).build();
    let Verdict::Reject(finding) = verdict(english(), tagged) else { panic!("wanted a rejection") };
    assert_eq!((finding.check.as_str(), finding.reason.contains("`de`")), ("language", true));
    let german = [
        (Role::Seller, "Guten Tag, was hat Sie denn dazu gebracht, sich bei uns zu melden?"),
        (Role::Prospect, "Ehrlich gesagt geht uns seit Monaten ständig die Ware verloren."),
        (Role::Seller, "Und was bedeutet das für Ihre Leute am Ende der Woche?"),
        (Role::Prospect, "Überstunden, schlechte Laune und ein Chef, der mich anschaut."),
    ];
    let german = CallBuilder::dialogue(&german).build();
    assert!(matches!(verdict(english(), german), Verdict::Reject(f) if f.check == "language"));
}

#[test]
fn an_unknown_check_in_the_configuration_is_refused_by_name() {
    let config = Config { skip: vec!["short".into()], ..Config::default() };
    let error = ConversationQuality::new(config).unwrap_err();
    assert!(error.message().contains("there is no check `short`; there are too_short, "));
}

proptest! {
    #[test]
    fn any_call_gets_a_verdict_and_batches_add_up(texts in proptest::collection::vec("\\PC{0,60}", 0..12), cut in 0_usize..4) {
        let validator = ConversationQuality::new(Config::default()).unwrap();
        let sides = [Role::Seller, Role::Prospect, Role::Unknown];
        let batch: Vec<Subject> = (0..3)
            .map(|shift| {
                let turns = texts.iter().enumerate();
                let call = turns.fold(CallBuilder::new(), |call, (at, text)| {
                    call.say(sides[(at + shift) % 3], text)
                });
                subject(call.build())
            })
            .collect();
        let whole = validator.inspect(&batch).unwrap();
        prop_assert_eq!(whole.verdicts.len(), batch.len());
        let (left, right) = batch.split_at(cut.min(batch.len()));
        let (left, right) = (validator.inspect(left).unwrap(), validator.inspect(right).unwrap());
        prop_assert_eq!(&whole.partial, &validator.merge(left.partial, right.partial));
        prop_assert_eq!(&whole.partial, &validator.merge(Tally::default(), whole.partial.clone()));
    }
}
