//! Do the views answer what the judging functions would say at the place they point to?

mod support;

use plimsoll_risk::{
    report, withdrawable, Check, Holding, RiskError, RowKey, ScenarioSet, UnderlyingReport,
};
use plimsoll_units::{Price, QuoteAtoms};
use proptest::prelude::*;
use support::*;

fn reports(terms: &Terms, account: &[Holding]) -> Vec<UnderlyingReport> {
    let mut reports = vec![];
    let scenarios = |_| Some((&ScenarioSet::SPAN, ppm(100_000)));
    let visit = |report| reports.push(report);
    let health = report(&terms.market(), account.iter().copied(), scenarios, visit).unwrap();
    assert_eq!(health, terms.maintenance(account));
    reports
}

fn near(a: Option<Price>, b: Price) -> bool {
    a.is_some_and(|a| Price::distance_ratio_ceil(a, b) <= ppm(2))
}

fn sound(terms: &Terms, account: &[Holding]) -> bool {
    !terms.maintenance(account).surplus().unwrap().is_negative()
}

#[test]
fn liquidation_price_of_a_long_is_the_one_from_the_textbook() {
    // 100 SOL long from 150 with 3,000 dollars: 3,000 + 100·(P − 150) = 10 % · 100·P at
    // P = 12,000 / 90 = 133.33.
    let terms = hand_market();
    let account = [cash(usd(3_000)), linear(1, 1, 10_000, usd(-15_000))];
    let [report] = reports(&terms, &account)[..] else { panic!("one underlying") };
    assert_eq!((report.index, report.worst_scenario), (1, 12));
    assert!(near(
        report.liquidation_price_down,
        decimal(400, 6).checked_div(decimal(3, 0)).unwrap()
    ));
    assert_eq!(report.liquidation_price_up, None);
}

#[test]
fn liquidation_price_of_a_short_lies_above() {
    // 100 SOL short: 18,000 − 100·P = 10 % · 100·P at P = 163.6363.
    let terms = hand_market();
    let account = [cash(usd(3_000)), linear(1, 1, -10_000, usd(15_000))];
    let [report] = reports(&terms, &account)[..] else { panic!("one underlying") };
    assert_eq!(report.worst_scenario, 10);
    assert!(near(
        report.liquidation_price_up,
        decimal(1_800, 6).checked_div(decimal(11, 0)).unwrap()
    ));
    assert_eq!(report.liquidation_price_down, None);
}

#[test]
fn hedged_and_unlevered_accounts_have_no_liquidation_price() {
    let terms = hand_market();
    let hedged = [cash(usd(100_000)), token(1, 1, 1_000_000_000), linear(1, 1, -100, usd(150))];
    let [report] = reports(&terms, &hedged)[..] else { panic!("one underlying") };
    assert_eq!((report.liquidation_price_down, report.liquidation_price_up), (None, None));
    let owner = [token(1, 1, 1_000_000_000)];
    let [report] = reports(&terms, &owner)[..] else { panic!("one underlying") };
    assert_eq!((report.liquidation_price_down, report.liquidation_price_up), (None, None));
}

#[test]
fn account_below_its_line_is_told_where_it_would_be_above() {
    // As the textbook long, at a quarter of the cash: 750 + 100·(P − 150) = 10·P at 158.33.
    let terms = hand_market();
    let account = [cash(usd(750)), linear(1, 1, 10_000, usd(-15_000))];
    let [report] = reports(&terms, &account)[..] else { panic!("one underlying") };
    assert_eq!(report.liquidation_price_down, None);
    assert!(near(report.liquidation_price_up, decimal(950, 6).checked_div(decimal(6, 0)).unwrap()));
}

#[test]
fn report_without_scenarios_names_the_underlying() {
    let (terms, account) = (hand_market(), hand_account());
    let found = report(&terms.market(), account.into_iter(), |_| None, |_| ());
    assert_eq!(found, Err(RiskError::MissingUnderlying { index: 1 }));
}

#[test]
fn withdrawable_is_what_leaves_initial_health_at_nothing() {
    // 20 SOL long for 3,000 needs 10 % · 1.5 = 450 of the 1,000 dollars.
    let terms = hand_market();
    let account = [cash(usd(1_000)), linear(1, 1, 2_000, usd(-3_000))];
    let take = |key, balance| {
        withdrawable(&terms.market(), account.iter().copied(), key, balance).unwrap()
    };
    let most = take(RowKey::QUOTE, usd(1_000).get());
    assert!((usd(550).get() - most).abs() <= 1);
    assert_eq!(take(RowKey::QUOTE, usd(100).get()), usd(100).get());
    assert_eq!(take(RowKey::QUOTE, 0), 0);
    assert_eq!(take(token_key(1, 1), 5), 0); // not held
}

#[test]
fn account_below_its_line_can_withdraw_nothing() {
    let terms = hand_market();
    let account = [cash(usd(100)), linear(1, 1, 2_000, usd(-3_000))];
    let most = withdrawable(&terms.market(), account.into_iter(), RowKey::QUOTE, usd(100).get());
    assert_eq!(most, Ok(0));
}

