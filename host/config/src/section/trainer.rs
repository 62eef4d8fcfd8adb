//! `[[trainer]]`: what is learned from the data sets, and by whom.

use std::ops::Range;
use std::path::PathBuf;

use toml::de::DeValue;

use crate::decode::{
    Context, Form, Key, Node, Section, boolean, choice, identifier, list, share, text, texts,
};
use crate::{Diagnostic, Features, Learner, Trainer, Trust};

const KINDS: [&str; 3] = ["classifier", "head", "command"];
const FEATURES: [&str; 2] = ["annotations", "embeddings"];

pub(super) const KEYS: &[Key] = &[
    Key::required(
        "id",
        Form::Identifier,
        "what the trainer and its models are called",
        "id = \"nepq\"",
    ),
    Key::required(
        "kind",
        Form::Choice(&KINDS),
        "`classifier`, the built-in one; `head`, which tunes the head of an extractor; or `command`, \
         a program of your own",
        "kind = \"classifier\"",
    ),
    Key::optional(
        "dataset",
        Form::Text,
        "the data set that it learns from, a path's id",
        "dataset = \"feedback\"",
    ),
    Key::optional(
        "task",
        Form::Text,
        "of a classifier or a head: the `task` of the rows that it learns from",
        "task = \"nepq_type\"",
    ),
    Key::optional(
        "extractor",
        Form::Identifier,
        "of a head: the id of the extractor that gets it, of the plugin `nepq`, `objections`, \
         `sales-techniques` or `active-listening`",
        "extractor = \"nepq\"",
    ),
    Key::optional(
        "annotation",
        Form::Text,
        "of a classifier: the annotation that its classes are of, as experts' verdicts name it \
         (default: that of the task)",
        "annotation = \"nepq\"",
    ),
    Key::optional(
        "labels",
        Form::Texts,
        "of a classifier or a head: files of labelled texts beside the data set's",
        "labels = [\"labels/experts.jsonl\"]",
    ),
    Key::optional(
        "features",
        Form::Choices(&FEATURES),
        "of a classifier: what it sees of a turn beside its words: what other extractors said, \
         the embedding of what was said (default `annotations`)",
        "features = [\"annotations\", \"embeddings\"]",
    ),
    Key::optional(
        "trust",
        Form::Table(TRUST_KEYS),
        "of a classifier or a head: what a label counts by who gave it, 0 to 1 (a head learns \
         nothing of heads and cues unless this says so)",
        "trust = { expert = 1.0, llm = 0.7, learned = 0.4, cue = 0.3 }",
    ),
    Key::optional(
        "gate",
        Form::Boolean,
        "of a classifier or a head: whether the release gate can hold its models back (default \
         true)",
        "gate = false",
    ),
    Key::optional(
        "command",
        Form::Texts,
        "of a command: the program and its arguments; `{dataset}` and `{work}` are folders",
        "command = [\"python\", \"{dataset}/train/train.py\"]",
    ),
    Key::optional(
        "env",
        Form::Texts,
        "of a command: variables that it sees (default `PATH` and `HOME`)",
        "env = [\"PATH\", \"HOME\", \"CUDA_VISIBLE_DEVICES\"]",
    ),
    Key::optional(
        "results",
        Form::Texts,
        "of a command: patterns of the files in its folder that are the model (default: all)",
        "results = [\"model/*\"]",
    ),
];

const TRUST_KEYS: &[Key] = &[
    Key::optional("expert", Form::Share, "of people (default 1)", "expert = 1.0"),
    Key::optional("llm", Form::Share, "of language models (default 0.7)", "llm = 0.7"),
    Key::optional(
        "learned",
        Form::Share,
        "of trained heads (default 0.4; for a head 0)",
        "learned = 0.4",
    ),
    Key::optional(
        "cue",
        Form::Share,
        "of phrases and rules (default 0.3; for a head 0)",
        "cue = 0.3",
    ),
];

/// Keys that only some kinds have.
const OF_BOTH: [&str; 4] = ["task", "labels", "trust", "gate"];
const OF_CLASSIFIER: [&str; 2] = ["annotation", "features"];
const OF_HEAD: [&str; 1] = ["extractor"];
const OF_COMMAND: [&str; 3] = ["command", "env", "results"];

/// Trainers as they could be read, each with where its data set and its extractor are
/// named.
pub(super) type Read = (Trainer, Option<Range<usize>>, Option<Range<usize>>);

/// Every trainer that could be read.
pub(super) fn decode_all(context: &mut Context<'_>, node: &Node<'_>) -> Vec<Read> {
    let DeValue::Array(items) = node.get_ref() else {
        context.report(
            Diagnostic::error("`trainer` is a list: a file may have several")
                .label(node.span(), "this is none")
                .help("write `[[trainer]]`"),
        );
        return Vec::new();
    };
    items.iter().filter_map(|item| decode(context, item)).collect()
}

fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Read> {
    let section = Section::open(context, "`[[trainer]]`", KEYS, node)?;
    let id = section.get(context, "id", identifier);
    let kind =
        section.get(context, "kind", |context, key, node| choice(context, key, node, &KINDS));
    let dataset = section.get(context, "dataset", identifier);
    let kind = kind?;
    let strangers = match kind.as_str() {
        "command" => [&OF_BOTH[..], &OF_CLASSIFIER, &OF_HEAD].concat(),
        "head" => [&OF_CLASSIFIER[..], &OF_COMMAND].concat(),
        _ => [&OF_HEAD[..], &OF_COMMAND].concat(),
    };
    for name in strangers {
        if let Some(node) = section.node(name) {
            context.report(
                Diagnostic::error(format!("a trainer of the kind `{kind}` has no `{name}`"))
                    .label(node.span(), "does nothing here"),
            );
        }
    }
    let learner = match kind.as_str() {
        "command" => command(context, &section),
        kind => classifier(context, &section, kind == "head"),
    };
    let span = section.node("id")?.span();
    let named = |key: &str| section.node(key).map(Node::span);
    let (of_dataset, of_extractor) = (named("dataset"), named("extractor"));
    Some((Trainer { id: id?, dataset, learner: learner?, span }, of_dataset, of_extractor))
}

