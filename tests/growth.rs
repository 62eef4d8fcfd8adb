//! A corpus that grows: one more call costs about what starting up costs, the next run
//! does nothing, and memory stays where it was. `throughput.rs` measures the same with
//! many calls; here they are few enough for every day.

use rehearsal_tests::corpus::Corpus;

/// Enough that work on all of them would stand out.
const CALLS: usize = 600;

#[test]
fn one_more_call_costs_what_one_call_costs() {
    let small = Corpus::new(2);
    let _ = small.run();
    small.add(2, 3);
    let fixed = small.run();

    let large = Corpus::new(CALLS);
    let whole = large.run();
    assert_eq!(whole.summary["calls"], CALLS);
    assert_eq!(whole.summary["stages"]["feedback"]["failed"], 0);
    large.add(CALLS, CALLS + 1);
    let one_more = large.run();
    assert_eq!(one_more.summary["calls"], CALLS + 1);
    assert_eq!(one_more.summary["calls_unchanged"], CALLS);
    assert_eq!(one_more.summary["stages"]["nepq"]["worked"], 1);
    // The corpus is one shard, so all its rows are written again: the bound of the large
    // corpus, at its hardest. Times of the processor, which other programs hardly disturb.
    let ratio = one_more.took.cpu.as_secs_f64() / fixed.took.cpu.as_secs_f64();
    assert!(ratio < 10.0, "one more: {:?}, fixed: {:?}", one_more.took, fixed.took);
    assert!(one_more.took.cpu < whole.took.cpu, "{:?}, all: {:?}", one_more.took, whole.took);

    let nothing = large.run();
    assert_eq!(nothing.summary["calls_unchanged"], CALLS + 1);
    assert!(nothing.summary["datasets"]["roleplay"]["written"] == false);
}
