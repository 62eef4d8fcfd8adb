//! Rehearsal pipeline.
