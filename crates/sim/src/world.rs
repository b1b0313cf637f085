//! The cluster: a Solana virtual machine in memory, with the built program, the real token
//! programs, and the keys of everybody.

use std::collections::BTreeMap;
use std::path::Path;

use litesvm::LiteSVM;
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{
    AccountSource, Address, ClientError, GroupDirectory, Instruction, Keyed, Now, SourceError,
    StoredAccount, PROGRAM_ID,
};
use plimsoll_keeper::{Chain, Refusal};
use plimsoll_units::{Slot, UnixSeconds};
use solana_account::Account;
use solana_clock::Clock;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

use crate::mirror::{Fault, Mirror};
use crate::names::instruction_name;
use crate::oracle::{Oracle, Published};
use crate::receipts::{receipts, Costs, Losses, Receipt};
use crate::seed::Rng;
use crate::tokens::{compute_limit, SYSTEM_PROGRAM};

/// Compute units that every transaction of the program asks for.
const COMPUTE_UNITS: u32 = 600_000;
/// Slot at which the run begins; a slot lasts 0.4 seconds.
const SLOT_START: u64 = 300_000_000;
/// What everybody has for fees and rent (lamports).
const LAMPORTS: u64 = 1_000_000_000_000;

/// The cluster.
pub struct World {
    svm: LiteSVM,
    keys: BTreeMap<Address, Keypair>,
    rng: Rng,
    now: Now,
    start: i64,
    /// The copy by which the laws are checked, once there is a group.
    pub mirror: Option<Mirror>,
    /// What each instruction cost.
    pub costs: Costs,
    /// Liquidations since they were last taken away.
    pub receipts: Vec<Receipt>,
    /// Who bore what bankrupt accounts could not pay.
    pub losses: Losses,
    /// Transactions that succeeded.
    pub transactions: u64,
    /// The first law that was found broken.
    pub fault: Option<Fault>,
}

impl World {
    /// A cluster with the program at `program`, at a time (Unix seconds).
    pub fn new(program: &Path, seed: u64, start: i64) -> Result<Self, String> {
        let mut svm = LiteSVM::new().with_sigverify(false).with_transaction_history(0);
        svm.add_program_from_file(PROGRAM_ID, program).map_err(|error| {
            format!("{}: {error}; build it with `cargo xtask build`", program.display())
        })?;
        let now = Now { slot: Slot::new(SLOT_START), time: UnixSeconds::new(start) };
        let mut world = Self {
            svm,
            keys: BTreeMap::new(),
            rng: Rng::new(seed, "keys"),
            now,
            start,
            mirror: None,
            costs: Costs::default(),
            receipts: Vec::new(),
            losses: Losses::default(),
            transactions: 0,
            fault: None,
        };
        world.set_time(start);
        Ok(world)
    }

    /// Moves the clock, and the slot with it.
    pub fn set_time(&mut self, time: i64) {
        let elapsed = u64::try_from(time - self.start).unwrap_or(0);
        let slot = SLOT_START + elapsed * 5 / 2;
        self.now = Now { slot: Slot::new(slot), time: UnixSeconds::new(time) };
        self.svm.set_sysvar(&Clock { slot, unix_timestamp: time, ..Clock::default() });
    }

    /// Slot and time.
    pub fn time(&self) -> Now {
        self.now
    }

    /// A new key pair that nobody has.
    pub fn key(&mut self) -> Address {
        let keypair = Keypair::new_from_array(self.rng.bytes());
        let address = keypair.pubkey();
        self.keys.insert(address, keypair);
        address
    }

    /// A new key pair with lamports.
    pub fn person(&mut self) -> Result<Address, String> {
        let address = self.key();
        let account = Account { lamports: LAMPORTS, owner: SYSTEM_PROGRAM, ..Account::default() };
        self.svm.set_account(address, account).map_err(|error| error.to_string())?;
        Ok(address)
    }

    /// The key pair of somebody.
    pub fn keypair(&self, address: &Address) -> Result<Keypair, String> {
        let found = self.keys.get(address).map(Keypair::insecure_clone);
        found.ok_or_else(|| format!("no key of {address}"))
    }

    /// Lamports that an account of so many bytes must hold.
    pub fn rent(&self, bytes: u64) -> u64 {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.svm.minimum_balance_for_rent_exemption(bytes)
    }

    /// Publishes a price.
    pub fn publish(&mut self, oracle: &Oracle, published: &Published) -> Result<(), String> {
        let data = oracle.bytes(published)?;
        let account = Account {
            lamports: self.svm.minimum_balance_for_rent_exemption(data.len()),
            data,
            owner: oracle.owner(),
            ..Account::default()
        };
        self.svm.set_account(oracle.address(), account).map_err(|error| error.to_string())
    }

