//! Rows to train on, and where each came from.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{ConversationId, ParseIdError};

/// Who speaks in a chat row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    /// Sets the scene.
    System,
    /// The human at the keyboard: on the roleplay path, the seller.
    User,
    /// The model: on the roleplay path, the prospect.
    Assistant,
}

/// One message of a chat row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Speaker,
    /// What.
    pub content: String,
    /// Whether the trainer learns from its tokens.
    pub train: bool,
    /// Turns that it was made of; empty where it was put in.
    pub turns: Vec<u32>,
}

/// What a row holds, as `variant body` in `wit/path-builder.wit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A dialogue to be continued.
    Chat {
        /// In order.
        messages: Vec<Message>,
    },
    /// Two answers, one better.
    Preference {
        /// What came before.
        prompt: Vec<Message>,
        /// The better answer.
        chosen: Message,
        /// The other.
        rejected: Message,
    },
    /// A text and its class.
    LabelledText {
        /// The text.
        text: String,
        /// Its class.
        label: String,
        /// What is classified.
        task: String,
    },
    /// What a coach would say, as JSON.
    Critique {
        /// What the coach sees.
        prompt: Vec<Message>,
        /// What the coach says.
        completion: String,
    },
}

impl Body {
    /// All messages of the row, in order.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        let (many, pair) = match self {
            Self::Chat { messages } => (messages.as_slice(), [None, None]),
            Self::Preference { prompt, chosen, rejected } => {
                (prompt.as_slice(), [Some(chosen), Some(rejected)])
            }
            Self::LabelledText { .. } => (&[][..], [None, None]),
            Self::Critique { prompt, .. } => (prompt.as_slice(), [None, None]),
        };
        many.iter().chain(pair.into_iter().flatten())
    }
}

/// One training example, as `record example` in `wit/path-builder.wit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// Unique within conversation and path.
    pub key: String,
    /// Family on disk.
    pub family: String,
    /// The row.
    pub body: Body,
    /// Turns that it rests on, ascending.
    pub turns: Vec<u32>,
    /// Rules and annotations that chose it.
    pub because: Vec<String>,
    /// Further columns, sorted by key.
    pub tags: Vec<(String, String)>,
}

/// Names an example: `PATH/CONVERSATION/KEY`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExampleId {
    /// The path's id in pipeline.toml.
    pub path: String,
    /// The call.
    pub conversation: ConversationId,
    /// [`Example::key`].
    pub key: String,
}

impl fmt::Display for ExampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.path, self.conversation, self.key)
    }
}

impl FromStr for ExampleId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let mut parts = text.splitn(3, '/');
        let (path, conversation, key) =
            (parts.next(), parts.next().unwrap_or_default(), parts.next());
        Ok(Self {
            path: path.unwrap_or_default().to_owned(),
            conversation: conversation.parse()?,
            key: key.unwrap_or_default().to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_example_id_survives_slashes_in_its_key() {
        let id = ExampleId {
            path: "roleplay".into(),
            conversation: ConversationId::new("s", "e", ""),
            key: "episode/3".into(),
        };
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}
