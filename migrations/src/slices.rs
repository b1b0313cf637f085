//! With which slice of the volatility surface does an expiry begin, and on which terms?

use plimsoll_client::state::StoredSlice;
use plimsoll_client::{ExpiryParams, SliceParams};
use plimsoll_options::{check_butterflies, check_calendar, Fixed, Slice, SliceTerms, SurfaceError};
use plimsoll_units::Seconds;

use crate::calendar::Moment;
use crate::expiries::ExpirySpec;

/// An expiry beside another one, with its slice.
pub(crate) type Beside = Option<(Moment, SliceParams)>;

/// What a block lists at a time, on a slice.
pub(crate) fn expiry_params(spec: &ExpirySpec, slice: SliceParams) -> ExpiryParams {
    ExpiryParams {
        slice,
        basis_ppm: 0,
        confidence_ppm: spec.confidence.ppm,
        basis_ppm_max: spec.basis_max.ppm,
        confidence_ppm_min: spec.confidence_min.ppm,
        widening_ppm_per_hour: spec.widening_per_hour.ppm,
        fresh_seconds: spec.fresh_seconds,
        step_ppm: spec.step.ppm,
        basis_step_ppm: spec.basis_step.ppm,
        step_seconds: spec.step_seconds,
        volatility_scan_ppm: spec.volatility_scan.ppm,
        short_floor_ppm: spec.short_floor.ppm,
        array_seconds_max: spec.array_seconds,
        array_move_ppm: spec.array_move.ppm,
    }
}

/// The first slice of an expiry: that of the one before it, of the one behind it, or the file's flat
/// one; the first of these that gives nobody anything for nothing there. What is published has moved
/// since the file was written, and a publisher is held to small steps from where a slice begins.
///
/// The error is what is wrong with the file's.
pub(crate) fn first_slice(
    spec: &ExpirySpec,
    at: Moment,
    beside: [Beside; 2],
    now: Moment,
) -> Result<SliceParams, SurfaceError> {
    let near = beside.into_iter().flatten().map(|(_, slice)| slice);
    let fits = |slice: &SliceParams| check_slice(slice, at, beside, now).is_ok();
    if let Some(slice) = near.into_iter().find(fits) {
        return Ok(slice);
    }
    let slice = flat(spec.volatility.ppm);
    check_slice(&slice, at, beside, now).map(|()| slice)
}

/// What the program asks of a slice between others.
pub(crate) fn check_slice(
    slice: &SliceParams,
    at: Moment,
    [earlier, later]: [Beside; 2],
    now: Moment,
) -> Result<(), SurfaceError> {
    let left = |at: Moment| {
        Seconds::new(u64::try_from(at.unix_seconds.saturating_sub(now.unix_seconds)).unwrap_or(0))
    };
    let own = (&terms(slice)?, left(at));
    check_butterflies(own.0, own.1)?;
    if let Some((at, later)) = later {
        check_calendar(own, (&terms(&later)?, left(at)))?;
    }
    // What has expired says nothing any more.
    if let Some((at, earlier)) = earlier.filter(|(at, _)| *at > now) {
        check_calendar((&terms(&earlier)?, left(at)), own)?;
    }
    Ok(())
}

/// A slice of one volatility for all strikes. Rounded up, so that the least volatility of all stays
/// one that a slice may have.
fn flat(volatility_ppm: u32) -> SliceParams {
    /// One in the units of a slice, and a tenth of it.
    const ONE: u128 = 1 << 32;
    const TENTH: i64 = (1 << 32) / 10;
    let volatility = u128::from(volatility_ppm);
    let a = (volatility * volatility * ONE).div_ceil(1_000_000_000_000);
    // Of 32 bits squared there are 57 at most.
    SliceParams { a: i64::try_from(a).unwrap_or(i64::MAX), b: 0, rho: 0, m: 0, sigma: TENTH }
}

fn terms(slice: &SliceParams) -> Result<Slice, SurfaceError> {
    let SliceParams { a, b, rho, m, sigma } = *slice;
    let [a, b, rho, m, sigma] = [a, b, rho, m, sigma].map(Fixed::new);
    Slice::new(SliceTerms { a, b, rho, m, sigma })
}

/// A stored slice as it would be published again.
pub(crate) fn published(stored: &StoredSlice) -> SliceParams {
    let StoredSlice { a, b, rho, m, sigma } = *stored;
    SliceParams { a, b, rho, m, sigma }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Markets;

    const DAY: i64 = 86_400;

    fn day(days: i64) -> Moment {
        Moment { unix_seconds: days * DAY }
    }

    /// The first slice at day 30 between slices at these days.
    fn first(beside: [Beside; 2]) -> Result<SliceParams, SurfaceError> {
        let mut spec = Markets::local().expiries.remove(0);
        spec.volatility = "60%".parse().unwrap();
        first_slice(&spec, day(30), beside, day(0))
    }

    #[test]
    fn a_flat_slice_has_one_variance() {
        // 0.36 of 2^32, rounded up.
        let slice = SliceParams { a: 1_546_188_227, b: 0, rho: 0, m: 0, sigma: 429_496_729 };
        assert_eq!(flat(600_000), slice);
        // The least and the most that the file may name are slices.
        for ppm in [10_000, 4_000_000] {
            assert!(terms(&flat(ppm)).is_ok());
        }
        assert_eq!(first([None, None]), Ok(slice));
    }

    #[test]
    fn a_slice_beside_goes_before_the_file_s() {
        let (high, low) = (flat(800_000), flat(700_000));
        assert_eq!(first([Some((day(10), high)), None]), Ok(high));
        assert_eq!(first([None, Some((day(60), low))]), Ok(low));
        assert_eq!(first([Some((day(10), high)), Some((day(60), low))]), Ok(high));
    }

    #[test]
    fn a_slice_beside_that_would_give_something_for_nothing_is_passed_over() {
        // Variance times days: 0.64 · 10 and 0.25 · 60 beside it. At 80 % there would be 19.2, above the
        // later one; at 50 % there are 7.5.
        let beside = [Some((day(10), flat(800_000))), Some((day(60), flat(500_000)))];
        assert_eq!(first(beside), Ok(flat(500_000)));
        // 4 · 1 and 0.3844 · 31 = 11.9: at 200 % there would be 120, at 62 % there are 11.5.
        let beside = [Some((day(1), flat(2_000_000))), Some((day(31), flat(620_000)))];
        assert_eq!(first(beside), Ok(flat(620_000)));
        // What has expired binds nobody.
        let expired = [Some((day(-1), flat(4_000_000))), Some((day(31), flat(600_000)))];
        assert_eq!(first(expired), Ok(flat(600_000)));
    }

    #[test]
    fn where_nothing_fits_the_reason_is_named() {
        // 9 · 20 = 180 and 3.35 · 60 = 201: at 300 % there would be 270, at 183 % 100, at the file's 10.8.
        let beside = [Some((day(20), flat(3_000_000))), Some((day(60), flat(1_830_000)))];
        assert_eq!(first(beside), Err(SurfaceError::CalendarArbitrage));
    }
}
