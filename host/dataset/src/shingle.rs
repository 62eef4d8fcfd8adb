//! Near-duplicates: MinHash over word shingles, banded, and the exact likeness.
//!
//! Written here (some 100 lines) rather than taken from a crate: signatures lie in
//! repositories for years, so hash functions must never change under them, and none of
//! the crates for it promises that.
//!
//! Broder, "On the resemblance and containment of documents" (1997); banding as in
//! Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3.

use serde::{Deserialize, Serialize};

/// Words of a shingle.
const WORDS: usize = 5;
/// Calls of which at least this share of all shingles is common are near-duplicates.
pub const LIKENESS: f64 = 0.7;
/// A pair of likeness s is looked at with probability 1 - (1 - s^[`ROWS`])^[`BANDS`]:
/// 99.9 % at 0.7, 80 % at 0.5, 4 % at 0.2.
const BANDS: usize = 24;
/// Hashes of a band.
const ROWS: usize = 4;
/// Least hashes that two texts have in common, at least, to be looked at: a pair of
/// likeness 0.7 has 67 of 96 on average and 50 with probability 99.99 %, one of 0.35 has
/// 34. Calls of one script share a band with hundreds of others, and reading them is dear.
const COMMON: usize = 50;
/// Of the hashing below: another one makes all signatures anew.
pub const SIGNATURE_VERSION: u8 = 2;

/// What of a text decides which others it is compared with; 200 bytes, whatever its
/// length.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Signature {
    /// Hash of all shingles: equal for texts of the same ones.
    pub whole: u64,
    /// A hash a band; texts that share one may be alike.
    pub bands: Vec<u32>,
    /// A byte of each least hash (Li, König, "b-Bit Minwise Hashing", 2010): the share
    /// that two texts have in common is about their likeness.
    pub sketch: Vec<u8>,
}

impl Signature {
    /// The signature of some shingles.
    #[must_use]
    pub fn of(shingles: &Shingles) -> Self {
        let mut least = [u64::MAX; BANDS * ROWS];
        for &shingle in &shingles.0 {
            for (index, least) in least.iter_mut().enumerate() {
                let hash = shingle.wrapping_mul(MULTIPLIERS[index]).wrapping_add(ADDENDS[index]);
                *least = (hash >> 32).min(*least);
            }
        }
        let fold = |hashes: &[u64]| hashes.iter().fold(0, |all, &hash| mix(all ^ hash));
        Self {
            whole: fold(&shingles.0),
            bands: least.chunks(ROWS).map(|band| (fold(band) >> 32) as u32).collect(),
            sketch: least.iter().map(|least| *least as u8).collect(),
        }
    }

    fn resembles(&self, other: &Self) -> bool {
        let common = self.sketch.iter().zip(&other.sketch).filter(|(one, other)| one == other);
        common.count() >= COMMON
    }
}

/// The set of a text's shingles, as hashes in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shingles(Vec<u64>);

impl Shingles {
    /// Of a text: runs of five words, without case and punctuation. A shorter text is
    /// one shingle.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let words = if text.is_ascii() { ascii_words(text.as_bytes()) } else { words(text) };
        let shingle = |words: &[u64]| words.iter().fold(1, |all, &word| mix(all ^ word));
        let mut all: Vec<u64> = if words.len() < WORDS {
            vec![shingle(&words)]
        } else {
            words.windows(WORDS).map(shingle).collect()
        };
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    /// Share of all shingles that both have, 0 to 1 (Jaccard).
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        let (mut common, mut a, mut b) = (0, 0, 0);
        while let (Some(x), Some(y)) = (self.0.get(a), other.0.get(b)) {
            common += usize::from(x == y);
            a += usize::from(x <= y);
            b += usize::from(y <= x);
        }
        let all = self.0.len() + other.0.len() - common;
        if all == 0 { 1.0 } else { common as f64 / all as f64 }
    }
}

/// Buckets up to this size are compared pair by pair.
const SMALL_BUCKET: usize = 12;
/// In a larger one (a form letter, say) each text with so many that follow it: those
/// that belong together are chained.
const NEIGHBOURS: usize = 6;

/// Finds pairs that may be near-duplicates: `candidate` is called with each, by place in
/// `signatures`, the smaller first, some more than once. It compares the texts.
///
/// One band is looked at at a time: 8 bytes a text besides the signatures.
///
/// # Errors
/// Those of `candidate`.
pub fn near_duplicates<E>(
    signatures: &[Signature],
    mut candidate: impl FnMut(u32, u32) -> Result<(), E>,
) -> Result<(), E> {
    let mut order: Vec<u64> = Vec::with_capacity(signatures.len());
    let keys = |band: usize| move |one: &Signature| one.bands.get(band).copied();
    // Half of a hash is enough to bring equal texts together.
    let wholes = |one: &Signature| (!one.bands.is_empty()).then_some((one.whole >> 32) as u32);
    sweep(signatures, wholes, &mut order, &mut candidate)?;
    for band in 0..BANDS {
        sweep(signatures, keys(band), &mut order, &mut candidate)?;
    }
    Ok(())
}

