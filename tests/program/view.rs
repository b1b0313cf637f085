//! Do clients see what the program sees? The client crate's answers against the program's own, as
//! return data of a simulation.

use plimsoll_risk::Check;
use plimsoll_tests::{assert_near, World, SOL, USDC};

/// Alice: SOL and USDC, long SOL, short ETH, and a debt in USDC. Bob is on the other side.
fn traded() -> World {
    let mut world = World::local();
    world.open("alice").unwrap();
    world.open("bob").unwrap();
    world.deposit("alice", "SOL", 20 * SOL).unwrap();
    world.deposit("bob", "USDC", 50_000 * USDC).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 2_500, "151").unwrap();
    world.trade("alice", "bob", "ETH-PERP", -700, "3990").unwrap();
    world.borrow("alice", "USDC", 300 * USDC, 300 * USDC).unwrap();
    world
}

#[test]
fn the_client_reports_an_account_as_the_program_does() {
    let mut world = traded();
    for price in ["150", "143.27", "139.99"] {
        world.walk_price("SOL", price);

        for name in ["alice", "bob"] {
            assert_eq!(world.report(name), world.view(name), "{name} at {price}");
        }
    }
}

#[test]
fn an_uncertain_band_counts_against_the_account_on_both_sides() {
    let mut world = traded();
    world.edit_feed("SOL/USD", |feed| feed.set("150", "1.5"));
    world.edit_feed("USDC/USD", |feed| feed.set("0.998", "0.001"));

    for name in ["alice", "bob"] {
        let report = world.report(name);
        assert_eq!(report, world.view(name));
        assert!(report.equity_initial_quote_atoms < report.equity_quote_atoms);
    }
}

#[test]
fn the_client_knows_what_could_be_withdrawn() {
    let mut world = traded();
    let key = world.token_key("SOL");
    let account = world.margin("alice").state;

    let most = world.snapshot().withdrawable(&account, key).unwrap();

    assert_eq!(most, world.view_withdrawable("alice", "SOL"));
    assert!(most > 0 && most < 20 * SOL);
    world.withdraw("alice", "SOL", most).unwrap();
}

#[test]
fn a_snapshot_gives_the_slice_that_the_program_takes() {
    let mut world = World::local();
    for (name, usdc) in [("alice", 200), ("bob", 100_000), ("keeper", 100_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "136");
    let account = world.margin("alice").state;
    let share = world.snapshot().slice(&account).unwrap();

    world.liquidate("keeper", "alice", &plimsoll_client::instruction::Bid::slice()).unwrap();

    let taken = world.position("keeper", "SOL-PERP").0;
    assert_eq!(taken, share.of_lots_away(1_000));
    let health = world.health("alice", Check::Maintenance);
    assert!(health.equity >= health.requirement);
}

#[test]
fn a_snapshot_grades_a_missing_oracle_and_goes_on() {
    let mut world = traded();
    let feed = world.feeds["ETH/USD"].address;
    world.vm.put(feed, plimsoll_client::Address::default(), Vec::new());

    let snapshot = world.snapshot();

    let grade = snapshot.quote(world.underlying("ETH")).unwrap().grade;
    assert_eq!(grade, plimsoll_risk::Grade::NotPositive);
    // Nobody opens on it; what is kept is counted generously.
    let alice = world.margin("alice").state;
    assert!(snapshot.health(&alice, Check::Initial).is_err());
    assert!(snapshot.health(&alice, Check::Maintenance).is_ok());
}

#[test]
fn the_liquidation_price_is_where_the_account_becomes_liquidatable() {
    // Given a long of 10 SOL at 150 on 400 USDC: liquidatable where 400 - 0.3 + 10 (p - 150)
    // falls below 5 % of 10 p, at 1100.3 / 9.5 = 115.82.
    let mut world = World::local();
    for (name, usdc) in [("alice", 400), ("bob", 100_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();

    let view = world.view("alice");

    // Quote atoms per SOL, from mantissa and binary exponent.
    let sol = view.underlyings.iter().find(|one| one.index == world.underlying("SOL")).unwrap();
    let exponent = i32::try_from(sol.liquidation_down_exponent).unwrap();
    let price = sol.liquidation_down_mantissa as f64 * f64::from(exponent).exp2();
    assert_near(price as i64, 115_820_000, 10_000);
    world.walk_price("SOL", "115.83");
    assert_eq!(world.view("alice").liquidatable, 0);
    world.walk_price("SOL", "115.81");
    assert_eq!(world.view("alice").liquidatable, 1);
}
