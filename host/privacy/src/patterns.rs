//! Personal data with a form: numbers, addresses, dates, written or spoken.
//!
//! A pattern may match what is none: numbers are told apart afterwards by their checks
//! (Luhn, IBAN) and by the words before them.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::clues::{self, Clues};
use crate::entity::{Entity, Kind};
use crate::lexicon::lexicon;
use crate::token::tokens;

pub(crate) const DIGIT: &str =
    r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|\d+)";
const NUMBER: &str = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|\d+)";
const UNIT: &str = "(?:one|two|three|four|five|six|seven|eight|nine)";
pub(crate) const MONTH: &str = "(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)";
const ORDINAL: &str = r"(?:(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)|\d{1,2}(?:st|nd|rd|th)?)";
const YEAR: &str = r"(?:(?:(?:nineteen|twenty)[- ])?(?:oh[- ]\w+|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)|(?:19|20)\d\d|nineteen|twenty (?:ten|eleven|twelve))";
pub(crate) const STREET: &str = "(?:street|road|lane|avenue|drive|court|close|terrace|place|row|brae|crescent|way|croft|steps|boulevard|highway|farm|calle|rd|ave|blvd)";
const DOMAIN_END: &str = "(?:com|org|net|example|co|uk|ie|io|edu|gov|info|biz|au|nz|ca|us|de)";

/// What a pattern finds; numbers are looked at again.
enum Finds {
    Kind(Kind),
    Number,
    SpokenEmail,
    Ip,
    Iban,
}

type Worth = fn(&Clues) -> bool;

