//! What anybody may do to keep a group up to date.

use plimsoll::state::MarginAccount;
use plimsoll::{accounts, instruction};
use solana_instruction::{AccountMeta, Instruction};

use crate::directory::{row_keys, Access, GroupDirectory, Keyed};
use crate::error::ClientError;

/// Lets an underlying's stable price and jump reference follow its oracle. Nobody signs.
pub fn refresh_underlying(
    directory: &GroupDirectory,
    index: u16,
) -> Result<Instruction, ClientError> {
    let underlying = directory.underlying(index)?.address;
    let mut instruction = instruction::RefreshUnderlying {}
        .to_instruction(accounts::RefreshUnderlying { group: directory.group.address, underlying });
    let oracles = directory.oracle_addresses(index)?.into_iter();
    instruction.accounts.extend(oracles.map(|one| AccountMeta::new_readonly(one, false)));
    Ok(instruction)
}

/// Carries an instrument's open interest into the margin rule and sets its funding. Nobody signs.
pub fn refresh_instrument(
    directory: &GroupDirectory,
    index: u16,
) -> Result<Instruction, ClientError> {
    let instrument = directory.instrument(index)?;
    let accounts = accounts::RefreshInstrument {
        group: directory.group.address,
        quote_underlying: directory.underlying(0)?.address,
        pool: directory.pool(index)?.address,
        instrument: instrument.address,
        underlying: directory.underlying(instrument.state.underlying)?.address,
    };
    let mut instruction = instruction::RefreshInstrument {}.to_instruction(accounts);
    for underlying in [0, instrument.state.underlying] {
        let oracles = directory.oracle_addresses(underlying)?.into_iter();
        instruction.accounts.extend(oracles.map(|one| AccountMeta::new_readonly(one, false)));
    }
    Ok(instruction)
}

/// Brings a token's interest up to now, by the collateral's index. Nobody signs.
pub fn refresh_collateral(
    directory: &GroupDirectory,
    index: u16,
) -> Result<Instruction, ClientError> {
    let collateral = directory.collaterals.get(usize::from(index));
    let collateral = collateral.ok_or(ClientError::UnknownCollateral(index))?.address;
    let insurance = directory.insurance.address;
    let accounts = accounts::RefreshCollateral { collateral, insurance };
    Ok(instruction::RefreshCollateral {}.to_instruction(accounts))
}

/// Starts the clock of a liquidation episode, or ends one that is over. Nobody signs.
pub fn mark_account(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
) -> Result<Instruction, ClientError> {
    let mut instruction = instruction::MarkAccount {}.to_instruction(accounts::MarkAccount {
        group: directory.group.address,
        margin_account: margin_account.address,
    });
    let keys = row_keys(&margin_account.state)?;
    instruction.accounts.extend(directory.risk_metas(&keys, Access::ReadOnly)?);
    Ok(instruction)
}
