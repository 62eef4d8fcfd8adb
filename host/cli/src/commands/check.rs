//! `rehearsal check`: the stage graph, with whose code and which grants.

use std::path::Path;

use anyhow::Result;
use rehearsal_gate::Mode;
use rehearsal_pipeline::{Plan, Ready};
use serde_json::{Value, json};

use super::lock;
use crate::args::PipelineFile;
use crate::exit::Exit;
use crate::{places, print};

pub(crate) fn run(file: &PipelineFile, plugins: Option<&Path>, json: bool) -> Result<Exit> {
    let sandbox = places::sandbox()?;
    let runtime = super::runtime(Some(1))?;
    let resolved = super::resolve(file, plugins, &sandbox, &runtime, Mode::Live, None)?;
    let stages = stages(&resolved.plan);
    let unaccepted = lock::unaccepted(&resolved);
    if json {
        print::json(&json!({
            "pipeline": resolved.plan.name,
            "workspace": resolved.plan.workspace,
            "stages": stages,
            "unaccepted": unaccepted,
        }));
        return Ok(Exit::Done);
    }
    if let Some(warnings) = resolved.warnings {
        eprintln!("{warnings}\n");
    }
    for difference in &unaccepted {
        eprintln!("warning: {difference}; a run stops until `rehearsal lock` accepts it");
    }
    let plan = &resolved.plan;
    print::out(&format!("pipeline `{}`, workspace {}", plan.name, plan.workspace.display()));
    let mut section = "";
    for stage in &stages {
        let text = |key: &str| stage[key].as_str().unwrap_or_default().to_owned();
        let world = text("world");
        if section != world {
            print::out(if section.is_empty() { "" } else { "    |" });
            section = match world.as_str() {
                "loader" => "loader",
                "extractor" => "extractor",
                "path-builder" => "path-builder",
                _ => "validator",
            };
        }
        let grants: Vec<&str> =
            stage["grants"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let grants = if grants.is_empty() { "nothing".to_owned() } else { grants.join(", ") };
        print::out(&format!(
            "  {:12} {:18} {:24} {}  granted: {grants}",
            world,
            text("id"),
            text("plugin"),
            &text("digest")[..12],
        ));
    }
    Ok(Exit::Done)
}

/// In the order of the data.
fn stages(plan: &Plan) -> Vec<Value> {
    let mut stages: Vec<Value> = plan.sources.iter().map(|s| describe(&s.stage)).collect();
    stages.extend(plan.extractors.iter().map(describe));
    stages.extend(plan.paths.iter().map(|path| describe(&path.stage)));
    stages.extend(plan.validators.iter().map(|validator| describe(&validator.stage)));
    stages
}

fn describe<T>(stage: &Ready<T>) -> Value {
    json!({
        "id": stage.id,
        "plugin": stage.plugin,
        "world": stage.component.world().name(),
        "contract": stage.component.contract(),
        "digest": stage.component.digest().to_string(),
        "imports": stage.component.imports(),
        "grants": stage.grants,
        "config": serde_json::from_str::<Value>(&stage.config).unwrap_or_default(),
    })
}
