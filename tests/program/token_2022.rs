//! Do both token programs serve alike, and what may a Token-2022 mint bring along? Transfer fees
//! are credited net; what could freeze, seize, hide or hook a vault's tokens is refused by name.

use plimsoll_client::instruction as ix;
use plimsoll_client::Address;
use plimsoll_migrations::{apply, Markets};
use plimsoll_tests::{
    address, expect_error, keypair, TransferFee, World, SOL, SPL_TOKEN, TOKEN_2022, USDC,
};

use crate::given::traders;

/// The number of an extension and its bytes.
type Extension = (u16, Vec<u8>);

/// A world in which SOL is a token of this kind.
fn with_sol(program: Address, extensions: &[Extension]) -> World {
    let mut ground = World::ground(Markets::local().without_expiries());
    ground.mint("SOL", 9, program, extensions);
    ground.set_up()
}

#[test]
fn both_token_programs_serve_alike() {
    for program in [SPL_TOKEN, TOKEN_2022] {
        let mut world = with_sol(program, &[]);
        traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
        assert_eq!(world.directory.collaterals[1].state.token_program, program);

        world.deposit("alice", "SOL", 5 * SOL).unwrap();
        world.deposit_by("bob", "alice", "SOL", SOL).unwrap();
        world.withdraw("alice", "SOL", 2 * SOL).unwrap();
        world.borrow("bob", "SOL", SOL, SOL).unwrap();

        assert_eq!(world.balance("alice", "SOL"), 4_000_000_000);
        assert_eq!(world.balance("bob", "SOL"), -1_000_000_000);
        assert_eq!(world.vault("SOL"), 3 * SOL);
        assert_eq!(world.wallet_balance("alice", "SOL"), 2 * SOL);
        assert_eq!(world.wallet_balance("bob", "SOL"), SOL);
    }
}

#[test]
fn the_quote_token_may_be_of_token_2022() {
    let mut ground = World::ground(Markets::local().without_expiries());
    ground.mint("USDC", 6, TOKEN_2022, &[]);
    let mut world = ground.set_up();
    traders(&mut world, &[("alice", 1_000)]);

    world.insure(10 * USDC).unwrap();
    world.withdraw("alice", "USDC", 400 * USDC).unwrap();

    assert_eq!(world.balance("alice", "USDC"), 600_000_000);
    assert_eq!((world.vault("USDC"), world.insurance()), (610 * USDC, 10 * USDC));
}

fn fee(basis_points: u16, maximum: u64) -> Vec<Extension> {
    vec![TransferFee { basis_points, maximum }.extension()]
}

#[test]
fn a_transfer_fee_is_the_depositors_and_the_withdrawers() {
    let mut world = with_sol(TOKEN_2022, &fee(100, u64::MAX));
    traders(&mut world, &[("alice", 1_000)]);

    // 1 % of 10 SOL stays behind on the way in, and 1 % of 5 SOL on the way out.
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    assert_eq!(world.balance("alice", "SOL"), 9_900_000_000);
    assert_eq!(world.vault("SOL"), 9_900_000_000);
    world.withdraw("alice", "SOL", 5 * SOL).unwrap();

    assert_eq!(world.balance("alice", "SOL"), 4_900_000_000);
    assert_eq!(world.vault("SOL"), 4_900_000_000);
    assert_eq!(world.wallet_balance("alice", "SOL"), 4_950_000_000);
}

#[test]
fn a_fee_up_to_a_maximum_takes_no_more() {
    let mut world = with_sol(TOKEN_2022, &fee(1_000, 7));
    traders(&mut world, &[("alice", 1_000)]);

    world.deposit("alice", "SOL", SOL).unwrap();

    assert_eq!(world.balance("alice", "SOL"), 999_999_993);
}

#[test]
fn a_fee_that_leaves_nothing_is_refused() {
    let mut world = with_sol(TOKEN_2022, &fee(10_000, u64::MAX));
    traders(&mut world, &[("alice", 1_000)]);
    expect_error(world.deposit("alice", "SOL", SOL), "NothingReceived");
    // A single atom is all fee where any fee rounds up.
    let mut world = with_sol(TOKEN_2022, &fee(1, u64::MAX));
    traders(&mut world, &[("alice", 1_000)]);
    expect_error(world.deposit("alice", "SOL", 1), "NothingReceived");
}

#[test]
fn repaying_with_a_fee_repays_what_arrives() {
    let mut world = with_sol(TOKEN_2022, &fee(100, u64::MAX));
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
    world.deposit("bob", "SOL", 10 * SOL).unwrap();
    world.borrow("alice", "SOL", SOL, SOL).unwrap();

    world.deposit("alice", "SOL", SOL).unwrap();

    assert_eq!(world.balance("alice", "SOL"), -10_000_000);
}

/// An extension of so many bytes, which begin with these.
fn extension(number: u16, size: usize, start: &[u8]) -> Extension {
    let mut bytes = start.to_vec();
    bytes.resize(size, 0);
    (number, bytes)
}

