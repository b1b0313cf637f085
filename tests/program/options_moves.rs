//! Does every contract count by the move since its own array was made, where contracts of one account
//! were refreshed at different prices, of several underlyings?

use plimsoll::load::risk_array;
use plimsoll_client::ContractKind;
use plimsoll_tests::contracts::{call, expiry_params, flat, put};
use plimsoll_tests::units::UnixSeconds;
use plimsoll_tests::{expect_error, World};

use crate::given::traders;

const SOL: [&str; 4] = ["SOL-140-C", "SOL-140-P", "SOL-150-C", "SOL-150-P"];
const ETH: [&str; 3] = ["ETH-4000-C", "ETH-4000-P", "ETH-4200-C"];

/// Options of SOL and ETH with arrays at 150 and 4,000 dollars. Alice is long and short of all by
/// turns, on 20,000 USDC.
fn two_underlyings() -> World {
    let mut world = World::unlaunched();
    let at = world.first_expiry();
    for underlying in ["SOL", "ETH"] {
        world.list_expiry(underlying, at, expiry_params(flat())).unwrap();
    }
    let eth = |strike: u64| strike * 100_000;
    for strike in [140, 150] {
        world.list_contract(&format!("SOL-{strike}-C"), "SOL", at, call(strike)).unwrap();
        world.list_contract(&format!("SOL-{strike}-P"), "SOL", at, put(strike)).unwrap();
    }
    let put = ContractKind::Put { strike_quote_atoms_per_lot: eth(4_000) };
    let [low, high] =
        [4_000, 4_200].map(|strike| ContractKind::Call { strike_quote_atoms_per_lot: eth(strike) });
    for (name, kind) in ETH.into_iter().zip([low, put, high]) {
        world.list_contract(name, "ETH", at, kind).unwrap();
    }
    world.launch().unwrap();
    world.refresh_options();
    let names = ["alice", "bob", "even", "odd"];
    traders(&mut world, &names.map(|name| (name, 20_000)));
    world.deposit("bob", "USDC", 1_000_000_000_000).unwrap();
    for (at, name) in SOL.into_iter().chain(ETH).enumerate() {
        let lots = if at % 3 == 0 { -7 } else { 5 };
        world.trade("alice", "bob", name, lots, price(name)).unwrap();
        let other = if at % 2 == 0 { "even" } else { "odd" };
        world.trade(other, "bob", name, lots, price(name)).unwrap();
    }
    world
}

/// A price in the band.
fn price(name: &str) -> &'static str {
    match name.starts_with("SOL") {
        true => "12",
        false => "300",
    }
}

/// Both prices, a little above where they began.
fn move_to(world: &mut World, sol: &str, eth: &str) {
    for (underlying, price) in [("SOL", sol), ("ETH", eth)] {
        world.set_price(underlying, price);
        world.refresh(underlying).unwrap();
    }
}

/// Arrays by turns at one price and at another.
fn refresh_by_turns(world: &mut World) {
    move_to(world, "150.6", "4016");
    for name in SOL.into_iter().chain(ETH).skip(1).step_by(2) {
        world.refresh_array(name).unwrap();
    }
}

#[test]
fn each_contract_counts_by_its_own_move() {
    let mut world = two_underlyings();
    refresh_by_turns(&mut world);
    for (sol, eth) in [("150.6", "4016"), ("151.2", "4030"), ("149.9", "4001")] {
        move_to(&mut world, sol, eth);
        for name in ["alice", "even", "odd", "bob"] {
            // What the client reckons contract by contract is what the program says.
            let (own, program) = (world.report(name), world.view(name));
            assert_eq!(format!("{program:?}"), format!("{own:?}"), "{name} at {sol}");
            assert_eq!(program.underlyings.len(), 2);
        }
    }
}

#[test]
fn one_array_too_far_away_is_not_excused_by_one_that_is_near() {
    let mut world = two_underlyings();
    refresh_by_turns(&mut world);
    // More than 1 % above 150, and less above 150.6.
    move_to(&mut world, "151.8", "4016");
    world.withdraw("odd", "USDC", 1).unwrap();
    for name in ["even", "alice"] {
        expect_error(world.withdraw(name, "USDC", 1), "RiskArrayStale");
    }
    for name in SOL.into_iter().step_by(2) {
        expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
        world.refresh_array(name).unwrap();
    }
    world.withdraw("alice", "USDC", 1).unwrap();
    // So with the other underlying's.
    move_to(&mut world, "151.8", "4048");
    world.withdraw("odd", "USDC", 1).unwrap();
    expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
}

#[test]
fn stored_outcomes_reach_the_check_as_they_are() {
    let mut world = two_underlyings();
    let now = world.vm.now().time;
    let mut state = world.instrument_state("SOL-150-C");
    let snapshot = world.snapshot();
    let terms = snapshot.market().underlyings.iter().find(|one| one.index == state.underlying);
    let ends = [i32::MIN, i32::MAX, -1, 0, 1, i32::MIN + 1, i32::MAX - 1];
    for from in 0..ends.len() {
        state.array.outcomes = std::array::from_fn(|at| ends[(from + at) % ends.len()]);
        let array = risk_array(&state, terms.unwrap(), 0, now).unwrap();
        assert_eq!(array.outcomes.get(), state.array.outcomes);
    }
}

/// Perpetuals never, options always, futures in their window: those that nobody could refresh, only
/// where there is a price to refresh them at.
#[test]
fn contracts_count_by_their_arrays_where_they_have_one() {
    let mut world = World::with_options(flat());
    let window = world.first_expiry() - 1_800;
    for (name, before, within) in [
        ("SOL-PERP", [false; 4], [false; 4]),
        ("SOL-150-C", [true; 4], [true; 4]),
        ("SOL-150-P", [true; 4], [true; 4]),
        // Refreshed and priced, refreshed, priced, neither.
        ("SOL-FUT", [false; 4], [true, true, true, false]),
    ] {
        let mut state = world.instrument_state(name);
        for (now, expected) in [(window - 1, before), (window, within), (window + 9_999, within)] {
            let now = UnixSeconds::new(now);
            let found = [(1, true), (1, false), (0, true), (0, false)].map(|(at, is_priced)| {
                state.array.refreshed_at = at;
                state.counts_by_array(now, || is_priced)
            });
            assert_eq!(found, expected, "{name} at {now:?}");
        }
    }
}
