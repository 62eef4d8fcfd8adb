//! The contract as files, to be pinned in every project.

use rehearsal_sandbox::World;

use crate::Language;

/// The version that projects are made for.
pub const VERSION: &str = "0.1.0";

/// The contract's package, file by file.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("extractor.wit", include_str!("../../../wit/extractor.wit")),
    ("host.wit", include_str!("../../../wit/host.wit")),
    ("http.wit", include_str!("../../../wit/http.wit")),
    ("loader.wit", include_str!("../../../wit/loader.wit")),
    ("path-builder.wit", include_str!("../../../wit/path-builder.wit")),
    ("types.wit", include_str!("../../../wit/types.wit")),
    ("validator.wit", include_str!("../../../wit/validator.wit")),
];

/// The part of WASI that `wasi_http.py` is bound to.
pub(crate) const WASI: &[(&str, &str)] = &[
    ("wasi-http.wit", include_str!("../templates/wasi/http.wit")),
    ("wasi-io.wit", include_str!("../templates/wasi/io.wit")),
];

/// Whether a project comes with what lets its language's own clients use the network.
pub(crate) const fn has_clients(world: World, language: Language) -> bool {
    matches!((world, language), (World::Loader, Language::Python))
}

/// The project's own world. The contract's worlds import all that a plugin might want;
/// tools for interpreters import all of a world whether it is used or not, and each
/// import is a grant that users are asked for. `wasi:http` is none, since run-times of
/// languages import it unasked; without a grant it only says so.
pub(crate) fn world(world: World, language: Language) -> String {
    let mut wanted = String::new();
    if world == World::Loader {
        wanted.push_str(&format!("    import rehearsal:plugin/files@{VERSION};\n"));
    }
    if has_clients(world, language) {
        wanted.push_str(
            "    /// For `wasi_http.py`; its users grant `http` if it is to lead anywhere.\n    \
                 import wasi:http/outgoing-handler@0.2.9;\n",
        );
    }
    format!(
        "package local:plugin;\n\n\
         /// What this plugin imports and exports. Each import beyond `log` and `config` is\n\
         /// something that its users have to grant: `files`, `audio`, `http` (see wit/deps).\n\
         world plugin {{\n    \
             import rehearsal:plugin/log@{VERSION};\n    \
             import rehearsal:plugin/config@{VERSION};\n\
         {wanted}    \
             export rehearsal:plugin/{world}-api@{VERSION};\n\
         }}\n"
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::FILES;

    #[test]
    fn every_file_of_the_contract_is_pinned() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.ends_with(".wit"))
            .collect();
        names.sort();
        assert_eq!(names, FILES.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
