//! The evil kit as a validator of calls. Its partial is a count in decimal digits.

// A component and nothing else: natively there is nobody to attack.
#![cfg(target_family = "wasm")]

use rehearsal_evil::{Attack, dice, identity, strike, texts};
use rehearsal_sdk::Result;
use rehearsal_sdk::bindings::validator::exports::rehearsal::plugin::validator_api as api;
use rehearsal_sdk::types::{Body, Error};

/// Beyond the limit of a partial.
const HUGE_PARTIAL: usize = 2 << 20;

struct Evil;

impl api::Guest for Evil {
    fn describe() -> api::Description {
        let mut identity = identity("validator");
        let mut checks = vec![("evil".to_owned(), String::new())];
        match strike("describe", []) {
            Attack::HugeString => identity.summary = texts::huge(),
            Attack::HugeTotal => identity.version = texts::huge_together().concat(),
            Attack::HugeList => checks = vec![Default::default(); texts::TOO_LONG],
            Attack::Escapes => identity.name = texts::ESCAPES.to_owned(),
            _ => {}
        }
        api::Description { identity, inspects: api::SubjectKind::Conversations, checks }
    }

    fn inspect(batch: Vec<api::Subject>) -> Result<api::Inspection> {
        let attack = strike("inspect", batch.iter().map(said));
        let mut verdicts = vec![api::Verdict::Accept; batch.len()];
        let mut partial = batch.len().to_string().into_bytes();
        let finding = |reason| api::Finding { check: "evil".to_owned(), reason };
        match attack {
            Attack::TooMany => verdicts.push(api::Verdict::Accept),
            Attack::TooFew => drop(verdicts.pop()),
            Attack::HugeString => verdicts.fill(api::Verdict::Flag(finding(texts::huge()))),
            Attack::HugeTotal => verdicts
                .extend(texts::huge_together().into_iter().map(|s| api::Verdict::Flag(finding(s)))),
            Attack::HugeList => partial = vec![b'9'; HUGE_PARTIAL],
            Attack::Escapes => {
                verdicts.fill(api::Verdict::Flag(finding(texts::ESCAPES.to_owned())));
            }
            Attack::Dice => verdicts.fill(api::Verdict::Flag(finding(dice().to_string()))),
            Attack::Undeclared => verdicts.fill(api::Verdict::Flag(api::Finding {
                check: "virtue".to_owned(),
                reason: String::new(),
            })),
            _ => fail(attack)?,
        }
        Ok(api::Inspection { verdicts, partial })
    }

    fn merge(partials: Vec<Vec<u8>>) -> Result<Vec<u8>> {
        match strike("merge", []) {
            Attack::HugeList | Attack::HugeString => Ok(vec![b'9'; HUGE_PARTIAL]),
            Attack::HugeTotal => Ok(vec![b'9'; 96 << 20]),
            // The last one wins.
            Attack::Place => Ok(partials.last().cloned().unwrap_or_default()),
            attack => {
                fail(attack)?;
                let counts = partials.iter().map(|partial| count(partial));
                Ok(counts.sum::<u64>().to_string().into_bytes())
            }
        }
    }

    fn conclude(partial: Vec<u8>) -> Result<api::Report> {
        let mut report = api::Report {
            summary: format!("{} calls", count(&partial)),
            metrics: Vec::new(),
            details: String::new(),
        };
        let metric = api::Metric { name: "evil".to_owned(), value: f64::NAN, unit: String::new() };
        match strike("conclude", []) {
            Attack::HugeString => report.summary = texts::huge(),
            Attack::HugeTotal => report.details = texts::huge_together().concat(),
            Attack::HugeList => report.metrics = vec![metric; texts::TOO_LONG],
            Attack::NotANumber => report.metrics.push(metric),
            Attack::Escapes => report.summary = texts::ESCAPES.to_owned(),
            attack => fail(attack)?,
        }
        Ok(report)
    }
}

fn fail(attack: Attack) -> Result<()> {
    match attack {
        Attack::HugeError => Err(Error::Permanent(texts::long_error())),
        Attack::Transient | Attack::SlowDrip => Err(Error::Transient("come back later".to_owned())),
        _ => Ok(()),
    }
}

fn count(partial: &[u8]) -> u64 {
    str::from_utf8(partial).ok().and_then(|text| text.parse().ok()).unwrap_or(0)
}

fn said(subject: &api::Subject) -> &str {
    match subject {
        api::Subject::Conversation(call) => &call.conversation.text,
        api::Subject::Example(example) => match &example.body {
            Body::Chat(chat) => chat.messages.first().map_or("", |first| &first.content),
            Body::Preference(pair) => &pair.chosen.content,
            Body::LabelledText(row) => &row.text,
            Body::Critique(critique) => &critique.completion,
        },
    }
}

#[cfg(target_family = "wasm")]
#[allow(unsafe_code, reason = "generated: the ABI of the component model is raw memory")]
const _: () = {
    rehearsal_sdk::bindings::validator::__export_validator_world!(
        Evil with_types_in rehearsal_sdk::bindings::validator
    );
};
