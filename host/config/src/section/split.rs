//! `[path.split]` and `[dataset.split]`: how calls are divided.

use toml::de::DeValue;

use crate::decode::{Context, Form, Key, Node, Section, share, texts};
use crate::{Diagnostic, Split};

pub(super) const KEYS: &[Key] = &[
    Key::optional("train", Form::Share, "share to learn from (default 0)", "train = 0.8"),
    Key::optional("validation", Form::Share, "share to choose by (default 0)", "validation = 0.1"),
    Key::optional("test", Form::Share, "share to judge by (default 0)", "test = 0.1"),
    Key::optional(
        "stratify",
        Form::Texts,
        "what every split has its share of: `source`, `language`, `licence`, `length` or a key of \
         the calls' metadata (default `source`)",
        "stratify = [\"source\", \"language\"]",
    ),
    Key::optional(
        "test_sellers",
        Form::Share,
        "share of the sellers whose calls are a test set of their own (default 0)",
        "test_sellers = 0.05",
    ),
    Key::optional(
        "test_since",
        Form::Day,
        "calls from this day on are a test set of their own",
        "test_since = 2026-03-01",
    ),
];

/// Decimal fractions have no exact binary form: 0.7 + 0.2 + 0.1 is not quite 1.
const TOLERANCE: f64 = 1e-9;

/// What calls are told apart by where the file does not say.
const STRATIFY: &str = "source";

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Split> {
    let section = Section::open(context, "`split`", KEYS, node)?;
    let mut read_well = true;
    let mut read = |context: &mut Context<'_>, name: &str| match section.node(name) {
        None => 0.0,
        Some(_) => section.get(context, name, share).unwrap_or_else(|| {
            read_well = false;
            0.0
        }),
    };
    let shares = [read(context, "train"), read(context, "validation"), read(context, "test")];
    let test_sellers = read(context, "test_sellers");
    let stratify = match section.node("stratify") {
        None => Some(vec![STRATIFY.to_owned()]),
        Some(_) => section.get(context, "stratify", texts),
    };
    let test_since = match section.node("test_since") {
        None => Some(None),
        Some(_) => section.get(context, "test_since", day).map(Some),
    };
    if !read_well {
        return None;
    }
    let sum: f64 = shares.iter().sum();
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
    Some(Split {
        train,
        validation,
        test,
        stratify: stratify?,
        test_sellers,
        test_since: test_since?,
    })
}

/// A day, as TOML's own kind of value or as text: `2026-03-01`.
fn day(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<String> {
    let written = match node.get_ref() {
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::String(text) => text.clone().into_owned(),
        _ => {
            context.wrong_type(key, node, "a date");
            return None;
        }
    };
    let is_day = written.len() == 10
        && written.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_day {
        context.wrong_value(key, node, "a day");
        return None;
    }
    Some(written)
}
