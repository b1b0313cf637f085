//! What is a bad price good for? For putting money in, and for nothing else, by a name for each
//! flaw; and nobody who is healthy without it is held up by it.

use plimsoll_client::instruction::Bid;
use plimsoll_client::{Address, PROGRAM_ID};
use plimsoll_migrations::{apply, Markets, SourceSpec};
use plimsoll_tests::{
    address, assert_near, expect_error, keypair, Feed, FeedKind, World, BTC, SOL, USDC,
};
use plimsoll_units::{Price, Ratio};

use crate::given::{local_with, traders};

type Bend = fn(&mut Feed);
type Flaw = (&'static str, &'static str, Bend);

/// What can be wrong with one account, and the error of everything that needs its price.
const FLAWS: [Flaw; 11] = [
    ("foreign owner", "OracleNotPositive", |feed| feed.owner = PROGRAM_ID),
    ("zero", "OracleNotPositive", |feed| feed.price = 0),
    ("negative", "OracleNotPositive", |feed| feed.price = -1),
    ("stale", "OracleStale", |feed| feed.published -= 61),
    ("from the future", "OracleStale", |feed| feed.published += 61),
    ("older than the last seen", "OracleStale", |feed| feed.published -= 1),
    ("wide confidence", "OracleUncertain", |feed| feed.confidence = 310_000_000),
    ("confidence beyond the price", "OracleUncertain", |feed| feed.confidence = u64::MAX / 2),
    ("pumped", "OracleJumping", |feed| feed.price = feed.price / 10 * 12),
    ("dumped", "OracleJumping", |feed| feed.price = feed.price / 10 * 8),
    ("worth nothing", "OracleJumping", |feed| feed.price = 1),
];
const PULL_FLAWS: [Flaw; 2] = [
    ("partly verified", "OracleNotPositive", |feed| feed.verified = false),
    ("another feed", "OracleNotPositive", |feed| feed.kind = FeedKind::Pull([9; 32])),
];
const PUSH_FLAWS: [Flaw; 1] = [("halted", "OracleHalted", |feed| feed.trading = false)];

/// Alice is long 1 SOL of a perpetual on 1,000 USDC, and everything that SOL needs is refused
/// with `name`, but for deposits.
fn assert_only_deposits(world: &mut World, what: &str, name: &str) {
    let refused = |outcome, action: &str| {
        let failure: plimsoll_tests::Failure = match outcome {
            Err(failure) => failure,
            Ok(_) => panic!("{what}: {action} went through"),
        };
        assert_eq!(failure.name, name, "{what}, {action}: {failure:?}");
    };
    refused(world.trade("alice", "bob", "SOL-PERP", 1, "150"), "open");
    refused(world.trade("alice", "bob", "SOL-PERP", -1, "150"), "reduce");
    refused(world.trade("alice", "bob", "BTC-PERP", 1, "100000"), "open elsewhere");
    refused(world.withdraw("alice", "USDC", USDC), "withdraw");
    refused(world.liquidate("carol", "alice", &Bid::slice()), "liquidate");
    refused(world.mark("alice"), "mark");
    world.deposit("alice", "USDC", USDC).unwrap();
    world.deposit("alice", "SOL", SOL / 1_000).unwrap();
}

