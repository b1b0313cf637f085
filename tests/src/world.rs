//! What can happen in a test, in one line each. After every transaction that goes through, the
//! laws of conservation are checked.

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_client::instruction as ix;
use plimsoll_client::invariants::{check_step, token_balance, vault_addresses, Books, Broken};
use plimsoll_client::source::{read, AccountSource};
use plimsoll_client::state::{MarginAccount, Row};
use plimsoll_client::{
    decode_return, pda, AccountReport, Address, GroupDirectory, Instruction, Keyed, Snapshot,
};
use plimsoll_migrations::{Markets, Names, Step};
use plimsoll_risk::{Check, Grade, Health, RowKey};

use crate::contracts::contract_names;
use crate::oracle::Feed;
use crate::setup::Ground;
use crate::tokens;
use crate::vm::{address, Outcome, Vm};

/// A group with its markets, its traders and their accounts.
///
/// A trader goes by a name; its margin account is `"alice"`, further ones `"alice/1"` and so on,
/// by their sub-account numbers. Amounts are token atoms.
#[derive(Clone)]
pub struct World {
    /// The VM; what is done with it directly is not checked.
    pub vm: Vm,
    /// What is listed.
    pub markets: Markets,
    /// Addresses of mints and oracle accounts.
    pub names: Names,
    /// Oracle accounts by name, such as `"SOL/USD"`.
    pub feeds: BTreeMap<String, Feed>,
    /// What is listed, as of the last transaction.
    pub directory: GroupDirectory,
    /// What set the group up, with the parameters of everything listed then.
    pub steps: Vec<Step>,
    /// Names of the contracts, which are listed behind everything else.
    pub(crate) contracts: Vec<String>,
    /// When the test began (Unix seconds).
    started_at: i64,
    /// Mints of tokens that were listed after the launch.
    pub(crate) listed_later: Vec<Address>,
    /// Addresses of all margin accounts.
    accounts: BTreeSet<Address>,
}

impl Default for World {
    fn default() -> Self {
        Self::local()
    }
}

impl World {
    /// The local group, without what expires.
    pub fn local() -> Self {
        Self::with(|_| ())
    }

    /// The local group, its file changed before it is applied.
    pub fn with(change: impl FnOnce(&mut Markets)) -> Self {
        let mut markets = Markets::local().without_expiries();
        change(&mut markets);
        Self::ground(markets).set_up()
    }

    /// Mints and oracles without a group.
    pub fn ground(markets: Markets) -> Ground {
        Ground::new(markets)
    }

    pub(crate) fn new(ground: Ground, directory: GroupDirectory, steps: Vec<Step>) -> Self {
        let Ground { vm, markets, names, feeds } = ground;
        let (accounts, listed_later) = (BTreeSet::new(), Vec::new());
        let contracts = contract_names(&steps);
        let started_at = vm.now().time.get();
        Self {
            vm,
            markets,
            names,
            feeds,
            directory,
            steps,
            contracts,
            started_at,
            listed_later,
            accounts,
        }
    }

    // What happens.

    /// Runs one transaction with the keys of these names, and checks the laws if it went through.
    pub fn send(&mut self, instructions: &[Instruction], signers: &[&str]) -> Outcome {
        let keys: Vec<Address> = signers.iter().map(|name| address(owner_of(name))).collect();
        self.attempt(instructions, &keys).unwrap_or_else(|law| panic!("{law}"))
    }

    /// The same by the addresses of those who sign; the error is a law that was broken.
    pub fn attempt(
        &mut self,
        instructions: &[Instruction],
        signers: &[Address],
    ) -> Result<Outcome, Broken> {
        let outcome = self.vm.run_as(instructions, signers);
        if outcome.is_ok() {
            let before = self.directory.clone();
            self.reread();
            check_step(&before, &self.directory)?;
            self.broken_law().map_or(Ok(()), Err)?;
        }
        Ok(outcome)
    }

    /// Counts an account that somebody else's instruction opens among those of the group.
    pub fn expect_account(&mut self, name: &str) {
        self.accounts.insert(self.margin_address(name));
    }

    /// Opens the margin account of a name.
    pub fn open(&mut self, name: &str) -> Outcome {
        let (owner, sub_account) = (address(owner_of(name)), sub_account_of(name));
        let payer = address("payer");
        let group = self.directory.group.address;
        self.accounts.insert(self.margin_address(name));
        self.send(&[ix::open_account(&payer, &owner, &group, sub_account)], &[name])
    }

    /// Closes it.
    pub fn close(&mut self, name: &str) -> Outcome {
        let account = self.margin_address(name);
        self.send(&[ix::close_account(&address(owner_of(name)), &account)], &[name])
    }

