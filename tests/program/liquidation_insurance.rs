//! What does the insurance fund pay of a discount, and what when it is empty?

use plimsoll_client::events::Liquidated;
use plimsoll_client::instruction::Bid;
use plimsoll_client::BidRequest;
use plimsoll_tests::{assert_near, expect_error, World, USDC};

use crate::given::{long_at, lots};

/// Equity 149.7 - 200 = -50.3, requirement 65, beta 0.5; a fund of `fund` quote atoms.
fn bankrupt(fund: u64) -> World {
    let mut world = long_at(150, "130");
    if fund > 0 {
        world.insure(fund).unwrap();
    }
    world
}

fn part(share_max: u64) -> Bid {
    Bid { request: BidRequest::Slice { share_max }, ..Bid::slice() }
}

fn bid(world: &mut World, bid: &Bid) -> Liquidated {
    world.liquidate("keeper", "alice", bid).unwrap().events::<Liquidated>()[0]
}

fn fund(world: &World) -> i64 {
    i64::try_from(world.insurance()).unwrap()
}

#[test]
fn the_fund_pays_the_least_discount_for_a_bankrupt_account() {
    let mut world = bankrupt(100 * USDC);

    let event = bid(&mut world, &Bid::slice());

    // A fifth of 65, although beta stands at a half: a ring that bankrupts its own accounts
    // gains no more than that. Nothing of it is cut.
    assert_eq!(event.beta_ppm, 500_000);
    assert_near(event.discount_quote_atoms, 13_000_000, 1);
    assert_eq!(event.insurance_paid_quote_atoms, event.discount_quote_atoms);
    assert_eq!(event.insurance_cut_quote_atoms, 0);
    assert_eq!(fund(&world), 100_000_000 - event.insurance_paid_quote_atoms);
    assert_near(event.shortfall_quote_atoms, 50_300_000, 2);
    assert_eq!(world.position("alice", "SOL-PERP").0, 0);
    // What others bear counts as hers from now on: nothing is left of the account.
    assert!((0..=3).contains(&world.view("alice").equity_quote_atoms));
    assert_eq!(world.view("alice").liquidatable, 0);
}

#[test]
fn an_empty_fund_stops_no_bid() {
    let mut world = bankrupt(0);
    let event = bid(&mut world, &Bid::slice());
    assert_eq!(event.discount_quote_atoms, 0);
    assert_near(event.shortfall_quote_atoms, 50_300_000, 2);
    assert_near(event.bidder_delta_quote_atoms, 200_300_000, 2);
}

#[test]
fn a_fund_that_is_too_small_pays_what_it_has() {
    let mut world = bankrupt(5 * USDC);
    let event = bid(&mut world, &Bid::slice());
    assert_eq!(event.insurance_paid_quote_atoms, 5_000_000);
    assert_eq!(event.discount_quote_atoms, 5_000_000);
    assert_eq!(fund(&world), 0);
}

#[test]
fn the_group_may_cap_what_the_fund_pays_of_a_discount() {
    let mut world = World::with(|markets| markets.group.insurance_cap = "2".parse().unwrap());
    crate::given::traders(&mut world, &[("alice", 150), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.insure(100 * USDC).unwrap();
    world.walk_price("SOL", "130");
    assert_eq!(bid(&mut world, &Bid::slice()).insurance_paid_quote_atoms, 2_000_000);
}

#[test]
fn pieces_of_a_bankrupt_account_cost_what_the_whole_does() {
    let cost = |parts: &[u64]| {
        let mut world = bankrupt(1_000 * USDC);
        let mut shortfall = 0;
        for share in parts {
            shortfall += bid(&mut world, &part(*share)).shortfall_quote_atoms;
        }
        bid(&mut world, &Bid::slice());
        let alice = world.margin("alice").state;
        let last: i64 = alice.rows().unwrap().iter().map(|row| row.owed_quote_atoms).sum();
        assert!((0..=9).contains(&world.view("alice").equity_quote_atoms));
        assert!(last >= shortfall);
        (1_000_000_000 - fund(&world), last)
    };
    let (whole, owed) = cost(&[]);
    assert_near(whole, 13_000_000, 2);
    assert_near(owed, 50_300_000, 3);
    for parts in [&[1_u64 << 62][..], &[1 << 53], &[1 << 61, 1 << 61, 1 << 62]] {
        let (pieces, owed_in_pieces) = cost(parts);
        assert_near(pieces, whole, 6);
        assert_near(owed_in_pieces, owed, 9);
    }
}

#[test]
fn equity_pays_before_the_fund_does() {
    // 199.7 - 10 * 17 = 29.7 against 66.5: half of that is 33.25, but the equity reaches for no
    // more than 29.7, which is more than the least discount of 13.3.
    let mut world = long_at(200, "133");
    world.insure(10 * USDC).unwrap();
    let all = lots(&world, "SOL-PERP", 1_000);

    let event = bid(&mut world, &all);

    assert_near(event.discount_quote_atoms, 29_700_000, 2);
    assert_eq!(event.insurance_paid_quote_atoms, 0);
    assert_near(fund(&world), 10_000_000 + 2_970_000, 2);
    assert!((0..=3).contains(&world.view("alice").equity_quote_atoms));
}

#[test]
fn a_bankrupt_account_is_sliced() {
    let mut world = bankrupt(100 * USDC);
    let all = lots(&world, "SOL-PERP", 1_000);
    expect_error(world.liquidate("keeper", "alice", &all), "BidMustBeSlice");
}

#[test]
fn an_account_above_water_is_no_business_of_the_fund() {
    let mut world = long_at(200, "136");
    world.insure(10 * USDC).unwrap();
    let event = bid(&mut world, &Bid::slice());
    assert_eq!(event.insurance_paid_quote_atoms, 0);
    assert_eq!(fund(&world), 10_000_000 + event.insurance_cut_quote_atoms);
}
