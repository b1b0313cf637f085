//! How does a market file roll expiries on once its group is launched? By proposals, which take a
//! timelock of a day, and as many runs as that takes.

use plimsoll_client::Change;
use plimsoll_migrations::{Markets, Plan, Reason, Step};

use plimsoll_tests::{World, TIMELOCK};

use crate::migration_expiries::{listed, run, sol};

/// A launched group, a day on: the 12th of October and the Friday of the 24th came into reach.
fn a_day_on() -> World {
    a_day_on_with(|_| ())
}

/// The same, its file changed before it is applied.
fn a_day_on_with(change: impl FnOnce(&mut Markets)) -> World {
    let mut markets = sol();
    markets.group.guardian = Some("guardian".into());
    markets.group.lister = Some("lister".into());
    change(&mut markets);
    let mut world = World::ground(markets).set_up();
    world.advance_seconds(TIMELOCK);
    world
}

/// How many proposals a plan makes, how many listings, and how much waits.
fn counts(plan: &Plan) -> (usize, usize, usize) {
    let proposals = plan.steps.iter().filter(|step| matches!(step, Step::Propose { .. })).count();
    (proposals, plan.steps.len() - proposals, plan.waiting.len())
}

#[test]
fn what_came_into_reach_is_proposed_and_listed_when_its_time_has_come() {
    let mut world = a_day_on();

    // Two expiries with seven contracts each.
    let first = run(&mut world);
    assert_eq!(counts(&first), (16, 0, 0));
    let text = "propose, as number 0, to list expiry SOL 2025-10-12T08:00:00Z";
    assert_eq!(first.steps[0].to_string(), text);
    let again = run(&mut world);
    assert_eq!(counts(&again), (0, 0, 16));
    let text = "to list expiry SOL 2025-10-12T08:00:00Z waits until 2025-10-11T08:53:20Z";
    assert_eq!(again.waiting[0].to_string(), text);

    world.advance_seconds(TIMELOCK);
    let rent = world.vm.svm.get_balance(&plimsoll_tests::address("owner")).unwrap();
    let second = run(&mut world);
    // The 13th came into reach meanwhile.
    assert_eq!(counts(&second), (8, 16, 0));
    world.reread();
    let times = listed(&world.directory, 1);
    assert!(times.contains(&("2025-10-12T08:00:00Z".into(), 7)), "{times:?}");
    assert!(times.contains(&("2025-10-24T08:00:00Z".into(), 7)), "{times:?}");
    assert_eq!(times.len(), 6);
    // The rents of the proposals that were spent came back.
    for id in 0..16 {
        let at = plimsoll_client::pda::proposal(&world.directory.group.address, id);
        assert_eq!(world.vm.svm.get_balance(&at).unwrap_or(0), 0);
    }
    assert!(world.vm.svm.get_balance(&plimsoll_tests::address("owner")).unwrap() < rent);
    assert_eq!(counts(&run(&mut world)), (0, 0, 8));
}

#[test]
fn what_was_vetoed_is_not_proposed_again() {
    let mut world = a_day_on();
    run(&mut world);
    // The 12th of October; and the future of the 24th, behind the expiry itself and seven contracts.
    world.veto("guardian", 0).unwrap();
    world.veto("guardian", 9).unwrap();
    let is_vetoed = |plan: &Plan| {
        let all = plan.waiting.iter().filter(|one| one.why == Reason::Vetoed);
        all.map(|one| one.what.clone()).collect::<Vec<_>>()
    };

    let plan = run(&mut world);

    let vetoed = ["list expiry SOL 2025-10-12T08:00:00Z", "list contract SOL251024F"];
    assert_eq!(is_vetoed(&plan), vetoed);
    // The numbers before the other contracts of the 24th are not used any more: they are proposed anew.
    assert_eq!(counts(&plan).0, 6);
    world.advance_seconds(TIMELOCK);
    run(&mut world);
    world.reread();
    let times = listed(&world.directory, 1);
    assert!(!times.iter().any(|(time, _)| time.starts_with("2025-10-12")), "{times:?}");
    assert!(times.contains(&("2025-10-24T08:00:00Z".into(), 6)), "{times:?}");
}

#[test]
fn a_number_that_another_listing_took_is_proposed_anew() {
    // Fridays and the end of the month: the 24th of October came into reach.
    let mut world = a_day_on_with(|markets| {
        markets.expiries[0].rules.remove(0);
    });
    let (index, params) = (world.group().instrument_count, world.instrument_params("SOL-PERP"));
    world.propose("lister", Change::ListInstrument { index, underlying: 1, params }).unwrap();
    let own = world.last_proposal();
    assert_eq!(counts(&run(&mut world)), (8, 0, 0));
    world.advance_seconds(TIMELOCK);
    world.execute(own).unwrap();
    // It is in the file as well by now.
    let perpetual = world.markets.instruments[0].clone();
    world.markets.instruments.push(perpetual);

    let plan = run(&mut world);

    // The future lost its number; the options kept theirs, and were listed with the expiry.
    assert_eq!(counts(&plan), (1, 7, 0));
    let last = plan.steps.last().unwrap().to_string();
    assert_eq!(last, "propose, as number 9, to list contract SOL251024F");
    world.advance_seconds(TIMELOCK);
    run(&mut world);
    world.reread();
    assert!(listed(&world.directory, 1).contains(&("2025-10-24T08:00:00Z".into(), 7)));
}

#[test]
fn what_would_expire_before_its_proposal_is_ripe_is_left_out() {
    let mut world = a_day_on();
    world.advance_seconds(5 * TIMELOCK);

    // On the 15th at 8:53, the 16th is less than a day ahead; the 17th is listed, the 24th is not.
    let plan = run(&mut world);

    let late: Vec<String> = plan.waiting.iter().map(|one| one.to_string()).collect();
    let text = "to list expiry SOL 2025-10-16T08:00:00Z takes a proposal, for which it is too late";
    assert_eq!(late, [text]);
    assert_eq!(counts(&plan), (8, 0, 1));
}

#[test]
fn proposals_hold_the_strikes_of_their_time() {
    let mut world = a_day_on();
    run(&mut world);
    world.walk_price("SOL", "160");
    world.advance_seconds(TIMELOCK);

    run(&mut world);

    world.reread();
    let strikes = |name: &str| {
        let all = world.directory.instruments.iter();
        all.filter(|one| one.state.name.starts_with(name.as_bytes())).count()
    };
    assert_eq!((strikes("SOL251012C150"), strikes("SOL251012C160")), (1, 0));
    // What is proposed now is around the price as it is, and stays so.
    world.set_price("SOL", "150");
    world.advance_seconds(TIMELOCK);
    run(&mut world);
    world.reread();
    let names: Vec<&[u8]> =
        world.directory.instruments.iter().map(|one| &one.state.name[..13]).collect();
    assert!(names.contains(&&b"SOL251013C165"[..]) && !names.contains(&&b"SOL251013C145"[..]));
}
