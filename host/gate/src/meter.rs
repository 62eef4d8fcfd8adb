//! What a grant may cost in one run of the program, and what it has cost.
//!
//! Requests are counted as they leave, tokens as answers tell them: `usage`, as
//! OpenAI-compatible servers write it. Before a request leaves, what it may cost is set
//! aside, so that requests that are under way together do not spend the same rest; the
//! answer puts the true figure in its place. What a server does not tell is estimated
//! from bytes, so that a silent one is not free.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use crate::message::{Request, Response};

/// The most that a grant may cost in one run; none of what is not bounded.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Budget {
    /// Requests that are sent, further attempts included.
    pub requests: Option<u64>,
    /// Tokens, in and out together.
    pub tokens: Option<u64>,
    /// In the currency of [`Price`].
    pub money: Option<f64>,
}

/// What a million tokens cost.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Price {
    /// Sent.
    pub input: f64,
    /// Received.
    pub output: f64,
}

/// What was spent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Requests that left.
    pub requests: u64,
    /// Tokens sent.
    pub input: u64,
    /// Tokens received.
    pub output: u64,
}

impl Spent {
    /// Tokens in both directions.
    #[must_use]
    pub const fn tokens(&self) -> u64 {
        self.input.saturating_add(self.output)
    }

    /// At a price, in its currency.
    #[must_use]
    pub fn money(&self, price: &Price) -> f64 {
        (self.input as f64 * price.input + self.output as f64 * price.output) / 1e6
    }

    const fn plus(self, more: Self) -> Self {
        Self {
            requests: self.requests.saturating_add(more.requests),
            input: self.input.saturating_add(more.input),
            output: self.output.saturating_add(more.output),
        }
    }

    const fn minus(self, less: Self) -> Self {
        Self {
            requests: self.requests.saturating_sub(less.requests),
            input: self.input.saturating_sub(less.input),
            output: self.output.saturating_sub(less.output),
        }
    }
}

/// Bytes of JSON and prose that one token stands for at least, as a rule: English has
/// four, digits and marks have fewer.
const BYTES_A_TOKEN: usize = 3;

/// The ledger of one grant, shared by all who use it.
#[derive(Debug)]
pub(crate) struct Meter {
    budget: Budget,
    price: Price,
    spent: Mutex<Spent>,
}

/// What was set aside for a request.
#[derive(Debug)]
pub(crate) struct Held<'m> {
    meter: &'m Meter,
    expected: Spent,
}

impl Meter {
    pub(crate) fn new(budget: Budget, price: Price) -> Self {
        Self { budget, price, spent: Mutex::default() }
    }

    pub(crate) fn spent(&self) -> (Spent, Price) {
        (*self.spent.lock().unwrap_or_else(PoisonError::into_inner), self.price)
    }

    /// Sets aside what a request may cost, or says which part of the budget that would
    /// pass.
    pub(crate) fn take(&self, request: &Request) -> Result<Held<'_>, String> {
        let expected = self.expected(request);
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let after = spent.plus(expected);
        if let Some(problem) = self.passed(&spent, &after) {
            return Err(problem);
        }
        *spent = after;
        Ok(Held { meter: self, expected })
    }

    fn expected(&self, request: &Request) -> Spent {
        // Nothing but requests is counted where nothing else is asked for.
        if self.budget.tokens.is_none() && self.budget.money.is_none() {
            return Spent { requests: 1, ..Spent::default() };
        }
        let body: Option<Value> = serde_json::from_slice(&request.body).ok();
        let most = ["max_tokens", "max_completion_tokens", "max_output_tokens"]
            .iter()
            .find_map(|name| body.as_ref()?.get(name)?.as_u64());
        Spent { requests: 1, input: estimate(&request.body), output: most.unwrap_or_default() }
    }

    fn passed(&self, before: &Spent, after: &Spent) -> Option<String> {
        let Budget { requests, tokens, money } = self.budget;
        if let Some(most) = requests.filter(|most| after.requests > *most) {
            return Some(format!("{} of {most} requests were sent", before.requests));
        }
        if let Some(most) = tokens.filter(|most| after.tokens() > *most) {
            let (used, next) = (before.tokens(), after.tokens() - before.tokens());
            return Some(format!(
                "{used} of {most} tokens are used, and the next request may take {next}"
            ));
        }
        let (used, would) = (before.money(&self.price), after.money(&self.price));
        let most = money.filter(|most| would > *most)?;
        Some(format!(
            "{used:.4} of {most} is spent, and the next request may cost {:.4}",
            would - used
        ))
    }
}

