//! Components in registries of the Open Container Initiative, through the WebAssembly
//! package tools of the Bytecode Alliance: the layout is theirs, so `wkg` and other
//! runtimes read what is published here, and the other way round.
//!
//! A registry on this machine (`localhost`, `127.0.0.1`) is spoken to in plain HTTP, as
//! container tools do. Names and passwords come from where `docker login` puts them.

use std::collections::BTreeMap;
use std::future::Future;
use std::time::Duration;

use docker_credential::{DockerCredential, get_credential};
use futures_util::TryStreamExt;
use oci_client::annotations::{
    ORG_OPENCONTAINERS_IMAGE_DESCRIPTION, ORG_OPENCONTAINERS_IMAGE_TITLE,
    ORG_OPENCONTAINERS_IMAGE_VERSION,
};
use oci_client::client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol};
use oci_client::secrets::RegistryAuth;
use oci_wasm::{WasmClient, WasmConfig};
use serde_json::json;
use wasm_pkg_client::{
    Client, Config, CustomConfig, Error as PackageError, Registry, RegistryMapping, Version,
};

use crate::reference::{Package, Place};
use crate::{Error, Settings, read};

/// How long an exchange with a registry may take, whatever it is.
const PATIENCE: Duration = Duration::from_secs(600);
/// Largest file of certificates.
const CERTIFICATES: u64 = 4 << 20;

/// What was published.
#[derive(Debug)]
pub struct Release {
    /// Where it is to be had.
    pub package: Package,
    /// Of the manifest, as registries name it: `sha256:…`.
    pub digest: Option<String>,
}

