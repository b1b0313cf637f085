//! Does a keeper find and unload accounts that hold contracts, without anybody's help?

use plimsoll_client::state::MarginAccount;
use plimsoll_client::{
    AccountSource, Address, ClientError, Instruction, Keyed, Now, SourceError, StoredAccount,
};
use plimsoll_keeper::{Chain, Config, Keeper, Reason, Refusal};
use plimsoll_tests::contracts::flat;
use plimsoll_tests::{address, World};

use crate::given::traders;

/// The test's world as a keeper sees a cluster.
pub(crate) struct Cluster<'a>(pub(crate) &'a mut World);

impl AccountSource for Cluster<'_> {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        self.0.vm.account(address)
    }
}

impl Chain for Cluster<'_> {
    fn now(&self) -> Result<Now, SourceError> {
        Ok(self.0.vm.now())
    }

    fn margin_accounts(&self, _: &Address) -> Result<Vec<Keyed<MarginAccount>>, ClientError> {
        Ok(self.0.margin_accounts())
    }

    fn send(&mut self, signer: &Address, instructions: &[Instruction]) -> Result<(), Refusal> {
        let outcome = self.0.attempt(instructions, &[*signer]).unwrap();
        outcome.map(|_| ()).map_err(|failure| Refusal::Other(failure.name))
    }
}

fn round(world: &mut World, keeper: &mut Keeper) {
    let mut directory = world.directory.clone();
    keeper.round(&mut Cluster(world), &mut directory).unwrap();
}

fn keeper(world: &World) -> Keeper {
    Keeper::new(address("keeper"), world.margin_address("keeper"), Config::DEFAULT)
}

#[test]
fn a_naked_short_is_unloaded_while_its_array_was_stale() {
    let mut world = World::with_options(flat());
    traders(&mut world, &[("alice", 200), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("bob", "alice", "SOL-150-C", 100, "13.7").unwrap();
    let mut keeper = keeper(&world);
    round(&mut world, &mut keeper);
    assert_eq!(keeper.metrics.refreshed, 0, "{:?}", keeper.metrics);

    // The price rises by a sixth while nobody refreshes anything.
    world.walk_price("SOL", "175");
    round(&mut world, &mut keeper);

    assert!(keeper.metrics.refreshed >= 1, "{:?}", keeper.metrics);
    assert!(keeper.metrics.slices >= 1, "{:?}", keeper.metrics);
    assert!(world.position("alice", "SOL-150-C").0 > -100);
    assert!(world.position("keeper", "SOL-150-C").0 < 0);
}

#[test]
fn what_nobody_can_value_waits() {
    let mut world = World::with_options(flat());
    traders(&mut world, &[("alice", 400), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("bob", "alice", "SOL-150-C", 100, "13.7").unwrap();
    let mut keeper = keeper(&world);
    world.advance_quietly(1_000);
    round(&mut world, &mut keeper);
    // Without a price nothing is refreshed, and nothing is refused.
    assert_eq!(keeper.metrics.refreshed, 0);
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
    assert_eq!(keeper.metrics.waits.get(&Reason::NotRefreshed), None);
}

#[test]
fn keepers_sample_and_settle() {
    let mut world = World::with_options(flat());
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    let at = world.first_expiry();
    let left = at - 1_900 - world.vm.now().time.get();
    world.advance_seconds(u64::try_from(left).unwrap());
    let mut keeper = keeper(&world);
    for _ in 0..36 {
        round(&mut world, &mut keeper);
        world.advance_seconds(60);
    }
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
    assert_ne!(world.expiry("SOL", at).settled_at, 0);
    assert!(world.instrument_state("SOL-150-C").is_settled());
    // Nobody holds the others: whoever wants their rent back refreshes them.
    assert!(!world.instrument_state("SOL-140-C").is_settled());
}
