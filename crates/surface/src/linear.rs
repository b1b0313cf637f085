//! Which `a`, `d`, `c` are best for given `m` and `σ`?
//!
//! The variance is `a + d · y + c · r` with `y = (k − m) / σ` and `r = √(y² + 1)`: least squares in
//! three numbers, over what [`Bounds`] allows, which is convex. With the best `a` for each `d` and `c`
//! it is a problem in the plane, over a kite whose corners are
//! `(d, c) = (0, 0), ±(ρ, 1) · L / (1 + ρ), (0, L)` for the largest skew `ρ` and slope `L`: solved
//! inside, or on one of the four sides. Where that leaves less than the least variance, the same
//! plane is searched with `a` at its bound where it must be.

use crate::points::{Point, VARIANCE_MIN};
use crate::raw::Raw;

/// The largest skew: 1 itself is not a slice.
pub const SKEW_MAX: f64 = 0.999;

/// The least variance that is aimed at: rounding must not take it below what a slice may have.
pub const FLOOR: f64 = VARIANCE_MIN * 1.001;

/// Turns of a golden section: an interval of one shrinks to 10^-7.
const TURNS: u32 = 34;

/// `(√5 − 1) / 2`.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Weighted sums over the points. Those of `y`, `r` and the variance are about their means.
struct Sums {
    weight: f64,
    y: f64,
    r: f64,
    v: f64,
    yy: f64,
    yr: f64,
    rr: f64,
    yv: f64,
    rv: f64,
    vv: f64,
}

/// The best slice with this `m` and `σ` whose `c + |d|` is at most `reach`, and its cost: the
/// weighted squares of what it is off by.
pub fn best(points: &[Point], m: f64, sigma: f64, reach: f64) -> (Raw, f64) {
    let sums = Sums::of(points, m, sigma);
    let mut at = sums.best_in_plane(reach);
    if sums.a(at) < floor(at) {
        at = sums.best_above_floor(reach);
    }
    let (d, c) = at;
    let a = sums.a(at).max(floor(at));
    let rho = if c > 0.0 { d / c } else { 0.0 };
    (Raw { a, b: c / sigma, rho, m, sigma }, sums.cost(at).max(0.0))
}

/// The least `a` for `(d, c)`: `a + √(c² − d²)` is the least variance.
fn floor((d, c): (f64, f64)) -> f64 {
    FLOOR - (c * c - d * d).max(0.0).sqrt()
}

impl Sums {
    fn of(points: &[Point], m: f64, sigma: f64) -> Self {
        let feature = |point: &Point| {
            let y = (point.k - m) / sigma;
            (y, (y * y + 1.0).sqrt())
        };
        let (mut weight, mut y_sum, mut r_sum, mut v_sum) = (0.0, 0.0, 0.0, 0.0);
        for point in points {
            let (y, r) = feature(point);
            weight += point.weight;
            y_sum += point.weight * y;
            r_sum += point.weight * r;
            v_sum += point.weight * point.variance;
        }
        let (y, r, v) = (y_sum / weight, r_sum / weight, v_sum / weight);
        let none = Self { weight, y, r, v, yy: 0.0, yr: 0.0, rr: 0.0, yv: 0.0, rv: 0.0, vv: 0.0 };
        points.iter().fold(none, |mut sums, point| {
            let (y, r) = feature(point);
            let (y, r, v) = (y - sums.y, r - sums.r, point.variance - sums.v);
            sums.yy += point.weight * y * y;
            sums.yr += point.weight * y * r;
            sums.rr += point.weight * r * r;
            sums.yv += point.weight * y * v;
            sums.rv += point.weight * r * v;
            sums.vv += point.weight * v * v;
            sums
        })
    }

    /// The best `a` for `(d, c)`, bounded by nothing.
    fn a(&self, (d, c): (f64, f64)) -> f64 {
        self.v - d * self.y - c * self.r
    }

    /// The cost of `(d, c)` with the best `a` that is not below its floor.
    fn cost(&self, at: (f64, f64)) -> f64 {
        let (d, c) = at;
        let below = (floor(at) - self.a(at)).max(0.0);
        self.vv - 2.0 * (d * self.yv + c * self.rv)
            + d * d * self.yy
            + 2.0 * d * c * self.yr
            + c * c * self.rr
            + self.weight * below * below
    }

    /// The best `(d, c)` of the kite, whatever the least variance.
    fn best_in_plane(&self, reach: f64) -> (f64, f64) {
        let determinant = self.yy * self.rr - self.yr * self.yr;
        // Below this share of its parts nothing of it is left but rounding.
        if determinant > 1e-13 * self.yy * self.rr {
            let d = (self.yv * self.rr - self.rv * self.yr) / determinant;
            let c = (self.rv * self.yy - self.yv * self.yr) / determinant;
            if d.abs() <= SKEW_MAX * c && c + d.abs() <= reach {
                return (d, c);
            }
        }
        let far = reach / (1.0 + SKEW_MAX);
        let corners = [(0.0, 0.0), (SKEW_MAX * far, far), (0.0, reach), (-SKEW_MAX * far, far)];
        let mut least = ((0.0, 0.0), f64::INFINITY);
        for (side, from) in corners.iter().enumerate() {
            let at = self.best_on_side(*from, corners[(side + 1) % 4]);
            let (d, c) = at;
            // Without the floor: that one comes later.
            let cost = d * d * self.yy + 2.0 * d * c * self.yr + c * c * self.rr
                - 2.0 * (d * self.yv + c * self.rv);
            if cost < least.1 {
                least = (at, cost);
            }
        }
        least.0
    }

