//! The contract as it was released: nobody edits it, and every later host speaks it to
//! the plugins of then.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rehearsal_tests::{Project, root};
use sha2::{Digest, Sha256};

/// Versions with the digest of their WIT files and of the plugins kept of them.
const RELEASED: [(&str, &str); 1] =
    [("0.1.0", "5e68bd07ea03687f3e161102bf5ba6ca409de8c5027da14ec0523debbc5bbfb7")];

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{folder:?}: {error}"));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|file| file.extension().is_some_and(|found| found == extension));
    files.sort();
    files
}

fn contract(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let named = |file: PathBuf| {
        let name = file.file_name().expect("a name").to_string_lossy().into_owned();
        (name, fs::read(file).expect("it is readable"))
    };
    files(folder, "wit").into_iter().map(named).collect()
}

fn wit(version: &str) -> PathBuf {
    root().join("wit/released").join(version)
}

fn plugins(version: &str) -> PathBuf {
    root().join("tests/released").join(version)
}

#[test]
fn what_is_released_is_never_edited() {
    for (version, expected) in RELEASED {
        let mut hasher = Sha256::new();
        for file in [files(&wit(version), "wit"), files(&plugins(version), "wasm")].concat() {
            let bytes = fs::read(&file).expect("it is readable");
            hasher.update(file.file_name().expect("a name").as_encoded_bytes());
            hasher.update(u64::try_from(bytes.len()).expect("a length").to_le_bytes());
            hasher.update(bytes);
        }
        let digest = hasher.finalize().iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        assert_eq!(
            digest, expected,
            "version {version} is released: put its files back as they were"
        );
    }
}

#[test]
fn a_changed_contract_has_a_new_version() {
    let now = contract(&root().join("wit"));
    let (_, types) = now.iter().find(|(name, _)| name == "types.wit").expect("types.wit");
    let types = String::from_utf8_lossy(types);
    let first = types.lines().next().expect("a package");
    let version = first.trim_start_matches("package rehearsal:plugin@").trim_end_matches(';');
    assert!(
        !RELEASED.iter().any(|(released, _)| *released == version)
            || now == contract(&wit(version)),
        "wit/ says that it is {version}, which is released and reads otherwise; \
         docs/writing/versions.md says which changes want which version"
    );
}

#[test]
fn plugins_of_every_released_version_run() {
    for (version, _) in RELEASED {
        let plugin =
            |name: &str| plugins(version).join(format!("{name}.wasm")).display().to_string();
        let project = Project::new(&format!(
            "[pipeline]\nname = \"released\"\n\
             [[source]]\nid = \"calls\"\nplugin = \"{}\"\ngrant.files = \"calls\"\n\
             [[extractor]]\nid = \"pacing\"\nplugin = \"{}\"\ngrant.audio = true\n\
             [[path]]\nid = \"roleplay\"\nplugin = \"{}\"\n\
             [[validator]]\nid = \"quality\"\nplugin = \"{}\"\n",
            plugin("salesbot"),
            plugin("tone-pacing"),
            plugin("roleplay-partner"),
            plugin("example-quality"),
        ));
        let turns: Vec<String> = (0..8)
            .flat_map(|turn| {
                [
                    format!("\"User: Offer {turn} is too dear for what we do with it.\""),
                    format!("\"Agent: I see. What would have to be in offer {turn} for you?\""),
                ]
            })
            .collect();
        let call = format!(r#"[{{"id":"m0","dialog":[{}]}}]"#, turns.join(","));
        project.write("calls/one.json", call);
        let summary = &project.run(&["run", "--json"]).expect(0).json()["summary"];
        assert_eq!(summary["sources"]["calls"]["loaded"], 1, "{version}: {summary}");
        for stage in ["pacing", "roleplay", "quality"] {
            let results = summary["stages"][stage]["results"].as_u64();
            assert!(results.is_some_and(|count| count > 0), "{version}, {stage}: {summary}");
        }
        let rows = summary["datasets"]["roleplay"]["rows"].as_u64();
        assert!(rows.is_some_and(|rows| rows > 0), "{version}: {summary}");
    }
}
