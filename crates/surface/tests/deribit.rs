//! How well does a surface fit a real chain? All of Deribit's BTC options of 5 December 2025: other
//! people's data and not in this repository. It is read from `../shared/data`, or from the folder
//! that `PLIMSOLL_DATA` names, and skipped, saying so, where it is not there. `docs/RISK.md` has the
//! tables that this prints.

mod support;

use std::sync::OnceLock;

use plimsoll_options::{check_butterflies, check_calendar, Slice};
use plimsoll_surface::{
    fit_slice, fit_surface, report, Errors, Expiry, Fitted, Neighbours, Quote, Report,
};
use plimsoll_units::Seconds;
use support::chain;

/// Strike over forward.
fn moneyness(expiry: &Expiry, quote: &Quote) -> f64 {
    quote.terms.strike.get() as f64 / expiry.forward.get() as f64
}

/// Where the largest of some errors is, as strike over forward.
fn place(expiry: &Expiry, errors: &Errors) -> f64 {
    errors.largest_row.map_or(0.0, |row| moneyness(expiry, &expiry.quotes[row]))
}

fn days(time: Seconds) -> f64 {
    time.get() as f64 / 86_400.0
}

/// Several reports as one; rows of the largest are lost.
fn add(sum: &mut Errors, other: &Errors) {
    let squares = sum.rms.powi(2) * f64::from(sum.rows) + other.rms.powi(2) * f64::from(other.rows);
    sum.rows += other.rows;
    sum.rms = (squares / f64::from(sum.rows.max(1))).sqrt();
    sum.largest = sum.largest.max(other.largest);
}

fn print_expiry(expiry: &Expiry, fitted: &Fitted) -> Report {
    let ours = report(expiry, &fitted.slice, |_| true).unwrap();
    let free = report(expiry, &fitted.free, |_| true).unwrap();
    let Report { volatility, weighted, premium, spread, inside } = ours;
    println!(
        "{:6.1} | {:4} | {:.3}, {:.3} | {:.2}, {:.2} at {:.2} | {:.1}, {:.1} at {:.2} | \
         {inside} of {}, {:.2}, {:.2} at {:.2} | {:?}",
        days(expiry.time),
        volatility.rows,
        weighted * 100.0,
        free.weighted * 100.0,
        volatility.rms * 100.0,
        volatility.largest * 100.0,
        place(expiry, &volatility),
        premium.rms * 1e5,
        premium.largest * 1e5,
        place(expiry, &premium),
        spread.rows,
        spread.rms,
        spread.largest,
        place(expiry, &spread),
        fitted.refused,
    );
    ours
}

fn print_buckets(expiries: &[Expiry], fitted: &[Fitted]) {
    println!("strike/forward below | rows | vol rms, largest | forward rms, largest | spreads");
    let mut from = 0.0;
    for below in [0.6, 0.8, 0.95, 1.05, 1.25, 1.7, f64::INFINITY] {
        let mut sum = Report::default();
        for (expiry, fitted) in expiries.iter().zip(fitted) {
            let counts = |quote: &Quote| (from..below).contains(&moneyness(expiry, quote));
            let part = report(expiry, &fitted.slice, counts).unwrap();
            add(&mut sum.volatility, &part.volatility);
            add(&mut sum.premium, &part.premium);
            add(&mut sum.spread, &part.spread);
            sum.inside += part.inside;
        }
        let Report { volatility, premium, spread, inside, .. } = sum;
        println!(
            "{below} | {} | {:.2}, {:.2} | {:.1}, {:.1} | {inside} of {}, {:.2}, {:.2}",
            volatility.rows,
            volatility.rms * 100.0,
            volatility.largest * 100.0,
            premium.rms * 1e5,
            premium.largest * 1e5,
            spread.rows,
            spread.rms,
            spread.largest,
        );
        from = below;
    }
}

