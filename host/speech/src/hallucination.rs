//! Text that Whisper makes up where nobody speaks, found and left out, with a count.

use crate::transcript::Hallucination;
use crate::whisper::ChunkWord;

/// What Whisper learnt from subtitled video and says on silence; lower case, letters
/// only. None of it is said in a sales call in just these words.
const CREDITS: &[&str] = &[
    "thanks for watching",
    "thank you for watching",
    "thank you so much for watching",
    "thank you very much for watching",
    "thanks for watching and see you next time",
    "thank you for watching and see you in the next video",
    "see you in the next video",
    "see you next time bye",
    "please subscribe",
    "please subscribe to my channel",
    "please subscribe to our channel",
    "please like and subscribe",
    "like and subscribe",
    "dont forget to subscribe",
    "dont forget to like and subscribe",
    "subscribe to the channel",
    "subtitles by the amaraorg community",
    "subtitles by amaraorg",
    "transcription by castingwords",
    "transcript by rev",
    "captions by getty images",
    "untertitel der amaraorgcommunity",
    "untertitel im auftrag des zdf fur funk 2017",
    "untertitelung des zdf 2020",
    "vielen dank furs zuschauen",
    "soustitres realises par la communaute damaraorg",
    "merci davoir regarde cette video",
    "gracias por ver el video",
    "subtitulos realizados por la comunidad de amaraorg",
    "sottotitoli creati dalla comunita amaraorg",
    "ondertiteld door de amaraorg gemeenschap",
];
/// Longest phrase, in words, whose repetition is looked for.
const LONGEST_LOOP: usize = 16;
/// Longest description of a sound, in words.
const LONGEST_EFFECT: usize = 6;

/// A made-up text and where it stood, in seconds of its chunk.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MadeUp {
    pub(crate) kind: Hallucination,
    pub(crate) text: String,
    pub(crate) at: f64,
    pub(crate) count: u32,
}

/// Splits what was heard into words to keep and text that was made up.
pub(crate) fn sift(words: Vec<ChunkWord>, no_speech: bool) -> (Vec<ChunkWord>, Vec<MadeUp>) {
    let mut made_up = Vec::new();
    if no_speech {
        if let Some(first) = words.first() {
            made_up.push(MadeUp {
                kind: Hallucination::NoSpeech,
                text: join(&words),
                at: first.start,
                count: 1,
            });
        }
        return (Vec::new(), made_up);
    }
    let words = without_effects(words, &mut made_up);
    let words = without_loops(words, &mut made_up);
    (without_credits(words, &mut made_up), made_up)
}

/// Letters and digits of a word, lower case, without accents of Latin letters.
fn bare(text: &str) -> String {
    let plain = |c: char| match c {
        'à'..='å' => 'a',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ò'..='ö' => 'o',
        'ù'..='ü' => 'u',
        other => other,
    };
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).map(plain).collect()
}

fn join(words: &[ChunkWord]) -> String {
    words.iter().map(|w| w.text.as_str()).collect::<String>().trim().to_owned()
}

/// `[MUSIC PLAYING]`, `(laughs)`, `*sighs*`, `♪ … ♪`.
fn without_effects(words: Vec<ChunkWord>, made_up: &mut Vec<MadeUp>) -> Vec<ChunkWord> {
    let mut kept = Vec::with_capacity(words.len());
    let mut rest = &words[..];
    while let Some(first) = rest.first() {
        let opens = first.text.trim().chars().next();
        let close = match opens {
            Some('[') => ']',
            Some('(') => ')',
            Some('*') => '*',
            Some('♪') => '♪',
            _ => '\0',
        };
        let ends = |w: &ChunkWord| {
            let text = w.text.trim().trim_end_matches(['.', ',', '!', '?']);
            text.ends_with(close) && text.chars().count() > 1 || text == "♪" && close == '♪'
        };
        let length = match close {
            '\0' => None,
            // A lone note opens and closes at once.
            _ => rest.iter().take(LONGEST_EFFECT).position(ends).map(|i| i + 1),
        };
        let Some(length) = length else {
            kept.push(first.clone());
            rest = &rest[1..];
            continue;
        };
        made_up.push(MadeUp {
            kind: Hallucination::SoundEffect,
            text: join(&rest[..length]),
            at: first.start,
            count: 1,
        });
        rest = &rest[length..];
    }
    kept
}

