//! Who may open, close and delegate a margin account, and what becomes of its rent?

use plimsoll_client::instruction::{close_account, open_account, set_delegate};
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{AccountSource, Address, Instruction};
use plimsoll_tests::{address, expect_error, World, SOL};

use crate::given::local_with;

fn opening(world: &World, owner: &str, sub_account: u16) -> Instruction {
    let group = world.directory.group.address;
    open_account(&address("payer"), &address(owner), &group, sub_account)
}

fn lamports(world: &World, of: &Address) -> u64 {
    world.vm.svm.get_account(of).map_or(0, |account| account.lamports)
}

#[test]
fn a_new_account_is_its_owners_and_empty() {
    let mut world = World::local();
    world.open("alice/7").unwrap();

    let account = world.margin("alice/7").state;

    assert_eq!((account.owner, account.sub_account), (address("alice"), 7));
    assert_eq!(account.group, world.directory.group.address);
    assert_eq!((account.row_count, account.token_count, account.episode_slot), (0, 0, 0));
    assert_eq!((account.delegate, account.delegate_expires_at), (Address::default(), 0));
}

#[test]
fn sub_accounts_share_nothing() {
    let mut world = local_with(&[("alice", 100), ("alice/65535", 1), ("bob", 1_000)]);
    let now = world.vm.now().time.get();
    world.delegate("alice", "desk", now + 100).unwrap();

    assert_eq!(world.margin("alice/65535").state.delegate, Address::default());
    // The hundred of the one back nothing of the other: 7.5 % of 150 is 11.25.
    let refused = world.trade("alice/65535", "bob", "SOL-PERP", 100, "150");
    expect_error(refused, "BelowInitialMargin");
}

#[test]
fn nobody_opens_an_account_in_anothers_name() {
    let mut world = World::local();
    let mut one = opening(&world, "alice", 0);
    one.accounts[1].is_signer = false;
    expect_error(world.send(&[one], &[]), "MissingRequiredSignature");
    // Nor at an address that is not the owner's.
    let mut one = opening(&world, "alice", 0);
    one.accounts[3].pubkey = world.margin_address("bob");
    let failure = world.send(&[one], &["alice"]).unwrap_err();
    assert!(
        ["InvalidSeeds", "PrivilegeEscalation"].contains(&failure.name.as_str()),
        "{failure:?}"
    );
}

#[test]
fn an_account_is_opened_once() {
    let mut world = local_with(&[("alice", 100)]);
    // The system program's own number for an account that is in use.
    expect_error(world.open("alice"), "Custom(0)");
    assert_eq!(world.balance("alice", "USDC"), 100_000_000);
}

#[test]
fn lamports_sent_ahead_do_not_keep_an_account_from_being_opened() {
    let mut world = World::local();
    let at = world.margin_address("alice");
    world.vm.svm.airdrop(&at, 1_000_000).unwrap();

    world.open("alice").unwrap();

    let rent = world.vm.svm.minimum_balance_for_rent_exemption(8 + size_of::<MarginAccount>());
    assert!(lamports(&world, &at) >= rent);
}

#[test]
fn closing_gives_the_owner_every_lamport() {
    let mut world = World::local();
    world.open("alice").unwrap();
    let (at, owner) = (world.margin_address("alice"), address("alice"));
    world.vm.svm.airdrop(&at, 12_345).unwrap();
    let rent = world.vm.svm.minimum_balance_for_rent_exemption(8 + size_of::<MarginAccount>());
    assert_eq!((lamports(&world, &at), lamports(&world, &owner)), (rent + 12_345, 0));

    world.close("alice").unwrap();

    assert_eq!((lamports(&world, &at), lamports(&world, &owner)), (0, rent + 12_345));
    assert!(world.vm.account(&at).unwrap().is_none());
}

#[test]
fn an_account_is_not_closed_while_anything_is_left_in_it() {
    let mut world = local_with(&[("alice", 100), ("bob", 1_000)]);
    expect_error(world.close("alice"), "AccountNotEmpty");
    world.withdraw("alice", "USDC", 99_999_999).unwrap();
    // One atom.
    expect_error(world.close("alice"), "AccountNotEmpty");
    world.deposit("alice", "SOL", SOL).unwrap();
    world.withdraw("alice", "USDC", 1).unwrap();
    expect_error(world.close("alice"), "AccountNotEmpty");

    // A debt is something too: an account with a debt alone could otherwise be walked away from.
    world.borrow("alice", "USDC", 1, 1).unwrap();
    expect_error(world.withdraw("alice", "SOL", SOL), "BelowInitialMargin");
    world.deposit("alice", "USDC", 1).unwrap();
    world.withdraw("alice", "SOL", SOL).unwrap();
    world.close("alice").unwrap();
}

