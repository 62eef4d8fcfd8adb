//! The forms that transcribers, meeting services and corpora write: each loads, and each
//! part of one that makes no sense costs itself and is named.

use std::io::Write;

use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::MemoryFiles;
use transcripts::{Config, Transcripts};

fn loaded(files: MemoryFiles, name: &str, offset: u64) -> Result<Chunk> {
    Transcripts::new(Config::default())?.load(&Files::of_memory(files), name, offset)
}

fn load(name: &str, content: impl AsRef<[u8]>) -> Result<Chunk> {
    loaded(MemoryFiles::new().with(name, content), name, 0)
}

/// The calls and the messages of what failed.
fn split(chunk: Chunk) -> (Vec<Conversation>, Vec<String>) {
    let (mut calls, mut failed) = (Vec::new(), Vec::new());
    for item in chunk.items {
        match item {
            Ok(Item { body: Body::Conversation(call), .. }) => calls.push(call),
            Ok(_) => panic!("a transcript is a conversation"),
            Err(one) => failed.push(format!("{} | {}", one.position, one.error.message())),
        }
    }
    (calls, failed)
}

fn one(name: &str, content: impl AsRef<[u8]>) -> Conversation {
    let (mut calls, failed) = split(load(name, content).unwrap());
    assert_eq!((calls.len(), failed), (1, Vec::new()), "{name}");
    calls.remove(0)
}

/// Side, words, start and end of the turns.
fn turns(call: &Conversation) -> Vec<(Role, String, Option<u32>, Option<u32>)> {
    let call = Call::new(call);
    call.turns()
        .map(|turn| (turn.role(), turn.text().to_owned(), turn.start_ms(), turn.end_ms()))
        .collect()
}

fn words(call: &Conversation) -> Vec<(&str, u32, u32)> {
    let text = |span: Span| &call.text[span.start as usize..span.end as usize];
    call.words.iter().map(|word| (text(word.text), word.start_ms, word.end_ms)).collect()
}

const CPP: &str = r#"{"systeminfo":"x","result":{"language":"en"},"transcription":[
 {"timestamps":{"from":"00:00:00,000","to":"00:00:01,500"},"offsets":{"from":0,"to":1500},"text":" Hi Bo.","speaker":"0",
  "tokens":[{"text":"[_BEG_]","offsets":{"from":0,"to":0},"id":1,"p":0.9},{"text":" Hi","offsets":{"from":0,"to":500},"id":2,"p":0.9},
            {"text":" B","offsets":{"from":600,"to":900},"id":3,"p":0.8},{"text":"o.","offsets":{"from":900,"to":1400},"id":4,"p":0.5}]},
 {"offsets":{"from":4000,"to":5000},"text":" Hello.","speaker":"1","tokens":[{"text":" Hello.","offsets":{"from":4000,"to":5000},"p":1.0}]}]}"#;
const WHISPER: &str = r#"{"text":" Hi Bo. Hello.","language":"en","segments":[
 {"id":0,"seek":0,"start":0.0,"end":1.5,"text":" Hi Bo.","tokens":[1],"avg_logprob":-0.2,"words":[{"word":" Hi","start":0.0,"end":0.5,"probability":0.9},{"word":" Bo.","start":0.6,"end":1.4,"probability":0.7}]},
 {"id":1,"start":4.0,"end":5.0,"text":" Hello.","words":[{"word":" Hello.","start":4.0,"end":5.0,"probability":0.9}]}]}"#;
const WHISPER_X: &str = r#"{"segments":[
 {"start":0.0,"end":1.5,"text":" Hi 42 Bo.","speaker":"SPEAKER_00","words":[{"word":"Hi","start":0.0,"end":0.5,"score":0.9,"speaker":"SPEAKER_00"},{"word":"42"},{"word":"Bo.","start":0.6,"end":1.4,"score":0.7}]},
 {"start":4.0,"end":5.0,"text":"Hello.","speaker":"SPEAKER_01","words":[{"word":"Hello.","start":4.0,"end":5.0,"score":0.9}]}],"word_segments":[],"language":"en"}"#;
