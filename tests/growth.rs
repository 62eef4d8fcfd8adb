//! What one more call costs, in a large corpus and in a small one.
//!
//! `cargo bench -p rehearsal-tests --profile dev --bench growth -- 10000` makes that many
//! calls (20 turns each), runs the pipeline of `determinism.rs` over them with the built
//! program, then adds one call and runs again; and the same with 10 calls, which is the
//! fixed cost of starting up.

use std::time::{Duration, Instant};

use rehearsal_tests::{Project, varied_call};

const PIPELINE: &str = r#"
[pipeline]
name = "growth"

[dataset]
split = { train = 0.8, validation = 0.1, test = 0.1 }

[[source]]
id = "texts"
plugin = "transcripts"
grant.files = "texts"

[[extractor]]
id = "nepq"
plugin = "nepq"

[[path]]
id = "roleplay"
plugin = "roleplay-partner"

[[validator]]
id = "quality"
plugin = "example-quality"
"#;

fn main() {
    let wanted = std::env::args().filter_map(|argument| argument.parse().ok()).next();
    let large = wanted.unwrap_or(10_000);
    let start = grow(10).1;
    let (whole, one_more) = grow(large);
    println!(
        "{large} calls from nothing: {:.1} s, {:.0} calls/s",
        whole.as_secs_f64(),
        large as f64 / whole.as_secs_f64()
    );
    println!("one more of 10 calls (the fixed cost): {:.0} ms", start.as_secs_f64() * 1e3);
    println!("one more of {large} calls: {:.0} ms", one_more.as_secs_f64() * 1e3);
    println!("ratio: {:.1}", one_more.as_secs_f64() / start.as_secs_f64());
}

/// Time of the first run over some calls, and of one with one more.
fn grow(calls: usize) -> (Duration, Duration) {
    let project = Project::new(PIPELINE);
    for number in 0..calls {
        project
            .write(&format!("texts/{:03}/{number:06}.txt", number / 1000), varied_call(number, 20));
    }
    let whole = run(&project);
    project.write("texts/new.txt", varied_call(calls + 1, 20));
    (whole, run(&project))
}

fn run(project: &Project) -> Duration {
    let started = Instant::now();
    let _ = project.run(&["run", "--json"]).expect(0);
    started.elapsed()
}
