//! Does interest depend on when somebody counts it, and can lenders and reserve get more than
//! borrowers pay?

mod support;

use plimsoll_risk::{
    reserve_gain, utilisation, write_down, Accrual, BalanceTotals, Curve, Kink, Rate, RiskError,
    RATE_MAX, YEAR,
};
use plimsoll_units::{Index, MathError, Ratio, Seconds, Shares, TokenAtoms, UnixSeconds};
use proptest::prelude::*;
use support::model::{of_ratio, whole, Exact};
use support::ppm;

const WEEK: Seconds = Seconds::new(604_800);

fn kink(utilisation: u32, rate: u32) -> Kink {
    Kink { utilisation: ppm(utilisation), rate: ppm(rate) }
}

/// 2 % a year unused, 10 % at four fifths, 100 % when all is lent.
fn hand_curve() -> Curve {
    Curve::new(&[kink(0, 20_000), kink(800_000, 100_000), kink(1_000_000, 1_000_000)]).unwrap()
}

fn totals(deposits: i64, borrows: i64) -> BalanceTotals {
    BalanceTotals {
        deposit_index: Index::ONE,
        borrow_index: Index::ONE,
        deposits: Shares::from_atoms_floor(TokenAtoms::new(deposits), Index::ONE).unwrap(),
        borrows: Shares::from_atoms_floor(TokenAtoms::new(borrows), Index::ONE).unwrap(),
    }
}

fn fresh() -> Accrual {
    Accrual {
        base_deposit: Index::ONE,
        base_borrow: Index::ONE,
        deposit_rate: Rate::ZERO,
        borrow_rate: Rate::ZERO,
        seconds: Seconds::ZERO,
        at: UnixSeconds::new(1_000),
    }
}

fn two_to_64() -> Exact {
    whole(1u128 << 64)
}

/// Growth per second.
fn of_rate(rate: Rate) -> Exact {
    whole(rate.get()) / two_to_64()
}

fn of_index(index: Index) -> Exact {
    whole(index.get()) / two_to_64()
}

/// In steps of 2^-48 atoms.
fn worth(shares: Shares, index: Index) -> Exact {
    whole(shares.get()) * of_index(index)
}

#[test]
fn year_of_six_percent_at_half_of_the_first_kink() {
    let rate = hand_curve().rate(ppm(400_000)).unwrap();
    // 0.06 · 2^64 / 31,536,000 = 35,096,545,041.26…, rounded up.
    assert_eq!(rate, Rate::new(35_096_545_042));
    // 1,000,000 deposited, 400,000 lent, a tenth for the reserve: lenders get 0.06 · 0.4 · 0.9.
    let totals = totals(1_000_000, 400_000);
    let start = fresh().rebase(&totals, &hand_curve(), ppm(100_000)).unwrap();
    let year = start.advance(UnixSeconds::new(1_000 + 31_536_000), YEAR);
    let (deposit, borrow) = year.indices().unwrap();
    let after = BalanceTotals { deposit_index: deposit, borrow_index: borrow, ..totals };
    assert_eq!(after.atoms(after.deposits), Ok(TokenAtoms::new(1_021_600)));
    assert_eq!(after.borrows_ceil(), Ok(TokenAtoms::new(424_001))); // just above 424,000
                                                                    // 24,000 less 21,600, to a millionth.
    let reserve = reserve_gain(&totals, deposit, borrow).unwrap();
    let error = whole(reserve.get()) / whole(1i64 << 48) - whole(2_400);
    assert!(error >= whole(0) && error < whole(1) / whole(1_000));
}

#[test]
fn curve_is_read_at_its_ends_and_above() {
    let rate = |part| hand_curve().rate(ppm(part)).unwrap();
    let yearly = |part: u32| (of_ratio(ppm(part)) * two_to_64() / whole(31_536_000)).ceil();
    assert_eq!(whole(rate(0).get()), yearly(20_000));
    assert_eq!(whole(rate(800_000).get()), yearly(100_000));
    assert_eq!(whole(rate(900_000).get()), yearly(550_000));
    assert_eq!(whole(rate(1_000_000).get()), yearly(1_000_000));
    assert_eq!(rate(u32::MAX), rate(1_000_000));
}

