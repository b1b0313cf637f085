//! Does a keeper do what a group needs and hardly anybody is paid for, and nothing where nothing waits?

use plimsoll_client::decode::encode;
use plimsoll_client::instruction as ix;
use plimsoll_client::state::{Row, Word128};
use plimsoll_client::{pda, GroupDirectory, PROGRAM_ID};
use plimsoll_keeper::{upkeep, Chore, Config, Keeper};
use plimsoll_risk::Grade;
use plimsoll_tests::contracts::{call, contract_params, expiry_params, flat};
use plimsoll_tests::{address, assert_near, World, USDC};
use plimsoll_units::Shares;

use crate::closing_deleveraged::lamports;
use crate::given::{local_with, long_at, traders};
use crate::keeper_rents;
use crate::options_keeper::Cluster;
use crate::options_trading::{listed, sample_window};

const CALL: &str = "SOL-150-C";

/// A keeper that does upkeep.
fn keeper(world: &World, last_resort: bool) -> Keeper {
    let config = Config { upkeep: true, last_resort, ..Config::DEFAULT };
    Keeper::new(address("keeper"), world.margin_address("keeper"), config)
}

/// A round with what it knew of the group before. Nothing that it sends is refused.
fn round(world: &mut World, keeper: &mut Keeper, directory: &mut GroupDirectory) {
    keeper.round(&mut Cluster(world), directory).unwrap();
    assert!(keeper.metrics.refusals.is_empty(), "{:?}", keeper.metrics);
}

/// How often it did something.
fn did(keeper: &Keeper, name: &str) -> u64 {
    keeper.metrics.upkeep.get(name).copied().unwrap_or(0)
}

/// What is due, as it plans it.
fn due(world: &World, keeper: &Keeper) -> Vec<Chore> {
    upkeep(&world.snapshot(), &world.margin_accounts(), &keeper.account, &keeper.config).unwrap()
}

#[test]
fn where_nothing_waits_a_keeper_sends_nothing() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", CALL, 10, "13.7").unwrap();
    world.trade("alice", "bob", "SOL-PERP", 10, "150").unwrap();
    let mut keeper = keeper(&world, true);
    assert_eq!(due(&world, &keeper), []);
    let mut directory = world.directory.clone();
    for _ in 0..3 {
        round(&mut world, &mut keeper, &mut directory);
        assert!(keeper.metrics.upkeep.is_empty(), "{:?}", keeper.metrics);
        world.advance_seconds(30);
    }
    assert!(keeper.metrics.flawed.is_empty(), "{:?}", keeper.metrics);
}

/// An hour passes in which nothing may be paid out, and nothing is.
fn wait_an_hour(world: &mut World, keeper: &mut Keeper, directory: &mut GroupDirectory) {
    round(world, keeper, directory);
    assert_eq!((did(keeper, "settle_position"), due(world, keeper)), (0, vec![]));
    world.await_payouts();
}

#[test]
fn an_expiry_is_brought_from_its_last_sample_to_the_last_rent_without_anybody_else() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", CALL, 10, "13.7").unwrap();
    world.refresh_instrument(CALL).unwrap();
    let (names, at) = (world.contracts(), world.first_expiry());
    let group = world.directory.group.address;
    let contracts: Vec<_> =
        names.iter().map(|name| pda::instrument(&group, world.instrument(name))).collect();
    let expiry = world.directory.expiry(world.underlying("SOL"), at).unwrap().address;
    let mut keeper = keeper(&world, false);
    let mut directory = world.directory.clone();
    let left = at - 1_900 - world.vm.now().time.get();
    world.advance_seconds(u64::try_from(left).unwrap());
    while world.expiry("SOL", at).settled_at == 0 {
        round(&mut world, &mut keeper, &mut directory);
        world.advance_seconds(60);
    }
    // All take over the price, whoever holds them, and those that nobody holds are gone with the next round.
    round(&mut world, &mut keeper, &mut directory);
    round(&mut world, &mut keeper, &mut directory);
    let count = u64::try_from(names.len()).unwrap();
    assert_eq!(did(&keeper, "close_contract"), count - 1, "{:?}", keeper.metrics);
    assert_eq!((did(&keeper, "close_expiry"), lamports(&world, &expiry)), (1, 0));
    // What has settled widens nobody's scan range any more.
    assert_eq!(did(&keeper, "refresh_instrument"), 1);
    assert_eq!(world.underlying_state("SOL").open_interest_quote_atoms, 0);

    wait_an_hour(&mut world, &mut keeper, &mut directory);
    let rent = contracts.iter().map(|one| lamports(&world, one)).sum::<u64>();
    assert!(rent > 0);
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(did(&keeper, "settle_position"), 2, "{:?}", keeper.metrics);
    for name in ["alice", "bob"] {
        assert_eq!(world.margin(name).state.row_count, 1);
    }
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(did(&keeper, "close_contract"), count, "{:?}", keeper.metrics);
    assert!(contracts.iter().all(|one| lamports(&world, one) == 0));

    assert_eq!(due(&world, &keeper), []);
    let before = keeper.metrics.upkeep.clone();
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(keeper.metrics.upkeep, before);
}

