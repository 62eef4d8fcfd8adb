//! Sizes, durations and rates, written with their units.

use std::num::NonZeroU32;
use std::time::Duration;

use bytesize::ByteSize;

use super::scalar::text;
use super::{Context, Key, Node};
use crate::{Diagnostic, Rate};

/// A size in bytes: `"256 MiB"`.
pub(crate) fn bytes(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<u64> {
    let written = text(context, key, node)?;
    // A bare number parses, yet says nothing of its unit to who reads the file.
    let has_unit = written.ends_with(|c: char| c.is_ascii_alphabetic());
    let size = written.trim().parse::<ByteSize>().ok().filter(|size| has_unit && size.0 > 0);
    if size.is_none() {
        unreadable(context, node, &written, "a size", "a number and one of B, KiB, MiB, GiB", key);
    }
    size.map(|size| size.0)
}

/// A duration: `"10 s"`, `"1 min 30 s"`.
pub(crate) fn duration(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Duration> {
    let written = text(context, key, node)?;
    let duration = humantime::parse_duration(&written).ok().filter(|duration| !duration.is_zero());
    if duration.is_none() {
        unreadable(context, node, &written, "a duration", "a number and one of ms, s, min, h", key);
    }
    duration
}

/// A rate: `"60/min"`.
pub(crate) fn rate(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Rate> {
    let written = text(context, key, node)?;
    let rate = parse_rate(&written);
    if rate.is_none() {
        unreadable(
            context,
            node,
            &written,
            "a rate",
            "a count, a slash and one of s, min, h, d",
            key,
        );
    }
    rate
}

fn parse_rate(written: &str) -> Option<Rate> {
    let (count, unit) = written.split_once('/')?;
    let count: NonZeroU32 = count.trim().parse().ok()?;
    let per = match unit.trim() {
        "s" => Duration::from_secs(1),
        "min" => Duration::from_secs(60),
        "h" => Duration::from_secs(3600),
        "d" => Duration::from_secs(86_400),
        _ => return None,
    };
    Some(Rate { count, per })
}

fn unreadable(
    context: &mut Context<'_>,
    node: &Node<'_>,
    written: &str,
    what: &str,
    form: &str,
    key: &Key,
) {
    context.report(
        Diagnostic::error(format!("`{written}` is not {what}"))
            .label(node.span(), format!("wants {form}"))
            .help(key.usage()),
    );
}
