//! One transcription under way: chunks to hearing threads, results back in order.
//!
//! Chunks are numbered as they are cut, and results are kept by number, so the order
//! in which threads finish leaves no trace. Few chunks are in flight at a time, and a
//! chunk's audio is dropped once it is heard: memory does not grow with the call.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use crate::chunk::Chunk;
use crate::error::SpeechError;
use crate::front::ChunkStream;
use crate::hallucination::{self, MadeUp};
use crate::transcriber::Progress;
use crate::whisper::{ChunkWord, Engine, LanguageGuess};

/// Chunks in flight a worker: enough that none waits, few enough to bound memory.
const CHUNKS_A_WORKER: usize = 3;
/// The language that is tried while it is not known.
const FIRST_GUESS: &str = "en";
/// A language is believed at once at this probability; else more chunks are asked.
const SURE_OF_LANGUAGE: f32 = 0.8;
/// Chunks asked for their language at most.
const LANGUAGE_CHUNKS: usize = 3;

/// A chunk that was heard and sifted; its audio is gone.
#[derive(Debug)]
pub(crate) struct HeardChunk {
    pub(crate) chunk: Chunk,
    pub(crate) words: Vec<ChunkWord>,
    pub(crate) made_up: Vec<MadeUp>,
}

/// Everything that a job leaves behind.
pub(crate) struct Outcome {
    pub(crate) front: ChunkStream,
    pub(crate) heard: Vec<HeardChunk>,
    pub(crate) language: (String, f32),
    pub(crate) speech_ms: u64,
}

/// Work for a hearing thread.
struct Task {
    number: usize,
    chunk: Chunk,
    language: String,
    ask_language: bool,
}

/// What it sends back.
struct Report {
    number: usize,
    heard: HeardChunk,
    language: String,
    guess: Option<LanguageGuess>,
}

pub(crate) struct Job<'a> {
    engine: &'a Engine,
    front: ChunkStream,
    prompt: Vec<i32>,
    language: Option<(String, f32)>,
    /// What the first chunks say about the language, by number.
    guesses: BTreeMap<usize, LanguageGuess>,
    /// Heard in [`FIRST_GUESS`] while the language was not known; audio still there.
    undecided: BTreeMap<usize, HeardChunk>,
    heard: BTreeMap<usize, HeardChunk>,
    cut: usize,
    /// Chunks that are being heard: number, and where in the recording they begin.
    in_flight: BTreeMap<usize, u64>,
    exhausted: bool,
    speech_ms: u64,
    /// Milliseconds up to which everything was heard.
    heard_to: u64,
    started: Instant,
    progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
}

