//! Which prices, funding and interest are to be refreshed, on a group small enough to write by hand.

mod support;

use plimsoll_client::state::{InstrumentStatus, Word128};
use plimsoll_client::GroupDirectory;
use plimsoll_keeper::{cranks, packed, transaction_bytes, Crank};
use plimsoll_risk::Grade;
use plimsoll_units::{Seconds, Shares};
use support::group::{at, group, price, seen, CALL, EXPIRED_AT, PERP};

const EVERY: Seconds = Seconds::new(60);
const VALID: [Grade; 2] = [Grade::Valid; 2];
const NOTHING: [Crank; 0] = [];
const COIN: Crank = Crank::Price { underlying: 1 };
const FUNDING: Crank = Crank::Funding { instrument: PERP };
const INTEREST: Crank = Crank::Interest { collateral: 0 };
/// When all was refreshed last.
const REFRESHED_AT: i64 = EXPIRED_AT - 10_000;
/// When it may be again.
const DUE_AT: i64 = REFRESHED_AT + 60;

/// The group, all of it refreshed, with publish times that nobody has seen still to come.
fn refreshed() -> GroupDirectory {
    let mut directory = group();
    for one in &mut directory.underlyings {
        (one.state.stable.updated_at, one.state.reference.updated_at) =
            (REFRESHED_AT, REFRESHED_AT);
        one.state.published_at = REFRESHED_AT;
    }
    directory.instruments.iter_mut().for_each(|one| one.state.funding_at = REFRESHED_AT);
    directory.collaterals[0].state.accrued_at = REFRESHED_AT;
    directory
}

/// The same, of whose prices the newest was seen already: those are as they were.
fn still() -> GroupDirectory {
    let mut directory = refreshed();
    directory.underlyings.iter_mut().for_each(|one| one.state.published_at = i64::MAX);
    directory
}

fn due_by(directory: &GroupDirectory, time: i64, grades: [Grade; 2]) -> Vec<Crank> {
    let due = cranks(&seen(directory, time, grades), EVERY).unwrap();
    for one in &due {
        // Where oracles have no address, and nobody asks for any.
        assert!(!one.instruction(directory).unwrap().data.is_empty());
    }
    due
}

fn due(directory: &GroupDirectory, time: i64) -> Vec<Crank> {
    due_by(directory, time, VALID)
}

#[test]
fn what_would_change_nothing_is_never_due() {
    assert_eq!(due(&still(), DUE_AT), NOTHING);
    assert_eq!(due(&still(), DUE_AT + 100_000), NOTHING);
}

#[test]
fn prices_are_followed_once_they_were_published_anew_or_have_moved() {
    let both = [Crank::Price { underlying: 0 }, COIN];
    assert_eq!(due(&refreshed(), DUE_AT - 1), NOTHING);
    assert_eq!(due(&refreshed(), DUE_AT), both);
    let mut moved = still();
    moved.underlyings[1].state.stable.price = price(9).into();
    assert_eq!(due(&moved, DUE_AT - 1), NOTHING);
    assert_eq!(due(&moved, DUE_AT), [COIN]);
    let mut moved = still();
    moved.underlyings[1].state.reference.price = price(9).into();
    assert_eq!(due(&moved, DUE_AT), [COIN]);
}

#[test]
fn a_jumping_price_is_followed_as_fast_as_its_reference_may_catch_up() {
    let mut jumping = still();
    jumping.underlyings[1].state.reference.price = price(13).into();
    let grades = [Grade::Valid, Grade::Jumping];
    assert_eq!(due_by(&jumping, REFRESHED_AT + 9, grades), NOTHING);
    assert_eq!(due_by(&jumping, REFRESHED_AT + 10, grades), [COIN]);
    jumping.underlyings[1].state.reference.catch_up_seconds_max = 1_000;
    assert_eq!(due_by(&jumping, DUE_AT - 1, grades), NOTHING);
    assert_eq!(due_by(&jumping, DUE_AT, grades), [COIN]);
    // Not twice in a second, in which nothing moves.
    jumping.underlyings[1].state.reference.catch_up_seconds_max = 0;
    assert_eq!(due_by(&jumping, REFRESHED_AT, grades), NOTHING);
}

#[test]
fn a_price_that_the_program_would_refuse_is_left_alone_and_so_is_the_funding_on_it() {
    let mut directory = refreshed();
    directory.pools[1].state.open_interest_lots = 5;
    let quote = Crank::Price { underlying: 0 };
    let flaws =
        [Grade::Stale, Grade::Uncertain, Grade::Dispersed, Grade::Halted, Grade::NotPositive];
    for flaw in flaws {
        assert_eq!(due_by(&directory, DUE_AT, [Grade::Valid, flaw]), [quote], "{flaw}");
        // Whatever is on the coin is priced in quote tokens.
        assert_eq!(due_by(&directory, DUE_AT, [flaw, Grade::Valid]), [COIN], "{flaw}");
    }
    // While a price jumps, a refresh would stop the funding.
    assert_eq!(due_by(&directory, DUE_AT, [Grade::Valid, Grade::Jumping]), [quote, COIN]);
}

