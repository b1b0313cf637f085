//! What owner, guardian and the others may do once a group is launched.

use plimsoll_client::instruction as ix;
use plimsoll_client::{Change, Instruction, PauseClass, Tightening};
use plimsoll_tests::{address, World};

use super::SPONSOR;

fn caps(world: &World) -> Change {
    world.change_token("SOL", |params| params.deposit_cap_token_atoms *= 2)
}

/// The instruction that proposes a change, paid by the sponsor.
fn proposal(world: &mut World, proposer: &str, change: Change) -> Instruction {
    world.reread();
    let slot = world.vm.now().slot.get();
    let (payer, proposer) = (address(SPONSOR), address(proposer));
    ix::propose(&world.directory, &payer, &proposer, slot, change).unwrap()
}

/// Two proposals; the number of the second, which the sponsor paid for.
fn proposed(world: &mut World) -> u64 {
    let guardian = Change::Guardian { address: address("carol") };
    world.propose("owner", guardian).unwrap();
    let change = caps(world);
    let one = proposal(world, "risk manager", change);
    world.vm.run_as(&[one], &[address(SPONSOR), address("risk manager")]).unwrap();
    world.last_proposal()
}

pub fn propose(world: &mut World) -> Instruction {
    world.propose("owner", Change::Guardian { address: address("carol") }).unwrap();
    let change = caps(world);
    proposal(world, "risk manager", change)
}

pub fn propose_oracles(world: &mut World) -> Instruction {
    let source = world.own_oracle("ETH/USD 2", "4000");
    proposal(world, "owner", Change::UnderlyingOracles { index: 3, sources: vec![source] })
}

pub fn execute(world: &mut World) -> Instruction {
    let id = proposed(world);
    world.advance_seconds(plimsoll_tests::TIMELOCK);
    world.reread();
    ix::execute(&world.directory, &address("mallory"), &world.proposal(id)).unwrap()
}

pub fn veto(world: &mut World) -> Instruction {
    let id = proposed(world);
    ix::veto(&address("guardian"), &world.directory.group.address, id)
}

pub fn close_proposal(world: &mut World) -> Instruction {
    let id = proposed(world);
    world.veto("guardian", id).unwrap();
    ix::close_proposal(&world.proposal(id))
}

pub fn pause(world: &mut World) -> Instruction {
    let group = world.directory.group.address;
    ix::pause(&address("guardian"), &group, PauseClass::Trade, 3_600)
}

pub fn unpause(world: &mut World) -> Instruction {
    world.pause("guardian", PauseClass::Trade, 3_600).unwrap();
    let group = world.directory.group.address;
    ix::unpause(&address("guardian"), &group, PauseClass::Trade)
}

pub fn tighten(world: &mut World) -> Instruction {
    let cap = Tightening::DepositCap { collateral: 1, cap_token_atoms: 1_000 };
    ix::tighten(&world.directory, &address("guardian"), cap).unwrap()
}
