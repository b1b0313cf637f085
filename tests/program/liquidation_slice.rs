//! How much does a bid take, what is it paid, and does cutting it into pieces gain anything?
//!
//! Discounts are reckoned here in plain integers, from beta in parts per million and the released
//! requirement in quote atoms.

use plimsoll_client::events::Liquidated;
use plimsoll_client::instruction::{liquidate, Bid};
use plimsoll_client::BidRequest;
use plimsoll_tests::{address, assert_near, expect_error, keypair, World, BTC, USDC};

use crate::given::{hedged, local_with, long_at, lots, traders};

fn bid(world: &mut World, bid: &Bid) -> Liquidated {
    world.liquidate("keeper", "alice", bid).unwrap().events::<Liquidated>()[0]
}

/// What a bid would bring, without making it.
fn simulated(world: &mut World, bid: &Bid) -> Liquidated {
    let (alice, keeper) = (world.margin("alice"), world.margin("keeper"));
    let authority = address("keeper");
    let one = liquidate(&world.directory, &authority, &alice, &keeper, bid, false).unwrap();
    let receipt = world.vm.simulate(&[one], &[&keypair("keeper")]).unwrap();
    receipt.events::<Liquidated>()[0]
}

/// A part of the whole, in 2^-63.
fn slice(share_max: u64) -> Bid {
    Bid { request: BidRequest::Slice { share_max }, ..Bid::slice() }
}

#[test]
fn every_atom_of_a_bid_is_accounted_for() {
    // 200 lots at 136.8, beta 0.230699 (see `liquidation_rules`).
    let mut world = long_at(200, "136.8");
    let (bob, fund) = (world.balance("bob", "USDC"), world.insurance());

    let event = {
        let two_hundred = lots(&world, "SOL-PERP", 200);
        bid(&mut world, &two_hundred)
    };

    // 0.0684 per lot: 13.68 released, of which 0.230699 are 3,155,962.3.
    assert_near(event.equity_before_quote_atoms, 67_700_000, 1);
    assert_near(event.requirement_before_quote_atoms, 68_400_000, 1);
    assert_near(event.released_quote_atoms, 13_680_000, 1);
    assert_eq!(event.beta_ppm, 230_699);
    assert_eq!(event.discount_quote_atoms, 3_155_962);
    // A tenth of it, rounded down, for the fund.
    assert_eq!(event.insurance_cut_quote_atoms, 315_596);
    assert_eq!(event.insurance_paid_quote_atoms, 0);
    assert_eq!(world.insurance(), fund + 315_596);
    // A fifth of the flow of -1,500.3 goes along: the rows are worth 273.6 - 300.06 = -26.46.
    assert_eq!(world.position("keeper", "SOL-PERP"), (200, -300_060_000));
    assert_eq!(world.position("alice", "SOL-PERP"), (800, -1_200_240_000));
    assert_near(event.bidder_delta_quote_atoms, 26_460_000 + 3_155_962 - 315_596, 1);
    assert_eq!(world.balance("keeper", "USDC"), 100_000_000_000 + event.bidder_delta_quote_atoms);
    let paid = event.bidder_delta_quote_atoms + event.insurance_cut_quote_atoms;
    assert_eq!(world.balance("alice", "USDC"), 200_000_000 - paid);
    // It was nobody else's business.
    assert_eq!(world.balance("bob", "USDC"), bob);
}

#[test]
fn the_discount_is_beta_of_the_released_requirement_to_the_last_atom() {
    for (price, part) in [("136.8", 1), ("136.5", 77), ("136.1", 33), ("134.37", 401)] {
        let mut world = long_at(200, price);
        let one = lots(&world, "SOL-PERP", part);
        let event = bid(&mut world, &one);

        // The event rounds down what was released: the discount lies between the two.
        let beta = i64::from(event.beta_ppm);
        let least = beta * event.released_quote_atoms / 1_000_000;
        let most = beta * (event.released_quote_atoms + 1) / 1_000_000;
        assert!((least..=most).contains(&event.discount_quote_atoms), "{event:?}");
        assert_eq!(event.insurance_cut_quote_atoms, event.discount_quote_atoms / 10);
    }
}

