//! Data sets through the public door: every layout, every format, every row accounted
//! for.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{ArrayRef, Float32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Fields, Schema};
use huggingface::{Config, HuggingFace};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::MemoryFiles;

/// Calls with their keys.
type Calls = Vec<(String, Conversation)>;

/// All chunks of a file: calls, messages of what failed, and how many chunks it took.
fn load_all(config: Config, files: MemoryFiles, key: &str) -> Result<(Calls, Vec<String>, usize)> {
    let loader = HuggingFace::new(config)?;
    let files = Files::of_memory(files);
    let (mut calls, mut failed, mut chunks, mut offset) = (Vec::new(), Vec::new(), 0, Some(0));
    while let Some(at) = offset {
        let chunk = loader.load(&files, key, at)?;
        chunks += 1;
        offset = chunk.next;
        assert!(offset.is_none_or(|next| next > at));
        for item in chunk.items {
            match item {
                Ok(Item { key, body: Body::Conversation(call) }) => calls.push((key, call)),
                Ok(_) => panic!("a row is a conversation"),
                Err(one) => failed.push(format!("{} | {}", one.position, one.error.message())),
            }
        }
    }
    Ok((calls, failed, chunks))
}

fn load(config: Config, key: &str, content: impl AsRef<[u8]>) -> (Calls, Vec<String>) {
    let (calls, failed, _) =
        load_all(config, MemoryFiles::new().with(key, content), key).expect("the file is read");
    (calls, failed)
}

fn said(call: &Conversation) -> Vec<(Role, &str)> {
    call.turns
        .iter()
        .map(|turn| {
            let text = &call.text[turn.text.start as usize..turn.text.end as usize];
            (call.participants[turn.participant as usize].role, text)
        })
        .collect()
}

const HI: [(Role, &str); 2] = [(Role::Prospect, "Hi."), (Role::Seller, "Hello, you.")];

#[test]
fn every_layout_is_recognised_by_its_columns() {
    let layouts = [
        // goendalf666/sales-conversations
        r#"{"0":"Customer: Hi.","1":"Salesman: Hello, you.","2":null,"10":null}"#,
        // DeepMostInnovations/saas-sales-conversations
        r#"{"company_id":"c","conversation_id":"9","scenario":"renewal","conversation":"[{\"speaker\":\"Customer\",\"message\":\"Hi.\"},{\"speaker\":\"Sales Rep\",\"message\":\"Hello, you.\"}]","full_text":"x","outcome":1,"customer_engagement":0.9,"sales_effectiveness":0.8,"embedding_0":0.1}"#,
        r#"{"conversation":"not json","full_text":"Customer: Hi.\nSales Rep: Hello, you."}"#,
        // gong-io-research/call-playbook
        r#"{"id":"7","label":"pricing","text":"[PROSPECT_A] Hi. [SELLER_A] Hello, you."}"#,
        r#"{"dialogue":["Customer: Hi.","Agent: Hello, you."]}"#,
        r#"{"utterances":[{"speaker":"customer","text":"Hi."},{"speaker":"agent","text":"Hello, you."}]}"#,
        r#"{"dialog":{"speaker":["customer","agent"],"utterance":["Hi.","Hello, you."]}}"#,
    ];
    for layout in layouts {
        let (calls, failed) = load(Config::default(), "train.jsonl", layout);
        assert_eq!(failed, Vec::<String>::new(), "{layout}");
        assert_eq!(said(&calls[0].1), HI, "{layout}");
        let fact = |name: &str| calls[0].1.metadata.iter().any(|(key, _)| key == name);
        assert!(!fact("customer_engagement") && !fact("sales_effectiveness"), "{layout}");
        assert!(fact("split"), "{layout}");
        assert_eq!(fact("label"), layout.contains("\"label\""), "{layout}");
    }
}

