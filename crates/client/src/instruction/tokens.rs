//! Tokens in and out.

use plimsoll::state::MarginAccount;
use plimsoll::{accounts, instruction};
use solana_address::Address;
use solana_instruction::Instruction;

use crate::directory::{row_keys, Access, GroupDirectory, Keyed};
use crate::error::ClientError;

/// Deposits `amount` token atoms of `mint` from `source` for any margin account. The depositor,
/// who owns `source`, signs; a token that the account does not hold yet needs its authority.
pub fn deposit(
    directory: &GroupDirectory,
    depositor: &Address,
    source: &Address,
    margin_account: &Address,
    mint: &Address,
    amount_token_atoms: u64,
) -> Result<Instruction, ClientError> {
    let collateral = directory.collateral(mint)?;
    Ok(instruction::Deposit { amount_token_atoms }.to_instruction(accounts::Deposit {
        depositor: *depositor,
        source: *source,
        mint: *mint,
        vault: collateral.state.vault,
        collateral: collateral.address,
        margin_account: *margin_account,
        token_program: collateral.state.token_program,
    }))
}

/// Gives `amount` quote atoms from `source` to the insurance fund. The depositor signs.
pub fn add_to_insurance(
    directory: &GroupDirectory,
    depositor: &Address,
    source: &Address,
    amount_quote_atoms: u64,
) -> Result<Instruction, ClientError> {
    let collateral = directory.quote()?;
    let accounts = accounts::AddToInsurance {
        depositor: *depositor,
        source: *source,
        mint: collateral.state.mint,
        vault: collateral.state.vault,
        collateral: collateral.address,
        insurance: directory.insurance.address,
        token_program: collateral.state.token_program,
    };
    Ok(instruction::AddToInsurance { amount_quote_atoms }.to_instruction(accounts))
}

/// What to withdraw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// The token.
    pub mint: Address,
    /// The token account that gets it.
    pub destination: Address,
    /// How much (token atoms).
    pub amount_token_atoms: u64,
    /// How much of it may be borrowed (token atoms).
    pub borrow_token_atoms_max: u64,
}

/// Withdraws a token. The account's owner signs.
pub fn withdraw(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
    withdrawal: &Withdrawal,
) -> Result<Instruction, ClientError> {
    let collateral = directory.collateral(&withdrawal.mint)?;
    let key = collateral.state.key();
    let mut instruction = instruction::Withdraw {
        collateral_key: key.raw(),
        amount_token_atoms: withdrawal.amount_token_atoms,
        borrow_token_atoms_max: withdrawal.borrow_token_atoms_max,
    }
    .to_instruction(accounts::Withdraw {
        owner: margin_account.state.owner,
        group: directory.group.address,
        margin_account: margin_account.address,
        mint: withdrawal.mint,
        vault: collateral.state.vault,
        destination: withdrawal.destination,
        token_program: collateral.state.token_program,
    });
    let mut keys = row_keys(&margin_account.state)?;
    keys.push(key);
    instruction.accounts.extend(directory.risk_metas(&keys, Access::Writable(&[key]))?);
    Ok(instruction)
}
