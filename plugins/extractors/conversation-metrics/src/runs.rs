//! How long one side talks at a stretch.

use rehearsal_sdk::prelude::*;

use crate::Measure;
use crate::sides::Sides;

pub(crate) const MONOLOGUE: Kind = Kind::new(
    "longest_monologue",
    "monologue.time@1",
    "The seller's longest run of turns in seconds; back-channels of others and silences up to `bridge_ms` (1,000) do not end a run",
);
pub(crate) const MONOLOGUE_WORDS: Kind = Kind::new(
    "longest_monologue_words",
    "monologue.words@1",
    "The seller's longest run of turns in words; back-channels of others do not end a run",
);
pub(crate) const STORY: Kind =
    Kind::new("customer_story", "story.time@1", "As longest_monologue, of the prospect");
pub(crate) const STORY_WORDS: Kind = Kind::new(
    "customer_story_words",
    "story.words@1",
    "As longest_monologue_words, of the prospect",
);

pub(crate) fn measure(sides: &Sides<'_>, bridge_ms: u32) -> Vec<Measure> {
    vec![
        (MONOLOGUE, longest(sides, Role::Seller, bridge_ms)),
        (MONOLOGUE_WORDS, longest_in_words(sides, Role::Seller)),
        (STORY, longest(sides, Role::Prospect, bridge_ms)),
        (STORY_WORDS, longest_in_words(sides, Role::Prospect)),
    ]
}

fn longest(sides: &Sides<'_>, role: Role, bridge_ms: u32) -> Result<f64, String> {
    sides.ends()?;
    sides.of_role(role)?;
    let (mut longest, mut run) = (0, None::<(u32, u32)>);
    for turn in &sides.turns {
        match turn.time {
            Some((start, end)) if turn.role == role => {
                let bridged = run.filter(|(_, last)| start.saturating_sub(*last) <= bridge_ms);
                let (from, last) = bridged.unwrap_or((start, end));
                run = Some((from, end.max(last)));
                longest = longest.max(end.max(last) - from);
            }
            _ if turn.role == role || turn.backchannel => {}
            _ => run = None,
        }
    }
    Ok(f64::from(longest) / 1_000.0)
}

fn longest_in_words(sides: &Sides<'_>, role: Role) -> Result<f64, String> {
    sides.of_role(role)?;
    let (mut longest, mut run) = (0, 0);
    for turn in &sides.turns {
        if turn.role == role {
            run += turn.words;
            longest = longest.max(run);
        } else if !turn.backchannel {
            run = 0;
        }
    }
    Ok(f64::from(longest))
}
