//! Debian packages, for machines where a tool has to come from there.

use std::os::unix::fs::MetadataExt;
use std::path::Path;

use anyhow::{Result, bail};

use crate::command;

/// Installs packages; refreshes the package lists once, at the first need.
#[derive(Default)]
pub(crate) struct Packages {
    refreshed: bool,
}

impl Packages {
    /// Installs `names`, which bring `purpose`.
    ///
    /// # Errors
    ///
    /// One sentence with the command for the user, where this process can't:
    /// it isn't root, the machine has no apt, or apt refuses.
    pub(crate) fn install(&mut self, purpose: &str, names: &[&str]) -> Result<()> {
        let manual = format!("apt-get install -y {}", names.join(" "));
        if !command::on_path("apt-get") {
            bail!(
                "{purpose} missing, and this machine has no apt-get; \
                 install what Debian calls {} and run this again",
                names.join(", ")
            );
        }
        if !is_root() {
            bail!("{purpose} missing; run `sudo {manual}` and then this again");
        }
        eprintln!("    {purpose}: missing, installing {}", names.join(", "));
        self.refresh();
        let mut arguments = vec!["install", "-y", "--no-install-recommends"];
        arguments.extend(names);
        if let Err(error) = apt_get(&arguments) {
            bail!("{purpose} missing and not to be had: {error:#}; try `{manual}` by hand");
        }
        Ok(())
    }

    /// Unpacks a package below `folder` without installing it: nothing of the system
    /// changes and no service starts.
    ///
    /// # Errors
    ///
    /// Where this machine has no apt, or apt knows no such package.
    pub(crate) fn unpack(&mut self, name: &str, folder: &Path) -> Result<()> {
        if !command::on_path("apt-get") || !command::on_path("dpkg-deb") {
            bail!("this machine has no apt-get");
        }
        eprintln!("    {name}: missing, unpacking it into {}", folder.display());
        if is_root() {
            self.refresh();
        }
        command::run_quietly(
            command::program_in(folder, "apt-get").args(["-q", "download", name]),
        )?;
        for file in std::fs::read_dir(folder)? {
            let file = file?.path();
            if file.extension().is_some_and(|extension| extension == "deb") {
                let mut unpack = command::program_in(folder, "dpkg-deb");
                command::run_quietly(unpack.arg("-x").arg(&file).arg("."))?;
                std::fs::remove_file(file)?;
            }
        }
        Ok(())
    }

    /// Fetches the package lists, once.
    fn refresh(&mut self) {
        if self.refreshed {
            return;
        }
        self.refreshed = true;
        // Lists from an earlier refresh may do when this one fails.
        if let Err(error) = apt_get(&["update"]) {
            eprintln!("    {error:#}; going on with the lists at hand");
        }
    }
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut apt = command::program_in(Path::new("/"), "apt-get");
    // Another apt may be at work, as on a machine that has just started.
    apt.args(["-q", "-o", "DPkg::Lock::Timeout=120"])
        .args(arguments)
        .env("DEBIAN_FRONTEND", "noninteractive");
    command::run_quietly(&mut apt)
}

/// Whether this process belongs to root: `/proc/self` has its owner.
pub(super) fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
