//! Which slice near the free fit may be published?
//!
//! The free fit itself, where it passes the checks. Otherwise, from each of the places where the
//! free fit was nearly as good, and from an **anchor**, which passes for certain:
//!
//! 1. a walk with fines for arbitrage, heavier round by round, ends near the best slice that has none;
//! 2. from there its numbers go along a straight line to the anchor's, and the first slice on it that
//!    passes, as it is stored, is taken, to a 65,536th of the line;
//! 3. the best two of these, and of the anchors, walk on, only by slices that pass.
//!
//! The best of all counts. That no better one exists is not proved.
//!
//! The anchor is the total variance of a neighbour, at this time: `a` and `b` times the ratio of the
//! times, which changes neither `g` nor, where both neighbours pass beside each other, the order. With
//! two neighbours, also what is halfway between; and the slice that is there now, if it passes. Without
//! any of these, one volatility for all strikes.

use plimsoll_options::{check_butterflies, check_calendar, Slice, SurfaceError};
use plimsoll_units::Seconds;

use crate::fines::Fines;
use crate::points::{years, Points, VARIANCE_MIN};
use crate::raw::Raw;
use crate::walk::{walk, walk_fined};
use crate::FitError;

/// What is there already: the slices before and after an expiry, which are not changed, with their
/// times to expiry, and its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The nearest expiry before.
    pub earlier: Option<(Slice, Seconds)>,
    /// The nearest one after.
    pub later: Option<(Slice, Seconds)>,
    /// The slice that this expiry has now: where it passes, none that fits worse comes out.
    pub own: Option<Slice>,
}

/// Steps of the line to the anchor, and how often the last one is halved.
const STEPS: u32 = 64;
const HALVINGS: u32 = 10;

/// How often a walk starts anew, and how many walk on.
const STARTS: u32 = 8;
const FINALISTS: usize = 2;

/// How much a fine counts, round by round, in the cost of being off by all of the variance.
const WEIGHTS: [f64; 4] = [1.0, 30.0, 1e3, 3e4];

/// One step of a stored number.
const STEP: f64 = 1.0 / (1_u64 << 32) as f64;

impl Neighbours {
    /// Whether a slice with so much time passes beside them.
    pub fn check(&self, slice: &Slice, time: Seconds) -> Result<(), SurfaceError> {
        check_butterflies(slice, time)?;
        if let Some((earlier, before)) = &self.earlier {
            check_calendar((earlier, *before), (slice, time))?;
        }
        if let Some((later, after)) = &self.later {
            check_calendar((slice, time), (later, *after))?;
        }
        Ok(())
    }

    /// Slices that should pass.
    fn anchors(&self, points: &Points, free: &Raw) -> Vec<Raw> {
        let earlier = self.earlier.map(|(slice, time)| {
            let carried = carried(&slice, time, points.years);
            raised(Raw { a: carried.a + slack(&carried), ..carried })
        });
        let later = self.later.map(|(slice, time)| {
            let carried = carried(&slice, time, points.years);
            // All of it by a share, as if time had passed: that leaves `g` where it is or raises it.
            let share = (1.0 - slack(&carried) / carried.variance_least()).max(0.5);
            Raw { a: carried.a * share, b: carried.b * share, ..carried }
        });
        let between = earlier.zip(later).map(|(earlier, later)| earlier.toward(&later, 0.5));
        let alone = self.earlier.is_none() && self.later.is_none();
        let flat = alone.then(|| flat(points, free));
        let own = self.own.map(|slice| Raw::of(&slice));
        [own, between, earlier, later, flat].into_iter().flatten().collect()
    }
}

/// One volatility for all strikes: the best one.
fn flat(points: &Points, free: &Raw) -> Raw {
    let (weight, sum) = points.points.iter().fold((0.0, 0.0), |(weight, sum), point| {
        (weight + point.weight, sum + point.weight * point.variance)
    });
    raised(Raw { a: sum / weight, b: 0.0, ..*free })
}

