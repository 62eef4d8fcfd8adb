//! JSON with errors that say where.

use rehearsal_sdk::prelude::{Deserialize, Error, Result};
use serde::de::DeserializeOwned;

/// Parses a text that starts at `line` of the file `name`.
///
/// # Errors
/// What is wrong, as `name:line:column: …`.
pub fn parse<T: DeserializeOwned>(name: &str, line: u32, bytes: &[u8]) -> Result<T> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).map_err(|error| {
        let message = error.to_string();
        let what = message.split(" at line ").next().unwrap_or_default();
        let line = line as usize + error.line().saturating_sub(1);
        Error::invalid(format!("{name}:{line}:{}: {what}", error.column()))
    })
}

/// A list whose elements are read one by one, so that one of them that makes no sense
/// costs itself: what it is, or what is wrong with it.
#[derive(Debug)]
pub struct Each<T>(pub Vec<Result<T, String>>);

impl<T> Default for Each<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Each<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Elements<T>(std::marker::PhantomData<T>);
        impl<'de, T: DeserializeOwned> serde::de::Visitor<'de> for Elements<T> {
            type Value = Each<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(
                self,
                mut list: A,
            ) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(value) = list.next_element::<serde_json::Value>()? {
                    all.push(T::deserialize(value).map_err(|error| error.to_string()));
                }
                Ok(Each(all))
            }
        }
        deserializer.deserialize_seq(Elements(std::marker::PhantomData))
    }
}

/// Milliseconds of seconds; none for what is no time of a call.
#[must_use]
pub fn ms(seconds: f64) -> Option<u32> {
    let ms = (seconds * 1_000.0).round();
    (0.0..=f64::from(u32::MAX)).contains(&ms).then_some(ms as u32)
}

/// A probability as a confidence.
#[must_use]
pub fn confidence(value: f64) -> Option<f32> {
    (0.0..=1.0).contains(&value).then_some(value as f32)
}

/// A number that some exporters write as a string.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(from = "LooseForm")]
pub struct Loose(pub Option<f64>);

#[derive(Deserialize)]
#[serde(untagged)]
enum LooseForm {
    Number(f64),
    Text(String),
    Other(serde::de::IgnoredAny),
}

impl From<LooseForm> for Loose {
    fn from(form: LooseForm) -> Self {
        Self(match form {
            LooseForm::Number(number) => Some(number),
            LooseForm::Text(text) => text.trim().parse().ok(),
            LooseForm::Other(_) => None,
        })
    }
}
