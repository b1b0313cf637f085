//! Withdraws a token; below zero is borrowing.

use anchor_lang::prelude::*;
use anchor_spl::prelude::*;
use anchor_spl::{Mint, TokenAccount};
use plimsoll_risk::{utilisation, RowKey};
use plimsoll_units::{Ratio, TokenAtoms};

use crate::check::{guarded, Guarded, Ix, Parties, Touched};
use crate::clock::now;
use crate::error::PlimsollError;
use crate::events::Withdrawn;
use crate::governance::PauseClass;
use crate::state::{Collateral, Group, MarginAccount};
use crate::token;

/// Accounts of `withdraw`. The trailing accounts are the risk accounts of the margin account with
/// a row for the token; in them the collateral must be writable.
#[derive(Accounts)]
pub struct Withdraw {
    /// Owner of the margin account.
    pub owner: Signer,
    /// The group.
    pub group: Account<Group>,
    /// The account.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&margin_account.group, group.address())
            @ PlimsollError::WrongGroup,
        constraint = anchor_lang::address_eq(&margin_account.owner, owner.address())
            @ PlimsollError::NotAccountOwner
    )]
    pub margin_account: Account<MarginAccount>,
    /// The token.
    pub mint: InterfaceAccount<token_interface::Interface<Mint>>,
    /// The collateral's vault.
    #[account(mut)]
    pub vault: InterfaceAccount<token_interface::Interface<TokenAccount>>,
    /// Where the tokens go.
    #[account(mut)]
    pub destination: InterfaceAccount<token_interface::Interface<TokenAccount>>,
    /// The collateral's token program.
    pub token_program: Interface<'static, token_interface::TokenInterface>,
}

/// Withdraws `amount` token atoms of which at most `borrow_max` may be borrowed.
///
/// Errors: `ZeroAmount`, `NotAccountOwner`, `WrongGroup`, `WrongTokenAccounts`,
/// `BorrowNotAllowed`, `BorrowBeyondLimit`, `BorrowCapExceeded`, `UtilisationExceeded`,
/// `VaultIllLiquid`, `OutflowExceeded`, `Paused` (to borrow),
/// `BelowInitialMargin`, those of the risk accounts and of the oracles.
pub(crate) fn handler(
    ctx: &mut Context<Withdraw>,
    collateral_key: u64,
    amount_token_atoms: u64,
    borrow_token_atoms_max: u64,
) -> Result<()> {
    require!(amount_token_atoms > 0, PlimsollError::ZeroAmount);
    let key = RowKey::from_raw(collateral_key).ok_or(PlimsollError::OutOfRange)?;
    require!(key.kind() == plimsoll_risk::RowKind::Token, PlimsollError::OutOfRange);
    let views = ctx.remaining_accounts()?;
    let accounts = &mut ctx.accounts;
    let group = (accounts.group.address(), &*accounts.group);
    let names = Names {
        mint: *accounts.mint.address(),
        vault: *accounts.vault.address(),
        token_program: *accounts.token_program.address(),
        vault_token_atoms: accounts.vault.amount(),
        borrowing: accounts.group.require_unpaused(PauseClass::Borrow, now()?.time),
    };
    let parties = Parties { first: &mut accounts.margin_account, second: None };
    let view = guarded(Ix::Withdraw, group, parties, Touched::both(&[key]), views, |guarded| {
        let view = guarded.market.row_view(key)?;
        book(guarded, key, view, &names, amount_token_atoms, borrow_token_atoms_max)?;
        Ok(view)
    })?;
    pay(accounts, view, amount_token_atoms)?;
    emit!(Withdrawn {
        margin_account: *accounts.margin_account.address(),
        collateral: *view.address(),
        amount_token_atoms,
    });
    Ok(())
}

/// What the collateral must name.
struct Names {
    mint: Address,
    vault: Address,
    token_program: Address,
    vault_token_atoms: u64,
    /// Whether anybody may borrow now.
    borrowing: Result<()>,
}

fn book(
    guarded: &mut Guarded<'_, '_>,
    key: RowKey,
    view: AccountView,
    names: &Names,
    amount: u64,
    borrow_max: u64,
) -> Result<()> {
    // SAFETY: the snapshot dropped its own read-only load, and the risk accounts cannot be any
    // of the declared writable accounts, which Anchor has compared.
    let mut collateral = unsafe { Account::<Collateral>::load_mut(view)? };
    let named = anchor_lang::address_eq(&collateral.mint, &names.mint)
        && anchor_lang::address_eq(&collateral.vault, &names.vault)
        && anchor_lang::address_eq(&collateral.token_program, &names.token_program);
    require!(named, PlimsollError::WrongTokenAccounts);
    collateral.accrue(guarded.now.time)?;
    collateral.pay_out(amount, guarded.now.time)?;
    let row = guarded.parties.first.row_mut(key, &guarded.permit)?;
    let totals = collateral.totals();
    let lendable = totals.lendable_floor().map_err(PlimsollError::from)?;
    require_liquidity(names.vault_token_atoms, lendable, amount)?;
    let before = totals.borrowed_atoms(row.shares()).map_err(PlimsollError::from)?;
    let out = token::atoms(amount)?.checked_neg().map_err(PlimsollError::from)?;
    let shares = collateral.change(row.shares(), out)?;
    let totals = collateral.totals();
    let after = totals.borrowed_atoms(shares).map_err(PlimsollError::from)?;
    row.shares = shares.into();
    collateral.rebase()?;
    if after > before {
        names.borrowing.clone()?;
        let borrowed = after.checked_sub(before).map_err(PlimsollError::from)?;
        require_borrow(&collateral, &totals, borrowed, borrow_max)?;
    }
    Ok(())
}

/// The vault pays out of what depositors left there. The insurance fund lies in the same vault, and
/// is neither lent nor paid out. `VaultIllLiquid`; the log says how much it can pay.
fn require_liquidity(vault_token_atoms: u64, lendable: TokenAtoms, amount: u64) -> Result<()> {
    let lendable = u64::try_from(lendable.get()).unwrap_or(0);
    let payable = vault_token_atoms.min(lendable);
    if amount > payable {
        msg!("the vault can pay {} token atoms", payable);
        return Err(PlimsollError::VaultIllLiquid.into());
    }
    Ok(())
}

fn require_borrow(
    collateral: &Collateral,
    totals: &plimsoll_risk::BalanceTotals,
    borrowed: TokenAtoms,
    borrow_max: u64,
) -> Result<()> {
    require!(token::within(borrowed, borrow_max), PlimsollError::BorrowBeyondLimit);
    collateral.require_borrowable(totals)?;
    let most = Ratio::from_ppm(collateral.utilisation_ppm_max);
    require!(utilisation(totals) <= most, PlimsollError::UtilisationExceeded);
    Ok(())
}

fn pay(accounts: &mut Withdraw, view: AccountView, amount: u64) -> Result<()> {
    let collateral = Account::<Collateral>::load(view)?;
    token::pay(
        &accounts.token_program,
        &mut accounts.vault,
        &accounts.mint,
        &mut accounts.destination,
        &collateral,
        amount,
    )
}
