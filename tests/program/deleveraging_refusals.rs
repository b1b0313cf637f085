//! When is a position not closed against the other side? Each clause by the input that breaks it.

use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::PauseClass;
use plimsoll_tests::{address, expect_error, World, SOL, USDC};

use crate::given::{local_with, long_at, lots, traders};

const SILENCE: u64 = 1_650;

/// Alice below her line with 59.7 against 68, and the auction over.
fn unbid() -> World {
    let mut world = long_at(200, "136");
    world.stay_silent("alice", SILENCE);
    world
}

#[test]
fn an_account_above_its_line_is_left_alone() {
    let mut world = long_at(300, "136");
    expect_error(world.deleverage("alice", "SOL-PERP", 100), "NotLiquidatable");
    // Inside of its buffer it may be bid on, and is not at its last resort.
    let mut world = unbid();
    world.walk_price("SOL", "136.9");
    world.mark("alice").unwrap();
    expect_error(world.deleverage("alice", "SOL-PERP", 100), "NotLiquidatable");
}

#[test]
fn nobody_is_deleveraged_while_somebody_may_still_bid() {
    let mut world = long_at(200, "136");
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "AuctionNotOver");
    world.stay_silent("alice", SILENCE - 1);
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "AuctionNotOver");
    world.advance_slots(1);
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
}

#[test]
fn a_bid_in_earnest_lets_the_silence_begin_anew() {
    let mut world = unbid();
    // A tenth of the requirement.
    let bid = lots(&world, "SOL-PERP", 101);
    world.liquidate("keeper", "alice", &bid).unwrap();
    expect_error(world.deleverage("alice", "SOL-PERP", 100), "AuctionNotOver");
    world.stay_silent("alice", SILENCE - 1);
    expect_error(world.deleverage("alice", "SOL-PERP", 100), "AuctionNotOver");
    world.advance_slots(1);
    world.deleverage("alice", "SOL-PERP", 100).unwrap();
}

#[test]
fn a_bid_for_show_does_not() {
    let mut world = unbid();
    let bid = lots(&world, "SOL-PERP", 1);
    world.liquidate("keeper", "alice", &bid).unwrap();
    world.deleverage("alice", "SOL-PERP", 200).unwrap();
}

#[test]
fn silence_says_nothing_while_nobody_may_bid() {
    let mut world = long_at(200, "136");
    world.stay_silent("alice", SILENCE - 300);
    world.pause("owner", PauseClass::Liquidate, 200).unwrap();
    world.stay_silent("alice", 300);
    assert_eq!(world.margin("alice").state.silence(), None);
    // Nor while it is the owners' turn.
    world.advance_seconds(100);
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.silence(), None);
    world.advance_seconds(60);
    world.mark("alice").unwrap();
    assert!(world.margin("alice").state.silence().is_some());
}

#[test]
fn silence_counts_only_while_somebody_watches() {
    // It might have been above its line in between.
    let mut world = long_at(200, "136");
    world.mark("alice").unwrap();
    world.advance_slots(SILENCE);
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "AuctionNotOver");
    world.mark("alice").unwrap();
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "AuctionNotOver");
    world.stay_silent("alice", SILENCE);
    // Twice the duration is not too long a look away, one slot more is.
    world.advance_slots(301);
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "AuctionNotOver");
    world.stay_silent("alice", SILENCE);
    world.advance_slots(300);
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
}

#[test]
fn an_episode_that_ends_ends_the_silence() {
    let mut world = unbid();
    world.walk_price("SOL", "150");
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.silence(), None);
    world.walk_price("SOL", "136");
    world.mark("alice").unwrap();
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "AuctionNotOver");
}

#[test]
fn no_more_is_closed_than_lifts_the_account_to_its_buffer() {
    let mut world = unbid();
    expect_error(world.deleverage("alice", "SOL-PERP", 269), "BidOvershootsBuffer");
    expect_error(world.deleverage("alice", "SOL-PERP", 1_000), "BidOvershootsBuffer");
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
}

#[test]
fn only_a_part_of_a_position_that_is_there_is_closed() {
    let mut world = unbid();
    for lots in [0, -1, 1_001, i64::MAX, i64::MIN] {
        expect_error(world.deleverage("alice", "SOL-PERP", lots), "BidAmountOutOfRange");
    }
    let mut foreign = world.deleveraging("alice", "SOL-PERP", 100);
    let other = world.deleveraging("alice", "BTC-PERP", 100);
    // Pool and deleveraging of an instrument in which alice has nothing.
    foreign.accounts[4] = other.accounts[4].clone();
    foreign.accounts[5] = other.accounts[5].clone();
    expect_error(world.send(&[foreign], &["payer"]), "BidRowUnknown");
}

#[test]
fn a_deleveraging_has_the_next_number_and_the_other_side() {
    let mut world = unbid();
    let instrument = world.directory.instrument(world.instrument("SOL-PERP")).unwrap().address;
    let mut early = world.deleveraging("alice", "SOL-PERP", 100);
    early.accounts[5].pubkey = plimsoll_client::pda::deleveraging(&instrument, true, 1);
    // Lots are eight bytes behind the tag, the number follows.
    early.data[16] = 1;
    expect_error(world.send(&[early], &["payer"]), "WrongDeleveraging");
    let mut wrong = world.deleveraging("alice", "SOL-PERP", 100);
    wrong.accounts[5].pubkey = plimsoll_client::pda::deleveraging(&instrument, false, 0);
    expect_error(world.send(&[wrong], &["payer"]), "InvalidSeeds");
}

