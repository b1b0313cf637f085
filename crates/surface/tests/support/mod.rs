//! What the tests of this crate share: expiries by plain numbers, and the real chain.

// Each test file is a crate of its own, which uses a part of it.
#![allow(dead_code)]

use std::collections::BTreeMap;

use plimsoll_options::{Kind, Level, Premium, Slice, Terms};
use plimsoll_surface::{Expiry, Observed, Quote, Spread, Weight};
use plimsoll_units::{Ratio, Seconds};

#[path = "../../../options/tests/support/mod.rs"]
pub mod options;

/// A forward of a hundred, in steps of a hundred-millionth.
pub const FORWARD: u64 = 10_000_000_000;

/// So many days.
pub const fn days(count: u64) -> Seconds {
    Seconds::new(count * 86_400)
}

/// A slice of `a, b, ρ, m, σ`.
pub fn slice(numbers: [f64; 5]) -> Slice {
    Slice::new(options::surface::terms(numbers)).unwrap()
}

/// Its numbers.
pub fn numbers(slice: &Slice) -> [f64; 5] {
    let terms = slice.terms();
    [terms.a, terms.b, terms.rho, terms.m, terms.sigma]
        .map(|number| number.get() as f64 / 2_f64.powi(32))
}

/// The strike at `ln(K/F)`.
pub fn strike(k: f64) -> Level {
    Level::new((FORWARD as f64 * k.exp()).round() as u64).unwrap()
}

/// A quote of a volatility.
pub fn quote(k: f64, volatility: f64) -> Quote {
    Quote {
        terms: Terms { kind: if k < 0.0 { Kind::Put } else { Kind::Call }, strike: strike(k) },
        observed: Observed::Volatility(Ratio::from_ppm((volatility * 1e6).round() as u32)),
        weight: Weight::Vega,
        spread: None,
    }
}

/// An expiry whose volatility at so many strikes, up to `reach` either way, is what a function says.
pub fn smile(time: Seconds, strikes: i32, reach: f64, volatility: impl Fn(f64) -> f64) -> Expiry {
    let last = f64::from(strikes - 1);
    let at = |index: i32| reach * (2.0 * f64::from(index) / last - 1.0);
    let quotes = (0..strikes).map(|index| quote(at(index), volatility(at(index)))).collect();
    Expiry { forward: Level::new(FORWARD).unwrap(), time, quotes }
}

/// The same of a slice in floats.
pub fn smile_of(time: Seconds, terms: [f64; 5], reach: f64) -> Expiry {
    smile(time, 21, reach, |k| options::fit::variance(terms, k).max(0.0).sqrt())
}

/// The real chain by expiry, with forwards of the marks, where it is.
pub fn chain() -> Option<Vec<Expiry>> {
    let mut rows = options::chain::quotes(&options::chain::chain()?);
    options::chain::use_forwards_of_marks(&mut rows);
    let mut expiries: BTreeMap<u64, Expiry> = BTreeMap::new();
    for row in rows {
        let (forward, time) = (row.market.forward, row.market.time);
        let unit = forward.get() as f64 * f64::from(1 << Premium::BITS);
        let premium = |btc: f64| Premium::new((btc * unit).round() as i64);
        let new = Expiry { forward, time, quotes: Vec::new() };
        expiries.entry(time.get()).or_insert(new).quotes.push(Quote {
            terms: row.terms,
            observed: Observed::Volatility(row.market.volatility),
            weight: Weight::Vega,
            spread: row.spread_btc.map(|(b, a)| Spread { bid: premium(b), ask: premium(a) }),
        });
    }
    Some(expiries.into_values().collect())
}
