//! What a record is: the first byte of its index key, and a byte of its frame.

use std::fmt;

/// The kinds of record that a repository keeps apart.
///
/// A kind's number is written to disk and never reused; a new kind takes the
/// next free number and one line here.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal $label:literal,)*) => {
        /// What a record is. Keys of different kinds never meet: each kind is a
        /// key space of its own, in the byte order of its keys.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Kind { $($(#[$doc])* $name = $number,)* }

        impl Kind {
            /// Every kind, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The kind with this number; `None` for one of a newer version.
            #[must_use]
            pub const fn from_number(number: u8) -> Option<Self> {
                match number { $($number => Some(Self::$name),)* _ => None }
            }

            /// The name that messages and reports use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }
        }
    };
}

// Number 0 is the index's own state.
kinds! {
    /// What a loader listed: an entry's fingerprint and where it stands.
    Entry = 1 "entry",
    /// A conversation: text, turns, speakers, metadata.
    Conversation = 2 "conversation",
    /// The result of speech recognition over one recording.
    Transcript = 3 "transcript",
    /// What one extractor said of one conversation.
    Annotations = 4 "annotations",
    /// What one path builder made of one conversation.
    Examples = 5 "examples",
    /// What one validator said of a batch of examples.
    Verdicts = 6 "verdicts",
    /// What a validator concluded over all partials.
    Report = 7 "report",
    /// A validator's mergeable state.
    Partial = 8 "partial",
    /// An item that a plugin failed on, with all that reproduces the failure.
    DeadLetter = 9 "dead letter",
    /// A run: when, with what, and what came of it.
    Run = 10 "run",
    /// How far a listing or a backfill has come.
    Cursor = 11 "cursor",
    /// A person's judgement, which nothing can recompute.
    ExpertVerdict = 12 "expert verdict",
    /// Proof that something was erased, without what was erased.
    Deletion = 13 "deletion",
    /// What a file on disk holds, by size and time of change.
    File = 14 "file",
    /// Items of an entry that is too long for one record.
    EntryPart = 15 "entry part",
    /// What splits need to know of one conversation, and its near-duplicate signature.
    Profile = 16 "profile",
    /// How alike two conversations are that looked like near-duplicates.
    Likeness = 17 "likeness",
    /// What a text means to an embedding model.
    Embedding = 18 "embedding",
    /// A version of a model: what it was made of, what it reaches, whether it is in use.
    Model = 30 "model",
    /// The calls that a trainer's models are judged by.
    FrozenTest = 31 "frozen test",
}

impl Kind {
    /// The number on disk.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
