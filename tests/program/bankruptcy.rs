//! Who bears what a bankrupt account cannot pay, in which order, and up to where?

use plimsoll_client::events::{LossAssigned, LossShared};
use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::BidRequest;
use plimsoll_migrations::Markets;
use plimsoll_tests::{address, assert_near, expect_error, World, BTC, SOL, USDC};

use crate::given::traders;

/// Alice, long 10 SOL at 150 on 150 USDC, owes 50.3 more than she has when SOL is at 130. Bob is
/// short 6 of them and carol 4; dave holds BTC contracts against erin. The keeper has taken alice's
/// position over, and no fund paid for it.
fn failed(change: impl FnOnce(&mut Markets), fund: u64) -> World {
    let mut world = World::with(change);
    let names = ["bob", "carol", "dave", "erin", "keeper"];
    let rich: Vec<_> = names.iter().map(|name| (*name, 100_000)).collect();
    traders(&mut world, &[&[("alice", 150)], &rich[..]].concat());
    world.trade("alice", "bob", "SOL-PERP", 600, "150").unwrap();
    world.trade("alice", "carol", "SOL-PERP", 400, "150").unwrap();
    world.trade("dave", "erin", "BTC-PERP", 100, "100000").unwrap();
    world.walk_price("SOL", "130");
    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    let assigned = receipt.events::<LossAssigned>();
    assert_eq!(assigned.len(), 1);
    assert_near(assigned[0].pending_quote_atoms, 50_300_000, 2);
    if fund > 0 {
        world.insure(fund).unwrap();
    }
    world
}

fn flow(world: &World, name: &str, instrument: &str) -> i64 {
    world.position(name, instrument).1
}

#[test]
fn the_insurance_fund_pays_first() {
    let mut world = failed(|_| (), 60 * USDC);
    let bob = flow(&world, "bob", "SOL-PERP");

    let event = world.share_loss("alice", "SOL-PERP").unwrap().events::<LossShared>()[0];

    assert_near(event.insurance_paid_quote_atoms, 50_300_000, 2);
    assert_eq!((event.charged_quote_atoms, event.debt_quote_atoms), (0, 0));
    assert_near(i64::try_from(world.insurance()).unwrap(), 9_700_000, 2);
    assert_eq!(flow(&world, "bob", "SOL-PERP"), bob);
    expect_error(world.share_loss("alice", "SOL-PERP"), "NothingToShare");
    // Alice is left with nothing, and can go.
    let rest = u64::try_from(world.balance("alice", "USDC")).unwrap();
    assert!(rest <= 3);
    if rest > 0 {
        world.withdraw("alice", "USDC", rest).unwrap();
    }
    world.close("alice").unwrap();
}

#[test]
fn the_opposite_side_bears_the_rest_by_size_and_nobody_else() {
    let mut world = failed(|_| (), 10 * USDC);
    let names = ["bob", "carol", "keeper"];
    let before = names.map(|name| flow(&world, name, "SOL-PERP"));
    let others = ["dave", "erin"].map(|name| flow(&world, name, "BTC-PERP"));
    let usdc = ["bob", "carol", "dave", "erin", "keeper"].map(|name| world.balance(name, "USDC"));

    let event = world.share_loss("alice", "SOL-PERP").unwrap().events::<LossShared>()[0];

    // 50.3 - 10 over 1,000 short lots: 6 tenths are bob's, 4 are carol's.
    assert_eq!(event.insurance_paid_quote_atoms, 10_000_000);
    assert_near(event.charged_quote_atoms, 40_300_000, 3);
    assert_eq!((event.charged_to_longs, event.debt_quote_atoms), (0, 1));
    let after = names.map(|name| flow(&world, name, "SOL-PERP"));
    assert_near(before[0] - after[0], 24_180_000, 3);
    assert_near(before[1] - after[1], 16_120_000, 3);
    assert_eq!(before[2], after[2]);
    assert_eq!(others, ["dave", "erin"].map(|name| flow(&world, name, "BTC-PERP")));
    let now = ["bob", "carol", "dave", "erin", "keeper"].map(|name| world.balance(name, "USDC"));
    assert_eq!(usdc, now);
    // Nobody's position is closed.
    assert_eq!(world.position("bob", "SOL-PERP").0, -600);
    assert_eq!(world.position("carol", "SOL-PERP").0, -400);
}

