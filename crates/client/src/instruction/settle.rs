//! Profit and loss, fees, and what bankrupt accounts leave behind.

use plimsoll::state::MarginAccount;
use plimsoll::{accounts, instruction};
use plimsoll_risk::RowKind;
use solana_address::Address;
use solana_instruction::Instruction;

use crate::directory::{Access, GroupDirectory, Keyed};
use crate::error::ClientError;
use crate::pda;

/// Settles an account's position. Nobody signs. A settler's margin account, if one is named, gets
/// the reward for settling a loss. A position of a contract that has settled waits for an hour behind its
/// expiry's settlement (`SettlementPending`).
pub fn settle_position(
    directory: &GroupDirectory,
    margin_account: &Address,
    instrument: u16,
    settler: Option<&Address>,
) -> Result<Instruction, ClientError> {
    let listed = directory.instrument(instrument)?.state;
    let mut instruction = instruction::SettlePosition { underlying: listed.underlying }
        .to_instruction(accounts::SettlePosition {
            group: directory.group.address,
            margin_account: *margin_account,
            settler: settler.copied(),
            pool: directory.pool(instrument)?.address,
            quote_collateral: directory.quote()?.address,
        });
    instruction.accounts.extend(directory.risk_metas(&[listed.key()], Access::ReadOnly)?);
    Ok(instruction)
}

/// Counts an account's row of an instrument anew. Nobody signs.
pub fn renew_position(
    directory: &GroupDirectory,
    margin_account: &Address,
    instrument: u16,
) -> Result<Instruction, ClientError> {
    let listed = directory.instrument(instrument)?.state;
    let arguments = instruction::RenewPosition { underlying: listed.underlying };
    Ok(arguments.to_instruction(accounts::RenewPosition {
        margin_account: *margin_account,
        pool: directory.pool(instrument)?.address,
    }))
}

/// What an account's rows need before a bid on it, or its closing: mostly nothing. One instruction for
/// each position's row that holds nothing, or could share none of its weight. Each may come along with
/// somebody else's, and be late: then it changes nothing.
pub fn renew_positions(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
) -> Result<Vec<Instruction>, ClientError> {
    let mut due = Vec::new();
    for row in margin_account.state.rows()? {
        let key = row.key()?;
        if key.kind() == RowKind::Position && (row.holds_nothing() || row.weight <= 1) {
            due.push(renew_position(directory, &margin_account.address, key.index())?);
        }
    }
    Ok(due)
}

/// Brings an instrument's fees to the insurance fund. Nobody signs.
pub fn collect_fees(
    directory: &GroupDirectory,
    instrument: u16,
) -> Result<Instruction, ClientError> {
    let pool = directory.pool(instrument)?.address;
    let insurance = directory.insurance.address;
    Ok(instruction::CollectFees {}.to_instruction(accounts::CollectFees { pool, insurance }))
}

/// Repays an instrument's debt out of the insurance fund's income. Nobody signs.
pub fn repay_debt(directory: &GroupDirectory, instrument: u16) -> Result<Instruction, ClientError> {
    let pool = directory.pool(instrument)?.address;
    let insurance = directory.insurance.address;
    Ok(instruction::RepayDebt {}.to_instruction(accounts::RepayDebt { pool, insurance }))
}

/// Shares what a bankrupt account's position in an instrument lost. Nobody signs.
pub fn share_loss(
    directory: &GroupDirectory,
    margin_account: &Address,
    instrument: u16,
) -> Result<Instruction, ClientError> {
    let listed = directory.instrument(instrument)?;
    Ok(instruction::ShareLoss {}.to_instruction(accounts::ShareLoss {
        group: directory.group.address,
        insurance: directory.insurance.address,
        margin_account: *margin_account,
        quote_underlying: directory.underlying(0)?.address,
        underlying: directory.underlying(listed.state.underlying)?.address,
        instrument: listed.address,
        pool: directory.pool(instrument)?.address,
        quote_collateral: directory.quote()?.address,
    }))
}

/// Clears what an account owes the lenders of the quote token and cannot pay. Nobody signs.
pub fn write_off_debt(
    directory: &GroupDirectory,
    margin_account: &Address,
) -> Result<Instruction, ClientError> {
    Ok(instruction::WriteOffDebt {}.to_instruction(accounts::WriteOffDebt {
        insurance: directory.insurance.address,
        margin_account: *margin_account,
        quote_collateral: directory.quote()?.address,
    }))
}

/// What may be done for a margin account whose bids left losses to others: one instruction for
/// each of its rows, all of them due.
pub fn share_losses(
    directory: &GroupDirectory,
    margin_account: &Keyed<MarginAccount>,
) -> Result<Vec<Instruction>, ClientError> {
    let mut due = Vec::new();
    for row in margin_account.state.rows()?.iter().filter(|row| row.owed_quote_atoms != 0) {
        let key = row.key()?;
        due.push(share_loss(directory, &margin_account.address, key.index())?);
    }
    Ok(due)
}

/// Stakes `amount` quote atoms from `source` in the insurance fund. Payer and owner sign.
pub fn stake_insurance(
    directory: &GroupDirectory,
    payer: &Address,
    owner: &Address,
    source: &Address,
    amount_quote_atoms: u64,
) -> Result<Instruction, ClientError> {
    let collateral = directory.quote()?;
    let insurance = directory.insurance.address;
    let accounts = accounts::StakeInsurance {
        payer: *payer,
        owner: *owner,
        source: *source,
        mint: collateral.state.mint,
        vault: collateral.state.vault,
        collateral: collateral.address,
        group: directory.group.address,
        insurance,
        stake: pda::stake(&insurance, owner),
        token_program: collateral.state.token_program,
        system_program: super::SYSTEM_PROGRAM,
    };
    Ok(instruction::StakeInsurance { amount_quote_atoms }.to_instruction(accounts))
}

/// Asks for the exit of `shares` of a stake. The owner signs.
pub fn request_unstake(directory: &GroupDirectory, owner: &Address, shares: u128) -> Instruction {
    let insurance = directory.insurance.address;
    instruction::RequestUnstake { shares }.to_instruction(accounts::RequestUnstake {
        owner: *owner,
        group: directory.group.address,
        insurance,
        stake: pda::stake(&insurance, owner),
    })
}

/// Closes a stake that is worth nothing; its rent goes to the owner, who signs.
pub fn close_stake(directory: &GroupDirectory, owner: &Address) -> Instruction {
    let insurance = directory.insurance.address;
    let stake = pda::stake(&insurance, owner);
    let accounts = accounts::CloseStake { owner: *owner, insurance, stake };
    instruction::CloseStake {}.to_instruction(accounts)
}

/// Pays out a stake whose cool-down is over, to `destination`. The owner signs.
pub fn unstake(
    directory: &GroupDirectory,
    owner: &Address,
    destination: &Address,
) -> Result<Instruction, ClientError> {
    let collateral = directory.quote()?;
    let insurance = directory.insurance.address;
    Ok(instruction::Unstake {}.to_instruction(accounts::Unstake {
        owner: *owner,
        mint: collateral.state.mint,
        vault: collateral.state.vault,
        destination: *destination,
        collateral: collateral.address,
        insurance,
        stake: pda::stake(&insurance, owner),
        token_program: collateral.state.token_program,
    }))
}
