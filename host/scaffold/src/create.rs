//! Writes the beginning of a plugin.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rehearsal_sandbox::World;

use crate::{Language, template};

/// Why there is no new project.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The name cannot be one.
    #[error(
        "`{0}` is no name for a plugin: lowercase letters, digits and `-`, and a letter first, \
         as in `my-plugin`"
    )]
    Name(String),
    /// Something is there already.
    #[error("{} is there already; choose another name or folder", .0.display())]
    Exists(PathBuf),
    /// It cannot be written.
    #[error("cannot write {}: {error}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// What the operating system says.
        error: io::Error,
    },
}

/// Makes `folder` a plugin's project and gives the names of its files, relative to it.
///
/// # Errors
/// If the name cannot be one, the folder is there already, or cannot be written.
pub fn create(
    folder: &Path,
    name: &str,
    world: World,
    language: Language,
) -> Result<Vec<String>, CreateError> {
    if !is_name(name) {
        return Err(CreateError::Name(name.to_owned()));
    }
    if folder.exists() {
        return Err(CreateError::Exists(folder.to_owned()));
    }
    let mut names = Vec::new();
    for (file, text) in template::files(name, world, language) {
        let path = folder.join(&file);
        let written =
            path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, text));
        written.map_err(|error| CreateError::Write { path, error })?;
        names.push(file);
    }
    Ok(names)
}

/// A name goes into file names, package names and identifiers of four languages.
fn is_name(name: &str) -> bool {
    let starts = name.starts_with(|c: char| c.is_ascii_lowercase());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    starts && name.len() <= 60 && !name.ends_with('-') && name.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_project_never_overwrites_and_its_name_is_checked() {
        let folder = tempfile::tempdir().unwrap();
        let there = create(folder.path(), "mine", World::Loader, Language::C);
        assert!(matches!(there, Err(CreateError::Exists(_))));
        for name in ["", "Mine", "../mine", "1st", "a b", "a-", "\"x"] {
            let new = folder.path().join("new");
            let error = create(&new, name, World::Loader, Language::C);
            assert!(matches!(error, Err(CreateError::Name(_))), "{name}");
        }
    }

    /// Such as `{{name}}`; C has braces in pairs, too.
    fn has_placeholder(text: &str) -> bool {
        text.split("{{").skip(1).any(|rest| {
            let name = rest.split_once("}}").map(|(name, _)| name);
            name.is_some_and(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        })
    }

    #[test]
    fn no_placeholder_is_left_in_any_project() {
        let folder = tempfile::tempdir().unwrap();
        for world in World::ALL {
            for language in Language::ALL {
                let new = folder.path().join(format!("{world}-{language}"));
                let files = create(&new, "my-plugin", world, language).unwrap();
                assert!(files.iter().any(|file| file == language.mark()), "{files:?}");
                assert!(files.iter().any(|file| file == "wit/deps/rehearsal-plugin/types.wit"));
                for file in files {
                    let text = fs::read_to_string(new.join(&file)).unwrap();
                    assert!(!has_placeholder(&text), "{world} {language} {file}");
                }
            }
        }
    }
}
