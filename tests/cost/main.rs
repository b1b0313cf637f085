//! What does the built program cost, and does the largest account fit a transaction?
//!
//! Compute units are exact and repeatable, so they are compared to the committed table
//! `tests/snapshots/cost.json` to the unit. `cargo xtask cost --update` rewrites it after a change
//! that is meant. The size of the program is printed beside them; it depends on the compiler.

mod bench;
mod options;
mod oracles;
mod readme;

use std::collections::BTreeMap;

use bench::{shape, Bench, Footprint, Oracles, Shape};
use options_probe::{
    BUTTERFLIES, CALENDAR, GREEKS, IMPLIED, QUOTE, RISK_ARRAY, SAMPLE, STEP, VALUE, VOLATILITY,
};
use plimsoll::state::{POSITION_ROWS_MAX, RISK_ACCOUNTS_MAX, TOKEN_ROWS_MAX};
use plimsoll_client::instruction;
use plimsoll_client::PROGRAM_ID;
use plimsoll_tests::options::Probe;
use plimsoll_tests::{Receipt, World, SOL, SPL_TOKEN, USDC};

const SNAPSHOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots/cost.json");
const SO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy/plimsoll.so");

/// What a transaction may have.
const TRANSACTION_BYTES_MAX: usize = 1_232;
const LOCKS_MAX: usize = 64;
const UNITS_MAX: u64 = 1_400_000;

/// What was hoped for: a naive check of 8 tokens and 24 perpetuals over 8 underlyings came to
/// 30,440 units, 630 for a token, 580 for a perpetual, 1,300 for an underlying with its oracle.
/// Of accounts with options: what they were to cost at most.
const AIMS: [(&str, u64); 9] = [
    (FULL_CHECK, 30_440),
    ("one more token", 630),
    ("one more perpetual", 580),
    ("one more underlying, pull oracle", 1_300),
    ("one more underlying, push oracle", 1_300),
    (options::HALF_CHECK, 30_000),
    (options::ONE_MORE, 800),
    (options::HALF_SLICE, 90_000),
    (SO_BYTES, 300_000),
];
const FULL_CHECK: &str = "check of 8 tokens and 24 perpetuals over 8 underlyings";
const SO_BYTES: &str = "program in bytes";

/// The committed table.
fn snapshot() -> BTreeMap<String, u64> {
    serde_json::from_str(&std::fs::read_to_string(SNAPSHOT).unwrap()).unwrap()
}

/// The program that checks itself costs more.
fn is_other_build() -> bool {
    std::env::var_os("PLIMSOLL_SO").is_some()
}

/// Checks by shape, and what one thing more adds.
fn checks(costs: &mut BTreeMap<String, u64>) {
    let mut cost = |phrase: &str, units: u64| costs.insert(phrase.to_string(), units);
    let mut pull = Bench::new(8, Oracles::Pull);
    cost(FULL_CHECK, pull.check(shape(8, 24, 8)));
    let mut two = Bench::new(8, Oracles::TwoPulls);
    cost(&format!("{FULL_CHECK}, two oracles each"), two.check(shape(8, 24, 8)));
    cost("check of one token", pull.check(shape(1, 0, 1)));
    let one = pull.check(shape(1, 1, 2));
    cost("one more token", pull.check(shape(2, 1, 2)) - one);
    let mut lent = Bench::new(8, Oracles::Pull);
    lent.lend();
    let running = lent.check(shape(2, 1, 2)) - lent.check(shape(1, 1, 2));
    cost("one more token, its interest up to the second", running);
    cost(&format!("{FULL_CHECK}, all tokens lent"), lent.check(shape(8, 24, 8)));
    let running = pull.check(shape(1, 2, 2)) - one;
    cost("one more perpetual, its funding up to the second", running);
    let mut still = Bench::new(8, Oracles::Pull);
    still.stop_funding();
    let alone = still.check(shape(1, 1, 2));
    cost("one more perpetual", still.check(shape(1, 2, 2)) - alone);
    let spread = pull.check(shape(1, 2, 3));
    cost("one more underlying, pull oracle", spread - pull.check(shape(1, 2, 2)));
    let mut push = Bench::new(8, Oracles::Push);
    let spread = push.check(shape(1, 2, 3));
    cost("one more underlying, push oracle", spread - push.check(shape(1, 2, 2)));

    let account = pull.write_margin(1, shape(8, 24, 8), 1_000_000_000_000);
    let view = instruction::view_account(pull.directory(), &account).unwrap();
    cost("view of 8 tokens and 24 perpetuals", pull.send(view));
    // Where prices exist at which it would be liquidated, they are searched.
    let account = pull.write_margin(1, shape(8, 24, 8), -600_000_000);
    let view = instruction::view_account(pull.directory(), &account).unwrap();
    cost("view of 8 tokens and 24 perpetuals, near its line", pull.send(view));
    for (bench, phrase) in [(&mut pull, "pull"), (&mut push, "push"), (&mut two, "two pull")] {
        let refresh = instruction::refresh_underlying(bench.directory(), 1).unwrap();
        let units = bench.send(refresh);
        cost(&format!("refresh of an underlying, {phrase} oracles"), units);
    }
    let refresh = instruction::refresh_instrument(pull.directory(), 0).unwrap();
    cost("refresh of an instrument", pull.send(refresh));
}

