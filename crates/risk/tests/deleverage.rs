//! Does a deleveraging close exactly what it must, from everybody its part, whoever comes first?

mod support;

use plimsoll_risk::{
    check_deleveraged, ends_silence, resized_flow, still_due, Health, LiquidationTerms, Resizing,
    RiskError, Silence,
};
use plimsoll_units::{BaseLots, MathError, Slot, Value};
use proptest::prelude::*;
use support::*;

const TERMS: LiquidationTerms = LiquidationTerms::DEFAULT;

fn lots(lots: i64) -> BaseLots {
    BaseLots::new(lots)
}

#[test]
fn the_fraction_of_one_position_is_handed_on_to_the_next() {
    // 268 of 1,000 lots are closed. 600 * 0.732 = 439.2, 400 * 0.732 + 0.2 = 293.
    let mut resizing = Resizing::new(lots(1_000), lots(268)).unwrap();
    assert_eq!(resizing.resize(lots(-600)), Ok(lots(-439)));
    assert_eq!((resizing.waiting, resizing.remainder), (400, 200));
    assert_eq!(resizing.waiting_after(), Ok(293));
    assert_eq!(resizing.resize(lots(-400)), Ok(lots(-293)));
    assert!(resizing.is_over());
    assert_eq!(resizing.resize(lots(-1)), Err(MathError::OutOfRange));
}

#[test]
fn no_more_is_closed_than_there_is_and_no_less_than_a_lot() {
    for closed in [0, -1, 11] {
        assert_eq!(Resizing::new(lots(10), lots(closed)), Err(MathError::OutOfRange));
    }
    let mut whole = Resizing::new(lots(10), lots(10)).unwrap();
    assert_eq!(whole.resize(lots(10)), Ok(lots(0)));
    let most = Resizing::new(lots(i64::MAX), lots(1)).unwrap().resize(lots(i64::MAX));
    assert_eq!(most, Ok(lots(i64::MAX - 1)));
}

#[test]
fn a_long_sells_and_a_short_buys_what_is_closed() {
    let price = Value::new(7);
    assert_eq!(resized_flow(lots(10), lots(6), Value::new(-50), price), Ok(Value::new(-22)));
    assert_eq!(resized_flow(lots(-10), lots(-6), Value::new(50), price), Ok(Value::new(22)));
}

#[test]
fn silence_lasts_while_somebody_watches() {
    let at = |slot| Slot::new(slot);
    let first = Silence::seen_at(None, &TERMS, at(1_000));
    assert_eq!(first, Silence { since: at(1_000), seen: at(1_000) });
    // Twice the duration of 150 slots, and one more.
    let kept = Silence::seen_at(Some(first), &TERMS, at(1_300));
    assert_eq!(kept, Silence { since: at(1_000), seen: at(1_300) });
    assert_eq!(Silence::seen_at(Some(first), &TERMS, at(1_301)).since, at(1_301));
    // Over after 150 and 1,500 slots, if it was seen lately.
    let watched = Silence { since: at(1_000), seen: at(2_600) };
    assert!(!watched.is_over(&TERMS, at(2_649)));
    assert!(watched.is_over(&TERMS, at(2_650)) && watched.is_over(&TERMS, at(2_900)));
    assert!(!watched.is_over(&TERMS, at(2_901)));
}

