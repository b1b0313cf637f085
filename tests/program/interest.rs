//! What do borrowers pay, when, and who gets it?
//!
//! All sums by hand: 1,000 SOL are deposited, and the curve runs from nothing over 8 % at 80 % and
//! 40 % at 90 % to 200 % at all of it; a tenth of the interest is set aside.

use plimsoll_client::instruction::Bid;
use plimsoll_migrations::Markets;
use plimsoll_tests::{assert_near, expect_error, Failure, World, SOL, USDC};

use crate::given::traders;

const DAY: u64 = 86_400;
const WEEK: u64 = 7 * DAY;

/// Lena has deposited 1,000 SOL, of which bob, with a million USDC, has borrowed `borrowed`.
fn lent_in(borrowed: u64, change: impl FnOnce(&mut Markets)) -> World {
    let mut world = World::with(change);
    traders(&mut world, &[("bob", 1_000_000)]);
    world.open("lena").unwrap();
    world.deposit("lena", "SOL", 1_000 * SOL).unwrap();
    if borrowed > 0 {
        world.borrow("bob", "SOL", borrowed * SOL, u64::MAX).unwrap();
    }
    world
}

fn lent(borrowed: u64) -> World {
    lent_in(borrowed, |_| ())
}

/// Time passes in `parts` of so many seconds each, the interest counted after each.
fn pass(world: &mut World, parts: u64, seconds: u64) {
    for _ in 0..parts {
        world.advance_seconds(seconds);
        world.refresh_collateral("SOL").unwrap();
    }
}

/// Whole atoms that were set aside of a token.
fn reserve(world: &World, token: &str) -> i64 {
    i64::try_from(world.collateral(token).reserve.to_i128() >> 48).unwrap()
}

/// What the vault can pay, by the log.
fn payable(failure: &Failure) -> u64 {
    let says = |line: &String| {
        let amount = line.strip_prefix("Program log: the vault can pay ")?;
        amount.strip_suffix(" token atoms")?.parse().ok()
    };
    failure.logs.iter().find_map(says).unwrap()
}

#[test]
fn the_rate_runs_along_the_curve_and_turns_at_its_kinks() {
    // Utilisation in SOL of 1,000, and the yearly rate there in parts per million.
    for (borrowed, rate_ppm) in [
        (0, 0_u128),
        (100, 10_000),
        (400, 40_000),
        (800, 80_000),
        (850, 240_000),
        (900, 400_000),
        (950, 1_200_000),
        (1_000, 2_000_000),
    ] {
        let world = lent_in(borrowed, |markets| {
            markets.tokens[1].utilisation_max = "100%".parse().unwrap();
        });

        let sol = world.collateral("SOL");

        // Per second in steps of 2^-64, against the borrower and against the lender.
        let per_second = (rate_ppm << 64).div_ceil(31_536_000 * 1_000_000);
        assert_eq!(u128::from(sol.borrow_rate), per_second, "{borrowed}");
        let passed_on = per_second * 9 * u128::from(borrowed) / 10_000;
        assert_eq!(u128::from(sol.deposit_rate), passed_on, "{borrowed}");
    }
}

#[test]
fn a_year_at_four_per_cent_costs_four_per_cent() {
    let mut world = lent(400);

    pass(&mut world, 73, 5 * DAY);

    // 16 SOL, of which 14.4 are the lender's.
    assert_near(world.balance("bob", "SOL"), -416_000_000_000, 2);
    assert_near(world.balance("lena", "SOL"), 1_014_400_000_000, 2);
    assert_near(reserve(&world, "SOL"), 1_600_000_000, 3);
    assert_eq!(world.vault("SOL"), 600 * SOL);
}

#[test]
fn interest_compounds_when_balances_change_and_not_before() {
    // Half a year at 4 % makes 408 of 1,007.2: 40.5084 % of it, the last digit up, and the rate a
    // tenth of that. The second half makes 408 · 2.02542 % = 8.2637136 more, 7.43734224 of them
    // the lender's.
    let mut world = lent(400);
    pass(&mut world, 27, 584_000);
    assert_near(world.balance("bob", "SOL"), -408_000_000_000, 2);
    assert_near(world.balance("lena", "SOL"), 1_007_200_000_000, 2);
    world.deposit("lena", "SOL", 1).unwrap();

    pass(&mut world, 27, 584_000);

    assert_near(world.balance("bob", "SOL"), -416_263_713_600, 3);
    assert_near(world.balance("lena", "SOL"), 1_014_637_342_240, 4);
    assert_near(reserve(&world, "SOL"), 800_000_000 + 826_371_360, 5);
}

