//! Expiries of an underlying: listing, publishing, sampling, closing. Written from RISK.md's pages on
//! the surface and the settlement, and from decision 0016.

use std::collections::BTreeMap;

use crate::change::Flaws;
use crate::group::{Instrument, Person, Underlying};
use crate::market::Grade;
use crate::number::{binary, floor, one, ppm, whole, zero, Exact};
use crate::slice::{may_follow, Slice, Verdict};
use crate::step::Step;

/// How long before the expiry the average begins (seconds).
pub const WINDOW_SECONDS: i64 = 1_800;
/// How far apart two samples may be for what is between them to count (seconds).
const GAP_SECONDS_MAX: i64 = 300;
/// How much must be covered (seconds).
const COVERED_SECONDS_MIN: i64 = 900;
/// Farthest expiry (seconds): two years.
const LIFE_SECONDS_MAX: i64 = 2 * 365 * 86_400;
/// Time since a publication counts for so many periods at most.
const PERIODS_MAX: i64 = 4;
/// The basis fades in the last day before the window.
const DAY_SECONDS: i64 = 86_400;

/// What samples have come to.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Samples {
    /// Both prices of each stretch times its seconds (quote atoms per unit times seconds).
    pub sum: Exact,
    pub covered_seconds: i64,
    /// The last one: when, and the price (quote atoms per unit).
    pub last: Option<(i64, Exact)>,
}

/// An expiry.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Expiry {
    /// Instruments that have not taken over the settlement price.
    pub open_count: u32,
    pub payer: Person,
    /// Those before and behind it; zero: none.
    pub earlier_at: i64,
    pub later_at: i64,
    pub slice: Slice,
    pub published_at: i64,
    pub basis_ppm: i32,
    pub confidence_ppm: u32,
    pub basis_ppm_max: u32,
    pub confidence_ppm_min: u32,
    pub widening_ppm_per_hour: u32,
    pub fresh_seconds: u32,
    pub step_ppm: u32,
    pub basis_step_ppm: u32,
    pub step_seconds: u32,
    pub volatility_scan_ppm: u32,
    pub short_floor_ppm: u32,
    pub array_seconds_max: u32,
    pub array_move_ppm: u32,
    pub samples: Samples,
    /// Quote atoms per unit.
    pub settlement_price: Exact,
    /// Zero: not yet.
    pub settled_at: i64,
}

/// What of a forward is known, and what still moves with the price; of whatever a price is of.
pub(crate) struct Faded {
    /// The forward of the price itself.
    pub(crate) ahead: Exact,
    /// The average so far, where any of it is known.
    pub(crate) average: Option<Exact>,
    pub(crate) forward: Exact,
    pub(crate) carried: Exact,
}

impl Expiry {
    /// What is wrong with its terms and its first slice, whatever others there are.
    pub(crate) fn flaws(&self) -> Flaws {
        let mut flaws = Flaws::new();
        let small = |ppm: u32| ppm <= 500_000;
        let sound = small(self.basis_ppm_max)
            && small(self.confidence_ppm_min)
            && small(self.widening_ppm_per_hour)
            && self.step_ppm > 0
            && small(self.step_ppm)
            && small(self.basis_step_ppm)
            && small(self.confidence_ppm)
            && self.confidence_ppm >= self.confidence_ppm_min
            && self.fresh_seconds > 0
            && self.step_seconds > 0
            && self.volatility_scan_ppm <= 900_000
            && self.short_floor_ppm <= 200_000
            && (20..=600).contains(&self.array_seconds_max)
            && (2_000..=50_000).contains(&self.array_move_ppm);
        if !sound {
            flaws.push("ParameterOutOfBounds");
        }
        if self.basis_ppm.unsigned_abs() > self.basis_ppm_max {
            flaws.push("BasisOutOfBounds");
        }
        if !self.slice.is_sound() {
            flaws.push("SliceInvalid");
        }
        flaws
    }

    /// The average so far (quote atoms per unit).
    fn average(&self) -> Exact {
        match self.samples.covered_seconds {
            0 => zero(),
            covered => &self.samples.sum / whole(2 * covered),
        }
    }

    /// The share of the settlement that is fixed, by covered time.
    fn fixed(&self, expires_at: i64, now: i64) -> Exact {
        if now < expires_at - WINDOW_SECONDS {
            return zero();
        }
        let covered = self.samples.covered_seconds;
        let rest = (expires_at - now).max(COVERED_SECONDS_MIN - covered).max(0);
        match covered + rest {
            0 => zero(),
            all => whole(covered) / whole(all),
        }
    }

