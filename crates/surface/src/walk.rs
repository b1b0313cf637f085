//! How does a slice get better? A simplex over all five numbers, again and again.

use crate::fines::Fines;
use crate::free::is_slice;
use crate::points::Points;
use crate::raw::Raw;
use crate::simplex::least;

/// Turns of a simplex, and what a start must gain for the next one to be as large.
const TURNS: u32 = 400;
const GAIN: f64 = 1e-3;

/// Walks from a slice to one of less cost, where there is one; starts so many times, smaller where
/// the last start gained nothing. Never worse than where it
/// starts.
pub fn walk(points: &Points, from: Raw, starts: u32, cost: impl Fn(&Raw) -> f64) -> Raw {
    let cost_at = |at: [f64; 5]| {
        let raw = Raw::from_axes(at);
        if is_slice(&raw, points.years) {
            cost(&raw)
        } else {
            f64::INFINITY
        }
    };
    let (mut best, mut size) = ((from.axes(), cost(&from)), 0.1);
    for _ in 0..starts {
        let [least_variance, slope, _, _, sigma] = best.0;
        let steps = [least_variance, slope.max(1e-3), 0.5, points.deviation, sigma];
        let found = least(best.0, steps.map(|step| step * size), TURNS, cost_at);
        let gained = found.cost < best.1 * (1.0 - GAIN);
        if found.cost < best.1 {
            best = (found.at, found.cost);
        }
        // To the other side the next time.
        size *= if gained { -1.0 } else { -0.5 };
    }
    Raw::from_axes(best.0)
}

/// Walks with fines of so much weight.
pub fn walk_fined(points: &Points, from: Raw, starts: u32, fines: &Fines, weight: f64) -> Raw {
    walk(points, from, starts, |raw| raw.cost(&points.points) + weight * fines.of(raw))
}
