//! Is an account judged as the design says? By hand first, then at the edges, then refusals.

mod support;

use plimsoll_risk::{health, Check, Grade, Holding, Place, RiskError, RowKey, RowTerms};
use plimsoll_units::{QuoteAtoms, Ratio, Value};
use support::*;

fn check(terms: &Terms, holdings: &[Holding], check: Check) -> Result<(), RiskError> {
    health(&terms.market(), holdings.iter().copied(), check).map(|_| ())
}

#[test]
fn worked_example_gives_the_numbers_of_the_design() {
    let (terms, account) = (hand_market(), hand_account());

    let health = terms.maintenance(&account);

    // E = 2,000 + 10·150 + (−15·150 + 2,400) + (0.05·60,000 − 3,050) = 3,600.
    // The decimals 150·10^-3 and so on are cut after 64 bits: less than a hundredth of a cent.
    let near = |found: Value, dollars| {
        let error = found.checked_sub(value(dollars)).unwrap().abs().unwrap();
        assert!(error < Value::from_quote(QuoteAtoms::new(1)), "{found} is not {dollars}");
    };
    near(health.equity, 3_600);
    // SOL: net short 750 · 10 % + hedged 1,500 · 1 % = 90. BTC: 3,000 · 5 % = 150.
    near(health.requirement, 240);
    assert_eq!(health.requirement_slope, health.requirement);
    near(health.surplus().unwrap(), 3_360);
}

#[test]
fn opening_counts_the_worse_price_and_part_of_open_profit() {
    let (mut terms, account) = (hand_market(), hand_account());
    // SOL stable at 145, oracle up to 150.50; BTC down to 59,950, stable at 60,300.
    (terms.underlying(1).low, terms.underlying(1).high) = (decimal(145, 6), decimal(1_505, 5));
    (terms.underlying(2).low, terms.underlying(2).high) = (decimal(59_950, 6), decimal(60_300, 6));
    terms.rows[1].weight = ppm(800_000);
    terms.rows[2].weight = ppm(800_000);

    let health = terms.health(&account, Check::Initial);

    // 2,000 + 1,450 + (−2,257.50 + 2,400)·0.8 + (2,997.50 − 3,050) = 3,511.50: the short's profit
    // is weighted, the long's loss is not.
    let wanted = Value::from_quote(QuoteAtoms::new(3_511_500_000));
    let error = health.equity.checked_sub(wanted).unwrap().abs().unwrap();
    assert!(error < Value::from_quote(QuoteAtoms::new(1)));
    // 1.5 · 240.
    let error = health.requirement.checked_sub(value(360)).unwrap();
    assert!(error.abs().unwrap() < Value::from_quote(QuoteAtoms::new(1)));
}

#[test]
fn empty_account_needs_nothing_and_no_terms() {
    let terms = Terms::default();
    assert_eq!(terms.maintenance(&[]).equity, Value::ZERO);
    let zeros = [token(1, 1, 0), linear(7, 7, 0, QuoteAtoms::ZERO)];
    assert_eq!(terms.maintenance(&zeros).requirement, Value::ZERO);
    assert_eq!(terms.health(&[cash(usd(5))], Check::Initial).equity, value(5));
    assert_eq!(terms.maintenance(&[cash(usd(-5))]).surplus(), Ok(value(-5)));
}

#[test]
fn perfect_hedge_costs_the_basis_alone() {
    let terms = hand_market();
    // 15 SOL held, 15 SOL sold forward: 2,250 hedged, 1 % of it required.
    let account = [token(1, 1, 15_000_000_000), linear(1, 1, -1_500, QuoteAtoms::ZERO)];
    let required = terms.maintenance(&account).requirement;
    let error = required.checked_sub(Value::from_quote(QuoteAtoms::new(22_500_000))).unwrap();
    assert!(error.abs().unwrap() < Value::from_quote(QuoteAtoms::new(1)));
}

#[test]
fn concentration_rises_above_the_depth_and_stops_at_its_maximum() {
    let terms = hand_market();
    let required = |lots| {
        let account = [linear(1, 1, lots, QuoteAtoms::ZERO)];
        terms.maintenance(&account).requirement.to_quote_ceil().unwrap().get() / 1_000_000
    };
    // One lot is 1.50 dollars. 900,000 dollars are below the depth: 10 %.
    assert_eq!(required(600_000), 90_000);
    // 1,500,000: 10 % and 0.1 · (1.5 − 1) = 5 % more.
    assert_eq!(required(1_000_000), 225_000);
    // Six million: the share would be 50 %, and stops at 30 %.
    assert_eq!(required(4_000_000), 2_400_000);
}

