//! Call-centre collections through the public door.

use std::io::Write;

use callcenter::{CallCenter, Config, Prefer};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::MemoryFiles;

fn zip(members: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        writer.start_file(name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn document(text: &str) -> Vec<u8> {
    let xml = format!(
        "<w:document><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:body></w:document>"
    );
    zip(&[("word/document.xml".into(), xml.into_bytes())])
}

/// Header of a µ-law file of 8 kHz.
fn wav(channels: u8) -> Vec<u8> {
    [
        b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\x07\0".as_slice(),
        &[channels, 0],
        b"\x40\x1f\0\0\x80\x3e\0\0\x02\0\x08\0data\0\0\0\0",
    ]
    .concat()
}

fn load(config: Config, files: MemoryFiles, key: &str, offset: u64) -> Result<Chunk> {
    CallCenter::new(config)?.load(&Files::of_memory(files), key, offset)
}

fn keys(config: Config, files: MemoryFiles) -> Vec<String> {
    let page = CallCenter::new(config).unwrap().list(&Files::of_memory(files), None).unwrap();
    page.entries.into_iter().map(|entry| entry.key).collect()
}

#[test]
fn an_archive_gives_a_call_a_file_with_the_licence_of_its_card() {
    let member = |name: &str, text: &str| (name.to_owned(), text.as_bytes().to_vec());
    let archive = zip(&[
        member(
            "a/1.json",
            "{\"text\":\"Agent: Hello. Customer: Hi there. Agent: How are you?\",\"id\":7,\"words\":[1]}",
        ),
        member("a/2.json", "{\"text\":\"\"}"),
        member("a/3.json", "{\n\"text\": }"),
        member("__MACOSX/a/._1.json", "x"),
        member("notes.md", "x"),
        member("a/4.json", "{\"transcript\":\"x\"}"),
        member("b/5.json", "{\"text\":\"thank you for calling how may i help\"}"),
    ]);
    let files = MemoryFiles::new()
        .with("data/x.zip", archive)
        .with("README.md", "---\nlicense: cc-by-nc-4.0\n---\n");
    assert_eq!(keys(Config::default(), files.clone()), ["data/x.zip"]);
    let chunk = load(Config::default(), files, "data/x.zip", 0).unwrap();
    let (mut calls, mut failed) = (Vec::new(), Vec::new());
    for item in chunk.items {
        match item {
            Ok(Item { key, body: Body::Conversation(call) }) => calls.push((key, call)),
            Ok(_) => panic!("no recording"),
            Err(one) => failed.push(one.error.message().to_owned()),
        }
    }
    assert_eq!((calls.len(), failed.len()), (2, 3));
    let (key, call) = &calls[0];
    assert_eq!((key.as_str(), call.turns.len()), ("a/1.json", 3));
    assert_eq!(call.participants[0].role, Role::Seller);
    assert_eq!(call.position.as_deref(), Some("a/1.json"));
    assert_eq!(call.licence.as_deref(), Some("cc-by-nc-4.0"));
    assert_eq!(call.metadata, [("id".to_owned(), "7".to_owned())]);
    assert_eq!(calls[1].1.participants[0].role, Role::Unknown);
    assert!(failed[1].starts_with("data/x.zip/a/3.json:2:"), "{failed:?}");
    assert!(failed[2].contains("no `text`"), "{failed:?}");
}

#[test]
fn a_large_archive_comes_in_chunks_and_a_bomb_costs_itself() {
    let mut members: Vec<_> = (0..9_000)
        .map(|at| (format!("{at:05}.json"), format!("{{\"text\":\"call {at}\"}}").into_bytes()))
        .collect();
    members[8_000].1 = vec![b' '; 32 * 1024 * 1024];
    let files = MemoryFiles::new().with("x.zip", zip(&members));
    let (mut offset, mut loaded, mut failed, mut chunks) = (Some(0), 0, Vec::new(), 0);
    while let Some(at) = offset {
        let chunk = load(Config::default(), files.clone(), "x.zip", at).unwrap();
        loaded += chunk.items.iter().filter(|item| item.is_ok()).count();
        failed.extend(chunk.items.into_iter().filter_map(Result::err));
        offset = chunk.next;
        chunks += 1;
    }
    assert_eq!((loaded, failed.len(), chunks), (8_999, 1, 3));
    assert!(failed[0].error.message().contains("unpacks to more than"), "{failed:?}");
}

#[test]
fn a_transcript_beside_audio_is_its_call_and_the_operator_says_which_form() {
    let files = MemoryFiles::new()
        .with("c/1.mp3", "ID3")
        .with("c/1.docx", document("Agent: Hi."))
        .with("c/2.wav", wav(2))
        .with("c/3.wav", wav(1))
        .with("c/~$1.docx", "x");
    assert_eq!(keys(Config::default(), files.clone()), ["c/1.docx", "c/2.wav", "c/3.wav"]);
    let recording = || Config { prefer: Prefer::Recording, ..Config::default() };
    assert_eq!(keys(recording(), files.clone()), ["c/1.mp3", "c/2.wav", "c/3.wav"]);

    let body = |config, key: &str| {
        load(config, files.clone(), key, 0).unwrap().items.remove(0).unwrap().body
    };
    let Body::Conversation(call) = body(Config::default(), "c/1.docx") else { panic!() };
    assert_eq!((call.text.as_str(), call.participants[0].role), ("Hi.", Role::Seller));
    let Body::Recording(media) = body(Config::default(), "c/2.wav") else { panic!() };
    let sides: Vec<_> =
        media.about.participants.iter().map(|who| (who.role, who.role_evidence.as_str())).collect();
    assert_eq!(sides, [(Role::Seller, "channel"), (Role::Prospect, "channel")]);
    let Body::Recording(media) = body(Config::default(), "c/3.wav") else { panic!() };
    assert!(media.about.participants.is_empty(), "one channel tells nobody apart");
    let wrong = load(Config::default(), MemoryFiles::new().with("x.zip", "PK"), "x.zip", 0);
    assert!(wrong.unwrap_err().message().starts_with("x.zip: no readable ZIP archive"));
}

proptest! {
    #[test]
    fn mutated_archives_never_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
    ) {
        let mut bytes = zip(&[("a.json".into(), b"{\"text\":\"Agent: Hi. Customer: Yes.\"}".to_vec())]);
        for (place, byte) in changes {
            let at = place.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = load(Config::default(), MemoryFiles::new().with("x.zip", &bytes), "x.zip", 0);
        let _ = load(Config::default(), MemoryFiles::new().with("x.docx", &bytes), "x.docx", 0);
        let _ = load(Config::default(), MemoryFiles::new().with("x.wav", &bytes), "x.wav", 0);
    }
}
