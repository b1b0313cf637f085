//! What traders and keepers do.

use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::Instruction;
use plimsoll_tests::{address, World, SOL, USDC};

use super::SPONSOR;

/// Alice is below her line: 200 USDC and a tenth of a SOL back ten SOL bought at 150, and sold now
/// for `price`. Her other position is small.
pub fn sink(world: &mut World, price: &str) {
    world.withdraw("alice", "USDC", 99_800 * USDC).unwrap();
    world.trade("bob", "alice", "ETH-PERP", 99, "4000").unwrap();
    world.walk_price("SOL", price);
}

pub fn open_account(world: &mut World) -> Instruction {
    ix::open_account(&address(SPONSOR), &address("alice"), &world.directory.group.address, 9)
}

pub fn close_account(world: &mut World) -> Instruction {
    world.open("alice/9").unwrap();
    ix::close_account(&address("alice"), &world.margin_address("alice/9"))
}

pub fn set_delegate(world: &mut World) -> Instruction {
    let until = world.vm.now().time.get() + 1_000;
    ix::set_delegate(&address("alice"), &world.margin_address("alice"), &address("desk"), until)
}

pub fn deposit(world: &mut World) -> Instruction {
    world.fund("alice", "SOL", 10 * SOL);
    let (wallet, mint) = (world.wallet("alice", "SOL"), world.mint("SOL"));
    let (owner, account) = (address("alice"), world.margin_address("alice"));
    ix::deposit(&world.directory, &owner, &wallet, &account, &mint, SOL).unwrap()
}

pub fn withdraw(world: &mut World) -> Instruction {
    world.withdrawal("alice", "SOL", SOL / 100, 0)
}

pub fn borrow(world: &mut World) -> Instruction {
    world.deposit("carol", "SOL", 100 * SOL).unwrap();
    world.withdrawal("alice", "SOL", SOL, SOL)
}

pub fn trade(world: &mut World) -> Instruction {
    world.deal("alice", "bob", "SOL-PERP", 100, "150")
}

pub fn refresh_underlying(world: &mut World) -> Instruction {
    world.advance_seconds(2);
    ix::refresh_underlying(&world.directory, 1).unwrap()
}

pub fn refresh_instrument(world: &mut World) -> Instruction {
    ix::refresh_instrument(&world.directory, 0).unwrap()
}

pub fn refresh_collateral(world: &mut World) -> Instruction {
    world.deposit("carol", "SOL", 10 * SOL).unwrap();
    world.borrow("bob", "SOL", SOL, SOL).unwrap();
    world.advance_seconds(3_600);
    ix::refresh_collateral(&world.directory, 1).unwrap()
}

pub fn mark_account(world: &mut World) -> Instruction {
    sink(world, "135");
    ix::mark_account(&world.directory, &world.margin("alice")).unwrap()
}

pub fn liquidate(world: &mut World) -> Instruction {
    sink(world, "135");
    // Bob holds the other side, so that open interest changes and the pools are written.
    bid(world, "bob", false)
}

pub fn liquidate_bankrupt(world: &mut World) -> Instruction {
    sink(world, "120");
    bid(world, "keeper", true)
}

fn bid(world: &World, bidder: &str, bankrupt: bool) -> Instruction {
    let (directory, authority) = (&world.directory, address(bidder));
    let (account, bidder) = (world.margin("alice"), world.margin(bidder));
    ix::liquidate(directory, &authority, &account, &bidder, &Bid::slice(), bankrupt).unwrap()
}

pub fn view_account(world: &mut World) -> Instruction {
    ix::view_account(&world.directory, &world.margin("alice")).unwrap()
}

pub fn view_withdrawable(world: &mut World) -> Instruction {
    let key = world.token_key("SOL");
    ix::view_withdrawable(&world.directory, &world.margin("alice"), key).unwrap()
}