    /// Lets `delegate` trade for an account until a Unix time.
    pub fn delegate(&mut self, name: &str, delegate: &str, expires_at: i64) -> Outcome {
        let (owner, account) = (address(owner_of(name)), self.margin_address(name));
        self.send(&[ix::set_delegate(&owner, &account, &address(delegate), expires_at)], &[name])
    }

    /// Deposits tokens, given to the owner's wallet before.
    pub fn deposit(&mut self, name: &str, token: &str, atoms: u64) -> Outcome {
        self.deposit_by(owner_of(name), name, token, atoms)
    }

    /// The same out of somebody else's wallet.
    pub fn deposit_by(&mut self, depositor: &str, name: &str, token: &str, atoms: u64) -> Outcome {
        self.fund(depositor, token, atoms);
        let (source, account) = (self.wallet(depositor, token), self.margin_address(name));
        let (signer, mint) = (address(depositor), self.mint(token));
        let one = ix::deposit(&self.directory, &signer, &source, &account, &mint, atoms).unwrap();
        self.send(&[one], &[depositor])
    }

    /// Withdraws into the owner's wallet, without borrowing.
    pub fn withdraw(&mut self, name: &str, token: &str, atoms: u64) -> Outcome {
        self.borrow(name, token, atoms, 0)
    }

    /// Withdraws, of which at most `borrow_max` borrowed.
    pub fn borrow(&mut self, name: &str, token: &str, atoms: u64, borrow_max: u64) -> Outcome {
        let one = self.withdrawal(name, token, atoms, borrow_max);
        self.send(&[one], &[name])
    }

    /// The instruction of [`Self::borrow`].
    pub fn withdrawal(&mut self, name: &str, token: &str, atoms: u64, most: u64) -> Instruction {
        let withdrawal = ix::Withdrawal {
            mint: self.mint(token),
            destination: self.wallet(owner_of(name), token),
            amount_token_atoms: atoms,
            borrow_token_atoms_max: most,
        };
        ix::withdraw(&self.directory, &self.margin(name), &withdrawal).unwrap()
    }

    /// Gives quote tokens to the insurance fund.
    pub fn insure(&mut self, atoms: u64) -> Outcome {
        let token = self.markets.group.quote.clone();
        self.fund("donor", &token, atoms);
        let source = self.wallet("donor", &token);
        let one = ix::add_to_insurance(&self.directory, &address("donor"), &source, atoms).unwrap();
        self.send(&[one], &["donor"])
    }

    /// `first` buys `lots` of an instrument (sells if negative) from `second`, at a price in quote
    /// tokens per unit.
    pub fn trade(
        &mut self,
        first: &str,
        second: &str,
        instrument: &str,
        lots: i64,
        price: &str,
    ) -> Outcome {
        let one = self.deal(first, second, instrument, lots, price);
        self.send(&[one], &[first, second])
    }

    /// The instruction of [`Self::trade`], signed for by both owners.
    pub fn deal(
        &self,
        first: &str,
        second: &str,
        instrument: &str,
        lots: i64,
        price: &str,
    ) -> Instruction {
        let deal = ix::Deal {
            instrument: self.instrument(instrument),
            lots,
            price_ticks: self.ticks(instrument, price),
        };
        let authorities = [&address(owner_of(first)), &address(owner_of(second))];
        let (first, second) = (self.margin(first), self.margin(second));
        ix::trade(&self.directory, authorities, &first, &second, &deal).unwrap()
    }

    /// `bidder` bids on an account.
    pub fn liquidate(&mut self, bidder: &str, name: &str, bid: &ix::Bid) -> Outcome {
        let authority = address(owner_of(bidder));
        let (account, own) = (self.margin(name), self.margin(bidder));
        // Where an oracle account is broken, nobody knows, and the program says why.
        let snapshot = Snapshot::new(&self.directory, &self.vm, self.vm.now());
        let health = |one: &Snapshot<'_>| one.health(&account.state, Check::Maintenance).ok();
        let health = snapshot.as_ref().ok().and_then(health);
        let bankrupt = health.is_some_and(|health| health.equity.is_negative());
        let priced = |key| snapshot.as_ref().map_or(true, |one| one.market().is_priced(key));
        let directory = &self.directory;
        let parties = (&account, &own);
        let one = ix::liquidate_priced(directory, &authority, parties, bid, bankrupt, &priced);
        let one = one.unwrap();
        self.send(&[one], &[bidder])
    }

    /// Starts or ends the clock of an account's liquidation episode.
    pub fn mark(&mut self, name: &str) -> Outcome {
        let one = ix::mark_account(&self.directory, &self.margin(name)).unwrap();
        self.send(&[one], &[])
    }

    /// Lets an underlying's slow prices follow its oracle.
    pub fn refresh(&mut self, underlying: &str) -> Outcome {
        let index = self.underlying(underlying);
        let one = ix::refresh_underlying(&self.directory, index).unwrap();
        self.send(&[one], &[])
    }

