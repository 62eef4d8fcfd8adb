//! Products to data sets and reports.
//!
//! Calls are spread over shards by their ids. A shard whose calls, products and splits
//! are as they were is taken over as it stands; the others are written, a shard a
//! worker. The bytes follow from what is in the calls, not from who wrote them when.

mod corpus;
mod division;
mod reports;
mod shards;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rehearsal_dataset::{
    About, CONVERSATIONS, DatasetBuild, Graph, Learns, Manifest, MaskProof, Overlap, Split, Whole,
    check_overlap, overlap,
};
use rehearsal_model::{ConversationId, Digest, Hasher};
use rehearsal_repository::{Kind, Repository};

use crate::PipelineError;
use crate::live::LiveCall;
use crate::plan::Plan;
use crate::records::fingerprint;
use crate::report::{Reporter, Severity};
use crate::shares::each;
use crate::summary::DatasetSummary;
use corpus::{Corpus, Version};
use division::Division;

/// Calls with what splits need to know.
pub(crate) type Live = BTreeMap<ConversationId, LiveCall>;

/// A data set of the pipeline.
pub(crate) struct Target {
    /// Its folder's name.
    pub(crate) name: String,
    /// The path whose examples are its rows; none for the calls themselves.
    pub(crate) path: Option<usize>,
    learns: Learns,
    /// Where each call of the corpus goes.
    places: Vec<Option<Split>>,
}

/// How calls are divided, and what parts have in common.
struct Divided {
    division: Division,
    places: Vec<Option<Split>>,
    matrix: Overlap,
}

/// Writes every data set and report whose inputs changed.
pub(crate) async fn publish(
    plan: &Arc<Plan>,
    repository: &Arc<Repository>,
    live: &Live,
    reporter: &dyn Reporter,
) -> Result<BTreeMap<String, DatasetSummary>, PipelineError> {
    let versions = corpus::versions(plan, repository, live)?;
    let inputs = inputs(plan, &versions);
    let mut summaries = standing(plan, &inputs);
    let mark = fingerprint(&inputs);
    let stands =
        |id: &String| repository.fingerprint(Kind::Report, id).is_ok_and(|m| m == Some(mark));
    let reports_stand = plan.validators.iter().all(|validator| stands(&validator.stage.id));
    if reports_stand && names(plan).all(|name| summaries.contains_key(&name)) {
        return Ok(summaries);
    }
    reporter.progress("data sets", 0, Some(live.len() as u64), "calls");
    let (corpus, signatures) = Corpus::gather(plan, repository, versions)?;
    let corpus = Arc::new(corpus);
    let graph = division::graph(repository, &corpus, &signatures)?;
    drop(signatures);
    let (targets, wholes) = targets(plan, &corpus, graph, &inputs)?;
    let (folder, formats) = (plan.datasets_folder(), &plan.datasets.formats);
    let proof = Arc::new(MaskProof::new());
    let begin = |target: &Target| DatasetBuild::begin(&folder, &target.name, formats, &proof);
    let mut builds = targets.iter().map(begin).collect::<Result<Vec<_>, _>>()?;
    let targets = Arc::new(targets);
    shards::write(plan, repository, &corpus, &targets, &mut builds, reporter).await?;
    for (target, whole) in targets.iter().zip(&wholes) {
        for (licence, calls) in &whole.refused_licences {
            let text =
                format!("{}: {calls} calls stay out for their licence, {licence}", target.name);
            reporter.note(Severity::Info, &text);
        }
    }
    let finish = |((build, whole), target): ((DatasetBuild, Whole), &Target)| {
        let manifest = build.finish(&about(plan, target, &corpus), whole)?;
        Ok::<_, PipelineError>((target.name.clone(), summary_of(&manifest, true)))
    };
    let built = builds.into_iter().zip(wholes).zip(targets.iter()).collect();
    summaries.extend(each(built, plan.workers, finish)?);
    reports::conclude(plan, repository, corpus.shards(), mark, reporter).await?;
    reporter.finished("data sets");
    Ok(summaries)
}

/// Data sets that were made of these inputs.
fn standing(plan: &Plan, inputs: &Digest) -> BTreeMap<String, DatasetSummary> {
    let stands = |name: String| {
        let folder = plan.datasets_folder().join(&name);
        // A manifest that cannot be read is written anew.
        let manifest = Manifest::read(&folder).ok().flatten()?;
        let stands = manifest.inputs == inputs.to_string() && manifest.stands_in(&folder);
        stands.then(|| (name, summary_of(&manifest, false)))
    };
    names(plan).filter_map(stands).collect()
}

