//! Launching a group, and changing it afterwards.

use plimsoll::governance::{Change, PauseClass, Tightening};
use plimsoll::oracle::is_pinned;
use plimsoll::state::{Proposal, StoredSource};
use plimsoll::{accounts, instruction, SourceParams};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::expiry::{list_contract, list_expiry};
use super::listing::{list_collateral, list_instrument, list_underlying, NewCollateral};
use super::SYSTEM_PROGRAM;
use crate::directory::{GroupDirectory, Keyed};
use crate::error::ClientError;
use crate::pda;

/// Opens a group for money. The owner signs.
pub fn launch_group(owner: &Address, group: &Address) -> Instruction {
    let accounts = accounts::LaunchGroup { owner: *owner, group: *group };
    instruction::LaunchGroup {}.to_instruction(accounts)
}

/// Offers a group that is being set up to another owner. The owner signs.
pub fn propose_owner(owner: &Address, group: &Address, address: &Address) -> Instruction {
    let accounts = accounts::ProposeOwner { owner: *owner, group: *group };
    instruction::ProposeOwner { address: *address }.to_instruction(accounts)
}

/// Takes over a group that was offered. Whoever it was offered to signs.
pub fn accept_ownership(pending_owner: &Address, group: &Address) -> Instruction {
    let accounts = accounts::AcceptOwnership { pending_owner: *pending_owner, group: *group };
    instruction::AcceptOwnership {}.to_instruction(accounts)
}

/// Proposes a change, as the group's next proposal; `slot` is one of the last minute. Payer and
/// proposer sign.
///
/// Errors: `UnknownUnderlying`, `UnknownCollateral`, `UnknownInstrument`, `OracleAddressUnknown`.
pub fn propose(
    directory: &GroupDirectory,
    payer: &Address,
    proposer: &Address,
    slot: u64,
    change: Change,
) -> Result<Instruction, ClientError> {
    let group = (&directory.group.address, directory.group.state.proposal_count);
    let targets = targets(directory, &change, AccountMeta::new_readonly)?;
    let mut instruction = propose_listing([payer, proposer], group, slot, &change);
    instruction.accounts.extend(targets);
    Ok(instruction)
}

/// Proposes a listing of an expiry or a contract, which has no target, as the proposal of a group
/// with a number, the group's next one by then. Payer and proposer sign.
pub fn propose_listing(
    [payer, proposer]: [&Address; 2],
    (group, id): (&Address, u64),
    slot: u64,
    change: &Change,
) -> Instruction {
    let change = crate::decode::encode_argument(change);
    instruction::Propose { slot, change }.to_instruction(accounts::Propose {
        payer: *payer,
        proposer: *proposer,
        group: *group,
        proposal: pda::proposal(group, id),
        system_program: SYSTEM_PROGRAM,
    })
}

/// Carries out a proposal that is no listing. The executor, anybody, signs.
///
/// Errors: as `propose`, and `Program` if the proposal does not decode.
pub fn execute(
    directory: &GroupDirectory,
    executor: &Address,
    proposal: &Keyed<Proposal>,
) -> Result<Instruction, ClientError> {
    let targets = targets(directory, &proposal.state.change()?, AccountMeta::new)?;
    let mut instruction = instruction::Execute {}.to_instruction(accounts::Execute {
        executor: *executor,
        group: proposal.state.group,
        proposal: proposal.address,
    });
    instruction.accounts.extend(targets);
    Ok(instruction)
}

/// Carries out a proposed listing; `None` if the proposal is none. `token_program` is that of the
/// mint, where a token is listed. The payer, anybody, signs.
///
/// Errors: `OracleAddressUnknown`, and `Program` if the proposal does not decode.
pub fn execute_listing(
    directory: &GroupDirectory,
    payer: &Address,
    proposal: &Keyed<Proposal>,
    token_program: &Address,
) -> Result<Option<Instruction>, ClientError> {
    let group = proposal.state.group;
    let allowed = Some(proposal.address);
    Ok(match proposal.state.change()? {
        Change::ListUnderlying { index, params } => {
            let oracles = oracles(directory, index, &params.sources)?;
            Some(list_underlying([payer, payer, &group], index, params, &oracles, allowed))
        }
        Change::ListCollateral { mint, underlying, params } => {
            let token_program = *token_program;
            let token = NewCollateral { mint, token_program, underlying, params };
            Some(list_collateral([payer, payer, &group], &token, allowed))
        }
        Change::ListInstrument { index, underlying, params } => {
            Some(list_instrument([payer, payer, &group], underlying, index, params, allowed))
        }
        Change::ListExpiry { underlying, expires_at, params } => {
            let at = (underlying, expires_at);
            Some(list_expiry(directory, [payer, payer], at, params, allowed)?)
        }
        Change::ListContract { index, underlying, expires_at, params } => {
            let (at, listed) = ((underlying, expires_at), (index, params));
            Some(list_contract(directory, [payer, payer], at, listed, allowed)?)
        }
        _ => None,
    })
}

