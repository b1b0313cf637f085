//! Positions for which nobody bids, and those on the other side.

use plimsoll_client::instruction as ix;
use plimsoll_client::Instruction;
use plimsoll_tests::{address, World};

use super::trading::sink;
use super::SPONSOR;

/// Everybody sees alice below her line until the auction is over, and nobody bids.
fn unbid(world: &mut World) {
    sink(world, "131");
    world.stay_silent("alice", 1_650);
}

pub fn deleverage(world: &mut World) -> Instruction {
    unbid(world);
    // The other side went through one before, so that there is another number.
    world.deleverage("alice", "SOL-PERP", 10).unwrap();
    ix::deleverage(&world.directory, &address(SPONSOR), &world.margin("alice"), 0, 100).unwrap()
}

pub fn resize_position(world: &mut World) -> Instruction {
    unbid(world);
    world.deleverage("alice", "SOL-PERP", 10).unwrap();
    world.deleverage("alice", "SOL-PERP", 10).unwrap();
    let account = world.margin_address("bob");
    ix::resize_position(&world.directory, &account, 0, true, 0).unwrap()
}

pub fn close_deleveraging(world: &mut World) -> Instruction {
    unbid(world);
    let (payer, account) = (address(SPONSOR), world.margin("alice"));
    let one = ix::deleverage(&world.directory, &payer, &account, 0, 10).unwrap();
    world.send(&[one], &[SPONSOR]).unwrap();
    world.resize("bob").unwrap();
    world.deleverage("alice", "SOL-PERP", 10).unwrap();
    ix::close_deleveraging(&world.first_deleveraging())
}
