//! Packets of one audio track, with faults turned into silence and a report.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::codecs::registry::CodecRegistry;
use symphonia::core::errors::Error as MediaError;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, SeekMode, SeekTo, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream, ReadOnlySource};
use symphonia::core::meta::MetadataOptions;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Time, TimeBase};

use super::{cut, quicktime};
use crate::error::{Fault, SpeechError};

/// Rates outside this range are a sign of a broken header, not of a recording.
const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;
/// More channels than any call system writes; a broken header again.
const MAX_CHANNELS: usize = 32;
/// Container clocks jitter by some milliseconds; a longer hole is missing audio.
const HOLE_MS: i64 = 250;
/// The longest hole that is believed and filled; beyond it the clock is broken. All
/// silence of a file together may be as long again as what was decoded of it.
const MAX_HOLE_MS: i64 = 30 * 60 * 1000;
/// Reports kept a file; neighbouring faults are joined before they are counted.
const MAX_FAULTS: usize = 64;
/// Undecodable packets in a row before the rest of the file is given up.
const MAX_BAD_PACKETS: u32 = 50_000;

/// What a container says about its recording, before anything is decoded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AudioInfo {
    /// Container, short (for instance `wav`, `isomp4`, `matroska`).
    pub container: String,
    /// Codec, short (for instance `pcm_alaw`, `aac`, `opus`).
    pub codec: String,
    /// Samples a second in the file; 0 where only the first packet tells.
    pub sample_rate: u32,
    /// Channels in the file; 0 where only the first packet tells.
    pub channels: usize,
    /// Length in milliseconds where the container declares it.
    pub duration_ms: Option<u64>,
}

/// Decoded frames of one packet, or the silence that stands for a lost one.
pub(super) struct Block {
    /// Samples a second.
    pub(super) rate: u32,
    /// One vector a channel.
    pub(super) planes: Vec<Vec<f32>>,
}

pub(super) struct PacketReader {
    path: PathBuf,
    format: Box<dyn FormatReader>,
    decoder: Box<dyn AudioDecoder>,
    track_id: u32,
    time_base: Option<TimeBase>,
    start_ts: Option<i64>,
    info: AudioInfo,
    /// Rate and channels of the last packet that decoded.
    spec: Option<(u32, usize)>,
    /// Position in milliseconds, as a fraction-free sum over rates.
    position: Clock,
    /// Milliseconds of `position` that are silence put in by this reader.
    silence_ms: f64,
    faults: Vec<Fault>,
    bad_packets: u32,
    pending: Option<Block>,
    /// Whether its container says that it is longer than it is.
    is_cut: bool,
    done: bool,
}

/// Frames counted a rate, so that a change of rate loses nothing.
#[derive(Default)]
struct Clock {
    before_ms: f64,
    frames: u64,
    rate: u32,
}

impl Clock {
    fn advance(&mut self, frames: u64, rate: u32) {
        if self.rate != rate {
            self.before_ms = self.ms();
            (self.frames, self.rate) = (0, rate);
        }
        self.frames += frames;
    }

    fn ms(&self) -> f64 {
        self.before_ms + self.frames as f64 * 1000.0 / f64::from(self.rate.max(1))
    }
}

fn codecs() -> &'static CodecRegistry {
    static CODECS: OnceLock<CodecRegistry> = OnceLock::new();
    CODECS.get_or_init(|| {
        let mut registry = CodecRegistry::new();
        symphonia::default::register_enabled_codecs(&mut registry);
        // Symphonia has no Opus decoder of its own; this is libopus.
        registry.register_audio_decoder::<symphonia_adapter_libopus::OpusDecoder>();
        registry
    })
}

/// Runs a step of a third-party parser; a panic in it becomes a fault like any other.
fn guarded<T>(step: impl FnOnce() -> Result<T, MediaError>) -> Result<T, MediaError> {
    catch_unwind(AssertUnwindSafe(step))
        .unwrap_or(Err(MediaError::DecodeError("the decoder gave up on malformed data")))
}

impl PacketReader {
    pub(super) fn open(path: &Path) -> Result<Self, SpeechError> {
        let io = |source| SpeechError::Io { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(io)?;
        let meta = file.metadata().map_err(io)?;
        if meta.is_dir() {
            return Err(not_audio(path, "it is a folder"));
        }
        if meta.len() == 0 {
            return Err(not_audio(path, "it is empty"));
        }
        let mut hint = Hint::new();
        if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
            hint.with_extension(extension);
        }
        let is_cut = cut::is_cut(&mut file).map_err(io)?;
        let source: Box<dyn MediaSource> = match is_cut {
            true => Box::new(ReadOnlySource::new(file)),
            false => Box::new(file),
        };
        let stream = MediaSourceStream::new(source, Default::default());
        let format = guarded(|| {
            symphonia::default::get_probe().probe(
                &hint,
                stream,
                FormatOptions::default(),
                MetadataOptions::default(),
            )
        })
        .map_err(|e| open_error(path, e))?;
        let mut track = format
            .first_track_known_codec(TrackType::Audio)
            .or_else(|| format.first_track(TrackType::Audio))
            .ok_or_else(|| not_audio(path, "it holds no audio track"))?
            .clone();
        if let (Some(CodecParameters::Audio(params)), "isomp4") =
            (&mut track.codec_params, format.format_info().short_name)
        {
            quicktime::corrected(&mut File::open(path).map_err(io)?, track.id, params);
        }
        Ok(Self { is_cut, ..Self::with_track(path, format, &track)? })
    }