#[test]
fn counting_often_comes_to_the_same() {
    // Six days: at once, and in 720 parts of 2, 4, 6 … 1,438 and again 720 seconds.
    let (mut once, mut often) = (lent(400), lent(400));
    once.advance_seconds(6 * DAY);
    once.refresh_collateral("SOL").unwrap();
    for seconds in (1..720).map(|part| 2 * part).chain([720]) {
        pass(&mut often, 1, seconds);
    }

    let (one, other) = (once.collateral("SOL"), often.collateral("SOL"));

    assert_eq!(one.accrued_at, other.accrued_at);
    assert_eq!(one.accrued_seconds, other.accrued_seconds);
    assert_eq!(one.deposit_index.to_u128(), other.deposit_index.to_u128());
    assert_eq!(one.borrow_index.to_u128(), other.borrow_index.to_u128());
    for name in ["bob", "lena"] {
        assert_eq!(once.balance(name, "SOL"), often.balance(name, "SOL"));
    }
    // What is set aside is rounded down each time, and all in all by less than one atom.
    let missing = one.reserve.to_i128() - other.reserve.to_i128();
    assert!((0..1 << 48).contains(&missing), "{missing}");
}

#[test]
fn one_gap_costs_seven_days_at_most() {
    let (mut month, mut week) = (lent(400), lent(400));
    pass(&mut month, 1, 30 * DAY);
    pass(&mut week, 1, WEEK);

    let (one, other) = (month.collateral("SOL"), week.collateral("SOL"));

    assert_eq!(one.accrued_seconds, 7 * 86_400);
    assert_eq!(one.borrow_index.to_u128(), other.borrow_index.to_u128());
    assert_eq!(one.deposit_index.to_u128(), other.deposit_index.to_u128());
    // 400 · 4 % · 7 / 365.
    assert_near(month.balance("bob", "SOL"), -400_306_849_316, 1);
    // The rest of the month is forgotten, not postponed.
    month.refresh_collateral("SOL").unwrap();
    assert_eq!(month.collateral("SOL").accrued_seconds, 7 * 86_400);
    pass(&mut month, 1, 2);
    assert_eq!(month.collateral("SOL").accrued_seconds, 7 * 86_400 + 2);
}

