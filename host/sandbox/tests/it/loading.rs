//! What is a plugin and what is not, told in one sentence.

use std::sync::LazyLock;

use proptest::prelude::*;
use rehearsal_sandbox::{Capability, LoadError, Loader, World};

use crate::guest::{EMPTY_ROWS, component_of, extractor, file_loader};
use crate::{load, prepare, sandbox};

fn refused(bytes: &[u8]) -> LoadError {
    match sandbox().load_bytes("guest.wasm", bytes) {
        Ok(component) => panic!("taken for a {}", component.world()),
        Err(error) => error,
    }
}

#[test]
fn a_plugin_tells_its_world_version_digest_and_needs() {
    let bytes = file_loader();
    let component = load(&bytes);
    assert_eq!(component.world(), World::Loader);
    assert_eq!(component.contract(), "0.1.0");
    assert_eq!(component.digest(), rehearsal_model::Digest::of(&bytes));
    assert_eq!(component.needs(), [Capability::Files]);
    assert!(component.imports().contains(&"rehearsal:plugin/files@0.1.0".to_owned()));
}

#[test]
fn what_is_no_component_is_named() {
    let missing = sandbox().load(std::path::Path::new("no/such.wasm"));
    assert!(missing.is_err_and(|error| error.to_string().contains("no/such.wasm")));
    assert!(matches!(refused(b"RIFF....WAVE"), LoadError::NotWasm { .. }));
    assert!(matches!(refused(b""), LoadError::NotWasm { .. }));
    assert!(matches!(refused(b"\x7fELF\x02\x01"), LoadError::Native { .. }));
    assert!(matches!(refused(b"(component)"), LoadError::Text { .. }));
    let module = wat::parse_str("(module)").expect("text parses");
    assert!(matches!(refused(&module), LoadError::CoreModule { .. }));
    let mut broken = extractor(EMPTY_ROWS);
    broken.truncate(broken.len() / 2);
    assert!(matches!(refused(&broken), LoadError::Invalid { .. }));
}

#[test]
fn a_component_of_no_world_or_another_version_is_refused() {
    let empty = wat::parse_str("(component)").expect("text parses");
    let error = refused(&empty);
    assert!(matches!(error, LoadError::NoWorld { .. }));
    assert!(error.to_string().contains("it exports nothing"), "{error}");

    let named = |name: &str| {
        let text = format!(r#"(component (instance $i) (export "{name}" (instance $i)))"#);
        wat::parse_str(text).expect("text parses")
    };
    let error = refused(&named("rehearsal:plugin/extractor-api@9.1.0"));
    assert!(error.to_string().contains("version 9.1.0"), "{error}");
    assert!(error.to_string().contains("0.1.0"), "{error}");
    let error = refused(&named("rehearsal:plugin/oracle-api@0.1.0"));
    assert!(matches!(error, LoadError::UnknownWorld { .. }));
    // The right name and none of the functions.
    let hollow = load(&named("rehearsal:plugin/loader-api@0.1.0"));
    let error = Loader::prepare("x", &hollow, Default::default(), Default::default());
    assert!(matches!(error.err(), Some(LoadError::Mismatch { .. })));
}

#[test]
fn an_import_that_nobody_provides_is_named() {
    let guest = component_of(
        "interface shell { run: func(command: string) -> u32; }
         world guest { include rehearsal:plugin/extractor@0.1.0; import shell; }",
        r#"(import "test:guest/shell" "run" (func $run (param i32 i32) (result i32)))"#,
        r#"(func (export "rehearsal:plugin/extractor-api@0.1.0#describe") (result i32)
             (call $run (i32.const 0) (i32.const 0)))
           (func (export "rehearsal:plugin/extractor-api@0.1.0#extract")
             (param i32 i32) (result i32) unreachable)"#,
    );
    let error = refused(&guest);
    assert!(error.to_string().contains("`test:guest/shell`"), "{error}");
}

#[test]
fn a_plugin_of_another_world_is_told_apart() {
    let component = load(&extractor(EMPTY_ROWS));
    let error = Loader::prepare("x", &component, Default::default(), Default::default());
    let error = error.err().map(|error| error.to_string());
    assert_eq!(
        error.as_deref(),
        Some("guest.wasm is of the world `extractor`, and a plugin of `loader` is needed here")
    );
}

#[tokio::test]
async fn a_call_answers_a_row_each_and_can_run_on_any_thread() {
    let guest = prepare(&extractor(EMPTY_ROWS), Default::default());
    let done = tokio::spawn(async move {
        let call = crate::call();
        let batch = [(crate::id("a"), &call), (crate::id("b"), &call)];
        guest.extract(&batch).await
    });
    let called = done.await.expect("no panic").expect("the call succeeds");
    assert_eq!(called.value, [Ok(vec![]), Ok(vec![])]);
}

/// A component that names, describes and exports something.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(file_loader);

proptest! {
    /// What `plugin add` fetches is looked through before anybody trusts it: sections,
    /// names of imports and exports, lengths and indices that lie.
    #[test]
    fn damaged_components_are_plugins_or_refused_in_words(
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<u8>(), 0..5_u8),
            1..6,
        ),
    ) {
        let mut bytes = WHOLE.clone();
        for (place, byte, how) in changes {
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes[at] ^= 1 << (byte % 8),
                2 => drop(bytes.remove(at)),
                3 => bytes.insert(at, byte),
                _ => {
                    let end = (at + usize::from(byte)).min(bytes.len());
                    let copy = bytes[at..end].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        match sandbox().load_bytes("guest.wasm", &bytes) {
            Ok(component) => {
                prop_assert_eq!(component.digest(), rehearsal_model::Digest::of(&bytes));
                // It may still lack a function, or want what nobody has.
                let _ = Loader::prepare("x", &component, Default::default(), Default::default());
            }
            Err(error) => prop_assert!(error.to_string().contains("guest.wasm"), "{error}"),
        }
    }
}
