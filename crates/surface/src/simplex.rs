//! Where is a function of a few numbers least? The simplex of Nelder and Mead (1965), with their
//! own coefficients: it needs no derivative, and takes infinity for "not here".

/// Where a function is least, and what it is there.
#[derive(Clone, Copy, Debug)]
pub struct Least<const N: usize> {
    pub at: [f64; N],
    pub cost: f64,
}

/// Searches from a point, with a first step in each direction, for so many turns at most; stops
/// when the corners agree to a share of 10^-9. Never worse than where it starts.
pub fn least<const N: usize>(
    start: [f64; N],
    steps: [f64; N],
    turns: u32,
    mut cost: impl FnMut([f64; N]) -> f64,
) -> Least<N> {
    let mut look = |at: [f64; N]| Least { at, cost: cost(at) };
    let mut corners = vec![look(start)];
    for (axis, step) in steps.iter().enumerate() {
        let mut at = start;
        at[axis] += step;
        corners.push(look(at));
    }
    for _ in 0..turns {
        corners.sort_by(|x, y| x.cost.total_cmp(&y.cost));
        let (best, worst) = (corners[0], corners[N]);
        if worst.cost - best.cost <= best.cost * 1e-9 {
            break;
        }
        let middle = middle(&corners[..N]);
        let reflected = look(along(middle, worst.at, -1.0));
        if reflected.cost < best.cost {
            let further = look(along(middle, worst.at, -2.0));
            corners[N] = if further.cost < reflected.cost { further } else { reflected };
            continue;
        }
        if reflected.cost < corners[N - 1].cost {
            corners[N] = reflected;
            continue;
        }
        let (share, bound) = match reflected.cost < worst.cost {
            true => (-0.5, reflected.cost),
            false => (0.5, worst.cost),
        };
        let nearer = look(along(middle, worst.at, share));
        if nearer.cost < bound {
            corners[N] = nearer;
            continue;
        }
        for corner in &mut corners[1..] {
            *corner = look(along(best.at, corner.at, 0.5));
        }
    }
    corners.sort_by(|x, y| x.cost.total_cmp(&y.cost));
    corners[0]
}

/// The mean of some corners.
fn middle<const N: usize>(corners: &[Least<N>]) -> [f64; N] {
    let mut sum = [0.0; N];
    for corner in corners {
        for (total, number) in sum.iter_mut().zip(corner.at) {
            *total += number;
        }
    }
    sum.map(|total| total / corners.len() as f64)
}

/// From one point a share of the way to another.
fn along<const N: usize>(from: [f64; N], to: [f64; N], share: f64) -> [f64; N] {
    let mut at = from;
    for (number, goal) in at.iter_mut().zip(to) {
        *number += (goal - *number) * share;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::least;

    #[test]
    fn the_valley_of_rosenbrock_is_followed_to_its_end() {
        let found = least([-1.2, 1.0], [0.1, 0.1], 1_000, |[x, y]| {
            let (over, left) = (y - x * x, 1.0 - x);
            100.0 * over * over + left * left
        });
        assert!((found.at[0] - 1.0).abs() < 1e-4 && (found.at[1] - 1.0).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn a_wall_is_not_crossed() {
        let found = least([3.0], [0.5], 200, |[x]| if x < 2.0 { f64::INFINITY } else { x * x });
        assert!(found.at[0] >= 2.0 && found.at[0] < 2.0 + 1e-6, "{found:?}");
    }
}
