//! Which rows does a bidder end up with, and what becomes of open interest, whatever the bidder held
//! before?

use plimsoll_client::instruction::Bid;
use plimsoll_client::state::Row;
use plimsoll_client::BidRow;
use plimsoll_tests::{World, BTC, SOL, USDC};

use crate::given::{local_with, lots, traders};

const PERPS: [&str; 2] = ["SOL-PERP", "ETH-PERP"];

/// Alice is long 40 SOL and 10 ETH on 600 USDC and a hundredth of a BTC, bob is short. The keeper has
/// nothing but SOL, of which she has none.
fn four_rows() -> World {
    let mut world = local_with(&[("bob", 100_000), ("alice", 600)]);
    world.deposit("alice", "BTC", BTC / 100).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 4_000, "150").unwrap();
    world.trade("alice", "bob", "ETH-PERP", 1_000, "4000").unwrap();
    world.open("keeper").unwrap();
    world.deposit("keeper", "SOL", 1_000 * SOL).unwrap();
    world
}

fn keys(world: &World, name: &str) -> Vec<u64> {
    world.margin(name).state.rows().unwrap().iter().map(|row: &Row| row.key).collect()
}

/// Lots of both contracts and atoms of BTC.
fn held(world: &World, name: &str) -> [i64; 3] {
    let [sol, eth] = PERPS.map(|one| world.position(name, one).0);
    [sol, eth, world.balance(name, "BTC")]
}

/// Half of all sizes.
fn open_interest(world: &World, instrument: &str) -> u64 {
    let all = world.margin_accounts();
    let key = world.instrument_key(instrument);
    let lots = all.iter().filter_map(|one| one.state.row(key).unwrap()).map(|row| row.lots);
    lots.map(i64::unsigned_abs).sum::<u64>() / 2
}

/// Parts of all of alice's rows but the quote balance, by name.
fn parts(world: &World) -> Bid {
    let row = |key, amount| BidRow { key, amount };
    let mut rows = vec![
        row(world.instrument_key("SOL-PERP").raw(), 2_000),
        row(world.instrument_key("ETH-PERP").raw(), 500),
        row(world.token_key("BTC").raw(), 500_000),
    ];
    rows.sort_by_key(|row| row.key);
    Bid::rows(rows)
}

#[test]
fn rows_are_made_in_their_places_whichever_of_them_the_bidder_has() {
    for by_name in [false, true] {
        let mut taken = vec![];
        for has in 0u8..16 {
            let mut world = four_rows();
            if has & 1 != 0 {
                world.deposit("keeper", "USDC", 10 * USDC).unwrap();
            }
            if has & 2 != 0 {
                world.trade("keeper", "bob", "SOL-PERP", 1, "150").unwrap();
            }
            if has & 4 != 0 {
                world.trade("keeper", "bob", "ETH-PERP", 1, "4000").unwrap();
            }
            if has & 8 != 0 {
                world.deposit("keeper", "BTC", 1_000).unwrap();
            }
            world.walk_price("SOL", "120");
            let mut all = [keys(&world, "alice"), keys(&world, "keeper")].concat();
            all.sort_unstable();
            all.dedup();
            let before = ["alice", "keeper"].map(|name| held(&world, name));
            let bid = if by_name { parts(&world) } else { Bid::slice() };

            world.liquidate("keeper", "alice", &bid).unwrap();

            assert_eq!(keys(&world, "keeper"), all, "{has}");
            world.margin("keeper").state.invariant().unwrap();
            world.margin("alice").state.invariant().unwrap();
            let after = ["alice", "keeper"].map(|name| held(&world, name));
            let came = [0, 1, 2].map(|at| after[1][at] - before[1][at]);
            let left = [0, 1, 2].map(|at| before[0][at] - after[0][at]);
            assert_eq!(came, left, "{has}");
            taken.push(came);
        }
        // What a bid takes is none of the bidder's other rows' business.
        assert!(taken.iter().all(|one| *one == taken[0]), "{taken:?}");
    }
}

/// Alice, with so many USDC, has 1,000 lots of a side and is below her line at the fallen price, or at the
/// risen one if she is short. The keeper has `own` lots, counted in her direction.
fn facing(sign: i64, usdc: u64, [fallen, risen]: [&str; 2], own: i64) -> World {
    let mut world = local_with(&[("alice", usdc), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", sign * 1_000, "150").unwrap();
    let price = if sign > 0 { fallen } else { risen };
    world.walk_price("SOL", price);
    if own != 0 {
        world.trade("keeper", "bob", "SOL-PERP", sign * own, price).unwrap();
    }
    world
}

#[test]
fn open_interest_falls_by_the_lesser_of_two_sides_and_no_more() {
    for sign in [1, -1] {
        for own in [-1_000, -301, -300, -299, -1, 0, 1, 300] {
            let mut world = facing(sign, 200, ["134", "166"], own);
            let before = world.pool("SOL-PERP").open_interest_lots;
            assert_eq!(before, open_interest(&world, "SOL-PERP"));
            let bid = lots(&world, "SOL-PERP", sign * 300);

            world.liquidate("keeper", "alice", &bid).unwrap();

            let closed = u64::try_from((-own).clamp(0, 300)).unwrap();
            let after = world.pool("SOL-PERP").open_interest_lots;
            assert_eq!(before - after, closed, "{sign} {own}");
            assert_eq!(after, open_interest(&world, "SOL-PERP"));
            assert_eq!(world.position("keeper", "SOL-PERP").0, sign * (300 + own));
        }
    }
}

#[test]
fn a_row_that_goes_whole_closes_what_it_meets() {
    for sign in [1, -1] {
        for own in [-1_500, -1_001, -1_000, -999, -1, 0, 1] {
            let mut world = facing(sign, 152, ["135", "165"], own);
            let before = world.pool("SOL-PERP").open_interest_lots;

            world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

            let closed = u64::try_from((-own).clamp(0, 1_000)).unwrap();
            let after = world.pool("SOL-PERP").open_interest_lots;
            assert_eq!(before - after, closed, "{sign} {own}");
            assert_eq!(after, open_interest(&world, "SOL-PERP"));
            let held = ["alice", "keeper"].map(|name| world.position(name, "SOL-PERP").0);
            assert_eq!(held, [0, sign * (1_000 + own)]);
        }
    }
}

#[test]
fn each_row_of_a_slice_changes_the_open_interest_of_its_own_contract() {
    for (sol, eth) in [(0, 0), (-100, 0), (0, -50), (-100, -50), (100, -50), (-100_000, 50)] {
        for by_name in [false, true] {
            let mut world = four_rows();
            traders(&mut world, &[("carol", 100_000)]);
            for (instrument, own, price) in [("SOL-PERP", sol, "150"), ("ETH-PERP", eth, "4000")] {
                if own != 0 {
                    world.trade("keeper", "carol", instrument, own, price).unwrap();
                }
            }
            world.walk_price("SOL", "120");
            let before = PERPS.map(|one| world.pool(one).open_interest_lots);
            let alice = held(&world, "alice");
            let bid = if by_name { parts(&world) } else { Bid::slice() };

            world.liquidate("keeper", "alice", &bid).unwrap();

            let left = held(&world, "alice");
            for (at, own) in [sol, eth].into_iter().enumerate() {
                let closed = (-own).clamp(0, alice[at] - left[at]);
                let after = world.pool(PERPS[at]).open_interest_lots;
                assert_eq!(before[at] - after, u64::try_from(closed).unwrap(), "{sol} {eth}");
                assert_eq!(after, open_interest(&world, PERPS[at]));
            }
        }
    }
}
