//! Tools for the native libraries of the host (whisper.cpp, libopus): a C++
//! compiler, cmake, and the make that cmake drives.

use std::env;

use anyhow::Result;

use super::debian::Packages;
use crate::command;

/// A program that a build calls.
struct Tool {
    /// What a person calls it.
    title: &'static str,
    /// Variable by which the user can name another program.
    variable: &'static str,
    /// Programs of which one is enough.
    programs: &'static [&'static str],
    /// Debian package with one of them.
    package: &'static str,
}

const TOOLS: &[Tool] = &[
    Tool {
        title: "C++ compiler",
        variable: "CXX",
        programs: &["c++", "g++", "clang++"],
        package: "g++",
    },
    Tool { title: "cmake", variable: "CMAKE", programs: &["cmake"], package: "cmake" },
    Tool { title: "make", variable: "MAKE", programs: &["make", "gmake"], package: "make" },
];

/// Finds the tools or installs what is missing in one go.
pub(super) fn ensure(packages: &mut Packages) -> Result<()> {
    let missing: Vec<&Tool> = TOOLS.iter().filter(|tool| !tool.is_present()).collect();
    if !missing.is_empty() {
        let names: Vec<&str> = missing.iter().map(|tool| tool.package).collect();
        let titles: Vec<&str> = missing.iter().map(|tool| tool.title).collect();
        packages.install(&titles.join(", "), &names)?;
    }
    for tool in TOOLS {
        eprintln!("    {}: present", tool.title);
    }
    Ok(())
}

impl Tool {
    fn is_present(&self) -> bool {
        if let Some(program) = env::var_os(self.variable) {
            return command::ask(program, &["--version"]).is_some();
        }
        self.programs.iter().any(|program| command::ask(program, &["--version"]).is_some())
    }
}