fn long_sol(world: &mut World) {
    traders(world, &[("alice", 1_000), ("bob", 100_000), ("carol", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 100, "150").unwrap();
    // The publish time that was last seen is now.
    world.refresh("SOL").unwrap();
}

/// The local group, SOL's source being this one.
fn with_source(source: SourceSpec) -> World {
    World::with(|markets| markets.underlyings[1].sources = vec![source])
}

fn assert_flaws(mut world: World, feed: &str, flaws: &[&[Flaw]]) {
    long_sol(&mut world);
    let sound = world.feeds[feed].clone();
    for (what, name, bend) in flaws.concat() {
        world.edit_feed(feed, bend);
        assert_only_deposits(&mut world, what, name);
        match name {
            // How the reference catches up with a jump.
            "OracleJumping" => world.refresh("SOL").map(|_| ()).unwrap(),
            _ => drop(expect_error(world.refresh("SOL"), name)),
        }
        world.edit_feed(feed, |feed| *feed = sound.clone());
    }
    // And with a sound price all of it works again.
    world.trade("alice", "bob", "SOL-PERP", 1, "150").unwrap();
    world.withdraw("alice", "USDC", USDC).unwrap();
    expect_error(world.mark("alice"), "NotLiquidatable");
}

#[test]
fn a_flawed_pull_price_lets_nobody_do_more_than_deposit() {
    assert_flaws(World::local(), "SOL/USD", &[&FLAWS, &PULL_FLAWS]);
}

#[test]
fn a_flawed_push_price_lets_nobody_do_more_than_deposit() {
    let world = with_source(SourceSpec::PythPush { account: "SOL push".into() });
    assert_flaws(world, "SOL push", &[&FLAWS, &PUSH_FLAWS]);
}

#[test]
fn an_account_that_was_closed_or_overwritten_is_no_price() {
    let mut world = World::local();
    long_sol(&mut world);
    let feed = world.feeds["SOL/USD"].clone();
    let mut other_kind = feed.data();
    other_kind[0] ^= 1;
    let cut_off = feed.data()[..60].to_vec();
    for (what, owner, data) in [
        ("closed", Address::default(), Vec::new()),
        ("another discriminator", feed.owner, other_kind),
        ("cut off", feed.owner, cut_off),
        ("empty", feed.owner, Vec::new()),
    ] {
        world.vm.put(feed.address, owner, data);
        assert_only_deposits(&mut world, what, "OracleNotPositive");
        expect_error(world.refresh("SOL"), "OracleNotPositive");
    }
}

#[test]
fn an_account_that_a_signer_picks_must_be_right() {
    // Given an underlying that names a feed and no account.
    let feed = "ef0d8b6fda2ceba41da15d4095d1da392a0d2f8ed0c6c7bc0f4cfac8c280b56d";
    let mut world = with_source(SourceSpec::PythPull { account: None, feed: feed.into() });
    long_sol(&mut world);
    let sound = world.feeds[feed].clone();
    let flaws: [Flaw; 4] = [
        ("foreign owner", "OracleWrongOwner", |feed| feed.owner = PROGRAM_ID),
        ("partly verified", "OracleNotVerified", |feed| feed.verified = false),
        ("another feed", "OracleWrongFeed", |feed| feed.kind = FeedKind::Pull([9; 32])),
        ("zero", "OracleNotPositive", |feed| feed.price = 0),
    ];
    for (what, name, bend) in flaws {
        world.edit_feed(feed, bend);
        assert_only_deposits(&mut world, what, name);
        expect_error(world.refresh("SOL"), name);
        world.edit_feed(feed, |feed| *feed = sound.clone());
    }
    let mut other_kind = sound.data();
    other_kind[0] ^= 1;
    world.vm.put(sound.address, sound.owner, other_kind);
    assert_only_deposits(&mut world, "another discriminator", "OracleUnreadable");

    // Any update of that feed will do, wherever it was posted.
    let elsewhere = address("posted elsewhere");
    world.vm.put(elsewhere, sound.owner, sound.data());
    let FeedKind::Pull(id) = sound.kind else { unreachable!() };
    world.directory.posted.insert(id, elsewhere);
    world.withdraw("alice", "USDC", USDC).unwrap();
    // But none from before one that was seen.
    let mut older = sound.clone();
    older.published -= 1;
    world.vm.put(elsewhere, older.owner, older.data());
    expect_error(world.withdraw("alice", "USDC", USDC), "OracleStale");
}

/// The error of listing SOL on a feed that is bent before.
fn listing_error(source: Option<SourceSpec>, feed: &str, bend: Bend) -> String {
    let mut markets = Markets::local().without_expiries();
    if let Some(source) = source {
        markets.underlyings[1].sources = vec![source];
    }
    let mut ground = World::ground(markets);
    let mut bent = ground.feeds[feed].clone();
    bend(&mut bent);
    ground.vm.put(bent.address, bent.owner, bent.data());
    let outcome = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names);
    let text = outcome.unwrap_err().to_string();
    let reason = text.strip_prefix("could not list underlying 1, SOL: ").unwrap();
    reason.lines().next().unwrap().to_string()
}

#[test]
fn nothing_is_listed_on_a_flawed_price() {
    let flaws: [(&str, Bend); 7] = [
        ("OracleWrongOwner", |feed| feed.owner = PROGRAM_ID),
        ("OracleNotVerified", |feed| feed.verified = false),
        ("OracleWrongFeed", |feed| feed.kind = FeedKind::Pull([9; 32])),
        ("OracleUnreadable", |feed| feed.kind = FeedKind::Push),
        ("OracleNotPositive", |feed| feed.price = 0),
        ("OracleStale", |feed| feed.published -= 61),
        ("OracleUncertain", |feed| feed.confidence = 310_000_000),
    ];
    for (name, bend) in flaws {
        assert_eq!(listing_error(None, "SOL/USD", bend), name);
    }
    let push = || Some(SourceSpec::PythPush { account: "SOL push".into() });
    assert_eq!(listing_error(push(), "SOL push", |feed| feed.trading = false), "OracleHalted");
    assert_eq!(
        listing_error(push(), "SOL push", |feed| feed.kind = FeedKind::Pull([9; 32])),
        "OracleUnreadable"
    );
}

#[test]
fn two_sources_must_agree_trade_and_both_be_fresh() {
    let mut world = World::with(|markets| {
        let second = SourceSpec::PythPush { account: "SOL second".into() };
        markets.underlyings[1].sources.push(second);
    });
    long_sol(&mut world);
    let flaws: [Flaw; 7] = [
        ("1.1 % above", "OracleDispersed", |feed| feed.set("151.65", "0")),
        ("1.1 % below", "OracleDispersed", |feed| feed.set("148.35", "0")),
        ("stale", "OracleStale", |feed| feed.published -= 61),
        ("wide confidence", "OracleUncertain", |feed| feed.set("150", "3.1")),
        ("halted", "OracleHalted", |feed| feed.trading = false),
        ("halted without a price", "OracleNotPositive", |feed| {
            (feed.trading, feed.price) = (false, 0);
        }),
        ("foreign owner", "OracleNotPositive", |feed| feed.owner = PROGRAM_ID),
    ];
    let sound = world.feeds["SOL second"].clone();
    for (what, name, bend) in flaws {
        world.edit_feed("SOL second", bend);
        assert_only_deposits(&mut world, what, name);
        expect_error(world.refresh("SOL"), name);
        world.edit_feed("SOL second", |feed| *feed = sound.clone());
    }

    // Within 1 %: the first one's price counts, and for opening the worse of both.
    world.edit_feed("SOL second", |feed| feed.set("149", "0"));
    let report = world.view("alice");
    world.edit_feed("SOL second", |feed| *feed = sound.clone());
    let agreed = world.view("alice");
    assert_eq!(report.equity_quote_atoms, agreed.equity_quote_atoms);
    // 1 SOL long and what was deposited, a dollar lower.
    let lower = agreed.equity_initial_quote_atoms - report.equity_initial_quote_atoms;
    assert!((1_000_000..1_100_000).contains(&lower), "{lower}");
}

#[test]
fn a_jump_is_followed_second_by_second() {
    let mut world = local_with(&[("alice", 10_000), ("bob", 10_000)]);
    world.set_price("SOL", "169.9");
    expect_error(world.trade("alice", "bob", "SOL-PERP", 1, "169.9"), "OracleJumping");
    // Within the second nothing moves, however often it is refreshed.
    for _ in 0..3 {
        world.refresh("SOL").unwrap();
        expect_error(world.trade("alice", "bob", "SOL-PERP", 1, "169.9"), "OracleJumping");
    }

    // At 1 % a second, 150 becomes 153 in two seconds: still more than 10 % away; 154.53 is not.
    world.advance_seconds(2);
    world.refresh("SOL").unwrap();
    expect_error(world.trade("alice", "bob", "SOL-PERP", 1, "169.9"), "OracleJumping");
    world.advance_slots(3);
    world.refresh("SOL").unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1, "169.9").unwrap();
}

