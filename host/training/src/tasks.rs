//! The heads: what each looks for, in whose turns, and how much each part of its input
//! counts. Weights were chosen by cross-validation (docs/research/learned-labels.md).

use rehearsal_heads::{Block, Grams, Side};
use rehearsal_labels::names;

/// How labels of a head exclude one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// At most one a turn, each as likely to be missed as another.
    Best,
    /// At most one a turn: whether there is any matters most.
    Gate,
    /// Any number.
    Each,
}

/// A head to be trained.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) name: &'static str,
    /// Key of a line of the corpus's labels.
    pub(crate) key: &'static str,
    /// Letter of its prototypes.
    pub(crate) prototypes: Option<&'static str>,
    pub(crate) labels: &'static [&'static str],
    pub(crate) side: Side,
    pub(crate) kind: Kind,
    pub(crate) blocks: &'static [(Block, f32)],
    pub(crate) features: f32,
    pub(crate) grams: &'static [(Grams, f32)],
    /// How much the scores of the net over the call count.
    pub(crate) share: f32,
}

pub(crate) const TASKS: &[Task] = &[
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
    /// Scores of a row: one a label, and before them one for none where at most one
    /// holds.
    pub(crate) fn classes(&self) -> usize {
        self.labels.len() + usize::from(self.kind != Kind::Each)
    }
}