struct Pattern {
    finds: Finds,
    /// Whether a text with these clues may match.
    worth: Worth,
    regex: Regex,
}

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    use Finds::{Iban, Ip, Number, SpokenEmail};
    let local = r"[a-z]+(?: dot [a-z]+(?: [a-z]+)??)*(?: UNIT [a-z]+ [a-z]+ [a-z]+| DIGIT)?";
    let email = format!(
        r"\b(?:[a-z'’]+ )?{local}(?:,? at |, at, )(?:[a-z]+ ){{0,3}}?[a-z]+(?:,? dot END)+\b"
    );
    let address = r"\b(?:(?:flat|unit|apartment|suite) \w+,? )?(?:\d+[a-z]?|NUMBER(?:[ -]NUMBER){1,3}) (?:[a-z'’]+ ){0,3}?STREET\b(?: NUMBER\b)?(?: de (?:los|las|la) \w+)?(?:,? (?:unit|flat|apartment|suite) \w+|, \w+ floor)?";
    // What a pattern finds, what no text does without that it matches, and the pattern.
    let sources: Vec<(Finds, Worth, &str)> = vec![
        (Finds::Kind(Kind::Email), |seen| seen.at_sign, r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
        (SpokenEmail, |seen| seen.has(clues::AT) && seen.has(clues::DOT), &email),
        (
            Finds::Kind(Kind::Url),
            |seen| seen.slash || seen.has(clues::WWW),
            r"\b(?:https?://|www\.)[^\s<>]*[\w/]",
        ),
        (
            Finds::Kind(Kind::Url),
            |seen| seen.dot_letter,
            r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.END\b(?:/\S*[\w/])?",
        ),
        (Ip, |seen| seen.dot_digit, r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
        (Ip, |seen| seen.colons > 1, r"\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}\b"),
        (
            Iban,
            |seen| seen.letter_digit,
            r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b",
        ),
        (
            Finds::Kind(Kind::Account),
            |seen| seen.hyphen_digit && seen.run > 2,
            r"\b[a-z]{1,4}-\d{3,}(?:-\d+)?\b",
        ),
        (
            Finds::Kind(Kind::Account),
            |seen| seen.letter_digit && seen.run > 5,
            r"\b[a-z]{1,3}\d{6,}\b",
        ),
        (
            Number,
            |seen| seen.digits > 3,
            r"\bDIGIT(?:[ ,-]+(?:and |then |uh |um )?DIGIT){3,}(?:[ -]NUMBER)*\b",
        ),
        // The last of them may be the beginning of a word: of "sixty".
        (Number, |seen| seen.digits > 4, r"\bDIGIT(?:[ ,-]+(?:then )?(?:DIGIT|hundred\b)){5,}"),
        (Number, |seen| seen.run > 5, r"\b\d{6,}\b"),
        (Number, |seen| seen.spaced > 6, r"\+?\(?\d[\d() -]{5,}\d"),
        (Number, |seen| seen.hyphen_digit, r"\b\d{2,4}-\d{2,4}-\d{2,4}\b"),
        (
            Number,
            |seen| seen.run > 3,
            r"(?:last four(?:'s| is| of| are)?|ending(?: in)?) (?<it>\d{4})\b",
        ),
        (Finds::Kind(Kind::Person), |seen| seen.letters > 4, r"\b[a-z](?: [a-z]){4,}\b"),
        (Finds::Kind(Kind::Person), |seen| seen.letters > 3, r"\b[a-z](?:-[a-z]){3,}\b"),
        (
            Finds::Kind(Kind::Address),
            |seen| seen.has(clues::UNIT) && seen.has(clues::STREET),
            r"\b(?:unit|flat) \w+, (?:[a-z]+ ){1,3}STREET\b",
        ),
        (Finds::Kind(Kind::Address), |seen| seen.has(clues::STREET), address),
        (
            Finds::Kind(Kind::Address),
            |seen| seen.letter_digit,
            r"\b[a-z]{1,2}\d{1,2}[a-z]? \d[a-z]{2}\b",
        ),
        (
            Finds::Kind(Kind::BirthDate),
            |seen| seen.has(clues::OF) && seen.year(),
            r"\b(?:the )?ORDINAL of (?:the )?(?:MONTH|ORDINAL)[, ]+YEAR\b",
        ),
        (
            Finds::Kind(Kind::BirthDate),
            |seen| seen.has(clues::MONTH) && seen.year(),
            r"\bMONTH (?:the )?ORDINAL[, ]+YEAR\b",
        ),
        (
            Finds::Kind(Kind::BirthDate),
            |seen| seen.has(clues::BIRTH) && seen.run > 0,
            r"\b(?:born|birth|dob)\b[^.?!]{0,24}?(?<it>\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d)\b",
        ),
        (
            Finds::Kind(Kind::Card),
            |seen| seen.has(clues::OH) && seen.has(clues::YEAR),
            r"\boh[- ]UNIT twenty[- ]\w+",
        ),
        (
            Finds::Kind(Kind::Card),
            |seen| seen.has(clues::EXPIRY) && seen.run > 1,
            r"\b(?:expir\w+|valid)\b[^.?!]{0,16}?(?<it>\d\d ?/ ?\d\d(?:\d\d)?)\b",
        ),
    ];
    sources
        .into_iter()
        .filter_map(|(finds, worth, source)| {
            let source = source
                .replace("DIGIT", DIGIT)
                .replace("NUMBER", NUMBER)
                .replace("UNIT", UNIT)
                .replace("MONTH", MONTH)
                .replace("ORDINAL", ORDINAL)
                .replace("YEAR", YEAR)
                .replace("STREET", STREET)
                .replace("END", DOMAIN_END);
            // The sources are constants; a test compiles them all.
            let regex = Regex::new(&format!("(?i){source}")).ok()?;
            Some(Pattern { finds, worth, regex })
        })
        .collect()
});

/// Town and postcode after a street: ", Hebden Bridge, HX7 8AB".
static ADDRESS_TAIL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"^(?:, \p{Lu}[\p{Ll}]+(?: \p{Lu}\p{Ll}+)?(?:, (?:[A-Z]{1,2}\d{1,2}[A-Z]? \d[A-Z]{2}|\p{Lu}\p{Ll}+))?){1,2}",
    )
    .ok()
});

/// Everything with a form in a text, overlapping as it comes. `before` is the end of
/// what was said just before: "And your card number?".
pub(crate) fn find(text: &str, before: &str) -> Vec<Entity> {
    let clues = Clues::of(text);
    let worth = |pattern: &&Pattern| clues.as_ref().is_none_or(|clues| (pattern.worth)(clues));
    let mut found = Vec::new();
    for pattern in PATTERNS.iter().filter(worth) {
        for captures in pattern.regex.captures_iter(text) {
            let Some(matched) = captures.name("it").or_else(|| captures.get(0)) else { continue };
            let span = matched.range();
            found.extend(entity(&pattern.finds, text, span, before));
        }
    }
    found
}

