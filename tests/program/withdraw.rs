//! What may leave an account, what may be borrowed, and who may put something in?

use plimsoll_client::instruction::{deposit, Bid};
use plimsoll_client::{pda, Address, BidRow};
use plimsoll_migrations::{apply, Markets};
use plimsoll_risk::Check;
use plimsoll_tests::{address, assert_near, expect_error, keypair, World, BTC, SOL, USDC};

use crate::given::{local_with, traders};

/// Places of the accounts of `withdraw`.
const OWNER: usize = 0;
const MINT: usize = 3;
const VAULT: usize = 4;
const DESTINATION: usize = 5;

/// Bob lends 1,000 SOL, 10 BTC and 100,000 USDC; alice has 100 SOL, worth 15,000.
fn lent() -> World {
    lent_in(|_| ())
}

fn lent_in(change: impl FnOnce(&mut Markets)) -> World {
    let mut world = World::with(change);
    traders(&mut world, &[("bob", 100_000)]);
    world.deposit("bob", "SOL", 1_000 * SOL).unwrap();
    world.deposit("bob", "BTC", 10 * BTC).unwrap();
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 100 * SOL).unwrap();
    world
}

#[test]
fn beyond_the_balance_is_borrowing_and_needs_the_owners_word() {
    let mut world = lent();
    world.deposit("alice", "USDC", 50 * USDC).unwrap();

    // 51 of 50: one is borrowed.
    expect_error(world.withdraw("alice", "USDC", 51 * USDC), "BorrowBeyondLimit");
    expect_error(world.borrow("alice", "USDC", 51 * USDC, USDC - 1), "BorrowBeyondLimit");
    world.borrow("alice", "USDC", 51 * USDC, USDC).unwrap();
    assert_eq!(world.balance("alice", "USDC"), -1_000_000);
    // The limit is for this withdrawal, not for the debt in all.
    world.borrow("alice", "USDC", USDC, USDC).unwrap();
    assert_eq!(world.balance("alice", "USDC"), -2_000_000);
    expect_error(world.withdraw("alice", "USDC", 0), "ZeroAmount");
}

#[test]
fn a_token_without_a_borrow_cap_cannot_be_borrowed() {
    let mut world = lent();
    expect_error(world.borrow("alice", "BTC", 1, u64::MAX), "BorrowNotAllowed");
    // What one has oneself may leave to the atom.
    world.deposit("alice", "BTC", 5).unwrap();
    expect_error(world.borrow("alice", "BTC", 6, 6), "BorrowNotAllowed");
    world.borrow("alice", "BTC", 5, 5).unwrap();
}

#[test]
fn all_borrows_together_stop_at_the_cap() {
    let mut world = lent_in(|markets| markets.tokens[1].borrow_cap = "5".parse().unwrap());
    traders(&mut world, &[("carol", 10_000), ("dave", 10_000)]);
    world.borrow("carol", "SOL", 3 * SOL, 3 * SOL).unwrap();
    expect_error(world.borrow("dave", "SOL", 2 * SOL + 1, 3 * SOL), "BorrowCapExceeded");
    world.borrow("dave", "SOL", 2 * SOL, 2 * SOL).unwrap();
    expect_error(world.borrow("carol", "SOL", 1, 1), "BorrowCapExceeded");
    // What is paid back may be borrowed again; withdrawing is no borrowing.
    world.deposit("carol", "SOL", 1).unwrap();
    world.borrow("dave", "SOL", 1, 1).unwrap();
    world.withdraw("alice", "SOL", 100 * SOL).unwrap();
}

