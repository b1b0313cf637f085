//! How do most tests begin? With traders who have an account and some USDC.

use plimsoll_tests::{World, USDC};

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
