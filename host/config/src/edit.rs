//! Changes to a pipeline file that leave everything else as its author wrote it: order,
//! comments, blank lines, the way values are written.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value};

use crate::{Interface, StageKind};

/// A stage to be written into a file.
#[derive(Debug)]
pub struct NewStage {
    /// Which section.
    pub kind: StageKind,
    /// What it is called.
    pub id: String,
    /// The value of `plugin`.
    pub plugin: String,
    /// What stands above it, one line.
    pub comment: String,
    /// The keys of `config`, as TOML: `languages = ["en"]`.
    pub config: Option<String>,
    /// What it may see, with the value that says so, as TOML: `true`, `"examples/calls"`.
    pub grants: Vec<(Interface, String)>,
}

/// Why a file cannot be changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It is not TOML.
    #[error("it is not TOML: {0}")]
    Syntax(String),
    /// Something that goes into it is not TOML.
    #[error("`{text}` is not TOML: {problem}")]
    Value {
        /// As it was given.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Its stages stand in a list on one line.
    #[error("`{0}` is a list in brackets; write its stages as sections `[[{0}]]`")]
    Inline(&'static str),
    /// The settings of a stage are no table.
    #[error("`config` of the `[[{section}]]` `{id}` is no table")]
    Config {
        /// The section.
        section: &'static str,
        /// The id.
        id: String,
    },
    /// There is no such stage.
    #[error("no `[[{section}]]` has the id `{id}`")]
    NoStage {
        /// The section.
        section: &'static str,
        /// The id.
        id: String,
    },
}

/// The text of a file with one stage more, after the others of its kind.
///
/// # Errors
/// The file or a value of the stage is not TOML, or the file is written in a way that
/// has no place for it.
pub fn add_stage(text: &str, stage: &NewStage) -> Result<String, EditError> {
    let mut document = parse(text)?;
    let section = stage.kind.section();
    let table = table_of(stage)?;
    let entry =
        document.entry(section).or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    match entry {
        Item::ArrayOfTables(tables) => tables.push(table),
        _ => return Err(EditError::Inline(section)),
    }
    Ok(document.to_string())
}

/// The text of a file without a stage and without the comment right above it. A comment
/// with a blank line below it is about more than the stage, and stays.
///
/// # Errors
/// The file is not TOML, or has no such stage.
pub fn remove_stage(text: &str, kind: StageKind, id: &str) -> Result<String, EditError> {
    let mut document = parse(text)?;
    let section = kind.section();
    let (tables, at) = find(&mut document, section, id)?;
    let removed = tables.get(at).cloned().unwrap_or_default();
    tables.remove(at);
    if tables.is_empty() {
        document.remove(section);
    }
    let above = prefix(&removed);
    if let Some((kept, _)) = above.rsplit_once("\n\n").filter(|(kept, _)| kept.contains('#')) {
        keep(&mut document, &removed, &format!("{kept}\n"));
    }
    Ok(document.to_string())
}

/// The text of a file with a key of a stage's `config` set, as TOML: `["en"]`.
///
/// # Errors
/// The file or the value is not TOML, or the file has no such stage.
pub fn set_config(
    text: &str,
    kind: StageKind,
    id: &str,
    key: &str,
    value: &str,
) -> Result<String, EditError> {
    let mut document = parse(text)?;
    let section = kind.section();
    let none = || EditError::NoStage { section, id: id.to_owned() };
    let (tables, at) = find(&mut document, section, id)?;
    let stage = tables.get_mut(at).ok_or_else(none)?;
    let config = stage.entry("config").or_insert_with(|| Item::Table(dotted()));
    let config = config.as_table_like_mut();
    let config = config.ok_or_else(|| EditError::Config { section, id: id.to_owned() })?;
    config.insert(key, toml_edit::value(parse_value(value)?));
    Ok(document.to_string())
}

/// The stages of a section, and the place of one among them.
fn find<'a>(
    document: &'a mut DocumentMut,
    section: &'static str,
    id: &str,
) -> Result<(&'a mut ArrayOfTables, usize), EditError> {
    let none = || EditError::NoStage { section, id: id.to_owned() };
    let Some(item) = document.get_mut(section) else { return Err(none()) };
    let Item::ArrayOfTables(tables) = item else { return Err(EditError::Inline(section)) };
    let named = |table: &Table| table.get("id").and_then(Item::as_str) == Some(id);
    let at = tables.iter().position(named).ok_or_else(none)?;
    Ok((tables, at))
}

fn parse_value(text: &str) -> Result<Value, EditError> {
    text.parse().map_err(|error: toml_edit::TomlError| EditError::Value {
        text: text.to_owned(),
        problem: error.message().to_owned(),
    })
}

