//! What a change does to its target: tried on a copy when it is proposed, done when it is executed.

use anchor_lang::bytemuck::{Pod, Zeroable};
use anchor_lang::prelude::*;
use plimsoll_risk::{allowed, Action, Grade};

use super::{bounds, Change};
use crate::clock::Now;
use crate::error::{grade_error, PlimsollError};
use crate::instructions::create_collateral::{CollateralParams, RAMP_SECONDS_MIN};
use crate::instructions::create_instrument::InstrumentParams;
use crate::instructions::create_underlying::{
    prepare, set_sources, SourceParams, UnderlyingParams,
};
use crate::load::{take_quote, Member, RiskAccounts};
use crate::state::{
    Collateral, Expiry, Group, Instrument, InstrumentKind, InstrumentStatus, StoredSlice,
    Underlying,
};

/// Whether a change is tried or done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Everything is checked, nothing written.
    Try,
    /// What was proposed happens.
    Do,
}

/// Tries a change, or does it. `rest` holds the target, where the change has one: the underlying,
/// collateral or instrument, writable if it is done; behind an underlying that gets new sources,
/// their accounts.
///
/// A listing is only checked here: what it allows is done by the listing instruction.
///
/// Errors: `ChangeUnknownTarget`, `ChangeTooLarge`, `ProposalMismatch` (what may not change does, or
/// a listing is to be done), `ProposalStale` (the guardian has tightened the target since), those of the
/// validators that listing uses, those of the oracles.
pub(crate) fn carry_out(
    (change, proposed_at): (&Change, i64),
    at: &Address,
    group: &mut Group,
    rest: &mut RiskAccounts,
    now: Now,
    act: Act,
) -> Result<()> {
    // Whom the change of an underlying puts below the line may act first.
    let owners_until = now.time.get().saturating_add_unsigned(group.owner_first_seconds);
    match change {
        Change::Underlying { index, params } => edit(rest, at, *index, act, |old, new, _| {
            underlying(old, new, params)?;
            new.owner_first_until = new.owner_first_until.max(owners_until);
            new.scenarios_at = now.time.get();
            Ok(())
        }),
        Change::UnderlyingOracles { index, sources } => {
            edit(rest, at, *index, act, |_, new, rest| {
                oracles(new, sources, rest, now)?;
                new.owner_first_until = new.owner_first_until.max(owners_until);
                Ok(())
            })
        }
        Change::Collateral { index, params } => {
            edit(rest, at, *index, act, |old: &Collateral, new, _| {
                require_untightened(proposed_at, old.tightened_at)?;
                collateral(old, new, params)
            })
        }
        Change::Instrument { index, reduce_only, params } => {
            edit(rest, at, *index, act, |old: &Instrument, new, _| {
                require_untightened(proposed_at, old.tightened_at)?;
                instrument(old, new, params, *reduce_only, now)
            })
        }
        Change::ListUnderlying { .. }
        | Change::ListCollateral { .. }
        | Change::ListInstrument { .. }
        | Change::ListExpiry { .. }
        | Change::ListContract { .. } => {
            require!(act == Act::Try, PlimsollError::ProposalMismatch);
            try_listing(change, now)
        }
        _ => change_group(change, group, act),
    }
}

/// `ProposalStale` for what was proposed before the guardian tightened its target: it knew nothing of that,
/// and anybody might undo by it at once what may be loosened only with time.
fn require_untightened(proposed_at: i64, tightened_at: i64) -> Result<()> {
    require!(proposed_at >= tightened_at, PlimsollError::ProposalStale);
    Ok(())
}

/// The group's own parameters and roles.
#[inline(never)]
fn change_group(change: &Change, group: &mut Group, act: Act) -> Result<()> {
    let mut next = Box::new(*group);
    match change {
        Change::Group { params } => params.apply(&mut next)?,
        Change::Timelock { params } => params.apply(&mut next)?,
        Change::Owner { address } => next.pending_owner = *address,
        Change::Guardian { address } => next.guardian = *address,
        Change::Lister { address } => next.lister = *address,
        Change::RiskManager { address } => next.risk_manager = *address,
        Change::Publisher { address } => next.publisher = *address,
        _ => return Err(PlimsollError::ProposalMismatch.into()),
    }
    bounds::group(group, &next)?;
    if act == Act::Do {
        *group = *next;
    }
    Ok(())
}

