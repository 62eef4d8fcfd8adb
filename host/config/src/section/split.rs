//! `[path.split]`: how examples are divided.

use crate::decode::{Context, Key, Node, Section, share};
use crate::{Diagnostic, Split};

const KEYS: &[Key] = &[
    Key::optional("train", "share to learn from (default 0)", "train = 0.8"),
    Key::optional("validation", "share to choose by (default 0)", "validation = 0.1"),
    Key::optional("test", "share to judge by (default 0)", "test = 0.1"),
];

/// Decimal fractions have no exact binary form: 0.7 + 0.2 + 0.1 is not quite 1.
const TOLERANCE: f64 = 1e-9;

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Split> {
    let section = Section::open(context, "`split`", KEYS, node)?;
    let mut read_well = true;
    let mut shares = [0.0; 3];
    for (key, slot) in KEYS.iter().zip(&mut shares) {
        if section.node(key.name).is_some() {
            match section.get(context, key.name, share) {
                Some(value) => *slot = value,
                None => read_well = false,
            }
        }
    }
    let sum: f64 = shares.iter().sum();
    if !read_well {
        return None;
    }
    if (sum - 1.0).abs() > TOLERANCE {
        // Sums of decimal fractions carry noise in their last digits.
        let shown = (sum * 1e6).round() / 1e6;
        context.report(
            Diagnostic::error(format!("the shares of `split` add up to {shown}, not 1"))
                .label(node.span(), "these shares")
                .help("for example `train = 0.8`, `validation = 0.1`, `test = 0.1`"),
        );
        return None;
    }
    let [train, validation, test] = shares;
    Some(Split { train, validation, test })
}