    /// The forward of a spot that is `per_unit` times the price of a unit.
    pub(crate) fn faded_at(
        &self,
        expires_at: i64,
        spot: &Exact,
        per_unit: &Exact,
        now: i64,
    ) -> Faded {
        let wait = (expires_at - WINDOW_SECONDS - now).clamp(0, DAY_SECONDS);
        // In whole parts per million, toward nothing.
        let size = i64::from(self.basis_ppm.abs()) * wait / DAY_SECONDS;
        let basis = if self.basis_ppm < 0 { -size } else { size };
        let ahead = spot * (one() + ppm(basis));
        let fixed = self.fixed(expires_at, now);
        let carried = &ahead * (one() - &fixed);
        let average = self.average() * per_unit;
        let forward = &fixed * &average + &carried;
        Faded { ahead, average: (fixed > zero()).then_some(average), forward, carried }
    }
}

/// Links a list of expiries anew, in the order of time.
fn link(one: &mut Underlying) {
    let times: Vec<i64> = one.expiries.keys().copied().collect();
    one.first_expiry_at = times.first().copied().unwrap_or(0);
    for (place, expiry) in one.expiries.values_mut().enumerate() {
        let at = |place: Option<usize>| place.and_then(|at| times.get(at)).copied().unwrap_or(0);
        expiry.earlier_at = at(place.checked_sub(1));
        expiry.later_at = at(Some(place + 1));
    }
}

