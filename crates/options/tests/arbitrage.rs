//! Is a surface that allows arbitrage refused, and one that does not taken?

mod support;

use plimsoll_options::{check_butterflies, check_calendar, Moneyness, Slice, SurfaceError, YEAR};
use plimsoll_units::Seconds;
use support::fit::{durrleman, variance};
use support::surface::{from_jump_wings, terms, VOGT, VOGT_WINGS};
use support::Random;

fn slice(numbers: [f64; 5]) -> Slice {
    Slice::new(terms(numbers)).unwrap()
}

fn years(years: f64) -> Seconds {
    Seconds::new((years * YEAR.get() as f64) as u64)
}

/// The least `g` within `|k| <= 8`, between the ends of the grid, on one sixteen times as fine.
fn least_g(numbers: [f64; 5], years: f64) -> f64 {
    let [_, _, _, m, sigma] = numbers;
    let ks = (-1_536..=1_536).map(|i| m + sigma * (f64::from(i) / 256.0).sinh());
    let ks = ks.filter(|k| k.abs() <= 8.0);
    ks.map(|k| durrleman(numbers, years, k)).fold(f64::INFINITY, f64::min)
}

/// A slice anywhere in what is allowed, and its years: `b · T` up to Lee's bound and beyond, `κ` the
/// bend over the least variance, `μ = m / σ`.
fn drawn(random: &mut Random) -> ([f64; 5], f64) {
    let mut unit = || random.word() as f64 / 2_f64.powi(64);
    let years = 10_f64.powf(-3.5 + 4.0 * unit());
    let rho = (2.0 * unit() - 1.0) * 0.999;
    let sigma = 0.01 * 400_f64.powf(unit());
    let b = 2.2 * 10_f64.powf(-3.0 * unit()) / (1.0 + rho.abs()) / years;
    let kappa = 0.1 * 1_000_f64.powf(unit());
    let mu = (2.0 * unit() - 1.0) * 16.5;
    let least = (b * sigma / kappa).max(1.1e-4);
    let a = least - b * sigma * (1.0 - rho * rho).sqrt();
    ([a, b.min(4_000.0), rho, (mu * sigma).clamp(-8.0, 8.0), sigma], years)
}

#[test]
fn vogts_slice_is_refused() {
    let refused = check_butterflies(&slice(VOGT), YEAR);
    assert_eq!(refused, Err(SurfaceError::ButterflyArbitrage));
    // Known to be negative near k = 0.8.
    assert!(durrleman(VOGT, 1.0, 0.8) < -0.01);
}

#[test]
fn gatheral_and_jacquiers_repair_of_it_is_taken() {
    let original = from_jump_wings(VOGT_WINGS);
    for (found, published) in original.iter().zip(VOGT) {
        assert!((found - published).abs() < 1e-4, "{original:?}");
    }
    // The same money, skew and put wing; the call wing c = p + 2 ψ and the least variance that goes
    // with them.
    let [v, psi, p, ..] = VOGT_WINGS;
    let c = p + 2.0 * psi;
    let repaired = from_jump_wings([v, psi, p, c, v * 4.0 * p * c / (p + c).powi(2)]);
    assert_eq!(check_butterflies(&slice(repaired), YEAR), Ok(()));
}

#[test]
fn wing_that_rises_by_more_than_two_is_refused() {
    let refused = check_butterflies(&slice([0.5, 1.4, 0.5, 0.0, 1.0]), YEAR);
    assert_eq!(refused, Err(SurfaceError::SlopeBeyondLee));
    assert_eq!(check_butterflies(&slice([0.5, 1.4, 0.5, 0.0, 1.0]), years(0.5)), Ok(()));
    let steepest = slice([0.5, 4_096.0, 0.0, 0.0, 1.0]);
    assert_eq!(check_butterflies(&steepest, YEAR), Err(SurfaceError::SlopeBeyondLee));
    let eternity = Seconds::new(u64::MAX);
    assert_eq!(check_butterflies(&steepest, eternity), Err(SurfaceError::SlopeBeyondLee));
    // b · T of exactly two is Lee's bound, and leaves no reserve far out.
    let refused = check_butterflies(&slice([0.5, 2.0, 0.0, 0.0, 0.01]), YEAR);
    assert_eq!(refused, Err(SurfaceError::ButterflyArbitrage));
}

