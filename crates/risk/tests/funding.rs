//! Is funding what the premium says, bounded, and charged for the time that passed?

mod support;

use plimsoll_risk::{funding_flow, funding_rate, FundingTerms, Premium};
use plimsoll_units::{MathError, Price, QuoteAtoms, Ratio, Seconds, UnixSeconds, Value};
use proptest::prelude::*;
use support::model::{of_price, of_ratio, of_value, whole, Exact};
use support::{decimal, ppm, value};

const HOUR: Seconds = Seconds::new(3_600);

/// Trades within 5 %, a thousand dollars move half way, an hour's mean, at most 1 % an hour.
const TERMS: FundingTerms = FundingTerms {
    band: Ratio::from_ppm(50_000),
    impact: Value::from_quote(QuoteAtoms::new(1_000_000_000)),
    window: HOUR,
    cap_per_hour: Ratio::from_ppm(10_000),
};

fn at(seconds: i64) -> UnixSeconds {
    UnixSeconds::new(seconds)
}

fn premium(estimate_ppb: i64, mean_ppb: i64) -> Premium {
    Premium { estimate_ppb, mean_ppb, at: at(0) }
}

fn observed(start: Premium, price: u64, dollars: i64) -> Premium {
    start.observe(decimal(price, -2), decimal(100, 0), value(dollars), &TERMS, at(0)).unwrap()
}

#[test]
fn time_moves_the_mean_to_the_estimate_and_forgets_the_estimate() {
    // An hour of an hour's window: half way, and half forgotten.
    let later = premium(1_000, 200).pass(at(3_600), HOUR);
    assert_eq!(later, Premium { estimate_ppb: 500, mean_ppb: 600, at: at(3_600) });
    let below = premium(-1_000, -200).pass(at(3_600), HOUR);
    assert_eq!(below, Premium { estimate_ppb: -500, mean_ppb: -600, at: at(3_600) });
    // No window: what the estimate says, at once.
    assert_eq!(
        premium(1_000, 200).pass(at(1), Seconds::ZERO),
        Premium { estimate_ppb: 0, mean_ppb: 1_000, at: at(1) }
    );
    // No time, or less than none.
    assert_eq!(premium(1_000, 200).pass(at(0), HOUR), premium(1_000, 200));
    assert_eq!(premium(1_000, 200).pass(at(-5), HOUR), premium(1_000, 200));
    let ages = premium(i64::MAX, i64::MIN).pass(at(i64::MAX), Seconds::MAX);
    assert!(ages.estimate_ppb >= 0);
}

#[test]
fn passing_every_second_holds_nothing_still() {
    // A second of an hour is less than one part of these.
    let mut passed = premium(0, 100);
    for second in 1..=100 {
        passed = passed.pass(at(second), HOUR);
    }
    assert_eq!((passed.estimate_ppb, passed.mean_ppb), (0, 0));
    let mut passed = premium(100, 0);
    for second in 1..=100 {
        passed = passed.pass(at(second), HOUR);
    }
    assert_eq!(passed.estimate_ppb, 0);
}

#[test]
fn trade_moves_the_estimate_by_its_size() {
    // At 102.00 the premium is 2 %; a thousand dollars move half way, three thousand 3/4.
    assert_eq!(observed(premium(0, 7), 10_200, 1_000), premium(10_000_000, 7));
    assert_eq!(observed(premium(0, 7), 10_200, 3_000), premium(15_000_000, 7));
    assert_eq!(observed(premium(0, 0), 9_800, 1_000), premium(-10_000_000, 0));
    assert_eq!(observed(premium(10_000_000, 0), 10_000, 1_000), premium(5_000_000, 0));
    assert_eq!(observed(premium(0, 0), 10_200, 0), premium(0, 0));
}

#[test]
fn trade_outside_the_band_says_nothing_but_counts_the_time() {
    assert_eq!(observed(premium(0, 0), 10_500, 1_000).estimate_ppb, 25_000_000);
    assert_eq!(observed(premium(5, 0), 10_501, 1_000), premium(5, 0));
    assert_eq!(observed(premium(5, 0), 9_499, 1_000), premium(5, 0));
    let far = decimal(200, 0);
    let later = premium(1_000, 0).observe(far, decimal(100, 0), value(1), &TERMS, at(3_600));
    assert_eq!(later, Ok(Premium { estimate_ppb: 500, mean_ppb: 500, at: at(3_600) }));
}

#[test]
fn negative_sizes_are_refused() {
    let (one, start) = (decimal(1, 0), premium(0, 0));
    let refused = Err(MathError::OutOfRange);
    assert_eq!(start.observe(one, one, Value::new(-1), &TERMS, at(0)), refused);
    let terms = FundingTerms { impact: Value::new(-1), ..TERMS };
    assert_eq!(start.observe(one, one, value(1), &terms, at(0)), refused);
    // Without impact the first trade decides alone.
    let terms = FundingTerms { impact: Value::ZERO, ..TERMS };
    let moved = start.observe(decimal(102, -2), one, Value::STEP, &terms, at(0)).unwrap();
    assert_eq!(moved.estimate_ppb, 20_000_000);
}

