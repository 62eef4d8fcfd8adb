//! Rehearsal's memory: typed records on disk that outlast whatever happens.
//!
//! Records lie in append-only **segment** files and are the truth; a sled
//! **index** over them says where each one is and can be rebuilt at any time.
//! Changes come as **units**, which become visible together, and are made to
//! last by **checkpoints**. This crate knows bytes, keys and kinds, and nothing
//! of sales.
//!
//! ```
//! use rehearsal_repository::{Fingerprint, Kind, Repository, Table};
//!
//! const CURSORS: Table<String> = Table::new(Kind::Cursor, 1);
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let path = folder.path();
//! let repository = Repository::open(path)?;
//! let mut unit = repository.unit();
//! unit.put(&CURSORS, "crm", Fingerprint::NONE, &"page 7".to_owned())?;
//! unit.delete(Kind::DeadLetter, "crm/call-12")?;
//! repository.commit(unit)?;
//!
//! assert_eq!(repository.get(&CURSORS, "crm")?.as_deref(), Some("page 7"));
//! for record in repository.scan(&CURSORS, "c")? {
//!     println!("{}", record?.value);
//! }
//! repository.close()?;
//! # Ok(())
//! # }
//! ```

mod backup;
mod codec;
mod cursor;
mod damage;
mod error;
mod frame;
mod index;
mod kind;
mod ledger;
mod lock;
mod merge;
mod pointer;
mod recover;
mod repository;
mod rewrite;
mod scan;
mod segment;
mod stats;
mod store;
mod table;
mod unit;
mod writer;

pub use backup::Backup;
pub use cursor::{Entries, Entry, Record, Scan};
pub use damage::{Damage, LostRecord};
pub use error::RepositoryError;
pub use kind::Kind;
pub use recover::Recovery;
pub use repository::{Options, Repository};
pub use rewrite::{Compaction, Erasure, Repair};
pub use stats::{KindStats, Stats};
pub use table::{Fingerprint, Table, Upgrade};
pub use unit::{MAX_KEY, MAX_UNIT, Unit};
