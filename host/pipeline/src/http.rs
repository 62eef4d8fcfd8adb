//! From what pipeline.toml grants of the network to a way through the gate.

use rehearsal_config::{Config, HttpGrant, SecretOrigin, Stage};
use rehearsal_gate::{
    Budget, Door, Encoding, Gate, GateError, Grant, Grantee, Price, Rate, SecretGrant, Shelf,
};
use rehearsal_sandbox::{Capability, Component};

use crate::media;

/// The largest answer where a grant says nothing else: a transcript has less than 1 MiB,
/// a page of them a few.
const MAX_BODY: u64 = 32 * 1024 * 1024;
/// The largest recording where a grant says nothing else: an hour of video.
const MAX_MEDIA: u64 = 1024 * 1024 * 1024;

/// The door of a stage; none where nothing is granted to it and it could ask for nothing.
/// Where it could, a door that opens for nothing says what would open it.
pub(crate) fn door(
    gate: &Gate,
    config: &Config,
    stage: &Stage,
    component: &Component,
) -> Result<Option<Door>, GateError> {
    if stage.grants.http.is_empty() && !component.uses().contains(&Capability::Http) {
        return Ok(None);
    }
    let grantee =
        Grantee { stage: stage.id.clone(), place: place(config, stage.grant_span().start) };
    let grants = stage.grants.http.iter().map(|http| grant(config, http)).collect();
    gate.door(grantee, grants).map(Some)
}

fn grant(config: &Config, http: &HttpGrant) -> Grant {
    let secret = http.secret.as_ref().map(|secret| SecretGrant {
        header: secret.header.clone(),
        origin: match &secret.origin {
            SecretOrigin::Env(name) => rehearsal_gate::SecretOrigin::Env(name.clone()),
            SecretOrigin::File(path) => rehearsal_gate::SecretOrigin::File(path.clone()),
            SecretOrigin::Command(words) => rehearsal_gate::SecretOrigin::Command(words.clone()),
        },
        prefix: secret.prefix.clone(),
        encoding: if secret.base64 { Encoding::Base64 } else { Encoding::Plain },
    });
    let rate = |rate: &rehearsal_config::Rate| Rate { count: rate.count.get(), per: rate.per };
    let price = http.price;
    Grant {
        url: http.url.clone(),
        methods: http.methods.clone(),
        secret,
        allow_private: http.allow_private,
        rates: http.rates.iter().map(rate).collect(),
        ca: http.ca.clone(),
        max_body: http.max_body.unwrap_or(if http.media { MAX_MEDIA } else { MAX_BODY }),
        keep: http.media.then(|| Shelf {
            folder: media::folder(&config.pipeline.workspace),
            most: config.pipeline.max_media,
        }),
        budget: Budget {
            requests: http.budget.requests,
            tokens: http.budget.tokens,
            money: http.budget.money,
        },
        price: price.map_or_else(Price::default, |p| Price { input: p.input, output: p.output }),
        place: place(config, http.span.start),
    }
}

/// `pipeline.toml:12`. Plugins may read it, so only the file's own name is in it.
fn place(config: &Config, offset: usize) -> String {
    let document = config.document();
    let name = document.path().file_name().unwrap_or_default().to_string_lossy();
    format!("{name}:{}", document.position(offset).line)
}
