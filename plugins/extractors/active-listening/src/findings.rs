//! The labels of a turn. Tier one: phrases and form.

use rehearsal_cues::{Cues, Scan};
use rehearsal_labels::{Finding, TurnCues, join};
use rehearsal_sdk::prelude::{Call, Result, Role, Turn};
use rehearsal_talk::{Lexicon, Stem};

use crate::{Config, LISTENING, form, is_side};

include!(concat!(env!("OUT_DIR"), "/cues.rs"));

/// Finds labels by cues and form.
#[derive(Debug)]
pub struct Finder {
    cues: TurnCues,
    lexicon: Lexicon,
    min_overlap_ms: u32,
}

impl Finder {
    /// Sets up the cues that a pipeline wants.
    ///
    /// # Errors
    /// A cue of the configuration makes no sense; the message shows it.
    pub fn new(config: &Config) -> Result<Self> {
        let cues = TurnCues::new(&CUES, &config.cues, config.replace_cues, LISTENING.labels)?;
        Ok(Self { cues, lexicon: Lexicon::default(), min_overlap_ms: config.min_overlap_ms })
    }

    /// Content words of each turn of a call, for [`Finder::find`].
    pub fn content(&self, call: &Call<'_>) -> Vec<Vec<Stem>> {
        call.turns().map(|turn| self.lexicon.content(turn.text())).collect()
    }

    /// The best finding of each label; none in a turn that follows nobody. `content` is the
    /// call's.
    pub fn find(
        &self,
        scan: &mut Scan,
        content: &[Vec<Stem>],
        call: &Call<'_>,
        turn: Turn<'_>,
    ) -> Vec<Finding> {
        let Some(other) = other_before(call, turn) else { return Vec::new() };
        let mut found = self.phrases(scan, turn);
        let of = |turn: Turn<'_>| content.get(turn.index() as usize).map_or(&[][..], Vec::as_slice);
        let (own, theirs) = (of(turn), of(other));
        let formed = form::echo(&self.lexicon, turn, own, theirs)
            .into_iter()
            .chain(form::backchannel(turn, other))
            .chain(form::follow_up(&self.lexicon, turn, theirs))
            .chain(form::interruption(turn, other, self.min_overlap_ms));
        join(&mut found, formed);
        found.into_iter().map(|one| one.resting_on(other.index())).collect()
    }

    /// What phrases alone tell.
    pub(crate) fn phrases(&self, scan: &mut Scan, turn: Turn<'_>) -> Vec<Finding> {
        let mut found = self.cues.find(scan, turn.text());
        // A prospect who asks "how much" does not follow up, whatever the words.
        found.retain(|one| turn.role() == Role::Seller || one.label != "follow_up");
        found
    }
}

/// The turn before, if it is the other side's.
pub(crate) fn other_before<'a>(call: &Call<'a>, turn: Turn<'_>) -> Option<Turn<'a>> {
    let before = (turn.index() as usize).checked_sub(1).and_then(|index| call.turn(index));
    before.filter(|before| is_side(before.role()) && before.role() != turn.role())
}