#[test]
fn eight_hours_at_a_premium_of_one_percent_cost_one_percent() {
    // A lot of 1.50 dollars: 15,000 atoms over 28,800 seconds, each way.
    let lot = decimal(1_500_000, 0);
    let rate = funding_rate(10_000_000, lot, ppm(10_000)).unwrap();
    assert_eq!(rate, (15_000i64 << 32) / 28_800);
    assert_eq!(funding_rate(-10_000_000, lot, ppm(10_000)), Ok(-rate));
    let flow = funding_flow(rate, at(0), at(28_800), Seconds::MAX).unwrap();
    let short = of_value(Value::from_quote(QuoteAtoms::new(15_000))) - of_value(flow);
    // 28,800 seconds of less than 2^-32 atoms.
    assert!(short >= whole(0) && short < whole(28_800) / whole(1u64 << 32));
}

#[test]
fn rate_is_capped_and_the_gap_too() {
    let lot = decimal(1_500_000, 0);
    // 1 % an hour: 15,000 atoms over 3,600 seconds.
    let cap = (15_000i64 << 32) / 3_600;
    assert_eq!(funding_rate(i64::MAX, lot, ppm(10_000)), Ok(cap));
    assert_eq!(funding_rate(i64::MIN, lot, ppm(10_000)), Ok(-cap));
    assert_eq!(funding_rate(i64::MAX, lot, ppm(0)), Ok(0));
    assert_eq!(funding_rate(i64::MAX, decimal(1, 30), ppm(10_000)), Err(MathError::Overflow));

    assert_eq!(funding_flow(3, at(0), at(10), HOUR), Ok(Value::new(30 << 16)));
    assert_eq!(funding_flow(-3, at(0), at(10_000), HOUR), Ok(Value::new(-(10_800 << 16))));
    assert_eq!(funding_flow(3, at(10), at(0), HOUR), Ok(Value::ZERO));
    let most = funding_flow(i64::MAX, at(i64::MIN), at(i64::MAX), Seconds::MAX);
    assert_eq!(most, Err(MathError::Overflow));
}

fn toward_zero(x: Exact) -> Exact {
    if x < whole(0) {
        x.ceil()
    } else {
        x.floor()
    }
}

fn price() -> impl Strategy<Value = Price> {
    (1u64..1_000_000_000, -6i32..3).prop_map(|(mantissa, exponent)| decimal(mantissa, exponent))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn passing_is_the_exact_move_to_a_part(
        estimate in -(1i64 << 40)..1 << 40, mean in -(1i64 << 40)..1 << 40,
        passed in 1i64..1 << 31, window in 0u64..1 << 31,
    ) {
        let found = premium(estimate, mean).pass(at(passed), Seconds::new(window));
        let share = whole(passed) / (whole(passed) + whole(window));
        let kept = whole(estimate) * (whole(1) - &share);
        prop_assert_eq!(whole(found.estimate_ppb), toward_zero(kept));
        let moved = whole(found.mean_ppb) - whole(mean);
        let exact = whole(estimate - mean) * share;
        let error = if estimate < mean { exact - moved } else { moved - exact };
        prop_assert!(error >= whole(0) && error < whole(1));
        prop_assert!((estimate.min(mean)..=estimate.max(mean)).contains(&found.mean_ppb));
    }

    /// The estimate never leaves what was there and what was traded, but for the last part.
    #[test]
    fn observing_is_the_exact_move_toward_zero(
        estimate in -50_000_000i64..=50_000_000, part in 950_000u32..=1_050_000, index in price(),
        size in 0i128..1 << 90, impact in 0i128..1 << 90,
    ) {
        let traded = index.mul_ratio(ppm(part)).unwrap();
        let terms = FundingTerms { impact: Value::new(impact), band: ppm(50_001), ..TERMS };
        let found = premium(estimate, 0)
            .observe(traded, index, Value::new(size), &terms, at(0))
            .unwrap()
            .estimate_ppb;
        let exact = (of_price(traded) / of_price(index) - whole(1)) * whole(1_000_000_000);
        let share = match size {
            0 => whole(0),
            _ => whole(size) / (whole(size) + whole(impact)),
        };
        let moved = (exact - whole(estimate)) * share;
        let error = whole(found) - whole(estimate) - &moved;
        // The premium is rounded to a part, and so is the move.
        prop_assert!(error.clone() < whole(2) && error > whole(-2));
        let least = estimate.min((i64::from(part) - 1_000_000) * 1_000);
        let most = estimate.max((i64::from(part) - 1_000_000) * 1_000);
        prop_assert!((least - 1..=most + 1).contains(&found));
    }

    #[test]
    fn rate_is_the_exact_one_toward_zero(
        mean in any::<i64>(), shift in 0u32..40, lot in price(), cap in 0u32..=1_000_000,
    ) {
        let mean = mean >> shift;
        let cap_hour = of_ratio(ppm(cap));
        let hourly = whole(mean) / whole(8_000_000_000i64);
        let hourly = hourly.min(cap_hour.clone()).max(-cap_hour);
        let exact = hourly * of_price(lot) / whole(3_600) * whole(1u64 << 32);
        let found = funding_rate(mean, lot, ppm(cap)).unwrap();
        prop_assert_eq!(whole(found), toward_zero(exact));
    }

    /// Exact, so that charging in pieces is charging at once.
    #[test]
    fn flow_is_exact_and_adds_up(
        rate in any::<i64>(), first in 0i64..1 << 20, second in 0i64..1 << 20,
    ) {
        let flow = |from, to| funding_flow(rate, at(from), at(to), Seconds::MAX).unwrap();
        let all = flow(0, first + second);
        prop_assert_eq!(flow(0, first).checked_add(flow(first, first + second)), Ok(all));
        let exact = whole(rate) * whole(first + second) / whole(1u64 << 32);
        prop_assert_eq!(of_value(all), exact);
    }
}
