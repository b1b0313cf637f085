//! Small facts about tokens that several instructions share. Amounts enter and leave here as the
//! token program's `u64` and are typed everywhere else.

use anchor_lang::pinocchio::instruction::InstructionAccount;
use anchor_lang::prelude::*;
use anchor_lang::{unchecked_invoke_signed_fixed, CpiHandle};
use anchor_spl::{token_interface, Mint, TokenAccount};
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
    let (from, to) = (source.cpi_handle_mut(), vault.cpi_handle_mut());
    let authority = authority.cpi_handle();
    transfer(
        program,
        [from.into(), mint.cpi_handle(), to.into(), authority],
        amount,
        decimals,
        &[],
    );
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
    let (from, to) = (vault.cpi_handle_mut(), destination.cpi_handle_mut());
    let handles = [from.into(), mint.cpi_handle(), to.into(), collateral.cpi_handle()];
    transfer(program, handles, amount, decimals, signer_seeds);
    Ok(())
}

/// The token programs' number of `TransferChecked`.
const TRANSFER_CHECKED: u8 = 12;

/// `TransferChecked` from the first of these accounts, of the second's mint, to the third, by the
/// fourth's authority. The runtime ends the transaction where it fails.
///
/// Not by Anchor's builder: that allocates the instruction and looks for each of its accounts among
/// the handles twice, for more than half of what a deposit costs. Here their order is the
/// instruction's own. The program is one of the two token programs by its type.
fn transfer<'a>(
    program: &'a TokenProgramOf,
    handles: [CpiHandle<'a>; 4],
    amount: u64,
    decimals: u8,
    signer_seeds: &'a [&'a [&'a [u8]]],
) {
    let [a, b, c, d, e, f, g, h] = amount.to_le_bytes();
    let data = [TRANSFER_CHECKED, a, b, c, d, e, f, g, h, decimals];
    let [from, mint, to, authority] = &handles;
    let accounts = [
        InstructionAccount::writable(from.address()),
        InstructionAccount::readonly(mint.address()),
        InstructionAccount::writable(to.address()),
        InstructionAccount::readonly_signer(authority.address()),
    ];
    unchecked_invoke_signed_fixed(program.address(), &data, &accounts, &handles, signer_seeds);
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