/// Refuses a proposal, or takes it back. Guardian, owner or proposer signs.
pub fn veto(authority: &Address, group: &Address, id: u64) -> Instruction {
    instruction::Veto {}.to_instruction(accounts::Veto {
        authority: *authority,
        group: *group,
        proposal: pda::proposal(group, id),
    })
}

/// Removes a proposal of which nothing can come any more. Nobody signs.
pub fn close_proposal(proposal: &Keyed<Proposal>) -> Instruction {
    close_proposal_at(&proposal.state.payer, &proposal.address)
}

/// The same by who paid its rent and where it lies.
pub fn close_proposal_at(payer: &Address, proposal: &Address) -> Instruction {
    let (payer, proposal) = (*payer, *proposal);
    instruction::CloseProposal {}.to_instruction(accounts::CloseProposal { payer, proposal })
}

/// Halts a class of instructions. The guardian signs.
pub fn pause(guardian: &Address, group: &Address, class: PauseClass, seconds: u64) -> Instruction {
    let accounts = accounts::Pause { guardian: *guardian, group: *group };
    instruction::Pause { class, seconds }.to_instruction(accounts)
}

/// Ends a pause. Guardian or owner signs.
pub fn unpause(authority: &Address, group: &Address, class: PauseClass) -> Instruction {
    let accounts = accounts::Unpause { authority: *authority, group: *group };
    instruction::Unpause { class }.to_instruction(accounts)
}

/// Lowers something at once. The guardian signs.
///
/// Errors: `UnknownCollateral`, `UnknownInstrument`.
pub fn tighten(
    directory: &GroupDirectory,
    guardian: &Address,
    what: Tightening,
) -> Result<Instruction, ClientError> {
    let target = match what {
        Tightening::DepositCap { collateral, .. }
        | Tightening::BorrowCap { collateral, .. }
        | Tightening::Outflow { collateral, .. } => collateral_address(directory, collateral)?,
        Tightening::OpenInterestCap { instrument, .. } | Tightening::ReduceOnly { instrument } => {
            directory.instrument(instrument)?.address
        }
    };
    let group = directory.group.address;
    let accounts = accounts::Tighten { guardian: *guardian, group };
    let mut instruction = instruction::Tighten { what }.to_instruction(accounts);
    instruction.accounts.push(AccountMeta::new(target, false));
    Ok(instruction)
}

/// What a change is tried on or done to: its target, then the accounts of new oracle sources.
fn targets(
    directory: &GroupDirectory,
    change: &Change,
    target: fn(Address, bool) -> AccountMeta,
) -> Result<Vec<AccountMeta>, ClientError> {
    let address = match change {
        Change::Underlying { index, .. } | Change::UnderlyingOracles { index, .. } => {
            directory.underlying(*index)?.address
        }
        Change::Collateral { index, .. } => collateral_address(directory, *index)?,
        Change::Instrument { index, .. } => directory.instrument(*index)?.address,
        _ => return Ok(Vec::new()),
    };
    let mut metas = vec![target(address, false)];
    if let Change::UnderlyingOracles { index, sources } = change {
        let oracles = oracles(directory, *index, sources)?.into_iter();
        metas.extend(oracles.map(|one| AccountMeta::new_readonly(one, false)));
    }
    Ok(metas)
}

fn collateral_address(directory: &GroupDirectory, index: u16) -> Result<Address, ClientError> {
    let found = directory.collaterals.get(usize::from(index));
    Ok(found.ok_or(ClientError::UnknownCollateral(index))?.address)
}

/// Where the accounts of sources lie; those that name none, where the directory knows.
fn oracles(
    directory: &GroupDirectory,
    underlying: u16,
    sources: &[SourceParams],
) -> Result<Vec<Address>, ClientError> {
    let addresses = sources.iter().enumerate().map(|(source, params)| {
        let SourceParams { kind, address, feed_id } = *params;
        let stored = StoredSource { kind: u64::from(kind), address, feed_id };
        match is_pinned(&stored) {
            true => Ok(address),
            false => directory
                .posted
                .get(&feed_id)
                .copied()
                .ok_or(ClientError::OracleAddressUnknown { underlying, source }),
        }
    });
    addresses.collect()
}
