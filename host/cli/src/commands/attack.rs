//! `rehearsal check --attack`: the evil kit in every stage's place.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use rehearsal_gate::Mode;
use rehearsal_pipeline::{Assault, Attempt};
use serde_json::json;

use crate::args::PipelineFile;
use crate::exit::Exit;
use crate::{places, print};

/// Folder of the kit beside the built-in plugins.
const KIT: &str = "evil";

pub(crate) fn run(file: &PipelineFile, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(None)?;
    let resolved = super::resolve(file, plugins, &sandbox, &runtime, Mode::Live, None)?;
    let kit = places::plugins(plugins)?.join(KIT);
    let mut stage = String::new();
    let tell = |attempt: &Attempt| {
        if !json && attempt.stage != stage {
            stage.clone_from(&attempt.stage);
            eprintln!("attacking as `{stage}` ({}) …", attempt.world);
        }
    };
    let work = rehearsal_pipeline::attack(&resolved.plan, &sandbox, &kit, tell);
    let assault = runtime.block_on(work)?;
    if json {
        print::json(&json!({
            "held": assault.held(),
            "attempts": assault.attempts,
            "alike": assault.alike,
            "memory": assault.memory,
        }));
    } else {
        print::out(&in_words(&assault));
    }
    Ok(if assault.held() { Exit::Done } else { Exit::Failure })
}

fn in_words(assault: &Assault) -> String {
    let mut lines = Vec::new();
    let mut stages: Vec<&str> = assault.attempts.iter().map(|a| a.stage.as_str()).collect();
    stages.dedup();
    for stage in stages {
        let of_stage: Vec<_> = assault.attempts.iter().filter(|a| a.stage == stage).collect();
        let world = of_stage.first().map_or("", |attempt| attempt.world);
        lines.push(format!("as `{stage}` ({world}):"));
        lines.extend(table(&of_stage));
    }
    for (stage, like) in &assault.alike {
        lines.push(format!("`{stage}` has the world, grants and limits of `{like}`"));
    }
    if let (Some(before), Some(most)) = (assault.memory.before, assault.memory.most) {
        let back = match &assault.memory.kept_by {
            None => "given back after each".to_owned(),
            Some(attack) => format!("NOT given back, first by {attack}"),
        };
        let (before, most) = (before >> 20, most >> 20);
        lines.push(format!("memory {back}: {before} MiB before, at most {most} MiB after one"));
    }
    let successes = assault.successes().count();
    let attempts = assault.attempts.len();
    lines.push(match successes {
        0 => format!("{attempts} attacks, none got through"),
        _ => format!("{attempts} attacks, {successes} GOT THROUGH"),
    });
    lines.join("\n")
}

/// A line for each attack and what stopped it, with the exports that it was made in.
fn table(attempts: &[&Attempt]) -> Vec<String> {
    let mut rows: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    let mut order: Vec<&str> = Vec::new();
    for attempt in attempts {
        let place = order.iter().position(|name| *name == attempt.attack).unwrap_or_else(|| {
            order.push(attempt.attack);
            order.len() - 1
        });
        let outcome = match &attempt.stopped_by {
            Some(what) => format!("stopped by {what}"),
            None => format!("GOT THROUGH: {}", attempt.message),
        };
        rows.entry((place, outcome)).or_default().push(attempt.export);
    }
    rows.into_iter()
        .map(|((place, outcome), exports)| {
            format!("  {:20} {:32} {outcome}", order[place], exports.join(", "))
        })
        .collect()
}
