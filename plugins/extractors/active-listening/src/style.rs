//! Linguistic style matching: how alike the two sides use function words (Ireland and
//! Pennebaker, J. Pers. Soc. Psych. 99, 2010).

use std::collections::HashMap;
use std::sync::LazyLock;

use rehearsal_sdk::prelude::*;
use rehearsal_talk::words;
use rustc_hash::FxBuildHasher;

pub(crate) const MATCHING: Kind = Kind::new(
    "style_matching",
    "lsm@1",
    "Mean of 1 - |a - b| / (a + b) over nine classes of function words, a and b their shares of each side's words; at least 100 words a side; 0 to 1",
);

/// Words of a side under which its style is chance.
const LEAST_WORDS: usize = 100;
const CLASSES: usize = 9;
const CLITICS: &[&str] = &["'s", "'re", "'ve", "'ll", "'d", "'m"];

/// Classes of each function word, a bit each.
static FUNCTION_WORDS: LazyLock<HashMap<&str, u16, FxBuildHasher>> = LazyLock::new(|| {
    let mut classes: HashMap<&str, u16, FxBuildHasher> = HashMap::default();
    let lines = include_str!("../function-words.txt").lines();
    let lines = lines.filter(|line| !line.starts_with('#') && !line.is_empty());
    for (class, line) in lines.take(CLASSES).enumerate() {
        for word in line.split_whitespace().skip(1) {
            *classes.entry(word).or_default() |= 1 << class;
        }
    }
    classes
});

#[derive(Default)]
struct Style {
    words: usize,
    by_class: [f64; CLASSES],
}

impl Style {
    fn read(&mut self, text: &str) {
        for word in words(text) {
            let lower = word.lower();
            let ends = |clitic: &&&str| lower.len() > clitic.len() && lower.ends_with(**clitic);
            // No clitic is longer than three bytes.
            let tail = &lower.as_bytes()[lower.len().saturating_sub(3)..];
            let clitic = tail.contains(&b'\'').then(|| CLITICS.iter().find(ends)).flatten();
            let stem = &lower[..lower.len() - clitic.map_or(0, |clitic| clitic.len())];
            self.count(stem);
            if let Some(clitic) = clitic {
                self.count(clitic);
            }
        }
    }

    fn count(&mut self, word: &str) {
        self.words += 1;
        let mut classes = FUNCTION_WORDS.get(word).copied().unwrap_or_default();
        while classes != 0 {
            self.by_class[classes.trailing_zeros() as usize] += 1.0;
            classes &= classes - 1;
        }
    }
}

/// Between seller and prospect.
pub(crate) fn matching(call: &Call<'_>) -> Result<f64, String> {
    let style = |role: Role| {
        let mut style = Style::default();
        call.turns().filter(|turn| turn.role() == role).for_each(|turn| style.read(turn.text()));
        style
    };
    let (seller, prospect) = (style(Role::Seller), style(Role::Prospect));
    for (side, style) in [("seller", &seller), ("prospect", &prospect)] {
        if style.words < LEAST_WORDS {
            return Err(format!(
                "the {side} says {} words; style wants at least {LEAST_WORDS} a side",
                style.words
            ));
        }
    }
    let matched = (0..CLASSES).map(|class| {
        let a = seller.by_class[class] / seller.words as f64;
        let b = prospect.by_class[class] / prospect.words as f64;
        // Neither uses the class: they are alike in that.
        if a + b > 0.0 { 1.0 - (a - b).abs() / (a + b) } else { 1.0 }
    });
    Ok(matched.sum::<f64>() / CLASSES as f64)
}
