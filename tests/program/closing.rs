//! Can a contract be closed once everybody is paid out, and never before? Who gets what is left?

use bytemuck::Pod;
use plimsoll_client::decode::encode;
use plimsoll_client::events::ContractClosed;
use plimsoll_client::instruction as ix;
use plimsoll_client::state::Pool;
use plimsoll_client::{pda, Address, Keyed, PROGRAM_ID};
use plimsoll_tests::contracts::{call, contract_params, expiry_params, flat};
use plimsoll_tests::{address, expect_error, World, USDC};

use crate::given::traders;
use crate::options_trading::{listed, sample_window};

fn lamports(world: &World, of: &Address) -> u64 {
    world.vm.svm.get_account(of).map_or(0, |account| account.lamports)
}

fn put<T: Pod + anchor_lang::Discriminator>(world: &mut World, account: &Keyed<T>) {
    world.vm.put(account.address, PROGRAM_ID, encode(&account.state));
    world.reread();
}

fn pool(world: &World, instrument: &str) -> Keyed<Pool> {
    *world.directory.pool(world.instrument(instrument)).unwrap()
}

/// Everything of the first expiry takes over what a window at 154 settles at, and may be paid out.
fn settle_all(world: &mut World) {
    sample_window(world, |_| "154");
    for name in world.contracts() {
        world.refresh_array(&name).unwrap();
    }
    world.await_payouts();
}

/// Alice bought a call from bob, and both were paid out.
fn paid_out() -> World {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000), ("carol", 1_000)]);
    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    settle_all(&mut world);
    for name in ["alice", "bob"] {
        world.settle(name, "SOL-150-C", None).unwrap();
    }
    world
}

#[test]
fn a_settled_contract_is_closed_and_its_rent_goes_back() {
    let mut world = paid_out();
    world.trade("alice", "bob", "SOL-PERP", 10, "154").unwrap();
    let (at, payer) = (world.first_expiry(), address("payer"));
    let (known, listed) = (world.directory.instruments.len(), world.group().instrument_count);
    world.close_expiry("SOL", at).unwrap();

    for name in world.contracts() {
        let instrument = world.directory.instrument(world.instrument(&name)).unwrap().address;
        let [instrument, pool] = [instrument, pda::pool(&instrument)];
        let rent = lamports(&world, &instrument) + lamports(&world, &pool);
        let before = lamports(&world, &payer);

        let receipt = world.close_contract(&name).unwrap();

        assert!(rent > 0);
        // What pays the rents of tests pays their fees: one signature.
        assert_eq!(lamports(&world, &payer), before + rent - 5_000);
        assert_eq!((lamports(&world, &instrument), lamports(&world, &pool)), (0, 0));
        assert_eq!(receipt.events::<ContractClosed>()[0].instrument, instrument);
    }

    assert_eq!(world.directory.instruments.len(), known - 7);
    assert_eq!(world.directory.pools.len(), known - 7);
    // Numbers are not given out again.
    assert_eq!(world.group().instrument_count, listed);
    world.trade("alice", "bob", "SOL-PERP", -10, "154").unwrap();
}

#[test]
fn what_has_not_settled_is_not_closed() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    expect_error(world.close_contract("SOL-150-C"), "ContractNotSettled");
    // A perpetual never settles.
    expect_error(world.close_contract("ETH-PERP"), "ContractNotSettled");
    sample_window(&mut world, |_| "154");
    // The price is known, and not taken over.
    expect_error(world.close_contract("SOL-150-C"), "ContractNotSettled");
    world.refresh_array("SOL-150-C").unwrap();
    world.close_contract("SOL-150-C").unwrap();
}

#[test]
fn a_contract_of_which_anybody_has_a_row_stays() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    world.trade("alice", "bob", "SOL-160-C", 10, "9.9").unwrap();
    settle_all(&mut world);
    expect_error(world.close_contract("SOL-150-C"), "ContractInUse");
    world.settle("alice", "SOL-150-C", None).unwrap();
    expect_error(world.close_contract("SOL-150-C"), "ContractInUse");
    world.settle("bob", "SOL-150-C", None).unwrap();
    world.close_contract("SOL-150-C").unwrap();
    // Of the other one both still have a row.
    expect_error(world.close_contract("SOL-160-C"), "ContractInUse");
    // What expired worthless: the seller's position goes, and what it got for it waits until the
    // buyer's loss is paid in.
    world.settle("bob", "SOL-160-C", None).unwrap();
    expect_error(world.settle("bob", "SOL-160-C", None), "NothingToSettle");
    world.settle("alice", "SOL-160-C", None).unwrap();
    expect_error(world.close_contract("SOL-160-C"), "ContractInUse");
    world.settle("bob", "SOL-160-C", None).unwrap();
    world.close_contract("SOL-160-C").unwrap();
}

