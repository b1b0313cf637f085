//! What can somebody with money, a stolen key or a dead oracle do with contracts?

use plimsoll_client::events::LossAssigned;
use plimsoll_client::instruction::Bid;
use plimsoll_risk::Check;
use plimsoll_tests::contracts::{flat, slice};
use plimsoll_tests::{assert_near, expect_error, World};

use crate::given::traders;

fn listed(all: &[(&str, u64)]) -> World {
    let mut world = World::with_options(flat());
    traders(&mut world, all);
    world
}

/// Time passes until so many seconds before the expiry; oracles publish.
fn wait_until(world: &mut World, before_expiry: i64) {
    let left = world.first_expiry() - world.vm.now().time.get() - before_expiry;
    world.advance_seconds(u64::try_from(left).unwrap());
}

/// Everything is sampled once a minute, at the price of now, and settled; and the hour passes in which
/// nobody is paid out.
fn settle(world: &mut World) {
    let at = world.first_expiry();
    wait_until(world, 1_800);
    while world.expiry("SOL", at).settled_at == 0 {
        world.sample("SOL", at).unwrap();
        world.advance_seconds(60);
    }
    world.await_payouts();
}

#[test]
fn a_future_without_an_array_on_a_dead_oracle_is_no_shield() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", "SOL-FUT", 10, "150").unwrap();
    world.trade("alice", "bob", "BTC-PERP", 800, "100000").unwrap();
    // Nobody has refreshed the future when its window begins, and its oracle is dead.
    wait_until(&mut world, 1_000);
    world.edit_feed("SOL/USD", |feed| feed.published -= 120);
    expect_error(world.refresh_array("SOL-FUT"), "OracleStale");
    // It is judged as any row without a price.
    expect_error(world.withdraw("alice", "USDC", 1), "OracleStale");
    assert!(world.health("alice", Check::Maintenance).requirement.is_positive());
    // And what else she holds can be unloaded when it sinks.
    world.walk_price("BTC", "91000");
    world.edit_feed("SOL/USD", |feed| feed.published -= 120);
    let healthy =
        |world: &World| !world.health("alice", Check::Maintenance).surplus().unwrap().is_negative();
    assert!(healthy(&world), "the credit for the future holds her");
    world.walk_price("BTC", "88000");
    world.edit_feed("SOL/USD", |feed| feed.published -= 120);
    assert!(!healthy(&world));
    // The long wait was a gap of the oracles, after which owners act first.
    world.advance_seconds(600);
    world.edit_feed("SOL/USD", |feed| feed.published -= 120);
    let bid = crate::given::lots(&world, "BTC-PERP", 200);
    world.liquidate("keeper", "alice", &bid).unwrap();
}

#[test]
fn a_settled_contract_pays_whatever_its_oracle_says_by_then() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-140-C", 10, "19").unwrap();
    settle(&mut world);
    world.refresh_array("SOL-140-C").unwrap();
    world.edit_feed("SOL/USD", |feed| feed.published -= 600);
    world.settle("alice", "SOL-140-C", None).unwrap();
    world.settle("bob", "SOL-140-C", None).unwrap();
    // Paid 19, got 10.
    assert_near(world.balance("alice", "USDC"), 991_000_000, 2);
    assert_near(world.balance("bob", "USDC"), 1_009_000_000, 2);
    for name in ["alice", "bob"] {
        expect_error(world.settle(name, "SOL-140-C", None), "NothingToSettle");
    }
}

#[test]
fn a_settled_position_is_paid_out_though_no_money_moves() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-160-C", 10, "9.9").unwrap();
    settle(&mut world);
    world.refresh_array("SOL-160-C").unwrap();
    // Bob owes nothing, and what he got for it alice has yet to pay in.
    world.settle("bob", "SOL-160-C", None).unwrap();
    assert_eq!(world.position("bob", "SOL-160-C"), (0, 9_900_000));
    assert_eq!(world.balance("bob", "USDC"), 1_000_000_000);
    expect_error(world.settle("bob", "SOL-160-C", None), "NothingToSettle");
    for name in ["alice", "bob"] {
        world.settle(name, "SOL-160-C", None).unwrap();
        assert_eq!(world.position(name, "SOL-160-C"), (0, 0));
    }
    assert_near(world.balance("bob", "USDC"), 1_009_900_000, 1);
}

#[test]
fn a_settled_option_hedges_nothing() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    // Short a SOL, with the right to buy one.
    world.trade("bob", "alice", "SOL-PERP", 100, "150").unwrap();
    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    wait_until(&mut world, 1_801);
    world.refresh_options();
    let needed = |world: &mut World| world.view("alice").maintenance_quote_atoms;
    let hedged = needed(&mut world);
    settle(&mut world);
    world.refresh_array("SOL-150-C").unwrap();
    let settled = needed(&mut world);
    for name in ["alice", "bob"] {
        world.settle(name, "SOL-150-C", None).unwrap();
    }
    // She is short a SOL, whether she has been paid out or not: five per cent of it.
    let short = needed(&mut world);
    assert_near(settled, short, 2);
    assert_near(short, 7_500_000, 2);
    assert!(hedged < short / 10, "{hedged}");
}

#[test]
fn doubt_that_a_publisher_tells_moves_nobodys_line() {
    let mut world = listed(&[("alice", 250), ("bob", 10_000)]);
    world.trade("bob", "alice", "SOL-150-C", 100, "13.7").unwrap();
    world.advance_seconds(60);
    world.refresh_options();
    let before = world.health("alice", Check::Maintenance);
    let opening = world.health("alice", Check::Initial);

    let at = world.first_expiry();
    world.publish_by("publisher", ("SOL", at), flat(), 0, 1_000_000).unwrap();
    world.refresh_options();

    let after = world.health("alice", Check::Maintenance);
    assert_eq!(after.requirement, before.requirement);
    assert_eq!(after.equity, before.equity);
    // Opening is as dear as it can be: her short counts at twice the volatility.
    assert!(world.health("alice", Check::Initial).equity < opening.equity);
    expect_error(world.trade("bob", "alice", "SOL-150-C", 10, "13.7"), "BelowInitialMargin");
    // She may still close.
    world.trade("bob", "alice", "SOL-150-C", -100, "13.7").unwrap();
}