const AWS_ANALYTICS: &str = r#"{"JobStatus":"COMPLETED","LanguageCode":"en-US","Participants":[{"ParticipantRole":"AGENT"}],"Transcript":[
 {"Id":"a","Content":"Hi Bo.","BeginOffsetMillis":0,"EndOffsetMillis":1500,"ParticipantRole":"AGENT","Sentiment":"NEUTRAL","LoudnessScores":[80.1],
  "Items":[{"Type":"pronunciation","Content":"Hi","Confidence":"0.99","BeginOffsetMillis":0,"EndOffsetMillis":500},{"Type":"pronunciation","Content":"Bo","Confidence":"0.9","BeginOffsetMillis":600,"EndOffsetMillis":1400},{"Type":"punctuation","Content":".","Confidence":"0.0"}]},
 {"Id":"b","Content":"Hello.","BeginOffsetMillis":4000,"EndOffsetMillis":5000,"ParticipantRole":"CUSTOMER","Items":[{"Content":"Hello","BeginOffsetMillis":4000,"EndOffsetMillis":5000}]}]}"#;
const AWS_PLAIN: &str = r#"{"jobName":"j","accountId":"1","status":"COMPLETED","results":{"transcripts":[{"transcript":"Hi Bo. Hello."}],
 "speaker_labels":{"speakers":2,"segments":[{"start_time":"0.0","end_time":"1.5","speaker_label":"spk_0","items":[]},{"start_time":"4.0","end_time":"5.0","speaker_label":"spk_1","items":[]}]},
 "items":[{"type":"pronunciation","start_time":"0.0","end_time":"0.5","alternatives":[{"confidence":"0.9","content":"Hi"}]},{"type":"pronunciation","start_time":"0.6","end_time":"1.4","alternatives":[{"confidence":"0.9","content":"Bo"}]},{"type":"punctuation","alternatives":[{"confidence":"0.0","content":"."}]},
          {"type":"pronunciation","start_time":"4.0","end_time":"5.0","alternatives":[{"confidence":"0.9","content":"Hello"}]},{"type":"punctuation","alternatives":[{"confidence":"0.0","content":"."}]}]}}"#;
const DEEPGRAM: &str = r#"{"metadata":{"duration":6.0,"channels":1,"created":"2026-03-01T16:00:00Z"},"results":{"channels":[{"detected_language":"en","alternatives":[{"transcript":"hi bo hello","confidence":0.9,"words":[]}]}],"utterances":[
 {"start":0.0,"end":1.5,"confidence":0.9,"channel":0,"speaker":0,"id":"u","transcript":"Hi Bo.","words":[{"word":"hi","punctuated_word":"Hi","start":0.0,"end":0.5,"confidence":0.9},{"word":"bo","punctuated_word":"Bo.","start":0.6,"end":1.4,"confidence":0.9}]},
 {"start":4.0,"end":5.0,"confidence":0.9,"channel":0,"speaker":1,"transcript":"Hello.","words":[{"word":"hello","punctuated_word":"Hello.","start":4.0,"end":5.0,"confidence":0.9}]}]}}"#;
const DEEPGRAM_CHANNELS: &str = r#"{"metadata":{},"results":{"channels":[
 {"alternatives":[{"transcript":"hi bo","words":[{"word":"hi","punctuated_word":"Hi","start":0.0,"end":0.5,"confidence":0.9},{"word":"bo","punctuated_word":"Bo.","start":0.6,"end":1.4,"confidence":0.9}]}]},
 {"alternatives":[{"transcript":"hello","words":[{"word":"hello","punctuated_word":"Hello.","start":4.0,"end":5.0,"confidence":0.9}]}]}]}}"#;