#[test]
fn a_slice_stops_at_the_buffer_within_a_lot() {
    // 216.9 of 1,000 lots (see `liquidation_rules`), rounded away from zero.
    let mut world = long_at(200, "136.8");

    let event = bid(&mut world, &Bid::slice());

    assert_eq!(world.position("keeper", "SOL-PERP").0, 217);
    assert_near(event.released_quote_atoms, 217 * 68_400, 1);
    let report = world.view("alice");
    let above = report.equity_quote_atoms - report.maintenance_quote_atoms * 12 / 10;
    // A lot brings 0.0663.
    assert!((0..66_300).contains(&above), "{above}");
    assert_eq!(report.liquidatable, 0);
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "NotLiquidatable");
}

#[test]
fn a_slice_takes_no_more_than_its_bidder_wants() {
    let mut world = long_at(200, "136.8");
    // A tenth: a hundred lots.
    let event = bid(&mut world, &slice((1 << 63) / 10 + 1));
    assert_eq!(world.position("keeper", "SOL-PERP").0, 101);
    assert_near(event.released_quote_atoms, 101 * 68_400, 1);
    // The least that there is takes the least that can be taken.
    bid(&mut world, &slice(1));
    assert_eq!(world.position("keeper", "SOL-PERP").0, 102);
    // More than all is all that the rule gives.
    bid(&mut world, &slice(u64::MAX));
    assert_eq!(world.view("alice").liquidatable, 0);
}

#[test]
fn a_slice_of_a_hedged_book_keeps_its_hedge() {
    // Equity 69.4, requirement 85.8, beta 0.5: the slice is (1.2 * 85.8 - 69.4) / (0.7 * 85.8),
    // 33.56 / 60.06 = 0.5587746.
    let mut world = hedged();

    let event = bid(&mut world, &Bid::slice());

    assert_eq!(event.beta_ppm, 500_000);
    assert_eq!(world.position("keeper", "SOL-PERP").0, -1_118);
    assert_eq!(world.position("alice", "SOL-PERP").0, -882);
    assert_near(world.balance("keeper", "SOL"), 5_587_745_588, 1_000);
    assert_eq!(world.balance("keeper", "SOL") + world.balance("alice", "SOL"), 10_000_000_000);
    let report = world.view("alice");
    // A whole lot of the short was rounded up: 1.56 of a net of 688 more than the share.
    assert_near(report.equity_quote_atoms, report.maintenance_quote_atoms * 12 / 10, 100_000);
    assert_eq!(report.liquidatable, 0);
}

