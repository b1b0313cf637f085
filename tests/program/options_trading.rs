//! What does an account need that holds options, what is a contract worth, and how does it settle?
//!
//! SOL is at 150, its scan range 5 % (extremes 15 % at a third), volatility 80 % and flat, thirty days to go;
//! a contract is a tenth of a SOL. By Black's formula (mpmath, 30 digits) a call struck at 150 is
//! worth 13.694 then.

use plimsoll_client::events::{RiskArrayRefreshed, SettlementSampled};
use plimsoll_risk::Check;
use plimsoll_tests::contracts::flat;
use plimsoll_tests::{assert_near, expect_error, World};

use crate::given::traders;

const MINUTE: u64 = 60;
const WINDOW: u64 = 1_800;

pub fn listed(all: &[(&str, u64)]) -> World {
    let mut world = World::with_options(flat());
    traders(&mut world, all);
    world
}

/// Time passes until so many seconds before the expiry; oracles publish.
fn wait_until(world: &mut World, before_expiry: i64) {
    let left = world.first_expiry() - world.vm.now().time.get() - before_expiry;
    world.advance_seconds(u64::try_from(left).unwrap());
}

/// Samples each minute from just before the window to a minute behind the expiry.
pub fn sample_window(world: &mut World, prices: impl Fn(u64) -> &'static str) {
    let at = world.first_expiry();
    wait_until(world, i64::try_from(WINDOW).unwrap());
    for minute in 0..=31 {
        world.walk_price("SOL", prices(minute));
        world.sample("SOL", at).unwrap();
        let next = at - i64::try_from(WINDOW).unwrap() + 60 * i64::try_from(minute + 1).unwrap();
        let left = next - world.vm.now().time.get();
        world.advance_seconds(u64::try_from(left.max(0)).unwrap());
        if world.expiry("SOL", at).settled_at != 0 {
            return;
        }
    }
}

#[test]
fn a_contract_is_valued_by_the_surface() {
    let mut world = World::with_options(flat());
    let receipt = world.refresh_array("SOL-150-C").unwrap();
    let event = receipt.events::<RiskArrayRefreshed>()[0];
    assert_eq!((event.settled, event.fair), (0, world.instrument_state("SOL-150-C").array.fair));

    // 720 hours but for the seconds that the set-up took: about a tenth of 13.69.
    let [fair, low, high] = world.marks("SOL-150-C");
    assert!((1_368_000.0..1_371_000.0).contains(&fair), "{fair}");
    // 2 % of the volatility either way: vega is about 17.06 per whole point, so 0.273 of 13.69.
    assert!((fair - low - 27_300.0).abs() < 300.0, "{low}");
    assert!((high - fair - 27_300.0).abs() < 300.0, "{high}");
    // Put and call at the money are the same without a basis.
    let [put, ..] = world.marks("SOL-150-P");
    assert!((fair - put).abs() < 1.0, "{fair} {put}");
    // And the parity holds for other strikes.
    let [call, ..] = world.marks("SOL-140-C");
    let [put, ..] = world.marks("SOL-140-P");
    assert!((call - put - 1_000_000.0).abs() < 1.0, "{call} {put}");
}

#[test]
fn a_long_option_needs_no_more_than_it_costs() {
    let mut world = listed(&[("alice", 14), ("bob", 10_000)]);

    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();

    let view = world.health("alice", Check::Initial);
    assert!(view.requirement <= view.equity);
    let most = world.marks("SOL-150-C")[0] * 10.0;
    let required = world.health("alice", Check::Maintenance).requirement;
    assert!((required.to_quote_ceil().unwrap().get() as f64) < most);
    // What she has covers the worst scenario of a few more, and not of everything.
    expect_error(world.trade("alice", "bob", "SOL-150-C", 100, "13.7"), "BelowInitialMargin");
}

