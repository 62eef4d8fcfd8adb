//! Rehearsal speech.
