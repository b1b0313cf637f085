//! Slices by plain numbers.

use plimsoll_options::{Fixed, SliceTerms};

/// Axel Vogt's slice (`a, b, ρ, m, σ` of total variance), the standard example of one that allows
/// butterfly arbitrage: Gatheral and Jacquier, *Arbitrage-free SVI volatility surfaces* (2014),
/// example 3.1.
pub const VOGT: [f64; 5] = [-0.0410, 0.1331, 0.3060, 0.3586, 0.4153];

/// The nearest number of steps.
pub fn fixed(number: f64) -> Fixed {
    Fixed::new((number * 2_f64.powi(32)).round() as i64)
}

/// `a, b, ρ, m, σ`.
pub fn terms(numbers: [f64; 5]) -> SliceTerms {
    let [a, b, rho, m, sigma] = numbers.map(fixed);
    SliceTerms { a, b, rho, m, sigma }
}
