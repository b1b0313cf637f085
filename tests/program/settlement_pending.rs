//! Can the winners of a contract that has settled leave before it is known who bears what a loser
//! cannot pay?

use plimsoll_client::events::LossShared;
use plimsoll_client::instruction as ix;
use plimsoll_tests::contracts::PENDING_SECONDS;
use plimsoll_tests::{assert_near, expect_error, World, USDC};

use crate::options_trading::{listed, sample_window};

const CALL: &str = "SOL-150-C";
/// Who bought calls of alice, and how many lots.
const WINNERS: [(&str, i64); 3] = [("bob", 50), ("carol", 30), ("dave", 20)];
/// What alice cannot pay: calls on ten SOL that pay 40 each, less 137 that she got and 200 that she had.
const MISSING: i64 = 63_000_000;

/// Alice, with 200, sold calls on ten SOL at 150, which settled at this price; erin lends a thousand.
pub fn bankrupt(price: &'static str) -> World {
    let mut world = not_taken_over(price);
    for name in world.contracts() {
        world.refresh_array(&name).unwrap();
    }
    world
}

/// The same, and no contract has taken the price over.
pub fn not_taken_over(price: &'static str) -> World {
    let rich = WINNERS.map(|(name, _)| (name, 1_000));
    let others = [("alice", 200), ("erin", 1_000), ("keeper", 10_000)];
    let mut world = listed(&[&rich[..], &others].concat());
    for (name, lots) in WINNERS {
        world.trade(name, "alice", CALL, lots, "13.7").unwrap();
    }
    sample_window(&mut world, |_| price);
    world
}

/// So many milliseconds before positions are paid out.
fn wait_until(world: &mut World, milliseconds: i64) {
    let at = world.listed(CALL).array.refreshed_at + PENDING_SECONDS;
    let left = (at - world.vm.now().time.get()) * 1_000 - milliseconds;
    world.vm.move_clock(u64::try_from(left).unwrap());
}

#[test]
fn nobody_is_paid_out_before_losses_had_time_to_be_found() {
    let mut world = bankrupt("190");
    let index = world.instrument(CALL);
    let [alice, bob] = ["alice", "bob"].map(|name| {
        let account = world.margin_address(name);
        ix::settle_position(&world.directory, &account, index, None).unwrap()
    });
    let state = |world: &World| {
        let of = |name: &str| (world.position(name, CALL), world.balance(name, "USDC"));
        let pool = bytemuck::bytes_of(world.pool(CALL)).to_vec();
        (["alice", "bob"].map(of), pool, world.collateral("USDC").totals())
    };
    let before = state(&world);

    // The loss would be lent to the writer, and the winner be gone with it.
    for all in [&[alice.clone(), bob.clone()][..], &[alice], &[bob]] {
        expect_error(world.send(all, &[]), "SettlementPending");
    }

    assert_eq!(state(&world), before);
    // Money that is no profit of theirs is free meanwhile.
    for name in ["bob", "erin"] {
        world.withdraw(name, "USDC", 10 * USDC).unwrap();
    }
}