/// A table without a header, whose keys are written `grant.audio = true`.
fn dotted() -> Table {
    let mut table = Table::new();
    table.set_dotted(true);
    table
}

fn parse(text: &str) -> Result<DocumentMut, EditError> {
    text.parse().map_err(|error: toml_edit::TomlError| EditError::Syntax(error.to_string()))
}

fn table_of(stage: &NewStage) -> Result<Table, EditError> {
    let mut table = Table::new();
    table.insert("id", toml_edit::value(&stage.id));
    table.insert("plugin", toml_edit::value(&stage.plugin));
    if let Some(config) = &stage.config {
        let keys: DocumentMut = config.parse().map_err(|error: toml_edit::TomlError| {
            EditError::Value { text: config.clone(), problem: error.message().to_owned() }
        })?;
        let mut inline = keys.as_table().clone().into_inline_table();
        inline.fmt();
        table.insert("config", toml_edit::value(inline));
    }
    if !stage.grants.is_empty() {
        let mut grant = dotted();
        for (interface, written) in &stage.grants {
            grant.insert(interface.name(), toml_edit::value(parse_value(written)?));
        }
        table.insert("grant", Item::Table(grant));
    }
    let comment: String = stage.comment.split_whitespace().collect::<Vec<_>>().join(" ");
    table.decor_mut().set_prefix(format!("\n# {comment}\n"));
    Ok(table)
}

/// What stands above a table: blank lines and comments.
fn prefix(table: &Table) -> String {
    let above = table.decor().prefix().and_then(|prefix| prefix.as_str());
    above.unwrap_or_default().to_owned()
}

/// Puts a comment before whatever followed a table that was removed.
fn keep(document: &mut DocumentMut, removed: &Table, comment: &str) {
    let after = last_position(removed);
    let mut next = None;
    positions(document.as_table(), &mut |position| {
        if position > after && next.is_none_or(|best| position < best) {
            next = Some(position);
        }
    });
    match next.and_then(|position| table_at(document.as_table_mut(), position)) {
        Some(table) => {
            let whole = format!("{comment}{}", prefix(table));
            table.decor_mut().set_prefix(whole);
        }
        None => {
            let trailing = document.trailing().as_str().unwrap_or_default();
            let whole = format!("{comment}{trailing}");
            document.set_trailing(whole);
        }
    }
}

fn last_position(table: &Table) -> isize {
    let mut last = table.position().unwrap_or_default();
    positions(table, &mut |position| last = last.max(position));
    last
}

/// The places of all tables below one, as the file has them.
fn positions(table: &Table, tell: &mut dyn FnMut(isize)) {
    for below in below(table) {
        if let Some(position) = below.position() {
            tell(position);
        }
        positions(below, tell);
    }
}

fn below(table: &Table) -> Vec<&Table> {
    let mut all = Vec::new();
    for (_, item) in table.iter() {
        match item {
            Item::Table(one) => all.push(one),
            Item::ArrayOfTables(several) => all.extend(several.iter()),
            Item::None | Item::Value(_) => {}
        }
    }
    all
}

