//! {{summary}}

wit_bindgen::generate!({ path: "wit", world: "plugin", generate_all });

use exports::rehearsal::plugin::validator_api::{
    Description, Finding, Guest, Inspection, Metric, Report, Subject, SubjectKind, Verdict,
};
use rehearsal::plugin::config;
use rehearsal::plugin::types::{Error, Identity};

const SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "minimum_turns": { "type": "integer", "minimum": 0, "default": 2, "description": "Shorter calls are rejected" }
  },
  "additionalProperties": false
}"#;

/// The plugin: a function for each of the contract's.
pub struct Plugin;

impl Guest for Plugin {
    fn describe() -> Description {
        Description {
            identity: Identity {
                name: env!("CARGO_PKG_NAME").into(),
                version: env!("CARGO_PKG_VERSION").into(),
                summary: env!("CARGO_PKG_DESCRIPTION").into(),
                config_schema: SCHEMA.into(),
            },
            inspects: SubjectKind::Conversations,
            checks: vec![("too_short".into(), "Fewer turns than `minimum_turns`".into())],
        }
    }

    fn inspect(batch: Vec<Subject>) -> Result<Inspection, Error> {
        let minimum = minimum_turns(&config::get());
        let mut seen = Partial::default();
        let mut verdicts = Vec::new();
        for subject in &batch {
            let Subject::Conversation(call) = subject else {
                return Err(Error::InvalidInput("this validator inspects calls".into()));
            };
            let turns = call.conversation.turns.len();
            let short = turns < minimum;
            seen.calls += 1;
            seen.rejected += u64::from(short);
            verdicts.push(if short {
                Verdict::Reject(Finding {
                    check: "too_short".into(),
                    reason: format!("{turns} turns, at least {minimum}"),
                })
            } else {
                Verdict::Accept
            });
        }
        Ok(Inspection { verdicts, partial: seen.write() })
    }

    fn merge(partials: Vec<Vec<u8>>) -> Result<Vec<u8>, Error> {
        let mut sum = Partial::default();
        for partial in partials {
            let partial = Partial::read(&partial)?;
            sum.calls += partial.calls;
            sum.rejected += partial.rejected;
        }
        Ok(sum.write())
    }

    fn conclude(partial: Vec<u8>) -> Result<Report, Error> {
        let Partial { calls, rejected } = Partial::read(&partial)?;
        let count = |name: &str, value: u64| Metric {
            name: name.into(),
            value: value as f64,
            unit: "count".into(),
        };
        Ok(Report {
            summary: format!("{rejected} of {calls} calls are too short"),
            metrics: vec![count("calls", calls), count("too_short", rejected)],
            details: "{}".into(),
        })
    }
}

fn minimum_turns(config: &str) -> usize {
    let config: serde_json::Value = serde_json::from_str(config).unwrap_or_default();
    config["minimum_turns"].as_u64().unwrap_or(2) as usize
}

/// What the report needs of a batch. Sums merge in any order and grouping.
#[derive(Debug, Default, PartialEq)]
struct Partial {
    calls: u64,
    rejected: u64,
}

impl Partial {
    fn write(&self) -> Vec<u8> {
        [self.calls.to_le_bytes(), self.rejected.to_le_bytes()].concat()
    }

    fn read(bytes: &[u8]) -> Result<Self, Error> {
        let broken = || Error::InvalidInput("a partial is 16 bytes".into());
        let (calls, rejected) = bytes.split_first_chunk().ok_or_else(broken)?;
        Ok(Self {
            calls: u64::from_le_bytes(*calls),
            rejected: u64::from_le_bytes(rejected.try_into().map_err(|_| broken())?),
        })
    }
}

// Natively, for tests, there is nobody to export to.
#[cfg(target_family = "wasm")]
export!(Plugin);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partials_add_up() {
        let partial = Partial { calls: 2, rejected: 1 };
        let merged = Plugin::merge(vec![partial.write(), partial.write()]).unwrap();
        assert_eq!(Partial::read(&merged).unwrap(), Partial { calls: 4, rejected: 2 });
        assert!(Partial::read(b"short").is_err());
    }
}
