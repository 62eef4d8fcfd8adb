//! Partials merge in any order and grouping: else a run's report would depend on how its
//! work was divided.

use rehearsal_model::Report as Conclusion;
use rehearsal_sandbox::{Details, Validator};

use super::batches::difference;
use crate::Report;
use crate::calls::{self, Case};
use crate::tested::{Tested, json};

const CALLS: usize = 9;

pub(crate) async fn merging(
    tested: &Tested,
    validator: &Validator,
    details: &Details,
    report: &mut Report,
) {
    let promise = "partials merge in any order and grouping, and nothing is neutral";
    let laws = laws(tested, validator, details).await;
    report.add("merging", promise, laws);
}

async fn laws(tested: &Tested, validator: &Validator, details: &Details) -> Result<String, String> {
    let cases: Vec<Case> = (0..CALLS).map(|n| calls::ordinary(n, 3 + 4 * n)).collect();
    let all: Vec<&Case> = cases.iter().collect();
    let mut alone = Vec::new();
    for case in &all {
        alone.push(tested.call(&[case], details).await?.partial);
    }
    let laws = Laws { validator };
    let wanted = laws.conclude(&tested.call(&all, details).await?.partial).await?;

    laws.hold(&wanted, "one batch and its single calls", &laws.merge(&alone).await?).await?;
    let reversed: Vec<_> = alone.iter().rev().cloned().collect();
    laws.hold(&wanted, "another order", &laws.merge(&reversed).await?).await?;
    let (left, right) = alone.split_at(CALLS / 3);
    let (left, right) = (laws.merge(left).await?, laws.merge(right).await?);
    let grouped = laws.merge(&[left.clone(), right.clone()]).await?;
    laws.hold(&wanted, "another grouping", &grouped).await?;
    laws.hold(&wanted, "exchanged groups", &laws.merge(&[right, left]).await?).await?;
    let nothing = laws.merge(&[]).await?;
    let with_nothing = laws.merge(&[nothing.clone(), grouped]).await?;
    laws.hold(&wanted, "nothing merged in", &with_nothing).await?;
    laws.conclude(&nothing).await.map_err(|error| format!("over nothing: {error}"))?;
    Ok(format!("{CALLS} partials in five ways"))
}

struct Laws<'v> {
    validator: &'v Validator,
}

impl Laws<'_> {
    async fn merge(&self, partials: &[Vec<u8>]) -> Result<Vec<u8>, String> {
        let partials: Vec<&[u8]> = partials.iter().map(Vec::as_slice).collect();
        let merged = self.validator.merge(&partials).await;
        merged.map(|called| called.value).map_err(|error| error.to_string())
    }

    async fn conclude(&self, partial: &[u8]) -> Result<Conclusion, String> {
        let report = self.validator.conclude(partial).await;
        report.map(|called| called.value).map_err(|error| error.to_string())
    }

    async fn hold(&self, wanted: &Conclusion, how: &str, partial: &[u8]) -> Result<(), String> {
        let found = self.conclude(partial).await?;
        if found == *wanted {
            return Ok(());
        }
        let at = difference(&json(wanted), &json(&found));
        Err(format!("{how}: the report says something else: {at}"))
    }
}
