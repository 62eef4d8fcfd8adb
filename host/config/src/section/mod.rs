//! The sections of a pipeline file, one module each: the keys it has, and how they are
//! read. A new section is a module, a line in [`SECTIONS`] and a line in [`decode`].

mod cost;
mod dataset;
mod grant;
mod limits;
mod pipeline;
mod privacy;
mod review;
mod semantics;
mod speech;
mod split;
mod stage;
mod trainer;

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::DeValue;

use crate::decode::{Context, Form, Key, Node, Section};
use crate::{Datasets, Diagnostic, Pipeline, Source, StageKind, TrainingPath};

/// What a file may have.
pub(crate) const SECTIONS: &[Key] = &[
    Key::required(
        "pipeline",
        Form::Table(pipeline::KEYS),
        "what the pipeline is called and how it runs",
        "[pipeline]",
    ),
    Key::optional("speech", Form::Table(speech::KEYS), "how recordings become text", "[speech]"),
    Key::optional(
        "review",
        Form::Table(review::KEYS),
        "what experts judge calls by, and where it is kept",
        "[review]",
    ),
    Key::optional(
        "dataset",
        Form::Table(dataset::KEYS),
        "what all data sets have in common",
        "[dataset]",
    ),
    Key::optional(
        "privacy",
        Form::Table(privacy::KEYS),
        "what becomes of personal data",
        "[privacy]",
    ),
    Key::optional(
        "semantics",
        Form::Table(semantics::KEYS),
        "what texts are embedded with",
        "[semantics]",
    ),
    Key::required(
        "source",
        Form::Tables(stage::SOURCE_KEYS),
        "where calls come from",
        "[[source]]",
    ),
    Key::optional(
        "extractor",
        Form::Tables(stage::KEYS),
        "what is found in calls",
        "[[extractor]]",
    ),
    Key::optional(
        "path",
        Form::Tables(stage::PATH_KEYS),
        "what training data is made of them",
        "[[path]]",
    ),
    Key::optional(
        "validator",
        Form::Tables(stage::KEYS),
        "what checks the examples",
        "[[validator]]",
    ),
    Key::optional(
        "trainer",
        Form::Tables(trainer::KEYS),
        "what is learned from the data sets",
        "[[trainer]]",
    ),
];

/// Reads a whole file. `None` says that what is wrong has been reported.
pub(crate) fn decode(context: &mut Context<'_>, root: &Node<'_>) -> Option<Pipeline> {
    let file = Section::open(context, "a pipeline file", SECTIONS, root)?;
    let settings =
        file.get(context, "pipeline", |context, _, node| pipeline::decode(context, node));
    let speech = match file.node("speech") {
        Some(node) => speech::decode(context, node),
        None => Some(speech::default()),
    };
    let datasets = match file.node("dataset") {
        Some(node) => dataset::decode(context, node),
        None => Some(Datasets::default()),
    };
    let review = match file.node("review") {
        Some(node) => review::decode(context, node),
        None => Some(review::default(context)),
    };
    let privacy = match file.node("privacy") {
        Some(node) => privacy::decode(context, node),
        None => Some(privacy::default()),
    };
    let semantics = match file.node("semantics") {
        Some(node) => semantics::decode(context, node),
        None => Some(semantics::default()),
    };
    let sources = stages(context, &file, StageKind::Source);
    let extractors = stages(context, &file, StageKind::Extractor);
    let paths = stages(context, &file, StageKind::Path);
    let validators = stages(context, &file, StageKind::Validator);
    let trainers = match file.node("trainer") {
        Some(node) => trainer::decode_all(context, node),
        None => Vec::new(),
    };
    let mut known: Vec<&str> = paths.iter().map(|path| path.stage.id.as_str()).collect();
    // The calls themselves, and what experts said of them.
    known.extend(["conversations", "experts"]);
    let found: Vec<&str> = extractors.iter().map(|read| read.stage.id.as_str()).collect();
    trainer::report_strangers(context, &trainers, &known, &found);
    let settings = settings?;
    let pipeline = Pipeline {
        name: settings.name,
        workspace: settings.workspace,
        workers: settings.workers,
        batch: settings.batch,
        max_media: settings.max_media,
        seed: settings.seed,
        speech: speech?,
        datasets: datasets?,
        review: review?,
        privacy: privacy?,
        semantics: semantics?,
        sources: sources
            .into_iter()
            .map(|read| Source { stage: read.stage, licence: read.licence })
            .collect(),
        extractors: extractors.into_iter().map(|read| read.stage).collect(),
        paths: paths
            .into_iter()
            .map(|read| TrainingPath { stage: read.stage, split: read.split, learns: read.learns })
            .collect(),
        validators: validators.into_iter().map(|read| read.stage).collect(),
        trainers: trainers.into_iter().map(|(trainer, ..)| trainer).collect(),
    };
    let stages = pipeline.stages().map(|stage| (stage.id.as_str(), &stage.spans.id));
    report_duplicates(context, "stages", stages);
    let trainers = pipeline.trainers.iter().map(|one| (one.id.as_str(), &one.span));
    report_duplicates(context, "trainers", trainers);
    if pipeline.paths.is_empty() {
        context.report_missing(
            Diagnostic::warning("this pipeline makes no training data")
                .label(settings.span, "has no `[[path]]`")
                .help("add a section `[[path]]`; for example with `plugin = \"roleplay-partner\"`"),
        );
    }
    Some(pipeline)
}

/// Every stage of a kind that could be read.
fn stages(
    context: &mut Context<'_>,
    file: &Section<'_, '_>,
    kind: StageKind,
) -> Vec<stage::Decoded> {
    let section = kind.section();
    match file.node(section) {
        None => Vec::new(),
        Some(node) => match node.get_ref() {
            DeValue::Array(items) => {
                items.iter().filter_map(|item| stage::decode(context, kind, item)).collect()
            }
            DeValue::Table(_) => {
                context.report(
                    Diagnostic::error(format!("`{section}` is a list: a file may have several"))
                        .label(node.span(), "this is one table")
                        .help(format!("write `[[{section}]]`")),
                );
                Vec::new()
            }
            _ => {
                context.report(
                    Diagnostic::error(format!("`{section}` wants sections `[[{section}]]`"))
                        .label(node.span(), "this is a value")
                        .help(format!("write `[[{section}]]` on a line of its own")),
                );
                Vec::new()
            }
        },
    }
}

/// Ids name stages on the command line and in messages, so no two may be the same,
/// whatever their kinds.
fn report_duplicates<'a>(
    context: &mut Context<'_>,
    what: &str,
    named: impl Iterator<Item = (&'a str, &'a Range<usize>)>,
) {
    let mut first: BTreeMap<&str, Range<usize>> = BTreeMap::new();
    for (id, span) in named {
        if let Some(earlier) = first.get(id) {
            context.report(
                Diagnostic::error(format!("two {what} are called `{id}`"))
                    .label(span.clone(), "used again here")
                    .label(earlier.clone(), "first used here")
                    .help(format!(
                        "give one of them another `id`: every {} has its own",
                        what.trim_end_matches('s')
                    )),
            );
        } else {
            first.insert(id, span.clone());
        }
    }
}
