//! Do the views of books with options say what the judging functions say?

mod support;

use plimsoll_risk::{
    crossings, health, report, ArrayReport, Check, Holding, Outcomes, RiskError, ScenarioSet,
    UnderlyingReport,
};
use plimsoll_units::{MathError, Price, Value};
use support::book::quoted::*;
use support::book::rule::of_value;
use support::book::{black, price, terms, Contract, Row, Underlying, DOLLAR};
use support::*;

fn viewed(terms: &Terms, account: &[Holding]) -> (UnderlyingReport, ArrayReport) {
    let mut reports = vec![];
    let scenarios = |_| Some((&ScenarioSet::SPAN, ppm(100_000)));
    let visit = |report| reports.push(report);
    let health = report(&terms.market(), account.iter().copied(), scenarios, visit).unwrap();
    assert_eq!(health, terms.maintenance(account));
    let [report] = reports[..] else { panic!("one underlying") };
    (report, report.arrays.expect("options"))
}

fn near(found: Value, dollars: f64) {
    let found = of_value(found) / 1e6;
    assert!((found - dollars).abs() < 1e-5, "{found} is not {dollars}");
}

#[test]
fn report_takes_a_requirement_apart() {
    // A collar, as `scripts/options.py` prints it.
    let terms = options_market();
    let (report, parts) = viewed(&terms, &options_book(10, &[(C165, -10), (P135, 10)]));
    near(report.net, 1_491.319_62);
    near(report.requirement, 100.279_779_1);
    assert_eq!((report.index, report.worst_scenario), (1, 13));
    assert_eq!((report.liquidation_price_down, report.liquidation_price_up), (None, None));
    near(parts.scenario, 76.845_385_99);
    near(parts.outcomes[13], -76.845_385_99);
    // 10 SOL up by a third, 0.8401 · 10 for the puts, 4.3656 · 10 against the calls.
    near(parts.outcomes[2], 49.999_95 + 8.401_291_13 - 43.655_775_80);
    near(parts.basis, 8.434_393_133);
    near(parts.floor, 15.0);
    near(parts.delta, 1_500.0 - 479.798_528_5 - 363.640_784_7);
    assert_eq!((parts.bound, parts.concentration), (None, Value::ZERO));
}

#[test]
fn report_says_where_a_bound_is_required_instead() {
    let mut terms = options_market();
    for array in &mut terms.arrays {
        array.outcomes = Outcomes::new(array.outcomes.get().map(|outcome| outcome * 3));
    }
    let (report, parts) = viewed(&terms, &options_book(0, &[(C150, -10), (C165, 10)]));
    near(parts.bound.unwrap(), 96.244_796_8);
    near(parts.scenario, 3.0 * 38.491_126_27);
    near(report.requirement, 96.244_796_8 + 15.0);
}

/// The sum that judges counts in coarser units than the one that is reported: what it loses may
/// not be less.
#[test]
fn coarse_sum_is_rounded_against_the_account() {
    let terms = options_market();
    for sign in [1, -1] {
        for number in 1..500 {
            let sol = token(1, 1, sign * number * 12_345_677);
            let account = [sol, linear(1, C150, 1, usd(0)), linear(1, P150, 1, usd(0))];
            let (_, parts) = viewed(&terms, &account);
            let worst = parts.outcomes.into_iter().min().unwrap().min(Value::ZERO);
            let loss = worst.checked_neg().unwrap();
            // Both round; the reported one by a step of 2^-48 atoms at most.
            assert!(parts.scenario.checked_add(Value::STEP).unwrap() >= loss);
            near(parts.scenario, of_value(loss) / DOLLAR);
        }
    }
}

#[test]
fn report_of_linear_rows_takes_nothing_apart() {
    let mut reports = vec![];
    let scenarios = |_| Some((&ScenarioSet::SPAN, ppm(100_000)));
    let account = options_book(10, &[]);
    let visit = |report: UnderlyingReport| reports.push(report);
    report(&options_market().market(), account.into_iter(), scenarios, visit).unwrap();
    assert_eq!(reports[0].arrays, None);
}

/// A market with one underlying at a price, its token, and a call and a put at 150 dollars.
fn market_at(dollars: f64) -> Terms {
    let one = Underlying {
        index: 1,
        price: dollars * DOLLAR,
        low: dollars * DOLLAR,
        high: dollars * DOLLAR,
        scan: 100_000,
        volatility_scan: 0.25,
        slope: 0,
        share_max: 0,
        depth: 1e15,
        basis: 0,
        multiplier: 1_500_000,
        floor: 10_000,
        set: ScenarioSet::SPAN,
    };
    let token =
        Row { key: token_key(1, 1), price: one.price * 1e-9, weight: 1_000_000, array: None };
    let mut rows = vec![token];
    for (index, call) in [(2, true), (3, false)] {
        let (strike, years) = (150.0 * DOLLAR, 30.0 / 365.0);
        let contract = Contract { call, strike, volatility: 0.6, years, lot: 1.0, fading: false };
        let (price, array) = one.option(contract);
        rows.push(Row {
            key: position_key(1, index),
            price,
            weight: 1_000_000,
            array: Some(array),
        });
    }
    terms(&[one], &rows)
}

fn found(account: &[Holding]) -> (Option<f64>, Option<f64>) {
    let today = price(150.0 * DOLLAR);
    let dollars = |found: Price| of_value(found.value_floor(1).unwrap()) / DOLLAR;
    let at = |there: Price| {
        let terms = market_at(dollars(there));
        health(&terms.market(), account.iter().copied(), Check::Maintenance)
    };
    let (down, up) = crossings(today, at).unwrap();
    (down.map(dollars), up.map(dollars))
}

#[test]
fn liquidation_price_of_a_long_is_found_by_walking_too() {
    // 20 SOL less 2,000 dollars of debt: 20 P − 2,000 = 10 % · 20 P at P = 2,000 / 18.
    let account = [cash(usd(-2_000)), token(1, 1, 20_000_000_000)];
    let (down, up) = found(&account);
    assert!((down.unwrap() - 2_000.0 / 18.0).abs() < 1e-5, "{down:?}");
    assert_eq!(up, None);
}

#[test]
fn short_straddle_has_a_liquidation_price_on_either_side() {
    let account = [cash(usd(500)), linear(1, C150, -10, usd(0)), linear(1, P150, -10, usd(0))];
    let (down, up) = found(&account);
    let (down, up) = (down.unwrap(), up.unwrap());
    assert!(down > 100.0 && down < 150.0 && up > 150.0 && up < 200.0, "{down} {up}");
    // There the account is at its line, and its value is that of Black's formula.
    for there in [down, up] {
        let health = market_at(there).maintenance(&account);
        let surplus = of_value(health.surplus().unwrap()) / DOLLAR;
        assert!(surplus < 0.0 && surplus > -1e-3, "{surplus} at {there}");
        let straddle = black::value(true, there, 150.0, 0.6, 30.0 / 365.0)
            + black::value(false, there, 150.0, 0.6, 30.0 / 365.0);
        assert!((of_value(health.equity) / DOLLAR - 500.0 + 10.0 * straddle).abs() < 1e-4);
    }
}

#[test]
fn account_that_no_price_brings_down_has_no_liquidation_price() {
    assert_eq!(found(&[cash(usd(1)), linear(1, C150, 10, usd(0))]), (None, None));
}

#[test]
fn error_of_the_judge_is_passed_on() {
    let refused = RiskError::Math(MathError::OutOfRange);
    assert_eq!(crossings(price(150.0), |_| Err(refused)), Err(refused));
}
