//! How much of the talk is the seller's.

use rehearsal_sdk::prelude::*;

use crate::Measure;
use crate::sides::{Sides, covered_ms, ratio};

pub(crate) const OF_SPEECH: Kind = Kind::new(
    "talk_ratio",
    "talk_ratio.speech@1",
    "Time of the seller's turns by time of all sides' turns, 0 to 1; what one side says over itself counts once",
);
pub(crate) const OF_CALL: Kind = Kind::new(
    "talk_ratio_of_call",
    "talk_ratio.call@1",
    "Time of the seller's turns by the length of the call, silence included, 0 to 1",
);
pub(crate) const OF_WORDS: Kind = Kind::new(
    "talk_ratio_of_words",
    "talk_ratio.words@1",
    "The seller's words by all words, 0 to 1",
);

pub(crate) fn measure(sides: &Sides<'_>) -> Vec<Measure> {
    vec![(OF_SPEECH, of_speech(sides)), (OF_CALL, of_call(sides)), (OF_WORDS, of_words(sides))]
}

fn of_speech(sides: &Sides<'_>) -> Result<f64, String> {
    sides.ends()?;
    let seller = covered_ms(sides.of_role(Role::Seller)?);
    let others = [Role::Prospect, Role::Other, Role::Unknown]
        .map(|role| covered_ms(sides.turns.iter().filter(|turn| turn.role == role)));
    ratio(seller, seller + others.iter().sum::<f64>(), "no turn has a length")
}

fn of_call(sides: &Sides<'_>) -> Result<f64, String> {
    sides.ends()?;
    let seller = covered_ms(sides.of_role(Role::Seller)?);
    Ok((seller / 60_000.0 / sides.minutes()?).min(1.0))
}

fn of_words(sides: &Sides<'_>) -> Result<f64, String> {
    let seller: u32 = sides.of_role(Role::Seller)?.iter().map(|turn| turn.words).sum();
    let all: u32 = sides.turns.iter().map(|turn| turn.words).sum();
    ratio(f64::from(seller), f64::from(all), "nobody says a word")
}