/// A phrase said over and over is kept once.
fn without_loops(words: Vec<ChunkWord>, made_up: &mut Vec<MadeUp>) -> Vec<ChunkWord> {
    let bares: Vec<String> = words.iter().map(|w| bare(&w.text)).collect();
    let mut kept = Vec::with_capacity(words.len());
    let mut i = 0;
    while i < words.len() {
        let found = (1..=LONGEST_LOOP.min((words.len() - i) / 2)).find_map(|n| {
            let phrase = &bares[i..i + n];
            let times = 1 + bares[i + n..].chunks_exact(n).take_while(|c| *c == phrase).count();
            // People do say "no, no, no, no"; they do not say a whole sentence four times.
            let least = if n == 1 { 6 } else { 4 };
            (times >= least).then_some((n, times))
        });
        let Some((n, times)) = found else {
            kept.push(words[i].clone());
            i += 1;
            continue;
        };
        kept.extend(words[i..i + n].iter().cloned());
        made_up.push(MadeUp {
            kind: Hallucination::Loop,
            text: join(&words[i..i + n]),
            at: words[i + n].start,
            count: (times - 1) as u32,
        });
        i += n * times;
    }
    kept
}

/// Sentences that are nothing but a closing credit.
fn without_credits(words: Vec<ChunkWord>, made_up: &mut Vec<MadeUp>) -> Vec<ChunkWord> {
    let mut kept = Vec::with_capacity(words.len());
    for sentence in words.split_inclusive(|w| w.text.ends_with(['.', '!', '?', '。'])) {
        let bared: Vec<String> =
            sentence.iter().map(|w| bare(&w.text)).filter(|b| !b.is_empty()).collect();
        if CREDITS.contains(&bared.join(" ").as_str()) {
            made_up.push(MadeUp {
                kind: Hallucination::Credits,
                text: join(sentence),
                at: sentence[0].start,
                count: 1,
            });
        } else {
            kept.extend_from_slice(sentence);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<ChunkWord> {
        text.split(' ')
            .enumerate()
            .map(|(i, w)| ChunkWord {
                text: format!(" {w}"),
                start: i as f64,
                end: i as f64 + 0.5,
                logprob: -0.1,
                tokens: 1,
            })
            .collect()
    }

    fn sifted(text: &str) -> (String, Vec<(Hallucination, u32)>) {
        let (kept, made_up) = sift(words(text), false);
        (join(&kept), made_up.iter().map(|m| (m.kind, m.count)).collect())
    }

    #[test]
    fn credits_go_and_thanks_stay() {
        assert_eq!(
            sifted("Thank you, Margaret. Thanks for watching! Goodbye."),
            ("Thank you, Margaret. Goodbye.".into(), vec![(Hallucination::Credits, 1)])
        );
        assert_eq!(sifted("Thank you."), ("Thank you.".into(), vec![]));
        assert_eq!(
            sifted("Thanks for watching the demo."),
            ("Thanks for watching the demo.".into(), vec![])
        );
    }

    #[test]
    fn loops_are_kept_once_and_counted() {
        let text = "So I think so. I think so. I think so. I think so. I think so. Fine.";
        assert_eq!(sifted(text), ("So I think so. Fine.".into(), vec![(Hallucination::Loop, 4)]));
        assert_eq!(sifted("No, no, no, no."), ("No, no, no, no.".into(), vec![]));
    }

    #[test]
    fn descriptions_of_sounds_go() {
        assert_eq!(
            sifted("[MUSIC PLAYING] Hello there. (laughs) Right."),
            (
                "Hello there. Right.".into(),
                vec![(Hallucination::SoundEffect, 1), (Hallucination::SoundEffect, 1)]
            )
        );
        assert_eq!(sifted("(if I may say so today at all) yes").1, vec![]);
    }

    #[test]
    fn nothing_is_kept_of_silence() {
        let (kept, made_up) = sift(words("Thank you."), true);
        assert!(kept.is_empty());
        assert_eq!(made_up[0].kind, Hallucination::NoSpeech);
    }
}
