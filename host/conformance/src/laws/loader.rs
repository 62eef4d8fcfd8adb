//! A source is listed and loaded in pieces, and each piece can be had again: a run that
//! was cut off goes on at any page and any chunk.

use std::collections::{BTreeMap, HashSet};

use rehearsal_sandbox::{Chunk, Entry, Failure, ItemError, Loader, Page};

use crate::Report;
use crate::tested::Tested;

/// Pages, and chunks of an entry, beyond which a listing leads nowhere.
const ENDLESS: usize = 10_000;
/// Entries that are loaded; sources may have millions.
const LOADED: usize = 50;

/// All that a source gave.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Listed {
    /// Cursor and page, in order.
    pub(crate) pages: Vec<(Option<String>, Page)>,
    /// Offset and chunk of the first entries.
    pub(crate) chunks: BTreeMap<String, Vec<(u64, Chunk)>>,
}

impl Listed {
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.pages.iter().flat_map(|(_, page)| &page.entries)
    }
}

pub(crate) async fn loader(loader: &Loader, chance: &Tested, report: &mut Report) {
    let listed = walk(loader).await;
    let promise = "it lists a source to its end, and loads what it listed";
    let listed = match listed {
        Ok(listed) => {
            let (entries, pages) = (listed.entries().count(), listed.pages.len());
            let items: usize =
                listed.chunks.values().flatten().map(|(_, chunk)| chunk.items.len()).sum();
            let seen = format!("{entries} entries on {pages} pages, {items} items loaded");
            report.add("listing", promise, sound(&listed).map(|()| seen));
            listed
        }
        Err(error) => {
            report.add("listing", promise, Err(error));
            return;
        }
    };
    let resumed = resume(loader, &listed).await;
    report.add("resuming", "every page and every chunk can be had again", resumed);
    let stable = walk(loader).await.and_then(|again| unchanged(&listed, &again, "a second time"));
    report.add("repetition", "fingerprints and items stay, where nothing changed", stable);
    if let Tested::Loader(chance) = chance {
        let other = walk(chance)
            .await
            .and_then(|other| unchanged(&listed, &other, "with other random numbers"));
        report.add("chance", "other random numbers give the same", other);
    }
    report.add("unknown key", "an entry that is gone is an error, not a crash", gone(loader).await);
}

/// Lists all pages and loads the first entries.
pub(crate) async fn walk(loader: &Loader) -> Result<Listed, String> {
    let mut listed = Listed::default();
    let mut cursor = None;
    loop {
        let page = loader.list(cursor.as_deref()).await.map_err(|error| error.to_string())?.value;
        let next = page.next.clone();
        listed.pages.push((cursor, page));
        match next {
            None => break,
            Some(_) if listed.pages.len() >= ENDLESS => {
                return Err(format!("it has no end: {ENDLESS} pages"));
            }
            next => cursor = next,
        }
    }
    let keys: Vec<String> = listed.entries().take(LOADED).map(|entry| entry.key.clone()).collect();
    for key in keys {
        let chunks = load(loader, &key).await.map_err(|error| format!("`{key}`: {error}"))?;
        listed.chunks.insert(key, chunks);
    }
    Ok(listed)
}

async fn load(loader: &Loader, key: &str) -> Result<Vec<(u64, Chunk)>, String> {
    let mut chunks = Vec::new();
    let mut offset = 0;
    loop {
        let chunk = match loader.load(key, offset).await {
            Ok(chunk) => chunk.value,
            // A broken entry is a fact about the source.
            Err(error) if matches!(*error.failure, Failure::Plugin(_)) => break,
            Err(error) => return Err(error.to_string()),
        };
        let next = chunk.next;
        chunks.push((offset, chunk));
        match next {
            None => break,
            Some(_) if chunks.len() >= ENDLESS => {
                return Err(format!("it has no end: {ENDLESS} chunks"));
            }
            Some(next) => offset = next,
        }
    }
    Ok(chunks)
}

/// Names are names: unique where the host keeps things under them.
fn sound(listed: &Listed) -> Result<(), String> {
    let mut keys = HashSet::new();
    for entry in listed.entries() {
        if !keys.insert(&entry.key) {
            return Err(format!("the entry `{}` is listed twice", entry.key));
        }
        if entry.fingerprint.is_empty() {
            return Err(format!("the entry `{}` has no fingerprint", entry.key));
        }
    }
    for (entry, chunks) in &listed.chunks {
        let mut keys = HashSet::new();
        for item in chunks.iter().flat_map(|(_, chunk)| &chunk.items) {
            match item {
                Ok(item) if !keys.insert(&item.key) => {
                    return Err(format!("`{entry}` has the item `{}` twice", item.key));
                }
                Err(failed) if !matches!(failed.error, ItemError::Plugin(_)) => {
                    return Err(format!("`{entry}`, {failed}"));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

async fn resume(loader: &Loader, listed: &Listed) -> Result<String, String> {
    // Backwards, so that no page can lean on the one before.
    for (cursor, page) in listed.pages.iter().rev() {
        let again = loader.list(cursor.as_deref()).await.map_err(|error| error.to_string())?;
        if again.value != *page {
            let from = cursor.as_deref().unwrap_or("the start");
            return Err(format!("the page from {from} is another one when it is asked for again"));
        }
    }
    let mut chunks = 0;
    for (key, parts) in &listed.chunks {
        for (offset, chunk) in parts.iter().rev() {
            let again = loader.load(key, *offset).await.map_err(|error| error.to_string())?;
            if again.value != *chunk {
                return Err(format!("`{key}` from {offset} is another chunk when loaded again"));
            }
            chunks += 1;
        }
    }
    Ok(format!("{} pages, {chunks} chunks", listed.pages.len()))
}

fn unchanged(first: &Listed, second: &Listed, how: &str) -> Result<String, String> {
    if first == second {
        return Ok(format!("{} entries", first.entries().count()));
    }
    let changed = first.entries().zip(second.entries()).find(|(a, b)| a != b);
    Err(match changed {
        Some((a, _)) => format!("{how}, the entry `{}` is listed differently", a.key),
        None => {
            let key = first.chunks.iter().find(|(key, was)| second.chunks.get(*key) != Some(was));
            let key = key.map_or("the listing", |(key, _)| key.as_str());
            format!("{how}, `{key}` gives something else")
        }
    })
}

async fn gone(loader: &Loader) -> Result<String, String> {
    match loader.load("no such entry", 0).await {
        Err(error) if matches!(*error.failure, Failure::Plugin(_)) => Ok("refused".to_owned()),
        Err(error) => Err(error.to_string()),
        Ok(called) => {
            let items = called.value.items.iter().filter(|item| item.is_ok()).count();
            if items == 0 {
                return Ok("no items".to_owned());
            }
            Err(format!("it gives {items} items of an entry that does not exist"))
        }
    }
}
