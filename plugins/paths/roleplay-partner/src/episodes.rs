//! Objections: what led to one, the objection, and how it went on.

use rehearsal_sdk::prelude::*;

use crate::Config;
use crate::dialogue::Exchange;
use crate::windows::Window;

/// Exchanges before an objection.
const BEFORE: usize = 3;
/// Exchanges after the last turn that belongs to it.
const AFTER: usize = 2;

pub(crate) struct Episode<'a> {
    /// The turn that objects.
    pub(crate) turn: u32,
    /// `price`, `timing`, …
    pub(crate) kind: String,
    pub(crate) window: Window<'a>,
    pub(crate) because: Vec<String>,
}

/// One episode an objecting turn, in order.
pub(crate) fn episodes<'a>(
    config: &Config,
    exchanges: &'a [Exchange],
    annotations: &[Annotation],
) -> Vec<Episode<'a>> {
    let mut all: Vec<Episode<'a>> = Vec::new();
    for annotation in annotations.iter().filter(|annotation| annotation.name == "objection") {
        let Value::Label(label) = &annotation.value else { continue };
        let (Scope::Turn(turn) | Scope::Span((turn, _))) = annotation.scope else { continue };
        let holds = |turn: u32| exchanges.iter().position(|one| one.turns.contains(&turn));
        let Some(at) = holds(turn).filter(|&at| exchanges[at].is_prospect()) else { continue };
        if all.iter().any(|episode| episode.turn == turn) {
            continue;
        }
        let answered = annotation.related_turns.iter().filter_map(|&turn| holds(turn)).max();
        let most = (config.max_messages as usize).saturating_sub(1).max(1);
        let start = at.saturating_sub(BEFORE);
        let end =
            (answered.unwrap_or(at).max(at) + 1 + AFTER).min(exchanges.len()).min(start + most);
        if end <= at {
            continue;
        }
        all.push(Episode {
            turn,
            kind: label.name.clone(),
            // The objection itself and what follows are learned, not what led to it.
            window: Window { exchanges: &exchanges[start..end], learn_from: at - start },
            because: vec![
                "roleplay-partner.objection@1".to_owned(),
                format!(
                    "{}: {} in turn {turn} ({})",
                    annotation.definition, label.name, annotation.rule
                ),
            ],
        });
    }
    all.sort_by_key(|episode| episode.turn);
    all
}
