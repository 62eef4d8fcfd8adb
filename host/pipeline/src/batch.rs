//! One bad item must not cost the others: a batch that fails is tried item by item.

use futures_util::future::join_all;
use rehearsal_sandbox::{CallError, Called, Failure, ItemError, PluginError};

use crate::outside::Outside;
use crate::{PipelineError, letters};

/// Why an item has no result.
pub(crate) struct Trouble {
    pub(crate) error: String,
    pub(crate) output: String,
    /// It may work later, so the next run tries again by itself.
    pub(crate) transient: bool,
}

/// Calls a plugin with all items; if that fails as a whole, with one after the other.
/// One result an item, in order.
pub(crate) async fn each<I, T>(
    items: &[I],
    call: impl AsyncFn(&[I]) -> Result<Called<Vec<Result<T, ItemError>>>, CallError>,
) -> Result<Vec<Result<T, Trouble>>, PipelineError> {
    if items.is_empty() {
        return Ok(Vec::new());
    }
    match call(items).await {
        Ok(called) => return Ok(settle(called)),
        Err(error) if items.len() == 1 => return Ok(vec![Err(trouble_of(error)?)]),
        Err(error) => {
            trouble_of(error)?;
        }
    }
    let mut results = Vec::with_capacity(items.len());
    for item in items.chunks(1) {
        match call(item).await {
            Ok(called) => results.extend(settle(called)),
            Err(error) => results.push(Err(trouble_of(error)?)),
        }
    }
    Ok(results)
}

/// As [`each`], with an item a call and as many at the same time as its server takes.
pub(crate) async fn apart<I: Copy, T>(
    items: &[I],
    outside: &Outside,
    call: impl AsyncFn(&[I]) -> Result<Called<Vec<Result<T, ItemError>>>, CallError>,
) -> Result<Vec<Result<T, Trouble>>, PipelineError> {
    let one = async |item: &I| {
        let work = async {
            let mut results = each(std::slice::from_ref(item), &call).await?;
            results.pop().ok_or_else(|| PipelineError::Worker("a call has no result".to_owned()))
        };
        outside.ask(work).await
    };
    join_all(items.iter().map(one)).await.into_iter().collect()
}

fn settle<T>(called: Called<Vec<Result<T, ItemError>>>) -> Vec<Result<T, Trouble>> {
    let output = letters::written(&called.output);
    let trouble = |error: ItemError| Trouble {
        error: error.to_string(),
        output: output.clone(),
        transient: matches!(error, ItemError::Plugin(PluginError::Transient(_))),
    };
    called.value.into_iter().map(|result| result.map_err(trouble)).collect()
}

/// What a failed call means for its items; an error where it is this machine's fault.
pub(crate) fn trouble_of(error: CallError) -> Result<Trouble, PipelineError> {
    if matches!(&*error.failure, Failure::Host(_)) {
        return Err(error.into());
    }
    Ok(Trouble {
        error: error.to_string(),
        output: letters::written(&error.output),
        transient: matches!(&*error.failure, Failure::Plugin(PluginError::Transient(_))),
    })
}