#[test]
fn chat_roles_name_no_side_until_the_operator_says_so() {
    let chats = [
        r#"{"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi."},{"role":"assistant","content":"Hello, you."}]}"#,
        r#"{"conversations":[{"from":"user","value":"Hi."},{"from":"assistant","value":"Hello, you."}]}"#,
        r#"{"messages":[{"role":"user","content":[{"type":"text","text":"Hi."}]},{"role":"assistant","content":"Hello, you."}]}"#,
    ];
    for chat in chats {
        let (calls, _) = load(Config::default(), "a.jsonl", chat);
        assert!(said(&calls[0].1).iter().all(|(role, _)| *role == Role::Unknown), "{chat}");
        let config = Config {
            sellers: vec!["assistant".into()],
            prospects: vec!["user".into()],
            ..Config::default()
        };
        let (calls, _) = load(config, "a.jsonl", chat);
        assert_eq!(said(&calls[0].1), HI, "{chat}");
    }
    let config = Config {
        turns: Some("lines".into()),
        alternate: vec!["customer".into(), "agent".into()],
        id: Some("no".into()),
        account: Some("firm".into()),
        ..Config::default()
    };
    let (calls, _) =
        load(config, "a.jsonl", r#"{"lines":["Hi.","Hello, you."],"no":5,"firm":"Acme"}"#);
    assert_eq!((calls[0].0.as_str(), calls[0].1.account.as_deref()), ("5", Some("Acme")));
    assert_eq!(said(&calls[0].1), HI);
}

#[test]
fn what_makes_no_sense_is_named_and_the_other_rows_load() {
    let lines = "{\"dialogue\":[\"Customer: Hi.\"]}\n\n{\"dialogue\": 3}\nno json\n{\"x\":1}\n{\"dialogue\":[]}\n{\"dialogue\":[\"Agent: Ok.\"]}";
    let (calls, failed) = load(Config::default(), "d/a.jsonl", lines);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].1.position.as_deref(), Some("line 7"));
    let starts = [
        "line 3 | d/a.jsonl:3: ",
        "line 4 | d/a.jsonl:4:",
        "line 5 | d/a.jsonl:5: no column",
        "line 6 | d/a.jsonl:6: nothing is said",
    ];
    for (failed, start) in failed.iter().zip(starts) {
        assert!(failed.starts_with(start), "{failed}");
    }
    assert_eq!(failed.len(), 4);

    let array = "[\n{\"text\":\"Rep: Hi.\"},\n{\"text\":},\n{\"text\":\"Rep: {a]\"}";
    let (calls, failed) = load(Config::default(), "a.json", array);
    assert_eq!(calls.len(), 2);
    assert!(failed[0].starts_with("line 3 | a.json:3:"), "{failed:?}");
    assert!(failed[1].contains("cut off"), "{failed:?}");

    let refused = HuggingFace::new(Config {
        metadata: Some(vec!["sales_effectiveness".into()]),
        ..Config::default()
    });
    assert!(refused.unwrap_err().message().contains("never read"));
}

#[test]
fn csv_keeps_quotes_lines_and_their_numbers() {
    for end in ["\n", "\r\n"] {
        let csv = [
            "id,text",
            "1,\"Customer: Hi.\nAgent: \"\"Hello\"\", you.\"",
            "2,too,many",
            "3,Agent: Ok.",
        ];
        let (calls, failed) = load(Config::default(), "a.csv", csv.join(end));
        assert_eq!(said(&calls[0].1), [(Role::Prospect, "Hi."), (Role::Seller, "\"Hello\", you.")]);
        assert_eq!(failed, ["line 4 | a.csv:4: 3 fields, and the first line names 2"], "{end:?}");
        assert_eq!(calls[1].1.position.as_deref(), Some("line 5"));
    }
    let open = format!("text\n\"{}", "x".repeat(20 * 1024 * 1024));
    let error = load_all(Config::default(), MemoryFiles::new().with("a.csv", open), "a.csv");
    assert!(error.unwrap_err().message().contains("is a quote left open?"));
}

#[test]
fn long_files_come_in_chunks_without_loss() {
    let rows = 3_500;
    let mut lines = String::new();
    let mut csv = "text\r\n".to_owned();
    let mut array = "[".to_owned();
    for row in 0..rows {
        lines.push_str(&format!("{{\"text\":\"Rep: é {row}\"}}\r\n"));
        csv.push_str(&format!("\"Rep: é\n {row}\"\r\n"));
        array.push_str(&format!(
            "{}{{\"text\":\"Rep: é {row}\"}}\n",
            if row == 0 { "" } else { "," }
        ));
    }
    array.push(']');
    for (name, text) in [("a.jsonl", &lines), ("a.csv", &csv), ("a.json", &array)] {
        let files = MemoryFiles::new().with(name, text);
        let (calls, failed, chunks) = load_all(Config::default(), files, name).unwrap();
        assert_eq!((calls.len(), failed.len()), (rows, 0), "{name}");
        assert!(chunks >= 4, "{name}: {chunks}");
        for (row, (_, call)) in calls.iter().enumerate() {
            assert!(call.text.ends_with(&format!(" {row}")), "{name}: {row} {}", call.text);
        }
        let line = match name {
            "a.csv" => 2 + 2 * (rows - 1),
            _ => rows,
        };
        let last = calls[rows - 1].1.position.clone();
        assert_eq!(last, Some(format!("line {line}")), "{name}");
        let keys: std::collections::BTreeSet<_> = calls.iter().map(|(key, _)| key).collect();
        assert_eq!(keys.len(), rows, "{name}");
    }
}

