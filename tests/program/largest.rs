//! Can the largest accounts that anybody can build be liquidated, however they were built? What
//! such a transaction costs, and that it fits, is measured by the cost test.

use plimsoll_client::instruction::Bid;
use plimsoll_client::state::{risk_account_count, RISK_ACCOUNTS_MAX};
use plimsoll_migrations::{Markets, SourceSpec};
use plimsoll_tests::{expect_error, World};

use crate::given::traders;

/// Atoms of a token of nine decimals.
const ONE: u64 = 1_000_000_000;

/// Underlyings X1 to X8 at 10 USD, each with a token and four perpetuals, X1-A to X8-D; with the
/// quote token's nine in all.
fn wide() -> World {
    let mut markets = Markets::local().without_expiries();
    let (sol, token) = (markets.underlyings[1].clone(), markets.tokens[1].clone());
    let perpetual = markets.instruments[0].clone();
    markets.underlyings.truncate(1);
    markets.tokens.truncate(1);
    markets.instruments.clear();
    for number in 1..=8 {
        let (mut underlying, mut token) = (sol.clone(), token.clone());
        underlying.name = format!("X{number}");
        if let SourceSpec::PythPull { account, .. } = &mut underlying.sources[0] {
            *account = Some(format!("X{number}/USD"));
        }
        (token.mint, token.underlying) = (underlying.name.clone(), underlying.name.clone());
        for letter in ["A", "B", "C", "D"] {
            let mut one = perpetual.clone();
            one.name = format!("{}-{letter}", underlying.name);
            one.underlying = underlying.name.clone();
            markets.instruments.push(one);
        }
        markets.underlyings.push(underlying);
        markets.tokens.push(token);
    }
    let mut world = World::ground(markets).set_up();
    traders(&mut world, &[("bob", 1_000_000), ("keeper", 1_000_000)]);
    world.open("alice").unwrap();
    world
}

/// Alice goes long on the perpetuals A to C of X1 to X7, lots of 0.1 USD.
fn long(world: &mut World, lots: i64) {
    for number in 1..=7 {
        for letter in ["A", "B", "C"] {
            let name = format!("X{number}-{letter}");
            world.trade("alice", "bob", &name, lots, "10").unwrap();
        }
    }
}

fn places(world: &World) -> usize {
    risk_account_count(world.margin("alice").state.rows().unwrap()).unwrap()
}

/// Everything falls until alice is below her line, and a keeper takes a slice of all her rows.
fn sink_and_unload(world: &mut World) {
    for price in ["9.4", "9.2", "9", "8.8", "8.6", "8.4", "8.2", "8"] {
        for number in 1..=8 {
            world.walk_price(&format!("X{number}"), price);
        }
        if world.report("alice").liquidatable == 1 {
            break;
        }
    }
    let before = world.report("alice");
    assert_eq!(before.liquidatable, 1, "{before:?}");

    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let after = world.report("alice");
    assert!(after.maintenance_quote_atoms < before.maintenance_quote_atoms);
    assert!(after.health_maintenance_quote_atoms > before.health_maintenance_quote_atoms);
}

#[test]
fn the_most_rows_can_be_liquidated() {
    // Given 8 tokens, the quote token among them, and 24 perpetuals, over 8 underlyings.
    let mut world = wide();
    world.deposit("alice", "USDC", 1_000_000).unwrap();
    for number in 1..=7 {
        world.deposit("alice", &format!("X{number}"), ONE).unwrap();
    }
    long(&mut world, 150);
    for number in 1..=3 {
        world.trade("alice", "bob", &format!("X{number}-D"), 150, "10").unwrap();
    }
    let account = world.margin("alice").state;
    assert_eq!((account.row_count, account.token_count), (32, 8));
    assert_eq!(places(&world), RISK_ACCOUNTS_MAX);

    sink_and_unload(&mut world);
}

#[test]
fn an_account_without_a_quote_row_keeps_a_place_for_it() {
    // Given nine underlyings, the quote token's among them: 27 places, and 29 rows to 56, one of
    // which stays free for the quote row that a liquidation makes.
    let mut world = wide();
    for number in 1..=6 {
        world.deposit("alice", &format!("X{number}"), ONE).unwrap();
    }
    long(&mut world, 200);
    world.trade("alice", "bob", "X8-A", 200, "10").unwrap();
    assert_eq!(places(&world), RISK_ACCOUNTS_MAX - 1);
    expect_error(world.trade("alice", "bob", "X8-B", 200, "10"), "TooManyUnderlyings");
    expect_error(world.deposit("alice", "X7", ONE), "TooManyUnderlyings");
    // The quote token itself has its place at any time.
    world.deposit("alice", "USDC", 1).unwrap();
    assert_eq!(places(&world), RISK_ACCOUNTS_MAX);

    sink_and_unload(&mut world);
}

#[test]
fn a_full_account_without_a_quote_row_can_be_liquidated() {
    let mut world = wide();
    for number in 1..=6 {
        world.deposit("alice", &format!("X{number}"), ONE).unwrap();
    }
    long(&mut world, 200);
    world.trade("alice", "bob", "X8-A", 200, "10").unwrap();
    assert_eq!(places(&world), RISK_ACCOUNTS_MAX - 1);

    sink_and_unload(&mut world);

    assert!(places(&world) <= RISK_ACCOUNTS_MAX);
}
