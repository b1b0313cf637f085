//! How far may one change go, and on what is it done?

use plimsoll_client::instruction as ix;
use plimsoll_client::state::InstrumentStatus;
use plimsoll_client::{
    AccountMeta, Change, CollateralParams, GroupParams, InstrumentParams, KinkParams,
    ScenarioParams, UnderlyingParams,
};
use plimsoll_tests::{address, expect_error, World, SOL, TIMELOCK};

use crate::given::traders;

/// Each edit alone goes too far.
fn too_far<P>(
    world: &mut World,
    edits: &[fn(&mut P)],
    change: impl Fn(&World, fn(&mut P)) -> Change,
) {
    for (at, edit) in edits.iter().enumerate() {
        let change = change(world, *edit);
        let outcome = world.propose("risk manager", change);
        assert!(outcome.is_err(), "edit {at} went through");
        expect_error(outcome, "ChangeTooLarge");
    }
}

#[test]
fn an_underlying_moves_in_steps() {
    let mut world = World::governed();
    let edits: [fn(&mut UnderlyingParams); 19] = [
        |params| params.age_seconds_max = 121,
        |params| params.age_seconds_max = 29,
        |params| params.confidence_ppm_max = 40_001,
        |params| params.dispersion_ppm_max = 20_001,
        |params| params.jump_ppm_max = 200_001,
        |params| params.stable.slope_ppm_per_second = 201,
        |params| params.stable.catch_up_seconds_max = 121,
        |params| params.reference.slope_ppm_per_second = 4_999,
        |params| params.scan_lower_ppm = 75_001,
        |params| params.scan_lower_ppm = 24_999,
        |params| params.scan_upper_ppm = 225_001,
        |params| params.scan_upper_ppm = 74_999,
        |params| params.open_interest_upper_quote_atoms *= 3,
        |params| params.open_interest_lower_quote_atoms /= 3,
        |params| params.depth_quote_atoms *= 3,
        |params| params.concentration_max_ppm = 400_001,
        |params| params.basis_ppm = 10_001,
        |params| params.initial_multiplier_ppm = 2_250_001,
        // Half of the loss on either side.
        |params| {
            let half =
                |shock_ppm| ScenarioParams { shock_ppm, volatility_ppm: 0, weight_ppm: 499_000 };
            params.scenarios = vec![half(-1_000_000), half(1_000_000)];
        },
    ];
    too_far(&mut world, &edits, |world, edit| world.change_underlying("SOL", edit));

    let change = world.change_underlying("SOL", |params| {
        params.age_seconds_max = 120;
        params.scan_lower_ppm = 75_000;
        params.scan_upper_ppm = 75_000;
        params.initial_multiplier_ppm = 2_250_000;
        params.basis_ppm = 10_000;
        params.jump_ppm_max = 200_000;
    });
    let before = world.underlying_state("SOL");
    let id = world.propose_and_wait("risk manager", change);
    world.execute(id).unwrap();
    let after = world.underlying_state("SOL");
    assert_eq!((after.scan_lower_ppm, after.loss_long_ppm), (75_000, 75_000));
    assert_eq!(after.age_seconds_max, 120);
    assert_eq!((after.stable, after.reference), (before.stable, before.reference));
    // Whom it puts below the line may act first.
    let first = world.group().owner_first_seconds;
    let until = world.vm.now().time.get() + i64::try_from(first).unwrap();
    assert_eq!(after.owner_first_until, until);
}

