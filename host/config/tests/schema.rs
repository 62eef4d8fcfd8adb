//! The JSON Schema of pipeline.toml says of files what the reader says, as far as it can.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

/// A file as editors show it to a schema: dates are texts.
fn instance(path: &Path) -> Value {
    fn convert(value: toml::Value) -> Value {
        match value {
            toml::Value::Datetime(moment) => moment.to_string().into(),
            toml::Value::Array(items) => items.into_iter().map(convert).collect(),
            toml::Value::Table(table) => Value::Object(
                table.into_iter().map(|(key, value)| (key, convert(value))).collect::<Map<_, _>>(),
            ),
            plain => serde_json::to_value(plain).expect("plain values convert"),
        }
    }
    let text = fs::read_to_string(path).expect("the file is there");
    let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{path:?}: {error}"));
    convert(toml::Value::Table(table))
}

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn good_files_fit() {
    let schema = rehearsal_config::schema();
    jsonschema::meta::validate(&schema).expect("it is a schema");
    let validator = jsonschema::validator_for(&schema).expect("it can be used");
    for file in ["../../pipeline.toml", "tests/full.toml"] {
        let file = instance(&here().join(file));
        let faults: Vec<_> = validator.iter_errors(&file).map(|e| e.to_string()).collect();
        assert_eq!(faults, [""; 0]);
    }
}

#[test]
fn wrong_files_do_not_and_the_place_is_told() {
    let validator = jsonschema::validator_for(&rehearsal_config::schema()).expect("it can be used");
    for (file, place) in [
        ("unknown_key", ""),
        ("unknown_section", ""),
        ("missing_key", ""),
        ("wrong_type", ""),
        ("wrong_value", ""),
        ("bad_id", ""),
        ("bad_limits", "/source/0/limits/memory"),
        ("bad_dataset", "/dataset"),
        ("grant_http", "/source/0/grant/http"),
        ("grant_budget", "/extractor/0/grant/http"),
        ("single_source", "/source"),
    ] {
        let wrong = instance(&here().join(format!("tests/golden/{file}.toml")));
        let faults: Vec<String> =
            validator.iter_errors(&wrong).map(|e| e.instance_path().to_string()).collect();
        assert!(faults.iter().any(|fault| fault.starts_with(place)), "{file}: {faults:?}");
    }
}

#[test]
fn every_key_says_what_it_is_for_and_its_example_fits() {
    fn walk(schema: &Value, path: &str, keys: &mut usize) {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let path = format!("{path}/{name}");
            assert!(property["description"].is_string(), "{path}");
            *keys += 1;
            let validator = jsonschema::validator_for(property).expect("it can be used");
            for example in property["examples"].as_array().into_iter().flatten() {
                assert!(validator.is_valid(example), "{path}: {example}");
            }
            for below in [property, &property["items"], &property["anyOf"][1]] {
                walk(below, &path, keys);
            }
        }
    }
    let mut keys = 0;
    walk(&rehearsal_config::schema(), "", &mut keys);
    assert!(keys > 60, "{keys}");
}
