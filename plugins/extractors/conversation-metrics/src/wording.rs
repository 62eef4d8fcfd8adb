//! How the seller speaks: fillers and pace.

use rehearsal_cues::{Cues, Finder, Scan};
use rehearsal_sdk::prelude::*;

use crate::sides::{Sides, covered_ms, ratio};
use crate::{Config, Measure};

include!(concat!(env!("OUT_DIR"), "/fillers.rs"));

pub(crate) const PER_MINUTE: Kind = Kind::new(
    "fillers_per_minute",
    "fillers.rate@1",
    "The seller's fillers per minute of the seller's turns (fillers.txt)",
);
pub(crate) const PER_HUNDRED: Kind = Kind::new(
    "fillers_per_100_words",
    "fillers.share@1",
    "The seller's fillers per 100 of the seller's words (fillers.txt); recognisers and tidy transcripts leave many out",
);
pub(crate) const RATE: Kind = Kind::new(
    "seller_words_per_minute",
    "wpm.seller@1",
    "The seller's words per minute of the seller's turns",
);

/// Speech under which a rate is chance.
const LEAST_SPEECH_MS: f64 = 2_000.0;

/// Finds fillers.
#[derive(Debug)]
pub(crate) struct Fillers(Finder);

impl Fillers {
    pub(crate) fn new(config: &Config) -> Result<Self> {
        Finder::new(&FILLERS, &config.fillers, config.replace_fillers, &["filler"])
            .map(Self)
            .map_err(|what| Error::permanent(format!("config.fillers: {what}")))
    }

    /// Fillers of a text; where two overlap the first counts.
    fn count(&self, scan: &mut Scan, text: &str) -> u32 {
        let mut ranges: Vec<_> = self
            .0
            .find(scan, text)
            .into_iter()
            .map(|hit| (hit.range.start, hit.range.end))
            .collect();
        ranges.sort_unstable();
        let (mut count, mut reached) = (0, 0);
        for (start, end) in ranges {
            if start >= reached {
                count += 1;
                reached = end;
            }
        }
        count
    }
}

pub(crate) fn measure(sides: &Sides<'_>, fillers: &Fillers) -> Vec<Measure> {
    let counted = sides.of_role(Role::Seller).map(|turns| {
        let mut scan = Scan::default();
        let count: u32 = turns.iter().map(|turn| fillers.count(&mut scan, turn.text)).sum();
        let words: u32 = turns.iter().map(|turn| turn.words).sum();
        (f64::from(count), f64::from(words))
    });
    let per_minute = |amount: f64| {
        sides.ends()?;
        let ms = covered_ms(sides.of_role(Role::Seller)?);
        if ms < LEAST_SPEECH_MS {
            return Err(format!("{:.1} s of speech; at least 2 s", ms / 1_000.0));
        }
        Ok(amount / ms * 60_000.0)
    };
    vec![
        (PER_MINUTE, counted.clone().and_then(|(fillers, _)| per_minute(fillers))),
        (
            PER_HUNDRED,
            counted.clone().and_then(|(fillers, words)| {
                ratio(fillers * 100.0, words, "the seller says no word")
            }),
        ),
        (RATE, counted.and_then(|(_, words)| per_minute(words))),
    ]
}
