//! Are books of options judged as a person would? The worked examples of docs/RISK.md, then edges,
//! then refusals.

mod support;

use plimsoll_risk::{
    health, Check, Grade, Holding, LinearShocks, Outcomes, Payoff, Phase, Place, RiskError,
    Scenario, ScenarioSet, SCENARIOS_MAX,
};
use plimsoll_units::{MathError, Price, QuoteAtoms, Value};
use support::book::quoted::*;
use support::book::rule::of_value;
use support::*;

/// Dollars, to a hundred thousandth: outcomes have 30 bits of 150 dollars.
fn near(found: Value, dollars: f64) {
    let found = of_value(found) / 1e6;
    assert!((found - dollars).abs() < 1e-5, "{found} is not {dollars}");
}

/// Value, maintenance and initial requirement of a book in dollars, as `scripts/options.py` prints
/// them.
fn book_is(sol: i64, options: &[(u16, i64)], value: f64, kept: f64, opened: f64) {
    let (terms, account) = (options_market(), options_book(sol, options));
    let health = terms.maintenance(&account);
    near(health.equity, value);
    near(health.requirement, kept);
    near(terms.health(&account, Check::Initial).requirement, opened);
}

#[test]
fn single_options_are_judged_as_worked_out() {
    book_is(10, &[], 1_500.0, 150.0, 225.0);
    book_is(0, &[(C150, 10)], 102.809_110_8, 81.408_548_94, 102.809_110_8);
    book_is(0, &[(C150, -10)], -102.809_110_8, 135.006_620_3, 202.509_930_5);
}

#[test]
fn hedged_tokens_are_judged_as_worked_out() {
    // Covered call, protective put, collar, and a call that covers a short.
    book_is(10, &[(C165, -10)], 1_450.946_092, 152.210_026_8, 228.315_040_2);
    book_is(10, &[(P135, 10)], 1_540.373_527, 124.576_373_1, 186.864_559_6);
    book_is(10, &[(C165, -10), (P135, 10)], 1_491.319_62, 100.279_779_1, 150.419_668_7);
    book_is(-10, &[(C150, 10)], -1_397.190_889, 83.713_584_22, 114.830_177_9);
}

#[test]
fn spreads_are_judged_as_worked_out() {
    // Straddles, verticals, box, calendar.
    book_is(0, &[(C150, 10), (P150, 10)], 205.618_221_5, 51.321_416_74, 76.982_125_12);
    book_is(0, &[(C150, -10), (P150, -10)], -205.618_221_5, 120.013_240_6, 180.019_861);
    book_is(0, &[(C150, 10), (C165, -10)], 53.755_203_2, 52.313_969_7, 76.255_203_2);
    book_is(0, &[(C150, -10), (C165, 10)], -53.755_203_2, 53.491_126_27, 80.236_689_4);
    let box_spread = [(C150, 10), (P150, -10), (C165, -10), (P165, 10)];
    book_is(0, &box_spread, 150.0, 30.0, 45.0);
    book_is(0, &[(C150, -10), (LATER, 10)], 42.406_050_27, 33.488_997_88, 50.233_496_82);
}

#[test]
fn spread_never_requires_more_than_it_can_lose() {
    // A vertical of 15 dollars sold for 5.3755: at most 96.2448 can be lost on ten, however far
    // the scenarios reach. The floor comes on top.
    let mut terms = options_market();
    for array in &mut terms.arrays {
        array.outcomes = Outcomes::new(array.outcomes.get().map(|outcome| outcome * 3));
    }
    let account = options_book(0, &[(C150, -10), (C165, 10)]);
    let health = terms.maintenance(&account);
    near(health.requirement, 96.244_796_8 + 15.0);
    assert_eq!(health.requirement_slope, health.requirement);
}

#[test]
fn size_that_options_hedge_is_not_concentrated() {
    let mut terms = options_market();
    terms.underlying(1).depth = value(1_000);
    let excess = |account: &[Holding]| {
        let flat = options_market().maintenance(account).requirement;
        of_value(terms.maintenance(account).requirement.checked_sub(flat).unwrap()) / 1e6
    };
    // 10 SOL are 1,500 dollars: 1,500 · 0.1 · 0.5 = 75. Ten puts at 150 take 698.60 off: below.
    assert!((excess(&options_book(10, &[])) - 75.0).abs() < 1e-2);
    assert!(excess(&options_book(10, &[(P150, 10)])).abs() < 1e-6);
    // Twenty calls move with 1,602.81 dollars, 96.62 for that, but what they can lose beyond the
    // scenario is no more: 205.618 less 162.817 is 42.801.
    assert!((excess(&options_book(0, &[(C150, 20)])) - 42.801_123_7).abs() < 1e-5);
}

