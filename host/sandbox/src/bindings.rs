//! What wasmtime makes of the contract in `wit/`: all worlds at once, so that their
//! types are generated once. A component is only ever asked for the exports of its own
//! world.
//!
//! Arguments borrow: a batch's text is copied once, into the plugin's memory.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::allow_attributes_without_reason,
    clippy::undocumented_unsafe_blocks,
    unsafe_code,
    dead_code,
    reason = "generated code"
)]

wasmtime::component::bindgen!({
    path: "../../wit",
    inline: r#"
        package rehearsal:host;
        world every {
            import rehearsal:plugin/log@0.1.0;
            import rehearsal:plugin/config@0.1.0;
            import rehearsal:plugin/files@0.1.0;
            import rehearsal:plugin/audio@0.1.0;
            import rehearsal:plugin/http@0.1.0;
            import rehearsal:plugin/semantics@0.1.0;
            export rehearsal:plugin/loader-api@0.1.0;
            export rehearsal:plugin/extractor-api@0.1.0;
            export rehearsal:plugin/path-builder-api@0.1.0;
            export rehearsal:plugin/validator-api@0.1.0;
        }
    "#,
    world: "rehearsal:host/every",
    ownership: Borrowing { duplicate_if_necessary: true },
    imports: {
        "rehearsal:plugin/log": trappable,
        "rehearsal:plugin/config": trappable,
        default: async | trappable,
    },
    exports: { default: async },
    with: {
        "rehearsal:plugin/blobs.blob": crate::host::blobs::Blob,
        "rehearsal:plugin/audio.recording": crate::host::audio::OpenRecording,
    },
});
