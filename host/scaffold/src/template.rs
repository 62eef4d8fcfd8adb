//! The files of a project.

use rehearsal_sandbox::World;

use crate::{Language, contract};

/// The source of a world's plugin in each language.
macro_rules! sources {
    ($world:literal) => {
        Sources {
            rust: include_str!(concat!("../templates/rust/", $world, ".rs")),
            python: include_str!(concat!("../templates/python/", $world, ".py")),
            javascript: include_str!(concat!("../templates/javascript/", $world, ".js")),
            c: include_str!(concat!("../templates/c/", $world, ".c")),
        }
    };
}

/// Calls, and what a world's plugin makes of them.
macro_rules! calls {
    ($world:literal) => {
        &[
            ("three-turns.json", include_str!("../templates/fixtures/three-turns.json")),
            (
                "three-turns.expected.json",
                include_str!(concat!(
                    "../templates/fixtures/",
                    $world,
                    ".three-turns.expected.json"
                )),
            ),
            ("one-turn.json", include_str!("../templates/fixtures/one-turn.json")),
            (
                "one-turn.expected.json",
                include_str!(concat!("../templates/fixtures/", $world, ".one-turn.expected.json")),
            ),
        ]
    };
}

struct Sources {
    rust: &'static str,
    python: &'static str,
    javascript: &'static str,
    c: &'static str,
}

const fn sources(world: World) -> Sources {
    match world {
        World::Loader => sources!("loader"),
        World::Extractor => sources!("extractor"),
        World::PathBuilder => sources!("path-builder"),
        World::Validator => sources!("validator"),
    }
}

const fn summary(world: World) -> &'static str {
    match world {
        World::Loader => "Reads text files with a line `Name: what they say` a turn.",
        World::Extractor => "Marks the questions that people ask.",
        World::PathBuilder => "Makes labelled texts of turns: which side of the sale speaks.",
        World::Validator => "Rejects calls with too few turns.",
    }
}

/// Every file of a project: name, text.
pub(crate) fn files(name: &str, world: World, language: Language) -> Vec<(String, String)> {
    let fill = |text: &str| fill(text, name, world, language);
    let mut files = Vec::new();
    let mut add = |file: &str, text: &str| files.push((file.to_owned(), fill(text)));
    add("README.md", include_str!("../templates/README.md"));
    add(".gitignore", ignored(language));
    let source = sources(world);
    match language {
        Language::Rust => {
            add("Cargo.toml", include_str!("../templates/rust/Cargo.toml.txt"));
            add("src/lib.rs", source.rust);
        }
        Language::Python => {
            add("requirements.txt", include_str!("../templates/python/requirements.txt"));
            add("app.py", source.python);
            if contract::has_clients(world, language) {
                add("wasi_http.py", include_str!("../templates/python/wasi_http.py"));
            }
        }
        Language::JavaScript => {
            add("package.json", include_str!("../templates/javascript/package.json.txt"));
            add("plugin.js", source.javascript);
            add("utf8.js", include_str!("../templates/javascript/utf8.js"));
        }
        Language::C => {
            add("plugin.c", source.c);
            add("text.h", include_str!("../templates/c/text.h"));
        }
    }
    add("wit/world.wit", &contract::world(world, language));
    for (file, text) in contract::FILES {
        files.push((format!("wit/deps/rehearsal-plugin/{file}"), (*text).to_owned()));
    }
    if contract::has_clients(world, language) {
        for (file, text) in contract::WASI {
            files.push((format!("wit/deps/{file}"), (*text).to_owned()));
        }
    }
    files.extend(
        fixtures(world).iter().map(|(name, text)| (format!("fixtures/{name}"), fill(text))),
    );
    files
}

/// Inputs, and what has to come out of them: the same in every language.
const fn fixtures(world: World) -> &'static [(&'static str, &'static str)] {
    match world {
        World::Loader => &[
            ("files/call.txt", include_str!("../templates/fixtures/call.txt")),
            ("expected.json", include_str!("../templates/fixtures/loader.expected.json")),
        ],
        World::Extractor => calls!("extractor"),
        World::PathBuilder => calls!("path-builder"),
        World::Validator => calls!("validator"),
    }
}

const fn ignored(language: Language) -> &'static str {
    match language {
        Language::Rust => "/target\n/*.wasm\n",
        Language::Python => "/.venv\n__pycache__\n/*.wasm\n",
        Language::JavaScript => "/node_modules\n/*.wasm\n",
        Language::C => "/build\n/*.wasm\n",
    }
}

fn fill(text: &str, name: &str, world: World, language: Language) -> String {
    let (section, grant) = match world {
        World::Loader => ("source", "grant.files = \"calls\"\n"),
        World::Extractor => ("extractor", ""),
        World::PathBuilder => ("path", ""),
        World::Validator => ("validator", ""),
    };
    text.replace("{{name}}", name)
        .replace("{{summary}}", summary(world))
        .replace("{{world}}", world.name())
        .replace("{{section}}", section)
        .replace("{{grant}}", grant)
        .replace("{{setup}}", setup(language))
        .replace("{{source}}", source_file(language))
        .replace("{{notes}}", notes(language))
}

const fn source_file(language: Language) -> &'static str {
    match language {
        Language::Rust => "src/lib.rs",
        Language::JavaScript => "plugin.js",
        Language::Python | Language::C => language.mark(),
    }
}

/// What a machine needs, as commands.
const fn setup(language: Language) -> &'static str {
    match language {
        Language::Rust => "rustup target add wasm32-wasip2",
        Language::Python => "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt",
        Language::JavaScript => "npm install",
        Language::C => "apt-get install clang lld wasi-libc libclang-rt-dev-wasm32",
    }
}

/// What authors of one language stumble over.
const fn notes(language: Language) -> &'static str {
    match language {
        Language::Rust => {
            "- `cargo test` runs the tests in `src/lib.rs` natively; no WebAssembly is needed.\n"
        }
        Language::Python => {
            "- Import at the top of a file: what is not imported when the component is built is \
             not in it.\n\
             - In a loader, `import wasi_http` lets `urllib`, `requests` and `httpx` reach what \
             `grant.http` allows.\n\
             - `componentize-py -d wit -w plugin bindings bindings` writes the types of \
             `wit_world`, for editors.\n\
             - The first load on a machine compiles the interpreter, about half a minute; after \
             that it takes milliseconds.\n"
        }
        Language::JavaScript => {
            "- The engine is QuickJS: the language itself, without `fetch`, `TextEncoder` and other \
             parts of browsers. With `\"@bytecodealliance/componentize-js\": \"0.23.0\"` among the \
             `devDependencies` it is StarlingMonkey, which has them, and is eight times as large.\n\
             - Numbers are numbers, also `u64`, `option` is `undefined` for none, a \
             variant is `{ tag, val }`.\n\
             - Answers of type `result` inside a list are `{ tag: 'ok', val }` or \
             `{ tag: 'err', val: { tag: 'invalid-input', val: 'why' } }`; a function that \
             answers a `result` itself returns the value or throws the error.\n"
        }
        Language::C => {
            "- `rehearsal plugin build` writes `build/plugin.h` with the types of the contract.\n\
             - What a function returns is freed by the caller, so it has to come from `malloc`; \
             what it is passed belongs to it.\n"
        }
    }
}