#[track_caller]
fn assert_stable(world: &World, millionths: u64) {
    let index = world.underlying("SOL");
    let stable = world.directory.underlying(index).unwrap().state.stable.price.price().unwrap();
    let expected = Price::from_decimal(millionths, -6).unwrap();
    let off = Price::distance_ratio_ceil(stable, expected);
    assert!(off <= Ratio::from_ppm(1), "{stable:?} is not {millionths} millionths");
}

#[test]
fn the_stable_price_has_a_slope_and_a_limit_to_catching_up() {
    let mut world = World::local();
    world.set_price("SOL", "160");
    // 0.01 % a second.
    world.advance_seconds(10);
    world.refresh("SOL").unwrap();
    assert_stable(&world, 150_150_000);
    // After an hour of silence no more than a minute is made up for.
    world.advance_seconds(3_600);
    world.refresh("SOL").unwrap();
    assert_stable(&world, 151_050_900);
    // It follows down at the same pace, and never past the price.
    world.set_price("SOL", "151");
    world.advance_seconds(2);
    world.refresh("SOL").unwrap();
    assert_stable(&world, 151_020_690);
    world.advance_seconds(20);
    world.refresh("SOL").unwrap();
    assert_stable(&world, 151_000_000);
}

#[test]
fn a_price_that_was_just_pumped_opens_no_new_risk() {
    let mut world = local_with(&[("bob", 100_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    world.set_price("SOL", "164");
    let report = world.view("alice");
    assert_near(report.equity_quote_atoms, 1_640_000_000, 1);
    assert_near(report.equity_initial_quote_atoms, 1_500_000_000, 1);

    // IM is 1.5 x 5 % of 1,640 = 123: 1,377 may be borrowed, not 1,378.
    expect_error(world.borrow("alice", "USDC", 1_378 * USDC, 1_378 * USDC), "BelowInitialMargin");
}

#[test]
fn a_collateral_without_a_price_counts_nothing_and_blocks_nobody_who_needs_it_not() {
    let mut world = local_with(&[("alice", 10_000), ("bob", 100), ("carol", 100_000)]);
    for name in ["alice", "bob"] {
        world.deposit(name, "SOL", 10 * SOL).unwrap();
    }
    // Bob has backed 2,000 of notional with 1,600; IM is 1.5 x 5 %, 150.
    world.trade("bob", "carol", "BTC-PERP", 200, "100000").unwrap();
    let feed = world.feeds["SOL/USD"].clone();
    for (what, owner, data) in
        [("closed", Address::default(), Vec::new()), ("overwritten", PROGRAM_ID, vec![1; 134])]
    {
        world.vm.put(feed.address, owner, data);
        // Alice is healthy without it: she trades, and takes out even the token itself.
        world.trade("alice", "carol", "BTC-PERP", 10, "100000").expect(what);
        world.withdraw("alice", "USDC", 10 * USDC).expect(what);
        world.withdraw("alice", "SOL", SOL).expect(what);
        let refused = world.trade("bob", "carol", "BTC-PERP", 1, "100000");
        expect_error(refused, "BelowInitialMargin");
        expect_error(world.withdraw("bob", "SOL", SOL), "BelowInitialMargin");
        // He may shrink all the same, and nobody may take his rows.
        world.trade("bob", "carol", "BTC-PERP", -10, "100000").expect(what);
        expect_error(world.liquidate("carol", "bob", &Bid::slice()), "NotLiquidatable");
    }
    world.vm.put(feed.address, feed.owner, feed.data());
    world.trade("bob", "carol", "BTC-PERP", 1, "100000").unwrap();
}

#[test]
fn where_the_quote_token_has_no_price_nothing_else_has_one() {
    let mut world = local_with(&[("alice", 10_000), ("bob", 10_000)]);
    world.edit_feed("USDC/USD", |feed| feed.published -= 61);

    expect_error(world.trade("alice", "bob", "SOL-PERP", 1, "150"), "OracleStale");
    // Of quote tokens alone an account is worth what it holds.
    world.withdraw("alice", "USDC", 1_000 * USDC).unwrap();
    world.deposit("alice", "BTC", BTC).unwrap();
}