/// Rows of `messages` lists beside an embedding, as a batch.
fn batch(from: usize, rows: usize) -> RecordBatch {
    let fields = Fields::from(vec![
        Field::new("role", DataType::Utf8, true),
        Field::new("content", DataType::Utf8, true),
    ]);
    let mut list = ListBuilder::new(StructBuilder::from_fields(fields, 0));
    for row in from..from + rows {
        for (who, text) in [("customer", format!("Hi {row}.")), ("agent", "Hello.".to_owned())] {
            let turn = list.values();
            turn.field_builder::<StringBuilder>(0).unwrap().append_value(who);
            turn.field_builder::<StringBuilder>(1).unwrap().append_value(text);
            turn.append(true);
        }
        list.append(true);
    }
    let messages: ArrayRef = Arc::new(list.finish());
    let scenario = (from..from + rows).map(|row| format!("s{row}"));
    RecordBatch::try_from_iter([
        ("messages", messages),
        ("scenario", Arc::new(StringArray::from_iter_values(scenario)) as ArrayRef),
        (
            "conversation_id",
            Arc::new(Int64Array::from_iter_values((from..from + rows).map(|r| r as i64))),
        ),
        ("embedding_0", Arc::new(Float32Array::from(vec![0.5; rows]))),
    ])
    .unwrap()
}

fn parquet(rows: usize, group: usize, codec: Compression) -> Vec<u8> {
    let first = batch(0, 1);
    let properties = WriterProperties::builder()
        .set_compression(codec)
        .set_max_row_group_row_count(Some(group))
        .set_data_page_row_count_limit(97)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), first.schema(), Some(properties)).unwrap();
    for from in (0..rows).step_by(500) {
        writer.write(&batch(from, 500.min(rows - from))).unwrap();
    }
    writer.into_inner().unwrap()
}

#[test]
fn parquet_is_read_over_row_groups_and_chunks() {
    for codec in [Compression::UNCOMPRESSED, Compression::SNAPPY] {
        let file = parquet(9_500, 3_000, codec);
        let files = MemoryFiles::new()
            .with("data/test-00000-of-00001.parquet", file)
            .with("README.md", "---\nlicense: cc-by-4.0\nlanguage:\n- en\n---\n");
        let key = "data/test-00000-of-00001.parquet";
        let (calls, failed, chunks) = load_all(Config::default(), files, key).unwrap();
        assert_eq!((calls.len(), failed.len()), (9_500, 0));
        assert!(chunks >= 3, "{chunks}");
        for (row, (key, call)) in calls.iter().enumerate() {
            assert_eq!((key, said(call)[0].1), (&row.to_string(), &*format!("Hi {row}.")));
        }
        let call = &calls[7_001].1;
        assert_eq!(call.position.as_deref(), Some("row 7001"));
        assert_eq!(call.licence.as_deref(), Some("cc-by-4.0"));
        assert_eq!(call.language.as_deref(), Some("en"));
        let facts: Vec<_> = call.metadata.iter().map(|(key, value)| (&**key, &**value)).collect();
        assert_eq!(facts, [("conversation_id", "7001"), ("scenario", "s7001"), ("split", "test")]);
    }
}

/// A column that is not wanted is not touched: damage in it goes unseen.
#[test]
fn embedding_columns_are_never_read() {
    let columns = 3_072;
    let mut fields = vec![Field::new("text", DataType::Utf8, false)];
    fields.extend(
        (0..columns).map(|at| Field::new(format!("embedding_{at}"), DataType::Float32, false)),
    );
    let mut arrays: Vec<ArrayRef> = vec![Arc::new(StringArray::from(vec!["Agent: Hi."; 64]))];
    let embedding: ArrayRef = Arc::new(Float32Array::from_iter_values((0..64).map(|at| at as f32)));
    arrays.extend((0..columns).map(|_| Arc::clone(&embedding)));
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let mut file = writer.into_inner().unwrap();
    // The first column's pages come first; all between them and the footer is rubbish now.
    let footer = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().unwrap());
    let end = file.len() - 8 - footer as usize;
    let start = 4_096;
    assert!(end > start * 10);
    file[start..end].fill(0xa5);
    let (calls, failed) = load(Config::default(), "wide.parquet", file);
    assert_eq!((calls.len(), failed.len()), (64, 0));
}