#[test]
fn a_failed_short_is_borne_by_longs() {
    let mut world = World::local();
    traders(&mut world, &[("alice", 150), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", -1_000, "150").unwrap();
    world.walk_price("SOL", "170");
    let bob = flow(&world, "bob", "SOL-PERP");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let event = world.share_loss("alice", "SOL-PERP").unwrap().events::<LossShared>()[0];

    assert_eq!(event.charged_to_longs, 1);
    assert_near(bob - flow(&world, "bob", "SOL-PERP"), 50_300_000, 4);
}

#[test]
fn above_the_cap_the_instrument_owes_and_opens_nothing_until_it_is_repaid() {
    // One per cent of a stable price just below 150, for 10 SOL: at most 15.
    let mut world = failed(|markets| markets.instruments[0].loss_cap = "1%".parse().unwrap(), 0);
    expect_error(world.trade("bob", "keeper", "SOL-PERP", -100, "130"), "LossesPending");
    expect_error(world.settle("bob", "SOL-PERP", None), "LossesPending");

    let event = world.share_loss("alice", "SOL-PERP").unwrap().events::<LossShared>()[0];

    assert!((14_000_000..=15_000_000).contains(&event.charged_quote_atoms));
    let debt = event.debt_quote_atoms;
    assert_near(event.charged_quote_atoms + debt, event.loss_quote_atoms, 2);
    // Positions may shrink, and nothing else.
    expect_error(world.trade("bob", "keeper", "SOL-PERP", -100, "130"), "InstrumentInDebt");
    expect_error(world.trade("bob", "keeper", "SOL-PERP", 700, "130"), "InstrumentInDebt");
    world.trade("bob", "keeper", "SOL-PERP", 100, "130").unwrap();

    // Fees repay first, then what the fund receives from now on; not what it had.
    expect_error(world.repay_debt("SOL-PERP"), "NothingToRepay");
    world.insure(100 * USDC).unwrap();
    expect_error(world.repay_debt("SOL-PERP"), "NothingToRepay");
    let fees = i64::try_from(world.pool("SOL-PERP").fees_quote_atoms).unwrap();
    world.collect_fees("SOL-PERP").unwrap();
    assert_eq!(world.pool("SOL-PERP").fees_quote_atoms, 0);
    let left = world.pool("SOL-PERP").debt_floor().unwrap().get();
    assert_near(left, debt - fees, 1);
    expect_error(world.collect_fees("SOL-PERP"), "NothingToCollect");
    // BTC's losers pay their fees in, which are the fund's income.
    world.trade("dave", "erin", "BTC-PERP", 9_000, "100000").unwrap();
    world.walk_price("BTC", "99900");
    world.settle("dave", "BTC-PERP", None).unwrap();
    world.collect_fees("BTC-PERP").unwrap();
    world.repay_debt("SOL-PERP").unwrap();
    assert_eq!(world.pool("SOL-PERP").debt_floor().unwrap().get(), 0);
    world.trade("bob", "keeper", "SOL-PERP", -100, "130").unwrap();
}

#[test]
fn settled_losses_are_the_instruments_too() {
    // The same failure, but the loss was settled into a quote debt before anybody bid.
    let mut world = World::local();
    traders(&mut world, &[("alice", 150), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "130");
    for _ in 0..200 {
        // The stable price is slow, and a loss is settled at the kinder one.
        world.advance_seconds(30);
        world.refresh("SOL").unwrap();
    }
    world.settle("alice", "SOL-PERP", None).unwrap();
    assert!(world.balance("alice", "USDC") < 0);

    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let assigned = receipt.events::<LossAssigned>();
    assert_eq!(assigned.len(), 1, "{assigned:?}");
    assert_eq!(assigned[0].key, world.instrument_key("SOL-PERP").raw());
    world.share_loss("alice", "SOL-PERP").unwrap();
    assert!(world.balance("alice", "USDC") >= 0);
}

#[test]
fn a_price_that_is_missing_lays_no_settled_loss_to_lenders() {
    // Alice's long of 10 SOL loses 200.3 of 150 USDC, which is settled into a debt of 50.3; one lot
    // of it is left when the feed stops. What backs the debt, 0.001 BTC, falls to 40 USDC.
    let mut world = World::local();
    traders(&mut world, &[("alice", 150), ("bob", 100_000), ("keeper", 100_000)]);
    world.deposit("alice", "BTC", BTC / 1_000).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "130");
    for _ in 0..200 {
        world.advance_seconds(30);
        world.refresh("SOL").unwrap();
    }
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.trade("alice", "bob", "SOL-PERP", -999, "130").unwrap();
    world.walk_price("BTC", "40000");
    world.edit_feed("SOL/USD", |feed| feed.published -= 3_600);
    let row = *world.margin("alice").state.row(world.instrument_key("SOL-PERP")).unwrap().unwrap();
    assert_near(row.settled_debt_quote_atoms, 50_300_000, 300_000);

    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let assigned = receipt.events::<LossAssigned>();
    assert_eq!(assigned[0].key, world.instrument_key("SOL-PERP").raw());
    let all: i64 = assigned.iter().map(|one| one.loss_quote_atoms).sum();
    assert!(all > 5_000_000, "{assigned:?}");
    // All of it but the rounding of the debt.
    assert_near(assigned[0].pending_quote_atoms, all, 100_000);
    assert_eq!(world.position("alice", "SOL-PERP").0, 1);
}

#[test]
fn a_bidder_of_the_other_side_does_not_net_out_of_the_loss() {
    let mut world = World::local();
    traders(
        &mut world,
        &[("alice", 150), ("bob", 100_000), ("carol", 100_000), ("keeper", 100_000)],
    );
    world.trade("alice", "bob", "SOL-PERP", 900, "150").unwrap();
    world.trade("alice", "carol", "SOL-PERP", 100, "150").unwrap();
    world.walk_price("SOL", "130");
    expect_error(world.liquidate("bob", "alice", &Bid::slice()), "BidderOnOtherSide");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    let bob = flow(&world, "bob", "SOL-PERP");
    world.share_loss("alice", "SOL-PERP").unwrap();
    assert_near(bob - flow(&world, "bob", "SOL-PERP"), 50_300_000 * 9 / 10, 4);
}

#[test]
fn the_side_of_a_closed_position_is_the_one_that_it_had() {
    // Alice's short loses 196 on 150 USDC, backed by 0.001 BTC; she settles, closes, and then the
    // BTC falls. It is longs who won.
    let mut world = World::local();
    traders(&mut world, &[("alice", 150), ("bob", 100_000), ("keeper", 100_000)]);
    world.deposit("alice", "BTC", BTC / 1_000).unwrap();
    world.trade("alice", "bob", "SOL-PERP", -1_000, "150").unwrap();
    world.trade("keeper", "bob", "SOL-PERP", -100, "150").unwrap();
    world.walk_price("SOL", "169");
    for _ in 0..200 {
        world.advance_seconds(30);
        world.refresh("SOL").unwrap();
    }
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "169").unwrap();
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.walk_price("BTC", "20000");
    world.open("lucy").unwrap();
    world.deposit("lucy", "USDC", 100_000 * USDC).unwrap();

    world.liquidate("lucy", "alice", &Bid::slice()).unwrap();
    let event = world.share_loss("alice", "SOL-PERP").unwrap().events::<LossShared>()[0];

    assert_eq!(event.charged_to_longs, 1);
}

/// Alice owes 10 SOL against 1,600 USDC; then SOL is at 190: 300 short, and lenders of SOL bear
/// what no fund pays. Lena lent 20 SOL.
fn failed_borrower(insurance_cap: &str, fund: u64) -> World {
    let mut world = World::with(|markets| {
        markets.tokens[1].insurance_cap = insurance_cap.parse().unwrap();
        markets.tokens[1].curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
    });
    traders(&mut world, &[("alice", 1_700), ("keeper", 100_000), ("zoe", 5_000)]);
    world.open("lena").unwrap();
    world.deposit("lena", "SOL", 20 * SOL).unwrap();
    world.borrow("alice", "SOL", 10 * SOL, 10 * SOL).unwrap();
    world.walk_price("SOL", "200");
    if fund > 0 {
        world.insure(fund).unwrap();
    }
    world
}

#[test]
fn lenders_of_a_token_bear_its_loss_and_nobody_else() {
    let mut world = failed_borrower("0", 0);
    let zoe = world.balance("zoe", "USDC");

    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    // 2,000 owed against 1,700: 300 are 1.5 SOL of lena's 20.
    let assigned = receipt.events::<LossAssigned>();
    assert_eq!(assigned[0].key, world.token_key("SOL").raw());
    assert_near(assigned[0].depositors_paid_token_atoms, 1_500_000_000, 2);
    assert_near(world.balance("lena", "SOL"), 18_500_000_000, 3);
    assert_eq!(world.balance("zoe", "USDC"), zoe);
    // The keeper owes what is left of the debt, and has alice's 1,700 for it.
    assert_near(world.balance("keeper", "SOL"), -8_500_000_000, 3);
    assert_near(world.balance("keeper", "USDC"), 101_700_000_000, 3);
    assert_near(world.balance("alice", "USDC"), 0, 3);
    assert_eq!(world.collateral("SOL").losses_shared, 1);
}

#[test]
fn the_fund_pays_for_lenders_up_to_the_tokens_cap() {
    let mut world = failed_borrower("100", 1_000 * USDC);
    let fund = i64::try_from(world.insurance()).unwrap();

    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let assigned = receipt.events::<LossAssigned>()[0];
    assert_eq!(assigned.insurance_paid_quote_atoms, 100_000_000);
    // The other 200 are one SOL.
    assert_near(assigned.depositors_paid_token_atoms, 1_000_000_000, 2);
    assert_near(world.balance("lena", "SOL"), 19_000_000_000, 3);
    // And the least discount of 5 % of 2,000.
    let paid = fund - i64::try_from(world.insurance()).unwrap();
    assert_near(paid, 100_000_000 + 20_000_000, 3);
}

#[test]
fn lenders_of_quote_bear_what_only_they_are_owed() {
    // Alice owes 1,300 USDC against 10 SOL, which go to 100.
    let mut world = World::with(|markets| {
        markets.tokens[0].insurance_cap = "0".parse().unwrap();
        markets.tokens[0].curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
    });
    traders(&mut world, &[("zoe", 50_000), ("keeper", 50_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    world.borrow("alice", "USDC", 1_300 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "100");
    expect_error(world.write_off("alice"), "NotBankrupt");
    expect_error(world.write_off("zoe"), "NotBankrupt");

    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    let assigned = receipt.events::<LossAssigned>()[0];
    assert_eq!((assigned.key, assigned.pending_quote_atoms), (0, 0));
    assert_near(assigned.depositors_paid_token_atoms, 300_000_000, 2);
    // 300 are missing; zoe has half of what was lent, though the keeper pays with a part of the other.
    assert_eq!(world.balance("alice", "USDC"), 0);
    let zoe = 50_000_000_000 - world.balance("zoe", "USDC");
    assert_near(zoe, 150_000_000, 3);
    assert_eq!(world.collateral("USDC").losses_shared, 1);
    expect_error(world.write_off("alice"), "NotBankrupt");
    world.close("alice").unwrap();
}

#[test]
fn interest_that_nobody_owes_any_more_is_not_paid_to_lenders() {
    // Alice owes 1,300 USDC against 10 SOL, which go to 100; then nobody looks at the token for
    // days. The bid pays 1,000 of the debt back before its lenders are charged.
    let mut world = World::with(|markets| {
        markets.tokens[0].insurance_cap = "0".parse().unwrap();
        markets.tokens[0].curve.iter_mut().for_each(|kink| kink[1] = "200%".parse().unwrap());
    });
    traders(&mut world, &[("zoe", 1_000), ("keeper", 2_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    world.borrow("alice", "USDC", 1_300 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "100");
    world.advance_seconds(3 * 86_400);
    world.refresh("USDC").unwrap();
    world.refresh("SOL").unwrap();
    world.advance_seconds(120);

    // The vault covers what it owes, as after every transaction.
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    assert_eq!(world.collateral("USDC").losses_shared, 1);
}

#[test]
fn a_bankrupt_accounts_instruments_must_be_writable() {
    let mut world = World::local();
    traders(&mut world, &[("alice", 150), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "130");
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let authority = address("keeper");
    let bid = Bid::slice();
    let one = ix::liquidate(&world.directory, &authority, &alice, &keeper, &bid, false).unwrap();
    expect_error(world.send(&[one], &["keeper"]), "RiskAccountReadOnly");
}

#[test]
fn lenders_of_a_token_bear_their_part_however_little_of_its_debt_a_bid_takes() {
    // Alice owes 100 SOL against 25,000 USDC, and has one lot of a whole BTC, long at 100,000. With SOL
    // at 260 she is 1,020 short, and the lot carries 5,000 of 6,300 of her requirement. The least
    // slice takes it whole, and an atom of the debt.
    let mut world = World::with(|markets| {
        markets.instruments[1].lot = "1".parse().unwrap();
        for token in &mut markets.tokens[..2] {
            token.insurance_cap = "0".parse().unwrap();
            token.curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
        }
    });
    traders(
        &mut world,
        &[("alice", 25_000), ("bob", 100_000), ("keeper", 100_000), ("zoe", 5_000)],
    );
    world.open("lena").unwrap();
    world.deposit("lena", "SOL", 200 * SOL).unwrap();
    world.borrow("alice", "SOL", 100 * SOL, u64::MAX).unwrap();
    world.trade("alice", "bob", "BTC-PERP", 1, "100000").unwrap();
    world.walk_price("SOL", "260");
    let zoe = world.balance("zoe", "USDC");
    let missing = -world.report("alice").equity_quote_atoms;
    let least = Bid { request: BidRequest::Slice { share_max: 1 }, ..Bid::slice() };

    let receipt = world.liquidate("keeper", "alice", &least).unwrap();

    assert_eq!(world.position("keeper", "BTC-PERP").0, 1);
    // All that is borne is lena's, but for what the lot's fee was.
    let assigned = receipt.events::<LossAssigned>();
    let borne: i64 = assigned.iter().map(|one| one.loss_quote_atoms).sum();
    assert_near(borne, missing * 5_000 / 6_300, 10_000);
    let sol = assigned.iter().find(|one| one.key == world.token_key("SOL").raw()).unwrap();
    assert_near(sol.loss_quote_atoms, borne * 26_000 / 26_020, 10_000);
    assert_near(sol.depositors_paid_token_atoms, sol.loss_quote_atoms * 1_000 / 260, 10_000);
    assert_near(200_000_000_000 - world.balance("lena", "SOL"), sol.depositors_paid_token_atoms, 2);
    assert_eq!(world.balance("zoe", "USDC"), zoe);
}
