//! A root over all files of a data set (the tree of RFC 6962 over SHA-256), so that
//! one line says whether two data sets are the same.

use sha2::{Digest as _, Sha256};

/// Root of `(path, sha256)` leaves, in hexadecimal; the order of `leaves` counts.
#[must_use]
pub fn merkle_root<'a>(leaves: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut level: Vec<[u8; 32]> = leaves
        .into_iter()
        .map(|(path, sha256)| hash(&[&[0], path.as_bytes(), &[0], sha256.as_bytes()]))
        .collect();
    if level.is_empty() {
        return hex(&hash(&[]));
    }
    // RFC 6962 splits at the largest power of two; pairing level by level and
    // carrying the odd one up gives the same tree.
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => hash(&[&[1], left, right]),
                _ => pair[0],
            })
            .collect();
    }
    hex(&level[0])
}

fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_renamed_or_changed_file_changes_the_root() {
        let root = merkle_root([("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!(root, merkle_root([("a", "1"), ("b", "2"), ("c", "3")]));
        assert_ne!(root, merkle_root([("b", "2"), ("a", "1"), ("c", "3")]));
        assert_ne!(root, merkle_root([("a", "1"), ("b", "2"), ("d", "3")]));
        assert_ne!(root, merkle_root([("a", "1"), ("b", "2"), ("c", "4")]));
        assert_ne!(root, merkle_root([("a", "1"), ("b", "2")]));
    }
}
