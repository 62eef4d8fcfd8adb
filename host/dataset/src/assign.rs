//! Components to splits: by a keyed hash, so that a call's place depends on nobody's
//! order, worker or date and stays when others come; then greedily until every stratum
//! has about its shares everywhere.

use std::collections::BTreeMap;

use rehearsal_model::{ConversationId, Hasher};

use crate::graph::{Graph, Member};
use crate::split::{Division, Shares, Split};

/// A stratum may be off by so much of its calls before anything is moved. Rare for
/// hundreds of calls, so that growth of a corpus moves next to nothing; the rule for a
/// handful of them.
const TOLERANCE: f64 = 0.02;
/// … but by half a call at least: nothing is divided finer.
const FINEST: f64 = 0.5;

/// Where each member goes; none for what can go nowhere without a leak.
#[must_use]
pub fn assign(
    members: &[Member],
    graph: &mut Graph,
    division: &Division,
    seed: u64,
) -> Vec<Option<Split>> {
    let roots = graph.components();
    let held = HeldOut::new(division, seed);
    let mut slices: BTreeMap<u32, Split> = BTreeMap::new();
    for (member, root) in members.iter().zip(&roots) {
        if let Some(slice) = held.slice(member) {
            // A seller's slice goes before a time's.
            slices.entry(*root).and_modify(|known| *known = slice.min(*known)).or_insert(slice);
        }
    }
    let mut components: BTreeMap<u32, Component> = BTreeMap::new();
    for (index, root) in roots.iter().enumerate().filter(|(_, root)| !slices.contains_key(root)) {
        let leader = &members[*root as usize];
        components
            .entry(*root)
            .or_insert_with(|| Component::new(leader, &division.shares, seed))
            .size += 1.0;
        debug_assert!(*root as usize <= index, "the smallest member leads");
    }
    stratify(&mut components, &division.shares);
    members
        .iter()
        .zip(&roots)
        .map(|(member, root)| match slices.get(root) {
            // Whoever came into a slice with somebody else would spoil it, and would
            // leak out of it anywhere else.
            Some(slice) => (held.slice(member) == Some(*slice)).then_some(*slice),
            None => components.get(root).map(|component| Split::ALL[component.side]),
        })
        .collect()
}

/// Who is kept for slices of their own.
struct HeldOut<'a> {
    sellers: f64,
    since: Option<&'a str>,
    seed: u64,
}

impl<'a> HeldOut<'a> {
    fn new(division: &'a Division, seed: u64) -> Self {
        Self { sellers: division.test_sellers, since: division.test_since.as_deref(), seed }
    }

    fn slice(&self, member: &Member) -> Option<Split> {
        let held = |seller: &u64| point("seller", &seller.to_le_bytes(), self.seed) < self.sellers;
        if member.sellers.iter().any(held) {
            return Some(Split::TestSellers);
        }
        // Days of the form YYYY-MM-DD sort as text.
        let late = self.since.is_some_and(|since| member.day.as_deref() >= Some(since));
        late.then_some(Split::TestTime)
    }
}

struct Component {
    leader: ConversationId,
    point: f64,
    stratum: u64,
    size: f64,
    /// Place in [`Split::ALL`].
    side: usize,
}

impl Component {
    fn new(leader: &Member, shares: &Shares, seed: u64) -> Self {
        let point = point("split", leader.id.as_bytes(), seed);
        let side = shares.pick(point);
        Self { leader: leader.id, point, stratum: leader.stratum, size: 0.0, side }
    }
}

/// A uniform point in [0, 1) that follows from the seed and some bytes.
fn point(purpose: &str, of: &[u8], seed: u64) -> f64 {
    let mut hasher = Hasher::new(purpose);
    hasher.part(&seed.to_le_bytes()).part(of);
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hasher.finish().as_bytes()[..8]);
    // 53 bits fill the mantissa.
    (u64::from_le_bytes(bytes) >> 11) as f64 / (1u64 << 53) as f64
}

/// Passes over a stratum, at most; two suffice where any do.
const PASSES: usize = 8;

fn stratify(components: &mut BTreeMap<u32, Component>, shares: &Shares) {
    let mut strata: BTreeMap<u64, Vec<&mut Component>> = BTreeMap::new();
    for component in components.values_mut() {
        strata.entry(component.stratum).or_default().push(component);
    }
    for stratum in strata.values_mut() {
        // The largest first, as far as they fit; of equals the last of the former side.
        stratum.sort_by(|a, b| {
            b.size
                .total_cmp(&a.size)
                .then_with(|| b.point.total_cmp(&a.point))
                .then_with(|| a.leader.cmp(&b.leader))
        });
        for _ in 0..PASSES {
            if !even_out(stratum, shares) {
                break;
            }
        }
    }
}

