//! Names that the host knows before it reads: the participants', as the source gives
//! them. Their uses are found for certain, short forms included.

use std::collections::HashSet;

use crate::features::starts_sentence;
use crate::lexicon::{PARTICLES, TITLES, lexicon};
use crate::token::{Token, tokens};

/// Short forms that share no beginning with their names.
const SHORT_FORMS: &[(&str, &[&str])] = &[
    ("william", &["bill", "billy", "will", "willie"]),
    ("robert", &["bob", "bobby", "rab"]),
    ("richard", &["dick", "rick", "ricky"]),
    ("elizabeth", &["liz", "lizzie", "beth", "betty", "betsy", "libby", "lisa"]),
    ("margaret", &["peggy", "meg", "maggie", "greta", "daisy"]),
    ("edward", &["ned", "ted", "teddy"]),
    ("theodore", &["ted", "teddy"]),
    ("john", &["jack", "johnny"]),
    ("james", &["jim", "jimmy", "jamie"]),
    ("henry", &["harry", "hank"]),
    ("charles", &["chuck", "chas", "chaz"]),
    ("francis", &["frank", "frankie"]),
    ("mary", &["molly", "polly", "mamie"]),
    ("sarah", &["sally", "sadie"]),
    ("katherine", &["kitty", "kate", "kit"]),
    ("catherine", &["kitty", "kate", "kathy", "cathy"]),
    ("rebecca", &["becky", "becca", "bex"]),
    ("anthony", &["tony"]),
    ("alexander", &["sandy", "lex", "sasha", "xander"]),
    ("alexandra", &["sandy", "lexie", "sasha"]),
    ("patricia", &["trish", "tricia"]),
    ("christopher", &["kit"]),
    ("terence", &["tel"]),
    ("joseph", &["jo"]),
];

/// The words of known names.
#[derive(Debug, Clone, Default)]
pub struct KnownNames {
    words: HashSet<String>,
    given: Vec<String>,
}

impl KnownNames {
    /// Of full names, as sources write them.
    #[must_use]
    pub fn new(names: &[&str]) -> Self {
        let mut known = Self::default();
        for name in names {
            let words: Vec<String> = tokens(name)
                .into_iter()
                .filter(|token| token.is_word() && token.base.chars().count() > 1)
                .map(|token| token.base.into_owned())
                .filter(|base| !TITLES.contains(&base.as_str()))
                .filter(|base| !PARTICLES.contains(&base.as_str()) && !is_role(base))
                .collect();
            known.given.extend(words.first().cloned());
            known.words.extend(words);
        }
        known
    }

    /// Marks the uses of known names among a turn's tokens.
    pub(crate) fn mark(&self, tokens: &[Token<'_>], cased: bool, marked: &mut [bool]) {
        if self.words.is_empty() {
            return;
        }
        for (at, marked) in marked.iter_mut().enumerate() {
            let token = &tokens[at];
            if !token.is_word() || (cased && !token.is_capitalised()) {
                continue;
            }
            // "will you", "Mark my words": where capitals do not tell, a word that is also
            // an English one is left to the tagger.
            let unclear = !cased || starts_sentence(tokens, at);
            let ambiguous = unclear && lexicon().is_word(&token.base);
            *marked |= !ambiguous && self.is_known(&token.base);
        }
    }

    fn is_known(&self, base: &str) -> bool {
        let singular = base.strip_suffix('s').unwrap_or(base);
        self.words.contains(base)
            || self.words.contains(singular) && singular.len() > 3
            || self.given.iter().any(|given| is_short_for(base, given))
    }
}

/// Labels that transcripts put where names belong.
fn is_role(base: &str) -> bool {
    const ROLES: &[&str] = &[
        "agent",
        "rep",
        "representative",
        "seller",
        "sales",
        "salesperson",
        "customer",
        "prospect",
        "client",
        "caller",
        "speaker",
        "buyer",
        "lead",
        "user",
        "unknown",
        "channel",
        "left",
        "right",
        "host",
        "guest",
    ];
    ROLES.contains(&base)
}

fn is_short_for(base: &str, given: &str) -> bool {
    let listed = SHORT_FORMS.iter().any(|(name, forms)| *name == given && forms.contains(&base));
    // Dave of David, Jess of Jessica: a name itself, with the same first three letters.
    let shares =
        base.len() >= 3 && given.len() > 3 && base.as_bytes()[..3] == given.as_bytes()[..3];
    let shorter = base != given && base.len() <= given.len() + 1;
    listed || (shares && shorter && lexicon().given(base).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_and_plurals_of_known_names_are_known() {
        let known = KnownNames::new(&["Dr. William van der Meer", "Jessica Pruitt", "Speaker 1"]);
        for name in ["william", "bill", "meer", "jess", "pruitts"] {
            assert!(known.is_known(name), "{name}");
        }
        for word in ["van", "speaker", "dr", "will you", "jest"] {
            assert!(!known.is_known(word), "{word}");
        }
    }
}