#[test]
fn deposits_stop_at_their_cap_and_repaying_does_not() {
    let mut world = World::with(|markets| markets.tokens[1].deposit_cap = "10".parse().unwrap());
    traders(&mut world, &[("alice", 1), ("bob", 10_000)]);
    expect_error(world.deposit("alice", "SOL", 10 * SOL + 1), "DepositCapExceeded");
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    expect_error(world.deposit("alice", "SOL", 1), "DepositCapExceeded");
    // Lending some of it out makes no room: the deposits are still there.
    world.borrow("bob", "SOL", 4 * SOL, 4 * SOL).unwrap();
    expect_error(world.deposit("alice", "SOL", 1), "DepositCapExceeded");

    world.deposit("bob", "SOL", 3 * SOL).unwrap();
    expect_error(world.deposit("bob", "SOL", SOL + 1), "DepositCapExceeded");
    world.deposit("bob", "SOL", SOL).unwrap();
    assert_eq!(world.balance("bob", "SOL"), 0);
    world.withdraw("alice", "SOL", 1).unwrap();
    world.deposit("bob", "SOL", 1).unwrap();
}

#[test]
fn a_debt_can_be_repaid_in_full_while_deposits_are_above_their_cap() {
    // Given 3,200 USDC deposited of at most 3,200, of which carol owes 100, and a long of alice
    // with a loss of 191.3. Her liquidation pays the loss and the discount of half of 65.45 to the
    // keeper as a deposit, and leaves her in debt: no cap stands in the way of that.
    let mut world = World::with(|markets| {
        markets.tokens[0].deposit_cap = "3_200".parse().unwrap();
        // No interest, so that what is owed stays a round number.
        markets.tokens[0].curve.iter_mut().for_each(|kink| kink[1] = "0%".parse().unwrap());
    });
    traders(&mut world, &[("alice", 100), ("bob", 1_500), ("keeper", 1_600)]);
    world.open("carol").unwrap();
    for name in ["alice", "carol"] {
        world.deposit(name, "SOL", SOL).unwrap();
    }
    world.borrow("carol", "USDC", 100 * USDC, 100 * USDC).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "130.9");
    let row = BidRow { key: world.instrument_key("SOL-PERP").raw(), amount: 1_000 };
    world.liquidate("keeper", "alice", &Bid::rows(vec![row])).unwrap();
    assert!(world.balance("alice", "USDC") < 0);
    expect_error(world.deposit("bob", "USDC", 1), "DepositCapExceeded");

    world.deposit("carol", "USDC", 100 * USDC).unwrap();

    assert_eq!(world.balance("carol", "USDC"), 0);
}

#[test]
fn an_empty_vault_says_what_it_can_pay() {
    let mut world = local_with(&[("bob", 10_000)]);
    world.open("alice").unwrap();
    world.deposit("alice", "SOL", 10 * SOL).unwrap();
    world.borrow("bob", "SOL", 8 * SOL, 8 * SOL).unwrap();

    let failure = expect_error(world.withdraw("alice", "SOL", 2 * SOL + 1), "VaultIllLiquid");

    let says = "Program log: the vault can pay 2000000000 token atoms";
    assert!(failure.logs.iter().any(|line| line == says), "{failure:?}");
    world.withdraw("alice", "SOL", 2 * SOL).unwrap();
}

#[test]
fn one_atom_more_than_is_withdrawable_is_refused() {
    // A long of 10 SOL at 150 on 200 USDC: equity 199.7, initial margin 7.5 % of 1,500.
    let mut world = local_with(&[("alice", 200), ("bob", 100_000)]);
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();

    let most = world.view_withdrawable("alice", "USDC");

    assert_near(i64::try_from(most).unwrap(), 87_200_000, 1);
    expect_error(world.withdraw("alice", "USDC", most + 1), "BelowInitialMargin");
    world.withdraw("alice", "USDC", most).unwrap();
    assert_eq!(world.view_withdrawable("alice", "USDC"), 0);
    expect_error(world.withdraw("alice", "USDC", 1), "BelowInitialMargin");
}

#[test]
fn borrowing_stops_at_initial_margin() {
    // 100 SOL are worth 15,000 less 7.5 %: 13,875. A debt in USDC has no requirement of its own.
    let mut world = lent();
    let refused = world.borrow("alice", "USDC", 13_876 * USDC, u64::MAX);
    expect_error(refused, "BelowInitialMargin");
    world.borrow("alice", "USDC", 13_874 * USDC, u64::MAX).unwrap();
}

