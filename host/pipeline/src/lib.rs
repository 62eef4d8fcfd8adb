//! Stages and scheduler: the one room that knows the others.
//!
//! ```text
//! pipeline.toml ──resolve──► Plan ──run──► load ─► hear ─► analyse ─► publish
//!                                            │       │        │          │
//!                                            └───────┴─ repository ──────┘
//! ```
//!
//! Every result is kept under a key of what it was made from (component, configuration,
//! input). A run asks for each call whether its key still holds, mostly by a look at the
//! index, and does what does not.

mod analyse;
mod attack;
mod audio;
mod batch;
mod course;
mod draft;
mod entries;
mod error;
mod experts;
mod files;
pub mod forget;
mod hear;
mod http;
mod keys;
mod letters;
mod lines;
mod live;
mod load;
mod lock;
pub mod media;
mod minimal;
mod outside;
mod overview;
mod plan;
mod prepare;
mod privacy;
mod profile;
mod publish;
mod purge;
pub mod query;
mod records;
mod replay;
mod report;
pub mod review;
mod run;
mod sample;
mod semantics;
mod shares;
mod summary;
mod text;
mod tiers;
mod trial;
pub mod verdicts;
mod why;

pub use attack::{Assault, Attempt, Memory, NoKit, attack};
pub use audio::CallAudio;
pub use error::PipelineError;
pub use files::FileDigests;
pub use hear::pull_note;
pub use letters::{DeadLetter, Input, dead_letters, release};
pub use lines::{LinesError, StrongLine, strong_lines};
pub use lock::{Change, Difference, Lock, LockError, lock_path};
pub use minimal::{Minimal, minimal};
pub use overview::{Duplicates, Overview, Redacted, SourceOverview, overview};
pub use plan::{
    DatasetPlan, Plan, Ready, ReadyPath, ReadySource, ReadyValidator, Surroundings, TunedHead,
    resolve,
};
pub use privacy::{PrivacyError, existing_key};
pub use purge::{Purge, purge_gone};
pub use records::{
    Analysis, CallRecord, EntryRecord, Inspection, ItemRef, Media, Part, PathProduct, Product,
    Profile, StageAnnotations, Subjects,
};
pub use replay::{Replay, ReplayOutcome, replay};
pub use report::{Reporter, Severity, Silent};
pub use run::{load, run};
pub use semantics::CallSemantics;
pub use summary::{
    DatasetSummary, PrivacySummary, RunSummary, SourceSummary, SpeechSummary, StageSummary,
    TimeSpent,
};
pub use tiers::{TierAgreement, tier_agreement};
pub use trial::{Trial, trials};
pub use why::{Objection, Subject, why};
