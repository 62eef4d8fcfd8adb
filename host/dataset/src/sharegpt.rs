//! Rows as LLaMA-Factory's ShareGPT form: one list of turns, the system message beside
//! it, answers to choose from as single turns.

use std::borrow::Cow;

use crate::form::Form;
use crate::schema::{Cell, Field, Type};

/// The columns in this form; none for rows that are no dialogue.
pub(crate) fn schema(form: Form) -> Option<Vec<Field>> {
    let turn = || {
        vec![
            Field::new("from", Type::Text, "human or gpt"),
            Field::new("value", Type::Text, "what is said"),
        ]
    };
    let mut fields = vec![
        Field::new("conversations", Type::records(turn()), "turns in order"),
        Field::new("system", Type::Text, "what sets the scene"),
    ];
    match form {
        Form::Conversation | Form::Labelled => return None,
        Form::Chat | Form::Critique => {}
        Form::Preference => {
            fields.push(Field::new("chosen", Type::Record(turn()), "the better answer"));
            fields.push(Field::new("rejected", Type::Record(turn()), "the worse answer"));
        }
        Form::Feedback => fields.push(Field::new("label", Type::Flag, "whether it is good")),
    }
    Some(fields)
}

/// A row of [`crate::row`] in this form.
pub(crate) fn row<'a>(form: Form, row: &[Cell<'a>]) -> Vec<Cell<'a>> {
    let list = |at: usize| match row.get(at) {
        Some(Cell::List(cells)) => cells.as_slice(),
        _ => &[],
    };
    let mut messages: Vec<&Cell<'a>> = list(1).iter().collect();
    if matches!(form, Form::Critique | Form::Feedback) {
        messages.extend(list(2));
    }
    let system: Vec<&str> =
        messages.iter().filter_map(|one| said(one, "system")).map(|content| &**content).collect();
    let system = if system.is_empty() { Cell::text("") } else { Cell::owned(system.join("\n\n")) };
    let mut cells = vec![Cell::List(messages.iter().filter_map(|one| turn(one)).collect()), system];
    match form {
        Form::Preference => {
            cells.extend([2, 3].map(|at| list(at).first().and_then(turn).unwrap_or(Cell::Null)));
        }
        Form::Feedback => cells.extend(row.get(3).cloned()),
        Form::Conversation | Form::Chat | Form::Critique | Form::Labelled => {}
    }
    cells
}

fn said<'b, 'a>(message: &'b Cell<'a>, by: &str) -> Option<&'b Cow<'a, str>> {
    match message {
        Cell::Record(parts) => match (parts.first(), parts.get(1)) {
            (Some(Cell::Text(role)), Some(Cell::Text(content))) if role == by => Some(content),
            _ => None,
        },
        _ => None,
    }
}

fn turn<'a>(message: &Cell<'a>) -> Option<Cell<'a>> {
    [("user", "human"), ("assistant", "gpt")].into_iter().find_map(|(role, from)| {
        let content = said(message, role)?;
        Some(Cell::Record(vec![Cell::text(from), Cell::Text(content.clone())]))
    })
}
