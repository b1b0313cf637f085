//! Which expiries and contracts can be listed, who may publish a surface, and how far in one step?

use plimsoll_client::events::SurfacePublished;
use plimsoll_client::{Change, ContractKind, ExpiryParams, SliceParams};
use plimsoll_tests::contracts::{
    call, contract_params, expiry_params, flat, put, slice, smile, LIFE,
};
use plimsoll_tests::{expect_error, World};

/// An expiry on a slice, changed before it is listed.
fn listing(world: &mut World, edit: impl FnOnce(&mut ExpiryParams)) -> plimsoll_tests::Outcome {
    let mut params = expiry_params(smile());
    edit(&mut params);
    let at = world.first_expiry();
    world.list_expiry("SOL", at, params)
}

#[test]
fn an_expiry_is_listed_with_its_first_slice() {
    let mut world = World::unlaunched();

    listing(&mut world, |_| ()).unwrap();

    let at = world.first_expiry();
    let expiry = world.expiry("SOL", at);
    assert_eq!((expiry.expires_at, expiry.earlier_at, expiry.later_at), (at, 0, 0));
    assert_eq!(expiry.published_at, world.vm.now().time.get());
    assert_eq!(expiry.slice, smile().into());
    assert_eq!((expiry.open_count, expiry.settled_at), (0, 0));
    assert_eq!(world.underlying_state("SOL").first_expiry_at, at);
}

#[test]
fn terms_out_of_bounds_are_refused() {
    let bends: [(fn(&mut ExpiryParams), &str); 16] = [
        (|one| one.basis_ppm = 100_001, "BasisOutOfBounds"),
        (|one| one.basis_ppm = -100_001, "BasisOutOfBounds"),
        (|one| one.basis_ppm_max = 500_001, "ParameterOutOfBounds"),
        (|one| one.confidence_ppm = 9_999, "ParameterOutOfBounds"),
        (|one| one.confidence_ppm = 500_001, "ParameterOutOfBounds"),
        (|one| one.widening_ppm_per_hour = 500_001, "ParameterOutOfBounds"),
        (|one| one.fresh_seconds = 0, "ParameterOutOfBounds"),
        (|one| one.step_ppm = 0, "ParameterOutOfBounds"),
        (|one| one.step_seconds = 0, "ParameterOutOfBounds"),
        (|one| one.volatility_scan_ppm = 900_001, "ParameterOutOfBounds"),
        (|one| one.short_floor_ppm = 200_001, "ParameterOutOfBounds"),
        (|one| one.array_seconds_max = 601, "ParameterOutOfBounds"),
        (|one| one.array_move_ppm = 50_001, "ParameterOutOfBounds"),
        (|one| one.array_seconds_max = 19, "ParameterOutOfBounds"),
        (|one| one.array_move_ppm = 1_999, "ParameterOutOfBounds"),
        (|one| one.slice.b = -1, "SliceInvalid"),
    ];
    for (bend, error) in bends {
        let mut world = World::unlaunched();
        expect_error(listing(&mut world, bend), error);
    }
}

#[test]
fn a_slice_that_gives_something_for_nothing_is_refused() {
    let mut world = World::unlaunched();
    // A wing of the total variance that rises by more than two, and a kink that makes a butterfly
    // free.
    let steep = slice(0.5, 40.0, 0.0, 0.0, 0.5);
    expect_error(listing(&mut world, |one| one.slice = steep), "SliceInvalid");
    // Axel Vogt's slice (Gatheral and Jacquier, 2014), of a year's total variance, for thirty days.
    let year = 365.0 / 30.0;
    let kinked = slice(-0.041 * year, 0.1331 * year, 0.306, 0.3586, 0.4153);
    expect_error(listing(&mut world, |one| one.slice = kinked), "ButterflyArbitrage");
}

