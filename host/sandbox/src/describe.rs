//! What plugins say of themselves.

use crate::bindings::exports::rehearsal::plugin::{
    extractor_api, loader_api, path_builder_api, validator_api,
};
use crate::lift::Lift;
use crate::{Failure, LimitExceeded};

/// Who a plugin is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `nepq`
    pub name: String,
    /// Semantic version of the plugin itself.
    pub version: String,
    /// One sentence for a list.
    pub summary: String,
    /// JSON Schema (2020-12) of its configuration.
    pub config_schema: String,
}

/// A plugin's description of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// Who it is.
    pub identity: Identity,
    /// What its world adds.
    pub details: Details,
}

/// What the worlds describe beside the identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Details {
    /// Nothing more.
    Loader,
    /// What it needs and finds.
    Extractor {
        /// What a conversation must have.
        needs: Needs,
        /// What it finds.
        emits: Vec<AnnotationKind>,
    },
    /// What it reads and writes.
    PathBuilder {
        /// Annotation names it reads; others need not be passed.
        reads: Vec<String>,
        /// Families it writes.
        families: Vec<String>,
    },
    /// What it judges.
    Validator {
        /// What is passed to it.
        inspects: SubjectKind,
        /// Its checks: name and meaning.
        checks: Vec<(String, String)>,
    },
}

/// What an extractor cannot do without.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// When turns start.
    pub starts: bool,
    /// When turns end.
    pub ends: bool,
    /// When words are said.
    pub words: bool,
    /// Which side speaks.
    pub roles: bool,
    /// The recording.
    pub audio: bool,
}

/// A kind of annotation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotationKind {
    /// What is looked at.
    pub name: String,
    /// Id of the exact definition with its version.
    pub definition: String,
    /// What it means and how it is measured.
    pub meaning: String,
    /// Label names it can carry; empty for other values.
    pub labels: Vec<String>,
}

/// What a validator judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// Annotated conversations.
    Conversations,
    /// Training examples.
    Examples,
}

impl From<LimitExceeded> for Failure {
    fn from(limit: LimitExceeded) -> Self {
        Self::Limit(limit)
    }
}

pub(crate) fn loader(
    lift: Lift<'_>,
    description: loader_api::Description,
) -> Result<Description, Failure> {
    Ok(Description { identity: lift.identity(description.identity)?, details: Details::Loader })
}

pub(crate) fn extractor(
    lift: Lift<'_>,
    description: extractor_api::Description,
) -> Result<Description, Failure> {
    let has = |need| description.needs.contains(need);
    let needs = Needs {
        starts: has(extractor_api::Needs::STARTS),
        ends: has(extractor_api::Needs::ENDS),
        words: has(extractor_api::Needs::WORDS),
        roles: has(extractor_api::Needs::ROLES),
        audio: has(extractor_api::Needs::AUDIO),
    };
    let kind = |kind: extractor_api::AnnotationKind| {
        Ok(AnnotationKind {
            name: lift.string(kind.name)?,
            definition: lift.string(kind.definition)?,
            meaning: lift.string(kind.meaning)?,
            labels: lift.strings(kind.labels)?,
        })
    };
    let emits = lift.list(description.emits)?.into_iter().map(kind);
    let emits = emits.collect::<Result<_, LimitExceeded>>()?;
    Ok(Description {
        identity: lift.identity(description.identity)?,
        details: Details::Extractor { needs, emits },
    })
}

pub(crate) fn path_builder(
    lift: Lift<'_>,
    description: path_builder_api::Description,
) -> Result<Description, Failure> {
    let reads = lift.strings(description.reads)?;
    let families = lift.strings(description.families)?;
    Ok(Description {
        identity: lift.identity(description.identity)?,
        details: Details::PathBuilder { reads, families },
    })
}

pub(crate) fn validator(
    lift: Lift<'_>,
    description: validator_api::Description,
) -> Result<Description, Failure> {
    let inspects = match description.inspects {
        validator_api::SubjectKind::Conversations => SubjectKind::Conversations,
        validator_api::SubjectKind::Examples => SubjectKind::Examples,
    };
    let checks = lift.list(description.checks)?.into_iter();
    let checks = checks
        .map(|(name, meaning)| Ok((lift.string(name)?, lift.string(meaning)?)))
        .collect::<Result<_, LimitExceeded>>()?;
    Ok(Description {
        identity: lift.identity(description.identity)?,
        details: Details::Validator { inspects, checks },
    })
}
