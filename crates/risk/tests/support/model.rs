//! The margin rule once more, from the words of the design and in exact rational numbers: slow,
//! unrounded, and written without a look at the crate's own way of getting there.

use super::Terms;
use num_bigint::BigInt;
use num_rational::BigRational;
use plimsoll_risk::{Check, Holding, RowKey};
use plimsoll_units::{Price, Ratio, Value};

pub type Exact = BigRational;

pub fn whole(x: impl Into<BigInt>) -> Exact {
    Exact::from_integer(x.into())
}

pub fn of_ratio(ratio: Ratio) -> Exact {
    whole(ratio.ppm()) / whole(Ratio::PARTS)
}

/// A value in quote atoms.
pub fn of_value(value: Value) -> Exact {
    whole(value.get()) / whole(1i64 << 48)
}

pub fn of_price(price: Price) -> Exact {
    let (mantissa, exponent) = price.parts();
    let power = whole(BigInt::from(1) << exponent.unsigned_abs());
    if exponent < 0 {
        whole(mantissa) / power
    } else {
        whole(mantissa) * power
    }
}

/// Equity and requirement in quote atoms, every price valid.
pub fn health(terms: &Terms, holdings: &[Holding], check: Check) -> (Exact, Exact) {
    let zero = whole(0);
    let (mut equity, mut requirement) = (zero.clone(), zero.clone());
    for holding in holdings.iter().filter(|holding| holding.key == RowKey::QUOTE) {
        equity += whole(holding.quantity);
    }
    for u in &terms.underlyings {
        let (mut long, mut short) = (zero.clone(), zero.clone());
        for holding in holdings.iter().filter(|holding| holding.key.underlying() == u.index) {
            let row = terms.rows.iter().find(|row| row.key == holding.key).unwrap();
            let value = of_price(row.notional) * whole(holding.quantity);
            let mut counted = value.clone() + of_value(holding.quote);
            if check == Check::Initial {
                let strict = if holding.quantity > 0 { u.low } else { u.high };
                counted = &value * of_price(strict) / of_price(u.price) + of_value(holding.quote);
                if counted > zero {
                    counted *= of_ratio(row.weight);
                }
            }
            equity += counted;
            if value > zero {
                long += value;
            } else {
                short -= value;
            }
        }
        let (net, loss) = if long > short {
            (&long - &short, u.loss_long)
        } else {
            (&short - &long, u.loss_short)
        };
        let depth = of_value(u.depth);
        let mut share = zero.clone();
        if net > depth {
            share = of_ratio(u.concentration_max);
            if depth > zero {
                let rise = (&net / &depth - whole(1)) * of_ratio(u.concentration_slope);
                share = share.min(rise);
            }
        }
        let own = &net * (of_ratio(loss) + share) + long.min(short) * of_ratio(u.basis);
        requirement += match check {
            Check::Maintenance => own,
            Check::Initial => own * of_ratio(u.initial_multiplier),
        };
    }
    (equity, requirement)
}

/// Sum of all rows' values regardless of side: what rounding errors are measured by.
pub fn gross(terms: &Terms, holdings: &[Holding]) -> Exact {
    let mut gross = whole(0);
    for holding in holdings {
        if let Some(row) = terms.rows.iter().find(|row| row.key == holding.key) {
            gross += of_price(row.notional) * whole(holding.quantity.unsigned_abs());
        }
    }
    gross
}