#[test]
fn hedge_is_withdrawable_only_as_far_as_the_margin_goes() {
    // 10 SOL bought with 1,300 borrowed dollars, and sold forward. Taking x of them out leaves
    // E = 200 − 150·x and IM = 1.5 · (10 % · 150·x + 1 % · (1,500 − 150·x)) = 22.50 + 20.25·x,
    // equal at x = 177.50 / 170.25 = 1.042584434.
    let terms = hand_market();
    let account =
        [cash(usd(-1_300)), token(1, 1, 10_000_000_000), linear(1, 1, -1_000, usd(1_500))];
    let key = token_key(1, 1);
    let most = withdrawable(&terms.market(), account.into_iter(), key, 10_000_000_000).unwrap();
    assert!((most - 1_042_584_434).abs() <= 1, "{most}");
}

#[test]
fn whatever_is_asked_for_no_more_than_the_balance_is_withdrawable() {
    let terms = hand_market();
    let take = |account: &[Holding], key, most| {
        withdrawable(&terms.market(), account.iter().copied(), key, most).unwrap()
    };
    let rich = [cash(usd(1_000)), token(1, 1, 5)];
    for (key, balance) in [(RowKey::QUOTE, usd(1_000).get()), (token_key(1, 1), 5)] {
        for most in [balance, balance + 1, i64::MAX - 1, i64::MAX] {
            assert_eq!(take(&rich, key, most), balance);
        }
        for most in [i64::MIN, -1, 0] {
            assert_eq!(take(&rich, key, most), 0);
        }
    }
    // The largest balance of all, with and without a line in between.
    let largest = [cash(QuoteAtoms::new(i64::MAX))];
    assert_eq!(take(&largest, RowKey::QUOTE, i64::MAX), i64::MAX);
    let bound = [cash(QuoteAtoms::new(i64::MAX)), linear(1, 1, 2_000, usd(-3_000))];
    let most = take(&bound, RowKey::QUOTE, i64::MAX);
    assert!((i64::MAX - usd(450).get() - most).abs() <= 1, "{most}");
    // Nobody withdraws a position, however much margin it sets free.
    let long = [cash(usd(1_000)), linear(1, 1, 2_000, usd(-3_000))];
    assert_eq!(take(&long, position_key(1, 1), i64::MAX), 0);
    // A debt is nothing to take, nor is what is not there; and neither asks for the token's terms.
    assert_eq!(take(&[cash(usd(1_000)), token(1, 1, -5)], token_key(1, 1), i64::MAX), 0);
    assert_eq!(take(&[cash(usd(1_000))], token_key(7, 7), i64::MAX), 0);
}

#[test]
fn errors_of_the_judge_reach_whoever_asks_what_is_withdrawable() {
    let terms = hand_market();
    let ask = |account: &[Holding], key| {
        withdrawable(&terms.market(), account.iter().copied(), key, i64::MAX)
    };
    let unknown = Err(RiskError::MissingUnderlying { index: 7 });
    // In the token's own underlying, and in another one.
    assert_eq!(ask(&[cash(usd(1)), token(7, 1, 5)], token_key(7, 1)), unknown);
    assert_eq!(ask(&[cash(usd(1)), token(7, 1, 5)], RowKey::QUOTE), unknown);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn account_changes_sides_exactly_at_its_liquidation_price(
        (terms, mut account) in market_and_account(), part in 0i64..3_000_000,
    ) {
        account[0].quantity = 0;
        let bare = terms.maintenance(&account);
        let target = bare.requirement.mul_ratio_floor(ppm(part as u32)).unwrap();
        let gap = target.checked_sub(bare.equity).unwrap().to_quote_floor();
        let Ok(gap) = gap else { return Ok(()) };
        account[0].quantity = gap.get();

        let today = sound(&terms, &account);
        for report in reports(&terms, &account) {
            let index = report.index;
            let own = terms.underlyings.iter().find(|terms| terms.index == index).unwrap();
            for price in [report.liquidation_price_down, report.liquidation_price_up] {
                let Some(price) = price else { continue };
                // Far enough from the edge that a step of rounding decides nothing.
                let factor = price.checked_div(own.price).unwrap();
                let toward = Price::pow10(-7).unwrap();
                let (beyond, short_of) = if factor > Price::ONE {
                    (Price::ONE.checked_add(toward), Price::ONE.checked_sub(toward))
                } else {
                    (Price::ONE.checked_sub(toward), Price::ONE.checked_add(toward))
                };
                // Very low prices are found to 2^-32 of today's only.
                if factor < decimal(1, -2) { continue; }
                let at = |by: Price| terms.moved(index, factor.checked_mul(by).unwrap());
                prop_assert_eq!(sound(&at(beyond.unwrap()), &account), !today);
                prop_assert_eq!(sound(&at(short_of.unwrap()), &account), today);
            }
        }
    }

    #[test]
    fn withdrawable_amount_is_allowed_and_one_more_is_not(
        (terms, account) in market_and_account(), row in 0usize..13,
    ) {
        let held = account[row];
        if held.quantity <= 0 || !held.quote.is_zero() {
            return Ok(());
        }
        let key = held.key;
        let most =
            withdrawable(&terms.market(), account.iter().copied(), key, held.quantity).unwrap();
        let all = withdrawable(&terms.market(), account.iter().copied(), key, i64::MAX);
        prop_assert_eq!(all, Ok(most));
        let after = |amount: i64| {
            let mut left = account.clone();
            left[row].quantity -= amount;
            !terms.health(&left, Check::Initial).surplus().unwrap().is_negative()
        };
        prop_assert!((0..=held.quantity).contains(&most));
        prop_assert!(most == 0 || after(most));
        prop_assert!(most == held.quantity || !after(0) || !after(most + 1));
    }
}
