//! Chats that were written by hand, each with one thing wrong with it.

use rehearsal_roleplay::{Chat, Kind, Metrics, Real, measure, read_chats};
use rehearsal_statistics::Bootstrap;
use serde_json::json;

const SCENE: &str = "You are Dana Reyes of Brightwater Clinic, on a call with a seller. What is on \
    your mind: \"We run a 60-person clinic on paper.\" You have reservations about: price, timing. \
    You answer in a sentence or two. Answer as they would. Never step out of the role.";

fn line(said: &[(&str, &str)]) -> String {
    let mut messages = vec![json!({ "role": "system", "content": SCENE })];
    messages.extend(said.iter().map(|(role, text)| json!({ "role": role, "content": text })));
    json!({ "messages": messages }).to_string()
}

fn chats(lines: &[String]) -> Vec<Chat> {
    let (chats, errors) = read_chats(&lines.join("\n"));
    assert_eq!(errors, []);
    chats
}

fn quick() -> Bootstrap {
    Bootstrap { resamples: 200, seed: 7 }
}

fn of(lines: &[String]) -> Metrics {
    measure(&chats(lines), Real { training: &[], held_out: &[] }, quick())
}

#[test]
fn a_faithful_player_contradicts_nothing() {
    let metrics = of(&[line(&[
        ("user", "Hi, who am I talking to?"),
        ("assistant", "This is Dana. I'm with Brightwater, we're 60 people."),
        ("user", "Is budget a problem?"),
        ("assistant", "Um, yes. The price worries me, and this is May, our busiest month."),
    ])]);
    assert_eq!(metrics.contradictions, []);
    assert_eq!((metrics.personas, metrics.messages), (1, 2));
    assert_eq!(metrics.contradicted.map(|share| share.estimate), Some(0.0));
}

#[test]
fn every_kind_of_contradiction_is_found_where_it_is() {
    let wrong = [
        ("I'm Robert, the owner.", Kind::Name),
        ("Here at Lakeside Dental we do it by hand.", Kind::Company),
        ("We have 20 people in the office.", Kind::Number),
        ("Oh, budget isn't an issue for us.", Kind::Reservation),
        ("As an AI I have no clinic.", Kind::Role),
        ("We can offer you a discount.", Kind::Role),
    ];
    for (said, kind) in wrong {
        let metrics = of(&[line(&[("user", "Hello?"), ("assistant", said)])]);
        let found: Vec<Kind> = metrics.contradictions.iter().map(|one| one.kind).collect();
        assert_eq!(found, [kind], "{said}: {:?}", metrics.contradictions);
        assert_eq!((metrics.contradictions[0].line, metrics.contradictions[0].message), (1, 2));
    }
}

