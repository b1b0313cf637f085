//! Markets and accounts to judge: one that a person can check by hand, and random ones.
#![allow(dead_code)]

pub mod before;
pub mod book;
pub mod model;

use plimsoll_risk::{
    health, Check, Grade, Health, Holding, LinearShocks, Market, Place, RiskArray, RowKey, RowKind,
    RowTerms, UnderlyingTerms,
};
use plimsoll_units::{Price, QuoteAtoms, Ratio, Value};
use proptest::prelude::*;
use proptest::sample::select;

/// `mantissa · 10^exponent`.
pub fn decimal(mantissa: u64, exponent: i32) -> Price {
    Price::from_decimal(mantissa, exponent).unwrap()
}

pub fn ppm(ppm: u32) -> Ratio {
    Ratio::from_ppm(ppm)
}

/// Dollars of a quote token of six decimals.
pub fn usd(dollars: i64) -> QuoteAtoms {
    QuoteAtoms::new(dollars * 1_000_000)
}

pub fn value(dollars: i64) -> Value {
    Value::from_quote(usd(dollars))
}

pub fn token_key(underlying: u16, index: u16) -> RowKey {
    RowKey::new(underlying, RowKind::Token, index)
}

pub fn position_key(underlying: u16, index: u16) -> RowKey {
    RowKey::new(underlying, RowKind::Position, index)
}

/// A balance of the quote token.
pub fn cash(atoms: QuoteAtoms) -> Holding {
    Holding { key: RowKey::QUOTE, quantity: atoms.get(), quote: Value::ZERO }
}

pub fn token(underlying: u16, index: u16, quantity: i64) -> Holding {
    Holding { key: token_key(underlying, index), quantity, quote: Value::ZERO }
}

pub fn linear(underlying: u16, index: u16, quantity: i64, quote: QuoteAtoms) -> Holding {
    let quote = Value::from_quote(quote);
    Holding { key: position_key(underlying, index), quantity, quote }
}

/// A market that owns its terms.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub underlyings: Vec<UnderlyingTerms>,
    pub rows: Vec<RowTerms>,
    pub arrays: Vec<RiskArray>,
    pub shocks: Vec<LinearShocks>,
}

impl Terms {
    pub fn market(&self) -> Market<'_> {
        Market {
            underlyings: &self.underlyings,
            rows: &self.rows,
            arrays: &self.arrays,
            shocks: &self.shocks,
        }
    }

    pub fn health(&self, holdings: &[Holding], check: Check) -> Health {
        health(&self.market(), holdings.iter().copied(), check).unwrap_or_else(|e| {
            panic!(
                "{e:?} {holdings:?} {:?}",
                self.arrays.iter().map(|a| (a.fair, a.payoff, a.shift)).collect::<Vec<_>>()
            )
        })
    }

    pub fn maintenance(&self, holdings: &[Holding]) -> Health {
        self.health(holdings, Check::Maintenance)
    }

    pub fn underlying(&mut self, index: u16) -> &mut UnderlyingTerms {
        self.underlyings.iter_mut().find(|terms| terms.index == index).unwrap()
    }

    /// The same market with underlying `index` at `factor` times its price.
    pub fn moved(&self, index: u16, factor: Price) -> Self {
        let mut moved = self.clone();
        let by = |price: &mut Price| *price = price.checked_mul(factor).unwrap();
        for terms in moved.underlyings.iter_mut().filter(|terms| terms.index == index) {
            by(&mut terms.price);
        }
        for row in moved.rows.iter_mut().filter(|row| row.key.underlying() == index) {
            by(&mut row.notional);
        }
        moved
    }

    /// The same market without any charge for concentration.
    pub fn deep(&self) -> Self {
        let mut deep = self.clone();
        for terms in &mut deep.underlyings {
            terms.concentration_max = Ratio::ZERO;
        }
        deep
    }
}

/// An underlying at a price in dollars with round terms: 10 % either way, 1 % of basis, half as
/// much again for opening, a million dollars of depth.
pub fn underlying(index: u16, dollars: u64) -> UnderlyingTerms {
    let price = decimal(dollars, 6);
    UnderlyingTerms {
        index,
        grade: Grade::Valid,
        price,
        low: price,
        high: price,
        loss_long: ppm(100_000),
        loss_short: ppm(100_000),
        concentration_slope: ppm(100_000),
        concentration_max: ppm(300_000),
        depth: value(1_000_000),
        basis: ppm(10_000),
        initial_multiplier: ppm(1_500_000),
        shocks: Place::NONE,
    }
}