fn entity(finds: &Finds, text: &str, span: Range<usize>, before: &str) -> Option<Entity> {
    let matched = &text[span.clone()];
    match finds {
        Finds::Kind(Kind::Address) => {
            if is_time_or_share(matched) {
                return None;
            }
            let tail = ADDRESS_TAIL.as_ref().and_then(|tail| tail.find(&text[span.end..]));
            let end = span.end + tail.map_or_else(|| town(&text[span.end..]), |tail| tail.end());
            Some(Entity { kind: Kind::Address, span: span.start..end })
        }
        Finds::Kind(kind) => Some(Entity { kind: *kind, span }),
        Finds::Number => number(text, span, before),
        Finds::SpokenEmail => {
            let start = span.start + lead_in(matched);
            Some(Entity { kind: Kind::Email, span: start..span.end })
        }
        Finds::Ip => {
            let is_ip = matched.parse::<IpAddr>().is_ok();
            is_ip.then_some(Entity { kind: Kind::Ip, span })
        }
        Finds::Iban => {
            let plain: String = matched.chars().filter(|c| !c.is_whitespace()).collect();
            let is_iban = plain.to_uppercase().parse::<iban::Iban>().is_ok();
            is_iban.then_some(Entity { kind: Kind::Iban, span })
        }
    }
}

/// Bytes of a town and a state said after a street without a mark between them.
fn town(after: &str) -> usize {
    let lexicon = lexicon();
    let mut end = 0;
    for token in tokens(after).into_iter().take(4) {
        let base = &*token.base;
        let letter = token.is_word() && base.len() == 1 && base != "i" && base != "a";
        let place = token.is_word() && (lexicon.is_proper(base) || !lexicon.is_word(base));
        // A letter ends nothing: "avenue v", but not "avenue, i".
        if !(place && base != "i" || letter) || token.lower.contains('\'') {
            break;
        }
        end = token.end();
    }
    end
}

/// "five minutes way" and its like: the street pattern allows words between.
fn is_time_or_share(matched: &str) -> bool {
    const NO_STREET: &[&str] = &[
        " in ",
        " the ",
        " of ",
        " a ",
        " to ",
        " is ",
        " and ",
        " years ",
        " minutes ",
        " hours ",
        " days ",
        " weeks ",
        " months ",
        " percent ",
        " people ",
        " any ",
        " that ",
        " by ",
    ];
    let lower = format!("{} ", matched.to_lowercase());
    NO_STREET.iter().any(|word| lower.contains(word))
}

/// Words before a spoken address that do not belong to it: "it's", "send to".
fn lead_in(matched: &str) -> usize {
    const LEADS: &[&str] = &[
        "is", "it's", "its", "to", "the", "email", "e-mail", "and", "send", "hers", "my", "at",
        "that's", "on", "his", "her", "try", "use", "yeah", "so", "just", "me", "address", "um",
        "uh", "okay", "it", "or", "as",
    ];
    let mut skipped = 0;
    for word in matched.split_inclusive(' ') {
        if !LEADS.contains(&word.trim_end().to_lowercase().replace('’', "'").as_str()) {
            break;
        }
        skipped += word.len();
    }
    skipped.min(matched.len())
}

/// A run of digits, said or written, by its length, its check and what was asked for.
fn number(text: &str, span: Range<usize>, before: &str) -> Option<Entity> {
    let matched = &text[span.clone()];
    let digits: String = matched.chars().filter(char::is_ascii_digit).collect();
    let words = matched.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).count();
    if digits.len() < 4 && words < 4 {
        return None;
    }
    let near =
        format!("{before} {}", &text[floor(text, span.start.saturating_sub(60))..span.start]);
    let near = near.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| near.contains(word));
    let long_card = (13..=19).contains(&digits.len()) && luhn::valid(&digits);
    let kind = if long_card || says(&["card", "security code", "visa", "amex", "expir"]) {
        Kind::Card
    } else if says(&["social", "ssn", "national insurance"]) {
        Kind::Ssn
    } else if says(&[
        "account",
        "order",
        "policy",
        "reference",
        "invoice",
        "sort code",
        "member",
        "case number",
        "ticket",
        "booking",
        "meter",
    ]) {
        Kind::Account
    } else if says(&["born", "birth", "dob"]) {
        Kind::BirthDate
    } else {
        Kind::Phone
    };
    // The patterns may take a mark or a space along.
    let trimmed = matched.trim_end_matches([' ', ',', '-', '(']);
    Some(Entity { kind, span: span.start..span.start + trimmed.len() })
}