#[test]
fn a_token_moves_in_steps() {
    let mut world = World::governed();
    let edits: [fn(&mut CollateralParams); 9] = [
        |params| params.deposit_cap_token_atoms = 1_000_000 * SOL + 1,
        |params| params.borrow_cap_token_atoms = 200_000 * SOL + 1,
        |params| params.reserve_share_ppm = 200_001,
        |params| params.weight_ppm = 499_999,
        |params| params.insurance_cap_quote_atoms *= 3,
        |params| params.outflow_free_token_atoms = 2 * SOL + 1,
        |params| params.outflow_free_cap_token_atoms = 2 * SOL + 1,
        |params| params.kinks[3].rate_ppm = 4_000_001,
        // A new kink, below every old rate but far above the old line at its place.
        |params| {
            let kink = KinkParams { utilisation_ppm: 40_000, rate_ppm: 101_000 };
            params.kinks = vec![
                params.kinks[0],
                kink,
                KinkParams { rate_ppm: 101_000, ..params.kinks[1] },
                params.kinks[3],
            ];
        },
    ];
    too_far(&mut world, &edits, |world, edit| world.change_token("SOL", edit));

    let change = world.change_token("SOL", |params| {
        params.deposit_cap_token_atoms = 0;
        params.borrow_cap_token_atoms = 200_000 * SOL;
        params.weight_ppm = 500_000;
        params.outflow_ppm = 10_000;
        params.kinks[3].rate_ppm = 4_000_000;
    });
    let id = world.propose_and_wait("risk manager", change);
    world.execute(id).unwrap();
    let sol = *world.collateral("SOL");
    assert_eq!((sol.deposit_cap_token_atoms, sol.weight_ppm), (0, 500_000));
    assert_eq!((sol.borrow_cap_token_atoms, sol.outflow_ppm), (200_000 * SOL, 10_000));
    // A cap that was taken away opens again in steps: one token, or what there is.
    let reopen = |world: &World, atoms| {
        world.change_token("SOL", |params| {
            params.deposit_cap_token_atoms = atoms;
            params.weight_ppm = 500_000;
            params.outflow_ppm = 20_000;
        })
    };
    let change = reopen(&world, 2 * SOL + 1);
    expect_error(world.propose("risk manager", change), "ChangeTooLarge");
    let change = reopen(&world, 2 * SOL);
    world.propose("risk manager", change).unwrap();
}

#[test]
fn an_instrument_moves_in_steps() {
    let mut world = World::governed();
    let edits: [fn(&mut InstrumentParams); 9] = [
        |params| params.price_band_ppm = 100_001,
        |params| params.pnl_weight_ppm = 1_000_000 / 4 - 1,
        |params| params.trade_fee_ppm = 2_001,
        |params| params.open_interest_cap_lots *= 3,
        |params| params.funding_cap_ppm = 4_001,
        |params| params.funding_seconds_max = 1_201,
        |params| params.premium_seconds = 7_201,
        |params| params.loss_cap_ppm = 200_001,
        |params| params.insurance_cap_quote_atoms *= 3,
    ];
    too_far(&mut world, &edits, |world, edit| world.change_instrument("SOL-PERP", false, edit));

    let change = world.change_instrument("SOL-PERP", true, |params| {
        params.price_band_ppm = 100_000;
        params.open_interest_cap_lots = 0;
    });
    let id = world.propose_and_wait("risk manager", change);
    world.execute(id).unwrap();
    let sol = world.instrument_state("SOL-PERP");
    assert!(sol.status == InstrumentStatus::ReduceOnly);
    assert_eq!((sol.price_band_ppm, sol.open_interest_cap_lots), (100_000, 0));
}

#[test]
fn the_group_itself_moves_in_steps() {
    let mut world = World::governed();
    let edits: [fn(&mut GroupParams); 9] = [
        |params| params.beta_min_ppm = 99_999,
        |params| params.beta_max_ppm = 249_999,
        |params| params.duration_slots = 301,
        |params| params.buffer_ppm = 400_001,
        |params| params.insurance_cut_ppm = 200_001,
        |params| params.dust_quote_atoms = 2_000_001,
        |params| params.owner_first_seconds = 121,
        |params| params.cool_down_seconds = 604_800 * 2 + 1,
        |params| params.deleverage_slots = 749,
    ];
    too_far(&mut world, &edits, |world, edit| world.change_group(edit));
    let change = world.change_group(|params| {
        params.beta_max_ppm = 900_000;
        params.owner_first_seconds = 120;
    });
    let id = world.propose_and_wait("risk manager", change);
    world.execute(id).unwrap();
    let group = world.group();
    assert_eq!((group.beta_max_ppm, group.owner_first_seconds), (900_000, 120));
    let change = world.change_group(|params| params.beta_max_ppm = 1_000_000);
    expect_error(world.propose("owner", change), "ParameterOutOfBounds");
}

