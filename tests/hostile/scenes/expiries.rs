//! Expiries and contracts: SOL expires three times, so that the middle one has two neighbours, and
//! BTC once. Everything has a contract.

use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::{Address, Change, ContractKind, GroupDirectory, Instruction};
use plimsoll_tests::contracts::{call, contract_params, expiry_params, flat, put, raised_limit};
use plimsoll_tests::{address, World, USDC};

use super::listing::{later, unlaunched, FOUNDER};
use super::{trading, SPONSOR};

const DAY: i64 = 86_400;
/// Index of SOL.
const SOL: u16 = 1;
/// Index of BTC.
const BTC: u16 = 2;

/// What expires when, in days from the first expiry of `World`.
const EXPIRIES: [(&str, u16, i64); 4] =
    [("SOL", SOL, -1), ("SOL", SOL, 0), ("SOL", SOL, 7), ("BTC", BTC, 0)];

/// Name, underlying, days, and kind of every contract.
fn contracts() -> Vec<(&'static str, &'static str, i64, ContractKind)> {
    vec![
        ("C", "SOL", 0, call(150)),
        ("P", "SOL", 0, put(150)),
        ("F", "SOL", 0, ContractKind::Future),
        ("EARLY-C", "SOL", -1, call(150)),
        ("LATE-C", "SOL", 7, call(150)),
        ("BTC-C", "BTC", 0, call(100_000)),
    ]
}

/// A launched group with all of it, risk arrays fresh.
pub fn listed() -> World {
    let mut world = World::unlaunched_with(|markets| {
        markets.group.guardian = Some("guardian".into());
        markets.group.lister = Some("lister".into());
        markets.group.risk_manager = Some("risk manager".into());
    });
    let first = world.first_expiry();
    for (underlying, _, days) in EXPIRIES {
        world.list_expiry(underlying, first + days * DAY, expiry_params(flat())).unwrap();
    }
    for (name, underlying, days, kind) in contracts() {
        world.list_contract(name, underlying, first + days * DAY, kind).unwrap();
    }
    world.launch().unwrap();
    // What is set up by the same file behind it is launched by it.
    world.markets.group.launch = true;
    world.refresh_options();
    world
}

/// Lists the same in a group that is not launched.
pub fn copy(world: &mut World, directory: &mut GroupDirectory, owner: &Address) {
    let (payer, first) = (address("payer"), world.first_expiry());
    for (_, on, days) in EXPIRIES {
        let (at, params) = (first + days * DAY, expiry_params(flat()));
        let one = ix::create_expiry(directory, &payer, owner, on, at, params).unwrap();
        world.vm.run_as(&[raised_limit(), one], &[*owner]).unwrap();
        directory.refresh(&world.vm, &[]).unwrap();
    }
    for (name, underlying, days, kind) in contracts() {
        let on = (world.underlying(underlying), first + days * DAY);
        let index = directory.group.state.instrument_count;
        let params = contract_params(name, kind);
        let one = ix::create_contract(directory, &payer, owner, on, index, params).unwrap();
        world.vm.run_as(&[one], &[*owner]).unwrap();
        directory.refresh(&world.vm, &[]).unwrap();
    }
}

/// The founder's group, which has an expiry of SOL before and one behind the one to be listed.
fn founding(world: &mut World) -> GroupDirectory {
    let (group, owner) = (unlaunched(world), address(FOUNDER));
    let mints: Vec<Address> = ["USDC", "SOL", "BTC"].map(|one| world.mint(one)).into();
    let mut directory = GroupDirectory::fetch(&world.vm, &group, &mints).unwrap();
    let first = world.first_expiry();
    for at in [first - DAY, first + 7 * DAY] {
        let params = expiry_params(flat());
        let one = ix::create_expiry(&directory, &owner, &owner, SOL, at, params).unwrap();
        world.vm.run_as(&[raised_limit(), one], &[owner]).unwrap();
        directory.refresh(&world.vm, &[]).unwrap();
    }
    directory
}

pub fn expiry(world: &mut World) -> Instruction {
    let (directory, at) = (founding(world), world.first_expiry());
    let (payer, owner) = (address(SPONSOR), address(FOUNDER));
    ix::create_expiry(&directory, &payer, &owner, SOL, at, expiry_params(flat())).unwrap()
}

pub fn contract(world: &mut World) -> Instruction {
    let (directory, at) = (founding(world), world.first_expiry() + 7 * DAY);
    let (payer, owner) = (address(SPONSOR), address(FOUNDER));
    let index = directory.group.state.instrument_count;
    let params = contract_params("LATE-C", call(150));
    ix::create_contract(&directory, &payer, &owner, (SOL, at), index, params).unwrap()
}

