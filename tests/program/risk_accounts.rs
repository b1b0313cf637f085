//! Can the list of risk accounts be bent? Nothing may be missing, doubled, foreign, out of order
//! or left over, and each has its own name, in every instruction that takes such a list.

use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::state::Underlying;
use plimsoll_client::{AccountMeta, AccountSource, Address, Instruction, PROGRAM_ID};
use plimsoll_tests::{address, expect_error, Outcome, World, SOL, USDC};

use crate::given::local_with;

/// The risk accounts of alice's rows: USDC, SOL, SOL-PERP and BTC-PERP.
const QUOTE_UNDERLYING: usize = 0;
const QUOTE_ORACLE: usize = 1;
const QUOTE: usize = 2;
const SOL_UNDERLYING: usize = 3;
const SOL_ORACLE: usize = 4;
const SOL_TOKEN: usize = 5;
const SOL_PERP: usize = 6;
const BTC_UNDERLYING: usize = 7;
const BTC_ORACLE: usize = 8;
const BTC_PERP: usize = 9;
const COUNT: usize = 10;

/// Alice is below her line, and bob, on the other side of everything, far above it. Both hold
/// the same four rows.
fn sunken() -> World {
    let mut world = local_with(&[("alice", 200), ("bob", 100_000), ("carol", 100_000)]);
    for name in ["alice", "bob"] {
        world.deposit(name, "SOL", SOL / 10).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("alice", "bob", "BTC-PERP", 1, "100000").unwrap();
    world.walk_price("SOL", "135");
    world
}

/// An instruction that takes the ten, where they begin in its list, and who signs.
struct Case {
    name: &'static str,
    one: Instruction,
    first: usize,
    signers: &'static [&'static str],
}

fn cases(world: &mut World) -> Vec<Case> {
    let (alice, carol) = (world.margin("alice"), world.margin("carol"));
    let trade = world.deal("alice", "bob", "SOL-PERP", -100, "135");
    let withdraw = world.withdrawal("bob", "SOL", SOL / 100, 0);
    let directory = &world.directory;
    let keeper = address("carol");
    let slice = ix::liquidate(directory, &keeper, &alice, &carol, &Bid::slice(), false).unwrap();
    let mark = ix::mark_account(directory, &alice).unwrap();
    let view = ix::view_account(directory, &alice).unwrap();
    let withdrawable =
        ix::view_withdrawable(directory, &alice, plimsoll_risk::RowKey::QUOTE).unwrap();
    let case = |name, one: Instruction, signers| {
        let first = one.accounts.len() - COUNT;
        Case { name, one, first, signers }
    };
    vec![
        case("trade", trade, &["alice", "bob"]),
        case("withdraw", withdraw, &["bob"]),
        case("liquidate", slice, &["carol"]),
        case("mark_account", mark, &[]),
        case("view_account", view, &[]),
        case("view_withdrawable", withdrawable, &[]),
    ]
}

/// Every instruction refuses a list that `bend` has bent with `name`.
#[track_caller]
fn assert_refused(world: &mut World, name: &str, bend: impl Fn(&mut Vec<AccountMeta>)) {
    for case in cases(world) {
        let mut one = case.one.clone();
        let mut tail = one.accounts.split_off(case.first);
        bend(&mut tail);
        one.accounts.extend(tail);
        match world.send(&[one], case.signers) {
            Err(failure) => assert_eq!(failure.name, name, "{}: {failure:?}", case.name),
            Ok(_) => panic!("{} took a list that should be {name}", case.name),
        }
    }
}

#[test]
fn the_list_is_taken_as_the_rows_dictate_it() {
    for at in 0..6 {
        let mut world = sunken();
        let case = cases(&mut world).remove(at);
        let kinds: Vec<usize> =
            case.one.accounts[case.first..].iter().map(|meta| size(&world, meta)).collect();
        assert_eq!(kinds[QUOTE_UNDERLYING], kinds[SOL_UNDERLYING]);
        assert_eq!(kinds[QUOTE_ORACLE], kinds[BTC_ORACLE]);
        assert_eq!(kinds[QUOTE], kinds[SOL_TOKEN]);
        assert_eq!(kinds[SOL_PERP], kinds[BTC_PERP]);

        world.send(&[case.one], case.signers).expect(case.name);
    }
}

fn size(world: &World, meta: &AccountMeta) -> usize {
    world.vm.account(&meta.pubkey).unwrap().unwrap().data.len()
}

#[test]
fn one_that_is_missing_at_the_end_is_missed() {
    let mut world = sunken();
    for left in [0, 1, QUOTE, SOL_UNDERLYING, SOL_ORACLE, SOL_PERP, BTC_PERP] {
        assert_refused(&mut world, "RiskAccountMissing", |list| list.truncate(left));
    }
}

fn without(list: &mut Vec<AccountMeta>, at: usize) {
    list.remove(at);
}

