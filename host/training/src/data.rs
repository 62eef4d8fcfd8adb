//! The corpus as rows of numbers.

use std::path::Path;

use anyhow::{Context, Result};
use rehearsal_heads::{Grams, Line, Reading, Row, Spread, Vectors, raw_features};

use crate::corpus::{self, Dialogue};
use crate::embeddings::Embeddings;
use crate::tasks::{Kind, Task};

/// One turn with its labels.
pub(crate) struct Example {
    pub(crate) row: Row,
    /// Number of its call; none for a two-line example, which is always learned from.
    pub(crate) call: Option<usize>,
    /// Its place in the call.
    pub(crate) turn: usize,
    seller: bool,
    labels: std::collections::HashMap<String, Vec<String>>,
    only: Option<String>,
}

/// All of it.
pub(crate) struct Data {
    pub(crate) examples: Vec<Example>,
    /// File of each call.
    pub(crate) files: Vec<String>,
    pub(crate) spread: Spread,
    /// Name and digest of the embedding model.
    pub(crate) model: String,
    /// Values of a vector.
    pub(crate) width: usize,
}

/// Buckets that fewer rows than this fall into are left out.
const RARE: u32 = 3;

impl Data {
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let dialogues = corpus::read(root)?;
        let readings: Vec<Reading> = dialogues.iter().map(read).collect();
        let texts: Vec<&str> =
            readings.iter().flat_map(|r| r.texts().iter().map(String::as_str)).collect();
        let embeddings = Embeddings::of(&texts, root)?;
        let values: Vec<Vec<f32>> = readings
            .iter()
            .map(|reading| reading.texts().iter().flat_map(|text| embeddings.get(text)).collect())
            .collect();
        let width = values[0].len() / readings[0].texts().len();
        let vectors: Vec<Vectors<'_>> = readings
            .iter()
            .zip(&values)
            .map(|(reading, values)| Vectors::new(reading, values, width))
            .collect::<Option<_>>()
            .context("some text has no vector")?;
        let spread = spread(&dialogues, &readings, &vectors);
        let mut files = Vec::new();
        let mut examples = Vec::new();
        for ((dialogue, reading), vectors) in dialogues.into_iter().zip(&readings).zip(&vectors) {
            let call = dialogue.file.as_ref().map(|_| files.len());
            files.extend(dialogue.file);
            let excerpt = call.is_none();
            let turns = dialogue.turns.into_iter().zip(dialogue.labels).enumerate();
            for (turn, ((seller, _), labels)) in turns.skip(usize::from(excerpt)) {
                examples.push(Example {
                    row: Row::new(reading, vectors, &spread, turn, excerpt),
                    call,
                    turn,
                    seller,
                    labels,
                    only: dialogue.only.clone(),
                });
            }
        }
        Ok(Self { examples, files, spread, model: embeddings.model, width })
    }
}

impl Data {
    /// Numbers of the examples that are a call's turns, in order, a list a call.
    pub(crate) fn calls(&self) -> Vec<Vec<usize>> {
        let mut calls = vec![Vec::new(); self.files.len()];
        for (at, example) in self.examples.iter().enumerate() {
            if let Some(call) = example.call {
                calls[call].push(at);
            }
        }
        calls
    }
}

fn read(dialogue: &Dialogue) -> Reading {
    let lines: Vec<Line<'_>> = dialogue
        .turns
        .iter()
        .map(|(seller, text)| Line { text, speaker: u32::from(*seller), seller: *seller })
        .collect();
    Reading::new(&lines)
}

/// How inputs are spread over the turns of calls. Labels play no part in it.
fn spread(dialogues: &[Dialogue], readings: &[Reading], vectors: &[Vectors<'_>]) -> Spread {
    let mut rows: Vec<Vec<f32>> = Vec::new();
    let mut counts: Vec<Vec<u32>> = Grams::ALL.iter().map(|kind| vec![0; kind.buckets()]).collect();
    for ((dialogue, reading), vectors) in dialogues.iter().zip(readings).zip(vectors) {
        if dialogue.file.is_none() {
            continue;
        }
        for turn in 0..reading.len() {
            rows.push(raw_features(reading, vectors, turn));
            for (kind, counts) in Grams::ALL.iter().zip(&mut counts) {
                for (bucket, _) in kind.count(reading, turn) {
                    counts[bucket as usize] += 1;
                }
            }
        }
    }
    let total = rows.len() as f32;
    let column = |at: usize| rows.iter().map(move |row| row[at]);
    let mean: Vec<f32> = (0..rows[0].len()).map(|at| column(at).sum::<f32>() / total).collect();
    let deviation = mean
        .iter()
        .enumerate()
        .map(|(at, mean)| {
            let variance = column(at).map(|value| (value - mean).powi(2)).sum::<f32>() / total;
            variance.sqrt().max(0.1)
        })
        .collect();
    let rarity = |count: &u32| {
        let idf = 1.0 + ((1.0 + total) / (1.0 + *count as f32)).ln();
        if *count < RARE { 0 } else { (idf * 16.0).round().min(255.0) as u8 }
    };
    let rarity = counts.iter().map(|counts| counts.iter().map(rarity).collect()).collect();
    Spread { mean, deviation, rarity }
}

impl Example {
    /// Whether a head learns from it or is asked about it.
    pub(crate) fn concerns(&self, task: &Task) -> bool {
        let meant = match &self.only {
            Some(letter) => task.prototypes == Some(letter.as_str()),
            None => true,
        };
        meant && task.side.looks_at(self.seller)
    }

    /// 1 for each class that holds, 0 for others.
    pub(crate) fn target(&self, task: &Task) -> Vec<f32> {
        let own = self.labels.get(task.key).map_or(&[][..], Vec::as_slice);
        let holds = |label: &&str| f32::from(u8::from(own.iter().any(|own| own == label)));
        let labels: Vec<f32> = task.labels.iter().map(holds).collect();
        match task.kind {
            Kind::Each => labels,
            Kind::Best | Kind::Gate => {
                let none = 1.0 - labels.iter().copied().fold(0.0, f32::max);
                [vec![none], labels].concat()
            }
        }
    }
}
