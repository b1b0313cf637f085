//! Is a position's profit counted low and its loss counted high, and is a loss shared to the last
//! step?

mod support;

use plimsoll_risk::{part_floor, settleable, share_loss, LossShare};
use plimsoll_units::{BaseLots, MathError, Price, QuoteAtoms, Value};
use proptest::prelude::*;
use support::model::{of_price, of_value, whole, Exact};
use support::{amount, decimal, ppm};

fn atoms(atoms: i64) -> QuoteAtoms {
    QuoteAtoms::new(atoms)
}

fn flow(atoms: i64) -> Value {
    Value::from_quote(QuoteAtoms::new(atoms))
}

#[test]
fn profit_counts_at_the_worse_price_and_loss_at_the_better() {
    let (low, high) = (decimal(90, 0), decimal(110, 0));
    let settle = |lots, paid| settleable(BaseLots::new(lots), flow(paid), low, high);
    // 10 lots long are worth 900 to 1,100.
    assert_eq!(settle(10, -850), Ok(atoms(50)));
    assert_eq!(settle(10, -950), Ok(atoms(0)));
    assert_eq!(settle(10, -1_050), Ok(atoms(0)));
    assert_eq!(settle(10, -1_150), Ok(atoms(-50)));
    // 10 lots short.
    assert_eq!(settle(-10, 1_150), Ok(atoms(50)));
    assert_eq!(settle(-10, 1_000), Ok(atoms(0)));
    assert_eq!(settle(-10, 850), Ok(atoms(-50)));
}

#[test]
fn open_position_settles_whole_atoms_toward_zero_and_a_closed_one_all_of_its_debt() {
    let one = decimal(1, 0);
    let settle = |lots, steps| settleable(BaseLots::new(lots), Value::new(steps), one, one);
    let atom = 1i128 << 48;
    assert_eq!(settle(1, atom / 2), Ok(atoms(1))); // 1.5
    assert_eq!(settle(1, -atom * 5 / 2), Ok(atoms(-1))); // −1.5
    assert_eq!(settle(0, atom * 3 / 2), Ok(atoms(1)));
    assert_eq!(settle(0, -atom * 3 / 2), Ok(atoms(-2)));
    assert_eq!(settle(0, -1), Ok(atoms(-1)));
    assert_eq!(settle(0, 0), Ok(atoms(0)));
    assert_eq!(settle(i64::MAX, i128::MAX), Err(MathError::Overflow));
}

/// So many lots, all of them there.
fn all(lots: i64) -> (BaseLots, BaseLots) {
    (BaseLots::new(lots), BaseLots::new(lots))
}

#[test]
fn loss_is_shared_by_lot_up_to_the_budget() {
    let share = |amount, lots, budget| share_loss(atoms(amount), all(lots), flow(budget)).unwrap();
    // 100 over 8 lots are 12.5 each; with a budget of 10, 20 are left.
    let free = share(100, 8, 1_000);
    assert_eq!((free.charged, free.debt), (flow(100), Value::ZERO));
    assert_eq!(free.per_lot, Value::new(25 << 47));
    assert_eq!(
        share(100, 8, 10),
        LossShare { per_lot: flow(10), charged: flow(80), debt: flow(20) }
    );
    // A third of an atom cannot be written: what three lots do not bear is debt.
    let third = share(1, 3, 1_000);
    assert_eq!(third.debt, Value::new((1 << 48) % 3));
    // Nobody to bear it, or nothing left to bear.
    let debt = LossShare { debt: flow(100), ..LossShare::default() };
    for (lots, budget) in [(0, 10), (8, 0), (8, -1)] {
        assert_eq!(share(100, lots, budget), debt);
    }
    // Three of the eight have left: nobody else bears their part.
    let five = (BaseLots::new(8), BaseLots::new(5));
    let left = share_loss(atoms(100), five, flow(10)).unwrap();
    assert_eq!(left, LossShare { per_lot: flow(10), charged: flow(50), debt: flow(50) });
    let refused = Err(MathError::OutOfRange);
    assert_eq!(share_loss(atoms(-1), all(1), flow(1)), refused);
    assert_eq!(share_loss(atoms(1), all(-1), flow(1)), refused);
}

