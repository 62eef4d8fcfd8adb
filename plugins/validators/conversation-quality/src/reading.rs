//! A call as the checks read it: words counted once.

use rehearsal_sdk::prelude::*;

/// A call, and the words of its turns and sides.
pub(crate) struct Reading<'a> {
    pub(crate) call: &'a Call<'a>,
    /// Words of each turn.
    pub(crate) turns: Vec<usize>,
    pub(crate) words: usize,
    pub(crate) seller: usize,
    pub(crate) prospect: usize,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(call: &'a Call<'a>) -> Self {
        let mut reading = Self { call, turns: Vec::new(), words: 0, seller: 0, prospect: 0 };
        for turn in call.turns() {
            let words = turn.text().split_whitespace().count();
            reading.turns.push(words);
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
        for (turn, count) in self.call.turns().zip(&self.turns) {
            if let Some(confidence) = turn.confidence() {
                sum += f64::from(confidence) * *count as f64;
                words += *count as f64;
            }
        }
        (words > 0.0).then(|| sum / words)
    }
}
