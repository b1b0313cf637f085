//! Who bears how much where an account fails in several markets, some of what it lost is settled
//! already, and others choose what comes first?

use plimsoll_client::events::{Deleveraged, LossAssigned};
use plimsoll_client::instruction::Bid;
use plimsoll_client::BidRequest;
use plimsoll_migrations::Markets;
use plimsoll_risk::Check;
use plimsoll_tests::{assert_near, expect_error, World, BTC, SOL, USDC};

use crate::given::traders;

const SILENCE: u64 = 1_650;

fn equity(world: &World, name: &str) -> i64 {
    world.health(name, Check::Maintenance).equity.to_quote_floor().unwrap().get()
}

/// Nobody pays interest, so that all numbers are round.
fn free(markets: &mut Markets) {
    for token in &mut markets.tokens {
        token.curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
    }
}

/// The stable prices follow: a loss is settled at the kinder one.
fn catch_up(world: &mut World) {
    for _ in 0..250 {
        world.advance_seconds(30);
        ["USDC", "SOL", "BTC", "ETH"].iter().for_each(|one| drop(world.refresh(one).unwrap()));
    }
}

/// Alice's long of 10 SOL has lost 200.3 of 150 USDC, which is settled into a debt of 50.3, and bob
/// has taken his profit: the pool is empty.
fn settled() -> World {
    let mut world = World::with(free);
    traders(&mut world, &[("alice", 150), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "130");
    catch_up(&mut world);
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.settle("bob", "SOL-PERP", None).unwrap();
    assert_near(world.balance("alice", "USDC"), -50_300_000, 2);
    world.stay_silent("alice", SILENCE);
    world
}

#[test]
fn a_settled_loss_is_made_good_where_it_lies() {
    let mut world = settled();
    let cash = world.pool("SOL-PERP").cash_quote_atoms;
    // What is left is the two fees of 0.3.
    assert_near(cash, 600_000, 2);

    let event = world.deleverage("alice", "SOL-PERP", 1_000).unwrap().events::<Deleveraged>()[0];

    assert_near(event.shortfall_quote_atoms, 50_300_000, 2);
    // She owes nothing, nobody owes her anything, and she may leave.
    assert_near(world.balance("alice", "USDC"), 0, 2);
    assert_eq!(world.position("alice", "SOL-PERP"), (0, 0));
    assert_near(world.pool("SOL-PERP").cash_quote_atoms, cash - 50_300_000, 2);
    // Bob has lost it, and pays it back to whom he had it from.
    world.resize("bob").unwrap();
    world.settle("bob", "SOL-PERP", None).unwrap();
    assert_near(world.pool("SOL-PERP").cash_quote_atoms, cash, 4);
    let bob = 100_000_000_000 + 200_000_000 - 300_000 - 50_300_000;
    assert_near(world.balance("bob", "USDC"), bob, 4);
}

#[test]
fn a_deposit_is_not_repaid_twice() {
    // 20 of the 50.3 were repaid since: others bear 30.3, and that is what the debt is lowered by.
    let mut world = settled();
    world.deposit_by("keeper", "alice", "USDC", 20 * USDC).unwrap();
    let event = world.deleverage("alice", "SOL-PERP", 1_000).unwrap().events::<Deleveraged>()[0];
    assert_near(event.shortfall_quote_atoms, 30_300_000, 2);
    assert_near(world.balance("alice", "USDC"), 0, 2);
    assert!(world.balance("alice", "USDC") <= 1);
    assert_near(equity(&world, "alice"), 0, 2);
}

#[test]
fn what_is_not_settled_yet_is_made_good_in_the_flow() {
    // Another 10 fall after the settlement: 150.3 are missing, 100 of them in the position.
    let mut world = settled();
    world.walk_price("SOL", "120");
    world.stay_silent("alice", SILENCE);
    let event = world.deleverage("alice", "SOL-PERP", 1_000).unwrap().events::<Deleveraged>()[0];
    assert_near(event.shortfall_quote_atoms, 150_300_000, 2);
    assert_near(world.balance("alice", "USDC"), 0, 2);
    assert_near(world.position("alice", "SOL-PERP").1, 0, 2);
}

#[test]
fn the_quote_token_must_be_writable_where_a_debt_is_repaid() {
    let mut world = settled();
    let mut one = world.deleveraging("alice", "SOL-PERP", 1_000);
    let quote = world.directory.quote().unwrap().address;
    let meta = one.accounts.iter_mut().find(|meta| meta.pubkey == quote).unwrap();
    assert!(meta.is_writable);
    meta.is_writable = false;
    let before = (world.margin("alice").state.rows, world.pool("SOL-PERP").cash_quote_atoms);
    expect_error(world.send(&[one], &["payer"]), "RiskAccountReadOnly");
    let after = (world.margin("alice").state.rows, world.pool("SOL-PERP").cash_quote_atoms);
    assert_eq!(before, after);
}

#[test]
fn a_settled_loss_and_an_open_one_are_borne_alike_whichever_comes_first() {
    // 250 USDC and 0.001 BTC, worth 100, against 300.3 lost in SOL, settled into a debt of 50.3, and
    // 250.4 lost in ETH: 200.7 are missing.
    let parts = |order: [(&str, i64); 2]| {
        let mut world = World::with(free);
        traders(&mut world, &[("alice", 250), ("bob", 100_000), ("carol", 100_000)]);
        world.deposit("alice", "BTC", BTC / 1_000).unwrap();
        world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
        world.trade("alice", "carol", "ETH-PERP", 500, "4000").unwrap();
        world.walk_price("SOL", "120");
        catch_up(&mut world);
        world.settle("alice", "SOL-PERP", None).unwrap();
        world.walk_price("ETH", "3500");
        world.stay_silent("alice", SILENCE);
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
    let missing = 50_300_000.0 + 250_400_000.0 - 100_000_000.0;
    assert_near(first.1, (missing * 250.4 / 300.7) as i64, 5);
    assert_near(second.1, (missing * 50.3 / 300.7) as i64, 5);
    assert_near(first.1, other_first.1, 3);
    assert_near(second.1, other_second.1, 3);
}

const MARKETS: [(&str, i64); 3] = [("SOL-PERP", 1_000), ("ETH-PERP", 500), ("BTC-PERP", 200)];

/// Alice has 800 USDC. She is long 10 SOL, 0.5 ETH and 0.02 BTC, each of which loses 200, and owes
/// lena 2 SOL, worth 260 in the end: 61.1 are missing, with fees of 0.3, 0.4 and 0.4.
fn failed_everywhere() -> World {
    let mut world = World::with(free);
    traders(&mut world, &[("alice", 800), ("bob", 100_000), ("keeper", 100_000)]);
    world.open("lena").unwrap();
    world.deposit("lena", "SOL", 20 * SOL).unwrap();
    for ((instrument, lots), price) in MARKETS.into_iter().zip(["150", "4000", "100000"]) {
        world.trade("alice", "bob", instrument, lots, price).unwrap();
    }
    world.borrow("alice", "SOL", 2 * SOL, 2 * SOL).unwrap();
    for (underlying, price) in [("SOL", "130"), ("ETH", "3600"), ("BTC", "90000")] {
        world.walk_price(underlying, price);
    }
    world.stay_silent("alice", SILENCE);
    world
}

#[test]
fn a_lender_gains_nothing_by_the_order_of_deleveragings() {
    let all: f64 = 200.3 + 200.4 + 200.4 + 260.0;
    let part = |claim: f64| (61_100_000.0 * claim / all) as i64;
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut world = failed_everywhere();
        assert_near(equity(&world, "alice"), -61_100_000, 5);
        let before = world.balance("lena", "SOL");
        for at in order {
            let (instrument, lots) = MARKETS[at];
            let receipt = world.deleverage("alice", instrument, lots).unwrap();
            let borne = receipt.events::<Deleveraged>()[0].shortfall_quote_atoms;
            assert_near(borne, part([200.3, 200.4, 200.4][at]), 5);
        }
        // What is left is hers, and she does not leave it to the markets.
        assert_near(equity(&world, "alice"), -part(260.0), 10);
        let bid = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
        let key = world.token_key("SOL").raw();
        for one in bid.events::<LossAssigned>() {
            let expected = if one.key == key { part(260.0) } else { 0 };
            assert_near(one.loss_quote_atoms, expected, 10);
        }
        // In SOL at 130.
        let lost = before - world.balance("lena", "SOL");
        assert_near(lost, (part(260.0) as f64 / 130.0 * 1_000.0) as i64, 200);
    }
}

/// What a slice, or as many as there are shares, lays to lenders of quote tokens and to SOL's shorts of
/// what alice cannot pay: she owes 1,000 for a loan and 300.3 for a loss that was settled, and has 0.02
/// BTC worth 1,200. 100.3 are missing.
fn laid(shares: &[u64]) -> [i64; 2] {
    let mut world = World::with(free);
    traders(&mut world, &[("alice", 10), ("bob", 100_000), ("keeper", 100_000)]);
    world.deposit("alice", "BTC", BTC / 50).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.borrow("alice", "USDC", 1_010 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "120");
    catch_up(&mut world);
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.walk_price("BTC", "60000");
    let mut parts = [0, 0];
    for share_max in shares {
        let request = BidRequest::Slice { share_max: *share_max };
        let bid = world.liquidate("keeper", "alice", &Bid { request, ..Bid::slice() }).unwrap();
        for one in bid.events::<LossAssigned>() {
            parts[usize::from(one.key != 0)] += one.loss_quote_atoms;
        }
        world.share_loss("alice", "SOL-PERP").unwrap();
    }
    parts
}

#[test]
fn cutting_bids_lays_no_more_to_markets_and_no_less_to_lenders() {
    // Shares of what is left, in 2^-63, that divide its lots: all; halves; four parts.
    const ALL: u64 = 1 << 63;
    for shares in [&[ALL][..], &[ALL / 2, ALL], &[ALL / 5, ALL / 4, ALL / 2, ALL]] {
        let [lenders, shorts] = laid(shares);
        assert_near(lenders, 100_300_000 * 10_000 / 13_003, 40);
        assert_near(shorts, 100_300_000 * 3_003 / 13_003, 40);
    }
}