const MEET: &str = r#"{"transcriptEntries":[
 {"name":"conferenceRecords/c/transcripts/t/entries/1","participant":"conferenceRecords/c/participants/1","text":"Hi Bo.","languageCode":"en-US","startTime":"2026-03-01T16:00:05.000Z","endTime":"2026-03-01T16:00:06.500Z"},
 {"name":"e2","participant":"conferenceRecords/c/participants/2","text":"Hello.","languageCode":"en-US","startTime":"2026-03-01T17:00:09+01:00","endTime":"2026-03-01T16:00:10Z"}],
 "participants":[{"name":"conferenceRecords/c/participants/1","signedinUser":{"user":"u","displayName":"Dana Fox"}}]}"#;

#[test]
fn every_transcriber_s_json_loads_with_turns_and_words() {
    let forms = [
        (CPP, true),
        (WHISPER, true),
        (WHISPER_X, true),
        (AWS_ANALYTICS, true),
        (AWS_PLAIN, true),
        (DEEPGRAM, true),
        (DEEPGRAM_CHANNELS, true),
        (MEET, false),
    ];
    for (form, has_words) in forms {
        let call = one("a/call.json", form);
        let said = turns(&call);
        assert_eq!(said.len(), 2, "{form}");
        assert!(said[0].1.starts_with("Hi"), "{form}");
        assert_eq!((said[0].2, said[1].2), (Some(0), Some(4_000)), "{form}");
        assert!(said[1].3.is_some_and(|end| end == 5_000), "{form}");
        assert_eq!(call.timing, if has_words { Timing::Words } else { Timing::Turns }, "{form}");
        if has_words {
            let words = words(&call);
            assert_eq!(words.first().map(|w| (w.0, w.1, w.2)), Some(("Hi", 0, 500)), "{form}");
            assert_eq!(words.last().map(|w| (w.1, w.2)), Some((4_000, 5_000)), "{form}");
            assert_eq!(words.len(), 3, "{form}");
        }
    }
    let call = one("a.json", AWS_ANALYTICS);
    assert_eq!(turns(&call)[0].0, Role::Seller);
    assert_eq!(call.participants[1].role_evidence, "participant_role");
    assert_eq!(call.language.as_deref(), Some("en-US"));
    let call = one("m.json", MEET);
    assert_eq!(call.participants[0].name.as_deref(), Some("Dana Fox"));
    assert_eq!(call.started_at.as_deref(), Some("2026-03-01T16:00:05.000Z"));
    assert_eq!(turns(&call)[1].2, Some(4_000), "zones are reckoned with");
}

#[test]
fn a_segment_that_makes_no_sense_costs_itself() {
    let broken =
        WHISPER.replace("\"start\":4.0,\"end\":5.0,\"text\"", "\"start\":\"soon\",\"text\"");
    let (calls, failed) = split(load("w.json", broken).unwrap());
    assert_eq!(calls[0].turns.len(), 1);
    assert!(failed[0].starts_with("segment 2 | w.json: segment 2: "), "{failed:?}");
    let backwards = CPP.replace("\"from\":4000", "\"from\":9000");
    let (_, failed) = split(load("c.json", backwards).unwrap());
    assert_eq!(failed, ["segment 2 | c.json: segment 2: it ends before it starts"]);
    let page = MEET.replacen('{', "{\"nextPageToken\":\"x\",", 1);
    let (_, failed) = split(load("m.json", page).unwrap());
    assert!(failed[0].contains("join all pages"), "{failed:?}");
}

