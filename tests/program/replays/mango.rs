//! The attack on Mango, 11 October 2022: one hand with two accounts, long and short of a thin
//! perpetual; the oracle price pumped tenfold within minutes; everything that the long's profit
//! seemed to back borrowed out of the vaults. The short was left behind with a debt.
//!
//! Here profit backs no withdrawal, opens at the stable price, and becomes money only as far as
//! losers have paid, at the stable price too.

use plimsoll_tests::{assert_near, expect_error, World, BTC, SOL, USDC};

use crate::given::traders;

/// What mallory puts into each of her two accounts (quote atoms).
const PUT_IN: i64 = 5_000_000_000_000;
/// Units that her accounts hold against each other.
const UNITS: i64 = 50_000;

/// Lenders with 50,000,000 USDC, 500 BTC and 100,000 SOL, and carol, an honest short of 10 SOL.
/// Mallory goes long and short 50,000 SOL at 150, of which the market is half a million deep.
fn thin() -> World {
    let mut world = World::with(|markets| {
        markets.underlyings[1].depth = "500_000".parse().unwrap();
        markets.tokens[2].borrow_cap = "250".parse().unwrap();
    });
    traders(&mut world, &[("lena", 50_000_000), ("carol", 10_000)]);
    world.deposit("lena", "BTC", 500 * BTC).unwrap();
    world.deposit("lena", "SOL", 100_000 * SOL).unwrap();
    traders(&mut world, &[("mallory", 5_000_000), ("mallory/1", 5_000_000)]);
    world.trade("mallory", "carol", "SOL-PERP", 1_000, "150").unwrap();
    world.trade("mallory", "mallory/1", "SOL-PERP", UNITS * 100, "150").unwrap();
    world
}

/// Nothing leaves by any way that is open to the owner of both accounts.
fn nothing_leaves(world: &mut World) {
    for name in ["mallory", "mallory/1"] {
        assert_eq!(world.view_withdrawable(name, "USDC"), 0);
        expect_error(world.withdraw(name, "USDC", 1), "BelowInitialMargin");
        for (token, atoms) in [("USDC", 10_000_000 * USDC), ("BTC", BTC), ("SOL", SOL)] {
            expect_error(world.borrow(name, token, atoms, u64::MAX), "BelowInitialMargin");
        }
    }
}

#[test]
fn a_price_pumped_at_once_is_no_price() {
    let mut world = thin();
    world.set_price("SOL", "1500");
    for name in ["mallory", "mallory/1", "carol"] {
        expect_error(world.settle(name, "SOL-PERP", None), "OracleJumping");
    }
    let more = world.trade("mallory", "mallory/1", "SOL-PERP", 100, "1500");
    expect_error(more, "OracleJumping");
    for name in ["mallory", "mallory/1"] {
        for (token, atoms) in [("USDC", 1), ("BTC", 1), ("SOL", 1)] {
            expect_error(world.borrow(name, token, atoms, u64::MAX), "OracleJumping");
        }
    }
}

#[test]
fn a_price_pumped_within_minutes_lets_nothing_out() {
    let mut world = thin();
    let began = world.vm.now().time.get();
    world.walk_price("SOL", "1500");
    let seconds = world.vm.now().time.get() - began;
    assert!((200..=300).contains(&seconds), "{seconds}");
    // By the oracle mallory has won 67,500,000 and more: 13 times what she put into the account.
    assert!(world.view("mallory").equity_quote_atoms > 14 * PUT_IN);
    nothing_leaves(&mut world);

    // She settles both. What the short pays and the long gets is measured at the stable price,
    // which came up by 0.01 % a second: at most 150 · (1.0001^300 - 1) = 4.57 per SOL.
    world.settle("mallory/1", "SOL-PERP", None).unwrap();
    world.settle("mallory", "SOL-PERP", None).unwrap();
    let won = world.balance("mallory", "USDC") - PUT_IN;
    assert!((1..=4_570_000 * (UNITS + 10)).contains(&won), "{won}");
    let lost = PUT_IN - world.balance("mallory/1", "USDC");
    // She moved it out of her own pocket: the fees of both remain.
    assert!(won <= lost, "{won} of {lost}");
    nothing_leaves(&mut world);

    // Nor is carol made to pay for the pump: 10 SOL at the stable price, and 0.30.
    world.settle("carol", "SOL-PERP", None).unwrap();
    let paid = 10_000_000_000 - world.balance("carol", "USDC");
    assert!((1..=45_700_000 + 300_000).contains(&paid), "{paid}");
}

#[test]
fn when_the_price_is_back_nobody_has_lost_anything_but_mallory() {
    let mut world = thin();
    world.walk_price("SOL", "1500");
    world.settle("mallory/1", "SOL-PERP", None).unwrap();
    world.settle("mallory", "SOL-PERP", None).unwrap();
    world.walk_price("SOL", "150");
    for _ in 0..10 {
        world.advance_seconds(60);
        world.refresh("SOL").unwrap();
    }

    // All of it is unwound, and all of it taken out.
    world.trade("mallory", "mallory/1", "SOL-PERP", -UNITS * 100, "150").unwrap();
    world.trade("mallory", "carol", "SOL-PERP", -1_000, "150").unwrap();
    // Losers first, so that there is cash.
    for _ in 0..2 {
        for name in ["mallory/1", "carol", "mallory"] {
            // Who has nothing to settle any more says so.
            let _ = world.settle(name, "SOL-PERP", None);
        }
    }
    let total = world.balance("mallory", "USDC") + world.balance("mallory/1", "USDC");
    // 0.02 % of 7,500,000 on both sides and both ways, and of 1,500 twice.
    assert_near(total, 2 * PUT_IN - 6_000_000_000 - 600_000, 5);
    assert_near(world.balance("carol", "USDC"), 10_000_000_000 - 600_000, 3);
    for (token, atoms) in [("USDC", 50_000_000 * USDC), ("BTC", 500 * BTC), ("SOL", 100_000 * SOL)]
    {
        assert_eq!(world.balance("lena", token), i64::try_from(atoms).unwrap());
        world.withdraw("lena", token, atoms).unwrap();
    }
}
