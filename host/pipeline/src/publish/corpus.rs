//! The calls of a publication: some hundred bytes each, whatever their length.

use std::collections::{BTreeMap, BTreeSet};

use rehearsal_dataset::{
    Member, Signature, Tie, UNKNOWN_LICENCE, is_refused, name_hash, shard_count, shard_of,
};
use rehearsal_model::{ConversationId, Hasher};
use rehearsal_repository::{Fingerprint, Kind, Repository};

use super::Live;
use super::division::Division;
use crate::PipelineError;
use crate::live::LiveCall;
use crate::plan::Plan;
use crate::profile::{mark, profile};
use crate::records::{CALLS, PROFILES, Profile};
use crate::shares::{each, in_shares};

/// A call.
pub(crate) struct One {
    pub(crate) id: ConversationId,
    pub(crate) about: LiveCall,
    /// Of its record.
    pub(crate) said: Fingerprint,
    /// Of what was made of it.
    pub(crate) made: Fingerprint,
    ties: Vec<(Tie, u64)>,
    sellers: Vec<u64>,
    day: Option<String>,
    language: Option<Box<str>>,
    facets: Vec<(u64, u64)>,
    turns: u32,
    /// Its licence is one that the pipeline refuses.
    pub(crate) refused: bool,
}

/// All calls, in the order of their ids.
pub(crate) struct Corpus {
    pub(crate) calls: Vec<One>,
    shards: u32,
}

/// A live call in the version that the repository has of it.
pub(super) struct Version<'a> {
    pub(super) id: ConversationId,
    pub(super) about: &'a LiveCall,
    /// Of its record.
    pub(super) said: Fingerprint,
    /// Of what was made of it.
    pub(super) made: Fingerprint,
}

/// The versions of all live calls, in the order of their ids. Reads the index only.
pub(super) fn versions<'a>(
    plan: &Plan,
    repository: &Repository,
    live: &'a Live,
) -> Result<Vec<Version<'a>>, PipelineError> {
    let version = |(id, about): (&ConversationId, &'a LiveCall)| {
        let fingerprint = |kind| repository.fingerprint(kind, id.as_bytes());
        let said = fingerprint(Kind::Conversation)?.unwrap_or_default();
        let made = fingerprint(Kind::Examples)?.unwrap_or_default();
        Ok(Version { id: *id, about, said, made })
    };
    each(live.iter().collect(), plan.workers, version)
}

impl Corpus {
    /// All calls, and apart from them what near-duplicates are found by: nobody needs
    /// that while shards are written.
    pub(super) fn gather(
        plan: &Plan,
        repository: &Repository,
        versions: Vec<Version<'_>>,
    ) -> Result<(Self, Vec<Signature>), PipelineError> {
        let mut calls = Vec::with_capacity(versions.len());
        let mut signatures = Vec::with_capacity(versions.len());
        for share in in_shares(versions, plan.workers, |share| profiled(plan, repository, &share)) {
            let (ones, of_ones): (Vec<One>, Vec<Signature>) = share?.into_iter().unzip();
            calls.extend(ones);
            signatures.extend(of_ones);
        }
        let shards = shard_count(calls.len());
        Ok((Self { calls, shards }, signatures))
    }

    pub(crate) const fn len(&self) -> usize {
        self.calls.len()
    }

    pub(crate) const fn shards(&self) -> u32 {
        self.shards
    }

    /// Places of the calls of every shard.
    pub(crate) fn by_shard(&self) -> Vec<Vec<u32>> {
        let mut shards = vec![Vec::new(); self.shards as usize];
        for (place, call) in self.calls.iter().enumerate() {
            shards[shard_of(&call.id, self.shards) as usize].push(place as u32);
        }
        shards
    }

    /// The calls as splits see them.
    pub(crate) fn members(&self, division: &Division) -> Vec<Member> {
        let member = |call: &One| Member {
            id: call.id,
            ties: call.ties.clone(),
            sellers: call.sellers.clone(),
            day: call.day.clone(),
            stratum: stratum(call, &division.stratify),
        };
        self.calls.iter().map(member).collect()
    }