#[test]
fn parquet_that_cannot_be_read_says_what_to_do() {
    let refused = |bytes: Vec<u8>| {
        let files = MemoryFiles::new().with("a.parquet", bytes);
        load_all(Config::default(), files, "a.parquet").unwrap_err().message().to_owned()
    };
    let zstd = refused(parquet(10, 10, Compression::ZSTD(ZstdLevel::default())));
    assert!(
        zstd.starts_with("a.parquet: column `messages") && zstd.contains("compression='snappy'"),
        "{zstd}"
    );
    assert!(refused(b"PAR1 not".to_vec()).starts_with("a.parquet: no readable Parquet file"));
    let mut cut = parquet(1_000, 100, Compression::SNAPPY);
    cut.drain(200..4_000);
    assert!(refused(cut).starts_with("a.parquet: "));
    let batch =
        RecordBatch::try_from_iter([("n", Arc::new(Int64Array::from(vec![1])) as ArrayRef)])
            .unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    assert!(refused(writer.into_inner().unwrap()).contains("no column holds a call"));
}

#[test]
fn a_folder_of_save_to_disk_is_read_from_its_arrow_streams() {
    let mut stream = Vec::new();
    let mut writer =
        arrow_ipc::writer::StreamWriter::try_new(&mut stream, &batch(0, 1).schema()).unwrap();
    for from in (0..2_700).step_by(900) {
        writer.write(&batch(from, 900)).unwrap();
    }
    writer.finish().unwrap();
    drop(writer);
    let files = MemoryFiles::new()
        .with("ds/dataset_dict.json", "{\"splits\":[\"train\"]}")
        .with("ds/train/data-00000-of-00001.arrow", &stream)
        .with("ds/train/cache-1.arrow", "")
        .with("ds/train/state.json", "{}")
        .with("ds/train/dataset_info.json", "{\"license\":\"mit\",\"features\":{}}")
        .with("ds/.cache/x.json", "{}");
    let loader = HuggingFace::new(Config::default()).unwrap();
    let page = loader.list(&Files::of_memory(files.clone()), None).unwrap();
    let key = "ds/train/data-00000-of-00001.arrow";
    assert_eq!(page.entries.iter().map(|entry| entry.key.as_str()).collect::<Vec<_>>(), [key]);
    let (calls, failed, chunks) = load_all(Config::default(), files, key).unwrap();
    assert_eq!((calls.len(), failed.len(), chunks), (2_700, 0, 2));
    for (row, (key, call)) in calls.iter().enumerate() {
        assert_eq!((key, said(call)[0].1), (&row.to_string(), &*format!("Hi {row}.")));
    }
    assert_eq!(calls[0].1.licence.as_deref(), Some("mit"));
    let cut = MemoryFiles::new().with("a.arrow", &stream[..stream.len() / 2]);
    assert!(load_all(Config::default(), cut, "a.arrow").is_err());
}

const VALID: [(&str, &str); 3] = [
    (
        "a.jsonl",
        "{\"messages\":[{\"role\":\"customer\",\"content\":\"Hi.\"}],\"id\":1}\n{\"text\":\"Rep: a\\nCustomer: b\"}\n",
    ),
    (
        "a.json",
        "[{\"0\":\"Customer: Hi.\",\"1\":null},\n{\"dialogue\":{\"speaker\":[\"a\"],\"text\":[\"b\"]}}]",
    ),
    ("a.csv", "id,text\n1,\"Customer: Hi.\nAgent: \"\"Yes\"\"\"\n2,Rep: b\n"),
];

proptest! {
    #[test]
    fn mutated_files_never_panic_and_never_loop(
        which in 0..VALID.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3), 0..8),
    ) {
        let (name, text) = VALID[which];
        let mut bytes = text.as_bytes().to_vec();
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
        let _ = load_all(Config::default(), MemoryFiles::new().with(name, bytes), name);
    }

    #[test]
    fn no_bytes_at_all_panic(ending in "(jsonl|json|csv|tsv|parquet|arrow)", bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let name = format!("x.{ending}");
        let _ = load_all(Config::default(), MemoryFiles::new().with(&name, bytes), &name);
    }
}