    /// The best `(d, c)` between two corners.
    fn best_on_side(&self, from: (f64, f64), to: (f64, f64)) -> (f64, f64) {
        let (d, c) = (to.0 - from.0, to.1 - from.1);
        let bend = d * d * self.yy + 2.0 * d * c * self.yr + c * c * self.rr;
        let fall = d * (self.yv - from.0 * self.yy - from.1 * self.yr)
            + c * (self.rv - from.0 * self.yr - from.1 * self.rr);
        let share = if bend > 0.0 { (fall / bend).clamp(0.0, 1.0) } else { 0.0 };
        (from.0 + d * share, from.1 + c * share)
    }

    /// The best `(d, c)` of the kite with the least variance kept: a convex function of both, by one
    /// golden section inside another.
    fn best_above_floor(&self, reach: f64) -> (f64, f64) {
        let best_d = |c: f64| {
            let widest = (SKEW_MAX * c).min(reach - c).max(0.0);
            golden(-widest, widest, |d| self.cost((d, c)))
        };
        let c = golden(0.0, reach, |c| self.cost((best_d(c), c)));
        (best_d(c), c)
    }
}

/// Where a convex function is least between two numbers.
fn golden(mut low: f64, mut high: f64, mut cost: impl FnMut(f64) -> f64) -> f64 {
    let mut left = high - (high - low) * GOLDEN;
    let mut right = low + (high - low) * GOLDEN;
    let (mut cost_left, mut cost_right) = (cost(left), cost(right));
    for _ in 0..TURNS {
        if cost_left <= cost_right {
            (high, right, cost_right) = (right, left, cost_left);
            left = high - (high - low) * GOLDEN;
            cost_left = cost(left);
        } else {
            (low, left, cost_left) = (left, right, cost_right);
            right = low + (high - low) * GOLDEN;
            cost_right = cost(right);
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::{best, floor, Raw, FLOOR, SKEW_MAX};
    use crate::points::Point;

    /// From zero to one.
    struct Random(u64);

    impl Random {
        fn unit(&mut self) -> f64 {
            self.0 ^= self.0 >> 12;
            self.0 ^= self.0 << 25;
            self.0 ^= self.0 >> 27;
            self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) as f64 / 2_f64.powi(64)
        }

        fn points(&mut self, [low, slope, bend]: [f64; 3]) -> Vec<Point> {
            let mut points = Vec::new();
            for _ in 0..12 {
                let (k, weight) = (self.unit() - 0.5, self.unit());
                let variance = low + slope * k + bend * k * k + self.unit() * 0.1;
                points.push(Point { k, variance: variance.max(1e-4), weight });
            }
            points
        }
    }

    const SIGMA: f64 = 0.2;

    fn raw((d, c): (f64, f64), a: f64) -> Raw {
        Raw { a, b: c / SIGMA, rho: if c > 0.0 { d / c } else { 0.0 }, m: 0.05, sigma: SIGMA }
    }

    /// What else is allowed: anywhere, and close to what was found.
    fn others(found: &Raw, reach: f64, random: &mut Random) -> Vec<Raw> {
        let mut others = Vec::new();
        let c_found = found.b * SIGMA;
        for size in [1.0, 1e-1, 1e-2, 1e-3] {
            for _ in 0..500 {
                let mut near = |x: f64| x + (random.unit() - 0.5) * size * 0.2;
                let (c, d, a) = (near(c_found).max(0.0), near(c_found * found.rho), near(found.a));
                if d.abs() <= SKEW_MAX * c && c + d.abs() <= reach {
                    others.push(raw((d, c), a.max(floor((d, c)))));
                }
            }
        }
        others
    }

    #[test]
    fn nothing_that_is_allowed_is_better() {
        let mut random = Random(5);
        let (mut on_floor, mut on_cone, mut on_reach, mut flat) = (0, 0, 0, 0);
        for (shape, reach) in [
            ([0.2, 0.0, 0.0], 1.0),
            ([0.5, 0.9, 0.0], 1.0),
            ([0.0, 0.8, 0.0], 1.0),
            ([1.0, 2.0, 0.0], 0.2),
            ([0.0, 0.1, 0.0], 0.05),
            ([0.5, 0.0, -1.0], 1.0),
        ] {
            for _ in 0..20 {
                let points = random.points(shape);
                let (found, cost) = best(&points, 0.05, SIGMA, reach);
                let c = found.b * SIGMA;
                assert!(found.variance_least() >= FLOOR * (1.0 - 1e-9), "{found:?}");
                assert!(found.rho.abs() <= SKEW_MAX * (1.0 + 1e-9), "{found:?}");
                assert!(c * (1.0 + found.rho.abs()) <= reach * (1.0 + 1e-9), "{found:?}");
                assert!((found.cost(&points) - cost).abs() <= 1e-9, "{found:?}");
                for other in others(&found, reach, &mut random) {
                    let other_cost = other.cost(&points);
                    assert!(cost <= other_cost * (1.0 + 1e-6) + 1e-12, "{found:?}, {other:?}");
                }
                on_floor += i32::from(found.variance_least() < FLOOR * 1.01);
                on_cone += i32::from(found.rho.abs() > 0.998);
                on_reach += i32::from(c * (1.0 + found.rho.abs()) > reach * 0.999);
                flat += i32::from(c == 0.0);
            }
        }
        println!("bound by floor {on_floor}, cone {on_cone}, reach {on_reach}; flat {flat}");
        assert!(on_floor > 5 && on_cone > 5 && on_reach > 5 && flat > 5);
    }
}