#[test]
fn strict_marks_and_weights_count_for_opening() {
    let mut terms = options_market();
    // Whole quote atoms, so that no rounding is in the figures.
    let mark = |dollars: i64| dollars * 1_000_000;
    for array in &mut terms.arrays {
        array.fair >>= 48 - array.shift;
        (array.low, array.high, array.shift) = (mark(4), mark(20), 48);
    }
    terms.rows[2].weight = ppm(250_000);
    let opened = |account: &[Holding]| of_value(terms.health(account, Check::Initial).equity) / 1e6;
    // Ten long at 4, less 30 paid, count a quarter of their profit of 10; a loss in full.
    let with = |lots, flow| [linear(1, C150, lots, usd(flow))];
    assert!((opened(&with(10, -30)) - 2.5).abs() < 1e-6);
    assert!((opened(&with(10, -50)) + 10.0).abs() < 1e-6);
    // Ten short at 20, sold for 220: a quarter of 20.
    assert!((opened(&with(-10, 220)) - 5.0).abs() < 1e-6);
    assert!((opened(&[linear(1, P150, 10, usd(-30))]) - 10.0).abs() < 1e-6);
    // For keeping, the fair value.
    near(terms.maintenance(&with(10, -30)).equity, 72.809_110_8);
}

#[test]
fn quantities_beyond_a_word_are_summed_exactly() {
    // More lots than 2^32, in one row, in two, and with another unit.
    let mut terms = options_market();
    terms.underlying(1).depth = Value::MAX;
    let once =
        of_value(terms.maintenance(&options_book(0, &[(C150, -10), (P150, -10)])).requirement);
    for lots in [1i64 << 31, 3 << 31, 1 << 36] {
        let account = options_book(0, &[(C150, -lots), (P150, -lots)]);
        let found = of_value(terms.maintenance(&account).requirement);
        assert!((found / (once * lots as f64 / 10.0) - 1.0).abs() < 1e-8, "{lots}");
    }
    let array = &mut terms.arrays[1];
    array.shift -= 1;
    array.fair *= 2;
    (array.low, array.high) = (2 * array.low, 2 * array.high);
    array.delta *= 2;
    array.short_floor *= 2;
    array.outcomes = Outcomes::new(array.outcomes.get().map(|outcome| outcome * 2));
    for lots in [10i64, 3 << 31] {
        let account = options_book(0, &[(C150, -lots), (P150, -lots)]);
        let found = of_value(terms.maintenance(&account).requirement);
        assert!((found / (once * lots as f64 / 10.0) - 1.0).abs() < 1e-8, "{lots}");
    }
    // A net too large for the fast sum beside a small option.
    let account = [token(1, 1, 1 << 60), linear(1, C150, -1, QuoteAtoms::ZERO)];
    let found = of_value(terms.maintenance(&account).requirement);
    let size = (1u64 << 60) as f64 * 0.15;
    assert!((found / (size * 0.1) - 1.0).abs() < 1e-6);
}

#[test]
fn book_of_more_rows_than_the_bound_sees_is_judged_without_one() {
    let mut terms = options_market();
    let template = terms.rows[2];
    for index in 10..40 {
        terms.rows.push(plimsoll_risk::RowTerms { key: position_key(1, index), ..template });
    }
    let account = |count: u16| -> Vec<Holding> {
        (10..10 + count).map(|index| linear(1, index, 10, QuoteAtoms::ZERO)).collect()
    };
    let opened = |count| of_value(terms.health(&account(count), Check::Initial).requirement) / 1e6;
    assert!((opened(24) - 24.0 * 102.809_110_8).abs() < 1e-4);
    assert!((opened(25) - 25.0 * 81.408_548_94 * 1.5).abs() < 1e-4);
}

#[test]
fn option_without_a_valid_price_counts_like_any_position() {
    let mut terms = options_market();
    terms.underlying(1).grade = Grade::Stale;
    let refused = Err(RiskError::OracleInvalid { underlying: 1, grade: Grade::Stale });
    for lots in [10, -10] {
        let account = options_book(0, &[(C150, lots)]);
        let opened = health(&terms.market(), account.iter().copied(), Check::Initial).map(|_| ());
        assert_eq!(opened, refused);
        let kept = terms.maintenance(&account);
        near(kept.equity, if lots > 0 { 205.618_221_5 } else { 0.0 });
        assert_eq!(kept.requirement, Value::ZERO);
    }
}

