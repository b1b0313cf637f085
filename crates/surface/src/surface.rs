//! All expiries of a surface, the nearest first.
//!
//! Each is fitted above the one before it. A nearer expiry has few strikes, far from where the checks
//! end, and there its best slice can rise steeply for next to nothing: the next one then pays for what
//! nobody quoted. So where a slice is not its best, the one before is asked to **give way**:
//!
//! 1. the later one is fitted as if the one before were not there, which is its wish;
//! 2. at its wish, and at three slices between that and what it has, the one before is fitted anew
//!    below, and then the later one walks on above it;
//! 3. the pair with the least total cost is taken, if it costs less than the pair there was.

use crate::admit::{Neighbours, Search};
use crate::fit::{fit_points, Fitted};
use crate::points::Points;
use crate::quotes::Expiry;
use crate::raw::Raw;
use crate::{FitError, SurfaceFailure};

/// How far from its wish a slice may be, in parts of what lies between.
const SHARES: [f64; 4] = [0.0, 0.25, 0.5, 0.75];

/// Fits the expiries of a surface, the nearest first: all slices pass the checks, each beside the
/// one before. Least is the sum of all their costs, as far as pairs can tell.
///
/// Errors as [`crate::fit_slice`], with the expiry's number; `ExpiriesOutOfOrder` where one does not
/// come after the one before.
pub fn fit_surface(expiries: &[Expiry]) -> Result<Vec<Fitted>, SurfaceFailure> {
    let mut surface = Surface { points: Vec::new(), fitted: Vec::new() };
    for (expiry, quotes) in expiries.iter().enumerate() {
        let points = Points::of(quotes);
        let added = points.and_then(|points| surface.add(points));
        added.map_err(|why| SurfaceFailure { expiry, why })?;
    }
    Ok(surface.fitted)
}

/// What was fitted so far.
struct Surface {
    points: Vec<Points>,
    fitted: Vec<Fitted>,
}

/// Two slices, one after the other.
struct Pair {
    before: Fitted,
    this: Fitted,
    cost: f64,
}

impl Surface {
    /// Fits the next expiry.
    fn add(&mut self, points: Points) -> Result<(), FitError> {
        let mut this = fit_points(&points, &self.after(1))?;
        if let (Some(before), Some(_)) = (self.fitted.last(), this.refused) {
            let mut best = self.pair(&points, *before, this);
            for pair in self.give_way(&points, &best) {
                if pair.cost < best.cost {
                    best = pair;
                }
            }
            this = best.this;
            self.fitted.pop();
            self.fitted.push(best.before);
        }
        self.points.push(points);
        self.fitted.push(this);
        Ok(())
    }

    /// What the next expiry comes after: the last slice, or one before that.
    fn after(&self, back: usize) -> Neighbours {
        let at = self.fitted.len().checked_sub(back);
        let earlier =
            at.and_then(|at| Some((self.fitted.get(at)?.slice, self.points.get(at)?.time)));
        Neighbours { earlier, ..Neighbours::default() }
    }

    fn pair(&self, points: &Points, before: Fitted, this: Fitted) -> Pair {
        let cost = |points: &Points, fitted: &Fitted| Raw::of(&fitted.slice).cost(&points.points);
        let cost_before = self.points.last().map_or(0.0, |points| cost(points, &before));
        Pair { before, this, cost: cost_before + cost(points, &this) }
    }

    /// The pairs where the one before gives way.
    fn give_way(&self, points: &Points, pair: &Pair) -> Vec<Pair> {
        let Ok(wish) = fit_points(points, &self.after(2)) else {
            return Vec::new();
        };
        let (wish, has) = (Raw::of(&wish.slice), Raw::of(&pair.this.slice));
        let pairs = SHARES
            .iter()
            .filter_map(|share| self.give_way_to(points, &wish.toward(&has, *share), pair));
        pairs.collect()
    }

    /// The pair where the one before stays below a slice, if both pass.
    fn give_way_to(&self, points: &Points, wish: &Raw, pair: &Pair) -> Option<Pair> {
        let wish = wish.slice().ok()?;
        let own = Some(pair.before.slice);
        let below = Neighbours { later: Some((wish, points.time)), own, ..self.after(2) };
        let points_before = self.points.last()?;
        let before = fit_points(points_before, &below).ok()?;
        let earlier = Some((before.slice, points_before.time));
        let above = Search { points, neighbours: &Neighbours { earlier, ..Neighbours::default() } };
        // Not all that lies between two slices that pass does.
        let wish = above.admit(&Raw::of(&wish)).ok()?;
        let slice = above.admit(&above.improve(Raw::of(&wish))).ok()?;
        Some(self.pair(points, before, Fitted { slice, ..pair.this }))
    }
}
