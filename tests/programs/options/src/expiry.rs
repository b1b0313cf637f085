//! What the records about expiries compute: quotes of lots, samples, steps of a publication.

use crate::{shocks, slice, Record, QUOTE, SAMPLE, SURFACE_ERRORS};
use plimsoll_options::{
    check_step, quote, Basis, Fading, Kind, OptionError, Publication, QuoteRequest, Settlement,
    SettlementError, StepError, StepTerms,
};
use plimsoll_units::{Price, Ratio, Seconds, UnixSeconds};

/// When every record's expiry is.
const EXPIRY: UnixSeconds = UnixSeconds::new(1 << 31);

/// What the status of other errors is more than their place.
const SETTLEMENT_ERRORS: u64 = 200;
const STEP_ERRORS: u64 = 300;

/// The status of a record, whose results are filled.
pub fn run(record: &mut Record) -> u64 {
    match record.what {
        QUOTE => match run_quote(record) {
            Ok(()) => 1,
            Err(error) => 2 + error as u64,
        },
        SAMPLE => match run_sample(record) {
            Ok(()) => 1,
            Err(error) => 2 + SETTLEMENT_ERRORS + error as u64,
        },
        _ => match run_step(record) {
            Ok(()) => 1,
            Err(error) => 2 + error,
        },
    }
}

/// Now: so long before the expiry.
fn now(record: &Record) -> UnixSeconds {
    UnixSeconds::new(EXPIRY.get() - record.seconds as i64)
}

/// The forward is the price, its band a hundredth wide; the volatility's is the record's.
fn run_quote(record: &mut Record) -> Result<(), OptionError> {
    let settlement = Settlement::from_words(record.settlement).unwrap_or_default();
    let price = |atoms: u64| Price::from_integer(atoms).map_err(|_| OptionError::LevelOutOfRange);
    let kind = if record.kind == 0 { Kind::Call } else { Kind::Put };
    let slice = slice(record.slices[0]).map_err(|_| OptionError::VolatilityOutOfRange)?;
    let shocks = shocks(record);
    let found = quote(&QuoteRequest {
        kind,
        strike: price(record.strike)?,
        spot: price(record.forward)?,
        spot_low: price(record.forward - record.forward / 200)?,
        spot_high: price(record.forward + record.forward / 200)?,
        basis: Basis::new(1_234).unwrap_or_default(),
        slice: &slice,
        confidence: Ratio::from_ppm(record.volatility_ppm as u32),
        fading: Fading::of(&settlement, EXPIRY, now(record)),
        shocks: &shocks,
    })?;
    let mantissa = |price: Price| price.parts().0 as i64;
    let values = found.values;
    record.results[0] = mantissa(values.low);
    record.results[1] = mantissa(values.fair);
    record.results[2] = mantissa(values.high);
    record.results[3] = found.array.delta;
    record.results[4] = i64::from(found.volatility.ppm()) << 8 | i64::from(found.array.shift);
    for (result, pair) in record.results[5..].iter_mut().zip(found.array.outcomes.chunks(2)) {
        *result = i64::from(pair[0]) << 32 | i64::from(pair[1] as u32);
    }
    record.results[13] = found.greeks.gamma.get() as i64;
    record.results[14] = found.greeks.vega.get() as i64;
    record.results[15] = found.greeks.theta.get() as i64;
    Ok(())
}

/// A sample of the price now.
fn run_sample(record: &mut Record) -> Result<(), SettlementError> {
    let mut settlement = Settlement::from_words(record.settlement)?;
    let price = Price::from_integer(record.forward);
    let price = price.map_err(|_| SettlementError::PriceOutOfRange)?;
    settlement.sample(price, now(record), EXPIRY)?;
    for (result, word) in record.results.iter_mut().zip(settlement.words()) {
        *result = word as i64;
    }
    let average = settlement.average().map_or(0, |price| price.parts().0);
    record.results[7] = average as i64;
    Ok(())
}

/// A step of as many parts per million as the record says, after a whole period.
fn run_step(record: &mut Record) -> Result<(), u64> {
    let published = |terms: [i64; 5]| -> Result<Publication, u64> {
        let slice = slice(terms).map_err(|error| SURFACE_ERRORS + error as u64)?;
        Ok(Publication { slice, basis: Basis::ZERO })
    };
    let period = Seconds::new(600);
    let terms = StepTerms {
        volatility: Ratio::from_ppm(record.volatility_ppm as u32),
        basis: Ratio::ZERO,
        basis_max: Ratio::ZERO,
        period,
        elapsed_max: period,
    };
    let (old, new) = (published(record.slices[0])?, published(record.slices[1])?);
    let step = check_step(&old, &new, Seconds::new(record.seconds), period, &terms);
    step.map_err(|error: StepError| STEP_ERRORS + error as u64)
}
