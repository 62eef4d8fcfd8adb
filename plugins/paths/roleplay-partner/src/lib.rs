//! Chats in which the model plays the prospect: `assistant` is the prospect, `user` the
//! seller, and the trainer learns from the prospect's words only.

mod cues;
mod dialogue;
mod episodes;
mod persona;
mod scenes;
mod windows;

use rehearsal_sdk::prelude::*;
use rehearsal_sdk::types;

use dialogue::{Exchange, exchanges};
use persona::Persona;

/// The plugin's table of pipeline.toml.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Most messages of an example, the system's not counted; longer calls give several.
    pub max_messages: u32,
    /// Most words of an example, the system's not counted.
    pub max_words: u32,
    /// Messages that a window repeats of the one before it, untrained, as context.
    pub overlap: u32,
    /// Fewest trained messages of an example.
    pub min_trained: u32,
    /// What is put before a prospect who speaks first.
    pub opener: String,
    /// Whether objections get examples of their own.
    pub episodes: bool,
    /// Whether each call gives a persona and a scenario to play.
    pub scenes: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_messages: 40,
            max_words: 1_500,
            overlap: 4,
            min_trained: 1,
            opener: "(The call begins.)".to_owned(),
            episodes: true,
            scenes: true,
        }
    }
}

/// Family of whole dialogues.
const DIALOGUE: &str = "dialogue";
/// Family of objections and what answers them.
const OBJECTION: &str = "objection";
/// Family of who is played.
const PERSONAS: &str = "personas";
/// Family of what is played.
const SCENARIOS: &str = "scenarios";

/// The path builder.
#[derive(Debug)]
pub struct RoleplayPartner {
    config: Config,
}

impl PathBuilder for RoleplayPartner {
    type Config = Config;
    const READS: &'static [&'static str] = &["objection"];
    const FAMILIES: &'static [&'static str] = &[DIALOGUE, OBJECTION, PERSONAS, SCENARIOS];

    fn new(config: Config) -> Result<Self> {
        if config.max_messages < 2 || config.overlap + 2 > config.max_messages {
            return Err(Error::permanent(format!(
                "config: `max_messages` is {} and `overlap` {}; a window needs room for two new messages",
                config.max_messages, config.overlap
            )));
        }
        if config.opener.trim().is_empty() {
            return Err(Error::permanent("config.opener is empty; trainers refuse empty messages"));
        }
        Ok(Self { config })
    }

    fn build(&self, call: &Call<'_>, annotations: &[Annotation]) -> Result<Vec<Example>> {
        for (role, side) in [(Role::Seller, "seller"), (Role::Prospect, "prospect")] {
            if !call.has_role(role) {
                log::debug(format!("{}: nobody is known to be the {side}", call.conversation().id));
                return Ok(Vec::new());
            }
        }
        let exchanges = exchanges(call);
        let persona = Persona::of(call, annotations);
        let mut examples: Vec<Example> = windows::windows(&self.config, &exchanges)
            .into_iter()
            .enumerate()
            .filter_map(|(index, window)| {
                let because = vec!["roleplay-partner.window@1".to_owned()];
                let chat = window.chat(&self.config, &persona);
                self.example(format!("{DIALOGUE}.{index}"), DIALOGUE, chat, &persona, because)
            })
            .collect();
        if self.config.episodes {
            examples.extend(
                episodes::episodes(&self.config, &exchanges, annotations).into_iter().filter_map(
                    |episode| {
                        let chat = episode.window.chat(&self.config, &persona);
                        let key = format!("{OBJECTION}.{}", episode.turn);
                        let mut example =
                            self.example(key, OBJECTION, chat, &persona, episode.because)?;
                        example.tags.push(("objection".to_owned(), episode.kind));
                        example.tags.sort();
                        Some(example)
                    },
                ),
            );
        }
        if self.config.scenes {
            examples.extend(scenes::scenes(&self.config, call, &exchanges, &persona));
        }
        Ok(examples)
    }
}

impl RoleplayPartner {
    /// An example of a chat; none where the trainer would learn too little from it.
    fn example(
        &self,
        key: String,
        family: &str,
        messages: Vec<Message>,
        persona: &Persona,
        mut because: Vec<String>,
    ) -> Option<Example> {
        let trained = messages.iter().filter(|message| message.train).count();
        if trained < self.config.min_trained.max(1) as usize {
            return None;
        }
        let mut turns: Vec<u32> =
            messages.iter().flat_map(|one| one.turns.iter().copied()).collect();
        turns.sort_unstable();
        turns.dedup();
        because.extend(persona.because.iter().cloned());
        let inserted = messages.iter().any(|one| one.role == Speaker::User && one.turns.is_empty());
        let tags = vec![
            ("inserted_opener".to_owned(), inserted.to_string()),
            ("trained_messages".to_owned(), trained.to_string()),
        ];
        let body = types::Body::Chat(Chat { messages });
        Some(Example { key, family: family.to_owned(), body, turns, because, tags })
    }
}

/// A message of the seller's or the prospect's words.
fn message(exchange: &Exchange, train: bool) -> Message {
    Message {
        role: exchange.speaker,
        content: exchange.text.clone(),
        train,
        turns: exchange.turns.clone(),
    }
}

rehearsal_sdk::export_path_builder!(RoleplayPartner);
