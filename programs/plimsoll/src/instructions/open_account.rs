//! Opens a margin account for the signer.

// Anchor parses the arguments once more where it does not need them.
#![allow(unused_variables)]

use anchor_lang::prelude::*;

use crate::seeds;
use crate::state::{Group, MarginAccount, VERSION};

/// Accounts of `open_account`.
#[derive(Accounts)]
#[instruction(sub_account: u16)]
pub struct OpenAccount {
    /// Pays the rent; may be the other signer too, since no data of it is read or written.
    #[account(mut, unsafe(dup))]
    pub payer: Signer,
    /// Will own the account.
    pub owner: Signer,
    /// The group.
    pub group: Account<Group>,
    /// The new account.
    #[account(
        init,
        payer = payer,
        seeds = [seeds::MARGIN, group, owner, sub_account.to_le_bytes()],
        bump
    )]
    pub margin_account: Account<MarginAccount>,
    /// Creates the account.
    pub system_program: Program<System>,
}

/// A group that is not launched takes no accounts, and so no money. Errors: `GroupNotLaunched`.
pub(crate) fn handler(ctx: &mut Context<OpenAccount>, sub_account: u16) -> Result<()> {
    ctx.accounts.group.require_launched()?;
    let account = &mut ctx.accounts.margin_account;
    account.version = VERSION;
    account.bump = ctx.bumps.margin_account;
    account.sub_account = sub_account;
    account.group = *ctx.accounts.group.address();
    account.owner = *ctx.accounts.owner.address();
    Ok(())
}