#[test]
fn a_row_that_a_bid_made_keeps_the_contract() {
    let mut world = listed(&[("alice", 200), ("bob", 100_000), ("keeper", 100_000)]);
    world.trade("bob", "alice", "SOL-150-C", 100, "13.7").unwrap();
    world.walk_price("SOL", "175");
    world.refresh_options();
    world.liquidate("keeper", "alice", &ix::Bid::slice()).unwrap();
    let key = world.instrument_key("SOL-150-C");
    let held = world.margin("keeper").state.row(key).unwrap().copied().unwrap();
    assert!(held.weight != 0);
    world.walk_price("SOL", "154");
    settle_all(&mut world);

    for name in ["alice", "bob", "keeper"] {
        if world.margin(name).state.row(key).unwrap().is_some() {
            expect_error(world.close_contract("SOL-150-C"), "ContractInUse");
        }
        // Whoever gets nothing yet comes again when losers have paid.
        world.settle(name, "SOL-150-C", None).ok();
    }
    for name in ["alice", "bob", "keeper"] {
        world.settle(name, "SOL-150-C", None).ok();
    }
    world.close_contract("SOL-150-C").unwrap();
}

#[test]
fn fees_and_dust_go_to_the_insurance_fund() {
    let mut world = World::unlaunched();
    let at = world.first_expiry();
    world.list_expiry("SOL", at, expiry_params(flat())).unwrap();
    let mut params = contract_params("FEES-C", call(150));
    params.instrument.trade_fee_ppm = 333;
    world.list_contract_by("SOL", at, params).unwrap();
    world.launch().unwrap();
    world.refresh_options();
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
    world.trade("alice", "bob", "FEES-C", 7, "13.7").unwrap();
    settle_all(&mut world);
    for name in ["alice", "bob"] {
        world.settle(name, "FEES-C", None).unwrap();
    }
    let left = pool(&world, "FEES-C").state;
    let before = (world.insurance(), world.vault("USDC"));
    assert!(left.fees_quote_atoms > 0 && left.cash_quote_atoms > 0);

    let receipt = world.close_contract("FEES-C").unwrap();

    // All that is left of its money, to the last atom; none of it left the vault.
    let cash = u64::try_from(left.cash_quote_atoms).unwrap();
    assert_eq!((world.insurance(), world.vault("USDC")), (before.0 + cash, before.1));
    let event = receipt.events::<ContractClosed>()[0];
    assert_eq!(event.collected_quote_atoms, left.cash_quote_atoms);
}

#[test]
fn a_debt_is_repaid_before_the_contract_is_closed() {
    let mut world = paid_out();
    // Losses of five atoms that nobody has paid.
    let mut owing = pool(&world, "SOL-150-C");
    owing.state.cash_quote_atoms -= 5;
    let debt = owing.state.debt.to_i128() + (5 << 48);
    owing.state.debt = plimsoll_client::state::Word128::from_i128(debt);
    put(&mut world, &owing);
    assert_eq!(world.broken_law(), None);

    expect_error(world.close_contract("SOL-150-C"), "InstrumentInDebt");
    // The fund's income repays it.
    world.trade("alice", "bob", "SOL-PERP", 100, "154").unwrap();
    world.walk_price("SOL", "150");
    for _ in 0..60 {
        world.advance_seconds(60);
        world.refresh("SOL").unwrap();
    }
    world.settle("alice", "SOL-PERP", None).unwrap();
    world.collect_fees("SOL-PERP").unwrap();
    world.repay_debt("SOL-150-C").unwrap();
    world.close_contract("SOL-150-C").unwrap();
}

#[test]
fn books_that_do_not_balance_are_not_closed() {
    for change in [
        (|pool: &mut Pool| pool.cash_quote_atoms += 1) as fn(&mut Pool),
        |pool| pool.fees_quote_atoms += 1,
        |pool| pool.settled_long_lots -= 1,
    ] {
        let mut world = paid_out();
        let mut bent = pool(&world, "SOL-150-C");
        change(&mut bent.state);
        put(&mut world, &bent);
        expect_error(world.close_contract("SOL-150-C"), "CorruptAccount");
    }
    let mut world = paid_out();
    let mut bent = *world.directory.instrument(world.instrument("SOL-150-C")).unwrap();
    bent.state.losses_pending_quote_atoms = 1;
    put(&mut world, &bent);
    expect_error(world.close_contract("SOL-150-C"), "LossesPending");
}

#[test]
fn nobody_gets_anothers_rent_or_closes_with_anothers_pool() {
    let mut world = paid_out();
    let one = world.contract_closing("SOL-150-C");
    let place = |at: &Address| one.accounts.iter().position(|meta| meta.pubkey == *at).unwrap();

    let mut greedy = one.clone();
    greedy.accounts[place(&address("payer"))].pubkey = address("mallory");
    expect_error(world.send(&[greedy], &[]), "WrongPayer");

    let (own, other) = (pool(&world, "SOL-150-C").address, pool(&world, "SOL-PERP").address);
    let mut mixed = one.clone();
    mixed.accounts[place(&own)].pubkey = other;
    expect_error(world.send(&[mixed], &[]), "WrongGroup");
    world.send(&[one], &[]).unwrap();
}

