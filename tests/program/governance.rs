//! How does a group change: before its launch, and after it?

use plimsoll_client::events::{GroupLaunched, ProposalMoved};
use plimsoll_client::instruction as ix;
use plimsoll_client::state::ProposalState;
use plimsoll_client::{Address, Change, TimelockParams};
use plimsoll_migrations::Markets;
use plimsoll_tests::{address, expect_error, World, TIMELOCK, USDC, WINDOW};

fn deaf() -> Change {
    Change::RiskManager { address: Address::default() }
}

#[test]
fn a_group_takes_no_money_before_its_launch_and_no_listing_after_it() {
    let mut world = World::with(|markets| markets.group.launch = false);
    let (group, owner) = (world.directory.group.address, address("owner"));
    expect_error(world.open("alice"), "GroupNotLaunched");
    expect_error(world.propose("owner", deaf()), "GroupNotLaunched");
    expect_error(world.stake("alice", USDC), "GroupNotLaunched");
    let launch = |by: &Address| ix::launch_group(by, &group);
    expect_error(world.send(&[launch(&address("mallory"))], &["mallory"]), "NotGroupOwner");

    let receipt = world.send(&[launch(&owner)], &["owner"]).unwrap();

    let launched_at = world.vm.now().time.get();
    assert_eq!(receipt.events::<GroupLaunched>(), [GroupLaunched { group, launched_at }]);
    world.open("alice").unwrap();
    world.deposit("alice", "USDC", USDC).unwrap();
    expect_error(world.send(&[launch(&owner)], &["owner"]), "AlreadyLaunched");
    let offer = ix::propose_owner(&owner, &group, &address("mallory"));
    expect_error(world.send(&[offer], &["owner"]), "AlreadyLaunched");
    let params = world.instrument_params("SOL-PERP");
    let listing = ix::create_instrument(&address("payer"), &owner, &group, 1, 3, params);
    expect_error(world.send(&[listing], &["owner"]), "AlreadyLaunched");
}

#[test]
fn a_group_is_not_launched_without_its_quote_token() {
    let mut ground = World::ground(Markets::local().without_expiries());
    let owner = address("owner");
    let plan = plimsoll_migrations::plan(&ground.vm, &owner, &ground.markets, &ground.names);
    let plan = plan.unwrap();
    for step in &plan.steps[..2] {
        ground.vm.run_as(&[step.instruction(&owner, &plan.group)], &[owner]).unwrap();
    }
    let launch = ix::launch_group(&owner, &plan.group);
    expect_error(ground.vm.run_as(&[launch], &[owner]), "QuoteMustComeFirst");
}

#[test]
fn a_group_is_handed_over_in_two_steps() {
    let mut world = World::with(|markets| markets.group.launch = false);
    let group = world.directory.group.address;
    let offer = |by: &str, to: &str| ix::propose_owner(&address(by), &group, &address(to));
    let accept = |by: &str| ix::accept_ownership(&address(by), &group);
    expect_error(world.send(&[offer("mallory", "mallory")], &["mallory"]), "NotGroupOwner");
    expect_error(world.send(&[accept("heir")], &["heir"]), "NotPendingOwner");

    world.send(&[offer("owner", "heir")], &["owner"]).unwrap();
    assert_eq!(world.group().owner, address("owner"));
    expect_error(world.send(&[accept("mallory")], &["mallory"]), "NotPendingOwner");
    world.send(&[accept("heir")], &["heir"]).unwrap();

    assert_eq!(world.group().owner, address("heir"));
    expect_error(world.send(&[accept("heir")], &["heir"]), "NotPendingOwner");
    expect_error(world.send(&[offer("owner", "owner")], &["owner"]), "NotGroupOwner");
}

#[test]
fn after_the_launch_a_new_owner_waits_and_must_accept() {
    let mut world = World::governed();
    let group = world.directory.group.address;
    let id = world.propose_and_wait("owner", Change::Owner { address: address("heir") });
    world.execute(id).unwrap();
    assert_eq!(world.group().owner, address("owner"));
    world.send(&[ix::accept_ownership(&address("heir"), &group)], &["heir"]).unwrap();
    assert_eq!(world.group().owner, address("heir"));
}

