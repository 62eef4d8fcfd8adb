//! Precision, recall and F1.

/// What a class was found, missed and invented.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Found and there.
    pub true_positives: u64,
    /// Found and not there.
    pub false_positives: u64,
    /// There and not found.
    pub false_negatives: u64,
}

impl Counts {
    /// Share of what was found that is right; `None` where nothing was found.
    #[must_use]
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_positives)
    }

    /// Share of what is there that was found; `None` where nothing is there.
    #[must_use]
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positives, self.true_positives + self.false_negatives)
    }

    /// `2TP / (2TP + FP + FN)`; `None` where the class is neither there nor found.
    #[must_use]
    pub fn f1(&self) -> Option<f64> {
        let twice = 2 * self.true_positives;
        share(twice, twice + self.false_positives + self.false_negatives)
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            true_positives: self.true_positives + other.true_positives,
            false_positives: self.false_positives + other.false_positives,
            false_negatives: self.false_negatives + other.false_negatives,
        }
    }
}

fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// Counts of every class over items of one class each: (truth, found).
///
/// # Panics
/// If a class is not below `classes`.
#[must_use]
pub fn counts(pairs: &[(usize, usize)], classes: usize) -> Vec<Counts> {
    let mut all = vec![Counts::default(); classes];
    for &(truth, found) in pairs {
        if truth == found {
            all[truth].true_positives += 1;
        } else {
            all[truth].false_negatives += 1;
            all[found].false_positives += 1;
        }
    }
    all
}

/// Mean F1 of the classes that are there or were found; `None` where none is.
#[must_use]
pub fn macro_f1(counts: &[Counts]) -> Option<f64> {
    crate::mean(counts.iter().filter_map(Counts::f1))
}

/// F1 of all decisions together.
#[must_use]
pub fn micro_f1(counts: &[Counts]) -> Option<f64> {
    counts.iter().copied().fold(Counts::default(), Counts::plus).f1()
}