#[test]
fn expiries_lie_ahead_and_within_two_years() {
    let mut world = World::unlaunched();
    let now = world.vm.now().time.get();
    let last = now + 2 * 365 * 86_400;
    for at in [now - 1, now, last + 1] {
        let refused = world.list_expiry("SOL", at, expiry_params(flat()));
        expect_error(refused, "ExpiryOutOfBounds");
    }
    world.list_expiry("SOL", now + 1, expiry_params(flat())).unwrap();
    world.list_expiry("SOL", last, expiry_params(flat())).unwrap();
    // Whatever prices the quote token has none.
    let refused = world.list_expiry("USDC", now + LIFE, expiry_params(flat()));
    expect_error(refused, "UnknownUnderlying");
}

#[test]
fn expiries_know_their_neighbours() {
    let mut world = World::unlaunched();
    let at = world.first_expiry();
    let day = 86_400;
    for at in [at, at + 2 * day, at + day, at - day] {
        world.list_expiry("SOL", at, expiry_params(flat())).unwrap();
    }
    world.list_expiry("BTC", at, expiry_params(flat())).unwrap();

    let days: Vec<(i64, i64, i64)> = world
        .directory
        .expiries
        .iter()
        .filter(|one| one.state.underlying == world.underlying("SOL"))
        .map(|one| &one.state)
        .map(|one| (one.expires_at - at, one.earlier_at - at, one.later_at - at))
        .collect();

    assert_eq!(days, [(-day, -at, 0), (0, -day, day), (day, 0, 2 * day), (2 * day, day, -at)]);
}

#[test]
fn a_later_option_may_not_cost_less() {
    let mut world = World::unlaunched();
    let at = world.first_expiry();
    world.list_expiry("SOL", at, expiry_params(flat())).unwrap();
    // Four times the time at a bit less than half of the volatility: a total variance that is lower.
    let low = slice(0.15, 0.0, 0.0, 0.0, 0.1);
    let refused = world.list_expiry("SOL", at + 3 * LIFE, expiry_params(low));
    expect_error(refused, "CalendarArbitrage");
    let high = slice(0.17, 0.0, 0.0, 0.0, 0.1);
    world.list_expiry("SOL", at + 3 * LIFE, expiry_params(high)).unwrap();
    // Neither by a publication of the earlier one.
    world.advance_seconds(3_600);
    let higher = slice(0.69, 0.0, 0.0, 0.0, 0.1);
    expect_error(world.publish("SOL", at, higher), "CalendarArbitrage");
    // Nor of the later one.
    let lower = slice(0.15, 0.0, 0.0, 0.0, 0.1);
    expect_error(world.publish("SOL", at + 3 * LIFE, lower), "CalendarArbitrage");
}

#[test]
fn only_the_publisher_publishes() {
    let mut world = World::with_options(flat());
    let at = world.first_expiry();
    world.advance_seconds(3_600);
    for name in ["owner", "mallory"] {
        let refused = world.publish_by(name, ("SOL", at), flat(), 0, 20_000);
        expect_error(refused, "NotPublisher");
    }
    let receipt = world.publish("SOL", at, flat()).unwrap();
    let event = receipt.events::<SurfacePublished>()[0];
    assert_eq!((event.a, event.confidence_ppm), (flat().a, 20_000));
}