#[test]
fn a_contract_that_was_left_before_it_settled_is_uncounted_and_closed_at_once() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", CALL, 10, "13.7").unwrap();
    world.refresh_instrument(CALL).unwrap();
    world.trade("alice", "bob", CALL, -10, "13.7").unwrap();
    sample_window(&mut world, |_| "154");
    for name in world.contracts() {
        world.refresh_array(&name).unwrap();
    }
    let mut keeper = keeper(&world, false);
    let close = Chore::CloseContract { instrument: world.instrument(CALL), counted: true };
    assert!(due(&world, &keeper).contains(&close));
    let mut directory = world.directory.clone();
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(did(&keeper, "close_contract"), 7, "{:?}", keeper.metrics);
    assert_eq!(did(&keeper, "refresh_instrument"), 0);
    assert_eq!(world.underlying_state("SOL").open_interest_quote_atoms, 0);
}

#[test]
fn whoever_settles_a_loss_is_rewarded_for_it() {
    let mut world = World::unlaunched();
    let at = world.first_expiry();
    world.list_expiry("SOL", at, expiry_params(flat())).unwrap();
    let mut params = contract_params("FEES-C", call(150));
    params.instrument.trade_fee_ppm = 3_333;
    world.list_contract_by("SOL", at, params).unwrap();
    world.launch().unwrap();
    world.refresh_options();
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", "FEES-C", 10, "13.7").unwrap();
    // Alice loses the 13.7 that she paid for it and a fee of 0.0457, and a part in a thousand of that is the keeper's.
    sample_window(&mut world, |_| "149");
    world.refresh_array("FEES-C").unwrap();
    world.await_payouts();
    let (mut keeper, mut directory) = (keeper(&world, false), world.directory.clone());
    let before = world.balance("keeper", "USDC");

    round(&mut world, &mut keeper, &mut directory);

    assert_eq!(did(&keeper, "settle_position"), 2, "{:?}", keeper.metrics);
    assert_near(world.balance("keeper", "USDC") - before, 13_745, 1);
    // What is left of the fees goes to the insurance fund with the contract.
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(did(&keeper, "close_contract"), 1, "{:?}", keeper.metrics);
    assert_eq!(due(&world, &keeper), []);
}

/// An expiry that has settled an hour ago, of which no contract knows, on an oracle that has stopped since.
fn settled_on_a_dead_feed() -> World {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", CALL, 10, "13.7").unwrap();
    sample_window(&mut world, |_| "154");
    world.await_payouts();
    world.edit_feed("SOL/USD", |feed| feed.published -= 61);
    world
}

#[test]
fn a_keeper_after_its_pay_alone_does_none_of_it() {
    let mut world = settled_on_a_dead_feed();
    let mut keeper = keeper(&world, false);
    keeper.config.upkeep = false;
    let mut directory = world.directory.clone();
    round(&mut world, &mut keeper, &mut directory);
    round(&mut world, &mut keeper, &mut directory);
    assert!(keeper.metrics.upkeep.is_empty(), "{:?}", keeper.metrics);
    // But for those that somebody holds, which could not be judged; it takes no price any more.
    assert!(world.instrument_state(CALL).is_settled());
    assert!(!world.instrument_state("SOL-140-C").is_settled());
}