    /// Carries an instrument's open interest into the margin rule.
    pub fn refresh_instrument(&mut self, instrument: &str) -> Outcome {
        let index = self.instrument(instrument);
        let one = ix::refresh_instrument(&self.directory, index).unwrap();
        self.send(&[one], &[])
    }

    // Time and prices.

    /// Time passes, and the oracles publish their prices again.
    pub fn advance_slots(&mut self, slots: u64) {
        self.advance_quietly(slots);
        let now = self.vm.now().time.get();
        for name in self.feeds.keys().cloned().collect::<Vec<_>>() {
            self.edit_feed(&name, |feed| feed.published = now);
        }
    }

    /// Time passes in seconds, five slots in two of them; the oracles publish again.
    pub fn advance_seconds(&mut self, seconds: u64) {
        self.advance_slots(seconds * 5 / 2);
    }

    /// Time passes, and the oracles are silent.
    pub fn advance_quietly(&mut self, slots: u64) {
        self.vm.move_clock(slots * 400);
    }

    /// All oracles of an underlying publish this price now (USD per unit).
    pub fn set_price(&mut self, underlying: &str, price: &str) {
        let now = self.vm.now().time.get();
        for name in self.feed_names(underlying) {
            self.edit_feed(&name, |feed| {
                feed.set(price, "0");
                feed.published = now;
            });
        }
    }

    /// Sets a price and refreshes once a second until it is no jump any more. The stable price
    /// has not caught up by then.
    pub fn walk_price(&mut self, underlying: &str, price: &str) {
        let index = self.underlying(underlying);
        self.set_price(underlying, price);
        for _ in 0..1_000 {
            self.refresh(underlying).unwrap();
            if self.snapshot().quote(index).unwrap().grade == Grade::Valid {
                return;
            }
            self.advance_seconds(2);
        }
        panic!("{underlying} never settled at {price}");
    }

    /// Bends one oracle account.
    pub fn edit_feed(&mut self, name: &str, edit: impl FnOnce(&mut Feed)) {
        let feed = self.feeds.get_mut(name).unwrap_or_else(|| panic!("no feed {name}"));
        edit(feed);
        self.vm.put(feed.address, feed.owner, feed.data());
    }

    // What there is.

