//! `pipeline.toml`: from what its author wrote to values that later rooms can trust.
//!
//! The file goes through three forms. *Authored*: spanned TOML, anything may be wrong
//! with it. *Prepared*: a [`Pipeline`], checked as far as the file alone allows, its paths
//! seen from the file's folder. *Resolved*: with components found and their worlds,
//! schemas and imports known; that is the pipeline crate's, which hands what it finds
//! wrong back to [`Config`] to be shown on the file.
//!
//! One pass finds everything that is wrong. Each [`Diagnostic`] says what, where, and
//! what would be right.

mod config;
mod decode;
mod diagnostic;
mod document;
mod edit;
mod form;
mod grant;
mod json;
mod pipeline;
mod report;
mod schema;
mod section;
mod suggest;

pub use config::{Config, Error};
pub use decode::is_identifier;
pub use diagnostic::{Diagnostic, Severity};
pub use document::{Document, Position};
pub use edit::{EditError, NewStage, add_stage, remove_stage, set_config};
pub use form::schema;
pub use grant::{Budget, FilesGrant, Grants, HttpGrant, Interface, Price, Secret, SecretOrigin};
pub use pipeline::{
    DatasetFormat, Datasets, Features, KeyPlace, Learner, Learns, Limits, Pipeline, Plugin,
    Privacy, PrivacyMode, PseudonymScope, Rate, Review, Semantics, Source, Speech, SpeechModel,
    Split, Stage, StageKind, StageSpans, Trainer, TrainingPath, Trust,
};
pub use report::Report;
