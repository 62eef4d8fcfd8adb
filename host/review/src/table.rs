//! Verdicts arranged for comparison: by call, item and rater.

use std::collections::BTreeMap;

use crate::Verdict;

/// Verdicts on one item.
#[derive(Debug, Clone, Default)]
pub(crate) struct Item<'a> {
    pub(crate) experts: Vec<&'a Verdict>,
    pub(crate) model: Option<&'a Verdict>,
}

/// Items of each call, in order of their ids.
#[derive(Debug, Default)]
pub(crate) struct Table<'a> {
    pub(crate) calls: Vec<Vec<Item<'a>>>,
}

/// Two answers to one question, first rater's and second's.
pub(crate) type Answers = (bool, bool);

impl<'a> Table<'a> {
    /// Verdicts of experts, and of one model where one is named.
    pub(crate) fn of(verdicts: impl Iterator<Item = &'a Verdict>, model: Option<&str>) -> Self {
        let mut calls: BTreeMap<&str, BTreeMap<&str, Item<'a>>> = BTreeMap::new();
        for verdict in verdicts {
            let items = calls.entry(verdict.call()).or_default();
            let item = items.entry(&verdict.item_id).or_default();
            if !verdict.is_model() {
                item.experts.push(verdict);
            } else if model == Some(verdict.rater.as_str()) {
                item.model = Some(verdict);
            }
        }
        Self { calls: calls.into_values().map(|items| items.into_values().collect()).collect() }
    }

    /// What `of_item` makes of each item, by call.
    pub(crate) fn by_call<T>(&self, of_item: impl Fn(&Item<'a>) -> Vec<T>) -> Vec<Vec<T>> {
        self.calls.iter().map(|items| items.iter().flat_map(&of_item).collect()).collect()
    }
}

impl Item<'_> {
    /// Every pair of experts who both answered. Each pair counts in both orders, so that
    /// nobody is "the first rater" whose habits the marginals would take for another's.
    pub(crate) fn expert_pairs<T: Copy>(
        &self,
        answer: impl Fn(&Verdict) -> Option<T>,
    ) -> Vec<(T, T)> {
        let answers: Vec<T> = self.experts.iter().filter_map(|verdict| answer(verdict)).collect();
        let mut pairs = Vec::new();
        for (at, left) in answers.iter().enumerate() {
            for right in &answers[at + 1..] {
                pairs.push((*left, *right));
                pairs.push((*right, *left));
            }
        }
        pairs
    }

    /// The model's answer with each expert's.
    pub(crate) fn model_pairs<T: Copy>(
        &self,
        answer: impl Fn(&Verdict) -> Option<T>,
    ) -> Vec<(T, T)> {
        let Some(of_model) = self.model.and_then(&answer) else { return Vec::new() };
        let experts = self.experts.iter().filter_map(|verdict| answer(verdict));
        experts.map(|of_expert| (of_model, of_expert)).collect()
    }

    /// What most experts answered; none where they are split or silent.
    pub(crate) fn majority(&self, check: &str) -> Option<bool> {
        let answers = self.experts.iter().filter_map(|verdict| verdict.checks.get(check));
        let balance: i64 = answers.map(|passed| if *passed { 1 } else { -1 }).sum();
        (balance != 0).then_some(balance > 0)
    }
}
