//! How is a cluster read and written by RPC?

use std::fmt;

use anchor_lang::Discriminator;
use bytemuck::Pod;
use plimsoll_client::{
    decode_owned, error_name, AccountSource, Address, ClientError, Instruction, Keyed, SourceError,
    StoredAccount, PROGRAM_ID,
};
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_commitment_config::CommitmentConfig;
use solana_keypair::Keypair;
use solana_message::Message;
use solana_rpc_client::api::client_error::Error;
use solana_rpc_client::api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client::api::filter::{Memcmp, RpcFilterType};
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;
use solana_transaction::{InstructionError, Transaction, TransactionError};

/// A cluster.
pub struct Rpc(RpcClient);

impl Rpc {
    /// The one at an address. What most of its stake has voted for counts: to wait until nothing can
    /// undo it takes a quarter of a minute for each transaction.
    pub fn new(url: String) -> Self {
        Self(RpcClient::new_with_commitment(url, CommitmentConfig::confirmed()))
    }

    /// All accounts of the program of one kind that name `group`, in one request, in any order.
    /// `group_offset` is where such an account has its group (bytes behind the discriminator).
    ///
    /// Errors: `Source`, and `Decode` for whatever the node gave that is none of these.
    pub fn all<T: Discriminator + Pod>(
        &self,
        group: &Address,
        group_offset: usize,
    ) -> Result<Vec<Keyed<T>>, ClientError> {
        let account_config = RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(self.0.commitment()),
            ..RpcAccountInfoConfig::default()
        };
        let filters = Some(filters::<T>(group, group_offset));
        let config = RpcProgramAccountsConfig { filters, account_config, ..Default::default() };
        let unread = |error: String| ClientError::Source(SourceError(error));
        let found = self.0.get_program_ui_accounts_with_config(&PROGRAM_ID, config);
        let found = found.map_err(|error| unread(error.to_string()))?;
        let decoded = found.into_iter().map(|(address, account)| {
            let account = account.to_account();
            let account = account.ok_or_else(|| unread(format!("{address} came in no bytes")))?;
            match decode_owned(&account.owner, &account.data) {
                Ok(state) => Ok(Keyed { address, state }),
                Err(error) => Err(ClientError::Decode { address, error }),
            }
        });
        decoded.collect()
    }

    /// Sends a transaction that `signers` sign, of whom the first pays, and waits until it is confirmed.
    /// The node tries it out before: what would be refused costs nothing.
    pub fn send_signed(
        &self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<(), Failure> {
        let payer = signers.first().map(|signer| signer.pubkey());
        let message = Message::new(instructions, payer.as_ref());
        let blockhash = self.0.get_latest_blockhash().map_err(|error| Failure::of(&error))?;
        let mut transaction = Transaction::new_unsigned(message);
        let signed = transaction.try_sign(signers, blockhash);
        signed.map_err(|error| Failure { code: None, reason: error.to_string(), logs: None })?;
        let sent = self.0.send_and_confirm_transaction(&transaction);
        sent.map(|_| ()).map_err(|error| Failure::of(&error))
    }
}

/// What an account of a kind and a group is told from all others by.
fn filters<T: Discriminator + Pod>(group: &Address, group_offset: usize) -> Vec<RpcFilterType> {
    let head = T::DISCRIMINATOR.len();
    let at = |offset, bytes| RpcFilterType::Memcmp(Memcmp::new_raw_bytes(offset, bytes));
    vec![
        RpcFilterType::DataSize((head + size_of::<T>()) as u64),
        at(0, T::DISCRIMINATOR.to_vec()),
        at(head + group_offset, group.to_bytes().to_vec()),
    ]
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

/// Why a transaction did nothing, as far as anybody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The number with which the program, or Anchor in it, said no.
    pub code: Option<u32>,
    /// The same in words, without anything of the one transaction.
    pub reason: String,
    /// All that the node said, where that is more.
    pub logs: Option<String>,
}

impl Failure {
    fn of(error: &Error) -> Self {
        let all = error.to_string();
        let Some(failed) = error.get_transaction_error() else {
            return Self { code: None, reason: all, logs: None };
        };
        let code = match failed {
            // Other programs have numbers too: those have no name here.
            TransactionError::InstructionError(_, InstructionError::Custom(code)) => {
                error_name(code).map(|_| code)
            }
            _ => None,
        };
        Self { code, reason: failed.to_string(), logs: Some(all) }
    }
}

impl fmt::Display for Failure {
    /// The name of the program's error where it is one, and all that the node said.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = self.code.and_then(error_name) {
            writeln!(f, "{name}")?;
        }
        f.write_str(self.logs.as_ref().unwrap_or(&self.reason))
    }
}

#[cfg(test)]
mod tests;