impl Step<'_> {
    pub(crate) fn list_expiry(&mut self, underlying: usize, expires_at: i64, terms: &Expiry) {
        // A quote token is worth one quote token: there is nothing to trade.
        self.require(underlying != 0, &["UnknownUnderlying"]);
        let taken = self.before.underlyings[underlying].expiries.contains_key(&expires_at);
        self.require(!taken, &["Custom(0)"]);
        let left = expires_at.saturating_sub(self.now().seconds);
        self.require((1..=LIFE_SECONDS_MAX).contains(&left), &["ExpiryOutOfBounds"]);
        let flaws = terms.flaws();
        self.require(flaws.is_empty(), &flaws);
        let published_at = self.now().seconds;
        let listed = Expiry { published_at, ..terms.clone() };
        let one = &mut self.next.underlyings[underlying];
        one.expiries.insert(expires_at, listed);
        link(one);
        self.require_no_arbitrage(underlying, expires_at);
    }

    /// Neither within a slice, nor between it and those beside it that have not expired.
    fn require_no_arbitrage(&mut self, underlying: usize, at: i64) {
        let expiries = self.next.underlyings[underlying].expiries.clone();
        let (own, now) = (&expiries[&at], self.now().seconds);
        if !own.slice.is_sound() || at <= now {
            return;
        }
        // Too steep or too sharp is what a slice of that time cannot be.
        match own.slice.butterflies(at - now) {
            Verdict::Passes => {}
            Verdict::Fails => drop(self.require(false, &["SliceInvalid"])),
            Verdict::Unknown => {
                self.may_fail("SliceInvalid");
                self.may_fail("ButterflyArbitrage");
            }
        }
        let pairs = [(own.earlier_at, at), (at, own.later_at)];
        for (earlier, later) in pairs.into_iter().filter(|(one, two)| *one > now && *two > now) {
            let slices = (&expiries[&earlier].slice, &expiries[&later].slice);
            let verdict = slices.0.below(earlier - now, slices.1, later - now);
            self.require_verdict(verdict, "CalendarArbitrage");
        }
    }

    fn require_verdict(&mut self, verdict: Verdict, name: &'static str) {
        match verdict {
            Verdict::Passes => {}
            Verdict::Fails => drop(self.require(false, &[name])),
            Verdict::Unknown => self.may_fail(name),
        }
    }

    pub(crate) fn publish(
        &mut self,
        signer: Person,
        (underlying, at): (usize, i64),
        slice: Slice,
        (basis_ppm, confidence_ppm): (i32, u32),
    ) {
        let own = self.before.governance.publisher == Some(signer);
        self.require(own, &["NotPublisher"]);
        let old = self.before.underlyings[underlying].expiries[&at].clone();
        let now = self.now().seconds;
        self.require(now < at, &["ExpiryOutOfBounds"]);
        let confident = (old.confidence_ppm_min..=1_000_000).contains(&confidence_ppm);
        self.require(confident, &["ConfidenceOutOfBounds"]);
        // A forward is above nothing.
        let near = basis_ppm.unsigned_abs() <= old.basis_ppm_max;
        self.require(near, &["BasisOutOfBounds"]);
        self.require(slice.is_sound(), &["SliceInvalid"]);
        let elapsed = now.saturating_sub(old.published_at).max(0);
        let most = PERIODS_MAX * i64::from(old.step_seconds);
        let steps = whole(elapsed.min(most)) / whole(old.step_seconds);
        // Allowances are cut to parts per million.
        let allowed = |step: u32| ppm(floor(&(whole(step) * &steps)));
        let moved = whole(i64::from(basis_ppm).abs_diff(i64::from(old.basis_ppm)));
        self.require(moved * ppm(1) <= allowed(old.basis_step_ppm), &["BasisStepTooLarge"]);
        if slice.is_sound() && now < at && slice != old.slice {
            let verdict = may_follow(&old.slice, &slice, at - now, &allowed(old.step_ppm));
            self.require_verdict(verdict, "SurfaceStepTooLarge");
        }
        let next = self.next.underlyings[underlying].expiries.get_mut(&at);
        if let Some(next) = next {
            (next.slice, next.published_at) = (slice, now);
            (next.basis_ppm, next.confidence_ppm) = (basis_ppm, confidence_ppm);
        }
        self.require_no_arbitrage(underlying, at);
    }

    pub(crate) fn sample(&mut self, underlying: usize, at: i64) {
        if self.market.grade(underlying) != Grade::Valid {
            self.refuse_price(underlying);
        }
        let old = self.before.underlyings[underlying].expiries[&at].clone();
        let now = self.now().seconds;
        let due = at.saturating_sub(now) <= WINDOW_SECONDS + GAP_SECONDS_MAX;
        self.require(due && old.settled_at == 0, &["SettlementNotDue"]);
        if self.fails() {
            return;
        }
        let samples = self.sampled(underlying, at, &old.samples);
        let seen = self.seen().map(|seen| seen.underlyings[underlying].expiries[&at].clone());
        let mut next = Expiry { samples, ..old };
        let last_at = next.samples.last.as_ref().map_or(i64::MIN, |(then, _)| *then);
        // A sample that would still cover the time up to the expiry is waited for.
        let asked = last_at < at && now - last_at <= GAP_SECONDS_MAX;
        let enough = next.samples.covered_seconds >= COVERED_SECONDS_MIN;
        if now >= at && enough && !asked {
            next.settled_at = now;
            let exact = next.average();
            let price = seen.map_or(exact.clone(), |seen| seen.settlement_price);
            let near = price <= exact && price >= &exact - &exact * binary(1, 62);
            self.expect(near, || format!("settles at {price}, not at {exact}"));
            next.settlement_price = price;
        }
        self.next.underlyings[underlying].expiries.insert(at, next);
    }

    /// Of a stretch between two samples that are near enough counts what lies inside the window, and
    /// behind the expiry what covered time still lacks.
    fn sampled(&mut self, underlying: usize, at: i64, old: &Samples) -> Samples {
        let (now, exact) = (self.now().seconds, self.market.mid(underlying));
        if old.last.as_ref().is_some_and(|(then, _)| now <= *then) {
            return old.clone();
        }
        let seen = self.seen().and_then(|seen| {
            let one = &seen.underlyings[underlying].expiries[&at];
            one.samples.last.clone()
        });
        let price = seen.map_or(exact.clone(), |(_, price)| price);
        let off = &exact * binary(1, 58);
        let near = price >= &exact - &off && price <= &exact + off;
        self.expect(near, || format!("a sample of {price}, not of {exact}"));
        let mut next = Samples { last: Some((now, price.clone())), ..old.clone() };
        let Some((then, before)) = &old.last else {
            return next;
        };
        if now - then <= GAP_SECONDS_MAX {
            let inside = (now.min(at) - (*then).max(at - WINDOW_SECONDS)).max(0);
            let lacking = (COVERED_SECONDS_MIN - old.covered_seconds - inside).max(0);
            let beyond = (now - (*then).max(at)).clamp(0, lacking);
            next.sum += (before + price) * whole(inside + beyond);
            next.covered_seconds += inside + beyond;
        }
        next
    }

    pub(crate) fn close_expiry(&mut self, underlying: usize, at: i64, payer: Person) {
        let old = &self.before.underlyings[underlying].expiries[&at];
        let (own, over) = (old.payer == payer, old.settled_at != 0 && old.open_count == 0);
        self.require(own, &["WrongPayer"]);
        self.require(over, &["ExpiryInUse"]);
        let one = &mut self.next.underlyings[underlying];
        one.expiries.remove(&at);
        link(one);
    }
}

/// Expiries by their time, of an underlying that has any.
pub type Expiries = BTreeMap<i64, Expiry>;

impl Instrument {
    /// When it expires, if it does.
    pub fn expires_at(&self) -> Option<i64> {
        self.contract.as_ref().map(|one| one.expires_at)
    }
}
