//! What the tagger sees of a word: itself, its neighbours, its use in the whole call.
//!
//! Features are hashed: a feature is a number below [`BUCKETS`]. Only *candidates* are
//! looked at: in a text with capitals the capitalised words, in one without them every
//! word that is not among the commonest.

use std::borrow::Cow;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::lexicon::{Lexicon, TITLES, lexicon};
use crate::token::{Token, TokenKind, tokens};

/// Number of weights; a power of two.
pub const BUCKETS: usize = 1 << 17;

/// How often words are used in lower case, in four steps; from the training calls.
pub trait Commonness {
    /// 0 never, 1 once or twice, 2 at times, 3 often: number of calls that use it.
    fn level(&self, base: &str) -> u8;
}

/// A call's turns, cut into tokens, with what is known of its words.
pub struct CallText<'t> {
    pub(crate) turns: Vec<Vec<Token<'t>>>,
    /// Whether it has capitals; speech recognisers often give none.
    pub(crate) cased: bool,
    uses: HashMap<Cow<'t, str>, Uses, RandomState>,
}

/// How a call uses a word.
#[derive(Debug, Clone, Copy, Default)]
struct Uses {
    total: u32,
    /// Capitalised where no sentence starts.
    capital: u32,
    lower: u32,
}

/// A word that may be a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Index of its turn.
    pub turn: usize,
    /// Index of its token in the turn.
    pub token: usize,
}

/// Words of kinship and office: a name often follows.
const RELATIONS: &[&str] = &[
    "husband",
    "wife",
    "son",
    "daughter",
    "brother",
    "sister",
    "mother",
    "mom",
    "mum",
    "dad",
    "father",
    "uncle",
    "aunt",
    "auntie",
    "aunty",
    "cousin",
    "nephew",
    "niece",
    "partner",
    "boss",
    "manager",
    "colleague",
    "friend",
    "neighbour",
    "neighbor",
    "accountant",
    "foreman",
    "grandson",
    "granddaughter",
    "bookkeeper",
    "mate",
    "guy",
    "lad",
    "fella",
    "girl",
    "lady",
    "named",
    "called",
];

/// Words beside which people say who they are or whom they mean.
const CALLING: &[&str] = &[
    "it's",
    "this",
    "i'm",
    "is",
    "name's",
    "here's",
    "name",
    "meet",
    "ask",
    "tell",
    "with",
    "from",
    "hi",
    "hello",
    "hey",
    "hiya",
    "thanks",
    "morning",
    "afternoon",
    "cheers",
    "bye",
    "called",
    "call",
    "here",
    "speaking",
    "calling",
    "and",
    "that",
    "you",
    "okay",
    "right",
    "sorry",
    "please",
    "ta",
    "alright",
    "g'day",
    "evening",
    "ok",
    "to",
    "for",
    "says",
    "said",
    "myself",
];

const DIGITS: &[&str] = &[
    "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty",
    "ninety", "hundred", "thousand", "double",
];