    pub(crate) fn languages(&self) -> Vec<String> {
        let all: BTreeSet<&str> =
            self.calls.iter().filter_map(|call| call.language.as_deref()).collect();
        all.into_iter().map(ToOwned::to_owned).collect()
    }

    /// Calls that stay out for their licence, by licence.
    pub(crate) fn refused(&self, plan: &Plan) -> BTreeMap<String, u64> {
        let mut refused = BTreeMap::new();
        if plan.datasets.refuse_licences.is_empty() {
            return refused;
        }
        for call in self.calls.iter().filter(|call| call.refused) {
            let licence = call.about.licence.as_deref().unwrap_or(UNKNOWN_LICENCE);
            *refused.entry(licence.to_owned()).or_default() += 1;
        }
        refused
    }
}

/// Some calls, in the order of their ids, with their profiles.
fn profiled(
    plan: &Plan,
    repository: &Repository,
    versions: &[Version<'_>],
) -> Result<Vec<(One, Signature)>, PipelineError> {
    let Some((first, last)) = versions.first().zip(versions.last()) else { return Ok(Vec::new()) };
    let range = &first.id.as_bytes()[..]..=&last.id.as_bytes()[..];
    let mut kept = repository.range(&PROFILES, range)?.peekable();
    let mut calls = Vec::with_capacity(versions.len());
    for Version { id, about, said, made } in versions {
        // Both are in the order of ids: one pass. What cannot be read is made again.
        let before = |key: &[u8]| key < &id.as_bytes()[..];
        while kept.next_if(|one| one.as_ref().map_or(true, |one| before(&one.key))).is_some() {}
        let same = |key: &[u8]| key == &id.as_bytes()[..];
        let found = kept
            .next_if(|one| one.as_ref().is_ok_and(|one| same(&one.key)))
            .and_then(Result::ok)
            .filter(|one| one.fingerprint == mark(*said))
            .map(|one| one.value);
        let profile = match found {
            Some(profile) => profile,
            None => made_anew(repository, *id, *said)?,
        };
        let licence = about.licence.as_deref().unwrap_or(UNKNOWN_LICENCE);
        let one = One {
            id: *id,
            about: LiveCall::clone(about),
            said: *said,
            made: *made,
            ties: profile.ties,
            sellers: profile.sellers,
            day: profile.day,
            language: profile.language.map(Into::into),
            facets: profile.facets,
            turns: profile.sides.len() as u32,
            refused: is_refused(licence, &plan.datasets.refuse_licences),
        };
        calls.push((one, profile.signature));
    }
    Ok(calls)
}

fn made_anew(
    repository: &Repository,
    id: ConversationId,
    said: Fingerprint,
) -> Result<Profile, PipelineError> {
    let Some(record) = repository.get(&CALLS, id.as_bytes())? else {
        return Ok(Profile::default());
    };
    let profile = profile(&record);
    let mut unit = repository.unit();
    unit.put(&PROFILES, id.as_bytes(), mark(said), &profile)?;
    repository.commit(unit)?;
    Ok(profile)
}

/// What every split should have its share of.
fn stratum(call: &One, stratify: &[String]) -> u64 {
    let mut hasher = Hasher::new("stratum");
    for facet in stratify {
        match facet.as_str() {
            "source" => hasher.part(call.about.source.as_bytes()),
            "language" => hasher.part(call.language.as_deref().unwrap_or_default().as_bytes()),
            "licence" => hasher.part(call.about.licence.as_deref().unwrap_or_default().as_bytes()),
            // By doublings of the number of turns.
            "length" => hasher.part(&[call.turns.max(1).ilog2() as u8]),
            key => {
                let key = name_hash("key", key);
                let value = call.facets.iter().find(|(name, _)| *name == key);
                hasher.part(&value.map_or(0, |(_, value)| *value).to_le_bytes())
            }
        };
    }
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finish().as_bytes()[..8]);
    u64::from_le_bytes(bytes)
}