#[test]
fn an_atom_from_a_stranger_delays_a_closing_and_is_kept() {
    let mut world = World::local();
    world.open("alice").unwrap();
    world.deposit_by("mallory", "alice", "USDC", 1).unwrap();
    expect_error(world.close("alice"), "AccountNotEmpty");
    // Both in one transaction, so that nobody gets between.
    let all = world.withdrawal("alice", "USDC", 1, 0);
    let close = close_account(&address("alice"), &world.margin_address("alice"));
    world.send(&[all, close], &["alice"]).unwrap();
    assert_eq!(world.wallet_balance("alice", "USDC"), 1);
}

#[test]
fn only_the_owner_closes() {
    let mut world = World::local();
    world.open("alice").unwrap();
    let now = world.vm.now().time.get();
    world.delegate("alice", "desk", now + 100).unwrap();
    let at = world.margin_address("alice");
    for stranger in ["mallory", "desk", "owner"] {
        let one = close_account(&address(stranger), &at);
        expect_error(world.send(&[one], &[stranger]), "NotAccountOwner");
    }
    let mut one = close_account(&address("alice"), &at);
    one.accounts[0].is_signer = false;
    expect_error(world.send(&[one], &[]), "MissingRequiredSignature");
}

#[test]
fn a_closed_account_that_is_opened_again_remembers_nothing() {
    let mut world = World::local();
    world.open("alice").unwrap();
    let now = world.vm.now().time.get();
    world.delegate("alice", "desk", now + 100).unwrap();
    world.close("alice").unwrap();
    expect_error(world.close("alice"), "AccountDataTooSmall");

    world.open("alice").unwrap();

    let account = world.margin("alice").state;
    assert_eq!((account.delegate, account.delegate_expires_at), (Address::default(), 0));
}

#[test]
fn an_account_closed_and_opened_in_one_transaction_is_a_new_one() {
    // Rent that comes back before the transaction ends must not revive the old state.
    let mut world = World::local();
    world.open("alice").unwrap();
    let now = world.vm.now().time.get();
    world.delegate("alice", "desk", now + 100).unwrap();
    let at = world.margin_address("alice");
    let close = close_account(&address("alice"), &at);
    let open = opening(&world, "alice", 0);

    world.send(&[close, open], &["alice"]).unwrap();

    assert_eq!(world.margin("alice").state.delegate, Address::default());
}

#[test]
fn a_delegation_ends_in_the_future_or_is_refused() {
    let mut world = World::local();
    world.open("alice").unwrap();
    let now = world.vm.now().time.get();
    for past in [now, now - 1, 0, -1, i64::MIN] {
        expect_error(world.delegate("alice", "desk", past), "ExpiryInThePast");
    }
    world.delegate("alice", "desk", now + 1).unwrap();
    let account = world.margin("alice").state;
    assert_eq!((account.delegate, account.delegate_expires_at), (address("desk"), now + 1));
}

#[test]
fn a_revoked_delegate_is_a_stranger_again() {
    let mut world = local_with(&[("alice", 1_000), ("bob", 1_000)]);
    let now = world.vm.now().time.get();
    world.delegate("alice", "desk", now + 100).unwrap();
    let at = world.margin_address("alice");
    // Any expiry will do.
    let revoke = set_delegate(&address("alice"), &at, &Address::default(), i64::MIN);
    world.send(&[revoke], &["alice"]).unwrap();
    assert_eq!(world.margin("alice").state.delegate_expires_at, 0);

    let mut deal = world.deal("alice", "bob", "SOL-PERP", 1, "150");
    deal.accounts[0].pubkey = address("desk");
    expect_error(world.send(&[deal], &["desk", "bob"]), "NotAccountAuthority");
}

#[test]
fn only_the_owner_delegates() {
    let mut world = World::local();
    world.open("alice").unwrap();
    let now = world.vm.now().time.get();
    world.delegate("alice", "desk", now + 100).unwrap();
    let at = world.margin_address("alice");
    for stranger in ["mallory", "desk", "owner"] {
        let one = set_delegate(&address(stranger), &at, &address(stranger), now + 1_000);
        expect_error(world.send(&[one], &[stranger]), "NotAccountOwner");
    }
    let mut one = set_delegate(&address("alice"), &at, &address("mallory"), now + 1_000);
    one.accounts[0].is_signer = false;
    expect_error(world.send(&[one], &[]), "MissingRequiredSignature");
}

#[test]
fn an_account_of_another_kind_is_no_margin_account() {
    let mut world = local_with(&[("alice", 100)]);
    let others = [
        world.directory.group.address,
        world.directory.insurance.address,
        world.directory.pools[0].address,
        world.directory.collaterals[0].address,
    ];
    for other in others {
        let one = close_account(&address("owner"), &other);
        // All others are smaller.
        expect_error(world.send(&[one], &["owner"]), "AccountDataTooSmall");
    }
    // The same bytes, but of another program.
    let account = world.vm.account(&world.margin_address("alice")).unwrap().unwrap();
    let forged = address("forged");
    world.vm.put(forged, address("program"), account.data);
    let one = close_account(&address("alice"), &forged);
    expect_error(world.send(&[one], &["alice"]), "IllegalOwner");
}