#[test]
fn a_contract_is_closed_once_and_does_not_come_back() {
    let mut world = paid_out();
    let one = world.contract_closing("SOL-150-C");
    let index = world.instrument("SOL-150-C");
    let instrument = pda::instrument(&world.directory.group.address, index);
    assert!(world.vm.run_as(&[one.clone(), one.clone()], &[]).is_err());
    let before = world.directory.clone();

    // Lamports that arrive in the same transaction keep nothing of it alive.
    let gift = transfer(&address("payer"), &instrument, 10_000_000);
    world.vm.run_as(&[one.clone(), gift], &[address("payer")]).unwrap();
    let left = world.vm.svm.get_account(&instrument).unwrap();
    assert_eq!((left.owner, left.data.len()), (Address::default(), 0));
    assert!(world.vm.run_as(&[one], &[]).is_err());

    // Its number is not the group's next one, whoever lists.
    let (payer, owner) = (address("payer"), address("owner"));
    let on = (world.underlying("SOL"), world.first_expiry());
    let params = contract_params("AGAIN-C", call(150));
    let again = ix::create_contract(&before, &payer, &owner, on, index, params).unwrap();
    assert!(world.vm.run_as(&[again], &[owner]).is_err());
    world.reread();
    assert_eq!(world.broken_law(), None);

    // Nobody trades it either.
    let (alice, bob) = (world.margin("alice"), world.margin("bob"));
    let deal = ix::Deal { instrument: index, lots: 1, price_ticks: 1 };
    let authorities = [&address("alice"), &address("bob")];
    let trade = ix::trade(&before, authorities, &alice, &bob, &deal).unwrap();
    assert!(world.vm.run_as(&[trade], &[address("alice"), address("bob")]).is_err());
    assert!(ix::trade(&world.directory, authorities, &alice, &bob, &deal).is_err());
}

/// The system program's third instruction.
fn transfer(from: &Address, to: &Address, lamports: u64) -> plimsoll_client::Instruction {
    let data = [2_u32.to_le_bytes().to_vec(), lamports.to_le_bytes().to_vec()].concat();
    plimsoll_client::Instruction {
        program_id: Address::default(),
        accounts: vec![
            plimsoll_client::AccountMeta::new(*from, true),
            plimsoll_client::AccountMeta::new(*to, false),
        ],
        data,
    }
}

#[test]
fn a_contract_that_nobody_ever_held_is_closed_too() {
    let mut world = listed(&[("alice", 1_000)]);
    settle_all(&mut world);
    for name in world.contracts() {
        world.close_contract(&name).unwrap();
    }
    world.withdraw("alice", "USDC", USDC).unwrap();
}

#[test]
fn what_has_settled_widens_nothing_any_more() {
    let mut world = listed(&[("alice", 1_000), ("bob", 1_000)]);
    let carried = |world: &mut World| world.underlying_state("SOL").open_interest_quote_atoms;
    world.trade("alice", "bob", "SOL-150-C", 10, "13.7").unwrap();
    world.trade("alice", "bob", "SOL-PERP", 10, "150").unwrap();
    world.refresh_instrument("SOL-PERP").unwrap();
    let lasting = carried(&mut world);
    world.refresh_instrument("SOL-150-C").unwrap();
    assert!(carried(&mut world) > lasting);
    settle_all(&mut world);
    world.settle("alice", "SOL-150-C", None).unwrap();
    // Whoever is not paid out yet widens nothing for others.
    world.refresh_instrument("SOL-150-C").unwrap();
    assert_eq!(carried(&mut world), lasting);
    world.settle("bob", "SOL-150-C", None).unwrap();
    world.close_contract("SOL-150-C").unwrap();
    assert_eq!(carried(&mut world), lasting);
}

#[test]
fn what_was_closed_widens_nothing() {
    let mut world = listed(&[("alice", 10_000_000), ("bob", 10_000_000)]);
    world.trade("alice", "bob", "SOL-150-C", 700_000, "13.7").unwrap();
    world.refresh_instrument("SOL-150-C").unwrap();
    let sol = usize::from(world.underlying("SOL"));
    let widened = |world: &mut World| {
        world.reread();
        let state = &world.directory.underlyings[sol].state;
        (state.open_interest_quote_atoms, state.widening_ppm)
    };
    // 10.5 million, half a million above where the scan range begins to widen.
    assert_eq!(widened(&mut world).0 / USDC, 10_500_000);
    assert!(widened(&mut world).1 > 1_000_000);
    settle_all(&mut world);
    for name in ["alice", "bob"] {
        world.settle(name, "SOL-150-C", None).unwrap();
    }

    // Lots that were paid out are kept in the pool, and move nothing.
    expect_error(world.close_contract("SOL-150-C"), "ContractInUse");
    world.refresh_instrument("SOL-150-C").unwrap();

    assert_eq!(widened(&mut world), (0, 1_000_000));
    world.close_contract("SOL-150-C").unwrap();
}
