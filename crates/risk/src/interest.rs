//! What do borrowers pay, and who gets it?
//!
//! Interest is simple between two changes of balances and compounds at each change. Indices are a
//! pure function of the base, the rates and the seconds since: counting the seconds in between,
//! however often, changes nothing, to the last step.

use crate::{BalanceTotals, RiskError};
use plimsoll_units::{
    divide, wide, Index, MathError, Ratio, Seconds, Shares, TokenAtoms, UnixSeconds, Value,
};

/// A year, as interest counts it: 365 days.
pub const YEAR: Seconds = Seconds::new(31_536_000);

/// Most kinks of a curve.
pub const KINKS_MAX: usize = 5;

/// The highest rate of a year that a curve may have: 10,000 %.
pub const RATE_MAX: Ratio = Ratio::from_ppm(100_000_000);

/// Growth per second, in steps of 2^-64.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Rate(u64);

impl Rate {
    /// Nothing grows.
    pub const ZERO: Self = Self(0);

    /// A rate from its stored form.
    #[inline]
    pub const fn new(raw: u64) -> Self {
        Self(raw)
    }

    /// The stored form: growth per second times 2^64.
    #[inline]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Growth over `seconds` in steps of 2^-64, exactly.
    #[inline]
    const fn over(self, seconds: Seconds) -> u128 {
        let (high, low) = wide::mul_u64(self.0, seconds.get());
        wide::join(high, low)
    }
}

/// A corner of the interest curve.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kink {
    /// Borrows over deposits.
    pub utilisation: Ratio,
    /// What borrowers pay there, per year, without compounding.
    pub rate: Ratio,
}

/// What borrowers pay as a function of how much of the deposits is lent: linear between kinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Curve {
    kinks: [Kink; KINKS_MAX],
    count: usize,
}

impl Curve {
    /// A curve through these kinks. `CurveInvalid` unless there are two to five of them, their
    /// utilisation strictly ascends from nothing to exactly all, their rates do not fall, and the
    /// last is at most [`RATE_MAX`].
    pub fn new(kinks: &[Kink]) -> Result<Self, RiskError> {
        let (Some(first), Some(last)) = (kinks.first(), kinks.last()) else {
            return Err(RiskError::CurveInvalid);
        };
        let ascends = kinks
            .iter()
            .zip(kinks.iter().skip(1))
            .all(|(low, high)| low.utilisation < high.utilisation && low.rate <= high.rate);
        let sound = kinks.len() <= KINKS_MAX
            && first.utilisation.is_zero()
            && last.utilisation == Ratio::ONE
            && last.rate <= RATE_MAX
            && ascends;
        if !sound {
            return Err(RiskError::CurveInvalid);
        }
        let mut curve = Self { kinks: [Kink::default(); KINKS_MAX], count: kinks.len() };
        for (own, kink) in curve.kinks.iter_mut().zip(kinks) {
            *own = *kink;
        }
        Ok(curve)
    }

    /// The borrowers' rate at this utilisation, rounded up; above one as at one.
    pub fn rate(&self, utilisation: Ratio) -> Result<Rate, MathError> {
        let utilisation = utilisation.min(Ratio::ONE);
        let kinks = || self.kinks.iter().take(self.count);
        for (low, high) in kinks().zip(kinks().skip(1)) {
            if utilisation <= high.utilisation {
                return rate_between(low, high, utilisation);
            }
        }
        // Not reached: the last kink is at one.
        Err(MathError::OutOfRange)
    }
}

