//! Slices by plain numbers.

use plimsoll_options::{Fixed, SliceTerms};

/// Axel Vogt's slice (`a, b, ρ, m, σ` of total variance), the standard example of one that allows
/// butterfly arbitrage: Gatheral and Jacquier, *Arbitrage-free SVI volatility surfaces* (2014),
/// example 3.1.
pub const VOGT: [f64; 5] = [-0.0410, 0.1331, 0.3060, 0.3586, 0.4153];

/// The same slice in "jump-wings": `v, ψ, p, c` and the least variance (their example 5.1).
pub const VOGT_WINGS: [f64; 5] = [0.017_426_25, -0.175_211_1, 0.699_738_1, 1.316_798, 0.011_624_9];

/// Raw terms from those of Gatheral and Jacquier's "jump-wings", for a year (their lemma 3.2).
pub fn from_jump_wings([v, psi, p, c, v_least]: [f64; 5]) -> [f64; 5] {
    let root = v.sqrt();
    let b = root / 2.0 * (c + p);
    let rho = 1.0 - p * root / b;
    let beta = rho - 2.0 * psi * root / b;
    let alpha = (1.0 / (beta * beta) - 1.0).sqrt().copysign(beta);
    let skewed = (1.0 - rho * rho).sqrt();
    let reach = (1.0 + alpha * alpha).sqrt().copysign(alpha) - rho - alpha * skewed;
    let m = (v - v_least) / (b * reach);
    let sigma = alpha * m;
    [v_least - b * sigma * skewed, b, rho, m, sigma]
}

/// The nearest number of steps.
pub fn fixed(number: f64) -> Fixed {
    Fixed::new((number * 2_f64.powi(32)).round() as i64)
}

/// `a, b, ρ, m, σ`.
pub fn terms(numbers: [f64; 5]) -> SliceTerms {
    let [a, b, rho, m, sigma] = numbers.map(fixed);
    SliceTerms { a, b, rho, m, sigma }
}
