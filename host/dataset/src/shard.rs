//! The rows of some calls, written to a file each family, form, split and format.
//!
//! Calls are spread over shards by linear hashing (Litwin 1980): with one shard more,
//! the calls of one shard are divided in two and all others stay where they are. So a
//! call that is added costs the writing of one shard, or of three where the corpus grew
//! by a shard, however large it is.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rehearsal_model::{Annotation, Body, Conversation, ConversationId, Example, ExampleId, Role};

use crate::DatasetError;
use crate::conform::conform;
use crate::files::{HashedFile, Written, sync};
use crate::form::Form;
use crate::jsonl::JsonlFile;
use crate::manifest::{CellRecord, Counts, FileRecord, ShardRecord};
use crate::mask::{Learns, MaskProof};
use crate::parquet::ParquetFile;
use crate::row::{Origin, conversation, rows};
use crate::schema::{Cell, Field};
use crate::sharegpt;
use crate::split::Split;

/// Calls of a shard, about: half of it to twice of it. Fewer make more files, more make
/// a change cost more: a call of 20 turns is some 70 rows, 170 kB of JSON Lines beside
/// the other formats.
pub const SHARD_CALLS: usize = 512;

/// Shards of a corpus of so many calls.
#[must_use]
pub fn shard_count(calls: usize) -> u32 {
    u32::try_from(calls.div_ceil(SHARD_CALLS).max(1)).unwrap_or(u32::MAX)
}

/// The shard of a call among `shards`.
#[must_use]
pub fn shard_of(call: &ConversationId, shards: u32) -> u32 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&call.as_bytes()[8..]);
    let hash = u64::from_le_bytes(bytes);
    let level = u64::from(shards.next_power_of_two());
    let shard = hash % level;
    // Shards beyond the last have not split off their lower twin yet.
    let shard = if shard < u64::from(shards) { shard } else { shard - level / 2 };
    shard as u32
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Columns, compressed by zstd.
    Parquet,
    /// One JSON object a line.
    Jsonl,
    /// One JSON object a line, as LLaMA-Factory reads dialogues.
    Sharegpt,
}

impl Format {
    /// Folder of its files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
            Self::Sharegpt => "sharegpt",
        }
    }
}

impl Format {
    const fn ending(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl | Self::Sharegpt => "jsonl",
        }
    }

    /// Whether rows of a form are written in it.
    pub(crate) fn writes(self, form: Form) -> bool {
        self != Self::Sharegpt || sharegpt::schema(form).is_some()
    }
}

/// Folder of a split's files, relative to the data set's.
pub(crate) fn folder_of(format: Format, family: &str, form: Form, split: Split) -> String {
    format!("{}/{family}/{}/{split}", format.name(), form.name())
}

/// The paths of a cell's files, relative to the data set's folder.
pub(crate) fn files_of(
    formats: &[Format],
    shard: u32,
    family: &str,
    form: Form,
    split: Split,
) -> Vec<(Format, String)> {
    let name = |format: &Format| {
        let folder = folder_of(*format, family, form, split);
        (*format, format!("{folder}/{shard:05}.{}", format.ending()))
    };
    formats.iter().filter(|format| format.writes(form)).map(name).collect()
}

/// Family, form and split of a data set's file of JSON Lines, by its path in the data set's
/// folder; none for other files.
#[must_use]
pub fn rows_of(path: &str) -> Option<(&str, &str, Split)> {
    let mut parts = path.split('/');
    let (format, family, form) = (parts.next()?, parts.next()?, parts.next()?);
    let split = parts.next()?;
    let split = Split::ALL.into_iter().find(|known| known.name() == split)?;
    (format == Format::Jsonl.name()).then_some((family, form, split))
}

/// A written shard that may not lie on the disk yet.
#[derive(Debug)]
pub struct WrittenShard {
    root: PathBuf,
    shard: Shard,
}

/// A finished shard, on the disk.
#[derive(Debug)]
pub struct Shard {
    pub(crate) record: ShardRecord,
    pub(crate) files: Vec<FileRecord>,
}

impl WrittenShard {
    /// Waits until its files lie on the disk: apart from writing them, so that a worker
    /// can go on meanwhile.
    ///
    /// # Errors
    /// Where the disk fails.
    pub fn sync(self) -> Result<Shard, DatasetError> {
        self.shard.files.iter().try_for_each(|file| sync(&self.root, file))?;
        Ok(self.shard)
    }
}

/// Writes a shard's rows. They are expected in the order of their calls' ids, a call's
/// rows together.
pub struct ShardWriter {
    pub(crate) root: PathBuf,
    pub(crate) formats: Vec<Format>,
    pub(crate) proof: Arc<MaskProof>,
    record: ShardRecord,
    cells: BTreeMap<(String, Form, Split), Open>,
}

struct Open {
    schema: Vec<Field>,
    jsonl: Option<JsonlFile>,
    sharegpt: Option<(Vec<Field>, JsonlFile)>,
    parquet: Option<ParquetFile>,
    counts: Counts,
    last: Option<ConversationId>,
}

