//! What is classified: the tasks of the feedback path.

/// A task of labelled rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Task {
    /// As rows name it.
    pub(crate) name: String,
    /// The annotation that its classes are of, as experts' verdicts name it. It is never
    /// among the facts that a classifier sees.
    pub(crate) annotation: String,
    /// Several classes can hold at once.
    pub(crate) several: bool,
    /// A call is judged and not a turn.
    pub(crate) whole: bool,
}

/// Tasks whose annotation has another name: task, annotation, several.
const KNOWN: [(&str, &str, bool); 5] = [
    ("nepq_type", "nepq", false),
    ("technique", "technique", true),
    ("objection_type", "objection", false),
    ("objection_handling", "objection_move", false),
    ("active_listening", "listening", true),
];

/// Rows of checks of the rubric are of this task and the check's id.
pub(crate) const CHECK: &str = "check.";
/// Rows of the level of a whole call.
pub(crate) const LEVEL: &str = "skill_level";
/// The class of what has none.
pub(crate) const NONE: &str = "none";

impl Task {
    pub(crate) fn of(name: &str, annotation: Option<&str>) -> Self {
        let known = KNOWN.iter().find(|(task, _, _)| *task == name);
        Self {
            name: name.to_owned(),
            annotation: annotation
                .or(known.map(|(_, annotation, _)| *annotation))
                .unwrap_or(name)
                .to_owned(),
            several: known.is_some_and(|(_, _, several)| *several),
            whole: name == LEVEL || name.starts_with(CHECK),
        }
    }
}
