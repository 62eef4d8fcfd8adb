//! An item's result depends on that item: not on its neighbours, their order, chance, or
//! how often it was asked for; and no item can bring the plugin down.

use rehearsal_sandbox::{Details, ItemError};
use serde_json::Value as Json;

use crate::Report;
use crate::calls::{self, Case};
use crate::tested::{Answer, Tested};

/// Ordinary calls of a batch.
const CALLS: usize = 12;
const TURNS: usize = 20;

pub(crate) async fn batches(
    tested: &Tested,
    chance: &Tested,
    details: &Details,
    report: &mut Report,
) {
    let mut cases: Vec<Case> =
        (0..CALLS).map(|number| calls::ordinary(number, TURNS + number)).collect();
    let hostile = calls::hostile();
    let survived = survive(tested, details, &hostile).await;
    let promise = "calls that nobody expects cost an error at most, never the plugin";
    let sound = survived.is_ok();
    report.add("hostile calls", promise, survived);
    if sound {
        // What it can take alone it has to take in company.
        cases.extend(hostile.into_iter().filter(|case| case.call.turns.len() < 100));
    }
    let cases: Vec<&Case> = cases.iter().collect();
    let together = match tested.call(&cases, details).await {
        Ok(answer) => answer.rows,
        Err(error) => {
            report.add("batch", "it answers a batch of calls", Err(error));
            return;
        }
    };
    let broken = contract(&cases, &together);
    let found =
        together.iter().flatten().map(|row| row.as_array().map_or(1, Vec::len)).sum::<usize>();
    let seen = format!("{found} results of {} calls, all within the contract", cases.len());
    report.add("batch", "spans, turns and values are within their bounds", broken.map(|()| seen));

    let alone = alone(tested, details, &cases).await;
    let alone = alone.and_then(|rows| same(&cases, &together, &rows, "alone"));
    report.add("alone", "a call alone gives what it gives in a batch", alone);

    let reversed: Vec<&Case> = cases.iter().rev().copied().collect();
    let backwards = tested.call(&reversed, details).await.and_then(|answer| {
        let rows: Vec<_> = answer.rows.into_iter().rev().collect();
        same(&cases, &together, &rows, "in another order")
    });
    report.add("order", "the order of a batch changes nothing", backwards);

    let again = tested.call(&cases, details).await;
    let again = again.and_then(|answer| same(&cases, &together, &answer.rows, "a second time"));
    report.add("repetition", "a second run gives the same", again);

    let other = chance.call(&cases, details).await;
    let other =
        other.and_then(|answer| same(&cases, &together, &answer.rows, "with other random numbers"));
    report.add("chance", "other random numbers give the same", other);
}

async fn survive(tested: &Tested, details: &Details, hostile: &[Case]) -> Result<String, String> {
    let none = tested.call(&[], details).await.map_err(|error| format!("no calls: {error}"))?;
    if !none.rows.is_empty() {
        return Err("an empty batch has results".to_owned());
    }
    let mut refused = 0;
    for case in hostile {
        let wrong = |error: String| format!("{}: {error}", case.name);
        let answer = tested.call(&[case], details).await.map_err(wrong)?;
        contract(&[case], &answer.rows)?;
        refused += answer.rows.iter().filter(|row| row.is_err()).count();
    }
    let refused = if refused == 0 { String::new() } else { format!(", {refused} refused") };
    Ok(format!("{} of them{refused}", hostile.len() + 1))
}

async fn alone(
    tested: &Tested,
    details: &Details,
    cases: &[&Case],
) -> Result<Vec<Result<Json, ItemError>>, String> {
    let mut rows = Vec::new();
    for case in cases {
        let Answer { rows: row, .. } = tested.call(&[case], details).await?;
        rows.extend(row);
    }
    Ok(rows)
}

/// Errors that the plugin gives are its right; results out of bounds are not.
fn contract(cases: &[&Case], rows: &[Result<Json, ItemError>]) -> Result<(), String> {
    for (case, row) in cases.iter().zip(rows) {
        if let Err(error @ (ItemError::Contract(_) | ItemError::Limit(_))) = row {
            return Err(format!("{}: {error}", case.name));
        }
    }
    Ok(())
}

fn same(
    cases: &[&Case],
    first: &[Result<Json, ItemError>],
    second: &[Result<Json, ItemError>],
    how: &str,
) -> Result<String, String> {
    for ((case, first), second) in cases.iter().zip(first).zip(second) {
        if first != second {
            let at = match (first, second) {
                (Ok(first), Ok(second)) => difference(first, second),
                _ => "once a result, once an error".to_owned(),
            };
            return Err(format!("{how}, `{}` gives something else: {at}", case.name));
        }
    }
    Ok(format!("{} calls", cases.len()))
}

/// Where two results differ first, in a line.
pub(crate) fn difference(first: &Json, second: &Json) -> String {
    match (first, second) {
        (Json::Array(a), Json::Array(b)) => {
            if let Some((at, (a, b))) = a.iter().zip(b).enumerate().find(|(_, (a, b))| a != b) {
                return format!("[{at}] {}", difference(a, b));
            }
            format!("{} results instead of {}", b.len(), a.len())
        }
        (Json::Object(a), Json::Object(b)) => {
            let key = a.iter().find(|(key, value)| b.get(*key) != Some(value));
            match key {
                Some((key, value)) => {
                    let other = b.get(key).unwrap_or(&Json::Null);
                    format!("{key}: {}", difference(value, other))
                }
                None => "it has more fields".to_owned(),
            }
        }
        _ => format!("{} instead of {}", short(second), short(first)),
    }
}

fn short(value: &Json) -> String {
    let text = value.to_string();
    let end = text.floor_char_boundary(80);
    if end < text.len() { format!("{}…", &text[..end]) } else { text }
}
