//! Precision and recall by kind, cross-validated by call.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use rehearsal_privacy::{CallText, Entity, Thresholds, Weights, assemble, decide};

use crate::corpus::{self, Call, Gold};
use crate::plant;
use crate::train::weights_of;

const FOLDS: u64 = 6;
const RESAMPLES: usize = 1000;

/// What came of one call.
struct Outcome {
    /// By kind: marked, wholly covered.
    marked: BTreeMap<String, (u32, u32)>,
    /// By kind as found: found, on marked data.
    found: BTreeMap<String, (u32, u32)>,
    asr: bool,
}

pub(crate) fn run(folder: &Path, verbose: bool) -> Result<(), Box<dyn Error>> {
    let calls = corpus::load(folder)?;
    let folds: Vec<Weights> = (0..FOLDS)
        .map(|fold| {
            weights_of(&calls.iter().filter(|call| fold_of(call) != fold).collect::<Vec<_>>())
        })
        .collect();
    for name in [0.05, 0.1, 0.15, 0.2, 0.3, 0.5] {
        for (sure, other_use) in [(2.0, 1.0), (0.6, 0.005), (0.5, 0.001)] {
            let thresholds = Thresholds { name, sure, other_use };
            let outcomes = outcomes(&calls, &folds, thresholds, false, false);
            let (recall, precision) = rates(outcomes.iter(), |_| true);
            let (r_person, p_person) = rates(outcomes.iter(), |kind| kind == "person");
            let (r_asr, p_asr) = rates(outcomes.iter().filter(|o| o.asr), |_| true);
            println!(
                "name {name:<4} sure {sure:<3} other {other_use:<5}  all {recall:.3} @ {precision:.3}  \
                 person {r_person:.3} @ {p_person:.3}  lower case {r_asr:.3} @ {p_asr:.3}"
            );
        }
    }
    table(&outcomes(&calls, &folds, Thresholds::default(), false, verbose));
    println!("\nthe same, a name that the call marks elsewhere counted as marked:");
    let (recall, precision) =
        rates(outcomes(&calls, &folds, Thresholds::default(), true, false).iter(), |_| true);
    println!("all                 {recall:.3}                  {precision:.3}");
    plant::report();
    Ok(())
}

/// By a hash, so that a call stays in its fold when others are added.
fn fold_of(call: &Call) -> u64 {
    let hash = blake3::hash(call.id.as_bytes());
    u64::from(hash.as_bytes()[0]) % FOLDS
}

fn outcomes(
    calls: &[Call],
    folds: &[Weights],
    thresholds: Thresholds,
    repeats: bool,
    verbose: bool,
) -> Vec<Outcome> {
    let judged = calls.iter().map(|call| {
        let weights = &folds[fold_of(call) as usize];
        let texts = call.texts();
        let text = CallText::new(&texts);
        let candidates = text.candidates(weights);
        let probabilities = weights.probabilities(&text, &candidates);
        let decided = decide(&text, &candidates, &probabilities, thresholds);
        let chosen: Vec<_> =
            candidates.into_iter().zip(decided).filter(|(_, yes)| *yes).map(|(c, _)| c).collect();
        let found = assemble(&text, &texts, &chosen, &Default::default());
        judge(call, &found, repeats, verbose)
    });
    judged.collect()
}

fn judge(call: &Call, found: &[Vec<Entity>], repeats: bool, verbose: bool) -> Outcome {
    let mut outcome =
        Outcome { marked: BTreeMap::new(), found: BTreeMap::new(), asr: call.style == "asr" };
    for (index, (gold, found)) in call.gold().iter().zip(found).enumerate() {
        let text = &call.turns[index].text;
        for mark in gold {
            let covered = is_covered(text, mark, found);
            let count = outcome.marked.entry(mark.kind.clone()).or_default();
            count.0 += 1;
            count.1 += u32::from(covered);
            if !covered && verbose {
                println!("missed {} {}: {}", call.id, mark.kind, context(text, &mark.span));
            }
        }
        for entity in found {
            let on_mark = gold
                .iter()
                .any(|g| g.span.start < entity.span.end && entity.span.start < g.span.end);
            // Marks are not complete: a name that the call marks elsewhere is one here.
            let right = on_mark || (repeats && elsewhere(call, &text[entity.span.clone()]));
            let count = outcome.found.entry(entity.kind.name().to_owned()).or_default();
            count.0 += 1;
            count.1 += u32::from(right);
            if !right && verbose {
                let kind = entity.kind.name();
                println!("false {} {kind}: {}", call.id, context(text, &entity.span));
            }
        }
    }
    outcome
}

fn elsewhere(call: &Call, found: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect()
    };
    let found = words(found);
    call.gold().iter().zip(&call.turns).any(|(gold, turn)| {
        gold.iter().filter(|gold| gold.kind == "person").any(|gold| {
            let marked = words(&turn.text[gold.span.clone()]);
            found.iter().any(|word| word.len() > 2 && marked.contains(word))
        })
    })
}