/// The bytes of a package and the version that they are.
pub(crate) fn pull(package: &Package, settings: &Settings) -> Result<(Vec<u8>, Package), Error> {
    patiently("fetch", package, async {
        let client = Client::new(config(package, settings).await?);
        let failed = |error| failure("fetch", package, error);
        let version = match &package.version {
            Some(version) => version.clone(),
            None => newest(&versions(&client, package).await?).cloned().ok_or_else(|| {
                Error::Missing { reference: package.to_string(), known: Vec::new() }
            })?,
        };
        let package = package.at(Some(version.clone()));
        let release = match client.get_release(&package.name, &version).await {
            Ok(release) => release,
            // Registries have many ways to say that there is no such version.
            Err(error) => match versions(&client, &package).await {
                Ok(known) if !known.contains(&version) => {
                    let known = known.iter().map(ToString::to_string).collect();
                    return Err(Error::Missing { reference: package.to_string(), known });
                }
                _ => return Err(failed(error)),
            },
        };
        let mut stream = client.stream_content(&package.name, &release).await.map_err(failed)?;
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.try_next().await.map_err(failed)? {
            if (bytes.len() + chunk.len()) as u64 > settings.max_bytes {
                let limit = settings.max_bytes;
                return Err(Error::TooLarge { reference: package.to_string(), limit });
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok((bytes, package.clone()))
    })
}

/// Publishes under a version that is not taken.
pub(crate) fn push(
    package: &Package,
    bytes: Vec<u8>,
    summary: &str,
    settings: &Settings,
) -> Result<Release, Error> {
    let wrong =
        |problem: &str| Error::Reference { text: package.to_string(), problem: problem.to_owned() };
    let Place::Registry { host, prefix } = &package.place else {
        return Err(wrong("it is published to a registry, oci://HOST/NAMESPACE/NAME"));
    };
    let Some(version) = &package.version else {
        return Err(wrong("it is published under a version"));
    };
    patiently("publish", package, async {
        let reading = Client::new(config(package, settings).await?);
        if versions(&reading, package).await?.contains(version) {
            return Err(Error::Taken { reference: package.to_string() });
        }
        let problem = |problem: String| Error::Network {
            action: "publish",
            reference: package.to_string(),
            problem,
        };
        let extra_root_certificates = match &settings.ca {
            Some(ca) => vec![Certificate {
                encoding: CertificateEncoding::Pem,
                data: read(ca, CERTIFICATES)?,
            }],
            None => Vec::new(),
        };
        let protocol = if is_local(host) { ClientProtocol::Http } else { ClientProtocol::Https };
        let client = WasmClient::new(oci_client::Client::new(ClientConfig {
            protocol,
            extra_root_certificates,
            ..ClientConfig::default()
        }));
        let (name, namespace) = (package.name.name(), package.name.namespace());
        let (config, mut layer) = WasmConfig::from_raw_component(bytes, None)
            .map_err(|error| problem(format!("{error:#}")))?;
        let title = (ORG_OPENCONTAINERS_IMAGE_TITLE.to_owned(), format!("{name}.wasm"));
        layer.annotations = Some(BTreeMap::from([title]));
        let annotations = BTreeMap::from([
            (ORG_OPENCONTAINERS_IMAGE_VERSION.to_owned(), version.to_string()),
            (ORG_OPENCONTAINERS_IMAGE_DESCRIPTION.to_owned(), summary.to_owned()),
        ]);
        let place = oci_client::Reference::with_tag(
            host.clone(),
            format!("{prefix}{namespace}/{name}"),
            version.to_string(),
        );
        let pushed = client
            .push(&place, &credentials(host), layer, config, Some(annotations))
            .await
            .map_err(|error| problem(format!("{error:#}")))?;
        let digest = pushed.manifest_url.rsplit('/').next().map(str::to_owned);
        let digest = digest.filter(|digest| digest.starts_with("sha256:"));
        Ok(Release { package: package.clone(), digest })
    })
}

/// Every version that a registry has; none where it does not know the package.
async fn versions(client: &Client, package: &Package) -> Result<Vec<Version>, Error> {
    match client.list_all_versions(&package.name).await {
        Ok(all) => {
            let kept = all.into_iter().filter(|one| !one.yanked).map(|one| one.version);
            Ok(kept.collect())
        }
        Err(PackageError::PackageNotFound) => Ok(Vec::new()),
        Err(error) => Err(failure("fetch", package, error)),
    }
}

/// The highest version; one that is no preview if there is one.
fn newest(versions: &[Version]) -> Option<&Version> {
    let whole = versions.iter().filter(|version| version.pre.is_empty());
    whole.max().or_else(|| versions.iter().max())
}

/// How the package tools reach the package's registry.
async fn config(package: &Package, settings: &Settings) -> Result<Config, Error> {
    let failed = |error| failure("fetch", package, error);
    let mut config = match &package.place {
        Place::Configured => Config::global_defaults().await.map_err(failed)?,
        Place::Registry { host, prefix } => {
            let mut config = Config::empty();
            let registry: Registry = host.parse().map_err(failed)?;
            let metadata = json!({
                "preferredProtocol": "oci",
                "oci": { "registry": host, "namespacePrefix": prefix },
            });
            let metadata = serde_json::from_value(metadata)
                .map_err(|error| failed(PackageError::InvalidConfig(error.into())))?;
            let custom = RegistryMapping::Custom(CustomConfig { registry, metadata });
            config.set_namespace_registry(package.name.namespace().clone(), custom);
            config
        }
    };
    let Some(registry) = config.resolve_registry(&package.name).cloned() else {
        return Ok(config);
    };
    let mut backend = serde_json::Map::new();
    if is_local(registry.as_ref()) {
        backend.insert("protocol".to_owned(), "http".into());
    }
    if let Some(ca) = &settings.ca {
        let data = String::from_utf8_lossy(&read(ca, CERTIFICATES)?).into_owned();
        let certificate = json!([{ "encoding": "pem", "data": data }]);
        backend.insert("extra_root_certificates".to_owned(), certificate);
    }
    if !backend.is_empty() {
        let entry = config.get_or_insert_registry_config_mut(&registry);
        // What the user configured for it holds.
        if !entry.configured_backend_types().any(|kind| kind == "oci") {
            entry.set_backend_config("oci", backend).map_err(failed)?;
        }
    }
    Ok(config)
}

/// Whether a registry is on this machine.
fn is_local(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost"
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// What `docker login` left for a registry.
fn credentials(host: &str) -> RegistryAuth {
    let found = get_credential(host).or_else(|_| get_credential(&format!("https://{host}")));
    match found {
        Ok(DockerCredential::UsernamePassword(name, password)) => {
            RegistryAuth::Basic(name, password)
        }
        _ => RegistryAuth::Anonymous,
    }
}

/// Runs an exchange to its end, or to the end of patience.
fn patiently<T>(
    action: &'static str,
    package: &Package,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    let network =
        |problem: String| Error::Network { action, reference: package.to_string(), problem };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| network(error.to_string()))?;
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, work)
            .await
            .unwrap_or_else(|_| Err(network(format!("no end after {} s", PATIENCE.as_secs()))))
    })
}

fn failure(action: &'static str, package: &Package, error: PackageError) -> Error {
    let problem = match &error {
        PackageError::NoRegistryForNamespace(namespace) => format!(
            "no registry is known for `{namespace}`; name one, as in \
             oci://HOST/{}/{}, or add it to the configuration of `wkg`",
            package.name.namespace(),
            package.name.name()
        ),
        PackageError::PackageNotFound => "there is no such package".to_owned(),
        other => other.to_string(),
    };
    Error::Network { action, reference: package.to_string(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn previews_are_taken_only_where_there_is_nothing_else() {
        let parse = |texts: &[&str]| -> Vec<Version> {
            texts.iter().map(|text| text.parse().expect("a version")).collect()
        };
        let all = parse(&["1.2.0", "1.10.0", "2.0.0-rc.1"]);
        assert_eq!(newest(&all).map(ToString::to_string).as_deref(), Some("1.10.0"));
        let previews = parse(&["0.1.0-a", "0.1.0-b"]);
        assert_eq!(newest(&previews).map(ToString::to_string).as_deref(), Some("0.1.0-b"));
        assert_eq!(newest(&[]), None);
    }

    #[test]
    fn only_this_machine_is_spoken_to_in_the_clear() {
        for host in ["localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["ghcr.io", "localhost.example.com", "10.0.0.1:5000", "127.example:5000"] {
            assert!(!is_local(host), "{host}");
        }
    }
}
