//! The reference of the contract, out of `wit/`.

use std::fs;

use rehearsal_tests::root;

const HEAD: &str = "\
# The contract

What host and plugins say to each other, in the [WebAssembly Interface Type][wit] language:
made from the files of `wit/`, which every toolchain for components can read. A plugin
exports the interface of its world and imports what it needs; what it imports has to be
granted, but `log` and `config`.

[wit]: https://component-model.bytecodealliance.org/design/wit.html
";

/// The order in which one reads them.
const FILES: [&str; 7] =
    ["loader", "extractor", "path-builder", "validator", "types", "host", "http"];

pub(crate) fn page() -> String {
    let mut page = HEAD.to_owned();
    let found = fs::read_dir(root().join("wit")).expect("the contract is there");
    let found = found.filter(|entry| {
        let path = entry.as_ref().expect("an entry").path();
        path.extension().is_some_and(|extension| extension == "wit")
    });
    assert_eq!(found.count(), FILES.len(), "a file of wit/ is not in the reference");
    for name in FILES {
        let text = fs::read_to_string(root().join(format!("wit/{name}.wit"))).expect(name);
        page.push_str(&file(&text));
    }
    page
}

/// One file: its worlds and interfaces with what they say of themselves.
fn file(text: &str) -> String {
    let mut page = String::new();
    let mut docs = Vec::new();
    let mut block: Option<Vec<&str>> = None;
    for line in text.lines() {
        if let Some(lines) = &mut block {
            if line == "}" {
                page.push_str(&items(lines));
                block = None;
            } else {
                lines.push(line);
            }
            continue;
        }
        if let Some(doc) = line.strip_prefix("///") {
            docs.push(doc.trim());
        } else if let Some(name) = line.strip_suffix(" {") {
            let name = name.split_once(' ').map_or(name.to_owned(), |(kind, name)| {
                let kind = if kind == "world" { "World" } else { "Interface" };
                format!("{kind} `{name}`")
            });
            page.push_str(&format!("\n## {name}\n\n"));
            if !docs.is_empty() {
                page.push_str(&format!("{}\n\n", docs.join("\n")));
            }
            docs.clear();
            block = Some(Vec::new());
        } else if line.trim().is_empty() {
            docs.clear();
        }
    }
    page
}

/// What an interface has: each item under what is said of it.
fn items(lines: &[&str]) -> String {
    let mut page = String::new();
    let mut docs: Vec<&str> = Vec::new();
    let mut code: Vec<&str> = Vec::new();
    let mut quiet: Vec<&str> = Vec::new();
    for line in lines {
        let inner = line.strip_prefix("    ").unwrap_or(line);
        if code.is_empty() && inner.starts_with("///") {
            docs.push(inner.trim_start_matches('/').trim());
            continue;
        }
        if code.is_empty() && inner.trim().is_empty() {
            continue;
        }
        code.push(inner);
        let ends = !inner.starts_with(' ') && inner.ends_with([';', '}']);
        if !ends {
            continue;
        }
        if docs.is_empty() && code.len() == 1 {
            quiet.append(&mut code);
            continue;
        }
        flush(&mut page, &mut quiet);
        if !docs.is_empty() {
            page.push_str(&format!("{}\n\n", docs.join("\n")));
        }
        flush(&mut page, &mut code);
        docs.clear();
    }
    flush(&mut page, &mut quiet);
    page
}

fn flush(page: &mut String, code: &mut Vec<&str>) {
    if !code.is_empty() {
        page.push_str(&format!("```wit\n{}\n```\n\n", code.join("\n")));
        code.clear();
    }
}
