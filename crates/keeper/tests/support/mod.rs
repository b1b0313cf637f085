//! A book small enough to check by hand.
//!
//! One market: a coin at 10 dollars, requirement 5 % (initial 10 %), no concentration; quote atoms
//! are millionths of a dollar, tokens have 9 decimals, a lot is one coin.

// Each test file uses its part of it.
#![allow(dead_code)]

pub mod group;

use plimsoll_keeper::Situation;
use plimsoll_risk::{
    Episode, Grade, Holding, LiquidationTerms, Market, Place, RowKey, RowKind, RowTerms,
    UnderlyingTerms,
};
use plimsoll_units::{Price, QuoteAtoms, Ratio, Slot, Value};

pub const DOLLAR: i64 = 1_000_000;

pub fn perp() -> RowKey {
    RowKey::new(1, RowKind::Position, 0)
}

pub fn token() -> RowKey {
    RowKey::new(1, RowKind::Token, 1)
}

pub struct Board {
    pub underlyings: [UnderlyingTerms; 1],
    pub rows: [RowTerms; 2],
}

pub fn board(grade: Grade) -> Board {
    let price = Price::from_integer(10_000_000).unwrap();
    let terms = UnderlyingTerms {
        index: 1,
        grade,
        price,
        low: price,
        high: price,
        loss_long: Ratio::from_ppm(50_000),
        loss_short: Ratio::from_ppm(50_000),
        concentration_slope: Ratio::ZERO,
        concentration_max: Ratio::ZERO,
        depth: Value::ZERO,
        basis: Ratio::ZERO,
        initial_multiplier: Ratio::from_ppm(2_000_000),
        shocks: Place::NONE,
    };
    let row = |key, scale| RowTerms {
        key,
        notional: price.checked_mul(Price::pow10(scale).unwrap()).unwrap(),
        weight: Ratio::ONE,
        array: Place::NONE,
    };
    Board { underlyings: [terms], rows: [row(token(), -9), row(perp(), 0)] }
}

impl Board {
    pub fn situation<'a>(&'a self, target: &'a [Holding], own: &'a [Holding]) -> Situation<'a> {
        Situation {
            market: Market::linear(&self.underlyings, &self.rows),
            terms: LiquidationTerms::DEFAULT,
            target,
            episode: Episode::None,
            own,
            insurance: QuoteAtoms::new(1_000 * DOLLAR),
            slot: Slot::new(1_000),
        }
    }
}

pub fn cash(dollars: i64) -> Holding {
    Holding { key: RowKey::QUOTE, quantity: dollars * DOLLAR, quote: Value::ZERO }
}

/// `lots` coins, bought at the price at which they stand.
pub fn position(lots: i64) -> Holding {
    Holding {
        key: perp(),
        quantity: lots,
        quote: Value::from_quote(QuoteAtoms::new(-lots * 10 * DOLLAR)),
    }
}

/// 1,000 lots are worth 10,000 dollars and require 500.
pub fn long_with(dollars: i64) -> Vec<Holding> {
    vec![cash(dollars), position(1_000)]
}
