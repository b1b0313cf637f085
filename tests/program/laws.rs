//! Would the laws notice? Every other test relies on them, so each is shown one account that
//! breaks it.

use anchor_lang::Discriminator;
use bytemuck::Pod;
use plimsoll_client::decode::encode;
use plimsoll_client::invariants::check_step;
use plimsoll_client::{Keyed, PROGRAM_ID};
use plimsoll_tests::{World, USDC};

fn traded() -> World {
    let mut world = World::local();
    for name in ["alice", "bob"] {
        world.open(name).unwrap();
        world.deposit(name, "USDC", 10_000 * USDC).unwrap();
    }
    world.trade("alice", "bob", "SOL-PERP", 100, "150").unwrap();
    world
}

/// The law that is broken after an account was changed behind the program's back.
fn law_after<T: Pod + Discriminator>(
    pick: impl Fn(&World) -> Keyed<T>,
    change: impl FnOnce(&mut T),
) -> &'static str {
    let mut world = traded();
    assert_eq!(world.broken_law(), None);
    let mut account = pick(&world);
    change(&mut account.state);
    world.vm.put(account.address, PROGRAM_ID, encode(&account.state));
    world.reread();
    world.broken_law().map_or("none", |broken| broken.law)
}

#[test]
fn positions_that_do_not_cancel_are_noticed() {
    let law = law_after(|world| world.margin("alice"), |alice| alice.rows[1].lots += 1);
    assert_eq!(law, "POSITIONS_CANCEL");
}

#[test]
fn open_interest_that_nobody_holds_is_noticed() {
    let law = law_after(|world| world.directory.pools[0], |pool| pool.open_interest_lots += 1);
    assert_eq!(law, "OPEN_INTEREST_KNOWN");
}

#[test]
fn rows_that_the_pool_does_not_count_are_noticed() {
    let law = law_after(|world| world.directory.pools[0], |pool| pool.row_weight.low += 1);
    assert_eq!(law, "ROWS_COUNTED");
    let law = law_after(|world| world.margin("alice"), |alice| alice.rows[1].weight -= 1);
    assert_eq!(law, "ROWS_COUNTED");
    // A row without a weight, its pool in accord.
    let law = law_after(|world| world.margin("alice"), |alice| alice.rows[1].weight = 0);
    assert_eq!(law, "ROWS_ORDERED");
}

#[test]
fn quote_out_of_nowhere_is_noticed() {
    let law = law_after(|world| world.margin("alice"), |alice| alice.rows[1].quote.low += 1);
    assert_eq!(law, "QUOTE_FLOW_CLOSED");
    let law = law_after(|world| world.directory.pools[0], |pool| pool.fees_quote_atoms -= 1);
    assert_eq!(law, "QUOTE_FLOW_CLOSED");
}

#[test]
fn balances_that_the_totals_do_not_know_are_noticed() {
    let law = law_after(|world| world.margin("bob"), |bob| bob.rows[0].shares.low += 1);
    assert_eq!(law, "BALANCES_SUM");
}

#[test]
fn claims_that_the_vault_cannot_pay_are_noticed() {
    let insurance = |world: &World| world.directory.insurance;
    let law = law_after(insurance, |insurance| insurance.balance_quote_atoms += 1);
    assert_eq!(law, "VAULT_COVERS");
}

#[test]
fn rows_out_of_order_are_noticed() {
    let law = law_after(|world| world.margin("alice"), |alice| alice.rows.swap(0, 1));
    assert_eq!(law, "ROWS_ORDERED");
}

#[test]
fn an_index_or_a_counter_that_falls_is_noticed() {
    let world = traded();
    let before = &world.directory;

    let mut after = before.clone();
    after.collaterals[0].state.borrow_index.low = 0;
    after.collaterals[0].state.borrow_index.high = 0;
    assert_eq!(check_step(before, &after).unwrap_err().law, "INDICES_RISE");

    let mut after = before.clone();
    after.pools[0].state.volume_lots -= 1;
    assert_eq!(check_step(before, &after).unwrap_err().law, "COUNTERS_RISE");
}
