//! Trained heads for extractors: the champions of `[[trainer]]`s, given to a plugin with
//! its configuration. So the contract needs no further door for them, the cache key of the
//! stage follows from them as from any setting, and the plugin's schema says which it
//! takes.

use rehearsal_config::{Diagnostic, Stage};
use rehearsal_model::Digest;
use rehearsal_sandbox::Extractor;
use serde_json::{Map, Value};

use super::Ready;
use super::resolve::Resolver;
use crate::PipelineError;

/// Key of an extractor's table.
const KEY: &str = "heads";

/// A trained head for an extractor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TunedHead {
    /// The extractor's id.
    pub extractor: String,
    /// The head, as the plugin's schema names it.
    pub head: String,
    /// The model: `nepq@2`.
    pub model: String,
    /// Its weights, as the plugin reads them; or why those that ship are used in their
    /// place.
    pub weights: Result<String, String>,
}

impl Resolver<'_> {
    pub(super) async fn extractor_with_heads(
        &mut self,
        stage: &Stage,
    ) -> Result<Option<Ready<Extractor>>, PipelineError> {
        let own = self.surroundings.heads.iter().filter(|head| head.extractor == stage.id);
        let mut given = Map::new();
        for head in own {
            match &head.weights {
                Ok(weights) if stage.grants.semantics => {
                    given.insert(head.head.clone(), Value::String(weights.clone()));
                }
                Ok(_) => self.findings.push(
                    Diagnostic::warning(format!("`{}` is not used by `{}`", head.model, stage.id))
                        .label(stage.grant_span(), "heads want embeddings")
                        .help("write `grant.semantics = true`"),
                ),
                Err(reason) => self.findings.push(
                    Diagnostic::warning(format!(
                        "`{}` is not used by `{}`: {reason}",
                        head.model, stage.id
                    ))
                    .label(stage.spans.header.clone(), "the head that ships is used")
                    .help("`rehearsal improve` trains another"),
                ),
            }
        }
        if given.is_empty() {
            return self.extractor(stage).await;
        }
        let mut stage = stage.clone();
        if let Some(table) = stage.config.as_object_mut() {
            table.insert(KEY.to_owned(), Value::Object(given));
        }
        self.extractor(&stage).await
    }
}

/// A stage's configuration for people, records and messages: a head by its digest.
pub(super) fn in_short(stage: &Stage, heads: &[TunedHead], config: &str) -> String {
    if !heads.iter().any(|head| head.extractor == stage.id) {
        return config.to_owned();
    }
    let mut short = stage.clone();
    let given = short.config.get_mut(KEY).and_then(Value::as_object_mut);
    for (_, weights) in given.into_iter().flatten() {
        if let Some(text) = weights.as_str() {
            *weights = Value::String(format!("blake3:{}", Digest::of(text.as_bytes())));
        }
    }
    short.canonical_config()
}
