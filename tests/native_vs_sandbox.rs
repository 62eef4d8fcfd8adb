//! The same plugin logic compiled natively and through the sandbox, by batch size.
//!
//! `cargo bench --workspace --profile dev --bench native_vs_sandbox` runs it; the whole
//! workspace is named so that nothing is compiled again. Both sides build the plugin
//! once a batch; the sandbox side adds a fresh instance, the crossing and WebAssembly's
//! own cost. Runs alternate, so that a machine whose speed drifts disturbs both alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rehearsal_model::{Annotation, Conversation, ConversationId, Participant, Role};
use rehearsal_sandbox::{
    Component, Extractor, Grants, Limits, PathBuilder, Sandbox, Settings, Subject, Validator,
};
use rehearsal_sdk::testing::CallBuilder;
use rehearsal_sdk::types as sdk;
use rehearsal_sdk::{Call, PathBuilder as _, Validator as _};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};

const BATCHES: [usize; 5] = [1, 8, 32, 64, 256];
/// Pairs of runs take this long for each batch size, after a first pair to warm up.
const WINDOW: Duration = Duration::from_millis(500);
const SAID: [&str; 5] = [
    "Thanks for taking the time today. What made you look into this now, if you don't mind?",
    "Well, we lost two of our people in spring and the rest cannot keep up with the tickets.",
    "And when a ticket waits for three days, what does that do to the customer in the end?",
    "They call us, they get angry, and last quarter one of the larger ones simply left us.",
    "So if that went on for another year, where would that leave you and your team, you think?",
];

fn main() {
    let bench = Bench {
        runtime: Builder::new_current_thread().enable_all().build().expect("a runtime"),
        sandbox: Sandbox::new(&Settings::default()).expect("the sandbox starts"),
    };
    let calls: Vec<_> = (0..BATCHES[BATCHES.len() - 1]).map(host_call).collect();
    let native: Vec<_> = (0..calls.len()).map(native_call).collect();
    println!(
        "calls of 20 turns, {} bytes of text; µs of CPU a call, medians\n",
        calls[0].1.text.len()
    );
    bench.extractor::<nepq::Nepq>("nepq", &calls, &native);
    bench.extractor::<tone_pacing::TonePacing>("tone-pacing", &calls, &native);
    bench.path(&calls, &native);
    bench.validator(&calls, &native);
}

struct Bench {
    runtime: Runtime,
    sandbox: Sandbox,
}

impl Bench {
    fn component(&self, name: &str) -> (Component, Grants) {
        let component = self.sandbox.load(&rehearsal_tests::plugin(name)).expect("it loads");
        (component, Grants { audio: Some(std::sync::Arc::new(NoAudio)), ..Grants::default() })
    }

    fn extractor<P>(
        &self,
        name: &str,
        calls: &[(ConversationId, Conversation)],
        native: &[sdk::Conversation],
    ) where
        P: rehearsal_sdk::Extractor,
        P::Config: Default,
    {
        let (component, grants) = self.component(name);
        let plugin = Extractor::prepare(name, &component, grants, Limits::default());
        let plugin = plugin.expect("it links");
        compare(name, |size| {
            let batch: Vec<_> = calls[..size].iter().map(|(id, call)| (*id, call)).collect();
            let natively = time(|| {
                let plugin = P::new(P::Config::default()).expect("it starts");
                for call in &native[..size] {
                    black_box(plugin.extract(&Call::new(call)).expect("it works"));
                }
            });
            let boxed = time(|| {
                black_box(self.runtime.block_on(plugin.extract(&batch)).expect("it works"));
            });
            (natively, boxed)
        });
    }

    fn path(&self, calls: &[(ConversationId, Conversation)], native: &[sdk::Conversation]) {
        let (component, grants) = self.component("roleplay-partner");
        let plugin = PathBuilder::prepare("path", &component, grants, Limits::default());
        let plugin = plugin.expect("it links");
        compare("roleplay-partner", |size| {
            let none: &[Annotation] = &[];
            let batch: Vec<_> = calls[..size].iter().map(|(id, call)| (*id, call, none)).collect();
            let natively = time(|| {
                let plugin = roleplay_partner::RoleplayPartner::new(Default::default());
                let plugin = plugin.expect("it starts");
                for call in &native[..size] {
                    black_box(plugin.build(&Call::new(call), &[]).expect("it works"));
                }
            });
            let boxed = time(|| {
                black_box(self.runtime.block_on(plugin.build(&batch)).expect("it works"));
            });
            (natively, boxed)
        });
    }

