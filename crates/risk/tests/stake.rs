//! Is a share of the insurance fund worth its part, to whoever comes first or later?

mod support;

use plimsoll_risk::{stake_shares, stake_value};
use plimsoll_units::{MathError, QuoteAtoms};
use proptest::prelude::*;
use support::model::whole;

fn atoms(atoms: i64) -> QuoteAtoms {
    QuoteAtoms::new(atoms)
}

#[test]
fn first_stake_buys_a_million_shares_an_atom_and_is_worth_itself() {
    let shares = stake_shares(atoms(100), 0, atoms(0)).unwrap();
    assert_eq!(shares, 100 << 20);
    assert_eq!(stake_value(shares, shares, atoms(100)), Ok(atoms(100)));
    // The fund doubles: each share is worth twice as much, but for the part of nobody's share:
    // 100 · 201 / 101 = 199.01.
    assert_eq!(stake_value(shares, shares, atoms(200)), Ok(atoms(199)));
    // And lost everything: nothing, and half of nothing.
    assert_eq!(stake_value(shares, shares, atoms(0)), Ok(atoms(0)));
}

#[test]
fn impossible_funds_are_refused() {
    assert_eq!(stake_shares(atoms(-1), 0, atoms(0)), Err(MathError::OutOfRange));
    assert_eq!(stake_shares(atoms(1), 0, atoms(-1)), Err(MathError::OutOfRange));
    assert_eq!(stake_shares(atoms(1), u128::MAX, atoms(0)), Err(MathError::Overflow));
    assert_eq!(stake_value(2, 1, atoms(1)), Err(MathError::OutOfRange));
    assert_eq!(stake_value(1, 1, atoms(-1)), Err(MathError::OutOfRange));
    assert_eq!(stake_value(0, 0, atoms(i64::MAX)), Ok(atoms(0)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2048))]

    #[test]
    fn conversions_are_exact_but_for_the_floor(
        amount in 0i64..1 << 60, total in 0u128..1 << 90, balance in 0i64..1 << 60, part in 0u128..1 << 90,
    ) {
        let (shares, one) = (whole(total) + whole(1 << 20), whole(balance) + whole(1));
        let wanted = (whole(amount) * &shares / &one).floor();
        if let Ok(found) = stake_shares(atoms(amount), total, atoms(balance)) {
            prop_assert_eq!(whole(found), wanted);
        } else {
            prop_assert!(wanted >= whole(u128::MAX));
        }
        let part = part % (total + 1);
        let found = stake_value(part, total, atoms(balance)).unwrap();
        prop_assert_eq!(whole(found.get()), (whole(part) * one / shares).floor());
        prop_assert!(found <= atoms(balance));
    }

    /// Going in and out again gains nothing, and takes nothing from those who are in.
    #[test]
    fn staking_gains_nothing_and_costs_the_others_nothing(
        first in 1i64..1 << 50, grown in 1i64..1 << 50, second in 1i64..1 << 50,
    ) {
        let own = stake_shares(atoms(first), 0, atoms(0)).unwrap();
        let before = stake_value(own, own, atoms(grown)).unwrap();
        let new = stake_shares(atoms(second), own, atoms(grown)).unwrap();
        let (total, balance) = (own + new, atoms(grown + second));
        let out = stake_value(new, total, balance).unwrap();
        prop_assert!(out.get() <= second);
        prop_assert!(stake_value(own, total, balance).unwrap() >= before);
        // Those who stay lose nothing when the other leaves.
        let left = atoms(balance.get() - out.get());
        prop_assert!(stake_value(own, own, left).unwrap() >= before);
    }

    /// Who stakes first and gives to the fund, so that the next staker's shares are rounded away,
    /// loses at least a million times what the next one does, but for the last atoms.
    #[test]
    fn gift_to_the_fund_costs_the_giver_more_than_the_next_staker(
        first in 0i64..1 << 40, gift in 0i64..1 << 60, second in 1i64..1 << 60,
    ) {
        let own = stake_shares(atoms(first), 0, atoms(0)).unwrap();
        let new = stake_shares(atoms(second), own, atoms(first + gift)).unwrap();
        let (total, balance) = (own + new, atoms(first + gift + second));
        let value = |shares| stake_value(shares, total, balance).unwrap().get();
        let (loss, cost) = (second - value(new), first + gift - value(own));
        prop_assert!(loss <= cost + 1);
        prop_assert!(loss <= (cost >> 20) + 2);
    }
}
