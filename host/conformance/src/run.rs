//! The checks of one plugin, in order.

use rehearsal_sandbox::{Component, Description, Details, Grants};

use crate::tested::Tested;
use crate::{Cost, GrantError, Options, Report, cost, described, fixtures, laws};

/// Holds a plugin to the contract.
///
/// # Errors
/// If what the options grant cannot be granted. What is wrong with the plugin is in the
/// report.
pub async fn examine(component: &Component, options: &Options) -> Result<Report, GrantError> {
    let grants = options.grants()?;
    let mut report = Report::default();
    let Some(description) = introduce(component, options, &mut report).await else {
        return Ok(report);
    };
    let details = &description.details;
    let Some((tested, chance)) = prepare(component, grants, details, &mut report) else {
        return Ok(report);
    };
    match &tested {
        Tested::Loader(loader) => match lacking(component, options) {
            None => laws::loader(loader, &chance, &mut report).await,
            Some(why) => report.leave_out("listing", "it lists and loads a source", why),
        },
        _ => laws::batches(&tested, &chance, details, &mut report).await,
    }
    if let Tested::Validator(validator, _) = &tested {
        laws::merging(&tested, validator, details, &mut report).await;
    }
    if let Some(folder) = &options.fixtures {
        let compared = fixtures::compare(folder, &tested, details, options.bless).await;
        let compared = compared.map_err(|error| error.to_string());
        report.add("fixtures", "what has to come out of the author's own inputs does", compared);
    }
    report.cost = cost::measure(component, &tested, details).await;
    Ok(report)
}

/// What it says of itself; none where it cannot.
async fn introduce(
    component: &Component,
    options: &Options,
    report: &mut Report,
) -> Option<Description> {
    let version = format!("{} of version {}", component.world(), component.contract());
    let promise = "it is of one world, in a version of the contract that is known";
    report.add("world", promise, Ok(version));
    let described = described::describe(component).await;
    let told = described.as_ref().map_err(Clone::clone).and_then(described::identity);
    report.add("describe", "it says who it is, with nothing granted to it", told);
    let description = described.ok()?;
    let schema = described::schema(&description, &options.config);
    report.add("schema", "its settings have a JSON Schema that fits them", schema);
    let imports = described::imports(component, &description.details);
    report.add("imports", "it imports the contract and WASI, and what it says it needs", imports);
    Some(description)
}

/// The plugin, and the same with other random numbers.
fn prepare(
    component: &Component,
    grants: Grants,
    details: &Details,
    report: &mut Report,
) -> Option<(Tested, Tested)> {
    let other = Grants { seed: 0x5eed, ..grants.clone() };
    let tested = Tested::new(component, grants, details);
    match (tested, Tested::new(component, other, details)) {
        (Ok(tested), Ok(chance)) => Some((tested, chance)),
        (Err(error), _) | (_, Err(error)) => {
            report.add("types", "its functions have the contract's types", Err(error.to_string()));
            None
        }
    }
}

/// What a loader cannot do without.
fn lacking(component: &Component, options: &Options) -> Option<&'static str> {
    let needs = |name| component.needs().iter().any(|need| need.name() == name);
    if needs("files") && options.folder().is_none() {
        return Some("it reads files: give `--files DIR`");
    }
    (needs("http") && !needs("files") && options.replay.is_none()).then_some(
        "it asks servers: give `--http URL --replay DIR` with what `rehearsal run --record DIR` \
         recorded",
    )
}

/// What a plugin costs on the calls of the tests; none of a loader, or where it fails.
pub async fn cost_of(component: &Component) -> Option<Cost> {
    let description = described::describe(component).await.ok()?;
    let grants = Options::default().grants().ok()?;
    let tested = Tested::new(component, grants, &description.details).ok()?;
    cost::measure(component, &tested, &description.details).await
}
