//! One life of a group, from nothing to a liquidation: the path that everything else departs from.

use plimsoll_client::events::Liquidated;
use plimsoll_client::instruction::{trade, Bid, Deal};
use plimsoll_migrations::Markets;
use plimsoll_risk::Check;
use plimsoll_tests::{
    address, assert_near, expect_error, TransferFee, World, SOL, TOKEN_2022, USDC,
};

#[test]
fn an_account_that_falls_below_its_line_is_unloaded_to_its_buffer() {
    // Given a long of 10 SOL at 150 on 100 USDC: 1,000 lots of 0.01.
    let mut world = World::local();
    for (name, usdc) in [("alice", 200), ("bob", 100_000), ("keeper", 100_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    // The fee is 0.02 % of 1,500 on each side.
    assert_eq!(world.position("alice", "SOL-PERP"), (1_000, -1_500_300_000));
    assert_eq!(world.position("bob", "SOL-PERP"), (-1_000, 1_499_700_000));
    let health = world.health("alice", Check::Maintenance);
    assert!(health.equity >= health.requirement);

    // When SOL falls to 136: equity 200 - 140.3 = 59.7, requirement 5 % of 1,360 = 68.
    world.walk_price("SOL", "136");
    let report = world.view("alice");
    assert_near(report.equity_quote_atoms, 59_700_000, 1);
    assert_near(report.maintenance_quote_atoms, 68_000_000, 1);
    assert_eq!(report.liquidatable, 1);
    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    // Then a slice moved to the keeper, who was paid, and alice stands at her buffer.
    let event = receipt.events::<Liquidated>()[0];
    assert!(event.discount_quote_atoms > 0);
    assert!(event.insurance_cut_quote_atoms > 0);
    let (taken, _) = world.position("keeper", "SOL-PERP");
    assert!(taken > 0 && taken < 1_000);
    let report = world.report("alice");
    let buffered = report.maintenance_quote_atoms * 12 / 10;
    assert_near(report.equity_quote_atoms, buffered, 100_000);
    assert_eq!(report.liquidatable, 0);
    assert_eq!(report, world.view("alice"));
}

#[test]
fn an_account_is_opened_used_emptied_and_closed() {
    let mut world = World::local();
    for name in ["alice", "alice/1", "bob"] {
        world.open(name).unwrap();
    }
    world.deposit("alice", "USDC", 1_000 * USDC).unwrap();
    world.deposit_by("bob", "alice", "USDC", 500 * USDC).unwrap();
    world.deposit("alice", "SOL", 3 * SOL).unwrap();
    world.deposit("bob", "SOL", 100 * SOL).unwrap();
    assert_eq!(world.balance("alice", "USDC"), 1_500_000_000);

    // Bob borrows what alice brought, and pays it back with what he has.
    world.borrow("bob", "USDC", 700 * USDC, 700 * USDC).unwrap();
    assert_eq!(world.balance("bob", "USDC"), -700_000_000);
    assert_eq!(world.vault("USDC"), 800 * USDC);
    world.deposit("bob", "USDC", 700 * USDC).unwrap();
    assert_eq!(world.balance("bob", "USDC"), 0);

    world.withdraw("alice", "USDC", 1_500 * USDC).unwrap();
    world.withdraw("alice", "SOL", 3 * SOL).unwrap();
    assert_eq!(world.wallet_balance("alice", "SOL"), 3 * SOL);
    world.close("alice").unwrap();
    world.close("alice/1").unwrap();
    expect_error(world.close("bob"), "AccountNotEmpty");
}

#[test]
fn a_delegate_trades_but_does_not_withdraw() {
    let mut world = World::local();
    for name in ["alice", "bob"] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", 10_000 * USDC).unwrap();
    }
    let until = world.vm.now().time.get() + 100;
    world.delegate("alice", "desk", until).unwrap();

    let deal = Deal { instrument: 0, lots: 10, price_ticks: 15_000 };
    let authorities = [&address("desk"), &address("bob")];
    let (alice, bob) = (world.margin("alice"), world.margin("bob"));
    let one = trade(&world.directory, authorities, &alice, &bob, &deal).unwrap();
    world.send(&[one], &["desk", "bob"]).unwrap();

    let mut withdrawal = world.withdrawal("alice", "USDC", USDC, 0);
    withdrawal.accounts[0].pubkey = address("desk");
    expect_error(world.send(&[withdrawal], &["desk"]), "NotAccountOwner");
}

#[test]
fn a_token_with_a_transfer_fee_is_credited_net_of_it() {
    let mut ground = World::ground(Markets::local().without_expiries());
    let fee = TransferFee { basis_points: 100, maximum: u64::MAX };
    ground.mint("SOL", 9, TOKEN_2022, &[fee.extension()]);
    let mut world = ground.set_up();
    world.open("alice").unwrap();

    world.deposit("alice", "SOL", 100 * SOL).unwrap();

    assert_eq!(world.balance("alice", "SOL"), 99_000_000_000);
    assert_eq!(world.vault("SOL"), 99 * SOL);
    world.withdraw("alice", "SOL", 99 * SOL).unwrap();
    assert_eq!(world.wallet_balance("alice", "SOL"), 98_010_000_000);
}

#[test]
fn a_bankrupt_account_is_taken_over_and_the_insurance_fund_pays() {
    // Given a long of 10 SOL at 150 on 100 USDC, and a fund of 1,000.
    let mut world = World::local();
    for (name, usdc) in [("alice", 150), ("bob", 100_000), ("keeper", 100_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    world.insure(1_000 * USDC).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.refresh_instrument("SOL-PERP").unwrap();

    // When SOL falls to 130: equity 150 - 200.3 = -50.3.
    world.walk_price("SOL", "130");
    world.mark("alice").unwrap();
    expect_error(world.withdraw("alice", "USDC", USDC), "BelowInitialMargin");
    let receipt = world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    // Then the fund paid the least discount, a fifth of the requirement of 65, and the shortfall
    // as soon as anybody asked for it.
    let event = receipt.events::<Liquidated>()[0];
    assert_eq!(event.beta_ppm, 500_000);
    assert_near(event.discount_quote_atoms, 13_000_000, 1);
    assert_near(event.insurance_paid_quote_atoms, 13_000_000, 1);
    assert_near(event.shortfall_quote_atoms, 50_300_000, 2);
    expect_error(world.trade("bob", "keeper", "SOL-PERP", -100, "130"), "LossesPending");
    world.share_loss("alice", "SOL-PERP").unwrap();
    assert_near(i64::try_from(world.insurance()).unwrap(), 1_000_000_000 - 63_300_000, 3);
    assert_eq!(world.position("keeper", "SOL-PERP").0, 1_000);
    world.trade("bob", "keeper", "SOL-PERP", -100, "130").unwrap();
    // Alice is left with what rounding to whole atoms left over, never with a debt.
    let left = u64::try_from(world.balance("alice", "USDC")).unwrap();
    assert!(left <= 3, "{left}");
    if left > 0 {
        world.withdraw("alice", "USDC", left).unwrap();
    }
    world.close("alice").unwrap();
}

#[test]
fn a_bidder_on_the_other_side_closes_open_interest() {
    let mut world = World::local();
    for (name, usdc) in [("alice", 200), ("bob", 100_000)] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "136");

    world.liquidate("bob", "alice", &Bid::slice()).unwrap();

    let (left, _) = world.position("alice", "SOL-PERP");
    assert_eq!(world.position("bob", "SOL-PERP").0, -left);
    let pool = world.directory.pool(0).unwrap().state;
    assert_eq!(i64::try_from(pool.open_interest_lots), Ok(left));
}

#[test]
fn a_token_that_must_be_written_has_to_come_writable() {
    let mut world = World::local();
    world.open("alice").unwrap();
    world.deposit("alice", "USDC", 1_000 * USDC).unwrap();
    let mut one = world.withdrawal("alice", "USDC", USDC, 0);
    for meta in &mut one.accounts[7..] {
        meta.is_writable = false;
    }

    expect_error(world.send(&[one], &["alice"]), "ConstraintMut");
}
