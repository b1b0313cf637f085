//! Do migrations bring a cluster to what a file declares, once, and refuse what differs?

use plimsoll_client::{pda, Address};
use plimsoll_migrations::{apply, plan, Markets, PlanError, Step};
use plimsoll_tests::{address, keypair, Ground, World};

fn owner() -> Address {
    address("owner")
}

#[test]
fn a_second_run_does_nothing() {
    let mut ground = World::ground(Markets::local().without_expiries());

    let first = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names).unwrap();
    let second = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names).unwrap();

    // The group, 4 underlyings, 3 tokens, 3 instruments, the launch.
    assert_eq!(first.steps.len(), 12);
    assert_eq!(second.steps, []);
    assert_eq!((first.group, first.mints), (second.group, second.mints));
}

#[test]
fn a_plan_alone_changes_nothing() {
    let ground = World::ground(Markets::local().without_expiries());

    let plan = plan(&ground.vm, &owner(), &ground.markets, &ground.names).unwrap();

    assert_eq!(plan.steps.len(), 12);
    assert_eq!(plan.steps[1].to_string(), "list underlying 0, USDC");
    assert!(ground.vm.svm.get_account(&pda::group(&owner(), 0)).is_none());
}

#[test]
fn what_was_added_to_the_file_is_all_that_is_done() {
    let mut ground = World::ground(Markets::local().without_expiries());
    let full = ground.markets.clone();
    ground.markets.instruments.truncate(1);
    ground.markets.group.launch = false;
    apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names).unwrap();

    let plan = apply(&mut ground.vm, &keypair("owner"), &full, &ground.names).unwrap();

    assert_eq!(plan.steps.len(), 3);
    assert!(matches!(plan.steps[0], Step::Instrument { index: 1, underlying: 2, .. }));
    assert_eq!(plan.steps[2], Step::Launch);
}

#[test]
fn what_is_added_after_the_launch_has_to_be_proposed() {
    let mut ground = World::ground(Markets::local().without_expiries());
    let full = ground.markets.clone();
    ground.markets.instruments.truncate(2);
    apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names).unwrap();

    let text = plan(&ground.vm, &owner(), &full, &ground.names).unwrap_err().to_string();

    assert_eq!(text, "the group is launched: to list instrument 2, ETH-PERP takes a proposal");
}

/// What a plan says when the file was changed after it was applied.
fn difference(change: impl FnOnce(&mut Markets)) -> String {
    let Ground { mut vm, mut markets, names, .. } =
        World::ground(Markets::local().without_expiries());
    apply(&mut vm, &keypair("owner"), &markets, &names).unwrap();
    change(&mut markets);
    match plan(&vm, &owner(), &markets, &names) {
        Err(error @ PlanError::Different { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_listing_that_differs_from_the_file_is_named_with_both_values() {
    let text = difference(|markets| markets.underlyings[1].age_seconds = 30);
    assert_eq!(text, "underlying SOL: age_seconds_max is 30 in the file, but 60 on the chain");

    let text = difference(|markets| markets.group.buffer = "25%".parse().unwrap());
    assert_eq!(text, "the group: buffer_ppm is 250000 in the file, but 200000 on the chain");

    let text = difference(|markets| markets.tokens[2].borrow_cap = "1".parse().unwrap());
    assert_eq!(
        text,
        "token BTC: borrow_cap_token_atoms is 100000000 in the file, but 0 on the chain"
    );

    let text = difference(|markets| markets.instruments[0].underlying = "BTC".into());
    assert_eq!(text, "instrument SOL-PERP: underlying is 2 in the file, but 1 on the chain");

    let text = difference(|markets| markets.instruments.truncate(2));
    assert_eq!(text, "instruments: count is 2 in the file, but 3 on the chain");

    let text = difference(|markets| markets.instruments[2].lot = "0.002".parse().unwrap());
    assert!(text.starts_with("instrument ETH-PERP: lot is"), "{text}");
}

#[test]
fn a_file_that_cannot_be_is_refused_before_anything_is_done() {
    let refuse = |change: fn(&mut Markets)| {
        let mut ground = World::ground(Markets::local().without_expiries());
        change(&mut ground.markets);
        plan(&ground.vm, &owner(), &ground.markets, &ground.names).unwrap_err().to_string()
    };

    let text = refuse(|markets| markets.tokens[1].underlying = "DOGE".into());
    assert_eq!(text, "no underlying is named \"DOGE\"");
    let text = refuse(|markets| markets.tokens[1].mint = "DOGE".into());
    assert_eq!(text, "no address is given for \"DOGE\"");
    let text = refuse(|markets| markets.instruments[0].tick = "0.00001".parse().unwrap());
    assert_eq!(text, "SOL-PERP: a tick of 0.00001 is no whole number of quote atoms per lot");
    let text = refuse(|markets| markets.group.dust = "0.0000001".parse().unwrap());
    assert_eq!(text, "0.0000001 is no whole number of units of 10^-6");
}
