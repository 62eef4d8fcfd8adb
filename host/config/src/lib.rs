//! Rehearsal config.
