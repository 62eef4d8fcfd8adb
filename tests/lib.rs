//! End-to-end tests: the built binary, real components, real audio, real files.
//!
//! `cargo xtask test` builds what they need first: the binary, the plugins in
//! `target/plugins` and the speech model.

pub mod chromium;
pub mod corpus;
pub mod served;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The checkout.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default()
}

/// The built binary, beside the tests' own.
///
/// # Panics
/// Where it was not built.
#[must_use]
pub fn binary() -> PathBuf {
    let own = std::env::current_exe().expect("a test knows where it is");
    let folder = own.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    let binary = folder.join("rehearsal");
    assert!(binary.is_file(), "{} is missing: run `cargo xtask test`", binary.display());
    binary
}

/// A component as built, `target/plugins/NAME.wasm`.
///
/// # Panics
/// Where it was not built.
#[must_use]
pub fn plugin(name: &str) -> PathBuf {
    let target = binary().ancestors().nth(2).map(Path::to_owned).unwrap_or_default();
    let plugin = target.join("plugins").join(format!("{name}.wasm"));
    assert!(plugin.is_file(), "{} is missing: run `cargo xtask plugins`", plugin.display());
    plugin
}

/// A folder with a pipeline in it.
pub struct Project {
    folder: tempfile::TempDir,
}

/// What a command came to.
#[derive(Debug)]
pub struct Outcome {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it said beside that.
    pub err: String,
}

impl Outcome {
    /// What it printed with `--json`.
    ///
    /// # Panics
    /// Where that is no JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}\n{}\n{}", self.out, self.err))
    }

    /// Fails the test unless it ended with `code`.
    ///
    /// # Panics
    /// Then.
    #[must_use]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "out: {}\nerr: {}", self.out, self.err);
        self
    }
}

impl Project {
    /// A project whose pipeline.toml is `pipeline`.
    ///
    /// # Panics
    /// Where there is no room for one.
    #[must_use]
    pub fn new(pipeline: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let project = Self { folder };
        project.write("pipeline.toml", pipeline);
        // The same key for all, so that projects can be compared, and none of the user's.
        project.write("config/rehearsal/privacy.key", "5e".repeat(32));
        project
    }

    /// Its folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of it.
    ///
    /// # Panics
    /// Where that does not work.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).expect("a folder");
        }
        fs::write(path, content).expect("a file");
    }

    /// A command of the program in it, not yet run.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        command.env("XDG_CONFIG_HOME", self.path().join("config"));
        command
    }

    /// Runs the program in it.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        outcome(self.command(arguments).output().expect("the program starts"))
    }

    /// The manifest of a data set.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn manifest(&self, dataset: &str) -> Value {
        let manifest = self.path().join(".rehearsal/datasets").join(dataset).join("manifest.json");
        let text = fs::read_to_string(&manifest)
            .unwrap_or_else(|error| panic!("{}: {error}", manifest.display()));
        serde_json::from_str(&text).expect("a manifest is JSON")
    }

    /// Every file that a data set's manifest names, with its bytes.
    ///
    /// # Panics
    /// Where one of them cannot be read.
    #[must_use]
    pub fn files(&self, dataset: &str) -> BTreeMap<String, Vec<u8>> {
        let folder = self.path().join(".rehearsal/datasets").join(dataset);
        let manifest = self.manifest(dataset);
        let files = manifest["files"].as_array().expect("files").iter();
        files
            .map(|file| {
                let path = file["path"].as_str().expect("a path");
                (path.to_owned(), fs::read(folder.join(path)).expect("a file"))
            })
            .collect()
    }

    /// All rows of a data set's configurations of one form (`chat`, …), as JSON.
    ///
    /// # Panics
    /// Where they cannot be read.
    #[must_use]
    pub fn rows(&self, dataset: &str, form: &str) -> Vec<Value> {
        let of_form =
            |name: &str| name.starts_with("jsonl/") && name.split('/').nth(2) == Some(form);
        let files = self.files(dataset).into_iter().filter(|(name, _)| of_form(name));
        let row = |line: &[u8]| serde_json::from_slice(line).expect("JSON");
        files
            .flat_map(|(_, rows)| {
                let lines = rows.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
                lines.map(row).collect::<Vec<Value>>()
            })
            .collect()
    }

    /// The Merkle root of a data set.
    ///
    /// # Panics
    /// Where there is none.
    #[must_use]
    pub fn merkle_root(&self, dataset: &str) -> String {
        self.manifest(dataset)["merkle_root"].as_str().expect("a root").to_owned()
    }
}

