//! Opening, closing and delegating margin accounts.

use plimsoll::{accounts, instruction};
use solana_address::Address;
use solana_instruction::Instruction;

use super::SYSTEM_PROGRAM;
use crate::pda;

/// Opens `owner`'s account with a number; `payer` pays the rent. Both sign.
pub fn open_account(
    payer: &Address,
    owner: &Address,
    group: &Address,
    sub_account: u16,
) -> Instruction {
    instruction::OpenAccount { sub_account }.to_instruction(accounts::OpenAccount {
        payer: *payer,
        owner: *owner,
        group: *group,
        margin_account: pda::margin(group, owner, sub_account),
        system_program: SYSTEM_PROGRAM,
    })
}

/// Closes an empty account; the rent goes to its owner, who signs.
pub fn close_account(owner: &Address, margin_account: &Address) -> Instruction {
    let (owner, margin_account) = (*owner, *margin_account);
    instruction::CloseAccount {}.to_instruction(accounts::CloseAccount { owner, margin_account })
}

/// Lets `delegate` trade for an account until `expires_at` (Unix seconds, exclusive); all zeros
/// revokes. The owner signs.
pub fn set_delegate(
    owner: &Address,
    margin_account: &Address,
    delegate: &Address,
    expires_at: i64,
) -> Instruction {
    let (owner, margin_account) = (*owner, *margin_account);
    instruction::SetDelegate { delegate: *delegate, expires_at }
        .to_instruction(accounts::SetDelegate { owner, margin_account })
}
