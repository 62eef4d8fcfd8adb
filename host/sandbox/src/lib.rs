//! Rehearsal sandbox.
