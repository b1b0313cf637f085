//! When may a bid be made, by whom and on what? Each clause by the input that breaks it.

use plimsoll_client::events::Liquidated;
use plimsoll_client::instruction::{liquidate, Bid};
use plimsoll_client::{BidRequest, BidRow};
use plimsoll_risk::Episode;
use plimsoll_tests::{address, assert_near, expect_error, Feed, World, USDC};

use crate::given::{hedged, local_with, long_at, lots, traders};

#[test]
fn an_account_on_or_above_its_line_is_left_alone() {
    // 199.7 - 10 * 13.1 = 68.7 against 68.45.
    let mut world = long_at(200, "136.9");
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "NotLiquidatable");
    let bid = lots(&world, "SOL-PERP", 1);
    expect_error(world.liquidate("keeper", "alice", &bid), "NotLiquidatable");
    expect_error(world.mark("alice"), "NotLiquidatable");

    // 68.4 against 68.435.
    world.walk_price("SOL", "136.87");
    world.liquidate("keeper", "alice", &bid).unwrap();
}

#[test]
fn an_account_with_nothing_is_no_prey() {
    let mut world = local_with(&[("keeper", 100)]);
    world.open("alice").unwrap();
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "NotLiquidatable");
    expect_error(world.mark("alice"), "NotLiquidatable");
}

