//! What comes of quotes that no slice free of arbitrage gives? One that is, close by.

mod support;

use plimsoll_options::{check_butterflies, check_calendar, Slice, SurfaceError, YEAR};
use plimsoll_surface::{
    fit_slice, fit_surface, report, Expiry, FitError, Neighbours, Observed, Weight,
};
use plimsoll_units::Seconds;
use support::options::fit::variance;
use support::options::surface::{from_jump_wings, VOGT, VOGT_WINGS};
use support::options::Random;
use support::{days, numbers, quote, slice, smile, smile_of};

/// Root of the mean square of what a slice is off by, in volatility.
fn off(expiry: &Expiry, slice: &Slice) -> f64 {
    report(expiry, slice, |_| true).unwrap().volatility.rms
}

fn even(mut expiry: Expiry) -> Expiry {
    for quote in &mut expiry.quotes {
        quote.weight = Weight::Given(1.0);
    }
    expiry
}

/// Gatheral and Jacquier mend Vogt's slice by its call wing and its least variance: once for
/// certain (`c = p + 2ψ`), and once as near, in prices, as these two numbers alone can
/// (`c = 0.8564763`, their example 5.1). Ours may move all five, and must be nearer than both.
#[test]
fn vogts_smile_gets_a_slice_that_passes_nearer_than_the_published_mends() {
    let expiry = even(smile_of(YEAR, VOGT, 1.0));
    let fitted = fit_slice(&expiry, &Neighbours::default()).unwrap();
    assert_eq!(fitted.refused, Some(SurfaceError::ButterflyArbitrage));
    for (found, asked) in numbers(&fitted.free).iter().zip(VOGT) {
        assert!((found - asked).abs() < 1e-3, "{:?}", fitted.free);
    }
    assert_eq!(check_butterflies(&fitted.slice, YEAR), Ok(()));
    let [v, psi, p, ..] = VOGT_WINGS;
    let c = p + 2.0 * psi;
    let certain = slice(from_jump_wings([v, psi, p, c, v * 4.0 * p * c / (p + c).powi(2)]));
    let nearest = slice(from_jump_wings([v, psi, p, 0.856_476_3, 0.011_624_9]));
    let (ours, certain, nearest) =
        (off(&expiry, &fitted.slice), off(&expiry, &certain), off(&expiry, &nearest));
    println!("Vogt: ours {ours:.5}, for certain {certain:.5}, nearest {nearest:.5}");
    assert!(ours < certain && ours < nearest, "{ours}, {certain}, {nearest}");
}

#[test]
fn wings_that_rise_too_fast_are_fitted_as_fast_as_they_may() {
    // Total variance rises by three on the right.
    let terms = [0.3, 2.0, 0.5, 0.0, 0.5];
    let expiry = smile_of(YEAR, terms, 1.0);
    let fitted = fit_slice(&expiry, &Neighbours::default()).unwrap();
    assert_eq!(check_butterflies(&fitted.slice, YEAR), Ok(()));
    let [_, b, rho, ..] = numbers(&fitted.slice);
    assert!(b * (1.0 + rho.abs()) <= 2.0);
    // A fifth of a point of volatility in a hundred is what the bound costs.
    let (ours, free) = (off(&expiry, &fitted.slice), off(&expiry, &fitted.free));
    println!("Lee: off by {ours:.4}, of {free:.4} with butterflies");
    assert!(ours < 0.04 && ours < 1.25 * free, "{ours}, {free}");
}

/// Every strike of the later expiry is a tenth below the earlier one: the nearest that passes is
/// the earlier total variance itself.
#[test]
fn an_expiry_below_the_one_before_is_raised_to_it() {
    let terms = [0.04, 0.4, -0.4, 0.05, 0.2];
    let earlier = slice(terms);
    let (before, after) = (days(90), days(120));
    let same = |k: f64| variance(terms, k) * 90.0 / 120.0;
    let expiry = smile(after, 21, 0.8, |k| (0.9 * same(k)).sqrt());
    let neighbours = Neighbours { earlier: Some((earlier, before)), ..Neighbours::default() };
    let fitted = fit_slice(&expiry, &neighbours).unwrap();
    assert_eq!(fitted.refused, Some(SurfaceError::CalendarArbitrage));
    assert_eq!(check_calendar((&earlier, before), (&fitted.slice, after)), Ok(()));
    let nearest = smile(after, 21, 0.8, |k| same(k).sqrt());
    let off = report(&nearest, &fitted.slice, |_| true).unwrap().volatility;
    println!("raised: {off:?}");
    assert!(off.largest < 1e-3, "{off:?}");
}

