//! What a plugin costs, each figure the median of several calls.

use std::time::{Duration, Instant};

use rehearsal_model::Conversation;
use rehearsal_sandbox::{Component, Details, Item, ItemBody};
use serde::Serialize;

use crate::calls::{self, Case};
use crate::laws;
use crate::tested::{Answer, Tested};

/// Calls of a batch, as `[pipeline]` has it by default, and turns of each.
const BATCH: usize = 64;
const TURNS: usize = 20;
const ROUNDS: usize = 5;

/// Time and space on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Cost {
    /// Microseconds a conversation of 20 turns in a batch of 64; of a loader, an item.
    pub conversation_us: f64,
    /// Bytes of texts and results that cross the border for one of them.
    pub conversation_bytes: f64,
    /// Bytes of memory and tables that the plugin held at most.
    pub memory: usize,
    /// Milliseconds of a call that does nothing but start.
    pub start_ms: f64,
}

pub(crate) async fn measure(
    component: &Component,
    tested: &Tested,
    details: &Details,
) -> Option<Cost> {
    let mut starts = Vec::new();
    let mut memory = 0;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        let described = component.describe().await.ok()?.ok()?;
        starts.push(start.elapsed());
        memory = memory.max(described.memory);
    }
    let start_ms = median(starts).as_secs_f64() * 1e3;
    let cases: Vec<Case> = (0..BATCH).map(|number| calls::ordinary(number, TURNS)).collect();
    let cases: Vec<&Case> = cases.iter().collect();
    let mut rounds = Vec::new();
    let (mut bytes, mut items) = (0, BATCH);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        if let Tested::Loader(loader) = tested {
            let listed = laws::walk(loader).await.ok()?;
            let chunks = listed.chunks.values().flatten();
            let loaded: Vec<_> = chunks.flat_map(|(_, chunk)| &chunk.items).collect();
            items = loaded.len();
            bytes = loaded.iter().copied().flatten().map(of_item).sum();
        } else {
            let answer = tested.call(&cases, details).await.ok()?;
            memory = memory.max(answer.memory);
            bytes = crossed(&cases, &answer);
        }
        rounds.push(start.elapsed());
    }
    if items == 0 {
        return None;
    }
    Some(Cost {
        conversation_us: median(rounds).as_secs_f64() * 1e6 / items as f64,
        conversation_bytes: bytes as f64 / items as f64,
        memory,
        start_ms,
    })
}

/// Bytes of a turn's record in the canonical ABI.
const TURN: usize = 36;

fn of_item(item: &Item) -> usize {
    match &item.body {
        ItemBody::Conversation(call) => of_call(call),
        ItemBody::Recording(recording) => of_call(&recording.about),
    }
}

fn of_call(call: &Conversation) -> usize {
    call.text.len() + TURN * call.turns.len()
}

/// Texts and results, without the few bytes of pointers and lengths around them.
fn crossed(cases: &[&Case], answer: &Answer) -> usize {
    let calls = cases.iter().map(|case| of_call(&case.call));
    let rows = answer.rows.iter().flatten().map(|row| row.to_string().len());
    calls.sum::<usize>() + rows.sum::<usize>() + answer.partial.len()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