    /// The market now, as the client crate sees it.
    pub fn snapshot(&self) -> Snapshot<'_> {
        Snapshot::new(&self.directory, &self.vm, self.vm.now()).unwrap()
    }

    /// A margin account now.
    #[track_caller]
    pub fn margin(&self, name: &str) -> Keyed<MarginAccount> {
        read(&self.vm, &self.margin_address(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Address of a margin account.
    pub fn margin_address(&self, name: &str) -> Address {
        let owner = address(owner_of(name));
        pda::margin(&self.directory.group.address, &owner, sub_account_of(name))
    }

    /// Health by the client crate.
    pub fn health(&self, name: &str, check: Check) -> Health {
        self.snapshot().health(&self.margin(name).state, check).unwrap()
    }

    /// The report by the client crate.
    pub fn report(&self, name: &str) -> AccountReport {
        self.snapshot().report(&self.margin(name).state).unwrap()
    }

    /// The report by the program.
    pub fn view(&mut self, name: &str) -> AccountReport {
        let one = ix::view_account(&self.directory, &self.margin(name)).unwrap();
        let receipt = self.vm.simulate(&[one], &[]).unwrap();
        decode_return(&receipt.return_data).unwrap()
    }

    /// What the program says could be withdrawn of a token (token atoms).
    pub fn view_withdrawable(&mut self, name: &str, token: &str) -> u64 {
        let key = self.token_key(token);
        let one = ix::view_withdrawable(&self.directory, &self.margin(name), key).unwrap();
        let receipt = self.vm.simulate(&[one], &[]).unwrap();
        decode_return(&receipt.return_data).unwrap()
    }

    /// What an account holds of a token (token atoms, rounded against it); negative is borrowed.
    pub fn balance(&self, name: &str, token: &str) -> i64 {
        let collateral = self.directory.collateral(&self.mint(token)).unwrap().state;
        let account = self.margin(name).state;
        let row = account.row(collateral.key()).unwrap();
        row.map_or(0, |row| collateral.totals().atoms(row.shares()).unwrap().get())
    }

    /// An account's position: lots and quote flow (quote atoms, rounded down).
    pub fn position(&self, name: &str, instrument: &str) -> (i64, i64) {
        let account = self.margin(name).state;
        let row = account.row(self.instrument_key(instrument)).unwrap();
        let listed = self.directory.instrument(self.instrument(instrument)).unwrap().state;
        let indices = listed.side_indices(self.vm.now().time).unwrap();
        let flow = |row: &Row| row.flow(&indices).unwrap().to_quote_floor().unwrap().get();
        row.map_or((0, 0), |row| (row.lots, flow(row)))
    }

    /// What the insurance fund holds (quote atoms).
    pub fn insurance(&self) -> u64 {
        self.directory.insurance.state.balance_quote_atoms
    }

    /// What a token's vault holds (token atoms).
    pub fn vault(&self, token: &str) -> u64 {
        let vault = self.directory.collateral(&self.mint(token)).unwrap().state.vault;
        self.token_balance(&vault)
    }

    /// What a trader's wallet holds (token atoms).
    pub fn wallet_balance(&mut self, trader: &str, token: &str) -> u64 {
        let wallet = self.wallet(trader, token);
        self.token_balance(&wallet)
    }

    /// When the test began (Unix seconds).
    pub fn started_at(&self) -> i64 {
        self.started_at
    }

    /// Index of an underlying.
    pub fn underlying(&self, name: &str) -> u16 {
        position(self.markets.underlyings.iter().map(|one| one.name.as_str()), name)
    }

    /// Index of an instrument.
    pub fn instrument(&self, name: &str) -> u16 {
        let listed = self.markets.instruments.iter().map(|one| &one.name);
        position(listed.chain(&self.contracts).map(String::as_str), name)
    }

    /// Key of an instrument's row.
    pub fn instrument_key(&self, name: &str) -> RowKey {
        self.directory.instrument(self.instrument(name)).unwrap().state.key()
    }

    /// Key of a token's row.
    pub fn token_key(&self, token: &str) -> RowKey {
        self.directory.collateral(&self.mint(token)).unwrap().state.key()
    }

    /// A token's mint.
    pub fn mint(&self, token: &str) -> Address {
        self.names.get(token).unwrap()
    }

    // Wallets.

    /// A trader's token account, made if it is not there.
    pub fn wallet(&mut self, trader: &str, token: &str) -> Address {
        let wallet = address(&format!("wallet {trader} {token}"));
        if self.vm.account(&wallet).unwrap().is_none() {
            self.write_wallet(wallet, trader, token, 0);
        }
        wallet
    }

    /// Gives a trader's wallet tokens out of nothing.
    pub fn fund(&mut self, trader: &str, token: &str, atoms: u64) {
        let held = self.wallet_balance(trader, token);
        let wallet = self.wallet(trader, token);
        self.write_wallet(wallet, trader, token, held + atoms);
    }

    fn write_wallet(&mut self, wallet: Address, trader: &str, token: &str, atoms: u64) {
        let mint = self.mint(token);
        let stored = self.vm.account(&mint).unwrap().unwrap();
        let data = tokens::account(&mint, &address(trader), atoms, &stored.data);
        self.vm.put(wallet, stored.owner, data);
    }

    fn token_balance(&self, account: &Address) -> u64 {
        let stored = self.vm.account(account).unwrap();
        stored.map_or(0, |stored| token_balance(&stored.data).unwrap())
    }

    // The laws.

    /// All margin accounts now.
    pub fn margin_accounts(&self) -> Vec<Keyed<MarginAccount>> {
        let there = |one: &&Address| self.vm.account(one).unwrap().is_some();
        let all = self.accounts.iter().filter(there).map(|one| read(&self.vm, one).unwrap());
        all.collect()
    }

    /// Reads the directory again, after the VM was used directly.
    pub fn reread(&mut self) {
        self.directory.refresh(&self.vm, &self.listed_later).unwrap();
    }

    /// The first law of one moment that does not hold.
    pub fn broken_law(&self) -> Option<Broken> {
        let vaults = vault_addresses(&self.directory);
        let vaults: Vec<u64> = vaults.iter().map(|one| self.token_balance(one)).collect();
        let accounts = self.margin_accounts();
        let (directory, accounts) = (&self.directory, &accounts[..]);
        Books { directory, accounts, vaults_token_atoms: &vaults }.check().err()
    }

    fn feed_names(&self, underlying: &str) -> Vec<String> {
        let index = self.underlying(underlying);
        let addresses = self.directory.oracle_addresses(index).unwrap();
        let own = self.feeds.iter().filter(|(_, feed)| addresses.contains(&feed.address));
        own.map(|(name, _)| name.clone()).collect()
    }
}

fn owner_of(name: &str) -> &str {
    name.split_once('/').map_or(name, |(owner, _)| owner)
}

fn sub_account_of(name: &str) -> u16 {
    name.split_once('/').map_or(0, |(_, number)| number.parse().unwrap())
}

#[track_caller]
fn position<'a>(mut names: impl Iterator<Item = &'a str>, name: &str) -> u16 {
    let at = names.position(|other| other == name).unwrap_or_else(|| panic!("no {name}"));
    u16::try_from(at).unwrap()
}
