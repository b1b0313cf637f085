//! Does the pool ever lose an atom to somebody's rounding, or a lot to a transfer?

use num_bigint::BigInt;
use num_rational::BigRational;
use plimsoll_risk::{
    open_interest_change, quote_share, row_slice, BalanceTotals, Holding, RowKey, RowKind,
};
use plimsoll_units::{BaseLots, Fraction, Index, MathError, Shares, TokenAtoms, Value};
use proptest::prelude::*;

fn totals(deposit: u128, borrow: u128) -> BalanceTotals {
    BalanceTotals {
        deposit_index: Index::new(deposit),
        borrow_index: Index::new(borrow),
        deposits: Shares::ZERO,
        borrows: Shares::ZERO,
    }
}

fn atoms(atoms: i64) -> TokenAtoms {
    TokenAtoms::new(atoms)
}

#[test]
fn deposit_withdrawal_debt_and_repayment_at_the_first_index() {
    let one = Index::ONE.get();
    let mut totals = totals(one, one);
    let held = totals.change(Shares::ZERO, atoms(100)).unwrap();
    assert_eq!(totals.atoms(held), Ok(atoms(100)));
    let owed = totals.change(held, atoms(-130)).unwrap();
    assert_eq!(totals.borrowed_atoms(owed), Ok(atoms(30)));
    assert_eq!((totals.deposits, totals.borrows), (Shares::ZERO, Shares::new(30 << 48)));
    let back = totals.change(owed, atoms(50)).unwrap();
    assert_eq!(totals.atoms(back), Ok(atoms(20)));
    assert_eq!(totals.deposits_ceil(), Ok(atoms(20)));
    assert_eq!(totals.borrows_ceil(), Ok(TokenAtoms::ZERO));
}

#[test]
fn debt_is_repaid_in_full_by_what_it_is_shown_as() {
    // At a borrow index of 1.1 a debt of 10 is a little more than 10.
    let one = Index::ONE.get();
    let mut totals = totals(one, one + one / 10);
    let owed = totals.change(Shares::ZERO, atoms(-10)).unwrap();
    let shown = totals.borrowed_atoms(owed).unwrap();
    assert_eq!(totals.change(owed, shown), Ok(Shares::ZERO));
    assert_eq!(totals.borrows, Shares::ZERO);
}

#[test]
fn quote_flow_goes_with_its_part_of_the_position() {
    let share = |quote, part, whole| {
        quote_share(Value::new(quote), BaseLots::new(part), BaseLots::new(whole))
    };
    assert_eq!(share(100, 1, 4), Ok(Value::new(25)));
    assert_eq!(share(-101, 1, 4), Ok(Value::new(-26)));
    assert_eq!(share(-101, -4, -4), Ok(Value::new(-101)));
    assert_eq!(share(100, 5, 4), Err(MathError::OutOfRange));
}

#[test]
fn open_interest_counts_a_trade_once() {
    let lots = |pair: [i64; 2]| pair.map(BaseLots::new);
    let change = |before, after| open_interest_change(lots(before), lots(after)).unwrap().get();
    assert_eq!(change([0, 0], [5, -5]), 5); // both open
    assert_eq!(change([5, -5], [0, 0]), -5); // both close
    assert_eq!(change([5, 0], [0, 5]), 0); // handed over
    assert_eq!(change([5, -2], [2, 1]), -2); // one closes 3, the other turns by 3
}

proptest! {
    /// Whatever comes in and goes out, the accounts are worth no more than came in, and the totals
    /// are the sums of the balances.
    #[test]
    fn pool_never_loses_an_atom(
        growth in any::<(u64, u64)>(),
        moves in proptest::collection::vec((0usize..3, -1_000_000_000i64..1_000_000_000), 1..40),
    ) {
        let one = Index::ONE.get();
        let (deposit, borrow) = (one + u128::from(growth.0), one + u128::from(growth.1) * 3);
        let mut totals = totals(deposit, borrow);
        let mut accounts = [Shares::ZERO; 3];
        let mut vault = 0i64;
        for (index, delta) in moves {
            let before = totals.atoms(accounts[index]).unwrap().get();
            accounts[index] = totals.change(accounts[index], atoms(delta)).unwrap();
            vault += delta;

            // Nobody gains by a move, and nobody loses more than an atom and a debt's rounding.
            let after = totals.atoms(accounts[index]).unwrap().get();
            prop_assert!((before + delta - 2..=before + delta).contains(&after));
            let worth: i64 = accounts.iter().map(|a| totals.atoms(*a).unwrap().get()).sum();
            prop_assert!(worth <= vault);
            let sum = |keep: fn(&i128) -> bool| -> i128 {
                accounts.iter().map(|a| a.get()).filter(keep).sum()
            };
            prop_assert_eq!(totals.deposits.get(), sum(|shares| *shares > 0));
            prop_assert_eq!(totals.borrows.get(), -sum(|shares| *shares < 0));
        }
    }

    #[test]
    fn parts_of_a_quote_flow_never_exceed_it(
        quote in -(1i128 << 110)..1 << 110, whole in 1i64..1 << 50, part in 0i64..1 << 50,
    ) {
        let part = part % (whole + 1);
        let share = |part| {
            let whole = BaseLots::new(whole);
            quote_share(Value::new(quote), BaseLots::new(part), whole).unwrap().get()
        };
        let exact = BigRational::new(BigInt::from(quote) * part, whole.into());
        prop_assert_eq!(BigInt::from(share(part)), exact.floor().to_integer());
    }
}

#[test]
fn a_slice_takes_sizes_up_and_flows_down_and_the_last_lot_with_all_of_its_flow() {
    let half = Fraction::new(1 << 62).unwrap();
    let row = |quantity, quote| Holding {
        key: RowKey::new(1, RowKind::Position, 1),
        quantity,
        quote: Value::new(quote),
    };
    // Half of 5 lots is 3, away from zero; half of a flow of -501 is -250, toward zero.
    assert_eq!(row_slice(&row(5, -501), half), row(3, -250));
    assert_eq!(row_slice(&row(-5, 501), half), row(-3, 250));
    // A single lot cannot be halved: it goes with all that was paid for it.
    assert_eq!(row_slice(&row(1, -501), half), row(1, -501));
    assert_eq!(row_slice(&row(-1, 501), half), row(-1, 501));
    // A closed position's flow is halved like any other, and the whole is the whole.
    assert_eq!(row_slice(&row(0, 501), half), row(0, 250));
    assert_eq!(row_slice(&row(7, 501), Fraction::ONE), row(7, 501));
    assert_eq!(row_slice(&row(0, -501), Fraction::ONE), row(0, -501));
    assert_eq!(row_slice(&row(7, 501), Fraction::ZERO), row(0, 0));
}
