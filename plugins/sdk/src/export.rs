//! Turning a type into a component: one macro a world.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;

use crate::Result;
use crate::bindings::base::rehearsal::plugin::types::Identity;
use crate::types::Error;

/// Who a plugin is. The export macros take it from the plugin's Cargo.toml.
pub trait Packaged {
    /// The package's name without a leading `plugin-`.
    const NAME: &'static str;
    /// The package's version.
    const VERSION: &'static str;
    /// The package's description: one sentence for a list.
    const SUMMARY: &'static str;
}

#[must_use]
pub(crate) fn identity<T: Packaged, C: JsonSchema>() -> Identity {
    let schema = schemars::generate::SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<C>();
    Identity {
        name: T::NAME.strip_prefix("plugin-").unwrap_or(T::NAME).to_owned(),
        version: T::VERSION.to_owned(),
        summary: T::SUMMARY.to_owned(),
        config_schema: schema.to_value().to_string(),
    }
}

/// The plugin's table as the host gives it; natively an empty table.
pub(crate) fn read_config<C: DeserializeOwned>() -> Result<C> {
    #[cfg(target_family = "wasm")]
    let text = crate::bindings::base::rehearsal::plugin::config::get();
    #[cfg(not(target_family = "wasm"))]
    let text = "{}".to_owned();
    let text = if text.trim().is_empty() { "{}" } else { text.as_str() };
    serde_json::from_str(text).map_err(|error| Error::permanent(format!("config: {error}")))
}

#[doc(hidden)]
#[macro_export]
macro_rules! __package {
    ($plugin:ty) => {
        impl $crate::Packaged for $plugin {
            const NAME: &'static str = ::core::env!("CARGO_PKG_NAME");
            const VERSION: &'static str = ::core::env!("CARGO_PKG_VERSION");
            const SUMMARY: &'static str = ::core::env!("CARGO_PKG_DESCRIPTION");
        }
    };
}

/// Makes a component of world `extractor` of a type that is an [`crate::Extractor`].
#[macro_export]
macro_rules! export_extractor {
    ($plugin:ty) => {
        $crate::__package!($plugin);
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "generated: the ABI of the component model is raw memory")]
        const _: () = {
            use $crate::bindings::extractor::exports::rehearsal::plugin::extractor_api as api;
            struct Component;
            impl api::Guest for Component {
                fn describe() -> api::Description {
                    $crate::glue::extractor::describe::<$plugin>()
                }
                fn extract(
                    batch: Vec<$crate::types::Conversation>,
                ) -> Vec<$crate::Result<Vec<$crate::types::Annotation>>> {
                    $crate::glue::extractor::extract::<$plugin>(&batch)
                }
            }
            $crate::bindings::extractor::__export_extractor_world!(
                Component with_types_in $crate::bindings::extractor
            );
        };
    };
}

/// Makes a component of world `loader` of a type that is a [`crate::Loader`].
#[macro_export]
macro_rules! export_loader {
    ($plugin:ty) => {
        $crate::__package!($plugin);
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "generated: the ABI of the component model is raw memory")]
        const _: () = {
            use $crate::bindings::loader::exports::rehearsal::plugin::loader_api as api;
            struct Component;
            impl api::Guest for Component {
                fn describe() -> api::Description {
                    $crate::glue::loader::describe::<$plugin>()
                }
                fn list(cursor: Option<String>) -> $crate::Result<api::Page> {
                    $crate::glue::loader::list::<$plugin>(cursor.as_deref())
                }
                fn load(key: String, offset: u64) -> $crate::Result<api::Chunk> {
                    $crate::glue::loader::load::<$plugin>(&key, offset)
                }
            }
            $crate::bindings::loader::__export_loader_world!(
                Component with_types_in $crate::bindings::loader
            );
        };
    };
}

/// Makes a component of world `path-builder` of a type that is a [`crate::PathBuilder`].
#[macro_export]
macro_rules! export_path_builder {
    ($plugin:ty) => {
        $crate::__package!($plugin);
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "generated: the ABI of the component model is raw memory")]
        const _: () = {
            use $crate::bindings::path::exports::rehearsal::plugin::path_builder_api as api;
            struct Component;
            impl api::Guest for Component {
                fn describe() -> api::Description {
                    $crate::glue::path::describe::<$plugin>()
                }
                fn build(
                    batch: Vec<$crate::types::Annotated>,
                ) -> Vec<$crate::Result<Vec<$crate::types::Example>>> {
                    $crate::glue::path::build::<$plugin>(&batch)
                }
            }
            $crate::bindings::path::__export_path_world!(
                Component with_types_in $crate::bindings::path
            );
        };
    };
}

/// Makes a component of world `validator` of a type that is a [`crate::Validator`].
#[macro_export]
macro_rules! export_validator {
    ($plugin:ty) => {
        $crate::__package!($plugin);
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "generated: the ABI of the component model is raw memory")]
        const _: () = {
            use $crate::bindings::validator::exports::rehearsal::plugin::validator_api as api;
            struct Component;
            impl api::Guest for Component {
                fn describe() -> api::Description {
                    $crate::glue::validator::describe::<$plugin>()
                }
                fn inspect(batch: Vec<api::Subject>) -> $crate::Result<api::Inspection> {
                    $crate::glue::validator::inspect::<$plugin>(&batch)
                }
                fn merge(partials: Vec<Vec<u8>>) -> $crate::Result<Vec<u8>> {
                    $crate::glue::validator::merge::<$plugin>(&partials)
                }
                fn conclude(partial: Vec<u8>) -> $crate::Result<api::Report> {
                    $crate::glue::validator::conclude::<$plugin>(&partial)
                }
            }
            $crate::bindings::validator::__export_validator_world!(
                Component with_types_in $crate::bindings::validator
            );
        };
    };
}
