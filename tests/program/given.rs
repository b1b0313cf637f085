//! How do most tests begin? With traders who have an account and some USDC.

use plimsoll_client::instruction::Bid;
use plimsoll_client::BidRow;
use plimsoll_tests::{World, SOL, USDC};

/// Opens an account with USDC (whole ones) for each name.
pub fn traders(world: &mut World, all: &[(&str, u64)]) {
    for (name, usdc) in all {
        world.open(name).unwrap();
        world.deposit(name, "USDC", usdc * USDC).unwrap();
    }
}

/// The local group with such traders.
pub fn local_with(all: &[(&str, u64)]) -> World {
    let mut world = World::local();
    traders(&mut world, all);
    world
}

/// Alice is long 10 SOL at 150 on `usdc`, bob is short, and a keeper has 100,000; then SOL goes to
/// `price`. Her equity is `usdc - 0.3 - 10 * (150 - price)`, her requirement `price / 2`.
pub fn long_at(usdc: u64, price: &str) -> World {
    let mut world = local_with(&[("alice", usdc), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", price);
    world
}

/// Alice has 10 SOL, a short of 20 SOL at 150 and a debt of 1,370 USDC; then SOL goes to 156. Her
/// equity is 1,560 + 2,999.4 - 3,120 - 1,370 = 69.4, her requirement 5 % of a net of 1,560 and
/// 0.5 % of a hedge of 1,560: 85.8.
pub fn hedged() -> World {
    let mut world = local_with(&[("bob", 100_000), ("keeper", 100_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    world.trade("alice", "bob", "SOL-PERP", -2_000, "150").unwrap();
    world.borrow("alice", "USDC", 1_370 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "156");
    world
}

/// A bid on lots of an instrument.
pub fn lots(world: &World, instrument: &str, lots: i64) -> Bid {
    Bid::rows(vec![BidRow { key: world.instrument_key(instrument).raw(), amount: lots }])
}