#[test]
fn what_settles_is_taken_over_though_the_oracle_is_dead_by_then() {
    let mut world = settled_on_a_dead_feed();
    let mut keeper = keeper(&world, false);
    let mut directory = world.directory.clone();
    for _ in 0..3 {
        round(&mut world, &mut keeper, &mut directory);
    }
    let sol = world.underlying("SOL");
    assert_eq!(keeper.metrics.flawed[&(sol, Grade::Stale)], 3);
    assert_eq!(did(&keeper, "settle_position"), 2, "{:?}", keeper.metrics);
    assert_eq!(did(&keeper, "close_contract"), 7, "{:?}", keeper.metrics);
}

#[test]
fn the_rest_of_a_bankrupt_is_borne_before_winners_are_paid_out() {
    let mut world = listed(&[("alice", 200), ("bob", 1_000), ("keeper", 100_000)]);
    world.trade("bob", "alice", CALL, 100, "13.7").unwrap();
    sample_window(&mut world, |_| "200");
    for name in world.contracts() {
        world.refresh_array(&name).unwrap();
    }
    world.await_payouts();
    let mut directory = world.directory.clone();
    // 200 and the premium of 137, less 500: nobody leaves while that is nobody's.
    let mut idle = keeper(&world, false);
    round(&mut world, &mut idle, &mut directory);
    assert_eq!(did(&idle, "settle_position"), 0, "{:?}", idle.metrics);
    assert_ne!(world.position("bob", CALL).0, 0);

    let mut keeper = keeper(&world, true);
    round(&mut world, &mut keeper, &mut directory);

    assert_eq!((keeper.metrics.rests, keeper.metrics.losses_shared), (1, 1));
    assert_eq!(did(&keeper, "settle_position"), 2, "{:?}", keeper.metrics);
    assert_near(world.balance("bob", "USDC"), 1_200_000_000, 100_000);
    assert_eq!(world.pool(CALL).debt_floor().unwrap().get(), 0);
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(did(&keeper, "close_contract"), 1, "{:?}", keeper.metrics);
}

#[test]
fn a_loss_that_somebodys_bid_left_behind_is_shared() {
    let mut world = long_at(160, "120");
    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();
    assert!(world.listed("SOL-PERP").losses_pending_quote_atoms > 0);
    let mut keeper = keeper(&world, false);
    let mut directory = world.directory.clone();
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(did(&keeper, "share_loss"), 1, "{:?}", keeper.metrics);
    assert_eq!(world.listed("SOL-PERP").losses_pending_quote_atoms, 0);
    let before = keeper.metrics.upkeep.clone();
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(keeper.metrics.upkeep, before);
}

/// Alice has lost on a perpetual what she has paid in, and bob has not taken it out; both paid fees.
fn paid_in(lots: i64) -> World {
    let mut world = local_with(&[("alice", 10_000), ("bob", 10_000), ("keeper", 1_000)]);
    world.trade("alice", "bob", "SOL-PERP", lots, "150").unwrap();
    world.walk_price("SOL", "140");
    for _ in 0..60 {
        world.advance_seconds(60);
        world.refresh("SOL").unwrap();
    }
    world.settle("alice", "SOL-PERP", None).unwrap();
    world
}

#[test]
fn fees_are_collected_once_they_are_worth_a_transaction() {
    // Fees of 0.6 and of 6.
    for (lots, times) in [(1_000, 0), (10_000, 1)] {
        let mut world = paid_in(lots);
        let fees = world.pool("SOL-PERP").fees_quote_atoms;
        let (mut keeper, before) = (keeper(&world, false), world.insurance());
        let mut directory = world.directory.clone();
        for _ in 0..2 {
            round(&mut world, &mut keeper, &mut directory);
            assert_eq!(did(&keeper, "collect_fees"), times, "{fees} {:?}", keeper.metrics);
        }
        assert_eq!(world.insurance(), before + times * fees);
    }
}

#[test]
fn income_repays_a_debt_and_the_instrument_opens_again() {
    let mut world = paid_in(10_000);
    // A loss of five atoms beyond every cap, in another instrument.
    let eth = world.instrument("ETH-PERP");
    let mut owing = *world.directory.pool(eth).unwrap();
    owing.state.cash_quote_atoms -= 5;
    owing.state.debt = Word128::from_i128(5 << 48);
    world.vm.put(owing.address, PROGRAM_ID, encode(&owing.state));
    world.reread();
    assert_eq!(world.broken_law(), None);
    let mut keeper = keeper(&world, false);
    let mut directory = world.directory.clone();

    // There is no income yet: the fees bring it.
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!((did(&keeper, "collect_fees"), did(&keeper, "repay_debt")), (1, 0));
    assert_eq!(due(&world, &keeper), [Chore::RepayDebt { instrument: eth }]);
    round(&mut world, &mut keeper, &mut directory);

    assert_eq!(did(&keeper, "repay_debt"), 1, "{:?}", keeper.metrics);
    assert_eq!(world.pool("ETH-PERP").debt_floor().unwrap().get(), 0);
    assert_eq!(due(&world, &keeper), []);
}