#[test]
fn slice_too_sharp_for_the_grid_is_refused() {
    // b · σ = 0.1, the least variance 0.0015.
    let bent = slice([0.001_5 - 0.1, 1.0, 0.0, 0.0, 0.1]);
    assert_eq!(check_butterflies(&bent, years(0.01)), Err(SurfaceError::TooSharp));
    let shifted = slice([0.1, 1.0, 0.0, -1.61, 0.1]);
    assert_eq!(check_butterflies(&shifted, years(0.01)), Err(SurfaceError::TooSharp));
}

#[test]
fn slice_that_is_taken_has_no_butterfly_on_a_grid_sixteen_times_as_fine() {
    let mut random = Random(2_014);
    let (mut taken, mut refused, mut clean, mut clear) = (0, 0, 0, 0);
    let mut close = f64::INFINITY;
    for _ in 0..4_000 {
        let (numbers, years_left) = drawn(&mut random);
        let Ok(slice) = Slice::new(terms(numbers)) else {
            continue;
        };
        match check_butterflies(&slice, years(years_left)) {
            Ok(()) => {
                let least = least_g(numbers, years_left);
                taken += 1;
                close = close.min(least);
                assert!(least >= 0.0, "{numbers:?}, {years_left}: {least}");
            }
            Err(SurfaceError::ButterflyArbitrage) => {
                refused += 1;
                // Not negative within |k| <= 8, and not even near the reserve: refused for a
                // crossing, or for what is beyond.
                let least = least_g(numbers, years_left);
                clean += u32::from(least >= 0.0);
                clear += u32::from(least > 1.0 / 2_048.0 + 1e-4);
            }
            Err(_) => {}
        }
    }
    println!(
        "{taken} taken, the least g {close:e}; {refused} refused, {clean} and {clear} needlessly"
    );
    // What this seed gives, to the draw: not a bound, but a change of it is a change of the check.
    assert_eq!([taken, refused, clean, clear], [1_699, 1_948, 107, 95]);
    assert!((1.7e-5..1.8e-5).contains(&close), "{close:e}");
}

/// The most by which a slice sags below the chords between the points at which the calendar is
/// checked, over `b · σ`: on its grid, and beyond the grid's ends.
fn sag([rho, m, sigma]: [f64; 3]) -> [f64; 2] {
    let numbers = [0.0, 1.0 / sigma, rho, m, sigma];
    let grid = (-96..=96).map(|j| m + sigma * (f64::from(j) / 16.0).sinh());
    let mut ks: Vec<f64> = grid.chain([-8.0, 8.0]).filter(|k| k.abs() <= 10.0).collect();
    ks.sort_by(f64::total_cmp);
    let last = sigma * 6_f64.sinh() * (1.0 + 1e-9);
    let mut most = [0.0_f64; 2];
    for cell in ks.windows(2) {
        let (left, right) = (cell[0], cell[1]);
        let is_beyond = (left - m).abs().max((right - m).abs()) > last;
        for part in 1..256 {
            // Even in the logarithm of the distance where the cell is long.
            let t = f64::from(part) / 256.0;
            let t = if is_beyond { t.powi(3) } else { t };
            let t = if right <= m { 1.0 - t } else { t };
            let chord = variance(numbers, left) * (1.0 - t) + variance(numbers, right) * t;
            let below = chord - variance(numbers, left + (right - left) * t);
            most[usize::from(is_beyond)] = most[usize::from(is_beyond)].max(below);
        }
    }
    most
}