/// The rate on the line between two kinks, rounded up once.
fn rate_between(low: &Kink, high: &Kink, utilisation: Ratio) -> Result<Rate, MathError> {
    /// Parts per million of a year's rate, times the seconds of a year.
    const YEAR_PARTS: u64 = 31_536_000 * 1_000_000;
    let product = |a: Ratio, b: Ratio| wide::widen(a.ppm()).checked_mul(wide::widen(b.ppm()));
    let width = high.utilisation.checked_sub(low.utilisation)?;
    let rise = high.rate.checked_sub(low.rate)?;
    let level = product(low.rate, width);
    let climbed = product(rise, utilisation.checked_sub(low.utilisation)?);
    // Parts per million squared: below 2^48.
    let parts = level.zip(climbed).and_then(|(level, climbed)| level.checked_add(climbed));
    let parts = parts.ok_or(MathError::Overflow)?;
    let (den_high, den_low) = wide::mul_u64(wide::widen(width.ppm()), YEAR_PARTS);
    let quotient = divide::div_u256(0, wide::join(parts, 0), wide::join(den_high, den_low));
    let (floor, exact) = quotient.ok_or(MathError::DivisionByZero)?;
    if wide::high_u64(floor) != 0 {
        return Err(MathError::Overflow);
    }
    let up = wide::widen_bool(!exact);
    wide::low_u64(floor).checked_add(up).map(Rate).ok_or(MathError::Overflow)
}

/// Borrows over deposits, rounded up: zero without borrows, more than one where more is owed than
/// was deposited, [`Ratio::MAX`] where it is beyond any number.
pub fn utilisation(totals: &BalanceTotals) -> Ratio {
    if !totals.borrows.is_positive() {
        return Ratio::ZERO;
    }
    let borrows = totals.borrows.rebased_ceil(totals.borrow_index);
    let deposits = totals.deposits.rebased_floor(totals.deposit_index);
    // Only the ratio of the two counts, so that any unit does.
    let unit = |amount: Result<Shares, MathError>| amount.map(|amount| Value::new(amount.get()));
    unit(borrows).and_then(|borrows| borrows.ratio_ceil(unit(deposits)?)).unwrap_or(Ratio::MAX)
}

/// How the indices of a token grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accrual {
    /// Deposit index at the last change of balances.
    pub base_deposit: Index,
    /// Borrow index at the last change of balances.
    pub base_borrow: Index,
    /// What depositors earn since.
    pub deposit_rate: Rate,
    /// What borrowers pay since.
    pub borrow_rate: Rate,
    /// Seconds that have been counted since.
    pub seconds: Seconds,
    /// Up to when they have been counted.
    pub at: UnixSeconds,
}

impl Accrual {
    /// Counts the seconds until `now`, at most `gap_max` of them: after a halt of the chain nobody
    /// owes for the time in which nobody could repay. A clock that steps back counts nothing.
    pub fn advance(self, now: UnixSeconds, gap_max: Seconds) -> Self {
        let passed = now.elapsed_since(self.at).min(gap_max);
        Self {
            seconds: Seconds::new(self.seconds.get().saturating_add(passed.get())),
            at: self.at.max(now),
            ..self
        }
    }

    /// Deposit and borrow index: `base · (1 + rate · seconds)`, the first rounded down, the second
    /// up. `Overflow` from an index of 2^64 on.
    pub fn indices(&self) -> Result<(Index, Index), MathError> {
        let deposit = self.base_deposit.grown_floor(self.deposit_rate.over(self.seconds))?;
        let borrow = self.base_borrow.grown_ceil(self.borrow_rate.over(self.seconds))?;
        Ok((deposit, borrow))
    }

    /// Starts anew from the balances and indices in `totals`, after a change of them: the indices
    /// become the base, and the rates follow from the utilisation.
    ///
    /// Depositors get what borrowers pay, less the reserve's share, rounded down:
    /// `borrow rate · (1 − share) · min(1, borrows / deposits)`; nothing without deposits. The one
    /// is there because depositors lend no more than they have: where more is owed (losses of
    /// traders that wait in the instruments' pools), the interest on the rest is the reserve's.
    ///
    /// Time is not touched: seconds since `at` that were not counted yet are charged at the new
    /// rates. `Overflow` for a share above one.
    pub fn rebase(
        self,
        totals: &BalanceTotals,
        curve: &Curve,
        reserve_share: Ratio,
    ) -> Result<Self, RiskError> {
        let borrow_rate = curve.rate(utilisation(totals))?;
        let passed_on = Ratio::ONE.checked_sub(reserve_share)?;
        Ok(Self {
            base_deposit: totals.deposit_index,
            base_borrow: totals.borrow_index,
            deposit_rate: deposit_rate(totals, borrow_rate, passed_on)?,
            borrow_rate,
            seconds: Seconds::ZERO,
            at: self.at,
        })
    }
}