#[test]
fn curves_that_do_not_make_sense_are_refused() {
    let refused = |kinks: &[Kink]| Curve::new(kinks) == Err(RiskError::CurveInvalid);
    let (start, end) = (kink(0, 0), kink(1_000_000, 10));
    assert!(Curve::new(&[start, end]).is_ok());
    assert!(refused(&[]) && refused(&[start]) && refused(&[end]));
    assert!(refused(&[kink(1, 0), end]) && refused(&[start, kink(999_999, 10)]));
    assert!(refused(&[start, kink(1_000_001, 10)]));
    assert!(refused(&[start, kink(5, 1), kink(5, 2), end])); // not strictly ascending
    assert!(refused(&[start, kink(6, 1), kink(5, 2), end]));
    assert!(refused(&[kink(0, 11), end])); // falls
    let steep = |rate: u32| [start, kink(1_000_000, rate)];
    assert!(Curve::new(&steep(RATE_MAX.ppm())).is_ok());
    assert!(refused(&steep(RATE_MAX.ppm() + 1)));
    let five = [start, kink(1, 1), kink(2, 2), kink(3, 3), end];
    assert!(Curve::new(&five).is_ok());
    assert!(refused(&[start, kink(1, 1), kink(2, 2), kink(3, 3), kink(4, 4), end]));
}

#[test]
fn utilisation_is_what_is_owed_over_what_was_deposited() {
    assert_eq!(utilisation(&totals(0, 0)), Ratio::ZERO);
    assert_eq!(utilisation(&totals(100, 0)), Ratio::ZERO);
    assert_eq!(utilisation(&totals(3, 1)), ppm(333_334));
    assert_eq!(utilisation(&totals(100, 100)), Ratio::ONE);
    assert_eq!(utilisation(&totals(100, 250)), ppm(2_500_000));
    assert_eq!(utilisation(&totals(0, 1)), Ratio::MAX);
    assert_eq!(utilisation(&totals(1, i64::MAX)), Ratio::MAX);
    // By worth, not by shares: borrows of 1.5 each.
    let grown = BalanceTotals { borrow_index: Index::new(3 << 63), ..totals(100, 40) };
    assert_eq!(utilisation(&grown), ppm(600_000));
}

#[test]
fn halt_is_charged_up_to_its_limit_and_a_clock_that_steps_back_not_at_all() {
    let at = UnixSeconds::new;
    let halted = fresh().advance(at(10_000_000), WEEK);
    assert_eq!((halted.seconds, halted.at), (WEEK, at(10_000_000)));
    let back = halted.advance(at(5), WEEK);
    assert_eq!(back, halted);
    assert_eq!(halted.advance(at(10_000_001), WEEK).seconds.get(), WEEK.get() + 1);
}

#[test]
fn lenders_of_less_than_is_owed_get_the_interest_on_what_they_lent() {
    // One atom deposited, a hundred owed: the lender earns what one borrowed atom pays.
    let rebased = fresh().rebase(&totals(1, 100), &hand_curve(), Ratio::ZERO).unwrap();
    assert_eq!(rebased.deposit_rate, rebased.borrow_rate);
    let none = fresh().rebase(&totals(0, 100), &hand_curve(), Ratio::ZERO).unwrap();
    assert_eq!(none.deposit_rate, Rate::ZERO);
    let all_kept = fresh().rebase(&totals(100, 100), &hand_curve(), Ratio::ONE).unwrap();
    assert_eq!(all_kept.deposit_rate, Rate::ZERO);
    let over = fresh().rebase(&totals(1, 1), &hand_curve(), ppm(1_000_001));
    assert_eq!(over, Err(RiskError::Math(MathError::Overflow)));
}

#[test]
fn reserve_never_pays_and_indices_never_fall() {
    let totals = totals(100, 10);
    let up = Index::new(Index::ONE.get() + (1 << 60));
    assert_eq!(reserve_gain(&totals, up, Index::ONE), Ok(Shares::ZERO));
    let down = Index::new(Index::ONE.get() - 1);
    assert_eq!(reserve_gain(&totals, down, Index::ONE), Err(MathError::Overflow));
    assert_eq!(reserve_gain(&totals, Index::ONE, down), Err(MathError::Overflow));
}

