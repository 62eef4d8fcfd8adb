//! The commands that the book shows. Each is one that the program has, with options that it
//! has; those on operations and security are run in their order.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rehearsal_tests::{Outcome, Project, binary, invented_call, outcome, plugin};

use crate::links::pages;
use crate::snippets::blocks;
use crate::{docs, page, plugins, rehearsal};

/// Lines of the blocks of a shell, without comments, with their continuations.
fn lines(text: &str) -> Vec<String> {
    let shells = ["sh", "console"].iter().flat_map(|language| blocks(text, language));
    let shells: Vec<String> = shells.map(|(_, block)| block.replace("\\\n", " ")).collect();
    let lines = shells.iter().flat_map(|block| block.lines());
    lines
        .map(|line| line.strip_prefix("$ ").unwrap_or(line))
        .map(|line| line.split(" # ").next().unwrap_or(line).trim().to_owned())
        .filter(|line| line.contains("rehearsal "))
        .collect()
}

/// What is wrong with a command, held to what `--help` says.
fn mistake(command: &str, known: &mut BTreeMap<Vec<String>, String>) -> Option<String> {
    let mut words = command.split_whitespace().skip(1).peekable();
    let mut path: Vec<String> = Vec::new();
    let mut help = |path: &[String]| {
        let ask = || {
            let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
            arguments.push("--help");
            rehearsal(&arguments)
        };
        known.entry(path.to_vec()).or_insert_with(ask).clone()
    };
    let mut text = help(&path);
    while let Some(word) = words.peek() {
        if !plugins::commands(&text).iter().any(|name| name == word) {
            break;
        }
        path.push((*word).to_owned());
        text = help(&path);
        let _ = words.next();
    }
    if path.is_empty() {
        return Some("there is no such command".to_owned());
    }
    let mut options =
        words.map(|word| word.trim_matches(['[', ']'])).filter(|w| w.starts_with("--"));
    options.find(|option| !text.contains(option)).map(|option| format!("it has no {option}"))
}

#[test]
fn every_command_is_one_and_has_the_options_that_it_is_shown_with() {
    let mut known = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut seen = 0;
    let readme = std::iter::once(PathBuf::from("../README.md"));
    for name in pages().into_iter().filter(|path| !path.starts_with("research")).chain(readme) {
        let text = fs::read_to_string(docs().join(&name)).expect("a page");
        for line in lines(&text) {
            let parts = line.split(['|', '&', ';', '(']).map(str::trim);
            let parts = parts.map(|part| part.strip_prefix("target/debug/").unwrap_or(part));
            for command in parts.filter(|part| part.starts_with("rehearsal ")) {
                seen += 1;
                let mistake = mistake(command.trim_end_matches(')'), &mut known);
                wrong.extend(mistake.map(|why| format!("{}: `{command}`: {why}", name.display())));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 60, "{seen}");
}

#[test]
fn completions_and_the_manual_know_every_command() {
    let commands = plugins::commands(&rehearsal(&["--help"]));
    assert!(commands.len() > 20, "{commands:?}");
    let mut texts: Vec<(String, String)> = ["bash", "zsh", "fish", "powershell", "elvish"]
        .map(|shell| (shell.to_owned(), rehearsal(&["completions", shell])))
        .into();
    // As roff writes hyphens.
    texts.push(("man".to_owned(), rehearsal(&["man"]).replace("\\-", "-")));
    for (what, text) in texts {
        let missing: Vec<&String> = commands.iter().filter(|name| !text.contains(*name)).collect();
        assert!(missing.is_empty(), "{what} knows nothing of {missing:?}");
    }
}

/// Three calls: an ordinary one, one that makes a plugin crash, and one with a name.
fn project() -> Project {
    let project = Project::new(&format!(
        "[pipeline]\nname = \"operated\"\n\
         [[source]]\nid = \"texts\"\nplugin = \"transcripts\"\ngrant.files = \"texts\"\n\
         [[extractor]]\nid = \"stranger\"\nplugin = \"{}\"\ngrant.audio = true\n\
         grant.http = [{{ url = \"https://nowhere.invalid/\" }}]\n\
         config = {{ attack = \"panic\", when = \"margaret\" }}\n\
         [[path]]\nid = \"roleplay\"\nplugin = \"roleplay-partner\"\n",
        plugin("evil/evil-extractor").display()
    ));
    project.write("texts/good.txt", invented_call(1, 12));
    project.write("texts/bad.txt", format!("{}Rep: margaret?\n", invented_call(2, 12)));
    project.write("texts/named.txt", "Rep: Who speaks?\nAda Lovelace: I do, as you know.\n");
    project
}

/// Runs a line of a page with what stands in it for something of one's own.
fn run(project: &Project, line: &str, own: &[(&str, &str)]) -> Outcome {
    let line = own.iter().fold(line.to_owned(), |line, (name, own)| line.replace(name, own));
    let programs = binary().parent().map(Path::to_owned).expect("a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::iter::once(programs).chain(std::env::split_paths(&path));
    let output = Command::new("sh")
        .args(["-ec", &line])
        .current_dir(project.path())
        .env("PATH", std::env::join_paths(path).expect("names without colons"))
        .output();
    println!("$ {line}");
    outcome(output.expect("a shell"))
}

#[test]
fn the_page_on_operations_works_as_it_stands() {
    let project = project();
    let _ = project.run(&["run"]).expect(3);
    let letters = project.run(&["dead-letters", "--json"]).expect(0).json();
    let id = letters[0]["id"].as_str().expect("an id").to_owned();
    let other = tempfile::tempdir().expect("another disk");
    let other = other.path().display().to_string();
    let own = [
        ("[ID] [--plugin STAGE]", "ID --plugin stranger"),
        (" ID", &format!(" {id}")),
        ("/mnt/other", &other),
        ("NAME", "'Ada Lovelace'"),
    ];
    let shown: Vec<String> = blocks(&page("operations.md"), "sh")
        .iter()
        .flat_map(|(_, block)| block.lines().map(str::to_owned).collect::<Vec<_>>())
        .collect();
    assert!(shown.len() > 10, "{shown:?}");
    for line in shown {
        let line = line.split(" # ").next().unwrap_or_default().trim();
        // What is brought back was lost.
        if line.starts_with("cp ") {
            fs::remove_dir_all(project.path().join(".rehearsal")).expect("a workspace");
            fs::create_dir(project.path().join(".rehearsal")).expect("a folder");
        }
        let fails_again = ["rehearsal replay", "rehearsal retry", "rehearsal run"];
        let code = if fails_again.iter().any(|start| line.starts_with(start)) { 3 } else { 0 };
        let _ = run(&project, line, &own).expect(code);
    }
}

#[test]
fn the_page_on_security_works_as_it_stands() {
    let project = project();
    let _ = project.run(&["run"]).expect(3);
    for line in lines(&page("security.md")) {
        let _ = run(&project, &line, &[]).expect(0);
    }
}
