//! Parts of a dialogue that fit a trainer's context.

use rehearsal_sdk::prelude::*;

use crate::dialogue::Exchange;
use crate::persona::Persona;
use crate::{Config, message};

/// Some exchanges in a row; those before `learn_from` are context only.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window<'a> {
    pub(crate) exchanges: &'a [Exchange],
    pub(crate) learn_from: usize,
}

/// Cuts a dialogue. Every prospect's message is trained in exactly one window; a window
/// opens with the seller where it can and repeats a little of the one before it.
pub(crate) fn windows<'a>(config: &Config, exchanges: &'a [Exchange]) -> Vec<Window<'a>> {
    let mut all = Vec::new();
    let mut next = 0;
    while next < exchanges.len() {
        let mut start = next.saturating_sub(config.overlap as usize);
        // A window opens with the seller, so that no opener has to be put in.
        if exchanges[start].is_prospect() && start + 1 < next {
            start += 1;
        }
        let end = fit(config, exchanges, start, next);
        let window = &exchanges[start..end];
        all.push(Window { exchanges: window, learn_from: next - start });
        next = end;
    }
    all
}

/// One past the last exchange that fits a window from `start`. At least one that is new
/// always does, and a seller's words stay with the answer.
fn fit(config: &Config, exchanges: &[Exchange], start: usize, next: usize) -> usize {
    let mut words: usize = exchanges[start..next].iter().map(Exchange::words).sum();
    let mut end = next;
    while end < exchanges.len() {
        words += exchanges[end].words();
        // An opener may be put in: it counts as a message.
        let opener = usize::from(exchanges[start].is_prospect());
        let full = end - start + opener >= config.max_messages as usize
            || words > config.max_words as usize;
        if full && end > next {
            break;
        }
        end += 1;
    }
    let answered_next = end < exchanges.len() && !exchanges[end - 1].is_prospect();
    if answered_next && end - 1 > next { end - 1 } else { end }
}

impl Window<'_> {
    /// As a chat: the persona, an opener where the prospect speaks first, the exchanges.
    pub(crate) fn chat(&self, config: &Config, persona: &Persona) -> Vec<Message> {
        let mut messages =
            vec![rehearsal_sdk::message(Speaker::System, persona.prompt.as_str(), &[])];
        if self.exchanges.first().is_some_and(Exchange::is_prospect) {
            messages.push(rehearsal_sdk::message(Speaker::User, config.opener.as_str(), &[]));
        }
        messages.extend(self.exchanges.iter().enumerate().map(|(index, exchange)| {
            message(exchange, exchange.is_prospect() && index >= self.learn_from)
        }));
        // What follows the last answer teaches nothing.
        while messages.last().is_some_and(|last| last.role == Speaker::User) {
            messages.pop();
        }
        messages
    }
}