#[test]
fn more_depths_than_a_ratio_can_count_are_all_charged() {
    let mut terms = hand_market();
    (terms.underlying(1).depth, terms.underlying(1).concentration_slope) = (value(1), ppm(7));
    // 15,000 depths of a dollar: 10 % and 0.000007 · 14,999 of 15,000 dollars.
    let health = terms.maintenance(&[linear(1, 1, 10_000, QuoteAtoms::ZERO)]);
    assert_eq!(health.requirement.to_quote_ceil(), Ok(QuoteAtoms::new(3_074_895_000)));
}

#[test]
fn market_without_depth_charges_the_full_share_from_the_first_lot() {
    let mut terms = hand_market();
    terms.underlying(1).depth = Value::ZERO;
    let health = terms.maintenance(&[linear(1, 1, 100, QuoteAtoms::ZERO)]);
    assert_eq!(health.requirement, value(60)); // 150 · (10 % + 30 %)
    assert_eq!(health.requirement_slope, health.requirement);
}

#[test]
fn profit_of_a_closed_position_is_weighted_for_opening() {
    let mut terms = hand_market();
    terms.rows[1].weight = ppm(250_000);
    let account = |dollars| [linear(1, 1, 0, usd(dollars))];
    assert_eq!(terms.health(&account(100), Check::Initial).equity, value(25));
    assert_eq!(terms.health(&account(-100), Check::Initial).equity, value(-100));
    assert_eq!(terms.maintenance(&account(100)).equity, value(100));
}

#[test]
fn token_is_weighted_for_opening_at_its_strict_price_and_a_debt_counts_in_full() {
    let mut terms = hand_market();
    (terms.underlying(1).low, terms.underlying(1).high) = (decimal(140, 6), decimal(160, 6));
    terms.rows[0].weight = ppm(250_000);
    // 10 SOL at 140, a quarter of it; the requirement is that of the plain value, 1.5 · 150.
    let held = terms.health(&[token(1, 1, 10_000_000_000)], Check::Initial);
    let near = |found: Value, dollars| {
        let error = found.checked_sub(value(dollars)).unwrap().abs().unwrap();
        assert!(error < Value::from_quote(QuoteAtoms::new(1)), "{found} is not {dollars}");
    };
    near(held.equity, 350);
    near(held.requirement, 225);
    near(terms.health(&[token(1, 1, -10_000_000_000)], Check::Initial).equity, -1_600);
    near(terms.maintenance(&[token(1, 1, 10_000_000_000)]).equity, 1_500);
    // The quote token has no terms, and is worth what it is.
    assert_eq!(terms.health(&[cash(usd(7))], Check::Initial).equity, value(7));
}

#[test]
fn closed_position_needs_no_price() {
    let mut terms = hand_market();
    terms.underlying(1).grade = Grade::Halted;
    let account = [linear(1, 1, 0, usd(100))];
    assert_eq!(terms.maintenance(&account).equity, value(100));
    assert_eq!(terms.health(&account, Check::Initial).equity, value(100));
}

#[test]
fn token_with_a_bad_price_counts_nothing_for_opening_and_twice_for_keeping() {
    let mut terms = hand_market();
    terms.underlying(1).grade = Grade::Stale;
    let account = [cash(usd(10)), token(1, 1, 10_000_000_000)];

    let initial = terms.health(&account, Check::Initial);
    assert_eq!((initial.equity, initial.requirement), (value(10), Value::ZERO));

    // 2 · 1,500, and no requirement: nothing is sold at a dead price.
    let kept = terms.maintenance(&account);
    assert_eq!(kept.equity.to_quote_ceil(), Ok(usd(3_010)));
    assert_eq!(kept.requirement, Value::ZERO);
}

#[test]
fn debt_or_position_with_a_bad_price_opens_nothing() {
    for grade in [Grade::Stale, Grade::Uncertain, Grade::Dispersed, Grade::Jumping, Grade::Halted] {
        let mut terms = hand_market();
        terms.underlying(1).grade = grade;
        let refused = Err(RiskError::OracleInvalid { underlying: 1, grade });
        let rule = Check::Initial;
        assert_eq!(check(&terms, &[token(1, 1, -1)], rule), refused);
        assert_eq!(check(&terms, &[linear(1, 1, 1, QuoteAtoms::ZERO)], rule), refused);
        assert_eq!(check(&terms, &[linear(1, 1, -1, QuoteAtoms::ZERO)], rule), refused);
        // Another underlying's bad price is nobody else's business.
        assert_eq!(check(&terms, &[linear(2, 2, 1, QuoteAtoms::ZERO)], rule), Ok(()));
    }
}

