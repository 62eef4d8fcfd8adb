//! The folder in which answers are kept as files, and how much may lie in it: many
//! recordings, each small enough, fill a disk as well as one that is not.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::SendError;

/// Where answers are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// The folder.
    pub folder: PathBuf,
    /// The most that its files may come to, in bytes.
    pub most: u64,
}

/// What lies there leaves no room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Full {
    held: u64,
    /// Bytes of what should be added, as far as they are known.
    more: Option<u64>,
    most: u64,
}

impl Shelf {
    /// Bytes that may be added. What others are adding right now counts.
    ///
    /// # Errors
    /// It holds all that it may; or its folder cannot be read.
    pub(crate) fn room(&self) -> io::Result<Result<u64, Full>> {
        let held = self.held()?;
        Ok(self
            .most
            .checked_sub(held)
            .filter(|room| *room > 0)
            .ok_or_else(|| self.full(held, None)))
    }

    /// That `more` bytes beyond what is held would be too much.
    pub(crate) fn full(&self, held: u64, more: Option<u64>) -> Full {
        Full { held, more, most: self.most }
    }

    /// Bytes of its files.
    pub(crate) fn held(&self) -> io::Result<u64> {
        let files = match fs::read_dir(&self.folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(error),
        };
        let mut held = 0_u64;
        for file in files {
            match file?.metadata() {
                Ok(about) => held = held.saturating_add(about.len()),
                // Another run has just finished or dropped it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(held)
    }
}

impl From<Full> for SendError {
    /// Plugins read this, so the folder's place is not in it.
    fn from(full: Full) -> Self {
        let (held, most) = (in_words(full.held), in_words(full.most));
        let one = full.more.map_or_else(String::new, |more| format!(" ({})", in_words(more)));
        let problem = if full.held < full.most {
            format!("{held}; this one{one} would make them more than the {most}")
        } else {
            format!("{held}, no less than the {most}")
        };
        Self::Spent(format!(
            "recordings in `media/` of the workspace take {problem} that `max_media` of \
             `[pipeline]` allows; raise it, or make room with `rehearsal forget` or `rehearsal \
             purge --gone`: a later run fetches what is missing"
        ))
    }
}

/// `1.5 GiB`: the largest unit that leaves a whole number before the point.
fn in_words(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let (mut value, mut unit) = (bytes as f64, "B");
    for larger in UNITS {
        if value < 1024.0 {
            break;
        }
        (value, unit) = (value / 1024.0, larger);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_the_folder_counts_whoever_put_it_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let shelf = Shelf { folder: folder.path().join("media"), most: 1000 };
        assert_eq!(shelf.room().expect("no folder yet"), Ok(1000));
        fs::create_dir(&shelf.folder).expect("a folder");
        fs::write(shelf.folder.join("one"), [0; 600]).expect("a file");
        assert_eq!(shelf.room().expect("a folder"), Ok(400));
        fs::write(shelf.folder.join("two"), [0; 400]).expect("a file");
        assert_eq!(shelf.room().expect("a folder"), Err(shelf.full(1000, None)));
    }

    #[test]
    fn sizes_read_well() {
        let sizes = [0, 1023, 1024, 1536 << 20, 50 << 30, u64::MAX].map(in_words);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.5 GiB", "50.0 GiB", "16777216.0 TiB"]);
    }
}
