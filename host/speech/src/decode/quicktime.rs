//! Codings of QuickTime sound tracks that the demuxer passes over or takes for another.
//!
//! QuickTime keeps a codec's settings in a `wave` atom, where symphonia looks for AAC
//! only: ALAC has no decoder for it, and samples of 24 and 32 bits are read in the wrong
//! byte order, which is noise. It knows the names of µ-law and A-law and no more. (QuickTime
//! File Format Specification, "Sound sample descriptions" and "siDecompressionParam atom".)

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use symphonia::core::audio::{Channels, Position};
use symphonia::core::codecs::audio::well_known::{
    CODEC_ID_ALAC, CODEC_ID_PCM_ALAW, CODEC_ID_PCM_F32BE, CODEC_ID_PCM_F64BE, CODEC_ID_PCM_MULAW,
    CODEC_ID_PCM_S24BE, CODEC_ID_PCM_S32BE,
};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters};

/// A longer index is not read; that of three hours of sound is a few megabytes.
const LONGEST_INDEX: u64 = 64 << 20;
/// Atoms at the top of a file that are looked at.
const MOST_ATOMS: usize = 1_000;

/// `params` with what the file's own description of the track `id` says, where that is
/// known better. The file may be read anywhere.
pub(super) fn corrected(file: &mut File, id: u32, params: &mut AudioCodecParameters) {
    // What cannot be read is left to the demuxer's word.
    let Ok(Some(index)) = index(file) else { return };
    if let Some(entry) = sample_entry(&index, id) {
        correct(&entry, params);
    }
}

fn correct(entry: &Entry<'_>, params: &mut AudioCodecParameters) {
    match entry.coding {
        b"alac" => {
            // Four bytes of version and flags, then the "magic cookie".
            let cookie = entry.setting(b"alac").and_then(|setting| setting.get(4..));
            if let Some(cookie) = cookie.filter(|cookie| matches!(cookie.len(), 24 | 48)) {
                params.for_codec(CODEC_ID_ALAC).with_extra_data(cookie.into());
            }
        }
        b"ulaw" => law(CODEC_ID_PCM_MULAW, entry, params),
        b"alaw" => law(CODEC_ID_PCM_ALAW, entry, params),
        b"in24" => wide(CODEC_ID_PCM_S24BE, entry, params),
        b"in32" => wide(CODEC_ID_PCM_S32BE, entry, params),
        b"fl32" => wide(CODEC_ID_PCM_F32BE, entry, params),
        b"fl64" => wide(CODEC_ID_PCM_F64BE, entry, params),
        _ => {}
    }
}

/// G.711: a byte a sample.
fn law(codec: AudioCodecId, entry: &Entry<'_>, params: &mut AudioCodecParameters) {
    let positions = match entry.channels {
        1 => Position::FRONT_LEFT,
        2 => Position::FRONT_LEFT | Position::FRONT_RIGHT,
        _ => return,
    };
    params
        .for_codec(codec)
        .with_channels(Channels::Positioned(positions))
        .with_max_frames_per_packet(1);
    (params.bits_per_sample, params.bits_per_coded_sample) = (None, None);
}

/// Samples of more than 16 bits, which are big-endian unless the file says otherwise.
fn wide(big_endian: AudioCodecId, entry: &Entry<'_>, params: &mut AudioCodecParameters) {
    if entry.setting(b"enda").is_none_or(|little| little == [0, 0]) {
        params.for_codec(big_endian);
    }
}

/// A track's sound sample description.
struct Entry<'a> {
    coding: &'a [u8; 4],
    channels: u16,
    /// The atoms in its `wave` atom.
    settings: &'a [u8],
}

impl<'a> Entry<'a> {
    fn setting(&self, name: &[u8; 4]) -> Option<&'a [u8]> {
        Atoms(self.settings).named(name)
    }
}

fn sample_entry(index: &[u8], id: u32) -> Option<Entry<'_>> {
    let track = Atoms(index)
        .filter(|(name, _)| *name == b"trak")
        .find(|(_, track)| Atoms(track).named(b"tkhd").and_then(track_id) == Some(id))?;
    let table = [b"mdia", b"minf", b"stbl", b"stsd"]
        .into_iter()
        .try_fold(track.1, |within, name| Atoms(within).named(name))?;
    // Version and flags, and how many there are; the demuxer takes the first.
    let (coding, entry) = Atoms(table.get(8..)?).next()?;
    let channels = number(entry, 16)?;
    // Fields by version of the description; atoms follow.
    let fields = match number(entry, 8)? {
        0 => 28,
        1 => 28 + 16,
        2 => 28 + 36,
        _ => return None,
    };
    let settings = Atoms(entry.get(fields..)?).named(b"wave").unwrap_or_default();
    Some(Entry { coding, channels, settings })
}

fn number(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|two| u16::from_be_bytes(*two))
}

/// A track's number in its header, whose times take eight bytes each from version 1 on.
fn track_id(header: &[u8]) -> Option<u32> {
    let at = if *header.first()? == 0 { 12 } else { 20 };
    header.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

/// Atoms one after the other: name and content.
struct Atoms<'a>(&'a [u8]);

impl<'a> Atoms<'a> {
    fn named(mut self, name: &[u8; 4]) -> Option<&'a [u8]> {
        self.find(|(found, _)| *found == name).map(|(_, content)| content)
    }
}

impl<'a> Iterator for Atoms<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (size, rest) = self.0.split_first_chunk::<4>()?;
        let (name, _) = rest.split_first_chunk::<4>()?;
        let size = usize::try_from(u32::from_be_bytes(*size)).ok()?;
        let content = self.0.get(8..size)?;
        self.0 = &self.0[size..];
        Some((name, content))
    }
}

/// The content of the `moov` atom.
fn index(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let mut at = 0;
    for _ in 0..MOST_ATOMS {
        file.seek(SeekFrom::Start(at))?;
        let mut head = [0; 16];
        if file.read(&mut head)? < head.len() {
            break;
        }
        let (short, long) = head.split_at(8);
        let size = match u32::from_be_bytes(std::array::from_fn(|i| short[i])) {
            1 => u64::from_be_bytes(std::array::from_fn(|i| long[i])),
            size => u64::from(size),
        };
        if &short[4..] == b"moov" {
            file.seek(SeekFrom::Start(at + 8))?;
            let mut index = Vec::new();
            let length = size.saturating_sub(8).min(LONGEST_INDEX);
            file.take(length).read_to_end(&mut index)?;
            return Ok(Some(index));
        }
        if size < 8 {
            break;
        }
        at = at.saturating_add(size);
    }
    Ok(None)
}