#[test]
fn who_gives_way_at_once_is_told_from_who_holds_out() {
    let early = line(&[
        ("user", "It is forty a month."),
        ("assistant", "That's too expensive."),
        ("user", "It saves you ten hours."),
        ("assistant", "Sounds good, let's do it."),
    ]);
    let late = line(&[
        ("user", "It is forty a month."),
        ("assistant", "That's too expensive."),
        ("user", "What does a week of paper cost you?"),
        ("assistant", "I don't know. Hours."),
        ("user", "And what is an hour worth?"),
        ("assistant", "Thirty, I guess. That makes sense."),
    ]);
    let never_objected = line(&[("user", "Shall we start?"), ("assistant", "Sign me up.")]);
    let metrics = of(&[early, late, never_objected]).yielding;
    let lines: Vec<usize> = metrics.premature.iter().map(|one| one.line).collect();
    assert_eq!((metrics.chats, metrics.least, lines), (3, 2, vec![1, 3]));
    assert_eq!(metrics.premature[1].held_out, None);
    let share = metrics.premature_share.expect("a share").estimate;
    assert!((share - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn real_calls_say_how_long_people_hold_out() {
    let real: Vec<String> = (0..30)
        .map(|_| {
            let mut said = vec![("user", "It is forty."), ("assistant", "That's too expensive.")];
            said.extend([("user", "Why?"), ("assistant", "It is what it is.")].repeat(4));
            said.extend([("user", "I see."), ("assistant", "Fair enough.")]);
            line(&said)
        })
        .collect();
    let late = line(&[
        ("user", "It is forty."),
        ("assistant", "That's too expensive."),
        ("user", "Why?"),
        ("assistant", "Because."),
        ("user", "It saves hours."),
        ("assistant", "That makes sense."),
    ]);
    let training = chats(&real);
    let real = Real { training: &training, held_out: &[] };
    let metrics = measure(&chats(&[late]), real, quick()).yielding;
    assert_eq!((metrics.real, metrics.least, metrics.real_median), (30, 5, Some(5.0)));
    assert_eq!(metrics.premature.len(), 1, "two messages are early where people take five");
}

#[test]
fn lengths_and_fillers_are_held_against_people() {
    let people: Vec<String> = (0..20)
        .map(|_| line(&[("user", "How is it going?"), ("assistant", "Um, well, you know, slow.")]))
        .collect();
    let training = chats(&people);
    let real = Real { training: &training, held_out: &[] };
    let same = measure(&training, real, quick()).manner;
    assert_eq!((same.length_distance, same.filler_distance), (Some(0.0), Some(0.0)));
    assert_eq!(same.real_fillers, Some(40.0), "um and you know in five words");
    let wordy =
        line(&[("user", "Hi?"), ("assistant", &"It is a long and smooth answer. ".repeat(9))]);
    let model = measure(&chats(&[wordy]), real, quick()).manner;
    assert_eq!((model.length_distance, model.filler_distance), (Some(1.0), Some(1.0)));
    assert_eq!((model.median_words, model.real_median_words), (Some(63.0), Some(5.0)));
}

#[test]
fn recited_passages_are_found_and_peoples_own_repetition_is_told() {
    let said = "Honestly we keep the whole intake in three spreadsheets and nobody knows which is \
                right";
    let training = chats(&[line(&[("user", "How?"), ("assistant", said)])]);
    let held_out = chats(&[line(&[
        ("user", "How?"),
        ("assistant", "My sister runs the desk on paper cards, and she likes it that way."),
    ])]);
    let real = Real { training: &training, held_out: &held_out };
    let recited =
        line(&[("user", "And?"), ("assistant", &format!("Well. {said}! Ask my partner Jo."))]);
    let own =
        line(&[("user", "And?"), ("assistant", "We write it all down in a big blue book here.")]);
    let copying = measure(&chats(&[recited, own]), real, quick()).copying;
    // 20 words give 13 runs, 8 of them within the 15 words that were trained on; 11 give 4.
    assert_eq!((copying.runs, copying.longest.len()), (13 + 4, 1));
    assert_eq!(copying.share, Some(8.0 / 17.0));
    assert_eq!((copying.longest[0].line, copying.longest[0].words), (1, 15));
    assert_eq!(copying.held_out_share, Some(0.0));
}

#[test]
fn logs_of_other_shapes_are_read_and_broken_lines_told() {
    let log = concat!(
        r#"{"conversations":[{"from":"human","value":"Hi"},{"from":"gpt","value":"I'm Bo."}],"system":"You are Ann, on a call with a seller."}"#,
        "\nno json\n",
        // As rows of a data set: further columns, turns among them, say nothing of who speaks.
        r#"{"id":"x","turns":[0,1],"messages":[{"role":"user","content":"Hi","train":false},{"role":"assistant","content":"I'm Bo.","train":true}],"persona":{"name":"Ann"}}"#,
    );
    let (chats, errors) = read_chats(log);
    assert_eq!((chats.len(), errors.len(), errors[0].line), (2, 1, 2));
    let metrics = measure(&chats, Real { training: &[], held_out: &[] }, quick());
    let lines: Vec<usize> = metrics.contradictions.iter().map(|one| one.line).collect();
    assert_eq!(lines, [1, 3]);
}
