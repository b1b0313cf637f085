//! Between which two whole numbers does a quantity fall below zero?
//!
//! Regula falsi, as Anderson and Björck mend it: the line through both ends of a bracket says where
//! to look next, and an end that stays for a second time counts for less, by what the step before has
//! gained (N. Anderson and Å. Björck, *A new high order method of regula falsi type for computing a root
//! of an equation*, BIT 13, 1973). Where the line is poor, that alone may take as many steps as there are
//! numbers. So each guess is moved so far towards the middle that bisection could do the rest in the
//! steps that are left (I. F. D. Oliveira and R. H. C. Takahashi, *An enhancement of the bisection method
//! average performance preserving minmax optimality*, ACM TOMS 47(1), 2021): never more than
//! `⌈log2 width⌉` steps and a few. Margins are nearly lines, and mostly take five to ten.

use crate::RiskError;
use plimsoll_units::Value;

/// Steps that may be spent beyond those of bisection, all together.
const STEPS_SPARE: u32 = 8;

/// What falls as a number rises. Any closure does; behind the table of this trait it lies once, behind that
/// of a closure twice.
pub(crate) trait Falling {
    /// The quantity at a number.
    fn value_at(&mut self, at: i64) -> Result<Value, RiskError>;
}

impl<F: FnMut(i64) -> Result<Value, RiskError>> Falling for F {
    fn value_at(&mut self, at: i64) -> Result<Value, RiskError> {
        self(at)
    }
}

/// The last number from zero to `most` at which the quantity is not negative, where it falls throughout;
/// and in any case one at which it is not, while it is at the next number, if that is not beyond `most`.
/// `at_zero` is what it is at zero; neither that nor `most` must be negative.
///
/// At most `⌈log2 most⌉ + 9` looks at the quantity, whose errors are passed on.
// Both views search; one copy of this is enough.
#[inline(never)]
pub(crate) fn last_kept(
    at_zero: Value,
    most: i64,
    quantity: &mut dyn Falling,
) -> Result<i64, RiskError> {
    let kept = End { at: 0, value: at_zero };
    let lost = End { at: most, value: quantity.value_at(most)? };
    if !lost.value.is_negative() {
        return Ok(most);
    }
    let mut bracket = Bracket { kept, lost, moved: Moved::Neither };
    let halvings = u64::BITS.saturating_sub(bracket.width().saturating_sub(1).leading_zeros());
    let mut steps = halvings.saturating_add(STEPS_SPARE);
    // At the beginning of each step `width <= 2^steps`, and each guess sees to that.
    while bracket.width() > 1 {
        steps = steps.saturating_sub(1);
        let at = bracket.guess(1_u64.checked_shl(steps).unwrap_or(u64::MAX));
        bracket.narrow(End { at, value: quantity.value_at(at)? });
    }
    Ok(bracket.kept.at)
}

/// A number, and what the quantity is there.
#[derive(Clone, Copy)]
struct End {
    at: i64,
    value: Value,
}

/// Which end did the last step move?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moved {
    Neither,
    Kept,
    Lost,
}

/// Two numbers between which the quantity falls below zero. The value of an end that stays is scaled
/// down, and is not the quantity's any more.
struct Bracket {
    kept: End,
    lost: End,
    moved: Moved,
}

impl Bracket {
    fn width(&self) -> u64 {
        self.kept.at.abs_diff(self.lost.at)
    }

    /// Where the line through both ends falls below zero, strictly between them, and no further than
    /// `reach` from either.
    fn guess(&self, reach: u64) -> i64 {
        let width = self.width();
        let way = self.way(width).unwrap_or(width >> 1);
        // `width <= 2 · reach`, so that the least is never above the most.
        let least = width.saturating_sub(reach).max(1);
        let most = reach.min(width.saturating_sub(1));
        self.kept.at.saturating_add_unsigned(way.min(most).max(least))
    }

    fn way(&self, width: u64) -> Option<u64> {
        let kept = self.kept.value;
        let fall = kept.checked_sub(self.lost.value).ok()?;
        let way = Value::new(width.into()).mul_div_floor(kept, fall).ok()?;
        u64::try_from(way.get()).ok()
    }

    /// Puts a number in the place of the end on its side of zero.
    fn narrow(&mut self, found: End) {
        let (moves, stays, moved) = match found.value.is_negative() {
            true => (&mut self.lost, &mut self.kept, Moved::Lost),
            false => (&mut self.kept, &mut self.lost, Moved::Kept),
        };
        if self.moved == moved {
            stays.value = scaled(stays.value, found.value, moves.value);
        }
        (*moves, self.moved) = (found, moved);
    }
}

/// What the value of an end that stays counts for: `1 − found / before` of it, by which the other side came
/// nearer to zero, or half of it where it did not.
fn scaled(stays: Value, found: Value, before: Value) -> Value {
    let gained = before.checked_sub(found);
    let scaled = gained.and_then(|gained| stays.mul_div_floor(gained, before));
    match scaled {
        Ok(scaled) if !scaled.is_zero() && scaled.is_negative() == stays.is_negative() => scaled,
        _ => Value::new(stays.get() >> 1),
    }
}

#[cfg(test)]
// A test may panic, and says its numbers as they are.
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]
mod tests {
    extern crate std;

    use super::*;
    use plimsoll_units::MathError;
    use proptest::prelude::*;
    use std::vec::Vec;