#[test]
fn each_role_proposes_its_own() {
    let mut world = World::governed();
    let parameters = [
        world.change_underlying("SOL", |_| ()),
        world.change_token("SOL", |_| ()),
        world.change_instrument("SOL-PERP", false, |_| ()),
        world.change_group(|_| ()),
    ];
    let listings = [Change::ListInstrument {
        index: 3,
        underlying: 1,
        params: world.instrument_params("SOL-PERP"),
    }];
    let timelock = TimelockParams { timelock_seconds: 50_000, window_seconds: WINDOW };
    let source = world.own_oracle("other", "150");
    let owners = [
        Change::UnderlyingOracles { index: 1, sources: vec![source] },
        Change::Timelock { params: timelock },
        Change::Owner { address: address("heir") },
        Change::Guardian { address: address("heir") },
        Change::Lister { address: address("heir") },
        deaf(),
    ];
    let mut may = |proposers: &[&str], changes: &[Change]| {
        for change in changes {
            for name in ["owner", "lister", "risk manager", "guardian", "mallory"] {
                match proposers.contains(&name) {
                    true => drop(world.propose(name, change.clone()).unwrap()),
                    false => drop(expect_error(world.propose(name, change.clone()), "NotProposer")),
                }
            }
        }
    };
    may(&["owner", "risk manager"], &parameters);
    may(&["owner", "lister"], &listings);
    may(&["owner"], &owners);
}

#[test]
fn a_proposal_waits_then_lives_then_is_dead() {
    let mut world = World::governed();
    world.propose("owner", deaf()).unwrap();
    let receipt = world.propose("owner", deaf()).unwrap();
    let [moved] = receipt.events::<ProposalMoved>()[..] else { panic!("one receipt") };
    let now = world.vm.now().time.get();
    assert_eq!((moved.id, moved.by, moved.state), (1, address("owner"), 1));
    assert_eq!(moved.executable_at, now + i64::try_from(TIMELOCK).unwrap());
    assert_eq!(moved.dies_at, moved.executable_at + i64::try_from(WINDOW).unwrap());

    expect_error(world.execute(0), "ProposalNotRipe");
    world.advance_seconds(TIMELOCK - 2);
    expect_error(world.execute(0), "ProposalNotRipe");
    world.advance_seconds(2);
    let receipt = world.execute(0).unwrap();
    assert_eq!(receipt.events::<ProposalMoved>()[0].state, 2);
    assert_eq!(world.group().risk_manager, Address::default());
    expect_error(world.execute(0), "ProposalExecuted");
    expect_error(world.veto("guardian", 0), "ProposalExecuted");

    world.advance_seconds(WINDOW - 2);
    let at = world.proposal(1);
    expect_error(world.send(&[ix::close_proposal(&at)], &[]), "ProposalNotRipe");
    world.advance_seconds(2);
    expect_error(world.execute(1), "ProposalDead");
    // The rent goes back to who paid it, and to nobody else.
    let mut stolen = ix::close_proposal(&at);
    stolen.accounts[0].pubkey = address("mallory");
    expect_error(world.send(&[stolen], &[]), "ProposalMismatch");
    world.send(&[ix::close_proposal(&at)], &[]).unwrap();
    assert!(world.vm.svm.get_account(&at.address).is_none_or(|account| account.lamports == 0));
    // Its number is not used again.
    world.propose("owner", deaf()).unwrap();
    assert_eq!(world.last_proposal(), 2);
}

#[test]
fn a_proposal_that_was_signed_earlier_is_worth_nothing() {
    let mut world = World::governed();
    let now = world.vm.now().slot.get();
    expect_error(world.propose_at("owner", now - 151, deaf()), "ProposalStale");
    expect_error(world.propose_at("owner", now + 1, deaf()), "ProposalStale");
    expect_error(world.propose_at("owner", 0, deaf()), "ProposalStale");
    expect_error(world.propose_at("owner", u64::MAX, deaf()), "ProposalStale");
    world.propose_at("owner", now - 150, deaf()).unwrap();
}