#[test]
fn claims_are_paid_in_proportion() {
    assert_eq!(part_floor(atoms(100), flow(1), flow(3)), Ok(atoms(33)));
    assert_eq!(part_floor(atoms(100), flow(3), flow(3)), Ok(atoms(100)));
    assert_eq!(part_floor(atoms(100), Value::ZERO, Value::ZERO), Ok(atoms(0)));
    assert_eq!(part_floor(atoms(i64::MAX), Value::MAX, Value::MAX), Ok(atoms(i64::MAX)));
    let refused = Err(MathError::OutOfRange);
    assert_eq!(part_floor(atoms(1), flow(2), flow(1)), refused);
    assert_eq!(part_floor(atoms(-1), flow(1), flow(1)), refused);
    assert_eq!(part_floor(atoms(1), flow(-1), flow(1)), refused);
}

/// Flows finer than an atom.
fn fine(bits: u32) -> impl Strategy<Value = Value> {
    (amount(bits), 0i128..1 << 48)
        .prop_map(|(atoms, rest)| Value::new((i128::from(atoms) << 48) + rest))
}

fn prices() -> impl Strategy<Value = (Price, Price)> {
    (1u64..1_000_000, -6i32..2, 0u32..500_000).prop_map(|(mantissa, exponent, apart)| {
        let low = decimal(mantissa, exponent);
        (low, low.mul_ratio(ppm(1_000_000 + apart)).unwrap())
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    /// Against the words of the rule in exact numbers.
    #[test]
    fn settleable_is_the_exact_one_toward_zero(
        lots in amount(36), flow in fine(44), (low, high) in prices(), near in any::<bool>(),
    ) {
        // Half of the cases close to where the sign turns.
        let flow = match near {
            true => low.value_floor(-lots).unwrap().checked_add(Value::new(flow.get() >> 40)).unwrap(),
            false => flow,
        };
        let at = |price: Price| of_value(flow) + whole(lots) * of_price(price);
        let (bad, good) = if lots > 0 { (low, high) } else { (high, low) };
        let zero = whole(0);
        let wanted = if lots == 0 {
            of_value(flow).floor()
        } else if at(bad) > zero {
            at(bad).floor()
        } else if at(good) < zero {
            at(good).ceil()
        } else {
            zero
        };
        let found = settleable(BaseLots::new(lots), flow, low, high).unwrap();
        prop_assert_eq!(whole(found.get()), wanted);
    }

    /// After settling nothing more is there to settle at the same prices.
    #[test]
    fn settling_twice_is_settling_once(
        lots in amount(36), flow in fine(44), (low, high) in prices(),
    ) {
        let lots = BaseLots::new(lots);
        let once = settleable(lots, flow, low, high).unwrap();
        let rest = flow.checked_sub(Value::from_quote(once)).unwrap();
        prop_assert_eq!(settleable(lots, rest, low, high), Ok(QuoteAtoms::ZERO));
    }

    #[test]
    fn shared_loss_is_the_loss(
        amount in 0i64..=i64::MAX, lots in 0i64..1 << 50, budget in fine(40),
    ) {
        let share = share_loss(atoms(amount), all(lots), budget).unwrap();
        let (charged, debt) = (of_value(share.charged), of_value(share.debt));
        prop_assert_eq!(&charged + &debt, whole(amount));
        prop_assert!(charged >= whole(0) && debt >= whole(0));
        prop_assert_eq!(charged, of_value(share.per_lot) * whole(lots));
        if lots > 0 && budget.is_positive() {
            let step = whole(1) / whole(1i64 << 48);
            let exact = (whole(amount) / whole(lots)).min(of_value(budget));
            let found = of_value(share.per_lot);
            prop_assert!(found <= exact && found > exact - step);
        } else {
            prop_assert!(share.per_lot.is_zero());
        }
    }

    #[test]
    fn parts_of_all_claims_never_exceed_the_amount(
        amount in 0i64..=i64::MAX, claims in proptest::collection::vec(fine(40), 1..8),
    ) {
        let claims: Vec<Value> = claims.into_iter().map(|claim| claim.abs().unwrap()).collect();
        let total = claims.iter().fold(Value::ZERO, |sum, claim| sum.checked_add(*claim).unwrap());
        let mut paid = 0i128;
        for claim in &claims {
            let part = part_floor(atoms(amount), *claim, total).unwrap();
            paid += i128::from(part.get());
            if !total.is_zero() {
                let exact: Exact = whole(amount) * of_value(*claim) / of_value(total);
                prop_assert_eq!(whole(part.get()), exact.floor());
            }
        }
        prop_assert!(paid <= i128::from(amount));
        prop_assert!(total.is_zero() || paid > i128::from(amount) - claims.len() as i128);
    }
}
