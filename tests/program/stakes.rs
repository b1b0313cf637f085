//! Who owns the insurance fund, who bears its losses, and who may leave when?

use plimsoll_client::instruction::{self as ix, Bid};
use plimsoll_client::pda;
use plimsoll_tests::{address, assert_near, expect_error, Outcome, World, USDC};

use crate::given::{local_with, traders};

const COOL_DOWN: u64 = 604_800;
const WINDOW: u64 = 172_800;
/// Shares of the first staker per atom.
const FIRST: u128 = 1 << 20;

fn staked(all: &[(&str, u64)]) -> World {
    let mut world = World::local();
    for (name, usdc) in all {
        world.stake(name, usdc * USDC).unwrap();
    }
    world
}

/// All shares of a stake.
fn shares(world: &World, name: &str) -> u128 {
    let stake = world.stake_of(name);
    stake.shares.to_u128() + stake.exiting_shares.to_u128()
}

/// Asks for the exit of all that a staker has.
fn ask(world: &mut World, name: &str) -> Outcome {
    let all = shares(world, name);
    world.request_unstake(name, all)
}

/// Everything of a staker after the cool-down (quote atoms).
fn leave(world: &mut World, name: &str) -> i64 {
    ask(world, name).unwrap();
    world.advance_seconds(COOL_DOWN);
    let before = world.wallet_balance(name, "USDC");
    world.unstake(name).unwrap();
    i64::try_from(world.wallet_balance(name, "USDC") - before).unwrap()
}

