//! The sides of a data set, and how much goes to each.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which side of the data set a row is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Learned from.
    Train,
    /// Tuned on.
    Validation,
    /// Kept for the verdict.
    Test,
    /// Kept for the verdict: sellers that no other split has.
    TestSellers,
    /// Kept for the verdict: calls later than those of all other splits.
    TestTime,
}

impl Split {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 5] =
        [Self::Train, Self::Validation, Self::Test, Self::TestSellers, Self::TestTime];

    /// Name of its files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
            Self::TestSellers => "test_sellers",
            Self::TestTime => "test_time",
        }
    }

    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }
}

impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How much goes where; the shares sum to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Shares {
    /// 0 to 1.
    pub train: f64,
    /// 0 to 1.
    pub validation: f64,
    /// 0 to 1.
    pub test: f64,
}

impl Shares {
    /// One undivided set.
    pub const UNDIVIDED: Self = Self { train: 1.0, validation: 0.0, test: 0.0 };

    /// By split, in the order of [`Split::ALL`].
    pub(crate) const fn in_order(&self) -> [f64; 3] {
        [self.train, self.validation, self.test]
    }

    /// Where a point of [0, 1) falls: 0 for train, 1 for validation, 2 for test.
    pub(crate) fn pick(&self, point: f64) -> usize {
        if point < self.train {
            0
        } else if point < self.train + self.validation {
            1
        } else {
            2
        }
    }
}

/// How the calls of a data set are divided.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Division {
    /// Of what is not held out.
    pub shares: Shares,
    /// Share of the sellers that are held out, 0 to 1.
    pub test_sellers: f64,
    /// The first day that is held out: `2026-03-01`.
    pub test_since: Option<String>,
}

impl Division {
    /// One undivided set.
    pub const UNDIVIDED: Self =
        Self { shares: Shares::UNDIVIDED, test_sellers: 0.0, test_since: None };
}
