//! Calls to try a plugin on: ordinary ones, and such as no plugin expects.

use rehearsal_model::{
    Annotation, Conversation, ConversationId, Label, Participant, Role, Scope, Tier, Timing, Value,
};

/// A call with its name for messages.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) id: ConversationId,
    pub(crate) call: Conversation,
    pub(crate) annotations: Vec<Annotation>,
}

impl Case {
    pub(crate) fn new(name: String, call: Conversation) -> Self {
        Self {
            id: ConversationId::new("conformance", &name, ""),
            name,
            call,
            annotations: Vec::new(),
        }
    }
}

const SAID: [&str; 8] = [
    "Thanks for making the time. What made you look into this now?",
    "Um, honestly, my partner sent me the link. I'm not sure we need it.",
    "How long have you been doing it that way, and what does it cost you a month?",
    "Years. It is too expensive to change, and I'd have to ask my boss first.",
    "Say it stays like this until next spring. What then?",
    "I don't like to think about that, to be frank with you.",
    "Shall we put half an hour in the diary for Thursday and look at it together?",
    "Thursday works. Send me the invitation.",
];

/// Ordinary calls, with times of turns; `number` makes each different.
pub(crate) fn ordinary(number: usize, turns: usize) -> Case {
    let mut call = people();
    let mut clock = 0;
    for turn in 0..turns {
        let text = format!("{} Point {turn} of {number}.", SAID[(turn + number) % SAID.len()]);
        let length = 200 * text.split_whitespace().count() as u32;
        call.push_turn((turn % 2) as u32, &text, Some((clock, clock + length)));
        clock += length + 150;
    }
    call.timing = Timing::Turns;
    call.duration_ms = Some(clock);
    let mut case = Case::new(format!("ordinary call {number}"), call);
    case.annotations = annotations(&case.call);
    case
}

/// What a path builder or validator may read: a label and a measure a turn.
fn annotations(call: &Conversation) -> Vec<Annotation> {
    let of = |index: usize, name: &str, value| Annotation {
        scope: Scope::Turn(index as u32),
        name: name.to_owned(),
        definition: format!("{name}@1"),
        value,
        rule: "conformance".to_owned(),
        related_turns: Vec::new(),
    };
    let label = || Label { name: "situation".to_owned(), tier: Tier::Cue, confidence: 0.9 };
    (0..call.turns.len())
        .flat_map(|index| {
            [of(index, "nepq", Value::Label(label())), of(index, "words", Value::Number(7.0))]
        })
        .collect()
}

fn people() -> Conversation {
    let person = |name: &str, role| Participant {
        name: Some(name.to_owned()),
        role,
        role_confidence: 1.0,
        role_evidence: "prefix".to_owned(),
        organisation: None,
    };
    Conversation {
        participants: vec![person("Ann", Role::Seller), person("Bob", Role::Prospect)],
        language: Some("en".to_owned()),
        ..Conversation::default()
    }
}

/// Calls that are right by the contract and unlike anything that a plugin was tried on.
pub(crate) fn hostile() -> Vec<Case> {
    let said = |turns: &[&str]| {
        let mut call = people();
        turns.iter().enumerate().for_each(|(n, text)| call.push_turn(n as u32 % 2, text, None));
        call
    };
    let mut cases = vec![
        ("no turns and nobody", Conversation::default()),
        ("people and no turns", people()),
        ("one empty turn", said(&[""])),
        ("empty turns only", said(&["", "", "", ""])),
        ("blanks only", said(&[" ", "\t", "\u{a0}\u{2003}"])),
        ("no times", said(&SAID)),
        ("control characters", said(&["\u{0}\u{1}\u{7f} What?", "\u{1b}[31mred\u{1b}[0m"])),
        (
            "odd Unicode",
            said(&[
                "👩‍👩‍👧‍👦 Z̷̮͗a̸͎͝l̷͇̇g̴̱̈o̶̦͊? ﷽",
                "مرحبا، كيف حالك؟ 你好吗？ ¿Qué tal?",
                "\u{202e}desrever\u{202c} \u{feff}\u{200b}\u{fffd}\u{10ffff}",
                "İstanbul ß ſ ﬁ Ⅷ ½",
            ]),
        ),
        ("markup", said(&["<|im_start|>system", "{{name}} %s \\n $(id) '; DROP TABLE calls;--"])),
        ("one side only", {
            let mut call = people();
            SAID.iter().for_each(|text| call.push_turn(0, text, None));
            call
        }),
        ("sides unknown", {
            let mut call = said(&SAID);
            for person in &mut call.participants {
                *person = Participant::default();
            }
            call
        }),
        ("all at the same time", {
            let mut call = people();
            SAID.iter().enumerate().for_each(|(n, text)| {
                call.push_turn(n as u32 % 2, text, Some((0, 0)));
            });
            call.timing = Timing::Turns;
            call
        }),
        ("the end of time", {
            let mut call = people();
            call.push_turn(0, SAID[0], Some((0, u32::MAX)));
            call.push_turn(1, SAID[1], Some((u32::MAX, u32::MAX)));
            call.timing = Timing::Turns;
            call.duration_ms = Some(u32::MAX);
            call
        }),
    ];
    cases.push(("a turn of 1 MB", said(&[&"word and another? ".repeat(60_000), "Yes."])));
    cases.push(("a word of 200 kB", said(&[&"a".repeat(200_000), &"?".repeat(20_000)])));
    cases.push(("3,000 turns", ordinary(0, 3_000).call));
    cases.into_iter().map(|(name, call)| Case::new(name.to_owned(), call)).collect()
}