#[test]
fn a_stolen_publishers_key_moves_a_bounded_step() {
    let mut world = listed(&[("alice", 1_000), ("bob", 10_000)]);
    world.trade("bob", "alice", "SOL-150-C", 100, "13.7").unwrap();
    // A day in which nobody published: no more than four steps of a tenth have piled up.
    let at = world.first_expiry();
    world.advance_seconds(86_400);
    let volatility = |one: f64| slice(one * one, 0.0, 0.0, 0.0, 0.1);
    expect_error(world.publish("SOL", at, volatility(0.8 * 1.401)), "SurfaceStepTooLarge");
    expect_error(world.publish("SOL", at, volatility(0.8 / 1.401)), "SurfaceStepTooLarge");
    world.refresh_options();
    let before = world.health("alice", Check::Maintenance).equity;
    world.publish("SOL", at, volatility(0.8 * 1.399)).unwrap();
    expect_error(world.publish("SOL", at, volatility(0.8 * 1.4)), "SurfaceStepTooLarge");
    world.refresh_options();
    let after = world.health("alice", Check::Maintenance).equity;
    // Ten SOL with a vega of 0.168 for a point, 32 points: 54 of the 1,000 that she has.
    let lost = before.checked_sub(after).unwrap().to_quote_floor().unwrap().get();
    assert_near(lost, 53_500_000, 1_500_000);
}

#[test]
fn who_samples_alone_cannot_settle_on_less_than_half_of_the_window() {
    let mut world = listed(&[("alice", 1_000)]);
    let at = world.first_expiry();
    wait_until(&mut world, 1_800);
    // Sampled only while the price is up, a quarter of the window, in one stretch.
    world.walk_price("SOL", "155");
    for _ in 0..8 {
        world.sample("SOL", at).unwrap();
        world.advance_seconds(60);
    }
    world.walk_price("SOL", "150");
    wait_until(&mut world, -10);
    // That is not enough, and what is missing is averaged behind the expiry.
    world.sample("SOL", at).unwrap();
    assert_eq!(world.expiry("SOL", at).settled_at, 0);
    while world.expiry("SOL", at).settled_at == 0 {
        world.advance_seconds(60);
        world.sample("SOL", at).unwrap();
    }
    let expiry = world.expiry("SOL", at);
    let price = expiry.settlement_price.price().unwrap().value_floor(1).unwrap();
    let price = price.to_quote_floor().unwrap().get();
    // At most the half that was chosen, at the price that was chosen.
    assert!((150_000_000..=152_500_000).contains(&price), "{price}");
    // Nothing changes it afterwards.
    expect_error(world.sample("SOL", at), "SettlementNotDue");
}

#[test]
fn premiums_at_the_edge_of_the_band_hide_nothing() {
    // Two accounts of one owner: a premium far from the fair value moves equity between them, and
    // neither can take out or open more with it together than before.
    let mut world = listed(&[("alice", 1_000), ("mallory", 1_000)]);
    let sum = |world: &World| {
        let one = world.health("alice", Check::Maintenance).equity;
        let other = world.health("mallory", Check::Maintenance).equity;
        one.checked_add(other).unwrap().to_quote_floor().unwrap().get()
    };
    let before = sum(&world);
    world.trade("alice", "mallory", "SOL-150-C", 50, "43.6").unwrap();
    assert_near(sum(&world), before, 2);
    expect_error(world.withdraw("mallory", "USDC", 999_000_000), "BelowInitialMargin");
}

#[test]
fn a_bankruptcy_is_laid_to_contracts_by_what_they_lost() {
    let rich = [("bob", 10_000), ("carol", 10_000), ("keeper", 50_000)];
    let mut world = listed(&[&[("alice", 300)], &rich[..]].concat());
    // Ten SOL of a call sold for 137, and a hundredth of a BTC bought for 1,000.
    world.trade("bob", "alice", "SOL-150-C", 100, "13.7").unwrap();
    world.trade("alice", "carol", "BTC-PERP", 100, "100000").unwrap();
    world.walk_price("BTC", "80000");
    world.walk_price("SOL", "190");
    world.refresh_options();
    let [mark, ..] = world.marks("SOL-150-C");
    // What each has lost, in dollars, fees included.
    let paid = |name: &str| world.position("alice", name).1 as f64 / 1e6;
    let call = 100.0 * mark / 1e6 - paid("SOL-150-C");
    let bitcoin = -(100.0 * 8.0 + paid("BTC-PERP"));
    assert!(call > 200.0 && bitcoin > 200.0, "{call} {bitcoin}");

    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let assigned = receipt.events::<LossAssigned>();
    let key =
        |name: &str| world.directory.instruments[usize::from(world.instrument(name))].state.key();
    let pending = |name: &str| {
        let one = assigned.iter().find(|one| one.key == key(name).raw());
        one.map_or(0.0, |one| one.pending_quote_atoms as f64 / 1e6)
    };
    let lacking = call + bitcoin - 300.0;
    assert!(lacking > 50.0, "{lacking}");
    for (name, lost) in [("SOL-150-C", call), ("BTC-PERP", bitcoin)] {
        let due = lacking * lost / (call + bitcoin);
        assert!((pending(name) - due).abs() < 0.01, "{name}: {} of {due}", pending(name));
    }
}