#[test]
fn publications_move_in_bounded_steps() {
    let mut world = World::with_options(flat());
    let at = world.first_expiry();
    let volatility = |one: f64| slice(one * one, 0.0, 0.0, 0.0, 0.1);
    let publish = |world: &mut World, slice: SliceParams, basis, confidence| {
        world.publish_by("publisher", ("SOL", at), slice, basis, confidence)
    };
    // A tenth an hour: in half of one a twentieth.
    world.advance_seconds(1_800);
    expect_error(publish(&mut world, volatility(0.841), 0, 20_000), "SurfaceStepTooLarge");
    expect_error(publish(&mut world, volatility(0.761), 0, 20_000), "SurfaceStepTooLarge");
    expect_error(publish(&mut world, flat(), 5_001, 20_000), "BasisStepTooLarge");
    expect_error(publish(&mut world, flat(), -5_001, 20_000), "BasisStepTooLarge");
    expect_error(publish(&mut world, flat(), 100_001, 20_000), "BasisOutOfBounds");
    expect_error(publish(&mut world, flat(), 0, 9_999), "ConfidenceOutOfBounds");
    expect_error(publish(&mut world, flat(), 0, 1_000_001), "ConfidenceOutOfBounds");
    publish(&mut world, volatility(0.839), 5_000, 10_000).unwrap();
    // At once again there is no more.
    expect_error(publish(&mut world, volatility(0.84), 5_000, 10_000), "SurfaceStepTooLarge");
    let expiry = world.expiry("SOL", at);
    assert_eq!((expiry.basis_ppm, expiry.confidence_ppm), (5_000, 10_000));
    // And none after the expiry.
    world.advance_seconds(u64::try_from(LIFE).unwrap());
    expect_error(publish(&mut world, flat(), 5_000, 10_000), "ExpiryOutOfBounds");
}

#[test]
fn contracts_are_listed_on_an_expiry_that_lies_ahead() {
    let mut world = World::unlaunched();
    let at = world.first_expiry();
    world.list_expiry("SOL", at, expiry_params(flat())).unwrap();
    world.list_contract("C", "SOL", at, call(150)).unwrap();
    world.list_contract("P", "SOL", at, put(150)).unwrap();
    world.list_contract("F", "SOL", at, ContractKind::Future).unwrap();
    assert_eq!(world.expiry("SOL", at).open_count, 3);
    let listed = world.instrument_state("P");
    assert_eq!((listed.expires_at, listed.kind.0), (at, 4));

    expect_error(world.list_contract("C0", "SOL", at, call(0)), "OutOfRange");
    let far = ContractKind::Put { strike_quote_atoms_per_lot: 1 << 60 };
    expect_error(world.list_contract("P1", "SOL", at, far), "OptionOutOfRange");
    let mut funded = contract_params("funded", call(150));
    funded.instrument.funding_cap_ppm = 1;
    expect_error(world.list_contract_by("SOL", at, funded), "ParameterOutOfBounds");
    world.advance_seconds(u64::try_from(LIFE).unwrap());
    expect_error(world.list_contract("C", "SOL", at, call(150)), "ExpiryOutOfBounds");
}

#[test]
fn after_the_launch_listings_wait() {
    let mut world = World::governed_with(|markets| {
        markets.group.publisher = Some("publisher".into());
    });
    let at = world.first_expiry();
    let (underlying, params) = (world.underlying("SOL"), expiry_params(smile()));
    expect_error(world.list_expiry("SOL", at, params), "AlreadyLaunched");
    let change = Change::ListExpiry { underlying, expires_at: at, params };
    expect_error(world.propose("mallory", change.clone()), "NotProposer");
    let id = world.propose_and_wait("lister", change);
    world.execute(id).unwrap();
    assert_eq!(world.expiry("SOL", at).expires_at, at);

    let (index, params) = (world.group().instrument_count, contract_params("C", call(150)));
    let change = Change::ListContract { index, underlying, expires_at: at, params };
    let id = world.propose_and_wait("lister", change);
    world.execute(id).unwrap();
    assert_eq!(world.group().instrument_count, index + 1);

    let change = Change::Publisher { address: plimsoll_tests::address("carol") };
    expect_error(world.propose("lister", change.clone()), "NotProposer");
    let id = world.propose_and_wait("owner", change);
    world.execute(id).unwrap();
    let same = world.expiry("SOL", at).slice;
    let same = SliceParams { a: same.a, b: same.b, rho: same.rho, m: same.m, sigma: same.sigma };
    expect_error(world.publish("SOL", at, same), "NotPublisher");
    world.publish_by("carol", ("SOL", at), same, 0, 20_000).unwrap();
}
