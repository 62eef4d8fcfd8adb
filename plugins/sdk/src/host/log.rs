//! Messages to the operator, kept with the run. Natively they go to standard error.

macro_rules! level {
    ($name:ident, $level:ident, $when:literal) => {
        #[doc = $when]
        pub fn $name(message: impl std::fmt::Display) {
            #[cfg(target_family = "wasm")]
            {
                use crate::bindings::base::rehearsal::plugin::log::{Level, write};
                write(Level::$level, &message.to_string());
            }
            #[cfg(not(target_family = "wasm"))]
            eprintln!("{}: {message}", stringify!($name));
        }
    };
}

level!(debug, Debug, "Of use to the plugin's author.");
level!(info, Info, "Worth knowing, nothing to do.");
level!(warn, Warn, "Something that the operator should look at.");
level!(error, Error, "Something that went wrong and is not in the result.");