#[test]
fn nothing_is_taken_at_a_flawed_price() {
    let mut world = long_at(200, "136");
    let flaws: [(fn(&mut Feed), &str); 5] = [
        (|feed| feed.published -= 61, "OracleStale"),
        (|feed| feed.set("136", "2.73"), "OracleUncertain"),
        (|feed| feed.set("100", "0"), "OracleJumping"),
        (|feed| feed.verified = false, "OracleNotPositive"),
        (|feed| feed.owner = address("mallory"), "OracleNotPositive"),
    ];
    for (flaw, error) in flaws {
        let sound = world.feeds["SOL/USD"].clone();
        world.edit_feed("SOL/USD", flaw);
        expect_error(world.liquidate("keeper", "alice", &Bid::slice()), error);
        let bid = lots(&world, "SOL-PERP", 100);
        expect_error(world.liquidate("keeper", "alice", &bid), error);
        expect_error(world.mark("alice"), error);
        world.edit_feed("SOL/USD", |feed| *feed = sound);
    }
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

#[test]
fn nothing_is_taken_while_the_market_is_halted() {
    // A long of 0.5 ETH at 4,000; at 3,700: 199.6 - 150 against 92.5.
    let mut world = local_with(&[("alice", 200), ("bob", 10_000), ("keeper", 10_000)]);
    world.trade("alice", "bob", "ETH-PERP", 500, "4000").unwrap();
    world.walk_price("ETH", "3700");
    world.edit_feed("ETH/USD", |feed| feed.trading = false);
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "OracleHalted");
    world.edit_feed("ETH/USD", |feed| feed.trading = true);
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

#[test]
fn a_slice_names_no_pool_of_a_row_that_it_leaves_alone() {
    // The keeper is on the other side of alice's ETH. A slice would net the two, but for the feed
    // that stands still; what stops the bid then is the keeper's own ETH, by its name.
    let mut world = local_with(&[("alice", 200), ("bob", 10_000), ("keeper", 10_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("keeper", "alice", "ETH-PERP", 1, "4000").unwrap();
    world.walk_price("SOL", "136");
    world.edit_feed("ETH/USD", |feed| feed.trading = false);
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "OracleHalted");
    world.edit_feed("ETH/USD", |feed| feed.trading = true);
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

#[test]
fn a_flawed_price_of_the_bidders_own_position_keeps_it_from_bidding() {
    let mut world = long_at(200, "136");
    world.trade("keeper", "bob", "BTC-PERP", 1, "100000").unwrap();
    world.edit_feed("BTC/USD", |feed| feed.published -= 61);
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "OracleStale");
}

#[test]
fn dust_with_a_dead_feed_is_no_shield_and_is_not_sold() {
    let mut world = long_at(200, "136");
    world.deposit("alice", "BTC", 100).unwrap();
    world.edit_feed("BTC/USD", |feed| feed.published -= 61);

    let row = BidRow { key: world.token_key("BTC").raw(), amount: 100 };
    let refused = world.liquidate("keeper", "alice", &Bid::rows(vec![row]));
    expect_error(refused, "BidRowNotPriced");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    assert_eq!((world.balance("alice", "BTC"), world.balance("keeper", "BTC")), (100, 0));
    assert!(world.position("keeper", "SOL-PERP").0 > 0);
}

#[test]
fn a_dead_feed_starts_no_liquidation_that_its_token_could_have_prevented() {
    // 59.7 against 68 without 0.00005 BTC. Priced they are worth 5: not enough. Unpriced they
    // count twice their stable price, and so suffice.
    let mut world = long_at(200, "136");
    world.deposit("alice", "BTC", 5_000).unwrap();
    world.edit_feed("BTC/USD", |feed| feed.published -= 61);
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "NotLiquidatable");
    world.edit_feed("BTC/USD", |feed| feed.published += 61);
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

#[test]
fn a_hedge_is_not_broken() {
    let mut world = hedged();
    let key = world.token_key("SOL").raw();
    // Without its tokens the short stands alone: 156 instead of 85.8.
    for amount in [10_000_000_000, 1_000_000_000, 1] {
        let bid = Bid::rows(vec![BidRow { key, amount }]);
        expect_error(world.liquidate("keeper", "alice", &bid), "BidRemovesNoRisk");
    }
    // Nor does the whole short pay more than it takes off: a long of 1,560 is left, 78, and half
    // of the 7.8 that were released is the discount.
    let bid = lots(&world, "SOL-PERP", -2_000);
    let receipt = world.liquidate("keeper", "alice", &bid).unwrap();
    assert_near(receipt.events::<Liquidated>()[0].discount_quote_atoms, 3_900_000, 1);
}

#[test]
fn a_bid_on_rows_stops_at_the_buffer() {
    // Equity 67.7, requirement 68.4, depth 0.010233, beta 0.230699. With n lots gone:
    // 67.7 - 0.230699 * 0.0684 n <= 1.2 * (68.4 - 0.0684 n), so n <= 14.38 / 0.0663 = 216.9.
    let mut world = long_at(200, "136.8");
    let bid = lots(&world, "SOL-PERP", 217);
    expect_error(world.liquidate("keeper", "alice", &bid), "BidOvershootsBuffer");
    let bid = lots(&world, "SOL-PERP", 1_000);
    expect_error(world.liquidate("keeper", "alice", &bid), "BidOvershootsBuffer");

    let bid = lots(&world, "SOL-PERP", 216);
    world.liquidate("keeper", "alice", &bid).unwrap();

    // 0.9 of a lot's 0.0663 are missing to the buffer.
    let report = world.view("alice");
    let missing = report.maintenance_quote_atoms * 12 / 10 - report.equity_quote_atoms;
    assert!((0..66_300).contains(&missing), "{missing}");
    assert_eq!(report.liquidatable, 1);
    let bid = lots(&world, "SOL-PERP", 1);
    expect_error(world.liquidate("keeper", "alice", &bid), "BidOvershootsBuffer");
}

#[test]
fn a_bidder_must_be_able_to_carry_what_it_takes() {
    // 217 lots at 1.368: 296.9, of which 7.5 % are 22.3; the discount brings 2.8.
    let mut world = long_at(200, "136.8");
    traders(&mut world, &[("poor", 19), ("enough", 20)]);
    expect_error(world.liquidate("poor", "alice", &Bid::slice()), "BelowInitialMargin");
    world.liquidate("enough", "alice", &Bid::slice()).unwrap();
}

#[test]
fn an_account_cannot_bid_on_itself_but_its_owners_other_account_can() {
    let mut world = long_at(200, "136");
    traders(&mut world, &[("alice/1", 1_000)]);
    let refused = world.liquidate("alice", "alice", &Bid::slice());
    expect_error(refused, "ConstraintDuplicateMutableAccount");
    let equity = |world: &mut World| {
        world.view("alice").equity_quote_atoms + world.view("alice/1").equity_quote_atoms
    };
    let before = equity(&mut world);

    let receipt = world.liquidate("alice/1", "alice", &Bid::slice()).unwrap();

    // Nothing was gained by it: the fund's cut is gone.
    let cut = receipt.events::<Liquidated>()[0].insurance_cut_quote_atoms;
    assert!(cut > 0);
    assert_near(equity(&mut world), before - cut, 2);
}

#[test]
fn the_bidders_own_limits_hold_to_the_atom() {
    let event = {
        let mut world = long_at(200, "136");
        world.liquidate("keeper", "alice", &Bid::slice()).unwrap().events::<Liquidated>()[0]
    };
    let pay = event.discount_quote_atoms - event.insurance_cut_quote_atoms;
    let mut world = long_at(200, "136");
    let mut bid = Bid::slice();
    bid.limits.payment_quote_atoms_max = -event.bidder_delta_quote_atoms - 1;
    expect_error(world.liquidate("keeper", "alice", &bid), "BidWorseThanLimit");
    bid.limits.payment_quote_atoms_max += 1;
    bid.limits.discount_quote_atoms_min = pay + 1;
    expect_error(world.liquidate("keeper", "alice", &bid), "DiscountBelowLimit");
    bid.limits.discount_quote_atoms_min = pay;
    world.liquidate("keeper", "alice", &bid).unwrap();
}

#[test]
fn an_account_of_dust_is_taken_whole() {
    // A long of 0.1 SOL on 2 USDC at 136: equity 1.997 - 1.4 = 0.597, requirement 0.68.
    for whole in [false, true] {
        let mut world = local_with(&[("alice", 2), ("bob", 1_000), ("keeper", 1_000)]);
        world.trade("alice", "bob", "SOL-PERP", 10, "150").unwrap();
        world.walk_price("SOL", "136");
        let bid = if whole { lots(&world, "SOL-PERP", 10) } else { Bid::slice() };

        world.liquidate("keeper", "alice", &bid).unwrap();

        assert_eq!(world.position("alice", "SOL-PERP"), (0, 0));
        // Half of the requirement went as discount.
        let left = world.balance("alice", "USDC");
        assert_near(left, 257_000, 1);
        world.withdraw("alice", "USDC", u64::try_from(left).unwrap()).unwrap();
        world.close("alice").unwrap();
    }
}

#[test]
fn an_episode_begins_with_a_mark_and_lasts_to_the_buffer() {
    let mut world = long_at(200, "136");
    let slot = world.vm.now().slot;
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode(), Episode::Since(slot));
    world.advance_slots(10);
    // A second mark does not start the clock anew.
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode(), Episode::Since(slot));

    // At 138: 79.7, above the line of 69 and below the buffer of 82.8.
    world.walk_price("SOL", "138");
    world.mark("alice").unwrap();
    assert_eq!(world.view("alice").liquidatable, 1);
    // At 138.5: 84.7 against 83.1.
    world.walk_price("SOL", "138.5");
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "NotLiquidatable");
    world.mark("alice").unwrap();
    assert_eq!(world.margin("alice").state.episode(), Episode::None);
    expect_error(world.mark("alice"), "NotLiquidatable");
    // Back at 138 she is above her line.
    world.walk_price("SOL", "138");
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "NotLiquidatable");
}

