//! Does a trade move exactly what was agreed, between those who agreed, and only where it may?
//!
//! A lot of SOL-PERP is 0.01 SOL and a tick is 0.01 USDC per SOL: 100 quote atoms per lot.

use plimsoll_client::events::Traded;
use plimsoll_client::instruction::{open_account, trade, Deal};
use plimsoll_client::{pda, Instruction};
use plimsoll_migrations::{apply, SourceSpec};
use plimsoll_risk::Check;
use plimsoll_tests::{address, expect_error, keypair, World};

use crate::given::{local_with, traders};

/// Places of the accounts of `trade`.
const GROUP: usize = 2;
const FIRST: usize = 3;
const POOL: usize = 5;

fn two() -> World {
    local_with(&[("alice", 10_000), ("bob", 10_000)])
}

#[test]
fn each_side_pays_the_fee_rounded_up_on_the_exact_notional() {
    let mut world = two();

    // 7 lots at 15,001 ticks of 100 atoms: 10,500,700, and 0.02 % of it is 2,100.14.
    let receipt = world.trade("alice", "bob", "SOL-PERP", 7, "150.01").unwrap();

    assert_eq!(receipt.events::<Traded>()[0].fee_quote_atoms, 2_101);
    assert_eq!(world.position("alice", "SOL-PERP"), (7, -10_502_801));
    assert_eq!(world.position("bob", "SOL-PERP"), (-7, 10_498_599));
    let pool = world.directory.pool(0).unwrap().state;
    assert_eq!((pool.fees_quote_atoms, pool.open_interest_lots, pool.volume_lots), (4_202, 7, 7));
}

#[test]
fn a_round_trip_leaves_the_profit_less_four_fees() {
    let mut world = two();

    // Bought at 15,000,000, fee 3,000; sold at 15,100,000, fee 3,020.
    world.trade("alice", "bob", "SOL-PERP", 10, "150").unwrap();
    world.trade("alice", "bob", "SOL-PERP", -10, "151").unwrap();

    assert_eq!(world.position("alice", "SOL-PERP"), (0, 93_980));
    assert_eq!(world.position("bob", "SOL-PERP"), (0, -106_020));
    let pool = world.directory.pool(0).unwrap().state;
    assert_eq!((pool.fees_quote_atoms, pool.open_interest_lots), (12_040, 0));
    // Profit that was not settled keeps the account open.
    world.withdraw("alice", "USDC", 1).unwrap();
    expect_error(world.close("alice"), "AccountNotEmpty");
}

#[test]
fn a_position_flips_from_long_to_short_and_open_interest_follows() {
    let mut world = two();
    traders(&mut world, &[("carol", 10_000)]);
    let open_interest = |world: &World| world.directory.pool(0).unwrap().state.open_interest_lots;

    world.trade("alice", "bob", "SOL-PERP", 10, "150").unwrap();
    assert_eq!(open_interest(&world), 10);
    world.trade("alice", "bob", "SOL-PERP", -25, "150").unwrap();
    assert_eq!(open_interest(&world), 15);
    // -1,500,000 per lot: 10 bought, 25 sold, fees 3,000 and 7,500.
    assert_eq!(world.position("alice", "SOL-PERP"), (-15, 22_489_500));
    // Bob passes his long on: whoever holds it, it is the same open interest.
    world.trade("carol", "bob", "SOL-PERP", 15, "150").unwrap();
    assert_eq!(open_interest(&world), 15);
    world.trade("carol", "alice", "SOL-PERP", -15, "150").unwrap();
    assert_eq!(open_interest(&world), 0);
}

#[test]
fn the_price_must_lie_in_the_band_around_the_index() {
    // 5 % around 150: 142.50 to 157.50.
    for (inside, outside) in [("157.49", "157.51"), ("142.51", "142.49")] {
        let mut world = two();
        let refused = world.trade("alice", "bob", "SOL-PERP", 1, outside);
        expect_error(refused, "PriceOutsideBand");
        let refused = world.trade("alice", "bob", "SOL-PERP", -1, outside);
        expect_error(refused, "PriceOutsideBand");
        world.trade("alice", "bob", "SOL-PERP", 1, inside).unwrap();
    }
}

