//! One automaton over words for all cues of a file.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::pattern::{self, Element, Line, ParseError};

/// A rule of a cue file.
#[derive(Debug, Clone, PartialEq)]
pub struct Cue {
    /// What it says of a turn.
    pub label: Cow<'static, str>,
    /// Name within the label.
    pub rule: Cow<'static, str>,
    /// How often a match is right, 0 to 1.
    pub confidence: f32,
    /// Whether the sentence has to be a question.
    pub question: bool,
    /// Whether it has to begin a sentence.
    pub opens: bool,
    /// Whether it has to end one.
    pub closes: bool,
}

/// A state of a cue's automaton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// First of [`Cues::edges`], and one past the last; sorted by word.
    pub edges: (u32, u32),
    /// Where every other word leads; [`Cues::DEAD`] for nowhere.
    pub otherwise: u16,
    /// Whether the cue ends here.
    pub accepts: bool,
}

/// A step of an automaton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Index into [`Cues::words`].
    pub word: u16,
    /// State that it leads to.
    pub to: u16,
}

/// A cue that starts with a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// Index into [`Cues::cues`].
    pub cue: u16,
    /// State after that word.
    pub state: u16,
}

/// Compiled cues: a small deterministic automaton a cue, found by the cue's first word.
/// (One automaton for all would be a little faster and, since gaps multiply, fifty
/// times as large.)
#[derive(Debug, Clone, PartialEq)]
pub struct Cues {
    /// Every word of a pattern, sorted.
    pub words: Cow<'static, [Cow<'static, str>]>,
    /// Hash table of `words`: index plus one, 0 where free; its length is a power of 2.
    pub slots: Cow<'static, [u16]>,
    /// A range of `starts` a word.
    pub first: Cow<'static, [(u32, u32)]>,
    /// Of all words.
    pub starts: Cow<'static, [Start]>,
    /// Of all cues.
    pub states: Cow<'static, [State]>,
    /// Of all states.
    pub edges: Cow<'static, [Edge]>,
    /// In the order of the file.
    pub cues: Cow<'static, [Cue]>,
}

impl Cues {
    /// No state: a match that cannot go on.
    pub const DEAD: u16 = u16::MAX;

    /// Compiles a cue file.
    ///
    /// # Errors
    /// The first line that makes no sense; or there are too many cues for one file.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let lines = pattern::parse(text)?;
        let machines: Vec<Machine> = lines.iter().map(|line| Machine::of(&line.pattern)).collect();
        assemble(&lines, &machines).map_err(|line| ParseError {
            line,
            what: format!(
                "too large: a cue has at most {MOST_STATES} states, all together {}; use fewer \
                 and shorter gaps",
                Self::DEAD
            ),
        })
    }

    /// Index of a lower-case word, if some pattern has it.
    pub(crate) fn word(&self, word: &str, hash: u32) -> Option<u16> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            let index = self.slots[at].checked_sub(1)?;
            if self.words.get(usize::from(index)).is_some_and(|known| known == word) {
                return Some(index);
            }
            at = (at + 1) & mask;
        }
    }

    /// Cues that start with a word.
    pub(crate) fn starting(&self, word: u16) -> &[Start] {
        let (from, to) = self.first[usize::from(word)];
        &self.starts[from as usize..to as usize]
    }

    /// Where a word leads from a state.
    pub(crate) fn step(&self, state: u16, word: Option<u16>) -> u16 {
        let State { edges, otherwise, .. } = self.states[usize::from(state)];
        let Some(word) = word else { return otherwise };
        let edges = &self.edges[edges.0 as usize..edges.1 as usize];
        edges.binary_search_by_key(&word, |edge| edge.word).map_or(otherwise, |at| edges[at].to)
    }

    /// Whether a cue ends in a state.
    pub(crate) fn accepts(&self, state: u16) -> bool {
        self.states[usize::from(state)].accepts
    }
}

/// States of one cue's automaton. Gaps beside one another multiply; this bounds the time
/// that compiling a pipeline's own cues takes.
const MOST_STATES: usize = 2_000;

