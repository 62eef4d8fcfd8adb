//! Writes a data set: one JSONL file a family and split, a manifest over them, all
//! in a temporary folder that takes its name when it is whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rehearsal_model::{ConversationId, Example, ExampleId};

use crate::files::{HashedFile, replace_folder};
use crate::manifest::{Counts, MANIFEST, Manifest};
use crate::merkle::merkle_root;
use crate::row::{Origin, row};
use crate::{DatasetError, Split};

/// A data set being written. Rows are expected in the order of their ids, a call's
/// rows together.
pub struct DatasetWriter {
    name: String,
    target: PathBuf,
    building: PathBuf,
    files: BTreeMap<(String, Split), Part>,
    rejected: BTreeMap<String, u64>,
    licences: BTreeMap<String, u64>,
}

struct Part {
    file: HashedFile,
    counts: Counts,
    last: Option<ConversationId>,
}

impl DatasetWriter {
    /// Starts the data set `name` in `folder/name`.
    ///
    /// # Errors
    /// Where the temporary folder cannot be made.
    pub fn create(folder: &Path, name: &str) -> Result<Self, DatasetError> {
        let building = folder.join(format!(".{name}.building"));
        match fs::remove_dir_all(&building) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(DatasetError::io("remove", &building)(error));
            }
            _ => {}
        }
        fs::create_dir_all(&building).map_err(DatasetError::io("create", &building))?;
        Ok(Self {
            name: name.to_owned(),
            target: folder.join(name),
            building,
            files: BTreeMap::new(),
            rejected: BTreeMap::new(),
            licences: BTreeMap::new(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// Where its file cannot be written.
    pub fn write(
        &mut self,
        id: &ExampleId,
        example: &Example,
        origin: &Origin,
        split: Split,
    ) -> Result<(), DatasetError> {
        let slot = (example.family.clone(), split);
        let part = match self.files.entry(slot) {
            std::collections::btree_map::Entry::Occupied(part) => part.into_mut(),
            std::collections::btree_map::Entry::Vacant(empty) => {
                let name = format!("{}/{split}.jsonl", example.family);
                let file = HashedFile::create(&self.building, &name)?;
                empty.insert(Part { file, counts: Counts::default(), last: None })
            }
        };
        let mut line = row(id, example, origin).to_string();
        line.push('\n');
        part.file.write(line.as_bytes())?;
        part.counts.rows += 1;
        part.counts.conversations +=
            u64::from(part.last.replace(id.conversation) != Some(id.conversation));
        part.counts.trained_messages +=
            example.body.messages().filter(|message| message.train).count() as u64;
        let licence = origin.licence.as_deref().unwrap_or("unknown");
        *self.licences.entry(licence.to_owned()).or_default() += 1;
        Ok(())
    }

    /// Counts an example that a validator kept out.
    pub fn reject(&mut self, check: &str) {
        *self.rejected.entry(check.to_owned()).or_default() += 1;
    }

    /// Writes the manifest and puts the data set in its place. `inputs` is a digest
    /// of all that went in.
    ///
    /// # Errors
    /// Where a file cannot be written or the folder not replaced.
    pub fn finish(self, inputs: &str) -> Result<Manifest, DatasetError> {
        let Self { name, target, building, files: parts, rejected, licences } = self;
        let mut counts: BTreeMap<String, BTreeMap<String, Counts>> = BTreeMap::new();
        let mut files = Vec::new();
        for ((family, split), part) in parts {
            counts.entry(family).or_default().insert(split.name().to_owned(), part.counts);
            files.push(part.file.finish()?);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let root = merkle_root(files.iter().map(|f| (f.path.as_str(), f.sha256.as_str())));
        let manifest = Manifest {
            version: 1,
            dataset: name,
            inputs: inputs.to_owned(),
            merkle_root: root,
            counts,
            rejected,
            licences,
            files,
        };
        let mut file = HashedFile::create(&building, MANIFEST)?;
        let text = serde_json::to_string_pretty(&manifest).unwrap_or_default();
        file.write(text.as_bytes())?;
        file.write(b"\n")?;
        file.finish()?;
        replace_folder(&building, &target)?;
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use rehearsal_model::{Body, Message, Speaker};

    use super::*;

    fn example(key: &str) -> Example {
        let message = |role, content: &str, train| Message {
            role,
            content: content.into(),
            train,
            turns: vec![0],
        };
        Example {
            key: key.into(),
            family: "dialogue".into(),
            body: Body::Chat {
                messages: vec![
                    message(Speaker::User, "Hi, Dana?", false),
                    message(Speaker::Assistant, "Um, yes.", true),
                ],
            },
            turns: vec![0, 1],
            because: vec![],
            tags: vec![],
        }
    }

    fn write(folder: &Path) -> Manifest {
        let mut writer = DatasetWriter::create(folder, "roleplay").unwrap();
        for number in 0..3 {
            let id = ExampleId {
                path: "roleplay".into(),
                conversation: ConversationId::new("s", &number.to_string(), ""),
                key: "0".into(),
            };
            writer.write(&id, &example("0"), &Origin::default(), Split::Train).unwrap();
        }
        writer.reject("too_short");
        writer.finish("inputs").unwrap()
    }

    #[test]
    fn a_data_set_can_be_read_checked_and_written_again_with_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let first = write(folder.path());
        let target = folder.path().join("roleplay");
        let text = fs::read_to_string(target.join("dialogue/train.jsonl")).unwrap();
        assert_eq!(text.lines().count(), 3);
        let row: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
        assert_eq!(row["messages"][1]["train"], true);
        assert_eq!(row["messages"][0]["role"], "user");
        assert_eq!(first.counts["dialogue"]["train"].rows, 3);
        assert_eq!(first.rejected["too_short"], 1);
        assert!(first.stands_in(&target));
        assert_eq!(Manifest::read(&target).unwrap().as_ref(), Some(&first));
        assert_eq!(write(folder.path()), first);
        let names: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(names, ["roleplay"]);
        fs::remove_file(target.join("dialogue/train.jsonl")).unwrap();
        assert!(!first.stands_in(&target));
    }
}
