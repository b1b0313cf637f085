//! Books of options to judge: markets in plain floats, and what the crate is told of them.

pub mod black;
pub mod quoted;
pub mod random;
pub mod rule;

use super::Terms;
use plimsoll_risk::{
    Grade, LinearShocks, Outcomes, Payoff, Phase, Place, RiskArray, RowKey, RowTerms, Scenario,
    ScenarioSet, UnderlyingTerms,
};
use plimsoll_units::{Price, QuoteAtoms, Ratio, Value};

/// Dollars are quote atoms by the million.
pub const DOLLAR: f64 = 1e6;

/// What an array row pays, in quote atoms per lot.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pay {
    Call(f64),
    Put(f64),
    Linear,
}

/// A risk array before anything is rounded, in quote atoms per lot.
#[derive(Clone, Debug)]
pub struct Array {
    pub outcomes: [f64; 16],
    pub delta: f64,
    pub low: f64,
    pub high: f64,
    pub notional: f64,
    pub pay: Pay,
    pub expires_at: i64,
    pub fading: bool,
}

/// A row of the market.
#[derive(Clone, Debug)]
pub struct Row {
    pub key: RowKey,
    /// Quote atoms per lot or token atom.
    pub price: f64,
    /// In parts per million.
    pub weight: u32,
    pub array: Option<Array>,
}

/// An underlying. Ratios in parts per million, depth and price in quote atoms.
#[derive(Clone, Debug)]
pub struct Underlying {
    pub index: u16,
    pub price: f64,
    pub low: f64,
    pub high: f64,
    pub scan: u32,
    pub volatility_scan: f64,
    pub slope: u32,
    pub share_max: u32,
    pub depth: f64,
    pub basis: u32,
    pub multiplier: u32,
    pub floor: u32,
    pub set: ScenarioSet,
}

/// A contract to be described: an option of `lot` units.
#[derive(Clone, Copy, Debug)]
pub struct Contract {
    pub call: bool,
    /// Quote atoms per unit.
    pub strike: f64,
    pub volatility: f64,
    pub years: f64,
    pub lot: f64,
    pub fading: bool,
}

impl Underlying {
    /// What a scenario multiplies the price by, and its weight.
    pub fn shocked(&self, scenario: &Scenario) -> (f64, f64) {
        let move_ = f64::from(scenario.shock) / 1e6 * f64::from(self.scan) / 1e6;
        (1.0 + move_, f64::from(scenario.weight.ppm()) / 1e6)
    }

    /// The risk array of an option, by Black 1976. The strict marks lie a twentieth of its
    /// volatility away.
    pub fn option(&self, contract: Contract) -> (f64, Array) {
        let Contract { call, strike, volatility, years, lot, fading } = contract;
        let worth = |price: f64, volatility: f64| {
            lot * black::value(call, price.max(0.0), strike, volatility, years)
        };
        let now = worth(self.price, volatility);
        let mut outcomes = [0.0; 16];
        for (outcome, scenario) in outcomes.iter_mut().zip(self.set.iter()) {
            let (factor, weight) = self.shocked(scenario);
            let rise = f64::from(scenario.volatility) / 1e6 * self.volatility_scan;
            *outcome = weight * (worth(self.price * factor, volatility * (1.0 + rise)) - now);
        }
        let pay = if call { Pay::Call(strike * lot) } else { Pay::Put(strike * lot) };
        let array = Array {
            outcomes,
            delta: black::delta(call, self.price, strike, volatility, years) * self.price * lot,
            low: worth(self.price, volatility * 0.95).min(now),
            high: worth(self.price, volatility * 1.05).max(now),
            notional: self.price * lot,
            pay,
            expires_at: (years * 31_536_000.0) as i64,
            fading,
        };
        (now, array)
    }

    /// The array of a future of which `left` of the settlement price is still open, the rest
    /// being fixed at today's price.
    pub fn fading_future(&self, lot: f64, left: f64, expires_at: i64) -> (f64, Array) {
        let notional = self.price * lot;
        let mut outcomes = [0.0; 16];
        for (outcome, scenario) in outcomes.iter_mut().zip(self.set.iter()) {
            let (factor, weight) = self.shocked(scenario);
            *outcome = weight * notional * left * (factor - 1.0);
        }
        let array = Array {
            outcomes,
            delta: notional * left,
            low: notional,
            high: notional,
            notional,
            pay: Pay::Linear,
            expires_at,
            fading: true,
        };
        (notional, array)
    }

