//! A page for every built-in plugin, out of what the plugins say of themselves, and the
//! commands, out of what the program says.

use std::fs;

use rehearsal_tests::root;
use serde_json::Value;

use crate::pipeline::cell;
use crate::rehearsal;

/// Page and text of each plugin, and the list of all of them.
pub(crate) fn parts() -> Vec<(String, String)> {
    let listed = rehearsal(&["plugin", "list", "--built-in", "--json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("it is JSON");
    let mut parts: Vec<(String, String)> = listed
        .iter()
        .map(|one| (format!("plugins/{}.md", text(one, "name")), about(one)))
        .collect();
    parts.push(("plugins/README.md".to_owned(), list(&listed)));
    parts
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

fn list(all: &[Value]) -> String {
    let mut page = "# Built-in plugins\n".to_owned();
    for (world, title) in [
        ("loader", "Loaders: where calls come from"),
        ("extractor", "Extractors: what is found in them"),
        ("path-builder", "Paths: what is made of them"),
        ("validator", "Validators: what is kept out"),
    ] {
        page.push_str(&format!(
            "\n## {title}\n\n| plugin | what it does | asks for |\n|---|---|---|\n"
        ));
        for one in all.iter().filter(|one| text(one, "world") == world) {
            let name = text(one, "name");
            let summary = cell(text(one, "summary"));
            page.push_str(&format!("| [{name}]({name}.md) | {summary} | {} |\n", asks(one)));
        }
    }
    page
}

fn asks(plugin: &Value) -> String {
    let grants: Vec<String> = plugin["grants"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|name| format!("`{name}`"))
        .collect();
    if grants.is_empty() { "nothing".to_owned() } else { grants.join(", ") }
}

fn about(plugin: &Value) -> String {
    let name = text(plugin, "name");
    let mut page = format!("# {name}\n\n{}.\n\n", text(plugin, "summary").trim_end_matches('.'));
    let (world, asked) = (text(plugin, "world"), asks(plugin));
    page.push_str(&format!("World `{world}`; asks for {asked}"));
    let needs: Vec<&str> =
        plugin["needs"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !needs.is_empty() {
        page.push_str(&format!(
            "; a call needs {}, or what rests on them is unavailable",
            needs.join(", ")
        ));
    }
    page.push_str(".\n");
    kinds(plugin, &mut page);
    others(plugin, &mut page);
    settings(&plugin["config_schema"], &mut page);
    if world == "extractor" {
        page.push_str(&format!("\n## Accuracy\n\n{}\n", accuracy(name)));
    }
    page.trim_end().to_owned()
}

/// What an extractor's README says of how right it is; there is none without it.
fn accuracy(name: &str) -> String {
    let readme = format!("plugins/extractors/{name}/README.md");
    let text = fs::read_to_string(root().join(&readme)).unwrap_or_default();
    let Some((_, below)) = text.split_once("\n## Accuracy\n") else {
        panic!("{readme} has no section `## Accuracy`: say what was measured, and on what");
    };
    let section = below.split("\n## ").next().unwrap_or_default();
    section.trim().replace("(../../../docs/", "(../")
}

/// What an extractor finds.
fn kinds(plugin: &Value, page: &mut String) {
    let Some(kinds) = plugin["emits"].as_array().filter(|kinds| !kinds.is_empty()) else { return };
    page.push_str(
        "\n## What it finds\n\n| name | definition | meaning | labels |\n|---|---|---|---|\n",
    );
    for kind in kinds {
        let labels: Vec<String> = kind["labels"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|label| format!("`{label}`"))
            .collect();
        page.push_str(&format!(
            "| `{}` | `{}` | {} | {} |\n",
            text(kind, "name"),
            text(kind, "definition"),
            cell(text(kind, "meaning")),
            labels.join(", ")
        ));
    }
}

/// What the other worlds say.
fn others(plugin: &Value, page: &mut String) {
    let details = plugin["details"].as_array().cloned().unwrap_or_default();
    let of = |what: &str| -> Vec<String> {
        let rows = details.iter().filter(|row| row[0].as_str().map(str::trim) == Some(what));
        rows.filter_map(|row| row[1].as_str().map(str::to_owned)).collect()
    };
    for (what, title) in [("reads", "Annotations it reads"), ("writes", "Families it writes")] {
        for names in of(what).iter().filter(|names| !names.is_empty()) {
            let names: Vec<String> = names.split(", ").map(|name| format!("`{name}`")).collect();
            page.push_str(&format!("\n{title}: {}.\n", names.join(", ")));
        }
    }
    let checks = of("check");
    if !checks.is_empty() {
        page.push_str("\n## What it checks\n\n| check | meaning |\n|---|---|\n");
        for check in checks {
            let (name, meaning) = check.split_once(": ").unwrap_or((&check, ""));
            page.push_str(&format!("| `{name}` | {} |\n", cell(meaning)));
        }
    }
}

/// The keys of its `config`.
fn settings(schema: &Value, page: &mut String) {
    page.push_str("\n## Its `config`\n");
    let Some(keys) = schema["properties"].as_object().filter(|keys| !keys.is_empty()) else {
        page.push_str("\nIt takes none.\n");
        return;
    };
    page.push_str("\n| key | meaning | default |\n|---|---|---|\n");
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    for (name, key) in keys {
        let meaning = key["description"].as_str().unwrap_or_default();
        let default = match key.get("default") {
            Some(Value::Null) | None if required.contains(&name.as_str().into()) => {
                "required".to_owned()
            }
            Some(Value::Null) | None => "none".to_owned(),
            Some(value) => short(value),
        };
        page.push_str(&format!("| `{name}` | {} | {} |\n", cell(meaning), cell(&default)));
    }
}

/// A default that fits into a table.
fn short(value: &Value) -> String {
    let whole = value.to_string();
    if whole.chars().count() <= 60 {
        return format!("`{whole}`");
    }
    match value {
        Value::Array(items) => format!("{} of its own", items.len()),
        _ => "of its own; `rehearsal plugin inspect` shows it".to_owned(),
    }
}

/// Every command's `--help`.
pub(crate) fn command_line() -> String {
    let mut page = "# The command line\n\nWhat `rehearsal COMMAND --help` says. `rehearsal man` \
                    prints the manual page, `rehearsal completions SHELL` completions.\n"
        .to_owned();
    let root = help(&[]);
    page.push_str(&format!("\n```text\n{root}\n```\n"));
    for command in commands(&root) {
        let text = help(&[&command]);
        page.push_str(&format!("\n## `rehearsal {command}`\n\n```text\n{text}\n```\n"));
        for below in commands(&text) {
            let text = help(&[&command, &below]);
            page.push_str(&format!(
                "\n### `rehearsal {command} {below}`\n\n```text\n{text}\n```\n"
            ));
        }
    }
    page
}

fn help(command: &[&str]) -> String {
    let mut arguments = command.to_vec();
    arguments.push("--help");
    let text = rehearsal(&arguments);
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Names of the commands that a help text lists.
pub(crate) fn commands(help: &str) -> Vec<String> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}
