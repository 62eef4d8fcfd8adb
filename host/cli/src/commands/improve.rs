//! `rehearsal improve`: a turn of the loop.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use rehearsal_config::{Config, Learner};
use rehearsal_improve::{Order, Round, Workshop, experts, round};
use rehearsal_pipeline::verdicts::all_verdicts;
use rehearsal_review::{Batches, Journal, Why};
use serde_json::json;

use crate::args::PipelineFile;
use crate::exit::{Exit, WrongUsage};
use crate::print;

/// Doubtful labels that are listed for people.
const LISTED: usize = 5;

pub(crate) fn run(file: &PipelineFile, dry_run: bool, as_json: bool) -> Result<Exit> {
    let config = Config::load(&file.pipeline)?;
    let pipeline = &config.pipeline;
    let learned = |learner: &Learner| matches!(learner, Learner::Classifier { .. });
    if !pipeline.trainers.iter().any(|trainer| learned(&trainer.learner)) {
        let message = format!(
            "{} has no [[trainer]] of the kind `classifier` or `head`; docs/training.md shows one",
            file.pipeline.display()
        );
        return Err(WrongUsage(message).into());
    }
    let repository = Arc::new(super::repository(file)?);
    let journal = Journal::new(&pipeline.review.verdicts);
    let taken = all_verdicts(&repository, &journal)?;
    let verdicts = taken.standing();
    let by_chance: BTreeSet<String> = Batches::new(pipeline.workspace.join("review"))
        .all()?
        .into_iter()
        .flat_map(|batch| batch.items)
        .filter(|item| item.why == Why::Chance)
        .map(|item| item.item_id)
        .collect();
    let trainers: Vec<_> = pipeline.trainers.iter().collect();
    let semantics = super::train::semantics(&config, &trainers, &repository, as_json);
    let workshop = Workshop {
        pipeline,
        repository: &repository,
        verdicts: &verdicts,
        semantics: semantics.as_ref(),
        dry_run,
    };
    let order = Order { by_chance };
    let written = if dry_run { None } else { experts::write(workshop)? };
    let (mut rounds, mut failed) = (Vec::new(), Vec::new());
    for trainer in &pipeline.trainers {
        match round(workshop, trainer, &order) {
            Ok(round) => rounds.extend(round),
            Err(error) => failed.push(error.to_string()),
        }
    }
    repository.checkpoint()?;
    let root = written.as_ref().map(|manifest| manifest.merkle_root.as_str());
    if as_json {
        print::json(&json!({
            "verdicts": verdicts.len(),
            "dry_run": dry_run,
            "experts": { "merkle_root": root, "rows": written.as_ref().map(|one| one.rows()) },
            "rounds": rounds,
            "failed": failed,
        }));
    } else {
        print::out(&format!("{} verdicts of experts stand", verdicts.len()));
        if let Some(written) = &written {
            print::out(&format!("data set experts: {} rows", written.rows()));
        }
        rounds.iter().for_each(|round| print::out(&in_words(round)));
        if dry_run {
            print::out("nothing was registered or promoted: this was a dry run");
        }
    }
    for line in taken.damaged.iter().map(ToString::to_string).chain(failed.iter().cloned()) {
        eprintln!("error: {}", rehearsal_sandbox::clean(&line));
    }
    Ok(match (rounds.is_empty(), failed.is_empty() && taken.damaged.is_empty()) {
        (true, _) => Exit::Failure,
        (false, false) => Exit::FailedItems,
        (false, true) => Exit::Done,
    })
}

fn in_words(round: &Round) -> String {
    let lessons: Vec<String> =
        round.lessons.iter().map(|(rater, count)| format!("{count} by {rater}")).collect();
    let mut lines = vec![format!("{}: learned from {}", round.trainer, lessons.join(", "))];
    let by: Vec<String> =
        round.judged_by.iter().map(|(rater, count)| format!("{count} by {rater}")).collect();
    lines.push(format!("  judged by texts of the frozen test split: {}", by.join(", ")));
    lines.push(format!("  {} labels to look at again", round.suspicious.len()));
    for doubt in round.suspicious.iter().take(LISTED) {
        let turn = doubt.turn.map_or_else(String::new, |turn| format!(" turn {turn}"));
        let instead = doubt
            .instead
            .as_ref()
            .map_or_else(|| format!("{}?", doubt.class), |class| format!("{class} instead?"));
        let labels: Vec<&str> = doubt.labels.iter().map(String::as_str).collect();
        lines.push(format!(
            "    {}{turn}: {} by {}; {instead} ({:.2})",
            doubt.call,
            labels.join(", "),
            doubt.rater.name(),
            doubt.margin
        ));
    }
    let drift = &round.drift;
    if drift.psi.is_some() || drift.kappa.is_some() {
        let number = |value: Option<f64>| value.map_or("–".to_owned(), |v| format!("{v:.2}"));
        let alarm = if drift.alarm { ", beyond 0.2: look at the calls of late" } else { "" };
        lines.push(format!(
            "  drift: PSI {}{alarm}; κ with experts on chance picks {}",
            number(drift.psi),
            number(drift.kappa)
        ));
    }
    let challenger = round
        .challenger
        .map_or_else(|| "the challenger".to_owned(), |version| format!("version {version}"));
    let done = if round.promoted { "promoted" } else { "not promoted" };
    lines.push(format!("  {challenger} {done}: {}", round.because));
    lines.join("\n")
}