#[test]
fn what_has_settled_needs_no_price() {
    let mut terms = options_market();
    let calls = |lots| options_book(0, &[(C150, lots)]);
    let known = [10, -10].map(|lots| terms.maintenance(&calls(lots)).equity);
    let array = &mut terms.arrays[0];
    (array.delta, array.short_floor, array.outcomes) = (0, 0, Outcomes::new([0; SCENARIOS_MAX]));
    (array.low, array.high, array.phase) = (array.fair, array.fair, Phase::Settled);
    for grade in [Grade::Valid, Grade::Stale] {
        terms.underlying(1).grade = grade;
        for (lots, known) in [10, -10].into_iter().zip(known) {
            for check in [Check::Maintenance, Check::Initial] {
                let found = terms.health(&calls(lots), check);
                assert_eq!((found.equity, found.requirement), (known, Value::ZERO));
            }
        }
    }
    for row in &terms.rows {
        let settled =
            row.array.find(&terms.arrays).is_some_and(|array| array.phase == Phase::Settled);
        assert_eq!(terms.market().is_priced(row.key), settled);
    }
    // What a profit counts for is its weight's say, with a price or without.
    terms.rows.iter_mut().for_each(|row| row.weight = ppm(500_000));
    let half = known[0].checked_sub(terms.health(&calls(10), Check::Initial).equity).unwrap();
    assert!(half.is_positive() && half < known[0]);
}

#[test]
fn fading_rows_are_bounded_apart_from_linear_ones() {
    // Long calls cover a short perpetual, until what they pay no longer follows the price.
    let mut terms = options_market();
    for array in &mut terms.arrays {
        array.outcomes = Outcomes::new([-(1 << 30); 16]);
    }
    let account = options_book(-10, &[(C150, 10)]);
    near(terms.maintenance(&account).requirement, 102.809_110_8 + 8.014_045_554);
    terms.arrays[0].phase = Phase::Fading;
    let apart = of_value(terms.maintenance(&account).requirement) / 1e6;
    assert!(apart > 2_000.0, "{apart}");
    // By themselves they stay bounded.
    near(terms.maintenance(&options_book(0, &[(C150, 10)])).requirement, 102.809_110_8);
    // A fading future pays what its options are settled at, and carries no floor.
    terms.arrays[1].phase = Phase::Fading;
    (terms.arrays[1].payoff, terms.arrays[1].outcomes) = (Payoff::Linear, Outcomes::new([0; 16]));
    terms.arrays[1].short_floor = 0;
    // 150 dollars, in steps.
    terms.arrays[1].fair = ((150_000_000_i128 << 48) >> terms.arrays[1].shift) as i64;
    let covered = options_book(0, &[(C150, 10), (P150, -10)]);
    near(terms.maintenance(&covered).requirement, 102.809_110_8);
}

#[test]
fn a_strike_far_from_any_price_leaves_no_bound_and_is_no_error() {
    let mut terms = options_market();
    for array in &mut terms.arrays {
        array.outcomes = Outcomes::new([-(1 << 30); 16]);
    }
    let account = options_book(-10, &[(C150, 10)]);
    near(terms.maintenance(&account).requirement, 102.809_110_8 + 8.014_045_554);
    // What ten lots are worth at such a price is beyond any value.
    terms.arrays[0].payoff = Payoff::Call { strike: Price::pow10(24).unwrap() };
    let unbounded = of_value(terms.maintenance(&account).requirement) / 1e6;
    assert!(unbounded > 2_000.0, "{unbounded}");
}

#[test]
fn what_was_not_given_is_named() {
    let mut terms = options_market();
    let judged = |terms: &Terms, account: &[Holding]| {
        health(&terms.market(), account.iter().copied(), Check::Maintenance).map(|_| ())
    };
    let both = options_book(10, &[(C165, -10)]);
    terms.underlying(1).shocks = Place::new(1);
    assert_eq!(judged(&terms, &both), Err(RiskError::MissingShocks { underlying: 1 }));
    terms.underlying(1).shocks = Place::NONE;
    assert_eq!(judged(&terms, &both), Err(RiskError::MissingShocks { underlying: 1 }));
    // Without linear rows there is nothing to shock.
    assert_eq!(judged(&terms, &both[1..]), Ok(()));
    terms.arrays.truncate(2);
    let missing = Err(RiskError::MissingArray { key: position_key(1, C165) });
    assert_eq!(judged(&terms, &both[1..]), missing);
    terms.arrays[0].shift = 64;
    let account = options_book(0, &[(C150, 1)]);
    assert_eq!(judged(&terms, &account), Err(MathError::OutOfRange.into()));
}

#[test]
fn linear_shocks_are_scan_shock_and_weight() {
    let shocks = LinearShocks::new(&ScenarioSet::SPAN, ppm(100_000)).unwrap().factors;
    let of = |part: f64| (part * 2f64.powi(27)).round() as i32;
    assert_eq!(shocks[..3], [0, 0, of(0.033_333_3)]);
    assert_eq!(shocks[12..], [of(-0.1), of(-0.1), of(0.099), of(-0.099)]);
    let wild = |shock| Scenario { shock, volatility: 0, weight: ppm(1_000_000) };
    let set = ScenarioSet::new(&[wild(10_000_000), wild(-1)]).unwrap();
    assert_eq!(LinearShocks::new(&set, ppm(1_600_000)), Err(MathError::OutOfRange.into()));
    let largest = LinearShocks::new(&set, ppm(1_599_999)).unwrap().factors[0];
    assert_eq!(largest, (15.999_99f64 * 2f64.powi(27)).round() as i32);
}
