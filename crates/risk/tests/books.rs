//! Are books with options judged as the rule says? Against floats, on random books.

mod support;

use plimsoll_risk::{Check, Holding, RowKey};
use plimsoll_units::Value;
use support::book::random::{book, world, Dice, World};
use support::book::rule::{judge, of_value, Judged};
use support::book::{terms, Pay};
use support::{position_key, Terms};

/// Books in each of so many markets.
const WORLDS: u64 = 800;
const BOOKS: u64 = 250;

fn each_world(seed: u64, mut visit: impl FnMut(&World, &Terms, &mut Dice)) {
    for number in 0..WORLDS {
        let mut dice = Dice(seed ^ (number << 32));
        let world = world(&mut dice);
        let terms = terms(&world.underlyings, &world.rows);
        visit(&world, &terms, &mut dice);
    }
}

/// What the two may differ by. Outcomes have 30 bits of a notional, and the shares of what size
/// costs are rounded up twice, to a part per million.
fn tolerance(judged: &[Judged]) -> f64 {
    let one = |one: &Judged| 2e-8 * one.gross + 8e-6 * one.size;
    judged.iter().map(one).sum::<f64>() + 1e-6
}

#[test]
fn books_are_judged_as_by_floats() {
    let (mut judged_count, mut bounded, mut concentrated) = (0u64, 0u64, 0u64);
    each_world(1, |world, terms, dice| {
        for _ in 0..BOOKS {
            let account = book(world, dice);
            for check in [Check::Maintenance, Check::Initial] {
                let (equity, requirement, judged) =
                    judge(&world.underlyings, &world.rows, &account, check);
                if judged.iter().any(|one| one.doubtful) {
                    continue;
                }
                let found = terms.health(&account, check);
                let tolerance = tolerance(&judged);
                let (own_equity, own) = (of_value(found.equity), of_value(found.requirement));
                assert!((own_equity - equity).abs() <= tolerance, "{own_equity} {equity}");
                assert!(
                    (own - requirement).abs() <= tolerance,
                    "{own} {requirement} {tolerance} {judged:?} {account:?}"
                );
                judged_count += 1;
                for one in &judged {
                    bounded += u64::from(one.bound < one.scenario + one.concentration);
                    concentrated += u64::from(one.concentration > 0.0);
                }
            }
        }
    });
    println!("{judged_count} judged, {bounded} bounded, {concentrated} concentrated");
    assert!(judged_count > 380_000 && bounded > 8_000 && concentrated > 50_000);
}

/// Maintenance requirement in quote atoms.
fn required(terms: &Terms, account: &[Holding]) -> f64 {
    of_value(terms.maintenance(account).requirement)
}

fn quantities(account: &[Holding], change: impl Fn(&Holding) -> i64) -> Vec<Holding> {
    let with = |one: &Holding| Holding { quantity: change(one), ..*one };
    account.iter().map(with).collect()
}

fn held(key: RowKey, quantity: i64) -> Holding {
    Holding { key, quantity, quote: Value::ZERO }
}

/// Has the row a risk array?
fn is_option(world: &World, key: RowKey) -> bool {
    world.rows.iter().any(|row| row.key == key && row.array.is_some())
}

#[test]
fn options_that_were_bought_require_no_more_than_they_are_worth() {
    let mut held = 0;
    each_world(2, |world, terms, dice| {
        for _ in 0..BOOKS / 5 {
            let account = quantities(&book(world, dice), |one| match is_option(world, one.key) {
                true => one.quantity.abs(),
                false => 0,
            });
            let account: Vec<_> = account.into_iter().filter(|one| one.quantity != 0).collect();
            held += account.len();
            let worth = account.iter().map(|one| {
                let row = terms.rows.iter().find(|row| row.key == one.key).unwrap();
                row.array.find(&terms.arrays).unwrap().value(one.quantity).unwrap()
            });
            let worth = worth.fold(Value::ZERO, |sum, one| sum.checked_add(one).unwrap());
            for check in [Check::Maintenance, Check::Initial] {
                let health = terms.health(&account, check);
                assert!(health.requirement <= worth, "{} {worth}", health.requirement);
            }
        }
    });
    assert!(held > 100_000, "{held}");
}

#[test]
fn another_long_option_requires_no_more_than_it_is_worth() {
    each_world(3, |world, terms, dice| {
        let mut terms = terms.deep();
        for underlying in &mut terms.underlyings {
            underlying.basis = support::ppm(0);
        }
        for _ in 0..BOOKS / 5 {
            let account = book(world, dice);
            let (before, held) = (required(&terms, &account), account.len() as u64);
            let index = dice.below(held) as usize;
            if !is_option(world, account[index].key) || account[index].quantity < 0 {
                continue;
            }
            let mut less = account.clone();
            less[index].quantity = 0;
            let row = terms.rows.iter().find(|row| row.key == account[index].key).unwrap();
            let array = row.array.find(&terms.arrays).unwrap();
            let worth = of_value(array.value(account[index].quantity).unwrap());
            let gross: f64 = judge(&world.underlyings, &world.rows, &account, Check::Maintenance)
                .2
                .iter()
                .map(|one| one.gross)
                .sum();
            let bound = required(&terms, &less) + worth + 1e-8 * gross;
            assert!(before <= bound, "{before} {bound}");
        }
    });
}