impl<'a> Job<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        front: ChunkStream,
        language: Option<String>,
        prompt: Vec<i32>,
        progress: &'a mut dyn FnMut(Progress) -> ControlFlow<()>,
    ) -> Self {
        Self {
            engine,
            front,
            prompt,
            language: language.map(|code| (code, 1.0)),
            guesses: BTreeMap::new(),
            undecided: BTreeMap::new(),
            heard: BTreeMap::new(),
            cut: 0,
            in_flight: BTreeMap::new(),
            exhausted: false,
            speech_ms: 0,
            heard_to: 0,
            started: Instant::now(),
            progress,
        }
    }

    pub(crate) fn run(mut self, threads: usize) -> Result<Outcome, SpeechError> {
        let threads = threads.max(1);
        let (tasks, queue) = channel::<Task>();
        let (reports, inbox) = channel();
        let (engine, prompt, queue) = (self.engine, self.prompt.clone(), Mutex::new(queue));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (queue, prompt, reports) = (&queue, &prompt, reports.clone());
                let stop = &stop;
                scope.spawn(move || hear_all(engine, prompt, queue, stop, &reports));
            }
            drop(reports);
            // The sender is dropped when this returns, well or not; that ends the
            // workers, and after a failure at once.
            let fed = self.feed(tasks, &inbox, threads * CHUNKS_A_WORKER);
            stop.store(true, Ordering::Relaxed);
            fed
        })?;
        Ok(Outcome {
            front: self.front,
            heard: self.heard.into_values().collect(),
            language: self.language.unwrap_or_else(|| ("und".to_owned(), 0.0)),
            speech_ms: self.speech_ms,
        })
    }

    fn feed(
        &mut self,
        tasks: Sender<Task>,
        inbox: &Receiver<Result<Report, SpeechError>>,
        most: usize,
    ) -> Result<(), SpeechError> {
        self.tell()?;
        loop {
            while !self.exhausted && self.in_flight.len() < most {
                match self.front.next()? {
                    Some(chunk) => {
                        self.send(&tasks, self.cut, chunk);
                        self.cut += 1;
                    }
                    None => self.exhausted = true,
                }
            }
            if self.in_flight.is_empty() {
                return Ok(());
            }
            let Ok(report) = inbox.recv() else { return Ok(()) };
            let report = report?;
            self.in_flight.remove(&report.number);
            self.take(report, &tasks);
            self.tell()?;
        }
    }

    fn send(&mut self, tasks: &Sender<Task>, number: usize, chunk: Chunk) {
        let language = self.language.as_ref().map_or(FIRST_GUESS, |(code, _)| code).to_owned();
        let ask_language = self.language.is_none() && number < LANGUAGE_CHUNKS;
        let start_ms = chunk.start_ms();
        // The receiver outlives this sender: it is borrowed by the scope's threads.
        if tasks.send(Task { number, chunk, language, ask_language }).is_ok() {
            self.in_flight.insert(number, start_ms);
        }
    }

    fn take(&mut self, report: Report, tasks: &Sender<Task>) {
        let Report { number, heard, language, guess } = report;
        self.guesses.extend(guess.map(|guess| (number, guess)));
        match &self.language {
            // It was in flight, in the wrong language, when the right one was found.
            Some((code, _)) if *code != language => self.send(tasks, number, heard.chunk),
            Some(_) => self.keep(number, heard),
            None => {
                self.undecided.insert(number, heard);
                self.decide_language(tasks);
            }
        }
    }

    fn keep(&mut self, number: usize, mut heard: HeardChunk) {
        self.speech_ms += heard.chunk.speech_ms();
        heard.chunk.audio = Vec::new();
        self.heard.insert(number, heard);
    }

    /// Decides from the first chunk if it is sure, else from the first few together; a
    /// matter of their numbers only, so that the order of arrival plays no part.
    fn decide_language(&mut self, tasks: &Sender<Task>) {
        let last = self.exhausted && self.in_flight.is_empty();
        let first_is_sure = self.guesses.get(&0).is_some_and(|g| g.probability >= SURE_OF_LANGUAGE);
        if !(first_is_sure || self.guesses.len() == LANGUAGE_CHUNKS || last) {
            return;
        }
        let asked = if first_is_sure { 1 } else { LANGUAGE_CHUNKS };
        let mut votes: BTreeMap<&str, f32> = BTreeMap::new();
        for guess in self.guesses.values().take(asked) {
            *votes.entry(&guess.code).or_default() += guess.probability;
        }
        let voters = self.guesses.len().min(asked).max(1) as f32;
        let Some((code, votes)) = votes.into_iter().max_by(|a, b| a.1.total_cmp(&b.1)) else {
            return;
        };
        let (code, confidence) = (code.to_owned(), votes / voters);
        let again = code != FIRST_GUESS;
        self.language = Some((code, confidence));
        for (number, heard) in std::mem::take(&mut self.undecided) {
            if again {
                self.send(tasks, number, heard.chunk);
            } else {
                self.keep(number, heard);
            }
        }
    }

    fn tell(&mut self) -> Result<(), SpeechError> {
        let stream = self.front.stream();
        // What is decoded is far ahead of what is heard: the first chunk that is still
        // being heard is where the work stands.
        let first = self.in_flight.values().min().copied();
        let here = first.unwrap_or_else(|| crate::chunk::to_ms(stream.position()));
        self.heard_to = self.heard_to.max(here);
        let done = Progress {
            total_ms: stream.info().duration_ms,
            done_ms: self.heard_to,
            speech_ms: self.speech_ms,
            seconds: self.started.elapsed().as_secs_f64(),
        };
        match (self.progress)(done) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(SpeechError::Cancelled),
        }
    }
}

/// A hearing thread: one state, until there are no more tasks.
fn hear_all(
    engine: &Engine,
    prompt: &[i32],
    queue: &Mutex<Receiver<Task>>,
    stop: &AtomicBool,
    reports: &Sender<Result<Report, SpeechError>>,
) {
    let mut state = match engine.state() {
        Ok(state) => state,
        Err(e) => {
            // The job ends with this; whether anybody still listens does not matter.
            let _ = reports.send(Err(e));
            return;
        }
    };
    while !stop.load(Ordering::Relaxed) {
        let task = match queue.lock() {
            Ok(queue) => queue.recv(),
            Err(_) => return,
        };
        let Ok(Task { number, chunk, language, ask_language }) = task else { break };
        let report = engine
            .hear(&mut state, &chunk.audio, &language, prompt)
            .and_then(|heard| {
                let guess = ask_language.then(|| engine.language_of(&mut state)).transpose()?;
                let (words, made_up) = hallucination::sift(heard.words, heard.no_speech);
                Ok((words, made_up, guess))
            })
            .map_err(|reason| SpeechError::Inference { position_ms: chunk.start_ms(), reason })
            .map(|(words, made_up, guess)| Report {
                number,
                heard: HeardChunk { chunk, words, made_up },
                language,
                guess,
            });
        if reports.send(report).is_err() {
            break;
        }
    }
    engine.give_back(state);
}
