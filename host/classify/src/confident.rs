//! Labels that are probably wrong, by confident learning (Northcutt, Jiang and Chuang
//! 2021): a class is believed of an example where its probability, by a classifier that
//! has not seen the call, is at least what it is on average where the label says so.

/// A label to look at again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Suspicion {
    /// The example's place.
    pub example: usize,
    /// The class that is believed, or not believed, against the label.
    pub class: usize,
    /// Whether the label says that it holds.
    pub labelled: bool,
    /// The class that is believed instead; of classes that exclude one another only.
    pub instead: Option<usize>,
    /// How far the probability speaks against the label, 0 to 1.
    pub margin: f64,
}

/// Labels to look at again, the most doubtful first. `labels` are the classes of each
/// example; examples without probabilities are left alone.
#[must_use]
pub fn suspicious(
    probabilities: &[Option<Vec<f64>>],
    labels: &[Vec<usize>],
    exclusive: bool,
) -> Vec<Suspicion> {
    let classes = probabilities.iter().flatten().map(Vec::len).max().unwrap_or_default();
    let known: Vec<(usize, &Vec<f64>, &Vec<usize>)> = probabilities
        .iter()
        .zip(labels)
        .enumerate()
        .filter_map(|(at, (found, labels))| Some((at, found.as_ref()?, labels)))
        .collect();
    let mean = |class: usize, holds: bool| {
        let own = known.iter().filter(|(_, _, labels)| labels.contains(&class) == holds);
        let values: Vec<f64> = own.map(|(_, found, _)| found[class]).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let thresholds: Vec<(Option<f64>, Option<f64>)> =
        (0..classes).map(|class| (mean(class, true), mean(class, false))).collect();
    let mut found = Vec::new();
    for (example, probabilities, labels) in known {
        if exclusive {
            let [label] = labels[..] else { continue };
            let believed = (0..classes)
                .filter(|class| {
                    thresholds[*class].0.is_some_and(|least| probabilities[*class] >= least)
                })
                .max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
            if let Some(instead) = believed.filter(|class| *class != label) {
                let margin = probabilities[instead] - probabilities[label];
                if margin > 0.0 {
                    let instead = Some(instead);
                    found.push(Suspicion {
                        example,
                        class: label,
                        labelled: true,
                        instead,
                        margin,
                    });
                }
            }
            continue;
        }
        for (class, probability) in probabilities.iter().enumerate() {
            let labelled = labels.contains(&class);
            let (there, absent) = thresholds[class];
            let against = if labelled {
                absent.is_some_and(|most| *probability <= most)
            } else {
                there.is_some_and(|least| *probability >= least)
            };
            if against {
                let margin = if labelled { 1.0 - probability } else { *probability };
                found.push(Suspicion { example, class, labelled, instead: None, margin });
            }
        }
    }
    found.sort_by(|a, b| b.margin.total_cmp(&a.margin).then(a.example.cmp(&b.example)));
    found
}