/// What a finished process came to.
#[must_use]
pub fn outcome(output: Output) -> Outcome {
    Outcome {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Share of words that were heard wrong: edits over words of the reference, without
/// case and punctuation.
#[must_use]
pub fn word_error_rate(reference: &str, heard: &str) -> f64 {
    let words = |text: &str| -> Vec<String> {
        text.split_whitespace()
            .map(|word| word.chars().filter(|c| c.is_alphanumeric()).collect::<String>())
            .map(|word| word.to_lowercase())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let (reference, heard) = (words(reference), words(heard));
    strsim::generic_levenshtein(&reference, &heard) as f64 / reference.len().max(1) as f64
}

/// A sales call of `turns` turns as plain text, different for every `number`.
#[must_use]
pub fn invented_call(number: usize, turns: usize) -> String {
    const SELLER: [&str; 6] = [
        "Thanks for making the time. What made you look into this now?",
        "How long have you been doing it that way?",
        "Tell me more about that. What does it do to the rest of your week?",
        "Have you tried anything to get out of it so far?",
        "Say it stays like this until next spring. What then?",
        "Shall we put half an hour in the diary for Thursday and look at it together?",
    ];
    const BUYER: [&str; 6] = [
        "Um, honestly, my partner sent me the link. I'm not sure we need it.",
        "Oh, years. Since before the move, so four years, give or take.",
        "Well, Fridays are gone. I sit there with the sheets until seven, most weeks.",
        "We had a fellow in once. It cost a fortune and nobody used it.",
        "I don't like to think about that, to be frank with you.",
        "That sounds like a lot of money for something we do by hand today.",
    ];
    let mut text = String::new();
    for turn in 0..turns {
        let (who, lines) = if turn % 2 == 0 { ("Rep", SELLER) } else { ("Customer", BUYER) };
        let line = lines[(turn / 2 + number) % lines.len()];
        text.push_str(&format!("{who}: {line} That was point {} of {number}.\n", turn + 1));
    }
    text
}

/// A sales call that is no near-duplicate of any other: what is said between the usual
/// lines follows from `number` and the turn.
#[must_use]
pub fn varied_call(number: usize, turns: usize) -> String {
    const WORDS: [&str; 32] = [
        "ledger",
        "harbour",
        "Tuesday",
        "forklift",
        "quiet",
        "invoice",
        "roof",
        "clinic",
        "van",
        "seven",
        "colleague",
        "winter",
        "spreadsheet",
        "boiler",
        "branch",
        "audit",
        "garden",
        "payroll",
        "slow",
        "paper",
        "warehouse",
        "nobody",
        "machine",
        "quarter",
        "north",
        "doctor",
        "driver",
        "twice",
        "window",
        "training",
        "server",
        "bakery",
    ];
    // SplitMix64: any number gives words of its own.
    let mut state = number as u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        WORDS[((x ^ (x >> 31)) % WORDS.len() as u64) as usize]
    };
    let mut text = String::new();
    for line in invented_call(number, turns).lines() {
        let said: Vec<&str> = (0..10).map(|_| next()).collect();
        text.push_str(&format!("{line} There is the {}.\n", said.join(" ")));
    }
    text
}

/// Stages that load what lies in `texts/` and label its questions, for pipelines that
/// differ in their settings or in what becomes of that.
pub const TEXTS: &str = r#"
[[source]]
id = "texts"
plugin = "transcripts"
grant.files = "texts"

[[extractor]]
id = "nepq"
plugin = "nepq"
"#;

/// Stages from there to a data set of dialogues.
pub const TO_ROLEPLAY: &str = r#"
[[path]]
id = "roleplay"
plugin = "roleplay-partner"
split = { train = 0.8, validation = 0.1, test = 0.1 }

[[validator]]
id = "quality"
plugin = "example-quality"
"#;
