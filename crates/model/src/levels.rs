//! Can a contract be valued at a price? RISK.md, "Quotes": strike and prices become levels in steps of
//! a power of two, of which the larger of strike and forward has 43 bits, or a quarter of what else must
//! be a level, where that is more.

use num_bigint::BigInt;
use num_traits::{One, Signed};

use crate::contract::{Contract, Kind};
use crate::expiry::{Expiry, Faded};
use crate::group::Instrument;
use crate::number::{binary, float, most, one, ppm, whole, zero, Exact, Near};
use crate::step::Step;

/// Bits of the larger of strike and forward, in steps.
const LARGER_BITS: i64 = 43;
/// Bits of any level at most: eight times as much.
const LEVEL_BITS: u32 = 46;
/// The larger of strike and forward has at most so many bits, in quote atoms per lot.
const NOTIONAL_BITS: u32 = 61;

/// What becomes levels (quote atoms per lot).
struct Levels {
    /// Zero for a future.
    strike: Exact,
    /// At the price.
    forward: Near,
    /// The band's upper end, and the average so far.
    above: Vec<Near>,
    /// Strike, forwards of the price's band, and average so far: a step at least.
    fixed: Vec<Near>,
    /// What a scenario leads to, which is no less than a step anyway; and how many steps it may be
    /// off.
    shocked: Vec<(Near, Exact)>,
}

/// A price, or products of some: each loses less than 2^-62 of itself.
fn rounded(exact: Exact) -> Near {
    Near { slack: &exact * binary(1, 57), exact }
}

/// Both, or neither is certain.
fn agreed(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    one.filter(|_| one == other)
}

impl Levels {
    /// Are all of them levels? `None` where that is within rounding.
    fn fit(&self) -> Option<bool> {
        let larger = |end: fn(&Near) -> Exact| {
            let quarters = self.above.iter().map(|one| end(one) / whole(4));
            quarters.fold(most(end(&self.forward), self.strike.clone()), most)
        };
        // What is near a power of two may be one step or the next one.
        let larger = [larger(Near::low), larger(Near::high)].map(|larger| {
            let fits = larger >= one() && larger < whole(BigInt::one() << NOTIONAL_BITS);
            match fits {
                true => self.fit_in_steps_of(&step_of(&larger)),
                false => Some(false),
            }
        });
        let [low, high] = larger;
        agreed(low, high)
    }

    fn fit_in_steps_of(&self, step: &Exact) -> Option<bool> {
        let highest = Near::certain(step * whole(1_u64 << LEVEL_BITS));
        let least = Near::certain(step.clone());
        let (mut surely, mut surely_not) = (true, false);
        let mut ask = |spare: &Near| {
            surely &= spare.surely_not_negative();
            surely_not |= spare.surely_negative();
        };
        for level in &self.fixed {
            ask(&level.minus(&least));
            ask(&highest.minus(level));
        }
        for (level, steps) in &self.shocked {
            let loose = Near { exact: zero(), slack: steps * step };
            ask(&highest.minus(&level.plus(&loose)));
        }
        match (surely, surely_not) {
            (_, true) => Some(false),
            (true, _) => Some(true),
            _ => None,
        }
    }
}

/// The step of which a number from one on has 43 bits.
fn step_of(larger: &Exact) -> Exact {
    let bits = i64::try_from(larger.to_integer().bits()).unwrap_or(i64::MAX);
    float(1, bits - LARGER_BITS)
}

impl Step<'_> {
    /// A contract whose strike and prices are no levels has no value.
    pub(crate) fn require_levels(&mut self, at: &Instrument, contract: &Contract, by: &Expiry) {
        match self.levels(at, contract, by).fit() {
            Some(fit) => drop(self.require(fit, &["OptionOutOfRange"])),
            None => self.may_fail("OptionOutOfRange"),
        }
    }

    fn levels(&self, instrument: &Instrument, contract: &Contract, expiry: &Expiry) -> Levels {
        let (at, lot) = (instrument.underlying, &instrument.lot);
        let now = self.now().seconds;
        let faded = |price: Exact| expiry.faded_at(contract.expires_at, &(price * lot), lot, now);
        let here = faded(self.market.mid(at));
        let band = [self.market.low(at), self.market.high(at)].map(|price| faded(price).ahead);
        let is_option = contract.kind != Kind::Future;
        let strike = if is_option { contract.strike.clone() } else { zero() };
        let [low, high] = band.map(rounded);
        let mut above = vec![high];
        above.extend(here.average.clone().map(rounded));
        let mut fixed = above.clone();
        fixed.extend([low, rounded(here.ahead.clone())]);
        fixed.extend(is_option.then(|| Near::certain(strike.clone())));
        let shocks = self.shocks(at).into_iter();
        let shocked = shocks.map(|(shock, ..)| shocked(&here, &shock, is_option)).collect();
        Levels { strike, forward: rounded(here.ahead), above, fixed, shocked }
    }
}

/// An option's forward in a scenario; what a future moves by.
fn shocked(here: &Faded, shock: &Exact, is_option: bool) -> (Near, Exact) {
    let moved = &here.carried * shock;
    let mut level = match is_option {
        true => rounded(&here.forward + moved),
        false => rounded(moved.abs()),
    };
    // Once something is known, a shock is kept in parts per million of the faded forward.
    if here.average.is_some() {
        level.slack += &here.forward * ppm(1);
    }
    // Levels are cut, their parts and what a shock makes of them are the nearest ones.
    (level, whole(4) + shock.abs() * whole(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(strike: u64, forward: u64, shock: i32) -> Option<bool> {
        let forward = whole(forward);
        let here = Faded {
            ahead: forward.clone(),
            average: None,
            forward: forward.clone(),
            carried: forward,
        };
        let strike = whole(strike);
        let fixed = vec![rounded(here.ahead.clone()), Near::certain(strike.clone())];
        let shocked = vec![shocked(&here, &ppm(shock), true)];
        let above = vec![rounded(here.ahead.clone())];
        Levels { strike, forward: rounded(here.ahead), above, fixed, shocked }.fit()
    }

    #[test]
    fn the_smaller_of_strike_and_forward_has_a_step_of_the_larger_one() {
        // Steps of 2^17.
        assert_eq!(option((1 << 60) - 1, 100_000, 0), Some(false));
        assert_eq!(option((1 << 60) - 1, (1 << 17) - 1, 0), Some(false));
        assert_eq!(option((1 << 60) - 1, 1 << 17, 0), None);
        assert_eq!(option((1 << 60) - 1, (1 << 17) + 1, 0), Some(true));
        assert_eq!(option(1, (1 << 42) + 1, 0), Some(true));
        assert_eq!(option(1, (1 << 43) + 1, 0), Some(false));
        assert_eq!(option(1, (1 << 61) + 1, 0), Some(false));
    }

    #[test]
    fn a_scenario_reaches_eight_times_the_larger_one() {
        let forward = (1 << 43) - 1;
        assert_eq!(option(1 << 40, forward, 6_999_999), Some(true));
        assert_eq!(option(1 << 40, forward, 7_000_001), Some(false));
    }
}
