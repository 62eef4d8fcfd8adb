//! Syllables of English words, by rule: groups of vowels, less the silent ones.

/// At least 1 for a word with a letter or a digit.
pub(crate) fn count(word: &str) -> u32 {
    let word: String =
        word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    if word.is_empty() {
        return 0;
    }
    // A digit is about a syllable when it is read out.
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let mut groups = 0;
    let mut in_group = false;
    for c in word.chars() {
        let vowel = "aeiouyàáâäãåèéêëìíîïòóôöõùúûüæœø".contains(c);
        groups += u32::from(vowel && !in_group);
        in_group = vowel;
    }
    let silent_e = word.ends_with('e') && !word.ends_with("le") && groups > 1;
    let silent_ed = word.ends_with("ed")
        && !word.ends_with("ted")
        && !word.ends_with("ded")
        && groups > 1
        && !word.ends_with("eed");
    let counted = groups - u32::from(silent_e || silent_ed) + u32::try_from(digits).unwrap_or(0);
    counted.max(1)
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn counts_as_people_do() {
        let cases = [
            ("what", 1),
            ("spreadsheet", 2),
            ("nothing", 2),
            ("make", 1),
            ("table", 2),
            ("worked", 1),
            ("wanted", 2),
            ("42", 2),
            ("", 0),
            ("hm", 1),
        ];
        for (word, syllables) in cases {
            assert_eq!(count(word), syllables, "{word}");
        }
    }
}
