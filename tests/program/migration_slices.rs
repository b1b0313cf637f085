//! With which slice does an expiry of a market file begin, when those beside it were published since?
//!
//! Every test begins on Thursday, 9 October 2025, at 8:53, with flat slices at the file's 80 %.

use plimsoll_client::SliceParams;
use plimsoll_migrations::{plan, ExpiryError, Markets, Moment, PlanError, Step};
use plimsoll_tests::contracts::slice;
use plimsoll_tests::{address, World, TIMELOCK};

use crate::migration_expiries::{run, sol, unlaunched};

const DAY: u64 = 86_400;
const HOUR: u64 = 3_600;

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

fn flat(volatility: f64) -> SliceParams {
    slice(volatility * volatility, 0.0, 0.0, 0.0, 0.1)
}

/// Four hours later, which is as far as a publication may reach back, slices of these volatilities.
fn publish(world: &mut World, all: &[(&str, f64)]) {
    world.advance_seconds(4 * HOUR);
    for (time, volatility) in all {
        world.publish("SOL", at(time).unix_seconds, flat(*volatility)).unwrap();
    }
}

#[test]
fn a_new_expiry_begins_on_the_slice_beside_it() {
    let mut world = World::ground(unlaunched()).set_up();
    world.advance_seconds(HOUR);
    let published = slice(0.65, 0.1, -0.2, 0.0, 0.2);
    // From the last one on, since no later option may cost less.
    for time in ["2025-10-31", "2025-10-17", "2025-10-11", "2025-10-10"] {
        let at = at(&format!("{time}T08:00:00Z"));
        world.publish("SOL", at.unix_seconds, published).unwrap();
    }
    world.advance_seconds(DAY - HOUR);

    run(&mut world);

    for time in ["2025-10-12T08:00:00Z", "2025-10-24T08:00:00Z"] {
        assert_eq!(world.expiry("SOL", at(time).unix_seconds).slice, published.into());
    }
}

/// Two expiries, between which a third is to come, after publications that leave no room for it: on the
/// 19th 150 % for nine and two thirds days, on the 29th 107.5 % for ten days more. Variance times days is
/// 21.8 and 22.7; the third would have 33, 17, or 9.4 at the file's.
fn crowded() -> World {
    let mut world = World::ground(unlaunched_with_times(&["2025-10-19", "2025-10-29"])).set_up();
    publish(&mut world, &[("2025-10-29T08:00:00Z", 1.075), ("2025-10-19T08:00:00Z", 1.1)]);
    publish(&mut world, &[("2025-10-19T08:00:00Z", 1.5)]);
    world
}

fn unlaunched_with_times(days: &[&str]) -> Markets {
    let mut markets = unlaunched();
    let block = &mut markets.expiries[0];
    block.rules.clear();
    block.times = days.iter().map(|day| at(&format!("{day}T08:00:00Z"))).collect();
    markets
}

#[test]
fn where_no_slice_fits_nothing_is_sent() {
    let mut world = crowded();
    world.markets = unlaunched_with_times(&["2025-10-19", "2025-10-24", "2025-10-29"]);
    let before = world.vm.svm.get_balance(&address("owner"));

    let markets = world.markets.clone();
    let owner = plimsoll_tests::keypair("owner");
    plimsoll_migrations::apply(&mut world.vm, &owner, &markets, &world.names).unwrap_err();
    let error = plan(&world.vm, &address("owner"), &markets, &world.names).unwrap_err();

    let PlanError::Expiry { underlying, error } = error else { panic!("{error}") };
    assert_eq!(underlying, "SOL");
    let middle = at("2025-10-24T08:00:00Z");
    assert!(matches!(error, ExpiryError::NoSliceFits { at, .. } if at == middle), "{error}");
    assert_eq!(world.vm.svm.get_balance(&address("owner")), before);
}

#[test]
fn a_proposed_slice_that_does_not_fit_any_more_is_proposed_anew() {
    // On the 10th of October, the 12th and the 24th came into reach, and are proposed at 80 %.
    let mut world = World::ground(sol()).set_up();
    world.advance_seconds(DAY);
    run(&mut world);
    // 150 % for the six days to the 17th are more than 80 % for the thirteen to the 24th.
    let times = ["2025-10-31T08:00:00Z", "2025-10-17T08:00:00Z"];
    for volatility in [1.1, 1.5] {
        publish(&mut world, &times.map(|time| (time, volatility)));
    }
    world.advance_seconds(TIMELOCK - 8 * HOUR);

    let plan = run(&mut world);

    let friday = "list expiry SOL 2025-10-24T08:00:00Z";
    let names: Vec<String> = plan.steps.iter().map(Step::to_string).collect();
    assert!(names.iter().any(|name| name == "list expiry SOL 2025-10-12T08:00:00Z"));
    assert!(names.iter().any(|name| name.ends_with(&format!("to {friday}"))), "{names:?}");
    // The contracts of the 12th come first, and do not wait for those of the 24th.
    assert!(plan.waiting.iter().all(|one| one.what.contains("SOL251024")), "{:?}", plan.waiting);
    assert_eq!(plan.waiting.len(), 7);

    world.advance_seconds(TIMELOCK);
    assert!(run(&mut world).steps.iter().any(|step| step.to_string() == friday));
    let listed = world.expiry("SOL", at("2025-10-24T08:00:00Z").unix_seconds);
    assert_eq!(listed.slice, flat(1.5).into());
    assert_eq!(listed.open_count, 7);
}
