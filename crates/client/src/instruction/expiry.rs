//! Expiries: listing them and their contracts, publishing surfaces, valuing, settling.

use plimsoll::{accounts, instruction, ContractParams, ExpiryParams, SliceParams};
use solana_address::Address;
use solana_instruction::{AccountMeta, Instruction};

use super::SYSTEM_PROGRAM;
use crate::directory::GroupDirectory;
use crate::error::ClientError;
use crate::pda;

/// Lists an expiry of an underlying (Unix seconds). Payer and owner sign.
pub fn create_expiry(
    directory: &GroupDirectory,
    payer: &Address,
    owner: &Address,
    underlying: u16,
    expires_at: i64,
    params: ExpiryParams,
) -> Result<Instruction, ClientError> {
    list_expiry(directory, [payer, owner], (underlying, expires_at), params, None)
}

/// What lists an expiry, by addresses that need no directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewExpiry {
    /// The group.
    pub group: Address,
    /// Index of the underlying.
    pub underlying: u16,
    /// When it expires (Unix seconds).
    pub expires_at: i64,
    /// The underlying's expiries before it and behind it, where there are any (Unix seconds).
    pub beside: [Option<i64>; 2],
    /// What makes it.
    pub params: ExpiryParams,
}

/// Lists an expiry: by the owner during the set-up, by anybody with a ripe proposal from the launch on.
/// Payer and authority sign. Between two others it takes more units than an instruction has by
/// default, see [`unit_limit`](super::unit_limit).
pub fn create_expiry_at(
    [payer, authority]: [&Address; 2],
    new: &NewExpiry,
    proposal: Option<Address>,
) -> Instruction {
    let NewExpiry { group, underlying, expires_at, beside: [earlier, later], params } = *new;
    let on = pda::underlying(&group, underlying);
    instruction::CreateExpiry { expires_at, params }.to_instruction(accounts::CreateExpiry {
        payer: *payer,
        authority: *authority,
        group,
        underlying: on,
        expiry: pda::expiry(&on, expires_at),
        earlier: earlier.map(|at| pda::expiry(&on, at)),
        later: later.map(|at| pda::expiry(&on, at)),
        system_program: SYSTEM_PROGRAM,
        proposal,
    })
}

/// The same for payer and authority, with the proposal that allows it after the launch.
pub(super) fn list_expiry(
    directory: &GroupDirectory,
    [payer, authority]: [&Address; 2],
    (underlying, expires_at): (u16, i64),
    params: ExpiryParams,
    proposal: Option<Address>,
) -> Result<Instruction, ClientError> {
    directory.underlying(underlying)?;
    let own = directory.expiries.iter().filter(|one| one.state.underlying == underlying);
    let times = own.map(|one| one.state.expires_at);
    let before = times.clone().filter(|at| *at < expires_at).max();
    let behind = times.filter(|at| *at > expires_at).min();
    let group = directory.group.address;
    let new = NewExpiry { group, underlying, expires_at, beside: [before, behind], params };
    Ok(create_expiry_at([payer, authority], &new, proposal))
}

/// Lists the group's next instrument, a contract of an expiry. Payer and owner sign.
pub fn create_contract(
    directory: &GroupDirectory,
    payer: &Address,
    owner: &Address,
    (underlying, expires_at): (u16, i64),
    index: u16,
    params: ContractParams,
) -> Result<Instruction, ClientError> {
    list_contract(directory, [payer, owner], (underlying, expires_at), (index, params), None)
}

/// What lists a contract, by addresses that need no directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewContract {
    /// The group.
    pub group: Address,
    /// Its index, the group's next one by then.
    pub index: u16,
    /// Index of the underlying.
    pub underlying: u16,
    /// When it expires (Unix seconds).
    pub expires_at: i64,
    /// What makes it.
    pub params: ContractParams,
}

/// Lists a contract: by the owner during the set-up, by anybody with a ripe proposal from the launch
/// on. Payer and authority sign.
pub fn create_contract_at(
    [payer, authority]: [&Address; 2],
    new: &NewContract,
    proposal: Option<Address>,
) -> Instruction {
    let NewContract { group, index, underlying, expires_at, params } = *new;
    let instrument = pda::instrument(&group, index);
    instruction::CreateContract { index, params }.to_instruction(accounts::CreateContract {
        payer: *payer,
        authority: *authority,
        group,
        expiry: pda::expiry(&pda::underlying(&group, underlying), expires_at),
        instrument,
        pool: pda::pool(&instrument),
        system_program: SYSTEM_PROGRAM,
        proposal,
    })
}