#[test]
fn one_that_is_missing_within_makes_the_next_one_wrong() {
    let mut world = sunken();
    assert_refused(&mut world, "RiskAccountForeign", |list| without(list, SOL_TOKEN));
    assert_refused(&mut world, "RiskAccountForeign", |list| without(list, SOL_UNDERLYING));
    assert_refused(&mut world, "OracleWrongFeed", |list| without(list, SOL_ORACLE));
    assert_refused(&mut world, "OracleWrongFeed", |list| without(list, QUOTE_ORACLE));
}

#[test]
fn one_too_many_is_surplus() {
    let mut world = sunken();
    let eth = world.directory.underlying(3).unwrap().address;
    for surplus in [eth, address("nobody"), PROGRAM_ID] {
        let meta = AccountMeta::new_readonly(surplus, false);
        assert_refused(&mut world, "RiskAccountSurplus", |list| list.push(meta.clone()));
    }
}

#[test]
fn one_that_comes_twice_is_a_duplicate() {
    let mut world = sunken();
    for (from, to) in [
        (SOL_UNDERLYING, BTC_UNDERLYING),
        (QUOTE_UNDERLYING, SOL_UNDERLYING),
        (SOL_PERP, BTC_PERP),
        (SOL_PERP, SOL_TOKEN),
    ] {
        let copy = |list: &mut Vec<AccountMeta>| list[to] = list[from].clone();
        assert_refused(&mut world, "RiskAccountDuplicate", copy);
    }
    for again in [SOL_PERP, SOL_UNDERLYING, BTC_ORACLE] {
        let push = |list: &mut Vec<AccountMeta>| list.push(list[again].clone());
        assert_refused(&mut world, "RiskAccountDuplicate", push);
    }
}

#[test]
fn one_of_another_program_or_kind_is_foreign() {
    let mut world = sunken();
    let mint = world.mint("SOL");
    let pool = world.directory.pool(2).unwrap().address;
    let btc = world.directory.collateral(&world.mint("BTC")).unwrap().address;
    // The bytes of the right account under another program.
    let copy = address("copy");
    let underlying = world.directory.underlying(1).unwrap().address;
    let data = world.vm.account(&underlying).unwrap().unwrap().data;
    world.vm.put(copy, address("another program"), data);
    for (at, foreign) in [
        (QUOTE_UNDERLYING, mint),
        (SOL_UNDERLYING, copy),
        (SOL_TOKEN, mint),
        (SOL_PERP, pool),
        (BTC_PERP, btc),
        (BTC_UNDERLYING, Address::default()),
    ] {
        let set = |list: &mut Vec<AccountMeta>| list[at].pubkey = foreign;
        assert_refused(&mut world, "RiskAccountForeign", set);
    }
}

/// Writes the accounts of alice's rows once more, as another group would have them.
fn of_another_group(world: &mut World, at: Address, group_offset: usize) -> Address {
    let there = address("of another group");
    let mut data = world.vm.account(&at).unwrap().unwrap().data;
    let own = world.directory.group.address.to_bytes();
    assert_eq!(data[8 + group_offset..][..32], own);
    data[8 + group_offset..][..32].copy_from_slice(&address("another group").to_bytes());
    world.vm.put(there, PROGRAM_ID, data);
    there
}

#[test]
fn one_of_another_group_is_not_expected() {
    let mut world = sunken();
    use plimsoll_client::state::{Collateral, Instrument};
    use std::mem::offset_of;
    let directory = world.directory.clone();
    for (at, own, offset) in [
        (SOL_UNDERLYING, directory.underlyings[1].address, offset_of!(Underlying, group)),
        (QUOTE_UNDERLYING, directory.underlyings[0].address, offset_of!(Underlying, group)),
        (SOL_TOKEN, directory.collaterals[1].address, offset_of!(Collateral, group)),
        (BTC_PERP, directory.instruments[1].address, offset_of!(Instrument, group)),
    ] {
        let other = of_another_group(&mut world, own, offset);
        let set = |list: &mut Vec<AccountMeta>| list[at].pubkey = other;
        assert_refused(&mut world, "RiskAccountUnexpected", set);
    }
}

#[test]
fn one_of_another_place_is_not_expected() {
    let mut world = sunken();
    let eth_perp = world.directory.instrument(2).unwrap().address;
    let eth = world.directory.underlying(3).unwrap().address;
    let btc = world.directory.collateral(&world.mint("BTC")).unwrap().address;
    for (at, other) in [(BTC_PERP, eth_perp), (BTC_UNDERLYING, eth), (SOL_TOKEN, btc)] {
        let set = |list: &mut Vec<AccountMeta>| list[at].pubkey = other;
        assert_refused(&mut world, "RiskAccountUnexpected", set);
    }
}

#[test]
fn their_order_is_part_of_the_rule() {
    let mut world = sunken();
    for (a, b, name) in [
        (SOL_TOKEN, SOL_PERP, "RiskAccountForeign"),
        (SOL_UNDERLYING, SOL_TOKEN, "RiskAccountForeign"),
        (SOL_UNDERLYING, BTC_UNDERLYING, "RiskAccountUnexpected"),
        (QUOTE_UNDERLYING, SOL_UNDERLYING, "RiskAccountUnexpected"),
        (SOL_PERP, BTC_PERP, "RiskAccountUnexpected"),
        (QUOTE, SOL_TOKEN, "RiskAccountUnexpected"),
        (SOL_ORACLE, BTC_ORACLE, "OracleWrongFeed"),
        (QUOTE_ORACLE, SOL_ORACLE, "OracleWrongFeed"),
    ] {
        assert_refused(&mut world, name, |list| list.swap(a, b));
    }
}

