//! Does a lender bear less of a bankruptcy where it is the one who bids?

use plimsoll_client::instruction::Bid;
use plimsoll_tests::{assert_near, World, SOL, USDC};

use crate::given::traders;

/// A group whose fund pays for no lenders, and where nobody pays interest.
fn uninsured() -> World {
    World::with(|markets| {
        for token in &mut markets.tokens[..2] {
            token.insurance_cap = "0".parse().unwrap();
            token.curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
        }
    })
}

#[test]
fn a_bidder_does_not_net_the_token_that_it_lent_out_of_the_loss() {
    // Alice owes 10 SOL against 1,700 USDC; then SOL is at 200. Lena and the keeper have lent 10 each:
    // of the 1.5 that are missing each bears one half, though the debt meets all that the keeper lent.
    let mut world = uninsured();
    traders(&mut world, &[("alice", 1_700), ("keeper", 100_000)]);
    world.open("lena").unwrap();
    world.deposit("lena", "SOL", 10 * SOL).unwrap();
    world.deposit("keeper", "SOL", 10 * SOL).unwrap();
    world.borrow("alice", "SOL", 10 * SOL, 10 * SOL).unwrap();
    world.walk_price("SOL", "200");

    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    assert_near(world.balance("lena", "SOL"), 9_250_000_000, 3);
    // 9.25, less the 8.5 that are left of the debt.
    assert_near(world.balance("keeper", "SOL"), 750_000_000, 3);
    assert_near(world.balance("keeper", "USDC"), 101_700_000_000, 3);
}

#[test]
fn one_who_lent_all_of_it_may_bid() {
    let mut world = uninsured();
    traders(&mut world, &[("alice", 1_700), ("keeper", 100_000)]);
    world.deposit("keeper", "SOL", 11 * SOL).unwrap();
    world.borrow("alice", "SOL", 10 * SOL, 10 * SOL).unwrap();
    world.withdraw("keeper", "SOL", SOL).unwrap();
    world.walk_price("SOL", "200");

    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    assert_near(world.balance("keeper", "SOL"), 0, 3);
    assert_near(world.balance("keeper", "USDC"), 101_700_000_000, 3);
}

#[test]
fn a_bidder_does_not_pay_with_what_it_lent_before_it_has_borne_its_part() {
    // Alice owes 1,300 USDC against 10 SOL, which go to 100. Zoe and the keeper have lent 1,000 each,
    // and the keeper pays all of its own for the SOL.
    let mut world = uninsured();
    traders(&mut world, &[("zoe", 1_000), ("keeper", 1_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    world.borrow("alice", "USDC", 1_300 * USDC, u64::MAX).unwrap();
    world.walk_price("SOL", "100");

    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    assert_near(world.balance("zoe", "USDC"), 850_000_000, 3);
    assert_near(world.balance("keeper", "USDC"), -150_000_000, 3);
    assert_near(world.balance("keeper", "SOL"), 10_000_000_000, 3);
}

#[test]
fn a_bidder_gives_back_for_a_cleared_debt_after_it_has_borne_its_part_of_quote_tokens() {
    // Alice owes 5 SOL at 150 and 1,000 USDC against 0.03 BTC, which go to 50,000: of the 250 that are
    // missing four sevenths are the quote lenders', zoe and the keeper, with 1,000 each.
    let mut world = uninsured();
    traders(&mut world, &[("zoe", 1_000), ("keeper", 1_000)]);
    world.open("lena").unwrap();
    world.deposit("lena", "SOL", 20 * SOL).unwrap();
    world.open("alice").unwrap();
    world.deposit("alice", "BTC", 3_000_000).unwrap();
    world.borrow("alice", "USDC", 1_000 * USDC, u64::MAX).unwrap();
    world.borrow("alice", "SOL", 5 * SOL, u64::MAX).unwrap();
    world.walk_price("BTC", "50000");

    world.liquidate("keeper", "alice", &Bid::slice()).unwrap();

    assert_near(world.balance("lena", "SOL"), 19_285_714_285, 3);
    assert_near(world.balance("zoe", "USDC"), 928_571_428, 3);
    // The same part of its own; 1,500 for the BTC less 750 for the debt, and 107 given back of that.
    assert_near(world.balance("keeper", "USDC"), 928_571_428 - 857_142_857, 4);
    assert_near(world.balance("keeper", "SOL"), -4_285_714_286, 3);
    assert_near(world.balance("alice", "USDC"), 0, 1);
}
