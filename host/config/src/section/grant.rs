//! `grant`: what a plugin may see beyond its input.

use std::path::PathBuf;

use toml::de::DeValue;

use crate::decode::{
    Context, Form, Key, Node, Section, boolean, bytes, choice, list, positive, rate, text, texts,
};
use crate::grant::glob;
use crate::section::cost;
use crate::{Diagnostic, FilesGrant, Grants, HttpGrant, Rate, Secret, SecretOrigin};

pub(super) const KEYS: &[Key] = &[
    Key::optional(
        "files",
        Form::TextOrTable(FILES_KEYS),
        "a folder whose files may be read",
        "grant.files = { root = \"examples/calls\", include = [\"*.mp3\"] }",
    ),
    Key::optional(
        "http",
        Form::Tables(HTTP_KEYS),
        "addresses that may be asked",
        "grant.http = [{ url = \"https://api.example.com/v1/*\", methods = [\"GET\"] }]",
    ),
    Key::optional("audio", Form::Boolean, "whether recordings may be heard", "grant.audio = true"),
    Key::optional(
        "semantics",
        Form::Boolean,
        "whether embeddings may be asked for",
        "grant.semantics = true",
    ),
];

const FILES_KEYS: &[Key] = &[
    Key::required(
        "root",
        Form::Text,
        "the folder, from the file's folder",
        "root = \"examples/calls\"",
    ),
    Key::optional(
        "include",
        Form::Texts,
        "patterns of file names (default: every file)",
        "include = [\"*.mp3\", \"2026/*.wav\"]",
    ),
];

const HTTP_KEYS: &[Key] = &[
    Key::required(
        "url",
        Form::Address,
        "an address, whose path may end in `*`",
        "url = \"https://api.example.com/v1/*\"",
    ),
    Key::optional(
        "methods",
        Form::Choices(METHODS),
        "methods that may be used (default GET)",
        "methods = [\"GET\"]",
    ),
    Key::optional(
        "secret",
        Form::Table(SECRET_KEYS),
        "a header that the host adds and the plugin never sees",
        "secret = { header = \"X-Api-Key\", env = \"EXAMPLE_API_KEY\" }",
    ),
    Key::optional(
        "allow_private",
        Form::Boolean,
        "whether private and loopback addresses may answer (default false)",
        "allow_private = true",
    ),
    Key::optional(
        "rate",
        Form::Rates,
        "how many requests in how long, or several of these",
        "rate = [\"3/s\", \"10000/d\"]",
    ),
    Key::optional(
        "ca",
        Form::Text,
        "a PEM file of the only certificates that vouch for the server",
        "ca = \"certificates/our-ca.pem\"",
    ),
    Key::optional(
        "max_body",
        Form::Size,
        "the largest answer (default 32 MiB, of recordings 1 GiB)",
        "max_body = \"32 MiB\"",
    ),
    Key::optional(
        "media",
        Form::Boolean,
        "whether answers are recordings, kept as files in the workspace (default false)",
        "media = true",
    ),
    Key::optional(
        "budget",
        Form::Table(cost::BUDGET_KEYS),
        "the most that one run may spend; what is left over waits for the next",
        "budget = { requests = 2000, tokens = 3000000, money = 5.0 }",
    ),
    Key::optional(
        "price",
        Form::Table(cost::PRICE_KEYS),
        "what a million tokens cost, for `money` of `budget`",
        "price = { input = 0.15, output = 0.6 }",
    ),
    Key::optional(
        "parallel",
        Form::Positive,
        "of an extractor: calls that it may ask about at the same time (default 4)",
        "parallel = 4",
    ),
];