fn sweep<E>(
    signatures: &[Signature],
    key: impl Fn(&Signature) -> Option<u32>,
    order: &mut Vec<u64>,
    candidate: &mut impl FnMut(u32, u32) -> Result<(), E>,
) -> Result<(), E> {
    // The key above, the place below: one number sorts faster than two.
    order.clear();
    let keyed = signatures.iter().zip(0_u64..);
    order.extend(keyed.filter_map(|(one, place)| Some(u64::from(key(one)?) << 32 | place)));
    order.sort_unstable();
    for bucket in order.chunk_by(|a, b| a >> 32 == b >> 32).filter(|bucket| bucket.len() > 1) {
        let reach = if bucket.len() <= SMALL_BUCKET { SMALL_BUCKET } else { NEIGHBOURS };
        for (at, one) in bucket.iter().enumerate() {
            for other in bucket.iter().skip(at + 1).take(reach) {
                let (one, other) = (*one as u32, *other as u32);
                if signatures[one as usize].resembles(&signatures[other as usize]) {
                    candidate(one, other)?;
                }
            }
        }
    }
    Ok(())
}

/// FNV-1a over the lower-case letters of each word.
fn words(text: &str) -> Vec<u64> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().flat_map(char::to_lowercase).fold(BASIS, step)).collect()
}

/// The same, byte by byte.
fn ascii_words(text: &[u8]) -> Vec<u64> {
    let words = text.split(|byte| !byte.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let lower = |byte: &u8| char::from(byte.to_ascii_lowercase());
    words.map(|word| word.iter().map(lower).fold(BASIS, step)).collect()
}

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn step(hash: u64, c: char) -> u64 {
    (hash ^ u64::from(c)).wrapping_mul(0x0100_0000_01b3)
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014).
const fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Multiply-shift hashing (Dietzfelbinger et al. 1997) takes odd multipliers.
const MULTIPLIERS: [u64; BANDS * ROWS] = constants(0x5265_6865_6172_7361, 1);
const ADDENDS: [u64; BANDS * ROWS] = constants(0x6c2d_6475_706c_6963, 0);

const fn constants(seed: u64, low_bit: u64) -> [u64; BANDS * ROWS] {
    let mut all = [0; BANDS * ROWS];
    let mut at = 0;
    while at < all.len() {
        all[at] = mix(seed.wrapping_add(at as u64)) | low_bit;
        at += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(seed: u64, words: usize) -> Vec<String> {
        (0..words as u64).map(|at| format!("w{}", mix(seed ^ mix(at)) % 5_000)).collect()
    }

    fn found(texts: &[String]) -> Vec<(u32, u32)> {
        let signatures: Vec<_> =
            texts.iter().map(|text| Signature::of(&Shingles::of(text))).collect();
        let mut pairs = Vec::new();
        near_duplicates::<()>(&signatures, |a, b| {
            pairs.push((a, b));
            Ok(())
        })
        .unwrap();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    #[test]
    fn a_lightly_edited_text_is_found_among_many_and_strangers_are_left_alone() {
        let mut texts: Vec<String> = (0..400).map(|seed| text(seed, 300).join(" ")).collect();
        for seed in 0..100 {
            // Six words of 300 differ: some 30 of 296 shingles.
            let mut edited = text(seed, 300);
            (0..6).for_each(|at| edited[at * 50] = "edited".to_owned());
            texts.push(edited.join(", ").to_uppercase());
        }
        let alike: Vec<(u32, u32)> = (0..100).map(|seed| (seed, 400 + seed)).collect();
        let likeness = Shingles::of(&texts[0]).likeness(&Shingles::of(&texts[400]));
        assert!((0.75..0.95).contains(&likeness), "{likeness}");
        assert_eq!(found(&texts), alike);
    }

    #[test]
    fn calls_of_one_script_are_not_read_for_the_sake_of_it() {
        let script = text(1_007, 150).join(" ");
        let texts: Vec<String> =
            (0..200).map(|seed| format!("{script} {}", text(seed, 150).join(" "))).collect();
        let shingles: Vec<Shingles> = texts.iter().map(|text| Shingles::of(text)).collect();
        let likeness = shingles[0].likeness(&shingles[1]);
        assert!((0.3..0.4).contains(&likeness), "{likeness}");
        let signatures: Vec<_> = shingles.iter().map(Signature::of).collect();
        let bucket = |one: &Signature| one.bands.iter().copied().enumerate().collect::<Vec<_>>();
        let mut buckets: Vec<_> = signatures.iter().flat_map(bucket).collect();
        buckets.sort_unstable();
        let shared = buckets.chunk_by(|a, b| a == b).filter(|bucket| bucket.len() > 5).count();
        assert!(shared > 10, "{shared} bands are shared by more than five");
        assert!(found(&texts).len() < 5, "{:?}", found(&texts));
    }

    #[test]
    fn words_are_the_same_by_bytes() {
        let text = "How's \"INTAKE\" today,\tDana? 24/7; it_is  fine\n";
        assert_eq!(ascii_words(text.as_bytes()), words(text));
    }

    #[test]
    fn hashes_stay_as_they_are() {
        let signature = Signature::of(&Shingles::of("How are you handling intake today, Dana?"));
        // Computed by another program, from the definitions above.
        let known = (328_188_998_914_973_077, 2_040_149_772, 2_954_302_729);
        assert_eq!((signature.whole, signature.bands[0], signature.bands[23]), known);
        assert_eq!((signature.sketch[0], signature.sketch[95]), (145, 157));
    }
}
