//! What do longs pay shorts, from when until when?
//!
//! The index is 150 throughout, a lot is a hundredth: 1,500,000 quote atoms. Alice is long 10,000
//! lots at 151.50 and bob is short: a premium of 1 % by a trade of 15,150, which is the `impact`
//! here, so that the estimate goes half of the way. An hour later, which is the window, half of
//! that is the mean: 0.25 %, of which an eighth is due per hour.

use plimsoll_migrations::Markets;
use plimsoll_tests::{assert_near, expect_error, World};

use crate::given::traders;

const HOUR: u64 = 3_600;
/// 2,500,000 parts per billion of 1,500,000 atoms over eight hours, in 2^-32 atoms per second, cut.
const RATE: i64 = 559_240_533;
const LOTS: i128 = 10_000;
/// What both have paid for the trade at 151.50.
const FEES: i64 = 6_060_000;

fn world_with(impact: &str, change: impl FnOnce(&mut Markets)) -> World {
    let mut world = World::with(|markets| {
        markets.instruments[0].premium_impact = impact.parse().unwrap();
        change(markets);
    });
    traders(&mut world, &[("alice", 100_000), ("bob", 100_000), ("carol", 100_000)]);
    world
}

/// The trade, an hour, and the rate.
fn charged() -> World {
    let mut world = world_with("15_150", |_| ());
    world.trade("alice", "bob", "SOL-PERP", 10_000, "151.5").unwrap();
    world.advance_seconds(HOUR);
    world.refresh_instrument("SOL-PERP").unwrap();
    world
}

/// A position's quote flow now, in steps of 2^-48 atoms.
fn flow(world: &World, name: &str) -> i128 {
    let account = world.margin(name).state;
    let row = *account.row(world.instrument_key("SOL-PERP")).unwrap().unwrap();
    let indices = world.listed("SOL-PERP").side_indices(world.vm.now().time).unwrap();
    row.flow(&indices).unwrap().get()
}

/// What alice has paid for funding after so many seconds at the rate, in steps of 2^-48 atoms.
fn paid(seconds: i128) -> i128 {
    (i128::from(RATE) * seconds * LOTS) << 16
}

#[test]
fn the_premium_of_trades_sets_the_rate_at_the_refresh() {
    let mut world = world_with("15_150", |_| ());
    world.trade("alice", "bob", "SOL-PERP", 10_000, "151.5").unwrap();
    assert_eq!(
        (world.pool("SOL-PERP").premium_ppb, world.listed("SOL-PERP").funding_rate),
        (5_000_000, 0)
    );
    world.advance_seconds(HOUR);

    world.refresh_instrument("SOL-PERP").unwrap();

    let pool = world.pool("SOL-PERP");
    assert_eq!((pool.premium_ppb, pool.premium_mean_ppb), (2_500_000, 2_500_000));
    assert_eq!(world.listed("SOL-PERP").funding_rate, RATE);
    // Nothing was owed for the hour before.
    assert_eq!(world.position("alice", "SOL-PERP"), (10_000, -15_153_030_000));
    assert_eq!(world.position("bob", "SOL-PERP"), (-10_000, 15_146_970_000));
}

#[test]
fn below_the_index_shorts_pay_longs() {
    let mut world = world_with("14_850", |_| ());
    world.trade("alice", "bob", "SOL-PERP", 10_000, "148.5").unwrap();
    world.advance_seconds(HOUR);
    world.refresh_instrument("SOL-PERP").unwrap();
    assert_eq!(world.listed("SOL-PERP").funding_rate, -RATE);
    let before = (flow(&world, "alice"), flow(&world, "bob"));
    world.advance_seconds(100);
    assert_eq!(flow(&world, "alice"), before.0 + paid(100));
    assert_eq!(flow(&world, "bob"), before.1 - paid(100));
}

