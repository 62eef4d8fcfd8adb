//! Generated pages and parts of pages, compared or written.

use std::fs;

use crate::docs;

const BEGIN: &str = "<!-- generated; `BLESS=1 cargo test -p rehearsal-tests --test book` -->";
const END: &str = "<!-- end of what is generated -->";

/// Whether to write instead of to compare.
fn bless() -> bool {
    std::env::var_os("BLESS").is_some()
}

/// Compares whole pages with what they should be.
pub(crate) fn check(pages: Vec<(String, String)>) {
    let mut stale = Vec::new();
    for (name, text) in pages {
        let wanted = format!("{BEGIN}\n{text}");
        settle(&name, &wanted, &mut stale);
    }
    assert!(stale.is_empty(), "stale; BLESS=1 writes them anew: {}", stale.join(", "));
}

/// Compares the generated first part of pages; what a person wrote below it stays.
pub(crate) fn check_parts(parts: Vec<(String, String)>) {
    let mut stale = Vec::new();
    for (name, text) in parts {
        let now = fs::read_to_string(docs().join(&name)).unwrap_or_default();
        let rest = now.split_once(END).map_or("\n", |(_, rest)| rest);
        settle(&name, &format!("{BEGIN}\n{text}\n{END}{rest}"), &mut stale);
    }
    assert!(stale.is_empty(), "stale; BLESS=1 writes them anew: {}", stale.join(", "));
}

fn settle(name: &str, wanted: &str, stale: &mut Vec<String>) {
    let path = docs().join(name);
    if fs::read_to_string(&path).unwrap_or_default() == wanted {
        return;
    }
    if !bless() {
        stale.push(name.to_owned());
        return;
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).expect("the folder can be made");
    }
    fs::write(&path, wanted).expect("the page can be written");
}
