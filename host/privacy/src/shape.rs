//! Surrogates that keep the form of what they stand for: as many digits, said or
//! written the same way, a street for a street.

use crate::entity::Kind;
use crate::lexicon::surrogate_families;
use crate::pseudonym::{Draws, Names};
use crate::token::{TokenKind, tokens};

const UNITS: &[&str] = &["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const TEENS: &[&str] = &[
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: &[&str] =
    &["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const ORDINALS: &[&str] = &[
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];
const MONTHS: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
/// Words of addresses and numbers that tell nothing by themselves.
const PLAIN: &[&str] = &[
    "street",
    "road",
    "lane",
    "avenue",
    "drive",
    "court",
    "close",
    "terrace",
    "place",
    "row",
    "brae",
    "crescent",
    "way",
    "croft",
    "steps",
    "boulevard",
    "highway",
    "farm",
    "calle",
    "rd",
    "ave",
    "blvd",
    "flat",
    "unit",
    "apartment",
    "suite",
    "floor",
    "of",
    "the",
    "de",
    "los",
    "las",
    "la",
    "county",
    "double",
    "triple",
    "hundred",
    "and",
    "then",
    "uh",
    "um",
    "st",
    "nd",
    "th",
];

/// A surrogate for anything but a name.
pub(crate) fn surrogate(kind: Kind, text: &str, draws: &mut Draws, names: &Names) -> String {
    match kind {
        Kind::Person => names.replace(text),
        Kind::Email if text.contains('@') => {
            format!("{}.{}@example.com", name(draws), name(draws))
        }
        Kind::Email => format!("{} dot {} at example dot com", name(draws), name(draws)),
        Kind::Url => match text.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://example.com"),
            None => "example.com".to_owned(),
        },
        // Blocks that are set aside for documentation (RFC 5737, RFC 3849).
        Kind::Ip if text.contains('.') => format!("192.0.2.{}", 1 + draws.below(254)),
        Kind::Ip => format!("2001:db8::{:x}", 1 + draws.below(0xfffe)),
        Kind::Address => same_form(text, draws, true),
        Kind::Card => no_card(same_form(text, draws, false)),
        Kind::Phone | Kind::Iban | Kind::Ssn | Kind::Account | Kind::BirthDate => {
            same_form(text, draws, false)
        }
    }
}

fn name(draws: &mut Draws) -> &'static str {
    let names = surrogate_families();
    names[draws.below(names.len())]
}

/// Digits for digits, number words for number words; other words of an address become
/// names, other words of anything else stay.
fn same_form(text: &str, draws: &mut Draws, address: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut end = 0;
    for token in tokens(text) {
        out.push_str(&text[end..token.start]);
        end = token.end();
        match token.kind {
            TokenKind::Mark => out.push_str(token.text),
            TokenKind::Number => {
                let digit = |_| char::from(b'0' + draws.below(10) as u8);
                out.extend(token.text.chars().map(digit));
            }
            TokenKind::Word => {
                let lower = &*token.lower;
                let new = [UNITS, TEENS, TENS, ORDINALS, MONTHS]
                    .into_iter()
                    .find(|group| group.contains(&lower))
                    .map(|group| group[draws.below(group.len())]);
                let new = new.or_else(|| {
                    matches!(lower, "zero" | "oh").then(|| UNITS[draws.below(UNITS.len())])
                });
                match new {
                    Some(word) => push_in_case(&mut out, word, token.is_capitalised()),
                    None if !address || PLAIN.contains(&lower) => out.push_str(token.text),
                    // Postcodes and house letters.
                    None if token.text.len() <= 2 => out.extend(token.text.chars().map(|c| {
                        let letter = b'a' + draws.below(26) as u8;
                        let letter = char::from(letter);
                        if c.is_uppercase() { letter.to_ascii_uppercase() } else { letter }
                    })),
                    None => push_in_case(&mut out, name(draws), token.is_capitalised()),
                }
            }
        }
    }
    out.push_str(&text[end..]);
    out
}

fn push_in_case(out: &mut String, word: &str, capital: bool) {
    let mut chars = word.chars();
    if capital {
        out.extend(chars.next().into_iter().flat_map(char::to_uppercase));
    }
    out.extend(chars);
}

/// Never the number of a card that might exist.
fn no_card(mut text: String) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() > 1
        && luhn::valid(&digits)
        && let Some(at) = text.rfind(|c: char| c.is_ascii_digit())
    {
        let digit = text.as_bytes()[at] - b'0';
        text.replace_range(at..=at, &((digit + 1) % 10).to_string());
    }
    text
}