#[test]
fn a_pumped_collateral_opens_no_more_than_before() {
    // Mango, 11 October 2022: a price was tripled within minutes, and all that it seemed to back
    // was borrowed. Here it jumps, and counts nothing; then the reference follows, and the stable
    // price still does not.
    let mut world = lent();
    world.set_price("SOL", "450");
    expect_error(world.borrow("alice", "USDC", USDC, USDC), "BelowInitialMargin");
    world.walk_price("SOL", "450");
    assert_near(world.view("alice").equity_quote_atoms, 45_000_000_000, 1);

    let refused = world.borrow("alice", "USDC", 13_875 * USDC, u64::MAX);

    expect_error(refused, "BelowInitialMargin");
}

#[test]
fn a_pumped_position_backs_no_withdrawal() {
    // Two accounts of one hand trade with each other, and the price is tripled: 30,000 of profit
    // on one side.
    let mut world = lent();
    traders(&mut world, &[("mallory", 2_000), ("mallory/1", 2_000)]);
    world.trade("mallory", "mallory/1", "SOL-PERP", 10_000, "150").unwrap();
    world.walk_price("SOL", "450");
    assert!(world.view("mallory").equity_quote_atoms > 31_990_000_000);

    let key = world.token_key("USDC");
    assert_eq!(world.snapshot().withdrawable(&world.margin("mallory").state, key), Ok(0));
    expect_error(world.withdraw("mallory", "USDC", 1), "BelowInitialMargin");
    expect_error(world.borrow("mallory", "SOL", SOL, SOL), "BelowInitialMargin");
}

#[test]
fn a_crashed_debt_is_not_a_cheap_one() {
    // The mirror image: what is owed counts at the stable price when the oracle's is lower.
    let mut world = lent();
    traders(&mut world, &[("carol", 10_000)]);
    world.borrow("carol", "SOL", 60 * SOL, 60 * SOL).unwrap();
    let before = world.view_withdrawable("carol", "USDC");
    // 10,000 - 9,000 - 675.
    assert_near(i64::try_from(before).unwrap(), 325_000_000, 1);

    world.walk_price("SOL", "75");

    // By the oracle alone it would be 10,000 - 4,500 - 337.5; the stable price fell by less than
    // one hundredth of a per cent for each of the 70 seconds or so that a half takes.
    let after = world.view_withdrawable("carol", "USDC");
    assert!((325_000_000..800_000_000).contains(&after), "{after}");
}

#[test]
fn a_collateral_with_a_flawed_price_counts_nothing_and_blocks_nothing() {
    let mut world = lent();
    world.deposit("alice", "USDC", 100 * USDC).unwrap();
    world.edit_feed("SOL/USD", |feed| feed.published -= 61);

    // USDC are withdrawn as if the SOL were not there; the SOL too, since nothing leans on them.
    world.withdraw("alice", "USDC", 100 * USDC).unwrap();
    expect_error(world.borrow("alice", "USDC", 1, 1), "BelowInitialMargin");
    world.withdraw("alice", "SOL", 100 * SOL).unwrap();
}

#[test]
fn a_debt_with_a_flawed_price_blocks_withdrawals_but_not_repaying() {
    let mut world = lent();
    traders(&mut world, &[("carol", 10_000)]);
    world.borrow("carol", "SOL", SOL, SOL).unwrap();
    world.edit_feed("SOL/USD", |feed| feed.set("150", "10"));
    expect_error(world.withdraw("carol", "USDC", 1), "OracleUncertain");

    world.deposit("carol", "SOL", SOL).unwrap();
    world.withdraw("carol", "USDC", 10_000 * USDC).unwrap();
}