/// A slice's total variance at another time to expiry.
fn carried(slice: &Slice, time: Seconds, years_new: f64) -> Raw {
    let ratio = years(time) / years_new;
    let raw = Raw::of(slice);
    Raw { a: raw.a * ratio, b: raw.b * ratio, ..raw }
}

/// What rounding may move a variance by: that of `a`, that of `b` at all distances, that of the places
/// where two slices are compared. A slice that is to stay on one side keeps so much away.
fn slack(raw: &Raw) -> f64 {
    STEP * (32.0 + 2.0 * raw.b * (1.0 + raw.sigma))
}

/// The same, with the least variance that a slice needs.
fn raised(mut raw: Raw) -> Raw {
    raw.a += (VARIANCE_MIN * 1.001 - raw.variance_least()).max(0.0);
    raw
}

/// A search for one expiry.
pub struct Search<'a> {
    pub points: &'a Points,
    pub neighbours: &'a Neighbours,
}

impl Search<'_> {
    /// The slice as stored, where it passes.
    pub fn admit(&self, raw: &Raw) -> Result<Slice, SurfaceError> {
        let slice = raw.slice()?;
        self.neighbours.check(&slice, self.points.time)?;
        Ok(slice)
    }

    /// A slice that passes, by free fits of which the first is the best and was refused for `why`.
    pub fn run(&self, free: &[Raw], mut why: SurfaceError) -> Result<Slice, FitError> {
        let points = &self.points.points;
        let best = free.first().ok_or(FitError::NoAdmissibleSlice { why })?;
        let mut anchors = self.neighbours.anchors(self.points, best);
        anchors.retain(|anchor| self.admit(anchor).map_err(|error| why = error).is_ok());
        anchors.sort_by(|x, y| x.cost(points).total_cmp(&y.cost(points)));
        let anchor = anchors.first().ok_or(FitError::NoAdmissibleSlice { why })?;
        let starts = free.iter().chain(&anchors);
        let mut found: Vec<Raw> =
            starts.map(|start| self.shrink(&self.approach(*start), anchor)).collect();
        found.extend(&anchors);
        found.sort_by(|x, y| x.cost(points).total_cmp(&y.cost(points)));
        found.truncate(FINALISTS);
        let found = found.into_iter().map(|start| self.improve(start));
        let best = found.min_by(|x, y| x.cost(points).total_cmp(&y.cost(points)));
        self.admit(&best.unwrap_or(*anchor)).map_err(|why| FitError::NoAdmissibleSlice { why })
    }

    /// Walks from a slice that passes to better ones that do.
    pub fn improve(&self, start: Raw) -> Raw {
        walk(self.points, start, STARTS, |raw| match self.admit(raw) {
            Ok(slice) => Raw::of(&slice).cost(&self.points.points),
            Err(_) => f64::INFINITY,
        })
    }

    /// Walks from any slice to a better one that is nearly free of arbitrage.
    fn approach(&self, start: Raw) -> Raw {
        let fines = Fines::new(self.points.years, self.neighbours);
        WEIGHTS.iter().fold(start, |at, weight| {
            walk_fined(self.points, at, STARTS, &fines, self.points.unit() * weight)
        })
    }

    /// The first slice on the line that passes. The anchor does.
    fn shrink(&self, from: &Raw, anchor: &Raw) -> Raw {
        let passes = |share: f64| self.admit(&from.toward(anchor, share)).is_ok();
        let mut shares = (0..STEPS).map(|step| f64::from(step) / f64::from(STEPS));
        let Some(mut passing) = shares.find(|share| passes(*share)) else {
            return *anchor;
        };
        let mut failing = (passing - 1.0 / f64::from(STEPS)).max(0.0);
        for _ in 0..HALVINGS {
            let middle = 0.5 * (passing + failing);
            match passes(middle) {
                true => passing = middle,
                false => failing = middle,
            }
        }
        from.toward(anchor, passing)
    }
}
