//! What the kit can do, by name.

use schemars::JsonSchema;
use serde::Deserialize;

/// One misbehaviour. Those of a result do what their name says in the terms of the
/// export's world; an export that has no such result answers well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attack {
    /// Behave.
    #[default]
    Nothing,

    // Take time.
    /// Loop.
    EndlessLoop,
    /// Loop over calls of the host.
    EndlessHostCalls,
    /// Wait in one call of the host for a day.
    Sleep,

    // Take room.
    /// Allocate without end.
    MemoryBomb,
    /// Hold WASI's handles without end.
    HandleBomb,
    /// Hold the contract's handles (blobs, recordings) without end.
    GrantedHandleBomb,
    /// Recurse without end.
    DeepRecursion,
    /// Write 32 MiB to standard output.
    StdoutFlood,
    /// Write 32 MiB to standard error.
    StderrFlood,
    /// Write 100,000 messages to the log.
    LogFlood,

    // Leave.
    /// Abort.
    Abort,
    /// Panic.
    Panic,
    /// Exit with status 0, as if all were well.
    ExitZero,
    /// Exit with status 3.
    ExitThree,
    /// Panic with text that recolours, renames and overwrites a terminal.
    EscapesInPanic,

    // Answer nonsense.
    /// One result too many.
    TooMany,
    /// One result too few.
    TooFew,
    /// A string of 9 MiB.
    HugeString,
    /// A list of 1,000,001 elements.
    HugeList,
    /// 96 MiB in strings that are each allowed.
    HugeTotal,
    /// A turn that does not exist.
    WrongTurn,
    /// A span past the end of the text.
    WrongSpan,
    /// A span that cuts a character in two.
    SplitCharacter,
    /// A span that ends before it starts.
    BackwardsSpan,
    /// Numbers that are none.
    NotANumber,
    /// Two results of one name.
    Duplicate,
    /// Names that would be folders elsewhere.
    FolderName,
    /// Texts that recolour, rename and overwrite a terminal.
    Escapes,
    /// A megabyte of error with escape sequences in it.
    HugeError,
    /// "Try again later", each time.
    Transient,
    /// The same, a tenth of a second late: never too slow, never done.
    SlowDrip,
    /// A listing or an entry whose next part always comes.
    Endless,
    /// A listing or an entry whose parts lead in a circle.
    Circle,

    // Break a law that only many calls show (`rehearsal plugin test`).
    /// A result that depends on the size of its batch.
    Company,
    /// A result that depends on its place in the batch; a partial on the order of others.
    Place,
    /// A result that depends on chance.
    Dice,
    /// A result of a kind that was not declared.
    Undeclared,

    // Get at something.
    /// Environment variables.
    Environment,
    /// Arguments of the program.
    Arguments,
    /// Files, by all means of the standard library.
    Files,
    /// Granted files, and through their names others.
    PathTricks,
    /// Recordings of other calls.
    ForeignAudio,
    /// The network, by all means of the standard library.
    Sockets,
    /// Addresses that are not granted, by the host's own `http`.
    Http,
    /// Methods, headers and paths that are not granted, to an address that is.
    HttpSmuggle,
    /// Where a granted address redirects to.
    HttpRedirect,
    /// Granted names that lead to addresses that may not answer.
    HttpInside,
    /// The operator's secret, in every byte that can be read.
    HttpSecret,
    /// The time.
    Clock,
    /// Chance.
    Entropy,
    /// Keys and passwords where they usually lie.
    Secrets,
    /// What a call before this one left in memory.
    EarlierCalls,
}