/// A trade between two accounts of 4 rows each.
fn trade(costs: &mut BTreeMap<String, u64>) {
    let phrase = "trade between two accounts of 4 rows";
    let running = Bench::new(8, Oracles::Pull).trade();
    costs.insert(format!("{phrase}, funding up to the second"), running);
    let mut still = Bench::new(8, Oracles::Pull);
    still.stop_funding();
    costs.insert(phrase.to_string(), still.trade());
}

/// What a program consumed in a transaction, by its own line in the log; the last where it ran
/// more than once.
fn consumed(receipt: &Receipt, program: &str) -> u64 {
    let start = format!("Program {program} consumed ");
    let mut lines = receipt.logs.iter().filter_map(|line| line.strip_prefix(&start));
    lines.next_back().unwrap().split(' ').next().unwrap().parse().unwrap()
}

/// Tokens in and out, without what the token program takes for itself.
fn tokens(costs: &mut BTreeMap<String, u64>) {
    let mut world = World::local();
    for (name, usdc) in [("alice", 10_000), ("bob", 10_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
        world.deposit(name, "SOL", 10 * SOL).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 100, "150").unwrap();
    world.trade("alice", "bob", "BTC-PERP", 10, "100000").unwrap();
    let deposit = world.deposit("alice", "USDC", USDC).unwrap();
    let withdraw = world.withdraw("alice", "USDC", USDC).unwrap();
    for (phrase, receipt) in [
        ("deposit beyond the token program's own", deposit),
        ("withdrawal from 4 rows beyond the token program's own", withdraw),
    ] {
        let own = consumed(&receipt, &PROGRAM_ID.to_string());
        let token = consumed(&receipt, &SPL_TOKEN.to_string());
        costs.insert(phrase.to_string(), own - token);
    }
}

/// Settlement, interest, stakes, and what follows a bankruptcy.
fn money(costs: &mut BTreeMap<String, u64>) {
    let mut world = World::local();
    for (name, usdc) in [("alice", 150), ("bob", 10_000), ("keeper", 10_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    for _ in 0..100 {
        world.advance_seconds(30);
        world.set_price("SOL", "146");
        world.refresh("SOL").unwrap();
    }
    let mut cost = |phrase: &str, receipt: Receipt| {
        costs.insert(phrase.to_string(), consumed(&receipt, &PROGRAM_ID.to_string()));
    };
    cost("settlement of a loss", world.settle("alice", "SOL-PERP", None).unwrap());
    cost("settlement of a profit", world.settle("bob", "SOL-PERP", None).unwrap());
    cost("collection of fees", world.collect_fees("SOL-PERP").unwrap());
    cost("refresh of a collateral", world.refresh_collateral("USDC").unwrap());
    cost("stake, with the token program's own", world.stake("stan", USDC).unwrap());
    cost("request of a stake's exit", world.request_unstake("stan", 1).unwrap());
    world.walk_price("SOL", "130");
    let bid = instruction::Bid::slice();
    cost("slice of a bankrupt account", world.liquidate("keeper", "alice", &bid).unwrap());
    cost("renewal of a position", world.renew("keeper", "SOL-PERP").unwrap());
    cost("sharing of a loss", world.share_loss("alice", "SOL-PERP").unwrap());
}

/// Bids on the largest account.
fn liquidations(costs: &mut BTreeMap<String, u64>) {
    for (oracles, phrase) in [(Oracles::Pull, "one oracle"), (Oracles::TwoPulls, "two oracles")] {
        let footprint = Bench::new(8, oracles).liquidate(shape(8, 24, 8));
        assert_fits(footprint, "8 tokens and 24 perpetuals");
        let mut cost = |what: &str, value: u64| {
            costs.insert(format!("slice of the largest account, {phrase} each: {what}"), value)
        };
        cost("units", footprint.units);
        cost("transaction bytes", u64::try_from(footprint.bytes).unwrap());
        cost("account locks", u64::try_from(footprint.locks).unwrap());
        let in_part = Bench::new(8, oracles).liquidate_in_part(shape(8, 24, 8));
        assert_fits(in_part, "8 tokens and 24 perpetuals, in part");
        cost("units, in part", in_part.units);
    }
}

/// What is left to do where nobody bids.
fn last_resort(costs: &mut BTreeMap<String, u64>) {
    for (oracles, phrase) in [(Oracles::Pull, "one oracle"), (Oracles::TwoPulls, "two oracles")] {
        let footprint = Bench::new(8, oracles).deleverage(shape(8, 24, 8));
        assert_fits(footprint, "deleveraging");
        let mut cost = |what: &str, value: u64| {
            let of = "deleveraging of the largest account";
            costs.insert(format!("{of}, {phrase} each: {what}"), value)
        };
        cost("units", footprint.units);
        cost("transaction bytes", u64::try_from(footprint.bytes).unwrap());
        cost("account locks", u64::try_from(footprint.locks).unwrap());
    }
    let mut world = World::local();
    for (name, usdc) in [("alice", 150), ("bob", 10_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "130");
    world.stay_silent("alice", 1_650);
    let mut cost = |phrase: &str, receipt: Receipt| {
        costs.insert(phrase.to_string(), consumed(&receipt, &PROGRAM_ID.to_string()));
    };
    let closing = world.deleverage("alice", "SOL-PERP", 1_000).unwrap();
    cost("deleveraging of a bankrupt account's only position, with its rent", closing);
    cost("resizing of a position", world.resize("bob").unwrap());
    let one = instruction::close_deleveraging(&world.first_deleveraging());
    cost("removal of a deleveraging", world.send(&[one], &[]).unwrap());
}

/// What the options crate takes at most, in a program that does nothing else; the value and the
/// risk array must stay below what a refresh and a check can afford.
fn options(costs: &mut BTreeMap<String, u64>) {
    let mut probe = Probe::load();
    for (what, phrase, most) in [
        (VALUE, "value of an option, at most", 2_500),
        (GREEKS, "value and greeks of an option, at most", UNITS_MAX),
        (IMPLIED, "implied volatility of an option, at most", UNITS_MAX),
        (RISK_ARRAY, "risk array of an option, 16 scenarios, at most", 30_000),
        (VOLATILITY, "volatility of a strike from a slice, at most", 2_500),
        (BUTTERFLIES, "check of a slice for butterflies, at most", UNITS_MAX),
        (CALENDAR, "check of two slices for the calendar, at most", UNITS_MAX),
        (QUOTE, "quote of a lot with its risk array, at most", 40_000),
        (SAMPLE, "sample of a settlement, with its average, at most", 5_000),
        (STEP, "check of a publication's step, at most", 10_000),
    ] {
        let (units, worst) = probe.worst_units(what);
        let options_probe::Record { forward, strike, volatility_ppm, seconds, .. } = worst;
        println!("{phrase}: {forward} over {strike}, {volatility_ppm} ppm, {seconds} s");
        let options_probe::Record { slices, seconds_later, status, .. } = worst;
        println!("  {slices:?}, {seconds_later} s later, status {status}");
        assert!(units <= most, "{phrase}: {units} units, over {most}");
        costs.insert(phrase.to_string(), units);
    }
}

#[track_caller]
fn assert_fits(footprint: Footprint, what: &str) {
    assert!(footprint.bytes <= TRANSACTION_BYTES_MAX, "{what}: {footprint:?}");
    assert!(footprint.locks <= LOCKS_MAX, "{what}: {footprint:?}");
    assert!(footprint.units <= UNITS_MAX, "{what}: {footprint:?}");
}

#[test]
fn costs_are_those_of_the_snapshot() {
    if is_other_build() {
        return;
    }
    let mut costs = BTreeMap::new();
    checks(&mut costs);
    trade(&mut costs);
    tokens(&mut costs);
    money(&mut costs);
    liquidations(&mut costs);
    last_resort(&mut costs);
    options(&mut costs);
    options::options_in_accounts(&mut costs);
    options::withdrawable(&mut costs);
    options::expiries(&mut costs);
    let so = std::fs::metadata(SO).expect("run `cargo xtask build` first").len();
    for (phrase, value) in costs.iter().chain([(&SO_BYTES.to_string(), &so)]) {
        let aim = AIMS.iter().find(|(of, _)| of == phrase);
        println!("{phrase}: {value}{}", aim.map_or(String::new(), |(_, aim)| format!(" ({aim})")));
    }

    if std::env::var_os("PLIMSOLL_UPDATE_SNAPSHOTS").is_some() {
        let text = serde_json::to_string_pretty(&costs).unwrap();
        std::fs::write(SNAPSHOT, text + "\n").unwrap();
    }
    let stored = snapshot();
    let changed: Vec<String> = costs
        .iter()
        .filter(|(phrase, value)| stored.get(*phrase) != Some(value))
        .map(|(phrase, value)| format!("{phrase}: {value}, was {:?}", stored.get(phrase)))
        .collect();
    assert!(changed.is_empty(), "{}", changed.join("\n"));
    assert_eq!(costs.len(), stored.len(), "the snapshot has phrases that nothing measures");
}

/// Every shape on the edge of what an account may hold, with a quote row or without: for each
/// number of underlyings, as many perpetuals as fit, and then tokens in their place.
fn largest_shapes() -> Vec<Shape> {
    let mut shapes = Vec::new();
    for underlyings in 2..=14_u16 {
        let room = u16::try_from(RISK_ACCOUNTS_MAX).unwrap() - 3 * underlyings;
        for tokens in 0..=u16::try_from(TOKEN_ROWS_MAX).unwrap() {
            for quote in [true, false] {
                // A row of the quote token is always kept free.
                let (own, room) = if quote { (tokens, room) } else { (tokens + 1, room - 1) };
                let fits = own <= 8 && own <= underlyings && (tokens > 0 || !quote);
                let most = u16::try_from(POSITION_ROWS_MAX).unwrap();
                let perpetuals = room.saturating_sub(tokens).min(most);
                // Each underlying needs a row, and the group has so many instruments on each.
                if fits && perpetuals >= underlyings - 1 {
                    shapes.push(Shape { tokens, perpetuals, underlyings, quote });
                }
            }
        }
    }
    shapes
}

#[test]
fn every_largest_account_can_be_liquidated_in_one_transaction() {
    let shapes = largest_shapes();
    assert!(shapes.iter().any(|one| one.tokens == 8 && one.perpetuals == 24));
    let mut worst = Footprint { bytes: 0, locks: 0, units: 0 };
    for shape in shapes {
        let footprint = Bench::new(shape.underlyings, Oracles::TwoPulls).liquidate(shape);

        assert_fits(footprint, &format!("{shape:?}"));
        worst.bytes = worst.bytes.max(footprint.bytes);
        worst.locks = worst.locks.max(footprint.locks);
        worst.units = worst.units.max(footprint.units);
    }
    println!("worst of all largest accounts: {worst:?}");
}

#[test]
fn every_largest_account_can_be_deleveraged_in_one_transaction() {
    // Most rows, most underlyings, and all between: whatever can be opened comes to its last resort,
    // and without asking for more units than a transaction has by itself.
    let shapes = largest_shapes();
    assert!(shapes.iter().any(|one| one.underlyings == 14 && one.perpetuals == 13));
    let mut worst = Footprint { bytes: 0, locks: 0, units: 0 };
    for shape in shapes {
        let mut bench = Bench::new(shape.underlyings, Oracles::TwoPulls);
        let footprint = bench.deleverage_bankrupt(shape);

        assert_fits(footprint, &format!("{shape:?}"));
        assert!(footprint.units <= 200_000, "{shape:?}: {footprint:?}");
        worst.bytes = worst.bytes.max(footprint.bytes);
        worst.locks = worst.locks.max(footprint.locks);
        worst.units = worst.units.max(footprint.units);
    }
    println!("worst of all largest accounts: {worst:?}");
}