/// Alice, long 10 SOL at 150 on 150 USDC, against bob; SOL at 130. The fund owes 13, a fifth of the
/// requirement of 65, to whoever takes her over, and 50.3 that she cannot pay.
fn bankrupt(world: &mut World) {
    traders(world, &[("alice", 150), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "130");
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
}

/// Dave trades so many lots of BTC with erin at a price, which then moves; the fees of both, paid in by
/// the loser, are the fund's.
fn earn(world: &mut World, lots: i64, price: &str, next: &str) {
    world.trade("dave", "erin", "BTC-PERP", lots, price).unwrap();
    world.walk_price("BTC", next);
    world.settle("dave", "BTC-PERP", None).unwrap();
    world.collect_fees("BTC-PERP").unwrap();
}

#[test]
fn stakes_buy_shares_at_what_the_fund_is_worth() {
    let mut world = staked(&[("sam", 1_000), ("tom", 500)]);
    assert_eq!(shares(&world, "sam"), 1_000_000_000 * FIRST);
    assert_eq!(shares(&world, "tom"), 500_000_000 * FIRST);
    assert_eq!(world.insurance(), 1_500 * USDC);
    assert_eq!(world.vault("USDC"), 1_500 * USDC);

    // 300 of income make 1.2 of each; zoe's 600 buy what 500 bought before, less the last atom.
    world.insure(300 * USDC).unwrap();
    world.stake("zoe", 600 * USDC).unwrap();

    let all = (1_500_000_000 + 1) * FIRST;
    assert_eq!(shares(&world, "zoe"), 600_000_000 * all / (1_800_000_000 + 1));
    assert_eq!(
        world.directory.insurance.state.stake_shares.to_u128(),
        all - FIRST + shares(&world, "zoe")
    );
    // What one puts in one could take out, but for an atom.
    assert_eq!(leave(&mut world, "sam"), 1_199_999_999);
    assert_near(leave(&mut world, "tom"), 600_000_000, 1);
    assert_near(leave(&mut world, "zoe"), 600_000_000, 1);
    assert!(world.insurance() <= 3);
    // A second stake of the same owner adds up.
    world.stake("sam", 5).unwrap();
    world.stake("sam", 7).unwrap();
    assert!(shares(&world, "sam") > 0);
    expect_error(world.stake("sam", 0), "ZeroAmount");
}

#[test]
fn fees_are_income_of_the_stakers() {
    let mut world = staked(&[("sam", 1_000), ("tom", 3_000)]);
    traders(&mut world, &[("alice", 10_000), ("bob", 10_000)]);
    world.trade("alice", "bob", "SOL-PERP", 10_000, "150").unwrap();
    // 0.02 % of 15,000 on each side.
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.settle("bob", "SOL-PERP", None).unwrap();
    world.collect_fees("SOL-PERP").unwrap();
    assert_near(leave(&mut world, "sam"), 1_001_500_000, 2);
    assert_near(leave(&mut world, "tom"), 3_004_500_000, 2);
}

#[test]
fn all_stakes_bear_losses_by_size_and_those_on_their_way_out_too() {
    let mut world = staked(&[("sam", 1_000), ("tom", 500)]);
    ask(&mut world, "sam").unwrap();
    bankrupt(&mut world);
    world.share_loss("alice", "SOL-PERP").unwrap();
    assert_near(i64::try_from(world.insurance()).unwrap(), 1_436_700_000, 3);

    world.advance_seconds(COOL_DOWN);
    world.unstake("sam").unwrap();

    // Two thirds of it.
    let paid = i64::try_from(world.wallet_balance("sam", "USDC")).unwrap();
    assert_near(paid, 957_800_000, 3);
    assert_near(leave(&mut world, "tom"), 478_900_000, 3);
}

#[test]
fn an_exit_opens_after_the_cool_down_and_closes_again() {
    let mut world = staked(&[("sam", 1_000)]);
    expect_error(world.unstake("sam"), "StakeNotExiting");
    let half = shares(&world, "sam") / 2;
    world.request_unstake("sam", half).unwrap();
    expect_error(world.unstake("sam"), "StakeCoolingDown");
    world.advance_seconds(COOL_DOWN - 2);
    expect_error(world.unstake("sam"), "StakeCoolingDown");
    // Asking again starts anew.
    world.request_unstake("sam", half).unwrap();
    world.advance_seconds(2);
    expect_error(world.unstake("sam"), "StakeCoolingDown");
    world.advance_seconds(COOL_DOWN - 2 + WINDOW);
    world.unstake("sam").unwrap();
    assert_eq!(world.wallet_balance("sam", "USDC"), 500 * USDC);
    expect_error(world.unstake("sam"), "StakeNotExiting");
    assert_eq!(shares(&world, "sam"), half);

    world.request_unstake("sam", half).unwrap();
    world.advance_seconds(COOL_DOWN + WINDOW + 2);
    expect_error(world.unstake("sam"), "StakeExitExpired");
    // Taken back.
    world.request_unstake("sam", 0).unwrap();
    expect_error(world.unstake("sam"), "StakeNotExiting");
    assert_eq!(leave(&mut world, "sam"), 500_000_000);
}

#[test]
fn nobody_asks_for_more_than_he_has() {
    let mut world = staked(&[("sam", 1_000)]);
    let all = shares(&world, "sam");
    expect_error(world.request_unstake("sam", all + 1), "StakeTooSmall");
    expect_error(world.request_unstake("sam", u128::MAX), "StakeTooSmall");
    world.request_unstake("sam", all).unwrap();
    expect_error(world.request_unstake("sam", all + 1), "StakeTooSmall");
}

#[test]
fn shares_of_a_fund_that_was_used_up_are_void() {
    let mut world = staked(&[("sam", 10)]);
    bankrupt(&mut world);
    assert_eq!(world.insurance(), 0);
    // At once, so that what comes in before anybody stakes anew is not his.
    expect_error(ask(&mut world, "sam"), "StakeVoid");

    world.stake("zoe", 100 * USDC).unwrap();

    assert_eq!(world.directory.insurance.state.epoch, 1);
    assert_eq!(shares(&world, "zoe"), 100_000_000 * FIRST);
    expect_error(ask(&mut world, "sam"), "StakeVoid");
    world.advance_seconds(COOL_DOWN);
    expect_error(world.unstake("sam"), "StakeVoid");
    // A new stake of his counts, and the old one does not come back with it.
    world.stake("sam", 50 * USDC).unwrap();
    assert_eq!(shares(&world, "sam"), 50_000_000 * FIRST);
    assert_eq!(world.stake_of("sam").exit_at, 0);
    assert_eq!(leave(&mut world, "zoe"), 100_000_000);
    assert_eq!(leave(&mut world, "sam"), 50_000_000);
}

#[test]
fn the_rent_of_a_stake_comes_back_when_it_is_worth_nothing() {
    let mut world = staked(&[("sam", 1_000)]);
    let at = pda::stake(&world.directory.insurance.address, &address("sam"));
    let lamports = |world: &World, at| world.vm.svm.get_account(&at).map_or(0, |one| one.lamports);
    let (own, rent) = (lamports(&world, address("sam")), lamports(&world, at));
    expect_error(world.close_stake("sam"), "StakeNotEmpty");
    // On their way out, shares are worth as much.
    ask(&mut world, "sam").unwrap();
    expect_error(world.close_stake("sam"), "StakeNotEmpty");
    world.advance_seconds(COOL_DOWN);
    world.unstake("sam").unwrap();

    world.close_stake("sam").unwrap();

    assert_eq!(lamports(&world, address("sam")), own + rent);
    assert_eq!(lamports(&world, at), 0);
    expect_error(world.close_stake("sam"), "AccountDataTooSmall");
    // Whoever comes back begins anew.
    world.stake("sam", 10 * USDC).unwrap();
    assert_eq!(shares(&world, "sam"), 10_000_000 * FIRST);
}

#[test]
fn the_rent_of_a_void_stake_comes_back() {
    let mut world = staked(&[("sam", 10)]);
    bankrupt(&mut world);
    world.stake("zoe", 100 * USDC).unwrap();

    world.close_stake("sam").unwrap();

    // Nobody else's shares are worth more or less by it.
    assert_eq!(leave(&mut world, "zoe"), 100_000_000);
}

#[test]
fn a_gift_before_the_second_stake_costs_whoever_gives_it() {
    // Mallory owns 2^20 of 2^21 shares when she gives 1,000. Sam's 100 buy 100 / 1,000 of 2^21,
    // and the last of them is worth less than 500 atoms.
    let mut world = World::local();
    world.stake("mallory", 1).unwrap();
    world.insure(1_000 * USDC).unwrap();
    world.stake("sam", 100 * USDC).unwrap();
    assert_eq!(shares(&world, "sam"), 209_715);
    let sam = leave(&mut world, "sam");
    assert!((99_999_500..=100_000_000).contains(&sam), "{sam}");
    assert_near(leave(&mut world, "mallory"), 500_000_000, 100);

    // One whose stake would buy nothing is told so.
    let mut world = World::local();
    world.stake("mallory", 1).unwrap();
    world.insure(10_000_000 * USDC).unwrap();
    expect_error(world.stake("sam", 4_000_000), "NothingReceived");
    world.stake("sam", 5_000_000).unwrap();
    assert_eq!(shares(&world, "sam"), 1);
}

#[test]
fn nobody_moves_a_stake_but_its_owner() {
    let mut world = staked(&[("sam", 1_000), ("mallory", 1)]);
    let fund = world.directory.insurance.address;
    let (own, others) =
        (pda::stake(&fund, &address("mallory")), pda::stake(&fund, &address("sam")));
    let wallet = world.wallet("mallory", "USDC");
    ask(&mut world, "sam").unwrap();
    world.advance_seconds(COOL_DOWN);
    for mut one in [
        ix::request_unstake(&world.directory, &address("mallory"), 0),
        ix::unstake(&world.directory, &address("mallory"), &wallet).unwrap(),
        ix::close_stake(&world.directory, &address("mallory")),
    ] {
        one.accounts
            .iter_mut()
            .filter(|meta| meta.pubkey == own)
            .for_each(|meta| meta.pubkey = others);
        expect_error(world.send(&[one], &["mallory"]), "NotAccountOwner");
    }
    // In his name, without his signature.
    for mut one in [
        ix::request_unstake(&world.directory, &address("sam"), 0),
        ix::unstake(&world.directory, &address("sam"), &wallet).unwrap(),
        ix::close_stake(&world.directory, &address("sam")),
    ] {
        expect_error(world.send(&[one.clone()], &["mallory"]), "SignatureFailure");
        one.accounts.iter_mut().for_each(|meta| meta.is_signer = false);
        expect_error(world.send(&[one], &["mallory"]), "MissingRequiredSignature");
    }
}

#[test]
fn stakes_are_not_lent() {
    let mut world = local_with(&[("zoe", 100)]);
    world.stake("sam", 1_000 * USDC).unwrap();
    expect_error(world.withdraw("zoe", "USDC", 100 * USDC + 1), "VaultIllLiquid");
    world.withdraw("zoe", "USDC", 100 * USDC).unwrap();
    assert_eq!(leave(&mut world, "sam"), 1_000_000_000);
}

#[test]
fn income_that_has_left_with_a_stake_repays_no_debt_out_of_the_next_one() {
    // SOL's contract owes what nobody may bear within the day's caps; then 36 of BTC's fees come in.
    let mut world = World::with(|markets| {
        markets.group.insurance_cap = "0".parse().unwrap();
        markets.instruments[0].insurance_cap = "0".parse().unwrap();
        markets.instruments[0].loss_cap = "1%".parse().unwrap();
    });
    world.stake("sam", 1_000 * USDC).unwrap();
    bankrupt(&mut world);
    world.share_loss("alice", "SOL-PERP").unwrap();
    let debt = world.pool("SOL-PERP").debt_floor().unwrap().get();
    assert!(debt > 35_000_000);
    traders(&mut world, &[("dave", 100_000), ("erin", 100_000)]);
    world.trade("dave", "erin", "BTC-PERP", 9_000, "100000").unwrap();
    world.walk_price("BTC", "99900");
    world.settle("dave", "BTC-PERP", None).unwrap();
    world.collect_fees("BTC-PERP").unwrap();
    assert_near(leave(&mut world, "sam"), 1_036_000_000, 2);

    world.stake("tom", 1_000 * USDC).unwrap();

    // But for the atom that was left.
    let outcome = world.repay_debt("SOL-PERP");
    if outcome.is_err() {
        expect_error(outcome, "NothingToRepay");
    }
    assert_near(world.pool("SOL-PERP").debt_floor().unwrap().get(), debt, 2);
    assert_near(leave(&mut world, "tom"), 1_000_000_000, 2);
    // What comes in from now on repays.
    world.trade("dave", "erin", "BTC-PERP", -9_000, "99900").unwrap();
    world.settle("dave", "BTC-PERP", None).unwrap();
    world.collect_fees("BTC-PERP").unwrap();
    let income = i64::try_from(world.insurance()).unwrap();
    assert!(income > 35_000_000);
    world.repay_debt("SOL-PERP").unwrap();
    assert_near(debt - world.pool("SOL-PERP").debt_floor().unwrap().get(), income.min(debt), 2);
}

#[test]
fn income_of_before_that_repays_another_debt_takes_nothing_from_later_income() {
    let mut world = World::with(|markets| {
        markets.group.insurance_cap = "0".parse().unwrap();
        for one in &mut markets.instruments {
            one.insurance_cap = "0".parse().unwrap();
            one.loss_cap = "1%".parse().unwrap();
        }
    });
    bankrupt(&mut world);
    world.share_loss("alice", "SOL-PERP").unwrap();
    traders(&mut world, &[("dave", 100_000), ("erin", 100_000), ("frank", 170)]);
    earn(&mut world, 9_000, "100000", "99900");
    let first = i64::try_from(world.insurance()).unwrap();
    // A second debt arises when that is there already, and waits for what comes then.
    world.trade("frank", "bob", "ETH-PERP", 400, "4000").unwrap();
    world.walk_price("ETH", "3400");
    world.liquidate("keeper", "frank", &Bid::slice()).unwrap();
    world.share_loss("frank", "ETH-PERP").unwrap();
    let debt = world.pool("ETH-PERP").debt_floor().unwrap().get();
    assert!(debt > 20_000_000, "{debt}");
    expect_error(world.repay_debt("ETH-PERP"), "NothingToRepay");
    world.repay_debt("SOL-PERP").unwrap();
    let left = i64::try_from(world.insurance()).unwrap();
    assert!(first - left > 30_000_000, "{left}");

    earn(&mut world, -9_000, "99900", "99800");

    let income = i64::try_from(world.insurance()).unwrap() - left;
    assert!(income > 30_000_000, "{income}");
    world.repay_debt("ETH-PERP").unwrap();
    assert_near(debt - world.pool("ETH-PERP").debt_floor().unwrap().get(), income.min(debt), 2);
}
