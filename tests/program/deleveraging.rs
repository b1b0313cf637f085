//! What happens to a position for which nobody bids, and to those on the other side?

use plimsoll_client::events::{Deleveraged, LossAssigned, PositionResized};
use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{source, Keyed};
use plimsoll_migrations::Markets;
use plimsoll_risk::Check;
use plimsoll_tests::{address, assert_near, expect_error, World, BTC, SOL, USDC};

use crate::given::traders;

/// Slots until the auction has stood at its end for long enough: 150 and 1,500.
const SILENCE: u64 = 1_650;

/// Alice is long 1,000 lots at 150 on `usdc`, bob short 600 of them and carol 400; then SOL goes to
/// `price`, and everybody watches. Her equity is `usdc - 0.3 - 10 * (150 - price)`.
fn unbid(change: impl FnOnce(&mut Markets), usdc: u64, price: &str) -> World {
    let mut world = World::with(change);
    let names = ["bob", "carol", "keeper"];
    let rich: Vec<_> = names.iter().map(|name| (*name, 100_000)).collect();
    traders(&mut world, &[&[("alice", usdc)], &rich[..]].concat());
    world.trade("alice", "bob", "SOL-PERP", 600, "150").unwrap();
    world.trade("alice", "carol", "SOL-PERP", 400, "150").unwrap();
    world.walk_price("SOL", price);
    world.stay_silent("alice", SILENCE);
    world
}

fn equity(world: &World, name: &str) -> i64 {
    world.health(name, Check::Maintenance).equity.to_quote_floor().unwrap().get()
}

fn lots(world: &World, name: &str) -> i64 {
    let row = world.instrument_key("SOL-PERP");
    world.margin(name).state.row(row).unwrap().map_or(0, |row| row.lots)
}

#[test]
fn the_other_side_shrinks_in_proportion_and_in_whole_lots() {
    // 59.7 against 68: up to 268 lots, after which 1.2 * 49.776 = 59.7312 are the buffer.
    let mut world = unbid(|_| (), 200, "136");
    let before = ["alice", "bob", "carol"].map(|name| equity(&world, name));

    let event = world.deleverage("alice", "SOL-PERP", 268).unwrap().events::<Deleveraged>()[0];

    assert_eq!((event.lots, event.before_lots, event.number), (268, 1_000, 0));
    assert_eq!((event.shortfall_quote_atoms, event.insurance_paid_quote_atoms), (0, 0));
    assert_eq!((lots(&world, "alice"), world.pool("SOL-PERP").open_interest_lots), (732, 732));
    // Nobody else's account was touched.
    assert_eq!((lots(&world, "bob"), lots(&world, "carol")), (-600, -400));
    world.resize("bob").unwrap();
    world.resize("carol").unwrap();
    // 600 * 732 / 1,000 = 439.2; the fifth is handed on: 400 * 732 / 1,000 + 0.2 = 293.
    assert_eq!((lots(&world, "bob"), lots(&world, "carol")), (-439, -293));
    // Closed at the fair price, so that nobody's equity moved.
    let after = ["alice", "bob", "carol"].map(|name| equity(&world, name));
    for (before, after) in before.iter().zip(&after) {
        assert_near(*after, *before, 2);
    }
    // 59.7 against 49.776: above her line, and no further than her buffer.
    let health = world.health("alice", Check::Maintenance);
    assert!(health.equity > health.requirement);
    expect_error(world.deleverage("alice", "SOL-PERP", 1), "NotLiquidatable");
}

#[test]
fn whoever_comes_first_gets_no_more_than_a_lot() {
    let mut world = unbid(|_| (), 200, "136");
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
    let receipt = world.resize("carol").unwrap().events::<PositionResized>()[0];
    // 400 * 732 / 1,000 = 292.8, and bob gets the four fifths.
    assert_eq!((receipt.before_lots, receipt.after_lots), (-400, -292));
    world.resize("bob").unwrap();
    assert_eq!((lots(&world, "bob"), lots(&world, "carol")), (-440, -292));
}