#[test]
fn what_longs_pay_shorts_get_second_by_second() {
    let mut world = charged();
    let (alice, bob) = (-15_153_030_000_i128 << 48, 15_146_970_000_i128 << 48);
    let mut passed = 0;
    for seconds in [2, 4, 54, 60, 240, 240] {
        world.advance_seconds(seconds);
        passed += i128::from(seconds);
        assert_eq!(flow(&world, "alice"), alice - paid(passed));
        assert_eq!(flow(&world, "bob"), bob + paid(passed));
        // The rest are the fees.
        assert_eq!(flow(&world, "alice") + flow(&world, "bob"), -i128::from(FEES) << 48);
    }
    // 0.03125 % of 15,000 per hour, a sixth of it in ten minutes.
    assert_near(world.position("alice", "SOL-PERP").1, -15_153_030_000 - 781_250, 1);
    assert_near(world.position("bob", "SOL-PERP").1, 15_146_970_000 + 781_250, 1);
}

#[test]
fn a_rate_that_nobody_refreshes_ends_after_its_time() {
    let mut world = charged();
    let before = flow(&world, "alice");
    world.advance_seconds(600);
    assert_eq!(flow(&world, "alice"), before - paid(600));
    for seconds in [2, 1_000, 86_400] {
        world.advance_seconds(seconds);
        assert_eq!(flow(&world, "alice"), before - paid(600));
    }
    // The next refresh charges for nothing in between either.
    world.refresh_instrument("SOL-PERP").unwrap();
    assert_eq!(flow(&world, "alice"), before - paid(600));
    // Over the day the mean came where the estimate was, and that is forgotten now, but for
    // 2,500,000 · 3,600 / 91,602: an hour later the mean is half way down to it.
    assert_eq!(world.listed("SOL-PERP").funding_rate, RATE);
    assert_eq!(world.pool("SOL-PERP").premium_ppb, 98_251);
    world.advance_seconds(HOUR);
    world.refresh_instrument("SOL-PERP").unwrap();
    assert_near(world.pool("SOL-PERP").premium_mean_ppb, 1_299_125, 1);
}

#[test]
fn an_hour_costs_no_more_than_the_cap() {
    // 2 % less a tick over ten windows: 10/11 of it, and an eighth of that is 0.2265 % an hour.
    let mut world = world_with("1", |_| ());
    world.trade("alice", "bob", "SOL-PERP", 10_000, "152.99").unwrap();
    world.advance_seconds(10 * HOUR);
    world.refresh_instrument("SOL-PERP").unwrap();

    assert_near(world.pool("SOL-PERP").premium_mean_ppb, 18_120_028, 1);
    // 0.2 % of 1,500,000 atoms in 3,600 seconds: five sixths of an atom.
    assert_eq!(world.listed("SOL-PERP").funding_rate, 3_579_139_413);
}

#[test]
fn a_price_that_cannot_be_trusted_charges_nobody() {
    type Bend = fn(&mut World);
    let bends: [Bend; 4] = [
        |world| world.edit_feed("SOL/USD", |feed| feed.published -= 61),
        |world| world.edit_feed("SOL/USD", |feed| feed.set("150", "10")),
        |world| world.edit_feed("USDC/USD", |feed| feed.published -= 61),
        |world| world.set_price("SOL", "180"),
    ];
    for bend in bends {
        let mut world = charged();
        let before = flow(&world, "alice");
        world.advance_seconds(60);
        bend(&mut world);
        world.refresh_instrument("SOL-PERP").unwrap();
        // The minute before was at the old rate.
        assert_eq!(world.listed("SOL-PERP").funding_rate, 0);
        assert_eq!(flow(&world, "alice"), before - paid(60));

        // The premium is still known, and halves in an hour; nothing is caught up.
        world.advance_seconds(HOUR - 60);
        world.set_price("SOL", "150");
        world.refresh_instrument("SOL-PERP").unwrap();
        assert!(world.listed("SOL-PERP").funding_rate > RATE / 4);
        assert_eq!(flow(&world, "alice"), before - paid(60));
    }
}