/// How the calls of each data set are divided, and what only the whole of it knows.
fn targets(
    plan: &Plan,
    corpus: &Corpus,
    mut graph: Graph,
    inputs: &Digest,
) -> Result<(Vec<Target>, Vec<Whole>), PipelineError> {
    let refused = corpus.refused(plan);
    let mut divided: Vec<Divided> = Vec::new();
    let (mut targets, mut wholes) = (Vec::new(), Vec::new());
    for name in names(plan) {
        let path = plan.paths.iter().position(|path| path.stage.id == name);
        let division = Division::of(plan, path);
        // Data sets of one rule are divided once.
        let Divided { places, matrix, .. } =
            match divided.iter().position(|one| one.division == division) {
                Some(at) => &divided[at],
                None => {
                    let places = division.places(corpus, &mut graph, plan.seed);
                    let matrix = overlap(&corpus.members(&division), graph.alike(), &places);
                    check_overlap(&name, &matrix)?;
                    divided.push_mut(Divided { division, places, matrix })
                }
            };
        let left_out = places.iter().filter(|place| place.is_none()).count() as u64;
        wholes.push(Whole {
            inputs: inputs.to_string(),
            overlap: matrix.clone(),
            withheld: left_out - refused.values().sum::<u64>(),
            refused_licences: refused.clone(),
        });
        let learns = path.map_or(Learns::Any, |path| plan.paths[path].learns);
        targets.push(Target { name, path, learns, places: places.clone() });
    }
    Ok((targets, wholes))
}

/// Calls that any data set keeps for judging by: nothing may be learned from them, and
/// nobody may pick them for review.
pub(crate) fn test_calls(
    plan: &Plan,
    repository: &Repository,
    live: &Live,
) -> Result<HashSet<ConversationId>, PipelineError> {
    let versions = corpus::versions(plan, repository, live)?;
    let (corpus, signatures) = Corpus::gather(plan, repository, versions)?;
    let mut graph = division::graph(repository, &corpus, &signatures)?;
    let mut frozen = HashSet::new();
    for name in names(plan) {
        let path = plan.paths.iter().position(|path| path.stage.id == name);
        let places = Division::of(plan, path).places(&corpus, &mut graph, plan.seed);
        let tests = [Some(Split::Test), Some(Split::TestSellers), Some(Split::TestTime)];
        let kept = corpus.calls.iter().zip(places).filter(|(_, place)| tests.contains(place));
        frozen.extend(kept.map(|(call, _)| call.id));
    }
    Ok(frozen)
}

/// The data sets of a pipeline: the calls, then one a path.
pub(crate) fn names(plan: &Plan) -> impl Iterator<Item = String> {
    let calls = plan.datasets.conversations.then(|| CONVERSATIONS.to_owned());
    calls.into_iter().chain(plan.paths.iter().map(|path| path.stage.id.clone()))
}

fn summary_of(manifest: &Manifest, written: bool) -> DatasetSummary {
    DatasetSummary {
        rows: manifest.rows(),
        rejected: manifest.rejected.values().sum(),
        merkle_root: manifest.merkle_root.clone(),
        written,
    }
}

/// Digest of everything that data sets and reports are made from.
fn inputs(plan: &Plan, versions: &[Version<'_>]) -> Digest {
    let mut hasher = Hasher::new("data sets");
    hasher.part(recipe(plan).as_bytes());
    for Version { id, about, said, made } in versions {
        hasher.part(id.as_bytes()).part(&made.0).part(&said.0);
        about.add_to(&mut hasher);
    }
    hasher.finish()
}

/// Digest of what rows are made by, besides the calls.
pub(crate) fn recipe(plan: &Plan) -> Digest {
    let mut hasher = Hasher::new("recipe");
    let datasets = &plan.datasets;
    hasher
        // Another version of the program may write rows another way.
        .part(env!("CARGO_PKG_VERSION").as_bytes())
        .part(&ROWS_VERSION.to_le_bytes())
        .part(plan.name.as_bytes())
        .part(&plan.seed.to_le_bytes())
        .part(plan.stages_key().as_bytes())
        .part(format!("{:?}", datasets.formats).as_bytes())
        .part(&[u8::from(datasets.conversations)])
        .part(format!("{:?} {:?}", datasets.refuse_licences, datasets.split).as_bytes());
    for path in &plan.paths {
        hasher.part(path.stage.id.as_bytes());
        hasher.part(format!("{:?} {:?}", path.split, path.learns).as_bytes());
    }
    hasher.finish()
}

/// Of the way in which examples become rows; raised with every change of it.
const ROWS_VERSION: u32 = 1;

fn about(plan: &Plan, target: &Target, corpus: &Corpus) -> About {
    let mut stages: Vec<(String, String, String)> = Vec::new();
    let mut add = |id: &str, plugin: &str, digest: Digest| {
        stages.push((id.to_owned(), plugin.to_owned(), digest.to_string()));
    };
    for source in &plan.sources {
        add(&source.stage.id, &source.stage.plugin, source.stage.component.digest());
    }
    for stage in &plan.extractors {
        add(&stage.id, &stage.plugin, stage.component.digest());
    }
    if let Some(path) = target.path.map(|path| &plan.paths[path].stage) {
        add(&path.id, &path.plugin, path.component.digest());
    }
    for validator in &plan.validators {
        let stage = &validator.stage;
        add(&stage.id, &stage.plugin, stage.component.digest());
    }
    About {
        pipeline: plan.name.clone(),
        stages,
        languages: corpus.languages(),
        division: Division::of(plan, target.path).in_words(plan.seed),
        calls: corpus.len() as u64,
    }
}
