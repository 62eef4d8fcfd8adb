//! Precision and recall of the cues on a labelled corpus: `examples/corpus` of the
//! checkout, or a folder given as argument. This is where the confidences in `cues.txt`
//! come from.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use nepq::{Config, Finder};
use rehearsal_cues::Scan;
use serde_json::Value;

type Error = Box<dyn std::error::Error>;

fn main() -> Result<(), Error> {
    let folder = env::args().nth(1).map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../examples/corpus"),
        PathBuf::from,
    );
    let mut gold = BTreeMap::new();
    for line in lines(&folder, "labels_")? {
        let label: Value = serde_json::from_str(&line)?;
        if let Some(nepq) = label["nepq"].as_str() {
            gold.insert((text(&label["call"]), label["turn"].as_u64()), nepq.to_owned());
        }
    }
    let finder = Finder::new(&Config::default()).map_err(|error| error.message().to_owned())?;
    let mut scan = Scan::default();
    let mut rules: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut labels: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for line in lines(&folder, "calls_")? {
        let call: Value = serde_json::from_str(&line)?;
        let turns = call["turns"].as_array().ok_or("a call has no turns")?;
        for turn in turns.iter().filter(|turn| turn["speaker"] == "seller") {
            let key = (text(&call["id"]), turn["i"].as_u64());
            let words = text(&turn["text"]);
            for finding in finder.find(&mut scan, &words) {
                let right = gold.get(&key).is_some_and(|label| label == finding.label.name());
                if right {
                    found.insert(key.clone());
                } else if env::var_os("SHOW_WRONG").is_some() {
                    println!("{} not {:?}: {words}", finding.rule, gold.get(&key));
                }
                for (count, name) in
                    [(&mut rules, finding.rule), (&mut labels, finding.label.name().to_owned())]
                {
                    let entry = count.entry(name).or_default();
                    entry.0 += u32::from(right);
                    entry.1 += 1;
                }
            }
        }
    }
    for (name, (right, all)) in rules.iter().chain(&labels) {
        println!("{name:36} {right:4} of {all:4}  {:.2}", f64::from(*right) / f64::from(*all));
    }
    let (right, all) = labels.values().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    println!(
        "precision {:.3} ({right} of {all}); recall {:.3} ({} of {} labelled turns)",
        f64::from(right) / f64::from(all),
        found.len() as f64 / gold.len() as f64,
        found.len(),
        gold.len()
    );
    Ok(())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn lines(folder: &Path, prefix: &str) -> Result<Vec<String>, Error> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Result<_, Error>>()?;
    files.retain(|path| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(prefix))
    });
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(fs::read_to_string(file)?.lines().map(ToOwned::to_owned));
    }
    Ok(all)
}
