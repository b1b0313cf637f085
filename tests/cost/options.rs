//! Accounts of which half of the positions are options, in the shapes of the bench.

use std::collections::BTreeMap;

use plimsoll::state::{Instrument, InstrumentKind, StoredArray};
use plimsoll_client::{instruction, pda};
use plimsoll_options::{
    quote, Basis, Fading, Fixed, Kind, QuoteRequest, Settlement, Shock, Slice, SliceTerms,
};
use plimsoll_risk::{LinearShocks, ScenarioSet, SPAN};
use plimsoll_tests::contracts::flat;
use plimsoll_tests::{Receipt, World, USDC};
use plimsoll_units::{Index, Price, Ratio, Shares, TokenAtoms, UnixSeconds};

use crate::bench::{shape, Bench, Oracles, Shape, NOW};

/// Thirty days.
const LIFE: i64 = 30 * 86_400;
/// Quote atoms per lot of an instrument, at the price of the bench.
const LOT: u64 = 100_000;

/// A scan range of 5 % and a volatility of 80 % that may move by 30 %.
fn array(kind: Kind, strike: u64) -> StoredArray {
    let price = |atoms: u64| Price::from_integer(atoms).unwrap();
    let one = |x: f64| Fixed::new((x * 4_294_967_296.0) as i64);
    let terms =
        SliceTerms { a: one(0.64), b: one(0.0), rho: one(0.0), m: one(0.0), sigma: one(0.1) };
    let slice = Slice::new(terms).unwrap();
    let (expiry, now) = (UnixSeconds::new(NOW + LIFE), UnixSeconds::new(NOW));
    let shocks = SPAN.map(|one| Shock {
        price: one.shock / 20,
        volatility: one.volatility / 10 * 3,
        weight: one.weight,
    });
    let quoted = quote(&QuoteRequest {
        kind,
        strike: price(strike),
        spot: price(LOT),
        spot_low: price(LOT - 50),
        spot_high: price(LOT + 50),
        basis: Basis::ZERO,
        slice: &slice,
        confidence: Ratio::from_ppm(20_000),
        fading: Fading::of(&Settlement::default(), expiry, now),
        shocks: &shocks,
    })
    .unwrap();
    // As the program writes it: in the unit in which the notional fits 30 bits.
    let shift = 64 - LOT.leading_zeros() + 48 - 30;
    let more = shift - u32::from(quoted.array.shift);
    let shift = u8::try_from(shift).unwrap();
    let units = |price: Price| i64::try_from(price.value_floor(1).unwrap().get() >> shift).unwrap();
    StoredArray {
        refreshed_at: NOW,
        // 100 USD in quote atoms.
        price: price(100_000_000).into(),
        fair: units(quoted.values.fair),
        low: units(quoted.values.low),
        high: units(quoted.values.high),
        per_price: price(100_000_000).recip().unwrap().into(),
        delta: quoted.array.delta >> more,
        short_floor: units(price(LOT / 100)),
        outcomes: quoted.array.outcomes.map(|one| one >> more),
        shift,
        seconds_max: 60,
        move_max: 42_949_672,
        ..bytemuck::Zeroable::zeroed()
    }
}

/// The first `options` of the bench's instruments become calls and puts about the money.
pub fn bench_with_options(options: u16, oracles: Oracles) -> Bench {
    with_options(Bench::new(8, oracles), options)
}

fn with_options(mut bench: Bench, options: u16) -> Bench {
    for index in 0..options {
        let (kind, stored) = match index % 2 {
            0 => (Kind::Call, InstrumentKind::Call),
            _ => (Kind::Put, InstrumentKind::Put),
        };
        let strike = LOT * (90 + 2 * u64::from(index)) / 100;
        let mut one: Instrument = bench.directory().instruments[usize::from(index)].state;
        one.kind = stored.into();
        (one.funding_rate, one.expires_at) = (0, NOW + LIFE);
        one.strike = Price::from_integer(strike).unwrap().into();
        one.array = array(kind, strike);
        bench.put(pda::instrument(&bench.group, index), &one);
    }
    let moves = LinearShocks::new(&ScenarioSet::SPAN, Ratio::from_ppm(50_000)).unwrap();
    for one in bench.directory().underlyings.clone() {
        let mut state = one.state;
        state.price_moves = moves.factors;
        bench.put(one.address, &state);
    }
    bench.reread();
    bench
}

const HALF: &str = "8 tokens, 12 perpetuals and 12 options over 8 underlyings";
pub const HALF_CHECK: &str = "check of 8 tokens, 12 perpetuals and 12 options over 8 underlyings";
pub const HALF_SLICE: &str = "slice of 8 tokens, 12 perpetuals and 12 options over 8 underlyings";
pub const ONE_MORE: &str = "one more option";

