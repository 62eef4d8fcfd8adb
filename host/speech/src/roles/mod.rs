//! Which of two speakers sells: from the channel that the caller names, else from words.
//!
//! The words are 120 phrases with log odds, learnt from the labelled calls of
//! `examples/corpus` (counts capped at three a call and side, as here). With each
//! folder of calls held out in turn, the side with the higher score was the seller in
//! all of 108 calls, and by two or more in all of them; hence [`MIN_MARGIN`]. The
//! corpus is written, not spoken, so confidence is kept below certainty.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::transcript::{Role, RoleBasis, RoleGuess, Segment, Speaker};
use crate::whisper::Settings;

/// Difference of scores below which no role is given.
const MIN_MARGIN: f32 = 2.0;
/// Words a side below which it has not said enough to tell.
const MIN_WORDS: usize = 25;
/// Longest phrase in words.
const LONGEST: usize = 3;
/// Occurrences of a phrase that count.
const CAP: u32 = 3;
/// Log odds of a word that the user says is the seller's.
const OWN_WORD: f32 = 1.5;
/// Confidence that words alone can give.
const MOST_BY_WORDS: f32 = 0.95;

fn cues() -> &'static HashMap<&'static str, f32> {
    static CUES: OnceLock<HashMap<&'static str, f32>> = OnceLock::new();
    CUES.get_or_init(|| {
        include_str!("cues.tsv")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once('\t'))
            .filter_map(|(phrase, weight)| Some((phrase, weight.parse().ok()?)))
            .collect()
    })
}

/// Sets the roles of two speakers where they can be told; else leaves them open.
pub(crate) fn assign(speakers: &mut [Speaker], segments: &[Segment], settings: &Settings) {
    let [first, second] = speakers else { return };
    let by_channel = settings
        .seller_channel
        .and_then(|channel| [&*first, &*second].iter().position(|s| s.channel == Some(channel)));
    let (seller, confidence, basis) = match by_channel {
        Some(seller) => (seller, 1.0, RoleBasis::Channel),
        None => {
            let said = |speaker: usize| {
                let mine = segments.iter().filter(|s| s.speaker == speaker);
                words_of(mine.map(|s| s.text.as_str()))
            };
            let Some((seller, confidence)) = by_words(&said(0), &said(1), &settings.seller_words)
            else {
                return;
            };
            (seller, confidence, RoleBasis::Words)
        }
    };
    let guess = |role| Some(RoleGuess { role, confidence, basis });
    let (seller, prospect) = if seller == 0 { (first, second) } else { (second, first) };
    seller.role = guess(Role::Seller);
    prospect.role = guess(Role::Prospect);
}

/// The likelier seller, 0 or 1, and how sure; `None` where the words do not tell.
fn by_words(first: &[String], second: &[String], own: &[String]) -> Option<(usize, f32)> {
    if first.len() < MIN_WORDS || second.len() < MIN_WORDS {
        return None;
    }
    let margin = score(first, own) - score(second, own);
    if margin.abs() < MIN_MARGIN {
        return None;
    }
    let confidence = (1.0 / (1.0 + (-0.5 * margin.abs()).exp())).min(MOST_BY_WORDS);
    Some((usize::from(margin < 0.0), confidence))
}

fn score(words: &[String], own: &[String]) -> f32 {
    let mut counts: HashMap<String, u32> = HashMap::new();
    for length in 1..=LONGEST {
        for phrase in words.windows(length) {
            *counts.entry(phrase.join(" ")).or_default() += 1;
        }
    }
    let weighted = |phrase: &str, weight: f32| {
        counts.get(phrase).map_or(0.0, |count| weight * (*count).min(CAP) as f32)
    };
    // In the order of the file, so that the sum is the same every time.
    let mut phrases: Vec<_> = cues().iter().collect();
    phrases.sort_by_key(|(phrase, _)| **phrase);
    let learnt: f32 = phrases.iter().map(|(phrase, weight)| weighted(phrase, **weight)).sum();
    learnt + own.iter().map(|word| weighted(&word.to_lowercase(), OWN_WORD)).sum::<f32>()
}

/// Lower-case words, apostrophes inside kept.
fn words_of<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<String> {
    texts
        .flat_map(|text| text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '’')))
        .map(|word| word.replace('’', "'").trim_matches('\'').to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SELLER: &str = "So what would you like to know? I'll send you the plan tomorrow. Would \
        you be free at the moment, or is it better if I could show you on Thursday? How about \
        your team, does that work for you?";
    const PROSPECT: &str = "It was my husband who asked me. I had a man here and he said it was \
        fine, and I couldn't get my invoices out since the move. I got a letter about it a week \
        ago and my boss says no.";

    fn speakers() -> Vec<Speaker> {
        (0..2)
            .map(|i| Speaker { id: format!("S{i}"), channel: Some(i), confidence: 1.0, role: None })
            .collect()
    }

    fn segments(texts: [&str; 2]) -> Vec<Segment> {
        texts
            .iter()
            .enumerate()
            .map(|(speaker, text)| Segment {
                speaker,
                start_ms: 0,
                end_ms: 1,
                text: (*text).to_owned(),
                confidence: 1.0,
                words: Vec::new(),
            })
            .collect()
    }

    #[test]
    fn words_tell_who_sells_whichever_side_it_is() {
        for (texts, seller) in [([SELLER, PROSPECT], 0), ([PROSPECT, SELLER], 1)] {
            let mut speakers = speakers();
            assign(&mut speakers, &segments(texts), &Settings::default());
            let role = speakers[seller].role.as_ref().unwrap();
            assert_eq!((role.role, role.basis), (Role::Seller, RoleBasis::Words));
            assert!(role.confidence > 0.7 && role.confidence < 1.0);
        }
    }

    #[test]
    fn where_words_do_not_tell_no_role_is_given() {
        let mut speakers = speakers();
        assign(&mut speakers, &segments(["Yes.", "Hello, yes."]), &Settings::default());
        assert!(speakers.iter().all(|s| s.role.is_none()));
    }

    #[test]
    fn the_named_channel_is_believed() {
        let mut speakers = speakers();
        let settings = Settings { seller_channel: Some(1), ..Settings::default() };
        assign(&mut speakers, &segments([SELLER, PROSPECT]), &settings);
        let role = speakers[1].role.as_ref().unwrap();
        assert_eq!(
            (role.role, role.confidence, role.basis),
            (Role::Seller, 1.0, RoleBasis::Channel)
        );
    }
}