#[test]
fn a_bid_begins_an_episode_and_a_trade_can_end_it() {
    // At 136.8 ten lots leave the account below its line of 67.716.
    let mut world = long_at(200, "136.8");
    let slot = world.vm.now().slot;
    let bid = lots(&world, "SOL-PERP", 10);
    world.liquidate("keeper", "alice", &bid).unwrap();
    assert_eq!(world.margin("alice").state.episode(), Episode::Since(slot));

    // Half sold at the index: about 67.5 less 0.137 against a buffer of 1.2 * 33.5.
    world.trade("alice", "bob", "SOL-PERP", -500, "136.8").unwrap();
    assert_eq!(world.margin("alice").state.episode(), Episode::None);
    expect_error(world.liquidate("keeper", "alice", &bid), "NotLiquidatable");
}

#[test]
fn a_slice_ends_the_episode_that_a_mark_began() {
    let mut world = long_at(200, "136");
    world.mark("alice").unwrap();
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    assert_eq!(world.margin("alice").state.episode(), Episode::None);
}

#[test]
fn owner_and_delegate_bid_for_an_account_and_nobody_else() {
    let mut world = long_at(200, "136");
    let now = world.vm.now().time.get();
    world.delegate("keeper", "desk", now + 100).unwrap();
    let bid = lots(&world, "SOL-PERP", 10);
    let by = |world: &World, name| {
        let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
        liquidate(&world.directory, &address(name), &alice, &keeper, &bid, false).unwrap()
    };
    for stranger in ["mallory", "alice", "owner"] {
        let one = by(&world, stranger);
        expect_error(world.send(&[one], &[stranger]), "NotAccountAuthority");
    }
    let mut one = by(&world, "keeper");
    one.accounts[0].is_signer = false;
    expect_error(world.send(&[one], &[]), "MissingRequiredSignature");
    let one = by(&world, "desk");
    world.send(&[one], &["desk"]).unwrap();
    world.advance_seconds(100);
    let one = by(&world, "desk");
    expect_error(world.send(&[one], &["desk"]), "DelegateExpired");
}

