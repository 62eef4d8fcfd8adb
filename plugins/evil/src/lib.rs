//! The evil kit: a plugin that misbehaves on command, in every export of every world.
//!
//! A component of the contract is of one world, so the kit is four small components
//! over this crate. Which attack, in which export and on which items is said by the
//! plugin's own `config`:
//!
//! ```toml
//! config = { attack = "memory-bomb", in = "extract", when = "margaret" }
//! ```
//!
//! Attacks that try to get at something say in the log what came of it: `escaped: …`
//! for whatever they got, `held: …` for what was tried in vain. Everything else is
//! seen from outside: the call fails with a message, or it does not.

pub mod attack;
pub mod exhaust;
pub mod probe;
pub mod texts;
pub mod web;

use rehearsal_sdk::log;
use schemars::JsonSchema;
use serde::Deserialize;

pub use attack::Attack;

/// A number that chance decides.
#[must_use]
pub fn dice() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

/// The kit's table of pipeline.toml.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What to do.
    pub attack: Attack,
    /// The export to do it in: `extract`. Without it, in all but `describe`.
    pub r#in: Option<String>,
    /// Only when an item of the call holds this text.
    pub when: Option<String>,
    /// An address (`127.0.0.1:8080`) or a file that the operator knows to exist and
    /// that must not be reached; of the attacks over `http` a granted URL, or several with
    /// blanks between them.
    pub target: Option<String>,
    /// A secret that must not be read, written backwards: the kit may know what it looks
    /// for only in a form that it does not find in its own table.
    pub backwards: Option<String>,
    /// Whether what came of attacks over `http` is also the call's error, as a plugin hands
    /// on what the host told it.
    pub aloud: bool,
}

impl Config {
    /// As the host gives it; one that cannot be read asks for no attack.
    #[must_use]
    pub fn of_host() -> Self {
        serde_json::from_str(&Self::text()).unwrap_or_default()
    }

    /// As it is written.
    fn text() -> String {
        #[cfg(target_family = "wasm")]
        return rehearsal_sdk::bindings::base::rehearsal::plugin::config::get();
        #[cfg(not(target_family = "wasm"))]
        "{}".to_owned()
    }
}

/// The attack that is due in `export` on a call whose items hold these texts. Attacks
/// that need no result of the world are carried out at once; they return where they
/// were not stopped.
pub fn strike<'t>(export: &str, texts: impl IntoIterator<Item = &'t str>) -> Attack {
    let config = Config::of_host();
    let here = config.r#in.as_deref().map_or(export != "describe", |name| name == export);
    let now = config.when.as_deref().is_none_or(|word| {
        // Calls without items (`merge`) are always meant.
        let mut texts = texts.into_iter().peekable();
        texts.peek().is_none() || texts.any(|text| text.contains(word))
    });
    if !(here && now) {
        return Attack::Nothing;
    }
    exhaust::run(config.attack);
    tell(probe::run(config.attack, config.target.as_deref()));
    config.attack
}

/// Says in the log what came of attempts.
pub fn tell(findings: impl IntoIterator<Item = probe::Finding>) {
    for finding in findings {
        match finding {
            probe::Finding::Escaped(_) => log::error(finding),
            probe::Finding::Held(_) => log::info(finding),
        }
    }
}

/// Carries out an attack over `http`, in the worlds that have it; others import nothing of
/// it and cannot call this. `own` is all that the host handed to the call.
///
/// # Errors
/// What came of it, where that was asked for.
pub fn strike_over_http(attack: Attack, own: &[&str]) -> rehearsal_sdk::Result<()> {
    let config = Config::of_host();
    let http = rehearsal_sdk::Http::of_host();
    let targets: Vec<&str> =
        config.target.as_deref().unwrap_or_default().split_whitespace().collect();
    let findings = match attack {
        Attack::Http => web::ask(&http, &web::ELSEWHERE),
        Attack::HttpSmuggle => web::smuggle(&http, &targets),
        Attack::HttpRedirect => web::follow(&http, &targets),
        Attack::HttpInside => web::ask(&http, &targets),
        Attack::HttpSecret => {
            let secret: String = config.backwards.iter().flat_map(|s| s.chars().rev()).collect();
            vec![web::search(&http, &targets, own, &secret)]
        }
        _ => return Ok(()),
    };
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    tell(findings);
    if config.aloud { Err(rehearsal_sdk::types::Error::invalid(said.join("\n"))) } else { Ok(()) }
}

/// Whether a call holds the word that the attack waits for, or it waits for none.
#[must_use]
pub fn is_meant(text: &str) -> bool {
    Config::of_host().when.as_deref().is_none_or(|word| text.contains(word))
}

/// What the kit says of itself.
#[must_use]
pub fn identity(world: &str) -> rehearsal_sdk::bindings::base::rehearsal::plugin::types::Identity {
    rehearsal_sdk::bindings::base::rehearsal::plugin::types::Identity {
        name: format!("evil-{world}"),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Misbehaves on command; part of Rehearsal's own tests".to_owned(),
        config_schema: schemars::schema_for!(Config).as_value().to_string(),
    }
}