#[test]
fn loss_is_written_off_all_deposits_but_never_all_of_them() {
    let atoms = TokenAtoms::new;
    let totals = totals(1_000, 0);
    // A quarter: the index falls to 0.75.
    assert_eq!(write_down(&totals, atoms(250)), Ok(Index::new(3 << 62)));
    assert_eq!(write_down(&totals, atoms(0)), Ok(Index::ONE));
    assert!(write_down(&totals, atoms(999)).is_ok());
    assert_eq!(write_down(&totals, atoms(1_000)), Err(RiskError::LossBeyondDeposits));
    let none = BalanceTotals { deposits: Shares::ZERO, ..totals };
    assert_eq!(write_down(&none, atoms(1)), Err(RiskError::LossBeyondDeposits));
    assert_eq!(write_down(&totals, atoms(-1)), Err(MathError::OutOfRange.into()));
    // So many shares of so small an index that no smaller index is left.
    let worn =
        BalanceTotals { deposit_index: Index::new(1), deposits: Shares::new(5 << 112), ..totals };
    assert_eq!(write_down(&worn, atoms(1)), Err(RiskError::LossBeyondDeposits));
}

fn curve() -> impl Strategy<Value = (Vec<Kink>, Curve)> {
    let inner = proptest::collection::btree_set(1u32..1_000_000, 0..=3);
    (inner, proptest::collection::vec(0u32..=RATE_MAX.ppm(), 5)).prop_map(|(inner, mut rates)| {
        rates.sort_unstable();
        let utilisations = [0].into_iter().chain(inner).chain([1_000_000]);
        let kinks: Vec<Kink> = utilisations.zip(rates).map(|(u, r)| kink(u, r)).collect();
        let curve = Curve::new(&kinks).unwrap();
        (kinks, curve)
    })
}

