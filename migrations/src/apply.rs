//! Carries a plan out, one transaction for each step, so that a run that was cut off goes on
//! where it stopped.

use std::fmt;

use plimsoll_client::{clock, AccountSource, Address, Instruction};
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::markets::Markets;
use crate::names::Names;
use crate::plan::{plan, Plan, PlanError};
use crate::step::Step;

/// A cluster that takes transactions.
pub trait Cluster: AccountSource {
    /// Sends the instructions as one transaction, paid by the first signer, and waits until it
    /// is confirmed. The error is for people.
    fn send(&mut self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<(), String>;
}

/// Why a migration stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ApplyError {
    /// There is no plan.
    Plan(PlanError),
    /// A step failed; those before it are done.
    Step {
        /// Which.
        step: String,
        /// Why.
        reason: String,
    },
}

impl fmt::Display for ApplyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plan(error) => error.fmt(f),
            Self::Step { step, reason } => write!(f, "could not {step}: {reason}"),
        }
    }
}

impl std::error::Error for ApplyError {}

impl From<PlanError> for ApplyError {
    fn from(error: PlanError) -> Self {
        Self::Plan(error)
    }
}

/// Brings the group of `owner`, who signs and pays, to what the file declares. Returns what was
/// done; a second run does nothing. After the launch it proposes what has been added to expire, and a
/// run within the window of such a proposal lists it.
pub fn apply(
    cluster: &mut (impl Cluster + ?Sized),
    owner: &Keypair,
    markets: &Markets,
    names: &Names,
) -> Result<Plan, ApplyError> {
    apply_telling(cluster, owner, markets, names, &mut |_| ())
}

/// The same, and calls `tell` with each step once it is done.
pub fn apply_telling(
    cluster: &mut (impl Cluster + ?Sized),
    owner: &Keypair,
    markets: &Markets,
    names: &Names,
    tell: &mut dyn FnMut(&Step),
) -> Result<Plan, ApplyError> {
    let address: Address = owner.pubkey();
    let plan = plan(cluster, &address, markets, names)?;
    for step in &plan.steps {
        let mut step = step.clone();
        if let Step::Propose { slot, .. } = &mut step {
            // A proposal names a slot of the last minute, and those before it took their time.
            *slot = clock::now(cluster).map_err(PlanError::from)?.slot.get();
        }
        cluster
            .send(&step.transaction(&address, &plan.group), &[owner])
            .map_err(|reason| ApplyError::Step { step: step.to_string(), reason })?;
        tell(&step);
    }
    Ok(plan)
}
