//! Rehearsal model.
