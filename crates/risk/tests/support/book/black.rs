//! Black's formula of 1976 in floats, with an error function of its own.

use std::f64::consts::{PI, SQRT_2};

/// `erfc(x)`: by its series near zero, by its continued fraction beyond.
pub fn erfc(x: f64) -> f64 {
    if x < 0.0 {
        return 2.0 - erfc(-x);
    }
    if x < 2.0 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= -x * x / f64::from(n);
            sum += term / f64::from(2 * n + 1);
        }
        return 1.0 - 2.0 / PI.sqrt() * sum;
    }
    let mut tail = x;
    for n in (1..200).rev() {
        tail = x + f64::from(n) / 2.0 / tail;
    }
    (-x * x).exp() / PI.sqrt() / tail
}

fn normal(x: f64) -> f64 {
    erfc(-x / SQRT_2) / 2.0
}

/// Undiscounted value of one unit.
pub fn value(call: bool, forward: f64, strike: f64, volatility: f64, years: f64) -> f64 {
    let sign = if call { 1.0 } else { -1.0 };
    let intrinsic = (sign * (forward - strike)).max(0.0);
    let w = volatility * years.sqrt();
    if w <= 0.0 || forward <= 0.0 {
        return intrinsic;
    }
    let d1 = (forward / strike).ln() / w + w / 2.0;
    let d2 = d1 - w;
    let value = sign * (forward * normal(sign * d1) - strike * normal(sign * d2));
    value.max(intrinsic)
}

/// `∂value/∂forward`.
pub fn delta(call: bool, forward: f64, strike: f64, volatility: f64, years: f64) -> f64 {
    let w = volatility * years.sqrt();
    let d1 = (forward / strike).ln() / w + w / 2.0;
    if call {
        normal(d1)
    } else {
        normal(d1) - 1.0
    }
}
