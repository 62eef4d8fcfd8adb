//! Guests that want too much, never end, or answer nonsense.

use std::time::{Duration, Instant};

use rehearsal_sandbox::{CallError, Failure, ItemError, Level, Limits};

use crate::guest::{EMPTY_ROWS, extractor, extractor_with, text};
use crate::{call, id, prepare};

async fn failure(bytes: &[u8], limits: Limits) -> CallError {
    let guest = prepare(bytes, limits);
    let call = call();
    guest.extract(&[(id("a"), &call)]).await.expect_err("the call fails")
}

/// One row with one annotation about a span: turn, start and end. 72 bytes at 2048.
fn spanning(turn: u32, start: u32, end: u32) -> String {
    format!(
        "(i32.store8 (i32.const 2048) (i32.const 2))
         (i32.store (i32.const 2052) (i32.const {turn}))
         (i32.store (i32.const 2056) (i32.const {start}))
         (i32.store (i32.const 2060) (i32.const {end}))
         (i32.store8 (i32.const 2080) (i32.const 3)) ;; a flag
         (i32.store (i32.const 1028) (i32.const 2048))
         (i32.store (i32.const 1032) (i32.const 1))
         {EMPTY_ROWS}"
    )
}

#[tokio::test]
async fn a_crash_names_the_function() {
    let guest =
        extractor_with("", "", "(func $helper unreachable)", "(call $helper) (i32.const 0)");
    let error = failure(&guest, Limits::default()).await;
    let Failure::Trap { message, backtrace } = error.failure.as_ref() else { panic!("{error}") };
    assert!(message.contains("unreachable"), "{message}");
    assert_eq!(backtrace[0], "helper");
    assert!(error.to_string().starts_with("plugin `guest` crashed in `extract`"), "{error}");
}

#[tokio::test]
async fn endless_recursion_is_a_crash() {
    let error =
        failure(&extractor("(call $extract (i32.const 0) (i32.const 0))"), Limits::default()).await;
    assert!(error.to_string().contains("call stack exhausted"), "{error}");
}

#[tokio::test]
async fn an_endless_loop_is_stopped_and_shows_where_it_was() {
    let limits = Limits { deadline: Duration::from_millis(100), ..Limits::default() };
    let guest =
        extractor_with("", "", "(func $spin (loop $l (br $l)))", "(call $spin) (i32.const 0)");
    let start = Instant::now();
    let error = failure(&guest, limits).await;
    assert!(start.elapsed() < Duration::from_secs(10));
    let Failure::Deadline { backtrace, .. } = error.failure.as_ref() else { panic!("{error}") };
    assert_eq!(backtrace[0], "spin");
}

#[tokio::test]
async fn an_endless_loop_lets_others_run() {
    // One thread for both: the loop has to give way for the timer to fire.
    let limits = Limits { deadline: Duration::from_secs(20), ..Limits::default() };
    let guest = prepare(&extractor("(loop $l (br $l)) (i32.const 0)"), limits);
    let call = call();
    let batch = [(id("a"), &call)];
    let other = tokio::time::timeout(Duration::from_millis(100), guest.extract(&batch));
    assert!(other.await.is_err(), "the timer fires while the guest runs");
}

#[tokio::test]
async fn memory_beyond_the_limit_is_refused_by_name() {
    let limits = Limits { memory: 4 << 20, ..Limits::default() };
    let grow = extractor("(drop (memory.grow (i32.const 100))) (i32.const 0)");
    let error = failure(&grow, limits).await;
    let Failure::Limit(limit) = error.failure.as_ref() else { panic!("{error}") };
    assert_eq!(limit.name, "bytes of memory");
    assert_eq!((limit.limit, limit.requested), (4 << 20, 100 << 16));
    assert!(error.to_string().contains("limit is 4194304"), "{error}");
}

#[tokio::test]
async fn tables_count_as_memory() {
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    let grow = extractor_with(
        "",
        "",
        "(table $t 1 funcref)",
        "(drop (table.grow $t (ref.null func) (i32.const 1000000))) (i32.const 0)",
    );
    let error = failure(&grow, limits).await;
    assert!(matches!(error.failure.as_ref(), Failure::Limit(_)), "{error}");
    assert_eq!(
        error.to_string(),
        "plugin `guest` was stopped in `extract` by a limit on bytes of tables and memory: it \
         holds 131080 and asked for 8000000, but the limit is 1048576"
    );
}

