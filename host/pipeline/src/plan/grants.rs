//! What a stage may have, as pipeline.toml grants it, and what it may use up.

use std::sync::Arc;
use std::time::Duration;

use rehearsal_config::{Diagnostic, Interface, PrivacyMode, Stage, StageKind};
use rehearsal_sandbox::{Capability, Component, FileGrant, Grants, Limits, SemanticsSource};

use super::resolve::Resolver;
use crate::http;

impl Resolver<'_> {
    /// None where something is missing or cannot be granted: the findings say what.
    pub(super) fn grants(&mut self, stage: &Stage, component: &Component) -> Option<Grants> {
        let mut whole = true;
        let replaced = self.config.pipeline.privacy.mode == PrivacyMode::Redact;
        if stage.kind == StageKind::Extractor && !stage.grants.http.is_empty() && !replaced {
            self.findings.push(self.config.calls_would_leave(stage));
            whole = false;
        }
        for (interface, capability) in [
            (Interface::Files, Capability::Files),
            (Interface::Audio, Capability::Audio),
            (Interface::Http, Capability::Http),
        ] {
            let needs = component.needs().contains(&capability);
            let uses = needs || component.uses().contains(&capability);
            if needs && !stage.grants.allows(interface) {
                self.findings.push(self.config.missing_grant(stage, interface));
                whole = false;
            } else if !uses && stage.grants.allows(interface) {
                self.findings.push(self.config.unused_grant(stage, interface));
            }
        }
        let semantics = self.semantics(stage, component);
        let files = match &stage.grants.files {
            None => None,
            Some(files) => {
                let fingerprints = Arc::clone(&self.surroundings.fingerprints);
                let matcher = files.matcher().map_err(|error| error.to_string());
                let grant = matcher.and_then(|include| {
                    FileGrant::new(&files.root, include, fingerprints)
                        .map(|grant| grant.without(&self.config.pipeline.workspace))
                        .map_err(|error| error.to_string())
                });
                match grant {
                    Ok(grant) => Some(grant),
                    Err(error) => {
                        let finding =
                            Diagnostic::error(error).label(stage.grant_span(), "this grant");
                        self.findings.push(finding);
                        return None;
                    }
                }
            }
        };
        let http = match http::door(&self.surroundings.gate, self.config, stage, component) {
            Ok(door) => door,
            Err(error) => {
                let finding =
                    Diagnostic::error(error.to_string()).label(stage.grant_span(), "this grant");
                self.findings.push(finding);
                return None;
            }
        };
        let audio = stage.grants.audio.then(|| Arc::clone(&self.surroundings.audio));
        whole.then(|| Grants {
            config_json: stage.canonical_config(),
            files,
            audio,
            http,
            semantics,
            seed: 0,
        })
    }

    /// Embeddings, where they were granted. Without the model the plugin does without
    /// them, so that is no error.
    fn semantics(
        &mut self,
        stage: &Stage,
        component: &Component,
    ) -> Option<Arc<dyn SemanticsSource>> {
        if !stage.grants.semantics {
            return None;
        }
        if !component.uses().contains(&Capability::Semantics) {
            self.findings.push(self.config.unused_grant(stage, Interface::Semantics));
            return None;
        }
        let source = Arc::clone(&self.surroundings.semantics);
        if let Some(reason) = source.missing() {
            self.findings.push(
                Diagnostic::warning(format!("`{}` does without embeddings: {reason}", stage.id))
                    .label(stage.grant_span(), "granted, and there is no model")
                    .help("labels come from cues alone until the model is here"),
            );
        }
        Some(source)
    }
}

/// Time of a call that may have every sentence of its batch embedded: 64 calls of an hour
/// each, at some milliseconds a sentence; or that may ask a language model about one call,
/// which takes minutes where that has no accelerator.
const LONG_TIME: Duration = Duration::from_secs(600);

pub(super) fn limits(stage: &Stage) -> Limits {
    let mut limits = Limits::default();
    if let Some(memory) = stage.limits.memory {
        limits.memory = usize::try_from(memory).unwrap_or(usize::MAX);
    }
    let asks = stage.kind == StageKind::Extractor && !stage.grants.http.is_empty();
    if stage.grants.semantics || asks {
        limits.deadline = LONG_TIME;
    }
    if let Some(time) = stage.limits.time {
        limits.deadline = time;
    }
    limits
}
