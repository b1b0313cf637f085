//! Does a cluster of one's own get all that the market file names, and prices that stay fresh?

use std::collections::BTreeMap;

use plimsoll_client::oracle::source_quote;
use plimsoll_client::{
    instruction as ix, Address, GroupDirectory, StoredAccount, PYTH_PUSH, PYTH_RECEIVER,
};
use plimsoll_migrations::{
    apply, local, plan, underlying_params, Cluster, Local, Markets, PlanError, LOCAL_PRICES,
};
use plimsoll_tests::{address, expect_error, keypair, Vm};
use plimsoll_units::Price;

/// A cluster that has the stand-in at Pyth's addresses, and an owner with money.
fn cluster() -> Vm {
    let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy/local_prices.so");
    let so = std::fs::read(built).expect("run `cargo xtask build` first");
    let mut vm = Vm::new();
    for program in [PYTH_PUSH, PYTH_RECEIVER] {
        vm.svm.add_program(program, &so).unwrap();
    }
    vm.svm.airdrop(&address("owner"), 1_000_000_000_000).unwrap();
    vm
}

fn given() -> Local {
    Local::parse(LOCAL_PRICES).unwrap()
}

/// Makes what is missing, and tells what that was.
fn make(vm: &mut Vm) -> Vec<String> {
    let missing = given().missing(vm, &address("owner"), &Markets::local()).unwrap();
    let made = missing.into_iter().map(|(what, instructions)| {
        vm.send(&instructions, &[&keypair("owner")]).unwrap();
        what
    });
    made.collect()
}

fn post(vm: &mut Vm, given: &Local) {
    for one in given.post(vm, &address("owner"), &Markets::local()).unwrap() {
        vm.send(&[one], &[&keypair("owner")]).unwrap();
    }
}

#[test]
fn a_cluster_of_ones_own_is_brought_to_the_local_markets() {
    let (mut vm, markets, owner) = (cluster(), Markets::local(), address("owner"));

    let made = ["mint USDC", "mint SOL", "mint BTC"].map(str::to_owned).to_vec();
    let feeds =
        ["USDC/USD", "SOL/USD", "BTC/USD", "ETH/USD"].map(|one| format!("price account {one}"));
    assert_eq!(make(&mut vm), [made, feeds.to_vec()].concat());
    assert_eq!(make(&mut vm), Vec::<String>::new());
    let mut given = given();
    post(&mut vm, &given);
    let names = local::names(&owner, &markets).unwrap();
    let plan = apply(&mut vm, &keypair("owner"), &markets, &names).unwrap();

    let directory = GroupDirectory::fetch(&vm, &plan.group, &plan.mints).unwrap();
    assert!(directory.group.state.is_launched());
    assert_eq!(directory.group.state.publisher, owner);
    // What is posted later is what the program reads then.
    vm.move_clock(3_600_000);
    let refresh = ix::refresh_underlying(&directory, 1).unwrap();
    expect_error(vm.run(std::slice::from_ref(&refresh), &[]), "OracleStale");
    given.prices.insert("SOL".into(), "151.5".parse().unwrap());
    post(&mut vm, &given);
    vm.run(&[refresh], &[]).unwrap();
    let params = underlying_params(&directory.underlyings[1].state);
    let quote = source_quote(&vm, &params.sources[0], &names.get("SOL/USD").unwrap()).unwrap();
    assert_eq!(quote.price, Price::from_decimal(15_150_000_000, -8).unwrap());
    assert_eq!(quote.published, vm.now().time);
}

#[test]
fn the_stand_in_writes_to_its_own_accounts_alone() {
    let mut vm = cluster();
    make(&mut vm);
    let mut one = given().post(&vm, &address("owner"), &Markets::local()).unwrap().remove(0);
    let account = one.accounts[0].pubkey;

    // Longer than the account.
    one.data.resize(200, 0);
    let failure = vm.run(&[one.clone()], &[]).unwrap_err();
    assert_eq!(failure.code, Some(2));
    // Not its own.
    one.data.truncate(8);
    one.accounts[0].pubkey =
        local::names(&address("owner"), &Markets::local()).unwrap().get("USDC").unwrap();
    expect_error(vm.run(&[one.clone()], &[]), "ExternalAccountDataModified");
    // Not one.
    one.accounts[0].pubkey = account;
    one.accounts.push(one.accounts[0].clone());
    assert_eq!(vm.run(&[one], &[]).unwrap_err().code, Some(1));
}

#[test]
fn a_cluster_without_the_programs_is_told_so() {
    let nothing = BTreeMap::<Address, StoredAccount>::new();
    let (markets, owner) = (Markets::local(), address("owner"));
    let names = local::names(&owner, &markets).unwrap();

    let error = plan(&nothing, &owner, &markets, &names).unwrap_err();

    // Nor has it one that stands in for Pyth.
    let refused = given().missing(&nothing, &owner, &markets).unwrap_err();
    assert!(refused.starts_with("no stand-in for Pyth is loaded at rec5"), "{refused}");
    assert_eq!(error, PlanError::ProgramMissing);
    assert!(error.to_string().contains("no program at P1imso11"), "{error}");
}
