//! Does a pool know which rows its instrument has, although bids move rows without it?
//!
//! A row weighs 2^56; a bid gives a new row the 256th part of the weight of the one it came from.

use bytemuck::Pod;
use plimsoll_client::decode::encode;
use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::state::{Row, ROW_WEIGHT};
use plimsoll_client::{Keyed, PROGRAM_ID};
use plimsoll_risk::Check;
use plimsoll_tests::{address, expect_error, World, USDC};
use plimsoll_units::{QuoteAtoms, Value};

use crate::given::{local_with, long_at, lots, traders};
use crate::options_trading::listed;

/// The weight of an account's row, `None` without a row.
fn weight(world: &World, name: &str, instrument: &str) -> Option<u64> {
    row(world, name, instrument).map(|row| row.weight)
}

fn row(world: &World, name: &str, instrument: &str) -> Option<Row> {
    world.margin(name).state.row(world.instrument_key(instrument)).unwrap().copied()
}

/// What the pool says of all rows, in whole rows and what is over.
fn counted(world: &World, instrument: &str) -> (u128, u128) {
    let pool = world.directory.pool(world.instrument(instrument)).unwrap().state;
    let (all, one) = (pool.row_weight.to_u128(), u128::from(ROW_WEIGHT));
    (all / one, all % one)
}

fn put<T: Pod + anchor_lang::Discriminator>(world: &mut World, account: &Keyed<T>) {
    world.vm.put(account.address, PROGRAM_ID, encode(&account.state));
}

/// Writes the weight of an account's row, and the pool's sum with it.
fn set_weight(world: &mut World, name: &str, instrument: &str, weight: u64) {
    let (mut account, key) = (world.margin(name), world.instrument_key(instrument));
    let row = account.state.rows.iter_mut().find(|row| row.key == key.raw()).unwrap();
    let before = std::mem::replace(&mut row.weight, weight);
    put(world, &account);
    let mut pool = *world.directory.pool(world.instrument(instrument)).unwrap();
    let sum = pool.state.row_weight.to_u128() - u128::from(before) + u128::from(weight);
    pool.state.row_weight = plimsoll_client::state::Word128::from_u128(sum);
    put(world, &pool);
    world.reread();
    assert_eq!(world.broken_law(), None);
}

/// Adds to the flow of an account's row.
fn add_flow(world: &mut World, name: &str, instrument: &str, flow: Value) {
    let (mut account, key) = (world.margin(name), world.instrument_key(instrument));
    let row = account.state.rows.iter_mut().find(|row| row.key == key.raw()).unwrap();
    row.quote = row.quote().checked_add(flow).unwrap().into();
    put(world, &account);
    world.reread();
}

#[test]
fn a_trade_counts_the_rows_that_it_makes_and_those_that_it_empties() {
    let mut world = local_with(&[("alice", 1_000), ("bob", 1_000), ("carol", 1_000)]);
    assert_eq!(counted(&world, "BTC-PERP"), (0, 0));

    world.trade("alice", "bob", "SOL-PERP", 100, "150").unwrap();
    world.trade("alice", "carol", "SOL-PERP", -40, "150").unwrap();
    assert_eq!(counted(&world, "SOL-PERP"), (3, 0));
    assert_eq!(weight(&world, "carol", "SOL-PERP"), Some(1 << 56));

    // A position that is closed still has its fees to pay: that is a row.
    world.trade("carol", "bob", "SOL-PERP", -40, "150").unwrap();
    assert_eq!(counted(&world, "SOL-PERP"), (3, 0));
    world.settle("carol", "SOL-PERP", None).unwrap();
    assert_eq!((counted(&world, "SOL-PERP"), weight(&world, "carol", "SOL-PERP")), ((2, 0), None));
}

#[test]
fn a_bid_gives_a_new_row_a_part_of_the_weight() {
    let mut world = long_at(200, "136.8");
    let (some, few) = (lots(&world, "SOL-PERP", 100), lots(&world, "SOL-PERP", 10));

    world.liquidate("keeper", "alice", &some).unwrap();

    assert_eq!(weight(&world, "keeper", "SOL-PERP"), Some(1 << 48));
    assert_eq!(weight(&world, "alice", "SOL-PERP"), Some((1 << 56) - (1 << 48)));
    assert_eq!(counted(&world, "SOL-PERP"), (2, 0));
    // A row that has a weight needs no more.
    world.liquidate("keeper", "alice", &few).unwrap();
    assert_eq!(weight(&world, "keeper", "SOL-PERP"), Some(1 << 48));

    // Whoever writes the pool makes rows whole.
    world.renew("keeper", "SOL-PERP").unwrap();
    assert_eq!(counted(&world, "SOL-PERP"), (2, (1 << 56) - (1 << 48)));
    world.renew("alice", "SOL-PERP").unwrap();
    assert_eq!(counted(&world, "SOL-PERP"), (3, 0));
    // Again, and where there is no row, it changes nothing.
    world.renew("alice", "SOL-PERP").unwrap();
    world.renew("alice", "BTC-PERP").unwrap();
    assert_eq!(counted(&world, "SOL-PERP"), (3, 0));
}

