//! Fits a slice to volatilities, in floats: least squares in variance.
//!
//! For given `m` and `σ` the variance is linear in three numbers, `a + d · y + c · √(y² + 1)` with
//! `y = (k − m) / σ`, `c = b · σ`, `d = ρ · c` (De Marco and Martini, *Quasi-explicit calibration of
//! Gatheral's SVI model*, 2009). `m` and `σ` are then found by Nelder and Mead's simplex.

/// What a slice is fitted to: `k`, variance of a year, weight.
pub type Point = (f64, f64, f64);

/// The sum of weighted squares for `m` and `ln σ`, and `a, b, ρ, m, σ`.
pub fn linear(points: &[Point], m: f64, sigma: f64) -> [f64; 5] {
    let mut normal = [[0.0; 4]; 3];
    for (k, variance, weight) in points {
        let y = (k - m) / sigma;
        let basis = [1.0, y, (y * y + 1.0).sqrt()];
        for (row, left) in normal.iter_mut().zip(basis) {
            for (cell, right) in row.iter_mut().zip([basis[0], basis[1], basis[2], *variance]) {
                *cell += weight * left * right;
            }
        }
    }
    let [a, d, c] = solve(normal);
    let c = c.max(1e-9);
    [a, c / sigma, (d / c).clamp(-0.999, 0.999), m, sigma]
}

/// Gauss, with the largest pivot of each column.
fn solve(mut rows: [[f64; 4]; 3]) -> [f64; 3] {
    for i in 0..3 {
        let pivot = (i..3).max_by(|x, y| rows[*x][i].abs().total_cmp(&rows[*y][i].abs())).unwrap();
        rows.swap(i, pivot);
        for j in 0..3 {
            if i != j {
                let factor = rows[j][i] / rows[i][i];
                let row = rows[i];
                rows[j].iter_mut().zip(row).for_each(|(cell, above)| *cell -= factor * above);
            }
        }
    }
    [0, 1, 2].map(|i| rows[i][3] / rows[i][i])
}

/// The variance of a year at `k`.
pub fn variance([a, b, rho, m, sigma]: [f64; 5], k: f64) -> f64 {
    a + b * (rho * (k - m) + ((k - m).powi(2) + sigma * sigma).sqrt())
}

/// The weighted sum of squares.
pub fn cost(points: &[Point], terms: [f64; 5]) -> f64 {
    points.iter().map(|(k, v, weight)| weight * (variance(terms, *k) - v).powi(2)).sum()
}

/// Where a function is least, by Nelder and Mead (1965) from `start` with these first steps.
pub fn least<const N: usize>(
    start: [f64; N],
    steps: [f64; N],
    turns: usize,
    function: impl Fn([f64; N]) -> f64,
) -> [f64; N] {
    let mut simplex = vec![(function(start), start)];
    for i in 0..N {
        let mut corner = start;
        corner[i] += steps[i];
        simplex.push((function(corner), corner));
    }
    for _ in 0..turns {
        simplex.sort_by(|x, y| x.0.total_cmp(&y.0));
        let worst = simplex[N];
        let mut centre = [0.0; N];
        for (_, corner) in &simplex[..N] {
            centre.iter_mut().zip(corner).for_each(|(sum, x)| *sum += x / N as f64);
        }
        let at = |t: f64| {
            let mut point = centre;
            point.iter_mut().zip(worst.1).for_each(|(x, far)| *x += t * (far - *x));
            (function(point), point)
        };
        let mirrored = at(-1.0);
        let next = if mirrored.0 < simplex[0].0 {
            let further = at(-2.0);
            if further.0 < mirrored.0 {
                further
            } else {
                mirrored
            }
        } else if mirrored.0 < simplex[N - 1].0 {
            mirrored
        } else {
            at(if mirrored.0 < worst.0 { -0.5 } else { 0.5 })
        };
        if next.0 < worst.0 {
            simplex[N] = next;
        } else {
            let best = simplex[0].1;
            for (value, corner) in &mut simplex[1..] {
                corner.iter_mut().zip(best).for_each(|(x, near)| *x = (*x + near) / 2.0);
                *value = function(*corner);
            }
        }
    }
    simplex.sort_by(|x, y| x.0.total_cmp(&y.0));
    simplex[0].1
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
