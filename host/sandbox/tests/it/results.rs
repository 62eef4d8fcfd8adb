//! Results made of arbitrary bytes: whatever lies in a plugin's memory where its answer
//! should be, the host gets rows that hold together, or an error.

use std::sync::LazyLock;

use proptest::prelude::*;
use rehearsal_model::Conversation;
use rehearsal_sandbox::{Extractor, Grants, Limits};
use tokio::runtime::{Builder, Runtime};

use crate::guest::extractor;
use crate::{call, id, load};

/// Decodes the text of the first call, two letters `a` to `p` a byte, to 2048, and
/// answers as many rows as the first byte says, the first of them there.
const ECHO: &str = "
    (local $from i32) (local $to i32) (local $end i32)
    (local.set $from (i32.load offset=8 (local.get $batch)))
    (local.set $end (i32.add (local.get $from) (i32.load offset=12 (local.get $batch))))
    (local.set $to (i32.const 2048))
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $from) (local.get $end)))
        (i32.store8 (local.get $to) (i32.or
          (i32.shl (i32.sub (i32.load8_u (local.get $from)) (i32.const 97)) (i32.const 4))
          (i32.sub (i32.load8_u offset=1 (local.get $from)) (i32.const 97))))
        (local.set $from (i32.add (local.get $from) (i32.const 2)))
        (local.set $to (i32.add (local.get $to) (i32.const 1)))
        (br $next)))
    (i32.store (i32.const 16) (i32.const 2048))
    (i32.store (i32.const 20) (i32.const 1))
    (i32.const 16)";

static ECHOING: LazyLock<(Runtime, Extractor)> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    let limits = Limits { memory: 4 << 20, transfer: 1 << 20, ..Limits::default() };
    let guest = Extractor::prepare("guest", &load(&extractor(ECHO)), Grants::default(), limits);
    (runtime, guest.expect("it links"))
});

/// Numbers as results have them: small ones, places in the answer, and wild ones.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![
        4 => 0..6_u32,
        3 => (0..64_u32).prop_map(|n| 2048 + n * 4),
        1 => any::<u32>(),
        1 => Just(u32::MAX),
    ]
}

proptest! {
    #[test]
    fn fuzz_any_bytes_for_a_result_are_rows_or_an_error(
        words in prop::collection::vec(word(), 0..120),
    ) {
        let letter = |nibble: u8| char::from(b'a' + nibble);
        let bytes = words.iter().flat_map(|word| word.to_le_bytes());
        let text: String = bytes.flat_map(|b| [letter(b >> 4), letter(b & 15)]).collect();
        let mut asked = Conversation { participants: call().participants, ..Default::default() };
        asked.push_turn(0, &text, None);
        let (runtime, guest) = &*ECHOING;
        match runtime.block_on(guest.extract(&[(id("a"), &asked)])) {
            Ok(called) => {
                prop_assert_eq!(called.value.len(), 1);
                for annotation in called.value.into_iter().flatten().flatten() {
                    prop_assert_eq!(annotation.validate(&asked), Ok(()));
                }
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
