//! How far may a publication move, after how long?

mod support;

use plimsoll_options::{check_step, Basis, Publication, Slice, StepError, StepTerms};
use plimsoll_units::{MathError, Price, Ratio, Seconds};
use support::fit::variance;
use support::{surface, Random};

/// 10 % of a volatility and half a per cent of basis in ten minutes, for up to half an hour; a basis
/// of 5 % at most.
const TERMS: StepTerms = StepTerms {
    volatility: Ratio::from_ppm(100_000),
    basis: Ratio::from_ppm(5_000),
    basis_max: Ratio::from_ppm(50_000),
    period: Seconds::new(600),
    elapsed_max: Seconds::new(1_800),
};

const MONTH: Seconds = Seconds::new(30 * 86_400);

fn slice(terms: [f64; 5]) -> Slice {
    Slice::new(surface::terms(terms)).unwrap()
}

/// A flat slice of this volatility.
fn flat(volatility: f64) -> Slice {
    slice([volatility * volatility, 0.0, 0.0, 0.0, 0.1])
}

fn published(slice: Slice, basis_ppm: i32) -> Publication {
    Publication { slice, basis: Basis::new(basis_ppm).unwrap() }
}

fn step(old: Slice, new: Slice, elapsed: u64) -> Result<(), StepError> {
    let (old, new) = (published(old, 0), published(new, 0));
    check_step(&old, &new, MONTH, Seconds::new(elapsed), &TERMS)
}

#[test]
fn volatility_may_move_by_a_step_in_a_period_and_by_parts_in_parts() {
    let refused = Err(StepError::SurfaceStepTooLarge);
    for (elapsed, allowed) in [(600, 0.1), (300, 0.05), (6, 0.001), (1_800, 0.3), (100_000, 0.3)] {
        let (inside, beyond) = (1.0 + allowed - 1e-5, 1.0 + allowed + 1e-5);
        assert_eq!(step(flat(0.6), flat(0.6 * inside), elapsed), Ok(()));
        assert_eq!(step(flat(0.6), flat(0.6 / inside), elapsed), Ok(()));
        assert_eq!(step(flat(0.6), flat(0.6 * beyond), elapsed), refused);
        assert_eq!(step(flat(0.6), flat(0.6 / beyond), elapsed), refused);
    }
    assert_eq!(step(flat(0.6), flat(0.6), 0), Ok(()));
    assert_eq!(step(flat(0.6), flat(0.600_001), 0), refused);
}

#[test]
fn verdict_is_that_of_volatilities_at_the_points_in_floats() {
    let (mut random, mut taken, mut refused) = (Random(3), 0, 0);
    let mut unit = || random.word() as f64 / 2_f64.powi(64);
    for _ in 0..20_000 {
        let b = 0.6 * unit();
        let old = [0.1 + unit(), b, 1.6 * unit() - 0.8, 0.4 * unit() - 0.2, 0.02 + unit()];
        let bent = old.map(|x| x * (1.0 + 0.3 * (unit() - 0.5)));
        let seconds = (60.0 * 1e6_f64.powf(unit())) as u64;
        let elapsed = (1_800.0 * unit()) as u64;
        let d = (seconds as f64 / 31_536_000.0).sqrt().clamp(0.125, 2.0);
        let moves = [0.0, 0.25, 0.5, 1.0, 2.0, 4.0].into_iter().flat_map(|x| [x * d, -x * d]);
        let most = moves
            .map(|k| (variance(bent, k) / variance(old, k)).sqrt())
            .map(|ratio| ratio.max(1.0 / ratio) - 1.0)
            .fold(0.0, f64::max);
        let allowed = (100_000 * elapsed / 600) as f64 / 1e6;
        let found = check_step(
            &published(slice(old), 0),
            &published(slice(bent), 0),
            Seconds::new(seconds),
            Seconds::new(elapsed),
            &TERMS,
        );
        if (most - allowed).abs() > 1e-7 {
            let expected = match most > allowed {
                true => Err(StepError::SurfaceStepTooLarge),
                false => Ok(()),
            };
            assert_eq!(found, expected, "{old:?} {bent:?} {most} {allowed}");
        }
        match found {
            Ok(()) => taken += 1,
            Err(_) => refused += 1,
        }
    }
    assert!(taken > 2_000 && refused > 2_000, "{taken} {refused}");
}