/// The error of listing SOL with such a mint.
fn listing_error(extensions: &[Extension]) -> String {
    let mut ground = World::ground(Markets::local().without_expiries());
    ground.mint("SOL", 9, TOKEN_2022, extensions);
    let outcome = apply(&mut ground.vm, &keypair("owner"), &ground.markets, &ground.names);
    let text = outcome.unwrap_err().to_string();
    // After the step with the mint's address comes the name, and then the log.
    let (step, reason) = text.split_once(": ").unwrap();
    assert!(step.starts_with("could not list token SOL, "), "{text}");
    reason.to_string()
}

#[test]
fn an_extension_that_could_touch_the_vault_is_refused_by_name() {
    for (what, extension, name) in [
        ("mint close authority", extension(3, 32, &[7; 32]), "ExtensionMintClose"),
        ("confidential transfers", extension(4, 65, &[]), "ExtensionConfidential"),
        ("default account state", extension(6, 1, &[1]), "ExtensionDefaultAccountState"),
        ("frozen by default", extension(6, 1, &[2]), "ExtensionDefaultAccountState"),
        ("non-transferable", extension(9, 0, &[]), "ExtensionNonTransferable"),
        ("interest-bearing", extension(10, 52, &[]), "ExtensionNotAllowed"),
        ("permanent delegate", extension(12, 32, &[7; 32]), "ExtensionPermanentDelegate"),
        ("no delegate yet", extension(12, 32, &[]), "ExtensionPermanentDelegate"),
        ("transfer hook", extension(14, 64, &[7; 64]), "ExtensionTransferHook"),
        ("no hook yet", extension(14, 64, &[]), "ExtensionTransferHook"),
        ("confidential fees", extension(16, 129, &[]), "ExtensionConfidential"),
        ("confidential mint and burn", extension(24, 196, &[]), "ExtensionConfidential"),
        ("scaled amounts", extension(25, 56, &[]), "ExtensionNotAllowed"),
        ("pausable", extension(26, 33, &[]), "ExtensionPausable"),
    ] {
        let reason = listing_error(&[extension]);

        assert_eq!(reason.lines().next(), Some(name), "{what}: {reason}");
    }
}

#[test]
fn an_unknown_extension_is_refused() {
    let reason = listing_error(&[extension(999, 4, &[])]);
    assert!(!reason.is_empty());
}

#[test]
fn one_bad_extension_behind_good_ones_is_found() {
    let good = extension(18, 64, &[]);
    let reason = listing_error(&[good, extension(12, 32, &[7; 32])]);
    assert_eq!(reason.lines().next(), Some("ExtensionPermanentDelegate"), "{reason}");
}

#[test]
fn names_pictures_and_groups_are_allowed() {
    let mut world = with_sol(
        TOKEN_2022,
        &[extension(18, 64, &[]), extension(20, 64, &[]), extension(22, 64, &[])],
    );
    traders(&mut world, &[("alice", 1_000)]);

    world.deposit("alice", "SOL", SOL).unwrap();
    world.withdraw("alice", "SOL", SOL).unwrap();

    assert_eq!(world.wallet_balance("alice", "SOL"), SOL);
}

// Places of the accounts of a deposit and of a withdrawal.
const DEPOSIT: [(&str, usize); 3] = [("mint", 2), ("vault", 3), ("token program", 6)];
const WITHDRAW: [(&str, usize); 3] = [("mint", 3), ("vault", 4), ("token program", 6)];

#[test]
fn mint_vault_and_token_program_must_be_the_collaterals_own() {
    let mut world = World::local();
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
    world.deposit("alice", "SOL", SOL).unwrap();
    world.fund("alice", "USDC", 1_000 * USDC);
    let (alice, usdc) = (world.margin_address("alice"), world.mint("USDC"));
    let source = world.wallet("alice", "USDC");
    let deposit =
        ix::deposit(&world.directory, &address("alice"), &source, &alice, &usdc, USDC).unwrap();
    let withdraw = world.withdrawal("alice", "USDC", USDC, 0);
    let other = |what: &str, world: &World| match what {
        "mint" => world.mint("SOL"),
        "vault" => world.directory.collaterals[1].state.vault,
        _ => TOKEN_2022,
    };
    for (one, places) in [(deposit, DEPOSIT), (withdraw, WITHDRAW)] {
        for (what, at) in places {
            let mut bent = one.clone();
            bent.accounts[at].pubkey = other(what, &world);
            expect_error(world.send(&[bent], &["alice"]), "WrongTokenAccounts");
        }
        world.send(&[one], &["alice"]).unwrap();
    }
}

#[test]
fn a_wallet_of_another_token_or_owner_pays_nothing_in() {
    let mut world = World::local();
    traders(&mut world, &[("alice", 1_000), ("bob", 1_000)]);
    world.fund("alice", "SOL", SOL);
    world.fund("bob", "USDC", 100 * USDC);
    let (alice, usdc) = (world.margin_address("alice"), world.mint("USDC"));
    // The token program's own numbers: a mint mismatch, and an owner that does not match.
    for (trader, token, name) in [("alice", "SOL", "Custom(3)"), ("bob", "USDC", "Custom(4)")] {
        let source = world.wallet(trader, token);
        let signer = address("alice");
        let one = ix::deposit(&world.directory, &signer, &source, &alice, &usdc, USDC).unwrap();

        expect_error(world.send(&[one], &["alice"]), name);
    }
}