#[test]
fn a_bid_names_rows_that_are_there_each_once_and_no_more_than_there_is() {
    let mut world = long_at(200, "136");
    let (sol, btc) = (world.instrument_key("SOL-PERP").raw(), world.instrument_key("BTC-PERP"));
    let quote = world.token_key("USDC").raw();
    let row = |key, amount| BidRow { key, amount };
    let bids = [
        (vec![], "BidEmpty"),
        (vec![row(btc.raw(), 1)], "BidRowUnknown"),
        (vec![row(quote, USDC as i64)], "BidRowUnknown"),
        (vec![row(sol, 10), row(btc.raw(), 1)], "BidRowUnknown"),
        (vec![row(sol, 0)], "BidAmountOutOfRange"),
        (vec![row(sol, -1)], "BidAmountOutOfRange"),
        (vec![row(sol, 1_001)], "BidAmountOutOfRange"),
        (vec![row(sol, 10), row(sol, 10)], "BidRowsOutOfOrder"),
    ];
    for (rows, error) in bids {
        let outcome = world.liquidate("keeper", "alice", &Bid::rows(rows.clone()));
        assert!(outcome.is_err(), "{rows:?} went through");
        expect_error(outcome, error);
    }
    let bid = lots(&world, "SOL-PERP", 10);
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let mut one =
        liquidate(&world.directory, &address("keeper"), &alice, &keeper, &bid, false).unwrap();
    let at = one.data.windows(8).position(|bytes| bytes == sol.to_le_bytes()).unwrap();
    // What is too large for the client to reckon with.
    for amount in [i64::MAX, i64::MIN] {
        one.data[at + 8..at + 16].copy_from_slice(&amount.to_le_bytes());
        expect_error(world.send(&[one.clone()], &["keeper"]), "BidAmountOutOfRange");
    }
    // A number that is no key of a row: kind 255.
    one.data[at + 2] = 255;
    expect_error(world.send(&[one], &["keeper"]), "BidRowUnknown");

    let mut bid = Bid::slice();
    bid.request = BidRequest::Slice { share_max: 0 };
    expect_error(world.liquidate("keeper", "alice", &bid), "BidEmpty");
}

#[test]
fn rows_are_named_in_their_order() {
    let mut world = hedged();
    let sol = BidRow { key: world.token_key("SOL").raw(), amount: 100_000_000 };
    let perp = BidRow { key: world.instrument_key("SOL-PERP").raw(), amount: -200 };
    let refused = world.liquidate("keeper", "alice", &Bid::rows(vec![perp, sol]));
    expect_error(refused, "BidRowsOutOfOrder");
    world.liquidate("keeper", "alice", &Bid::rows(vec![sol, perp])).unwrap();
    assert_eq!(world.balance("keeper", "SOL"), 100_000_000);
    assert_eq!(world.position("keeper", "SOL-PERP").0, -200);
}

#[test]
fn a_bidder_without_room_for_the_row_is_refused() {
    let mut world = World::with(|markets| {
        let sol = markets.instruments[0].clone();
        for number in 0..24 {
            let mut one = sol.clone();
            one.name = format!("SOL-{number}");
            markets.instruments.push(one);
        }
    });
    traders(&mut world, &[("alice", 200), ("bob", 100_000), ("bob/1", 100_000), ("keeper", 9_999)]);
    for number in 0..24 {
        world.trade("keeper", "bob", &format!("SOL-{number}"), 1, "150").unwrap();
    }
    world.trade("alice", "bob/1", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "136");
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "PositionRowsFull");
    world.trade("keeper", "bob", "SOL-0", -1, "136").unwrap();
    // Flat, but with a loss that was not settled: the row is still there.
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "PositionRowsFull");
}

#[test]
fn a_bidder_without_room_for_the_token_may_still_take_other_rows() {
    let mut world = World::with(|markets| {
        let sol = markets.tokens[1].clone();
        for number in 0..6 {
            let mut one = sol.clone();
            one.mint = format!("T{number}");
            markets.tokens.push(one);
        }
    });
    traders(&mut world, &[("alice", 200), ("bob", 100_000), ("keeper", 9_999)]);
    for token in ["SOL", "T0", "T1", "T2", "T3", "T4", "T5"] {
        world.deposit("keeper", token, 1).unwrap();
    }
    world.deposit("alice", "BTC", 1_000).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "136");

    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "TokenRowsFull");
    let bid = lots(&world, "SOL-PERP", 100);
    world.liquidate("keeper", "alice", &bid).unwrap();
}
