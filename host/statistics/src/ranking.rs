//! Statistics of order.

/// Area under the ROC curve: the probability that something that happened was ranked
/// above something that did not, ties counting half (Mann and Whitney 1947). `None`
/// unless both are there.
#[must_use]
pub fn auc(scores: &[(f64, bool)]) -> Option<f64> {
    let ranks = ranks(&scores.iter().map(|(score, _)| *score).collect::<Vec<_>>());
    let positives = scores.iter().filter(|(_, happened)| *happened).count() as f64;
    let negatives = scores.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let sum: f64 =
        ranks.iter().zip(scores).filter(|(_, (_, happened))| *happened).map(|(rank, _)| rank).sum();
    Some((sum - positives * (positives + 1.0) / 2.0) / (positives * negatives))
}

/// Spearman's ρ: Pearson's correlation of ranks, ties sharing their mean rank. `None`
/// where one side does not vary.
#[must_use]
pub fn spearman(pairs: &[(f64, f64)]) -> Option<f64> {
    let (left, right): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    pearson(&ranks(&left), &ranks(&right))
}

fn pearson(left: &[f64], right: &[f64]) -> Option<f64> {
    let mean_left = crate::mean(left.iter().copied())?;
    let mean_right = crate::mean(right.iter().copied())?;
    let (mut both, mut of_left, mut of_right) = (0.0, 0.0, 0.0);
    for (x, y) in left.iter().zip(right) {
        let (dx, dy) = (x - mean_left, y - mean_right);
        both += dx * dy;
        of_left += dx * dx;
        of_right += dy * dy;
    }
    let scale = (of_left * of_right).sqrt();
    (scale > 0.0).then(|| both / scale)
}

/// Ranks from 1; ties share their mean.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = |at: &&usize| values[**at] == values[order[start]];
        let end = start + order[start..].iter().take_while(same).count().max(1);
        let shared = (start + end + 1) as f64 / 2.0;
        for at in &order[start..end] {
            ranks[*at] = shared;
        }
        start = end;
    }
    ranks
}
