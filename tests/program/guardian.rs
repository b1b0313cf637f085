//! What may the guardian do, and what not?

use plimsoll_client::events::{PauseSet, Tightened};
use plimsoll_client::instruction::Bid;
use plimsoll_client::state::InstrumentStatus;
use plimsoll_client::{Change, PauseClass, Tightening};
use plimsoll_tests::{expect_error, World, SOL, TIMELOCK, USDC};

use crate::given::traders;

const DAY: u64 = 86_400;

/// Alice is long 10 SOL at 150 on 200 USDC, bob is short; a keeper stands by.
fn market() -> World {
    let mut world = World::governed();
    traders(&mut world, &[("alice", 200), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world
}

/// The same with alice below her line.
fn fallen() -> World {
    let mut world = market();
    world.walk_price("SOL", "136");
    world
}

#[test]
fn only_the_guardian_pauses_and_only_for_a_day() {
    let mut world = market();
    for name in ["owner", "lister", "risk manager", "mallory"] {
        expect_error(world.pause(name, PauseClass::Trade, 1), "NotGuardian");
    }
    expect_error(world.pause("guardian", PauseClass::Trade, 0), "PauseTooLong");
    expect_error(world.pause("guardian", PauseClass::Trade, DAY + 1), "PauseTooLong");
    expect_error(world.pause("guardian", PauseClass::Trade, u64::MAX), "PauseTooLong");
    let receipt = world.pause("guardian", PauseClass::Borrow, DAY).unwrap();
    let [set] = receipt.events::<PauseSet>()[..] else { panic!("one receipt") };
    assert_eq!((set.class, set.budget_seconds), (1, 2 * DAY));
    assert_eq!(set.until, world.vm.now().time.get() + 86_400);
}

#[test]
fn a_pause_of_trades_stops_them_until_it_ends_by_itself() {
    let mut world = market();
    world.pause("guardian", PauseClass::Trade, 100).unwrap();
    expect_error(world.trade("alice", "bob", "SOL-PERP", -1, "150"), "Paused");
    // Money moves as ever.
    world.deposit("alice", "USDC", USDC).unwrap();
    world.withdraw("alice", "USDC", USDC).unwrap();
    world.borrow("bob", "USDC", USDC, USDC).unwrap();
    world.advance_seconds(98);
    expect_error(world.trade("alice", "bob", "SOL-PERP", -1, "150"), "Paused");
    world.advance_seconds(2);
    world.trade("alice", "bob", "SOL-PERP", -1, "150").unwrap();
}

#[test]
fn a_pause_of_borrowing_stops_no_withdrawal_and_no_repayment() {
    let mut world = market();
    world.deposit("bob", "SOL", 100 * SOL).unwrap();
    world.borrow("keeper", "SOL", SOL, SOL).unwrap();
    world.pause("guardian", PauseClass::Borrow, 100).unwrap();
    expect_error(world.borrow("keeper", "SOL", 1, 1), "Paused");
    // What may be borrowed and is not is no borrowing.
    world.borrow("bob", "SOL", SOL, SOL).unwrap();
    world.deposit("keeper", "SOL", SOL).unwrap();
    world.trade("alice", "bob", "SOL-PERP", -1, "150").unwrap();
    world.advance_seconds(100);
    world.borrow("keeper", "SOL", 1, 1).unwrap();
}

#[test]
fn a_pause_of_bids_stops_them_and_then_owners_act_first() {
    let mut world = fallen();
    let bid = Bid::slice();
    world.pause("guardian", PauseClass::Liquidate, 100).unwrap();
    expect_error(world.liquidate("keeper", "alice", &bid), "Paused");
    world.mark("alice").unwrap();
    world.advance_seconds(100);
    expect_error(world.liquidate("keeper", "alice", &bid), "OwnerFirst");
    // The owner may.
    world.trade("alice", "bob", "SOL-PERP", -10, "136").unwrap();
    world.advance_seconds(58);
    expect_error(world.liquidate("keeper", "alice", &bid), "OwnerFirst");
    world.advance_seconds(2);
    world.liquidate("keeper", "alice", &bid).unwrap();
}

#[test]
fn owners_act_first_after_a_pause_of_trades_and_after_one_that_was_ended() {
    let mut world = fallen();
    let bid = Bid::slice();
    world.pause("guardian", PauseClass::Trade, DAY).unwrap();
    expect_error(world.unpause("mallory", PauseClass::Trade), "NotGuardian");
    let receipt = world.unpause("owner", PauseClass::Trade).unwrap();
    let [set] = receipt.events::<PauseSet>()[..] else { panic!("one receipt") };
    assert_eq!(set.until, world.vm.now().time.get());
    world.trade("alice", "bob", "SOL-PERP", -1, "136").unwrap();
    expect_error(world.liquidate("keeper", "alice", &bid), "OwnerFirst");
    world.advance_seconds(60);
    world.liquidate("keeper", "alice", &bid).unwrap();
    // Where nothing is paused, nothing happens.
    world.unpause("guardian", PauseClass::Trade).unwrap();
    world.unpause("guardian", PauseClass::Liquidate).unwrap();
    assert_eq!(world.group().paused_until[2], 0);
}

#[test]
fn a_pause_of_profits_stops_no_loss() {
    let mut world = fallen();
    // Profit counts at the stable price, which takes its time.
    for _ in 0..25 {
        world.advance_seconds(60);
        world.refresh("SOL").unwrap();
    }
    world.pause("guardian", PauseClass::SettleProfit, 100).unwrap();
    world.settle("alice", "SOL-PERP", None).unwrap();
    expect_error(world.settle("bob", "SOL-PERP", None), "Paused");
    world.advance_seconds(100);
    world.settle("bob", "SOL-PERP", None).unwrap();
}

#[test]
fn pauses_come_out_of_a_budget_that_refills_slowly() {
    let mut world = market();
    // Three days, less what owners get afterwards: 60 seconds each time for trades and bids.
    world.pause("guardian", PauseClass::Borrow, DAY).unwrap();
    world.pause("guardian", PauseClass::SettleProfit, DAY).unwrap();
    expect_error(world.pause("guardian", PauseClass::Trade, DAY - 59), "PauseBudgetSpent");
    world.pause("guardian", PauseClass::Trade, DAY - 60).unwrap();
    assert_eq!(world.group().pause_budget_seconds, 0);
    expect_error(world.pause("guardian", PauseClass::Borrow, 1), "PauseBudgetSpent");
    // Ending a pause brings nothing back.
    world.unpause("guardian", PauseClass::Borrow).unwrap();
    expect_error(world.pause("guardian", PauseClass::Borrow, 1), "PauseBudgetSpent");
    world.advance_seconds(8);
    expect_error(world.pause("guardian", PauseClass::Borrow, 1), "PauseBudgetSpent");
    world.advance_seconds(2);
    world.pause("guardian", PauseClass::Borrow, 1).unwrap();
    // A second of trades costs a minute more, or bids could be kept away for nothing.
    world.advance_seconds(608);
    expect_error(world.pause("guardian", PauseClass::Trade, 1), "PauseBudgetSpent");
    world.advance_seconds(2);
    world.pause("guardian", PauseClass::Trade, 1).unwrap();
    // It never holds more than three days.
    world.advance_seconds(40 * DAY);
    world.pause("guardian", PauseClass::Borrow, DAY).unwrap();
    assert_eq!(world.group().pause_budget_seconds, 2 * DAY);
}

#[test]
fn a_pause_is_never_made_shorter_by_another() {
    let mut world = market();
    world.pause("guardian", PauseClass::Borrow, 1_000).unwrap();
    let until = world.group().paused_until[1];
    world.pause("guardian", PauseClass::Borrow, 10).unwrap();
    assert_eq!(world.group().paused_until[1], until);
}

#[test]
fn the_guardian_tightens_at_once_and_never_loosens() {
    let mut world = market();
    world.deposit("bob", "SOL", 100 * SOL).unwrap();
    let sol = 1;
    let tightenings = [
        Tightening::DepositCap { collateral: sol, cap_token_atoms: 10 },
        Tightening::BorrowCap { collateral: sol, cap_token_atoms: 0 },
        Tightening::Outflow { collateral: sol, outflow_ppm: 10_000 },
        Tightening::OpenInterestCap { instrument: 0, cap_lots: 5 },
        Tightening::ReduceOnly { instrument: 0 },
    ];
    for name in ["owner", "risk manager", "mallory"] {
        expect_error(world.tighten(name, tightenings[0]), "NotGuardian");
    }
    let low = Tightening::Outflow { collateral: sol, outflow_ppm: 9_999 };
    expect_error(world.tighten("guardian", low), "ParameterOutOfBounds");
    for (kind, what) in (0..).zip(tightenings) {
        let receipt = world.tighten("guardian", what).unwrap();
        assert_eq!(receipt.events::<Tightened>()[0].kind, kind);
        expect_error(world.tighten("guardian", what), "NotTighter");
    }
    let looser = [
        Tightening::DepositCap { collateral: sol, cap_token_atoms: 11 },
        Tightening::BorrowCap { collateral: sol, cap_token_atoms: 1 },
        Tightening::Outflow { collateral: sol, outflow_ppm: 10_001 },
        Tightening::OpenInterestCap { instrument: 0, cap_lots: 6 },
    ];
    for what in looser {
        expect_error(world.tighten("guardian", what), "NotTighter");
    }
    let state = *world.collateral("SOL");
    assert_eq!((state.deposit_cap_token_atoms, state.borrow_cap_token_atoms), (10, 0));
    assert!(world.instrument_state("SOL-PERP").status == InstrumentStatus::ReduceOnly);
    expect_error(world.deposit("bob", "SOL", 1), "DepositCapExceeded");
    expect_error(world.borrow("keeper", "SOL", 1, 1), "BorrowNotAllowed");
}

#[test]
fn nothing_that_was_proposed_before_undoes_what_the_guardian_tightened() {
    let mut world = market();
    let fee = world.change_instrument("SOL-PERP", false, |params| params.trade_fee_ppm = 300);
    let curve = world.change_token("SOL", |params| params.kinks[3].rate_ppm = 3_000_000);
    world.propose("risk manager", fee.clone()).unwrap();
    world.propose("risk manager", curve).unwrap();
    world.advance_seconds(TIMELOCK);
    world.tighten("guardian", Tightening::ReduceOnly { instrument: 0 }).unwrap();
    world.tighten("guardian", Tightening::Outflow { collateral: 1, outflow_ppm: 10_000 }).unwrap();

    expect_error(world.execute(0), "ProposalStale");
    expect_error(world.execute(1), "ProposalStale");
    // Whoever knows of it may propose the same again.
    world.propose("risk manager", fee).unwrap();
    world.advance_seconds(TIMELOCK);
    world.execute(2).unwrap();
    assert!(world.instrument_state("SOL-PERP").status == InstrumentStatus::Active);
}

#[test]
fn where_positions_may_only_shrink_no_side_grows_or_turns() {
    let mut world = market();
    world.tighten("guardian", Tightening::ReduceOnly { instrument: 0 }).unwrap();
    let refused = [("alice", "bob", 1), ("keeper", "bob", 1), ("alice", "keeper", -1)];
    for (first, second, lots) in refused {
        let outcome = world.trade(first, second, "SOL-PERP", lots, "150");
        expect_error(outcome, "InstrumentReduceOnly");
    }
    expect_error(world.trade("alice", "bob", "SOL-PERP", -1_001, "150"), "InstrumentReduceOnly");
    world.trade("alice", "bob", "SOL-PERP", -1_000, "150").unwrap();
    // Loosened by a proposal alone.
    let change = world.change_instrument("SOL-PERP", false, |_| ());
    let id = world.propose_and_wait("risk manager", change);
    world.execute(id).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1, "150").unwrap();
}

#[test]
fn where_positions_may_only_shrink_an_account_can_still_be_liquidated() {
    let mut world = fallen();
    world.tighten("guardian", Tightening::ReduceOnly { instrument: 0 }).unwrap();
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

#[test]
fn after_an_oracle_stood_still_owners_act_first() {
    let mut world = fallen();
    let bid = Bid::slice();
    // Four times the greatest age is 240 seconds; until then nobody is surprised.
    world.advance_quietly(239 * 5 / 2);
    world.set_price("SOL", "136");
    world.set_price("USDC", "1");
    world.refresh("SOL").unwrap();
    assert_eq!(world.underlying_state("SOL").owner_first_until, 0);

    world.advance_quietly(242 * 5 / 2);
    world.set_price("SOL", "136");
    world.set_price("USDC", "1");
    // Bids need no refresh, but the gap is known to the first one.
    world.refresh("SOL").unwrap();
    let until = world.vm.now().time.get() + 60;
    assert_eq!(world.underlying_state("SOL").owner_first_until, until);
    expect_error(world.liquidate("keeper", "alice", &bid), "OwnerFirst");
    world.mark("alice").unwrap();
    world.trade("alice", "bob", "SOL-PERP", -10, "136").unwrap();
    // It is counted once.
    world.advance_seconds(58);
    world.refresh("SOL").unwrap();
    expect_error(world.liquidate("keeper", "alice", &bid), "OwnerFirst");
    world.advance_seconds(2);
    world.liquidate("keeper", "alice", &bid).unwrap();
}

#[test]
fn a_gap_of_another_underlying_is_in_nobodys_way() {
    let mut world = fallen();
    world.advance_quietly(300 * 5 / 2);
    for (name, price) in [("SOL", "136"), ("USDC", "1"), ("BTC", "100000"), ("ETH", "4000")] {
        world.set_price(name, price);
    }
    world.refresh("BTC").unwrap();
    let bid = Bid::slice();
    world.liquidate("keeper", "alice", &bid).unwrap();
    assert!(world.underlying_state("BTC").owner_first_until > 0);
}

#[test]
fn after_a_change_of_sources_owners_act_first() {
    let mut world = market();
    let source = world.own_oracle("OTHER", "150");
    let change = Change::UnderlyingOracles { index: 1, sources: vec![source] };
    let id = world.propose_and_wait("owner", change);
    world.set_price("SOL", "150");
    // No jump, and yet below what alice can bear.
    world.edit_feed("OTHER", |feed| feed.set("136", "0"));
    world.advance_seconds(1);
    world.execute(id).unwrap();
    world.reread();
    let bid = Bid::slice();
    expect_error(world.liquidate("keeper", "alice", &bid), "OwnerFirst");
    world.advance_seconds(58);
    expect_error(world.liquidate("keeper", "alice", &bid), "OwnerFirst");
    world.advance_seconds(2);
    world.liquidate("keeper", "alice", &bid).unwrap();
}

#[test]
fn a_proposal_waits_no_longer_for_a_pause() {
    let mut world = market();
    let change = world.change_token("SOL", |_| ());
    world.propose("owner", change).unwrap();
    world.pause("guardian", PauseClass::Trade, DAY / 2).unwrap();
    world.advance_seconds(TIMELOCK);
    world.execute(0).unwrap();
}
