//! A plugin's settings against the JSON Schema that it declares, each fault shown at its
//! place in the file.

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{JsonType, PatternOptions, ValidationError};
use serde_json::Value;

use crate::{Diagnostic, Stage, json, suggest};

/// The schema of a plugin that declares none: it takes no settings.
const NO_SETTINGS: &str = r#"{ "type": "object", "additionalProperties": false }"#;

/// Checks `stage.config`; see [`crate::Config::check_schema`].
pub(crate) fn check(stage: &Stage, schema: &str) -> Vec<Diagnostic> {
    let schema = if schema.trim().is_empty() { NO_SETTINGS } else { schema };
    let schema: Value = match serde_json::from_str(schema) {
        Ok(schema) => schema,
        Err(error) => return vec![unusable(stage, &error.to_string())],
    };
    let validator = jsonschema::options()
        .offline()
        .with_pattern_options(PatternOptions::regex())
        .build(&schema);
    match validator {
        Ok(validator) => validator
            .iter_errors(&stage.config)
            .flat_map(|error| Finding { stage, schema: &schema, error }.diagnostics())
            .collect(),
        Err(error) => vec![unusable(stage, &error.to_string())],
    }
}

/// The plugin's fault, not the user's; said where the user chose the plugin.
fn unusable(stage: &Stage, reason: &str) -> Diagnostic {
    Diagnostic::error(format!("the plugin of `{}` declares no usable JSON Schema", stage.id))
        .label(stage.spans.plugin.clone(), "this plugin")
        .help(format!("its author has to mend `config-schema`: {reason}"))
}

struct Finding<'a> {
    stage: &'a Stage,
    schema: &'a Value,
    error: ValidationError<'a>,
}

impl Finding<'_> {
    fn diagnostics(&self) -> Vec<Diagnostic> {
        match self.error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
                unexpected.iter().map(|name| self.unknown_key(name)).collect()
            }
            // The schema lists no properties at all; the validator names only the first.
            ValidationErrorKind::FalseSchema
                if self.error.schema_path().as_str().ends_with("/additionalProperties") =>
            {
                let table = self.stage.config.pointer(self.pointer()).and_then(Value::as_object);
                table.into_iter().flatten().map(|(name, _)| self.unknown_key(name)).collect()
            }
            _ => vec![self.at_value()],
        }
    }

    fn unknown_key(&self, name: &str) -> Diagnostic {
        let pointer = json::join(self.pointer(), name);
        let span = self
            .stage
            .spans
            .config
            .exactly(&pointer)
            .map_or_else(|| self.stage.config_span(self.pointer()), |place| place.key.clone());
        let known: Vec<&str> = self
            .around("properties")
            .and_then(Value::as_object)
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default();
        Diagnostic::error(format!("{} has no key `{name}`", self.subject()))
            .label(span, "unknown key")
            .help(suggest::help(name, &known))
    }

    fn at_value(&self) -> Diagnostic {
        let subject = self.subject();
        let (message, label) = match self.error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                (format!("{subject} lacks `{name}`"), format!("wants `{name}`"))
            }
            ValidationErrorKind::Type { kind } => (
                format!("{subject} wants {}, not {}", wanted(kind), found(self.error.instance())),
                format!("this is {}", found(self.error.instance())),
            ),
            ValidationErrorKind::Enum { .. } => {
                (format!("{subject} cannot be {}", self.error.instance()), String::new())
            }
            _ => (format!("{subject} is not as its plugin wants it"), self.error.to_string()),
        };
        let finding =
            Diagnostic::error(message).label(self.stage.config_span(self.pointer()), label);
        match self.advice() {
            Some(advice) => finding.help(advice),
            None => finding,
        }
    }

    /// What would be right, in the schema's own words where it has some.
    fn advice(&self) -> Option<String> {
        match self.error.kind() {
            ValidationErrorKind::Required { property } => {
                let name = property.as_str()?;
                let about = self.around("properties")?.get(name)?;
                usage(name, about)
            }
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array()?;
                let texts: Option<Vec<&str>> = options.iter().map(Value::as_str).collect();
                match (texts, self.error.instance().as_str()) {
                    (Some(texts), Some(given)) => Some(suggest::help(given, &texts)),
                    _ => {
                        let shown: Vec<String> = options.iter().map(Value::to_string).collect();
                        Some(format!("one of {}", shown.join(", ")))
                    }
                }
            }
            _ => {
                let name = self.pointer().rsplit('/').next().unwrap_or_default();
                usage(name, self.schema.pointer(self.parent())?)
            }
        }
    }

    /// `config` of a stage, or a value in it: `` `config.cues.extra` of `nepq` ``.
    fn subject(&self) -> String {
        let path: String = self
            .pointer()
            .split('/')
            .skip(1)
            .map(|step| match step.parse::<usize>() {
                Ok(index) => format!("[{index}]"),
                Err(_) => format!(".{}", step.replace("~1", "/").replace("~0", "~")),
            })
            .collect();
        format!("`config{path}` of `{}`", self.stage.id)
    }

    fn pointer(&self) -> &str {
        self.error.instance_path().as_str()
    }

    /// Where the schema of the value stands, which the failed keyword is part of.
    fn parent(&self) -> &str {
        let keyword = self.error.schema_path().as_str();
        keyword.rsplit_once('/').map_or("", |(parent, _)| parent)
    }

    /// Another keyword of the schema whose keyword failed.
    fn around(&self, keyword: &str) -> Option<&Value> {
        self.schema.pointer(&json::join(self.parent(), keyword))
    }
}

/// What a setting is for and a value of it, as far as its schema tells.
fn usage(name: &str, schema: &Value) -> Option<String> {
    let about = schema.get("description").and_then(Value::as_str);
    let example = schema
        .get("examples")
        .and_then(|examples| examples.get(0))
        .or_else(|| schema.get("default"))
        .filter(|example| !example.is_object() && !example.is_null())
        .map(|example| format!("for example `{name} = {example}`"));
    match (about, example) {
        (Some(about), Some(example)) => {
            Some(format!("{}; {example}", about.trim_end_matches(['.', ' '])))
        }
        (about, example) => about.map(str::to_owned).or(example),
    }
}

fn wanted(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => words(*one).to_owned(),
        TypeKind::Multiple(several) => {
            let names: Vec<&str> = several.iter().map(words).collect();
            names.join(" or ")
        }
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => words(JsonType::Boolean),
        Value::Number(number) if number.is_f64() => "a number with a fraction",
        Value::Number(_) => words(JsonType::Integer),
        Value::String(_) => words(JsonType::String),
        Value::Array(_) => words(JsonType::Array),
        Value::Object(_) => words(JsonType::Object),
    }
}

fn words(kind: JsonType) -> &'static str {
    match kind {
        JsonType::Array => "an array",
        JsonType::Boolean => "true or false",
        JsonType::Integer => "a whole number",
        JsonType::Null => "nothing",
        JsonType::Number => "a number",
        JsonType::Object => "a table",
        JsonType::String => "a string",
    }
}
