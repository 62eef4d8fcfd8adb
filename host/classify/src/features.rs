//! What a classifier sees of an example: n-grams, facts and an embedding as columns.

use serde::{Deserialize, Serialize};

/// What is classified.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Input {
    /// A line a turn, the side in front (`[SELLER] …`); the last line is the one that is
    /// judged.
    pub text: String,
    /// What is known of it besides: `objection=price` and how sure that is.
    pub facts: Vec<(String, f32)>,
    /// Its sentence embedding; empty where there is none.
    pub vector: Vec<f32>,
}

/// Kinds of columns. Each is scaled to length 1 by itself, so that long texts do not
/// drown short facts, and then by its weight.
const BLOCKS: [(Block, f32); 4] =
    [(Block::Words, 1.0), (Block::Letters, 1.0), (Block::Context, 0.5), (Block::Facts, 0.5)];
/// Of the embedding, which has length 1 as it comes.
const VECTOR: f32 = 1.5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    /// Words and pairs of words of the line that is judged.
    Words,
    /// 3 to 5 letters in a row, within words of that line.
    Letters,
    /// Words and pairs of words of the lines before.
    Context,
    /// Facts.
    Facts,
}

/// Columns of an input by block: hash and value, ascending, before weighting.
#[derive(Debug)]
pub(crate) struct Raw {
    blocks: [Vec<(u32, f32)>; 4],
    vector: Vec<f32>,
}

impl Raw {
    /// `whole`: every line is judged, not only the last one.
    pub(crate) fn of(input: &Input, whole: bool) -> Self {
        let (before, last) = match input.text.trim_end().rsplit_once('\n') {
            _ if whole => ("", input.text.as_str()),
            Some((before, last)) => (before, last),
            None => ("", input.text.trim_end()),
        };
        let mut blocks: [Vec<(u32, f32)>; 4] = Default::default();
        let [words, letters, context, facts] = &mut blocks;
        for line in last.lines() {
            grams(Block::Words, line, words);
            // Letters of a whole call say little that its words do not.
            if !whole {
                letter_grams(line, letters);
            }
        }
        before.lines().for_each(|line| grams(Block::Context, line, context));
        for (name, value) in &input.facts {
            facts.push((hash(Block::Facts, [name.as_str()]), *value));
        }
        for (block, (kind, _)) in blocks.iter_mut().zip(BLOCKS) {
            add_up(block, kind != Block::Facts);
        }
        Self { blocks, vector: input.vector.clone() }
    }

    /// All hashes, each once.
    pub(crate) fn hashes(&self) -> impl Iterator<Item = u32> {
        self.blocks.iter().flatten().map(|(hash, _)| *hash)
    }

    pub(crate) const fn width(&self) -> usize {
        self.vector.len()
    }
}

/// Sums values of equal hashes; counts are damped.
fn add_up(columns: &mut Vec<(u32, f32)>, counts: bool) {
    columns.sort_unstable_by_key(|(hash, _)| *hash);
    columns.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    if counts {
        columns.iter_mut().for_each(|(_, count)| *count = 1.0 + count.ln());
    }
}

fn grams(block: Block, line: &str, columns: &mut Vec<(u32, f32)>) {
    let mut former = String::from("^");
    for token in tokens(line) {
        columns.push((hash(block, [token.as_str()]), 1.0));
        columns.push((hash(block, [former.as_str(), token.as_str()]), 1.0));
        former = token;
    }
    columns.push((hash(block, [former.as_str(), "$"]), 1.0));
}

fn letter_grams(line: &str, columns: &mut Vec<(u32, f32)>) {
    for token in tokens(line).filter(|token| token.starts_with(char::is_alphanumeric)) {
        let letters: Vec<char> =
            std::iter::once(' ').chain(token.chars()).chain(std::iter::once(' ')).collect();
        let mut bytes = [0; 20];
        for window in 3..=5 {
            for gram in letters.windows(window) {
                let mut length = 0;
                for letter in gram {
                    length += letter.encode_utf8(&mut bytes[length..]).len();
                }
                columns.push((hash_bytes(Block::Letters, &[&bytes[..length]]), 1.0));
            }
        }
    }
}

