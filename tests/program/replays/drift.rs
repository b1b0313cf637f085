//! The attack on Drift: a stolen key of the owner, a worthless token with an oracle of the thief's
//! own, guards lifted, vaults borrowed empty within minutes; part of it by a signature that had been
//! given earlier, over a durable nonce.
//!
//! Here the key buys a proposal that everybody can read. With a guardian the thief gets nothing;
//! with one that sleeps, what ramp, caps and outflow leave, after days.

use plimsoll_client::instruction as ix;
use plimsoll_client::{Change, CollateralParams, Tightening};
use plimsoll_tests::{address, expect_error, World, SPL_TOKEN, TIMELOCK, USDC};

use crate::given::traders;

const WEEK: u64 = 7 * 86_400;
const MINUTE: u64 = 60;

/// Users with 1,000,000 USDC, of which 5 % an hour may leave. The thief signs as `"owner"`, and
/// holds as much as it likes of a token that it made, at a price that it makes.
fn world() -> World {
    let mut world = World::governed_with(|markets| {
        markets.tokens[0].outflow = "5%".parse().unwrap();
        markets.tokens[0].outflow_free = "1_000".parse().unwrap();
        markets.tokens[0].outflow_free_cap = "20_000".parse().unwrap();
    });
    traders(&mut world, &[("alice", 500_000), ("bob", 500_000)]);
    let mint = address("mint CVT");
    let like = world.vm.svm.get_account(&world.mint("SOL")).unwrap();
    world.vm.put(mint, SPL_TOKEN, like.data);
    world.names.set("CVT", mint);
    world
}

/// Underlying 4 by the thief's own oracle: a dear price for nothing.
fn worthless_underlying(world: &mut World) -> Change {
    let source = world.own_oracle("CVT", "100");
    let Change::Underlying { mut params, .. } = world.change_underlying("SOL", |_| ()) else {
        panic!("an underlying")
    };
    params.name = *b"CVT\0\0\0\0\0\0\0\0\0\0\0\0\0";
    params.sources = vec![source];
    // As lax as a listing may be.
    params.initial_multiplier_ppm = 1_000_000;
    (params.scan_lower_ppm, params.scan_upper_ppm) = (1, 1);
    (params.basis_ppm, params.concentration_max_ppm) = (0, 0);
    Change::ListUnderlying { index: 4, params }
}

/// The token with the laxest parameters that may be listed.
fn worthless_token(world: &World) -> Change {
    let params = CollateralParams {
        deposit_cap_token_atoms: u64::MAX >> 1,
        weight_ppm: 1_000_000,
        ramp_seconds: WEEK,
        ..world.token_params("SOL")
    };
    Change::ListCollateral { mint: world.mint("CVT"), underlying: 4, params }
}

#[test]
fn a_signature_given_earlier_is_worth_nothing() {
    let mut world = world();
    // Signed weeks ago, and sent now: a durable nonce keeps the transaction valid, not its slot.
    let change = worthless_underlying(&mut world);
    let slot = world.vm.now().slot.get();
    let signed = world.proposal_of("owner", slot, change);
    world.advance_seconds(2 * WEEK);
    expect_error(world.send(&[signed], &["owner"]), "ProposalStale");
}

#[test]
fn within_minutes_a_stolen_key_gets_nothing() {
    let mut world = world();
    let change = worthless_underlying(&mut world);
    world.propose("owner", change.clone()).unwrap();
    let Change::ListUnderlying { params, .. } = change else { panic!("a listing") };
    let (group, owner) = (world.directory.group.address, address("owner"));
    // Listing at once, or by the proposal before its time; lifting a guard or a cap.
    let oracle = params.sources[0].address;
    let one = ix::create_underlying(&owner, &owner, &group, 4, params, &[oracle]);
    expect_error(world.send(&[one], &["owner"]), "AlreadyLaunched");
    for _ in 0..10 {
        world.advance_seconds(MINUTE);
        expect_error(world.execute(0), "ProposalNotRipe");
    }
    let lifted = world.change_underlying("SOL", |params| {
        params.jump_ppm_max = 500_000;
        params.confidence_ppm_max = 500_000;
    });
    expect_error(world.propose("owner", lifted), "ChangeTooLarge");
    let open = world.change_token("USDC", |params| params.outflow_ppm = 1_000_000);
    expect_error(world.propose("owner", open), "ChangeTooLarge");
    let loose = Tightening::Outflow { collateral: 0, outflow_ppm: 1_000_000 };
    expect_error(world.tighten("owner", loose), "NotGuardian");
    // Without a token there is nothing to borrow against.
    world.open("owner").unwrap();
    expect_error(world.borrow("owner", "USDC", 1, 1), "BelowInitialMargin");

    // The guardian looks, and users leave as they like meanwhile.
    world.veto("guardian", 0).unwrap();
    world.withdraw("alice", "USDC", 10_000 * USDC).unwrap();
    world.advance_seconds(TIMELOCK);
    expect_error(world.execute(0), "ProposalVetoed");
}

#[test]
fn the_guardian_cannot_be_replaced_unseen() {
    let mut world = world();
    world.propose("owner", Change::Guardian { address: address("thief") }).unwrap();
    world.advance_seconds(TIMELOCK);
    let change = worthless_underlying(&mut world);
    world.propose("owner", change).unwrap();
    world.advance_seconds(TIMELOCK);
    // Two days later the thief is the guardian, and what it proposed before may run. Until then
    // the old one could veto all but its own end.
    world.veto("guardian", 1).unwrap();
    world.execute(0).unwrap();
    expect_error(world.execute(1), "ProposalVetoed");
    expect_error(world.veto("guardian", 1), "NotGuardian");
}

#[test]
fn with_a_sleeping_guardian_ramp_caps_and_outflow_bound_the_loss() {
    let mut world = world();
    let change = worthless_underlying(&mut world);
    let id = world.propose_and_wait("owner", change);
    world.execute(id).unwrap();
    let change = worthless_token(&world);
    let id = world.propose_and_wait("owner", change);
    world.execute(id).unwrap();
    // Two days have passed. A hundred million dollars by the thief's own price.
    world.open("thief").unwrap();
    world.deposit("thief", "CVT", 1_000_000 * 1_000_000_000).unwrap();
    expect_error(world.borrow("thief", "USDC", USDC, USDC), "BelowInitialMargin");

    // An hour into the ramp of a week the token counts for 0.6 %, which is plenty: now the outflow
    // limit holds. Users have had two days, and leave by the same door.
    world.advance_seconds(3_600);
    let all = 1_000_000 * USDC;
    expect_error(world.borrow("thief", "USDC", all, all), "OutflowExceeded");
    let hour = 50_000 * USDC;
    expect_error(world.borrow("thief", "USDC", hour + 1, hour + 1), "OutflowExceeded");
    world.borrow("thief", "USDC", hour, hour).unwrap();
    expect_error(world.borrow("thief", "USDC", 1_001 * USDC, all), "OutflowExceeded");
    // Small withdrawals still go out beside the thief's.
    world.withdraw("alice", "USDC", 1_000 * USDC).unwrap();

    // Somebody wakes up: from then on nothing is borrowed at all.
    world.tighten("guardian", Tightening::BorrowCap { collateral: 0, cap_token_atoms: 0 }).unwrap();
    world.advance_seconds(3_600);
    expect_error(world.borrow("thief", "USDC", USDC, USDC), "BorrowNotAllowed");
    assert_eq!(world.wallet_balance("thief", "USDC"), 50_000 * USDC);
}
