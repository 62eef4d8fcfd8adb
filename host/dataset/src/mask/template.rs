//! Chat templates of the common model families, written from their published form.

use minijinja::{Environment, Error, ErrorKind, Value, context};
use rehearsal_model::Speaker;

use crate::row::role;

const SOURCES: [(&str, &str); 5] = [
    ("chatml", include_str!("templates/chatml.jinja")),
    ("llama-3", include_str!("templates/llama-3.jinja")),
    ("mistral", include_str!("templates/mistral.jinja")),
    ("gemma", include_str!("templates/gemma.jinja")),
    ("zephyr", include_str!("templates/zephyr.jinja")),
];

/// The templates, compiled.
pub(super) struct Templates {
    environment: Environment<'static>,
}

impl Templates {
    pub(super) fn new() -> Self {
        let mut environment = Environment::new();
        // The name under which the templates of models refuse a dialogue.
        environment.add_function("raise_exception", |why: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, why))
        });
        for (name, source) in SOURCES {
            environment
                .add_template(name, source)
                .expect("the templates of this crate are well-formed");
        }
        Self { environment }
    }

    /// Shows that in every template each trained message adds a part of its own to the
    /// text, with nothing in it that another message said.
    pub(super) fn prove(&self, shape: &[(Speaker, bool)]) -> Result<(), String> {
        for (name, _) in SOURCES {
            self.prove_in(name, shape).map_err(|why| format!("{name}: {why}"))?;
        }
        Ok(())
    }

    fn prove_in(&self, name: &str, shape: &[(Speaker, bool)]) -> Result<(), String> {
        let whole = self.render(name, shape, false)?;
        for (index, _) in shape.iter().enumerate().filter(|(_, (_, train))| *train) {
            let before = self.render(name, &shape[..index], true)?;
            let after = self.render(name, &shape[..=index], false)?;
            if !whole.starts_with(&after) {
                return Err(format!("what follows message {index} changes what is before it"));
            }
            let Some(learned) = after.strip_prefix(&before) else {
                return Err(format!("message {index} does not begin where its prompt ends"));
            };
            for other in 0..shape.len() {
                if learned.contains(&mark(other)) != (other == index) {
                    return Err(format!("learning message {index} goes wrong at message {other}"));
                }
            }
        }
        Ok(())
    }

    fn render(
        &self,
        name: &str,
        shape: &[(Speaker, bool)],
        add_generation_prompt: bool,
    ) -> Result<String, String> {
        let messages: Vec<Value> = shape
            .iter()
            .enumerate()
            .map(
                |(index, (speaker, _))| context! { role => role(*speaker), content => mark(index) },
            )
            .collect();
        self.environment
            .get_template(name)
            .and_then(|template| {
                template.render(context! { messages, add_generation_prompt, bos_token => "<s>", eos_token => "</s>" })
            })
            .map_err(|error| error.detail().unwrap_or("it cannot be rendered").to_owned())
    }
}

/// Stands for what is said in a message; no mark is part of another.
fn mark(index: usize) -> String {
    format!("\u{e000}{index}\u{e001}")
}
