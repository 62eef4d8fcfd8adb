//! Names of the contract: worlds, versions, interfaces.

use std::fmt;

/// The WIT package of the contract.
const PACKAGE: &str = "rehearsal:plugin/";
/// Versions of the contract that this host speaks.
pub(crate) const VERSIONS: &[&str] = &["0.1.0"];

/// What kind of plugin a component is, as in `wit/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum World {
    /// Reads a source.
    Loader,
    /// Finds things in calls.
    Extractor,
    /// Makes examples of annotated calls.
    PathBuilder,
    /// Judges calls or examples.
    Validator,
}

impl World {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Loader, Self::Extractor, Self::PathBuilder, Self::Validator];

    /// Its name in `wit/`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Loader => "loader",
            Self::Extractor => "extractor",
            Self::PathBuilder => "path-builder",
            Self::Validator => "validator",
        }
    }
}

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What becomes of an interface that a component exports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Export<'a> {
    /// One of the contract's, in a version that this host speaks.
    World(World, &'static str),
    /// One of the contract's, in another version.
    OtherVersion(&'a str),
    /// The contract has no such export.
    Unknown,
    /// Something else, which is left alone.
    Foreign,
}

pub(crate) fn export(name: &str) -> Export<'_> {
    let Some((interface, version)) = ours(name) else { return Export::Foreign };
    let world = interface
        .strip_suffix("-api")
        .and_then(|name| World::ALL.into_iter().find(|world| world.name() == name));
    match (world, VERSIONS.iter().find(|known| **known == version)) {
        (Some(world), Some(known)) => Export::World(world, known),
        (Some(_), None) => Export::OtherVersion(version),
        (None, _) => Export::Unknown,
    }
}

/// What an imported interface needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Import {
    /// Nothing: types, the log, the plugin's own configuration.
    Free,
    /// An interface of WASI, which is there and leads nowhere.
    Wasi,
    /// The operator's grant.
    Granted(Capability),
    /// Nothing, but without the operator's grant it only says that it is not granted.
    Optional(Capability),
    /// There is no such thing here; what to do instead.
    Unknown(&'static str),
}

/// What an operator can grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Capability {
    /// Files of a folder.
    Files,
    /// Sound behind conversations.
    Audio,
    /// Requests to named addresses. The contract's `http` is needed where it is imported;
    /// `wasi:http`, which language run-times import unasked, may be done without.
    Http,
    /// Embeddings of texts. A plugin may import it and do without.
    Semantics,
}

impl Capability {
    /// Its name in `wit/` and in pipeline.toml.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Audio => "audio",
            Self::Http => "http",
            Self::Semantics => "semantics",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// WASI 0.2 packages that wasmtime implements.
const WASI: [&str; 6] =
    ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/", "wasi:random/", "wasi:sockets/"];

pub(crate) fn import(name: &str) -> Import {
    if let Some((interface, version)) = ours(name) {
        if !VERSIONS.contains(&version) {
            return Import::Unknown("this host does not speak that version of the contract");
        }
        return match interface {
            "types" | "examples" | "blobs" | "log" | "config" => Import::Free,
            "files" => Import::Granted(Capability::Files),
            "audio" => Import::Granted(Capability::Audio),
            "http" => Import::Granted(Capability::Http),
            "semantics" => Import::Optional(Capability::Semantics),
            _ => Import::Unknown("the contract has no such import"),
        };
    }
    match name.split_once('@') {
        Some((wasi, version)) if WASI.iter().any(|package| wasi.starts_with(package)) => {
            if version.starts_with("0.2.") {
                Import::Wasi
            } else {
                Import::Unknown("build the plugin for WASI 0.2 (`wasm32-wasip2`)")
            }
        }
        Some(("wasi:http/types" | "wasi:http/outgoing-handler", version))
            if version.starts_with("0.2.") =>
        {
            Import::Optional(Capability::Http)
        }
        _ => Import::Unknown("plugins import the contract and WASI 0.2, nothing else"),
    }
}

/// Interface and version, if a name is in the contract's package.
fn ours(name: &str) -> Option<(&str, &str)> {
    let name = name.strip_prefix(PACKAGE)?;
    Some(name.split_once('@').unwrap_or((name, "none")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        assert_eq!(
            export("rehearsal:plugin/path-builder-api@0.1.0"),
            Export::World(World::PathBuilder, "0.1.0")
        );
        assert_eq!(export("rehearsal:plugin/extractor-api@7.0.0"), Export::OtherVersion("7.0.0"));
        assert_eq!(export("rehearsal:plugin/oracle-api@0.1.0"), Export::Unknown);
        assert_eq!(export("wasi:cli/run@0.2.3"), Export::Foreign);
        assert_eq!(import("rehearsal:plugin/files@0.1.0"), Import::Granted(Capability::Files));
        assert_eq!(import("rehearsal:plugin/http@0.1.0"), Import::Granted(Capability::Http));
        assert_eq!(
            import("rehearsal:plugin/semantics@0.1.0"),
            Import::Optional(Capability::Semantics)
        );
        assert_eq!(import("wasi:io/poll@0.2.9"), Import::Wasi);
        assert!(matches!(import("wasi:io/poll@0.3.0"), Import::Unknown(_)));
        assert_eq!(import("wasi:http/types@0.2.3"), Import::Optional(Capability::Http));
        assert!(matches!(import("wasi:http/incoming-handler@0.2.3"), Import::Unknown(_)));
        assert!(matches!(import("evil:host/shell"), Import::Unknown(_)));
    }
}
