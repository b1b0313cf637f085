//! Which laws does the margin rule keep for every account? Against the exact model, and against
//! itself.

mod support;

use plimsoll_risk::{Check, Holding, Place};
use plimsoll_units::{QuoteAtoms, Value};
use proptest::prelude::*;
use support::book::quoted::options_market;
use support::model::{gross, health as exact_health, of_value, whole, Exact};
use support::*;

/// Steps of 2^-48 atoms that some sums of roundings may differ by.
fn steps(count: i64) -> Exact {
    whole(count) / whole(1i64 << 48)
}

/// What `parts` parts per million of the account's gross value are.
fn parts_of_gross(terms: &Terms, account: &[Holding], parts: i64) -> Exact {
    gross(terms, account) * whole(parts) / whole(1_000_000)
}

/// The rows of both accounts in one.
fn together(a: &[Holding], b: &[Holding]) -> Vec<Holding> {
    let sum = |(x, y): (&Holding, &Holding)| Holding {
        key: x.key,
        quantity: x.quantity + y.quantity,
        quote: x.quote.checked_add(y.quote).unwrap(),
    };
    a.iter().zip(b).map(sum).collect()
}

fn scaled(account: &[Holding], by: i64) -> Vec<Holding> {
    let scale = |holding: &Holding| Holding {
        key: holding.key,
        quantity: holding.quantity * by,
        quote: holding.quote.times(by).unwrap(),
    };
    account.iter().map(scale).collect()
}

