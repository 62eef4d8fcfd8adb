//! The calls that sources list now, in the order of their ids.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rehearsal_model::{ConversationId, Hasher};
use rehearsal_repository::Repository;

use crate::records::ENTRIES;
use crate::{PipelineError, entries};

/// What splits and cards need to know of a call. Names are shared: a million calls
/// have few sources and licences.
#[derive(Debug, Clone)]
pub(crate) struct LiveCall {
    pub(crate) source: Arc<str>,
    pub(crate) account: Option<Arc<str>>,
    pub(crate) licence: Option<Arc<str>>,
}

impl LiveCall {
    /// Adds what it says to a digest.
    pub(crate) fn add_to(&self, hasher: &mut Hasher) {
        let text = |name: &Option<Arc<str>>| name.as_deref().unwrap_or_default().to_owned();
        hasher
            .part(self.source.as_bytes())
            .part(text(&self.account).as_bytes())
            .part(text(&self.licence).as_bytes());
    }
}

/// All live calls of the given sources.
pub(crate) fn live_calls(
    repository: &Repository,
    sources: &HashSet<&str>,
) -> Result<BTreeMap<ConversationId, LiveCall>, PipelineError> {
    let mut names = Names::default();
    let mut calls = BTreeMap::new();
    for record in repository.scan(&ENTRIES, [])? {
        let record = record?;
        let entry = record.value;
        if entry.gone || !sources.contains(entry.source.as_str()) {
            continue;
        }
        let source = names.share(&entry.source);
        entries::for_each_part(repository, &record.key, &entry, |part| {
            for item in &part.items {
                let call = LiveCall {
                    source: Arc::clone(&source),
                    account: item.account.as_deref().map(|name| names.share(name)),
                    licence: item.licence.as_deref().map(|name| names.share(name)),
                };
                calls.insert(item.id, call);
            }
            Ok(())
        })?;
    }
    Ok(calls)
}

#[derive(Default)]
struct Names(HashSet<Arc<str>>);

impl Names {
    fn share(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.0.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<str> = name.into();
        self.0.insert(Arc::clone(&name));
        name
    }
}
