//! A cluster by RPC, and the words of the commands that talk to one.

use std::collections::BTreeMap;
use std::process::ExitCode;

use plimsoll_client::{
    error_name, AccountSource, Address, Instruction, SourceError, StoredAccount,
};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::{read_keypair_file, Keypair};
use solana_message::Message;
use solana_rpc_client::api::client_error::Error;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_transaction::{InstructionError, Transaction, TransactionError};

use crate::{Cluster, Markets, LOCAL};

/// A cluster.
pub struct Rpc(RpcClient);

impl Rpc {
    /// The one at an address. What most of its stake has voted for counts: to wait until nothing can
    /// undo it takes a quarter of a minute for each transaction.
    pub fn new(url: String) -> Self {
        Self(RpcClient::new_with_commitment(url, CommitmentConfig::confirmed()))
    }
}

impl AccountSource for Rpc {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        let found = self.accounts(std::slice::from_ref(address))?;
        Ok(found.into_iter().next().flatten())
    }

    fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<StoredAccount>>, SourceError> {
        /// What one request of the RPC takes.
        const REQUEST_ACCOUNTS_MAX: usize = 100;
        let mut all = Vec::with_capacity(addresses.len());
        for chunk in addresses.chunks(REQUEST_ACCOUNTS_MAX) {
            let found = self.0.get_multiple_accounts(chunk);
            let found = found.map_err(|error| SourceError(error.to_string()))?;
            all.extend(found.into_iter().map(|account| {
                account.map(|one| StoredAccount { owner: one.owner, data: one.data })
            }));
        }
        Ok(all)
    }
}

impl Cluster for Rpc {
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String> {
        let payer = signers.first().map(|signer| signer.pubkey());
        let message = Message::new(instructions, payer.as_ref());
        let blockhash = self.0.get_latest_blockhash().map_err(|error| error.to_string())?;
        let transaction = Transaction::new(signers, message, blockhash);
        let sent = self.0.send_and_confirm_transaction(&transaction);
        sent.map(|_| ()).map_err(|error| reason(&error))
    }
}

/// Why a transaction failed, with the name of the program's error where it is one.
fn reason(error: &Error) -> String {
    let name = match error.get_transaction_error() {
        Some(TransactionError::InstructionError(_, InstructionError::Custom(code))) => {
            error_name(code)
        }
        _ => None,
    };
    match name {
        Some(name) => format!("{name}\n{error}"),
        None => error.to_string(),
    }
}

/// What a command does: says how it is used where `--help` is among its words, else runs, and says what
/// went wrong.
pub fn command(usage: &str, run: impl FnOnce() -> Result<(), String>) -> ExitCode {
    if std::env::args().any(|argument| argument == "--help") {
        println!("{usage}");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// The words of a command: options with a value, and flags.
pub struct Words(BTreeMap<String, String>);

impl Words {
    /// Reads them. An error for a word that is neither among `options` nor `flags`, and for an option
    /// without a value.
    pub fn read(
        words: impl IntoIterator<Item = String>,
        options: &[&str],
        flags: &[&str],
    ) -> Result<Self, String> {
        let mut words = words.into_iter();
        let mut read = BTreeMap::new();
        while let Some(word) = words.next() {
            let value = match word.as_str() {
                flag if flags.contains(&flag) => Some(String::new()),
                option if options.contains(&option) => words.next(),
                _ => return Err(format!("{word} is no option")),
            };
            read.insert(word.clone(), value.ok_or(format!("{word} needs a value"))?);
        }
        Ok(Self(read))
    }

    /// Is it there?
    pub fn has(&self, flag: &str) -> bool {
        self.0.contains_key(flag)
    }

    /// The value of an option.
    pub fn get(&self, option: &str) -> Option<&str> {
        self.0.get(option).map(String::as_str)
    }

    /// The value of an option that must be there.
    pub fn needed(&self, option: &str) -> Result<&str, String> {
        self.get(option).ok_or(format!("{option} is missing"))
    }

    /// The cluster at `--url`.
    pub fn cluster(&self) -> Result<Rpc, String> {
        let url = self.needed("--url")?;
        // What is no address the client calls a "builder error", and an account that cannot be read.
        match ["http:", "https:"].iter().any(|scheme| url.starts_with(scheme)) {
            true => Ok(Rpc::new(url.to_owned())),
            false => Err(format!("--url: {url:?} begins neither with http: nor with https:")),
        }
    }

    /// The key in the file at `--keypair`.
    pub fn owner(&self) -> Result<Keypair, String> {
        let path = self.needed("--keypair")?;
        read_keypair_file(path).map_err(|error| format!("--keypair {path}: {error}"))
    }

    /// The markets in the file at `--markets`, or this repository's.
    pub fn markets(&self) -> Result<Markets, String> {
        Markets::parse(&self.file("--markets", LOCAL)?)
            .map_err(|error| format!("{}: {error}", self.get("--markets").unwrap_or("local.toml")))
    }

    /// What the file says that an option names; `other` where it names none.
    pub fn file(&self, option: &str, other: &str) -> Result<String, String> {
        match self.get(option) {
            Some(path) => {
                std::fs::read_to_string(path).map_err(|error| format!("{option} {path}: {error}"))
            }
            None => Ok(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use solana_rpc_client::api::client_error::ErrorKind;

    use super::*;

    #[test]
    fn an_error_of_the_program_has_its_name() {
        let custom = |code| {
            let error = InstructionError::Custom(code);
            reason(
                &ErrorKind::TransactionError(TransactionError::InstructionError(1, error)).into(),
            )
        };
        assert!(custom(6003).starts_with("NotGroupOwner\n"), "{}", custom(6003));
        assert!(custom(1).starts_with("Error processing Instruction 1"), "{}", custom(1));
    }

    #[test]
    fn words_are_options_with_values_and_flags() {
        let read = |text: &str| {
            let words = text.split_whitespace().map(str::to_owned);
            Words::read(words, &["--url", "--keypair"], &["--dry-run"])
        };
        let words = read("--dry-run --url here").unwrap_or_else(|error| panic!("{error}"));
        assert!(words.has("--dry-run"));
        assert_eq!(words.needed("--url"), Ok("here"));
        assert!(words.cluster().is_err());
        assert_eq!(words.needed("--keypair"), Err("--keypair is missing".into()));
        assert_eq!(read("--url").err(), Some("--url needs a value".into()));
        assert_eq!(read("--erl here").err(), Some("--erl is no option".into()));
    }
}
