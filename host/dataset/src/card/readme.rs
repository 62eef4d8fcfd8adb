//! The card: YAML that `datasets.load_dataset` and the hub read, and a page for people.

use std::fmt::Write;

use super::{Config, Contents};
use crate::licence::hub_identifier;
use crate::schema::{Field, Type};
use crate::shard::folder_of;

pub(super) fn readme(contents: &Contents<'_>) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = yaml(contents, &mut text).and_then(|()| page(contents, &mut text));
    text
}

fn yaml(contents: &Contents<'_>, out: &mut String) -> std::fmt::Result {
    writeln!(out, "---")?;
    writeln!(out, "pretty_name: {}", quoted(&format!("Rehearsal {}", contents.name)))?;
    let licence = hub_identifier(contents.licence);
    writeln!(out, "license: {licence}")?;
    if licence == "other" {
        writeln!(out, "license_name: {}", quoted(contents.licence))?;
    }
    if !contents.about.languages.is_empty() {
        writeln!(out, "language:")?;
        for language in &contents.about.languages {
            writeln!(out, "- {}", quoted(language))?;
        }
    }
    writeln!(out, "size_categories:\n- {}", size(contents.configs.iter().map(Config::rows).sum()))?;
    writeln!(out, "tags:\n- sales\n- dialogue\n- rehearsal")?;
    if contents.configs.is_empty() {
        return writeln!(out, "---");
    }
    writeln!(out, "configs:")?;
    let format = contents.loaded();
    for config in contents.configs {
        writeln!(out, "- config_name: {}", quoted(&config.name))?;
        writeln!(out, "  data_files:")?;
        for split in config.splits.keys() {
            let folder = folder_of(format, &config.family, config.form, *split);
            writeln!(out, "  - split: {split}\n    path: {}", quoted(&format!("{folder}/*")))?;
        }
    }
    writeln!(out, "dataset_info:")?;
    for config in contents.configs {
        writeln!(out, "- config_name: {}", quoted(&config.name))?;
        writeln!(out, "  features:")?;
        features(&config.form.schema(), 2, out)?;
        writeln!(out, "  splits:")?;
        for (split, counts) in &config.splits {
            let folder = folder_of(format, &config.family, config.form, *split) + "/";
            let of = contents.files.iter().filter(|file| file.path.starts_with(&folder));
            let bytes: u64 = of.map(|file| file.bytes).sum();
            writeln!(out, "  - name: {split}\n    num_bytes: {bytes}")?;
            writeln!(out, "    num_examples: {}", counts.rows)?;
        }
    }
    writeln!(out, "---")
}

fn features(fields: &[Field], indent: usize, out: &mut String) -> std::fmt::Result {
    let space = " ".repeat(indent);
    for field in fields {
        writeln!(out, "{space}- name: {}", field.name)?;
        match &field.kind {
            Type::List(of) => match &**of {
                Type::Record(parts) => {
                    writeln!(out, "{space}  list:")?;
                    features(parts, indent + 2, out)?;
                }
                of => writeln!(out, "{space}  list: {}", scalar(of))?,
            },
            Type::Record(parts) => {
                writeln!(out, "{space}  struct:")?;
                features(parts, indent + 2, out)?;
            }
            of => writeln!(out, "{space}  dtype: {}", scalar(of))?,
        }
    }
    Ok(())
}

const fn scalar(kind: &Type) -> &'static str {
    match kind {
        Type::Integer => "int64",
        Type::Number => "float64",
        Type::Flag => "bool",
        Type::Text | Type::List(_) | Type::Record(_) => "string",
    }
}

/// A YAML string that needs no look at its letters: JSON's are a part of YAML's.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

const fn size(rows: u64) -> &'static str {
    match rows {
        0..1_000 => "n<1K",
        1_000..10_000 => "1K<n<10K",
        10_000..100_000 => "10K<n<100K",
        100_000..1_000_000 => "100K<n<1M",
        1_000_000..10_000_000 => "1M<n<10M",
        _ => "10M<n<100M",
    }
}