#[test]
fn what_a_bankrupt_cannot_pay_goes_to_the_fund_and_then_to_the_other_side_by_size() {
    // 149.7 - 200 = -50.3.
    let mut world = unbid(|_| (), 150, "130");
    world.insure(10 * USDC).unwrap();
    let before = ["bob", "carol", "keeper"].map(|name| equity(&world, name));

    let event = world.deleverage("alice", "SOL-PERP", 1_000).unwrap().events::<Deleveraged>()[0];

    assert_near(event.shortfall_quote_atoms, 50_300_000, 2);
    assert_eq!(event.insurance_paid_quote_atoms, 10_000_000);
    assert_near(event.charged_quote_atoms, 40_300_000, 3);
    assert!(event.debt_quote_atoms <= 1);
    // Alice has nothing left; the position is gone, and so is the market.
    assert_near(equity(&world, "alice"), 0, 3);
    assert_eq!((lots(&world, "alice"), world.pool("SOL-PERP").open_interest_lots), (0, 0));
    world.resize("bob").unwrap();
    world.resize("carol").unwrap();
    assert_eq!((lots(&world, "bob"), lots(&world, "carol")), (0, 0));
    let after = ["bob", "carol", "keeper"].map(|name| equity(&world, name));
    assert_near(before[0] - after[0], 24_180_000, 4);
    assert_near(before[1] - after[1], 16_120_000, 4);
    assert_eq!(before[2], after[2]);
    assert_eq!(world.insurance(), 0);
}

#[test]
fn above_the_cap_the_instrument_owes() {
    // One per cent of a stable price below 150 for each of 1,000 lots of a hundredth.
    let mut world =
        unbid(|markets| markets.instruments[0].loss_cap = "1%".parse().unwrap(), 150, "130");
    let event = world.deleverage("alice", "SOL-PERP", 1_000).unwrap().events::<Deleveraged>()[0];
    assert!((13_000_000..=15_000_000).contains(&event.charged_quote_atoms), "{event:?}");
    let borne = event.charged_quote_atoms + event.debt_quote_atoms;
    assert_near(borne, event.shortfall_quote_atoms, 2);
    assert_near(equity(&world, "alice"), 0, 3);
    let debt = world.pool("SOL-PERP").debt_floor().unwrap().get();
    assert_near(debt, event.debt_quote_atoms, 1);
}

