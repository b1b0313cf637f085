//! Questions that the program answers as return data of a simulation.

use plimsoll::state::MarginAccount;
use plimsoll::{accounts, instruction};
use plimsoll_risk::RowKey;
use solana_instruction::Instruction;

use crate::directory::{row_keys, Access, GroupDirectory, Keyed};
use crate::error::ClientError;

/// The account's report; the return data is an `AccountReport`.
pub fn view_account(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
) -> Result<Instruction, ClientError> {
    let accounts = view_accounts(directory, margin_account);
    let instruction = instruction::ViewAccount {}.to_instruction(accounts);
    with_risk_metas(directory, margin_account, instruction)
}

/// Why the account needs what it needs for an underlying with options; the return data is an
/// `UnderlyingDetail`.
pub fn view_underlying(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
    underlying: u16,
) -> Result<Instruction, ClientError> {
    let accounts = view_accounts(directory, margin_account);
    let instruction = instruction::ViewUnderlying { underlying }.to_instruction(accounts);
    with_risk_metas(directory, margin_account, instruction)
}

/// What could be withdrawn of a token row without borrowing; the return data is a `u64`.
pub fn view_withdrawable(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
    collateral: RowKey,
) -> Result<Instruction, ClientError> {
    let accounts = view_accounts(directory, margin_account);
    let collateral_key = collateral.raw();
    let instruction = instruction::ViewWithdrawable { collateral_key }.to_instruction(accounts);
    with_risk_metas(directory, margin_account, instruction)
}

fn view_accounts(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
) -> accounts::ViewAccount {
    accounts::ViewAccount { group: directory.group.address, margin_account: margin_account.address }
}

fn with_risk_metas(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
    mut instruction: Instruction,
) -> Result<Instruction, ClientError> {
    let keys = row_keys(&margin_account.state)?;
    instruction.accounts.extend(directory.risk_metas(&keys, Access::ReadOnly)?);
    Ok(instruction)
}
