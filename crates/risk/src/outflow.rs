//! How much may leave a vault within the hour?
//!
//! A leaky bucket: what goes out fills it, what comes in and the time that passes empty it. At most
//! its size may go out at once, and after that as much an hour. Whatever else is broken, a vault is
//! not emptied before somebody could look.

use plimsoll_units::{divide, wide, Seconds, UnixSeconds};

/// The time in which a full bucket runs empty.
const HOUR_SECONDS: u32 = 3_600;

/// Net outflow of a token that has not run off yet. All amounts are token atoms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outflow {
    /// What the bucket holds.
    pub level: u64,
    /// Up to when it has run off.
    pub at: UnixSeconds,
}

impl Outflow {
    /// The bucket now: emptier by `cap · elapsed / 3600`, rounded down, at least empty.
    ///
    /// The seconds that the rounding left over stay to run off later, but for less than one, so
    /// that not even a bucket that is looked at every second stands still. A clock that steps back
    /// changes nothing.
    pub fn drained(self, now: UnixSeconds, cap: u64) -> Self {
        let elapsed = now.elapsed_since(self.at);
        let Some(fallen) = run_off(cap, elapsed).filter(|fallen| *fallen < self.level) else {
            return Self { level: 0, at: self.at.max(now) };
        };
        let at = self.at.checked_add(time_of(fallen, cap, elapsed)).unwrap_or(now);
        Self { level: self.level.saturating_sub(fallen), at }
    }

    /// The bucket after `amount` went out. Where that is more than the `cap` leaves: what may go
    /// out now.
    pub fn pay(self, amount: u64, cap: u64, now: UnixSeconds) -> Result<Self, u64> {
        let drained = self.drained(now, cap);
        let room = cap.saturating_sub(drained.level);
        if amount > room {
            return Err(room);
        }
        Ok(Self { level: drained.level.saturating_add(amount), at: drained.at })
    }

    /// The bucket after `amount` came in.
    pub fn receive(self, amount: u64, cap: u64, now: UnixSeconds) -> Self {
        let drained = self.drained(now, cap);
        Self { level: drained.level.saturating_sub(amount), at: drained.at }
    }
}

/// `cap · elapsed / 3600`, rounded down; `None` beyond any level.
fn run_off(cap: u64, elapsed: Seconds) -> Option<u64> {
    let (high, low) = wide::mul_u64(cap, elapsed.get());
    let (high, low) = divide::div_u128_u32(high, low, HOUR_SECONDS);
    (high == 0).then_some(low)
}

/// How long `fallen` takes to run off, rounded up: at most the time that elapsed. All of it where
/// nothing runs off at all.
fn time_of(fallen: u64, cap: u64, elapsed: Seconds) -> Seconds {
    let (high, low) = wide::mul_u64(fallen, wide::widen(HOUR_SECONDS));
    match divide::div_u256(0, wide::join(high, low), cap.into()) {
        Some((seconds, exact)) => {
            let seconds = wide::low_u64(seconds);
            Seconds::new(if exact { seconds } else { seconds.saturating_add(1) })
        }
        None => elapsed,
    }
}