fn classifier(context: &mut Context<'_>, section: &Section<'_, '_>, head: bool) -> Option<Learner> {
    let kind = if head { "head" } else { "classifier" };
    let task = section.get(context, "task", text);
    let annotation = section.get(context, "annotation", text);
    let gate = match section.node("gate") {
        Some(_) => section.get(context, "gate", boolean),
        None => Some(true),
    };
    // A head that learned what heads say would learn to stay as it is.
    let fallback =
        if head { Trust { learned: 0.0, cue: 0.0, ..Trust::default() } } else { Trust::default() };
    let trust = match section.node("trust") {
        Some(node) => trust(context, node, fallback),
        None => Some(fallback),
    };
    let features = match section.node("features") {
        Some(_) => section.get(context, "features", features),
        None => Some(Features::default()),
    };
    let labels = section.get(context, "labels", |context, key, node| {
        list(context, key, node, "an array of files", file)
    });
    let labels = match section.node("labels") {
        Some(_) => labels?,
        None => Vec::new(),
    };
    if section.node("task").is_none() {
        missing(
            context,
            section,
            &format!("a {kind} wants the `task` of its rows"),
            "task = \"nepq_type\"",
        );
    }
    if section.node("dataset").is_none() && section.node("labels").is_none() {
        let help = "dataset = \"feedback\"";
        let what = format!("a {kind} wants a `dataset` or `labels` to learn from");
        missing(context, section, &what, help);
    }
    let extractor = if head {
        let extractor = section.get(context, "extractor", identifier);
        if section.node("extractor").is_none() {
            let help = "extractor = \"nepq\"";
            missing(context, section, "a head wants the `extractor` that gets it", help);
        }
        Some(extractor?)
    } else {
        None
    };
    Some(Learner::Classifier {
        task: task?,
        extractor,
        annotation,
        labels,
        features: features?,
        trust: trust?,
        gate: gate?,
    })
}

fn command(context: &mut Context<'_>, section: &Section<'_, '_>) -> Option<Learner> {
    let program = section.get(context, "command", texts);
    let env = section.get(context, "env", texts);
    let results = section.get(context, "results", texts);
    let help = "command = [\"python\", \"{dataset}/train/train.py\"]";
    if program.as_ref().is_none_or(Vec::is_empty) {
        missing(context, section, "a trainer of the kind `command` wants one", help);
    }
    if section.node("dataset").is_none() {
        let help = "dataset = \"roleplay\"";
        missing(context, section, "a trainer wants a `dataset` to learn from", help);
    }
    Some(Learner::Command {
        command: program?,
        env: env.unwrap_or_else(|| ["PATH", "HOME"].map(ToOwned::to_owned).to_vec()),
        results: results.unwrap_or_default(),
    })
}

fn missing(context: &mut Context<'_>, section: &Section<'_, '_>, what: &str, example: &str) {
    context.report_missing(
        Diagnostic::error(what.to_owned())
            .label(section.span(), "has none")
            .help(format!("for example `{example}`")),
    );
}

fn trust(context: &mut Context<'_>, node: &Node<'_>, fallback: Trust) -> Option<Trust> {
    let section = Section::open(context, "`trust`", TRUST_KEYS, node)?;
    let mut read = |name: &str, fallback: f64| match section.node(name) {
        Some(_) => section.get(context, name, share),
        None => Some(fallback),
    };
    Some(Trust {
        expert: read("expert", fallback.expert)?,
        llm: read("llm", fallback.llm)?,
        learned: read("learned", fallback.learned)?,
        cue: read("cue", fallback.cue)?,
    })
}

fn features(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Features> {
    let named = list(context, key, node, "an array of features", |context, key, node| {
        choice(context, key, node, &FEATURES)
    })?;
    let has = |name: &str| named.iter().any(|one| one == name);
    Some(Features { annotations: has("annotations"), embeddings: has("embeddings") })
}

fn file(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<PathBuf> {
    let written = text(context, key, node)?;
    let path = context.resolve(&written);
    if path.is_file() {
        return Some(path);
    }
    context.report(
        Diagnostic::error(format!("there is no file `{written}`"))
            .label(node.span(), "not found")
            .help(format!("it was looked for at {}", path.display())),
    );
    None
}

/// A data set that no path makes, an extractor that there is not.
pub(super) fn report_strangers(
    context: &mut Context<'_>,
    trainers: &[Read],
    datasets: &[&str],
    extractors: &[&str],
) {
    for (trainer, of_dataset, of_extractor) in trainers {
        if let (Some(dataset), Some(span)) = (&trainer.dataset, of_dataset)
            && !datasets.contains(&dataset.as_str())
        {
            context.report(
                Diagnostic::error(format!("no path makes a data set `{dataset}`"))
                    .label(span.clone(), "unknown data set")
                    .help(crate::suggest::help(dataset, datasets)),
            );
        }
        if let (Learner::Classifier { extractor: Some(extractor), .. }, Some(span)) =
            (&trainer.learner, of_extractor)
            && !extractors.contains(&extractor.as_str())
        {
            context.report(
                Diagnostic::error(format!("there is no extractor `{extractor}`"))
                    .label(span.clone(), "unknown extractor")
                    .help(crate::suggest::help(extractor, extractors)),
            );
        }
    }
}