#[test]
fn a_spread_needs_no_more_than_it_can_lose() {
    // Ten lots, one SOL: ten USDC between the strikes, of which the seller gets the difference of the
    // premiums; floors of 1 % of 150, times the multiplier, come on top.
    let mut world = listed(&[("alice", 11), ("bob", 10_000)]);
    world.trade("bob", "alice", "SOL-160-C", -10, "9.9").unwrap();
    world.trade("bob", "alice", "SOL-150-C", 10, "13.7").unwrap();

    let health = world.health("alice", Check::Maintenance);
    let most = 10_000_000.0 - 10.0 * (world.marks("SOL-150-C")[0] - world.marks("SOL-160-C")[0]);
    let floors = 0.01 * 150.0 * 1e6;
    let required = health.requirement.to_quote_ceil().unwrap().get() as f64;
    assert!(required <= most + floors + 1.0, "{required} {most}");
    // Alone, the short call needs more than she has.
    expect_error(world.trade("bob", "alice", "SOL-160-C", 10, "9.9"), "BelowInitialMargin");
}

#[test]
fn premiums_are_bounded_by_a_band_of_the_price() {
    let mut world = listed(&[("alice", 10_000), ("bob", 10_000)]);
    // A fifth of 150 either way of 13.69.
    expect_error(world.trade("alice", "bob", "SOL-150-C", 1, "43.8"), "PriceOutsideBand");
    world.trade("alice", "bob", "SOL-150-C", 1, "43.6").unwrap();
    world.trade("alice", "bob", "SOL-150-C", 1, "0.001").unwrap();
}

#[test]
fn a_stale_array_stops_the_check_until_it_is_refreshed() {
    let mut world = listed(&[("alice", 1_000), ("bob", 10_000)]);
    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    world.advance_seconds(MINUTE + 2);
    expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
    expect_error(world.trade("alice", "bob", "SOL-PERP", 10, "150"), "RiskArrayStale");
    world.refresh_array("SOL-150-C").unwrap();
    world.withdraw("alice", "USDC", 1).unwrap();

    // A move of the price beyond 1 % does the same at once.
    world.walk_price("SOL", "151.6");
    world.refresh_array("SOL-150-C").unwrap();
    world.set_price("SOL", "153.2");
    expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
    // Paying in needs nothing.
    world.deposit("alice", "USDC", 1).unwrap();
}

#[test]
fn values_go_along_with_the_price_between_refreshes() {
    let mut world = listed(&[("alice", 1_000), ("bob", 10_000)]);
    world.trade("alice", "bob", "SOL-150-C", 100, "13.7").unwrap();
    let before = world.health("alice", Check::Maintenance).equity;
    world.set_price("SOL", "150.75");
    let after = world.health("alice", Check::Maintenance).equity;
    // Ten SOL with a delta of N(d1) = 0.5456, for 0.75 each.
    let gained = after.checked_sub(before).unwrap().to_quote_floor().unwrap().get();
    assert_near(gained, 4_092_000, 6_000);
}

#[test]
fn a_pumped_price_opens_nothing_between_refreshes_either() {
    for (price, name, lots) in [("151.4", "SOL-150-C", 100), ("148.6", "SOL-150-C", -100)] {
        let mut world = listed(&[("alice", 1_000), ("bob", 10_000)]);
        world.trade("alice", "bob", name, lots, "13.7").unwrap();
        let opening = |world: &mut World| world.view("alice").equity_initial_quote_atoms;
        let before = opening(&mut world);
        // Within what an array is good for, and the stable price has not moved.
        world.set_price("SOL", price);
        assert_near(opening(&mut world), before, 1);
        // A refresh says so too, but for a few seconds of time.
        world.refresh_array(name).unwrap();
        assert_near(opening(&mut world), before, 20_000);
    }
}

#[test]
fn without_a_price_nothing_is_valued() {
    let mut world = listed(&[("alice", 1_000), ("bob", 10_000)]);
    world.edit_feed("SOL/USD", |feed| feed.published -= 61);
    expect_error(world.refresh_array("SOL-150-C"), "OracleStale");
    let at = world.first_expiry();
    expect_error(world.sample("SOL", at), "OracleStale");
}

#[test]
fn perpetuals_and_futures_far_from_expiry_have_no_array() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    expect_error(world.refresh_array("SOL-FUT"), "NoRiskArray");
    world.trade("alice", "bob", "SOL-FUT", 10, "150").unwrap();
    world.advance_seconds(MINUTE * 10);
    // It needs no refresh either.
    world.trade("alice", "bob", "SOL-FUT", 10, "150").unwrap();
}

