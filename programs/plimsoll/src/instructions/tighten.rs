//! Lowers at once what lets new risk into the group. Loosening takes a proposal.

use anchor_lang::prelude::*;

use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::Tightened;
use crate::governance::{tighten, Tightening};
use crate::load::RiskAccounts;
use crate::state::Group;

/// Accounts of `tighten`. The trailing account is the collateral or the instrument, writable.
#[derive(Accounts)]
pub struct Tighten {
    /// Guardian of the group.
    pub guardian: Signer,
    /// The group.
    #[account(
        constraint = anchor_lang::address_eq(&group.guardian, guardian.address())
            @ PlimsollError::NotGuardian
    )]
    pub group: Account<Group>,
}

/// Errors: `NotGuardian`, `ChangeUnknownTarget`, `NotTighter`, `ParameterOutOfBounds`, those of the
/// number of accounts.
pub(crate) fn handler(ctx: &mut Context<Tighten>, what: Tightening) -> Result<()> {
    let mut rest = RiskAccounts::new(ctx.remaining_accounts()?);
    let group = *ctx.accounts.group.address();
    tighten(what, &group, &mut rest, now()?.time)?;
    rest.finish()?;
    let (target, value) = what.named();
    emit!(Tightened { group, kind: what.kind(), target, value });
    Ok(())
}
