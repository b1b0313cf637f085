//! Which slice fits best, arbitrage or not? Within what `Slice::new` takes, and no steeper than Lee
//! allows: a grid over `m` and `σ`, and a simplex from the best places of it.

use crate::linear::{best, FLOOR, SKEW_MAX};
use crate::points::Points;
use crate::raw::Raw;
use crate::simplex::least;

/// What a slice may be: see `Slice::new` and `check_butterflies`.
pub const SIGMA_MIN: f64 = 1.0 / 1024.0;
pub const SIGMA_MAX: f64 = 8.0;
pub const M_MAX: f64 = 8.0;
pub const SHIFT_MAX: f64 = 16.0;
const B_MAX: f64 = 4_096.0;

/// The steepest total variance, with room for rounding.
const LEE: f64 = 2.0 * (1.0 - 1e-6);

/// Where the grid looks, in deviations until the expiry.
const CENTRES: [f64; 9] = [-4.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 4.0];
const ROUNDNESSES: [f64; 9] = [0.0625, 0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0];

/// From how many places of the grid a simplex starts.
const STARTS: usize = 4;

/// For how many turns at most.
const TURNS: u32 = 300;

/// Whether a slice may be centred there and be so round.
pub fn is_inside(m: f64, sigma: f64) -> bool {
    (SIGMA_MIN..=SIGMA_MAX).contains(&sigma) && m.abs() <= M_MAX.min(SHIFT_MAX * sigma)
}

/// Whether a slice may be so steep, and so low.
pub fn is_slice(raw: &Raw, years: f64) -> bool {
    let steepness = raw.b * raw.sigma * (1.0 + raw.rho.abs());
    is_inside(raw.m, raw.sigma)
        && raw.b >= 0.0
        && raw.rho.abs() <= SKEW_MAX
        && steepness <= reach(years, raw.sigma)
        && raw.variance_least() >= FLOOR
}

/// How far `b · σ · (1 + |ρ|)` may go.
pub fn reach(years: f64, sigma: f64) -> f64 {
    sigma * (LEE / years).min(B_MAX)
}

/// The best slices that were found, the best one first; at least one.
pub fn free(points: &Points) -> Vec<Raw> {
    let Points { points: list, years, deviation, .. } = points;
    let scale = deviation.clamp(SIGMA_MIN, SIGMA_MAX);
    let fit = |m: f64, sigma: f64| best(list, m, sigma, reach(*years, sigma));
    let cost = |[m, sigma]: [f64; 2]| match is_inside(m * scale, sigma * scale) {
        true => fit(m * scale, sigma * scale).1,
        false => f64::INFINITY,
    };
    let mut places = Vec::new();
    for m in CENTRES {
        for sigma in ROUNDNESSES {
            let sigma = (sigma * scale).clamp(SIGMA_MIN, SIGMA_MAX) / scale;
            places.push(([m, sigma], cost([m, sigma])));
        }
    }
    places.sort_by(|x, y| x.1.total_cmp(&y.1));
    let mut found = Vec::new();
    for ([m, sigma], _) in places.into_iter().take(STARTS) {
        let least = least([m, sigma], [0.2, 0.3 * sigma], TURNS, cost);
        let [m, sigma] = least.at.map(|number| number * scale);
        found.push((fit(m, sigma).0, least.cost));
    }
    found.sort_by(|x, y| x.1.total_cmp(&y.1));
    found.into_iter().map(|(slice, _)| slice).collect()
}
