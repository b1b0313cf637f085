//! The only place that reads the clock.

use anchor_lang::prelude::*;
use plimsoll_units::{Slot, UnixSeconds};

/// The moment at which an instruction runs.
#[derive(Clone, Copy, Debug)]
pub struct Now {
    /// Current slot.
    pub slot: Slot,
    /// The cluster's estimate of wall-clock time.
    pub time: UnixSeconds,
}

/// Reads the clock sysvar.
pub fn now() -> Result<Now> {
    let clock = Clock::get()?;
    Ok(Now { slot: Slot::new(clock.slot), time: UnixSeconds::new(clock.unix_timestamp) })
}