/// Two underlyings, SOL at 150 dollars and BTC at 60,000 with 5 %; SOL as a token of nine
/// decimals; perpetuals in lots of 0.01 SOL and 0.0001 BTC.
pub fn hand_market() -> Terms {
    let mut btc = underlying(2, 60_000);
    (btc.loss_long, btc.loss_short) = (ppm(50_000), ppm(50_000));
    let row = |key, notional| RowTerms { key, notional, weight: Ratio::ONE, array: Place::NONE };
    Terms {
        underlyings: vec![underlying(1, 150), btc],
        rows: vec![
            row(token_key(1, 1), decimal(150, -3)),
            row(position_key(1, 1), decimal(150, 4)),
            row(position_key(2, 2), decimal(60_000, 2)),
        ],
        ..Terms::default()
    }
}

/// 2,000 dollars, 10 SOL, 15 SOL short from 160, 0.05 BTC long from 61,000.
pub fn hand_account() -> Vec<Holding> {
    vec![
        cash(usd(2_000)),
        token(1, 1, 10_000_000_000),
        linear(1, 1, -1_500, usd(2_400)),
        linear(2, 2, 500, usd(-3_050)),
    ]
}

/// Numbers of every size up to `2^bits`, of either sign.
pub fn amount(bits: u32) -> impl Strategy<Value = i64> {
    (any::<i64>(), 64 - bits..63).prop_map(|(x, shift)| x >> shift)
}

prop_compose! {
    /// Terms whose basis is below both losses, as any sane group has them.
    pub fn underlying_terms(index: u16)(
        mantissa in 1u64..1_000_000_000,
        below in 0u32..200_000,
        above in 0u32..200_000,
        loss_long in 10_000u32..=1_000_000,
        loss_short in 10_000u32..=1_500_000,
        basis in 0u32..=10_000,
        slope in 0u32..=1_000_000,
        share_max in 0u32..=1_000_000,
        depth in prop_oneof![Just(0i64), 0i64..=1 << 40, 0i64..=1 << 50],
        multiplier in 1_000_000u32..=3_000_000,
    ) -> UnderlyingTerms {
        let price = decimal(mantissa, -3);
        UnderlyingTerms {
            index,
            grade: Grade::Valid,
            price,
            low: price.mul_ratio(ppm(1_000_000 - below)).unwrap(),
            high: price.mul_ratio(ppm(1_000_000 + above)).unwrap(),
            loss_long: ppm(loss_long),
            loss_short: ppm(loss_short),
            concentration_slope: ppm(slope),
            concentration_max: ppm(share_max),
            depth: Value::from_quote(QuoteAtoms::new(depth)),
            basis: ppm(basis),
            initial_multiplier: ppm(multiplier),
            shocks: Place::NONE,
        }
    }
}

/// Three underlyings with two tokens and two contracts each.
pub fn terms() -> impl Strategy<Value = Terms> {
    let underlyings = (underlying_terms(1), underlying_terms(2), underlying_terms(5));
    let scales = proptest::collection::vec((-6i32..=2, select(vec![0u32, 500_000, 1_000_000])), 12);
    (underlyings, scales).prop_map(|((a, b, c), scales)| {
        let underlyings = vec![a, b, c];
        let keys = underlyings.iter().flat_map(|terms| {
            let u = terms.index;
            [token_key(u, 0), token_key(u, 3), position_key(u, 0), position_key(u, 7)]
                .map(|key| (key, terms.price))
        });
        let rows = keys
            .zip(scales)
            .map(|((key, price), (scale, weight))| RowTerms {
                key,
                notional: price.checked_mul(Price::pow10(scale).unwrap()).unwrap(),
                weight: ppm(weight),
                array: Place::NONE,
            })
            .collect();
        Terms { underlyings, rows, ..Terms::default() }
    })
}

/// A market and an account of up to thirteen rows in it, some of them empty.
pub fn market_and_account() -> impl Strategy<Value = (Terms, Vec<Holding>)> {
    terms().prop_flat_map(|terms| {
        let account = account(&terms);
        (Just(terms), account)
    })
}

/// An account in a market: quote tokens, and any amount of every row, one in three times none.
pub fn account(terms: &Terms) -> impl Strategy<Value = Vec<Holding>> {
    let keys: Vec<RowKey> = terms.rows.iter().map(|row| row.key).collect();
    let quantity = prop_oneof![2 => amount(36), 1 => Just(0i64)];
    // Flows are finer than atoms.
    let flow = (amount(44), 0i128..1 << 48)
        .prop_map(|(atoms, rest)| Value::new((i128::from(atoms) << 48) + rest));
    let rows = proptest::collection::vec((quantity, flow), keys.len());
    (amount(46), rows).prop_map(move |(atoms, rows)| {
        let mut holdings = vec![cash(QuoteAtoms::new(atoms))];
        for (&key, (quantity, quote)) in keys.iter().zip(rows) {
            let quote = if key.kind() == RowKind::Position { quote } else { Value::ZERO };
            holdings.push(Holding { key, quantity, quote });
        }
        holdings
    })
}
