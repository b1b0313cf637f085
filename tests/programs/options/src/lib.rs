//! A program that values options, settles expiries and checks volatility surfaces inside the VM, so that a
//! test can compare it with the host's arithmetic and see what it costs. It is never deployed.
//!
//! Its one account holds records: what to compute of which option, then room for the results, all
//! in 64-bit little-endian words.

use plimsoll_options::{
    check_butterflies, check_calendar, greeks, implied_volatility, risk_array, value_nearest,
    Fixed, Kind, Level, Market, Moneyness, OptionError, Premium, Shock, Slice, SliceTerms,
    SurfaceError, Terms, SHOCKS_MAX,
};
use plimsoll_units::{Ratio, Seconds};

mod expiry;

#[cfg(target_arch = "bpf")]
use plimsoll_sbf_builtins as _;

/// The value, into the first result.
pub const VALUE: u64 = 0;
/// Value, delta, gamma, vega, theta.
pub const GREEKS: u64 = 1;
/// The implied volatility in parts per million.
pub const IMPLIED: u64 = 2;
/// The sixteen outcomes.
pub const RISK_ARRAY: u64 = 3;
/// The volatility of the strike in the first slice, in parts per million, and its variance.
pub const VOLATILITY: u64 = 4;
/// Whether the first slice has no butterfly that costs less than nothing.
pub const BUTTERFLIES: u64 = 5;
/// Whether the first slice is nowhere above the second, later one.
pub const CALENDAR: u64 = 6;
/// The quote of a lot: its values' mantissas, delta, volatility and shift, sixteen outcomes in eight
/// words, and the lower words of gamma, vega and theta.
pub const QUOTE: u64 = 7;
/// A sample for a settlement: the words of what it leads to.
pub const SAMPLE: u64 = 8;
/// Whether the second slice may follow the first one.
pub const STEP: u64 = 9;

/// What the status of a surface's error is more than that of an option's.
pub const SURFACE_ERRORS: u64 = 100;

/// One option, what to compute of it, and the results.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Record {
    /// One of the constants above.
    pub what: u64,
    /// Zero for a call, else a put.
    pub kind: u64,
    /// Steps of the forward.
    pub forward: u64,
    /// Steps of the strike.
    pub strike: u64,
    /// Volatility in parts per million.
    pub volatility_ppm: u64,
    /// Time to expiry.
    pub seconds: u64,
    /// What the implied volatility is asked for.
    pub premium: i64,
    /// Shocks of price and volatility and their weights, in parts per million.
    pub shocks: [[i64; 3]; SHOCKS_MAX],
    /// `a`, `b`, `ρ`, `m` and `σ` of two slices.
    pub slices: [[i64; 5]; 2],
    /// Time to expiry of the second slice.
    pub seconds_later: u64,
    /// The settlement so far, for the expiry at 2^31 seconds.
    pub settlement: [u64; 7],
    /// One, and one more than the error's place among the errors where there is one.
    pub status: u64,
    /// The results.
    pub results: [i64; SHOCKS_MAX],
}

/// Bytes of one record.
pub const RECORD_SIZE_BYTES: usize = core::mem::size_of::<Record>();

/// Computes every record's results.
pub fn compute(records: &mut [Record]) {
    for record in records {
        record.status = match record.what {
            QUOTE | SAMPLE | STEP => expiry::run(record),
            VOLATILITY | BUTTERFLIES | CALENDAR => match run_surface(record) {
                Ok(()) => 1,
                Err(error) => 2 + SURFACE_ERRORS + error as u64,
            },
            _ => match run(record) {
                Ok(()) => 1,
                Err(error) => 2 + error as u64,
            },
        };
    }
}

fn run(record: &mut Record) -> Result<(), OptionError> {
    let kind = if record.kind == 0 { Kind::Call } else { Kind::Put };
    let terms = Terms { kind, strike: Level::new(record.strike)? };
    let market = Market {
        forward: Level::new(record.forward)?,
        volatility: Ratio::from_ppm(record.volatility_ppm as u32),
        time: Seconds::new(record.seconds),
    };
    match record.what {
        VALUE => record.results[0] = value_nearest(terms, market).get(),
        GREEKS => {
            let all = greeks(terms, market);
            let derivatives = [all.delta, all.gamma, all.vega, all.theta];
            record.results[0] = all.value.get();
            for (result, derivative) in record.results[1..].iter_mut().zip(derivatives) {
                *result = derivative.get();
            }
        }
        IMPLIED => {
            let premium = Premium::new(record.premium);
            let found = implied_volatility(terms, market.forward, market.time, premium)?;
            record.results[0] = i64::from(found.ppm());
        }
        _ => {
            let array = risk_array(terms, market, &shocks(record))?;
            record.results = array.map(Premium::get);
        }
    }
    Ok(())
}

fn slice(terms: [i64; 5]) -> Result<Slice, SurfaceError> {
    let [a, b, rho, m, sigma] = terms.map(Fixed::new);
    Slice::new(SliceTerms { a, b, rho, m, sigma })
}

fn shocks(record: &Record) -> [Shock; SHOCKS_MAX] {
    record.shocks.map(|[price, volatility, weight]| Shock {
        price: price as i32,
        volatility: volatility as i32,
        weight: Ratio::from_ppm(weight as u32),
    })
}

fn run_surface(record: &mut Record) -> Result<(), SurfaceError> {
    let first = slice(record.slices[0])?;
    let time = Seconds::new(record.seconds);
    match record.what {
        VOLATILITY => {
            let (Ok(strike), Ok(forward)) = (Level::new(record.strike), Level::new(record.forward))
            else {
                return Ok(());
            };
            let variance = first.variance(Moneyness::of(strike, forward));
            record.results[0] = i64::from(variance.volatility().ppm());
            record.results[1] = variance.get() as i64;
            Ok(())
        }
        BUTTERFLIES => check_butterflies(&first, time),
        _ => {
            let later = (&slice(record.slices[1])?, Seconds::new(record.seconds_later));
            check_calendar((&first, time), later)
        }
    }
}

/// Where the program starts.
///
/// # Safety
/// The loader passes its serialised input, with one account that the program owns and may write.
#[cfg(target_os = "solana")]
#[no_mangle]
pub unsafe extern "C" fn entrypoint(input: *mut u8) -> u64 {
    // Number of accounts; flags; key, owner; lamports; length of the data.
    const LENGTH_AT: usize = 8 + 8 + 32 + 32 + 8;
    // SAFETY: the loader's layout puts an aligned length there, and that many bytes behind it.
    let records = unsafe {
        let length_bytes = input.add(LENGTH_AT).cast::<u64>().read() as usize;
        let data = input.add(LENGTH_AT + 8).cast::<Record>();
        core::slice::from_raw_parts_mut(data, length_bytes / RECORD_SIZE_BYTES)
    };
    compute(records);
    0
}
