//! The attacks that are made: in which exports, and what must come of them. Their names
//! are those of the kit, `plugins/evil/src/attack.rs`.

use rehearsal_sandbox::World;

/// An attack.
pub(super) struct Known {
    /// As the kit knows it.
    pub(super) name: &'static str,
    exports: &'static [&'static str],
    pub(super) expect: Expect,
    /// The grant without which it cannot even be tried.
    pub(super) wants: Option<&'static str>,
    /// Only the deadline will stop it.
    pub(super) endless: bool,
}

/// What must come of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expect {
    /// The call or its item fails.
    Stopped,
    /// The call goes well, and what it wrote was capped and cleaned; or it is stopped.
    Capped,
    /// It says that it got at nothing.
    Held,
    /// It says the same in a second call.
    SameTwice,
    /// Nothing.
    Nothing,
}

/// Exports of a world, `describe` first.
pub(super) const fn exports(world: World) -> &'static [&'static str] {
    match world {
        World::Loader => &["describe", "list", "load"],
        World::Extractor => &["describe", "extract"],
        World::PathBuilder => &["describe", "build"],
        World::Validator => &["describe", "inspect", "merge", "conclude"],
    }
}

/// All attacks on a world, an export each.
pub(super) fn of(world: World) -> impl Iterator<Item = (&'static Known, &'static str)> {
    KNOWN.iter().flat_map(move |known| {
        let here = exports(world).iter().filter(|export| known.exports.contains(export));
        here.map(move |export| (known, *export))
    })
}

/// The kit behaves.
pub(super) const NOTHING: Known =
    Known { name: "nothing", exports: EVERY, expect: Expect::Nothing, wants: None, endless: false };

const EVERY: &[&str] =
    &["describe", "list", "load", "extract", "build", "inspect", "merge", "conclude"];
/// Those that can say what went wrong.
const FALLIBLE: &[&str] = &["list", "load", "extract", "build", "inspect", "merge", "conclude"];
const ROWS: &[&str] = &["extract", "build", "inspect"];
const LISTS: &[&str] = &["list", "extract", "build", "inspect", "merge", "conclude"];

const fn stopped(name: &'static str, exports: &'static [&'static str]) -> Known {
    Known { name, exports, expect: Expect::Stopped, wants: None, endless: false }
}

const fn endless(name: &'static str) -> Known {
    Known { name, exports: EVERY, expect: Expect::Stopped, wants: None, endless: true }
}

const fn capped(name: &'static str) -> Known {
    Known { name, exports: EVERY, expect: Expect::Capped, wants: None, endless: false }
}

const fn held(name: &'static str) -> Known {
    Known { name, exports: EVERY, expect: Expect::Held, wants: None, endless: false }
}

const fn twice(name: &'static str) -> Known {
    Known { name, exports: EVERY, expect: Expect::SameTwice, wants: None, endless: false }
}

const fn wanting(grant: &'static str, known: Known) -> Known {
    Known { wants: Some(grant), ..known }
}

const fn within(exports: &'static [&'static str], known: Known) -> Known {
    Known { exports, ..known }
}

/// In the worlds that have it.
const fn over_http(name: &'static str) -> Known {
    within(&["list", "load", "extract"], held(name))
}

const KNOWN: &[Known] = &[
    endless("endless-loop"),
    endless("endless-host-calls"),
    endless("sleep"),
    stopped("memory-bomb", EVERY),
    stopped("handle-bomb", EVERY),
    wanting("files", stopped("granted-handle-bomb", &["list", "load"])),
    wanting("audio", stopped("granted-handle-bomb", &["extract"])),
    stopped("deep-recursion", EVERY),
    capped("stdout-flood"),
    capped("stderr-flood"),
    capped("log-flood"),
    stopped("abort", EVERY),
    stopped("panic", EVERY),
    stopped("exit-zero", EVERY),
    stopped("exit-three", EVERY),
    stopped("escapes-in-panic", EVERY),
    stopped("too-many", ROWS),
    stopped("too-few", ROWS),
    stopped("huge-string", EVERY),
    stopped("huge-list", LISTS),
    stopped("huge-total", EVERY),
    stopped("wrong-turn", &["load", "extract", "build"]),
    stopped("wrong-span", &["load", "extract"]),
    stopped("split-character", &["load", "extract"]),
    stopped("backwards-span", &["load", "extract", "build"]),
    stopped("not-a-number", &["load", "extract", "conclude"]),
    stopped("duplicate", &["build"]),
    stopped("folder-name", &["build"]),
    stopped("huge-error", FALLIBLE),
    stopped("transient", FALLIBLE),
    stopped("slow-drip", FALLIBLE),
    stopped("endless", &["list", "load"]),
    stopped("circle", &["list", "load"]),
    held("environment"),
    held("arguments"),
    held("files"),
    held("secrets"),
    held("sockets"),
    over_http("http"),
    over_http("http-smuggle"),
    over_http("http-redirect"),
    over_http("http-inside"),
    over_http("http-secret"),
    held("clock"),
    wanting("files", within(&["list", "load"], held("path-tricks"))),
    within(&["extract"], held("foreign-audio")),
    twice("entropy"),
    twice("earlier-calls"),
];
