//! Fetches models of the catalogue into the model directory and prints their paths.
//!
//! `cargo run -p rehearsal-speech --example pull -- [NAME…]`

use rehearsal_speech::models::{DEFAULT_MODEL, PullEvent, Store};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        names.push(DEFAULT_MODEL.to_owned());
    }
    let store = Store::open_default()?;
    for name in names {
        let path = store.ensure(&name, &mut |event| {
            if !matches!(event, PullEvent::Progress { .. }) {
                eprintln!("{event:?}");
            }
        })?;
        println!("{}", path.display());
    }
    Ok(())
}