impl Held<'_> {
    /// It never left.
    pub(crate) fn release(self) {
        self.replace(Spent::default());
    }

    /// Puts what an answer says in the place of what was set aside.
    pub(crate) fn settle(self, answer: &Response) {
        let requests = 1;
        let told = told(answer);
        let actual = match (told, (200..300).contains(&answer.status)) {
            (Some((input, output)), _) => Spent { requests, input, output },
            (None, true) => Spent {
                requests,
                input: self.expected.input,
                output: estimate(&answer.body).min(self.expected.output.max(1)),
            },
            (None, false) => Spent { requests, ..Spent::default() },
        };
        self.replace(actual);
    }

    fn replace(self, actual: Spent) {
        let mut spent = self.meter.spent.lock().unwrap_or_else(PoisonError::into_inner);
        *spent = spent.minus(self.expected).plus(actual);
    }
}

fn estimate(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len().div_ceil(BYTES_A_TOKEN)).unwrap_or(u64::MAX)
}

/// Tokens in and out, as an answer's `usage` has them.
fn told(answer: &Response) -> Option<(u64, u64)> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    let usage = body.get("usage")?;
    let count = |names: [&str; 2]| names.iter().find_map(|name| usage.get(name)?.as_u64());
    let input = count(["prompt_tokens", "input_tokens"])?;
    Some((input, count(["completion_tokens", "output_tokens"]).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(most: u64) -> Request {
        let body = format!(r#"{{"max_tokens":{most}}}"#).into_bytes();
        Request { method: "POST".to_owned(), body, ..Request::default() }
    }

    fn answer(status: u16, body: &str) -> Response {
        Response { status, headers: vec![], body: body.as_bytes().to_vec(), kept: None }
    }

    fn used(input: u64, output: u64) -> Response {
        let usage =
            format!(r#"{{"usage":{{"prompt_tokens":{input},"completion_tokens":{output}}}}}"#);
        answer(200, &usage)
    }

    fn meter(budget: Budget) -> Meter {
        Meter::new(budget, Price { input: 1.0, output: 10.0 })
    }

    #[test]
    fn requests_under_way_hold_what_they_may_cost() {
        let meter = meter(Budget { tokens: Some(250), ..Budget::default() });
        let first = meter.take(&request(100)).expect("there is enough");
        let second = meter.take(&request(100)).expect("there is enough");
        let told = meter.take(&request(100)).expect_err("the rest is held");
        assert!(told.contains("of 250 tokens"), "{told}");
        first.settle(&used(10, 5));
        second.settle(&used(10, 5));
        assert_eq!(meter.spent().0, Spent { requests: 2, input: 20, output: 10 });
        assert!(meter.take(&request(100)).is_ok(), "what was not used is free again");
    }

    #[test]
    fn money_follows_from_tokens_and_prices() {
        let meter = meter(Budget { money: Some(0.0012), ..Budget::default() });
        meter.take(&request(100)).expect("0.001 and a little").settle(&used(100, 50));
        let (spent, price) = meter.spent();
        assert!((spent.money(&price) - 0.0006).abs() < 1e-12);
        let told = meter.take(&request(100)).expect_err("another 0.001 is too much");
        assert!(told.contains("0.0006 of 0.0012 is spent"), "{told}");
    }

    #[test]
    fn what_never_left_or_was_refused_takes_no_tokens_and_silence_is_estimated() {
        let meter = meter(Budget { requests: Some(3), tokens: Some(1000), ..Budget::default() });
        meter.take(&request(100)).expect("enough").release();
        assert_eq!(meter.spent().0, Spent::default());
        meter.take(&request(100)).expect("enough").settle(&answer(429, "slow down"));
        assert_eq!(meter.spent().0, Spent { requests: 1, ..Spent::default() });
        meter.take(&request(100)).expect("enough").settle(&answer(200, &"x".repeat(90)));
        assert_eq!(meter.spent().0.output, 30);
        let _lost = meter.take(&request(100)).expect("enough");
        assert_eq!(meter.spent().0.requests, 3, "what may have arrived counts");
        let told = meter.take(&request(100)).expect_err("three were sent");
        assert_eq!(told, "3 of 3 requests were sent");
    }
}
