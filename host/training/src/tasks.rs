//! The heads: what each looks for, in whose turns, and how much each part of its input
//! counts. Weights were chosen by cross-validation (docs/research/learned-labels.md).

use rehearsal_heads::{Block, Grams, Row, Side};
use rehearsal_labels::names;

use crate::parts::{FEATURES, number};

/// How labels of a head exclude one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// At most one a turn, each as likely to be missed as another.
    Best,
    /// At most one a turn: whether there is any matters most.
    Gate,
    /// Any number.
    Each,
}

/// A head to be trained.
#[derive(Debug)]
pub struct Task {
    /// What it is called.
    pub name: &'static str,
    /// Key of a line of the corpus's labels.
    pub key: &'static str,
    /// Letter of its prototypes.
    pub prototypes: Option<&'static str>,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// Whose turns it looks at.
    pub side: Side,
    /// How they exclude one another.
    pub kind: Kind,
    /// Embeddings that it looks at, with how much each counts.
    pub blocks: &'static [(Block, f32)],
    /// How much the explicit features count.
    pub features: f32,
    /// Grams that it looks at, with how much each counts.
    pub grams: &'static [(Grams, f32)],
    /// How much the scores of the net over the call count.
    pub share: f32,
}

/// All heads that ship.
pub const TASKS: &[Task] = &[
    Task {
        name: "nepq",
        key: "nepq",
        prototypes: Some("n"),
        labels: names::NEPQ,
        side: Side::Seller,
        kind: Kind::Best,
        blocks: &[
            (Block::Turn, 3.0),
            (Block::Sentences, 1.5),
            (Block::Before1, 1.5),
            (Block::Before2, 0.5),
            (Block::After, 1.0),
            (Block::Pair, 1.5),
            (Block::Last, 1.5),
            (Block::First, 0.5),
            (Block::Question, 0.5),
        ],
        features: 1.5,
        grams: &[
            (Grams::Words, 2.0),
            (Grams::Before, 1.0),
            (Grams::Last, 1.5),
            (Grams::Letters, 2.0),
        ],
        share: 0.5,
    },
    Task {
        name: "objection",
        key: "objection",
        prototypes: Some("o"),
        labels: names::OBJECTIONS,
        side: Side::Prospect,
        kind: Kind::Gate,
        blocks: &[
            (Block::Turn, 1.5),
            (Block::Sentences, 1.0),
            (Block::Before1, 0.8),
            (Block::Before2, 0.5),
            (Block::After, 1.5),
            (Block::Pair, 1.0),
            (Block::Before3, 1.0),
            (Block::History, 1.0),
        ],
        features: 0.5,
        grams: &[(Grams::Words, 2.0), (Grams::Before, 1.0)],
        share: 0.75,
    },
    Task {
        name: "move",
        key: "move",
        prototypes: None,
        labels: names::MOVES,
        side: Side::Seller,
        kind: Kind::Gate,
        blocks: &[
            (Block::Turn, 1.5),
            (Block::Sentences, 0.5),
            (Block::Before1, 0.75),
            (Block::Before2, 0.25),
            (Block::After, 0.5),
            (Block::Last, 0.75),
            (Block::History, 2.0),
        ],
        features: 0.35,
        grams: &[
            (Grams::Words, 1.0),
            (Grams::Before, 0.5),
            (Grams::Last, 0.75),
            (Grams::Letters, 1.0),
        ],
        share: 0.75,
    },
    Task {
        name: "techniques",
        key: "techniques",
        prototypes: Some("t"),
        labels: names::TECHNIQUES,
        side: Side::Seller,
        kind: Kind::Each,
        blocks: &[
            (Block::Turn, 1.5),
            (Block::Sentences, 0.5),
            (Block::Before2, 0.25),
            (Block::After, 0.75),
            (Block::Pair, 0.75),
            (Block::Last, 0.75),
            (Block::First, 0.25),
            (Block::Question, 0.25),
        ],
        features: 0.4,
        grams: &[(Grams::Words, 1.0), (Grams::Last, 0.75), (Grams::Letters, 1.0)],
        share: 0.25,
    },
    Task {
        name: "listening",
        key: "listening",
        prototypes: None,
        labels: names::LISTENING,
        side: Side::Both,
        kind: Kind::Each,
        blocks: &[
            (Block::Turn, 2.0),
            (Block::Sentences, 0.5),
            (Block::Before1, 1.5),
            (Block::After, 0.5),
            (Block::Pair, 1.5),
            (Block::Last, 1.0),
            (Block::First, 1.0),
        ],
        features: 2.0,
        grams: &[(Grams::Words, 2.0), (Grams::Letters, 1.0)],
        share: 0.5,
    },
];

impl Task {
    /// The one of a head's name.
    #[must_use]
    pub fn of(head: &str) -> Option<&'static Self> {
        TASKS.iter().find(|task| task.name == head)
    }

    /// Scores of a row: one a label, and before them one for none where at most one
    /// holds.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.labels.len() + usize::from(self.kind != Kind::Each)
    }

    /// The dense inputs of a row: blocks of `width` values, then explicit features, each
    /// multiplied by what it counts.
    #[must_use]
    pub fn inputs(&self, row: &Row, width: usize) -> Vec<f32> {
        let mut inputs = Vec::with_capacity(self.blocks.len() * width + row.features.len());
        for (block, weight) in self.blocks {
            let start = number(*block) * width;
            inputs.extend(row.blocks[start..start + width].iter().map(|v| v * weight.sqrt()));
        }
        let scale = (self.features / FEATURES).sqrt();
        inputs.extend(row.features.iter().map(|value| value * scale));
        inputs
    }
}
