//! Chats: any log of JSON lines with `messages`.

use serde::Deserialize;
use serde_json::Value;

/// One chat.
#[derive(Debug, Clone, PartialEq)]
pub struct Chat {
    /// Its line in the log, from 1.
    pub line: usize,
    /// In order.
    pub messages: Vec<Message>,
    /// What the log says of who is played, as the `personas` rows of a data set have it:
    /// `name`, `company`, `objections`. A persona in the system message needs none.
    pub persona: Option<Value>,
}

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Speaker {
    /// Sets the scene.
    #[serde(alias = "developer")]
    System,
    /// The seller.
    #[serde(alias = "human")]
    User,
    /// The prospect: the model, or the person it learns from.
    #[serde(alias = "gpt", alias = "model")]
    Assistant,
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Who.
    pub speaker: Speaker,
    /// What.
    pub text: String,
    /// Whether it is somebody's own: data sets hold answers that are there as context.
    pub counts: bool,
}

/// A line that is no chat. The other lines are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatError {
    /// From 1.
    pub line: usize,
    /// What is wrong.
    pub problem: String,
}

impl std::fmt::Display for ChatError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.problem)
    }
}

impl std::error::Error for ChatError {}

#[derive(Deserialize)]
struct Line {
    #[serde(alias = "conversations")]
    messages: Vec<Written>,
    #[serde(default)]
    persona: Option<Value>,
    #[serde(default)]
    system: Option<String>,
}

#[derive(Deserialize)]
struct Written {
    #[serde(alias = "from")]
    role: Speaker,
    #[serde(alias = "value", alias = "text")]
    content: String,
    #[serde(default = "yes")]
    train: bool,
}

const fn yes() -> bool {
    true
}

impl Chat {
    /// The prospect's own messages with their places.
    pub fn answers(&self) -> impl Iterator<Item = (usize, &str)> {
        let own = |message: &Message| message.speaker == Speaker::Assistant && message.counts;
        self.messages
            .iter()
            .enumerate()
            .filter(move |(_, message)| own(message))
            .map(|(at, message)| (at, message.text.as_str()))
    }

    /// All that sets the scene.
    #[must_use]
    pub fn scene(&self) -> String {
        let system = self.messages.iter().filter(|message| message.speaker == Speaker::System);
        system.map(|message| message.text.as_str()).collect::<Vec<_>>().join(" ")
    }
}

/// Reads a log: `{"messages":[{"role":"user","content":"…"},…]}` a line, or ShareGPT's
/// `conversations` with `from` and `value`. Lines that cannot be used are told.
#[must_use]
pub fn read_chats(text: &str) -> (Vec<Chat>, Vec<ChatError>) {
    let (mut chats, mut errors) = (Vec::new(), Vec::new());
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match serde_json::from_str::<Line>(line) {
            Ok(read) => chats.push(chat(index + 1, read)),
            Err(error) => {
                let problem = format!("{error}; `messages` with `role` and `content` are expected");
                errors.push(ChatError { line: index + 1, problem });
            }
        }
    }
    (chats, errors)
}

fn chat(line: usize, read: Line) -> Chat {
    let scene = read.system.map(|text| Message { speaker: Speaker::System, text, counts: false });
    let said = read.messages.into_iter().map(|one| Message {
        speaker: one.role,
        text: one.content,
        counts: one.train,
    });
    Chat { line, messages: scene.into_iter().chain(said).collect(), persona: read.persona }
}
