//! How does a transaction run, and what came of it? LiteSVM with the built program, a clock that
//! only tests move, and failures by their names.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use litesvm::types::{FailedTransactionMetadata, TransactionMetadata};
use litesvm::LiteSVM;
use plimsoll_client::{
    decode_event, error_name, AccountSource, Address, Instruction, Now, SourceError, StoredAccount,
    PROGRAM_ID,
};
use plimsoll_migrations::Cluster;
use plimsoll_units::{Slot, UnixSeconds};
use solana_account::Account;
use solana_clock::Clock;
use solana_instruction::error::InstructionError;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

/// Slot and Unix time at which every world begins.
const SLOT_FIRST: u64 = 1_000;
const TIME_FIRST: i64 = 1_760_000_000;

/// The key that belongs to a name, always the same.
pub fn keypair(name: &str) -> Keypair {
    let mut seed = [0; 32];
    let bytes = name.as_bytes();
    assert!(bytes.len() < seed.len(), "{name:?} is too long for a name");
    seed[..bytes.len()].copy_from_slice(bytes);
    seed[31] = u8::try_from(bytes.len()).unwrap();
    Keypair::new_from_array(seed)
}

/// The address that belongs to a name.
pub fn address(name: &str) -> Address {
    thread_local! {
        // A key costs a millisecond without optimisation, and tests name names all the time.
        static KNOWN: RefCell<HashMap<String, Address>> = RefCell::default();
    }
    let known = KNOWN.with_borrow(|known| known.get(name).copied());
    known.unwrap_or_else(|| {
        let address = keypair(name).pubkey();
        KNOWN.with_borrow_mut(|known| known.insert(name.to_string(), address));
        address
    })
}

/// What a transaction that went through left behind.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What it cost in all.
    pub compute_units: u64,
    /// What the programs logged.
    pub logs: Vec<String>,
    /// What the last instruction returned.
    pub return_data: Vec<u8>,
}

impl Receipt {
    /// The events of one kind, in order.
    pub fn events<T>(&self) -> Vec<T>
    where
        T: anchor_lang::Discriminator
            + for<'de> anchor_lang::wincode::SchemaRead<'de, anchor_lang::BorshConfig, Dst = T>,
    {
        let data = self.logs.iter().filter_map(|line| line.strip_prefix("Program data: "));
        data.filter_map(|text| decode_event(&base64(text)?)).collect()
    }
}

/// Why a transaction failed.
#[derive(Clone)]
pub struct Failure {
    /// Name of the program's or Anchor's error, or the runtime's own word.
    pub name: String,
    /// The custom number, if it was one.
    pub code: Option<u32>,
    /// What the programs logged.
    pub logs: Vec<String>,
}

impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.name, self.logs.join("\n"))
    }
}

/// What came of a transaction.
pub type Outcome = Result<Receipt, Failure>;

/// The transaction failed for this very reason. That it changed no account was checked when it
/// ran.
#[track_caller]
pub fn expect_error(outcome: Outcome, name: &str) -> Failure {
    match outcome {
        Ok(_) => panic!("expected {name}, but it went through"),
        Err(failure) if failure.name == name => failure,
        Err(failure) => panic!("expected {name}, but it was {failure:?}"),
    }
}

/// The VM.
pub struct Vm {
    /// For what this room does not offer.
    pub svm: LiteSVM,
    /// Pays every fee and rent.
    pub payer: Keypair,
    /// Milliseconds since the first slot.
    milliseconds: u64,
}

impl Clone for Vm {
    fn clone(&self) -> Self {
        let payer = self.payer.insecure_clone();
        Self { svm: self.svm.clone(), payer, milliseconds: self.milliseconds }
    }
}

impl Default for Vm {
    fn default() -> Self {
        Self::new()
    }
}

impl Vm {
    /// A VM with the built program. Panics, saying so, if nobody built it.
    pub fn new() -> Self {
        Self::on(LiteSVM::new(), &Self::program())
    }

    /// The built program. Panics, saying so, if nobody built it.
    pub fn program() -> Vec<u8> {
        let built = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/deploy/plimsoll.so");
        // `cargo xtask test` runs the suite a second time on a build that checks itself.
        let path = std::env::var_os("PLIMSOLL_SO").unwrap_or_else(|| built.into());
        std::fs::read(path).expect("run `cargo xtask build` first")
    }

    /// The same on a VM that was set up in another way, with these bytes of the program.
    pub fn on(svm: LiteSVM, so: &[u8]) -> Self {
        let mut svm = svm.with_transaction_history(0).with_sigverify(false);
        svm.add_program(PROGRAM_ID, so).unwrap();
        let payer = keypair("payer");
        svm.airdrop(&payer.pubkey(), 100_000_000_000_000).unwrap();
        let mut vm = Self { svm, payer, milliseconds: 0 };
        vm.move_clock(0);
        vm
    }

