//! Groups and what they list: before the launch by their owner, afterwards by proposals.

use plimsoll_client::instruction as ix;
use plimsoll_client::{AccountSource, Address, Change, Instruction};
use plimsoll_migrations::{plan, Step};
use plimsoll_tests::{address, World, SPL_TOKEN};

use super::SPONSOR;

/// Sets up a group of its own.
pub const FOUNDER: &str = "founder";

/// The first step of setting up the founder's group that `is` the one; those before it are done.
fn founding(world: &mut World, is: impl Fn(&Step) -> bool) -> Instruction {
    let owner = address(FOUNDER);
    let plan = plan(&world.vm, &owner, &world.markets, &world.names).unwrap();
    for step in &plan.steps {
        let mut one = step.instruction(&owner, &plan.group);
        if is(step) {
            if one.accounts[1].is_signer {
                // The first account pays the rent.
                one.accounts[0].pubkey = address(SPONSOR);
            }
            return one;
        }
        world.vm.run_as(&[one], &[owner]).unwrap();
    }
    panic!("the plan has no such step");
}

pub fn group(world: &mut World) -> Instruction {
    founding(world, |step| matches!(step, Step::Group { .. }))
}

pub fn underlying(world: &mut World) -> Instruction {
    founding(world, |step| matches!(step, Step::Underlying { index: 3, .. }))
}

pub fn collateral(world: &mut World) -> Instruction {
    founding(world, |step| matches!(step, Step::Token { name, .. } if name == "SOL"))
}

pub fn instrument(world: &mut World) -> Instruction {
    founding(world, |step| matches!(step, Step::Instrument { index: 1, .. }))
}

pub fn launch(world: &mut World) -> Instruction {
    founding(world, |step| matches!(step, Step::Launch))
}

/// The founder's group, launched never.
pub fn unlaunched(world: &mut World) -> Address {
    founding(world, |step| matches!(step, Step::Launch)).accounts[1].pubkey
}

pub fn propose_owner(world: &mut World) -> Instruction {
    let group = unlaunched(world);
    ix::propose_owner(&address(FOUNDER), &group, &address("alice"))
}

pub fn accept_ownership(world: &mut World) -> Instruction {
    let one = propose_owner(world);
    let group = one.accounts[1].pubkey;
    world.vm.run_as(&[one], &[address(FOUNDER)]).unwrap();
    ix::accept_ownership(&address("alice"), &group)
}

/// Proposes a listing, waits, and carries it out; another proposal lies beside it.
pub fn later(world: &mut World, change: Change) -> Instruction {
    world.propose("owner", Change::Guardian { address: address("carol") }).unwrap();
    let id = world.propose_and_wait("lister", change);
    world.reread();
    let (directory, proposal) = (&world.directory, world.proposal(id));
    let one = ix::execute_listing(directory, &address("carol"), &proposal, &SPL_TOKEN);
    let mut one = one.unwrap().unwrap();
    one.accounts[0].pubkey = address(SPONSOR);
    one
}

pub fn underlying_later(world: &mut World) -> Instruction {
    let found = world.steps.iter().find_map(|step| match step {
        Step::Underlying { index: 3, params, .. } => Some(params.clone()),
        _ => None,
    });
    let (index, params) = (4, *found.unwrap());
    later(world, Change::ListUnderlying { index, params })
}

pub fn collateral_later(world: &mut World) -> Instruction {
    let mint = address("mint of a copy");
    let stored = world.vm.account(&world.mint("SOL")).unwrap().unwrap();
    world.vm.put(mint, stored.owner, stored.data);
    let mut params = world.token_params("SOL");
    params.ramp_seconds = params.ramp_seconds.max(604_800);
    later(world, Change::ListCollateral { mint, underlying: 1, params })
}

pub fn instrument_later(world: &mut World) -> Instruction {
    let params = world.instrument_params("SOL-PERP");
    let index = world.directory.group.state.instrument_count;
    later(world, Change::ListInstrument { index, underlying: 1, params })
}
