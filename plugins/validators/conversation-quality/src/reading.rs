//! A call as the checks read it: each turn looked at once.

use rehearsal_quality::text::{Look, Looks};
use rehearsal_sdk::prelude::*;

/// A call, and the words of its turns and sides.
pub(crate) struct Reading<'a> {
    pub(crate) call: &'a Call<'a>,
    /// A look at each turn.
    pub(crate) looks: Vec<Look>,
    pub(crate) words: usize,
    pub(crate) seller: usize,
    pub(crate) prospect: usize,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(call: &'a Call<'a>) -> Self {
        let mut reading = Self { call, looks: Vec::new(), words: 0, seller: 0, prospect: 0 };
        let mut looks = Looks::default();
        for turn in call.turns() {
            let look = looks.at(turn.text());
            let words = look.words;
            reading.looks.push(look);
            reading.words += words;
            match turn.role() {
                Role::Seller => reading.seller += words,
                Role::Prospect => reading.prospect += words,
                Role::Other | Role::Unknown => {}
            }
        }
        reading
    }

    /// Mean confidence of the transcription over words; none for a written transcript.
    pub(crate) fn confidence(&self) -> Option<f64> {
        let (mut sum, mut words) = (0.0, 0.0);
        for (turn, look) in self.call.turns().zip(&self.looks) {
            if let Some(confidence) = turn.confidence() {
                sum += f64::from(confidence) * look.words as f64;
                words += look.words as f64;
            }
        }
        (words > 0.0).then(|| sum / words)
    }

    /// The first turn's text in which `find` finds something, and what.
    pub(crate) fn first(
        &self,
        find: impl Fn(&Look, &'a str) -> Option<&'a str>,
    ) -> Option<&'a str> {
        self.call.turns().zip(&self.looks).find_map(|(turn, look)| find(look, turn.text()))
    }
}
