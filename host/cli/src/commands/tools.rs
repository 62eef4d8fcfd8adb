//! `rehearsal schema`, `completions` and `man`: made from what the program itself reads.

use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::args::{Arguments, Tool};
use crate::exit::Exit;
use crate::print;

pub(crate) fn run(tool: &Tool) -> Result<Exit> {
    match tool {
        Tool::Schema => print::json(&rehearsal_config::schema()),
        Tool::Completions { shell } => {
            let mut command = Arguments::command();
            let name = command.get_name().to_owned();
            let mut text = Vec::new();
            clap_complete::generate(*shell, &mut command, name, &mut text);
            whole(&text)?;
        }
        Tool::Man { into: None } => {
            let mut text = Vec::new();
            clap_mangen::Man::new(Arguments::command()).render(&mut text)?;
            whole(&text)?;
        }
        Tool::Man { into: Some(folder) } => pages(folder)?,
    }
    Ok(Exit::Done)
}

fn pages(folder: &Path) -> Result<()> {
    let failed = || format!("cannot write manual pages into {}", folder.display());
    std::fs::create_dir_all(folder).with_context(failed)?;
    clap_mangen::generate_to(Arguments::command(), folder).with_context(failed)
}

/// Prints bytes as they are: what shells and `man` read has marks that a person would
/// not be shown.
fn whole(text: &[u8]) -> Result<()> {
    match std::io::stdout().lock().write_all(text) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written.context("cannot print"),
    }
}
