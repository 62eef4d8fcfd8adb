//! Looks at one text: does it go round in circles, is it text at all, did a template or a
//! redaction leave something behind.

/// What one pass over a text tells of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Words: what white space separates.
    pub words: usize,
    /// Share of letters and digits among the characters that are no white space, 0 to 1.
    pub letters: f64,
    /// Share of word triples that stood in the text before, 0 to 1; 0 under twelve words,
    /// where a triple may well come twice. Words count without case and punctuation.
    pub repetition: f64,
    marks: Marks,
}

/// Characters of a text that something left behind begins with. Most texts have none.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Marks {
    /// `{`, `$` or `<`.
    braces: bool,
    /// `[`, `<`, `*` or `█`.
    brackets: bool,
}

impl Look {
    /// A place that a template left open in the text that was looked at: `{{name}}`,
    /// `${name}`, `<NAME>`, `[Your Name]`.
    #[must_use]
    pub fn placeholder<'a>(&self, text: &'a str) -> Option<&'a str> {
        let open = self.marks.braces.then(|| open_place(text)).flatten();
        open.or_else(|| self.marks.brackets.then(|| named_place(text)).flatten())
    }

    /// A mark that redaction left, where it has no pseudonym, in the text that was looked
    /// at: `[PERSON_1]`, `[REDACTED]`, `<EMAIL>`, `████`.
    #[must_use]
    pub fn redaction_mark<'a>(&self, text: &'a str) -> Option<&'a str> {
        self.marks.brackets.then(|| redaction_mark(text)).flatten()
    }
}

/// Looks at texts; keeps its buffers from text to text.
#[derive(Debug, Default)]
pub struct Looks {
    /// FNV-1a of each word's letters and digits in lower case.
    words: Vec<u64>,
    /// Word triples by their hashes, open addressing, 0 where free. Of a few thousand, two
    /// different ones hardly ever meet.
    triples: Vec<u64>,
}

impl Looks {
    /// At one text.
    pub fn at(&mut self, text: &str) -> Look {
        self.words.clear();
        let (letters, visible, marks) =
            if text.is_ascii() { self.read_ascii(text.as_bytes()) } else { self.read(text) };
        Look {
            words: self.words.len(),
            letters: if visible == 0 { 1.0 } else { letters as f64 / visible as f64 },
            repetition: self.repetition(),
            marks,
        }
    }

    /// Letters and digits, characters that are no white space, and marks.
    /// Nearly every text is ASCII: bytes are far cheaper than characters. A function of its
    /// own, since inside another its loop has too few registers.
    #[inline(never)]
    fn read_ascii(&mut self, text: &[u8]) -> (usize, usize, Marks) {
        let (mut letters, mut visible, mut marks) = (0, 0, 0);
        let (mut hash, mut inside) = (BASIS, false);
        for &byte in text {
            let class = CLASSES[usize::from(byte)];
            if class == SPACE {
                if inside {
                    self.words.push(hash);
                }
                (hash, inside) = (BASIS, false);
                continue;
            }
            inside = true;
            visible += 1;
            if class > BRACE | BRACKET {
                letters += 1;
                hash = (hash ^ u64::from(class)).wrapping_mul(PRIME);
            } else {
                marks |= class;
            }
        }
        if inside {
            self.words.push(hash);
        }
        let marks = Marks { braces: marks & BRACE != 0, brackets: marks & BRACKET != 0 };
        (letters, visible, marks)
    }

    fn read(&mut self, text: &str) -> (usize, usize, Marks) {
        let (mut letters, mut visible) = (0, 0);
        for word in text.split_whitespace() {
            let mut hash = BASIS;
            for c in word.chars() {
                visible += 1;
                if c.is_alphanumeric() {
                    letters += 1;
                    let lower = c.to_lowercase();
                    hash = lower.fold(hash, |hash, c| (hash ^ u64::from(c)).wrapping_mul(PRIME));
                }
            }
            self.words.push(hash);
        }
        let any = |marks: &[char]| text.contains(marks);
        let marks = Marks { braces: any(&['{', '$', '<']), brackets: any(&['[', '<', '*', '█']) };
        (letters, visible, marks)
    }

    fn repetition(&mut self) -> f64 {
        if self.words.len() < 12 {
            return 0.0;
        }
        let all = self.words.len() - 2;
        let size = (all * 2).next_power_of_two();
        self.triples.clear();
        self.triples.resize(size, 0);
        let (mut repeats, mut zero) = (0, false);
        for three in self.words.windows(3) {
            let triple = three.iter().fold(0, |hash, word| (hash ^ word).wrapping_mul(PRIME));
            if triple == 0 {
                repeats += usize::from(zero);
                zero = true;
                continue;
            }
            // The upper half of a product is mixed best.
            let mut at = (triple >> 32) as usize & (size - 1);
            loop {
                match self.triples[at] {
                    0 => {
                        self.triples[at] = triple;
                        break;
                    }
                    known if known == triple => {
                        repeats += 1;
                        break;
                    }
                    _ => at = (at + 1) & (size - 1),
                }
            }
        }
        repeats as f64 / all as f64
    }
}

/// Multiplier of FNV-1a, 64 bits.
const PRIME: u64 = 0x0100_0000_01b3;

