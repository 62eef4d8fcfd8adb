//! Names of the labels, as the corpus' annotation guide defines them, in the order in which
//! heads give their probabilities. Every tier uses the same ones, so that tiers can be
//! compared.

/// NEPQ question types of a seller's turn.
pub const NEPQ: &[&str] = &[
    "connection",
    "situation",
    "problem_awareness",
    "clarify_probe",
    "solution_awareness",
    "consequence",
    "qualifying",
    "transition",
    "presentation",
    "commitment",
];

/// Techniques in a seller's turn.
pub const TECHNIQUES: &[&str] = &[
    "mirroring",
    "labelling",
    "summarising",
    "social_proof",
    "anchoring",
    "tie_down",
    "assumptive_close",
    "urgency",
    "feature_dump",
    "next_step",
    "authority_discovery",
    "budget_discovery",
    "need_payoff",
];

/// Types of objections in a prospect's turn.
pub const OBJECTIONS: &[&str] =
    &["price", "need", "timing", "authority", "incumbent", "trust", "brush_off", "risk"];

/// How a seller's turn handles an objection.
pub const MOVES: &[&str] = &["acknowledge", "clarify", "discuss", "argue", "ignore"];

/// How an objection ends.
pub const OUTCOMES: &[&str] = &["resolved", "deferred", "ignored", "argued"];

/// Signs of listening in a turn of either side.
pub const LISTENING: &[&str] =
    &["paraphrase", "echo", "follow_up", "acknowledgement", "backchannel", "interruption"];