/// Checks and liquidations of accounts with options.
pub fn options_in_accounts(costs: &mut BTreeMap<String, u64>) {
    let largest = shape(8, 24, 8);
    let mut bench = bench_with_options(12, Oracles::Pull);
    costs.insert(HALF_CHECK.into(), bench.check(largest));
    let footprint = bench_with_options(12, Oracles::Pull).liquidate(largest);
    super::assert_fits(footprint, HALF);
    costs.insert(HALF_SLICE.into(), footprint.units);
    let footprint = bench_with_options(12, Oracles::Pull).liquidate_in_part(largest);
    super::assert_fits(footprint, HALF);
    costs.insert(format!("{HALF_SLICE}, in part"), footprint.units);
    let footprint = bench_with_options(24, Oracles::TwoPulls).liquidate(largest);
    super::assert_fits(footprint, "24 options");
    costs.insert("slice of 8 tokens and 24 options, two oracles each".into(), footprint.units);
    // All on one underlying, where what they can lose at expiry is searched among all strikes.
    let on_one =
        |options: u16| Shape { tokens: 1, perpetuals: options, underlyings: 2, quote: true };
    let mut all = bench_with_options(24, Oracles::Pull);
    let (two, three) = (all.check(on_one(2)), all.check(on_one(3)));
    costs.insert(ONE_MORE.into(), three - two);
}

/// What can be withdrawn of an account's tokens where 24 options are on the same underlying: the rule of
/// opening is asked again and again, and the most that the book can lose is searched each time.
pub fn withdrawable(costs: &mut BTreeMap<String, u64>) {
    let shape = Shape { tokens: 2, perpetuals: 24, underlyings: 2, quote: true };
    // A thousand tokens of nine decimals, and as many as there can be beside a debt.
    for (phrase, tokens, quote) in [
        ("", 1_000_000_000_000, 0),
        (", of as many atoms as there can be", i64::MAX, -9_000_000_000_000),
    ] {
        let mut bench = with_options(Bench::new(2, Oracles::Pull), 24);
        let mut listed = bench.directory().collaterals[1];
        listed.state.scale = Price::pow10(-9).unwrap().into();
        bench.put(listed.address, &listed.state);
        let mut account = bench.write_margin(1, shape, quote);
        for row in account.state.rows.iter_mut() {
            row.lots *= 1_000;
            row.quote = row.quote.to_value().times(1_000).unwrap().into();
        }
        let key = listed.state.key();
        let row = account.state.rows.iter_mut().find(|row| row.key == key.raw()).unwrap();
        let shares = Shares::from_atoms_floor(TokenAtoms::new(tokens), Index::ONE);
        row.shares = shares.unwrap().into();
        bench.put(account.address, &account.state);
        let view = instruction::view_withdrawable(bench.directory(), &account, key).unwrap();
        let phrase = format!("view of what can be withdrawn, 24 options{phrase}");
        costs.insert(phrase, bench.send(view));
    }
}

/// What is done with expiries.
pub fn expiries(costs: &mut BTreeMap<String, u64>) {
    let mut world = World::with_options(flat());
    let at = world.first_expiry();
    for (name, usdc) in [("alice", 10_000), ("bob", 10_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    let mut cost = |phrase: &str, receipt: Receipt| {
        let units = super::consumed(&receipt, &plimsoll_client::PROGRAM_ID.to_string());
        costs.insert(phrase.to_string(), units);
    };
    cost("refresh of a risk array", world.refresh_array("SOL-150-C").unwrap());
    cost(
        "trade of an option between two accounts",
        world.trade("alice", "bob", "SOL-150-C", 1, "13.7").unwrap(),
    );
    world.advance_seconds(3_600);
    cost("publication of a slice without neighbours", world.publish("SOL", at, flat()).unwrap());
    let left = at - world.vm.now().time.get();
    world.advance_seconds(u64::try_from(left).unwrap() - 100);
    cost("sample for a settlement", world.sample("SOL", at).unwrap());
    cost("refresh of a risk array in its settlement window", {
        world.refresh_array("SOL-150-C").unwrap()
    });
    // Behind the expiry until it is settled; of this one nobody has a row.
    while world.expiry("SOL", at).settled_at == 0 {
        world.advance_seconds(120);
        world.sample("SOL", at).unwrap();
    }
    world.refresh_array("SOL-140-C").unwrap();
    cost("removal of a contract", world.close_contract("SOL-140-C").unwrap());
}

/// A refresh of several arrays and a trade fit one transaction.
#[test]
fn several_refreshes_and_a_trade_fit_one_transaction() {
    let mut world = World::with_options(flat());
    for (name, usdc) in [("alice", 10_000), ("bob", 10_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    let names = ["SOL-140-C", "SOL-140-P", "SOL-150-C", "SOL-150-P", "SOL-160-C", "SOL-160-P"];
    for name in names {
        world.trade("alice", "bob", name, 1, "10").unwrap();
    }
    world.advance_seconds(600);
    let mut all = vec![plimsoll_tests::contracts::raised_limit()];
    for name in names {
        let index = world.instrument(name);
        all.push(instruction::refresh_risk_array(&world.directory, index).unwrap());
    }
    all.push(world.deal("alice", "bob", "SOL-150-C", 1, "13.7"));
    let receipt = world.send(&all, &["alice", "bob"]).unwrap();
    assert!(receipt.compute_units < 400_000, "{}", receipt.compute_units);
    let bytes = world.vm.transaction_bytes(&all, &["alice", "bob"].map(plimsoll_tests::address));
    assert!(bytes <= super::TRANSACTION_BYTES_MAX, "{bytes}");
}
