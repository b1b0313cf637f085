//! Small facts about tokens that several instructions share. Amounts enter and leave here as the
//! token program's `u64` and are typed everywhere else.

use anchor_lang::prelude::*;
use anchor_spl::{token, token_interface, Mint, TokenAccount};
use plimsoll_units::{QuoteAtoms, TokenAtoms};

use crate::error::PlimsollError;
use crate::seeds;
use crate::state::Collateral;

/// A token account of either token program.
pub(crate) type TokenAccountOf = InterfaceAccount<token_interface::Interface<TokenAccount>>;
/// A mint of either token program.
pub(crate) type MintOf = InterfaceAccount<token_interface::Interface<Mint>>;
/// Either token program.
pub(crate) type TokenProgramOf = Interface<'static, token_interface::TokenInterface>;

/// Transfers `amount` token atoms into the vault, and says what arrived after the token's own
/// transfer fee. `NothingReceived` if the fee left nothing.
#[inline(never)]
pub(crate) fn collect(
    program: &TokenProgramOf,
    source: &mut TokenAccountOf,
    mint: &MintOf,
    vault: &mut TokenAccountOf,
    authority: &Signer,
    amount: u64,
) -> Result<TokenAtoms> {
    let before = vault.amount();
    let decimals = mint.decimals();
    let context = CpiContext::new(
        program.address(),
        token::TransferChecked {
            from: source.cpi_handle_mut(),
            mint: mint.cpi_handle(),
            to: vault.cpi_handle_mut(),
            authority: authority.cpi_handle(),
        },
    );
    token::transfer_checked(context, amount, decimals)?;
    let gain = vault.amount().checked_sub(before).ok_or(PlimsollError::NothingReceived)?;
    require!(gain > 0, PlimsollError::NothingReceived);
    atoms(gain)
}

/// Transfers `amount` token atoms out of a collateral's vault. Nothing for nothing.
#[inline(never)]
pub(crate) fn pay(
    program: &TokenProgramOf,
    vault: &mut TokenAccountOf,
    mint: &MintOf,
    destination: &mut TokenAccountOf,
    collateral: &Account<Collateral>,
    amount: u64,
) -> Result<()> {
    if amount == 0 {
        return Ok(());
    }
    let (group, own_mint, bump) = (collateral.group, collateral.mint, [collateral.bump]);
    let seeds: &[&[u8]] = &[seeds::COLLATERAL, group.as_ref(), own_mint.as_ref(), &bump];
    let signer_seeds = &[seeds];
    let decimals = mint.decimals();
    let context = CpiContext::new_with_signer(
        program.address(),
        token::TransferChecked {
            from: vault.cpi_handle_mut(),
            mint: mint.cpi_handle(),
            to: destination.cpi_handle_mut(),
            authority: collateral.cpi_handle(),
        },
        signer_seeds,
    );
    token::transfer_checked(context, amount, decimals)
}

/// A token program amount as signed atoms; `MathOverflow` above 2^63 − 1.
pub(crate) fn atoms(amount: u64) -> Result<TokenAtoms> {
    Ok(TokenAtoms::new(i64::try_from(amount).map_err(|_| PlimsollError::MathOverflow)?))
}

/// The same amount of the quote token.
pub(crate) fn quote(amount: TokenAtoms) -> QuoteAtoms {
    QuoteAtoms::new(amount.get())
}

/// The same amount of the quote token, as a token amount.
pub(crate) fn token(amount: QuoteAtoms) -> TokenAtoms {
    TokenAtoms::new(amount.get())
}

/// True if `amount` is at most `cap`.
pub(crate) fn within(amount: TokenAtoms, cap: u64) -> bool {
    u64::try_from(amount.get()).map_or(true, |amount| amount <= cap)
}