#[test]
fn an_oracle_account_that_the_underlying_does_not_name_is_refused() {
    let mut world = sunken();
    // The same update, byte for byte, under another address.
    let feed = world.feeds["SOL/USD"].clone();
    let copy = address("copy of the feed");
    world.vm.put(copy, feed.owner, feed.data());
    assert_refused(&mut world, "OracleWrongFeed", |list| list[SOL_ORACLE].pubkey = copy);
    let missing = address("nobody");
    assert_refused(&mut world, "OracleWrongFeed", |list| list[SOL_ORACLE].pubkey = missing);

    for at in [0, 1] {
        let mut one = ix::refresh_underlying(&world.directory, 1).unwrap();
        one.accounts[2].pubkey = [copy, missing][at];
        expect_error(world.send(&[one], &[]), "OracleWrongFeed");
    }
    let mut none = ix::refresh_underlying(&world.directory, 1).unwrap();
    none.accounts.truncate(2);
    expect_error(world.send(&[none], &[]), "RiskAccountMissing");
    let mut two = ix::refresh_underlying(&world.directory, 1).unwrap();
    two.accounts.push(AccountMeta::new_readonly(missing, false));
    expect_error(world.send(&[two], &[]), "RiskAccountSurplus");
}

/// Sends the instruction of this name with one risk account passed read-only.
fn read_only(world: &mut World, name: &str, at: usize) -> Outcome {
    let mut case = cases(world).into_iter().find(|case| case.name == name).unwrap();
    let meta = &mut case.one.accounts[case.first + at];
    assert!(meta.is_writable);
    meta.is_writable = false;
    world.send(&[case.one], case.signers)
}

#[test]
fn what_is_written_must_be_passed_writable() {
    let mut world = sunken();
    expect_error(read_only(&mut world, "withdraw", SOL_TOKEN), "ConstraintMut");
    expect_error(read_only(&mut world, "liquidate", SOL_TOKEN), "ConstraintMut");
    expect_error(read_only(&mut world, "liquidate", QUOTE), "ConstraintMut");
}

/// Bob takes over a part of alice's long, against which he is short himself: open interest falls,
/// so that the pool is written too.
fn netting_bid(world: &World) -> Instruction {
    let (alice, bob) = (world.margin("alice"), world.margin("bob"));
    let key = world.instrument_key("SOL-PERP").raw();
    let bid = Bid::rows(vec![plimsoll_client::BidRow { key, amount: 100 }]);
    ix::liquidate(&world.directory, &address("bob"), &alice, &bob, &bid, false).unwrap()
}

#[test]
fn the_pool_of_a_changed_open_interest_must_follow_and_be_the_right_one() {
    let mut world = sunken();
    let one = netting_bid(&world);
    let last = one.accounts.len() - 1;
    assert_eq!(one.accounts[last].pubkey, world.directory.pool(0).unwrap().address);

    let mut missing = one.clone();
    missing.accounts.pop();
    expect_error(world.send(&[missing], &["bob"]), "PoolMissing");
    let mut other = one.clone();
    other.accounts[last].pubkey = world.directory.pool(1).unwrap().address;
    expect_error(world.send(&[other], &["bob"]), "PoolMissing");
    let mut foreign = one.clone();
    foreign.accounts[last].pubkey = world.directory.insurance.address;
    // The insurance fund is among the declared accounts already.
    expect_error(world.send(&[foreign], &["bob"]), "ConstraintDuplicateMutableAccount");
    let mut twice = one.clone();
    twice.accounts.push(one.accounts[last].clone());
    expect_error(world.send(&[twice], &["bob"]), "PoolMissing");
    let mut read_only = one.clone();
    read_only.accounts[last].is_writable = false;
    expect_error(world.send(&[read_only], &["bob"]), "PoolMissing");

    world.send(&[one], &["bob"]).unwrap();
}

#[test]
fn a_declared_account_is_no_risk_account() {
    let mut world = sunken();
    // The margin account itself, which the instruction writes, in the place of the instrument.
    let alice = world.margin_address("alice");
    assert_refused_any(&mut world, |list| list[SOL_PERP].pubkey = alice);
    let group = world.directory.group.address;
    assert_refused_any(&mut world, |list| list[SOL_TOKEN] = AccountMeta::new(group, false));
    world.deposit("alice", "USDC", USDC).unwrap();
}

fn assert_refused_any(world: &mut World, bend: impl Fn(&mut Vec<AccountMeta>)) {
    for case in cases(world) {
        let mut one = case.one.clone();
        let mut tail = one.accounts.split_off(case.first);
        bend(&mut tail);
        one.accounts.extend(tail);
        assert!(world.send(&[one], case.signers).is_err(), "{}", case.name);
    }
}
