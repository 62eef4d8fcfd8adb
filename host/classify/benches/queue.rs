//! Whether the queue is worth it: two rounds of simulated experts on the labelled calls
//! of examples/corpus, with calls picked by the queue and by chance, at equal labels.
//!
//! `cargo bench -p rehearsal-classify --profile dev --bench queue -- [REPEATS [FROM]]`
//!
//! Each repeat divides the calls anew: 30 % are kept for the verdict, 16 calls are
//! labelled at first, and each round adds as many labelled turns to either arm. Any
//! labelled calls of the corpus's form can be used: REHEARSAL_CORPUS names their folder.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use rehearsal_classify::{Classifier, Example, Input, Judged, Settings, macro_f1};
use rehearsal_review::{Candidate, pick, place};
use rehearsal_statistics::Bootstrap;
use serde_json::Value;

const FIRST: usize = 16;
const BATCH: usize = 16;
const ROUNDS: usize = 2;

struct Call {
    id: String,
    text: String,
    examples: Vec<Example>,
}

fn main() {
    let mut numbers = std::env::args().filter_map(|one| one.parse().ok());
    let repeats = numbers.next().unwrap_or(20);
    let from = numbers.next().unwrap_or(0);
    let (classes, calls) = corpus();
    println!("{} calls, {} classes, {repeats} repeats", calls.len(), classes.len());
    let mut gains: BTreeMap<&str, Vec<Vec<f64>>> = BTreeMap::new();
    for seed in from..from + repeats {
        let curves = [true, false].map(|queue| curve(&classes, &calls, seed, queue));
        let [queue, chance] = curves;
        println!("seed {seed:2}: queue {} chance {}", shown(&queue), shown(&chance));
        let end = ROUNDS;
        gains
            .entry("two rounds of the queue over the first model")
            .or_default()
            .push(vec![queue[end] - queue[0]]);
        gains
            .entry("queue over chance after one round")
            .or_default()
            .push(vec![queue[1] - chance[1]]);
        gains
            .entry("queue over chance after two rounds")
            .or_default()
            .push(vec![queue[end] - chance[end]]);
    }
    for (what, gains) in gains {
        let mean = |all: &[f64]| Some(all.iter().sum::<f64>() / all.len() as f64);
        if let Some(found) = Bootstrap::default().interval(&gains, mean) {
            println!("{what}: {:+.4} [{:+.4}, {:+.4}]", found.estimate, found.low, found.high);
        }
    }
}

fn shown(curve: &[f64]) -> String {
    curve.iter().map(|value| format!("{value:.3}")).collect::<Vec<_>>().join(" ")
}

/// Macro-F1 on the calls that were kept, after each round.
fn curve(classes: &[String], calls: &[Call], seed: u64, queue: bool) -> Vec<f64> {
    let mut order: Vec<usize> = (0..calls.len()).collect();
    order.sort_by_key(|at| lot(seed, &calls[*at].id));
    let (test, pool) = order.split_at(calls.len() * 3 / 10);
    let (first, rest) = pool.split_at(FIRST);
    let mut labelled = first.to_vec();
    let mut open = rest.to_vec();
    let mut reached = Vec::new();
    for round in 0..=ROUNDS {
        let examples: Vec<Example> =
            labelled.iter().flat_map(|at| calls[*at].examples.iter().cloned()).collect();
        let model =
            Classifier::train(classes, &examples, &[], Settings::default()).expect("it learns");
        let judged: Vec<Judged> = test
            .iter()
            .flat_map(|at| &calls[*at].examples)
            .map(|example| Judged {
                call: example.call.clone(),
                truth: example.labels.clone(),
                probabilities: model.probabilities(&example.input),
            })
            .collect();
        reached.push(macro_f1(&judged, classes.len(), true).unwrap_or_default());
        if round == ROUNDS {
            break;
        }
        // No more labels than a batch by chance would cost on average, in either arm.
        let turns: usize = rest.iter().map(|at| calls[*at].examples.len()).sum();
        let budget = BATCH * turns / rest.len();
        let cost =
            |picked: &[usize]| -> usize { picked.iter().map(|at| calls[*at].examples.len()).sum() };
        let candidates: Vec<Candidate> =
            open.iter().map(|at| candidate(&model, &calls[*at])).collect();
        let mut given = vec![0.0; classes.len()];
        examples.iter().flat_map(|one| &one.labels).for_each(|class| given[*class] += 1.0);
        let batch = |size: usize| -> Vec<usize> {
            if !queue {
                return open[..size].to_vec();
            }
            pick(&candidates, &given, size, seed).into_iter().map(|(at, _)| open[at]).collect()
        };
        let batches = (1..=open.len()).map(batch);
        let picked = batches.take_while(|picked| cost(picked) <= budget).last().unwrap_or_default();
        open.retain(|at| !picked.contains(at));
        labelled.extend(picked);
    }
    reached
}

