//! A data set's card as HuggingFace keeps it: the YAML at the top of `README.md`, or `dataset_info.json`.

use rehearsal_sdk::prelude::*;
use saphyr_parser::{Event, Parser};

use crate::json;

/// Longest card that is read, in bytes: the YAML stands at its top.
const LONGEST: u32 = 1024 * 1024;

/// What a card says of all its rows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Card {
    /// As the card writes it; several with commas between.
    pub licence: Option<String>,
    /// BCP 47; `mul` for several.
    pub language: Option<String>,
}

#[derive(Deserialize)]
struct Info {
    #[serde(default)]
    license: String,
}

/// Where a file's card can lie: beside it, or in a folder above.
fn places(key: &str) -> impl Iterator<Item = String> {
    let parts: Vec<&str> = key.split('/').collect();
    let folders = (0..parts.len()).rev().map(move |depth| parts[..depth].join("/"));
    let folders: Vec<_> = folders.collect();
    folders.into_iter().flat_map(|folder| {
        ["README.md", "dataset_info.json"].map(|file| {
            if folder.is_empty() { file.to_owned() } else { format!("{folder}/{file}") }
        })
    })
}

impl Card {
    /// Changes when the card of a file's data set does; empty where there is none.
    ///
    /// # Errors
    /// The host cannot list what it granted.
    pub fn fingerprint(files: &Files, key: &str) -> Result<String> {
        let mut all = String::new();
        for place in places(key) {
            if let Some(file) = files.find(&place)? {
                all.push('+');
                all.push_str(&file.fingerprint);
            }
        }
        Ok(all)
    }

    /// Of the data set that a file belongs to.
    ///
    /// # Errors
    /// The card's YAML is broken; the message names it.
    pub fn of(files: &Files, key: &str) -> Result<Self> {
        let mut card = Self::default();
        for place in places(key) {
            let Some(blob) = files.open_if_present(&place)? else { continue };
            let bytes = blob.read(0, LONGEST)?;
            let found = if place.ends_with(".json") {
                let info: Info = json::parse(&place, 1, &bytes)?;
                let licence = Some(info.license.trim().to_owned()).filter(|text| !text.is_empty());
                Self { licence, language: None }
            } else {
                Self::parse(&String::from_utf8_lossy(&bytes))
                    .map_err(|what| Error::invalid(format!("{place}: {what}")))?
            };
            card.licence = card.licence.or(found.licence);
            card.language = card.language.or(found.language);
        }
        Ok(card)
    }

    /// Of a `README.md`. The events of the YAML are walked, not its tree: a card of
    /// aliases of aliases costs nothing.
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
        let Some(yaml) = text.strip_prefix("---\n") else { return Ok(Self::default()) };
        let yaml = yaml.find("\n---").map_or(yaml, |end| &yaml[..=end]);
        let (mut card, mut depth) = (Self::default(), 0_u32);
        // The key at the top that is being read, or none where a key comes next.
        let mut key: Option<String> = None;
        for event in Parser::new_from_str(yaml) {
            let (event, _) = event.map_err(|error| format!("its YAML is broken: {error}"))?;
            match event {
                Event::MappingStart(..) | Event::SequenceStart(..) => depth += 1,
                Event::MappingEnd | Event::SequenceEnd => {
                    depth = depth.saturating_sub(1);
                    if depth == 1 {
                        key = None;
                    }
                }
                Event::Scalar(value, ..) if depth == 1 => match key.take() {
                    None => key = Some(value.into_owned()),
                    Some(key) => card.take(&key, &value),
                },
                Event::Scalar(value, ..) if depth == 2 => {
                    key.iter().for_each(|key| card.take(key, &value));
                }
                Event::Alias(_) if depth == 1 => key = None,
                _ => {}
            }
        }
        Ok(card)
    }

    fn take(&mut self, key: &str, value: &str) {
        let value = value.trim();
        let field = match key {
            // `license: other` is told by its name.
            "license" => &mut self.licence,
            "license_name" => {
                self.licence = Some(value.to_owned());
                return;
            }
            "language" => &mut self.language,
            _ => return,
        };
        match field {
            _ if value.is_empty() || value == "~" => {}
            None => *field = Some(value.to_owned()),
            // Of several languages none is every row's.
            Some(_) if key == "language" => *field = Some("mul".to_owned()),
            Some(all) => {
                all.push_str(", ");
                all.push_str(value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_licence_is_found_in_every_way_that_cards_write_it() {
        let licence = |yaml: &str| {
            Card::parse(&format!("---\n{yaml}\n---\n# T\nlicense: no")).unwrap().licence
        };
        assert_eq!(licence("license: cc-by-nc-4.0").as_deref(), Some("cc-by-nc-4.0"));
        assert_eq!(
            licence("tags:\n- license\nlicense:\n- mit\n- cc0-1.0").as_deref(),
            Some("mit, cc0-1.0")
        );
        assert_eq!(licence("license: other\nlicense_name: own").as_deref(), Some("own"));
        assert_eq!(licence("dataset_info:\n  license: x\n  features:\n  - name: a"), None);
        assert_eq!(Card::parse("# No front matter").unwrap(), Card::default());
        assert!(Card::parse("---\na: [\n---\n").is_err());
        let card = Card::parse("---\nlanguage: en\n---\n").unwrap();
        assert_eq!(card.language.as_deref(), Some("en"));
    }

    #[test]
    fn cards_are_looked_for_up_to_the_top() {
        let all: Vec<_> = places("a/b/c.parquet").collect();
        assert_eq!(all[0], "a/b/README.md");
        assert_eq!(all[4..], ["README.md", "dataset_info.json"]);
    }
}
