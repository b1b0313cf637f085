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

/// Alice is bankrupt, and what she lost in SOL was settled into a debt.
pub fn deleverage_settled(world: &mut World) -> Instruction {
    sink(world, "110");
    for _ in 0..250 {
        world.advance_seconds(30);
        ["USDC", "SOL", "BTC", "ETH"].iter().for_each(|one| drop(world.refresh(one).unwrap()));
    }
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.stay_silent("alice", 1_650);
    let account = world.margin("alice");
    ix::deleverage(&world.directory, &address(SPONSOR), &account, 0, 1_000).unwrap()
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