#[test]
fn wing_that_rises_alone_is_seen() {
    // The same at the money within 3 %, and twice as steep beyond.
    let old = slice([0.3, 0.1, 0.0, 0.0, 0.05]);
    let new = slice([0.295, 0.2, 0.0, 0.0, 0.05]);
    assert_eq!(step(old, new, 600), Err(StepError::SurfaceStepTooLarge));
    assert_eq!(step(old, new, 1_800), Ok(()));
}

#[test]
fn basis_moves_in_steps_and_within_bounds() {
    let step = |old: i32, new: i32, elapsed: u64| {
        let (old, new) = (published(flat(0.6), old), published(flat(0.6), new));
        check_step(&old, &new, MONTH, Seconds::new(elapsed), &TERMS)
    };
    assert_eq!(step(-2_500, 2_500, 600), Ok(()));
    assert_eq!(step(-2_500, 2_501, 600), Err(StepError::BasisStepTooLarge));
    assert_eq!(step(2_501, -2_500, 600), Err(StepError::BasisStepTooLarge));
    assert_eq!(step(0, 2_499, 299), Err(StepError::BasisStepTooLarge));
    assert_eq!(step(0, 15_000, 1_000_000), Ok(()));
    assert_eq!(step(0, 15_001, 1_000_000), Err(StepError::BasisStepTooLarge));
    assert_eq!(step(49_000, 50_000, 600), Ok(()));
    assert_eq!(step(49_000, 50_001, 600), Err(StepError::BasisOutOfBounds));
    assert_eq!(step(-49_000, -50_001, 600), Err(StepError::BasisOutOfBounds));
    // One that a tighter bound left outside may come back, in steps.
    assert_eq!(step(52_000, 50_000, 600), Ok(()));
    let beyond = Basis::new(50_001).unwrap();
    assert_eq!(TERMS.check_basis(beyond), Err(StepError::BasisOutOfBounds));
    assert_eq!(TERMS.check_basis(Basis::ZERO), Ok(()));
}

#[test]
fn basis_of_all_or_more_is_none() {
    for ppm in [1_000_000, -1_000_000, i32::MIN, i32::MAX] {
        assert_eq!(Basis::new(ppm), Err(StepError::BasisOutOfBounds));
    }
    assert_eq!(Basis::new(-999_999).unwrap().ppm(), -999_999);
}

#[test]
fn period_of_nothing_is_refused() {
    let terms = StepTerms { period: Seconds::ZERO, ..TERMS };
    let same = published(flat(0.6), 0);
    let found = check_step(&same, &same, MONTH, Seconds::new(600), &terms);
    assert_eq!(found, Err(StepError::PeriodZero));
}

#[test]
fn largest_terms_do_not_wrap() {
    let most = Ratio::MAX;
    let long = Seconds::new(u64::MAX);
    let terms = StepTerms {
        volatility: most,
        basis: most,
        basis_max: most,
        period: Seconds::new(1),
        elapsed_max: long,
    };
    let (old, new) = (published(flat(0.01), -999_999), published(flat(20.0), 999_999));
    assert_eq!(check_step(&old, &new, long, long, &terms), Ok(()));
    assert_eq!(check_step(&new, &old, Seconds::ZERO, long, &terms), Ok(()));
}

#[test]
fn forward_is_the_price_and_its_basis() {
    let price = Price::from_integer(200_000).unwrap();
    let forward = |ppm: i32| Basis::new(ppm).unwrap().forward(price);
    assert_eq!(forward(0), Ok(price));
    assert_eq!(forward(25_000), Ok(Price::from_integer(205_000).unwrap()));
    assert_eq!(forward(-25_000), Ok(Price::from_integer(195_000).unwrap()));
    let largest = Price::from_parts(u64::MAX, 1_024).unwrap();
    assert_eq!(Basis::new(10).unwrap().forward(largest), Err(MathError::Overflow));
}

#[test]
fn errors_say_what_is_wrong() {
    use StepError::*;
    let all = [SurfaceStepTooLarge, BasisStepTooLarge, BasisOutOfBounds, PeriodZero];
    let texts: std::collections::BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    assert_eq!(texts.len(), all.len());
}

#[test]
fn no_allowance_reaches_beyond_two_thousand_times() {
    let terms = StepTerms { volatility: Ratio::MAX, ..TERMS };
    let (old, new) = (published(flat(0.01), 0), published(flat(22.0), 0));
    let found = check_step(&old, &new, MONTH, Seconds::new(1_800), &terms);
    assert_eq!(found, Err(StepError::SurfaceStepTooLarge));
}
