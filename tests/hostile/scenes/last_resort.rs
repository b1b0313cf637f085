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

/// Closes lots of alice's position, at somebody's cost.
fn close(world: &mut World, payer: &str, lots: i64) {
    let (at, account) = (address(payer), world.margin("alice"));
    let one = ix::deleverage(&world.directory, &at, &account, 0, lots).unwrap();
    world.send(&[one], &[payer]).unwrap();
}

/// SOL falls further, and again nobody bids.
fn unbid_again(world: &mut World) {
    world.walk_price("SOL", "128");
    world.stay_silent("alice", 1_650);
}

pub fn deleverage(world: &mut World) -> Instruction {
    unbid(world);
    ix::deleverage(&world.directory, &address(SPONSOR), &world.margin("alice"), 0, 700).unwrap()
}

pub fn resize_position(world: &mut World) -> Instruction {
    unbid(world);
    close(world, SPONSOR, 700);
    unbid_again(world);
    close(world, SPONSOR, 120);
    let account = world.margin_address("bob");
    ix::resize_position(&world.directory, &account, 0, true, 0).unwrap()
}

pub fn close_deleveraging(world: &mut World) -> Instruction {
    unbid(world);
    close(world, SPONSOR, 700);
    world.resize("bob").unwrap();
    unbid_again(world);
    close(world, SPONSOR, 120);
    ix::close_deleveraging(&world.first_deleveraging())
}
