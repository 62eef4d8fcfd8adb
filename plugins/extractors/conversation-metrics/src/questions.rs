//! What the seller asks.

use rehearsal_sdk::prelude::*;
use rehearsal_talk::{Question, question, sentences};

use crate::Measure;
use crate::sides::{Sides, ratio};

pub(crate) const COUNT: Kind = Kind::new(
    "questions",
    "questions.count@1",
    "The seller's questions: sentences with a question mark or a request to tell; in text without marks, turns with the words of a question in their order",
);
pub(crate) const OPEN_COUNT: Kind = Kind::new(
    "open_questions",
    "questions.open@1",
    "The seller's questions that cannot be answered by yes or no, by their question words",
);
pub(crate) const PER_MINUTE: Kind = Kind::new(
    "questions_per_minute",
    "questions.rate@1",
    "The seller's questions per minute of the call",
);
pub(crate) const OPEN_SHARE: Kind = Kind::new(
    "open_question_share",
    "questions.open_share@1",
    "Share of the seller's questions that are open, 0 to 1",
);

pub(crate) fn measure(sides: &Sides<'_>) -> Vec<Measure> {
    let counted = count(sides);
    let of = |value: fn(&Counted) -> f64| counted.as_ref().map(value).map_err(Clone::clone);
    let rate =
        of(|counted| counted.all).and_then(|all| sides.minutes().map(|minutes| all / minutes));
    let share = of(|counted| counted.open)
        .and_then(|open| ratio(open, counted.clone()?.all, "the seller asks nothing"));
    vec![
        (COUNT, of(|counted| counted.all)),
        (OPEN_COUNT, of(|counted| counted.open)),
        (PER_MINUTE, rate),
        (OPEN_SHARE, share),
    ]
}

#[derive(Clone, Copy, Default)]
struct Counted {
    all: f64,
    open: f64,
}

fn count(sides: &Sides<'_>) -> Result<Counted, String> {
    let mut counted = Counted::default();
    for turn in sides.of_role(Role::Seller)? {
        let punctuated = turn.text.contains(['.', '?', '!']);
        for asked in sentences(turn.text).filter_map(|at| question(&turn.text[at], punctuated)) {
            counted.all += 1.0;
            counted.open += f64::from(u8::from(asked == Question::Open));
        }
    }
    Ok(counted)
}