#[test]
fn a_row_that_is_taken_whole_leaves_all_its_weight() {
    let mut world = long_at(152, "135");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    assert_eq!(weight(&world, "alice", "SOL-PERP"), None);
    assert_eq!(weight(&world, "keeper", "SOL-PERP"), Some(1 << 56));
    assert_eq!(counted(&world, "SOL-PERP"), (2, 0));
}

#[test]
fn rows_that_cancel_are_gone_with_their_weights() {
    // Bob's short and alice's long: where he bids on her, open interest falls and the pool is there.
    let mut world = long_at(152, "135");
    // The fees of both are his: then her flow and his add up to nothing.
    let fees = i64::try_from(world.directory.pools[0].state.fees_quote_atoms).unwrap();
    let mut pool = world.directory.pools[0];
    pool.state.fees_quote_atoms = 0;
    put(&mut world, &pool);
    add_flow(&mut world, "bob", "SOL-PERP", Value::from_quote(QuoteAtoms::new(fees)));
    assert_eq!(world.broken_law(), None);

    world.liquidate("bob", "alice", &Bid::slice()).unwrap();

    assert_eq!(row(&world, "alice", "SOL-PERP"), None);
    assert_eq!(row(&world, "bob", "SOL-PERP"), None);
    assert_eq!(counted(&world, "SOL-PERP"), (0, 0));
}

#[test]
fn flows_that_cancel_leave_rows_of_nothing_that_anybody_removes() {
    // Closed positions of alice and the keeper, of which one owes what the other is owed; and what
    // brings alice below her line.
    let mut world = local_with(&[("alice", 200), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "keeper", "SOL-PERP", 10, "150").unwrap();
    world.trade("alice", "keeper", "SOL-PERP", -10, "150").unwrap();
    let owed = row(&world, "keeper", "SOL-PERP").unwrap().quote();
    let twice = owed.checked_add(owed).unwrap();
    add_flow(&mut world, "keeper", "SOL-PERP", twice.checked_neg().unwrap());
    let mut pool = world.directory.pools[0];
    pool.state.dust = pool.state.dust.to_value().checked_add(twice).unwrap().into();
    put(&mut world, &pool);
    world.reread();
    assert_eq!(world.broken_law(), None);
    world.trade("alice", "bob", "ETH-PERP", 500, "4000").unwrap();
    world.walk_price("ETH", "3610");

    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    for name in ["alice", "keeper"] {
        let left = row(&world, name, "SOL-PERP").unwrap();
        assert!(left.holds_nothing() && left.weight == 1 << 56, "{name}");
        let due = ix::renew_positions(&world.directory, &world.margin(name)).unwrap();
        world.send(&due, &[]).unwrap();
        assert_eq!(row(&world, name, "SOL-PERP"), None);
    }
    assert_eq!(counted(&world, "SOL-PERP"), (0, 0));
}

#[test]
fn a_spent_weight_stops_one_bidder_until_anybody_renews_it() {
    let mut world = long_at(200, "136.8");
    traders(&mut world, &[("other", 100_000)]);
    let some = lots(&world, "SOL-PERP", 50);
    world.trade("other", "bob", "SOL-PERP", 1, "136.8").unwrap();
    set_weight(&mut world, "alice", "SOL-PERP", 1);

    expect_error(world.liquidate("keeper", "alice", &some), "RowWeightSpent");
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "RowWeightSpent");
    // Whoever has a row of the instrument needs none of its weight.
    world.liquidate("other", "alice", &some).unwrap();
    assert_eq!(weight(&world, "alice", "SOL-PERP"), Some(1));

    // And in one transaction nobody can come between.
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let mut both = ix::renew_positions(&world.directory, &alice).unwrap();
    assert_eq!(both.len(), 1);
    let authority = address("keeper");
    both.push(ix::liquidate(&world.directory, &authority, &alice, &keeper, &some, false).unwrap());
    world.send(&both, &["keeper"]).unwrap();
    assert_eq!(weight(&world, "keeper", "SOL-PERP"), Some(1 << 48));
}

#[test]
fn the_last_of_a_weight_goes_with_all_of_a_row() {
    let mut world = long_at(152, "135");
    set_weight(&mut world, "alice", "SOL-PERP", 1);
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    assert_eq!(weight(&world, "alice", "SOL-PERP"), None);
    assert_eq!(weight(&world, "keeper", "SOL-PERP"), Some(1));
}

#[test]
fn a_weight_that_does_not_fit_stays_behind() {
    let mut world = long_at(152, "135");
    world.trade("keeper", "bob", "SOL-PERP", 1, "135").unwrap();
    set_weight(&mut world, "keeper", "SOL-PERP", u64::MAX);

    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let left = row(&world, "alice", "SOL-PERP").unwrap();
    assert!(left.holds_nothing());
    assert_eq!(left.weight, 1 << 56);
    // The pool takes it back, and counts the other row as one.
    world.renew("alice", "SOL-PERP").unwrap();
    world.renew("keeper", "SOL-PERP").unwrap();
    assert_eq!(row(&world, "alice", "SOL-PERP"), None);
    assert_eq!(counted(&world, "SOL-PERP"), (2, 0));
}