fn two_accounts() -> impl Strategy<Value = (Terms, Vec<Holding>, Vec<Holding>)> {
    terms().prop_flat_map(|terms| {
        let (a, b) = (account(&terms), account(&terms));
        (Just(terms), a, b)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Off by nothing but the rounding that the functions announce: values and so equity go down
    /// by up to a step a row (a long's requirement with them), requirements go up, for
    /// concentrated accounts by a part per million for each of two ratios.
    #[test]
    fn health_is_the_exact_one_rounded_against_the_account(
        (terms, account) in market_and_account(),
    ) {
        for check in [Check::Maintenance, Check::Initial] {
            let found = terms.health(&account, check);
            let (equity, requirement) = exact_health(&terms, &account, check);
            // The factors low / price and high / price are cut after 63 bits.
            let cut = gross(&terms, &account) / whole(1u64 << 60);
            let equity_found = of_value(found.equity);
            prop_assert!(equity_found <= &equity + &cut);
            prop_assert!(equity_found >= &equity - &cut - steps(40));
            let slack = parts_of_gross(&terms, &account, 2 * 3) + steps(40);
            let requirement_found = of_value(found.requirement);
            prop_assert!(requirement_found >= &requirement - steps(40));
            prop_assert!(requirement_found <= requirement + slack);
        }
    }

    /// An account without options costs what it did before there were any, though the market has
    /// some, and its underlyings say how.
    #[test]
    fn rows_without_arrays_are_judged_as_before_to_the_last_bit(
        (mut terms, account) in market_and_account(),
    ) {
        terms.arrays = options_market().arrays;
        terms.shocks = options_market().shocks;
        for underlying in &mut terms.underlyings {
            underlying.shocks = Place::new(0);
        }
        for check in [Check::Maintenance, Check::Initial] {
            let wanted = before::health(&terms, &account, check).unwrap();
            prop_assert_eq!(terms.health(&account, check), wanted);
        }
    }

    #[test]
    fn deep_market_needs_no_slack_at_all((terms, account) in market_and_account()) {
        let terms = terms.deep();
        let (equity, requirement) = exact_health(&terms, &account, Check::Maintenance);
        let found = terms.maintenance(&account);
        prop_assert!(of_value(found.equity) <= equity && of_value(found.equity) >= equity - steps(12));
        prop_assert!(of_value(found.requirement) >= &requirement - steps(12));
        prop_assert!(of_value(found.requirement) <= requirement + steps(40));
    }

    #[test]
    fn opening_is_never_easier_than_keeping((terms, account) in market_and_account()) {
        let (initial, kept) =
            (terms.health(&account, Check::Initial), terms.maintenance(&account));
        prop_assert!(initial.requirement >= kept.requirement);
        prop_assert!(initial.equity <= kept.equity);
        prop_assert!(initial.requirement_slope >= kept.requirement_slope);
    }

    #[test]
    fn netting_never_asks_for_more_than_the_parts((terms, a, b) in two_accounts()) {
        let terms = terms.deep();
        let required = |account: &[Holding]| of_value(terms.maintenance(account).requirement);
        let parts = required(&a) + required(&b);
        prop_assert!(required(&together(&a, &b)) <= parts + steps(20));
    }

    #[test]
    fn larger_account_needs_at_least_in_proportion(
        (terms, account) in market_and_account(), by in 1i64..=64,
    ) {
        let one = of_value(terms.maintenance(&account).requirement);
        let many = of_value(terms.maintenance(&scaled(&account, by)).requirement);
        // Shares are rounded up to a part per million, so that proportion holds to two of them.
        let slack = parts_of_gross(&terms, &account, 2 * by) + steps(40 * by);
        prop_assert!(many + slack >= one * whole(by));
    }

    /// A hedge in another instrument of the same underlying, up to the net, at the same price.
    #[test]
    fn hedge_never_raises_the_requirement(
        (mut terms, _) in market_and_account(), held in amount(36), part in 0i64..=100,
    ) {
        let price = terms.rows[2].notional;
        terms.rows[3].notional = price;
        let account = |hedge: i64| {
            [linear(1, 0, held, QuoteAtoms::ZERO), linear(1, 7, hedge, QuoteAtoms::ZERO)]
        };
        let hedge = -(i128::from(held) * i128::from(part) / 100) as i64;
        let (bare, hedged) =
            (terms.maintenance(&account(0)), terms.maintenance(&account(hedge)));
        prop_assert!(
            of_value(hedged.requirement) <= of_value(bare.requirement) + steps(4)
        );
        // The same instrument hedges even without a basis.
        let reduced = [linear(1, 0, held + hedge, QuoteAtoms::ZERO)];
        let reduced = terms.maintenance(&reduced).requirement;
        prop_assert!(of_value(reduced) <= of_value(hedged.requirement) + steps(4));
    }

    /// What the closed form of a slice relies on.
    #[test]
    fn requirement_falls_no_faster_than_its_slope(
        (terms, account) in market_and_account(), kept in 0i64..64,
    ) {
        let (whole_account, part) = (scaled(&account, 64), scaled(&account, kept));
        let (before, after) = (terms.maintenance(&whole_account), terms.maintenance(&part));
        let fall = of_value(before.requirement) - of_value(after.requirement);
        let bound = of_value(before.requirement_slope) * whole(64 - kept) / whole(64);
        let slack = parts_of_gross(&terms, &whole_account, 2) + steps(40 * 64);
        prop_assert!(fall <= bound + slack);
    }

    #[test]
    fn no_account_of_any_size_makes_it_panic(
        (terms, account) in market_and_account(), wild in any::<[(i64, i128, u8); 13]>(),
    ) {
        let mut account = account;
        for (holding, (quantity, quote, shift)) in account.iter_mut().zip(wild) {
            (holding.quantity, holding.quote) = (quantity, Value::new(quote >> (shift % 128)));
        }
        for check in [Check::Maintenance, Check::Initial] {
            // Any answer will do, a panic will not; and what is given is never off.
            let found = plimsoll_risk::health(&terms.market(), account.iter().copied(), check);
            if let (Ok(found), Check::Maintenance) = (found, check) {
                let rows = &account[1..];
                let (equity, _) = exact_health(&terms, rows, check);
                let cash = whole(account[0].quantity) + of_value(account[0].quote);
                prop_assert!(of_value(found.equity) <= equity + cash);
            }
        }
    }
}

#[test]
fn largest_balances_are_an_error_and_not_a_number() {
    let terms = hand_market();
    let most = Holding { quote: Value::MAX, ..cash(QuoteAtoms::new(1)) };
    let found = plimsoll_risk::health(&terms.market(), [most].into_iter(), Check::Initial);
    assert!(found.is_err());
    assert_eq!(terms.maintenance(&[cash(QuoteAtoms::new(i64::MIN))]).equity, {
        Value::from_quote(QuoteAtoms::new(i64::MIN))
    });
}