fn page(contents: &Contents<'_>, out: &mut String) -> std::fmt::Result {
    let Contents { name, about, configs, whole, .. } = contents;
    writeln!(out, "\n# {name}\n")?;
    writeln!(
        out,
        "Made from sales calls by the pipeline `{}` of Rehearsal: every row says which call and \
         which turns it was made of, and `rehearsal explain ID` shows the rest.\n",
        about.pipeline
    )?;
    writeln!(out, "```python\nfrom datasets import load_dataset")?;
    for config in configs.iter() {
        writeln!(out, "load_dataset(\".\", {})", quoted(&config.name))?;
    }
    writeln!(out, "```\n\n## Configurations\n")?;
    writeln!(out, "| configuration | rows are | split | rows | calls | learned from |")?;
    writeln!(out, "|---|---|---|---:|---:|---:|")?;
    for config in configs.iter() {
        for (split, counts) in &config.splits {
            let (rows, calls) = (counts.rows, counts.conversations);
            let (name, form) = (&config.name, config.form.about());
            let learned = counts.trained_messages;
            writeln!(out, "| `{name}` | {form} | {split} | {rows} | {calls} | {learned} |")?;
        }
    }
    writeln!(
        out,
        "\n## How it was divided\n\n{} Calls of one account, one customer, one recording, one synthetic seed, and near-duplicates (Jaccard of word 5-grams at least 0.7) are on one side. What two splits have in common, counted from the calls:\n",
        about.division
    )?;
    overlap(contents, out)?;
    if whole.withheld > 0 {
        writeln!(
            out,
            "\n{} calls belong to a held-out slice's calls but not into it; they are in no split.",
            whole.withheld
        )?;
    }
    writeln!(out, "\n## How it was made\n\n| stage | plugin | component |\n|---|---|---|")?;
    for (stage, plugin, digest) in &about.stages {
        writeln!(out, "| `{stage}` | {plugin} | `{digest}` |")?;
    }
    writeln!(
        out,
        "\n{} calls went in. Every row was rendered through the chat templates of common model families to see that a trainer's loss covers what it should. Kept out:\n",
        about.calls
    )?;
    counted(contents.rejected, "nothing", out)?;
    writeln!(
        out,
        "\n## Licence\n\n**{}**, the most restrictive of the sources'. Rows by licence:\n",
        contents.licence
    )?;
    counted(contents.licences, "no rows", out)?;
    if !whole.refused_licences.is_empty() {
        writeln!(out, "\nCalls that the pipeline refused for their licence:\n")?;
        counted(&whole.refused_licences, "none", out)?;
    }
    writeln!(
        out,
        "\n## Files\n\n`manifest.json` has a sha256 of each file and one Merkle root over all; `croissant.json` describes the columns (Croissant 1.0); `dataset_info.json` and the files in `train/` are for trainers, see `train/README.md`."
    )
}

fn overlap(contents: &Contents<'_>, out: &mut String) -> std::fmt::Result {
    let Some(pairs) = contents.whole.overlap.values().next().filter(|row| !row.is_empty()) else {
        return writeln!(out, "(one split only)");
    };
    let names: Vec<&str> = pairs.keys().map(String::as_str).collect();
    writeln!(out, "| | {} |\n|---|{}", names.join(" | "), "---:|".repeat(names.len()))?;
    for (tie, row) in &contents.whole.overlap {
        let cells: Vec<String> = row.values().map(u64::to_string).collect();
        writeln!(out, "| {tie} | {} |", cells.join(" | "))?;
    }
    Ok(())
}

fn counted(
    counts: &std::collections::BTreeMap<String, u64>,
    none: &str,
    out: &mut String,
) -> std::fmt::Result {
    if counts.is_empty() {
        return writeln!(out, "- {none}");
    }
    for (name, count) in counts {
        writeln!(out, "- {name}: {count}")?;
    }
    Ok(())
}
