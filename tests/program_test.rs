//! Does the program run under a real bank as it runs in the bare VM? One path from nothing to a
//! liquidation under solana-program-test, which has what the other tests leave out: a bank with
//! fees and rent, slots that it makes itself, and a clock that follows them.

use std::cell::RefCell;

use plimsoll_client::events::Liquidated;
use plimsoll_client::instruction::{self as ix, Bid, Deal, Withdrawal};
use plimsoll_client::source::{read, AccountSource};
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{
    decode_return, pda, AccountReport, Address, GroupDirectory, Instruction, Keyed, SourceError,
    StoredAccount, PROGRAM_ID,
};
use plimsoll_migrations::{apply, Cluster, Markets};
use plimsoll_tests::{address, assert_near, keypair, Feed, World, USDC};
use solana_account::Account;
use solana_clock::Clock;
use solana_keypair::Keypair;
use solana_program_test::tokio::runtime::{Builder, Runtime};
use solana_program_test::{ProgramTest, ProgramTestContext};
use solana_signer::Signer;
use solana_transaction::Transaction;

/// Slots that pass between two steps: 400 ms each.
const SLOTS_A_MINUTE: u64 = 150;

/// A cluster of one bank.
struct Bank {
    runtime: Runtime,
    context: RefCell<ProgramTestContext>,
}

impl Bank {
    /// A bank in which these accounts lie.
    fn new(accounts: Vec<(Address, Account)>) -> Self {
        // The framework would log every instruction, and looks for the program in this folder.
        std::env::set_var("RUST_LOG", "error");
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy/plimsoll.so");
        let path = std::env::var_os("PLIMSOLL_SO").unwrap_or_else(|| built.into());
        let path = std::path::PathBuf::from(path);
        assert!(path.exists(), "run `cargo xtask build` first");
        std::env::set_var("SBF_OUT_DIR", path.parent().unwrap());
        let mut test = ProgramTest::default();
        test.prefer_bpf(true);
        test.add_program("plimsoll", PROGRAM_ID, None);
        for (address, account) in accounts {
            test.add_account(address, account);
        }
        // One thread: while this one makes slots, no other may tick the bank.
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let context = runtime.block_on(test.start_with_context());
        Self { runtime, context: RefCell::new(context) }
    }

    fn clock(&self) -> Clock {
        self.runtime.block_on(self.context.borrow().banks_client.get_sysvar()).unwrap()
    }

    fn lamports(&self, address: &Address) -> u64 {
        self.runtime.block_on(self.context.borrow().banks_client.get_balance(*address)).unwrap()
    }

    /// The bank makes slots, and the oracles publish again, SOL at a new price.
    fn pass_a_minute(&self, feeds: &mut [Feed], sol: Address, price: &str) {
        let next = self.clock().slot + SLOTS_A_MINUTE;
        self.context.borrow_mut().warp_to_slot(next).unwrap();
        self.publish(feeds, sol, price);
    }

    fn publish(&self, feeds: &mut [Feed], sol: Address, price: &str) {
        let now = self.clock().unix_timestamp;
        for feed in feeds {
            feed.published = now;
            if feed.address == sol {
                feed.set(price, "0");
            }
            let account = rent_exempt(feed.owner, feed.data());
            self.context.borrow_mut().set_account(&feed.address, &account.into());
        }
    }

    fn transaction(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Transaction {
        let mut context = self.context.borrow_mut();
        let hash = self.runtime.block_on(context.get_new_latest_blockhash()).unwrap();
        let payer = signers[0].pubkey();
        Transaction::new_signed_with_payer(instructions, Some(&payer), signers, hash)
    }

    /// Sends a transaction whose first signer pays, and returns its logs.
    fn run(&self, instruction: Instruction, signers: &[&Keypair]) -> Result<Vec<String>, String> {
        let transaction = self.transaction(&[instruction], signers);
        let sent = self.context.borrow().banks_client.clone();
        let done = self.runtime.block_on(sent.process_transaction_with_metadata(transaction));
        let done = done.map_err(|error| error.to_string())?;
        let logs = done.metadata.map(|one| one.log_messages).unwrap_or_default();
        done.result.map_err(|error| format!("{error}\n{}", logs.join("\n")))?;
        Ok(logs)
    }

    fn margin(&self, group: &Address, owner: &str) -> Keyed<MarginAccount> {
        read(self, &pda::margin(group, &address(owner), 0)).unwrap()
    }

    /// The report by the program.
    fn view(&self, directory: &GroupDirectory, owner: &str) -> AccountReport {
        let account = self.margin(&directory.group.address, owner);
        let one = ix::view_account(directory, &account).unwrap();
        let transaction = self.transaction(&[one], &[&keypair(owner)]);
        let client = self.context.borrow().banks_client.clone();
        let seen = self.runtime.block_on(client.simulate_transaction(transaction)).unwrap();
        let data = seen.simulation_details.unwrap().return_data.unwrap().data;
        decode_return(&data).unwrap()
    }
}

impl AccountSource for Bank {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        let client = self.context.borrow().banks_client.clone();
        let found = self.runtime.block_on(client.get_account(*address));
        let found = found.map_err(|error| SourceError(error.to_string()))?;
        Ok(found.map(|one| StoredAccount { owner: one.owner, data: one.data }))
    }
}

impl Cluster for Bank {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        let transaction = self.transaction(instructions, signers);
        let client = self.context.borrow().banks_client.clone();
        let done = self.runtime.block_on(client.process_transaction(transaction));
        done.map_err(|error| error.to_string())
    }
}