    fn terms(&self, shocks: Place) -> UnderlyingTerms {
        let (down, up) = plimsoll_risk::linear_factors(&self.set).unwrap();
        let scan = Ratio::from_ppm(self.scan);
        let (loss_long, loss_short) = plimsoll_risk::loss_ratios(scan, (down, up)).unwrap();
        UnderlyingTerms {
            index: self.index,
            grade: Grade::Valid,
            price: price(self.price),
            low: price(self.low),
            high: price(self.high),
            loss_long,
            loss_short,
            concentration_slope: Ratio::from_ppm(self.slope),
            concentration_max: Ratio::from_ppm(self.share_max),
            depth: Value::from_quote(QuoteAtoms::new(self.depth as i64)),
            basis: Ratio::from_ppm(self.basis),
            initial_multiplier: Ratio::from_ppm(self.multiplier),
            shocks,
        }
    }
}

/// A positive float as a price, exactly.
pub fn price(x: f64) -> Price {
    assert!(x > 0.0 && x.is_finite(), "{x} is no price");
    let bits = x.to_bits();
    let mantissa = (bits & ((1 << 52) - 1)) | (1 << 52);
    let exponent = (bits >> 52) as i16 - 1075;
    Price::from_parts(mantissa << 11, exponent - 11).unwrap()
}

/// What the crate is told of an array: outcomes away from zero in the coarsest unit that leaves
/// them 30 bits; and what a short option needs at least, as a part of its notional.
pub fn risk_array(fair: f64, array: &Array, floor: Ratio) -> RiskArray {
    let steps = (array.notional * 2f64.powi(48)).log2().ceil() as i32;
    let shift = (steps - 30).max(0);
    let unit = 2f64.powi(shift - 48);
    let away = |x: f64| (x / unit).abs().ceil().copysign(x) as i32;
    let payoff = match array.pay {
        Pay::Call(strike) => Payoff::Call { strike: price(strike) },
        Pay::Put(strike) => Payoff::Put { strike: price(strike) },
        Pay::Linear => Payoff::Linear,
    };
    let short_floor = match array.pay {
        Pay::Linear => 0,
        _ => away(array.notional * f64::from(floor.ppm()) / 1e6),
    };
    RiskArray {
        outcomes: Outcomes::new(array.outcomes.map(away)),
        delta: i64::from(away(array.delta)),
        shift: shift as u8,
        fair: (fair / unit).round() as i64,
        low: (array.low / unit).floor() as i64,
        high: (array.high / unit).ceil() as i64,
        short_floor: i64::from(short_floor),
        payoff,
        expires_at: array.expires_at,
        phase: if array.fading { Phase::Fading } else { Phase::Open },
    }
}

/// The market that the crate is told of.
pub fn terms(underlyings: &[Underlying], rows: &[Row]) -> Terms {
    let mut terms = Terms::default();
    for underlying in underlyings {
        let place = Place::new(terms.shocks.len() as u16);
        let scan = Ratio::from_ppm(underlying.scan);
        terms.shocks.push(LinearShocks::new(&underlying.set, scan).unwrap());
        terms.underlyings.push(underlying.terms(place));
    }
    for row in rows {
        let mut array = Place::NONE;
        if let Some(described) = &row.array {
            array = Place::new(terms.arrays.len() as u16);
            let own = |one: &&Underlying| one.index == row.key.underlying();
            let floor = underlyings.iter().find(own).map_or(0, |one| one.floor);
            terms.arrays.push(risk_array(row.price, described, Ratio::from_ppm(floor)));
        }
        let notional = price(row.array.as_ref().map_or(row.price, |array| array.notional));
        terms.rows.push(RowTerms {
            key: row.key,
            notional,
            weight: Ratio::from_ppm(row.weight),
            array,
        });
    }
    terms
}
