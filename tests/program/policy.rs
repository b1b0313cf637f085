//! Does every instruction owe what the one table says, and nothing that the table forgot?

use std::collections::BTreeSet;

use plimsoll::check::{Policy, POLICIES};
use plimsoll_client::instruction as ix;
use plimsoll_client::{Address, Instruction};
use plimsoll_tests::{World, SOL, USDC};

use crate::given::local_with;

const IDL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/idl/plimsoll.json");

fn instructions() -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(IDL).expect("run `cargo xtask build` first");
    let idl: serde_json::Value = serde_json::from_str(&text).unwrap();
    idl["instructions"].as_array().unwrap().clone()
}

#[test]
fn the_table_names_exactly_the_instructions_of_the_idl() {
    let idl = instructions();
    let idl: BTreeSet<&str> = idl.iter().map(|one| one["name"].as_str().unwrap()).collect();
    let table: BTreeSet<&str> = POLICIES.iter().map(|(_, name, _)| *name).collect();

    assert_eq!(table, idl);
    assert_eq!(table.len(), POLICIES.len(), "an instruction is in the table twice");
}

#[test]
fn the_table_says_what_the_design_says() {
    let of = |policy: Policy| -> Vec<&str> {
        let names = POLICIES.iter().filter(|(_, _, owed)| *owed == policy);
        names.map(|(_, name, _)| *name).collect()
    };

    assert_eq!(of(Policy::InitialOrReduce), ["withdraw", "trade"]);
    assert_eq!(of(Policy::Liquidation), ["liquidate"]);
    assert_eq!(of(Policy::ReadOnly), ["view_account", "view_underlying", "view_withdrawable"]);
}

#[test]
fn what_only_reads_declares_nothing_writable() {
    for one in instructions() {
        let name = one["name"].as_str().unwrap();
        let (_, _, policy) = POLICIES.iter().find(|(_, other, _)| *other == name).unwrap();
        let accounts = one["accounts"].as_array().unwrap();
        // What is tightened follows behind the declared accounts.
        let writes =
            name == "tighten" || accounts.iter().any(|account| account["writable"] == true);

        assert_eq!(writes, *policy != Policy::ReadOnly, "{name}");
    }
}

/// Bytes and lamports of everything that an instruction names.
fn contents(world: &World, one: &Instruction) -> Vec<(Address, u64, Vec<u8>)> {
    let accounts = one.accounts.iter().map(|meta| {
        let account = world.vm.svm.get_account(&meta.pubkey).unwrap();
        (meta.pubkey, account.lamports, account.data)
    });
    accounts.collect()
}

#[test]
fn what_only_reads_writes_nothing_even_where_it_could() {
    let mut world = local_with(&[("alice", 10_000), ("bob", 10_000)]);
    world.deposit("alice", "SOL", SOL).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 100, "150").unwrap();
    let account = world.margin("alice");
    let key = world.token_key("USDC");
    for mut one in [
        ix::view_account(&world.directory, &account).unwrap(),
        ix::view_withdrawable(&world.directory, &account, key).unwrap(),
    ] {
        for meta in &mut one.accounts {
            meta.is_writable = true;
        }
        let before = contents(&world, &one);

        world.send(std::slice::from_ref(&one), &[]).unwrap();

        assert_eq!(contents(&world, &one), before);
    }
    assert_eq!(world.balance("alice", "USDC"), i64::try_from(10_000 * USDC).unwrap());
}
