//! How a call moves through the phases of the method.

use rehearsal_sdk::prelude::*;

use crate::{Finding, NepqLabel, Phase};

pub(crate) const COVERAGE: Kind = Kind::new(
    "nepq_coverage",
    "nepq.coverage@1",
    "Share of the five NEPQ phases that the seller's labels touch, 0 to 1",
);

pub(crate) const ORDER: Kind = Kind::new(
    "nepq_order",
    "nepq.order.tau_b@1",
    "Kendall's tau-b of the labels' phases against the canonical order, -1 to 1",
);

pub(crate) const CONSEQUENCE_DEPTH: Kind = Kind::new(
    "nepq_consequence_depth",
    "nepq.consequence_depth@1",
    "Seller's turns with a consequence question",
);

pub(crate) const QUESTION_SHARE: Kind = Kind::new(
    "nepq_question_share",
    "nepq.question_share@1",
    "Share of the seller's turns with a question that hold an NEPQ question type, 0 to 1",
);

/// Adds up the seller's turns.
#[derive(Debug, Default)]
pub(crate) struct Course {
    /// Phases of all labels, turn by turn.
    phases: Vec<(usize, Phase)>,
    turns: usize,
    consequence_turns: usize,
    asking_turns: usize,
    nepq_asking_turns: usize,
}

impl Course {
    pub(crate) fn turn(&mut self, questions: usize, found: &[Finding]) {
        let turn = self.turns;
        self.turns += 1;
        self.phases.extend(found.iter().map(|finding| (turn, finding.label.phase())));
        let has = |wanted: fn(NepqLabel) -> bool| found.iter().any(|one| wanted(one.label));
        self.consequence_turns += usize::from(has(|label| label == NepqLabel::Consequence));
        if questions > 0 {
            self.asking_turns += 1;
            self.nepq_asking_turns += usize::from(has(NepqLabel::asks));
        }
    }

    pub(crate) fn measures(&self, call: &Call<'_>) -> Vec<Annotation> {
        let mut touched: Vec<Phase> = self.phases.iter().map(|&(_, phase)| phase).collect();
        touched.sort_unstable();
        touched.dedup();
        let coverage = touched.len() as f64 / Phase::COUNT as f64;
        let order = tau_b(&self.phases)
            .ok_or("the seller's labels lie in fewer than two phases or turns".to_owned());
        let share = if self.asking_turns == 0 {
            Err("the seller asks nothing".to_owned())
        } else {
            Ok(self.nepq_asking_turns as f64 / self.asking_turns as f64)
        };
        let measure = |kind: Kind, value: Value| kind.at(call, value).by(kind.definition);
        vec![
            measure(COVERAGE, coverage.into()),
            measure(ORDER, order.into()),
            measure(CONSEQUENCE_DEPTH, (self.consequence_turns as f64).into()),
            measure(QUESTION_SHARE, share.into()),
        ]
    }
}

/// Kendall's tau-b between two orders; none where one of them is all ties.
///
/// Pairs are counted per phase and turn, so that the cost is linear in labels.
fn tau_b(pairs: &[(usize, Phase)]) -> Option<f64> {
    let mut before = [0_u64; Phase::COUNT];
    let (mut concordant, mut discordant, mut tied_turn, mut tied_phase) =
        (0_u64, 0_u64, 0_u64, 0_u64);
    for turn in pairs.chunk_by(|left, right| left.0 == right.0) {
        for (index, (_, phase)) in turn.iter().enumerate() {
            let phase = *phase as usize;
            concordant += before[..phase].iter().sum::<u64>();
            discordant += before[phase + 1..].iter().sum::<u64>();
            tied_phase += before[phase];
            // Within a turn there is no order to agree or disagree with.
            tied_turn +=
                turn[..index].iter().filter(|other| other.1 as usize != phase).count() as u64;
        }
        for (_, phase) in turn {
            before[*phase as usize] += 1;
        }
    }
    let ordered = (concordant + discordant) as f64;
    let scale = ((ordered + tied_turn as f64) * (ordered + tied_phase as f64)).sqrt();
    (ordered > 0.0).then(|| (concordant as f64 - discordant as f64) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tau_is_one_in_order_minus_one_reversed_and_none_without_two_phases() {
        let course = [Phase::Connection, Phase::Engagement, Phase::Transition, Phase::Commitment];
        let forwards: Vec<_> = course.into_iter().enumerate().collect();
        let backwards: Vec<_> = course.into_iter().rev().enumerate().collect();
        assert_eq!(tau_b(&forwards), Some(1.0));
        assert_eq!(tau_b(&backwards), Some(-1.0));
        assert_eq!(tau_b(&[(0, Phase::Engagement), (1, Phase::Engagement)]), None);
        assert_eq!(tau_b(&[]), None);
    }
}