#[test]
fn json_that_is_no_transcript_says_what_is_known_and_where_it_breaks() {
    let refused = |text: &str| load("x.json", text).unwrap_err().message().to_owned();
    assert!(refused("{\"a\":1}").starts_with("x.json:1: no transcript that this loader knows"));
    assert!(refused("{\n\"segments\": [{]}").starts_with("x.json:2:"));
    assert!(refused(&WHISPER[..80]).starts_with("x.json:"));
    assert!(refused("").starts_with("x.json:1:"));
    let failed = AWS_PLAIN.replace("COMPLETED", "FAILED");
    assert!(refused(&failed).contains("status is FAILED"));
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

#[test]
fn word_documents_are_read_by_the_grammar_of_text() {
    let xml = r#"<?xml version="1.0"?><w:document xmlns:w="w"><w:body>
      <w:p><w:pPr><w:tabs><w:tab w:val="left"/></w:tabs></w:pPr><w:r><w:t>Rep: Hi </w:t></w:r><w:r><w:t xml:space="preserve">Bo &amp; Al&#33;</w:t></w:r></w:p>
      <w:p><w:r><w:delText>Rep: never said</w:delText></w:r></w:p>
      <w:p><w:r><w:t>Customer: Hello.</w:t><w:br/><w:t>Again.</w:t></w:r></w:p></w:body></w:document>"#;
    let call = one(
        "c.docx",
        zip(&[("[Content_Types].xml", b"<x/>"), ("word/document.xml", xml.as_bytes())]),
    );
    let said: Vec<_> = turns(&call).into_iter().map(|turn| (turn.0, turn.1)).collect();
    assert_eq!(
        said,
        [(Role::Seller, "Hi Bo & Al!".into()), (Role::Prospect, "Hello. Again.".into())]
    );

    let refused = |bytes: Vec<u8>| load("c.docx", bytes).unwrap_err().message().to_owned();
    assert!(refused(b"PK no".to_vec()).contains("c.docx: no readable ZIP archive"));
    assert!(refused(zip(&[("x", b"y")])).contains("no Word document"));
    assert!(
        refused(zip(&[("word/document.xml", b"<w:p><w:t>a</w:p>")])).contains("word/document.xml")
    );
    // 40 MiB of blanks in 40 kB.
    let bomb = zip(&[("word/document.xml", &vec![b' '; 40 * 1024 * 1024])]);
    assert!(bomb.len() < 100_000);
    assert!(refused(bomb).contains("unpacks to more than"));
}

#[test]
fn a_json_file_beside_a_transcript_is_its_sidecar_and_alone_it_is_one() {
    let files = MemoryFiles::new()
        .with("a.txt", "Rep: Hi.")
        .with("a.json", "{\"title\":\"A\"}")
        .with("b.json", WHISPER)
        .with("c/corpus.json", "{}")
        .with("c/speakers.json", "{}")
        .with("c/utterances.jsonl", "");
    let loader = Transcripts::new(Config::default()).unwrap();
    let page = loader.list(&Files::of_memory(files), None).unwrap();
    let keys: Vec<_> = page.entries.iter().map(|entry| entry.key.as_str()).collect();
    assert_eq!(keys, ["a.txt", "b.json", "c/utterances.jsonl"]);
}

const LINES: &str = r#"{"id":"1","conversation_id":"c1","speaker":"ann","text":"Hi <b>Bo</b>.","reply_to":null,"timestamp":1000,"meta":{"role":"seller"}}
{"id":"9","conversation_id":"c2","speaker":"eve","text":"Alone.","reply_to":null,"timestamp":null,"meta":{}}
{"id":"2","conversation_id":"c1","speaker":"bo","text":"Hello.","reply_to":"1","timestamp":1004,"meta":{}}
nonsense
{"id":"3","conversation_id":"c3","text":"who?"}
"#;

#[test]
fn a_corpus_gives_a_call_a_conversation_in_whatever_order() {
    let files = MemoryFiles::new()
        .with("k/utterances.jsonl", LINES)
        .with("k/speakers.json", r#"{"bo":{"meta":{"role":"customer"}}}"#)
        .with("k/conversations.json", r#"{"c1":{"meta":{"title":"First","year":2001}}}"#);
    let (calls, failed) = split(loaded(files, "k/utterances.jsonl", 0).unwrap());
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].title.as_deref(), Some("First"));
    assert_eq!(
        calls[0].metadata,
        [("title".into(), "First".into()), ("year".into(), "2001".into())]
    );
    assert_eq!(calls[0].participants[0].role_evidence, "meta.role");
    let said = turns(&calls[0]);
    assert_eq!(said[0], (Role::Seller, "Hi <b>Bo</b>.".into(), Some(0), None));
    assert_eq!(said[1], (Role::Prospect, "Hello.".into(), Some(4_000), None));
    assert_eq!(calls[1].position.as_deref(), Some("line 2"));
    assert_eq!(failed.len(), 2);
    assert!(failed[0].starts_with("line 4 | k/utterances.jsonl:4:"), "{failed:?}");
    assert!(failed[1].contains("speaker"), "{failed:?}");
}

/// A corpus too large to be grouped in memory.
#[test]
fn a_large_corpus_is_streamed_in_chunks_and_shows_where_it_is_out_of_order() {
    let mut text = String::new();
    let filler = "so ".repeat(10_000);
    let line = |id: &str, call: &str, to: &str, said: &str| {
        format!(
            "{{\"id\":\"{id}\",\"conversation_id\":\"{call}\",\"speaker\":\"s\",\"text\":\"{said}\",\"reply_to\":{to}}}\n"
        )
    };
    for call in 0..1_200 {
        let id = format!("c{call}");
        text.push_str(&line(&id, &id, "null", &filler));
        text.push_str(&line(&format!("{id}.1"), &id, &format!("\"{id}\""), &filler));
    }
    text.push_str(&line("x", "c7", "\"c7.1\"", "late"));
    assert!(text.len() > 64 * 1024 * 1024);
    let files = Files::of_memory(MemoryFiles::new().with("utterances.jsonl", text));
    let loader = Transcripts::new(Config::default()).unwrap();
    let (mut calls, mut failed, mut offset, mut chunks) = (Vec::new(), Vec::new(), Some(0), 0);
    while let Some(at) = offset {
        let chunk = loader.load(&files, "utterances.jsonl", at).unwrap();
        offset = chunk.next;
        let (more, wrong) = split(chunk);
        calls.extend(more.into_iter().map(|call| (call.title, call.turns.len())));
        failed.extend(wrong);
        chunks += 1;
    }
    assert!(chunks > 5, "{chunks}");
    assert_eq!(calls.len(), 1_200);
    assert!(calls.iter().all(|(_, turns)| *turns == 2));
    assert_eq!(failed.len(), 1);
    assert!(failed[0].starts_with("line 2401 |") && failed[0].contains("sort it"), "{failed:?}");
}

fn forms() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        CPP,
        WHISPER,
        WHISPER_X,
        AWS_ANALYTICS,
        AWS_PLAIN,
        DEEPGRAM,
        DEEPGRAM_CHANNELS,
        MEET,
        LINES,
    ])
}

proptest! {
    /// A valid file with some of its bytes changed, lost or doubled.
    #[test]
    fn mutated_files_never_panic_and_what_loads_holds_together(
        form in forms(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 1..8),
    ) {
        let mut bytes = form.as_bytes().to_vec();
        for (place, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                _ => bytes.insert(at, bytes[at]),
            }
        }
        let name = if form == LINES { "utterances.jsonl" } else { "x.json" };
        let Ok(chunk) = load(name, bytes) else { return Ok(()) };
        for item in chunk.items {
            let Ok(Item { body: Body::Conversation(call), .. }) = item else { continue };
            let mut last = 0;
            for turn in &call.turns {
                prop_assert!(turn.text.start >= last);
                last = turn.text.end;
                prop_assert!(call.text.get(turn.text.start as usize..last as usize).is_some());
                prop_assert!(turn.start_ms.zip(turn.end_ms).is_none_or(|(start, end)| start <= end));
            }
            let mut last = 0;
            for word in &call.words {
                prop_assert!(word.text.start >= last && word.start_ms <= word.end_ms);
                last = word.text.end;
                prop_assert!(call.text.get(word.text.start as usize..last as usize).is_some());
            }
        }
    }
}
