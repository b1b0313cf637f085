//! What does arbitrage cost a slice, so that a search keeps away from it?
//!
//! The checks say yes or no, and a search that only hears those stops at the first wall. So the same
//! facts are measured in floats: how far Durrleman's `g` is below what is asked, how far the total
//! variance is beyond a neighbour's, how much too sharp the slice is. Their squares, times a weight
//! that grows, are added to the cost. What comes out is nearly free of arbitrage; the checks decide.

use plimsoll_options::Slice;
use plimsoll_units::Seconds;

use crate::admit::Neighbours;
use crate::points;
use crate::raw::Raw;

/// `e^(1/8)`: between two points of the grid, which has every second one of that of the checks.
const RATIO: f64 = 1.133_148_453_066_826_3;
/// From the middle so many points to either side: to 6.
const POINTS: usize = 48;
/// How far strikes are looked at, in `ln(K/F)`.
const REACH: f64 = 8.0;

/// What `g` is to be at least: twice what the checks ask.
const DENSITY_MIN: f64 = 1.0 / 1024.0;
/// How far from a neighbour a total variance is to stay, in parts of it.
const APART: f64 = 1e-5;
/// The largest `b · σ` over the least variance, of the 64 that the checks take.
const BEND_MAX: f64 = 63.9;

/// What a slice is fined for.
pub struct Fines {
    years: f64,
    /// Slices and how much of their variance is the same total variance here.
    earlier: Option<(Raw, f64)>,
    later: Option<(Raw, f64)>,
    /// `sinh` and `cosh` at the points of the grid.
    grid: Vec<(f64, f64)>,
}

impl Fines {
    /// For so many years, beside these neighbours.
    pub fn new(years: f64, neighbours: &Neighbours) -> Self {
        let scaled = |near: Option<(Slice, Seconds)>| {
            near.map(|(slice, time)| (Raw::of(&slice), points::years(time) / years))
        };
        let (earlier, later) = (scaled(neighbours.earlier), scaled(neighbours.later));
        let mut grid = vec![(0.0, 1.0)];
        let mut power = 1.0;
        for _ in 0..POINTS {
            power *= RATIO;
            let (sinh, cosh) = (0.5 * (power - 1.0 / power), 0.5 * (power + 1.0 / power));
            grid.extend([(sinh, cosh), (-sinh, cosh)]);
        }
        Self { years, earlier, later, grid }
    }

    /// The mean over the grid of the squares of what is wrong with a slice, each as a part of what it
    /// should be; zero where nothing is.
    pub fn of(&self, raw: &Raw) -> f64 {
        let square = |x: f64| x.max(0.0) * x.max(0.0);
        let mut sum = 0.0;
        for (sinh, cosh) in &self.grid {
            let k = raw.m + raw.sigma * sinh;
            if k.abs() <= REACH {
                sum += square(DENSITY_MIN - self.density(raw, k, *sinh, *cosh));
                sum += self.calendar(raw, k);
            }
        }
        sum += self.calendar(raw, REACH) + self.calendar(raw, -REACH);
        let sharpness = raw.b * raw.sigma / raw.variance_least();
        sum / self.grid.len() as f64 + square(sharpness / BEND_MAX - 1.0)
    }

    /// Durrleman's `g` at a point of the grid.
    fn density(&self, raw: &Raw, k: f64, sinh: f64, cosh: f64) -> f64 {
        let slope = raw.b * self.years;
        let total = (raw.a + raw.b * raw.sigma * (raw.rho * sinh + cosh)) * self.years;
        let first = slope * (raw.rho + sinh / cosh);
        let second = slope / (raw.sigma * cosh * cosh * cosh);
        let gap = 1.0 - 0.5 * k * first / total;
        gap * gap - 0.25 * first * first * (1.0 / total + 0.25) + 0.5 * second
    }

    /// The squares of how far the variance is beyond its neighbours', in parts of it.
    fn calendar(&self, raw: &Raw, k: f64) -> f64 {
        let variance = raw.variance(k);
        let below = self.earlier.map_or(0.0, |(slice, part)| {
            (slice.variance(k) * part * (1.0 + APART) / variance - 1.0).max(0.0)
        });
        let above = self.later.map_or(0.0, |(slice, part)| {
            (variance / (slice.variance(k) * part) - 1.0 + APART).max(0.0)
        });
        below * below + above * above
    }
}

#[cfg(test)]
mod tests {
    use super::{Fines, Raw};
    use crate::admit::Neighbours;
    use plimsoll_units::Seconds;

    const CLEAN: Raw = Raw { a: 0.04, b: 0.4, rho: -0.4, m: 0.05, sigma: 0.2 };

    #[test]
    fn a_clean_slice_is_not_fined() {
        assert_eq!(Fines::new(0.25, &Neighbours::default()).of(&CLEAN), 0.0);
    }

    /// The standard example of a butterfly (Axel Vogt; Gatheral and Jacquier, example 3.1).
    #[test]
    fn a_butterfly_is_fined() {
        let vogt = Raw { a: -0.041, b: 0.1331, rho: 0.306, m: 0.3586, sigma: 0.4153 };
        assert!(Fines::new(1.0, &Neighbours::default()).of(&vogt) > 0.0);
    }

    #[test]
    fn what_is_too_sharp_is_fined() {
        // The least variance is 10^-3, the bend 0.08: eighty times that.
        let sharp = Raw { a: -0.079, b: 0.4, rho: 0.0, m: 0.0, sigma: 0.2 };
        assert!(Fines::new(1e-3, &Neighbours::default()).of(&sharp) > 0.05);
    }

    #[test]
    fn what_is_beyond_a_neighbour_is_fined() {
        let clean = CLEAN.slice().unwrap();
        let at = |days: u64| Some((clean, Seconds::new(days * 86_400)));
        let fine = |earlier, later| {
            let years = 60.0 / 365.0;
            Fines::new(years, &Neighbours { earlier, later, own: None }).of(&CLEAN)
        };
        assert_eq!(fine(at(59), at(61)), 0.0);
        assert!(fine(at(61), None) > 0.0);
        assert!(fine(None, at(59)) > 0.0);
    }
}
