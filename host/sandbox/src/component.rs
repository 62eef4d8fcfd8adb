//! A file that is a plugin: what it is, what it needs, its compiled code.

use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use rehearsal_model::Digest;
use wasmtime::component::Component as Code;
use wasmtime::component::types::Component as Type;

use crate::contract::{self, Export, Import};
use crate::sandbox::Shared;
use crate::{Capability, LoadError, SandboxError, World};

/// A plugin, compiled and looked through, not yet granted anything.
#[derive(Clone)]
pub struct Component(Arc<Inner>);

struct Inner {
    file: String,
    digest: Digest,
    world: World,
    version: &'static str,
    imports: Vec<String>,
    needs: Vec<Capability>,
    uses: Vec<Capability>,
    shared: Arc<Shared>,
    code: Code,
    compiled: bool,
    /// The same code for the engine without a pool.
    on_demand: OnceLock<Code>,
}

impl Component {
    /// Reads, checks and compiles a file, or takes the compiled code of an earlier time.
    pub(crate) fn load(shared: &Arc<Shared>, path: &Path) -> Result<Self, LoadError> {
        let file = path.display().to_string();
        let bytes =
            fs::read(path).map_err(|error| LoadError::Read { file: file.clone(), error })?;
        Self::compile(shared, file, &bytes)
    }

    pub(crate) fn compile(
        shared: &Arc<Shared>,
        file: String,
        bytes: &[u8],
    ) -> Result<Self, LoadError> {
        check_magic(&file, bytes)?;
        let digest = Digest::of_large(bytes);
        let (code, compiled) = shared
            .compiled(&digest, bytes)
            .map_err(|error| LoadError::Invalid { file: file.clone(), problem: problem(&error) })?;
        let engine = code.engine();
        let ty = code.component_type();
        let (world, version) = world(&file, &ty, engine)?;
        let mut imports: Vec<String> =
            ty.imports(engine).map(|(name, _)| name.to_owned()).collect();
        imports.sort_unstable();
        let Wishes { needs, uses } = wishes(&file, &imports)?;
        Ok(Self(Arc::new(Inner {
            file,
            digest,
            world,
            version,
            imports,
            needs,
            uses,
            shared: Arc::clone(shared),
            code,
            compiled,
            on_demand: OnceLock::new(),
        })))
    }

    /// Where it came from, for messages.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.0.file
    }

    /// Of the file's bytes. With the configuration and the input it determines every
    /// result.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// Whether it was compiled now, and not in an earlier run.
    #[must_use]
    pub fn is_compiled_anew(&self) -> bool {
        self.0.compiled
    }

    /// What kind of plugin it is.
    #[must_use]
    pub fn world(&self) -> World {
        self.0.world
    }

    /// The version of the contract that it speaks: `0.1.0`.
    #[must_use]
    pub fn contract(&self) -> &'static str {
        self.0.version
    }

    /// Every interface that it imports, sorted: `rehearsal:plugin/files@0.1.0`.
    #[must_use]
    pub fn imports(&self) -> &[String] {
        &self.0.imports
    }

    /// What has to be granted to it.
    #[must_use]
    pub fn needs(&self) -> &[Capability] {
        &self.0.needs
    }

    /// What can be granted to it and it can do without.
    #[must_use]
    pub fn uses(&self) -> &[Capability] {
        &self.0.uses
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// Its code for the engine whose instances may hold `memory` bytes.
    pub(crate) fn code(&self, memory: usize) -> Result<&Code, SandboxError> {
        let engine = self.shared().engines.holding(memory)?;
        if wasmtime::Engine::same(engine, self.0.code.engine()) {
            Ok(&self.0.code)
        } else {
            self.on_demand()
        }
    }

    /// Its code for the engine without a pool.
    pub(crate) fn on_demand(&self) -> Result<&Code, SandboxError> {
        if let Some(code) = self.0.on_demand.get() {
            return Ok(code);
        }
        let engine = self.shared().engines.on_demand()?;
        let code = crate::cache::copy(&self.0.code, engine)
            .map_err(|error| SandboxError::Engine(problem(&error)))?;
        Ok(self.0.on_demand.get_or_init(|| code))
    }
}

/// An error of wasmtime in one line.
pub(crate) fn problem(error: &wasmtime::Error) -> String {
    format!("{error:#}").lines().collect::<Vec<_>>().join(" ")
}

/// Tells files apart by their first bytes, so that mistakes get their own message.
fn check_magic(file: &str, bytes: &[u8]) -> Result<(), LoadError> {
    let file = file.to_owned();
    match bytes {
        [b'\0', b'a', b's', b'm', 0x0d, 0, 1, 0, ..] => Ok(()),
        [b'\0', b'a', b's', b'm', 1, 0, 0, 0, ..] => Err(LoadError::CoreModule { file }),
        [0x7f, b'E', b'L', b'F', ..] => Err(LoadError::Native { file }),
        _ if bytes.trim_ascii_start().starts_with(b"(") => Err(LoadError::Text { file }),
        _ => Err(LoadError::NotWasm { file }),
    }
}

/// The one world of the contract that is exported.
fn world(
    file: &str,
    ty: &Type,
    engine: &wasmtime::Engine,
) -> Result<(World, &'static str), LoadError> {
    let file = || file.to_owned();
    let mut found = None;
    for (name, _) in ty.exports(engine) {
        match contract::export(name) {
            Export::Foreign => {}
            Export::Unknown => {
                return Err(LoadError::UnknownWorld { file: file(), export: name.to_owned() });
            }
            Export::OtherVersion(version) => {
                return Err(LoadError::Version {
                    file: file(),
                    found: version.to_owned(),
                    known: contract::VERSIONS.iter().map(ToString::to_string).collect(),
                });
            }
            Export::World(second, version) => {
                if let Some((first, _)) = found.replace((second, version)) {
                    return Err(LoadError::SeveralWorlds { file: file(), first, second });
                }
            }
        }
    }
    found.ok_or_else(|| LoadError::NoWorld {
        file: file(),
        exports: ty.exports(engine).map(|(name, _)| name.to_owned()).collect(),
    })
}

/// What a component imports of what can be granted.
#[derive(Default)]
struct Wishes {
    needs: Vec<Capability>,
    uses: Vec<Capability>,
}

fn wishes(file: &str, imports: &[String]) -> Result<Wishes, LoadError> {
    let mut wishes = Wishes::default();
    for interface in imports {
        match contract::import(interface) {
            Import::Free | Import::Wasi => {}
            Import::Granted(capability) => wishes.needs.push(capability),
            // Several interfaces may stand for one.
            Import::Optional(capability) if wishes.uses.contains(&capability) => {}
            Import::Optional(capability) => wishes.uses.push(capability),
            Import::Unknown(hint) => {
                return Err(LoadError::UnknownImport {
                    file: file.to_owned(),
                    interface: interface.clone(),
                    hint: hint.to_owned(),
                });
            }
        }
    }
    Ok(wishes)
}