    fn with_track(
        path: &Path,
        format: Box<dyn FormatReader>,
        track: &Track,
    ) -> Result<Self, SpeechError> {
        let params = track
            .codec_params
            .as_ref()
            .and_then(|p| p.audio())
            .ok_or_else(|| not_audio(path, "its audio track has an unknown codec"))?;
        let decoder =
            guarded(|| codecs().make_audio_decoder(params, &AudioDecoderOptions::default()))
                .map_err(|e| SpeechError::Unsupported {
                    path: path.to_owned(),
                    what: format!("the codec of its audio track ({e})"),
                })?;
        let duration_ms = track
            .time_base
            .zip(track.duration)
            .and_then(|(base, duration)| base.calc_duration(duration))
            .and_then(|time| u64::try_from(time.as_millis()).ok());
        let info = AudioInfo {
            container: format.format_info().short_name.to_owned(),
            codec: decoder.codec_info().short_name.to_owned(),
            sample_rate: params.sample_rate.unwrap_or(0),
            channels: params.channels.as_ref().map_or(0, |c| c.count()),
            duration_ms,
        };
        Ok(Self {
            path: path.to_owned(),
            track_id: track.id,
            time_base: track.time_base,
            start_ts: None,
            format,
            decoder,
            info,
            spec: None,
            position: Clock::default(),
            silence_ms: 0.0,
            faults: Vec::new(),
            bad_packets: 0,
            pending: None,
            is_cut: false,
            done: false,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn info(&self) -> &AudioInfo {
        &self.info
    }

    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    pub(super) fn nothing_decoded(&self) -> SpeechError {
        let reason = self.faults.first().map_or("the file ends before its audio", |f| &f.reason);
        SpeechError::NoAudioDecoded { path: self.path.clone(), reason: reason.to_owned() }
    }

    /// Goes to `ms` or somewhat before it; returns where it is, in milliseconds.
    /// `None` if the container cannot seek (the caller then reads from the start).
    pub(super) fn seek(&mut self, ms: u64) -> Option<f64> {
        let base = self.time_base?;
        let time = Time::try_from_nanos_u128(u128::from(ms) * 1_000_000)?;
        let to = SeekTo::Time { time, track_id: Some(self.track_id) };
        let landed = guarded(|| self.format.seek(SeekMode::Accurate, to)).ok()?;
        self.decoder.reset();
        let at = base.calc_time(landed.actual_ts)?.as_secs_f64() * 1000.0;
        self.start_ts = None;
        self.position = Clock { before_ms: at.max(0.0), ..Clock::default() };
        Some(at)
    }

    /// Frames of the next packet that decodes; `None` at the end of what can be read.
    pub(super) fn next_block(&mut self) -> Result<Option<Block>, SpeechError> {
        if let Some(block) = self.pending.take() {
            return Ok(Some(self.count(block)));
        }
        while !self.done {
            match guarded(|| self.format.next_packet()) {
                Ok(Some(packet)) if packet.track_id == self.track_id => {
                    if let Some(block) = self.decode(&packet)? {
                        return Ok(Some(self.count(block)));
                    }
                }
                Ok(Some(_)) => {}
                Ok(None) => self.end(None),
                Err(MediaError::ResetRequired) => self.decoder.reset(),
                Err(MediaError::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                    self.end(None);
                }
                Err(e) => self.end(Some(format!("the rest of the file cannot be read: {e}"))),
            }
        }
        Ok(None)
    }

    fn count(&mut self, block: Block) -> Block {
        let frames = block.planes.first().map_or(0, Vec::len) as u64;
        self.position.advance(frames, block.rate);
        block
    }

    fn decode(&mut self, packet: &Packet) -> Result<Option<Block>, SpeechError> {
        let decoded = guarded(|| {
            let buffer = self.decoder.decode(packet)?;
            let (rate, channels) = (buffer.spec().rate(), buffer.num_planes());
            if !RATES.contains(&rate) || !(1..=MAX_CHANNELS).contains(&channels) {
                return Err(MediaError::DecodeError("impossible sample rate or channel count"));
            }
            let mut planes = Vec::new();
            buffer.copy_to_vecs_planar::<f32>(&mut planes);
            Ok(Block { rate, planes })
        });
        let block = match decoded {
            Ok(block) => {
                self.bad_packets = 0;
                block
            }
            Err(e) => return Ok(self.lose(packet, &e.to_string())),
        };
        if block.planes.first().is_none_or(Vec::is_empty) {
            return Ok(None);
        }
        let block = self.same_channels(block);
        Ok(Some(self.fill_hole_before(packet, block)))
    }

    /// Keeps the channel count of the first packet for the whole file.
    fn same_channels(&mut self, mut block: Block) -> Block {
        let frames = block.planes[0].len();
        let (_, channels) = *self.spec.get_or_insert((block.rate, block.planes.len()));
        self.spec = Some((block.rate, channels));
        block.planes.resize_with(channels, || vec![0.0; frames]);
        for sample in block.planes.iter_mut().flatten() {
            // Float files may hold anything; nothing downstream expects it.
            *sample = if sample.is_finite() { sample.clamp(-1.0, 1.0) } else { 0.0 };
        }
        self.info.sample_rate = block.rate;
        self.info.channels = channels;
        block
    }

    /// A jump of the container's clock is audio that is not there: silence goes first.
    fn fill_hole_before(&mut self, packet: &Packet, block: Block) -> Block {
        let Some(base) = self.time_base else { return block };
        let pts = packet.pts.get();
        let here = self.position.ms();
        let Some(start) = self.start_ts else {
            let here_ts =
                Time::try_from_secs_f64(here / 1000.0).and_then(|t| base.calc_timestamp(t));
            self.start_ts = Some(pts.saturating_sub(here_ts.map_or(0, |t| t.get())));
            return block;
        };
        let Some(at) = base.calc_time((pts.saturating_sub(start)).into()) else { return block };
        let hole = at.as_secs_f64() * 1000.0 - here;
        if (hole as i64) < HOLE_MS || !self.believes(hole) {
            return block;
        }
        self.fault(here, hole, "audio is missing here");
        self.silence_ms += hole;
        let frames = (hole * f64::from(block.rate) / 1000.0) as usize;
        let silence = vec![vec![0.0; frames]; block.planes.len()];
        let rate = block.rate;
        self.pending = Some(block);
        Block { rate, planes: silence }
    }

    /// Whether `ms` more of silence may be missing audio, or must be a broken clock.
    fn believes(&self, ms: f64) -> bool {
        let heard = (self.position.ms() - self.silence_ms).max(0.0);
        self.silence_ms + ms <= MAX_HOLE_MS as f64 + heard
    }

    /// A packet that does not decode: silence of its length, if a length is known.
    fn lose(&mut self, packet: &Packet, reason: &str) -> Option<Block> {
        self.bad_packets += 1;
        if self.bad_packets > MAX_BAD_PACKETS {
            self.end(Some(format!("nothing more can be decoded: {reason}")));
            return None;
        }
        let seconds = self
            .time_base
            .and_then(|base| base.calc_duration(packet.dur))
            .map_or(0.0, |time| time.as_secs_f64())
            .clamp(0.0, 10.0);
        self.fault(self.position.ms(), seconds * 1000.0, reason);
        let (rate, channels) = self.spec?;
        let frames = (seconds * f64::from(rate)) as usize;
        if frames == 0 || !self.believes(seconds * 1000.0) {
            return None;
        }
        self.silence_ms += seconds * 1000.0;
        Some(Block { rate, planes: vec![vec![0.0; frames]; channels] })
    }

    fn end(&mut self, reason: Option<String>) {
        self.done = true;
        let here = self.position.ms();
        let missing = self.info.duration_ms.map_or(0.0, |declared| declared as f64 - here);
        // Containers round their length up to a block; a quarter of a second is not a loss.
        match reason {
            Some(reason) => self.fault(here, missing.max(0.0), &reason),
            None if self.is_cut || missing > HOLE_MS as f64 => {
                self.fault(here, missing.max(0.0), "the file ends early (truncated)");
            }
            None => {}
        }
    }

    fn fault(&mut self, position_ms: f64, length_ms: f64, reason: &str) {
        let (position_ms, length_ms) = (position_ms.round() as u64, length_ms.round() as u64);
        if let Some(last) = self.faults.last_mut() {
            let adjoins = position_ms <= last.position_ms + last.length_ms + 2;
            if (adjoins && last.reason == reason) || self.faults.len() == MAX_FAULTS {
                let last = self.faults.last_mut().expect("checked above");
                last.length_ms = (position_ms + length_ms).saturating_sub(last.position_ms);
                return;
            }
        }
        self.faults.push(Fault { position_ms, length_ms, reason: reason.to_owned() });
    }
}

fn not_audio(path: &Path, reason: &str) -> SpeechError {
    SpeechError::NotAudio { path: path.to_owned(), reason: reason.to_owned() }
}

fn open_error(path: &Path, error: MediaError) -> SpeechError {
    match error {
        MediaError::IoError(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
            not_audio(path, "it ends inside its header")
        }
        MediaError::IoError(source) => SpeechError::Io { path: path.to_owned(), source },
        MediaError::Unsupported(what) => not_audio(path, what),
        other => not_audio(path, &other.to_string()),
    }
}
