//! The call as two sides and their turns.

use rehearsal_sdk::prelude::*;
use rehearsal_talk::{is_backchannel, words};

/// A turn with what the measures look at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Talk<'a> {
    pub(crate) role: Role,
    pub(crate) participant: u32,
    pub(crate) text: &'a str,
    pub(crate) words: u32,
    /// Start and end in milliseconds, where both are known.
    pub(crate) time: Option<(u32, u32)>,
    pub(crate) backchannel: bool,
}

/// All turns, and what the source can support.
pub(crate) struct Sides<'a> {
    pub(crate) turns: Vec<Talk<'a>>,
    timing: Timing,
    duration_ms: Option<u32>,
}

impl<'a> Sides<'a> {
    pub(crate) fn of(call: &Call<'a>) -> Self {
        let turns = call.turns().map(|turn| Talk {
            role: turn.role(),
            participant: turn.participant(),
            text: turn.text(),
            words: u32::try_from(words(turn.text()).count()).unwrap_or(u32::MAX),
            time: turn.start_ms().zip(turn.end_ms()).filter(|(start, end)| start <= end),
            backchannel: is_backchannel(turn.text()),
        });
        Self {
            turns: turns.collect(),
            timing: call.timing(),
            duration_ms: call.conversation().duration_ms,
        }
    }

    /// A side's turns; an error where nobody is known to be on it or it says nothing.
    pub(crate) fn of_role(&self, role: Role) -> Result<Vec<&Talk<'a>>, String> {
        let turns: Vec<_> = self.turns.iter().filter(|turn| turn.role == role).collect();
        if turns.is_empty() {
            let side = if role == Role::Seller { "seller" } else { "prospect" };
            return Err(format!("nobody who speaks is known to be the {side}"));
        }
        Ok(turns)
    }

    /// An error where turns have no ends.
    pub(crate) fn ends(&self) -> Result<(), String> {
        match self.timing {
            Timing::None => Err("the source has no times".to_owned()),
            Timing::Starts => Err("the source has starts of turns and no ends".to_owned()),
            Timing::Turns | Timing::Words => Ok(()),
        }
    }

    /// Length of the call: as the source says, else to the end of the last turn.
    pub(crate) fn minutes(&self) -> Result<f64, String> {
        let last = self.turns.iter().filter_map(|turn| turn.time).map(|(_, end)| end).max();
        match self.duration_ms.or(last).filter(|ms| *ms > 0) {
            Some(ms) => Ok(f64::from(ms) / 60_000.0),
            None => Err("the source does not say how long the call was".to_owned()),
        }
    }
}

/// Milliseconds that turns cover; where they overlap they count once.
pub(crate) fn covered_ms<'t>(turns: impl IntoIterator<Item = &'t Talk<'t>>) -> f64 {
    let mut times: Vec<(u32, u32)> = turns.into_iter().filter_map(|turn| turn.time).collect();
    times.sort_unstable();
    let (mut covered, mut reached) = (0, 0);
    for (start, end) in times {
        covered += end.saturating_sub(start.max(reached));
        reached = reached.max(end);
    }
    f64::from(covered)
}

/// A share, or `reason` where there is nothing to share.
pub(crate) fn ratio(part: f64, whole: f64, reason: &str) -> Result<f64, String> {
    if whole > 0.0 { Ok(part / whole) } else { Err(reason.to_owned()) }
}