const SECRET_KEYS: &[Key] = &[
    Key::required("header", Form::Text, "the header that carries it", "header = \"X-Api-Key\""),
    Key::optional(
        "env",
        Form::Text,
        "the environment variable that holds it",
        "env = \"EXAMPLE_API_KEY\"",
    ),
    Key::optional(
        "file",
        Form::Text,
        "the file whose first line it is",
        "file = \"secrets/example.key\"",
    ),
    Key::optional(
        "command",
        Form::Texts,
        "the command that prints it",
        "command = [\"pass\", \"show\", \"example\"]",
    ),
    Key::optional("prefix", Form::Text, "what stands before it", "prefix = \"Bearer \""),
    Key::optional(
        "base64",
        Form::Boolean,
        "whether it is written in base64, as `Basic` authentication wants (default false)",
        "base64 = true",
    ),
];

const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

pub(super) fn decode(context: &mut Context<'_>, node: &Node<'_>) -> Option<Grants> {
    let section = Section::open(context, "`grant`", KEYS, node)?;
    let files = section.get(context, "files", files);
    let http = section.get(context, "http", |context, key, node| {
        list(context, key, node, "a list of addresses", |context, _, node| http(context, node))
    });
    let audio = section.get(context, "audio", boolean);
    let semantics = section.get(context, "semantics", boolean);
    Some(Grants {
        files,
        http: http.unwrap_or_default(),
        audio: audio.unwrap_or_default(),
        semantics: semantics.unwrap_or_default(),
    })
}

