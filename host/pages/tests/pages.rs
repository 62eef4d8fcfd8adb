//! Pages as a browser gets them: whole, self-contained, and never taken in by a call.

use rehearsal_model::{
    Annotation, Conversation, Label, Participant, Role, Scope, Span, Tier, Timing, Value,
};
use rehearsal_pages::{
    Bar, Block, CallPage, DatasetPart, FamilyPart, Interval, Pitch, ReportPage, Sample, Section,
    SplitPart,
};

const HOSTILE: &str = "</title><script>alert(1)</script><img src=x onerror=alert(1)> \"'>{{ 7*7 }}";

fn call(text: &str) -> Conversation {
    let who = |name: &str, role| Participant {
        name: Some(name.to_owned()),
        role,
        ..Participant::default()
    };
    let mut call = Conversation {
        participants: vec![who(text, Role::Seller), who("Ann", Role::Prospect)],
        timing: Timing::Turns,
        duration_ms: Some(9_000),
        title: Some(text.to_owned()),
        ..Conversation::default()
    };
    call.push_turn(0, &format!("Grüße. {text}"), Some((0, 3_000)));
    call.push_turn(1, "Mm. Go on.", Some((6_000, 8_000)));
    call
}

fn annotation(scope: Scope, name: &str, definition: &str, value: Value) -> Annotation {
    Annotation {
        scope,
        name: name.to_owned(),
        definition: definition.to_owned(),
        value,
        rule: "rule".to_owned(),
        related_turns: Vec::new(),
    }
}

fn page(text: &str) -> String {
    let label = |name: &str| {
        Value::Label(Label { name: name.to_owned(), tier: Tier::Cue, confidence: 0.8 })
    };
    let span = |start, end| Scope::Span(0, Span { start, end });
    let annotations = vec![(
        text.to_owned(),
        vec![
            annotation(span(0, 7), "nepq", "nepq.cues@1", label("connection")),
            // Overlaps the other and ends inside a character: half of it is shown.
            annotation(span(3, 9), text, "technique@1", label(text)),
            annotation(Scope::Turn(1), "backchannel", "listening@1", Value::Flag(true)),
            annotation(
                Scope::Conversation,
                "talk_ratio",
                "talk_ratio.speech@1",
                Value::Number(0.71),
            ),
            annotation(
                Scope::Conversation,
                "patience",
                "patience.median@1",
                Value::Unavailable(text.to_owned()),
            ),
        ],
    )];
    let hertz = (0..900).map(|at| if at % 50 < 40 { 110.0 + at as f32 / 20.0 } else { 0.0 });
    let pitch = [Pitch { participant: 0, hop_ms: 10, hertz: hertz.collect() }];
    CallPage::new("abc", text, 2, &call(text), &annotations, &pitch).html().unwrap()
}

#[test]
fn what_was_said_is_never_markup() {
    for page in [page(HOSTILE), report(HOSTILE)] {
        for bad in ["<script", "<img", "onerror=alert(1)>", "\"'>", ">49"] {
            assert!(!page.contains(bad), "{bad} in {page}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    }
}

#[test]
fn a_page_needs_nothing_from_elsewhere() {
    for page in [page("Hello."), report("Hello.")] {
        for outside in ["http://", "https://", "src=", "@import", "url(", "<link", "<script"] {
            assert!(!page.contains(outside), "{outside} in {page}");
        }
        assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    }
}

#[test]
fn a_call_shows_labels_where_they_are_and_measures_beside_their_ranges() {
    let page = page("Hello.");
    assert!(page.contains("connection"), "{page}");
    assert!(page.contains("0.4–0.6 · discovery calls"), "{page}");
    assert!(page.contains(">above</b> 0.65 or less"), "0.71 is beyond it: {page}");
    assert!(page.contains("Not to be had</b>, Hello.: patience"), "{page}");
    assert!(page.contains("<polyline points"), "{page}");
    assert!(page.contains("3.0 s of silence"), "{page}");
    // The text is whole, however labels cut it.
    let marks = page.split("<div class=\"said\">").nth(1).unwrap();
    let said = marks.split("</div>").next().unwrap();
    let mut plain = String::new();
    let mut tag = false;
    for c in said.chars() {
        match c {
            '<' => tag = true,
            '>' => tag = false,
            c if !tag => plain.push(c),
            _ => {}
        }
    }
    assert_eq!(plain, "Grüße. Hello.");
}

#[test]
fn a_call_without_times_or_labels_has_a_page() {
    let mut call =
        Conversation { participants: vec![Participant::default()], ..Conversation::default() };
    call.push_turn(0, "Hello.", None);
    let page = CallPage::new("abc", "a.txt", 0, &call, &[], &[]).html().unwrap();
    assert!(page.contains("no timeline") && page.contains("Hello."), "{page}");
}

fn report(text: &str) -> String {
    let page = ReportPage {
        name: text.to_owned(),
        headline: vec![("calls".to_owned(), text.to_owned())],
        labels: vec![("nepq".to_owned(), Bar::chart([(text, 3), ("situation", 12_345)]))],
        datasets: vec![DatasetPart {
            id: "roleplay".to_owned(),
            splits: vec![text.to_owned()],
            families: vec![FamilyPart {
                name: text.to_owned(),
                rows: 7,
                trained: 12,
                parts: vec![SplitPart { rows: 7, calls: 3, share: 100.0 }],
            }],
            samples: vec![Sample {
                id: text.to_owned(),
                messages: vec![("assistant".to_owned(), text.to_owned(), true)],
                ..Sample::default()
            }],
            ..DatasetPart::default()
        }],
        sections: vec![Section {
            id: "agreement".to_owned(),
            title: text.to_owned(),
            blocks: vec![Block::intervals(
                text,
                (0.0, 1.0),
                vec![Interval::new(text, 0.5, (0.25, 0.75), text)],
            )],
        }],
        ..ReportPage::default()
    };
    page.html().unwrap()
}

#[test]
fn a_report_counts_and_shows_rows() {
    let page = report("Hello.");
    assert!(page.contains("12\u{202f}345"), "{page}");
    assert!(page.contains("learned from"), "{page}");
    assert!(page.contains("left:25.0%;width:50.0%"), "an interval on its scale: {page}");
}