#[test]
fn a_proposal_is_refused_by_the_guardian_or_taken_back() {
    let mut world = World::governed();
    let change = world.change_token("SOL", |_| ());
    for _ in 0..4 {
        world.propose("risk manager", change.clone()).unwrap();
    }
    expect_error(world.veto("mallory", 0), "NotGuardian");
    expect_error(world.veto("lister", 0), "NotGuardian");
    for (id, name) in [(0, "guardian"), (1, "owner"), (2, "risk manager")] {
        let receipt = world.veto(name, id).unwrap();
        assert_eq!(receipt.events::<ProposalMoved>()[0].by, address(name));
        expect_error(world.veto(name, id), "ProposalVetoed");
    }
    world.advance_seconds(TIMELOCK);
    for id in 0..3 {
        expect_error(world.execute(id), "ProposalVetoed");
    }
    // Also when its time has come.
    world.veto("guardian", 3).unwrap();
    expect_error(world.execute(3), "ProposalVetoed");
    assert!(world.proposal(3).state.state == ProposalState::Vetoed);
}

#[test]
fn the_guardian_does_not_choose_who_follows_it() {
    let mut world = World::governed();
    world.propose("owner", Change::Guardian { address: address("heir") }).unwrap();
    world.propose("owner", Change::Guardian { address: address("other") }).unwrap();
    expect_error(world.veto("guardian", 0), "NotGuardian");
    // The owner may think again.
    world.veto("owner", 1).unwrap();
    world.advance_seconds(TIMELOCK);
    expect_error(world.execute(0), "ProposalNotRipe");
    world.advance_seconds(TIMELOCK);
    world.execute(0).unwrap();
    assert_eq!(world.group().guardian, address("heir"));
}

#[test]
fn a_proposal_of_another_group_changes_nothing_here() {
    let mut world = World::governed();
    let mut other = world.markets.clone();
    other.group.id = 1;
    let owner = plimsoll_tests::keypair("owner");
    let plan = plimsoll_migrations::apply(&mut world.vm, &owner, &other, &world.names).unwrap();
    let id = world.propose_and_wait("owner", deaf());
    let mut one = ix::execute(&world.directory, &address("mallory"), &world.proposal(id)).unwrap();
    one.accounts[1].pubkey = plan.group;
    expect_error(world.send(&[one], &["mallory"]), "WrongGroup");
    let mut one = ix::veto(&address("owner"), &world.directory.group.address, id);
    one.accounts[1].pubkey = plan.group;
    expect_error(world.send(&[one], &["owner"]), "WrongGroup");
}

#[test]
fn bytes_that_are_no_change_are_not_proposed() {
    let mut world = World::governed();
    let slot = world.vm.now().slot.get();
    let mut one = world.proposal_of("owner", slot, deaf());
    // Behind the instruction's eight bytes, the slot and the length: a kind that does not exist.
    one.data[20] = 200;
    expect_error(world.send(&[one.clone()], &["owner"]), "OutOfRange");
    one.data.truncate(20);
    one.data[16..20].copy_from_slice(&1_025_u32.to_le_bytes());
    one.data.extend([0; 1_025]);
    expect_error(world.vm.run_as(&[one], &[address("owner")]), "OutOfRange");
}

#[test]
fn a_timelock_is_an_hour_to_thirty_days_and_halves_at_most() {
    let mut world = World::governed();
    let mut propose = |timelock_seconds, window_seconds| {
        let params = TimelockParams { timelock_seconds, window_seconds };
        world.propose("owner", Change::Timelock { params })
    };
    for (timelock, window) in [(3_599, WINDOW), (30 * 86_400 + 1, WINDOW), (TIMELOCK, 3_599)] {
        expect_error(propose(timelock, window), "ParameterOutOfBounds");
    }
    expect_error(propose(TIMELOCK, u64::MAX), "ParameterOutOfBounds");
    expect_error(propose(TIMELOCK / 2 - 1, WINDOW), "ChangeTooLarge");
    expect_error(propose(TIMELOCK * 2 + 1, WINDOW), "ChangeTooLarge");
    expect_error(propose(TIMELOCK, WINDOW * 2 + 1), "ChangeTooLarge");
    propose(TIMELOCK / 2, WINDOW * 2).unwrap();
    world.advance_seconds(TIMELOCK);
    world.execute(0).unwrap();
    assert_eq!(world.group().timelock_seconds, TIMELOCK / 2);
    // What was proposed before keeps its time; what comes now has the new one.
    world.propose("owner", deaf()).unwrap();
    world.advance_seconds(TIMELOCK / 2);
    world.execute(1).unwrap();
}
