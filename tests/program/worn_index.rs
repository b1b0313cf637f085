//! How far may losses wear the index of a token's deposits down?

use plimsoll_client::instruction::Bid;
use plimsoll_tests::{expect_error, World, SOL};

use crate::given::traders;

/// Mallory lends seven atoms of SOL at 150, of which an account of her own with one atom of USDC borrows
/// six, worth 0.9 of it. At 180 they are worth 1.08; what is missing is rounded up to a whole atom, which
/// is as much as the debt. Only a seventh of the index is left.
fn wear(world: &mut World, round: u32) -> String {
    let name = format!("mallory/{round}");
    world.walk_price("SOL", "150");
    world.open(&name).unwrap();
    world.deposit(&name, "USDC", 1).unwrap();
    while world.balance("lena", "SOL") < 7 {
        world.deposit("lena", "SOL", 1).unwrap();
    }
    world.borrow(&name, "SOL", 6, 6).unwrap();
    world.walk_price("SOL", "180");
    name
}

#[test]
fn a_handful_of_atoms_does_not_wear_a_tokens_index_away() {
    let mut world = World::with(|markets| {
        markets.tokens[1].insurance_cap = "0".parse().unwrap();
        markets.tokens[1].curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
    });
    traders(&mut world, &[("keeper", 100_000)]);
    world.open("lena").unwrap();
    let refused = (0..8).find_map(|round| {
        let name = wear(&mut world, round);
        let outcome = world.liquidate("keeper", &name, &Bid::slice());
        outcome.is_err().then_some((name, outcome))
    });
    let (name, outcome) = refused.unwrap();
    expect_error(outcome, "LossBeyondDeposits");
    assert!(world.collateral("SOL").deposit_index().get() >= 1 << 48);
    // There is room for whatever others bring, and then for the loss.
    world.open("zoe").unwrap();
    world.deposit("zoe", "SOL", 400_000 * SOL).unwrap();
    world.liquidate("keeper", &name, &Bid::slice()).unwrap();
    let most = i64::try_from(400_000 * SOL).unwrap();
    assert!((most - 10..=most).contains(&world.balance("zoe", "SOL")));
}