    /// What is found up to `most`, and in how many steps between the ends.
    fn search(most: i64, value_at: impl Fn(i64) -> i128) -> (i64, u32) {
        let (mut steps, at_zero) = (0, Value::new(value_at(0)));
        let mut counted = |at: i64| {
            assert!((1..=most).contains(&at), "{at} is beyond the ends");
            steps += u32::from(at < most);
            Ok(Value::new(value_at(at)))
        };
        (last_kept(at_zero, most, &mut counted).unwrap(), steps)
    }

    /// `⌈log2 width⌉`: what bisection takes.
    fn bisected(width: i64) -> u32 {
        u64::BITS - (width.unsigned_abs() - 1).leading_zeros()
    }

    #[test]
    fn a_line_takes_three_steps_at_most_however_long_it_is() {
        for lost in [3, 1_000, 1_000_000_007, i64::MAX] {
            for root in [0, 1, lost / 3, lost / 2, lost - 1] {
                let line = |at: i64| (i128::from(root) - i128::from(at)) * 1_000 + 7;
                let (found, steps) = search(lost, line);
                assert_eq!(found, root);
                assert!(steps <= 3, "{lost}, {root}: {steps}");
            }
        }
    }

    #[test]
    fn ends_and_neighbours_need_no_step() {
        assert_eq!(search(1, |at| i128::from(-at)), (0, 0));
        assert_eq!(search(9, |at| i128::from(9 - at)), (9, 0));
    }

    #[test]
    fn the_worst_of_cliffs_takes_eight_steps_more_than_bisection() {
        // Nearly nothing on one side of it, nearly everything on the other: a line says nothing.
        for lost in [1_000, 1_000_000_007, i64::MAX] {
            for root in [0, 1, lost / 7, lost / 2, lost - 2, lost - 1] {
                for (high, low) in
                    [(0, i128::MIN), (i128::MAX, -1), (1, -1), (i128::MAX, i128::MIN)]
                {
                    let (found, steps) = search(lost, |at| if at <= root { high } else { low });
                    assert_eq!(found, root);
                    assert!(steps <= bisected(lost) + STEPS_SPARE, "{lost}, {root}: {steps}");
                }
            }
        }
    }

    #[test]
    fn errors_are_passed_on() {
        let error = RiskError::Math(MathError::Overflow);
        for fails in [9..=9, 1..=8] {
            let mut quantity = |at: i64| match fails.contains(&at) {
                true => Err(error),
                false => Ok(Value::new(-5)),
            };
            assert_eq!(last_kept(Value::new(4), 9, &mut quantity), Err(error));
        }
    }

    /// A line that falls, and falls faster behind each of its kinks, by up to `slope`.
    fn broken_line(slope: i64) -> impl Strategy<Value = (i64, Vec<(i64, i64)>)> {
        let lost = (1u32..62).prop_flat_map(|bits| (1i64 << (bits - 1))..(1i64 << bits));
        lost.prop_flat_map(move |lost| {
            let kinks = proptest::collection::vec((0..lost, 0..slope), 0..6);
            (Just(lost + 1), kinks)
        })
    }

    /// How far it has fallen, by ten for each number at least.
    fn fallen(kinks: &[(i64, i64)], at: i64) -> i128 {
        let behind =
            |(kink, slope): &(i64, i64)| i128::from((at - kink).max(0)) * i128::from(*slope);
        i128::from(at) * 10 + kinks.iter().map(behind).sum::<i128>()
    }

    fn part_of(lost: i64, part: u64) -> i64 {
        i64::try_from((u128::from(part) * u128::from(lost.unsigned_abs())) >> 64).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn the_answer_is_that_of_bisection_in_no_more_than_eight_steps_more(
            (lost, kinks) in broken_line(1_000_000), part: u64, rest in 0i128..10,
        ) {
            let root = part_of(lost, part);
            let most = fallen(&kinks, root) + rest;

            let (found, steps) = search(lost, |at| most - fallen(&kinks, at));

            prop_assert_eq!(found, root);
            prop_assert!(steps <= bisected(lost) + STEPS_SPARE, "{} steps", steps);
        }

        #[test]
        fn what_rises_and_falls_is_kept_where_it_ends_and_lost_behind(
            seed: u64, kept in 0i128..=i128::MAX, bits in 1u32..=63, shift in 0u32..128,
        ) {
            // Any number at any place, but for the one at zero.
            let noise = |at: i64| match at {
                0 => kept,
                at => {
                    let mixed = (at.unsigned_abs() ^ seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    let mixed = mixed ^ (mixed >> 29);
                    ((i128::from(mixed) << 64) | i128::from(seed)) >> shift
                }
            };
            let most = i64::MAX >> (63 - bits);

            let (found, steps) = search(most, noise);

            prop_assert!(noise(found) >= 0);
            prop_assert!(found == most || noise(found + 1) < 0);
            prop_assert!(steps <= bisected(most) + STEPS_SPARE, "{} steps", steps);
        }

        #[test]
        fn what_is_nearly_a_line_takes_few_steps(
            (lost, kinks) in broken_line(10), part: u64,
        ) {
            // Slopes up to six times the least: a token's equity weighs more than what it hedges.
            let root = part_of(lost, part);
            let most = fallen(&kinks, root);

            let (found, steps) = search(lost, |at| most - fallen(&kinks, at));

            prop_assert_eq!(found, root);
            prop_assert!(steps <= 14, "{} steps", steps);
        }
    }
}