    /// The group as of the last transaction.
    pub fn directory(&self) -> Result<&GroupDirectory, String> {
        self.mirror.as_ref().map(|mirror| &mirror.directory).ok_or_else(|| "no group yet".into())
    }

    /// A margin account as of the last transaction.
    pub fn margin(&self, address: &Address) -> Result<Keyed<MarginAccount>, String> {
        let found = self.mirror.as_ref().and_then(|mirror| mirror.margin(address));
        found.copied().ok_or_else(|| format!("no margin account {address}"))
    }

    /// Sends instructions; everybody whose signature they need signs. Refusals are values; a
    /// broken law is kept in `fault`, and ends the run.
    pub fn submit(&mut self, payer: &Address, instructions: &[Instruction]) -> Result<(), Refusal> {
        let ours = |instruction: &&Instruction| instruction.program_id == PROGRAM_ID;
        let names: Vec<&str> =
            instructions.iter().filter(ours).map(|one| instruction_name(&one.data)).collect();
        let mut all = instructions.to_vec();
        if !names.is_empty() {
            all.insert(0, compute_limit(COMPUTE_UNITS));
        }
        let message = Message::new(&all, Some(payer));
        let signers = usize::from(message.header.num_required_signatures);
        let keys = message.account_keys.iter().take(signers).map(|address| {
            self.keys.get(address).ok_or_else(|| Refusal::Other(format!("no key of {address}")))
        });
        let keys = keys.collect::<Result<Vec<&Keypair>, Refusal>>()?;
        let transaction = Transaction::new(&keys, message, self.svm.latest_blockhash());
        let meta = match self.svm.send_transaction(transaction) {
            Ok(meta) => meta,
            Err(failed) => return Err(refusal(&failed)),
        };
        self.transactions += 1;
        self.costs.add(&meta.logs, &names);
        self.receipts.extend(receipts(&meta.logs));
        self.losses.add(&meta.logs);
        self.follow(instructions)
    }

    /// Checks the laws after a transaction.
    fn follow(&mut self, instructions: &[Instruction]) -> Result<(), Refusal> {
        let Some(mut mirror) = self.mirror.take() else {
            return Ok(());
        };
        let metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut written: Vec<Address> =
            metas.filter(|meta| meta.is_writable).map(|meta| meta.pubkey).collect();
        written.sort();
        written.dedup();
        let followed = mirror.follow(self, &written);
        self.mirror = Some(mirror);
        followed.map_err(|fault| {
            let text = fault.to_string();
            self.fault.get_or_insert(fault);
            Refusal::Other(text)
        })
    }

    /// Takes new prices over into the copy.
    pub fn reprice(&mut self) -> Result<(), String> {
        let Some(mut mirror) = self.mirror.take() else {
            return Ok(());
        };
        let repriced = mirror.reprice(self, self.now);
        self.mirror = Some(mirror);
        repriced.map_err(|fault| fault.to_string())
    }

    /// Adds a margin account that was opened to the copy.
    pub fn opened(&mut self, address: &Address) -> Result<(), String> {
        let Some(mut mirror) = self.mirror.take() else {
            return Ok(());
        };
        let opened = mirror.opened(self, address);
        self.mirror = Some(mirror);
        opened.map_err(|fault| fault.to_string())
    }

    /// An error if some law was found broken.
    pub fn sound(&self) -> Result<(), String> {
        match &self.fault {
            Some(fault) => Err(fault.to_string()),
            None => Ok(()),
        }
    }
}

/// The program's number in a failed transaction, or else the runtime's words.
fn refusal(failed: &litesvm::types::FailedTransactionMetadata) -> Refusal {
    let text = failed.err.to_string();
    let code = text.rsplit_once("custom program error: 0x");
    match code.and_then(|(_, code)| u32::from_str_radix(code.trim(), 16).ok()) {
        Some(code) => Refusal::Program(code),
        None => Refusal::Other(text),
    }
}

impl AccountSource for World {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        let account = self.svm.get_account(address);
        Ok(account.map(|account| StoredAccount { owner: account.owner, data: account.data }))
    }
}

impl Chain for World {
    fn now(&self) -> Result<Now, SourceError> {
        Ok(self.now)
    }

    fn margin_accounts(&self, group: &Address) -> Result<Vec<Keyed<MarginAccount>>, ClientError> {
        let accounts = self.mirror.iter().flat_map(|mirror| &mirror.accounts);
        Ok(accounts.filter(|account| account.state.group == *group).copied().collect())
    }

    fn send(&mut self, signer: &Address, instructions: &[Instruction]) -> Result<(), Refusal> {
        self.submit(signer, instructions)
    }
}