#[test]
fn opening_is_never_easier_than_keeping_with_options() {
    each_world(4, |world, terms, dice| {
        for _ in 0..BOOKS / 5 {
            let account = book(world, dice);
            let (initial, kept) =
                (terms.health(&account, Check::Initial), terms.maintenance(&account));
            assert!(initial.equity <= kept.equity);
            assert!(initial.requirement >= kept.requirement);
            assert!(kept.requirement_slope >= kept.requirement);
        }
    });
}

/// Two options of one kind and expiry, one long and one short: no more than the most that they can
/// lose, which anybody can count, and the floor.
#[test]
fn vertical_requires_no_more_than_its_largest_loss_and_its_floor() {
    let mut spreads = 0;
    each_world(7, |world, terms, dice| {
        for _ in 0..BOOKS / 5 {
            let rows: Vec<_> = world.rows.iter().filter(|row| row.array.is_some()).collect();
            let (one, other) = (dice.pick(&rows), dice.pick(&rows));
            let (a, b) = (one.array.as_ref().unwrap(), other.array.as_ref().unwrap());
            let strikes = match (a.pay, b.pay) {
                (Pay::Call(long), Pay::Call(short)) => (long, short),
                // Higher strikes pay more.
                (Pay::Put(long), Pay::Put(short)) => (-long, -short),
                _ => continue,
            };
            let same = one.key.underlying() == other.key.underlying()
                && (a.expires_at, a.notional) == (b.expires_at, b.notional);
            if !same || one.key == other.key {
                continue;
            }
            spreads += 1;
            let lots = 1 + dice.below(1_000) as i64;
            let mut account = vec![held(one.key, lots), held(other.key, -lots)];
            account.sort_by_key(|holding| holding.key);
            // Paid now and not got back, or got now and paid back with the width on top.
            let owed = (strikes.0 - strikes.1).max(0.0);
            let lost = lots as f64 * (one.price - other.price + owed).max(0.0);
            let u = world.underlyings.iter().find(|u| u.index == one.key.underlying()).unwrap();
            let floor = f64::from(u.floor) / 1e6 * lots as f64 * b.notional;
            let grain = 1e-8 * lots as f64 * b.notional;
            let found = required(terms, &account);
            assert!(found <= lost + floor + grain, "{found} {lost} {floor}");
        }
    });
    assert!(spreads > 1_000, "{spreads}");
}

/// A call bought against a short, at any strike, never adds more than it costs.
#[test]
fn cover_of_a_short_bounds_it() {
    each_world(8, |world, terms, dice| {
        let terms = terms.deep();
        for row in world.rows.iter().filter(|row| row.key.index() > 1) {
            let Some(array) = row.array.as_ref().filter(|array| !array.fading) else { continue };
            let Pay::Call(strike) = array.pay else { continue };
            let u = world.underlyings.iter().find(|u| u.index == row.key.underlying()).unwrap();
            let perpetual = world.rows.iter().find(|one| one.key == position_key(u.index, 0));
            if perpetual.unwrap().price != array.notional {
                continue;
            }
            let lots = 1 + dice.below(1_000) as i64;
            let account = [held(position_key(u.index, 0), -lots), held(row.key, lots)];
            // From today's price up to the strike, and what the call cost.
            let size = lots as f64 * array.notional;
            let lost = lots as f64 * (row.price + strike - array.notional).max(0.0);
            let basis = f64::from(u.basis) / 1e6 * size;
            let found = required(&terms, &account);
            assert!(found <= lost + basis + 1e-8 * size, "{found} {lost} {basis}");
        }
    });
}

/// The bound that the closed form of a slice rests on.
#[test]
fn requirement_falls_no_faster_than_its_slope() {
    let mut steep = 0;
    each_world(5, |world, terms, dice| {
        for _ in 0..BOOKS / 5 {
            // Whole eighths, so that parts are exact.
            let account = quantities(&book(world, dice), |one| one.quantity / 64 * 8);
            for check in [Check::Maintenance, Check::Initial] {
                let whole = terms.health(&account, check);
                steep += i32::from(whole.requirement_slope > whole.requirement);
                for eighths in 0..8 {
                    let part = quantities(&account, |one| one.quantity / 8 * eighths);
                    let part = terms.health(&part, check).requirement;
                    let fall = of_value(whole.requirement.checked_sub(part).unwrap());
                    let slope = of_value(whole.requirement_slope) * (8 - eighths) as f64 / 8.0;
                    let grain = 1e-8 * (slope + 1e3) + 4e-6 * slope;
                    assert!(fall <= slope + grain, "{fall} {slope} at {eighths} {account:?}");
                }
            }
        }
    });
    assert!(steep > 1_000, "{steep}");
}
