//! `budget` and `price` of a grant of the network: what a run may spend.

use crate::decode::{Context, Form, Key, Node, Section, amount, natural};
use crate::{Budget, Diagnostic, Price};

pub(super) const BUDGET_KEYS: &[Key] = &[
    Key::optional(
        "requests",
        Form::Natural,
        "requests, further attempts included",
        "requests = 2000",
    ),
    Key::optional(
        "tokens",
        Form::Natural,
        "tokens, in and out together, as answers tell them in `usage`",
        "tokens = 3000000",
    ),
    Key::optional("money", Form::Amount, "in the currency of `price`", "money = 5.0"),
];

pub(super) const PRICE_KEYS: &[Key] = &[
    Key::required("input", Form::Amount, "of a million tokens sent", "input = 0.15"),
    Key::required("output", Form::Amount, "of a million tokens received", "output = 0.6"),
];

/// What a grant may cost, and its prices. Both are read before either is given up.
pub(super) fn decode(
    context: &mut Context<'_>,
    grant: &Section<'_, '_>,
) -> Option<(Budget, Option<Price>)> {
    let priced = grant.node("price");
    let price = priced.map(|node| price(context, node));
    let budget = match grant.node("budget") {
        Some(node) => budget(context, node, priced.is_some()),
        None => Some(Budget::default()),
    };
    match price {
        Some(price) => Some((budget?, Some(price?))),
        None => Some((budget?, None)),
    }
}

fn budget(context: &mut Context<'_>, node: &Node<'_>, priced: bool) -> Option<Budget> {
    let section = Section::open(context, "`budget`", BUDGET_KEYS, node)?;
    let budget = Budget {
        requests: section.get(context, "requests", natural),
        tokens: section.get(context, "tokens", natural),
        money: section.get(context, "money", amount),
    };
    if let Some(money) = section.node("money").filter(|_| !priced) {
        context.report(
            Diagnostic::error("`money` cannot be counted without a `price`")
                .label(money.span(), "of what?")
                .help("write what a million tokens cost: `price = { input = 0.15, output = 0.6 }`"),
        );
        return None;
    }
    let whole = |name: &str, read: bool| section.node(name).is_none() || read;
    let read = whole("requests", budget.requests.is_some())
        && whole("tokens", budget.tokens.is_some())
        && whole("money", budget.money.is_some());
    read.then_some(budget)
}

fn price(context: &mut Context<'_>, node: &Node<'_>) -> Option<Price> {
    let section = Section::open(context, "`price`", PRICE_KEYS, node)?;
    let input = section.get(context, "input", amount);
    let output = section.get(context, "output", amount);
    Some(Price { input: input?, output: output? })
}
