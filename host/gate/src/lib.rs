//! The one way from a plugin to the network. Knows nothing of plugins or sales.
//!
//! ```text
//! Gate (one a process: rates, tape) ── door(grantee, grants) ─► Door (one a stage) ── send(request)
//! ```
//!
//! A request goes through these checks in this order, and the first that fails ends it:
//!
//! 1. **Form.** The URL is absolute, `http` or `https`, without user name, fragment or
//!    anything that servers read as another path (`..`, `%2f`). Everything after this
//!    compares exactly, so nothing needs to be normalised.
//! 2. **Grant.** Scheme, host, port, path and method are those of a grant; the first
//!    one in the file that fits holds. No request goes on without one.
//! 3. **Headers.** Those that the host owns, and that of the grant's secret, are not
//!    the plugin's to set.
//! 4. **Replay.** With a tape to play, the answer is the tape's and the network is not
//!    touched. The checks above hold all the same.
//! 5. **Secret.** Read once, from environment, file or command.
//! 6. **Rate.** The operator's rates and whatever the server asked for last, kept over
//!    restarts.
//! 7. **Budget.** What the request may cost is set aside; a run spends no more than its
//!    grant says.
//! 8. **Room.** An answer that is kept as a file has room beside those kept before.
//! 9. **Address.** The name is resolved once, every address is checked, and only these
//!    are connected to: a name that changes its mind in between changes nothing.
//!
//! What comes back: no redirect is followed, the size is capped while reading (into memory,
//! or into a file where the grant has no secret and says so), the secret
//! is blotted out wherever the server repeats it (as it is, escaped, in hexadecimal or
//! base64, alone or amid other text), cookies are dropped, and compressed answers are
//! refused, since a secret could hide in them. A server that wants to hand the secret on
//! can disguise it in ways that nobody looks for: it is the one that it was given to.

mod address;
mod budget;
mod door;
mod error;
mod gate;
mod kept;
mod message;
mod meter;
mod policy;
mod retry;
mod secret;
mod shelf;
mod tape;
mod target;
mod wire;

pub use address::Lookup;
pub use door::{Door, Patience};
pub use error::{Denial, GateError, SendError};
pub use gate::{Gate, Mode, Settings};
pub use kept::Kept;
pub use message::{Request, Response};
pub use meter::{Budget, Price, Spent};
pub use policy::{Grant, Grantee, Rate};
pub use secret::{Encoding, SecretGrant, SecretOrigin};
pub use shelf::Shelf;