#[test]
fn a_debt_that_has_nothing_beside_it_is_written_off() {
    let mut world = local_with(&[("bob", 100_000), ("keeper", 100_000)]);
    world.open("alice").unwrap();
    let mut account = world.margin("alice");
    let mut quote = world.directory.collaterals[0];
    let debt = Shares::new(-(i128::from(5 * USDC) << 48));
    let mut row = Row::new(quote.state.key());
    row.shares = debt.into();
    (account.state.rows[0], account.state.row_count, account.state.token_count) = (row, 1, 1);
    let borrowed = quote.state.borrow_shares.to_shares().checked_add(debt.abs().unwrap()).unwrap();
    quote.state.borrow_shares = borrowed.into();
    world.vm.put(quote.address, PROGRAM_ID, encode(&quote.state));
    world.vm.put(account.address, PROGRAM_ID, encode(&account.state));
    world.reread();
    let mut keeper = keeper(&world, false);
    let mut directory = world.directory.clone();

    for _ in 0..2 {
        round(&mut world, &mut keeper, &mut directory);
        assert_eq!(did(&keeper, "write_off_debt"), 1, "{:?}", keeper.metrics);
        assert_eq!(world.margin("alice").state.row_count, 0);
    }
}

#[test]
fn refused_upkeep_ends_no_round_and_waits_longer_each_time() {
    let mut world = paid_in(10_000);
    let mut keeper = keeper(&world, false);
    let collect = ix::collect_fees(&world.directory, world.instrument("SOL-PERP")).unwrap();
    // Ten slots after the first refusal, twenty after the second.
    for (asked, slots) in [(1, 9), (0, 1), (1, 19), (0, 1)] {
        assert_eq!(keeper_rents::round(&mut world, &mut keeper, Some(&collect)), asked);
        world.advance_slots(slots);
    }
    assert_eq!((did(&keeper, "collect_fees"), keeper.metrics.refusals["refused"]), (0, 2));
    keeper_rents::round(&mut world, &mut keeper, None);
    assert_eq!(did(&keeper, "collect_fees"), 1, "{:?}", keeper.metrics);
}

#[test]
fn a_keeper_goes_on_after_others_have_closed_an_expiry_that_it_knew() {
    let mut world = listed(&[("keeper", 1_000)]);
    let mut directory = world.directory.clone();
    let at = world.first_expiry();
    sample_window(&mut world, |_| "154");
    for name in world.contracts() {
        world.refresh_array(&name).unwrap();
    }
    world.close_expiry("SOL", at).unwrap();
    let mut keeper = keeper(&world, false);
    round(&mut world, &mut keeper, &mut directory);
    assert!(directory.expiries.is_empty());
    assert_eq!(did(&keeper, "close_contract"), 7, "{:?}", keeper.metrics);
}

#[test]
fn a_price_that_jumps_is_seen_by_whoever_reads_the_metrics() {
    let mut world = long_at(520, "150");
    let (mut keeper, mut directory) = (keeper(&world, false), world.directory.clone());
    let sol = world.underlying("SOL");
    world.set_price("SOL", "100");
    for times in 1..=2 {
        round(&mut world, &mut keeper, &mut directory);
        assert_eq!(keeper.metrics.flawed[&(sol, Grade::Jumping)], times);
        assert_eq!(keeper.metrics.slices, 0);
    }
    // Alice is far below her line, and is taken as soon as the references have followed.
    world.walk_price("SOL", "100");
    round(&mut world, &mut keeper, &mut directory);
    assert_eq!(keeper.metrics.flawed[&(sol, Grade::Jumping)], 2);
    assert_eq!(keeper.metrics.flawed.len(), 1, "{:?}", keeper.metrics);
    assert_eq!(keeper.metrics.slices, 1, "{:?}", keeper.metrics);
}