/// Moves components from the split that has most too much to the one that lacks most.
/// Each move lessens the sum of squared differences. Whether anything was moved.
fn even_out(stratum: &mut [&mut Component], shares: &Shares) -> bool {
    let total: f64 = stratum.iter().map(|component| component.size).sum();
    let mut lacking = shares.in_order().map(|share| share * total);
    for component in stratum.iter() {
        lacking[component.side] -= component.size;
    }
    let by_lack = |a: &usize, b: &usize| lacking[*a].total_cmp(&lacking[*b]);
    let (Some(to), Some(from)) = ((0..3).max_by(by_lack), (0..3).min_by(by_lack)) else {
        return false;
    };
    let tolerated = (TOLERANCE * total).max(FINEST);
    let mut moved = false;
    for component in stratum.iter_mut().filter(|component| component.side == from) {
        if lacking[to] <= tolerated {
            break;
        }
        // Moving size s changes the sum of squares by 2s(s - lack + surplus).
        if component.size < lacking[to] - lacking[from] {
            component.side = to;
            lacking[to] -= component.size;
            lacking[from] += component.size;
            moved = true;
        }
    }
    moved
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::graph::{Tie, name_hash};
    use crate::overlap::{check, overlap};

    fn member(number: u32, ties: Vec<(Tie, u64)>, seller: u32, month: u32, stratum: u64) -> Member {
        Member {
            id: ConversationId::new("s", &number.to_string(), ""),
            ties,
            sellers: vec![name_hash("seller", &seller.to_string())],
            day: Some(format!("2026-{month:02}-01")),
            stratum,
        }
    }

    /// Members in the order of their ids, pairs that are alike, places.
    type Divided = (Vec<Member>, Vec<(u32, u32)>, Vec<Option<Split>>);

    fn divide(mut members: Vec<Member>, links: &[(usize, usize)], division: &Division) -> Divided {
        // Links are by id, since places change with the order.
        let ids: Vec<_> = members.iter().map(|member| member.id).collect();
        members.sort_by_key(|member| member.id);
        let place =
            |id| members.binary_search_by_key(&id, |member| member.id).unwrap_or_default() as u32;
        let mut graph = Graph::new(&members);
        for (a, b) in links {
            graph.link(place(ids[a % ids.len()]), place(ids[b % ids.len()]));
        }
        let places = assign(&members, &mut graph, division, 7);
        let alike = graph.alike().to_vec();
        (members, alike, places)
    }

    const EIGHTY: Shares = Shares { train: 0.8, validation: 0.1, test: 0.1 };

    proptest! {
        #[test]
        fn nothing_crosses_a_split_whatever_the_order_and_the_slices(
            calls in prop::collection::vec((0u32..14, 0u32..9, 0u32..12, 1u32..13, 0u64..3), 1..90),
            links in prop::collection::vec((0usize..90, 0usize..90), 0..20),
            sellers in 0.0..0.5f64, since in prop::option::of(6u32..13),
        ) {
            let members: Vec<Member> = calls.iter().enumerate().map(|(number, call)| {
                let (account, customer, seller, month, stratum) = *call;
                let mut ties = vec![(Tie::Account, u64::from(account))];
                // Some calls know no customer.
                if customer > 2 {
                    ties.push((Tie::Customer, u64::from(customer)));
                }
                member(number as u32, ties, seller, month, stratum)
            }).collect();
            let division = Division {
                shares: EIGHTY,
                test_sellers: sellers,
                test_since: since.map(|month| format!("2026-{month:02}-01")),
            };
            let (sorted, alike, places) = divide(members.clone(), &links, &division);
            let matrix = overlap(&sorted, &alike, &places);
            prop_assert!(check("d", &matrix).is_ok(), "{matrix:?}");
            for (member, place) in sorted.iter().zip(&places) {
                let late = division.test_since.as_deref().is_some_and(|day| member.day.as_deref() >= Some(day));
                let ordinary = matches!(place, Some(Split::Train | Split::Validation | Split::Test));
                prop_assert!(!(late && ordinary), "a late call is learned from");
            }
            // The same members the other way round, the same places.
            let turned: Vec<Member> = members.iter().rev().cloned().collect();
            let last = members.len() - 1;
            let turned_links: Vec<_> = links
                .iter()
                .map(|(a, b)| (last - a % members.len(), last - b % members.len()))
                .collect();
            prop_assert_eq!(divide(turned, &turned_links, &division).2, places);
        }

        #[test]
        fn another_call_moves_next_to_nothing(extra in 1_000u32..9_000) {
            let members: Vec<Member> =
                (0..800).map(|number| member(number, vec![], 0, 1, u64::from(number % 2))).collect();
            let division = Division { shares: EIGHTY, ..Division::UNDIVIDED };
            let (before, _, places) = divide(members.clone(), &[], &division);
            let mut more = members;
            more.push(member(extra, vec![], 0, 1, 0));
            let (after, _, moved) = divide(more, &[], &division);
            let now: BTreeMap<_, _> = after.iter().map(|m| m.id).zip(moved).collect();
            let changed = before.iter().zip(&places).filter(|(m, place)| now[&m.id] != **place);
            prop_assert!(changed.count() <= 2);
        }
    }

    #[test]
    fn shares_are_kept_in_every_stratum() {
        let members: Vec<Member> = (0..120)
            .map(|n| member(n, vec![(Tie::Account, u64::from(n / 2))], 0, 1, u64::from(n % 3 / 2)))
            .collect();
        let division = Division { shares: EIGHTY, ..Division::UNDIVIDED };
        let (members, _, places) = divide(members, &[], &division);
        for split in [Split::Validation, Split::Test] {
            let count = places.iter().filter(|place| **place == Some(split)).count();
            assert!((9..=15).contains(&count), "{split}: {count} of {}", members.len());
        }
    }

    #[test]
    fn a_leak_is_refused_by_name() {
        let of = |number| member(number, vec![(Tie::Account, 1)], 0, 1, 0);
        let matrix = overlap(&[of(0), of(1)], &[], &[Some(Split::Train), Some(Split::Test)]);
        let said = check("roleplay", &matrix).unwrap_err().to_string();
        assert!(said.contains("1 of `account` on both sides of train/test"), "{said}");
        let matrix = overlap(&[of(0), of(1)], &[(0, 1)], &[Some(Split::Train), None]);
        assert!(check("roleplay", &matrix).is_ok(), "what is left out leaks nothing");
    }
}
