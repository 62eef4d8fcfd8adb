//! example-quality.