#[test]
fn nothing_at_no_price_or_of_no_size_is_no_trade() {
    let mut world = two();
    expect_error(world.trade("alice", "bob", "SOL-PERP", 0, "150"), "ZeroAmount");
    expect_error(world.trade("alice", "bob", "SOL-PERP", 1, "0"), "PriceZero");
    // The widest arguments overflow a type, never a balance.
    for (lots, price_ticks) in [(i64::MAX, 15_000), (i64::MIN, 15_000), (1, u64::MAX)] {
        let deal = Deal { instrument: 0, lots, price_ticks };
        expect_error(send(&mut world, &deal), "MathOverflow");
    }
}

fn send(world: &mut World, deal: &Deal) -> plimsoll_tests::Outcome {
    let authorities = [&address("alice"), &address("bob")];
    let (alice, bob) = (world.margin("alice"), world.margin("bob"));
    let one = trade(&world.directory, authorities, &alice, &bob, deal).unwrap();
    world.send(&[one], &["alice", "bob"])
}

#[test]
fn open_interest_stops_at_its_cap_and_may_always_fall() {
    // A cap of 1 SOL: 100 lots.
    let mut world =
        World::with(|markets| markets.instruments[0].open_interest_cap = "1".parse().unwrap());
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000), ("carol", 1_000)]);
    let refused = world.trade("alice", "bob", "SOL-PERP", 101, "150");
    expect_error(refused, "OpenInterestCapExceeded");
    world.trade("alice", "bob", "SOL-PERP", 100, "150").unwrap();
    let refused = world.trade("carol", "bob", "SOL-PERP", 1, "150");
    expect_error(refused, "OpenInterestCapExceeded");

    // Passing it on and closing it are no growth; what was closed may be opened again.
    world.trade("carol", "alice", "SOL-PERP", 40, "150").unwrap();
    world.trade("bob", "carol", "SOL-PERP", 30, "150").unwrap();
    world.trade("alice", "bob", "SOL-PERP", 30, "150").unwrap();
    expect_error(world.trade("alice", "bob", "SOL-PERP", 1, "150"), "OpenInterestCapExceeded");
}

