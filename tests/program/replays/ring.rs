//! One hand with three accounts: long, short, and one that bids for whichever of the two fails. Can
//! such a ring live off the insurance fund?
//!
//! With `R` the requirement of the failed account and `S` what it cannot pay: the fund pays at most
//! `beta_min · R` of discount, 20 % of 65 here, and what the group's parameters let it pay of `S`.
//! `S` begins where all of the failed account's margin is lost, and a price that is not a jump gives
//! everybody the time to bid before.

use plimsoll_client::instruction::Bid;
use plimsoll_migrations::Markets;
use plimsoll_tests::{assert_near, World, USDC};

use crate::given::traders;

const RING: [&str; 3] = ["mallory", "mallory/1", "mallory/2"];
/// What the ring puts in: 150, 1,000, 100,000 USDC.
const PUT_IN: i64 = 101_150_000_000;
/// Fees of one trade of 10 SOL at 150, both sides.
const FEES: i64 = 600_000;

/// What the accounts are worth by the oracle (quote atoms).
fn wealth(world: &mut World, all: &[&str]) -> i64 {
    let worth = |name: &&str| world.view(name).equity_quote_atoms;
    all.iter().map(worth).sum()
}

/// Mallory is long 10 SOL at 150 on 150 USDC against `other`, SOL goes to `price` before anybody
/// bids, and her own keeper takes her over. The fund holds 1,000.
fn failed(other: &str, price: &str, change: impl FnOnce(&mut Markets)) -> World {
    let mut world = World::with(change);
    traders(&mut world, &[("mallory", 150), ("mallory/1", 1_000), ("mallory/2", 100_000)]);
    traders(&mut world, &[("bob", 1_000)]);
    world.insure(1_000 * USDC).unwrap();
    world.trade("mallory", other, "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", price);
    assert_eq!(world.view("mallory").liquidatable, 1);
    world.liquidate("mallory/2", "mallory", &Bid::slice()).unwrap();
    world
}

fn fund(world: &World) -> i64 {
    i64::try_from(world.insurance()).unwrap()
}

#[test]
fn where_the_fund_pays_no_losses_a_ring_gains_the_least_discount() {
    let mut world = failed("mallory/1", "130", |markets| {
        markets.instruments[0].insurance_cap = "0".parse().unwrap();
    });
    world.share_loss("mallory", "SOL-PERP").unwrap();
    // A fifth of 5 % of 1,300: what its long could not pay its short has borne.
    assert_near(wealth(&mut world, &RING), PUT_IN - FEES + 13_000_000, 6);
    assert_near(fund(&world), 1_000_000_000 - 13_000_000, 2);
}

#[test]
fn where_the_fund_pays_losses_a_ring_gains_them_up_to_the_cap() {
    for (cap, paid) in [("20", 20_000_000), ("1_000_000", 50_300_000)] {
        let mut world = failed("mallory/1", "130", |markets| {
            markets.instruments[0].insurance_cap = cap.parse().unwrap();
        });
        world.share_loss("mallory", "SOL-PERP").unwrap();
        assert_near(wealth(&mut world, &RING), PUT_IN - FEES + 13_000_000 + paid, 6);
        assert_near(fund(&world), 1_000_000_000 - 13_000_000 - paid, 3);
    }
}

#[test]
fn against_somebody_else_it_has_lost_its_margin_first() {
    let mut world = failed("bob", "130", |_| ());
    world.share_loss("mallory", "SOL-PERP").unwrap();
    // All of the 150, and 13 for it: bob has won 200 less his fee.
    assert_near(wealth(&mut world, &RING), PUT_IN - 150_000_000 + 13_000_000, 6);
    assert_near(world.view("bob").equity_quote_atoms, 1_000_000_000 + 199_700_000, 2);
    assert_near(fund(&world), 1_000_000_000 - 13_000_000 - 50_300_000, 3);
}

#[test]
fn whoever_fails_above_water_costs_the_fund_nothing() {
    // 149.7 - 100 against 70: the discount is her own money, and a tenth of it the fund's.
    let mut world = failed("mallory/1", "140", |_| ());
    let gain = fund(&world) - 1_000_000_000;
    assert!(gain > 0);
    assert_near(wealth(&mut world, &RING), PUT_IN - FEES - gain, 6);
}

#[test]
fn a_price_that_is_walked_down_leaves_nobody_under_water() {
    // A step of 1 % each ten seconds, and a bid after each: the jump guard lets no faster one by.
    let mut world = World::local();
    traders(&mut world, &[("mallory", 150), ("mallory/1", 1_000), ("mallory/2", 100_000)]);
    world.insure(1_000 * USDC).unwrap();
    world.trade("mallory", "mallory/1", "SOL-PERP", 1_000, "150").unwrap();
    for dollars in (110..=149).rev() {
        world.walk_price("SOL", &dollars.to_string());
        if world.view("mallory").liquidatable == 1 {
            assert!(world.view("mallory").equity_quote_atoms > 0);
            world.liquidate("mallory/2", "mallory", &Bid::slice()).unwrap();
        }
    }
    assert!(world.position("mallory", "SOL-PERP").0 < 1_000);
    assert!(fund(&world) > 1_000_000_000);
    assert_near(wealth(&mut world, &RING), PUT_IN - FEES - (fund(&world) - 1_000_000_000), 40);
}