#[test]
fn debt_or_position_with_a_bad_price_counts_generously_for_keeping() {
    let mut terms = hand_market();
    let long = [linear(1, 1, 10, usd(-100))];
    let value = terms.maintenance(&long).equity.checked_add(Value::from_quote(usd(100))).unwrap();
    terms.underlying(1).grade = Grade::Stale;
    // A long: twice its value, and its flow. A short or a debt: its flow, and nothing owed.
    let twice = value.checked_add(value).unwrap();
    let kept = terms.maintenance(&long);
    assert_eq!(kept.equity, twice.checked_sub(Value::from_quote(usd(100))).unwrap());
    let short = terms.maintenance(&[linear(1, 1, -10, usd(100))]);
    assert_eq!(short.equity, Value::from_quote(usd(100)));
    let debt = terms.maintenance(&[cash(usd(5)), token(1, 1, -1_000)]);
    assert_eq!(debt.equity, Value::from_quote(usd(5)));
    for health in [kept, short, debt] {
        assert_eq!(health.requirement, Value::ZERO);
    }
}

#[test]
fn dust_of_a_dead_token_is_no_shield() {
    let mut terms = hand_market();
    let losing = [cash(usd(1)), token(1, 1, 1), linear(2, 2, 500, usd(-3_050))];
    terms.underlying(1).grade = Grade::NotPositive;
    let health = terms.maintenance(&losing);
    assert!(health.surplus().unwrap().is_negative());
}

#[test]
fn missing_terms_name_the_row_or_the_underlying() {
    let terms = hand_market();
    let check = |holding| check(&terms, &[holding], Check::Maintenance);
    assert_eq!(check(token(3, 1, 1)), Err(RiskError::MissingUnderlying { index: 3 }));
    assert_eq!(check(token(0, 1, 1)), Err(RiskError::MissingUnderlying { index: 0 }));
    let key = token_key(1, 2);
    assert_eq!(check(token(1, 2, 1)), Err(RiskError::MissingTerms { key }));
}

#[test]
fn rows_that_repeat_or_go_back_are_refused() {
    let terms = hand_market();
    let twice = [token(1, 1, 1), token(1, 1, 1)];
    let back = [linear(2, 2, 1, QuoteAtoms::ZERO), linear(1, 1, 1, QuoteAtoms::ZERO)];
    let refused = Err(RiskError::RowsOutOfOrder);
    assert_eq!(check(&terms, &twice, Check::Maintenance), refused);
    assert_eq!(check(&terms, &back, Check::Maintenance), refused);
}

#[test]
fn market_may_hold_more_than_the_account_does() {
    let mut terms = hand_market();
    let wanted = terms.maintenance(&hand_account());
    terms.underlyings.insert(0, underlying(0, 1));
    terms.underlyings.push(underlying(9, 1));
    let unused =
        |key| RowTerms { key, notional: decimal(1, 0), weight: Ratio::ZERO, array: Place::NONE };
    terms.rows.insert(1, unused(token_key(1, 5)));
    terms.rows.push(unused(position_key(9, 9)));
    assert_eq!(terms.maintenance(&hand_account()), wanted);
}

#[test]
fn key_orders_by_underlying_then_kind_then_index() {
    let ordered = [
        RowKey::QUOTE,
        token_key(0, 1),
        position_key(0, 0),
        token_key(1, 0),
        token_key(1, u16::MAX),
        position_key(1, 0),
        token_key(u16::MAX, 0),
        position_key(u16::MAX, u16::MAX),
    ];
    assert!(ordered.is_sorted_by(|a, b| a < b));
    for key in ordered {
        assert_eq!(RowKey::from_raw(key.raw()), Some(key));
        assert_eq!(RowKey::new(key.underlying(), key.kind(), key.index()), key);
    }
    assert_eq!(RowKey::from_raw(2 << 16), None);
    assert_eq!(RowKey::from_raw(1 << 48), None);
    assert_eq!(format!("{}", position_key(3, 4)), "3/Position/4");
}
