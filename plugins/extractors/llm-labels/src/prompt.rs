//! What a model is asked: the versioned text of `prompts/`, and the turns of a call.

use std::fmt::Write as _;
use std::ops::Range;

use rehearsal_sdk::prelude::*;

/// The name of the prompt's file, which is its version.
pub(crate) const VERSION: &str = "labels@1";

/// The prompt.
pub(crate) const TEXT: &str = include_str!("../prompts/labels@1.md");

/// Name and hash of the prompt, so that a file that was edited under its old name shows.
pub(crate) fn identity() -> String {
    let hash = TEXT
        .bytes()
        .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{VERSION}.{hash:08x}")
}

/// Turns that are asked about together, with those around them that are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) asked: Range<usize>,
    pub(crate) shown: Range<usize>,
}

impl Window {
    /// Windows over a whole call.
    pub(crate) fn over(turns: usize, most: usize, around: usize) -> Vec<Self> {
        let starts = (0..turns).step_by(most.max(1));
        starts
            .map(|start| Self::of(start..(start + most.max(1)).min(turns), turns, around))
            .collect()
    }

    fn of(asked: Range<usize>, turns: usize, around: usize) -> Self {
        let shown = asked.start.saturating_sub(around)..(asked.end + around).min(turns);
        Self { asked, shown }
    }

    /// Its two halves; none of a single turn.
    pub(crate) fn halves(&self, turns: usize, around: usize) -> Option<[Self; 2]> {
        let Range { start, end } = self.asked;
        let middle = start + (end - start) / 2;
        let half = |range| Self::of(range, turns, around);
        (middle > start).then(|| [half(start..middle), half(middle..end)])
    }

    /// The turns as a model reads them. Nobody's name is in it: sides are enough.
    pub(crate) fn script(&self, call: &Call<'_>) -> String {
        let mut script = String::new();
        let turns = call.turns().enumerate().skip(self.shown.start).take(self.shown.len());
        for (index, turn) in turns {
            let side = match turn.role() {
                Role::Seller => "SELLER",
                Role::Prospect => "PROSPECT",
                Role::Other => "OTHER",
                Role::Unknown => "UNKNOWN",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(script, "[{index}] {side}: {}", turn.text().replace('\n', " "));
        }
        let Range { start, end } = self.asked;
        let _ = write!(script, "\nLabel turns {start} to {}", end - 1);
        if self.shown != self.asked {
            script.push_str("; the others are there to be understood by");
        }
        script.push('.');
        script
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_turn_once() {
        let windows = Window::over(95, 40, 6);
        let asked: Vec<Range<usize>> = windows.iter().map(|one| one.asked.clone()).collect();
        assert_eq!(asked, [0..40, 40..80, 80..95]);
        assert_eq!(windows[1].shown, 34..86);
        let halves = windows[1].halves(95, 6).expect("it has two");
        assert_eq!(halves.each_ref().map(|half| half.asked.clone()), [40..60, 60..80]);
        assert_eq!(Window::over(1, 40, 6)[0].halves(1, 6), None);
        assert_eq!(Window::over(0, 40, 6), []);
    }
}