#[test]
fn below_initial_margin_a_position_may_shrink_and_not_grow() {
    // Given a long of 10 SOL at 150 on 200 USDC, and SOL at 140: equity 99.7, initial margin 105,
    // maintenance margin 70.
    let mut world = local_with(&[("alice", 200), ("bob", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "140");

    expect_error(world.trade("alice", "bob", "SOL-PERP", 1, "140"), "BelowInitialMargin");
    // A flip to a short of the same size carries the same risk and costs a fee.
    expect_error(world.trade("alice", "bob", "SOL-PERP", -2_000, "140"), "BelowInitialMargin");
    // New risk elsewhere is new risk.
    expect_error(world.trade("alice", "bob", "ETH-PERP", -1, "4000"), "BelowInitialMargin");
    expect_error(world.trade("bob", "alice", "SOL-PERP", -1, "140"), "BelowInitialMargin");
    // One SOL sheds 7 of the requirement. Sold at 133.01 it costs 6.99 and a fee of 0.027: the
    // account would give away more than it gains.
    expect_error(world.trade("alice", "bob", "SOL-PERP", -100, "133.01"), "BelowInitialMargin");
    world.trade("alice", "bob", "SOL-PERP", -100, "133.05").unwrap();
    world.trade("alice", "bob", "SOL-PERP", -1, "140").unwrap();
    assert!(world.health("alice", Check::Initial).surplus().unwrap().is_negative());
}

#[test]
fn opening_stops_at_initial_margin_to_the_lot() {
    // 7.5 % of 150 per SOL at 100 USDC, the fee of 0.03 per SOL coming out of it:
    // 100 / (11.25 + 0.03) = 8.8652 SOL.
    let mut world = local_with(&[("alice", 100), ("bob", 100_000)]);
    expect_error(world.trade("alice", "bob", "SOL-PERP", 887, "150"), "BelowInitialMargin");
    expect_error(world.trade("alice", "bob", "SOL-PERP", -887, "150"), "BelowInitialMargin");
    world.trade("alice", "bob", "SOL-PERP", 886, "150").unwrap();
}

#[test]
fn both_sides_must_sign() {
    for unsigned in [0, 1] {
        let mut world = two();
        let mut deal = world.deal("alice", "bob", "SOL-PERP", 1, "150");
        deal.accounts[unsigned].is_signer = false;
        let signer = ["bob", "alice"][unsigned];
        expect_error(world.send(&[deal], &[signer]), "MissingRequiredSignature");
    }
}

#[test]
fn a_stranger_trades_for_nobody_and_a_delegate_until_its_hour() {
    let mut world = two();
    let as_desk = |world: &World| -> Instruction {
        let mut deal = world.deal("alice", "bob", "SOL-PERP", 1, "150");
        deal.accounts[0].pubkey = address("desk");
        deal
    };
    let deal = as_desk(&world);
    expect_error(world.send(&[deal], &["desk", "bob"]), "NotAccountAuthority");
    let now = world.vm.now().time.get();
    world.delegate("alice", "desk", now + 10).unwrap();
    // Delegation is not mutual: bob's side is still bob's.
    let mut deal = as_desk(&world);
    deal.accounts[1].pubkey = address("desk");
    expect_error(world.send(&[deal], &["desk"]), "NotAccountAuthority");

    world.advance_seconds(8);
    let deal = as_desk(&world);
    world.send(&[deal], &["desk", "bob"]).unwrap();
    world.advance_seconds(2);
    assert_eq!(world.vm.now().time.get(), now + 10);
    let deal = as_desk(&world);
    expect_error(world.send(&[deal], &["desk", "bob"]), "DelegateExpired");
}

#[test]
fn one_signer_may_stand_for_both_sides() {
    let mut world = local_with(&[("alice", 1_000), ("alice/1", 1_000)]);

    world.trade("alice", "alice/1", "SOL-PERP", 10, "150").unwrap();

    assert_eq!(world.position("alice", "SOL-PERP").0, 10);
    assert_eq!(world.position("alice/1", "SOL-PERP").0, -10);
}

#[test]
fn an_account_cannot_trade_with_itself() {
    let mut world = two();
    let refused = world.trade("alice", "alice", "SOL-PERP", 10, "150");
    expect_error(refused, "ConstraintDuplicateMutableAccount");
}

#[test]
fn accounts_of_another_group_are_refused_at_every_place() {
    // Given a second group of the same owner with the same markets, where alice has an account.
    let mut world = two();
    let mut markets = world.markets.clone();
    markets.group.id = 1;
    apply(&mut world.vm, &keypair("owner"), &markets, &world.names).unwrap();
    let foreign = pda::group(&address("owner"), 1);
    let open = open_account(&address("payer"), &address("alice"), &foreign, 0);
    world.vm.run(&[open], &[&keypair("alice")]).unwrap();
    let margin = pda::margin(&foreign, &address("alice"), 0);

    let instrument = pda::instrument(&foreign, 0);
    let of_terms = world.directory.instrument(0).unwrap().address;
    let deal = world.deal("alice", "bob", "SOL-PERP", 1, "150");
    let terms = deal.accounts.iter().position(|meta| meta.pubkey == of_terms).unwrap();
    let places = [
        (GROUP, foreign, "WrongGroup"),
        (FIRST, margin, "WrongGroup"),
        (POOL, pda::pool(&instrument), "WrongGroup"),
        (terms, instrument, "RiskAccountUnexpected"),
        (GROUP + 4, pda::underlying(&foreign, 0), "RiskAccountUnexpected"),
    ];
    for (place, account, error) in places {
        let mut deal = deal.clone();
        deal.accounts[place].pubkey = account;
        expect_error(world.send(&[deal], &["alice", "bob"]), error);
    }
}

#[test]
fn a_contract_cannot_be_traded_at_the_price_of_another_underlying() {
    // BTC-PERP's pool and terms in the places of SOL's: a lot of 0.0001 BTC for a lot of 0.0001
    // SOL would be a gift.
    let mut world = two();
    let mut deal = world.deal("alice", "bob", "SOL-PERP", 1, "150");
    let (sol, btc) = (world.directory.instrument(0).unwrap(), world.directory.instrument(1));
    let at = deal.accounts.iter().position(|meta| meta.pubkey == sol.address).unwrap();
    deal.accounts[at].pubkey = btc.unwrap().address;
    deal.accounts[POOL].pubkey = world.directory.pool(1).unwrap().address;
    expect_error(world.send(&[deal.clone()], &["alice", "bob"]), "CorruptAccount");
    // The pool alone, so that open interest would be booked elsewhere.
    let mut deal = world.deal("alice", "bob", "SOL-PERP", 1, "150");
    deal.accounts[POOL].pubkey = world.directory.pool(1).unwrap().address;
    expect_error(world.send(&[deal], &["alice", "bob"]), "RiskAccountUnexpected");
}

#[test]
fn a_flawed_price_opens_nothing_and_the_flaw_is_named() {
    let mut world = two();
    let flaws: [(&str, &str, fn(&mut plimsoll_tests::Feed), &str); 7] = [
        ("SOL-PERP", "SOL/USD", |feed| feed.published -= 61, "OracleStale"),
        ("SOL-PERP", "SOL/USD", |feed| feed.published += 61, "OracleStale"),
        ("SOL-PERP", "SOL/USD", |feed| feed.set("150", "3.01"), "OracleUncertain"),
        ("SOL-PERP", "SOL/USD", |feed| feed.set("165.01", "0"), "OracleJumping"),
        ("SOL-PERP", "SOL/USD", |feed| feed.verified = false, "OracleNotPositive"),
        ("SOL-PERP", "SOL/USD", |feed| feed.set("0", "0"), "OracleNotPositive"),
        ("ETH-PERP", "ETH/USD", |feed| feed.trading = false, "OracleHalted"),
    ];
    for (instrument, name, flaw, error) in flaws {
        let sound = world.feeds[name].clone();
        let price = if instrument == "SOL-PERP" { "150" } else { "4000" };
        world.edit_feed(name, flaw);
        expect_error(world.trade("alice", "bob", instrument, 1, price), error);
        world.edit_feed(name, |feed| *feed = sound);
    }
    // At the very bounds all is well: 60 seconds, 2 %.
    world.edit_feed("SOL/USD", |feed| feed.set("150", "2.99"));
    world.advance_quietly(150);
    world.trade("alice", "bob", "SOL-PERP", 1, "150").unwrap();
    world.advance_quietly(3);
    expect_error(world.trade("alice", "bob", "SOL-PERP", 1, "150"), "OracleStale");
}

#[test]
fn a_position_with_a_flawed_price_blocks_trades_elsewhere() {
    // Its loss cannot be known.
    let mut world = two();
    world.trade("alice", "bob", "SOL-PERP", 1, "150").unwrap();
    world.edit_feed("SOL/USD", |feed| feed.published -= 61);
    expect_error(world.trade("alice", "bob", "BTC-PERP", 1, "100000"), "OracleStale");
}

#[test]
fn the_twenty_fifth_position_is_refused() {
    let mut world = World::with(|markets| {
        let sol = markets.instruments[0].clone();
        for number in 0..22 {
            let mut one = sol.clone();
            one.name = format!("SOL-{number}");
            markets.instruments.push(one);
        }
    });
    traders(&mut world, &[("alice", 10_000), ("bob", 10_000)]);
    let names: Vec<String> = world.markets.instruments.iter().map(|one| one.name.clone()).collect();
    let price = |name: &str| match name {
        "BTC-PERP" => "100000",
        "ETH-PERP" => "4000",
        _ => "150",
    };
    for name in &names[..24] {
        world.trade("alice", "bob", name, 1, price(name)).unwrap();
    }

    expect_error(world.trade("alice", "bob", &names[24], 1, "150"), "PositionRowsFull");

    // A flat position whose profit was not settled keeps its row; the others stay tradable.
    world.trade("alice", "bob", &names[23], 1, "150").unwrap();
}

#[test]
fn an_account_spans_no_more_underlyings_than_a_liquidation_could_load() {
    // 3 accounts for the quote underlying and its oracles, 1 USDC row, 4 for each position on an
    // underlying of its own: 4 + 13 * 4 = 56 is the most.
    let mut world = World::with(|markets| {
        let (sol, perp) = (markets.underlyings[1].clone(), markets.instruments[0].clone());
        for number in 0..11 {
            let (mut underlying, mut instrument) = (sol.clone(), perp.clone());
            underlying.name = format!("X{number}");
            if let SourceSpec::PythPull { account, .. } = &mut underlying.sources[0] {
                *account = Some(format!("X{number}/USD"));
            }
            instrument.name = format!("X{number}-PERP");
            instrument.underlying = underlying.name.clone();
            markets.underlyings.push(underlying);
            markets.instruments.push(instrument);
        }
    });
    traders(&mut world, &[("alice", 10_000), ("bob", 10_000)]);
    for (name, price) in [("SOL-PERP", "150"), ("BTC-PERP", "100000"), ("ETH-PERP", "4000")] {
        world.trade("alice", "bob", name, 1, price).unwrap();
    }
    for number in 0..10 {
        world.trade("alice", "bob", &format!("X{number}-PERP"), 1, "10").unwrap();
    }
    expect_error(world.trade("alice", "bob", "X10-PERP", 1, "10"), "TooManyUnderlyings");
}
