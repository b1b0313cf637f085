//! What is an option worth, about? Black's formula in floats, to hold stored arrays to. Their own tests
//! know them to many digits; here it is seen that the right numbers went in.

use plimsoll_model::number::{ppm, whole, Exact};
use plimsoll_model::{Contract, Expiry, Group, Instrument, Kind, Market, Slice};

/// How far a value may be off, of the price of what a lot is of.
const NEAR: f64 = 2e-6;
/// Seconds of the settlement window, and of a year.
const WINDOW: f64 = 1_800.0;
const YEAR: f64 = 31_536_000.0;

fn float(exact: &Exact) -> f64 {
    let scaled = (exact * whole(1_u64 << 40)).to_integer();
    scaled.to_string().parse::<f64>().unwrap() / (1_u64 << 40) as f64
}

/// The normal distribution, by Taylor's series about nothing and the continued fraction far from it.
fn normal(x: f64) -> f64 {
    let density = (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt();
    if x.abs() > 5.0 {
        let mut rest = 0.0;
        for step in (1..60).rev() {
            rest = f64::from(step) / (x.abs() + rest);
        }
        let tail = density / (x.abs() + rest);
        return if x > 0.0 { 1.0 - tail } else { tail };
    }
    let (mut term, mut sum) = (x, x);
    for step in 1..200 {
        term *= x * x / f64::from(2 * step + 1);
        sum += term;
    }
    0.5 + density * sum
}

/// An option on a forward, with the standard deviation of its logarithm.
fn black(kind: Kind, forward: f64, strike: f64, deviation: f64) -> f64 {
    let call = match deviation > 1e-9 {
        true => {
            let d1 = (forward / strike).ln() / deviation + deviation / 2.0;
            forward * normal(d1) - strike * normal(d1 - deviation)
        }
        false => (forward - strike).max(0.0),
    };
    match kind {
        Kind::Put => call - (forward - strike),
        _ => call,
    }
}

fn volatility(slice: &Slice, k: f64) -> f64 {
    let [a, b, rho, m, sigma] =
        [slice.a, slice.b, slice.rho, slice.m, slice.sigma].map(|raw| raw as f64 / 2_f64.powi(32));
    let distance = k - m;
    (a + b * (rho * distance + (distance * distance + sigma * sigma).sqrt())).sqrt()
}

/// An option at one moment.
struct Valued<'a> {
    contract: &'a Contract,
    expiry: &'a Expiry,
    now: i64,
    lot: f64,
}

impl Valued<'_> {
    /// Seconds before the window, seconds to be averaged yet, and the share that is fixed.
    fn times(&self) -> (f64, f64, f64) {
        let wait = self.contract.expires_at - 1_800 - self.now;
        let covered = self.expiry.samples.covered_seconds;
        if wait > 0 {
            return (wait as f64, WINDOW, 0.0);
        }
        let rest = (self.contract.expires_at - self.now).max(900 - covered).max(0);
        let share = covered as f64 / ((covered + rest) as f64).max(1.0);
        (0.0, rest as f64, share)
    }

    /// Value at a price that moved and a volatility that moved, seen from a spot per lot.
    fn at(&self, spot: f64, (price, deviates): (f64, f64)) -> f64 {
        let (wait, rest, fixed) = self.times();
        let basis = f64::from(self.expiry.basis_ppm) / 1e6 * wait.min(86_400.0) / 86_400.0;
        let forward = spot * (1.0 + basis);
        let strike = float(&self.contract.strike);
        // The smile stays with the strike.
        let sigma = volatility(&self.expiry.slice, (strike / forward).ln()) * (1.0 + deviates);
        let carried = (1.0 - fixed) * forward * (1.0 + price);
        let average = match self.expiry.samples.covered_seconds {
            0 => 0.0,
            covered => float(&self.expiry.samples.sum) / (2.0 * covered as f64),
        };
        let faded = fixed * average * self.lot + carried;
        let seconds = if wait > 0.0 { wait + WINDOW / 3.0 } else { rest / 3.0 };
        let deviation = sigma * (carried / faded) * (seconds / YEAR).sqrt();
        black(self.contract.kind, faded, strike, deviation)
    }
}

/// What is wrong with the values of an option that was just refreshed; futures are exact.
pub(crate) fn wrong(before: &Group, instrument: &Instrument, market: &Market) -> Option<String> {
    let contract = instrument.contract.as_ref().filter(|one| !one.settled)?;
    if contract.kind == Kind::Future {
        return None;
    }
    let underlying = &before.underlyings[instrument.underlying];
    let expiry = &underlying.expiries[&contract.expires_at];
    let (now, lot) = (market.now.seconds, float(&instrument.lot));
    let valued = Valued { contract, expiry, now, lot };
    let spot = float(&(market.mid(instrument.underlying) * &instrument.lot));
    let unit = 2_f64.powi(i32::try_from(contract.array.shift).unwrap() - 48);
    let larger = spot.max(float(&contract.strike));
    let far = |stored: f64, right: f64| (stored - right).abs() > NEAR * larger + 2.0 * unit;
    let fair = valued.at(spot, (0.0, 0.0));
    let stored = contract.array.fair as f64 * unit;
    if far(stored, fair) {
        return Some(format!("an option is worth {stored}, not {fair}"));
    }
    let scan = f64::from(underlying.scan_lower_ppm) / 1e6;
    let deviates = f64::from(expiry.volatility_scan_ppm) / 1e6;
    for (gain, (shock, of_volatility, weight)) in
        contract.array.outcomes.iter().zip(&underlying.scenarios)
    {
        let price = (scan * f64::from(*shock) / 1e6).max(-1.0);
        let volatility = (deviates * f64::from(*of_volatility) / 1e6).max(-1.0);
        let moved = valued.at(spot, (price, volatility));
        let right = f64::from(*weight) / 1e6 * (moved - fair);
        let stored = f64::from(*gain) * unit;
        if far(stored, right) {
            return Some(format!("an option gains {stored}, not {right}, by {shock}, {weight}"));
        }
    }
    // What opening counts lies about the fair value by what the surface may be off.
    let widest = float(&ppm(1_000_000 - i64::from(expiry.confidence_ppm.min(1_000_000))));
    let calm = valued.at(spot, (0.0, widest - 1.0));
    let low = contract.array.low as f64 * unit;
    (low > calm + NEAR * larger + 2.0 * unit).then(|| format!("{low} at least, above {calm}"))
}
