//! Set-up, demo and test.
fn main() {}
