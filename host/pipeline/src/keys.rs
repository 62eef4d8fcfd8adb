//! Cache keys: a stage's result is a function of its component, its configuration and
//! its input, and so is its key.

use rehearsal_model::{Annotation, Digest, Example, Hasher};
use rehearsal_sandbox::Component;

use crate::records::Product;

/// What a stage's results depend on besides their input.
/// `semantics` is the embedding model that it may ask; none where it has to do without.
pub(crate) fn stage(
    component: &Component,
    canonical_config: &str,
    hears: bool,
    semantics: Option<&str>,
) -> Digest {
    let mut hasher = Hasher::new("stage");
    hasher
        .part(component.digest().as_bytes())
        .part(component.world().name().as_bytes())
        .part(component.contract().as_bytes())
        .part(canonical_config.as_bytes())
        .part(&[u8::from(hears)]);
    if let Some(model) = semantics {
        hasher.part(model.as_bytes());
    }
    hasher.finish()
}

/// Of an entry: loaded again when the loader, its configuration, the handling of
/// personal data or the entry changes.
pub(crate) fn entry(
    stage: &Digest,
    privacy: &Digest,
    licence: Option<&str>,
    fingerprint: &str,
) -> Digest {
    let mut hasher = Hasher::new("entry");
    hasher
        .part(stage.as_bytes())
        .part(privacy.as_bytes())
        .part(licence.unwrap_or_default().as_bytes())
        .part(fingerprint.as_bytes());
    hasher.finish()
}

/// Of an extractor's or a path's result on a call with the annotations that it reads.
pub(crate) fn on_call(stage: &Digest, call: &Digest, read: &[&Annotation]) -> Digest {
    let mut hasher = Hasher::new("on call");
    hasher.part(stage.as_bytes()).part(call.as_bytes());
    if !read.is_empty() {
        hasher.part(Digest::of_value(&read).as_bytes());
    }
    hasher.finish()
}

/// Of what is made of a call that is put off: no run takes it for up to date, and data
/// sets see when it changes.
pub(crate) fn put_off(product: &Product) -> Digest {
    let mut hasher = Hasher::new("put off");
    hasher.part(Digest::of_value(product).as_bytes());
    hasher.finish()
}

/// Of a validator's result on a call's examples.
pub(crate) fn on_examples(stage: &Digest, examples: &[&Example]) -> Digest {
    let mut hasher = Hasher::new("on examples");
    hasher.part(stage.as_bytes()).part(Digest::of_value(&examples).as_bytes());
    hasher.finish()
}

/// Of everything that is made of a call: equal means that nothing is to be done.
/// `call` is the fingerprint of the call's record, which the index holds.
pub(crate) fn product(call: &[u8; 16], stages: &Digest) -> Digest {
    let mut hasher = Hasher::new("product");
    hasher.part(call).part(stages.as_bytes());
    hasher.finish()
}
