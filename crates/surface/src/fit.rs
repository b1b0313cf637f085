//! One expiry, beside neighbours that stay as they are.

use plimsoll_options::{Slice, SurfaceError};

use crate::admit::{Neighbours, Search};
use crate::free::free;
use crate::points::Points;
use crate::quotes::Expiry;
use crate::FitError;

/// What came out for an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// The slice to publish: it passes `check_butterflies`, and `check_calendar` beside its
    /// neighbours.
    pub slice: Slice,
    /// The best slice, arbitrage or not: the same one, where it passes.
    pub free: Slice,
    /// Why the best slice may not be published; `None` where it may, and was taken.
    pub refused: Option<SurfaceError>,
}

/// Fits one expiry. What is made small is the sum of weight times squared error of the volatility,
/// the latter to first order: the variance's error over twice the quoted volatility.
///
/// - `Expired`; of a quote `StrikeOutOfReach`, `BidAboveAsk`, `NoVolatility`, `VolatilityTooLow`,
///   `WeightOutOfRange`; `TooFewStrikes` below [`crate::STRIKES_MIN`];
/// - `ExpiriesOutOfOrder` unless the neighbours expire before and after;
/// - `NoAdmissibleSlice` where none was found that passes.
pub fn fit_slice(expiry: &Expiry, neighbours: &Neighbours) -> Result<Fitted, FitError> {
    fit_points(&Points::of(expiry)?, neighbours)
}

/// The same, of quotes that were read.
pub fn fit_points(points: &Points, neighbours: &Neighbours) -> Result<Fitted, FitError> {
    let time = points.time;
    let is_early = neighbours.earlier.is_some_and(|(_, earlier)| earlier >= time);
    let is_late = neighbours.later.is_some_and(|(_, later)| later <= time);
    if is_early || is_late {
        return Err(FitError::ExpiriesOutOfOrder);
    }
    let found = free(points);
    let best = found.first().ok_or(SurfaceError::TermOutOfRange).and_then(|best| best.slice());
    let free = best.map_err(|why| FitError::NoAdmissibleSlice { why })?;
    match neighbours.check(&free, time) {
        Ok(()) => Ok(Fitted { slice: free, free, refused: None }),
        Err(why) => {
            let slice = Search { points, neighbours }.run(&found, why)?;
            Ok(Fitted { slice, free, refused: Some(why) })
        }
    }
}
