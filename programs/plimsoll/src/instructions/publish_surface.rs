//! Publishes a slice of a volatility surface. The publisher may, in bounded steps, and only what gives
//! nobody anything for nothing.

use anchor_lang::prelude::*;
use plimsoll_options::{check_butterflies, check_step};
use plimsoll_units::{Ratio, Seconds, UnixSeconds};

use crate::clock::now;
use crate::error::{Named, PlimsollError};
use crate::events::SurfacePublished;
use crate::instructions::create_expiry::SliceParams;
use crate::state::{Expiry, Group};
use crate::surface::{require_calendar, Neighbours};

/// Accounts of `publish_surface`.
#[derive(Accounts)]
pub struct PublishSurface {
    /// The group's publisher.
    pub publisher: Signer,
    /// The group.
    #[account(
        constraint = anchor_lang::address_eq(&group.publisher, publisher.address())
            @ PlimsollError::NotPublisher
    )]
    pub group: Account<Group>,
    /// The expiry.
    #[account(
        mut,
        constraint = anchor_lang::address_eq(&expiry.group, group.address())
            @ PlimsollError::WrongGroup
    )]
    pub expiry: Account<Expiry>,
    /// The underlying's expiry before it, if there is one that has not expired.
    pub earlier: Option<Account<Expiry>>,
    /// The underlying's expiry behind it, if there is one.
    pub later: Option<Account<Expiry>>,
}

/// `confidence_ppm` says how far the volatilities may be off, as a part of them.
///
/// Errors: `NotPublisher`, `WrongGroup`, `ExpiryOutOfBounds` (it has passed), `ConfidenceOutOfBounds`,
/// `BasisOutOfBounds`, `BasisStepTooLarge`, `SurfaceStepTooLarge`, `NeighbourMissing`, and the flaws of
/// a slice, `ButterflyArbitrage` and `CalendarArbitrage` among them.
pub(crate) fn handler(
    ctx: &mut Context<PublishSurface>,
    slice: SliceParams,
    basis_ppm: i32,
    confidence_ppm: u32,
) -> Result<()> {
    let time = now()?.time;
    let accounts = &mut ctx.accounts;
    let expiry = &mut accounts.expiry;
    let left = Seconds::new(expiry.seconds_left(time));
    require!(!left.is_zero(), PlimsollError::ExpiryOutOfBounds);
    let confident = (expiry.confidence_ppm_min..=Ratio::ONE.ppm()).contains(&confidence_ppm);
    require!(confident, PlimsollError::ConfidenceOutOfBounds);
    let before = expiry.publication()?;
    let elapsed = time.elapsed_since(UnixSeconds::new(expiry.published_at));
    expiry.slice = slice.into();
    expiry.basis_ppm = basis_ppm;
    let next = expiry.publication()?;
    check_step(&before, &next, left, elapsed, &expiry.step_terms()).named()?;
    check_butterflies(&next.slice, left).named()?;
    expiry.confidence_ppm = confidence_ppm;
    expiry.published_at = time.get();
    let neighbours =
        Neighbours { earlier: accounts.earlier.as_deref(), later: accounts.later.as_deref() };
    require_calendar(&accounts.expiry, &neighbours, time)?;
    emit!(SurfacePublished {
        expiry: *accounts.expiry.address(),
        a: slice.a,
        b: slice.b,
        rho: slice.rho,
        m: slice.m,
        sigma: slice.sigma,
        basis_ppm,
        confidence_ppm,
    });
    Ok(())
}
