//! Whisper's text tokens as bytes, from the files that tokenizers leave.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Tokens that are text; whisper.cpp names the special ones after them itself.
const TEXT_TOKENS: usize = 50_257;

/// The vocabulary file of a model folder.
pub(super) fn find(folder: &Path) -> Result<PathBuf, String> {
    ["tokenizer.json", "vocab.json", "vocabulary.json", "vocabulary.txt"]
        .iter()
        .map(|name| folder.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| {
            "it has no tokenizer.json, vocab.json, vocabulary.json or vocabulary.txt".to_owned()
        })
}

/// The text tokens in the order of their ids.
pub(super) fn read(path: &Path) -> Result<Vec<Vec<u8>>, String> {
    let text = fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let by_id = if path.extension().is_some_and(|e| e == "txt") {
        text.strip_suffix('\n')
            .unwrap_or(&text)
            .split('\n')
            .map(str::to_owned)
            .enumerate()
            .collect()
    } else {
        let json: Value =
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        from_json(&json).ok_or_else(|| format!("{} is no vocabulary", path.display()))?
    };
    let table = byte_of_char();
    (0..TEXT_TOKENS)
        .map(|id| {
            // The multilingual vocabulary has an empty last text token.
            let token = by_id.get(&id).map_or("", String::as_str);
            token
                .chars()
                .map(|c| table.get(&c).copied())
                .collect::<Option<Vec<u8>>>()
                .ok_or_else(|| format!("{}: token {id} is not Whisper's", path.display()))
        })
        .collect()
}

fn from_json(json: &Value) -> Option<HashMap<usize, String>> {
    if let Some(list) = json.as_array() {
        return list
            .iter()
            .map(|t| t.as_str().map(str::to_owned))
            .enumerate()
            .map(|(id, token)| Some((id, token?)))
            .collect();
    }
    let vocabulary = json.get("model").and_then(|m| m.get("vocab")).unwrap_or(json).as_object()?;
    let mut by_id = HashMap::new();
    for (token, id) in vocabulary {
        by_id.insert(usize::try_from(id.as_u64()?).ok()?, token.clone());
    }
    for added in json.get("added_tokens").and_then(Value::as_array).into_iter().flatten() {
        let id = usize::try_from(added.get("id")?.as_u64()?).ok()?;
        by_id.insert(id, added.get("content")?.as_str()?.to_owned());
    }
    Some(by_id)
}

/// GPT-2 writes every byte as a printable character; this is the way back.
fn byte_of_char() -> HashMap<char, u8> {
    let printable = |b: u8| matches!(b, 33..=126 | 161..=172 | 174..=255);
    let mut table: HashMap<char, u8> =
        (0..=255).filter(|b| printable(*b)).map(|b| (char::from(b), b)).collect();
    let spare = ('\u{100}'..).zip((0..=255).filter(|b| !printable(*b)));
    table.extend(spare);
    table
}
