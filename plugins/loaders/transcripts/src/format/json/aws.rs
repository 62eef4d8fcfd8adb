//! AWS Transcribe: Call Analytics (`Transcript`) and plain jobs (`results.items`).

use rehearsal_dialogue::json::{Each, Loose, confidence, ms};
use rehearsal_dialogue::{Parsed, TimedWord, Utterance};
use rehearsal_sdk::prelude::*;

use super::language;
use super::words::{Spoken, utterances};

/// A Call Analytics job.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Analytics {
    transcript: Each<AnalyticsTurn>,
    language_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnalyticsTurn {
    content: String,
    begin_offset_millis: u32,
    end_offset_millis: u32,
    /// `AGENT` or `CUSTOMER`, from the channel.
    participant_role: Option<String>,
    #[serde(default)]
    items: Vec<AnalyticsItem>,
}

/// A word, or a mark without offsets.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnalyticsItem {
    content: String,
    confidence: Option<Loose>,
    begin_offset_millis: Option<u32>,
    end_offset_millis: Option<u32>,
}

pub(super) fn analytics(file: Analytics) -> Result<Parsed> {
    let mut parsed = Parsed { unit: Some("turn"), ..Parsed::default() };
    parsed.about.language = language(file.language_code);
    for (number, turn) in (1..).zip(file.transcript.0) {
        let turn = match turn {
            Ok(turn) if turn.end_offset_millis >= turn.begin_offset_millis => turn,
            Ok(_) => {
                parsed.problem(number, "it ends before it starts");
                continue;
            }
            Err(what) => {
                parsed.problem(number, what);
                continue;
            }
        };
        let words = turn.items.into_iter().filter_map(|item| {
            let start_ms = item.begin_offset_millis?;
            Some(TimedWord {
                text: item.content,
                start_ms,
                end_ms: item.end_offset_millis?.max(start_ms),
                confidence: sure(item.confidence).unwrap_or(1.0),
            })
        });
        parsed.utterances.push(Utterance {
            line: number,
            speaker: turn.participant_role,
            text: turn.content,
            start_ms: Some(turn.begin_offset_millis),
            end_ms: Some(turn.end_offset_millis),
            words: words.collect(),
            ..Utterance::default()
        });
    }
    Ok(parsed)
}

fn sure(value: Option<Loose>) -> Option<f32> {
    confidence(value?.0?)
}

/// A plain job.
#[derive(Deserialize)]
pub(super) struct Plain {
    results: Results,
    status: Option<String>,
}

#[derive(Deserialize)]
struct Results {
    #[serde(default)]
    items: Each<Item>,
    language_code: Option<String>,
    speaker_labels: Option<SpeakerLabels>,
    channel_labels: Option<ChannelLabels>,
}

#[derive(Deserialize)]
struct Item {
    start_time: Option<Loose>,
    end_time: Option<Loose>,
    alternatives: Vec<Alternative>,
    speaker_label: Option<String>,
    channel_label: Option<String>,
}

#[derive(Deserialize)]
struct Alternative {
    content: String,
    confidence: Option<Loose>,
}

/// Older files name speakers here only.
#[derive(Deserialize)]
struct SpeakerLabels {
    #[serde(default)]
    segments: Vec<SpeakerSegment>,
}

#[derive(Deserialize)]
struct SpeakerSegment {
    start_time: Loose,
    speaker_label: String,
}

#[derive(Deserialize)]
struct ChannelLabels {
    #[serde(default)]
    channels: Vec<Channel>,
}

#[derive(Deserialize)]
struct Channel {
    channel_label: String,
    #[serde(default)]
    items: Each<Item>,
}

pub(super) fn plain(name: &str, file: Plain) -> Result<Parsed> {
    if let Some(status) = file.status.filter(|status| status != "COMPLETED") {
        return Err(Error::invalid(format!("{name}: the job's status is {status}")));
    }
    let mut parsed = Parsed { unit: Some("item"), ..Parsed::default() };
    let results = file.results;
    parsed.about.language = language(results.language_code);
    let channels = results.channel_labels.map(|labels| labels.channels).unwrap_or_default();
    if channels.is_empty() {
        let labels = results.speaker_labels.map(|labels| labels.segments).unwrap_or_default();
        let words = spoken(results.items, None, &labels, &mut parsed);
        parsed.utterances = utterances(words);
        return Ok(parsed);
    }
    for channel in channels {
        let words = spoken(channel.items, Some(&channel.channel_label), &[], &mut parsed);
        parsed.utterances.extend(utterances(words));
    }
    parsed.utterances.sort_by_key(|utterance| utterance.start_ms);
    Ok(parsed)
}

fn spoken(
    items: Each<Item>,
    channel: Option<&str>,
    labels: &[SpeakerSegment],
    parsed: &mut Parsed,
) -> Vec<Spoken> {
    let mut words = Vec::new();
    // Both are in the order of time.
    let mut labels = labels.iter().peekable();
    let mut label = None;
    for (item, read) in (1..).zip(items.0) {
        let read = match read {
            Ok(read) => read,
            Err(what) => {
                parsed.problem(item, what);
                continue;
            }
        };
        let Some(best) = read.alternatives.into_iter().next() else {
            parsed.problem(item, "it has no alternatives");
            continue;
        };
        let seconds = |time: Option<Loose>| ms(time?.0?);
        let times = seconds(read.start_time).zip(seconds(read.end_time));
        if let Some((start, _)) = times {
            let begun = |segment: &&SpeakerSegment| {
                segment.start_time.0.and_then(ms).is_none_or(|from| from <= start)
            };
            while let Some(segment) = labels.next_if(begun) {
                label = Some(segment.speaker_label.clone());
            }
        }
        let speaker = channel.map(ToOwned::to_owned).or(read.channel_label).or(read.speaker_label);
        words.push(Spoken {
            speaker: speaker.or_else(|| label.clone()),
            text: best.content,
            times: times.map(|(start, end)| (start, end.max(start))),
            confidence: times.and_then(|_| sure(best.confidence)),
            item,
        });
    }
    words
}
