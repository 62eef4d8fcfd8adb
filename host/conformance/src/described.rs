//! What a plugin says of itself, and whether it keeps to it.

use std::collections::HashSet;
use std::hash::Hash;

use rehearsal_model::{Annotation, Example, Value};
use rehearsal_sandbox::{Component, Description, Details};
use serde_json::Value as Json;

/// Asks twice, with nothing granted.
pub(crate) async fn describe(component: &Component) -> Result<Description, String> {
    let mut answers = Vec::new();
    for _ in 0..2 {
        let answer = component.describe().await.map_err(|error| error.to_string())?;
        answers.push(answer.map_err(|error| error.to_string())?.value);
    }
    let second = answers.pop();
    let first = answers.pop();
    match (first, second) {
        (Some(first), Some(second)) if first == second => Ok(first),
        _ => Err("two calls of `describe` give two answers".to_owned()),
    }
}

/// Names and versions that other people's programs can live with.
pub(crate) fn identity(description: &Description) -> Result<String, String> {
    let identity = &description.identity;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if identity.name.is_empty() || !identity.name.chars().all(plain) {
        let name = &identity.name;
        return Err(format!("the name `{name}` is not of lowercase letters, digits and `-`"));
    }
    let core = identity.version.split(['-', '+']).next().unwrap_or_default();
    let numbers: Vec<_> = core.split('.').map(str::parse::<u64>).collect();
    if numbers.len() != 3 || numbers.iter().any(Result::is_err) {
        return Err(format!("the version `{}` is none, as 1.0.0 is", identity.version));
    }
    if identity.summary.trim().is_empty() || identity.summary.lines().count() > 1 {
        return Err("the summary is not one line".to_owned());
    }
    details(&description.details)?;
    Ok(format!("{} {}: {}", identity.name, identity.version, identity.summary))
}

/// What has to be granted to it. What is no part of the contract, or of another version,
/// was refused when the component was loaded.
pub(crate) fn imports(component: &Component, details: &Details) -> Result<String, String> {
    let needs: Vec<&str> = component.needs().iter().map(|need| need.name()).collect();
    if matches!(details, Details::Extractor { needs, .. } if needs.audio)
        && !needs.contains(&"audio")
    {
        return Err("it says that it needs recordings, and does not import `audio`".to_owned());
    }
    Ok(match needs.as_slice() {
        [] => "its users have to grant nothing".to_owned(),
        needs => format!("its users have to grant {}", needs.join(", ")),
    })
}

fn details(details: &Details) -> Result<(), String> {
    match details {
        Details::Loader => Ok(()),
        Details::Extractor { emits, .. } => {
            let twice = repeated(emits.iter().map(|kind| (&kind.name, &kind.definition)));
            if let Some((name, definition)) = twice {
                return Err(format!("`{name}` ({definition}) is declared twice"));
            }
            match emits.iter().find(|kind| kind.definition.is_empty()) {
                Some(kind) => Err(format!("`{}` has no definition id", kind.name)),
                None if emits.is_empty() => Err("it says that it emits nothing".to_owned()),
                None => Ok(()),
            }
        }
        Details::PathBuilder { families, .. } if families.is_empty() => {
            Err("it says that it writes no family".to_owned())
        }
        Details::PathBuilder { families, .. } => match repeated(families.iter()) {
            Some(family) => Err(format!("the family `{family}` is declared twice")),
            None => Ok(()),
        },
        Details::Validator { checks, .. } => match repeated(checks.iter().map(|(name, _)| name)) {
            Some(check) => Err(format!("the check `{check}` is declared twice")),
            None => Ok(()),
        },
    }
}

fn repeated<T: Hash + Eq + Copy>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let mut seen = HashSet::new();
    all.find(|one| !seen.insert(*one))
}

/// Whether the schema is one, and takes the configuration.
pub(crate) fn schema(description: &Description, config: &str) -> Result<String, String> {
    let text = &description.identity.config_schema;
    if text.trim().is_empty() {
        return Ok("none: it takes no settings".to_owned());
    }
    let schema: Json =
        serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let validator = jsonschema::options()
        .offline()
        .build(&schema)
        .map_err(|error| format!("it is no JSON Schema: {error}"))?;
    let config: Json = serde_json::from_str(config)
        .map_err(|error| format!("the configuration is no JSON: {error}"))?;
    if let Some(error) = validator.iter_errors(&config).next() {
        return Err(format!(
            "it refuses the configuration {config} (`--config FILE` gives another): {error}"
        ));
    }
    let open = validator.is_valid(&serde_json::json!({ "no-such-setting": true }));
    Ok(if open {
        "it takes settings that do not exist: with `additionalProperties: false`, a misspelt \
         one would be found"
            .to_owned()
    } else {
        "it takes the configuration and refuses what does not exist".to_owned()
    })
}

/// Whether annotations are among those declared.
pub(crate) fn annotations(details: &Details, found: &[Annotation]) -> Result<(), String> {
    let Details::Extractor { emits, .. } = details else { return Ok(()) };
    for one in found {
        let kind = emits
            .iter()
            .find(|kind| kind.name == one.name && kind.definition == one.definition)
            .ok_or_else(|| {
                format!("it emits `{}` ({}), which it does not declare", one.name, one.definition)
            })?;
        if let Value::Label(label) = &one.value
            && !kind.labels.contains(&label.name)
        {
            return Err(format!("`{}` has the undeclared label `{}`", one.name, label.name));
        }
    }
    Ok(())
}

/// Whether examples are of declared families, under keys of their own.
pub(crate) fn examples(details: &Details, made: &[Example]) -> Result<(), String> {
    let Details::PathBuilder { families, .. } = details else { return Ok(()) };
    if let Some(one) = made.iter().find(|one| !families.contains(&one.family)) {
        return Err(format!("`{}` is of the undeclared family `{}`", one.key, one.family));
    }
    match repeated(made.iter().map(|one| &one.key)) {
        Some(key) => Err(format!("two examples of one call have the key `{key}`")),
        None => Ok(()),
    }
}

/// Whether a verdict's check is declared.
pub(crate) fn check(details: &Details, name: &str) -> Result<(), String> {
    let Details::Validator { checks, .. } = details else { return Ok(()) };
    if checks.iter().any(|(known, _)| known == name) {
        return Ok(());
    }
    Err(format!("it finds `{name}`, which it does not declare"))
}