/// Words in lower case with their apostrophes, sides, and the marks that ask and exclaim.
fn tokens(line: &str) -> impl Iterator<Item = String> {
    let inside = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '[' | ']');
    let mut rest = line.trim();
    std::iter::from_fn(move || {
        loop {
            let first = rest.chars().next()?;
            let length = if inside(first) {
                rest.find(|c| !inside(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (token, after) = rest.split_at(length);
            rest = after;
            if inside(first) || matches!(first, '?' | '!') {
                return Some(token.to_lowercase().replace('’', "'"));
            }
        }
    })
}

fn hash<const N: usize>(block: Block, parts: [&str; N]) -> u32 {
    hash_bytes(block, &parts.map(str::as_bytes))
}

/// FNV-1a, folded to 32 bits: a few in a hundred thousand columns share a number.
fn hash_bytes(block: Block, parts: &[&[u8]]) -> u32 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    add(block as u8);
    for part in parts {
        part.iter().for_each(|byte| add(*byte));
        add(0xff);
    }
    (hash ^ (hash >> 32)) as u32
}

/// The columns that a classifier knows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Vocabulary {
    /// Ascending; a column's number is its place.
    hashes: Vec<u32>,
    /// Inverse document frequency of each.
    rarity: Vec<f32>,
    /// Values of an embedding, which come after the hashed columns.
    width: u32,
}

/// Columns that fewer examples than this have say nothing of others.
const RARE: u32 = 2;
/// Most columns: the more frequent ones stay.
const MOST: usize = 1 << 18;

impl Vocabulary {
    pub(crate) fn of(raws: &[Raw]) -> Self {
        let mut all: Vec<u32> = raws.iter().flat_map(Raw::hashes).collect();
        all.sort_unstable();
        let mut counted: Vec<(u32, u32)> = Vec::new();
        for hash in all {
            match counted.last_mut() {
                Some((last, count)) if *last == hash => *count += 1,
                _ => counted.push((hash, 1)),
            }
        }
        counted.retain(|(_, count)| *count >= RARE);
        if counted.len() > MOST {
            counted.sort_unstable_by_key(|(hash, count)| (std::cmp::Reverse(*count), *hash));
            counted.truncate(MOST);
            counted.sort_unstable();
        }
        let examples = raws.len() as f32;
        let rarity = |count: u32| ((1.0 + examples) / (1.0 + count as f32)).ln() + 1.0;
        Self {
            rarity: counted.iter().map(|(_, count)| rarity(*count)).collect(),
            hashes: counted.into_iter().map(|(hash, _)| hash).collect(),
            width: raws.first().map_or(0, Raw::width) as u32,
        }
    }

    pub(crate) const fn columns(&self) -> usize {
        self.hashes.len() + self.width as usize
    }

    /// Whether weights of `classes` fit it.
    pub(crate) const fn fits(&self) -> bool {
        self.hashes.len() == self.rarity.len()
    }

    /// Known columns with their weighted values, ascending within each block.
    pub(crate) fn row(&self, raw: &Raw) -> Vec<(u32, f32)> {
        let mut row = Vec::new();
        for (block, (_, weight)) in raw.blocks.iter().zip(BLOCKS) {
            let start = row.len();
            for (hash, value) in block {
                if let Ok(column) = self.hashes.binary_search(hash) {
                    row.push((column as u32, value * self.rarity[column]));
                }
            }
            let own: &mut [(u32, f32)] = &mut row[start..];
            let length = own.iter().map(|(_, value)| value * value).sum::<f32>().sqrt();
            if length > 0.0 {
                own.iter_mut().for_each(|(_, value)| *value *= weight / length);
            }
        }
        // An embedding of another length is of another model: none is better.
        if raw.vector.len() == self.width as usize {
            let first = self.hashes.len() as u32;
            let values = raw.vector.iter().enumerate();
            row.extend(values.map(|(at, value)| (first + at as u32, value * VECTOR)));
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_judged_line_is_told_from_what_came_before() {
        let one = Raw::of(&Input { text: "[A] price\n[B] why?".into(), ..Input::default() }, false);
        let other =
            Raw::of(&Input { text: "[B] why?\n[A] price".into(), ..Input::default() }, false);
        assert_ne!(one.blocks[0], other.blocks[0]);
        let tokens: Vec<String> = tokens("[SELLER] We’re 5, no—why?").collect();
        assert_eq!(tokens, ["[seller]", "we're", "5", "no", "why", "?"]);
    }
}
