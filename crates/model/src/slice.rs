//! Slices of a volatility surface, as far as fractions and roots judge them. What takes a hyperbolic
//! sine, or a grid of them, is left open, but where it is plain.

use num_bigint::BigInt;
use num_traits::Signed;

use crate::number::{binary, most, one, positive, ppm, whole, zero, Exact};

/// Seconds of a year.
const YEAR_SECONDS: i64 = 365 * 86_400;
/// Bits behind the point of a root here.
const ROOT_BITS: u32 = 96;

/// Raw SVI's five numbers, `a` and `b` for a year (2^-32).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Slice {
    pub a: i64,
    pub b: i64,
    pub rho: i64,
    pub m: i64,
    pub sigma: i64,
}

/// What can be said of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Passes,
    Fails,
    Unknown,
}

impl Verdict {
    /// Passes for what is certainly above zero, fails for what is certainly below.
    fn of(exact: &Exact, slack: &Exact) -> Self {
        match (exact > slack, exact < &-slack.clone()) {
            (true, _) => Self::Passes,
            (_, true) => Self::Fails,
            _ => Self::Unknown,
        }
    }
}

/// A root, toward nothing, in steps of 2^-96.
fn root(exact: &Exact) -> Exact {
    let raised = exact * whole(BigInt::from(1) << (2 * ROOT_BITS));
    binary(raised.to_integer().sqrt(), ROOT_BITS)
}

fn fixed(raw: i64) -> Exact {
    binary(raw, 32)
}

impl Slice {
    /// The least variance of a year.
    fn least(&self) -> Exact {
        let rho = fixed(self.rho);
        fixed(self.a) + fixed(self.b) * fixed(self.sigma) * root(&(one() - &rho * &rho))
    }

    /// Are its numbers within their ranges, and is no volatility below one per cent?
    pub(crate) fn is_sound(&self) -> bool {
        let within = |raw: i64, bound: i64| fixed(raw).abs() <= whole(bound);
        let ranges = self.b >= 0
            && fixed(self.rho).abs() < one()
            && fixed(self.sigma) >= binary(1, 10)
            && within(self.a, 1 << 15)
            && within(self.b, 1 << 12)
            && within(self.m, 8)
            && within(self.sigma, 8);
        ranges && self.least() >= ppm(100)
    }

    /// Variance of a year at a moneyness.
    fn variance(&self, k: &Exact) -> Exact {
        let distance = k - fixed(self.m);
        let sigma = fixed(self.sigma);
        let reach = root(&(&distance * &distance + &sigma * &sigma));
        fixed(self.a) + fixed(self.b) * (fixed(self.rho) * distance + reach)
    }

    /// May it be, so long before its expiry? One volatility for all strikes always may, and wings that
    /// are too steep, or too sharp a bend, never.
    pub(crate) fn butterflies(&self, seconds: i64) -> Verdict {
        if self.b == 0 {
            return Verdict::Passes;
        }
        let years = whole(seconds) / whole(YEAR_SECONDS);
        let wing = fixed(self.b) * (one() + fixed(self.rho).abs()) * years;
        let bend = fixed(self.b) * fixed(self.sigma);
        let steep = Verdict::of(&(whole(2) - wing), &binary(1, 20)) == Verdict::Fails;
        let sharp = Verdict::of(&(whole(64) * self.least() - &bend), &(bend * binary(1, 20)));
        let far = fixed(self.m).abs() > whole(16) * fixed(self.sigma);
        match steep || far || sharp == Verdict::Fails {
            true => Verdict::Fails,
            false => Verdict::Unknown,
        }
    }

    /// Is its total variance nowhere above a later slice's? Flat ones say it at once; others only where
    /// it is above at the money.
    pub(crate) fn below(&self, seconds: i64, later: &Self, later_seconds: i64) -> Verdict {
        let total = |slice: &Self, k: &Exact, seconds: i64| slice.variance(k) * whole(seconds);
        if self.b == 0 && later.b == 0 {
            let room = total(later, &zero(), later_seconds) - total(self, &zero(), seconds);
            // Both are cut to steps of 2^-52.
            return Verdict::of(&room, &(binary(1, 48) * whole(YEAR_SECONDS)));
        }
        // The middle of the later one is a point of its grid.
        let middle = fixed(later.m);
        let room = total(later, &middle, later_seconds) - total(self, &middle, seconds);
        let loose = binary(1, 30) * whole(YEAR_SECONDS);
        match Verdict::of(&room, &loose) {
            Verdict::Fails if middle.abs() <= whole(8) => Verdict::Fails,
            _ => Verdict::Unknown,
        }
    }
}

/// May a slice follow another, where volatilities may move by so much of themselves? They are compared
/// at eleven moneynesses, as variances.
pub(crate) fn may_follow(old: &Slice, new: &Slice, seconds: i64, step: &Exact) -> Verdict {
    let years = whole(seconds.max(0)) / whole(YEAR_SECONDS);
    let deviation = root(&years);
    let deviation = most(deviation, binary(1, 3));
    let deviation = crate::number::least(deviation, whole(2));
    let factor = (one() + step) * (one() + step);
    let mut verdict = Verdict::Passes;
    for quarters in [0, -1, 1, -2, 2, -4, 4, -8, 8, -16, 16] {
        let k = &deviation * whole(quarters) / whole(4);
        let (before, after) = (old.variance(&k), new.variance(&k));
        let room = |low: &Exact, high: &Exact| low * &factor - high;
        let loose = (positive(before.clone()) + positive(after.clone())) * binary(1, 36)
            + (fixed(old.b) + fixed(new.b) + one()) * binary(1, 38);
        for room in [room(&before, &after), room(&after, &before)] {
            match Verdict::of(&room, &loose) {
                Verdict::Fails => return Verdict::Fails,
                Verdict::Unknown => verdict = Verdict::Unknown,
                Verdict::Passes => {}
            }
        }
    }
    verdict
}