#[test]
fn funding_of_a_perpetual_is_due_while_there_is_anything_to_fund() {
    let with = |open: [u64; 2], rate: i64, premium: [i64; 2]| {
        let mut directory = still();
        let (pool, perp) = (&mut directory.pools[1].state, &mut directory.instruments[1].state);
        [pool.open_interest_lots, perp.open_interest_lots] = open;
        [pool.premium_ppb, pool.premium_mean_ppb] = premium;
        perp.funding_rate = rate;
        assert_eq!(due(&directory, DUE_AT - 1), NOTHING);
        due(&directory, DUE_AT)
    };
    assert_eq!(with([0, 0], 0, [0, 0]), NOTHING);
    assert_eq!(with([5, 0], 0, [0, 0]), [FUNDING]);
    assert_eq!(with([0, 5], 0, [0, 0]), [FUNDING]);
    assert_eq!(with([5, 5], 0, [0, 0]), [FUNDING]);
    assert_eq!(with([0, 0], -1, [0, 0]), [FUNDING]);
    assert_eq!(with([0, 0], 0, [1, 0]), [FUNDING]);
    assert_eq!(with([0, 0], 0, [0, -1]), [FUNDING]);
}

#[test]
fn of_contracts_that_expire_open_interest_is_carried_over_when_it_has_changed() {
    let call = Crank::Funding { instrument: CALL };
    let mut directory = still();
    directory.instruments[0].state.status = InstrumentStatus::Active.into();
    directory.pools[0].state.open_interest_lots = 5;
    assert_eq!(due(&directory, DUE_AT), [call]);
    directory.instruments[0].state.open_interest_lots = 5;
    assert_eq!(due(&directory, DUE_AT), NOTHING);
    // Of what has settled, taking it off is upkeep.
    directory.instruments[0].state.open_interest_lots = 0;
    directory.instruments[0].state.status = InstrumentStatus::Settled.into();
    assert_eq!(due(&directory, DUE_AT), NOTHING);
}

#[test]
fn interest_is_accrued_where_it_runs_or_was_set_aside_for_the_fund() {
    let with = |[deposits, borrows]: [u64; 2], reserve: i128| {
        let mut directory = still();
        let token = &mut directory.collaterals[0].state;
        (token.deposit_rate, token.borrow_rate) = (deposits, borrows);
        token.reserve = Word128::from(Shares::new(reserve));
        assert_eq!(due(&directory, DUE_AT - 1), NOTHING);
        // It takes no price.
        assert_eq!(due_by(&directory, DUE_AT, [Grade::Stale; 2]), due(&directory, DUE_AT));
        due(&directory, DUE_AT)
    };
    let atom = 1_i128 << 48;
    assert_eq!(with([0, 0], 0), NOTHING);
    assert_eq!(with([0, 1], 0), [INTEREST]);
    assert_eq!(with([1, 0], 0), [INTEREST]);
    assert_eq!(with([0, 0], atom - 1), NOTHING);
    assert_eq!(with([0, 0], atom), [INTEREST]);

    // What is set aside of other tokens stays with them.
    let mut directory = still();
    let mut other = directory.collaterals[0];
    (other.state.index, other.state.underlying, other.state.scale) = (1, 1, price(1).into());
    other.state.reserve = Word128::from(Shares::new(atom));
    directory.collaterals.push(other);
    assert_eq!(due(&directory, DUE_AT), NOTHING);
    directory.collaterals[1].state.borrow_rate = 1;
    assert_eq!(due(&directory, DUE_AT), [Crank::Interest { collateral: 1 }]);
}

#[test]
fn a_transaction_takes_as_many_as_fit_in_their_order() {
    let mut directory = refreshed();
    for index in 2..40 {
        let mut more = directory.underlyings[1];
        (more.address, more.state.index) = (at(100 + u8::try_from(index).unwrap()), index);
        directory.underlyings.push(more);
    }
    let all: Vec<_> = (0..40)
        .map(|underlying| {
            let one = Crank::Price { underlying };
            (one, one.instruction(&directory).unwrap())
        })
        .collect();
    let payer = at(200);
    let cut = packed(&payer, all.clone());

    let length = |all: &[(Crank, _)]| transaction_bytes(&payer, all.iter().map(|(_, one)| one));
    assert!(cut.len() > 1);
    for (at, one) in cut.iter().enumerate() {
        assert!(length(one) <= 1_232, "{}", length(one));
        // The next one would not have fitted.
        if let Some(next) = cut.get(at + 1) {
            assert!(length(&[one.as_slice(), &next[..1]].concat()) > 1_232);
        }
    }
    assert_eq!(cut.concat(), all);
    assert!(packed(&payer, Vec::<(Crank, _)>::new()).is_empty());
}
