//! What is listed after the launch, and what becomes of an oracle that is replaced?

use plimsoll_client::instruction as ix;
use plimsoll_client::{pda, Change, CollateralParams, SourceParams, UnderlyingParams};
use plimsoll_risk::Check;
use plimsoll_tests::{address, expect_error, World, SPL_TOKEN, TIMELOCK, USDC};
use plimsoll_units::{Price, Ratio};

use crate::given::{local_with, traders};

const WEEK: u64 = 7 * 86_400;

/// An underlying like SOL with a source of its own.
fn underlying(world: &World, source: SourceParams) -> UnderlyingParams {
    let Change::Underlying { mut params, .. } = world.change_underlying("SOL", |_| ()) else {
        panic!("an underlying")
    };
    params.name = *b"NEW\0\0\0\0\0\0\0\0\0\0\0\0\0";
    params.sources = vec![source];
    params
}

/// A token like SOL with a ramp.
pub(crate) fn token(world: &World, ramp_seconds: u64) -> CollateralParams {
    CollateralParams { ramp_seconds, ..world.token_params("SOL") }
}

/// A world with underlying 4 listed after the launch, by the lister.
pub(crate) fn listed() -> World {
    let mut world = World::governed();
    let source = world.own_oracle("NEW", "10");
    let params = underlying(&world, source);
    let change = Change::ListUnderlying { index: 4, params };
    let id = world.propose_and_wait("lister", change);
    world.execute(id).unwrap();
    let mint = address("mint NEW");
    let like = world.vm.svm.get_account(&world.mint("SOL")).unwrap();
    world.vm.put(mint, SPL_TOKEN, like.data);
    world.names.set("NEW", mint);
    world
}

#[test]
fn everything_is_listed_by_a_ripe_proposal() {
    let mut world = listed();
    assert_eq!(world.group().underlying_count, 5);
    let mint = world.mint("NEW");
    let change = Change::ListCollateral { mint, underlying: 4, params: token(&world, WEEK) };
    world.propose("lister", change).unwrap();
    let params = world.instrument_params("SOL-PERP");
    let change = Change::ListInstrument { index: 3, underlying: 4, params };
    world.propose("lister", change).unwrap();
    expect_error(world.execute(1), "ProposalNotRipe");
    world.advance_seconds(TIMELOCK);
    world.execute(1).unwrap();
    world.execute(2).unwrap();
    let group = world.group();
    assert_eq!((group.collateral_count, group.instrument_count), (4, 4));
    // Each allows one listing: the account is there, as the system program says.
    expect_error(world.execute(2), "Custom(0)");
    // And is not a change that could be executed.
    let proposal = world.proposal(2);
    let one = ix::execute(&world.directory, &address("mallory"), &proposal).unwrap();
    expect_error(world.send(&[one], &["mallory"]), "ProposalExecuted");
}

#[test]
fn a_listing_is_exactly_what_was_proposed() {
    let mut world = World::governed();
    let group = world.directory.group.address;
    let source = world.own_oracle("NEW", "10");
    let mint = world.mint("SOL");
    let other = world.own_oracle("OTHER", "10");
    let params = underlying(&world, source);
    let perp = world.instrument_params("SOL-PERP");
    let changes = [
        Change::ListUnderlying { index: 4, params: params.clone() },
        Change::ListCollateral { mint, underlying: 4, params: token(&world, WEEK) },
        Change::ListInstrument { index: 3, underlying: 1, params: perp },
    ];
    for change in changes {
        world.propose("lister", change).unwrap();
    }
    world.advance_seconds(TIMELOCK);
    let payer = address("payer");
    let at = |id| Some(pda::proposal(&group, id));
    let allow = |mut one: plimsoll_client::Instruction, place: usize, id: u64| {
        one.accounts[place].pubkey = at(id).unwrap();
        one.accounts[place].is_writable = true;
        one
    };
    // Another oracle, another token's listing, another index, no proposal at all.
    let list = |params: &UnderlyingParams, index| {
        let oracles = [params.sources[0].address];
        ix::create_underlying(&payer, &payer, &group, index, params.clone(), &oracles)
    };
    let bent = UnderlyingParams { sources: vec![other], ..params.clone() };
    expect_error(world.send(&[allow(list(&bent, 4), 5, 0)], &[]), "ProposalMismatch");
    expect_error(world.send(&[allow(list(&params, 4), 5, 1)], &[]), "ProposalMismatch");
    expect_error(world.send(&[list(&params, 4)], &[]), "AlreadyLaunched");
    let list = |underlying, index, params| {
        ix::create_instrument(&payer, &payer, &group, underlying, index, params)
    };
    expect_error(world.send(&[allow(list(2, 3, perp), 7, 2)], &[]), "ProposalMismatch");
    let mut bent = perp;
    bent.trade_fee_ppm = 0;
    expect_error(world.send(&[allow(list(1, 3, bent), 7, 2)], &[]), "ProposalMismatch");
    world.send(&[allow(list(1, 3, perp), 7, 2)], &[]).unwrap();
    // Executed as a change, a listing would be spent and nothing listed.
    let proposal = world.proposal(0);
    let one = ix::execute(&world.directory, &address("mallory"), &proposal).unwrap();
    expect_error(world.send(&[one], &["mallory"]), "ProposalMismatch");
}

