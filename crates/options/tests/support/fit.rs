//! A slice in floats: what the integers are compared with.

/// The variance of a year at `k`, of `a, b, ρ, m, σ`.
pub fn variance([a, b, rho, m, sigma]: [f64; 5], k: f64) -> f64 {
    a + b * (rho * (k - m) + ((k - m).powi(2) + sigma * sigma).sqrt())
}

/// Durrleman's `g` at `k`, for `years` to expiry.
pub fn durrleman(terms: [f64; 5], years: f64, k: f64) -> f64 {
    let [_, b, rho, m, sigma] = terms;
    let root = ((k - m).powi(2) + sigma * sigma).sqrt();
    let w = variance(terms, k) * years;
    let first = b * years * (rho + (k - m) / root);
    let second = b * years * sigma * sigma / root.powi(3);
    (1.0 - k * first / (2.0 * w)).powi(2) - first * first / 4.0 * (1.0 / w + 0.25) + second / 2.0
}
