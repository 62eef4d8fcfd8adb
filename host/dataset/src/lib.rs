//! Rehearsal dataset.
