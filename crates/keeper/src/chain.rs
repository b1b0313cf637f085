//! What does a keeper need of a cluster? Everything that is not a decision.

use std::fmt;

use plimsoll_client::state::MarginAccount;
use plimsoll_client::{
    error_name, AccountSource, Address, ClientError, Instruction, Keyed, Now, SourceError,
};

/// A cluster, a node, or a virtual machine in memory.
pub trait Chain: AccountSource {
    /// Slot and time by which the program would judge a transaction that is sent now.
    fn now(&self) -> Result<Now, SourceError>;

    /// All margin accounts of a group, in any order.
    fn margin_accounts(&self, group: &Address) -> Result<Vec<Keyed<MarginAccount>>, ClientError>;

    /// Signs with the key of `signer`, which also pays the fee, and waits for the outcome.
    fn send(&mut self, signer: &Address, instructions: &[Instruction]) -> Result<(), Refusal>;
}

/// Why a transaction did nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The program, or Anchor in it, said no with this number.
    Program(u32),
    /// The transaction failed otherwise, or did not get through.
    Other(String),
}

impl Refusal {
    /// The name of the refusal, for counting.
    pub fn name(&self) -> String {
        match self {
            Self::Program(code) => match error_name(*code) {
                Some(name) => name.to_owned(),
                None => format!("Custom{code}"),
            },
            Self::Other(text) => text.clone(),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
