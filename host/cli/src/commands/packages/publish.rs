//! `rehearsal plugin publish`.

use anyhow::Result;
use rehearsal_packages::{Reference, Version};
use serde_json::json;

use super::{Arrived, settings};
use crate::args::Publish;
use crate::exit::{Exit, WrongUsage};
use crate::{places, print};

pub(super) fn run(what: &Publish, json: bool) -> Result<Exit> {
    let settings = settings(what.line.ca.as_ref());
    let file = Reference::File(what.component.clone());
    let bytes = rehearsal_packages::fetch(&file, &settings)?.bytes;
    // What no host would load is not published.
    let arrived = Arrived::meet(&places::sandbox()?, &file.to_string(), &bytes)?;
    let identity = &arrived.about.identity;
    let own: Version = identity.version.parse().map_err(|error| {
        WrongUsage(format!(
            "{} says that its version is `{}`, and a registry wants one such as 1.2.0: {error}",
            identity.name, identity.version
        ))
    })?;
    let package = match what.to.parse()? {
        Reference::Package(package) => package,
        _ => {
            let problem = "a plugin is published to a registry: oci://HOST/NAMESPACE/NAME";
            return Err(WrongUsage(problem.to_owned()).into());
        }
    };
    if let Some(named) = package.version().filter(|named| **named != own) {
        let problem = format!(
            "{} says that it is version {own}, not {named}: leave the version out, or build \
             the plugin with that one",
            identity.name
        );
        return Err(WrongUsage(problem).into());
    }
    let package = package.at(Some(own));
    if !json {
        arrived.show();
    }
    let release = rehearsal_packages::publish(&package, bytes, &identity.summary, &settings)?;
    let place = release.package.to_string();
    if json {
        print::json(&json!({
            "package": place,
            "digest": arrived.component.digest().to_string(),
            "manifest": release.digest,
        }));
        return Ok(Exit::Done);
    }
    print::out(&format!("\npublished; others add it with\n  rehearsal plugin add {place}"));
    Ok(Exit::Done)
}
