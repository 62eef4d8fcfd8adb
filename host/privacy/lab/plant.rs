//! Invented personal data planted into sentences: how much of it can still be read.
//!
//! Names are made of syllables, so that no list knows them. What is measured is the
//! tagger and the patterns as they ship.

use std::collections::BTreeMap;

use rehearsal_privacy::Finder;

/// Sentences of each kind.
const PLANTS: [(&str, &[&str]); 9] = [
    (
        "person",
        &[
            "Hi, this is {name} from the depot.",
            "I'd have to ask {name} about that.",
            "My husband {name} does the books.",
            "Thanks, {name}, I'll call you Tuesday.",
        ],
    ),
    (
        "email",
        &["Send it to {lower}.{lower}@{lower}.com.", "it's {lower} dot {lower} at {lower} dot com"],
    ),
    (
        "phone",
        &["Call me on 0{digits:10}.", "my cell is {spoken:10}", "It's 555-{digits:3}-{digits:4}."],
    ),
    (
        "card",
        &[
            "The card is 4{digits:3} {digits:4} {digits:4} {digits:4}.",
            "the card is four {spoken:15}",
        ],
    ),
    ("ssn", &["My social is {digits:3}-{digits:2}-{digits:4}.", "my social is {spoken:9}"]),
    (
        "account",
        &["Account number {digits:8}.", "the order is AB-{digits:5}", "account number {spoken:8}"],
    ),
    ("address", &["I'm at {digits:2} {name} Road.", "it's fourteen twenty {lower} lane"]),
    (
        "dob",
        &[
            "Born the third of May, nineteen eighty-four.",
            "my birthday is june second nineteen seventy one",
        ],
    ),
    ("ip", &["The box is at 10.{digits:2}.2.{digits:2}."]),
];

/// Of each sentence.
const REPEATS: usize = 40;

pub(crate) fn report() {
    let mut draw = Draw(0x2545_f491_4f6c_dd1d);
    let finder = Finder::default();
    let mut counts: BTreeMap<(&str, bool), (u32, u32)> = BTreeMap::new();
    for (kind, sentences) in PLANTS {
        for sentence in sentences {
            for repeat in 0..REPEATS {
                let lower_case = repeat % 2 == 1;
                let (text, planted) = draw.fill(sentence, lower_case);
                let texts = ["So what's best?", &text, "Okay, got it."];
                let texts =
                    if lower_case { ["so what's best", &text, "okay got it"] } else { texts };
                let found = &finder.find(&texts, &[])[1];
                let hidden = planted.iter().all(|part| {
                    let start = text.find(part.as_str()).unwrap_or_default();
                    let covers = |at: usize| found.iter().any(|entity| entity.span.contains(&at));
                    (start..start + part.len())
                        .filter(|at| text.as_bytes()[*at].is_ascii_alphanumeric())
                        .all(covers)
                });
                let count = counts.entry((kind, lower_case)).or_default();
                count.0 += 1;
                count.1 += u32::from(hidden);
            }
        }
    }
    println!("\nplanted     of them hidden: with capitals, in lower case");
    for (kind, _) in PLANTS {
        let share = |lower_case| {
            let (all, hidden) = counts[&(kind, lower_case)];
            format!("{hidden:>3}/{all:<3}")
        };
        println!("{kind:<11} {}  {}", share(false), share(true));
    }
}

struct Draw(u64);

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn name(&mut self) -> String {
        const STARTS: [&str; 12] =
            ["bre", "tov", "kal", "mir", "os", "fen", "gru", "liv", "dar", "yel", "hap", "zan"];
        const ENDS: [&str; 10] =
            ["ick", "ana", "del", "owen", "ya", "ette", "orn", "isha", "ulf", "ek"];
        format!("{}{}", STARTS[self.below(12)], ENDS[self.below(10)])
    }

    /// A sentence with its places filled, and what was put there.
    fn fill(&mut self, sentence: &str, lower_case: bool) -> (String, Vec<String>) {
        const SPOKEN: [&str; 10] =
            ["oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
        let mut text = String::new();
        let mut planted = Vec::new();
        let mut rest = sentence;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((place, after)) = after.split_once('}') else { break };
            text.push_str(before);
            rest = after;
            let (what, count) = place.split_once(':').unwrap_or((place, "1"));
            let count: usize = count.parse().unwrap_or(1);
            let part = match what {
                "digits" => (0..count).map(|_| char::from(b'0' + self.below(10) as u8)).collect(),
                "spoken" => {
                    (0..count).map(|_| SPOKEN[self.below(10)]).collect::<Vec<_>>().join(" ")
                }
                "name" => {
                    let name = self.name();
                    name[..1].to_uppercase() + &name[1..]
                }
                _ => self.name(),
            };
            text.push_str(&part);
            planted.push(part);
        }
        text.push_str(rest);
        if lower_case {
            (text.to_lowercase(), planted.iter().map(|part| part.to_lowercase()).collect())
        } else {
            (text, planted)
        }
    }
}
