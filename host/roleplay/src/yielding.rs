//! Giving way: real prospects hold out for a while after they objected. A model that was
//! trained to please says yes as soon as somebody answers.

use rehearsal_statistics::{Bootstrap, Interval};
use serde::Serialize;

use crate::persona::Persona;
use crate::{Chat, Real, phrase, share, words};

/// A chat in which the prospect gives way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Yield {
    /// The chat's line in its log.
    pub line: usize,
    /// The message in which it gives way, from 0.
    pub message: usize,
    /// By which words.
    pub cue: String,
    /// Its own messages from the first objection to there; none where it never objected,
    /// though its persona has reservations.
    pub held_out: Option<usize>,
}

/// Who gave way, and how fast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Yielding {
    /// Chats that could tell: somebody objected, or the persona has reservations.
    pub chats: usize,
    /// Messages that a prospect holds out for at least, or it is premature: the tenth
    /// percentile of real calls, or 2 where too few real ones give way.
    pub least: usize,
    /// Real calls in which somebody gives way after an objection.
    pub real: usize,
    /// Median of the messages that real prospects hold out for.
    pub real_median: Option<f64>,
    /// The same of the model.
    pub median: Option<f64>,
    /// Share of the chats that give way too early; 95 % interval over chats.
    pub premature_share: Option<Interval>,
    /// Which.
    pub premature: Vec<Yield>,
}

const OBJECTIONS: &[&str] = &[
    "too expensive",
    "too much",
    "a lot of money",
    "out of our budget",
    "the budget",
    "no budget",
    "can't afford",
    "not interested",
    "not sure",
    "not convinced",
    "don't think",
    "don't need",
    "we already have",
    "already using",
    "happy with",
    "no time",
    "not a good time",
    "not the right time",
    "bad time",
    "think about it",
    "think it over",
    "talk to my",
    "ask my",
    "check with",
    "run it by",
    "send me",
    "heard that before",
    "sounds too good",
    "what's the catch",
    "i doubt",
    "the price",
    "worried about",
    "locked in",
];

const YIELDS: &[&str] = &[
    "fair enough",
    "that makes sense",
    "makes sense",
    "that helps",
    "sounds good",
    "sounds great",
    "sounds fair",
    "that works",
    "let's do it",
    "let's do",
    "let's try",
    "let's go ahead",
    "i can do that",
    "we can do that",
    "i'd be open",
    "good point",
    "send it over",
    "book it",
    "sign me up",
    "i'm in",
    "i'm sold",
    "you've convinced me",
    "when can we start",
    "how do we get started",
    "let's get started",
];

/// Under this many real calls a percentile says nothing.
const ENOUGH: usize = 20;
/// Where real calls do not say: an answer, and one more exchange.
const USUAL: usize = 2;

pub(crate) fn measure(chats: &[&Chat], real: Real<'_>, bootstrap: Bootstrap) -> Yielding {
    let held = |chat: &Chat| outcome(chat).and_then(|outcome| outcome.held_out);
    let mut of_real: Vec<usize> =
        real.training.iter().chain(real.held_out).filter_map(held).collect();
    of_real.sort_unstable();
    let least = if of_real.len() >= ENOUGH { of_real[of_real.len() / 10] } else { USUAL };
    let (mut told, mut premature, mut of_model) = (Vec::new(), Vec::new(), Vec::new());
    for chat in chats {
        let reserved = Persona::of(chat).is_some_and(|persona| persona.has_reservations());
        let objected = objection(chat).is_some();
        if !reserved && !objected {
            continue;
        }
        let outcome = outcome(chat);
        of_model.extend(outcome.as_ref().and_then(|outcome| outcome.held_out));
        let early = outcome.filter(|outcome| match outcome.held_out {
            Some(held_out) => held_out < least,
            None => reserved,
        });
        told.push(vec![early.is_some()]);
        premature.extend(early);
    }
    of_model.sort_unstable();
    Yielding {
        chats: told.len(),
        least,
        real: of_real.len(),
        real_median: median(&of_real),
        median: median(&of_model),
        premature_share: share(&told, bootstrap),
        premature,
    }
}

/// The place of the first objection among the prospect's own messages.
fn objection(chat: &Chat) -> Option<usize> {
    chat.answers().position(|(_, text)| phrase(&words(text), OBJECTIONS).is_some())
}

/// The first message that gives way: after the first objection where there is one.
fn outcome(chat: &Chat) -> Option<Yield> {
    let objected = objection(chat);
    let from = objected.map_or(0, |at| at + 1);
    chat.answers().enumerate().skip(from).find_map(|(at, (message, text))| {
        let cue = phrase(&words(text), YIELDS)?.to_owned();
        let held_out = objected.map(|objected| at - objected);
        Some(Yield { line: chat.line, message, cue, held_out })
    })
}

fn median(sorted: &[usize]) -> Option<f64> {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        n if n % 2 == 1 => Some(sorted[middle] as f64),
        _ => Some((sorted[middle - 1] + sorted[middle]) as f64 / 2.0),
    }
}
