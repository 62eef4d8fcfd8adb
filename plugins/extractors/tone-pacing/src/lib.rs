//! tone-pacing.