impl ShardWriter {
    pub(crate) fn new(
        root: &Path,
        formats: &[Format],
        proof: Arc<MaskProof>,
        shard: u32,
        inputs: String,
    ) -> Self {
        let record = ShardRecord {
            shard,
            inputs,
            cells: Vec::new(),
            licences: BTreeMap::new(),
            rejected: BTreeMap::new(),
        };
        let (root, formats) = (root.to_owned(), formats.to_vec());
        Self { root, formats, proof, record, cells: BTreeMap::new() }
    }

    /// Adds an example, unless a trainer would learn something wrong from it: that is
    /// counted as rejected. `sides` are the sides of its call's turns.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn example(
        &mut self,
        id: &ExampleId,
        example: &Example,
        origin: &Origin,
        split: Split,
        (sides, learns): (&[Role], Learns),
    ) -> Result<(), DatasetError> {
        let example = conform(example);
        if let Err(finding) = self.proof.check(&example, sides, learns) {
            self.reject(&finding.check);
            return Ok(());
        }
        let trained = match &example.body {
            Body::Chat { messages } => messages.iter().filter(|message| message.train).count(),
            Body::Preference { .. } | Body::Critique { .. } | Body::LabelledText { .. } => 1,
        };
        for (form, row) in rows(id, &example, origin) {
            let slot = (example.family.clone(), form, split);
            self.row(slot, id.conversation, &row, origin, trained as u64)?;
        }
        Ok(())
    }

    /// Adds a call as a row of the family `conversations`; `found` are annotations by
    /// extractor.
    ///
    /// # Errors
    /// Where a file cannot be written.
    pub fn conversation(
        &mut self,
        id: ConversationId,
        call: &Conversation,
        found: &[(&str, &[Annotation])],
        origin: &Origin,
        split: Split,
    ) -> Result<(), DatasetError> {
        let row = conversation(id, call, found, origin);
        let slot = (CONVERSATIONS.to_owned(), Form::Conversation, split);
        self.row(slot, id, &row, origin, 0)
    }

    /// Counts an example that a validator kept out.
    pub fn reject(&mut self, check: &str) {
        *self.record.rejected.entry(check.to_owned()).or_default() += 1;
    }

    fn row(
        &mut self,
        slot: (String, Form, Split),
        call: ConversationId,
        row: &[Cell<'_>],
        origin: &Origin,
        trained: u64,
    ) -> Result<(), DatasetError> {
        let form = slot.1;
        let open = match self.cells.entry(slot) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(empty) => {
                let (family, form, split) = empty.key();
                let files = files_of(&self.formats, self.record.shard, family, *form, *split);
                let open = Open::create(&self.root, *form, &files)?;
                empty.insert(open)
            }
        };
        if let Some(file) = &mut open.jsonl {
            file.write(&open.schema, row)?;
        }
        if let Some((schema, file)) = &mut open.sharegpt {
            file.write(schema, &sharegpt::row(form, row))?;
        }
        if let Some(file) = &mut open.parquet {
            file.write(row)?;
        }
        let first = open.last.replace(call) != Some(call);
        let more = Counts { rows: 1, conversations: first.into(), trained_messages: trained };
        open.counts.add(&more);
        *self.record.licences.entry(origin.licence().to_owned()).or_default() += 1;
        Ok(())
    }

    /// Closes the files.
    ///
    /// # Errors
    /// Where one cannot be written.
    pub fn finish(self) -> Result<WrittenShard, DatasetError> {
        let Self { root, mut record, cells, .. } = self;
        let mut files = Vec::new();
        for ((family, form, split), open) in cells {
            record.cells.push(CellRecord { family, form, split, counts: open.counts });
            files.extend(open.finish()?);
        }
        Ok(WrittenShard { root, shard: Shard { record, files } })
    }
}

/// Family of whole calls, which the host writes itself.
pub const CONVERSATIONS: &str = "conversations";

impl Open {
    fn create(root: &Path, form: Form, files: &[(Format, String)]) -> Result<Self, DatasetError> {
        let schema = form.schema();
        let (mut jsonl, mut sharegpt, mut parquet) = (None, None, None);
        for (format, name) in files {
            let file = HashedFile::create(root, name)?;
            match format {
                Format::Jsonl => jsonl = Some(JsonlFile::new(file)),
                Format::Sharegpt => {
                    sharegpt = sharegpt::schema(form).map(|schema| (schema, JsonlFile::new(file)));
                }
                Format::Parquet => parquet = Some(ParquetFile::new(file, &schema)?),
            }
        }
        Ok(Self { schema, jsonl, sharegpt, parquet, counts: Counts::default(), last: None })
    }

    fn finish(self) -> Result<Vec<Written>, DatasetError> {
        let jsonl = self.jsonl.map(JsonlFile::finish).transpose()?;
        let parquet = self.parquet.map(ParquetFile::finish).transpose()?;
        let sharegpt = self.sharegpt.map(|(_, file)| file.finish()).transpose()?;
        Ok(jsonl.into_iter().chain(sharegpt).chain(parquet).collect())
    }
}
