//! A browser for the test of the review page. It is a need of that test only: a machine
//! without one builds, runs and passes everything else, and the test says that it skips.

use std::env;

use super::debian::{self, Packages};
use crate::command;

const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Looks for one; installs it where a machine is a CI's own to change.
pub(super) fn ensure(packages: &mut Packages) {
    if PROGRAMS.iter().any(|program| command::on_path(program)) {
        eprintln!("    Chromium: present");
    } else if env::var_os("CI").is_some() && debian::is_root() && command::on_path("apt-get") {
        if let Err(error) = packages.install("Chromium", &["chromium"]) {
            eprintln!("    {error:#}; the test of the review page will be skipped");
        }
    } else {
        eprintln!("    Chromium: missing; the test of the review page will be skipped");
    }
}
