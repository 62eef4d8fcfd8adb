//! Binary checks of a call, each with its evidence, and the score that follows from them.
//!
//! A check that the call gives no occasion for, or that no annotation supports, does not
//! apply: it is neither passed nor failed.

use rehearsal_sdk::prelude::*;

use crate::findings::{Findings, Found, LISTENING, MOVE, NEPQ, OBJECTION, TECHNIQUE};

/// Version of the checks and of the score, for `because`.
const RUBRIC: &str = "feedback.rubric@1";

/// A question about a call that is answered by yes or no.
#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) id: &'static str,
    /// What it belongs to: a component of the critiques.
    pub(crate) component: Component,
    /// What passing it looks like.
    pub(crate) praise: &'static str,
    /// What failing it looks like.
    pub(crate) gap: &'static str,
    /// Failing it caps the score, whatever else went well.
    blocker: bool,
    test: fn(&Call<'_>, &Findings) -> Option<Test>,
}

/// Parts that a critique is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Component {
    Communication,
    Nepq,
    ActiveListening,
    Objections,
}

/// A check's answer and what it rests on.
struct Test {
    passed: bool,
    turns: Vec<u32>,
    because: String,
}

/// A check that applies, answered.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) check: &'static Check,
    pub(crate) passed: bool,
    /// Turns that show it; empty where what shows it is that there is none.
    pub(crate) turns: Vec<u32>,
    pub(crate) because: Vec<String>,
}

/// All checks that apply to a call.
#[derive(Debug, Default)]
pub(crate) struct ScoreCard {
    pub(crate) judged: Vec<Judged>,
}

/// 1 to 5.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Score(u8);

/// Fewest checks that a score may rest on.
const FEWEST: usize = 4;
/// Highest score of a call that fails a blocker.
const CAP: u8 = 2;

impl ScoreCard {
    /// `1 + 4 · passed / applicable`, rounded; none where too few checks apply.
    pub(crate) fn score(&self) -> Option<Score> {
        if self.judged.len() < FEWEST {
            return None;
        }
        let passed = self.judged.iter().filter(|judged| judged.passed).count();
        let share = passed as f64 / self.judged.len() as f64;
        let points = (1.0 + 4.0 * share).round() as u8;
        let blocked = self.judged.iter().any(|judged| judged.check.blocker && !judged.passed);
        Some(Score(if blocked { points.min(CAP) } else { points }))
    }

    pub(crate) fn because(&self, score: Score) -> String {
        let passed = self.judged.iter().filter(|judged| judged.passed).count();
        let blocked: Vec<&str> = self
            .judged
            .iter()
            .filter(|judged| judged.check.blocker && !judged.passed)
            .map(|judged| judged.check.id)
            .collect();
        let mut text =
            format!("{RUBRIC}: {passed} of {} checks passed, score {}", self.judged.len(), score.0);
        if !blocked.is_empty() {
            text.push_str(&format!(", blocked by {}", blocked.join(", ")));
        }
        text
    }
}

impl Score {
    /// The level as a class.
    pub(crate) const fn level(self) -> &'static str {
        match self.0 {
            0 | 1 => "novice",
            2 => "developing",
            3 => "competent",
            4 => "proficient",
            _ => "expert",
        }
    }

    pub(crate) const fn points(self) -> u8 {
        self.0
    }
}

/// Answers every check that applies.
pub(crate) fn score(call: &Call<'_>, findings: &Findings) -> ScoreCard {
    let judged = CHECKS
        .iter()
        .filter_map(|check| {
            let test = (check.test)(call, findings)?;
            let because = vec![format!("{RUBRIC}: {}: {}", check.id, test.because)];
            Some(Judged { check, passed: test.passed, turns: test.turns, because })
        })
        .collect();
    ScoreCard { judged }
}

macro_rules! checks {
    ($($id:ident $component:ident $(blocker $blocker:literal)?: $praise:literal, $gap:literal, $test:expr;)*) => {
        const CHECKS: &[Check] = &[$(Check {
            id: stringify!($id),
            component: Component::$component,
            praise: $praise,
            gap: $gap,
            blocker: false $(|| $blocker)?,
            test: $test,
        },)*];
    };
}

checks! {
    explored_problem Nepq: "asks what is wrong and why", "never asks what is wrong or why",
        |_, f| any_of(f, NEPQ, NEPQ, &["problem_awareness", "clarify_probe"]);
    asked_consequence Nepq: "asks what it costs if nothing changes", "never asks what happens if nothing changes",
        |_, f| any_of(f, NEPQ, NEPQ, &["consequence"]);
    asked_solution_awareness Nepq: "asks what they tried and what would be ideal", "never asks what they tried or want instead",
        |_, f| any_of(f, NEPQ, NEPQ, &["solution_awareness"]);
    asked_before_pitching Nepq: "asks before presenting", "presents before asking anything",
        |_, f| asked_before_pitching(f);
    set_next_step Nepq: "ends with a concrete next step", "ends without a next step",
        |call, f| next_step(call, f);
    clarified_objection Objections: "asks about an objection before answering it", "answers objections without asking about them",
        |_, f| handled(f, &["clarify"]);
    acknowledged_objection Objections: "acknowledges or explores what worries them", "does not acknowledge what worries them",
        |_, f| handled(f, &["acknowledge", "clarify"]);
    did_not_argue Objections blocker true: "does not argue against objections", "argues against an objection",
        |_, f| none_of(f, OBJECTION, MOVE, &["argue"]);
    did_not_ignore Objections: "answers every objection", "passes over an objection",
        |_, f| none_of(f, OBJECTION, MOVE, &["ignore"]);
    followed_up ActiveListening: "follows up on what was just said", "does not follow up on what was said",
        |call, f| listened(call, f, &["follow_up"]);
    showed_hearing ActiveListening: "shows having heard", "gives no sign of having heard",
        |call, f| listened(call, f, &["acknowledgement", "paraphrase", "echo"]);
    did_not_interrupt ActiveListening: "lets the customer finish", "cuts the customer off",
        |call, f| did_not_interrupt(call, f);
    did_not_dump_features Communication: "does not list features unasked", "lists features nobody asked for",
        |_, f| none_of(f, TECHNIQUE, TECHNIQUE, &["feature_dump"]);
    left_room Communication: "leaves the customer room to talk", "talks most of the time",
        |_, f| at_most(f, &["talk_ratio", "talk_ratio_of_words"], 0.65);
    no_monologue Communication: "keeps turns short", "talks for more than 76 s without a break",
        |_, f| at_most(f, &["longest_monologue"], 76.0);
    open_questions Communication: "asks at least four open questions", "asks fewer than four open questions",
        |_, f| at_least(f, "open_questions", 4.0);
}