    /// Moves the clock forward.
    pub fn move_clock(&mut self, milliseconds: u64) {
        self.milliseconds += milliseconds;
        let mut clock: Clock = self.svm.get_sysvar();
        clock.slot = SLOT_FIRST + self.milliseconds / 400;
        clock.unix_timestamp = TIME_FIRST + i64::try_from(self.milliseconds / 1_000).unwrap();
        self.svm.set_sysvar(&clock);
    }

    /// What the clock says.
    pub fn now(&self) -> Now {
        let clock: Clock = self.svm.get_sysvar();
        Now { slot: Slot::new(clock.slot), time: UnixSeconds::new(clock.unix_timestamp) }
    }

    /// Puts an account there, with the rent that it needs.
    pub fn put(&mut self, address: Address, owner: Address, data: Vec<u8>) {
        let lamports = self.svm.minimum_balance_for_rent_exemption(data.len());
        let account = Account { lamports, data, owner, ..Account::default() };
        self.svm.set_account(address, account).unwrap();
    }

    /// A transaction as if these had signed it; `SignatureFailure` if somebody else has to. No
    /// curve is computed for that: a program never sees more of a signature than whose it is.
    fn transaction(
        &mut self,
        instructions: &[Instruction],
        signers: &[Address],
    ) -> Result<Transaction, Failure> {
        self.svm.expire_blockhash();
        let payer = self.payer.pubkey();
        let blockhash = self.svm.latest_blockhash();
        let message = Message::new_with_blockhash(instructions, Some(&payer), &blockhash);
        let needed = usize::from(message.header.num_required_signatures);
        let signed = |key: &Address| *key == payer || signers.contains(key);
        match message.account_keys[..needed].iter().all(signed) {
            true => Ok(Transaction::new_unsigned(message)),
            false => {
                let name = "SignatureFailure".to_string();
                Err(Failure { name, code: None, logs: Vec::new() })
            }
        }
    }

    /// Runs one transaction. A failure must leave every account but the payer's as it was.
    pub fn run(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Outcome {
        let signers: Vec<Address> = signers.iter().map(|signer| signer.pubkey()).collect();
        self.run_as(instructions, &signers)
    }

    /// The same by the addresses of those who sign.
    pub fn run_as(&mut self, instructions: &[Instruction], signers: &[Address]) -> Outcome {
        let transaction = self.transaction(instructions, signers)?;
        let touched: Vec<Address> = transaction.message.account_keys[1..].to_vec();
        let before: Vec<_> = touched.iter().map(|one| self.svm.get_account(one)).collect();
        match self.svm.send_transaction(transaction) {
            Ok(done) => Ok(receipt(done)),
            Err(failed) => {
                for (address, before) in touched.iter().zip(before) {
                    let after = self.svm.get_account(address);
                    assert_eq!(after, before, "a failed transaction changed {address}");
                }
                Err(failure(failed))
            }
        }
    }

    /// How long a transaction would be on the wire.
    pub fn transaction_bytes(
        &mut self,
        instructions: &[Instruction],
        signers: &[Address],
    ) -> usize {
        let transaction = self.transaction(instructions, signers).unwrap();
        // Behind the count of signatures.
        1 + 64 * transaction.signatures.len() + transaction.message.serialize().len()
    }

    /// Runs one transaction without effect.
    pub fn simulate(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Outcome {
        let signers: Vec<Address> = signers.iter().map(|signer| signer.pubkey()).collect();
        let transaction = self.transaction(instructions, &signers)?;
        match self.svm.simulate_transaction(transaction) {
            Ok(done) => Ok(receipt(done.meta)),
            Err(failed) => Err(failure(failed)),
        }
    }
}

impl AccountSource for Vm {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        // LiteSVM keeps closed accounts as empty ones.
        let found = self.svm.get_account(address).filter(|account| account.lamports > 0);
        Ok(found.map(|account| StoredAccount { owner: account.owner, data: account.data }))
    }
}

impl Cluster for Vm {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        let outcome = self.run(instructions, signers);
        outcome.map(|_| ()).map_err(|failure| format!("{failure:?}"))
    }
}

fn receipt(done: TransactionMetadata) -> Receipt {
    Receipt {
        compute_units: done.compute_units_consumed,
        logs: done.logs,
        return_data: done.return_data.data,
    }
}

fn failure(failed: FailedTransactionMetadata) -> Failure {
    let (name, code) = match &failed.err {
        solana_transaction::TransactionError::InstructionError(
            _,
            InstructionError::Custom(code),
        ) => {
            let name = error_name(*code).map_or(format!("Custom({code})"), str::to_string);
            (name, Some(*code))
        }
        solana_transaction::TransactionError::InstructionError(_, error) => {
            (format!("{error:?}"), None)
        }
        error => (format!("{error:?}"), None),
    };
    Failure { name, code, logs: failed.meta.logs }
}

/// The bytes behind the text, by the standard alphabet; `None` for anything else.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut word, mut bits) = (0_u32, 0_u32);
    for byte in text.trim_end_matches('=').bytes() {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        word = (word << 6) | u32::from(six);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits) as u8);
        }
    }
    Some(bytes)
}
