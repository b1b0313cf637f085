//! One life of a group, from nothing to a liquidation: the path that everything else departs from.

use plimsoll_client::events::Liquidated;
use plimsoll_client::instruction::Bid;
use plimsoll_risk::Check;
use plimsoll_tests::{assert_near, World, USDC};

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
