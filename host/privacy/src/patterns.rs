//! Personal data with a form: numbers, addresses, dates, written or spoken.
//!
//! A pattern may match what is none: numbers are told apart afterwards by their checks
//! (Luhn, IBAN) and by the words before them.

use std::net::IpAddr;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::entity::{Entity, Kind};
use crate::lexicon::lexicon;
use crate::token::tokens;

const DIGIT: &str = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|double|triple|\d+)";
const NUMBER: &str = r"(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|\d+)";
const UNIT: &str = "(?:one|two|three|four|five|six|seven|eight|nine)";
const MONTH: &str = "(?:january|february|march|april|may|june|july|august|september|october|november|december|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)";
const ORDINAL: &str = r"(?:(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth|twentieth|thirtieth)|\d{1,2}(?:st|nd|rd|th)?)";
const YEAR: &str = r"(?:(?:(?:nineteen|twenty)[- ])?(?:oh[- ]\w+|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?)|(?:19|20)\d\d|nineteen|twenty (?:ten|eleven|twelve))";
const STREET: &str = "(?:street|road|lane|avenue|drive|court|close|terrace|place|row|brae|crescent|way|croft|steps|boulevard|highway|farm|calle|rd|ave|blvd)";
const DOMAIN_END: &str = "(?:com|org|net|example|co|uk|ie|io|edu|gov|info|biz|au|nz|ca|us|de)";

/// What a pattern finds; numbers are looked at again.
enum Finds {
    Kind(Kind),
    Number,
    SpokenEmail,
    Ip,
    Iban,
}

struct Pattern {
    finds: Finds,
    regex: Regex,
}

static PATTERNS: LazyLock<Vec<Pattern>> = LazyLock::new(|| {
    use Finds::{Iban, Ip, Number, SpokenEmail};
    let local = r"[a-z]+(?: dot [a-z]+(?: [a-z]+)??)*(?: UNIT [a-z]+ [a-z]+ [a-z]+| DIGIT)?";
    let email = format!(
        r"\b(?:[a-z'’]+ )?{local}(?:,? at |, at, )(?:[a-z]+ ){{0,3}}?[a-z]+(?:,? dot END)+\b"
    );
    let address = r"\b(?:(?:flat|unit|apartment|suite) \w+,? )?(?:\d+[a-z]?|NUMBER(?:[ -]NUMBER){1,3}) (?:[a-z'’]+ ){0,3}?STREET\b(?: NUMBER\b)?(?: de (?:los|las|la) \w+)?(?:,? (?:unit|flat|apartment|suite) \w+|, \w+ floor)?";
    let sources: Vec<(Finds, &str)> = vec![
        (Finds::Kind(Kind::Email), r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
        (SpokenEmail, &email),
        (Finds::Kind(Kind::Url), r"\b(?:https?://|www\.)[^\s<>]*[\w/]"),
        (Finds::Kind(Kind::Url), r"\b[a-z0-9-]+(?:\.[a-z0-9-]+)*\.END\b(?:/\S*[\w/])?"),
        (Ip, r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
        (Ip, r"\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}\b"),
        (Iban, r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?\b"),
        (Finds::Kind(Kind::Account), r"\b[a-z]{1,4}-\d{3,}(?:-\d+)?\b"),
        (Finds::Kind(Kind::Account), r"\b[a-z]{1,3}\d{6,}\b"),
        (Number, r"\bDIGIT(?:[ ,-]+(?:and |then |uh |um )?DIGIT){3,}(?:[ -]NUMBER)*\b"),
        (Number, r"\bDIGIT(?:[ ,-]+(?:then )?(?:DIGIT|hundred\b)){5,}"),
        (Number, r"\b\d{6,}\b"),
        (Number, r"\+?\(?\d[\d() -]{5,}\d"),
        (Number, r"\b\d{2,4}-\d{2,4}-\d{2,4}\b"),
        (Number, r"(?:last four(?:'s| is| of| are)?|ending(?: in)?) (?<it>\d{4})\b"),
        (Finds::Kind(Kind::Person), r"\b[a-z](?: [a-z]){4,}\b"),
        (Finds::Kind(Kind::Person), r"\b[a-z](?:-[a-z]){3,}\b"),
        (Finds::Kind(Kind::Address), r"\b(?:unit|flat) \w+, (?:[a-z]+ ){1,3}STREET\b"),
        (Finds::Kind(Kind::Address), address),
        (Finds::Kind(Kind::Address), r"\b[a-z]{1,2}\d{1,2}[a-z]? \d[a-z]{2}\b"),
        (
            Finds::Kind(Kind::BirthDate),
            r"\b(?:the )?ORDINAL of (?:the )?(?:MONTH|ORDINAL)[, ]+YEAR\b",
        ),
        (Finds::Kind(Kind::BirthDate), r"\bMONTH (?:the )?ORDINAL[, ]+YEAR\b"),
        (
            Finds::Kind(Kind::BirthDate),
            r"\b(?:born|birth|dob)\b[^.?!]{0,24}?(?<it>\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)?\d\d)\b",
        ),
        (Finds::Kind(Kind::Card), r"\boh[- ]UNIT twenty[- ]\w+"),
        (
            Finds::Kind(Kind::Card),
            r"\b(?:expir\w+|valid)\b[^.?!]{0,16}?(?<it>\d\d ?/ ?\d\d(?:\d\d)?)\b",
        ),
    ];
    sources
        .into_iter()
        .filter_map(|(finds, source)| {
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
            Some(Pattern { finds, regex })
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

/// What can start any of the patterns; most turns have nothing of it.
static WORTH_A_LOOK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let source = r"(?i)\d|@|://|www\.|\.END\b|\bdot\b|\b(?:zero|oh|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|of|flat|unit|MONTH)\b|\b[a-z][ -][a-z][ -][a-z]\b";
    Regex::new(&source.replace("MONTH", MONTH).replace("END", DOMAIN_END)).ok()
});

/// Everything with a form in a text, overlapping as it comes. `before` is the end of
/// what was said just before: "And your card number?".
pub(crate) fn find(text: &str, before: &str) -> Vec<Entity> {
    if WORTH_A_LOOK.as_ref().is_some_and(|regex| !regex.is_match(text)) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for pattern in PATTERNS.iter() {
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
        let base = token.base.as_str();
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
        assert!(ADDRESS_TAIL.is_some() && WORTH_A_LOOK.is_some());
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
