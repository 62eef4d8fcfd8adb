//! Guests that do one thing each, as core WebAssembly in text form, made into
//! components of the contract's worlds.

#![allow(dead_code, reason = "tests and benchmarks use different guests")]

use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Memory, and an allocator that never frees: what the canonical ABI asks of every
/// guest. The first 64 KiB are the guest's own: 1024 onwards is zeros, 512 to 1023 free
/// for texts.
const RUNTIME: &str = r#"
  (memory (export "memory") 2)
  (global $free (mut i32) (i32.const 65536))
  (func $alloc (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32)
               (param $new i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $new)))
    (block $fits
      (loop $grow
        (br_if $fits (i32.le_u (global.get $free) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $grow (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))
        unreachable))
    (local.get $at))
"#;

/// WASI as far as the guests here use it.
const WASI: &str = "
    package wasi:random@0.2.0;
    interface random { get-random-u64: func() -> u64; }
";
const CLOCKS: &str = "
    package wasi:clocks@0.2.0;
    interface monotonic-clock { now: func() -> u64; }
";

/// A component of a world given in WIT, which may `include rehearsal:plugin/extractor@0.1.0`
/// and the like.
pub(crate) fn component_of(world: &str, imports: &str, code: &str) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
    resolve.push_dir(&wit).expect("the contract parses");
    resolve.push_str("random.wit", WASI).expect("WASI parses");
    resolve.push_str("clocks.wit", CLOCKS).expect("WASI parses");
    let source = format!("package test:guest; {world}");
    let package = resolve.push_str("guest.wit", &source).expect("the guest's world parses");
    let world = resolve.select_world(&[package], None).expect("there is one world");
    let text = format!("(module {imports} {RUNTIME} {code})");
    let mut module = wat::parse_str(text).expect("the guest's code parses");
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)
        .expect("the world is embedded");
    ComponentEncoder::default()
        .validate(true)
        .module(&module)
        .and_then(|encoder| encoder.encode())
        .unwrap_or_else(|error| panic!("the guest does not fit its world: {error:#}"))
}

/// An extractor whose `extract` has this body: parameters `$batch` and `$len`, result
/// a pointer to the list that it answers.
pub(crate) fn extractor(body: &str) -> Vec<u8> {
    extractor_with("", "", "", body)
}

/// As [`extractor`], with further items of the world, imports and functions.
pub(crate) fn extractor_with(world: &str, imports: &str, functions: &str, body: &str) -> Vec<u8> {
    component_of(
        &format!("world guest {{ include rehearsal:plugin/extractor@0.1.0; {world} }}"),
        imports,
        &format!(
            r#"{functions}
            (func (export "rehearsal:plugin/extractor-api@0.1.0#describe") (result i32)
              unreachable)
            (func $extract (export "rehearsal:plugin/extractor-api@0.1.0#extract")
                  (param $batch i32) (param $len i32) (result i32)
              {body})"#
        ),
    )
}

/// Answers `$len` empty rows: 1024 onwards is zeros, which is `ok` of an empty list.
pub(crate) const EMPTY_ROWS: &str = "
    (i32.store (i32.const 16) (i32.const 1024))
    (i32.store (i32.const 20) (local.get $len))
    (i32.const 16)";

/// A loader whose `list` gives nothing and whose `load` opens the granted file `key`
/// and gives it as a recording; what `files.open` refuses, it passes on.
pub(crate) fn file_loader() -> Vec<u8> {
    component_of(
        "world guest { include rehearsal:plugin/loader@0.1.0; }",
        r#"(import "rehearsal:plugin/files@0.1.0" "open" (func $open (param i32 i32 i32)))"#,
        r#"
        (func (export "rehearsal:plugin/loader-api@0.1.0#describe") (result i32) unreachable)
        (func (export "rehearsal:plugin/loader-api@0.1.0#list")
              (param i32 i32 i32) (result i32)
          (i32.const 1024))
        (func (export "rehearsal:plugin/loader-api@0.1.0#load")
              (param $key i32) (param $len i32) (param $offset i64) (result i32)
          (call $open (local.get $key) (local.get $len) (i32.const 16))
          (if (i32.load8_u (i32.const 16))
            (then ;; the error's case and text, 8 bytes into the result
              (i32.store8 (i32.const 64) (i32.const 1))
              (i32.store (i32.const 72) (i32.load (i32.const 20)))
              (i32.store (i32.const 76) (i32.load (i32.const 24)))
              (i32.store (i32.const 80) (i32.load (i32.const 28)))
              (return (i32.const 64))))
          ;; one item: its key, the case `recording`, the blob; all else is empty
          (i32.store (i32.const 1028) (local.get $key))
          (i32.store (i32.const 1032) (local.get $len))
          (i32.store8 (i32.const 1036) (i32.const 1))
          (i32.store (i32.const 1040) (i32.load (i32.const 20)))
          (i32.store (i32.const 72) (i32.const 1024))
          (i32.store (i32.const 76) (i32.const 1))
          (i32.const 64))"#,
    )
}

/// A loader whose `load` asks `GET key` and gives back every byte of the answer's body as
/// an error's text; what `http.send` refuses, it passes on.
pub(crate) fn spy() -> Vec<u8> {
    component_of(
        "world guest { include rehearsal:plugin/loader@0.1.0; }",
        r#"(import "rehearsal:plugin/http@0.1.0" "send" (func $send
             (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)))
           (import "rehearsal:plugin/blobs@0.1.0" "[method]blob.read" (func $read
             (param i32 i64 i32 i32)))"#,
        r#"
        (data (i32.const 512) "GET")
        (func (export "rehearsal:plugin/loader-api@0.1.0#describe") (result i32) unreachable)
        (func (export "rehearsal:plugin/loader-api@0.1.0#list")
              (param i32 i32 i32) (result i32)
          (i32.const 1024))
        (func (export "rehearsal:plugin/loader-api@0.1.0#load")
              (param $key i32) (param $len i32) (param $offset i64) (result i32)
          ;; method, url, no headers, no body, not repeatable
          (call $send (i32.const 512) (i32.const 3) (local.get $key) (local.get $len)
                      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
                      (i32.const 16))
          (i32.store8 (i32.const 64) (i32.const 1))
          (if (i32.load8_u (i32.const 16))
            (then ;; the error's case and text, 8 bytes into the result
              (i32.store8 (i32.const 72) (i32.load8_u (i32.const 20)))
              (i32.store (i32.const 76) (i32.load (i32.const 24)))
              (i32.store (i32.const 80) (i32.load (i32.const 28)))
              (return (i32.const 64))))
          (call $read (i32.load (i32.const 32)) (i64.const 0) (i32.const 65536) (i32.const 40))
          (i32.store (i32.const 76) (i32.load (i32.const 44)))
          (i32.store (i32.const 80) (i32.load (i32.const 48)))
          (i32.const 64))"#,
    )
}

/// `(data …)` of a text at 512.
pub(crate) fn text(text: &str) -> String {
    let bytes: String = text.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!(r#"(data (i32.const 512) "{bytes}")"#)
}
