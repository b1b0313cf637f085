//! Does the profit of a contract that has settled back anything before it is paid?

use plimsoll_client::instruction as ix;
use plimsoll_tests::{expect_error, World, USDC};

use crate::given::traders;
use crate::settlement_pending::bankrupt;

const CALL: &str = "SOL-150-C";

/// Calls that pay far more than their writer and a day's cap; zed is bob's other account, and bob keeps
/// no cash.
fn unpaid() -> World {
    let mut world = bankrupt("450");
    traders(&mut world, &[("zed", 100_000)]);
    world.withdraw("bob", "USDC", 1_000 * USDC).unwrap();
    world
}

/// Bob loses to zed at the edge of the price band, on nothing but what he is to get for his calls.
fn expect_no_trade(world: &mut World) {
    assert!(world.report("bob").equity_quote_atoms > 1_000_000_000);
    for lots in [-2_000, -1, 1] {
        let price = if lots < 0 { "430" } else { "470" };
        let outcome = world.trade("bob", "zed", "SOL-PERP", lots, price);
        expect_error(outcome, "BelowInitialMargin");
    }
    let borrowed = world.borrow("bob", "USDC", USDC, USDC);
    expect_error(borrowed, "BelowInitialMargin");
}

#[test]
fn a_claim_on_a_settled_contract_is_not_traded_away_in_the_hour() {
    let mut world = unpaid();

    expect_no_trade(&mut world);

    // Nobody falls below the line by it.
    let report = world.report("bob");
    assert_eq!((report.equity_initial_quote_atoms, report.liquidatable), (0, 0));
}

#[test]
fn a_claim_that_no_cash_is_there_for_is_not_traded_away_either() {
    let mut world = unpaid();
    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();
    world.share_loss("alice", CALL).unwrap();
    world.await_payouts();
    for name in ["keeper", "carol", "dave", "bob"] {
        world.settle(name, CALL, None).unwrap();
    }
    assert_eq!(world.pool(CALL).cash_quote_atoms, 0);
    assert!(world.position("bob", CALL).1 > 1_000_000_000);
    assert_eq!(world.balance("bob", "USDC"), 0);

    expect_no_trade(&mut world);

    for name in ["erin", "keeper", "carol", "dave", "zed"] {
        let held = u64::try_from(world.balance(name, "USDC")).unwrap();
        world.withdraw(name, "USDC", held).unwrap();
    }
}
