//! "Did you mean": the known name that a mistyped one stands for.

/// The candidate nearest to `name`, where one is near enough to be what was meant.
pub(crate) fn closest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let name = fold(name);
    // A third of the letters wrong is still a typing mistake; more is another word.
    let tolerance = (name.chars().count() / 3).max(1);
    candidates
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(&name, &fold(candidate)), *candidate))
        .filter(|(distance, _)| *distance <= tolerance)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Help for an unknown name: the one that was meant, or all that there are.
pub(crate) fn help(name: &str, known: &[&str]) -> String {
    match closest(name, known) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => "nothing can stand here: remove it".to_owned(),
        None => format!("known here: {}", enumerate(known)),
    }
}

/// `a`, `b` and `c`, each in backquotes.
pub(crate) fn enumerate(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// Case and the choice of separator are never what was meant.
fn fold(name: &str) -> String {
    name.to_lowercase().replace('_', "-")
}
