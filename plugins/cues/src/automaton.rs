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
}

/// A state of the automaton: ranges into [`Cues::edges`] and [`Cues::accepts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// First edge, and one past the last; sorted by word.
    pub edges: (u32, u32),
    /// First accepted cue, and one past the last.
    pub accepts: (u32, u32),
    /// Where every other word leads; [`Cues::DEAD`] for nowhere.
    pub otherwise: u16,
}

/// A step of the automaton.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    /// Index into [`Cues::words`].
    pub word: u16,
    /// State that it leads to.
    pub to: u16,
}

/// Compiled cues. State 0 is the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Cues {
    /// Every word of a pattern, sorted.
    pub words: Cow<'static, [Cow<'static, str>]>,
    /// Hash table of `words`: index plus one, 0 where free; its length is a power of 2.
    pub slots: Cow<'static, [u16]>,
    /// Of the automaton.
    pub states: Cow<'static, [State]>,
    /// Of all states.
    pub edges: Cow<'static, [Edge]>,
    /// Indices into `cues`, of all states.
    pub accepts: Cow<'static, [u16]>,
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
        let mut machine = Machine::default();
        for (index, line) in lines.iter().enumerate() {
            let end = machine.state();
            machine.nodes[end].accepts = u16::try_from(index).ok();
            let start = machine.sequence(&line.pattern, end);
            machine.starts.insert(start);
        }
        machine.determinise(&lines).ok_or_else(|| ParseError {
            line: lines.len(),
            what: "these cues need more than 65,534 states; use fewer and shorter gaps".to_owned(),
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

    /// Where a word leads from a state.
    pub(crate) fn step(&self, state: u16, word: Option<u16>) -> u16 {
        let State { edges, otherwise, .. } = self.states[usize::from(state)];
        let Some(word) = word else { return otherwise };
        let edges = &self.edges[edges.0 as usize..edges.1 as usize];
        edges.binary_search_by_key(&word, |edge| edge.word).map_or(otherwise, |at| edges[at].to)
    }

    /// Cues that end in a state.
    pub(crate) fn accepted(&self, state: u16) -> &[u16] {
        let (from, to) = self.states[usize::from(state)].accepts;
        &self.accepts[from as usize..to as usize]
    }
}

/// FNV-1a, 32 bits.
pub(crate) fn hash(bytes: impl IntoIterator<Item = u8>) -> u32 {
    bytes
        .into_iter()
        .fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The nondeterministic machine that patterns are put together in, from their ends.
#[derive(Default)]
struct Machine {
    nodes: Vec<Node>,
    starts: BTreeSet<usize>,
}

#[derive(Default, Clone)]
struct Node {
    words: Vec<(String, usize)>,
    any: Vec<usize>,
    free: Vec<usize>,
    accepts: Option<u16>,
}

type Set = BTreeSet<usize>;

impl Machine {
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

    /// The same language with one state at a time; none if that takes too many.
    fn determinise(&self, lines: &[Line]) -> Option<Cues> {
        let words: Vec<String> = {
            let all = self.nodes.iter().flat_map(|node| node.words.iter().map(|(word, _)| word));
            all.cloned().collect::<BTreeSet<_>>().into_iter().collect()
        };
        let index = |word: &str| words.binary_search_by(|known| known.as_str().cmp(word)).ok();
        let mut numbers = BTreeMap::new();
        let mut sets = vec![self.close(self.starts.iter().copied())];
        numbers.insert(sets[0].clone(), 0_u16);
        let (mut states, mut edges, mut accepts) = (Vec::new(), Vec::new(), Vec::new());

        let mut next = 0;
        while next < sets.len() {
            let set = sets[next].clone();
            next += 1;
            let any: Set = set.iter().flat_map(|&s| self.nodes[s].any.iter().copied()).collect();
            let mut by_word: BTreeMap<u16, Set> = BTreeMap::new();
            for (word, to) in set.iter().flat_map(|&state| &self.nodes[state].words) {
                let word = u16::try_from(index(word)?).ok()?;
                by_word.entry(word).or_insert_with(|| any.clone()).insert(*to);
            }
            let mut number = |targets: Set| -> Option<u16> {
                if targets.is_empty() {
                    return Some(Cues::DEAD);
                }
                let closed = self.close(targets);
                if let Some(&known) = numbers.get(&closed) {
                    return Some(known);
                }
                let new = u16::try_from(sets.len()).ok().filter(|&new| new != Cues::DEAD)?;
                numbers.insert(closed.clone(), new);
                sets.push(closed);
                Some(new)
            };
            let first_edge = u32::try_from(edges.len()).ok()?;
            for (word, targets) in by_word {
                edges.push(Edge { word, to: number(targets)? });
            }
            let otherwise = number(any)?;
            let first_accept = u32::try_from(accepts.len()).ok()?;
            accepts.extend(set.iter().filter_map(|&state| self.nodes[state].accepts));
            states.push(State {
                edges: (first_edge, u32::try_from(edges.len()).ok()?),
                accepts: (first_accept, u32::try_from(accepts.len()).ok()?),
                otherwise,
            });
        }
        Some(Cues {
            slots: Cow::Owned(slots(&words)?),
            words: words.into_iter().map(Cow::Owned).collect(),
            states: Cow::Owned(states),
            edges: Cow::Owned(edges),
            accepts: Cow::Owned(accepts),
            cues: lines.iter().map(cue).collect(),
        })
    }
}

fn cue(line: &Line) -> Cue {
    Cue {
        label: Cow::Owned(line.label.clone()),
        rule: Cow::Owned(line.rule.clone()),
        confidence: line.confidence,
        question: line.question,
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