#[test]
fn somebody_else_may_add_to_a_row_and_not_open_one() {
    let mut world = local_with(&[("bob", 1)]);
    world.open("alice").unwrap();
    // Dust of eight tokens, sent by anybody, would fill the account.
    expect_error(world.deposit_by("bob", "alice", "SOL", 1), "RowMustExist");
    // The quote token has a place of its own.
    world.deposit_by("bob", "alice", "USDC", 1).unwrap();
    world.deposit("alice", "SOL", 1).unwrap();
    world.deposit_by("bob", "alice", "SOL", 1).unwrap();
    assert_eq!(world.balance("alice", "SOL"), 2);

    let now = world.vm.now().time.get();
    world.delegate("alice", "desk", now + 10).unwrap();
    world.deposit_by("desk", "alice", "BTC", 1).unwrap();
    world.withdraw("alice", "BTC", 1).unwrap();
    world.advance_seconds(10);
    expect_error(world.deposit_by("desk", "alice", "BTC", 1), "RowMustExist");
    expect_error(world.deposit("alice", "BTC", 0), "ZeroAmount");
}

#[test]
fn the_ninth_token_is_refused_and_the_quote_token_has_its_place() {
    let mut world = World::with(|markets| {
        let sol = markets.tokens[1].clone();
        for number in 0..6 {
            let mut one = sol.clone();
            one.mint = format!("T{number}");
            markets.tokens.push(one);
        }
    });
    world.open("alice").unwrap();
    for token in ["SOL", "BTC", "T0", "T1", "T2", "T3", "T4"] {
        world.deposit("alice", token, 1).unwrap();
    }
    // Seven others at most, even where there is no quote token yet.
    expect_error(world.deposit("alice", "T5", 1), "TokenRowsFull");
    world.deposit_by("bob", "alice", "USDC", 1_000 * USDC).unwrap();
    expect_error(world.deposit("alice", "T5", 1), "TokenRowsFull");
    expect_error(world.borrow("alice", "T5", 1, 1), "TokenRowsFull");
    world.withdraw("alice", "T0", 1).unwrap();
    world.deposit("alice", "T5", 1).unwrap();
}

#[test]
fn only_the_owner_withdraws_and_to_any_wallet() {
    let mut world = lent();
    let mut one = world.withdrawal("alice", "SOL", SOL, 0);
    one.accounts[OWNER].pubkey = address("mallory");
    one.accounts[DESTINATION].pubkey = world.wallet("mallory", "SOL");
    expect_error(world.send(&[one.clone()], &["mallory"]), "NotAccountOwner");
    one.accounts[OWNER].pubkey = address("alice");
    let mut unsigned = one.clone();
    unsigned.accounts[OWNER].is_signer = false;
    expect_error(world.send(&[unsigned], &[]), "MissingRequiredSignature");
    world.send(&[one], &["alice"]).unwrap();
    assert_eq!(world.wallet_balance("mallory", "SOL"), SOL);
}

#[test]
fn a_cheap_row_is_not_paid_out_of_a_dear_vault() {
    let mut world = lent();
    let btc = *world.directory.collateral(&world.mint("BTC")).unwrap();
    // A SOL row, but the mint, vault and wallet of BTC.
    let mut one = world.withdrawal("alice", "SOL", SOL / 100, 0);
    one.accounts[MINT].pubkey = btc.state.mint;
    one.accounts[VAULT].pubkey = btc.state.vault;
    one.accounts[DESTINATION].pubkey = world.wallet("alice", "BTC");
    expect_error(world.send(&[one], &["alice"]), "WrongTokenAccounts");
    // A vault of one's own making, to be judged as full.
    let mut one = world.withdrawal("alice", "SOL", SOL, 0);
    one.accounts[VAULT].pubkey = world.wallet("mallory", "SOL");
    expect_error(world.send(&[one], &["alice"]), "WrongTokenAccounts");
    // Out of the vault into the vault.
    let mut one = world.withdrawal("alice", "SOL", SOL, 0);
    one.accounts[DESTINATION].pubkey = one.accounts[VAULT].pubkey;
    expect_error(world.send(&[one], &["alice"]), "ConstraintDuplicateMutableAccount");
}

