//! Who pays when an account cannot: how much, from what fund, and what is left of the account?

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

fn quarter() -> Bid {
    Bid { request: BidRequest::Slice { share_max: 1 << 61 }, ..Bid::slice() }
}

fn bid(world: &mut World, bid: &Bid) -> Liquidated {
    world.liquidate("keeper", "alice", bid).unwrap().events::<Liquidated>()[0]
}

fn fund(world: &World) -> i64 {
    i64::try_from(world.insurance()).unwrap()
}

#[test]
fn the_fund_pays_shortfall_and_discount_and_leaves_exactly_nothing() {
    // 50.3 and half of 65, of which a tenth comes back.
    for whole in [false, true] {
        let mut world = bankrupt(100 * USDC);
        let all = if whole { lots(&world, "SOL-PERP", 1_000) } else { Bid::slice() };

        let event = bid(&mut world, &all);

        assert_eq!(event.beta_ppm, 500_000);
        assert_near(event.insurance_paid_quote_atoms, 82_800_000, 2);
        assert_near(event.discount_quote_atoms, 32_500_000, 1);
        assert_near(event.insurance_cut_quote_atoms, 3_250_000, 1);
        let paid = event.insurance_paid_quote_atoms - event.insurance_cut_quote_atoms;
        assert_eq!(fund(&world), 100_000_000 - paid);
        assert_eq!(world.position("alice", "SOL-PERP"), (0, 0));
        // Nothing but the roundings of three amounts, which are for the account.
        assert!((0..=3).contains(&world.view("alice").equity_quote_atoms));
        assert_eq!(world.view("alice").liquidatable, 0);
    }
}

#[test]
fn a_fund_too_small_for_the_whole_pays_for_a_part() {
    // The whole takes 82.8 - 3.25; a quarter 20.7 - 0.8125.
    let mut world = bankrupt(30 * USDC);
    let whole = lots(&world, "SOL-PERP", 1_000);
    expect_error(world.liquidate("keeper", "alice", &whole), "InsuranceInsufficient");
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "InsuranceInsufficient");

    let event = bid(&mut world, &quarter());

    assert_near(event.insurance_paid_quote_atoms, 20_700_000, 2);
    assert_near(fund(&world), 30_000_000 - 20_700_000 + 812_500, 3);
    // The shortfall shrank with the position.
    assert_near(world.view("alice").equity_quote_atoms, -37_725_000, 3);
    assert_eq!(world.position("alice", "SOL-PERP").0, 750);
    // 10.1 are left, and a quarter of the whole is more.
    let again = lots(&world, "SOL-PERP", 250);
    expect_error(world.liquidate("keeper", "alice", &again), "InsuranceInsufficient");
}

#[test]
fn the_cut_comes_in_before_the_fund_pays() {
    // 79.55 net is enough, to within the roundings.
    let mut world = bankrupt(79_549_990);
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "InsuranceInsufficient");
    let mut world = bankrupt(79_550_005);
    bid(&mut world, &Bid::slice());
    assert!(fund(&world) <= 10);
}

#[test]
fn an_empty_fund_pays_nobody() {
    let mut world = bankrupt(0);
    for one in [Bid::slice(), lots(&world, "SOL-PERP", 1)] {
        expect_error(world.liquidate("keeper", "alice", &one), "InsuranceInsufficient");
    }
    // Somebody who cares may make her whole.
    world.deposit_by("bob", "alice", "USDC", 60 * USDC).unwrap();
    bid(&mut world, &lots_of(100));
}

fn lots_of(lots: i64) -> Bid {
    crate::given::lots(&World::local(), "SOL-PERP", lots)
}

#[test]
fn pieces_of_a_bankrupt_account_cost_the_fund_what_the_whole_does() {
    let cost = |parts: &[i64]| {
        let mut world = bankrupt(1_000 * USDC);
        for part in parts {
            bid(&mut world, &lots_of(*part));
        }
        assert!((0..=9).contains(&world.view("alice").equity_quote_atoms));
        1_000_000_000 - fund(&world)
    };
    let whole = cost(&[1_000]);
    assert_near(whole, 79_550_000, 3);
    assert_near(cost(&[500, 500]), whole, 6);
    assert_near(cost(&[1, 999]), whole, 6);
    assert_near(cost(&[333, 333, 334]), whole, 9);
}

#[test]
fn a_discount_beyond_the_equity_is_paid_in_part() {
    // 199.7 - 10 * 17 = 29.7 against 66.5, discount 33.25: the fund adds 3.55.
    let mut world = long_at(200, "133");
    world.insure(10 * USDC).unwrap();
    let all = lots(&world, "SOL-PERP", 1_000);

    let event = bid(&mut world, &all);

    assert_near(event.insurance_paid_quote_atoms, 3_550_000, 2);
    assert_near(fund(&world), 10_000_000 - 3_550_000 + 3_325_000, 3);
    assert!((0..=3).contains(&world.view("alice").equity_quote_atoms));
}

#[test]
fn an_account_above_water_is_no_business_of_the_fund() {
    let mut world = long_at(200, "136");
    world.insure(10 * USDC).unwrap();
    let event = bid(&mut world, &Bid::slice());
    assert_eq!(event.insurance_paid_quote_atoms, 0);
    assert_eq!(fund(&world), 10_000_000 + event.insurance_cut_quote_atoms);
}