fn any_totals() -> impl Strategy<Value = BalanceTotals> {
    let shares = || (0i128..1 << 100, 0u32..100).prop_map(|(x, shift)| Shares::new(x >> shift));
    let index = || (1u128 << 63..1 << 72).prop_map(Index::new);
    (index(), index(), shares(), shares()).prop_map(
        |(deposit_index, borrow_index, deposits, borrows)| BalanceTotals {
            deposit_index,
            borrow_index,
            deposits,
            borrows,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn rate_is_the_exact_line_rounded_up(
        (kinks, curve) in curve(), at in 0u32..=1_200_000, next in 0u32..1_000,
    ) {
        let u = of_ratio(ppm(at.min(1_000_000)));
        let after = kinks.iter().position(|kink| kink.utilisation.ppm() >= at.min(1_000_000));
        let after = after.unwrap().max(1);
        let (low, high) = (kinks[after - 1], kinks[after]);
        let span = of_ratio(high.utilisation) - of_ratio(low.utilisation);
        let climbed = (u - of_ratio(low.utilisation)) / span;
        let yearly = of_ratio(low.rate) + (of_ratio(high.rate) - of_ratio(low.rate)) * climbed;
        let found = curve.rate(ppm(at)).unwrap();
        prop_assert_eq!(whole(found.get()), (yearly * two_to_64() / whole(YEAR.get())).ceil());
        prop_assert!(curve.rate(ppm(at + next)).unwrap() >= found);
    }

    #[test]
    fn utilisation_is_exact_but_for_two_roundings(totals in any_totals()) {
        let (owed, lent) = (worth(totals.borrows, totals.borrow_index),
            worth(totals.deposits, totals.deposit_index));
        let found = of_ratio(utilisation(&totals));
        if owed == whole(0) {
            prop_assert_eq!(found, whole(0));
        } else if found < of_ratio(Ratio::MAX) {
            // Up by one part per million, and a step of each amount.
            prop_assert!(&found * &lent >= owed);
            prop_assert!((&found - whole(1) / whole(1_000_000)) * (&lent - whole(1)) <= owed + whole(1));
        } else {
            prop_assert!(owed >= (lent - whole(1)) * whole(4_294));
        }
    }

    /// Time counted in pieces is time counted at once, to the last step.
    #[test]
    fn counting_in_between_changes_nothing(
        totals in any_totals(), (_, curve) in curve(), share in 0u32..=1_000_000,
        waits in proptest::collection::vec(0u64..100_000, 1..20),
    ) {
        let start = Accrual { base_deposit: totals.deposit_index, ..fresh() };
        let start = start.rebase(&totals, &curve, ppm(share)).unwrap();
        let (mut apart, mut now) = (start, start.at);
        for wait in waits {
            now = now.checked_add(Seconds::new(wait)).unwrap();
            apart = apart.advance(now, WEEK);
            apart.indices().unwrap();
        }
        let once = start.advance(now, Seconds::MAX);
        prop_assert_eq!(apart, once);
        prop_assert_eq!(apart.indices(), once.indices());
    }

    #[test]
    fn indices_and_rates_are_the_exact_ones_rounded_for_the_pool(
        totals in any_totals(), (_, curve) in curve(), share in 0u32..=1_000_000,
        seconds in 0u64..1 << 30,
    ) {
        let start = fresh().rebase(&totals, &curve, ppm(share)).unwrap();
        prop_assert_eq!(start.borrow_rate, curve.rate(utilisation(&totals)).unwrap());
        let (lent, held) = (worth(totals.borrows, totals.borrow_index),
            worth(totals.deposits, totals.deposit_index));
        let exact = match held > whole(0) {
            true => of_rate(start.borrow_rate) * (whole(1) - of_ratio(ppm(share)))
                * (&lent / &held).min(whole(1)),
            false => whole(0),
        };
        let found = of_rate(start.deposit_rate);
        prop_assert!(found <= exact);
        // A step of the rate, and a step of either amount.
        let steps = (whole(1) + whole(2) / (&held + whole(1)) * two_to_64()) / two_to_64();
        prop_assert!(found >= exact - steps);

        let later = Accrual { seconds: Seconds::new(seconds), ..start };
        let grown = |index: Index, rate: Rate| {
            whole(index.get()) * (whole(1) + of_rate(rate) * whole(seconds))
        };
        let (deposit, borrow) = later.indices().unwrap();
        let base = (totals.deposit_index, totals.borrow_index);
        prop_assert_eq!(whole(deposit.get()), grown(base.0, start.deposit_rate).floor());
        prop_assert_eq!(whole(borrow.get()), grown(base.1, start.borrow_rate).ceil());
    }

    /// Lenders and reserve get what borrowers pay and not a step more, however often it is
    /// counted; and but for a step of the indices a look not less.
    #[test]
    fn interest_is_conserved(
        totals in any_totals(), (_, curve) in curve(), share in 0u32..=1_000_000,
        looks in proptest::collection::vec(0u64..1 << 24, 1..12), fast in any::<bool>(),
    ) {
        let mut accrual = fresh().rebase(&totals, &curve, ppm(share)).unwrap();
        let mut now = totals;
        let mut reserve = whole(0);
        for look in &looks {
            let wait = Seconds::new(if fast { look % 3 } else { *look });
            accrual = accrual.advance(accrual.at.checked_add(wait).unwrap(), Seconds::MAX);
            let (deposit, borrow) = accrual.indices().unwrap();
            reserve += whole(reserve_gain(&now, deposit, borrow).unwrap().get());
            (now.deposit_index, now.borrow_index) = (deposit, borrow);

            let risen = |shares, to, from| worth(shares, to) - worth(shares, from);
            let paid = risen(totals.borrows, borrow, totals.borrow_index);
            let earned = risen(totals.deposits, deposit, totals.deposit_index);
            let left = paid - earned - &reserve;
            let step = whole(2)
                + worth(totals.deposits, Index::new(2))
                + worth(totals.borrows, Index::new(2));
            prop_assert!(left >= whole(0));
            prop_assert!(left <= step * whole(looks.len()));
        }
    }

    #[test]
    fn write_down_takes_the_loss_and_less_than_one_step_more(
        totals in any_totals(), part in 0u32..1_000_000,
    ) {
        let Ok(all) = totals.deposits.to_atoms_floor(totals.deposit_index) else { return Ok(()) };
        let loss = (i128::from(all.get()) * i128::from(part) / 1_000_000) as i64;
        prop_assume!(loss < all.get());
        let index = write_down(&totals, TokenAtoms::new(loss)).unwrap();
        prop_assert!(index <= totals.deposit_index && index.get() >= 1);
        let wanted = worth(totals.deposits, totals.deposit_index) - whole(loss) * whole(1i64 << 48);
        let found = worth(totals.deposits, index);
        prop_assert!(found <= wanted);
        prop_assert!(loss == 0 || wanted - found < worth(totals.deposits, Index::new(1)));
    }
}
