//! The data sets server through the public door, with answers as it gives them.

use huggingface_hub::{Config, HuggingFaceHub};
use proptest::prelude::*;
use rehearsal_sdk::prelude::*;
use rehearsal_sdk::testing::{MemoryFiles, MemoryHttp};

const SERVER: &str = "GET https://datasets-server.huggingface.co";
const KEY: &str = "default/train";

const SPLITS: &str = r#"{"splits":[{"dataset":"o/n","config":"default","split":"train"},{"dataset":"o/n","config":"default","split":"test"}],"pending":[],"failed":[]}"#;
const SIZE: &str = r#"{"size":{"dataset":{"dataset":"o/n","num_rows":3,"num_bytes_memory":900},"configs":[],"splits":[{"dataset":"o/n","config":"default","split":"train","num_rows":2,"num_bytes_memory":600,"num_columns":2}]},"pending":[],"failed":[],"partial":false}"#;
const ROWS: &str = r#"{"features":[{"feature_idx":0,"name":"text","type":{"dtype":"string","_type":"Value"}}],"rows":[{"row_idx":100,"row":{"text":"Agent: Hello.\nCustomer: Hi.","id":"a"},"truncated_cells":[]},{"row_idx":101,"row":{"messages":[{"role":"customer","content":"Hi."}],"id":7},"truncated_cells":["messages"]}],"num_rows_total":104,"num_rows_per_page":100,"partial":false}"#;
const OFFSET: u64 = 100;

fn loader(http: MemoryHttp) -> HuggingFaceHub {
    let config = Config {
        dataset: "o/n".to_owned(),
        base_url: "https://datasets-server.huggingface.co".to_owned(),
        rows: Default::default(),
    };
    HuggingFaceHub::over(config, Http::of_memory(http)).expect("the configuration is sound")
}

fn list(splits: &str, size: &str) -> Result<Page> {
    let http = MemoryHttp::new().json(&format!("{SERVER}/splits?dataset=o%2Fn"), 200, splits).json(
        &format!("{SERVER}/size?dataset=o%2Fn"),
        200,
        size,
    );
    loader(http).list(&Files::of_memory(MemoryFiles::new()), None)
}

fn load(rows: &str) -> Result<Chunk> {
    let url = format!(
        "{SERVER}/rows?dataset=o%2Fn&config=default&split=train&offset={OFFSET}&length=100"
    );
    let http = MemoryHttp::new().json(&url, 200, rows);
    loader(http).load(&Files::of_memory(MemoryFiles::new()), KEY, OFFSET)
}

#[test]
fn answers_as_they_should_be_are_entries_and_calls() {
    let page = list(SPLITS, SIZE).expect("a listing");
    let entries: Vec<_> =
        page.entries.iter().map(|one| (one.key.as_str(), one.fingerprint.as_str())).collect();
    // The size of a split that is not told is that of the data set.
    assert_eq!(entries, [(KEY, "2 rows, 600 bytes"), ("default/test", "3 rows, 900 bytes")]);
    let chunk = load(ROWS).expect("rows");
    assert_eq!((chunk.items.len(), chunk.next), (2, Some(102)));
    assert!(chunk.items[0].is_ok());
    let cut = chunk.items[1].as_ref().expect_err("a cut cell");
    assert!(cut.error.message().contains("the server cut messages short"), "{cut:?}");
}

/// `text` with a stretch replaced.
fn mutated(text: &str, at: f64, length: usize, with: &str) -> String {
    let at = text.floor_char_boundary((at * text.len() as f64) as usize);
    let end = text.floor_char_boundary((at + length).min(text.len()));
    [&text[..at], with, &text[end..]].concat()
}

/// One number, where it stands, replaced by a wild one: the answer stays JSON.
fn renumbered(text: &str, which: usize, with: &str) -> String {
    let numbers: Vec<_> = text.match_indices(|c: char| c.is_ascii_digit()).collect();
    let (at, _) = numbers[which % numbers.len()];
    let end = text[at..].find(|c: char| !c.is_ascii_digit()).map_or(text.len(), |end| at + end);
    [&text[..at], with, &text[end..]].concat()
}

/// A load goes on, or ends; it never stands still.
fn goes_on(rows: &str) -> Result<(), TestCaseError> {
    if let Ok(chunk) = load(rows) {
        prop_assert!(chunk.next.is_none_or(|next| next > OFFSET), "{:?} of {rows}", chunk.next);
    }
    Ok(())
}

proptest! {
    /// Whatever the server answers is entries or an error, calls or an error.
    #[test]
    fn mutated_answers_never_panic_and_never_stand_still(
        at in 0.0..1.0_f64,
        length in 0_usize..60,
        with in "null|-1|1e400|\"\"|\\[\\]|\\{\\}|\"a/b\"|18446744073709551615|\\PC{0,12}",
    ) {
        let _ = list(&mutated(SPLITS, at, length, &with), SIZE);
        let _ = list(SPLITS, &mutated(SIZE, at, length, &with));
        goes_on(&mutated(ROWS, at, length, &with))?;
    }

    #[test]
    fn wild_numbers_never_panic_and_never_stand_still(
        which in any::<usize>(),
        with in "0|1|-1|0\\.5|99|100|18446744073709551615|18446744073709551616|1e400",
    ) {
        let _ = list(SPLITS, &renumbered(SIZE, which, &with));
        goes_on(&renumbered(ROWS, which, &with))?;
    }
}
