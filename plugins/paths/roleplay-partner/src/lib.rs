//! roleplay-partner.
