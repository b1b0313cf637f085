//! How far is a slice from its quotes?

use plimsoll_options::{value_nearest, Market, Premium, Slice};
use plimsoll_units::Ratio;

use crate::points::{volatility, weight};
use crate::quotes::{Expiry, Quote};
use crate::FitError;

/// How far some rows are off.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Errors {
    /// How many there are.
    pub rows: u32,
    /// Root of the mean square.
    pub rms: f64,
    /// The largest, without its sign.
    pub largest: f64,
    /// Whose that is: the number of the quote.
    pub largest_row: Option<usize>,
}

/// What a slice gives for quotes, against what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Report {
    /// Of the volatility: one is 100 %, 10^-6 is a step.
    pub volatility: Errors,
    /// Of the volatility: root of the mean square by the weights of the quotes, which is what a fit
    /// makes small. Zero where nothing weighs.
    pub weighted: f64,
    /// Of the premium, in forwards.
    pub premium: Errors,
    /// Of the premium, in units of ask less bid: of rows whose ask is above their bid.
    pub spread: Errors,
    /// How many of those lie between bid and ask, or on them.
    pub inside: u32,
}

impl Errors {
    fn add(&mut self, row: usize, off: f64) {
        let squares = self.rms * self.rms * f64::from(self.rows) + off * off;
        self.rows += 1;
        self.rms = (squares / f64::from(self.rows)).sqrt();
        if off.abs() > self.largest || self.largest_row.is_none() {
            (self.largest, self.largest_row) = (off.abs(), Some(row));
        }
    }
}

/// Compares a slice with the quotes of an expiry for which `counts` is true. `NoVolatility` for a
/// premium that stands for none, `WeightOutOfRange`.
pub fn report(
    expiry: &Expiry,
    slice: &Slice,
    counts: impl Fn(&Quote) -> bool,
) -> Result<Report, FitError> {
    let mut report = Report::default();
    let (mut weight_sum, mut squares) = (0.0, 0.0);
    let rows = expiry.quotes.iter().enumerate().filter(|(_, quote)| counts(quote));
    for (row, quote) in rows {
        let asked = volatility(expiry, row, quote)?;
        let given = slice.volatility_of(quote.terms.strike, expiry.forward);
        let parts = f64::from(given.ppm()) - f64::from(asked.ppm());
        let off = parts / f64::from(Ratio::PARTS);
        report.volatility.add(row, off);
        let weight = weight(expiry, row, quote, asked)?;
        (weight_sum, squares) = (weight_sum + weight, squares + weight * off * off);
        let value = |volatility: Ratio| {
            let Expiry { forward, time, .. } = *expiry;
            value_nearest(quote.terms, Market { forward, volatility, time })
        };
        let (value, off) = (value(given), distance(value(given), value(asked)));
        let unit = (expiry.forward.get() as f64) * f64::from(1 << Premium::BITS);
        report.premium.add(row, off / unit);
        if let Some(spread) = quote.spread.filter(|spread| spread.ask > spread.bid) {
            report.spread.add(row, off / distance(spread.ask, spread.bid));
            report.inside += u32::from((spread.bid..=spread.ask).contains(&value));
        }
    }
    if weight_sum > 0.0 {
        report.weighted = (squares / weight_sum).sqrt();
    }
    Ok(report)
}

/// One premium less another.
fn distance(premium: Premium, other: Premium) -> f64 {
    premium.get() as f64 - other.get() as f64
}