#[test]
fn what_a_writer_cannot_pay_is_borne_by_all_winners_and_by_no_lender() {
    let mut world = bankrupt("190");
    assert_near(world.report("alice").equity_quote_atoms, -MISSING, 100_000);
    assert_eq!(world.insurance(), 0);
    let lent = world.balance("erin", "USDC");
    let flows = |world: &World| WINNERS.map(|(name, _)| world.position(name, CALL).1);
    let before = flows(&world);

    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();
    let event = world.share_loss("alice", CALL).unwrap().events::<LossShared>()[0];

    let loss = event.loss_quote_atoms;
    assert_near(loss, MISSING, 100_000);
    // Well within what longs bear in a day.
    assert_eq!((event.charged_to_longs, event.debt_quote_atoms), (1, 0));
    assert_near(event.charged_quote_atoms, loss, 1);
    for ((_, lots), (before, after)) in WINNERS.iter().zip(before.iter().zip(flows(&world))) {
        assert_near(before - after, loss * lots / 100, 1);
    }
    for (name, _) in WINNERS {
        expect_error(world.settle(name, CALL, None), "SettlementPending");
    }

    world.await_payouts();
    for name in ["keeper", "bob", "carol", "dave"] {
        world.settle(name, CALL, None).unwrap();
    }
    for (name, lots) in WINNERS {
        // 26.3 of profit per SOL, less the part of the loss.
        let due = 1_000_000_000 + lots * 2_630_000 - loss * lots / 100;
        assert_near(world.balance(name, "USDC"), due, 100_000);
    }
    let pool = world.pool(CALL);
    assert!(pool.cash_quote_atoms >= 0, "{}", pool.cash_quote_atoms);
    assert_eq!(pool.debt_floor().unwrap().get(), 0);
    assert!(world.balance("erin", "USDC") >= lent);
    // No debt is left, but for what rounding leaves her.
    assert!((0..=1).contains(&world.balance("alice", "USDC")));
    // Nobody is the last one who cannot.
    for name in ["bob", "carol", "dave", "erin", "keeper"] {
        let held = u64::try_from(world.balance(name, "USDC")).unwrap();
        world.withdraw(name, "USDC", held).unwrap();
    }
    world.refresh_instrument(CALL).unwrap();
    world.close_contract(CALL).unwrap();
}

#[test]
fn what_is_beyond_the_days_cap_waits_with_the_winners_and_not_with_lenders() {
    let mut world = bankrupt("450");
    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();
    let event = world.share_loss("alice", CALL).unwrap().events::<LossShared>()[0];
    assert!(event.charged_quote_atoms > 0 && event.debt_quote_atoms > 0);

    world.await_payouts();
    for name in ["keeper", "bob", "carol", "dave"] {
        // Whoever comes when the cash is gone is paid out all the same, as a claim.
        world.settle(name, CALL, None).unwrap();
    }

    let claims: i64 = WINNERS.map(|(name, _)| world.position(name, CALL).1).iter().sum();
    assert_near(claims, event.debt_quote_atoms, 4);
    assert_eq!(world.pool(CALL).cash_quote_atoms, 0);
    for name in ["erin", "keeper", "bob", "carol", "dave"] {
        let held = u64::try_from(world.balance(name, "USDC")).unwrap();
        world.withdraw(name, "USDC", held).unwrap();
    }
}

#[test]
fn positions_are_paid_out_from_the_hour_on_and_not_a_second_before() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", CALL, 10, "13.7").unwrap();
    sample_window(&mut world, |_| "154");
    let settled_at = world.expiry("SOL", world.first_expiry()).settled_at;
    // The hour is the expiry's: a contract that takes over the price late waits no longer.
    world.advance_seconds(1_800);
    world.refresh_array(CALL).unwrap();
    assert_eq!(world.listed(CALL).array.refreshed_at, settled_at);

    wait_until(&mut world, 1_000);
    assert_eq!(world.vm.now().time.get(), settled_at + PENDING_SECONDS - 1);
    for name in ["alice", "bob"] {
        expect_error(world.settle(name, CALL, None), "SettlementPending");
    }
    wait_until(&mut world, 0);
    assert_eq!(world.vm.now().time.get(), settled_at + PENDING_SECONDS);
    for name in ["alice", "bob"] {
        world.settle(name, CALL, None).unwrap();
        assert_eq!(world.position(name, CALL), (0, 0));
    }
    world.close_contract(CALL).unwrap();
}

#[test]
fn what_was_closed_before_the_settlement_does_not_wait() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", CALL, 10, "13.7").unwrap();
    world.trade("alice", "bob", CALL, -10, "14.7").unwrap();
    sample_window(&mut world, |_| "154");
    world.refresh_array(CALL).unwrap();
    for name in ["bob", "alice"] {
        world.settle(name, CALL, None).unwrap();
    }
    assert_eq!(world.balance("alice", "USDC"), 1_001_000_000);
}