#[test]
fn an_expiry_between_two_stays_between_them() {
    let (early, late) = ([0.04, 0.4, -0.4, 0.05, 0.2], [0.05, 0.38, -0.35, 0.05, 0.25]);
    let (earlier, later) = ((slice(early), days(30)), (slice(late), days(90)));
    let neighbours = Neighbours { earlier: Some(earlier), later: Some(later), own: None };
    // Beside its neighbours in the middle, above them to the left, below to the right.
    let expiry = smile(days(60), 21, 0.6, |k| (variance(early, k) * (1.0 - 1.5 * k)).sqrt());
    let fitted = fit_slice(&expiry, &neighbours).unwrap();
    assert_eq!(fitted.refused, Some(SurfaceError::CalendarArbitrage));
    assert_eq!(neighbours.check(&fitted.slice, days(60)), Ok(()));
    assert!(off(&expiry, &fitted.slice) < off(&expiry, &slice(early)));
}

/// What an expiry has now is never left for something worse, and is no anchor where it does not
/// pass any more.
#[test]
fn a_slice_that_is_there_is_kept_unless_a_better_one_passes() {
    let expiry = even(smile_of(YEAR, VOGT, 1.0));
    let first = fit_slice(&expiry, &Neighbours::default()).unwrap();
    let own = |own: Slice| Neighbours { own: Some(own), ..Neighbours::default() };
    let again = fit_slice(&expiry, &own(first.slice)).unwrap();
    assert!(off(&expiry, &again.slice) <= off(&expiry, &first.slice) * (1.0 + 1e-6));
    let refused = fit_slice(&expiry, &own(slice(VOGT))).unwrap();
    assert_eq!(check_butterflies(&refused.slice, YEAR), Ok(()));
    let (with, without) = (off(&expiry, &refused.slice), off(&expiry, &first.slice));
    assert!(with <= 1.01 * without, "{with}, {without}");
}

/// Two expiries that cross: with the first one fixed the second pays for all, and if the first may
/// give way, both pay less together.
#[test]
fn the_one_before_gives_way_where_that_costs_less() {
    let near = smile_of(days(7), [0.02, 6.0, 0.1, 0.0, 0.08], 0.15);
    let next = smile_of(days(14), [0.20, 1.5, -0.1, 0.0, 0.15], 0.4);
    let alone = fit_slice(&near, &Neighbours::default()).unwrap();
    let neighbours =
        Neighbours { earlier: Some((alone.slice, near.time)), ..Neighbours::default() };
    let pushed = fit_slice(&next, &neighbours).unwrap();
    assert_eq!(pushed.refused, Some(SurfaceError::CalendarArbitrage));
    let expiries = [near, next];
    let both = fit_surface(&expiries).unwrap();
    check_surface(&expiries, &both.iter().map(|fitted| fitted.slice).collect::<Vec<_>>());
    let [near, next] = &expiries;
    println!("first {:.4} to {:.4}", off(near, &alone.slice), off(near, &both[0].slice));
    println!("second {:.4} to {:.4}", off(next, &pushed.slice), off(next, &both[1].slice));
    assert!(off(next, &both[1].slice) < 0.8 * off(next, &pushed.slice));
    assert_ne!(both[0].slice, alone.slice);
    assert_eq!(both[0].refused, Some(SurfaceError::CalendarArbitrage));
}