/// `borrow_rate · passed_on · min(1, borrows / deposits)`, rounded down, borrows counted down and
/// deposits up: over any time depositors get no more than that part of what borrowers pay.
fn deposit_rate(
    totals: &BalanceTotals,
    borrow_rate: Rate,
    passed_on: Ratio,
) -> Result<Rate, MathError> {
    if !totals.deposits.is_positive() || !totals.borrows.is_positive() {
        return Ok(Rate::ZERO);
    }
    let borrows = totals.borrows.rebased_floor(totals.borrow_index)?;
    let deposits = totals.deposits.rebased_ceil(totals.deposit_index)?;
    let (high, low) = wide::mul_u64(borrow_rate.get(), wide::widen(passed_on.ppm()));
    let lent = borrows.min(deposits).get().unsigned_abs();
    let of = deposits.get().unsigned_abs();
    let (parts, _) =
        divide::mul_div_u128(wide::join(high, low), lent, of).ok_or(MathError::Overflow)?;
    // Cut twice, which is the same as once; at most the borrowers' rate, which is one word.
    let (high, low) = (wide::high_u64(parts), wide::low_u64(parts));
    let (_, rate) = divide::div_u128_u32(high, low, Ratio::PARTS);
    Ok(Rate(rate))
}

/// What the reserve earns when the indices of `totals` move to these: what borrowers owe more,
/// less what depositors get more, never negative; in steps of 2^-48 atoms (shares at index one).
/// `Overflow` if an index falls.
///
/// Rounded down by one step of either index too. The indices themselves were rounded for the pool;
/// what that is worth at one moment it may not be at the next, and must not be given away in
/// between: so the reserve's gains never add up to more than what is there, however often they are
/// counted.
pub fn reserve_gain(
    totals: &BalanceTotals,
    deposit_index: Index,
    borrow_index: Index,
) -> Result<Shares, MathError> {
    let risen = |to: Index, from: Index| {
        to.get().checked_sub(from.get()).map(Index::new).ok_or(MathError::Overflow)
    };
    let borrow = risen(borrow_index, totals.borrow_index)?.get().saturating_sub(1);
    let deposit = risen(deposit_index, totals.deposit_index)?.get().saturating_add(1);
    let owed = totals.borrows.rebased_floor(Index::new(borrow))?;
    let earned = totals.deposits.rebased_ceil(Index::new(deposit))?;
    Ok(owed.checked_sub(earned)?.max(Shares::ZERO))
}

/// The deposit index that takes at least `atoms` off all deposits together, by size, and less than
/// one step of the index more. The caller rebases afterwards.
///
/// `LossBeyondDeposits` if the deposits, in whole atoms, are not more than the loss, or so few that
/// an index could not express what is left; `OutOfRange` for a negative loss.
pub fn write_down(totals: &BalanceTotals, atoms: TokenAtoms) -> Result<Index, RiskError> {
    if atoms.is_negative() {
        return Err(MathError::OutOfRange.into());
    }
    if atoms.is_zero() {
        return Ok(totals.deposit_index);
    }
    if atoms >= totals.deposits.to_atoms_floor(totals.deposit_index)? {
        return Err(RiskError::LossBeyondDeposits);
    }
    let shares = totals.deposits.get().unsigned_abs();
    let (high, low) = wide::mul_u128(shares, totals.deposit_index.get());
    // An atom is 2^112 of shares times index.
    let loss = atoms.get().unsigned_abs();
    let (low, borrow) = low.overflowing_sub(wide::join(loss << 48, 0));
    let high = high
        .checked_sub(u128::from(loss >> 16))
        .and_then(|high| high.checked_sub(u128::from(borrow)))
        .ok_or(MathError::Overflow)?;
    match divide::div_u256(high, low, shares) {
        Some((index, _)) if index > 0 => Ok(Index::new(index)),
        _ => Err(RiskError::LossBeyondDeposits),
    }
}