fn rent_exempt(owner: Address, data: Vec<u8>) -> Account {
    let lamports = rent(data.len());
    Account { lamports, data, owner, ..Account::default() }
}

/// Lamports that an account of this size needs: two years at the cluster's rate.
fn rent(bytes: usize) -> u64 {
    (128 + u64::try_from(bytes).unwrap()) * 3_480 * 2
}

/// Mints, oracle accounts and wallets, as the other tests make them.
fn genesis() -> (Vec<(Address, Account)>, World) {
    let mut world = World::local();
    for (name, usdc) in [("alice", 200), ("bob", 100_000), ("keeper", 100_000)] {
        world.fund(name, "USDC", usdc * USDC);
    }
    let mut all: Vec<Address> = ["USDC", "SOL", "BTC"].map(|token| world.mint(token)).to_vec();
    all.extend(world.feeds.values().map(|feed| feed.address));
    for name in ["alice", "bob", "keeper"] {
        all.push(world.wallet(name, "USDC"));
    }
    let svm = &world.vm.svm;
    let mut accounts: Vec<_> =
        all.into_iter().map(|one| (one, svm.get_account(&one).unwrap())).collect();
    for name in ["owner", "alice", "bob", "keeper"] {
        let purse = Account { lamports: 100_000_000_000, ..Account::default() };
        accounts.push((address(name), purse));
    }
    (accounts, world)
}

/// A deposit of all that a trader's wallet holds.
fn join(bank: &Bank, world: &mut World, directory: &GroupDirectory, name: &str, atoms: u64) {
    let (owner, group) = (address(name), directory.group.address);
    let key = keypair(name);
    let before = bank.lamports(&owner);
    bank.run(ix::open_account(&owner, &owner, &group, 0), &[&key]).unwrap();
    let account = pda::margin(&group, &owner, 0);
    // One signature costs 5,000 lamports; the rest is the account's rent.
    assert_eq!(before - bank.lamports(&owner) - 5_000, bank.lamports(&account));
    let (source, mint) = (world.wallet(name, "USDC"), world.mint("USDC"));
    let deposit = ix::deposit(directory, &owner, &source, &account, &mint, atoms).unwrap();
    bank.run(deposit, &[&key]).unwrap();
}

#[test]
fn a_group_lives_from_its_creation_to_a_liquidation_under_a_bank() {
    let (accounts, mut world) = genesis();
    let mut bank = Bank::new(accounts);
    let mut feeds: Vec<Feed> = world.feeds.values().cloned().collect();
    let sol = world.feeds["SOL/USD"].address;
    bank.publish(&mut feeds, sol, "150");
    let (markets, names) = (Markets::local().without_expiries(), world.names.clone());
    let plan = apply(&mut bank, &keypair("owner"), &markets, &names).unwrap();
    let directory = GroupDirectory::fetch(&bank, &plan.group, &plan.mints).unwrap();
    for (name, usdc) in [("alice", 200), ("bob", 100_000), ("keeper", 100_000)] {
        join(&bank, &mut world, &directory, name, usdc * USDC);
    }

    // Alice buys 10 SOL at 150 on 200 USDC.
    let group = &plan.group;
    let (alice, bob) = (bank.margin(group, "alice"), bank.margin(group, "bob"));
    let deal = Deal { instrument: 0, lots: 1_000, price_ticks: world.ticks("SOL-PERP", "150") };
    let authorities = [&address("alice"), &address("bob")];
    let trade = ix::trade(&directory, authorities, &alice, &bob, &deal).unwrap();
    bank.run(trade, &[&keypair("alice"), &keypair("bob")]).unwrap();

    // SOL falls to 136; a minute lets the reference follow: 1 % a second, 60 s at most.
    bank.pass_a_minute(&mut feeds, sol, "136");
    let index = world.underlying("SOL");
    bank.run(ix::refresh_underlying(&directory, index).unwrap(), &[&keypair("keeper")]).unwrap();
    let report = bank.view(&directory, "alice");
    assert_near(report.equity_quote_atoms, 59_700_000, 1);
    assert_near(report.maintenance_quote_atoms, 68_000_000, 1);
    assert_eq!(report.liquidatable, 1);

    let (alice, keeper) = (bank.margin(group, "alice"), bank.margin(group, "keeper"));
    let authority = address("keeper");
    let bid = ix::liquidate(&directory, &authority, &alice, &keeper, &Bid::slice(), false).unwrap();
    let logs = bank.run(bid, &[&keypair("keeper")]).unwrap();

    let receipt = plimsoll_tests::Receipt { compute_units: 0, logs, return_data: Vec::new() };
    assert!(receipt.events::<Liquidated>()[0].discount_quote_atoms > 0);
    let report = bank.view(&directory, "alice");
    assert_eq!(report.liquidatable, 0);
    let buffered = report.maintenance_quote_atoms * 12 / 10;
    assert_near(report.equity_quote_atoms, buffered, 100_000);

    // What a keeper earned, it can take: a withdrawal after all this.
    let keeper = bank.margin(group, "keeper");
    let withdrawal = Withdrawal {
        mint: world.mint("USDC"),
        destination: world.wallet("keeper", "USDC"),
        amount_token_atoms: 90_000 * USDC,
        borrow_token_atoms_max: 0,
    };
    let withdraw = ix::withdraw(&directory, &keeper, &withdrawal).unwrap();
    bank.run(withdraw, &[&keypair("keeper")]).unwrap();
    let wallet = bank.account(&withdrawal.destination).unwrap().unwrap();
    let held = plimsoll_client::invariants::token_balance(&wallet.data).unwrap();
    assert_eq!(held, 90_000 * USDC);
}