fn table_at(table: &mut Table, position: isize) -> Option<&mut Table> {
    for (_, item) in table.iter_mut() {
        let below: Vec<&mut Table> = match item {
            Item::Table(one) => vec![one],
            Item::ArrayOfTables(several) => several.iter_mut().collect(),
            Item::None | Item::Value(_) => Vec::new(),
        };
        for one in below {
            // A table made by dotted keys has no header, so nothing stands above it.
            if one.position() == Some(position) && !one.is_dotted() {
                return Some(one);
            }
            if let Some(found) = table_at(one, position) {
                return Some(found);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_a_stage_s_settings_is_set_wherever_they_stand() {
        let whole = |kind, id| set_config(FILE, kind, id, "y", "[\"a\"]").unwrap();
        let in_a_table = whole(StageKind::Extractor, "one");
        assert_eq!(in_a_table, FILE.replace("x = [ 1,2 ]\n", "x = [ 1,2 ]\ny = [\"a\"]\n"));
        let fresh = whole(StageKind::Extractor, "two");
        let two = "plugin = \"objections\"\n";
        assert_eq!(fresh, FILE.replace(two, &format!("{two}config.y = [\"a\"]\n")));
        let again = set_config(&fresh, StageKind::Extractor, "two", "y", "[]").unwrap();
        assert_eq!(again, fresh.replace("[\"a\"]", "[]"));
        let inline = "[[path]]\nid = \"p\"\nconfig = { x = 1 } # one\n";
        let set = set_config(inline, StageKind::Path, "p", "y", "2").unwrap();
        assert_eq!(set, inline.replace("x = 1 }", "x = 1 , y = 2 }"));
        let none = set_config(FILE, StageKind::Path, "q", "y", "2").unwrap_err();
        assert_eq!(none.to_string(), "no `[[path]]` has the id `q`");
        let not_toml = set_config(FILE, StageKind::Path, "p", "y", "[").unwrap_err();
        assert!(not_toml.to_string().starts_with("`[` is not TOML"), "{not_toml}");
        let odd = inline.replace("{ x = 1 }", "1");
        let no_table = set_config(&odd, StageKind::Path, "p", "y", "2").unwrap_err();
        assert_eq!(no_table.to_string(), "`config` of the `[[path]]` `p` is no table");
    }

    const FILE: &str = "\
# My pipeline.

[pipeline]
name   =   \"demo\"   # odd spaces are the author's

# ---- What is found ----

# One.
[[extractor]]
id = \"one\"
plugin = 'nepq'
  [extractor.config]
  x = [ 1,2 ]

# Two.
[[extractor]]
id = \"two\"
plugin = \"objections\"

# ---- What is made ----

[[path]]
id = \"p\"
plugin = \"roleplay-partner\"
split = { train = 0.8, validation = 0.1, test = 0.1 }

# The end.
";

    fn stage(kind: StageKind) -> NewStage {
        NewStage {
            kind,
            id: "mine".to_owned(),
            plugin: "./plugins/mine.wasm".to_owned(),
            comment: "mine 1.0.0:\nfinds things".to_owned(),
            config: Some("languages = [\"en\"]\nlimit = 3".to_owned()),
            grants: vec![
                (Interface::Audio, "true".to_owned()),
                (Interface::Files, "\"calls\"".to_owned()),
            ],
        }
    }

    const MINE: &str = "
# mine 1.0.0: finds things
[[extractor]]
id = \"mine\"
plugin = \"./plugins/mine.wasm\"
config = { languages = [\"en\"], limit = 3 }
grant.audio = true
grant.files = \"calls\"
";

    #[test]
    fn a_stage_is_added_after_its_kind_and_nothing_else_moves() {
        let edited = add_stage(FILE, &stage(StageKind::Extractor)).expect("it is added");
        assert_eq!(edited.replacen(MINE, "", 1), FILE, "{edited}");
        let two = edited.find("plugin = \"objections\"").expect("it stays");
        let mine = edited.find(MINE).expect("it is there");
        let made = edited.find("# ---- What is made").expect("it stays");
        assert!(two < mine && mine < made, "{edited}");
        assert_eq!(
            remove_stage(&edited, StageKind::Extractor, "mine").as_deref(),
            Ok(FILE),
            "what was added can be taken away"
        );
    }

    #[test]
    fn a_first_stage_of_its_kind_is_added_too() {
        let edited = add_stage(FILE, &stage(StageKind::Validator)).expect("it is added");
        let mine = MINE.replace("extractor", "validator");
        assert_eq!(edited.replacen(&mine, "", 1), FILE, "{edited}");
    }

    #[test]
    fn a_stage_goes_with_its_comment_and_headings_stay() {
        let edited = remove_stage(FILE, StageKind::Extractor, "one").expect("it is removed");
        assert!(!edited.contains("# One.") && !edited.contains("[extractor.config]"), "{edited}");
        let heading = edited.find("# ---- What is found").expect("it stays");
        assert!(heading < edited.find("# Two.").expect("it stays"), "{edited}");
        let edited = remove_stage(&edited, StageKind::Extractor, "two").expect("it is removed");
        assert!(edited.contains("# ---- What is found") && !edited.contains("extractor"));
        let edited = remove_stage(&edited, StageKind::Path, "p").expect("it is removed");
        for kept in ["# My pipeline.", "odd spaces", "# ---- What is made", "# The end."] {
            assert!(edited.contains(kept), "{kept}: {edited}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_told() {
        assert!(matches!(
            remove_stage(FILE, StageKind::Source, "one"),
            Err(EditError::NoStage { section: "source", .. })
        ));
        let inline = "extractor = [{ id = \"a\", plugin = \"nepq\" }]\n";
        let mine = stage(StageKind::Extractor);
        assert_eq!(add_stage(inline, &mine), Err(EditError::Inline("extractor")));
        assert!(matches!(add_stage("[", &mine), Err(EditError::Syntax(_))));
        let wrong = NewStage { config: Some("x =".to_owned()), ..mine };
        assert!(matches!(add_stage(FILE, &wrong), Err(EditError::Value { .. })));
    }
}