#[test]
fn changes_that_wait_side_by_side_go_no_further_than_one() {
    // Given five proposals that each double the cap, and one that doubles it twice.
    let mut world = World::governed();
    let change = world.change_token("SOL", |params| params.deposit_cap_token_atoms *= 2);
    for _ in 0..5 {
        world.propose("risk manager", change.clone()).unwrap();
    }
    let twice = world.change_token("SOL", |params| params.deposit_cap_token_atoms *= 4);
    expect_error(world.propose("risk manager", twice.clone()), "ChangeTooLarge");
    world.advance_seconds(TIMELOCK);
    for id in 0..5 {
        world.execute(id).unwrap();
    }
    assert_eq!(world.collateral("SOL").deposit_cap_token_atoms, 1_000_000 * SOL);

    // And a step is measured when it is taken, too: back down, and the next is too far from there.
    world.propose("risk manager", twice).unwrap();
    let tight = plimsoll_client::Tightening::DepositCap { collateral: 1, cap_token_atoms: SOL };
    world.tighten("guardian", tight).unwrap();
    world.advance_seconds(TIMELOCK);
    expect_error(world.execute(5), "ChangeTooLarge");
}

#[test]
fn what_a_listing_is_does_not_change() {
    let mut world = World::governed();
    let changes = [
        world.change_underlying("SOL", |params| params.name[0] ^= 1),
        world.change_underlying("SOL", |params| params.sources[0].feed_id[0] ^= 1),
        world.change_underlying("SOL", |params| {
            params.sources = vec![params.sources[0], params.sources[0]];
        }),
        world.change_token("SOL", |params| params.ramp_seconds = 1),
        world.change_instrument("SOL-PERP", false, |params| params.name[0] ^= 1),
        world.change_instrument("SOL-PERP", false, |params| params.lot_mantissa += 1),
        world.change_instrument("SOL-PERP", false, |params| params.tick_quote_atoms_per_lot += 1),
    ];
    for change in changes {
        expect_error(world.propose("risk manager", change), "ProposalMismatch");
    }
    // And no value leaves the bounds of a listing, near or far.
    let change = world.change_underlying("SOL", |params| params.basis_ppm = 50_001);
    expect_error(world.propose("risk manager", change), "ParameterOutOfBounds");
    let change = world.change_token("SOL", |params| params.outflow_ppm = 9_999);
    expect_error(world.propose("risk manager", change), "ParameterOutOfBounds");
    let change = world.change_token("SOL", |params| params.kinks[0].utilisation_ppm = 1);
    expect_error(world.propose("risk manager", change), "ParameterOutOfBounds");
    let change = world.change_instrument("SOL-PERP", false, |params| params.premium_seconds = 59);
    expect_error(world.propose("risk manager", change), "ParameterOutOfBounds");
}

#[test]
fn a_change_is_done_to_the_account_that_it_names() {
    let mut world = World::governed();
    traders(&mut world, &[("alice", 1)]);
    let change = world.change_token("SOL", |params| params.deposit_cap_token_atoms = 7);
    let target = 5;
    let wrong = [
        world.directory.collateral(&world.mint("BTC")).unwrap().address,
        world.directory.underlying(1).unwrap().address,
        world.margin_address("alice"),
        address("nobody"),
    ];
    let slot = world.vm.now().slot.get();
    let one = world.proposal_of("owner", slot, change.clone());
    for at in wrong {
        let mut one = one.clone();
        one.accounts[target].pubkey = at;
        expect_error(world.send(&[one], &["owner"]), "ChangeUnknownTarget");
    }
    let mut missing = one.clone();
    missing.accounts.pop();
    expect_error(world.send(&[missing], &["owner"]), "ChangeUnknownTarget");
    let mut surplus = one;
    surplus.accounts.push(AccountMeta::new_readonly(wrong[0], false));
    expect_error(world.send(&[surplus], &["owner"]), "RiskAccountSurplus");

    let id = world.propose_and_wait("owner", change);
    let one = ix::execute(&world.directory, &address("mallory"), &world.proposal(id)).unwrap();
    let target = 3;
    for at in wrong {
        let mut one = one.clone();
        one.accounts[target].pubkey = at;
        expect_error(world.send(&[one], &["mallory"]), "ChangeUnknownTarget");
    }
    let mut read_only = one.clone();
    read_only.accounts[target].is_writable = false;
    expect_error(world.send(&[read_only], &["mallory"]), "ConstraintMut");
    world.send(&[one], &["mallory"]).unwrap();
    assert_eq!(world.collateral("SOL").deposit_cap_token_atoms, 7);
}