fn candidate(model: &Classifier, call: &Call) -> Candidate {
    let mut expected = vec![0.0; model.classes().len()];
    for example in &call.examples {
        let said = model.probabilities(&example.input);
        expected.iter_mut().zip(said).for_each(|(sum, p)| *sum += p);
    }
    Candidate {
        id: call.id.clone(),
        stratum: String::new(),
        doubt: 0.0,
        expected,
        place: place(&call.text),
    }
}

fn lot(seed: u64, id: &str) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325 ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    id.bytes().fold(start, |hash, byte| {
        let mixed = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        mixed ^ (mixed >> 29)
    })
}

/// Seller turns of the corpus with their NEPQ type.
fn corpus() -> (Vec<String>, Vec<Call>) {
    let own = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/corpus");
    let folder = std::env::var_os("REHEARSAL_CORPUS").map_or_else(|| own.into(), PathBuf::from);
    let lines = |prefix: &str| -> Vec<Value> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
            .expect("the corpus is there")
            .map(|entry| entry.expect("a file").path())
            .filter(|path| {
                path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(prefix))
            })
            .collect();
        files.sort();
        let read = |file: &PathBuf| std::fs::read_to_string(file).expect("text");
        let texts: Vec<String> = files.iter().map(read).collect();
        let each = texts.iter().flat_map(|text| text.lines());
        each.map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let mut labels: HashMap<(String, u64), String> = HashMap::new();
    for line in lines("labels_") {
        if let Some(label) = line["nepq"].as_str() {
            let call = line["call"].as_str().expect("a call").to_owned();
            labels.insert((call, line["turn"].as_u64().expect("a turn")), label.to_owned());
        }
    }
    let mut classes: Vec<String> = labels.values().cloned().collect();
    classes.push("none".to_owned());
    classes.sort();
    classes.dedup();
    let calls = lines("calls_").iter().map(|call| read(call, &labels, &classes)).collect();
    (classes, calls)
}

fn read(call: &Value, labels: &HashMap<(String, u64), String>, classes: &[String]) -> Call {
    let id = call["id"].as_str().expect("an id").to_owned();
    let turns: Vec<(bool, String)> = call["turns"]
        .as_array()
        .expect("turns")
        .iter()
        .map(|turn| {
            let seller = turn["speaker"] == "seller";
            let side = if seller { "SELLER" } else { "PROSPECT" };
            (seller, format!("[{side}] {}", turn["text"].as_str().expect("text")))
        })
        .collect();
    let example = |at: usize| {
        let lines: Vec<&str> =
            turns[at.saturating_sub(2)..=at].iter().map(|(_, line)| line.as_str()).collect();
        let label = labels.get(&(id.clone(), at as u64)).map_or("none", String::as_str);
        let class = classes.iter().position(|class| class == label).expect("a class");
        let input = Input { text: lines.join("\n"), ..Input::default() };
        Example { input, labels: vec![class], weight: 1.0, call: id.clone() }
    };
    let examples = (0..turns.len()).filter(|at| turns[*at].0).map(example).collect();
    let text = turns.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n");
    Call { examples, text, id: id.clone() }
}