#[test]
fn later_slice_sags_below_the_points_checked_by_no_more_than_is_stated() {
    let mut random = Random(1_658);
    let mut most = [0.0_f64; 2];
    let steepest = (0..600).map(|_| {
        let mut unit = || random.word() as f64 / 2_f64.powi(64);
        let sigma = 8.0 * 8_192_f64.powf(-unit());
        [(2.0 * unit() - 1.0) * 0.999, 16.0 * unit() - 8.0, sigma]
    });
    // The roundest corner, as far from the end as it can be.
    for numbers in steepest.chain([[0.0, -8.0, 1.0 / 1_024.0], [0.0, 0.0, 1.0 / 1_024.0]]) {
        let found = sag(numbers);
        most = [most[0].max(found[0]), most[1].max(found[1])];
    }
    println!("sag over b · σ: 1/{:.0} on the grid, 1/{:.0} beyond", 1.0 / most[0], 1.0 / most[1]);
    assert!(most[0] < 1.0 / 2_000.0 && most[1] < 1.0 / 403.0, "{most:?}");
    // Beyond the grid it is indeed more than on it.
    assert!(most[1] > 1.0 / 600.0, "{most:?}");
}

#[test]
fn time_that_passes_leaves_a_slice_free_of_butterflies() {
    let mut random = Random(1_900);
    for _ in 0..1_000 {
        let (numbers, years_left) = drawn(&mut random);
        let Ok(slice) = Slice::new(terms(numbers)) else {
            continue;
        };
        if check_butterflies(&slice, years(years_left)).is_ok() {
            for part in [0.7, 0.3, 0.01] {
                let least = least_g(numbers, years_left * part);
                assert!(least >= 0.0, "{numbers:?}, {years_left} · {part}: {least}");
            }
        }
    }
}

#[test]
fn later_slice_below_the_earlier_one_is_refused() {
    let (day, week) = (Seconds::new(86_400), Seconds::new(7 * 86_400));
    let flat = |variance: f64| slice([variance, 0.0, 0.0, 0.0, 0.1]);
    // 0.49 for a day is as much as 0.07 for a week.
    assert_eq!(check_calendar((&flat(0.49), day), (&flat(0.07), week)), Ok(()));
    let refused = check_calendar((&flat(0.490_001), day), (&flat(0.07), week));
    assert_eq!(refused, Err(SurfaceError::CalendarArbitrage));
}

#[test]
fn slices_that_cross_in_a_wing_alone_are_refused() {
    let (day, week) = (Seconds::new(86_400), Seconds::new(7 * 86_400));
    let earlier = slice([0.2, 7.0, 0.0, 0.0, 0.01]);
    // For a day's variance: 0.2 + 7 k against 1.4 + 6.79 k, which cross at k = 5.7.
    let later = slice([0.2, 0.97, 0.0, 0.0, 0.01]);
    let crossing = check_calendar((&earlier, day), (&later, week));
    assert_eq!(crossing, Err(SurfaceError::CalendarArbitrage));
    let at = |k: f64, slice: &Slice, time: Seconds| {
        slice.variance(Moneyness::new((k * 2_f64.powi(56)) as i64)).total(time)
    };
    assert!(at(8.0, &earlier, day) > at(8.0, &later, week));
    assert!(at(1.0, &earlier, day) < at(1.0, &later, week));
    let steeper = slice([0.2, 1.01, 0.0, 0.0, 0.01]);
    assert_eq!(check_calendar((&earlier, day), (&steeper, week)), Ok(()));
}

#[test]
fn slices_in_the_wrong_order_are_refused() {
    let one = slice([0.2, 0.5, 0.0, 0.0, 0.1]);
    for (earlier, later) in [(2, 1), (1, 1)] {
        let refused = check_calendar((&one, Seconds::new(earlier)), (&one, Seconds::new(later)));
        assert_eq!(refused, Err(SurfaceError::ExpiriesOutOfOrder));
    }
    assert_eq!(check_calendar((&one, Seconds::new(1)), (&one, Seconds::new(2))), Ok(()));
}