#[test]
fn a_bankrupts_row_keeps_a_weight_until_its_loss_is_shared() {
    let mut world = long_at(150, "130");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let left = row(&world, "alice", "SOL-PERP").unwrap();
    assert!(left.owed_quote_atoms != 0 && left.lots == 0);
    // All of it left with the position, and a part came back for what is owed.
    assert_eq!(weight(&world, "keeper", "SOL-PERP"), Some((1 << 56) - (1 << 48)));
    assert_eq!(left.weight, 1 << 48);

    world.share_loss("alice", "SOL-PERP").unwrap();
    assert_eq!(row(&world, "alice", "SOL-PERP"), None);
    world.renew("keeper", "SOL-PERP").unwrap();
    assert_eq!(counted(&world, "SOL-PERP"), (2, 0));
}

#[test]
fn the_last_of_a_bankrupts_weight_cannot_leave_with_its_row() {
    let mut world = long_at(150, "130");
    set_weight(&mut world, "alice", "SOL-PERP", 1);
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "RowWeightSpent");
    world.renew("alice", "SOL-PERP").unwrap();
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

#[test]
fn no_number_of_slices_that_somebody_can_afford_spends_a_weight() {
    // Each to a new account: only a new row takes a part.
    let mut world = long_at(200, "136.8");
    let one = lots(&world, "SOL-PERP", 1);
    let mut left: u64 = 1 << 56;
    for sub in 1..=20 {
        let name = format!("mallory/{sub}");
        traders(&mut world, &[(&name, 1_000)]);
        world.liquidate(&name, "alice", &one).unwrap();
        left -= left / 256;
        assert_eq!(weight(&world, "alice", "SOL-PERP"), Some(left));
    }
    assert!(left > (1 << 56) / 100 * 92);
}

/// Forgives what alice's closed position owes or is owed: the pool keeps it as what was left over.
fn forgive(world: &mut World, instrument: &str) {
    let (mut account, key) = (world.margin("alice"), world.instrument_key(instrument));
    let stored = account.state.rows.iter_mut().find(|row| row.key == key.raw()).unwrap();
    assert_eq!(stored.lots, 0);
    let flow = std::mem::replace(&mut stored.quote, Value::ZERO.into()).to_value();
    put(world, &account);
    let mut pool = *world.directory.pool(world.instrument(instrument)).unwrap();
    pool.state.dust = pool.state.dust.to_value().checked_add(flow).unwrap().into();
    put(world, &pool);
    world.reread();
    assert_eq!(world.broken_law(), None);
    assert!(row(world, "alice", instrument).unwrap().holds_nothing());
}

#[test]
fn a_row_of_nothing_needs_nothing_and_anybody_removes_it() {
    let mut world = local_with(&[("alice", 1_000), ("bob", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 100, "150").unwrap();
    world.trade("alice", "bob", "SOL-PERP", -100, "150").unwrap();
    forgive(&mut world, "SOL-PERP");

    assert!(world.health("alice", Check::Initial).requirement.is_zero());
    // No price is needed for it, neither to withdraw beside it nor to remove it.
    world.edit_feed("SOL/USD", |feed| feed.published -= 10_000);
    world.withdraw("alice", "USDC", 1_000 * USDC).unwrap();
    expect_error(world.close("alice"), "AccountNotEmpty");
    expect_error(world.settle("alice", "SOL-PERP", None), "OracleStale");
    let due = ix::renew_positions(&world.directory, &world.margin("alice")).unwrap();
    let close = ix::close_account(&address("alice"), &world.margin_address("alice"));
    world.send(&[due, vec![close]].concat(), &["alice"]).unwrap();
    assert_eq!(counted(&world, "SOL-PERP"), (1, 0));
}

#[test]
fn a_row_of_nothing_in_an_option_goes_without_its_risk_array() {
    let mut world = listed(&[("alice", 1_000), ("bob", 10_000)]);
    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    world.trade("alice", "bob", "SOL-150-C", -10, "13.7").unwrap();
    // At the same price and without fees nothing is left, and the trade has seen to the rows.
    assert_eq!((row(&world, "alice", "SOL-150-C"), counted(&world, "SOL-150-C")), (None, (0, 0)));

    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    world.trade("alice", "bob", "SOL-150-C", -10, "13.6").unwrap();
    forgive(&mut world, "SOL-150-C");
    world.advance_seconds(62);
    expect_error(world.withdraw("alice", "USDC", 1), "RiskArrayStale");
    world.renew("alice", "SOL-150-C").unwrap();
    world.withdraw("alice", "USDC", 1).unwrap();
    assert_eq!(counted(&world, "SOL-150-C"), (1, 0));
}
