//! `log`, `config` and the interfaces that are types only.

use crate::bindings::rehearsal::plugin::{config, examples, log, types};
use crate::output::Level;
use crate::state::State;

impl types::Host for State {}

impl examples::Host for State {}

impl log::Host for State {
    fn write(&mut self, level: log::Level, message: String) -> wasmtime::Result<()> {
        let level = match level {
            log::Level::Debug => Level::Debug,
            log::Level::Info => Level::Info,
            log::Level::Warn => Level::Warn,
            log::Level::Error => Level::Error,
        };
        self.log.write(self.limits.output, level, &message);
        Ok(())
    }
}

impl config::Host for State {
    fn get(&mut self) -> wasmtime::Result<String> {
        Ok(self.grants.config_json.clone())
    }
}
