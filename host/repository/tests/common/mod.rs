//! What the tests share: a table and a few helpers over the public door.

#![allow(dead_code, reason = "each test binary uses a part")]
#![allow(unreachable_pub, reason = "a module of a test binary")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rehearsal_repository::{Fingerprint, Kind, Repository, Table};

/// Texts of any size.
pub const TEXTS: Table<String> = Table::new(Kind::Conversation, 1);
/// Numbers, as a second kind with keys of its own.
pub const NUMBERS: Table<u64> = Table::new(Kind::Cursor, 1);

pub fn put(repository: &Repository, key: &str, text: &str) -> u64 {
    let mut unit = repository.unit();
    unit.put(&TEXTS, key, fingerprint(text), &text.to_owned()).unwrap();
    repository.commit(unit).unwrap()
}

/// A fingerprint that follows from the text.
pub fn fingerprint(text: &str) -> Fingerprint {
    let mut bytes = [0_u8; 16];
    for (at, byte) in text.bytes().enumerate() {
        bytes[at % 16] = bytes[at % 16].wrapping_mul(31).wrapping_add(byte);
    }
    Fingerprint(bytes)
}

/// Everything in the table, by key.
pub fn contents(repository: &Repository) -> BTreeMap<String, String> {
    repository
        .scan(&TEXTS, "")
        .unwrap()
        .map(|record| record.unwrap())
        .map(|record| (String::from_utf8(record.key).unwrap(), record.value))
        .collect()
}

/// Copies a folder as a killed process would leave it behind.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

pub fn segment(root: &Path, number: u32) -> PathBuf {
    root.join("segments").join(format!("{number:08}.seg"))
}

/// Text of `length` bytes that does not compress to nothing.
pub fn text(seed: u64, length: usize) -> String {
    const WORDS: [&str; 12] = [
        "so ",
        "what ",
        "would ",
        "that ",
        "cost ",
        "you ",
        "budget ",
        "next ",
        "quarter ",
        "well ",
        "honestly ",
        "tell me more ",
    ];
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut text = String::with_capacity(length + 16);
    while text.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(WORDS[(state % 12) as usize]);
        text.push_str(&(state >> 40 & 0xff).to_string());
    }
    text.truncate(length);
    text
}