#[test]
fn an_expiry_settles_at_the_average_of_its_window() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000), ("carol", 10)]);
    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    world.trade("alice", "bob", "SOL-160-C", 10, "9.9").unwrap();
    world.trade("alice", "bob", "SOL-FUT", 20, "150").unwrap();
    let at = world.first_expiry();
    expect_error(world.sample("SOL", at), "SettlementNotDue");

    sample_window(&mut world, |minute| if minute < 15 { "152" } else { "156" });

    let expiry = world.expiry("SOL", at);
    let average = expiry.settlement_price.price().unwrap().value_floor(1).unwrap();
    let average = average.to_quote_floor().unwrap().get();
    // Half at 152 and half at 156, and the stretch between them.
    assert_near(average, 154_000_000, 100_000);
    expect_error(world.sample("SOL", at), "SettlementNotDue");
    expect_error(world.close_expiry("SOL", at), "ExpiryInUse");

    let before = world.balance("alice", "USDC") + world.balance("bob", "USDC");
    for name in world.contracts() {
        world.refresh_array(&name).unwrap();
        expect_error(world.refresh_array(&name), "InstrumentSettled");
    }
    expect_error(world.trade("alice", "bob", "SOL-FUT", 1, "154"), "InstrumentSettled");
    world.await_payouts();
    // Losers first, so that winners are paid at once.
    for (name, instrument) in [
        ("alice", "SOL-160-C"),
        ("bob", "SOL-160-C"),
        ("bob", "SOL-FUT"),
        ("alice", "SOL-FUT"),
        ("alice", "SOL-150-C"),
        ("bob", "SOL-150-C"),
    ] {
        world.settle(name, instrument, None).unwrap();
    }
    // 13.7 were paid for what gives 4; 9.9 for nothing; and the future gives 4 on 2 SOL.
    let gain = 2 * (average - 150_000_000) + average - 150_000_000 - 13_700_000 - 9_900_000;
    assert_near(world.balance("alice", "USDC"), 1_000_000_000 + gain, 3);
    let after = world.balance("alice", "USDC") + world.balance("bob", "USDC");
    assert_near(after, before, 8);
    assert!(world.margin("alice").state.rows().unwrap().len() == 1, "rows are gone");

    world.close_expiry("SOL", at).unwrap();
    assert_eq!(world.underlying_state("SOL").first_expiry_at, 0);
}

#[test]
fn a_future_fades_into_its_settlement() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-FUT", 100, "150").unwrap();
    let at = world.first_expiry();
    wait_until(&mut world, 1_801);
    let whole = world.health("alice", Check::Maintenance).requirement;
    for _ in 0..16 {
        world.sample("SOL", at).unwrap();
        world.advance_seconds(MINUTE);
    }
    expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
    world.sample("SOL", at).unwrap();
    let receipt = world.refresh_array("SOL-FUT").unwrap();
    assert_eq!(receipt.events::<RiskArrayRefreshed>()[0].settled, 0);
    world.withdraw("alice", "USDC", 1).unwrap();
    // A bit more than half of the window is over, and so is that part of the risk.
    let faded = world.health("alice", Check::Maintenance).requirement;
    let (whole, faded) = (whole.get() as f64, faded.get() as f64);
    assert!((0.44..0.48).contains(&(faded / whole)), "{}", faded / whole);
}

#[test]
fn too_few_samples_settle_nothing() {
    let mut world = listed(&[("alice", 1_000)]);
    let at = world.first_expiry();
    wait_until(&mut world, 60);
    let receipt = world.sample("SOL", at).unwrap();
    assert_eq!(receipt.events::<SettlementSampled>()[0].covered_seconds, 0);
    world.advance_seconds(2 * MINUTE);
    let receipt = world.sample("SOL", at).unwrap();
    assert_eq!(receipt.events::<SettlementSampled>()[0].settled_at, 0);
    expect_error(world.close_expiry("SOL", at), "ExpiryInUse");
    // Sampling goes on behind the expiry until a quarter of an hour is covered.
    for _ in 0..7 {
        assert_eq!(world.expiry("SOL", at).settled_at, 0);
        world.advance_seconds(2 * MINUTE);
        world.sample("SOL", at).unwrap();
    }
    assert_ne!(world.expiry("SOL", at).settled_at, 0);
}
