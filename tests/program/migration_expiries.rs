//! Does a market file list expiries and contracts, once, and roll them on with the calendar?
//!
//! Every test begins on Thursday, 9 October 2025, at 8:53: the local file's days are the 10th and the
//! 11th, its Fridays the 10th and the 17th, and its month ends on the 31st. SOL is at 150.

use std::collections::BTreeSet;

use plimsoll_client::GroupDirectory;
use plimsoll_migrations::{apply, plan, ExpiryError, Markets, Moment, Plan, PlanError, Step};
use plimsoll_tests::contracts::slice;
use plimsoll_tests::{address, expect_error, keypair, Ground, World};

use crate::given::traders;

const DAY: u64 = 86_400;
/// What the local file gives of each underlying.
const TIMES: [&str; 4] = [
    "2025-10-10T08:00:00Z",
    "2025-10-11T08:00:00Z",
    "2025-10-17T08:00:00Z",
    "2025-10-31T08:00:00Z",
];
/// A future, and a call and a put for each of three strikes.
const CONTRACTS: usize = 7;

fn at(text: &str) -> Moment {
    text.parse().unwrap()
}

/// The local file with what expires on SOL alone.
pub fn sol() -> Markets {
    let mut markets = Markets::local();
    markets.expiries.retain(|block| block.underlying == "SOL");
    markets
}

/// The same, and a group that stays in its set-up.
pub fn unlaunched() -> Markets {
    let mut markets = sol();
    markets.group.launch = false;
    markets
}

/// One more run of the file that the world was made by.
pub fn run(world: &mut World) -> Plan {
    /// Bytes of a packet less its headers.
    const TRANSACTION_BYTES_MAX: usize = 1_232;
    let (markets, owner) = (world.markets.clone(), address("owner"));
    let plan = apply(&mut world.vm, &keypair("owner"), &markets, &world.names).unwrap();
    for step in &plan.steps {
        let all = step.transaction(&owner, &plan.group);
        assert!(world.vm.transaction_bytes(&all, &[owner]) <= TRANSACTION_BYTES_MAX, "{step}");
    }
    plan
}

/// The expiries of an underlying that are listed, and how many contracts there are of each.
pub fn listed(directory: &GroupDirectory, underlying: u16) -> Vec<(String, usize)> {
    let own = directory.expiries.iter().filter(|one| one.state.underlying == underlying);
    let contracts = |at: i64| {
        let all = directory.instruments.iter().map(|one| &one.state);
        all.filter(|one| one.underlying == underlying && one.expires_at == at).count()
    };
    own.map(|one| one.state.expires_at)
        .map(|unix_seconds| (Moment { unix_seconds }.to_string(), contracts(unix_seconds)))
        .collect()
}

/// What a plan lists: expiries, and contracts.
fn counts(plan: &Plan) -> (usize, usize) {
    let expiries = plan.steps.iter().filter(|step| matches!(step, Step::Expiry { .. }));
    let contracts = plan.steps.iter().filter(|step| matches!(step, Step::Contract { .. }));
    (expiries.count(), contracts.count())
}

#[test]
fn a_fresh_cluster_is_brought_to_the_local_markets() {
    let mut ground = World::ground(Markets::local());

    let first = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names).unwrap();

    // The group, 4 underlyings, 3 tokens, 3 perpetuals, the launch; 4 expiries each of BTC, ETH and SOL.
    assert_eq!(first.steps.len(), 12 + 12 + 12 * CONTRACTS);
    assert_eq!(counts(&first), (12, 12 * CONTRACTS));
    let directory = GroupDirectory::fetch(&ground.vm, &first.group, &first.mints).unwrap();
    let expected = TIMES.map(|time| (time.to_string(), CONTRACTS));
    for underlying in 1..=3 {
        assert_eq!(listed(&directory, underlying), expected);
    }
    let names: Vec<String> = first.steps.iter().map(Step::to_string).collect();
    for name in ["SOL251010F", "SOL251010C150", "BTC251031P102000", "ETH251017C3900"] {
        assert!(names.iter().any(|step| step.ends_with(&format!(", {name}"))), "{name}");
    }
    assert!(directory.group.state.is_launched());

    let second = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names).unwrap();
    assert_eq!((second.steps, second.waiting), (vec![], vec![]));
}

