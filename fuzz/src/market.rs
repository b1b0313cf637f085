//! Bytes as a market and an account in it.

use plimsoll_risk::{
    health, Check, Grade, Health, Holding, Market, Place, RiskError, RowKey, RowKind, RowTerms,
    UnderlyingTerms,
};
use plimsoll_units::{Ratio, Value};

use crate::Bytes;

/// A market, and an account in it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Ascending by index.
    pub underlyings: Vec<UnderlyingTerms>,
    /// Ascending by key; the quote token has none.
    pub rows: Vec<RowTerms>,
    /// The quote balance, then every row of the market in order, some of them empty.
    pub account: Vec<Holding>,
}

impl Case {
    /// One to three underlyings, each with up to two tokens and two contracts.
    pub fn read(bytes: &mut Bytes<'_>) -> Self {
        let mut case = Self { underlyings: Vec::new(), rows: Vec::new(), account: Vec::new() };
        let wild = bytes.byte() == 0xff;
        let bits = if wild { 64 } else { 40 };
        let quantity = bytes.amount(if wild { 64 } else { 50 });
        case.account.push(Holding { key: RowKey::QUOTE, quantity, quote: Value::ZERO });
        for index in 1..=1 + bytes.below(3) {
            let index = u16::try_from(index).unwrap();
            let terms = underlying(index, bytes);
            case.underlyings.push(terms);
            for (kind, number) in [
                (RowKind::Token, 1),
                (RowKind::Token, 4),
                (RowKind::Position, 0),
                (RowKind::Position, 7),
            ] {
                case.row(RowKey::new(index, kind, number), &terms, bits, bytes);
            }
        }
        case
    }

    fn row(&mut self, key: RowKey, terms: &UnderlyingTerms, bits: u32, bytes: &mut Bytes<'_>) {
        let shape = bytes.byte();
        if shape.is_multiple_of(3) {
            return;
        }
        let scale = i32::from(shape / 3 % 9) - 6;
        let scale = plimsoll_units::Price::pow10(scale).unwrap();
        let price = terms.price.checked_mul(scale).unwrap();
        self.rows.push(RowTerms {
            key,
            notional: price,
            weight: bytes.ratio(1_000_000),
            array: Place::NONE,
        });
        let quantity = bytes.amount(bits);
        let quote = match key.kind() {
            RowKind::Token => Value::ZERO,
            RowKind::Position => bytes.value(bits.min(60)),
        };
        self.account.push(Holding { key, quantity, quote });
    }

    /// The market.
    pub fn market(&self) -> Market<'_> {
        Market::linear(&self.underlyings, &self.rows)
    }

    /// Health of some account in it.
    pub fn health(&self, account: &[Holding], check: Check) -> Result<Health, RiskError> {
        health(&self.market(), account.iter().copied(), check)
    }

    /// True if every price may be used for everything.
    pub fn is_priced(&self) -> bool {
        self.underlyings.iter().all(|terms| terms.grade == Grade::Valid)
    }
}

const GRADES: [Grade; 7] = [
    Grade::Valid,
    Grade::Stale,
    Grade::Uncertain,
    Grade::Dispersed,
    Grade::Jumping,
    Grade::Halted,
    Grade::NotPositive,
];

fn underlying(index: u16, bytes: &mut Bytes<'_>) -> UnderlyingTerms {
    let price = bytes.price();
    let around = |price: plimsoll_units::Price, ppm: u32| price.mul_ratio(Ratio::from_ppm(ppm));
    let grade = bytes.byte();
    // Most cases are about valid prices.
    let grade = GRADES[usize::from(grade.saturating_sub(200)) % GRADES.len()];
    let low = around(price, 1_000_000 - bytes.half() % 500_000).unwrap();
    let high = around(price, 1_000_000 + bytes.half() % 500_000).unwrap();
    let stable = around(price, 500_000 + bytes.half() % 1_000_000).unwrap();
    let mut terms = UnderlyingTerms {
        index,
        grade,
        price,
        low,
        high,
        loss_long: Ratio::from_ppm(10_000 + bytes.half() % 990_001),
        loss_short: Ratio::from_ppm(10_000 + bytes.half() % 3_000_000),
        concentration_slope: bytes.ratio(2_000_000),
        concentration_max: bytes.ratio(2_000_000),
        depth: Value::from_quote(plimsoll_units::QuoteAtoms::new(
            i64::try_from(bytes.size(50)).unwrap(),
        )),
        basis: bytes.ratio(10_000),
        initial_multiplier: Ratio::from_ppm(1_000_000 + bytes.half() % 2_000_001),
        shocks: Place::NONE,
    };
    if terms.grade != Grade::Valid {
        (terms.price, terms.low, terms.high) = (stable, stable, stable);
    }
    terms
}