/// Changes a copy of the next account, which must be the `T` with this index, and stores it.
#[inline(never)]
fn edit<T>(
    rest: &mut RiskAccounts,
    group: &Address,
    index: u16,
    act: Act,
    change: impl FnOnce(&T, &mut T, &mut RiskAccounts) -> Result<()>,
) -> Result<()>
where
    T: Member + Owner + Discriminator + Pod,
{
    let taken = rest.take::<T>(group, index);
    let (old, view) = taken.map_err(|_| PlimsollError::ChangeUnknownTarget)?;
    let mut next = Box::new(*old);
    change(&old, &mut next, rest)?;
    drop(old);
    if act == Act::Do {
        // SAFETY: the read-only load was dropped, no other account of this instruction is loaded
        // from the trailing ones, and Anchor has compared them to the declared writable ones.
        let mut stored = unsafe { Account::<T>::load_mut(view)? };
        *stored = *next;
    }
    Ok(())
}

fn underlying(old: &Underlying, new: &mut Underlying, params: &UnderlyingParams) -> Result<()> {
    prepare(new, params)?;
    // What a listing is cannot turn into something else, and its sources have their own change.
    let same =
        old.name == new.name && old.source_count == new.source_count && old.sources == new.sources;
    require!(same, PlimsollError::ProposalMismatch);
    bounds::underlying(old, new)
}

/// The stable price and the jump reference stay, so that a source which says something else reads
/// as jumping, and counts for nothing until they have followed it.
fn oracles(
    new: &mut Underlying,
    sources: &[SourceParams],
    rest: &mut RiskAccounts,
    now: Now,
) -> Result<()> {
    set_sources(new, sources)?;
    let quote = take_quote(new, rest, now)?;
    let usable = quote.grade == Grade::Jumping || allowed(quote.grade, Action::Open);
    require!(usable, grade_error(quote.grade));
    Ok(())
}

fn collateral(old: &Collateral, new: &mut Collateral, params: &CollateralParams) -> Result<()> {
    params.apply(new)?;
    require!(old.ramp_seconds == new.ramp_seconds, PlimsollError::ProposalMismatch);
    bounds::collateral(old, new)
}

fn instrument(
    old: &Instrument,
    new: &mut Instrument,
    params: &InstrumentParams,
    reduce_only: bool,
    now: Now,
) -> Result<()> {
    let same = old.name == params.name
        && old.lot == params.lot()?
        && old.tick_quote_atoms_per_lot == params.tick_quote_atoms_per_lot;
    require!(same, PlimsollError::ProposalMismatch);
    // What has settled stays so, and what expires pays no funding.
    require!(!old.is_settled(), PlimsollError::InstrumentSettled);
    let funded = old.kind == InstrumentKind::Perpetual || params.funding_cap_ppm == 0;
    require!(funded, PlimsollError::ParameterOutOfBounds);
    // What was due by the old terms is not counted again by the new ones.
    let rate = new.rate_at(now.time);
    new.accrue_funding(now.time, rate)?;
    params.apply(new)?;
    new.status = match reduce_only {
        true => InstrumentStatus::ReduceOnly,
        false => InstrumentStatus::Active,
    }
    .into();
    bounds::instrument(old, new)
}

/// Whatever of a listing can be refused before it is due.
#[inline(never)]
fn try_listing(change: &Change, now: Now) -> Result<()> {
    match change {
        Change::ListUnderlying { params, .. } => {
            prepare(&mut Box::new(Underlying::zeroed()), params)
        }
        Change::ListCollateral { params, .. } => {
            require_ramp(params)?;
            params.apply(&mut Box::new(Collateral::zeroed()))
        }
        Change::ListInstrument { params, .. } => {
            params.lot()?;
            params.apply(&mut Box::new(Instrument::zeroed()))
        }
        Change::ListExpiry { params, .. } => {
            params.apply(&mut Box::new(Expiry::zeroed()), now.time)?;
            StoredSlice::from(params.slice).slice().map(|_| ())
        }
        Change::ListContract { params, .. } => {
            params.instrument.lot()?;
            params.apply(&mut Box::new(Instrument::zeroed()))
        }
        _ => Err(PlimsollError::ProposalMismatch.into()),
    }
}

/// `ParameterOutOfBounds` unless a token that is listed after the launch begins with no weight.
pub(super) fn require_ramp(params: &CollateralParams) -> Result<()> {
    require!(params.ramp_seconds >= RAMP_SECONDS_MIN, PlimsollError::ParameterOutOfBounds);
    Ok(())
}