/// The nearest character border at or before a byte.
pub(crate) fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(text: &str) -> Vec<(Kind, &str)> {
        let mut found: Vec<_> =
            find(text, "").into_iter().map(|e| (e.kind, &text[e.span])).collect();
        found.sort();
        found.dedup();
        found
    }

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(PATTERNS.len(), 25);
        assert!(ADDRESS_TAIL.is_some());
    }

    proptest! {
        /// What a pattern matches has the clues that it asks for.
        #[test]
        fn no_pattern_is_passed_over(
            words in proptest::collection::vec((piece(), "( | | |[ ,./:@_-]{0,3})"), 1..12)
        ) {
            let text: String = words.into_iter().flat_map(|(word, mark)| [word, mark]).collect();
            let Some(clues) = Clues::of(&text) else { return Ok(()) };
            for pattern in PATTERNS.iter() {
                prop_assert!(
                    (pattern.worth)(&clues) || !pattern.regex.is_match(&text),
                    "{text:?} and {}", pattern.regex
                );
            }
        }
    }

    /// Words that patterns are made of, and others.
    fn piece() -> impl Strategy<Value = String> {
        let words = [
            DIGIT,
            NUMBER,
            UNIT,
            MONTH,
            ORDINAL,
            YEAR,
            STREET,
            DOMAIN_END,
            "at dot www https of the unit flat born birth dob valid expires expiry ending last four \
             de los in oh hundred then and jane o’brien café gb82 west hx7 8ab sixtyish x",
        ];
        let words = words
            .iter()
            .flat_map(|source| source.split(|c: char| !c.is_alphanumeric() && c != '’'));
        let words: Vec<String> =
            words.filter(|word| !word.is_empty()).map(ToOwned::to_owned).collect();
        prop_oneof![
            6 => proptest::sample::select(words),
            2 => "[0-9]{1,8}",
            1 => "[a-zA-Z]{1,3}[0-9]{0,4}",
            1 => "[+(]?[0-9]{2,4}[) -]{1,2}[0-9]{3}",
        ]
    }

    #[test]
    fn written_forms_are_found_and_checked() {
        for (text, kind, part) in [
            ("write to jane.doe@acme.co.uk, please", Kind::Email, "jane.doe@acme.co.uk"),
            ("it's 4111 1111 1111 1111", Kind::Card, "4111 1111 1111 1111"),
            ("GB82 WEST 1234 5698 7654 32 it is", Kind::Iban, "GB82 WEST 1234 5698 7654 32"),
            ("from 10.20.30.40 I think", Kind::Ip, "10.20.30.40"),
            ("my social is 219-09-9999", Kind::Ssn, "219-09-9999"),
            ("at 12 Acacia Avenue, Hove", Kind::Address, "12 Acacia Avenue, Hove"),
            ("call 020 7946 0958", Kind::Phone, "020 7946 0958"),
            ("order AB-20441", Kind::Account, "AB-20441"),
        ] {
            assert!(kinds(text).contains(&(kind, part)), "{text}: {:?}", kinds(text));
        }
    }

    #[test]
    fn spoken_forms_are_found() {
        for (text, kind, part) in [
            ("it's jane dot doe at acme dot com", Kind::Email, "jane dot doe at acme dot com"),
            ("five five five, one two one two", Kind::Phone, "five five five, one two one two"),
            (
                "the third of may nineteen eighty one",
                Kind::BirthDate,
                "the third of may nineteen eighty one",
            ),
        ] {
            assert!(kinds(text).contains(&(kind, part)), "{text}: {:?}", kinds(text));
        }
    }

    #[test]
    fn ordinary_numbers_stay() {
        for text in [
            "about two thousand a month",
            "twelve of them, maybe fifteen",
            "the 1999 price was 300",
            "version 1.2 of it",
        ] {
            assert_eq!(kinds(text), [], "{text}");
        }
    }
}
