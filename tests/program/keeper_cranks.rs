//! Does a keeper refresh what stands still until somebody asks, and nothing where nothing would move?

use plimsoll_client::instruction as ix;
use plimsoll_client::GroupDirectory;
use plimsoll_keeper::{cranks, packed, transaction_bytes, Config, Crank, Keeper};
use plimsoll_risk::Grade;
use plimsoll_tests::{address, World, SOL, USDC};
use plimsoll_units::Seconds;

use crate::given::local_with;
use crate::keeper_rents;
use crate::options_keeper::Cluster;

const EVERY: Seconds = Seconds::new(60);

fn keeper(world: &World) -> Keeper {
    let config = Config { crank: Some(EVERY), ..Config::DEFAULT };
    Keeper::new(address("keeper"), world.margin_address("keeper"), config)
}

/// A round with what it knew of the group before. Nothing that it sends is refused.
fn round(world: &mut World, keeper: &mut Keeper, directory: &mut GroupDirectory) {
    keeper.round(&mut Cluster(world), directory).unwrap();
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
}

/// How often it did something.
fn did(keeper: &Keeper, name: &str) -> u64 {
    keeper.metrics.cranked.get(name).copied().unwrap_or(0)
}

/// Alice is long 10 SOL at 150 on 400, and SOL jumps to 115: her equity is 400 - 0.3 - 350, her requirement
/// 57.5.
fn jumped() -> World {
    let mut world = local_with(&[("alice", 400), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.set_price("SOL", "115");
    world
}

#[test]
fn a_jumping_price_is_followed_until_it_is_valid_and_who_fell_by_it_is_unloaded() {
    let mut world = jumped();
    let (mut keeper, mut directory) = (keeper(&world), world.directory.clone());
    let (sol, mut rounds) = (world.underlying("SOL"), 0);
    while keeper.metrics.slices == 0 {
        assert!(rounds < 10, "{:?}", keeper.metrics);
        world.advance_seconds(10);
        round(&mut world, &mut keeper, &mut directory);
        rounds += 1;
    }
    // The reference may move by a hundredth a second for ten seconds, and is to be within a tenth.
    assert_eq!((rounds, keeper.metrics.flawed[&(sol, Grade::Jumping)]), (2, 1));
    assert_eq!(world.snapshot().quote(sol).unwrap().grade, Grade::Valid);
    assert!(world.position("alice", "SOL-PERP").0 < 1_000);
    // The others have not moved, and the minute is not over.
    assert_eq!(did(&keeper, "refresh_underlying"), 2, "{:?}", keeper.metrics);
}

#[test]
fn a_keeper_that_leaves_that_to_others_is_blind_until_they_do_it() {
    let mut world = jumped();
    let (mut keeper, mut directory) = (keeper(&world), world.directory.clone());
    keeper.config.crank = None;
    for _ in 0..10 {
        world.advance_seconds(10);
        round(&mut world, &mut keeper, &mut directory);
    }
    assert!(keeper.metrics.cranked.is_empty(), "{:?}", keeper.metrics);
    assert_eq!((keeper.metrics.slices, world.position("alice", "SOL-PERP").0), (0, 1_000));
    assert_eq!(keeper.metrics.flawed[&(world.underlying("SOL"), Grade::Jumping)], 10);
}

#[test]
fn where_nothing_is_due_nothing_is_sent() {
    let mut world = local_with(&[("alice", 1_000), ("bob", 1_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", "SOL-PERP", 10, "151").unwrap();
    world.advance_seconds(60);
    let (mut keeper, mut directory) = (keeper(&world), world.directory.clone());
    round(&mut world, &mut keeper, &mut directory);
    // Four prices, and the one instrument that somebody holds; nobody has borrowed anything.
    let count = |keeper: &Keeper| {
        ["refresh_underlying", "refresh_instrument", "refresh_collateral"]
            .map(|name| did(keeper, name))
    };
    assert_eq!(count(&keeper), [4, 1, 0]);
    assert_eq!(cranks(&world.snapshot(), EVERY).unwrap(), []);
    for _ in 0..2 {
        round(&mut world, &mut keeper, &mut directory);
        assert_eq!(count(&keeper), [4, 1, 0]);
        world.advance_seconds(28);
    }
    world.advance_seconds(4);
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(count(&keeper), [8, 2, 0]);
    // Oracles that are silent leave it nothing to follow, and in the end nothing to rely on.
    world.advance_quietly(1_000);
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(count(&keeper), [8, 2, 0]);
}

#[test]
fn funding_goes_on_as_trades_are_above_the_index() {
    let mut world = local_with(&[("alice", 100_000), ("bob", 100_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", "SOL-PERP", 10_000, "151").unwrap();
    let (mut keeper, mut directory) = (keeper(&world), world.directory.clone());
    let before = world.listed("SOL-PERP").long_index.to_i128();
    for _ in 0..3 {
        world.advance_seconds(60);
        round(&mut world, &mut keeper, &mut directory);
        assert_eq!(world.listed("SOL-PERP").funding_at, world.vm.now().time.get());
        assert!(world.listed("SOL-PERP").funding_rate > 0);
    }
    assert!(world.listed("SOL-PERP").long_index.to_i128() > before);
    assert_eq!(world.listed("SOL-PERP").open_interest_lots, 10_000);
    assert_eq!(did(&keeper, "refresh_instrument"), 3);
}

#[test]
fn interest_runs_and_the_funds_part_reaches_it() {
    let mut world = local_with(&[("alice", 100), ("bob", 100_000), ("keeper", 1_000)]);
    world.deposit("alice", "SOL", 1_000 * SOL).unwrap();
    world.borrow("alice", "USDC", 50_000 * USDC, u64::MAX).unwrap();
    let (mut keeper, mut directory) = (keeper(&world), world.directory.clone());
    let before = world.insurance();
    for times in 1..=3 {
        world.advance_seconds(3_600);
        round(&mut world, &mut keeper, &mut directory);
        assert_eq!(world.collateral("USDC").accrued_at, world.vm.now().time.get());
        assert_eq!(did(&keeper, "refresh_collateral"), times, "{:?}", keeper.metrics);
    }
    assert!(world.insurance() > before);
}

#[test]
fn one_that_is_refused_holds_no_other_up_and_waits() {
    let mut world = local_with(&[("alice", 1_000), ("keeper", 1_000)]);
    world.advance_seconds(60);
    let mut keeper = keeper(&world);
    let refused = ix::refresh_underlying(&world.directory, world.underlying("SOL")).unwrap();
    // With the others, and alone; then not for ten slots.
    for asked in [2, 0] {
        assert_eq!(keeper_rents::round(&mut world, &mut keeper, Some(&refused)), asked);
        assert_eq!(did(&keeper, "refresh_underlying"), 3, "{:?}", keeper.metrics);
        assert_eq!(keeper.metrics.refusals["refused"], 1);
    }
    world.advance_slots(10);
    assert_eq!(keeper_rents::round(&mut world, &mut keeper, Some(&refused)), 1);
    assert_eq!(keeper.metrics.refusals["refused"], 2);
    world.advance_slots(20);
    keeper_rents::round(&mut world, &mut keeper, None);
    assert_eq!(did(&keeper, "refresh_underlying"), 4, "{:?}", keeper.metrics);
}

#[test]
fn a_transaction_is_as_long_as_it_is_taken_for() {
    let mut world = local_with(&[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-PERP", 10, "151").unwrap();
    world.advance_seconds(60);
    let due = cranks(&world.snapshot(), EVERY).unwrap();
    let build = |one: Crank| (one, one.instruction(&world.directory).unwrap());
    let all: Vec<_> = due.into_iter().map(build).collect();
    let cut = packed(&address("keeper"), all);
    assert_eq!(cut.len(), 1);
    let all: Vec<_> = cut.concat().into_iter().map(|(_, one)| one).collect();
    for count in 1..=all.len() {
        let some = &all[..count];
        let real = world.vm.transaction_bytes(some, &[address("keeper")]);
        assert_eq!(transaction_bytes(&address("keeper"), some), real);
    }
}
