//! Compression of payloads: fast zstd above a size where it pays.

use std::cell::RefCell;

use zstd::bulk::{Compressor, Decompressor};

// A zstd context is some hundred kilobytes that take longer to set up than a
// small payload takes to compress, so each thread keeps one.
thread_local! {
    static COMPRESSOR: RefCell<Option<(i32, Compressor<'static>)>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// The payload as a zstd frame, or `None` when that would not be smaller.
pub(crate) fn compress(payload: &[u8], level: i32) -> Option<Vec<u8>> {
    COMPRESSOR.with_borrow_mut(|slot| {
        if slot.as_ref().is_none_or(|(at, _)| *at != level) {
            *slot = Some((level, Compressor::new(level).ok()?));
        }
        let (_, compressor) = slot.as_mut()?;
        compressor.compress(payload).ok().filter(|frame| frame.len() < payload.len())
    })
}

/// The payload of a zstd frame, which must have `raw_len` bytes.
pub(crate) fn decompress(frame: &[u8], raw_len: usize) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|slot| {
        if slot.is_none() {
            *slot = Some(Decompressor::new().ok()?);
        }
        let payload = slot.as_mut()?.decompress(frame, raw_len).ok()?;
        (payload.len() == raw_len).then_some(payload)
    })
}
