//! Overlap of spans of evidence.

use std::ops::Range;

/// Intersection over union of two sets of half-open spans, 0 to 1; spans of one set that
/// overlap count once. `None` where both are empty.
#[must_use]
pub fn intersection_over_union(left: &[Range<u64>], right: &[Range<u64>]) -> Option<f64> {
    let (left, right) = (merged(left), merged(right));
    let length = |spans: &[Range<u64>]| spans.iter().map(|span| span.end - span.start).sum::<u64>();
    let mut both = 0;
    let (mut i, mut j) = (0, 0);
    while i < left.len() && j < right.len() {
        let start = left[i].start.max(right[j].start);
        let end = left[i].end.min(right[j].end);
        both += end.saturating_sub(start);
        if left[i].end < right[j].end { i += 1 } else { j += 1 }
    }
    let union = length(&left) + length(&right) - both;
    (union > 0).then(|| both as f64 / union as f64)
}

fn merged(spans: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut sorted: Vec<Range<u64>> =
        spans.iter().filter(|span| span.start < span.end).cloned().collect();
    sorted.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Range<u64>> = Vec::new();
    for span in sorted {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}
