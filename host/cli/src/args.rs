//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod author;
mod packages;
mod tools;

pub(crate) use author::{AuthorAction, New, Test};
pub(crate) use packages::{Add, List, PackageAction, Publish, Remove, Update};
pub(crate) use tools::Tool;

const AFTER: &str = "\
Start with:
  rehearsal check              what pipeline.toml would run, with whose code and grants
  rehearsal run                run it; again, and only what changed is done
  rehearsal status             what is there, what failed
  rehearsal dead-letters       what failed, with all it takes to see it fail again
  rehearsal show CALL          a call with its annotations
  rehearsal report             one page on sources, labels, quality and data sets
  rehearsal explain EXAMPLE    where a training example came from
  rehearsal train              models of the data sets; `models`, `promote`, `rollback`
  rehearsal improve            from experts' verdicts to better models
  rehearsal forget             erase a person's calls, with the rows made of them

Exit codes: 0 done, 1 failure, 2 wrong usage or pipeline.toml, 3 done but some items
failed, 130 stopped by Ctrl-C (the next run goes on from there).";

/// Turns sales calls into training data, every third-party stage in a sandbox.
#[derive(Debug, Parser)]
#[command(name = "rehearsal", version, after_help = AFTER)]
pub(crate) struct Arguments {
    /// Print results as JSON instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Folder of the built-in plugins [default: found beside the program].
    #[arg(long, global = true, value_name = "DIR", env = "REHEARSAL_PLUGINS", hide_env = true)]
    pub(crate) plugins: Option<PathBuf>,
    /// Show all that plugins write, and whole backtraces where they crash.
    #[arg(long, global = true, env = "REHEARSAL_VERBOSE_PLUGIN", hide_env = true)]
    pub(crate) verbose_plugin: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the pipeline: load, transcribe, annotate, build, validate, write.
    Run(Run),
    /// Resolve everything and print the stage graph; run nothing.
    Check(Check),
    /// Accept the plugins, imports and grants as they are now (pipeline.lock).
    Lock(PipelineFile),
    /// Items that failed; with an ID, one of them with all there is to know.
    DeadLetters {
        /// A letter's id or its beginning.
        id: Option<String>,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Call the plugin of a dead letter once more with what it was given; keep nothing.
    Replay {
        /// A letter's id or its beginning.
        id: String,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Run again, with items that failed: after a plugin, a limit or a machine was mended.
    Retry {
        /// A letter's id or its beginning; without it, all of them.
        id: Option<String>,
        /// Only items that this stage (its id in pipeline.toml) failed on.
        #[arg(long, value_name = "STAGE")]
        plugin: Option<String>,
        #[command(flatten)]
        run: Run,
    },
    /// Check every byte of the repository, set aside what is damaged, rebuild the index.
    Repair(PipelineFile),
    /// Copy the repository to a folder, or bring an earlier copy there up to date.
    Backup {
        /// Where to; best on another disk.
        to: PathBuf,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// What the repository holds, and what failed.
    Status {
        /// List examples of everything that validators rejected or marked, check by check.
        #[arg(long)]
        why: bool,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// A call with its annotations; without an id, the calls there are.
    Show {
        /// A call's id or its beginning, or the beginning of a file's name.
        id: Option<String>,
        /// Write it as one self-contained page: talk, pauses, pitch, labels, measures.
        #[arg(long, value_name = "FILE", requires = "id")]
        html: Option<PathBuf>,
        /// Calls in the list.
        #[arg(long, default_value_t = 200, conflicts_with = "id")]
        limit: usize,
        /// List the calls that come after this one: the last id of the list before.
        #[arg(long, value_name = "ID", conflicts_with = "id")]
        after: Option<String>,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// One page on everything: sources, labels, quality, data sets, rows to read.
    Report {
        /// Where to write it.
        #[arg(long, value_name = "FILE", default_value = "report.html")]
        out: PathBuf,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// The recording of a call as WAV, silent where words were redacted.
    ExportAudio {
        /// A call's id or its beginning, or the beginning of a file's name.
        id: String,
        /// Where to write it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Where a training example came from: turns, times, plugins, rules, licence.
    Explain {
        /// The `id` column of a row: PATH/CALL/KEY.
        example: String,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Strong moments of a path's data set as lines for the suggestions of all its calls.
    Lines(Lines),
    /// Erase calls that their sources no longer list, with all that was made of them.
    Purge {
        /// What no source listed in its last whole listing.
        #[arg(long, required = true)]
        gone: bool,
        /// Say what would be erased; erase nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Erase a person's calls, or one call, from the repository and the data sets.
    Forget(Forget),
    /// Transcribe recordings without a pipeline.
    Transcribe(Transcribe),
    /// Speech and embedding models on this machine.
    Model {
        #[command(subcommand)]
        action: ModelAction,
    },
    /// What experts say of calls: pick the next ones, judge them, take verdicts in.
    Review {
        #[command(subcommand)]
        action: ReviewAction,
    },
    /// Train what [[trainer]] in pipeline.toml names; what was made of the same stands.
    Train {
        /// A trainer's id; without it, all of them.
        name: Option<String>,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// A turn of the loop: experts' verdicts become labels and preference pairs, models are
    /// trained on them, and one that is better and good enough is promoted.
    Improve {
        /// Say what would come of it; write nothing.
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Trained models: versions, what they reach, and which are in use.
    Models(PipelineFile),
    /// Put a version of a model to use; the one in use until then is retired. An extractor's
    /// head is used from the next run on.
    Promote {
        /// NAME@VERSION, as `rehearsal models` lists them.
        model: String,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Put the version that was in use before back in its place; for an extractor's head, at
    /// last the one that ships.
    Rollback {
        /// The trainer's id.
        name: String,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// How well experts agree with each other, and a model with them.
    Agreement(Agreement),
    /// How a roleplay partner behaves: contradictions, giving way, manner, recitation.
    RoleplayMetrics(RoleplayMetrics),
    /// Look at plugins, add and remove them; begin, build and test one of your own.
    Plugin {
        #[command(subcommand)]
        action: PluginAction,
    },
    #[command(flatten)]
    Tool(Tool),
}

#[derive(Debug, Args)]
pub(crate) struct PipelineFile {
    /// The pipeline's file.
    #[arg(long = "pipeline", short, value_name = "FILE", default_value = "pipeline.toml")]
    pub(crate) pipeline: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Lines {
    /// The path's id: one that uses the plugin `feedback`.
    #[arg(default_value = "feedback")]
    pub(crate) path: String,
    /// Lines of a kind of moment, at most.
    #[arg(long, default_value_t = 8)]
    pub(crate) most: usize,
    /// Set them in the pipeline's file, which stays as it is otherwise.
    #[arg(long)]
    pub(crate) write: bool,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Fail where pipeline.lock is missing or lacks a stage, instead of writing it.
    #[arg(long)]
    pub(crate) locked: bool,
    /// Keep every answer from the network in a folder, one exchange a file, secrets
    /// blotted out.
    #[arg(long, value_name = "DIR")]
    pub(crate) record: Option<PathBuf>,
    /// Take the answers from such a folder; the network is not touched.
    #[arg(long, value_name = "DIR", conflicts_with = "record")]
    pub(crate) replay: Option<PathBuf>,
    /// Go on after the run: try each plugin that is built anew, and each changed
    /// configuration, on some of the calls, and print what it changes. Keeps nothing.
    #[arg(long, conflicts_with = "locked")]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// Put plugins that misbehave in every stage's place and print what stopped them.
    /// Ends with 1 if anything got through.
    #[arg(long)]
    pub(crate) attack: bool,
    /// Run a sample with nothing granted and print the smallest grants that would do.
    #[arg(long, conflicts_with = "attack")]
    pub(crate) minimal: bool,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Args)]
pub(crate) struct Forget {
    /// Whoever takes part in calls or is named in them, by the whole name.
    #[arg(long, value_name = "NAME", required_unless_present = "call", conflicts_with = "call")]
    pub(crate) person: Option<String>,
    /// A call's id or its beginning, or the beginning of a file's name.
    #[arg(long, value_name = "ID")]
    pub(crate) call: Option<String>,
    /// Only say what would be erased, and which rows were made of it.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Args)]
pub(crate) struct Transcribe {
    /// Audio or video files.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// How to write the transcript.
    #[arg(long, value_enum, default_value_t = Format::Txt)]
    pub(crate) format: Format,
    /// A model of the catalogue, or a ggml file.
    #[arg(long, default_value = rehearsal_speech::models::DEFAULT_MODEL)]
    pub(crate) model: String,
    /// Language code, such as `en` [default: detected].
    #[arg(long)]
    pub(crate) language: Option<String>,
    /// Text that the recogniser takes for what was said before: names, products.
    #[arg(long)]
    pub(crate) prompt: Option<String>,
    /// Threads [default: one a core].
    #[arg(long)]
    pub(crate) threads: Option<std::num::NonZeroUsize>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReviewAction {
    /// Pick calls worth an expert's time: half by models' doubt, a quarter for being unlike
    /// the others, a quarter by chance; none of a test split.
    Next {
        /// Calls at most.
        #[arg(long, value_name = "CALLS", default_value_t = 40)]
        batch: usize,
        /// What chance follows from [default: the pipeline's seed and the batch's number].
        #[arg(long)]
        seed: Option<u64>,
        #[command(flatten)]
        rubric: RubricFile,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Open the page on which experts work, on this machine only. Ctrl-C ends it.
    Serve {
        /// The batch to work on [default: the newest].
        #[arg(long, value_name = "NUMBER")]
        batch: Option<u32>,
        /// Where to listen on 127.0.0.1 [default: any free port].
        #[arg(long, default_value_t = 0)]
        port: u16,
        #[command(flatten)]
        rubric: RubricFile,
        #[command(flatten)]
        file: PipelineFile,
    },
    /// Take filled files in. Lines that cannot be used are named and cost no other.
    Take {
        /// Verdicts, one JSON object a line.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        #[command(flatten)]
        rubric: RubricFile,
        #[command(flatten)]
        file: PipelineFile,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RubricFile {
    /// The rubric: [[check]] tables in TOML [default: that of [review] in pipeline.toml].
    #[arg(long, value_name = "FILE")]
    pub(crate) rubric: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Agreement {
    /// Verdicts, one JSON object a line [default: all that were taken in].
    #[arg(value_name = "FILE")]
    pub(crate) verdicts: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rubric: RubricFile,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
    /// The model to hold against the experts, as its verdicts name it (`model:…`).
    #[arg(long, value_name = "RATER")]
    pub(crate) model: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RoleplayMetrics {
    /// Chats of the model, one JSON object with `messages` a line.
    #[arg(required = true, value_name = "CHATLOG")]
    pub(crate) logs: Vec<PathBuf>,
    /// The data set that it learned from, by its id in pipeline.toml.
    #[arg(long, value_name = "ID", default_value = "roleplay")]
    pub(crate) dataset: String,
    #[command(flatten)]
    pub(crate) file: PipelineFile,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line an utterance, with its time and speaker.
    Txt,
    /// WebVTT with voices.
    Vtt,
    /// SubRip.
    Srt,
    /// Everything, words with times included.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelAction {
    /// Models there are, and which are on this machine.
    List,
    /// Fetch a model of the catalogue.
    Pull {
        /// Its name; `rehearsal model list` has them.
        #[arg(default_value = rehearsal_speech::models::DEFAULT_MODEL)]
        name: String,
    },
    /// Take a fine-tuned Whisper (HuggingFace safetensors or CTranslate2 folder, or a
    /// ggml file).
    Import {
        /// The model's folder or file.
        path: PathBuf,
        /// The name that pipelines will use.
        #[arg(long)]
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum PluginAction {
    /// What a component is: world, digest, imports, what it says of itself.
    Inspect {
        /// A .wasm file, or a built-in's name.
        plugin: String,
    },
    #[command(flatten)]
    Package(PackageAction),
    #[command(flatten)]
    Author(AuthorAction),
}
