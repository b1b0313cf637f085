//! A slice in floats, and as it is stored.

use plimsoll_options::{Fixed, Slice, SliceTerms, SurfaceError};

use crate::points::{float, Point};

/// The five numbers of a slice, in the units of [`SliceTerms`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Raw {
    pub a: f64,
    pub b: f64,
    pub rho: f64,
    pub m: f64,
    pub sigma: f64,
}

impl Raw {
    /// The numbers of a slice, exactly.
    pub fn of(slice: &Slice) -> Self {
        let SliceTerms { a, b, rho, m, sigma } = slice.terms();
        Self { a: float(a), b: float(b), rho: float(rho), m: float(m), sigma: float(sigma) }
    }

    /// The variance of a year at `k`.
    pub fn variance(&self, k: f64) -> f64 {
        let distance = k - self.m;
        let root = (distance * distance + self.sigma * self.sigma).sqrt();
        self.a + self.b * (self.rho * distance + root)
    }

    /// The least variance over all strikes.
    pub fn variance_least(&self) -> f64 {
        self.a + self.b * self.sigma * (1.0 - self.rho * self.rho).sqrt()
    }

    /// The weighted squares of what it is off by.
    pub fn cost(&self, points: &[Point]) -> f64 {
        points.iter().fold(0.0, |sum, point| {
            let off = self.variance(point.k) - point.variance;
            sum + point.weight * off * off
        })
    }

    /// Least variance, `b`, `ρ`, `m`, `σ`: numbers of which each can move alone, where `a` and `b · σ`
    /// are large and nearly cancel.
    pub fn axes(&self) -> [f64; 5] {
        [self.variance_least(), self.b, self.rho, self.m, self.sigma]
    }

    /// The slice of such numbers.
    pub fn from_axes([least, b, rho, m, sigma]: [f64; 5]) -> Self {
        Self { a: least - b * sigma * (1.0 - rho * rho).sqrt(), b, rho, m, sigma }
    }

    /// From here toward another slice: each of those numbers by a share of its distance.
    pub fn toward(&self, other: &Self, share: f64) -> Self {
        let mut axes = self.axes();
        for (number, goal) in axes.iter_mut().zip(other.axes()) {
            *number += (goal - *number) * share;
        }
        Self::from_axes(axes)
    }

    /// As it is stored: each number to the nearest step of 2^-32. Errors as `Slice::new`.
    pub fn slice(&self) -> Result<Slice, SurfaceError> {
        let Self { a, b, rho, m, sigma } = *self;
        Slice::new(SliceTerms {
            a: nearest(a),
            b: nearest(b),
            rho: nearest(rho),
            m: nearest(m),
            sigma: nearest(sigma),
        })
    }
}

/// The nearest step of 2^-32; what is beyond every step is the last one, which no slice takes.
fn nearest(number: f64) -> Fixed {
    Fixed::new((number * (1_u64 << Fixed::BITS) as f64).round() as i64)
}
