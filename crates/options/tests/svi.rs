//! Is a strike's volatility what the formula says, and which numbers make no slice?

mod support;

use plimsoll_options::{Fixed, Moneyness, Slice, SliceTerms, SurfaceError, Variance};
use plimsoll_units::{Ratio, Seconds};
use support::surface::{terms, VOGT};
use support::{for_each_row, level, Random};

const SLICES: &str = include_str!("data/svi.csv");

fn refusal(terms: SliceTerms) -> SurfaceError {
    Slice::new(terms).unwrap_err()
}

#[test]
fn variances_and_volatilities_are_within_their_bounds_of_the_true_ones() {
    let (mut variance_worst, mut volatility_worst) = (0_f64, 0_f64);
    let rows = for_each_row(SLICES, |row| {
        let number = |name: &str| Fixed::new(row.get(name));
        let terms = SliceTerms {
            a: number("a"),
            b: number("b"),
            rho: number("rho"),
            m: number("m"),
            sigma: number("sigma"),
        };
        let slice = Slice::new(terms).unwrap();
        let k = Moneyness::of(level(row.get("strike")), level(row.get("forward")));
        let variance = slice.variance(k);
        let true_e20 = row.get::<i128>("variance_e20");
        // 10^20 / 2^44 is 5^20 / 2^24, which leaves room in 128 bits.
        let found_e20 = (i128::from(variance.get()) * 5_i128.pow(20)) >> (Variance::BITS - 20);
        let off = (found_e20 - true_e20) as f64 / 1e20;
        let b = terms.b.get() as f64 / 2_f64.powi(32);
        variance_worst = variance_worst.max(off.abs() / (2_f64.powi(-43) + b * 2_f64.powi(-54)));
        let ppm_e9 = row.get::<i128>("volatility_ppm_e9");
        let off = i128::from(slice.volatility(k).ppm()) * 1_000_000_000 - ppm_e9;
        volatility_worst = volatility_worst.max(off as f64 / 1e9);
        volatility_worst = volatility_worst.max(-off as f64 / 1e9);
    });
    println!("{rows} rows: variance {variance_worst:.3} of its bound, {volatility_worst} ppm");
    assert_eq!(rows, 1_230);
    assert!(variance_worst <= 0.5, "{variance_worst}");
    assert!(volatility_worst <= 0.500_001, "{volatility_worst}");
}

#[test]
fn vogts_slice_has_the_variance_that_a_person_computes() {
    let slice = Slice::new(terms(VOGT)).unwrap();
    // At k = m: a + b · σ = −0.0410 + 0.1331 · 0.4153 = 0.0142764; its root is 11.9484 %.
    let k = Moneyness::new((0.3586 * 2_f64.powi(56)) as i64);
    assert_eq!(slice.volatility(k), Ratio::from_ppm(119_484));
    // Half a year of it.
    let total = slice.variance(k).total(Seconds::new(31_536_000 / 2)) as f64 / 2_f64.powi(52);
    assert!((total - 0.007_138_2).abs() < 1e-7, "{total}");
}

#[test]
fn flat_slice_has_one_volatility() {
    let flat = Slice::new(terms([0.36, 0.0, 0.0, 0.0, 0.1])).unwrap();
    for raw in [i64::MIN, -(1 << 56), 0, 1, 1 << 56, i64::MAX] {
        assert_eq!(flat.volatility(Moneyness::new(raw)), Ratio::from_ppm(600_000));
    }
}

#[test]
fn root_of_a_variance_is_the_nearest_part_per_million() {
    // A slice without slope has the variance `a`, so that roots of any size can be asked for.
    let mut random = Random(44);
    for _ in 0..20_000 {
        let a = random.magnitude(429_497, (1 << 47) - 1).cast_signed();
        let mut terms = terms([0.0, 0.0, 0.0, 0.0, 1.0]);
        terms.a = Fixed::new(a);
        let found = u128::from(Slice::new(terms).unwrap().volatility(Moneyness::AT).ppm());
        // (2 · found ± 1)² against 4 · 10^12 · a / 2^32, all times 2^32.
        let four = (u128::from(a.unsigned_abs()) * 4) * 10_u128.pow(12);
        assert!((2 * found - 1).pow(2) << 32 <= four, "{a}");
        assert!(four <= (2 * found + 1).pow(2) << 32, "{a}");
    }
}

#[test]
fn total_variance_stops_at_the_end_of_its_word() {
    let high = Slice::new(terms([32_768.0, 0.0, 0.0, 0.0, 1.0])).unwrap();
    assert_eq!(high.variance(Moneyness::AT).total(Seconds::new(u64::MAX)), u64::MAX);
    assert_eq!(high.variance(Moneyness::AT).total(Seconds::ZERO), 0);
}

#[test]
fn slope_below_zero_is_refused() {
    assert_eq!(refusal(terms([1.0, -1e-9, 0.0, 0.0, 0.1])), SurfaceError::SlopeNegative);
}

#[test]
fn skew_of_one_is_refused() {
    for rho in [-1.0, 1.0, 1.5] {
        assert_eq!(refusal(terms([1.0, 0.1, rho, 0.0, 0.1])), SurfaceError::SkewOutOfRange);
    }
}

#[test]
fn roundness_below_a_thousandth_is_refused() {
    for sigma in [-0.1, 0.0, 0.0009] {
        assert_eq!(refusal(terms([1.0, 0.1, 0.0, 0.0, sigma])), SurfaceError::RoundnessTooSmall);
    }
    assert!(Slice::new(terms([1.0, 0.1, 0.0, 0.0, 1.0 / 1_024.0])).is_ok());
}

#[test]
fn numbers_beyond_their_ranges_are_refused() {
    let beyond = [
        [32_768.1, 0.1, 0.0, 0.0, 0.1],
        [-32_768.1, 0.1, 0.0, 0.0, 0.1],
        [1.0, 4_096.1, 0.0, 0.0, 0.1],
        [1.0, 0.1, 0.0, 8.1, 0.1],
        [1.0, 0.1, 0.0, -8.1, 0.1],
        [1.0, 0.1, 0.0, 0.0, 8.1],
    ];
    for numbers in beyond {
        assert_eq!(refusal(terms(numbers)), SurfaceError::TermOutOfRange);
    }
    let smallest = SliceTerms { a: Fixed::new(i64::MIN), ..terms([1.0, 0.1, 0.0, 0.0, 0.1]) };
    assert_eq!(refusal(smallest), SurfaceError::TermOutOfRange);
}

#[test]
fn variance_below_that_of_one_percent_is_refused() {
    // The least variance is a + b · σ · √(1 − ρ²) = a + 1 · 0.5 · 0.8.
    assert_eq!(refusal(terms([-0.41, 1.0, 0.6, 0.0, 0.5])), SurfaceError::VarianceTooLow);
    assert_eq!(refusal(terms([-0.399_91, 1.0, 0.6, 0.0, 0.5])), SurfaceError::VarianceTooLow);
    assert!(Slice::new(terms([-0.399_89, 1.0, 0.6, 0.0, 0.5])).is_ok());
}
