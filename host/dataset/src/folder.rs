//! A data set's folder: shards that still hold are taken over, others are written, cards
//! describe the whole, and all of it takes its name in one step.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::card::{About, Config, Contents, documents};
use crate::files::{HashedFile, fresh_folder, replace_folder, take_over};
use crate::licence::{UNKNOWN, most_restrictive};
use crate::manifest::{Counts, FileRecord, MANIFEST, Manifest, ShardRecord, VERSION};
use crate::mask::MaskProof;
use crate::merkle::merkle_root;
use crate::shard::{Format, Shard, ShardWriter, files_of};
use crate::{DatasetError, Overlap};

/// A data set being written.
pub struct DatasetBuild {
    name: String,
    target: PathBuf,
    building: PathBuf,
    formats: Vec<Format>,
    proof: Arc<MaskProof>,
    /// What stands, by shard.
    former: BTreeMap<u32, ShardRecord>,
    former_files: BTreeMap<String, FileRecord>,
    shards: BTreeMap<u32, ShardRecord>,
    files: BTreeMap<String, FileRecord>,
}

/// What only the whole data set knows.
#[derive(Debug, Clone, Default)]
pub struct Whole {
    /// Digest of all that went in.
    pub inputs: String,
    /// What splits have in common.
    pub overlap: Overlap,
    /// Calls left out, by licence.
    pub refused_licences: BTreeMap<String, u64>,
    /// Calls left out for the sake of a held-out slice.
    pub withheld: u64,
}

impl DatasetBuild {
    /// Starts the data set `name` in `folder/name`, in the given formats.
    ///
    /// # Errors
    /// Where the temporary folder cannot be made.
    pub fn begin(
        folder: &Path,
        name: &str,
        formats: &[Format],
        proof: &Arc<MaskProof>,
    ) -> Result<Self, DatasetError> {
        let (target, building) = (folder.join(name), folder.join(format!(".{name}.building")));
        fresh_folder(&building)?;
        // A manifest that cannot be read says of nothing that it holds.
        let former = Manifest::read(&target).ok().flatten();
        let (shards, files) = former.map(|m| (m.shards, m.files)).unwrap_or_default();
        let mut formats = formats.to_vec();
        formats.sort_unstable();
        formats.dedup();
        Ok(Self {
            name: name.to_owned(),
            target,
            building,
            formats,
            proof: Arc::clone(proof),
            former: shards.into_iter().map(|shard| (shard.shard, shard)).collect(),
            former_files: files.into_iter().map(|file| (file.path.clone(), file)).collect(),
            shards: BTreeMap::new(),
            files: BTreeMap::new(),
        })
    }

    /// Takes a shard over as it stands, if it was made of the same inputs and its files
    /// are there. Whether it did.
    ///
    /// # Errors
    /// Where the files cannot be linked or copied.
    pub fn keep(&mut self, shard: u32, inputs: &str) -> Result<bool, DatasetError> {
        let Some(record) = self.former.get(&shard).filter(|former| former.inputs == inputs) else {
            return Ok(false);
        };
        let mut files = Vec::new();
        for cell in &record.cells {
            for (_, path) in files_of(&self.formats, shard, &cell.family, cell.form, cell.split) {
                match self.former_files.get(&path).filter(|file| file.stands_in(&self.target)) {
                    Some(file) => files.push(file.clone()),
                    None => return Ok(false),
                }
            }
        }
        for file in files {
            take_over(&self.target.join(&file.path), &self.building.join(&file.path))?;
            self.files.insert(file.path.clone(), file);
        }
        self.shards.insert(shard, record.clone());
        Ok(true)
    }

    /// A writer for a shard, to be used on any thread; hand what it finishes to
    /// [`Self::add`].
    #[must_use]
    pub fn shard(&self, shard: u32, inputs: &str) -> ShardWriter {
        let proof = Arc::clone(&self.proof);
        ShardWriter::new(&self.building, &self.formats, proof, shard, inputs.to_owned())
    }

    /// Adds a written shard.
    pub fn add(&mut self, shard: Shard) {
        self.files.extend(shard.files.into_iter().map(|file| (file.path.clone(), file)));
        self.shards.insert(shard.record.shard, shard.record);
    }

    /// Writes cards, trainers' files and the manifest, and puts the data set in its place.
    ///
    /// # Errors
    /// Where a file cannot be written or the folder not replaced.
    pub fn finish(mut self, about: &About, whole: Whole) -> Result<Manifest, DatasetError> {
        let configs = configs(self.shards.values());
        let mut licences = BTreeMap::new();
        let mut rejected = BTreeMap::new();
        for shard in self.shards.values() {
            add_all(&mut licences, &shard.licences);
            add_all(&mut rejected, &shard.rejected);
        }
        let licence = most_restrictive(licences.keys().map(String::as_str)).unwrap_or(UNKNOWN);
        let data: Vec<&FileRecord> = self.files.values().collect();
        let contents = Contents {
            name: &self.name,
            about,
            configs: &configs,
            formats: &self.formats,
            licence,
            licences: &licences,
            rejected: &rejected,
            whole: &whole,
            files: &data,
        };
        let mut written = Vec::new();
        for (name, text) in documents(&contents) {
            written.push(HashedFile::write_whole(&self.building, &name, text.as_bytes())?);
        }
        let licence = licence.to_owned();
        self.files.extend(written.into_iter().map(|file| (file.path.clone(), file)));
        let files: Vec<FileRecord> = self.files.into_values().collect();
        let counts = configs
            .iter()
            .map(|config| {
                let splits = config.splits.iter().map(|(split, of)| (split.to_string(), *of));
                (config.name.clone(), splits.collect())
            })
            .collect();
        let manifest = Manifest {
            version: VERSION,
            dataset: self.name,
            inputs: whole.inputs,
            merkle_root: merkle_root(files.iter().map(|f| (f.path.as_str(), f.sha256.as_str()))),
            licence,
            licences,
            refused_licences: whole.refused_licences,
            withheld: whole.withheld,
            rejected,
            counts,
            overlap: whole.overlap,
            shards: self.shards.into_values().collect(),
            files,
        };
        let mut text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        text.push('\n');
        HashedFile::write_whole(&self.building, MANIFEST, text.as_bytes())?;
        replace_folder(&self.building, &self.target)?;
        Ok(manifest)
    }
}

/// The configurations: a family's rows of one form, named after the family, and after
/// the form too where the family has several.
fn configs<'a>(shards: impl Iterator<Item = &'a ShardRecord>) -> Vec<Config> {
    let mut cells: BTreeMap<_, BTreeMap<_, Counts>> = BTreeMap::new();
    for cell in shards.flat_map(|shard| &shard.cells) {
        let splits = cells.entry((cell.family.clone(), cell.form)).or_default();
        splits.entry(cell.split).or_default().add(&cell.counts);
    }
    let forms = |family: &str| {
        let derived = crate::Form::Feedback;
        cells.keys().filter(|(name, form)| name == family && *form != derived).count()
    };
    let name = |family: &str, form: crate::Form| {
        if forms(family) > 1 || form == crate::Form::Feedback {
            format!("{family}-{}", form.name())
        } else {
            family.to_owned()
        }
    };
    let mut all: Vec<Config> = cells
        .iter()
        .map(|((family, form), splits)| Config {
            name: name(family, *form),
            family: family.clone(),
            form: *form,
            splits: splits.clone(),
        })
        .collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn add_all(sum: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (name, count) in more {
        *sum.entry(name.clone()).or_default() += count;
    }
}
