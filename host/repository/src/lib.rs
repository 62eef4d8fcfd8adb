//! Rehearsal repository.
