//! What `wit-bindgen` makes of the contract in `wit/`.
//!
//! [`base`] holds every type and host import once; each world adds the glue of its
//! one export, which only the macro of that world puts into a plugin. Imports that a
//! plugin never calls are not part of its component.

#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::undocumented_unsafe_blocks,
    clippy::allow_attributes_without_reason,
    reason = "generated code: the ABI of the component model is raw memory"
)]

/// Types and host imports.
pub mod base {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: r#"
            package rehearsal:sdk;
            world base {
                import rehearsal:plugin/types@0.1.0;
                import rehearsal:plugin/examples@0.1.0;
                import rehearsal:plugin/log@0.1.0;
                import rehearsal:plugin/config@0.1.0;
                import rehearsal:plugin/blobs@0.1.0;
                import rehearsal:plugin/files@0.1.0;
                import rehearsal:plugin/audio@0.1.0;
                import rehearsal:plugin/http@0.1.0;
                import rehearsal:plugin/semantics@0.1.0;
            }
        "#,
        world: "rehearsal:sdk/base",
        generate_all,
        generate_unused_types: true,
        additional_derives: [PartialEq, ::serde::Serialize, ::serde::Deserialize],
        additional_derives_ignore: ["response"],
    });
}

macro_rules! world {
    ($module:ident, $world:literal, $export:literal, $default:literal, $({$shared:literal => $to:ident}),*) => {
        #[doc = concat!("Glue of the world `", $world, "`.")]
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit",
                world: $world,
                pub_export_macro: true,
                export_macro_name: $export,
                default_bindings_module: $default,
                additional_derives: [PartialEq],
                additional_derives_ignore: ["recording", "item-body", "item", "chunk"],
                with: {
                    "rehearsal:plugin/types@0.1.0": crate::bindings::base::rehearsal::plugin::types,
                    "rehearsal:plugin/log@0.1.0": crate::bindings::base::rehearsal::plugin::log,
                    "rehearsal:plugin/config@0.1.0": crate::bindings::base::rehearsal::plugin::config,
                    $($shared: crate::bindings::base::rehearsal::plugin::$to,)*
                },
            });
        }
    };
}

world!(loader, "loader", "__export_loader_world", "rehearsal_sdk::bindings::loader",
    {"rehearsal:plugin/blobs@0.1.0" => blobs},
    {"rehearsal:plugin/files@0.1.0" => files},
    {"rehearsal:plugin/http@0.1.0" => http});
world!(extractor, "extractor", "__export_extractor_world", "rehearsal_sdk::bindings::extractor",
    {"rehearsal:plugin/blobs@0.1.0" => blobs},
    {"rehearsal:plugin/audio@0.1.0" => audio},
    {"rehearsal:plugin/http@0.1.0" => http},
    {"rehearsal:plugin/semantics@0.1.0" => semantics});
world!(path, "path-builder", "__export_path_world", "rehearsal_sdk::bindings::path",
    {"rehearsal:plugin/examples@0.1.0" => examples});
world!(validator, "validator", "__export_validator_world", "rehearsal_sdk::bindings::validator",
    {"rehearsal:plugin/examples@0.1.0" => examples});
