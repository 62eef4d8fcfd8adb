//! The same input gives the same result, whatever the clock and chance say.

use rehearsal_model::Value;
use rehearsal_sandbox::{Extractor, Limits};

use crate::guest::{EMPTY_ROWS, extractor_with};
use crate::{call, id, load};

/// Answers one number.
fn number(world: &str, imports: &str, number: &str) -> Vec<u8> {
    extractor_with(
        world,
        imports,
        "",
        &format!(
            "(f64.store (i32.const 2088) {number})
             (i32.store (i32.const 1028) (i32.const 2048))
             (i32.store (i32.const 1032) (i32.const 1))
             {EMPTY_ROWS}"
        ),
    )
}

async fn answer(guest: &[u8]) -> f64 {
    let guest = Extractor::prepare("guest", &load(guest), Default::default(), Limits::default());
    let call = call();
    let called = guest.expect("it links").extract(&[(id("a"), &call)]).await;
    let rows = called.expect("the call succeeds").value;
    match rows[0].as_ref().expect("the row is good")[0].value {
        Value::Number(number) => number,
        ref other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn chance_is_the_same_each_time() {
    let guest = number(
        "import wasi:random/random@0.2.0;",
        r#"(import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))"#,
        "(f64.convert_i64_u (i64.xor (call $random) (i64.rotl (call $random) (i64.const 1))))",
    );
    let first = answer(&guest).await;
    assert!(first > 0.0);
    assert_eq!(first.to_bits(), answer(&guest).await.to_bits());
}

#[tokio::test]
async fn the_clock_stands_still() {
    let guest = number(
        "import wasi:clocks/monotonic-clock@0.2.0;",
        r#"(import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))"#,
        "(f64.convert_i64_u (call $now))",
    );
    assert_eq!(answer(&guest).await.to_bits(), 0.0_f64.to_bits());
}

#[tokio::test]
async fn there_is_one_nan() {
    // The bits of 0/0 differ between processors; here they do not.
    let guest = number(
        "",
        "",
        "(f64.convert_i64_u (i64.shr_u
           (i64.reinterpret_f64 (f64.div (f64.const 0) (f64.const 0))) (i64.const 48)))",
    );
    assert_eq!(answer(&guest).await, f64::from(0x7ff8));
}
