//! What belongs together: calls joined by account, customer, recording, synthetic seed
//! and likeness. A component of this graph never crosses a split.

use std::collections::HashMap;

use rehearsal_model::{ConversationId, Hasher};
use serde::{Deserialize, Serialize};

/// Why two calls belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tie {
    /// The same recording, or parts of one conversation.
    Call,
    /// The customer's account.
    Account,
    /// The person who buys.
    Customer,
    /// What an invented call was made from.
    SyntheticSeed,
    /// Nearly the same words.
    NearDuplicate,
}

impl Tie {
    /// All.
    pub const ALL: [Self; 5] =
        [Self::Call, Self::Account, Self::Customer, Self::SyntheticSeed, Self::NearDuplicate];

    /// As in the manifest.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Account => "account",
            Self::Customer => "customer",
            Self::SyntheticSeed => "synthetic_seed",
            Self::NearDuplicate => "near_duplicate",
        }
    }
}

/// A name as splits know it: 64 bits of its digest, the same on every machine.
#[must_use]
pub fn name_hash(kind: &str, value: &str) -> u64 {
    let mut hasher = Hasher::new("name");
    hasher.part(kind.as_bytes()).part(value.trim().to_lowercase().as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finish().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}

/// What splits need to know of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The call.
    pub id: ConversationId,
    /// What it shares with others, as [`name_hash`]es.
    pub ties: Vec<(Tie, u64)>,
    /// Who sells in it, as [`name_hash`]es.
    pub sellers: Vec<u64>,
    /// The day it took place: `2026-03-01`.
    pub day: Option<String>,
    /// What every split should have its share of, as one hash.
    pub stratum: u64,
}

/// Calls joined by what they share.
#[derive(Debug)]
pub struct Graph {
    parents: Vec<u32>,
    /// Near-duplicates, as they were joined.
    alike: Vec<(u32, u32)>,
}

impl Graph {
    /// Of some calls, in the order of their ids.
    #[must_use]
    pub fn new(members: &[Member]) -> Self {
        let mut graph = Self { parents: (0..members.len() as u32).collect(), alike: Vec::new() };
        let mut first: HashMap<(Tie, u64), u32> = HashMap::new();
        for (index, member) in members.iter().enumerate() {
            for tie in &member.ties {
                let other = *first.entry(*tie).or_insert(index as u32);
                graph.join(index as u32, other);
            }
        }
        graph
    }

    /// Joins two near-duplicates, by place.
    pub fn link(&mut self, a: u32, b: u32) {
        self.alike.push((a, b));
        self.join(a, b);
    }

    /// Whether two calls belong together already.
    pub fn joined(&mut self, a: u32, b: u32) -> bool {
        self.root(a) == self.root(b)
    }

    /// Pairs of near-duplicates.
    #[must_use]
    pub fn alike(&self) -> &[(u32, u32)] {
        &self.alike
    }

    /// Place of the smallest call of each call's component, which names it.
    #[must_use]
    pub fn components(&mut self) -> Vec<u32> {
        (0..self.parents.len() as u32).map(|index| self.root(index)).collect()
    }

    fn root(&mut self, mut index: u32) -> u32 {
        while self.parents[index as usize] != index {
            let parent = self.parents[index as usize];
            self.parents[index as usize] = self.parents[parent as usize];
            index = parent;
        }
        index
    }

    fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        // The smaller leads, so that a component's name does not depend on the order.
        self.parents[a.max(b) as usize] = a.min(b);
    }
}
