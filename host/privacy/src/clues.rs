//! What a text has of what patterns cannot do without, seen in one pass over its bytes:
//! most patterns need not be tried on most turns.
//!
//! A clue may be seen where no pattern matches, never the other way round.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

/// Words that patterns look for, a bit each.
pub(crate) const AT: u16 = 1;
pub(crate) const DOT: u16 = 1 << 1;
pub(crate) const WWW: u16 = 1 << 2;
pub(crate) const OF: u16 = 1 << 3;
pub(crate) const OH: u16 = 1 << 4;
pub(crate) const UNIT: u16 = 1 << 5;
pub(crate) const STREET: u16 = 1 << 6;
pub(crate) const MONTH: u16 = 1 << 7;
pub(crate) const YEAR: u16 = 1 << 8;
pub(crate) const BIRTH: u16 = 1 << 9;
pub(crate) const EXPIRY: u16 = 1 << 10;
/// Stands in a row of digits that is said.
const DIGIT: u16 = 1 << 11;

/// What stands in a text.
#[derive(Debug, Default)]
pub(crate) struct Clues {
    /// Of the words above.
    words: u16,
    /// Words of one letter.
    pub(crate) letters: usize,
    /// Runs of digits, and words for them.
    pub(crate) digits: usize,
    /// Length of the longest run of digits.
    pub(crate) run: usize,
    /// Length of the longest run of digits and of what stands between those of a number.
    pub(crate) spaced: usize,
    pub(crate) colons: usize,
    pub(crate) at_sign: bool,
    pub(crate) slash: bool,
    pub(crate) dot_letter: bool,
    pub(crate) dot_digit: bool,
    pub(crate) hyphen_digit: bool,
    pub(crate) letter_digit: bool,
}

static WORDS: LazyLock<HashMap<&'static [u8], u16, RandomState>> = LazyLock::new(|| {
    let groups: &[(u16, &str)] = &[
        (AT, "at"),
        (DOT, "dot"),
        (WWW, "www"),
        (OF, "of"),
        (OH | YEAR, "oh"),
        (UNIT, "unit flat"),
        (STREET, crate::patterns::STREET),
        (MONTH, crate::patterns::MONTH),
        (YEAR, "nineteen twenty thirty forty fifty sixty seventy eighty ninety"),
        (BIRTH, "born birth dob"),
        (EXPIRY, "valid"),
        (DIGIT, crate::patterns::DIGIT),
        (DIGIT, "hundred"),
    ];
    let mut words: HashMap<&'static [u8], u16, RandomState> = HashMap::default();
    for (bits, group) in groups {
        // The patterns' own alternatives, taken apart; "sept?" is two.
        let group = group.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 1);
        group.for_each(|word| *words.entry(word.as_bytes()).or_default() |= bits);
    }
    *words.entry(b"sep").or_default() |= MONTH;
    words
});

/// No word of a pattern is longer.
const LONGEST: usize = 16;

impl Clues {
    /// Of a text; none where a character of it counts as another: an old s, a digit of
    /// another script.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let strange = |c: char| !c.is_ascii() && (c.is_numeric() || matches!(c, 'ſ' | '\u{212a}'));
        if !text.is_ascii() && text.chars().any(strange) {
            return None;
        }
        let mut clues = Self::default();
        let bytes = text.as_bytes();
        let (mut at, mut spaced) = (0, 0);
        while let Some(&byte) = bytes.get(at) {
            if byte.is_ascii_alphabetic() {
                let rest = &bytes[at..];
                let len = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
                clues.word(&rest[..len]);
                at += len;
                spaced = 0;
                clues.letter_digit |= bytes.get(at).is_some_and(u8::is_ascii_digit);
                continue;
            }
            if byte.is_ascii_digit() {
                let len = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                clues.digits += 1;
                clues.run = clues.run.max(len);
                at += len;
                spaced += len;
                clues.spaced = clues.spaced.max(spaced);
                continue;
            }
            spaced = if matches!(byte, b' ' | b'(' | b')' | b'-') { spaced + 1 } else { 0 };
            at += 1;
            let next = bytes.get(at).copied().unwrap_or_default();
            match byte {
                b'@' => clues.at_sign = true,
                b':' => {
                    clues.colons += 1;
                    clues.slash |= next == b'/';
                }
                b'.' => {
                    clues.dot_letter |= next.is_ascii_alphabetic();
                    clues.dot_digit |= next.is_ascii_digit();
                }
                b'-' => clues.hyphen_digit |= next.is_ascii_digit(),
                _ => {}
            }
        }
        Some(clues)
    }

    fn word(&mut self, word: &[u8]) {
        if word.len() == 1 {
            self.letters += 1;
            return;
        }
        if word.len() >= 5 && word[..5].eq_ignore_ascii_case(b"expir") {
            self.words |= EXPIRY;
            return;
        }
        let mut lower = [0; LONGEST];
        let Some(lower) = lower.get_mut(..word.len()) else { return };
        lower.copy_from_slice(word);
        lower.make_ascii_lowercase();
        let bits = WORDS.get(&*lower).copied().unwrap_or_default();
        self.words |= bits;
        self.digits += usize::from(bits & DIGIT != 0);
    }

    /// Whether some of these words stand in it.
    pub(crate) const fn has(&self, words: u16) -> bool {
        self.words & words != 0
    }

    /// Whether a year may be said in it.
    pub(crate) const fn year(&self) -> bool {
        self.has(YEAR) || self.run >= 4
    }
}