#[test]
fn a_short_is_closed_against_longs() {
    let mut world = World::local();
    traders(&mut world, &[("alice", 150), ("bob", 100_000), ("carol", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", -700, "150").unwrap();
    world.trade("alice", "carol", "SOL-PERP", -300, "150").unwrap();
    world.walk_price("SOL", "170");
    world.stay_silent("alice", SILENCE);
    let before = ["bob", "carol"].map(|name| equity(&world, name));

    let event = world.deleverage("alice", "SOL-PERP", -1_000).unwrap().events::<Deleveraged>()[0];

    assert_near(event.shortfall_quote_atoms, 50_300_000, 2);
    world.resize("carol").unwrap();
    world.resize("bob").unwrap();
    assert_eq!((lots(&world, "bob"), lots(&world, "carol")), (0, 0));
    let after = ["bob", "carol"].map(|name| equity(&world, name));
    assert_near(before[0] - after[0], 35_210_000, 4);
    assert_near(before[1] - after[1], 15_090_000, 4);
}

#[test]
fn time_after_time_everybody_is_left_with_its_share() {
    // Alice closes 200 of 2,000 lots, ann and amy 90 each, with trades and funding between them; the
    // laws are checked after each step, with positions that have three, two, one or nothing to go
    // through.
    let mut world = World::local();
    let (low, rich) = ([("alice", 200), ("ann", 100), ("amy", 100)], ["bob", "carol", "keeper"]);
    traders(&mut world, &low);
    traders(&mut world, &rich.map(|name| (name, 100_000)));
    for (long, short, size) in
        [("alice", "bob", 1_000), ("ann", "bob", 200), ("ann", "carol", 300), ("amy", "carol", 500)]
    {
        world.trade(long, short, "SOL-PERP", size, "150").unwrap();
    }
    world.walk_price("SOL", "136");
    world.all_stay_silent(&["alice", "ann", "amy"], SILENCE);

    world.deleverage("alice", "SOL-PERP", 200).unwrap();
    world.resize("bob").unwrap();
    assert_eq!(lots(&world, "bob"), -1_080);
    // Funding goes on for what is left, whoever has gone through.
    for _ in 0..3 {
        world.trade("keeper", "bob", "SOL-PERP", 200, "137").unwrap();
        world.trade("keeper", "bob", "SOL-PERP", -200, "137").unwrap();
        world.advance_seconds(100);
        world.refresh_instrument("SOL-PERP").unwrap();
        ["ann", "amy"].iter().for_each(|name| drop(world.mark(name).unwrap()));
    }
    world.deleverage("ann", "SOL-PERP", 90).unwrap();
    world.deleverage("amy", "SOL-PERP", 90).unwrap();
    assert_eq!(world.resizes("carol").len(), 3);
    assert_eq!(world.resizes("bob").len(), 2);
    world.resize("carol").unwrap();
    // 800 * 1,800/2,000 * 1,710/1,800 * 1,620/1,710 = 648, and bob the same share of 1,200.
    assert_eq!(lots(&world, "carol"), -648);
    world.resize("bob").unwrap();
    assert_eq!((lots(&world, "bob"), lots(&world, "alice")), (-972, 800));
}

#[test]
fn a_hedge_that_has_failed_is_closed_leg_by_leg() {
    // 10 SOL short at 150 in tokens that are owed, and a long of 15: what is left is 5 SOL long, and
    // without either leg the requirement would rise.
    let mut world = World::with(|markets| {
        markets.tokens[1].curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
    });
    traders(&mut world, &[("alice", 1_750), ("bob", 100_000)]);
    world.open("lena").unwrap();
    world.deposit("lena", "SOL", 20 * SOL).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_500, "150").unwrap();
    world.borrow("alice", "SOL", 10 * SOL, 10 * SOL).unwrap();
    world.walk_price("SOL", "99");
    world.stay_silent("alice", SILENCE);
    assert!(equity(&world, "alice") < 0);
    let before = world.health("alice", Check::Maintenance).requirement;

    let event = world.deleverage("alice", "SOL-PERP", 1_500).unwrap().events::<Deleveraged>()[0];

    assert!(world.health("alice", Check::Maintenance).requirement > before);
    assert!(event.shortfall_quote_atoms > 0);
    assert_eq!(lots(&world, "alice"), 0);
    let health = world.health("alice", Check::Maintenance);
    assert!(!health.equity.is_positive(), "nothing is gained by it");
}

/// Alice is long 10 SOL at 150 and 0.5 ETH at 4,000 on 350 USDC; both fall by 30 and by 500, so
/// that she has 349.3 - 300 - 250 and owes SOL's shorts 300 and ETH's 250.
fn failed_twice() -> World {
    let mut world = World::local();
    traders(&mut world, &[("alice", 350), ("bob", 100_000), ("carol", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("alice", "carol", "ETH-PERP", 500, "4000").unwrap();
    world.walk_price("SOL", "120");
    world.walk_price("ETH", "3500");
    world.stay_silent("alice", SILENCE);
    world
}

#[test]
fn each_market_bears_its_own_part_whichever_comes_first() {
    let parts = |order: [(&str, i64); 2]| {
        let mut world = failed_twice();
        let mut parts = order.map(|(instrument, lots)| {
            let receipt = world.deleverage("alice", instrument, lots).unwrap();
            (instrument.to_string(), receipt.events::<Deleveraged>()[0].shortfall_quote_atoms)
        });
        assert_near(equity(&world, "alice"), 0, 6);
        parts.sort();
        parts
    };
    let (sol, eth) = (("SOL-PERP", 1_000), ("ETH-PERP", 500));
    let [first, second] = parts([sol, eth]);
    let [other_first, other_second] = parts([eth, sol]);
    // 200.7 are missing; ETH's shorts are owed 250.4 with the fee, SOL's 300.3.
    assert_near(first.1, 91_257_091, 5);
    assert_near(second.1, 109_442_909, 5);
    assert_near(first.1, other_first.1, 3);
    assert_near(second.1, other_second.1, 3);
}

#[test]
fn what_an_account_loses_afterwards_is_its_creditors_again_and_nobody_elses() {
    // Alice owes SOL's shorts 350.3 of 100 USDC and 0.002 BTC, worth 200: 50.3 are missing, and borne.
    // Then the BTC falls to 100: that much less of the rest will be paid, to the same shorts.
    let mut world = World::local();
    traders(
        &mut world,
        &[("alice", 100), ("bob", 100_000), ("dave", 100_000), ("keeper", 100_000)],
    );
    world.deposit("alice", "BTC", BTC / 500).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("dave", "bob", "SOL-PERP", 500, "150").unwrap();
    world.walk_price("SOL", "115");
    world.stay_silent("alice", SILENCE);
    world.deleverage("alice", "SOL-PERP", 1_000).unwrap();
    assert_near(equity(&world, "alice"), 0, 5);
    world.walk_price("BTC", "50000");

    let assigned = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    let assigned = assigned.events::<LossAssigned>();

    assert_eq!(assigned.len(), 1, "{assigned:?}");
    assert_eq!(assigned[0].key, world.instrument_key("SOL-PERP").raw());
    assert_near(assigned[0].pending_quote_atoms, 100_000_000, 5);
}

#[test]
fn a_position_must_go_through_before_it_is_used_and_nothing_else_must() {
    let mut world = unbid(|_| (), 200, "136");
    world.deleverage("alice", "SOL-PERP", 268).unwrap();

    expect_error(world.trade("bob", "keeper", "SOL-PERP", 10, "136"), "PositionOutdated");
    expect_error(world.withdraw("bob", "USDC", USDC), "PositionOutdated");
    expect_error(world.settle("bob", "SOL-PERP", None), "PositionOutdated");
    expect_error(world.mark("bob"), "PositionOutdated");
    let view = ix::view_account(&world.directory, &world.margin("bob")).unwrap();
    expect_error(world.vm.simulate(&[view], &[]), "PositionOutdated");
    world.deposit("bob", "USDC", USDC).unwrap();

    // In the same transaction it is good enough.
    let mut steps = world.resizes("bob");
    steps.push(world.withdrawal("bob", "USDC", USDC, 0));
    world.send(&steps, &["bob"]).unwrap();
    world.trade("bob", "keeper", "SOL-PERP", 10, "136").unwrap();
    // Positions that were opened since need not go through anything.
    world.trade("keeper", "alice", "SOL-PERP", -1, "136").unwrap_err();
    world.trade("keeper", "bob", "SOL-PERP", -20, "136").unwrap();
    assert!(world.resizes("keeper").is_empty());
}

#[test]
fn two_who_resize_at_once_do_not_disturb_each_other() {
    let mut world = unbid(|_| (), 200, "136");
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
    let due = world.resizes("bob");
    world.send(&due, &[]).unwrap();
    let before = world.margin("bob").state;
    // A second time, with a signer of its own so that it is another transaction.
    let events = world.send(&due, &["carol"]).unwrap().events::<PositionResized>();
    assert!(events.is_empty());
    assert_eq!(bytes(&before), bytes(&world.margin("bob").state));
}

fn bytes(account: &MarginAccount) -> Vec<u8> {
    plimsoll_client::decode::encode(account)
}

#[test]
fn its_rent_goes_back_when_everybody_has_gone_through() {
    let mut world = unbid(|_| (), 200, "136");
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
    let open = world.first_deleveraging();
    let close = ix::close_deleveraging(&open);
    expect_error(world.send(std::slice::from_ref(&close), &[]), "DeleveragingNotOver");
    world.resize("bob").unwrap();
    expect_error(world.send(std::slice::from_ref(&close), &["bob"]), "DeleveragingNotOver");
    world.resize("carol").unwrap();
    let mut stolen = close.clone();
    stolen.accounts[0].pubkey = address("mallory");
    expect_error(world.send(&[stolen], &[]), "WrongDeleveraging");

    let rent = world.vm.svm.get_account(&open.address).unwrap().lamports;
    let before = world.vm.svm.get_balance(&address("payer")).unwrap();
    world.send(&[close], &["carol"]).unwrap();
    let after = world.vm.svm.get_balance(&address("payer")).unwrap();
    // Less the fee of the transaction.
    let fees = 5_000;
    assert_eq!(after + fees - before, rent);
    assert!(world.directory.deleveragings.is_empty());
    // Its number is not used again.
    assert_eq!(world.instrument_state("SOL-PERP").short_deleveragings, 1);
    let again: Result<Keyed<plimsoll_client::state::Deleveraging>, _> =
        source::read(&world.vm, &open.address);
    assert!(again.is_err());
}
