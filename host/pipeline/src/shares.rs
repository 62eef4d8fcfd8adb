//! Work divided among threads, where it is computing and reading rather than waiting.

use std::panic::resume_unwind;
use std::thread;

/// What `work` makes of consecutive shares of some items, a share a worker, in order. The
/// last share is done by the caller's own thread.
pub(crate) fn in_shares<T: Send, R: Send>(
    items: Vec<T>,
    workers: usize,
    work: impl Fn(Vec<T>) -> R + Sync,
) -> Vec<R> {
    let share = items.len().div_ceil(workers.max(1)).max(1);
    let mut items = items.into_iter();
    let mut shares = Vec::new();
    while items.len() > 0 {
        shares.push(items.by_ref().take(share).collect::<Vec<_>>());
    }
    let Some(last) = shares.pop() else { return Vec::new() };
    let work = &work;
    thread::scope(|scope| {
        let others: Vec<_> =
            shares.into_iter().map(|share| scope.spawn(move || work(share))).collect();
        let last = work(last);
        // A panic goes on where it was caused.
        let join = |other: thread::ScopedJoinHandle<'_, R>| {
            other.join().unwrap_or_else(|panic| resume_unwind(panic))
        };
        others.into_iter().map(join).chain([last]).collect()
    })
}

/// What `work` makes of each item, in order; the first error where there is one.
pub(crate) fn each<T: Send, R: Send, E: Send>(
    items: Vec<T>,
    workers: usize,
    work: impl Fn(T) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let share = |items: Vec<T>| items.into_iter().map(&work).collect::<Result<Vec<R>, E>>();
    let mut all = Vec::with_capacity(items.len());
    for made in in_shares(items, workers, share) {
        all.extend(made?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{each, in_shares};

    #[test]
    fn the_first_error_is_the_one_that_is_told() {
        let odd = |item: i32| if item % 2 == 0 { Ok(item) } else { Err(item) };
        for workers in 1..9 {
            assert_eq!(each(vec![0, 2, 4], workers, odd), Ok(vec![0, 2, 4]));
            assert_eq!(each((0..8).collect(), workers, odd), Err(1));
        }
    }

    #[test]
    fn shares_come_back_in_order_whatever_their_number() {
        for workers in 0..9 {
            let shares = in_shares((0..7).collect(), workers, |share: Vec<i32>| share);
            assert_eq!(shares.concat(), (0..7).collect::<Vec<_>>());
            assert!(shares.len() <= workers.max(1));
        }
        assert!(in_shares(Vec::<i32>::new(), 2, |share| share).is_empty());
    }
}
