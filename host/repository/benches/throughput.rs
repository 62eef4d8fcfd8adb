//! What a record costs: cost = per unit (framing, one `write`) + per byte
//! (encoding, compression, CRC) + per checkpoint (two fsyncs) / its length.
//!
//! The memory shown is the process's; sled keeps some of it after closing, so it
//! grows with every repository that is opened here.
//!
//! `cargo bench -p rehearsal-repository`; `REHEARSAL_RECORDS` sets how many.
//! Run by the tests it only shows that it runs.

use std::path::Path;
use std::time::{Duration, Instant};

use rehearsal_repository::{Fingerprint, Kind, Repository, RepositoryError, Table};

const TEXTS: Table<String> = Table::new(Kind::Conversation, 1);
/// About a short conversation.
const PAYLOAD: usize = 2_000;

type Outcome = Result<(), RepositoryError>;

fn main() -> Outcome {
    let measured = std::env::args().any(|argument| argument == "--bench");
    let asked = std::env::var("REHEARSAL_RECORDS").ok().and_then(|count| count.parse().ok());
    let count = asked.unwrap_or(if measured { 100_000 } else { 200 });
    let texts: Vec<String> = (0..64).map(text).collect();
    let folder = std::env::temp_dir().join(format!("rehearsal-bench-{}", std::process::id()));
    let outcome = measure(&folder, count, &texts);
    let _ = std::fs::remove_dir_all(&folder);
    outcome
}

fn measure(folder: &Path, count: usize, texts: &[String]) -> Outcome {
    println!("{count} records of {PAYLOAD} bytes");
    for (name, threads, per_unit) in [
        ("write, a record a unit", 1, 1),
        ("write, 20 a unit", 1, 20),
        ("write, two threads", 2, 1),
    ] {
        let _ = std::fs::remove_dir_all(folder);
        let repository = Repository::open(folder)?;
        timed(name, count, || write(&repository, count, texts, threads, per_unit))?;
    }
    let repository = timed("open after a clean stop", count, || Repository::open(folder))?;
    timed("is it unchanged?", count, || {
        let same = shuffled(count).filter(|&n| {
            let found = repository.fingerprint(Kind::Conversation, key(n));
            found.is_ok_and(|found| found == Some(Fingerprint([7; 16])))
        });
        assert_eq!(same.count(), count);
        Ok(())
    })?;
    timed("read, in random order", count, || {
        shuffled(count).try_for_each(|n| repository.get(&TEXTS, key(n)).map(drop))
    })?;
    timed("scan, in key order", count, || {
        repository.scan(&TEXTS, "")?.try_for_each(|record| record.map(drop))
    })?;
    timed("entries, in key order", count, || {
        repository.entries(Kind::Conversation, "")?.try_for_each(|entry| entry.map(drop))
    })?;
    println!("{:?}", repository.stats()?);
    drop(repository);
    std::fs::remove_dir_all(folder.join("index")).map_err(|source| RepositoryError::Io {
        action: "remove",
        path: folder.into(),
        source,
    })?;
    let mut repository = timed("open without an index", count, || Repository::open(folder))?;
    timed("repair", count, || repository.repair())?;
    timed("backup", count, || repository.backup(folder.join("copy")))?;
    println!("memory at most {} MB", memory("VmHWM:"));
    Ok(())
}

fn write(
    repository: &Repository,
    count: usize,
    texts: &[String],
    threads: usize,
    per_unit: usize,
) -> Outcome {
    let share = |thread: usize| -> Outcome {
        let mut numbers = (0..count).skip(thread).step_by(threads).peekable();
        while numbers.peek().is_some() {
            let mut unit = repository.unit();
            for number in numbers.by_ref().take(per_unit) {
                let text = &texts[number % texts.len()];
                unit.put(&TEXTS, key(number), Fingerprint([7; 16]), text)?;
            }
            repository.commit(unit)?;
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|n| scope.spawn(move || share(n))).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("no writer panics"))
    })?;
    repository.checkpoint().map(drop)
}

fn timed<T>(
    name: &str,
    count: usize,
    work: impl FnOnce() -> Result<T, RepositoryError>,
) -> Result<T, RepositoryError> {
    let (start, processor) = (Instant::now(), processor_time());
    let result = work()?;
    let took = start.elapsed().max(Duration::from_nanos(1)).as_secs_f64();
    let each = (processor_time() - processor).as_secs_f64() * 1e6 / count as f64;
    let rate = count as f64 / took;
    let memory = memory("VmRSS:");
    println!(
        "{name:<26} {took:>8.3} s {rate:>9.0} records/s {each:>6.1} µs of processor each {memory:>5} MB"
    );
    Ok(result)
}

/// What this process has used of all cores: a busy machine changes it little.
fn processor_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The fields behind the program's name, which may hold blanks.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// Content keys are digests: they come in no order.
fn key(number: usize) -> [u8; 16] {
    (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835).to_be_bytes()
}

fn shuffled(count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |n| n.wrapping_mul(7_368_787) % count)
}

fn text(seed: u64) -> String {
    const WORDS: [&str; 10] = [
        "so ",
        "what would ",
        "that ",
        "cost you ",
        "budget ",
        "next quarter ",
        "well ",
        "honestly ",
        "I see ",
        "tell me more ",
    ];
    let mut state = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mut text = String::new();
    while text.len() < PAYLOAD {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        text.push_str(WORDS[(state % 10) as usize]);
    }
    text.truncate(PAYLOAD);
    text
}

/// In megabytes; 0 where the system does not say.
fn memory(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kilobytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
