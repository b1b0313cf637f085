//! What does the cluster's clock say?

use plimsoll::clock::Now;
use plimsoll_units::{Slot, UnixSeconds};
use solana_address::Address;

use crate::error::ClientError;
use crate::source::AccountSource;

/// Where the runtime keeps its clock.
const CLOCK: Address = Address::from_str_const("SysvarC1ock11111111111111111111111111111111");

/// Slot and time by the cluster's clock, which is what the program goes by. Errors: `Source`,
/// `AccountMissing`.
pub fn now(source: &(impl AccountSource + ?Sized)) -> Result<Now, ClientError> {
    /// Where the clock has its Unix time; its slot comes first.
    const TIME_OFFSET: usize = 32;
    let missing = || ClientError::AccountMissing(CLOCK);
    let stored = source.account(&CLOCK)?.ok_or_else(missing)?;
    let word = |at: usize| {
        let bytes = stored.data.get(at..at.checked_add(8)?)?;
        Some(u64::from_le_bytes(bytes.try_into().ok()?))
    };
    let slot = Slot::new(word(0).ok_or_else(missing)?);
    let time = UnixSeconds::new(word(TIME_OFFSET).ok_or_else(missing)?.cast_signed());
    Ok(Now { slot, time })
}
