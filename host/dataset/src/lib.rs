//! Data sets on disk: splits that do not leak, rows that trainers read, manifests
//! that can be checked.
//!
//! ```text
//! calls ──► graph of what belongs together ──► splits ──► overlap matrix (all 0)
//!                                                │
//! examples ──► conform ──► mask proof ──► rows ──┴─► shards (Parquet, JSONL, ShareGPT)
//!                                                        │
//!                        manifest (sha256, Merkle root) ◄┴─► card, Croissant, trainers' files
//! ```
//!
//! A data set is a function of its calls and examples: the same ones give the same
//! bytes, in whatever order and on however many workers they were made. What did not
//! change is not written again: a call's rows lie in a shard that follows from its id.

mod assign;
mod card;
mod conform;
mod error;
mod files;
mod folder;
mod form;
mod graph;
mod jsonl;
mod licence;
mod manifest;
mod mask;
mod merkle;
mod overlap;
mod parquet;
mod row;
mod schema;
mod shard;
mod sharegpt;
mod shingle;
mod split;

pub use assign::assign;
pub use card::About;
pub use conform::OPENER;
pub use error::DatasetError;
pub use folder::{DatasetBuild, Whole};
pub use form::Form;
pub use graph::{Graph, Member, Tie, name_hash};
pub use licence::{UNKNOWN as UNKNOWN_LICENCE, is_refused, most_restrictive};
pub use manifest::{CellRecord, Counts, FileRecord, MANIFEST, Manifest, ShardRecord};
pub use mask::{Learns, MaskProof};
pub use merkle::merkle_root;
pub use overlap::{Overlap, check as check_overlap, overlap};
pub use row::Origin;
pub use schema::{Field, Type};
pub use shard::{
    CONVERSATIONS, Format, SHARD_CALLS, Shard, ShardWriter, WrittenShard, rows_of, shard_count,
    shard_of,
};
pub use shingle::{LIKENESS, SIGNATURE_VERSION, Shingles, Signature, near_duplicates};
pub use split::{Division, Shares, Split};
