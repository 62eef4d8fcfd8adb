//! Heads inside a plugin: from a call as the SDK gives it to labels.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use rehearsal_labels::Finding;
use rehearsal_sdk::prelude::{Tier, Value};
use rehearsal_sdk::types::Role;
use rehearsal_sdk::{Call, Embeddings, Refusal};

use crate::model::ModelError;
use crate::{Context, Line, Model, Reading, Sequence, Tuned, Vectors};

/// Findings by index of the turn; or why the learned tier has to be done without, for a
/// person.
pub type Found = Result<BTreeMap<u32, Vec<Finding>>, String>;

/// A call and what its texts mean.
pub struct Heard {
    reading: Reading,
    embedded: Embeddings,
    /// What the net says, asked when the first head needs it.
    context: OnceCell<Result<Context, String>>,
}

impl Heard {
    /// Asks the host for the meaning of all texts that heads look at.
    ///
    /// # Errors
    /// Embeddings are not granted, or there is no model; for a person.
    pub fn new(call: &Call<'_>) -> Result<Self, String> {
        let refused = |refusal: Refusal| refusal.message().to_owned();
        // Reading a call for the heads takes longer than finding its cues.
        call.embed(&[]).map_err(refused)?;
        let lines: Vec<Line<'_>> = call
            .turns()
            .map(|turn| Line {
                text: turn.text(),
                speaker: turn.participant(),
                seller: turn.role() == Role::Seller,
            })
            .collect();
        let reading = Reading::new(&lines);
        let embedded = call.embed(reading.texts()).map_err(refused)?;
        Ok(Self { reading, embedded, context: OnceCell::new() })
    }
}

/// A head that ships with a plugin, read when it is first needed.
pub struct Learned {
    head: &'static str,
    bytes: &'static [u8],
    /// What takes its place, as the configuration holds it.
    tuned: Option<String>,
    ready: OnceCell<Result<(Model, String), String>>,
}

impl Learned {
    /// The head of that name, from a file of `weights/`.
    #[must_use]
    pub const fn new(head: &'static str, bytes: &'static [u8]) -> Self {
        Self { head, bytes, tuned: None, ready: OnceCell::new() }
    }

    /// With a head that was tuned beside it, where there is one: base64 of
    /// [`Tuned::to_bytes`].
    #[must_use]
    pub fn tuned(self, tuned: Option<&String>) -> Self {
        Self { tuned: tuned.cloned(), ..self }
    }

    /// What the head says of a call. The rule of a finding names head, weights (the tuned
    /// ones where there are any) and embedding model:
    /// `nepq-head@1c2b3a40+all-minilm-l6-v2@53aa51172d14`.
    ///
    /// # Errors
    /// The host's embeddings are not those that the head was trained on, or the tuned
    /// weights are none for it.
    pub fn find(&self, heard: &Heard) -> Found {
        let mut found = BTreeMap::new();
        if heard.reading.is_empty() {
            return Ok(found);
        }
        let (model, rule) =
            self.ready.get_or_init(|| self.load()).as_ref().map_err(Clone::clone)?;
        let embedded = &heard.embedded;
        if embedded.model != model.embeddings {
            return Err(format!(
                "the heads were trained on embeddings of {}, and the host has {}",
                model.embeddings, embedded.model
            ));
        }
        let width = embedded.dimensions as usize;
        let vectors = Vectors::new(&heard.reading, &embedded.values, width)
            .ok_or("the host gave another number of embeddings than was asked for")?;
        let context = heard
            .context
            .get_or_init(|| context(model, &heard.reading, &vectors))
            .as_ref()
            .map_err(Clone::clone)?;
        let labels = model
            .predict(&heard.reading, &vectors, context, self.head)
            .ok_or_else(|| format!("there is no head `{}`", self.head))?;
        for one in labels {
            let finding = Finding {
                label: one.label,
                range: None,
                tier: Tier::Learned,
                rule: rule.clone(),
                confidence: one.confidence,
                related: Vec::new(),
            };
            found.entry(one.turn as u32).or_insert_with(Vec::new).push(finding);
        }
        Ok(found)
    }

    fn load(&self) -> Result<(Model, String), String> {
        let mut model = Model::load(self.bytes).map_err(|error| error.to_string())?;
        if model.sequence != net()?.1 {
            return Err(format!("the head `{}` was tuned beside another net", self.head));
        }
        // The net's mark is among the bytes, and theirs among those of what is tuned.
        let weights = match &self.tuned {
            None => Tuned::mark(self.bytes),
            Some(text) => self.tune(&mut model, text).map_err(|error| error.to_string())?,
        };
        let rule = format!("{}-head@{weights:08x}+{}", self.head, model.embeddings);
        Ok((model, rule))
    }

    fn tune(&self, model: &mut Model, text: &str) -> Result<u32, ModelError> {
        let bytes = Tuned::of_text(text)?;
        let tuned = Tuned::from_bytes(&bytes)?;
        if tuned.head != self.head {
            let (other, head) = (tuned.head, self.head);
            return Err(ModelError(format!("a tuned head of `{other}`, not of `{head}`")));
        }
        tuned.apply(model, self.bytes)?;
        Ok(Tuned::mark(&bytes))
    }
}

/// What the net that ships says of a call.
fn context(model: &Model, reading: &Reading, vectors: &Vectors<'_>) -> Result<Context, String> {
    Ok(model.context(reading, vectors, &net()?.0))
}

/// The net that ships and its mark: half a megabyte, read once for all heads and calls.
fn net() -> Result<&'static (Sequence, u32), String> {
    static NET: OnceLock<Result<(Sequence, u32), ModelError>> = OnceLock::new();
    let read = || Ok((Sequence::load(weights::SEQUENCE)?, Sequence::mark(weights::SEQUENCE)));
    NET.get_or_init(read).as_ref().map_err(ToString::to_string)
}

impl std::fmt::Debug for Learned {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Learned").field("head", &self.head).finish_non_exhaustive()
    }
}

/// Which tier a call's labels are from: `learned`, or `cue` with the reason.
#[must_use]
pub fn tier_of<T>(found: &Result<T, String>) -> Value {
    Value::Text(match found {
        Ok(_) => "learned".to_owned(),
        Err(reason) => format!("cue: {reason}"),
    })
}

/// Trained weights, a file a head; a plugin holds those that it names and no others.
pub mod weights {
    /// The net over a call that all heads share.
    pub const SEQUENCE: &[u8] = include_bytes!("../weights/sequence.bin");
    /// NEPQ question types of the seller's turns: head `nepq`.
    pub const NEPQ: &[u8] = include_bytes!("../weights/nepq.bin");
    /// Objections in the prospect's turns: head `objection`.
    pub const OBJECTION: &[u8] = include_bytes!("../weights/objection.bin");
    /// Moves that answer objections, in the seller's turns: head `move`.
    pub const MOVE: &[u8] = include_bytes!("../weights/move.bin");
    /// Techniques in the seller's turns: head `techniques`.
    pub const TECHNIQUES: &[u8] = include_bytes!("../weights/techniques.bin");
    /// Signs of listening in anybody's turns: head `listening`.
    pub const LISTENING: &[u8] = include_bytes!("../weights/listening.bin");

    /// The weights of a head by its name.
    #[must_use]
    pub fn named(head: &str) -> Option<&'static [u8]> {
        Some(match head {
            "nepq" => NEPQ,
            "objection" => OBJECTION,
            "move" => MOVE,
            "techniques" => TECHNIQUES,
            "listening" => LISTENING,
            _ => return None,
        })
    }
}