/// A folder alone, or a table that also says which files of it.
fn files(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<FilesGrant> {
    match node.get_ref() {
        DeValue::String(_) => {
            let written = text(context, key, node)?;
            let root = folder(context, node, &written)?;
            Some(FilesGrant { root, include: Vec::new() })
        }
        DeValue::Table(_) => {
            let section = Section::open(context, "`grant.files`", FILES_KEYS, node)?;
            let root = section.get(context, "root", |context, key, node| {
                let written = text(context, key, node)?;
                folder(context, node, &written)
            });
            let include = section.get(context, "include", |context, key, node| {
                list(context, key, node, "an array of strings", pattern)
            });
            Some(FilesGrant { root: root?, include: include.unwrap_or_default() })
        }
        _ => {
            context.wrong_type(key, node, "a folder or a table with `root` and `include`");
            None
        }
    }
}

fn folder(context: &mut Context<'_>, node: &Node<'_>, written: &str) -> Option<PathBuf> {
    let path = context.resolve(written);
    if path.is_dir() {
        return Some(path);
    }
    let finding = if path.is_file() {
        Diagnostic::error(format!("`{written}` is a file, and a grant of files names a folder"))
            .label(node.span(), "this is a file")
            .help("grant its folder and name the file in `include`")
    } else {
        Diagnostic::error(format!("there is no folder `{written}`"))
            .label(node.span(), "not found")
            .help(format!("it was looked for at {}", path.display()))
    };
    context.report(finding);
    None
}

fn pattern(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<String> {
    let written = text(context, key, node)?;
    match glob(&written) {
        Ok(_) => Some(written),
        Err(error) => {
            context.report(
                Diagnostic::error(format!("`{written}` is no pattern of file names"))
                    .label(node.span(), error.kind().to_string())
                    .help(key.usage()),
            );
            None
        }
    }
}

fn http(context: &mut Context<'_>, node: &Node<'_>) -> Option<HttpGrant> {
    let section = Section::open(context, "`grant.http`", HTTP_KEYS, node)?;
    let url = section.get(context, "url", url);
    let methods = section.get(context, "methods", |context, key, node| {
        list(context, key, node, "an array of methods", |context, key, node| {
            choice(context, key, node, METHODS)
        })
    });
    let secret = section.get(context, "secret", |context, _, node| secret(context, node));
    let allow_private = section.get(context, "allow_private", boolean).unwrap_or_default();
    let rates = section.get(context, "rate", rates);
    let ca = section.get(context, "ca", file);
    let max_body = section.get(context, "max_body", bytes);
    let media = section.get(context, "media", boolean).unwrap_or_default();
    let parallel = section.get(context, "parallel", positive);
    let (budget, price) = cost::decode(context, &section)?;
    let url = url?;
    if secret.is_some() && url.starts_with("http://") && !allow_private {
        let diagnostic = Diagnostic::error("a secret cannot go over `http://`")
            .label(section.node("url")?.span(), "would carry it unencrypted")
            .help("write `https://`; on a network of your own, add `allow_private = true`");
        context.report(diagnostic);
        return None;
    }
    if secret.is_some() && media {
        let diagnostic = Diagnostic::error("recordings are fetched without a secret")
            .label(section.node("media")?.span(), "answers are kept as files")
            .help(
                "services hand out signed addresses for them: leave `secret` out of this grant \
                 and keep it in that of the API",
            );
        context.report(diagnostic);
        return None;
    }
    Some(HttpGrant {
        url,
        methods: methods.unwrap_or_else(|| vec!["GET".to_owned()]),
        secret,
        allow_private,
        rates: rates.unwrap_or_default(),
        ca,
        max_body,
        media,
        budget,
        price,
        parallel,
        span: section.node("url")?.span(),
    })
}

/// One rate, or several that all hold.
fn rates(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Vec<Rate>> {
    match node.get_ref() {
        DeValue::Array(_) => list(context, key, node, "an array of rates", rate),
        _ => rate(context, key, node).map(|rate| vec![rate]),
    }
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

fn url(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<String> {
    let written = text(context, key, node)?;
    match url_fault(&written) {
        None => Some(written),
        Some(fault) => {
            context.report(
                Diagnostic::error(format!("`{written}` cannot be granted"))
                    .label(node.span(), fault)
                    .help(key.usage()),
            );
            None
        }
    }
}

/// Why a text is no address pattern.
fn url_fault(written: &str) -> Option<&'static str> {
    let Some((_, rest)) =
        written.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http"))
    else {
        return Some("wants `https://` or `http://` first");
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("wants a host");
    }
    if host.contains('*') {
        return Some("`*` may stand in the path only: a host is granted by its whole name");
    }
    if host.contains('@') {
        return Some("a user name or password goes into `secret`");
    }
    if written.contains(['?', '#']) {
        return Some("wants no query: every query of a granted path is granted");
    }
    if path.trim_end_matches('*').contains('*') || path.ends_with("**") {
        return Some("`*` may stand at the end of the path only");
    }
    None
}

fn secret(context: &mut Context<'_>, node: &Node<'_>) -> Option<Secret> {
    let section = Section::open(context, "`secret`", SECRET_KEYS, node)?;
    let header = section.get(context, "header", text);
    let prefix = section.get(context, "prefix", text);
    let base64 = section.get(context, "base64", boolean);
    let env = section.get(context, "env", text).map(SecretOrigin::Env);
    let file = section.get(context, "file", |context, key, node| {
        let written = text(context, key, node)?;
        Some(SecretOrigin::File(context.resolve(&written)))
    });
    let command = section.get(context, "command", command).map(SecretOrigin::Command);
    let given = ["env", "file", "command"].iter().filter(|key| section.node(key).is_some()).count();
    if given != 1 {
        context.report(
            Diagnostic::error("`secret` comes from one of `env`, `file` and `command`")
                .label(node.span(), if given == 0 { "has none of them" } else { "has several" })
                .help("for example `env = \"EXAMPLE_API_KEY\"`"),
        );
        return None;
    }
    Some(Secret {
        header: header?,
        origin: env.or(file).or(command)?,
        prefix: prefix.unwrap_or_default(),
        base64: base64.unwrap_or_default(),
    })
}

/// A program and its arguments.
fn command(context: &mut Context<'_>, key: &Key, node: &Node<'_>) -> Option<Vec<String>> {
    let words = texts(context, key, node)?;
    if words.is_empty() {
        context.wrong_value(key, node, "a program and its arguments");
        return None;
    }
    Some(words)
}