/// By expiry: the most that the fit may be off by, weighted by vega, in parts per million of volatility;
/// the same of the free fit; the most of a premium, in 10^-6 of the forward; and how many premiums
/// lie within their bid and ask at least. Measured, and rounded up.
const BOUNDS: [(f64, f64, f64, u32); 11] = [
    (6_700.0, 6_000.0, 87.0, 26),
    (2_800.0, 1_650.0, 72.0, 20),
    (1_750.0, 1_500.0, 75.0, 22),
    (2_450.0, 2_300.0, 97.0, 41),
    (1_700.0, 1_550.0, 240.0, 37),
    (4_700.0, 4_700.0, 250.0, 85),
    (1_700.0, 1_700.0, 300.0, 57),
    (1_250.0, 900.0, 360.0, 44),
    (1_600.0, 1_600.0, 450.0, 56),
    (1_150.0, 1_150.0, 440.0, 54),
    (710.0, 520.0, 360.0, 50),
];

/// The chain, where it is, and its surface: fitted once for all tests.
fn fitted() -> Option<&'static (Vec<Expiry>, Vec<Fitted>)> {
    static FITTED: OnceLock<Option<(Vec<Expiry>, Vec<Fitted>)>> = OnceLock::new();
    let fit = || {
        let expiries = chain()?;
        let fitted = fit_surface(&expiries).unwrap();
        Some((expiries, fitted))
    };
    FITTED.get_or_init(fit).as_ref()
}

#[test]
fn a_surface_fits_a_real_chain() {
    let Some((expiries, fitted)) = fitted() else {
        return;
    };
    assert_eq!(fitted.len(), BOUNDS.len());
    for ((expiry, fitted), bounds) in expiries.iter().zip(fitted).zip(BOUNDS) {
        assert_eq!(check_butterflies(&fitted.slice, expiry.time), Ok(()));
        let (weighted, free, premium, inside) = bounds;
        let ours = print_expiry(expiry, fitted);
        assert!(ours.weighted * 1e6 <= weighted, "{ours:?}");
        assert!(ours.premium.largest * 1e6 <= premium, "{ours:?}");
        assert!(ours.inside >= inside, "{ours:?}");
        let best = report(expiry, &fitted.free, |_| true).unwrap();
        assert!(best.weighted * 1e6 <= free, "{best:?}");
    }
    for (times, slices) in expiries.windows(2).zip(fitted.windows(2)) {
        let (earlier, later) = (&slices[0].slice, &slices[1].slice);
        assert_eq!(check_calendar((earlier, times[0].time), (later, times[1].time)), Ok(()));
    }
    print_buckets(expiries, fitted);
}

/// A publisher's other way: one expiry anew, between the slices that are there.
#[test]
fn each_expiry_can_be_fitted_anew_between_the_others() {
    let Some((expiries, fitted)) = fitted() else {
        return;
    };
    let near = |at: usize| Some((fitted.get(at)?.slice, expiries[at].time));
    for number in 0..expiries.len() {
        let earlier = number.checked_sub(1).and_then(near);
        let neighbours = Neighbours { earlier, later: near(number + 1), own: None };
        let expiry = &expiries[number];
        let weighted = |slice: &Slice| report(expiry, slice, |_| true).unwrap().weighted;
        // It is not told what is there, and finds something as good.
        let afresh = fit_slice(expiry, &neighbours).unwrap();
        let neighbours = Neighbours { own: Some(fitted[number].slice), ..neighbours };
        let anew = fit_slice(expiry, &neighbours).unwrap();
        assert_eq!(neighbours.check(&anew.slice, expiry.time), Ok(()));
        let [there, anew, afresh] =
            [&fitted[number], &anew, &afresh].map(|fitted| weighted(&fitted.slice));
        println!("{number}: {there:.6} off as it is, {anew:.6} anew, {afresh:.6} afresh");
        assert!(anew <= there * 1.001, "{number}: {anew}, {there}");
        assert!(afresh <= there * 1.01, "{number}: {afresh}, {there}");
    }
}