fn check_surface(expiries: &[Expiry], slices: &[Slice]) {
    let timed: Vec<_> = slices.iter().zip(expiries.iter().map(|expiry| expiry.time)).collect();
    for (slice, time) in &timed {
        assert_eq!(check_butterflies(slice, *time), Ok(()));
    }
    for pair in timed.windows(2) {
        assert_eq!(check_calendar(pair[0], pair[1]), Ok(()));
    }
}

/// Quotes that follow no smile at all, of any size: strikes, volatilities and times from seconds to
/// centuries.
fn drawn(random: &mut Random, time: u64) -> Expiry {
    let mut unit = || random.word() as f64 / 2_f64.powi(64);
    let reach = 0.02 * 200_f64.powf(unit());
    let level = 0.02 * 200_f64.powf(unit());
    let quotes = (0..12).map(|_| quote(reach * (2.0 * unit() - 1.0), level * (0.5 + 1.5 * unit())));
    let expiry = smile(Seconds::new(time), 5, 1.0, |_| 1.0);
    let mut quotes: Vec<_> = quotes.collect();
    // A vega can be nothing so far out: then that quote would be left aside.
    quotes.iter_mut().for_each(|quote| quote.weight = Weight::Given(1.0));
    Expiry { quotes, ..expiry }
}

#[test]
fn whatever_is_quoted_a_slice_passes_and_is_no_worse_than_one_volatility() {
    let mut random = Random(20_251_205);
    let mut refused = 0;
    for _ in 0..40 {
        let time = random.magnitude(60, 1 << 31);
        let expiry = drawn(&mut random, time);
        let fitted = fit_slice(&expiry, &Neighbours::default()).unwrap();
        check_surface(std::slice::from_ref(&expiry), &[fitted.slice]);
        refused += u32::from(fitted.refused.is_some());
        let ppm = |quote: &plimsoll_surface::Quote| match quote.observed {
            Observed::Volatility(volatility) => f64::from(volatility.ppm()) / 1e6,
            Observed::Premium(_) => panic!("a premium"),
        };
        // The least is sought of (variance's error / 2 volatility)².
        let cost = |given: &dyn Fn(&plimsoll_surface::Quote) -> f64| {
            let squares = expiry.quotes.iter().map(|quote| {
                let volatility = ppm(quote);
                ((given(quote) - volatility * volatility) / (2.0 * volatility)).powi(2)
            });
            squares.sum::<f64>()
        };
        let (mut top, mut bottom) = (0.0, 0.0);
        for quote in &expiry.quotes {
            top += 1.0;
            bottom += 1.0 / ppm(quote).powi(2);
        }
        let flat = cost(&|_| top / bottom);
        let ours = cost(&|quote| {
            let given = fitted.slice.volatility_of(quote.terms.strike, expiry.forward);
            (f64::from(given.ppm()) / 1e6).powi(2)
        });
        assert!(ours <= flat * (1.0 + 1e-4), "{ours}, {flat}: {expiry:?}");
    }
    println!("{refused} of 40 free fits were refused");
    assert!(refused > 10);
}

#[test]
fn random_surfaces_pass_in_their_order() {
    let mut random = Random(3);
    for _ in 0..4 {
        let expiries: Vec<_> =
            (1..4).map(|number| drawn(&mut random, number * 20 * 86_400)).collect();
        match fit_surface(&expiries) {
            Ok(fitted) => {
                let slices: Vec<_> = fitted.iter().map(|fitted| fitted.slice).collect();
                check_surface(&expiries, &slices);
            }
            Err(failure) => panic!("{failure}"),
        }
    }
}

#[test]
fn neighbours_that_leave_no_room_are_named() {
    let expiry = smile_of(days(60), [0.04, 0.4, -0.4, 0.05, 0.2], 0.6);
    let earlier = (slice([0.5, 0.4, -0.4, 0.05, 0.2]), days(30));
    let later = (slice([0.04, 0.4, -0.4, 0.05, 0.2]), days(90));
    let neighbours = Neighbours { earlier: Some(earlier), later: Some(later), own: None };
    let why = SurfaceError::CalendarArbitrage;
    assert_eq!(fit_slice(&expiry, &neighbours), Err(FitError::NoAdmissibleSlice { why }));
}