pub fn expiry_later(world: &mut World) -> Instruction {
    let (at, params) = (world.first_expiry() + 3 * DAY, expiry_params(flat()));
    later(world, Change::ListExpiry { underlying: SOL, expires_at: at, params })
}

pub fn contract_later(world: &mut World) -> Instruction {
    let index = world.directory.group.state.instrument_count;
    let params = contract_params("NEW-C", call(140));
    let at = world.first_expiry();
    later(world, Change::ListContract { index, underlying: SOL, expires_at: at, params })
}

pub fn propose(world: &mut World) -> Instruction {
    let (at, params) = (world.first_expiry() + 3 * DAY, expiry_params(flat()));
    let change = Change::ListExpiry { underlying: SOL, expires_at: at, params };
    world.reread();
    let slot = world.vm.now().slot.get();
    let (payer, proposer) = (address(SPONSOR), address("lister"));
    ix::propose(&world.directory, &payer, &proposer, slot, change).unwrap()
}

pub fn publish(world: &mut World) -> Instruction {
    world.advance_seconds(1_800);
    world.reread();
    let (at, publisher) = (world.first_expiry(), address("publisher"));
    ix::publish_surface(&world.directory, &publisher, (SOL, at), flat(), 1, 20_000).unwrap()
}

/// Time passes until so many seconds before the middle expiry of SOL.
fn wait_until(world: &mut World, before: i64) {
    let left = world.first_expiry() - world.vm.now().time.get() - before;
    world.advance_seconds(u64::try_from(left).unwrap());
}

pub fn sample(world: &mut World) -> Instruction {
    wait_until(world, 900);
    ix::sample_settlement(&world.directory, SOL, world.first_expiry()).unwrap()
}

/// Every two minutes of the window is sampled but for the last sample, which settles.
pub fn settle(world: &mut World) -> Instruction {
    wait_until(world, 1_800);
    let at = world.first_expiry();
    for _ in 0..15 {
        world.sample("SOL", at).unwrap();
        world.advance_seconds(120);
    }
    ix::sample_settlement(&world.directory, SOL, at).unwrap()
}

fn array(world: &mut World, name: &str) -> Instruction {
    world.reread();
    ix::refresh_risk_array(&world.directory, world.instrument(name)).unwrap()
}

pub fn refresh(world: &mut World) -> Instruction {
    array(world, "C")
}

pub fn refresh_future(world: &mut World) -> Instruction {
    sample(world);
    array(world, "F")
}

pub fn take_over(world: &mut World) -> Instruction {
    settled(world);
    array(world, "C")
}

/// The middle expiry of SOL has settled.
fn settled(world: &mut World) {
    settle(world);
    let at = world.first_expiry();
    world.sample("SOL", at).unwrap();
}

pub fn close(world: &mut World) -> Instruction {
    settled(world);
    for name in ["C", "P", "F"] {
        world.refresh_array(name).unwrap();
    }
    world.reread();
    ix::close_expiry(&world.directory, SOL, world.first_expiry()).unwrap()
}

pub fn close_contract(world: &mut World) -> Instruction {
    held(world);
    settled(world);
    world.refresh_array("C").unwrap();
    world.await_payouts();
    for name in ["alice", "bob"] {
        world.settle(name, "C", None).unwrap();
    }
    world.contract_closing("C")
}

/// Alice holds calls that bob wrote.
fn held(world: &mut World) {
    world.refresh_options();
    world.trade("alice", "bob", "C", 10, "13.7").unwrap();
}

pub fn trade(world: &mut World) -> Instruction {
    held(world);
    world.deal("alice", "bob", "C", 10, "13.7")
}

pub fn view(world: &mut World) -> Instruction {
    held(world);
    let underlying = world.underlying("SOL");
    ix::view_underlying(&world.directory, &world.margin("alice"), underlying).unwrap()
}

pub fn withdraw(world: &mut World) -> Instruction {
    held(world);
    world.withdrawal("alice", "USDC", USDC, 0)
}

pub fn liquidate(world: &mut World) -> Instruction {
    held(world);
    trading::sink(world, "134");
    world.refresh_options();
    let (directory, bob) = (&world.directory, address("bob"));
    let (account, bidder) = (world.margin("alice"), world.margin("bob"));
    ix::liquidate(directory, &bob, &account, &bidder, &Bid::slice(), false).unwrap()
}

pub fn settle_position(world: &mut World) -> Instruction {
    held(world);
    settled(world);
    world.refresh_array("C").unwrap();
    world.await_payouts();
    world.reread();
    // At 150 calls struck there pay nothing: alice loses what she paid.
    let index = world.instrument("C");
    ix::settle_position(&world.directory, &world.margin_address("alice"), index, None).unwrap()
}