#[test]
fn what_is_listed_can_be_published_and_traded() {
    let mut world = World::ground(sol()).set_up();
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
    world.advance_seconds(3_600);
    let month = at(TIMES[3]).unix_seconds;

    // From 80 % to 84 %, which later is no dearer than what comes before it.
    world.publish("SOL", month, slice(0.7056, 0.0, 0.0, 0.0, 0.1)).unwrap();
    world.refresh_array("SOL251031C150").unwrap();
    world.trade("alice", "bob", "SOL251031C150", 10, "11.5").unwrap();
    world.trade("bob", "alice", "SOL251031F", 5, "150").unwrap();

    let rows = world.margin("alice").state.rows().unwrap().to_vec();
    assert_eq!(
        rows.iter().map(|row| row.lots).filter(|lots| *lots != 0).collect::<Vec<_>>(),
        [-5, 10]
    );
    // And is left alone by a run afterwards: what a publisher says is no difference to the file.
    assert_eq!(run(&mut world).steps, []);
    expect_error(
        world.publish_by("owner", ("SOL", month), slice(0.7, 0.0, 0.0, 0.0, 0.1), 0, 20_000),
        "NotPublisher",
    );
}

#[test]
fn a_later_run_lists_what_came_into_reach_and_nothing_else() {
    let mut world = World::ground(unlaunched()).set_up();
    let old = world.directory.clone();
    world.advance_seconds(DAY);

    let plan = run(&mut world);

    // The 12th is one of two days, the 24th one of two Fridays. What expired today stays as it was.
    assert_eq!(counts(&plan), (2, 2 * CONTRACTS));
    assert_eq!(plan.steps.len(), 2 + 2 * CONTRACTS);
    assert_eq!(plan.steps[0].to_string(), "list expiry SOL 2025-10-12T08:00:00Z");
    world.reread();
    let times: Vec<String> = listed(&world.directory, 1).into_iter().map(|one| one.0).collect();
    let new = ["2025-10-12T08:00:00Z", "2025-10-24T08:00:00Z"];
    let all: BTreeSet<&str> = TIMES.into_iter().chain(new).collect();
    assert_eq!(times, all.into_iter().collect::<Vec<_>>());
    for (old, new) in old.instruments.iter().zip(&world.directory.instruments) {
        assert_eq!((old.address, old.state.expires_at), (new.address, new.state.expires_at));
        assert_eq!(old.state.strike, new.state.strike);
    }
    assert_eq!(run(&mut world).steps, []);
}

#[test]
fn every_listed_option_can_be_valued() {
    let mut world = World::ground(Markets::local()).set_up();
    world.refresh_options();
    let mut valued = 0;
    for name in world.contracts() {
        let state = world.instrument_state(&name);
        if state.has_array(world.vm.now().time) {
            assert!(state.array.fair > 0, "{name}");
            valued += 1;
        }
    }
    assert_eq!(valued, 12 * (CONTRACTS - 1));
}

#[test]
fn a_run_that_was_cut_off_goes_on_by_the_strikes_that_are_there() {
    let Ground { mut vm, mut markets, names, feeds } = World::ground(unlaunched());
    markets.expiries[0].rules.truncate(1);
    let owner = address("owner");
    let made = plan(&vm, &owner, &markets, &names).unwrap();
    // Up to the future and the first option, a call struck at 150.
    let is_call = |step: &Step| step.to_string().ends_with("SOL251010C150");
    let count = 1 + made.steps.iter().position(is_call).unwrap();
    for step in &made.steps[..count] {
        vm.run(&step.transaction(&owner, &made.group), &[&keypair("owner")]).unwrap();
    }
    // SOL leaps to 200: as far from there as three strikes with 150 among them go.
    let mut ground = Ground { vm, markets, names, feeds };
    let mut feed = ground.feeds["SOL/USD"].clone();
    feed.set("200", "0");
    ground.vm.put(feed.address, feed.owner, feed.data());

    let plan = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names).unwrap();

    let done: Vec<String> = plan.steps.iter().map(Step::to_string).collect();
    let first: Vec<&str> = done.iter().filter_map(|one| Some(one.split_once(", ")?.1)).collect();
    let rest =
        ["SOL251010C155", "SOL251010P155", "SOL251010C160", "SOL251010P160", "SOL251010P150"];
    assert_eq!(first[..5].iter().collect::<BTreeSet<_>>(), rest.iter().collect::<BTreeSet<_>>());
    // The next expiry is around the price as it is.
    assert!(first[5..].contains(&"SOL251011C200") && first[5..].contains(&"SOL251011P195"));
    let again = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names).unwrap();
    assert_eq!(again.steps, []);
}