/// Whether nothing of a mark can still be read, but for a possessive ending.
fn is_covered(text: &str, mark: &Gold, found: &[Entity]) -> bool {
    let marked = &text[mark.span.clone()];
    let end = ["'s", "’s"].iter().find_map(|e| marked.strip_suffix(e)).unwrap_or(marked).len();
    let start = identifying(&marked[..end]);
    marked[..end]
        .char_indices()
        .skip_while(|(at, _)| *at < start)
        .filter(|(_, c)| c.is_alphanumeric())
        .all(|(at, _)| found.iter().any(|entity| entity.span.contains(&(mark.span.start + at))))
}

/// Where a mark begins to identify anybody: titles and "our", "big" before a name stay.
fn identifying(marked: &str) -> usize {
    const PLAIN: &[&str] = &[
        "mr",
        "mr.",
        "mrs",
        "mrs.",
        "ms",
        "miss",
        "mister",
        "missus",
        "dr",
        "dr.",
        "doctor",
        "big",
        "wee",
        "old",
        "our",
        "young",
        "tee",
        "aunty",
        "auntie",
        "uncle",
        "oom",
        "sister",
        "reverend",
        "captain",
        "father",
        "professor",
        "councillor",
        "deacon",
        "monsieur",
    ];
    let mut start = 0;
    for word in marked.split_inclusive(' ') {
        if start + word.len() == marked.len()
            || !PLAIN.contains(&word.trim().to_lowercase().as_str())
        {
            break;
        }
        start += word.len();
    }
    start
}

fn context(text: &str, span: &std::ops::Range<usize>) -> String {
    let before: String = text[..span.start].chars().rev().take(30).collect();
    let before: String = before.chars().rev().collect();
    let after: String = text[span.end..].chars().take(20).collect();
    format!("{before}[{}]{after}", &text[span.clone()])
}

/// Recall over marks and precision over what was found, of some kinds.
fn rates<'a>(
    outcomes: impl Iterator<Item = &'a Outcome>,
    kind: impl Fn(&str) -> bool,
) -> (f64, f64) {
    let (mut marked, mut found) = ((0, 0), (0, 0));
    for outcome in outcomes {
        for (_, (all, good)) in outcome.marked.iter().filter(|(name, _)| kind(name)) {
            marked = (marked.0 + all, marked.1 + good);
        }
        for (_, (all, good)) in outcome.found.iter().filter(|(name, _)| kind(name)) {
            found = (found.0 + all, found.1 + good);
        }
    }
    let share = |(all, good): (u32, u32)| f64::from(good) / f64::from(all.max(1));
    (share(marked), share(found))
}

fn table(outcomes: &[Outcome]) {
    let mut kinds: Vec<&str> =
        outcomes.iter().flat_map(|outcome| outcome.marked.keys()).map(String::as_str).collect();
    kinds.sort_unstable();
    kinds.dedup();
    println!("\nkind        marked  recall [95 %]          precision [95 %]");
    row("all", outcomes, |_| true);
    for kind in kinds {
        row(kind, outcomes, |name| name == kind || (kind == "dob" && name == "birth_date"));
    }
    let cased: Vec<&Outcome> = outcomes.iter().filter(|outcome| !outcome.asr).collect();
    let lower: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.asr).collect();
    for (name, some) in [("punctuated", cased), ("lower case", lower)] {
        let (recall, precision) = rates(some.into_iter(), |_| true);
        println!("{name:<11} {:>6}  {recall:.3}                  {precision:.3}", "");
    }
}

fn row(name: &str, outcomes: &[Outcome], kind: impl Fn(&str) -> bool + Copy) {
    let marked: u32 = outcomes
        .iter()
        .flat_map(|o| &o.marked)
        .filter(|(name, _)| kind(name))
        .map(|(_, (all, _))| all)
        .sum();
    let (recall, precision) = rates(outcomes.iter(), kind);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % outcomes.len() as u64) as usize
    };
    let mut samples: Vec<(f64, f64)> = (0..RESAMPLES)
        .map(|_| {
            let sample: Vec<&Outcome> = (0..outcomes.len()).map(|_| &outcomes[draw()]).collect();
            rates(sample.into_iter(), kind)
        })
        .collect();
    let mut interval = |of: fn(&(f64, f64)) -> f64| {
        samples.sort_by(|a, b| of(a).total_cmp(&of(b)));
        let at = |share: f64| of(&samples[(share * RESAMPLES as f64) as usize]);
        format!("[{:.3}, {:.3}]", at(0.025), at(0.975))
    };
    let (r, p) = (interval(|s| s.0), interval(|s| s.1));
    println!("{name:<11} {marked:>6}  {recall:.3} {r}   {precision:.3} {p}");
}
