//! Data sets of HuggingFace, row by row from its data sets server, without a download.
//!
//! The loader `huggingface` reads the files of a downloaded data set, which is faster; this
//! one asks for the network and for no files.

mod hub;

use rehearsal_dialogue::Card;
use rehearsal_rows::Mapping;
use rehearsal_sdk::prelude::*;

use hub::Hub;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The data set: `"owner/name"`.
    pub dataset: String,
    /// Where the data sets server is.
    #[serde(default = "server")]
    pub base_url: String,
    /// Which columns are what, and what holds for all calls.
    #[serde(default)]
    pub rows: rehearsal_rows::Config,
}

fn server() -> String {
    "https://datasets-server.huggingface.co".to_owned()
}

/// The loader.
#[derive(Debug)]
pub struct HuggingFaceHub {
    hub: Hub,
    mapping: Mapping,
}

impl HuggingFaceHub {
    /// Over some HTTP: the host's in a component, kept answers in a test.
    ///
    /// # Errors
    /// The configuration makes no sense.
    pub fn over(config: Config, http: Http) -> Result<Self> {
        let mapping = Mapping::new(&config.rows)?;
        Ok(Self { hub: Hub::new(config.dataset, &config.base_url, http), mapping })
    }
}

impl Loader for HuggingFaceHub {
    type Config = Config;

    fn new(config: Config) -> Result<Self> {
        Self::over(config, Http::of_host())
    }

    fn list(&self, _: &Files, _: Option<&str>) -> Result<Page> {
        self.hub.list()
    }

    fn load(&self, _: &Files, key: &str, offset: u64) -> Result<Chunk> {
        let split = key.rsplit('/').next().map(ToOwned::to_owned);
        Ok(self.hub.read(key, offset)?.calls(key, &self.mapping, Card::default(), split))
    }
}

rehearsal_sdk::export_loader!(HuggingFaceHub);