#[test]
fn strikes_stay_while_the_price_moves() {
    let mut world = World::ground(sol()).set_up();
    world.set_price("SOL", "190");
    assert_eq!(run(&mut world).steps, []);
    // No price at all is needed for them.
    world.edit_feed("SOL/USD", |feed| feed.published -= 100);
    assert_eq!(run(&mut world).steps, []);
}

#[test]
fn strikes_and_times_are_listed_one_by_one_too() {
    let mut markets = unlaunched();
    let block = &mut markets.expiries[0];
    (block.rules, block.around, block.future) = (Vec::new(), None, false);
    block.times = vec![at("2026-03-27T08:00:00Z")];
    block.strikes = ["100", "152.50"].map(|strike| strike.parse().unwrap()).to_vec();
    let mut world = World::ground(markets).set_up();

    assert_eq!(listed(&world.directory, 1), [("2026-03-27T08:00:00Z".to_string(), 4)]);
    let names = ["SOL260327C100", "SOL260327P100", "SOL260327C152.5", "SOL260327P152.5"];
    assert_eq!(world.contracts(), names);
    let strike = world.instrument_state("SOL260327P152.5").strike.price().unwrap();
    // A tenth of it in atoms.
    assert_eq!(strike.value_floor(1).unwrap().to_quote_floor().unwrap().get(), 15_250_000);
    // Behind its time it may stay in the file as long as it is there.
    world.advance_seconds(200 * DAY);
    assert_eq!(run(&mut world).steps, []);
}