#[test]
fn a_bankrupts_position_is_closed_whole() {
    // In pieces, its market would bear more, and the account's other creditors less.
    let mut world = long_at(150, "130");
    world.stay_silent("alice", SILENCE);
    expect_error(world.deleverage("alice", "SOL-PERP", 999), "DeleveragingNotWhole");
    world.deleverage("alice", "SOL-PERP", 1_000).unwrap();
}

#[test]
fn a_part_lifts_a_solvent_account_to_its_line() {
    // 59.7 against 68: less than 123 lots leave more than 59.7. Cut into single lots, one account
    // could make the other side go through hundreds of deleveragings.
    let mut world = unbid();
    for lots in [1, 122] {
        expect_error(world.deleverage("alice", "SOL-PERP", lots), "DeleveragingNotWhole");
    }
    world.deleverage("alice", "SOL-PERP", 123).unwrap();
    expect_error(world.deleverage("alice", "SOL-PERP", 123), "NotLiquidatable");
}

#[test]
fn nobody_bothers_a_whole_side_for_little() {
    // Each costs every short an instruction: less than a thousandth goes two dozen times a day.
    let names: Vec<String> = (0..25).map(|at| format!("s{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut world = local_with(&[("bob", 100_000), ("keeper", 100_000)]);
    world.trade("keeper", "bob", "SOL-PERP", 1_000, "150").unwrap();
    for name in &names {
        world.open(name).unwrap();
        world.deposit(name, "USDC", 205_000).unwrap();
        world.trade(name, "bob", "SOL-PERP", 1, "150").unwrap();
    }
    // 0.2047 - 0.14 against 0.068.
    world.walk_price("SOL", "136");
    world.all_stay_silent(&names, SILENCE);
    for name in &names[..24] {
        world.deleverage(name, "SOL-PERP", 1).unwrap();
    }
    expect_error(world.deleverage(names[24], "SOL-PERP", 1), "DeleveragingTooSmall");
    world.stay_silent(names[24], 216_000);
    world.deleverage(names[24], "SOL-PERP", 1).unwrap();
}

#[test]
fn a_hedge_is_not_broken() {
    // 10 SOL against a short of 10, and a debt of 1,488: 11.7 of equity whatever the price, against
    // 0.5 % of 2,600. Without the short the tokens alone would need 130.
    let mut world = World::with(|markets| {
        markets.tokens[1].weight = "100%".parse().unwrap();
        markets.tokens[0].curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
    });
    traders(&mut world, &[("bob", 100_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    world.trade("alice", "bob", "SOL-PERP", -1_000, "150").unwrap();
    world.borrow("alice", "USDC", 1_488 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "260");
    world.stay_silent("alice", SILENCE);
    for lots in [-1_000, -1] {
        expect_error(world.deleverage("alice", "SOL-PERP", lots), "BidRemovesNoRisk");
    }
}

#[test]
fn it_waits_where_bids_wait() {
    let mut world = unbid();
    let guardian = address("owner");
    assert_eq!(world.directory.group.state.guardian, guardian);
    world.pause("owner", PauseClass::Liquidate, 60).unwrap();
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "Paused");
    world.unpause("owner", PauseClass::Liquidate).unwrap();
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "OwnerFirst");
    world.advance_seconds(60);
    world.deleverage("alice", "SOL-PERP", 268).unwrap();
}

#[test]
fn nothing_is_closed_at_a_flawed_price() {
    let mut world = unbid();
    world.edit_feed("SOL/USD", |feed| feed.published -= 61);
    expect_error(world.deleverage("alice", "SOL-PERP", 268), "OracleStale");
}

#[test]
fn a_loss_that_waits_is_shared_first() {
    let mut world =
        local_with(&[("alice", 150), ("ann", 200), ("bob", 100_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("ann", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "130");
    world.stay_silent("ann", SILENCE);
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    expect_error(world.deleverage("ann", "SOL-PERP", 1_000), "LossesPending");
    world.share_loss("alice", "SOL-PERP").unwrap();
    world.deleverage("ann", "SOL-PERP", 1_000).unwrap();
}

#[test]
fn the_instrument_must_be_writable() {
    let mut world = unbid();
    let mut one = world.deleveraging("alice", "SOL-PERP", 268);
    for meta in &mut one.accounts[7..] {
        meta.is_writable = false;
    }
    expect_error(world.send(&[one], &["payer"]), "RiskAccountReadOnly");
}

#[test]
fn positions_go_through_in_order_and_through_their_own() {
    let mut world = local_with(&[("alice", 200), ("ann", 200), ("bob", 100_000)]);
    for name in ["alice", "ann"] {
        world.trade(name, "bob", "SOL-PERP", 1_000, "150").unwrap();
    }
    world.walk_price("SOL", "136");
    world.all_stay_silent(&["alice", "ann"], SILENCE);
    world.deleverage("alice", "SOL-PERP", 200).unwrap();
    world.deleverage("ann", "SOL-PERP", 200).unwrap();
    let [first, second] = world.resizes("bob").try_into().unwrap();
    expect_error(world.send(std::slice::from_ref(&second), &[]), "WrongDeleveraging");
    // One of another instrument, under this one's name.
    let mut foreign = first.clone();
    let btc = world.directory.instrument(world.instrument("BTC-PERP")).unwrap().address;
    foreign.accounts[1].pubkey = btc;
    expect_error(world.send(&[foreign], &[]), "WrongDeleveraging");
    // A long goes through nothing that shorts go through.
    let account = world.margin_address("alice");
    let index = world.instrument("SOL-PERP");
    let one = ix::resize_position(&world.directory, &account, index, true, 0).unwrap();
    let before = world.margin("alice").state.rows;
    world.send(&[one], &[]).unwrap();
    assert_eq!(world.margin("alice").state.rows, before);
    world.send(&[first, second], &["bob"]).unwrap();
}