impl<'t> CallText<'t> {
    /// Of the texts of a call's turns, in order.
    #[must_use]
    pub fn new(turns: &[&'t str]) -> Self {
        let turns: Vec<Vec<Token<'t>>> = turns.iter().map(|text| tokens(text)).collect();
        let words = || turns.iter().flatten().filter(|token| token.is_word());
        let capitals = words().filter(|token| token.is_capitalised()).count();
        let cased = capitals * 50 > words().count();
        let mut uses: HashMap<Cow<'t, str>, Uses, RandomState> = HashMap::default();
        for turn in &turns {
            for (at, token) in turn.iter().enumerate().filter(|(_, token)| token.is_word()) {
                let uses = uses.entry(token.base.clone()).or_default();
                uses.total += 1;
                if token.is_capitalised() {
                    uses.capital += u32::from(!starts_sentence(turn, at));
                } else {
                    uses.lower += 1;
                }
            }
        }
        Self { turns, cased, uses }
    }

    /// The words that may be names, in order.
    #[must_use]
    pub fn candidates(&self, common: &dyn Commonness) -> Vec<Candidate> {
        let lexicon = lexicon();
        let mut found = Vec::new();
        for (turn, tokens) in self.turns.iter().enumerate() {
            for (at, token) in tokens.iter().enumerate() {
                if self.may_be_name(lexicon, common, tokens, at, token) {
                    found.push(Candidate { turn, token: at });
                }
            }
        }
        found
    }

    fn may_be_name(
        &self,
        lexicon: &Lexicon,
        common: &dyn Commonness,
        turn: &[Token<'_>],
        at: usize,
        token: &Token<'_>,
    ) -> bool {
        // The cheapest question first: most words of a text with capitals have none.
        if !token.is_word() || (self.cased && !token.is_capitalised()) {
            return false;
        }
        if TITLES.contains(&&*token.lower) || follows_saint(turn, at) || ends_compound(turn, at) {
            return false;
        }
        let named = || lexicon.about(&token.base).is_name();
        if self.cased {
            let contraction = token.base == "i" || token.lower.starts_with("i'");
            let opener = || starts_sentence(turn, at) && common.level(&token.base) == 3 && !named();
            !contraction && !opener()
        } else {
            (named() && token.base.len() > 1) || common.level(&token.base) < 3
        }
    }

    /// Bytes of a candidate's own turn that it covers, without a possessive ending.
    #[must_use]
    pub fn span(&self, candidate: Candidate) -> std::ops::Range<usize> {
        let token = &self.turns[candidate.turn][candidate.token];
        token.start..token.start + token.stem_len()
    }

    /// The word behind a candidate: lower case, no accents, no ending.
    #[must_use]
    pub fn base(&self, candidate: Candidate) -> &str {
        &self.turns[candidate.turn][candidate.token].base
    }

    /// Words that the call uses in lower case, without repeats.
    pub fn lower_words(&self) -> impl Iterator<Item = &str> {
        self.uses.iter().filter(|(_, uses)| uses.lower > 0).map(|(word, _)| &**word)
    }

    /// All its words, with repeats.
    pub fn all_words(&self) -> impl Iterator<Item = &str> {
        self.turns.iter().flatten().filter(|token| token.is_word()).map(|token| &*token.base)
    }

    /// Whether what is known of words alone makes a candidate a name: a given name that
    /// is no English word, whatever follows a title, a family name after a given one.
    #[must_use]
    pub fn is_plain_name(&self, candidate: Candidate, common: &dyn Commonness) -> bool {
        let turn = &self.turns[candidate.turn];
        let token = &turn[candidate.token];
        let lexicon = lexicon();
        let sole = |base: &str| {
            lexicon.given(base).is_some() && !lexicon.is_word(base) && !lexicon.is_proper(base)
        };
        // "St" is a street as often.
        if candidate.token.checked_sub(1).is_some_and(|before| turn[before].base == "st") {
            return false;
        }
        let before = |back: usize| candidate.token.checked_sub(back).map(|at| &turn[at]);
        // "mc", "jo": short ones are as often something else.
        if sole(&token.base) && token.base.len() > 2 {
            return true;
        }
        let dotted = before(1).is_some_and(|token| token.text == ".");
        let titled = before(if dotted { 2 } else { 1 });
        let unusual = common.level(&token.base) < 2 && !lexicon.is_proper(&token.base);
        let follows_title = titled.is_some_and(|title| {
            let short = matches!(
                &*title.base,
                "mr" | "mrs"
                    | "ms"
                    | "mister"
                    | "missus"
                    | "miss"
                    | "dr"
                    | "reverend"
                    | "rev"
                    | "aunt"
                    | "auntie"
                    | "aunty"
                    | "uncle"
            );
            short && (token.is_capitalised() || (!self.cased && unusual))
        });
        let family = lexicon.is_family(&token.base) || !lexicon.is_word(&token.base);
        let follows_given = before(1).is_some_and(|given| {
            sole(&given.base) && given.stem_len() == given.text.len() && unusual && family
        });
        follows_title || follows_given
    }

    /// The features of a candidate.
    #[must_use]
    pub fn features(&self, candidate: Candidate, common: &dyn Commonness) -> Vec<u32> {
        let turn = &self.turns[candidate.turn];
        let at = candidate.token;
        let token = &turn[at];
        let lexicon = lexicon();
        let view = |offset: isize| View::of(turn, at.checked_add_signed(offset), lexicon);
        let (own, l1, l2, r1, r2) = (view(0), view(-1), view(-2), view(1), view(2));
        let start = u64::from(starts_sentence(turn, at)) + 2 * u64::from(self.cased);
        let rare = u64::from(common.level(&token.base));
        let tag = own.tag * 4 + rare;
        let mut out = Features::default();
        out.add(0, &[]);
        out.add(1, &[own.class]);
        out.add(2, &[own.shape, start]);
        for (id, neighbour) in [(3, &l1), (4, &r1), (5, &l2), (6, &r2)] {
            out.add(id, &[neighbour.class]);
            out.add(id + 4, &[neighbour.class, tag, start]);
        }
        out.add(11, &[l2.class, l1.class]);
        out.add(12, &[l1.class, r1.class]);
        out.add(13, &[r1.class, r2.class]);
        out.add(14, &[l1.shape, own.shape, r1.shape, start]);
        out.add(15, &[l1.class, own.shape, start]);
        out.add(16, &[tag]);
        out.add(17, &[tag, own.shape, start]);
        out.add(18, &[l1.tag, l1.shape, tag]);
        out.add(19, &[r1.tag, r1.shape, tag]);
        out.add(20, &[l1.tag, l1.shape]);
        out.add(21, &[r1.tag, r1.shape]);
        out.add(22, &[l1.tag, l1.shape, tag, r1.tag, r1.shape]);
        out.add(23, &[l1.class, tag, r1.class]);
        let spelling = ((lexicon.spelling(&token.base) * 3.0).round() + 20.0).max(0.0) as u64;
        out.add(24, &[spelling]);
        out.add(25, &[spelling, tag, u64::from(self.cased)]);
        let uses = self.uses.get(&*token.base).copied().unwrap_or_default();
        let in_call = u64::from(uses.capital > 0) * 2 + u64::from(uses.lower > 0);
        let often = u64::from(uses.total.min(4));
        out.add(26, &[in_call, own.shape, rare, start]);
        out.add(27, &[often, in_call, tag]);
        let letters: Vec<char> = token.base.chars().collect();
        for (id, len) in [(28, 2), (29, 3), (30, 4)] {
            let from = letters.len().saturating_sub(len);
            out.add(id, &[word_hash(&letters[from..].iter().collect::<String>()), start]);
        }
        out.add(31, &[word_hash(&letters[..letters.len().min(3)].iter().collect::<String>())]);
        if token.lower.ends_with("'s") {
            out.add(32, &[tag, start]);
        }
        let before = &turn[at.saturating_sub(3)..at];
        if before.iter().any(|token| RELATIONS.contains(&&*token.lower)) {
            out.add(33, &[own.shape, tag]);
        }
        for token in before.iter().filter(|token| CALLING.contains(&&*token.lower)) {
            out.add(34, &[word_hash(&token.lower), tag, start]);
        }
        if before.last().is_some_and(|token| TITLES.contains(&&*token.lower)) {
            out.add(35, &[own.shape]);
        }
        out.add(36, &[candidate.turn.min(4) as u64, tag, own.shape]);
        out.add(37, &[turn.len().min(6) as u64, at.min(3) as u64, tag, start]);
        out.add(38, &[(turn.len() - at).min(3) as u64, l1.class, tag]);
        out.add(39, &[letters.len().min(12) as u64, tag]);
        out.0
    }
}

/// Churches, hospitals and towns: "Saint Brigid's", "San Pietro".
fn follows_saint(turn: &[Token<'_>], at: usize) -> bool {
    const NO_PERSON: &[&str] = &["saint", "san", "santa", "santo", "yom"];
    at.checked_sub(1).is_some_and(|before| NO_PERSON.contains(&&*turn[before].base))
}

/// Whether a word ends one that begins with no name: "Wi-Fi", "Rolls-Royce".
fn ends_compound(turn: &[Token<'_>], at: usize) -> bool {
    let Some((first, hyphen)) = at.checked_sub(2).map(|first| (&turn[first], &turn[first + 1]))
    else {
        return false;
    };
    let joined = hyphen.text == "-"
        && first.is_word()
        && first.end() == hyphen.start
        && hyphen.end() == turn[at].start;
    joined && !lexicon().about(&first.base).is_name()
}

/// What a feature tells of one token.
struct View {
    class: u64,
    shape: u64,
    /// Membership in the lists.
    tag: u64,
}

impl View {
    fn of(turn: &[Token<'_>], at: Option<usize>, lexicon: &Lexicon) -> Self {
        let Some(token) = at.and_then(|at| turn.get(at)) else {
            return Self { class: u64::from(at.is_some()) + 1, shape: 0, tag: 0 };
        };
        let class = match token.kind {
            TokenKind::Number => 3,
            TokenKind::Word if DIGITS.contains(&&*token.lower) => 4,
            TokenKind::Word | TokenKind::Mark => word_hash(&token.lower),
        };
        let shape = match token.kind {
            TokenKind::Number => 1,
            TokenKind::Mark => 2,
            TokenKind::Word => {
                let upper = token.text.chars().filter(|c| c.is_uppercase()).count();
                let letters = token.text.chars().count();
                match (token.is_capitalised(), upper, letters) {
                    (true, _, 1) => 3,
                    (true, 1, _) => 4,
                    (true, upper, letters) if upper == letters => 5,
                    (true, ..) => 6,
                    (false, 0, 1) => 7,
                    (false, 0, _) => 8,
                    (false, ..) => 9,
                }
            }
        };
        let base = &*token.base;
        let singular = base.strip_suffix('s').unwrap_or(base);
        let about = lexicon.about(base);
        let family = about.family || (singular.len() < base.len() && lexicon.is_family(singular));
        let tag = u64::from(about.given.is_some())
            + 2 * u64::from(family)
            + 4 * u64::from(about.word)
            + 8 * u64::from(about.proper);
        Self { class, shape, tag }
    }
}

#[derive(Default)]
struct Features(Vec<u32>);

impl Features {
    fn add(&mut self, id: u64, parts: &[u64]) {
        let mut hash = (id + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for part in parts {
            hash = (hash.rotate_left(23) ^ part).wrapping_mul(0xff51_afd7_ed55_8ccd);
            hash ^= hash >> 29;
        }
        self.0.push((hash ^ (hash >> 32)) as u32 & (BUCKETS as u32 - 1));
    }
}

/// FNV-1a, 64 bits: the same everywhere, which the shipped weights need.
pub(crate) fn word_hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

pub(crate) fn starts_sentence(turn: &[Token<'_>], at: usize) -> bool {
    at.checked_sub(1).is_none_or(|before| {
        matches!(turn[before].text, "." | "?" | "!" | "…" | "\"" | "“" | "—" | ":")
    })
}