#[test]
fn borrowed_money_is_repaid_out_of_sold_collateral() {
    // One BTC against a debt of 90,000 USDC, at 94,000: equity 4,000, requirement 4,700, beta 0.5.
    // The slice is (5,640 - 4,000) / (0.7 * 4,700) = 0.4984802 BTC, worth 46,857.14, and
    // 1,171.43 are the discount.
    let mut world = local_with(&[("bob", 200_000), ("keeper", 100_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "BTC", BTC).unwrap();
    world.borrow("alice", "USDC", 90_000 * USDC, u64::MAX).unwrap();
    world.walk_price("BTC", "94000");

    let event = bid(&mut world, &Bid::slice());

    assert_near(world.balance("keeper", "BTC"), 49_848_025, 1);
    assert_near(event.discount_quote_atoms, 1_171_428_571, 30_000);
    assert_near(event.bidder_delta_quote_atoms, -45_802_857_142, 1_000_000);
    // 45,685.71 of the debt are gone.
    assert_near(world.balance("alice", "USDC"), -44_314_285_714, 1_000_000);
    assert_eq!(world.view("alice").liquidatable, 0);
}

#[test]
fn beta_rises_with_time_from_the_mark_on() {
    // 68.4 against 68.435: a depth of 0.000511, which is worth 0.001533.
    let mut world = long_at(200, "136.87");
    let beta = |world: &World| world.snapshot().beta(&world.margin("alice").state).unwrap().ppm();
    assert_eq!(beta(&world), 201_533);
    // Without a mark there is no clock.
    world.advance_slots(1_000);
    assert_eq!(beta(&world), 201_533);

    world.mark("alice").unwrap();
    for (slots, expected) in
        [(0, 201_533), (75, 350_000), (74, 498_000), (1, 500_000), (999, 500_000)]
    {
        world.advance_slots(slots);
        assert_eq!(beta(&world), expected);
        let one = lots(&world, "SOL-PERP", 1);
        let beta = simulated(&mut world, &one).beta_ppm;
        assert_eq!(beta, expected);
    }
}

#[test]
fn beta_rises_with_depth_at_once() {
    // 64.7 against 68.25: a depth of 0.052014.  0.2 + 0.3 * 0.52014.
    let mut world = long_at(200, "136.5");
    let one = lots(&world, "SOL-PERP", 1);
    assert_eq!(bid(&mut world, &one).beta_ppm, 356_042);
    // 10 % is at 1300.3 / 9.55 = 136.157: 61.3 against 68.08 is 9.9588 %.
    for (price, expected) in [("136.16", 498_764), ("136.15", 500_000)] {
        let mut world = long_at(200, price);
        let one = lots(&world, "SOL-PERP", 1);
        assert_eq!(bid(&mut world, &one).beta_ppm, expected);
    }
}

/// Sum of discounts and of what the bidder gets, of bids on these parts one after the other.
fn chain(world: &mut World, parts: &[i64]) -> (i64, i64) {
    let mut sums = (0, 0);
    for part in parts {
        let one = lots(world, "SOL-PERP", *part);
        let event = bid(world, &one);
        sums.0 += event.discount_quote_atoms;
        sums.1 += event.bidder_delta_quote_atoms;
    }
    sums
}

#[test]
fn cutting_a_bid_into_pieces_gains_nothing() {
    // At full beta, by time, all the way.
    let at_full = || {
        let mut world = long_at(200, "136");
        world.mark("alice").unwrap();
        world.advance_slots(150);
        world
    };
    let whole = chain(&mut at_full(), &[300]);
    assert_near(whole.0, 10_200_000, 1);
    for parts in [&[100, 100, 100][..], &[1, 299], &[299, 1], &[50; 6], &[97, 101, 102]] {
        let pieces = chain(&mut at_full(), parts);
        let roundings = i64::try_from(parts.len()).unwrap();
        assert!(pieces.0 <= whole.0, "{parts:?}");
        assert_near(pieces.0, whole.0, roundings);
        assert_near(pieces.1, whole.1, 3 * roundings);
    }
}

#[test]
fn a_rising_beta_favours_the_first_bid_and_the_whole() {
    // Each piece leaves less depth to the next: pieces are paid less.
    let whole = chain(&mut long_at(200, "136.6"), &[200]);
    let pieces = chain(&mut long_at(200, "136.6"), &[100, 100]);
    assert!(pieces.0 < whole.0, "{pieces:?} {whole:?}");
}

#[test]
fn the_order_of_two_rows_makes_no_difference() {
    // Longs of 10 SOL and 0.02 BTC on 350: 262.5 of initial margin. SOL falls to 128: 350 - 0.7 -
    // 220 against 64 + 100.
    let world = || {
        let mut world = local_with(&[("alice", 350), ("bob", 100_000), ("keeper", 100_000)]);
        world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
        world.trade("alice", "bob", "BTC-PERP", 200, "100000").unwrap();
        world.walk_price("SOL", "128");
        world
    };
    let sum = |world: &mut World, order: [(&str, i64); 2]| -> i64 {
        let events = order.map(|(name, part)| {
            let one = lots(world, name, part);
            bid(world, &one)
        });
        events.iter().map(|event| event.discount_quote_atoms).sum()
    };
    let one = sum(&mut world(), [("SOL-PERP", 200), ("BTC-PERP", 40)]);
    let other = sum(&mut world(), [("BTC-PERP", 40), ("SOL-PERP", 200)]);
    // A fifth of 164, half of it.
    assert_near(one, 16_400_000, 2);
    assert_near(other, one, 2);
}

#[test]
fn each_bid_raises_health_and_lowers_depth() {
    let mut world = long_at(200, "134");
    let mut before = world.view("alice");
    for _ in 0..8 {
        bid(&mut world, &slice(1 << 60));
        let after = world.view("alice");
        assert!(after.health_maintenance_quote_atoms > before.health_maintenance_quote_atoms);
        assert!(after.maintenance_quote_atoms < before.maintenance_quote_atoms);
        let depth = |one: &plimsoll_client::AccountReport| {
            -one.health_maintenance_quote_atoms * 1_000 / one.maintenance_quote_atoms
        };
        assert!(depth(&after) <= depth(&before));
        before = after;
        if before.liquidatable == 0 {
            return;
        }
    }
}

#[test]
fn open_interest_falls_by_what_meets_its_other_side() {
    // The bidder is short 100, and takes 300 longs: 100 of them close.
    let mut world = long_at(200, "134");
    let open_interest = |world: &World| world.directory.pool(0).unwrap().state.open_interest_lots;
    world.trade("bob", "keeper", "SOL-PERP", 100, "134").unwrap();
    // Bob bought back from keeper: the same thousand, in two hands.
    assert_eq!(open_interest(&world), 1_000);
    let one = lots(&world, "SOL-PERP", 300);
    bid(&mut world, &one);
    assert_eq!(world.position("keeper", "SOL-PERP").0, 200);
    assert_eq!(open_interest(&world), 900);
    // From one long to another nothing closes.
    let one = lots(&world, "SOL-PERP", 100);
    bid(&mut world, &one);
    assert_eq!(open_interest(&world), 900);
}

#[test]
fn rows_of_several_kinds_are_sliced_at_once() {
    // Longs of SOL and ETH, BTC as collateral.
    let mut world = local_with(&[("bob", 100_000), ("keeper", 100_000)]);
    traders(&mut world, &[("alice", 600)]);
    world.deposit("alice", "BTC", BTC / 100).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 4_000, "150").unwrap();
    world.trade("alice", "bob", "ETH-PERP", 1_000, "4000").unwrap();
    world.walk_price("SOL", "130");

    // 1,600 - 0.8 - 1.2 - 800 against 50 + 260 + 200 is still well.
    expect_error(world.liquidate("keeper", "alice", &Bid::slice()), "NotLiquidatable");
    world.walk_price("SOL", "120");
    // 1,598 - 1,200 = 398 against 50 + 240 + 200 = 490, beta 0.5: (588 - 398) / (0.7 * 490) of
    // everything, 0.5539359.
    bid(&mut world, &Bid::slice());
    assert_eq!(world.position("keeper", "SOL-PERP").0, 2_216);
    assert_eq!(world.position("keeper", "ETH-PERP").0, 554);
    assert_near(world.balance("keeper", "BTC"), 553_936, 1);
    assert_eq!(world.view("alice").liquidatable, 0);
}

/// Alice was short 10 SOL from 150 to 155 and has closed that: 50 lost and two fees, not settled. Then
/// her long of 0.5 ETH sinks her, to 34 against 89.
fn closed_short() -> World {
    let mut world = local_with(&[("alice", 300), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "ETH-PERP", 500, "4000").unwrap();
    world.trade("alice", "bob", "SOL-PERP", -1_000, "150").unwrap();
    world.walk_price("SOL", "155");
    world.trade("alice", "bob", "SOL-PERP", 1_000, "155").unwrap();
    world.walk_price("ETH", "3570");
    world
}

/// Was the keeper's flow in SOL a short's? None without a row.
fn keeps_short(world: &World) -> Option<bool> {
    let row = world.margin("keeper").state.row(world.instrument_key("SOL-PERP")).unwrap().copied();
    row.map(|row| row.was_short())
}

#[test]
fn a_flow_without_a_size_takes_its_side_along() {
    let mut world = closed_short();
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    let (lots, flow) = world.position("keeper", "SOL-PERP");
    assert!(lots == 0 && flow < -10_000_000, "{flow}");
    assert_eq!(keeps_short(&world), Some(true));
}

#[test]
fn of_two_flows_without_a_size_the_larger_one_says_the_side() {
    // The keeper has bought 1,000 lots and sold them 50 lower: what it takes of alice's is less.
    for (lower, is_short) in [("155", true), ("152", false)] {
        let mut world = closed_short();
        world.trade("keeper", "bob", "SOL-PERP", 2_000, "156").unwrap();
        world.trade("keeper", "bob", "SOL-PERP", -2_000, lower).unwrap();
        let own = world.position("keeper", "SOL-PERP");
        assert_eq!((own.0, keeps_short(&world)), (0, Some(false)));
        world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
        let taken = world.position("keeper", "SOL-PERP").1 - own.1;
        assert_eq!(taken < own.1, is_short, "took {taken}, had {}", own.1);
        assert_eq!(keeps_short(&world), Some(is_short));
    }
}

#[test]
fn a_size_says_the_side_whatever_flow_comes_to_it() {
    let mut world = closed_short();
    world.trade("keeper", "bob", "SOL-PERP", 1, "155").unwrap();
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    assert_eq!(world.position("keeper", "SOL-PERP").0, 1);
    assert_eq!(keeps_short(&world), Some(false));
}
