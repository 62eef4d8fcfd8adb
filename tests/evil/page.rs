//! The page on attacks: written from what came of them, and stale as soon as one is added,
//! stopped by something else or told in other words.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rehearsal_tests::root;
use serde_json::Value;

use crate::told::TOLD;

const PAGE: &str = "docs/reference/attacks.md";
const KIT: &str = "plugins/evil/src/attack.rs";
const HEAD: &str = "<!-- generated; `BLESS=1 cargo test -p rehearsal-tests --test evil` -->
# Attacks

What `rehearsal check --attack` makes of every stage of a pipeline, and what stops it. Each \
line stands for attempts that `tests/evil` makes on the built program: there a stage with \
each set of grants is attacked in each export, the message is the one that a user reads \
(its beginning, where it goes on with places or addresses), the other items of the batch \
are intact, and after each the memory of the process is back.

Attacks that no Rust plugin can make (tables that grow without end, texts that are not \
UTF-8, lists outside the memory) are made by hand in `host/sandbox/tests/it/limits.rs`; \
language run-times that reach for the network by `wasi:http` in `tests/evil_http.rs`; \
results that depend on company, place or chance, or were not declared, in \
`tests/conformance.rs`; escape sequences in what is said in calls in `tests/evil`, too.

| attack | does what | in | is stopped by | message |
|---|---|---|---|---|
";

/// Exports of all worlds.
const EXPORTS: usize = 8;

/// Where an attack was made, and what stopped it.
#[derive(Default)]
struct Row {
    exports: Vec<String>,
    stopped_by: Vec<String>,
}

pub(crate) fn check(attempts: &[Value]) {
    let kit = fs::read_to_string(root().join(KIT)).expect("the kit's sources");
    let does = deeds(&kit);
    let mut rows: Vec<(&str, Row)> = Vec::new();
    for attempt in attempts {
        let text = |key: &str| attempt[key].as_str().unwrap_or_default();
        let at = rows.iter().position(|(name, _)| *name == text("attack"));
        let at = at.unwrap_or_else(|| {
            rows.push((text("attack"), Row::default()));
            rows.len() - 1
        });
        let row = &mut rows[at].1;
        add(&mut row.exports, text("export"));
        add(&mut row.stopped_by, text("stopped_by"));
    }
    rows.sort_by_key(|(name, _)| place(&does, name));
    let lines = rows.iter().map(|(name, row)| line(name, row, &does));
    settle(&root().join(PAGE), &(HEAD.to_owned() + &lines.collect::<String>()));
}

fn line(name: &str, row: &Row, does: &[(String, String)]) -> String {
    let deed = does.iter().find(|(known, _)| known == name).map_or(
        // Made by the host itself, before the kit runs.
        "Import what was not granted",
        |(_, deed)| deed.trim_end_matches('.'),
    );
    let told = TOLD.iter().filter(|(_, attack, ..)| *attack == name);
    let told: Vec<_> = told.map(|(.., message)| quoted(message)).collect();
    format!(
        "| `{name}` | {} | {} | {} | {} |\n",
        cell(deed),
        if row.exports.len() == EXPORTS {
            "every export".to_owned()
        } else {
            row.exports.join(", ")
        },
        row.stopped_by.join("; "),
        told.join("<br>")
    )
}

/// A message, or its beginning.
fn quoted(message: &str) -> String {
    let more = if message.ends_with(' ') { " …" } else { "" };
    format!("`` {}{more} ``", cell(message.trim_end()))
}

/// What each attack does, in the order and the words of the kit's sources.
fn deeds(kit: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = kit.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter_map(|pair| {
        let deed = pair[0].strip_prefix("/// ")?;
        let name = pair[1].strip_suffix(',')?;
        Some((kebab(name), deed.to_owned()))
    });
    pairs.collect()
}

fn kebab(name: &str) -> String {
    let mut kebab = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            kebab.push('-');
        }
        kebab.extend(letter.to_lowercase());
    }
    kebab
}

fn place(does: &[(String, String)], name: &str) -> Option<usize> {
    does.iter().position(|(known, _)| known == name)
}

fn add(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}

/// As it stands in a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn settle(path: &Path, wanted: &str) {
    if fs::read_to_string(path).unwrap_or_default() == wanted {
        return;
    }
    let bless = std::env::var_os("BLESS").is_some();
    assert!(bless, "{PAGE} is stale; BLESS=1 writes it anew");
    fs::write(path, wanted).expect("the page can be written");
}

#[test]
fn every_attack_of_the_kit_is_made_by_somebody() {
    // These answer well or break laws that only many calls show.
    let elsewhere = BTreeMap::from([
        ("nothing", ""),
        ("escapes", "evil/main.rs"),
        ("company", "conformance.rs"),
        ("place", "conformance.rs"),
        ("dice", "conformance.rs"),
        ("undeclared", "conformance.rs"),
    ]);
    let kit = fs::read_to_string(root().join(KIT)).expect("the kit's sources");
    for (name, _) in deeds(&kit) {
        match elsewhere.get(name.as_str()) {
            None => assert!(TOLD.iter().any(|(_, told, ..)| *told == name), "{name}"),
            Some(&"") => {}
            Some(file) => {
                let test = fs::read_to_string(root().join("tests").join(file)).expect("a test");
                assert!(
                    test.contains(&format!("\"{name}\"")) || test.contains(&format!("{name}\\\"")),
                    "{name}"
                );
            }
        }
    }
}