#[test]
fn a_trade_outside_the_band_says_nothing() {
    let mut world = world_with("1", |_| ());
    world.trade("alice", "bob", "SOL-PERP", 10_000, "153.01").unwrap();
    world.trade("alice", "bob", "SOL-PERP", 10_000, "146.99").unwrap();
    assert_eq!(world.pool("SOL-PERP").premium_ppb, 0);
    // Within it does.
    world.trade("alice", "bob", "SOL-PERP", 10_000, "152.99").unwrap();
    // 19,933,333 · 15,299 / 15,300.
    assert_eq!(world.pool("SOL-PERP").premium_ppb, 19_932_030);
}

#[test]
fn a_small_order_moves_next_to_nothing() {
    // One lot at 152.99, of the 50,000 that would move the estimate half of the way:
    // 19,933,333 · 1.5299 / 50,001.5299 = 609.9.
    let mut world = world_with("50_000", |_| ());
    world.trade("alice", "bob", "SOL-PERP", 1, "152.99").unwrap();
    assert_eq!(world.pool("SOL-PERP").premium_ppb, 609);
    world.advance_seconds(HOUR);
    world.refresh_instrument("SOL-PERP").unwrap();
    // 305 · 1,500,000 · 2^32 / (10^9 · 8 · 3600): a fifty-thousandth of the cap.
    assert_eq!(world.listed("SOL-PERP").funding_rate, 68_227);

    // A hundred small ones move it as far as one of their size, 19,933,333 · 152.99 / 50,152.99.
    let mut world = world_with("50_000", |_| ());
    for _ in 0..100 {
        world.trade("alice", "bob", "SOL-PERP", 1, "152.99").unwrap();
    }
    assert_near(world.pool("SOL-PERP").premium_ppb, 60_806, 250);
}

#[test]
fn who_comes_later_pays_from_then_on() {
    let mut world = charged();
    world.advance_seconds(60);
    world.trade("carol", "alice", "SOL-PERP", 10_000, "150").unwrap();
    let (alice, carol) = (flow(&world, "alice"), flow(&world, "carol"));
    // -15,150 + 15,000 - 3.03 - 3, and a minute.
    assert_eq!(alice, (-156_030_000_i128 << 48) - paid(60));
    assert_eq!(carol, -15_003_000_000_i128 << 48);

    world.advance_seconds(60);

    assert_eq!(flow(&world, "alice"), alice);
    assert_eq!(flow(&world, "carol"), carol - paid(60));
    assert_eq!(flow(&world, "bob"), (15_146_970_000_i128 << 48) + paid(120));
}

#[test]
fn funding_is_settled_like_any_other_loss_and_profit() {
    let mut world = charged();
    world.settle("alice", "SOL-PERP", None).unwrap();
    // 150 and the fee.
    assert_near(world.balance("alice", "USDC"), 100_000_000_000 - 153_030_000, 1);
    expect_error(world.settle("alice", "SOL-PERP", None), "NothingToSettle");
    let (before, cash) = (world.balance("alice", "USDC"), world.pool("SOL-PERP").cash_quote_atoms);
    world.advance_seconds(60);

    world.settle("alice", "SOL-PERP", None).unwrap();

    // A tenth of the 781,250 of ten minutes.
    assert_near(before - world.balance("alice", "USDC"), 78_125, 2);
    assert_near(world.pool("SOL-PERP").cash_quote_atoms - cash, 78_125, 2);
    world.settle("bob", "SOL-PERP", None).unwrap();
    assert_near(world.balance("bob", "USDC"), 100_000_000_000 + 146_970_000 + 78_125, 2);
    world.collect_fees("SOL-PERP").unwrap();
    assert_near(i64::try_from(world.insurance()).unwrap(), FEES, 2);
}