/// Start of FNV-1a, 64 bits.
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// Classes of bytes: white space, any other that is no letter or digit; of [`Marks`] a bit
/// each, since a `<` is both.
const SPACE: u8 = 0;
const OTHER: u8 = 1;
const BRACE: u8 = 2;
const BRACKET: u8 = 4;

/// The class of each byte of an ASCII text; of letters and digits themselves, in lower
/// case.
const CLASSES: [u8; 256] = {
    let mut classes = [OTHER; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        if byte.is_ascii_alphanumeric() {
            classes[at] = byte.to_ascii_lowercase();
        } else if is_ascii_space(byte) {
            classes[at] = SPACE;
        } else {
            classes[at] = mark(byte);
        }
        at += 1;
    }
    classes
};

/// As [`char::is_whitespace`], of the ASCII.
const fn is_ascii_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

const fn mark(byte: u8) -> u8 {
    match byte {
        b'{' | b'$' => BRACE,
        b'[' | b'*' => BRACKET,
        b'<' => BRACE | BRACKET,
        _ => OTHER,
    }
}

/// `{{name}}`, `${name}`, `<%name%>`.
fn open_place(text: &str) -> Option<&str> {
    // Braces stand in every row that holds JSON; doubled ones hardly ever.
    let opens = |pair: &[u8]| matches!(pair, b"{{" | b"${" | b"<%");
    if !text.as_bytes().windows(2).any(opens) {
        return None;
    }
    [("{{", "}}"), ("${", "}"), ("<%", "%>")].iter().find_map(|(open, close)| {
        let start = text.find(open)?;
        let length = text[start..].find(close)?;
        Some(&text[start..start + length + close.len()])
    })
}

/// `[Your Name]`, `<NAME>`.
fn named_place(text: &str) -> Option<&str> {
    const STARTS: &[&str] = &[
        "[your ",
        "[insert ",
        "[company]",
        "[company name",
        "[customer name",
        "[customer's",
        // Not `[prospect]`: that is how rows for classifiers name the side that speaks.
        "[prospect name",
        "[prospect's",
        "[product]",
        "[product name",
        "[name]",
        "<name>",
        "<company>",
        "<insert",
    ];
    let begins = |part: &str, start: &&str| {
        part.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    bracketed(text).find(|part| STARTS.iter().any(|start| begins(part, start)))
}

fn redaction_mark(text: &str) -> Option<&str> {
    const KINDS: &[&str] = &[
        "redacted",
        "person",
        "name",
        "email",
        "e-mail",
        "phone",
        "card",
        "iban",
        "ssn",
        "address",
        "account",
        "order",
        "dob",
        "url",
        "ip",
        "pii",
        "anonymized",
        "anonymised",
        "inaudible",
        "bleep",
    ];
    let marked = bracketed(text).find(|part| {
        let inner = part[1..part.len() - 1].trim_matches(|c: char| {
            c.is_ascii_digit() || matches!(c, '_' | '-' | '#' | ' ' | ':' | '*')
        });
        KINDS.iter().any(|kind| inner.eq_ignore_ascii_case(kind))
    });
    marked.or_else(|| {
        if !text.contains('█') && !text.contains('*') {
            return None;
        }
        let start = text.find("██").or_else(|| text.find("****"))?;
        text.get(start..)?.split_whitespace().next()
    })
}

/// Short parts in `[…]` or `<…>`, brackets included.
fn bracketed(text: &str) -> impl Iterator<Item = &str> {
    // One character is looked for several bytes at a time, one of two is not.
    let angles = text.contains('<');
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let rest = &text[at..];
            let open = if angles { rest.find(['[', '<']) } else { rest.find('[') }?;
            let rest = &rest[open..];
            at += open + 1;
            let close = if rest.starts_with('[') { ']' } else { '>' };
            if let Some((length, _)) = rest.char_indices().take(40).find(|(_, c)| *c == close) {
                return Some(&rest[..=length]);
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definitions, word for word.
    fn by_definition(text: &str) -> Look {
        let lower = |word: &str| -> String {
            word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
        };
        let words: Vec<String> = text.split_whitespace().map(lower).collect();
        let triples: Vec<_> = words.windows(3).collect();
        let different: std::collections::BTreeSet<_> = triples.iter().collect();
        let repeats = (triples.len() - different.len()) as f64 / triples.len().max(1) as f64;
        let visible: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
        let letters = visible.iter().filter(|c| c.is_alphanumeric()).count();
        Look {
            words: words.len(),
            letters: if visible.is_empty() { 1.0 } else { letters as f64 / visible.len() as f64 },
            repetition: if words.len() < 12 { 0.0 } else { repeats },
            marks: Marks {
                braces: text.contains(['{', '$', '<']),
                brackets: text.contains(['[', '<', '*', '█']),
            },
        }
    }

    proptest! {
        #[test]
        fn one_pass_tells_what_the_definitions_say(
            text in "(([a-cA-C0-1'.,!-]{0,3}|[a-c]|[{<$*█é])[ \t\n\r\x0b\x0c]|\x1f){0,60}"
        ) {
            let mut looks = Looks::default();
            // Buffers of the text before do no harm.
            looks.at("one two three one two three one two three one two three");
            prop_assert_eq!(looks.at(&text), by_definition(&text));
        }
    }
}