/// The same for payer and authority, with the proposal that allows it after the launch.
pub(super) fn list_contract(
    directory: &GroupDirectory,
    [payer, authority]: [&Address; 2],
    (underlying, expires_at): (u16, i64),
    (index, params): (u16, ContractParams),
    proposal: Option<Address>,
) -> Result<Instruction, ClientError> {
    let group = directory.group.address;
    directory.expiry(underlying, expires_at)?;
    let new = NewContract { group, index, underlying, expires_at, params };
    Ok(create_contract_at([payer, authority], &new, proposal))
}

/// The expiries before and behind one, where there are any.
fn neighbours(
    directory: &GroupDirectory,
    underlying: u16,
    expires_at: i64,
) -> Result<[Option<Address>; 2], ClientError> {
    let state = directory.expiry(underlying, expires_at)?.state;
    let beside = |at: i64| match at {
        0 => Ok(None),
        at => directory.expiry(underlying, at).map(|one| Some(one.address)),
    };
    Ok([beside(state.earlier_at)?, beside(state.later_at)?])
}

/// Publishes a slice. The publisher signs.
pub fn publish_surface(
    directory: &GroupDirectory,
    publisher: &Address,
    (underlying, expires_at): (u16, i64),
    slice: SliceParams,
    basis_ppm: i32,
    confidence_ppm: u32,
) -> Result<Instruction, ClientError> {
    let [earlier, later] = neighbours(directory, underlying, expires_at)?;
    let accounts = accounts::PublishSurface {
        publisher: *publisher,
        group: directory.group.address,
        expiry: directory.expiry(underlying, expires_at)?.address,
        earlier,
        later,
    };
    let data = instruction::PublishSurface { slice, basis_ppm, confidence_ppm };
    Ok(data.to_instruction(accounts))
}

/// Samples the price for the settlement of an expiry, or settles it. Nobody signs.
pub fn sample_settlement(
    directory: &GroupDirectory,
    underlying: u16,
    expires_at: i64,
) -> Result<Instruction, ClientError> {
    let mut instruction =
        instruction::SampleSettlement {}.to_instruction(accounts::SampleSettlement {
            group: directory.group.address,
            quote_underlying: directory.underlying(0)?.address,
            underlying: directory.underlying(underlying)?.address,
            expiry: directory.expiry(underlying, expires_at)?.address,
        });
    instruction.accounts.extend(oracles(directory, underlying)?);
    Ok(instruction)
}

/// Values a contract in all scenarios, or takes over its settlement price. Nobody signs.
pub fn refresh_risk_array(
    directory: &GroupDirectory,
    instrument: u16,
) -> Result<Instruction, ClientError> {
    let listed = directory.instrument(instrument)?;
    let underlying = listed.state.underlying;
    let mut instruction =
        instruction::RefreshRiskArray {}.to_instruction(accounts::RefreshRiskArray {
            group: directory.group.address,
            quote_underlying: directory.underlying(0)?.address,
            underlying: directory.underlying(underlying)?.address,
            expiry: directory.expiry(underlying, listed.state.expires_at)?.address,
            instrument: listed.address,
        });
    instruction.accounts.extend(oracles(directory, underlying)?);
    Ok(instruction)
}

/// Removes an expiry whose instruments have all settled. Nobody signs.
pub fn close_expiry(
    directory: &GroupDirectory,
    underlying: u16,
    expires_at: i64,
) -> Result<Instruction, ClientError> {
    let expiry = directory.expiry(underlying, expires_at)?;
    let [earlier, later] = neighbours(directory, underlying, expires_at)?;
    Ok(instruction::CloseExpiry {}.to_instruction(accounts::CloseExpiry {
        payer: expiry.state.payer,
        underlying: directory.underlying(underlying)?.address,
        expiry: expiry.address,
        earlier,
        later,
    }))
}

/// Removes a settled contract of which no account has a row any more, with its pool. Nobody signs. Where
/// the contract's `open_interest_quote_atoms` are not zero, a `refresh_instrument` goes before it. A
/// directory finds deleveragings by their contract: whoever has paid for one closes it first.
pub fn close_contract(
    directory: &GroupDirectory,
    instrument: u16,
) -> Result<Instruction, ClientError> {
    let listed = directory.instrument(instrument)?;
    Ok(instruction::CloseContract {}.to_instruction(accounts::CloseContract {
        payer: listed.state.payer,
        insurance: directory.insurance.address,
        instrument: listed.address,
        pool: directory.pool(instrument)?.address,
    }))
}

/// The oracle accounts of the quote token's underlying, then those of another.
fn oracles(directory: &GroupDirectory, underlying: u16) -> Result<Vec<AccountMeta>, ClientError> {
    let mut addresses = directory.oracle_addresses(0)?;
    addresses.extend(directory.oracle_addresses(underlying)?);
    Ok(addresses.iter().map(|one| AccountMeta::new_readonly(*one, false)).collect())
}
