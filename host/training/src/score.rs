//! Precision, recall and F1, with intervals by bootstrap over calls.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::tune::f1;

/// Right, wrong and missed.
type Count = [f64; 3];

/// What was found beside what is there, call by call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    calls: BTreeMap<usize, Call>,
    /// Pairs of what is there and what was found instead.
    confusions: BTreeMap<(String, String), u32>,
}

#[derive(Debug, Clone, Default)]
struct Call {
    labels: BTreeMap<&'static str, Count>,
    /// Whether anything is there and was found.
    any: Count,
}

impl Tally {
    /// Adds a turn.
    pub(crate) fn turn(&mut self, call: usize, gold: &[&'static str], found: &[&'static str]) {
        let own = self.calls.entry(call).or_default();
        for label in gold {
            let count = own.labels.entry(label).or_default();
            count[if found.contains(label) { 0 } else { 2 }] += 1.0;
        }
        for label in found.iter().filter(|label| !gold.contains(label)) {
            own.labels.entry(label).or_default()[1] += 1.0;
        }
        match (gold.is_empty(), found.is_empty()) {
            (false, false) => own.any[0] += 1.0,
            (true, false) => own.any[1] += 1.0,
            (false, true) => own.any[2] += 1.0,
            (true, true) => {}
        }
        let missed: Vec<&str> = gold.iter().copied().filter(|l| !found.contains(l)).collect();
        let wrong: Vec<&str> = found.iter().copied().filter(|l| !gold.contains(l)).collect();
        let pairs: Vec<(&str, &str)> = match (missed.as_slice(), wrong.as_slice()) {
            ([], wrong) => wrong.iter().map(|wrong| ("-", *wrong)).collect(),
            (missed, []) => missed.iter().map(|missed| (*missed, "-")).collect(),
            (missed, wrong) => {
                missed.iter().flat_map(|m| wrong.iter().map(move |w| (*m, *w))).collect()
            }
        };
        for (gold, found) in pairs {
            *self.confusions.entry((gold.to_owned(), found.to_owned())).or_default() += 1;
        }
    }

    /// Tables for a person.
    pub(crate) fn report(&self, title: &str, labels: &[&'static str], only: bool) -> String {
        let calls: Vec<&Call> = self.calls.values().collect();
        let mut out = format!("{title}, {} calls\n", calls.len());
        for (name, measure) in [
            ("macro F1", macro_f1 as fn(&[&Call], &[&'static str]) -> f64),
            ("micro F1", micro_f1),
            ("any F1", any_f1),
        ] {
            if name == "any F1" && !only {
                continue;
            }
            let (low, high) = interval(&calls, |sample| measure(sample, labels));
            let value = measure(&calls, labels);
            let _ = writeln!(out, "  {name:9} {value:.3} [{low:.3}, {high:.3}]");
        }
        for label in labels {
            let [right, wrong, missed] = sum(&calls, label);
            let (low, high) = interval(&calls, |sample| {
                let [right, wrong, missed] = sum(sample, label);
                f1(right, wrong, missed)
            });
            let _ = writeln!(
                out,
                "  {label:20} P {:.2}  R {:.2}  F1 {:.2} [{low:.2}, {high:.2}]  n {}",
                right / (right + wrong).max(1.0),
                right / (right + missed).max(1.0),
                f1(right, wrong, missed),
                right + missed
            );
        }
        let mut worst: Vec<(&(String, String), &u32)> = self.confusions.iter().collect();
        worst.sort_by(|left, right| right.1.cmp(left.1).then(left.0.cmp(right.0)));
        out.push_str("  costliest: ");
        let worst: Vec<String> = worst
            .iter()
            .take(6)
            .map(|((gold, found), count)| format!("{gold} as {found} {count}"))
            .collect();
        let _ = writeln!(out, "{}", worst.join(", "));
        out
    }
}

fn sum(calls: &[&Call], label: &str) -> Count {
    add(calls.iter().filter_map(|call| call.labels.get(label)))
}

fn add<'a>(counts: impl Iterator<Item = &'a Count>) -> Count {
    counts.fold([0.0; 3], |sum, one| [sum[0] + one[0], sum[1] + one[1], sum[2] + one[2]])
}

/// Over labels that are there at all.
fn macro_f1(calls: &[&Call], labels: &[&'static str]) -> f64 {
    let counts: Vec<Count> = labels.iter().map(|label| sum(calls, label)).collect();
    let there: Vec<&Count> = counts.iter().filter(|[r, _, missed]| r + missed > 0.0).collect();
    there.iter().map(|[r, w, m]| f1(*r, *w, *m)).sum::<f64>() / there.len().max(1) as f64
}

fn micro_f1(calls: &[&Call], _: &[&'static str]) -> f64 {
    let [right, wrong, missed] = add(calls.iter().flat_map(|call| call.labels.values()));
    f1(right, wrong, missed)
}

fn any_f1(calls: &[&Call], _: &[&'static str]) -> f64 {
    let [right, wrong, missed] = add(calls.iter().map(|call| &call.any));
    f1(right, wrong, missed)
}

/// Samples of the bootstrap.
const SAMPLES: usize = 1000;

/// The middle 95 % of a measure over calls drawn with replacement.
fn interval(calls: &[&Call], measure: impl Fn(&[&Call]) -> f64) -> (f64, f64) {
    let mut random = Random(0);
    let mut values: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let sample: Vec<&Call> =
                calls.iter().map(|_| calls[random.below(calls.len())]).collect();
            measure(&sample)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    (values[SAMPLES / 40], values[SAMPLES - 1 - SAMPLES / 40])
}

/// SplitMix64 (Steele et al. 2014): the same numbers for everyone.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// A number between `-most` and `most`.
    pub(crate) fn even(&mut self, most: f32) -> f32 {
        let share = (self.bits() >> 40) as f32 / (1_u32 << 24) as f32;
        (2.0 * share - 1.0) * most
    }

    /// Fisher and Yates' shuffle.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            items.swap(at, self.below(at + 1));
        }
    }

    /// 64 bits, each as likely to be set as not.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tally_counts_what_is_right_wrong_and_missed() {
        let mut tally = Tally::default();
        tally.turn(0, &["price"], &["price"]);
        tally.turn(0, &["price"], &["need"]);
        tally.turn(1, &[], &[]);
        let report = tally.report("objection", &["price", "need"], true);
        assert!(report.contains("micro F1  0.500"), "{report}");
        assert!(report.contains("macro F1  0.667"), "{report}");
        assert!(report.contains("any F1    1.000"), "{report}");
        assert!(report.contains("costliest: price as need 1"), "{report}");
    }
}
