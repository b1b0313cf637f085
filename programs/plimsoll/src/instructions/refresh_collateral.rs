//! Brings the interest of a token up to now. Anybody may.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::CollateralRefreshed;
use crate::state::{Collateral, Insurance};

/// Accounts of `refresh_collateral`.
#[derive(Accounts)]
pub struct RefreshCollateral {
    /// The token's collateral.
    #[account(mut)]
    pub collateral: Account<Collateral>,
    /// The group's insurance fund, which gets what was set aside of the quote token.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&insurance.group, &collateral.group)
            @ PlimsollError::WrongGroup
    )]
    pub insurance: Account<Insurance>,
}

/// What was set aside of other tokens stays with them, and pays the first losses of their
/// lenders. Errors: `WrongGroup`.
pub(crate) fn handler(ctx: &mut Context<RefreshCollateral>) -> Result<()> {
    let (collateral, insurance) = (&mut ctx.accounts.collateral, &mut ctx.accounts.insurance);
    collateral.accrue(now()?.time)?;
    if collateral.index == 0 {
        let collected = collateral.take_reserve(plimsoll_units::TokenAtoms::MAX)?;
        insurance.receive(crate::token::quote(collected))?;
    }
    emit!(CollateralRefreshed {
        collateral: *collateral.address(),
        deposit_index_low: collateral.deposit_index.low,
        deposit_index_high: collateral.deposit_index.high,
        borrow_index_low: collateral.borrow_index.low,
        borrow_index_high: collateral.borrow_index.high,
    });
    Ok(())
}
