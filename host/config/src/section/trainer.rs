//! `[[trainer]]`: what is learned from the data sets, and by whom.

use std::ops::Range;
use std::path::PathBuf;

use toml::de::DeValue;

use crate::decode::{
    Context, Form, Key, Node, Section, boolean, choice, identifier, list, share, text, texts,
};
use crate::{Diagnostic, Features, Learner, Trainer, Trust};

const KINDS: [&str; 2] = ["classifier", "command"];
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
        "`classifier`, the built-in one, or `command`, a program of your own",
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
        "of a classifier: the `task` of the rows that it learns from",
        "task = \"nepq_type\"",
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
        "of a classifier: files of labelled texts beside the data set's",
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
        "of a classifier: what a label counts by who gave it, 0 to 1",
        "trust = { expert = 1.0, llm = 0.7, learned = 0.4, cue = 0.3 }",
    ),
    Key::optional(
        "gate",
        Form::Boolean,
        "of a classifier: whether the release gate can hold its models back (default true)",
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
    Key::optional("learned", Form::Share, "of trained heads (default 0.4)", "learned = 0.4"),
    Key::optional("cue", Form::Share, "of phrases and rules (default 0.3)", "cue = 0.3"),
];

/// Keys that only one kind has.
const OF_CLASSIFIER: [&str; 6] = ["task", "annotation", "labels", "features", "trust", "gate"];
const OF_COMMAND: [&str; 3] = ["command", "env", "results"];

/// Every trainer that could be read, with where its data set is named.
pub(super) fn decode_all(
    context: &mut Context<'_>,
    node: &Node<'_>,
) -> Vec<(Trainer, Option<Range<usize>>)> {
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

fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<(Trainer, Option<Range<usize>>)> {
    let section = Section::open(context, "`[[trainer]]`", KEYS, node)?;
    let id = section.get(context, "id", identifier);
    let kind =
        section.get(context, "kind", |context, key, node| choice(context, key, node, &KINDS));
    let dataset = section.get(context, "dataset", identifier);
    let kind = kind?;
    let strangers = if kind == "command" { &OF_CLASSIFIER[..] } else { &OF_COMMAND[..] };
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
        _ => classifier(context, &section),
    };
    let span = section.node("id")?.span();
    let named = section.node("dataset").map(Node::span);
    Some((Trainer { id: id?, dataset, learner: learner?, span }, named))
}

fn classifier(context: &mut Context<'_>, section: &Section<'_, '_>) -> Option<Learner> {
    let task = section.get(context, "task", text);
    let annotation = section.get(context, "annotation", text);
    let gate = match section.node("gate") {
        Some(_) => section.get(context, "gate", boolean),
        None => Some(true),
    };
    let trust = match section.node("trust") {
        Some(node) => trust(context, node),
        None => Some(Trust::default()),
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
            "a classifier wants the `task` of its rows",
            "task = \"nepq_type\"",
        );
    }
    if section.node("dataset").is_none() && section.node("labels").is_none() {
        let help = "dataset = \"feedback\"";
        missing(context, section, "a classifier wants a `dataset` or `labels` to learn from", help);
    }
    Some(Learner::Classifier {
        task: task?,
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

fn trust(context: &mut Context<'_>, node: &Node<'_>) -> Option<Trust> {
    let section = Section::open(context, "`trust`", TRUST_KEYS, node)?;
    let fallback = Trust::default();
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

/// A data set that no path makes.
pub(super) fn report_strangers(
    context: &mut Context<'_>,
    trainers: &[(Trainer, Option<Range<usize>>)],
    known: &[&str],
) {
    for (trainer, span) in trainers {
        if let (Some(dataset), Some(span)) = (&trainer.dataset, span)
            && !known.contains(&dataset.as_str())
        {
            context.report(
                Diagnostic::error(format!("no path makes a data set `{dataset}`"))
                    .label(span.clone(), "unknown data set")
                    .help(crate::suggest::help(dataset, known)),
            );
        }
    }
}