#[test]
fn what_is_set_aside_of_the_quote_token_goes_to_the_insurance_fund() {
    // Alice owes 40,000 of 100,000 USDC for a week: 30.6849315 of interest.
    let mut world = World::local();
    traders(&mut world, &[("zoe", 100_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 1_000 * SOL).unwrap();
    world.borrow("alice", "USDC", 40_000 * USDC, u64::MAX).unwrap();
    world.advance_seconds(WEEK);

    world.refresh_collateral("USDC").unwrap();

    assert_near(world.balance("alice", "USDC"), -40_030_684_932, 1);
    assert_near(world.balance("zoe", "USDC"), 100_027_616_438, 1);
    assert_near(i64::try_from(world.insurance()).unwrap(), 3_068_493, 1);
    let insurance = world.directory.insurance.state;
    assert_eq!(insurance.received_quote_atoms, insurance.balance_quote_atoms);
    assert_eq!(reserve(&world, "USDC"), 0);
    assert_eq!(world.vault("USDC"), 60_000 * USDC);
    // It is paid out of cash that lenders have left there.
    let fund = world.insurance();
    world.refresh_collateral("USDC").unwrap();
    assert_eq!(world.insurance(), fund);
}

#[test]
fn what_is_set_aside_of_another_token_stays_with_it() {
    let mut world = lent(400);
    pass(&mut world, 1, WEEK);
    assert_near(reserve(&world, "SOL"), 30_684_931, 1);
    assert_eq!(world.insurance(), 0);
}

#[test]
fn no_borrow_goes_above_the_utilisation_and_lenders_may() {
    let mut world = lent(0);
    expect_error(world.borrow("bob", "SOL", 950 * SOL + 1, u64::MAX), "UtilisationExceeded");
    world.borrow("bob", "SOL", 950 * SOL, u64::MAX).unwrap();
    expect_error(world.borrow("bob", "SOL", 1, u64::MAX), "UtilisationExceeded");
    // What a lender takes out is its own, as far as the vault has it.
    world.withdraw("lena", "SOL", 40 * SOL).unwrap();
    world.deposit("bob", "SOL", SOL).unwrap();
    // 949 and one of 960.
    expect_error(world.borrow("bob", "SOL", SOL, u64::MAX), "UtilisationExceeded");
    expect_error(world.withdraw("lena", "SOL", 11 * SOL + 1), "VaultIllLiquid");
    world.withdraw("lena", "SOL", 11 * SOL).unwrap();
}

#[test]
fn interest_counts_for_the_borrow_cap() {
    let mut world = lent_in(400, |markets| markets.tokens[1].borrow_cap = "400".parse().unwrap());
    pass(&mut world, 1, WEEK);
    // 400.3068 less one.
    world.deposit("bob", "SOL", SOL).unwrap();
    expect_error(world.borrow("bob", "SOL", 700_000_000, u64::MAX), "BorrowCapExceeded");
    expect_error(world.borrow("bob", "SOL", 693_150_685, u64::MAX), "BorrowCapExceeded");
    world.borrow("bob", "SOL", 693_150_680, u64::MAX).unwrap();
}

#[test]
fn the_log_says_what_the_vault_can_pay_after_interest() {
    let mut world = lent(400);
    pass(&mut world, 1, WEEK);

    let failure = expect_error(world.withdraw("lena", "SOL", 600 * SOL), "VaultIllLiquid");

    // 1,000.276164383 less 400.306849316: the vault's 600 less what is set aside.
    let most = payable(&failure);
    assert_near(i64::try_from(most).unwrap(), 599_969_315_067, 2);
    expect_error(world.withdraw("lena", "SOL", most + 1), "VaultIllLiquid");
    world.withdraw("lena", "SOL", most).unwrap();
    let failure = expect_error(world.withdraw("lena", "SOL", 2), "VaultIllLiquid");
    assert!(payable(&failure) <= 1);
}

#[test]
fn all_can_leave_after_interest_and_the_vault_keeps_what_was_set_aside() {
    let mut world = lent(400);
    traders(&mut world, &[("carol", 100_000)]);
    pass(&mut world, 3, WEEK);
    world.borrow("carol", "SOL", 7, 8).unwrap();
    world.deposit("carol", "SOL", 3 * SOL).unwrap();
    pass(&mut world, 3, 12_346);
    for (name, borrowed) in [("bob", true), ("carol", false), ("lena", false)] {
        let balance = world.balance(name, "SOL");
        assert_eq!(balance < 0, borrowed);
        match borrowed {
            true => world.deposit(name, "SOL", balance.unsigned_abs()).unwrap(),
            false => world.withdraw(name, "SOL", balance.unsigned_abs()).unwrap(),
        };
        assert_eq!(world.balance(name, "SOL"), 0);
    }

    let totals = world.collateral("SOL").totals();

    assert!(totals.deposits.is_zero() && totals.borrows.is_zero());
    let held = i64::try_from(world.vault("SOL")).unwrap();
    assert!(held >= reserve(&world, "SOL"));
    // A tenth of 400 · 4 % · 21 / 365, and of 400.92 · 3.994 % for the ten hours and a quarter.
    assert!((93_930_000..93_940_000).contains(&held), "{held}");
    assert_near(held, reserve(&world, "SOL"), 6);
    world.close("lena").unwrap();
}

#[test]
fn without_borrowers_nothing_accrues() {
    let mut world = lent(0);
    pass(&mut world, 2, WEEK);
    let sol = world.collateral("SOL");
    assert_eq!((sol.deposit_index.to_u128(), sol.borrow_index.to_u128()), (1 << 64, 1 << 64));
    assert_eq!(world.balance("lena", "SOL"), 1_000_000_000_000);
    assert_eq!(reserve(&world, "SOL"), 0);
}

#[test]
fn a_borrower_is_judged_by_what_it_owes_by_now() {
    // 100 SOL back 13,875. Of 16,000 USDC alice owes 12,800, a week later 19.638356 more, although
    // nobody counted them: 1,055.361644 are left.
    let mut world = World::local();
    traders(&mut world, &[("zoe", 16_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 100 * SOL).unwrap();
    world.borrow("alice", "USDC", 12_800 * USDC, u64::MAX).unwrap();
    world.advance_seconds(WEEK);
    expect_error(world.borrow("alice", "USDC", 1_055_361_650, u64::MAX), "BelowInitialMargin");
    world.borrow("alice", "USDC", 1_055_361_640, u64::MAX).unwrap();
}

/// Alice owes 12,800 of zoe's 16,000 USDC against 100 SOL, which back her by six USDC more than she
/// needs: 5 % of 13,480 are 674, and 680 are there.
fn near_its_line() -> World {
    let mut world = World::local();
    traders(&mut world, &[("zoe", 16_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 100 * SOL).unwrap();
    world.borrow("alice", "USDC", 12_800 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "134.8");
    world
}

#[test]
fn an_account_falls_below_its_line_by_interest_that_nobody_has_counted() {
    let mut world = near_its_line();
    expect_error(world.mark("alice"), "NotLiquidatable");

    world.advance_seconds(WEEK);

    // 19.6 of interest: 660 are left.
    let seen = world.view("alice");
    assert_near(seen.equity_quote_atoms, 660_360_000, 10_000);
    assert_eq!(seen.liquidatable, 1);
    assert_eq!(seen, world.report("alice"));
    world.mark("alice").unwrap();
}

#[test]
fn counting_the_time_changes_no_judgement() {
    // The last one is longer than what one accrual catches up.
    for seconds in [2, 3_600, 3 * DAY, WEEK, WEEK + 2, 30 * DAY] {
        let mut world = near_its_line();
        world.advance_seconds(seconds);
        let (alice, zoe) = (world.view("alice"), world.view("zoe"));
        let payable = world.view_withdrawable("zoe", "USDC");

        world.refresh_collateral("USDC").unwrap();

        assert_eq!(world.view("alice"), alice, "after {seconds} seconds");
        assert_eq!(world.view("zoe"), zoe, "after {seconds} seconds");
        assert_eq!(world.view_withdrawable("zoe", "USDC"), payable, "after {seconds} seconds");
        assert_eq!(world.report("alice"), alice, "after {seconds} seconds");
    }
}

/// All balances in both tokens after a bid of the keeper's on alice, a week after anybody counted
/// the interest, or with it counted right before the bid. Alice owes SOL that lena lent her, and the
/// keeper holds SOL: what it takes over is a debt no more.
fn balances_after_a_bid(counted: bool) -> Vec<i64> {
    let mut world = lent(400);
    traders(&mut world, &[("alice", 30_000), ("keeper", 50_000), ("zoe", 50_000)]);
    world.deposit("keeper", "SOL", 500 * SOL).unwrap();
    world.borrow("keeper", "USDC", 60_000 * USDC, u64::MAX).unwrap();
    world.borrow("alice", "SOL", 100 * SOL, u64::MAX).unwrap();
    // 30,000 less 28,800 against 5 % of that.
    world.walk_price("SOL", "288");
    for token in ["SOL", "USDC"] {
        world.refresh_collateral(token).unwrap();
    }
    world.advance_seconds(WEEK);
    if counted {
        for token in ["SOL", "USDC"] {
            world.refresh_collateral(token).unwrap();
        }
    }
    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();
    for token in ["SOL", "USDC"] {
        world.refresh_collateral(token).unwrap();
    }
    let names = ["lena", "bob", "alice", "keeper", "zoe"];
    names.iter().flat_map(|name| ["SOL", "USDC"].map(|token| world.balance(name, token))).collect()
}

#[test]
fn a_bid_sets_no_rate_for_the_time_before_it() {
    let (counted, not) = (balances_after_a_bid(true), balances_after_a_bid(false));
    assert_eq!(counted, not);
    // 500 of 1,500 SOL are lent: 400 · 10/3 % · 7 / 365, and a little for the walk of the price.
    assert_near(counted[2], -400_255_710_000, 100_000_000);
    assert!(counted[2] < -400_255_700_000, "{counted:?}");
}
