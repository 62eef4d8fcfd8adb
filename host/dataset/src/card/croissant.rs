//! Croissant 1.0 (MLCommons): files with their hashes, and the columns of every
//! configuration, as JSON-LD.

use serde_json::{Value, json};

use super::{Config, Contents};
use crate::schema::{Field, Type};
use crate::shard::{Format, folder_of};

pub(super) fn croissant(contents: &Contents<'_>) -> String {
    let files = contents.files.iter().map(|file| {
        json!({
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "contentUrl": file.path,
            "contentSize": format!("{} B", file.bytes),
            "encodingFormat": media_type(&file.path),
            "sha256": file.sha256,
        })
    });
    let format = contents.loaded();
    let sets = contents.configs.iter().map(|config| set(config, format, contents));
    let records = contents.configs.iter().map(record_set);
    let document = json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": contents.name,
        "description": format!(
            "Training data made from sales calls by the pipeline `{}` of Rehearsal.",
            contents.about.pipeline
        ),
        "license": contents.licence,
        "inLanguage": contents.about.languages,
        "url": "https://schema.org/Dataset",
        "distribution": files.chain(sets).collect::<Vec<_>>(),
        "recordSet": records.collect::<Vec<_>>(),
    });
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_default();
    text.push('\n');
    text
}

fn media_type(path: &str) -> &'static str {
    if path.ends_with(".parquet") { "application/x-parquet" } else { "application/jsonlines" }
}

/// All files of a configuration in the format that is read.
fn set(config: &Config, format: Format, contents: &Contents<'_>) -> Value {
    let folders: Vec<String> = config
        .splits
        .keys()
        .map(|split| folder_of(format, &config.family, config.form, *split))
        .collect();
    let of = |path: &str| folders.iter().any(|folder| path.starts_with(folder));
    let objects: Vec<Value> = contents
        .files
        .iter()
        .filter(|file| of(&file.path))
        .map(|file| json!({ "@id": file.path }))
        .collect();
    json!({
        "@type": "cr:FileSet",
        "@id": files_of(config),
        "name": files_of(config),
        "containedIn": objects,
        "encodingFormat": media_type(&format!(".{}", format.name())),
        "includes": format!("{}/{}/{}/*/*", format.name(), config.family, config.form.name()),
    })
}

fn files_of(config: &Config) -> String {
    format!("{}-files", config.name)
}

fn record_set(config: &Config) -> Value {
    json!({
        "@type": "cr:RecordSet",
        "@id": config.name,
        "name": config.name,
        "description": config.form.about(),
        "field": config
            .form
            .schema()
            .iter()
            .map(|field| described(field, &config.name, &files_of(config), field.name))
            .collect::<Vec<_>>(),
    })
}

fn described(field: &Field, parent: &str, files: &str, column: &str) -> Value {
    let id = format!("{parent}/{}", field.name);
    let (kind, repeated) = match &field.kind {
        Type::List(of) => (&**of, true),
        kind => (kind, false),
    };
    let mut described = json!({
        "@type": "cr:Field",
        "@id": id,
        "name": field.name,
        "description": field.about,
        "source": { "fileSet": { "@id": files }, "extract": { "column": column } },
    });
    if repeated {
        described["repeated"] = Value::Bool(true);
    }
    match kind {
        Type::Record(parts) => {
            let parts = parts.iter().map(|part| described_part(part, &id, files, column));
            described["subField"] = parts.collect();
        }
        kind => described["dataType"] = data_type(kind).into(),
    }
    described
}

/// A part of a record is found inside its column.
fn described_part(part: &Field, parent: &str, files: &str, column: &str) -> Value {
    let mut described = described(part, parent, files, column);
    described["source"]["transform"] = json!({ "jsonPath": part.name });
    described
}

const fn data_type(kind: &Type) -> &'static str {
    match kind {
        Type::Integer => "sc:Integer",
        Type::Number => "sc:Float",
        Type::Flag => "sc:Boolean",
        Type::Text | Type::List(_) | Type::Record(_) => "sc:Text",
    }
}

/// The context that the specification gives for version 1.0.
fn context() -> Value {
    json!({
        "@language": "en",
        "@vocab": "https://schema.org/",
        "citeAs": "cr:citeAs",
        "column": "cr:column",
        "conformsTo": "dct:conformsTo",
        "cr": "http://mlcommons.org/croissant/",
        "data": { "@id": "cr:data", "@type": "@json" },
        "dataType": { "@id": "cr:dataType", "@type": "@vocab" },
        "dct": "http://purl.org/dc/terms/",
        "examples": { "@id": "cr:examples", "@type": "@json" },
        "extract": "cr:extract",
        "field": "cr:field",
        "fileObject": "cr:fileObject",
        "fileProperty": "cr:fileProperty",
        "fileSet": "cr:fileSet",
        "format": "cr:format",
        "includes": "cr:includes",
        "isLiveDataset": "cr:isLiveDataset",
        "jsonPath": "cr:jsonPath",
        "key": "cr:key",
        "md5": "cr:md5",
        "parentField": "cr:parentField",
        "path": "cr:path",
        "rai": "http://mlcommons.org/croissant/RAI/",
        "recordSet": "cr:recordSet",
        "references": "cr:references",
        "regex": "cr:regex",
        "repeated": "cr:repeated",
        "replace": "cr:replace",
        "sc": "https://schema.org/",
        "separator": "cr:separator",
        "source": "cr:source",
        "subField": "cr:subField",
        "transform": "cr:transform",
    })
}