/// What a plan says when the file was changed after it was applied.
fn difference(change: impl FnOnce(&mut Markets)) -> String {
    let mut world = World::ground(sol()).set_up();
    change(&mut world.markets);
    match plan(&world.vm, &address("owner"), &world.markets, &world.names) {
        Err(error @ PlanError::Different { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_differs_from_the_file_is_named_with_both_values() {
    let text = difference(|markets| markets.expiries[0].fresh_seconds = 60);
    let expiry = "expiry SOL 2025-10-10T08:00:00Z";
    assert_eq!(text, format!("{expiry}: fresh_seconds is 60 in the file, but 600 on the chain"));

    let text = difference(|markets| markets.expiries[0].trade_fee = "0.1%".parse().unwrap());
    let contract = "contract SOL251010F: trade_fee_ppm is 1000 in the file, but 300 on the chain";
    assert_eq!(text, contract);

    let text = difference(|markets| markets.expiries[0].rules.truncate(1));
    let times = "expiries of SOL: time is none in the file, but 2025-10-17T08:00:00Z on the chain";
    assert_eq!(text, times);

    let text = difference(|markets| markets.expiries.clear());
    let times = "expiries of SOL: time is none in the file, but 2025-10-10T08:00:00Z on the chain";
    assert_eq!(text, times);

    let text = difference(|markets| markets.expiries[0].future = false);
    let contracts =
        "contracts of SOL 2025-10-10T08:00:00Z: name is none in the file, but SOL251010F";
    assert_eq!(text, format!("{contracts} on the chain"));

    let around = |step: &str, count| {
        let step = step.parse().unwrap();
        difference(|markets| {
            let around = markets.expiries[0].around.as_mut().unwrap();
            (around.step, around.count) = (step, count);
        })
    };
    let text = around("10", 3);
    assert!(text.contains("strike is one of 3 in steps of 10 in the file"), "{text}");
    let text = around("5", 2);
    assert!(text.contains("strike is one of 2 in steps of 5 in the file"), "{text}");
}

/// What a plan of a fresh cluster says about SOL's block, bent. A run by it changes nothing.
#[track_caller]
fn refuse(bend: impl FnOnce(&mut Ground)) -> ExpiryError {
    let mut ground = World::ground(sol());
    bend(&mut ground);
    let before = ground.vm.svm.get_account(&address("owner"));
    let error = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names);
    assert_eq!(ground.vm.svm.get_account(&address("owner")), before, "something was sent");
    let group = plimsoll_client::pda::group(&address("owner"), 0);
    assert!(ground.vm.svm.get_account(&group).is_none(), "something was sent");
    match error {
        Err(plimsoll_migrations::ApplyError::Plan(PlanError::Expiry { error, .. })) => error,
        other => panic!("{other:?}"),
    }
}

/// The same of the block alone.
#[track_caller]
fn refuse_block(bend: impl FnOnce(&mut plimsoll_migrations::ExpirySpec)) -> ExpiryError {
    refuse(|ground| bend(&mut ground.markets.expiries[0]))
}

#[test]
fn times_that_cannot_be_are_refused() {
    let times = |all: &[&str]| {
        let all: Vec<Moment> = all.iter().map(|text| at(text)).collect();
        refuse_block(|block| block.times = all)
    };
    let passed = "2025-10-09T08:00:00Z";
    assert_eq!(times(&[passed]), ExpiryError::TimePassed(at(passed)));
    let far = "2027-10-10T00:00:00Z";
    assert_eq!(times(&[far]), ExpiryError::TimeTooFar(at(far)));
    let double = "2025-12-26T08:00:00Z";
    assert_eq!(times(&[double, double]), ExpiryError::TimeDoubled(at(double)));
    // At another hour of a day of the rules, contracts would have the names of those.
    let error = times(&["2025-10-31T20:00:00Z"]);
    assert_eq!(error, ExpiryError::NameDoubled("SOL251031F".into()));

    assert_eq!(refuse_block(|block| block.rules[1].next = 0), ExpiryError::RuleEmpty);
    assert_eq!(refuse_block(|block| block.rules.clear()), ExpiryError::TimesMissing);
    let days = refuse_block(|block| block.rules[0].next = 800);
    assert_eq!(days, ExpiryError::TimeTooFar(at("2027-10-10T08:00:00Z")));
    let quote = refuse_block(|block| block.underlying = "USDC".into());
    assert_eq!(quote, ExpiryError::OnQuote);
    let mut ground = World::ground(sol());
    ground.markets.expiries[0].underlying = "DOGE".into();
    let error = plan(&ground.vm, &address("owner"), &ground.markets, &ground.names).unwrap_err();
    assert_eq!(error.to_string(), "no underlying is named \"DOGE\"");
}

#[test]
fn strikes_that_cannot_be_are_refused() {
    let strikes = |all: &[&str]| {
        let all = all.iter().map(|text| text.parse().unwrap()).collect();
        refuse_block(|block| (block.strikes, block.around) = (all, None))
    };
    let number = |text: &str| text.parse().unwrap();
    assert_eq!(strikes(&["150", "0"]), ExpiryError::StrikeZero);
    assert_eq!(strikes(&["150", "150.0"]), ExpiryError::StrikeDoubled(number("150.0")));
    // A tenth of it is half of an atom.
    assert_eq!(strikes(&["0.000005"]), ExpiryError::StrikeUneven(number("0.000005")));
    let large = "20_000_000_000_000";
    assert_eq!(strikes(&[large]), ExpiryError::StrikeTooLarge(number(large)));
    let error = strikes(&["1234567"]);
    assert_eq!(error, ExpiryError::NameTooLong("SOL251010C1234567".into()));

    let around = |step: &str, count| {
        let around = plimsoll_migrations::AroundSpec { step: number(step), count };
        refuse_block(|block| block.around = Some(around))
    };
    assert_eq!(around("5", 0), ExpiryError::CountZero);
    assert_eq!(around("5", 40_000), ExpiryError::CountTooLarge(40_000));
    assert_eq!(around("0", 3), ExpiryError::StepZero);
    let middle = number("200");
    assert_eq!(around("100", 5), ExpiryError::StrikesBelowZero { middle, count: 5 });
    assert_eq!(around("0.000005", 1), ExpiryError::StrikeUneven(number("0.000005")));
    let twice = refuse_block(|block| block.strikes = vec![number("150")]);
    assert_eq!(twice, ExpiryError::StrikesTwice);
    let none = refuse_block(|block| (block.future, block.around) = (false, None));
    assert_eq!(none, ExpiryError::ContractsMissing);
}

#[test]
fn strikes_around_a_price_need_one() {
    let feed = |edit: fn(&mut plimsoll_tests::Feed)| {
        refuse(|ground| {
            let mut feed = ground.feeds["SOL/USD"].clone();
            edit(&mut feed);
            ground.vm.put(feed.address, feed.owner, feed.data());
        })
    };
    let stale = feed(|feed| feed.published -= 61);
    assert_eq!(stale, ExpiryError::PriceStale { seconds: 61, most: 60 });
    let negative = feed(|feed| feed.price = -1).to_string();
    assert!(negative.starts_with("strikes need a price: SOL: "), "{negative}");
}

#[test]
fn terms_out_of_the_program_s_bounds_are_refused() {
    type Bend = fn(&mut plimsoll_migrations::ExpirySpec);
    let bends: [(Bend, &str); 19] = [
        (|one| one.volatility.ppm = 9_999, "volatility"),
        (|one| one.volatility.ppm = 4_000_001, "volatility"),
        (|one| one.confidence.ppm = 9_999, "confidence"),
        (|one| one.confidence.ppm = 500_001, "confidence"),
        (|one| one.confidence_min.ppm = 500_001, "confidence_min"),
        (|one| one.widening_per_hour.ppm = 500_001, "widening_per_hour"),
        (|one| one.fresh_seconds = 0, "fresh_seconds"),
        (|one| one.basis_max.ppm = 500_001, "basis_max"),
        (|one| one.step.ppm = 0, "step"),
        (|one| one.basis_step.ppm = 500_001, "basis_step"),
        (|one| one.step_seconds = 0, "step_seconds"),
        (|one| one.volatility_scan.ppm = 900_001, "volatility_scan"),
        (|one| one.short_floor.ppm = 200_001, "short_floor"),
        (|one| one.array_seconds = 19, "array_seconds"),
        (|one| one.array_move.ppm = 50_001, "array_move"),
        (|one| one.price_band.ppm = 200_001, "price_band"),
        (|one| one.trade_fee.ppm = 10_001, "trade_fee"),
        (|one| one.loss_cap.ppm = 500_001, "loss_cap"),
        (|one| one.settle_reward.ppm = 10_001, "settle_reward"),
    ];
    for (bend, name) in bends {
        match refuse_block(bend) {
            ExpiryError::TermOutOfBounds { term, .. } => assert_eq!(term, name),
            other => panic!("{name}: {other}"),
        }
    }
    let text = refuse_block(|block| block.array_seconds = 19).to_string();
    assert_eq!(text, "array_seconds is 19, not within 20 to 600");
    let number = |text: &str| text.parse().unwrap();
    let lot = refuse_block(|block| (block.lot, block.future) = (number("0"), true));
    assert_eq!(lot, ExpiryError::StrikeUneven(number("5")));
    let lot = refuse_block(|block| (block.lot, block.around) = (number("0"), None));
    assert_eq!(lot, ExpiryError::LotOutOfRange(number("0")));
    let tick = refuse_block(|block| block.tick = number("0.000001"));
    assert_eq!(tick, ExpiryError::TickUneven(number("0.000001")));
    let amount = refuse_block(|block| block.insurance_cap = number("0.0000001"));
    assert!(amount.to_string().starts_with("insurance_cap: "), "{amount}");
}