fn turns_of<'a>(found: impl Iterator<Item = &'a Found>) -> (Vec<u32>, String) {
    let (turns, evidence): (Vec<u32>, Vec<&str>) =
        found.map(|found| (found.turn, found.evidence.as_str())).unzip();
    (turns, evidence.join("; "))
}

/// Passed where one of `labels` stands somewhere; applies where annotations of the kind
/// `applies` do.
fn any_of(f: &Findings, applies: &str, name: &str, labels: &[&str]) -> Option<Test> {
    let (turns, evidence) = labelled(f, name, labels);
    f.has(applies).then(|| Test {
        passed: !turns.is_empty(),
        because: if turns.is_empty() {
            format!("no {} found", labels.join(" or "))
        } else {
            evidence
        },
        turns,
    })
}

/// Passed where none of `labels` stands anywhere.
fn none_of(f: &Findings, applies: &str, name: &str, labels: &[&str]) -> Option<Test> {
    any_of(f, applies, name, labels).map(|test| Test { passed: !test.passed, ..test })
}

fn labelled(f: &Findings, name: &str, labels: &[&str]) -> (Vec<u32>, String) {
    turns_of(f.all(name).iter().filter(|found| labels.contains(&found.label.as_str())))
}

fn asked_before_pitching(f: &Findings) -> Option<Test> {
    let pitch = f.of_label(NEPQ, "presentation").next()?;
    let asked = f.all(NEPQ).iter().find(|found| {
        ["situation", "problem_awareness", "solution_awareness", "clarify_probe"]
            .contains(&found.label.as_str())
    });
    let passed = asked.is_some_and(|asked| asked.turn < pitch.turn);
    let turns = asked.iter().map(|asked| asked.turn).chain([pitch.turn]).collect();
    Some(Test { passed, turns, because: pitch.evidence.clone() })
}

/// A next step that is set long before the end is none that the call ends with.
fn next_step(call: &Call<'_>, f: &Findings) -> Option<Test> {
    let turns = call.turns().count() as u32;
    let closing = |found: &&Found| found.turn >= turns - turns / 3;
    let steps = f.of_label(TECHNIQUE, "next_step").chain(f.of_label(NEPQ, "commitment"));
    let mut steps: Vec<&Found> = steps.filter(closing).collect();
    steps.sort_by_key(|found| std::cmp::Reverse(found.turn));
    let (turns, evidence) = turns_of(steps.into_iter());
    (f.has(TECHNIQUE) || f.has(NEPQ)).then(|| Test {
        passed: !turns.is_empty(),
        because: if turns.is_empty() { "no next step found".to_owned() } else { evidence },
        turns,
    })
}

fn handled(f: &Findings, moves: &[&str]) -> Option<Test> {
    let mut test = any_of(f, OBJECTION, MOVE, moves)?;
    if !test.passed {
        test.turns = f.all(OBJECTION).iter().map(|found| found.turn).collect();
    }
    Some(test)
}

/// Of the seller's turns only: the prospect's listening is not coached.
fn listened(call: &Call<'_>, f: &Findings, labels: &[&str]) -> Option<Test> {
    let sellers = |turn: u32| call.turn(turn as usize).is_some_and(|t| t.role() == Role::Seller);
    let found = f.all(LISTENING).iter();
    let (turns, evidence) =
        turns_of(found.filter(|one| labels.contains(&one.label.as_str()) && sellers(one.turn)));
    f.has(LISTENING).then(|| Test {
        passed: !turns.is_empty(),
        because: if turns.is_empty() {
            format!("no {} found", labels.join(" or "))
        } else {
            evidence
        },
        turns,
    })
}

fn did_not_interrupt(call: &Call<'_>, f: &Findings) -> Option<Test> {
    listened(call, f, &["interruption"]).map(|test| Test { passed: !test.passed, ..test })
}

fn at_most(f: &Findings, names: &[&str], limit: f64) -> Option<Test> {
    let (name, (number, definition)) =
        names.iter().find_map(|name| Some((name, f.number(name)?)))?;
    let because = format!("{definition}: {name} is {number:.2}, at most {limit}");
    Some(Test { passed: number <= limit, turns: Vec::new(), because })
}

fn at_least(f: &Findings, name: &str, limit: f64) -> Option<Test> {
    let (number, definition) = f.number(name)?;
    let because = format!("{definition}: {name} is {number}, at least {limit}");
    Some(Test { passed: number >= limit, turns: Vec::new(), because })
}
