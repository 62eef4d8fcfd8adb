//! Servers that stand in for the hosted services in tests: real HTTPS on loopback, written
//! from the services' documentation, with everything that goes wrong on request.
//!
//! ```no_run
//! use rehearsal_standins::{Fault, Server, fathom};
//!
//! let meetings = fathom::Account::new("key-of-the-test").with_meetings(fathom::invented(25));
//! let server = Server::start(meetings.router());
//! server.fail("/external/v1/meetings", Fault::TooMany { retry_after: "1" });
//! // Point a plugin at server.url() and trust server.certificate().
//! ```

pub mod fathom;
mod fault;
pub mod fireflies;
pub mod gong;
pub mod huggingface;
pub mod media;
pub mod openai;
mod server;

pub use fault::Fault;
pub use server::{Seen, Server};
