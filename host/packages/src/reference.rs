//! What a user writes to name a plugin that is not built in.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use wasm_pkg_client::{PackageRef, Version};

use crate::Error;

/// Where a plugin is to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// `./mine.wasm`
    File(PathBuf),
    /// `https://example.com/mine.wasm`
    Url(String),
    /// In a registry.
    Package(Package),
}

/// A package of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub(crate) place: Place,
    /// Namespace and name, the last two parts of its path.
    pub(crate) name: PackageRef,
    /// None for the newest.
    pub(crate) version: Option<Version>,
}

/// Which registry has a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The one that the configuration of the WebAssembly package tools names for its
    /// namespace.
    Configured,
    /// This one.
    Registry {
        /// `ghcr.io`, `localhost:5000`
        host: String,
        /// What stands before namespace and name, with a slash at its end; may be empty.
        prefix: String,
    },
}

impl Package {
    /// The same package in another version; none for the newest.
    #[must_use]
    pub fn at(&self, version: Option<Version>) -> Self {
        Self { version, ..self.clone() }
    }

    /// The version that is named.
    #[must_use]
    pub fn version(&self) -> Option<&Version> {
        self.version.as_ref()
    }
}

impl FromStr for Reference {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong =
            |problem: &str| Error::Reference { text: text.to_owned(), problem: problem.to_owned() };
        if text.starts_with("https://") {
            return Ok(Self::Url(text.to_owned()));
        }
        if text.starts_with("http://") {
            return Err(wrong("an unencrypted line could carry anyone's code; use https://"));
        }
        if let Some(rest) = text.strip_prefix("oci://") {
            return in_registry(rest).map(Self::Package).map_err(|problem| wrong(&problem));
        }
        if let Some((scheme, _)) = text.split_once("://") {
            return Err(wrong(&format!("`{scheme}` is no way to fetch one")));
        }
        if text.contains(['/', '\\']) || text.ends_with(".wasm") {
            return Ok(Self::File(PathBuf::from(text)));
        }
        if text.contains(':') {
            let (name, version) = match text.split_once('@') {
                Some((name, version)) => (name, Some(version)),
                None => (text, None),
            };
            let name = name.parse().map_err(|error| wrong(&format!("{error}")))?;
            let version = version.map(parse_version).transpose().map_err(|e| wrong(&e))?;
            return Ok(Self::Package(Package { place: Place::Configured, name, version }));
        }
        Err(wrong("it is neither a path nor an address nor a package"))
    }
}

/// `HOST[:PORT]/[…/]NAMESPACE/NAME[:VERSION]`
fn in_registry(text: &str) -> Result<Package, String> {
    let (host, path) = text.split_once('/').ok_or("a registry and a path are wanted")?;
    let (path, version) = match path.split_once(':') {
        Some((path, version)) => (path, Some(parse_version(version)?)),
        None => (path, None),
    };
    let (rest, name) = path.rsplit_once('/').ok_or("the path wants a namespace and a name")?;
    let (prefix, namespace) = match rest.rsplit_once('/') {
        Some((prefix, namespace)) => (format!("{prefix}/"), namespace),
        None => (String::new(), rest),
    };
    let name = format!("{namespace}:{name}")
        .parse()
        .map_err(|_| "namespace and name are lowercase words joined by `-`")?;
    let registry: Result<wasm_pkg_client::Registry, _> = host.parse();
    if host.is_empty() || registry.is_err() {
        return Err("a registry is a host with or without a port".to_owned());
    }
    Ok(Package { place: Place::Registry { host: host.to_owned(), prefix }, name, version })
}

fn parse_version(text: &str) -> Result<Version, String> {
    text.parse().map_err(|error| format!("`{text}` is no version such as 1.2.0: {error}"))
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Url(address) => f.write_str(address),
            Self::Package(package) => package.fmt(f),
        }
    }
}

impl fmt::Display for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (namespace, name) = (self.name.namespace(), self.name.name());
        let mark = match &self.place {
            Place::Configured => {
                write!(f, "{namespace}:{name}")?;
                '@'
            }
            Place::Registry { host, prefix } => {
                write!(f, "oci://{host}/{prefix}{namespace}/{name}")?;
                ':'
            }
        };
        match &self.version {
            Some(version) => write!(f, "{mark}{version}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_written_back() {
        for text in [
            "./mine.wasm",
            "https://example.com/a/mine.wasm",
            "oci://ghcr.io/acme/mine",
            "oci://ghcr.io/acme/mine:1.2.0",
            "oci://localhost:5000/plugins/sales/acme/mine:1.2.0-rc.1",
            "acme:mine",
            "acme:mine@0.1.0",
        ] {
            let read: Reference = text.parse().expect(text);
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn what_names_nothing_is_told_what_would() {
        for (text, told) in [
            ("nepq", "neither a path"),
            ("http://example.com/mine.wasm", "unencrypted"),
            ("ftp://example.com/mine.wasm", "`ftp`"),
            ("oci://ghcr.io", "a registry and a path"),
            ("oci://ghcr.io/mine", "a namespace and a name"),
            ("oci://ghcr.io/acme/mine:latest", "no version"),
            ("oci:///acme/mine:1.0.0", "a host"),
            ("oci://ghcr.io/acme/Mine_X:1.0.0", "lowercase"),
            ("acme:mine@new", "no version"),
        ] {
            let error = text.parse::<Reference>().expect_err(text).to_string();
            assert!(error.contains(told) && error.contains("oci://ghcr.io/acme"), "{error}");
        }
    }
}
