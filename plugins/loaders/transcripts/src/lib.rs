//! transcripts.