#[tokio::test]
async fn a_text_that_is_not_utf_8_breaks_the_contract() {
    let body = format!(
        "(i32.store8 (i32.const 1024) (i32.const 1))
         (i32.store (i32.const 1032) (i32.const 512))
         (i32.store (i32.const 1036) (i32.const 3))
         {EMPTY_ROWS}"
    );
    let guest = extractor_with("", "", r#"(data (i32.const 512) "a\c3\28")"#, &body);
    let error = failure(&guest, Limits::default()).await;
    assert!(matches!(error.failure.as_ref(), Failure::Contract(_)), "{error}");
    let told = error.to_string();
    let begin = "plugin `guest` breaks the contract in `extract`: invalid utf-8";
    assert!(told.starts_with(begin), "{told}");
}

#[tokio::test]
async fn too_few_rows_break_the_contract() {
    let error = failure(&extractor("(i32.const 1024)"), Limits::default()).await;
    assert!(error.to_string().contains("it answered 0 results to 1"), "{error}");
}

#[tokio::test]
async fn a_list_outside_the_memory_breaks_the_contract() {
    let wild = extractor(
        "(i32.store (i32.const 16) (i32.const 1024))
         (i32.store (i32.const 20) (i32.const 0x0fffffff))
         (i32.const 16)",
    );
    let error = failure(&wild, Limits::default()).await;
    assert!(matches!(error.failure.as_ref(), Failure::Contract(_)), "{error}");
}

#[tokio::test]
async fn a_result_too_large_to_copy_is_not_copied() {
    // A million empty rows lie in 16 MB of zeros and would take more on the host.
    let large = extractor(
        "(drop (memory.grow (i32.const 300)))
         (i32.store (i32.const 16) (i32.const 1024))
         (i32.store (i32.const 20) (i32.const 1000000))
         (i32.const 16)",
    );
    let limits = Limits { transfer: 1 << 20, ..Limits::default() };
    let error = failure(&large, limits).await;
    let Failure::Limit(limit) = error.failure.as_ref() else { panic!("{error}") };
    assert_eq!(limit.name, "bytes handed to the host");
}

#[tokio::test]
async fn a_wrong_span_costs_its_item_only() {
    // `Hallo, Grüß Gott.`: 7..11 is `Grü`, 7..10 cuts the ü in two.
    for (turn, start, end, good) in
        [(0, 7, 11, true), (0, 7, 10, false), (0, 0, 25, false), (5, 0, 1, false), (0, 9, 3, false)]
    {
        let guest = prepare(&extractor(&spanning(turn, start, end)), Limits::default());
        let call = call();
        let batch = [(id("a"), &call), (id("b"), &call)];
        let rows = guest.extract(&batch).await.expect("the call succeeds").value;
        assert_eq!(rows[0].is_ok(), good, "{:?}", rows[0]);
        assert!(good || matches!(rows[0], Err(ItemError::Contract(_))));
        assert_eq!(rows[1], Ok(vec![]));
    }
}

#[tokio::test]
async fn an_error_of_the_plugin_is_the_items_own() {
    let body = format!(
        "(i32.store8 (i32.const 1024) (i32.const 1))
         (i32.store8 (i32.const 1028) (i32.const 1))
         (i32.store (i32.const 1032) (i32.const 512))
         (i32.store (i32.const 1036) (i32.const 9))
         {EMPTY_ROWS}"
    );
    let guest = extractor_with("", "", &text("try\x1b again"), &body);
    let call = call();
    let guest = prepare(&guest, Limits::default());
    let rows = guest.extract(&[(id("a"), &call)]).await.expect("the call succeeds").value;
    let error = rows[0].as_ref().expect_err("the row fails");
    assert_eq!(error.to_string(), "it may work later: try agai");
}

#[tokio::test]
async fn what_a_plugin_logs_is_capped_and_harmless() {
    let guest = extractor_with(
        "",
        r#"(import "rehearsal:plugin/log@0.1.0" "write" (func $log (param i32 i32 i32)))"#,
        &text("red: \x1b[31m"),
        "(local $n i32)
         (loop $again
           (call $log (i32.const 2) (i32.const 512) (i32.const 10))
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $n) (i32.const 100000))))
         unreachable",
    );
    let limits = Limits { output: 1000, ..Limits::default() };
    let error = failure(&guest, limits).await;
    let log = &error.output.log;
    assert!(log.len() < 100, "{} lines", log.len());
    assert_eq!(log[0], (Level::Warn, "red: [31m".to_owned()));
    assert!(log[log.len() - 1].1.contains("cut off"), "{log:?}");
}

#[tokio::test]
async fn more_calls_than_the_pool_holds_all_succeed() {
    let settings = rehearsal_sandbox::Settings {
        pool: Some(rehearsal_sandbox::Pool { instances: 2, memory: 64 << 20 }),
        ..Default::default()
    };
    let sandbox = rehearsal_sandbox::Sandbox::new(&settings).expect("the sandbox starts");
    assert!(sandbox.has_pool());
    // Runs long enough that all calls overlap.
    let body = format!(
        "(local $n i32)
         (loop $again
           (local.set $n (i32.add (local.get $n) (i32.const 1)))
           (br_if $again (i32.lt_u (local.get $n) (i32.const 100000000))))
         {EMPTY_ROWS}"
    );
    let component = sandbox.load_bytes("guest.wasm", &extractor(&body)).expect("a plugin");
    let limits = Limits { memory: 64 << 20, ..Limits::default() };
    let guest =
        rehearsal_sandbox::Extractor::prepare("guest", &component, Default::default(), limits);
    let guest = std::sync::Arc::new(guest.expect("it links"));
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let guest = std::sync::Arc::clone(&guest);
            tokio::spawn(async move { guest.extract(&[(id("a"), &call())]).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.expect("no panic").expect("the call succeeds").value.len(), 1);
    }
}