#[test]
fn a_proposal_is_no_use_before_the_launch() {
    // Given a proposal of a launched group, handed to another group of the same owner.
    let mut world = World::governed();
    let perp = world.instrument_params("SOL-PERP");
    let change = Change::ListInstrument { index: 3, underlying: 1, params: perp };
    let id = world.propose_and_wait("owner", change);
    let at = world.proposal(id).address;
    let mut other = world.markets.clone();
    (other.group.id, other.group.launch) = (1, false);
    let owner = plimsoll_tests::keypair("owner");
    let plan = plimsoll_migrations::apply(&mut world.vm, &owner, &other, &world.names).unwrap();
    let (payer, owner) = (address("payer"), address("owner"));
    let mut one = ix::create_instrument(&payer, &owner, &plan.group, 1, 3, perp);
    one.accounts[7].pubkey = at;
    one.accounts[7].is_writable = true;
    expect_error(world.send(&[one.clone()], &["owner"]), "ProposalMismatch");
    world.send(&[ix::launch_group(&owner, &plan.group)], &["owner"]).unwrap();
    expect_error(world.send(&[one], &["owner"]), "ProposalMismatch");
}

#[test]
fn what_cannot_be_listed_is_not_proposed() {
    let mut world = World::governed();
    let source = world.own_oracle("NEW", "10");
    let mut params = underlying(&world, source);
    params.age_seconds_max = 601;
    let change = Change::ListUnderlying { index: 4, params };
    expect_error(world.propose("lister", change), "ParameterOutOfBounds");
    let mut params = underlying(&world, source);
    params.sources[0].kind = 3;
    let change = Change::ListUnderlying { index: 4, params };
    expect_error(world.propose("lister", change), "OracleSourceInvalid");
    let mint = address("mint NEW");
    let params = token(&world, WEEK - 1);
    let change = Change::ListCollateral { mint, underlying: 1, params };
    expect_error(world.propose("lister", change), "ParameterOutOfBounds");
    let mut params = world.instrument_params("SOL-PERP");
    params.lot_mantissa = 0;
    let change = Change::ListInstrument { index: 3, underlying: 1, params };
    expect_error(world.propose("lister", change), "OutOfRange");
}

#[test]
fn a_new_token_opens_nothing_on_its_first_day() {
    let mut world = listed();
    traders(&mut world, &[("bob", 100_000)]);
    let mint = world.mint("NEW");
    let change = Change::ListCollateral { mint, underlying: 4, params: token(&world, WEEK) };
    let id = world.propose_and_wait("lister", change);
    world.execute(id).unwrap();
    world.open("alice").unwrap();
    world.deposit("alice", "NEW", 1_000_000_000_000).unwrap();
    // 1,000 tokens at 10.
    expect_error(world.borrow("alice", "USDC", 1, 1), "BelowInitialMargin");
    assert!(world.health("alice", Check::Maintenance).surplus().unwrap().is_positive());

    // After half of the ramp half of the value counts: 5,000 less 7.5 % of 10,000.
    world.advance_seconds(WEEK / 2);
    expect_error(world.borrow("alice", "USDC", 4_251 * USDC, u64::MAX), "BelowInitialMargin");
    world.borrow("alice", "USDC", 4_249 * USDC, u64::MAX).unwrap();
}

#[test]
fn a_new_oracle_must_speak_and_is_not_believed_at_once() {
    let mut world = World::governed();
    traders(&mut world, &[("bob", 100_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 100_000_000_000).unwrap();
    let source = world.own_oracle("mine", "1500");
    let change = Change::UnderlyingOracles { index: 1, sources: vec![source] };
    world.edit_feed("mine", |feed| feed.trading = false);
    expect_error(world.propose("owner", change.clone()), "OracleHalted");
    world.edit_feed("mine", |feed| feed.trading = true);
    let none = Change::UnderlyingOracles { index: 1, sources: vec![] };
    expect_error(world.propose("owner", none), "OracleSourceInvalid");

    let id = world.propose_and_wait("owner", change);
    world.execute(id).unwrap();

    // Ten times the price: a jump, and all SOL counts nothing until the references follow.
    expect_error(world.borrow("alice", "USDC", USDC, USDC), "BelowInitialMargin");
    assert_eq!(world.underlying_state("SOL").sources[0].address, source.address);
    let stable = world.underlying_state("SOL").stable;
    world.refresh("SOL").unwrap();
    // A hundredth of a per cent a second, a minute at most at once.
    let now = world.underlying_state("SOL").stable.price.price().unwrap();
    let rise = Price::distance_ratio_ceil(now, stable.price.price().unwrap());
    assert!(rise <= Ratio::from_ppm(6_001), "{rise:?}");
}

#[test]
fn nobody_lists_by_signing_alone() {
    let mut world = local_with(&[]);
    let perp = world.instrument_params("SOL-PERP");
    let group = world.directory.group.address;
    for name in ["owner", "mallory"] {
        let one = ix::create_instrument(&address("payer"), &address(name), &group, 1, 3, perp);
        expect_error(world.send(&[one], &[name]), "AlreadyLaunched");
    }
}
