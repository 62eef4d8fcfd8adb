//! Columns of a data set: one description for JSONL, Parquet, the card and Croissant.
//!
//! A row is a list of [`Cell`]s in the order of the schema's fields, with borrowed text:
//! the same row is written to every format without being copied.

use std::borrow::Cow;

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// UTF-8.
    Text,
    /// 64 bits, signed.
    Integer,
    /// 64 bits, floating.
    Number,
    /// True or false.
    Flag,
    /// Any number of one type.
    List(Box<Type>),
    /// Named parts.
    Record(Vec<Field>),
}

impl Type {
    /// A list of records of these fields.
    pub(crate) fn records(fields: Vec<Field>) -> Self {
        Self::List(Box::new(Self::Record(fields)))
    }

    /// A list of this type.
    pub(crate) fn list(of: Self) -> Self {
        Self::List(Box::new(of))
    }
}

/// A named column, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds. Every value may be absent.
    pub kind: Type,
    /// One line for a person.
    pub about: &'static str,
}

impl Field {
    pub(crate) const fn new(name: &'static str, kind: Type, about: &'static str) -> Self {
        Self { name, kind, about }
    }
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Text(Cow<'a, str>),
    Integer(i64),
    Number(f64),
    Flag(bool),
    List(Vec<Cell<'a>>),
    Record(Vec<Cell<'a>>),
}

impl<'a> Cell<'a> {
    pub(crate) fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub(crate) fn owned(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }

    pub(crate) fn maybe(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::text)
    }

    pub(crate) fn integers<T: Into<i64> + Copy>(numbers: &[T]) -> Self {
        Self::List(numbers.iter().map(|&number| Self::Integer(number.into())).collect())
    }

    /// Bytes of all text in it, roughly what it takes in memory.
    pub(crate) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => text.len() + 4,
            Self::List(cells) | Self::Record(cells) => cells.iter().map(Self::weight).sum(),
            Self::Null | Self::Integer(_) | Self::Number(_) | Self::Flag(_) => 8,
        }
    }
}
