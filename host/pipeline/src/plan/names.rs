//! Names that the file gives to what is not a plugin: data sets and models.

use rehearsal_config::{Diagnostic, SpeechModel};
use rehearsal_dataset::CONVERSATIONS;
use rehearsal_speech::models::{self, Store};

use super::resolve::Resolver;

impl Resolver<'_> {
    /// A path's id is its data set's name, and one name is the host's own.
    pub(super) fn dataset_names(&mut self) {
        let pipeline = &self.config.pipeline;
        let taken = |path: &&rehearsal_config::TrainingPath| path.stage.id == CONVERSATIONS;
        if let Some(path) =
            pipeline.paths.iter().find(taken).filter(|_| pipeline.datasets.conversations)
        {
            let finding = Diagnostic::error(format!("a path cannot be called `{CONVERSATIONS}`"))
                .label(
                    path.stage.spans.id.clone(),
                    "the data set of the calls themselves has this name",
                )
                .help("choose another `id`, or set `conversations = false` in `[dataset]`");
            self.findings.push(finding);
        }
    }

    pub(super) fn embedding_model(&mut self) {
        let name = &self.config.pipeline.semantics.model;
        let embeds = |model: &&models::Model| model.kind == models::Kind::Embedding;
        if models::find(name).as_ref().is_some_and(embeds) {
            return;
        }
        let known: Vec<&str> =
            models::CATALOGUE.iter().filter(embeds).map(|model| model.name).collect();
        self.findings.push(self.config.unknown_embedding_model(name, &known));
    }

    pub(super) fn model(&mut self) {
        let SpeechModel::Catalogue(name) = &self.config.pipeline.speech.model else { return };
        let store = Store::open_default().ok();
        let unknown = match store.map(|store| store.locate(name)) {
            Some(Err(_)) => true,
            Some(Ok(_)) => false,
            None => models::find(name).is_none(),
        };
        if unknown {
            let known: Vec<&str> = models::CATALOGUE
                .iter()
                .filter(|model| model.kind == models::Kind::Speech)
                .map(|model| model.name)
                .collect();
            self.findings.push(self.config.unknown_model(name, &known));
        }
    }
}
