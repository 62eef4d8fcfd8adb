//! Splits that do not leak: whatever belongs together goes to one side.
//!
//! Calls are joined into groups (one account, one customer, near-duplicates of each
//! other); a group's split is a hash of its smallest member and the seed, so it
//! depends on nobody's position, worker or date.

use std::collections::HashMap;
use std::fmt;

use rehearsal_model::{ConversationId, Hasher};
use serde::{Deserialize, Serialize};

/// Which side of the data set a row is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Learned from.
    Train,
    /// Tuned on.
    Validation,
    /// Kept for the verdict.
    Test,
}

impl Split {
    /// All, in the order in which they are written.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// Name of its files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much goes where; the shares sum to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// 0 to 1.
    pub train: f64,
    /// 0 to 1.
    pub validation: f64,
    /// 0 to 1.
    pub test: f64,
}

impl Default for Shares {
    fn default() -> Self {
        Self { train: 0.8, validation: 0.1, test: 0.1 }
    }
}

impl Shares {
    fn pick(&self, point: f64) -> Split {
        if point < self.train {
            Split::Train
        } else if point < self.train + self.validation {
            Split::Validation
        } else {
            Split::Test
        }
    }
}

/// Calls joined by what they share.
#[derive(Debug, Default)]
pub struct Groups {
    parents: Vec<u32>,
    members: Vec<ConversationId>,
    index: HashMap<ConversationId, u32>,
    by_tie: HashMap<(String, String), u32>,
}

impl Groups {
    /// No calls yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a call, alone in its group until something joins it.
    pub fn add(&mut self, call: ConversationId) {
        self.slot(call);
    }

    /// Joins a call to all others with the same `value` of `kind` (`account`,
    /// `customer`, …).
    pub fn tie(&mut self, call: ConversationId, kind: &str, value: &str) {
        let slot = self.slot(call);
        let other = *self.by_tie.entry((kind.to_owned(), value.to_owned())).or_insert(slot);
        self.join(slot, other);
    }

    /// Joins two calls: near-duplicates, parts of one conversation.
    pub fn link(&mut self, a: ConversationId, b: ConversationId) {
        let (a, b) = (self.slot(a), self.slot(b));
        self.join(a, b);
    }

    /// The smallest member of a call's group. It names the group.
    pub fn group(&mut self, call: ConversationId) -> ConversationId {
        let slot = self.slot(call);
        let root = self.root(slot);
        self.members[root as usize]
    }

    /// Where a call goes.
    pub fn split(&mut self, call: ConversationId, shares: &Shares, seed: u64) -> Split {
        let group = self.group(call);
        let mut hasher = Hasher::new("split");
        hasher.part(&seed.to_le_bytes()).part(group.as_bytes());
        let mut bytes = [0; 8];
        bytes.copy_from_slice(&hasher.finish().as_bytes()[..8]);
        // 53 bits fill the mantissa: a uniform point in [0, 1).
        shares.pick((u64::from_le_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64)
    }

    fn slot(&mut self, call: ConversationId) -> u32 {
        *self.index.entry(call).or_insert_with(|| {
            let slot = self.parents.len() as u32;
            self.parents.push(slot);
            self.members.push(call);
            slot
        })
    }

    fn root(&mut self, mut slot: u32) -> u32 {
        while self.parents[slot as usize] != slot {
            let parent = self.parents[slot as usize];
            self.parents[slot as usize] = self.parents[parent as usize];
            slot = parent;
        }
        slot
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The smaller id leads, so that a group's name does not depend on the order.
        let (leader, follower) =
            if self.members[a as usize] <= self.members[b as usize] { (a, b) } else { (b, a) };
        self.parents[follower as usize] = leader;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn call(number: u32) -> ConversationId {
        ConversationId::new("s", &number.to_string(), "")
    }

    proptest! {
        #[test]
        fn no_tie_crosses_a_split_in_any_order(
            ties in prop::collection::vec((0u32..60, 0u32..12), 1..120),
            shift in 0usize..120,
        ) {
            let place = |order: &[(u32, u32)]| {
                let mut groups = Groups::new();
                for (number, account) in order {
                    groups.tie(call(*number), "account", &account.to_string());
                }
                let mut splits: Vec<_> = order
                    .iter()
                    .map(|(n, a)| (*n, *a, groups.split(call(*n), &Shares::default(), 7)))
                    .collect();
                splits.sort();
                splits
            };
            let splits = place(&ties);
            for (_, account, split) in &splits {
                for (_, other, there) in &splits {
                    prop_assert!(account != other || split == there);
                }
            }
            let mut turned = ties.clone();
            turned.rotate_left(shift % ties.len());
            turned.reverse();
            prop_assert_eq!(splits, place(&turned));
        }
    }

    #[test]
    fn shares_are_kept_over_many_calls() {
        let mut groups = Groups::new();
        let mut counts = HashMap::new();
        for number in 0..10_000 {
            *counts.entry(groups.split(call(number), &Shares::default(), 1)).or_insert(0) += 1;
        }
        assert!((7_800..8_200).contains(&counts[&Split::Train]), "{counts:?}");
        assert!((850..1_150).contains(&counts[&Split::Test]), "{counts:?}");
    }
}
