//! `rehearsal agreement`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rehearsal_pipeline::verdicts::all_verdicts;
use rehearsal_review::{Agreement, Comparison, Gate, Reason, Rubric, Verdict, read_verdicts};
use rehearsal_statistics::{Bootstrap, Interval};
use serde_json::json;

use super::review;
use crate::args;
use crate::exit::{Exit, WrongUsage};
use crate::print;

pub(crate) fn run(what: &args::Agreement, as_json: bool) -> Result<Exit> {
    let rubric = review::rubric(&what.rubric, &what.file)?;
    let (verdicts, refused) = if what.verdicts.is_empty() {
        of_journal(what, &rubric)?
    } else {
        of_files(&what.verdicts, &rubric)?
    };
    if let Some(model) = &what.model
        && !verdicts.iter().any(|verdict| verdict.is_model() && verdict.rater == *model)
    {
        let message =
            format!("no verdict is of the rater `{model}`; a model's name begins with `model:`");
        return Err(WrongUsage(message).into());
    }
    let agreement = Agreement::of(&rubric, &verdicts, what.model.as_deref(), Bootstrap::default());
    let reasons = what.model.is_some().then(|| agreement.gate(Gate::default()));
    if as_json {
        let gate = reasons.as_ref().map(|reasons| {
            let told: Vec<String> = reasons.iter().map(ToString::to_string).collect();
            json!({ "released": told.is_empty(), "reasons": told })
        });
        print::json(&json!({ "agreement": agreement, "gate": gate, "refused": refused }));
    } else {
        tell(&agreement, reasons.as_deref());
    }
    for line in &refused {
        eprintln!("error: {line}");
    }
    Ok(match (reasons.is_some_and(|reasons| !reasons.is_empty()), refused.is_empty()) {
        (true, _) => Exit::Failure,
        (false, false) => Exit::FailedItems,
        (false, true) => Exit::Done,
    })
}

fn of_files(files: &[PathBuf], rubric: &Rubric) -> Result<(Vec<Verdict>, Vec<String>)> {
    let (mut verdicts, mut refused) = (Vec::new(), Vec::new());
    for file in files {
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let (read, errors) = read_verdicts(&text, rubric);
        verdicts.extend(read);
        refused.extend(errors.iter().map(|error| format!("{}: {error}", file.display())));
    }
    Ok((verdicts, refused))
}

/// What was taken in, of answers to this rubric.
fn of_journal(what: &args::Agreement, rubric: &Rubric) -> Result<(Vec<Verdict>, Vec<String>)> {
    let repository = super::repository(&what.file)?;
    let journal = review::journal(&what.file)?;
    let all = all_verdicts(&repository, &journal)?;
    let mut verdicts = all.standing();
    verdicts.retain(|verdict| verdict.problem(rubric).is_none());
    let place = journal.path().display();
    Ok((verdicts, all.damaged.iter().map(|error| format!("{place}: {error}")).collect()))
}

fn tell(agreement: &Agreement, reasons: Option<&[Reason]>) {
    print::out(&format!(
        "{} items of {} calls, {} experts",
        agreement.items,
        agreement.calls,
        agreement.experts.len()
    ));
    let line = |name: &str, kappa: &Comparison, more: &str| {
        print::out(&format!(
            "{name:<28} experts {}  model {}{more}",
            interval(kappa.experts),
            interval(kappa.model)
        ));
    };
    print::out("Cohen's κ with 95 % intervals over calls:");
    for check in &agreement.checks {
        let more = format!(
            "  α {}  AC1 {}  F1 of failures {}",
            number(check.alpha),
            number(check.experts_ac1),
            number(check.failure_f1)
        );
        line(&check.check, &check.kappa, &more);
    }
    line("mean of all checks", &agreement.overall, "");
    for (slice, kappa) in &agreement.slices {
        line(slice, kappa, "");
    }
    let score = &agreement.score;
    print::out(&format!(
        "score, weighted κ            experts {}  model {}  mean error {}  ρ {}",
        interval(score.experts_kappa),
        interval(score.model_kappa),
        number(score.mean_absolute_error),
        number(score.spearman)
    ));
    match reasons {
        Some([]) => print::out("gate: the model may be released"),
        Some(reasons) => {
            print::out("gate: the model is not released:");
            for reason in reasons {
                print::out(&format!("  {reason}"));
            }
        }
        None => {}
    }
}

/// `0.71 [0.64, 0.77]`, `–` where it cannot be had.
fn interval(interval: Option<Interval>) -> String {
    match interval {
        Some(Interval { estimate, low, high }) => format!("{estimate:.2} [{low:.2}, {high:.2}]"),
        None => "–".to_owned(),
    }
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"))
}