#[test]
fn a_deposit_takes_only_its_own_token_from_its_own_signer() {
    let mut world = lent();
    let (mint, vault) = {
        let sol = world.directory.collateral(&world.mint("SOL")).unwrap().state;
        (sol.mint, sol.vault)
    };
    let at = world.margin_address("alice");
    let from = |world: &World, source: Address| {
        deposit(&world.directory, &address("mallory"), &source, &at, &mint, SOL).unwrap()
    };
    // Out of the vault, out of another's wallet, out of a wallet of another token.
    let one = from(&world, vault);
    expect_error(world.send(&[one], &["mallory"]), "ConstraintDuplicateMutableAccount");
    world.fund("bob", "SOL", SOL);
    let wallet = world.wallet("bob", "SOL");
    let one = from(&world, wallet);
    // The token program's own numbers: the owner does not match, the mint does not.
    expect_error(world.send(&[one], &["mallory"]), "Custom(4)");
    world.fund("mallory", "BTC", 100 * BTC);
    let wallet = world.wallet("mallory", "BTC");
    let one = from(&world, wallet);
    expect_error(world.send(&[one], &["mallory"]), "Custom(3)");
    // Dear tokens credited as cheap ones, and the other way around.
    world.fund("mallory", "SOL", SOL);
    let wallet = world.wallet("mallory", "SOL");
    let mut one = from(&world, wallet);
    let btc = *world.directory.collateral(&world.mint("BTC")).unwrap();
    one.accounts[4].pubkey = btc.address;
    expect_error(world.send(&[one], &["mallory"]), "WrongTokenAccounts");
}

#[test]
fn a_worthless_token_of_ones_own_group_is_no_deposit_elsewhere() {
    // Anybody may create a group; here it is the owner's second one, with the same mints. Its
    // collateral cannot credit an account of the first, nor its vault pay one.
    let mut world = lent();
    let mut markets = world.markets.clone();
    markets.group.id = 1;
    apply(&mut world.vm, &keypair("owner"), &markets, &world.names).unwrap();
    let mint = world.mint("SOL");
    let collateral = pda::collateral(&pda::group(&address("owner"), 1), &mint);
    let vault = pda::vault(&collateral);
    let (at, wallet) = (world.margin_address("alice"), world.wallet("alice", "SOL"));
    world.fund("alice", "SOL", SOL);
    let owner = address("alice");
    let mut one = deposit(&world.directory, &owner, &wallet, &at, &mint, SOL).unwrap();
    one.accounts[3].pubkey = vault;
    expect_error(world.send(&[one.clone()], &["alice"]), "WrongTokenAccounts");
    one.accounts[4].pubkey = collateral;
    expect_error(world.send(&[one], &["alice"]), "WrongGroup");

    let mut one = world.withdrawal("alice", "SOL", SOL, 0);
    let own = world.directory.collateral(&mint).unwrap().address;
    one.accounts[VAULT].pubkey = vault;
    expect_error(world.send(&[one.clone()], &["alice"]), "WrongTokenAccounts");
    for meta in one.accounts.iter_mut().filter(|meta| meta.pubkey == own) {
        meta.pubkey = collateral;
    }
    expect_error(world.send(&[one], &["alice"]), "RiskAccountUnexpected");
}

#[test]
fn an_account_in_liquidation_lets_nothing_out_but_takes_everything_in() {
    let mut world = local_with(&[("alice", 200), ("bob", 100_000)]);
    world.deposit("alice", "BTC", 1_000).unwrap();
    world.trade("alice", "bob", "SOL-PERP", 1_000, "150").unwrap();
    world.walk_price("SOL", "136");
    world.mark("alice").unwrap();
    expect_error(world.withdraw("alice", "USDC", 1), "BelowInitialMargin");
    expect_error(world.withdraw("alice", "BTC", 1), "BelowInitialMargin");

    // 50 more and she is above: 59.7 + 1 + 50 against an initial margin of 102 and a bit.
    world.deposit("alice", "USDC", 50 * USDC).unwrap();

    let health = world.health("alice", Check::Initial);
    assert!(health.surplus().unwrap().is_positive());
    world.withdraw("alice", "USDC", USDC).unwrap();
}