/// Puts the cues' automata together; the number of the line that makes them too many
/// where they are.
fn assemble(lines: &[Line], machines: &[Machine]) -> Result<Cues, usize> {
    let words: Vec<String> = {
        let nodes = machines.iter().flat_map(|machine| &machine.nodes);
        let all = nodes.flat_map(|node| node.words.iter().map(|(word, _)| word.clone()));
        all.collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (mut states, mut edges) = (Vec::new(), Vec::new());
    let mut by_word = vec![Vec::new(); words.len()];
    for (cue, machine) in machines.iter().enumerate() {
        let too_many = lines[cue].number;
        let root = states.len();
        machine.determinise(&words, &mut states, &mut edges).ok_or(too_many)?;
        let (from, to) = states[root].edges;
        for edge in &edges[from as usize..to as usize] {
            let cue = u16::try_from(cue).map_err(|_| too_many)?;
            by_word[usize::from(edge.word)].push(Start { cue, state: edge.to });
        }
    }
    let last = lines.last().map_or(0, |line| line.number);
    let mut starts = Vec::new();
    let mut first = Vec::new();
    for of_word in by_word {
        let from = u32::try_from(starts.len()).map_err(|_| last)?;
        starts.extend(of_word);
        first.push((from, u32::try_from(starts.len()).map_err(|_| last)?));
    }
    Ok(Cues {
        slots: Cow::Owned(slots(&words).ok_or(last)?),
        words: words.into_iter().map(Cow::Owned).collect(),
        first: Cow::Owned(first),
        starts: Cow::Owned(starts),
        states: Cow::Owned(states),
        edges: Cow::Owned(edges),
        cues: lines.iter().map(cue).collect(),
    })
}

/// FNV-1a, 32 bits.
pub(crate) fn hash(bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes
        .into_iter()
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The nondeterministic machine of a pattern, put together from its end.
#[derive(Default)]
struct Machine {
    nodes: Vec<Node>,
    start: usize,
}

#[derive(Default, Clone)]
struct Node {
    words: Vec<(String, usize)>,
    any: Vec<usize>,
    free: Vec<usize>,
}

/// The node that accepts: the first that is made.
const END: usize = 0;

type Set = BTreeSet<usize>;

impl Machine {
    fn of(pattern: &[Element]) -> Self {
        let mut machine = Self::default();
        let end = machine.state();
        machine.start = machine.sequence(pattern, end);
        machine
    }

    fn state(&mut self) -> usize {
        self.nodes.push(Node::default());
        self.nodes.len() - 1
    }

    /// A state from which `elements` lead to `end`.
    fn sequence(&mut self, elements: &[Element], end: usize) -> usize {
        elements.iter().rev().fold(end, |end, element| self.element(element, end))
    }

    fn element(&mut self, element: &Element, end: usize) -> usize {
        match element {
            Element::Word(word) => {
                let start = self.state();
                self.nodes[start].words.push((word.clone(), end));
                start
            }
            Element::Choice(options) => {
                let starts = options.iter().map(|option| self.sequence(option, end)).collect();
                let start = self.state();
                self.nodes[start].free = starts;
                start
            }
            Element::Any { least, most } => (0..*most).rev().fold(end, |next, step| {
                let start = self.state();
                self.nodes[start].any.push(next);
                if step >= *least {
                    self.nodes[start].free.push(end);
                }
                start
            }),
        }
    }

    fn close(&self, states: impl IntoIterator<Item = usize>) -> Set {
        let mut open: Vec<usize> = states.into_iter().collect();
        let mut closed = Set::new();
        while let Some(state) = open.pop() {
            if closed.insert(state) {
                open.extend(&self.nodes[state].free);
            }
        }
        closed
    }

    /// Adds the same language with one state at a time, its root first; none where the
    /// states are too many.
    fn determinise(
        &self,
        words: &[String],
        states: &mut Vec<State>,
        edges: &mut Vec<Edge>,
    ) -> Option<()> {
        let root = states.len();
        let mut sets = vec![self.close([self.start])];
        let mut numbers = BTreeMap::from([(sets[0].clone(), 0_usize)]);
        while let Some(set) = sets.get(states.len() - root).cloned() {
            let any: Set = set.iter().flat_map(|&node| self.nodes[node].any.clone()).collect();
            let mut by_word: BTreeMap<u16, Set> = BTreeMap::new();
            for (word, to) in set.iter().flat_map(|&node| &self.nodes[node].words) {
                let word = words.binary_search(word).ok()?;
                let targets = by_word.entry(u16::try_from(word).ok()?);
                targets.or_insert_with(|| any.clone()).insert(*to);
            }
            let mut number = |targets: Set| {
                if targets.is_empty() {
                    return Some(Cues::DEAD);
                }
                let closed = self.close(targets);
                let new = numbers.len();
                if new == MOST_STATES {
                    return None;
                }
                let number = *numbers.entry(closed.clone()).or_insert_with(|| {
                    sets.push(closed);
                    new
                });
                u16::try_from(root + number).ok().filter(|&number| number != Cues::DEAD)
            };
            let first = u32::try_from(edges.len()).ok()?;
            for (word, targets) in by_word {
                edges.push(Edge { word, to: number(targets)? });
            }
            states.push(State {
                otherwise: number(any)?,
                edges: (first, u32::try_from(edges.len()).ok()?),
                accepts: set.contains(&END),
            });
        }
        Some(())
    }
}

fn cue(line: &Line) -> Cue {
    Cue {
        label: Cow::Owned(line.label.clone()),
        rule: Cow::Owned(line.rule.clone()),
        confidence: line.confidence,
        question: line.question,
        opens: line.opens,
        closes: line.closes,
    }
}

/// Open addressing at a load of at most a half.
fn slots(words: &[String]) -> Option<Vec<u16>> {
    let mut slots = vec![0; (words.len() * 2).next_power_of_two().max(2)];
    let mask = slots.len() - 1;
    for (index, word) in words.iter().enumerate() {
        let mut at = hash(word.bytes()) as usize & mask;
        while slots[at] != 0 {
            at = (at + 1) & mask;
        }
        slots[at] = u16::try_from(index + 1).ok()?;
    }
    Some(slots)
}
