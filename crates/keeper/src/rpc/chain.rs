//! What does a cluster by RPC answer to a keeper?

use core::mem::offset_of;

use plimsoll_client::state::{Collateral, MarginAccount};
use plimsoll_client::{
    clock, AccountSource, Address, ClientError, Instruction, Keyed, Now, SourceError, StoredAccount,
};
use plimsoll_rpc::{Failure, Rpc};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::chain::{Chain, Refusal};

/// A cluster, and the key of the one who acts on it.
pub struct RpcChain {
    rpc: Rpc,
    key: Keypair,
}

impl RpcChain {
    /// Who holds `key` on a cluster.
    pub fn new(rpc: Rpc, key: Keypair) -> Self {
        Self { rpc, key }
    }

    /// Whose key it is.
    pub fn authority(&self) -> Address {
        self.key.pubkey()
    }

    /// The mints of all tokens that are listed in a group, in any order. Errors: `Source`, `Decode`.
    pub fn mints(&self, group: &Address) -> Result<Vec<Address>, ClientError> {
        let listed = self.rpc.all::<Collateral>(group, offset_of!(Collateral, group))?;
        Ok(listed.into_iter().map(|one| one.state.mint).collect())
    }
}

impl AccountSource for RpcChain {
    fn account(&self, address: &Address) -> Result<Option<StoredAccount>, SourceError> {
        self.rpc.account(address)
    }

    fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<StoredAccount>>, SourceError> {
        self.rpc.accounts(addresses)
    }
}

impl Chain for RpcChain {
    fn now(&self) -> Result<Now, SourceError> {
        clock::now(self).map_err(|error| match error {
            ClientError::Source(error) => error,
            other => SourceError(other.to_string()),
        })
    }

    fn margin_accounts(&self, group: &Address) -> Result<Vec<Keyed<MarginAccount>>, ClientError> {
        self.rpc.all(group, offset_of!(MarginAccount, group))
    }

    fn send(&mut self, signer: &Address, instructions: &[Instruction]) -> Result<(), Refusal> {
        if *signer != self.authority() {
            return Err(Refusal::Other(format!("no key of {signer}")));
        }
        self.rpc.send_signed(instructions, &[&self.key]).map_err(refusal)
    }
}

/// The number where the program said no; else the reason, which is the same for the same cause, since
/// refusals are counted by it.
fn refusal(failure: Failure) -> Refusal {
    match failure.code {
        Some(code) => Refusal::Program(code),
        None => Refusal::Other(failure.reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_a_number_of_the_program_or_a_reason_without_logs() {
        let failure = |code| Failure {
            code,
            reason: "failed".to_owned(),
            logs: Some("failed in slot 7".to_owned()),
        };
        assert_eq!(refusal(failure(Some(6003))), Refusal::Program(6003));
        assert_eq!(refusal(failure(Some(6003))).name(), "NotGroupOwner");
        assert_eq!(refusal(failure(None)), Refusal::Other("failed".to_owned()));
    }

    #[test]
    fn nobody_signs_for_another() {
        // Nothing listens there, and nothing is asked.
        let mut chain = RpcChain::new(Rpc::new("http:".to_owned()), Keypair::new());
        let other = Address::new_from_array([7; 32]);
        assert_eq!(chain.send(&other, &[]), Err(Refusal::Other(format!("no key of {other}"))));
    }
}
