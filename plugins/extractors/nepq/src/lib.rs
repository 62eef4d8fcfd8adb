//! nepq.