#[test]
fn a_closing_removes_risk_and_stops_at_the_buffer() {
    let health = |equity: i64, requirement: i64| {
        let requirement = value(requirement);
        Health { equity: value(equity), requirement, requirement_slope: requirement }
    };
    let part = |closed, held| (lots(closed), lots(held));
    let check =
        |after, closed| check_deleveraged(&TERMS, &health(90, 100), &after, part(closed, 10));
    assert_eq!(check(health(90, 75), 5), Ok(()));
    assert_eq!(check(health(90, 74), 5), Err(RiskError::OvershootsBuffer));
    assert_eq!(check(health(90, 74), 1), Ok(()));
    assert_eq!(check(health(90, 100), 5), Err(RiskError::BidRemovesNoRisk));
    assert_eq!(check(health(70, 80), 5), Err(RiskError::HealthNotRaised));
    // A part lifts the account to its line, or is the whole.
    assert_eq!(check(health(90, 91), 5), Err(RiskError::StaysBelowLine));
    assert_eq!(check(health(90, 90), 5), Ok(()));
    assert_eq!(check(health(90, 91), 10), Ok(()));
    // A dollar of requirement is dust.
    let dust = check_deleveraged(&TERMS, &health(0, 1), &health(0, 0), part(5, 10));
    assert_eq!(dust, Ok(()));
    // A bankrupt's position goes whole, whatever leg of a hedge it is.
    let bankrupt =
        |closed| check_deleveraged(&TERMS, &health(-5, 10), &health(-1, 20), part(closed, 10));
    assert_eq!(bankrupt(10), Ok(()));
    assert_eq!(bankrupt(9), Err(RiskError::BidRemovesNoRisk));
}

#[test]
fn only_a_bid_that_helps_ends_a_silence() {
    let health = |equity: i64, requirement: i64| {
        let requirement = value(requirement);
        Health { equity: value(equity), requirement, requirement_slope: requirement }
    };
    let ends = |after| ends_silence(&health(50, 100), &after);
    assert_eq!(ends(health(50, 91)), Ok(false));
    assert_eq!(ends(health(50, 90)), Ok(true));
    assert_eq!(ends_silence(&health(95, 100), &health(95, 96)), Ok(false));
    assert_eq!(ends_silence(&health(95, 100), &health(95, 95)), Ok(true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn all_together_keep_what_is_left_and_nobody_is_a_lot_off(
        sizes in prop::collection::vec(1_i64..1 << 40, 1..12),
        part in 1_u64..=1 << 20,
        short in any::<bool>(),
    ) {
        let before: i64 = sizes.iter().sum();
        let closed = i64::try_from((i128::from(before) * i128::from(part)) >> 20).unwrap().max(1);
        let mut resizing = Resizing::new(lots(before), lots(closed)).unwrap();
        let after = i128::from(resizing.after);
        let mut kept = 0_i128;
        for size in sizes {
            let sign = if short { -1 } else { 1 };
            let left = resizing.resize(lots(sign * size)).unwrap().get();
            prop_assert!(left == 0 || left.signum() == sign);
            let left = i128::from(left.unsigned_abs());
            // |left - size * after / before| < 1.
            let off = left * i128::from(before) - i128::from(size) * after;
            prop_assert!(off.abs() < i128::from(before));
            kept += left;
            prop_assert_eq!(kept + i128::from(resizing.waiting_after().unwrap()), after);
        }
        prop_assert!(resizing.is_over());
        prop_assert_eq!(kept, after);
    }
}

#[test]
fn who_bore_a_part_before_bears_what_is_left_of_its_own() {
    // 50 of 100 are missing; two are owed 50 each. The first bore its 25, so that 25 are missing of
    // claims of 25 and 50: all of it is the second's.
    let due = |missing, claim, total, borne, all| {
        let (missing, claim, total) = (value(missing), value(claim), value(total));
        still_due(missing, (claim, total), (usd(borne), usd(all)))
    };
    assert_eq!(due(25, 25, 75, 25, 25), Ok(value(0)));
    assert_eq!(due(25, 50, 75, 0, 25), Ok(value(25)));
    // Then ten more are missing, and each bears five of them.
    assert_eq!(due(10, 25, 50, 25, 50), Ok(value(5)));
    // Whoever bore more than its part by now is owed nothing back.
    assert_eq!(due(5, 10, 60, 40, 40), Ok(value(0)));
    assert_eq!(due(0, 0, 0, 0, 0), Ok(value(0)));
    // Any of them alone.
    let below: [[i64; 5]; 5] =
        [[-1, 1, 1, 0, 0], [1, -1, 1, 0, 0], [1, 1, -1, 0, 0], [1, 1, 1, -1, 0], [1, 1, 1, 0, -1]];
    for [missing, claim, total, borne, all] in below {
        assert_eq!(due(missing, claim, total, borne, all), Err(MathError::OutOfRange));
    }
}
