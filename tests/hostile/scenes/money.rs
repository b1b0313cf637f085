//! Profit and loss, fees, debts of instruments, and stakes.

use anchor_lang::Discriminator;
use bytemuck::{Pod, Zeroable};
use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::state::Row;
use plimsoll_client::{Instruction, Keyed, PROGRAM_ID};
use plimsoll_tests::{address, World, SOL, USDC};

use super::trading::sink;
use super::SPONSOR;

/// SOL fell: alice's long lost what bob's short gained, and the slow price followed.
fn fallen(world: &mut World) {
    world.walk_price("SOL", "140");
    for _ in 0..60 {
        world.advance_seconds(60);
        world.refresh("SOL").unwrap();
    }
}

pub fn settle_loss(world: &mut World) -> Instruction {
    fallen(world);
    let (account, settler) = (world.margin_address("alice"), world.margin_address("keeper"));
    ix::settle_position(&world.directory, &account, 0, Some(&settler)).unwrap()
}

pub fn settle_profit(world: &mut World) -> Instruction {
    fallen(world);
    world.settle("alice", "SOL-PERP", None).unwrap();
    ix::settle_position(&world.directory, &world.margin_address("bob"), 0, None).unwrap()
}

/// The keeper's row got a part of the weight of alice's.
pub fn renew_position(world: &mut World) -> Instruction {
    sink(world, "131");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    world.renewal("keeper", "SOL-PERP")
}

pub fn collect_fees(world: &mut World) -> Instruction {
    fallen(world);
    world.settle("alice", "SOL-PERP", None).unwrap();
    ix::collect_fees(&world.directory, 0).unwrap()
}

/// Alice is bankrupt, and a bid left her loss to others.
fn failed(world: &mut World) {
    sink(world, "120");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

pub fn share_loss(world: &mut World) -> Instruction {
    failed(world);
    ix::share_loss(&world.directory, &world.margin_address("alice"), 0).unwrap()
}

pub fn repay_debt(world: &mut World) -> Instruction {
    failed(world);
    world.share_loss("alice", "SOL-PERP").unwrap();
    // Another market's losers pay its fees in, which are the fund's income.
    world.trade("bob", "carol", "BTC-PERP", 1_000, "100000").unwrap();
    world.walk_price("BTC", "99000");
    for _ in 0..60 {
        world.advance_seconds(60);
        world.refresh("BTC").unwrap();
    }
    world.settle("bob", "BTC-PERP", None).unwrap();
    world.collect_fees("BTC-PERP").unwrap();
    ix::repay_debt(&world.directory, 0).unwrap()
}

/// Alice owes quote tokens, and what backed them is gone: taken out of the books by hand, since
/// bids leave no such account behind.
pub fn write_off_debt(world: &mut World) -> Instruction {
    world.open("alice/1").unwrap();
    world.deposit("alice/1", "SOL", 100 * SOL).unwrap();
    world.borrow("alice/1", "USDC", 1_000 * USDC, u64::MAX).unwrap();
    let mut account = world.margin("alice/1");
    let mut sol = *world.directory.collateral(&world.mint("SOL")).unwrap();
    let mut totals = sol.state.totals();
    totals.deposits = totals.deposits.checked_sub(account.state.rows[1].shares()).unwrap();
    sol.state.set_totals(&totals);
    account.state.rows[1] = Row::zeroed();
    (account.state.row_count, account.state.token_count) = (1, 1);
    put(world, &account);
    put(world, &sol);
    ix::write_off_debt(&world.directory, &account.address).unwrap()
}

/// Writes a stored account.
fn put<T: Discriminator + Pod>(world: &mut World, one: &Keyed<T>) {
    let data = [T::DISCRIMINATOR, bytemuck::bytes_of(&one.state)].concat();
    world.vm.put(one.address, PROGRAM_ID, data);
}

pub fn add_to_insurance(world: &mut World) -> Instruction {
    world.fund("bob", "USDC", 10 * USDC);
    let wallet = world.wallet("bob", "USDC");
    ix::add_to_insurance(&world.directory, &address("bob"), &wallet, USDC).unwrap()
}

/// Everybody has a stake.
fn staked(world: &mut World) {
    for name in super::TRADERS {
        world.stake(name, 10 * USDC).unwrap();
    }
}

pub fn stake_insurance(world: &mut World) -> Instruction {
    world.stake("bob", USDC).unwrap();
    world.fund("alice", "USDC", 10 * USDC);
    let wallet = world.wallet("alice", "USDC");
    let (payer, owner) = (address(SPONSOR), address("alice"));
    ix::stake_insurance(&world.directory, &payer, &owner, &wallet, USDC).unwrap()
}

pub fn request_unstake(world: &mut World) -> Instruction {
    staked(world);
    ix::request_unstake(&world.directory, &address("alice"), 1_000)
}

pub fn close_stake(world: &mut World) -> Instruction {
    unstaked(world);
    world.unstake("alice").unwrap();
    ix::close_stake(&world.directory, &address("alice"))
}

pub fn unstake(world: &mut World) -> Instruction {
    unstaked(world);
    let wallet = world.wallet("alice", "USDC");
    ix::unstake(&world.directory, &address("alice"), &wallet).unwrap()
}

/// The cool-down of all that alice has is over.
fn unstaked(world: &mut World) {
    staked(world);
    let shares = world.stake_of("alice").shares.to_u128();
    world.request_unstake("alice", shares).unwrap();
    world.advance_seconds(world.directory.group.state.cool_down_seconds);
}