    fn validator(&self, calls: &[(ConversationId, Conversation)], native: &[sdk::Conversation]) {
        let builder = roleplay_partner::RoleplayPartner::new(Default::default());
        let builder = builder.expect("it starts");
        let subjects: Vec<_> = native
            .iter()
            .flat_map(|call| builder.build(&Call::new(call), &[]).expect("it works"))
            .map(rehearsal_sdk::Subject::Example)
            .collect();
        let (component, grants) = self.component("roleplay-partner");
        let path = PathBuilder::prepare("path", &component, grants, Limits::default());
        let none: &[Annotation] = &[];
        let batch: Vec<_> = calls.iter().map(|(id, call)| (*id, call, none)).collect();
        let built = self.runtime.block_on(path.expect("it links").build(&batch));
        let examples: Vec<_> = built
            .expect("it works")
            .value
            .into_iter()
            .flat_map(|row| row.expect("a row"))
            .collect();
        let (component, grants) = self.component("example-quality");
        let plugin = Validator::prepare("quality", &component, grants, Limits::default());
        let plugin = plugin.expect("it links");
        compare("example-quality (a row is an example)", |size| {
            let batch: Vec<_> = examples[..size].iter().map(Subject::Example).collect();
            let natively = time(|| {
                let plugin = example_quality::ExampleQuality::new(Default::default());
                let plugin = plugin.expect("it starts");
                black_box(plugin.inspect(&subjects[..size]).expect("it works"));
            });
            let boxed = time(|| {
                black_box(self.runtime.block_on(plugin.inspect(&batch)).expect("it works"));
            });
            (natively, boxed)
        });
    }
}

/// Prints the medians of alternating runs by batch size.
fn compare(title: &str, mut pair: impl FnMut(usize) -> (Duration, Duration)) {
    println!("{title}\n  {:>6}  {:>9}  {:>9}  {:>6}", "batch", "native", "sandbox", "ratio");
    for size in BATCHES {
        pair(size);
        let (mut native, mut boxed) = (Vec::new(), Vec::new());
        let started = Instant::now();
        while started.elapsed() < WINDOW || native.len() < 5 {
            let (a, b) = pair(size);
            native.push(a.as_secs_f64());
            boxed.push(b.as_secs_f64());
        }
        let (a, b) = (median(native), median(boxed));
        let each = 1e6 / size as f64;
        println!("  {size:>6}  {:>9.2}  {:>9.2}  {:>6.2}", a * each, b * each, b / a);
    }
    println!();
}

fn time(run: impl FnOnce()) -> Duration {
    let start = cpu_time();
    run();
    cpu_time() - start
}

/// CPU time of this thread, which other programs hardly disturb.
fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn host_call(number: usize) -> (ConversationId, Conversation) {
    let side = |role| Participant { role, role_confidence: 1.0, ..Participant::default() };
    let mut call = Conversation {
        participants: vec![side(Role::Seller), side(Role::Prospect)],
        timing: rehearsal_model::Timing::Turns,
        ..Conversation::default()
    };
    for turn in 0..20_u32 {
        let said = SAID[(turn as usize + number) % SAID.len()];
        call.push_turn(turn % 2, said, Some((turn * 6_000, turn * 6_000 + 5_500)));
    }
    (ConversationId::new("bench", &number.to_string(), ""), call)
}

fn native_call(number: usize) -> sdk::Conversation {
    let mut call = CallBuilder::new()
        .participant(None, sdk::Role::Seller)
        .participant(None, sdk::Role::Prospect);
    for turn in 0..20_u32 {
        let said = SAID[(turn as usize + number) % SAID.len()];
        call = call.turn(turn as usize % 2, said, Some((turn * 6_000, turn * 6_000 + 5_500)));
    }
    call.build()
}

struct NoAudio;

impl rehearsal_sandbox::AudioSource for NoAudio {
    fn open(
        &self,
        _: ConversationId,
    ) -> Result<Option<std::sync::Arc<dyn rehearsal_sandbox::Recording>>, String> {
        Ok(None)
    }
}
