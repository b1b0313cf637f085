//! Rows with a risk array in the margin rule: RISK.md, "Options in the rule".

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use crate::at_expiry;
use crate::contract::{lesser, Contract, Marks, SCENARIOS};
use crate::group::{Account, Group, Underlying};
use crate::margin::{factor, Check, Sums};
use crate::market::Market;
use crate::number::{
    binary, floor, least, most, positive, ppm, slack, value, whole, zero, Exact, Near,
};

/// Rows that the largest loss at expiry is known of.
const BOUND_ROWS_MAX: usize = 24;

/// A row with a risk array.
pub(crate) struct Held<'a> {
    pub(crate) lots: i64,
    pub(crate) contract: &'a Contract,
    /// Units per lot.
    pub(crate) lot: &'a Exact,
    pub(crate) marks: Marks,
    /// Quote flow and what is owed (quote atoms).
    flow: Exact,
    /// Share of open profit that counts for opening.
    weight: Exact,
}

/// What an underlying with array rows requires, taken apart.
pub struct Parts {
    /// What all rows gain together in each scenario (quote atoms).
    pub outcomes: Vec<Near>,
    /// What is lost in the worst one.
    pub scenario: Near,
    /// What size adds.
    pub concentration: Near,
    /// The largest loss at expiry, if it has one: with slack, and whether rounding may deny it.
    pub bound: Option<(Near, bool)>,
    /// What hedges add.
    pub basis: Near,
    /// What short options add.
    pub floor: Near,
    /// Notional that the rows move with.
    pub delta: Near,
}

impl Group {
    /// The array rows of an account on an underlying.
    pub(crate) fn arrays<'a>(
        &'a self,
        market: &Market,
        account: &Account,
        underlying: usize,
    ) -> Vec<Held<'a>> {
        let mut all = Vec::new();
        for (index, position) in account.positions.iter().filter(|(_, one)| one.lots != 0) {
            let instrument = &self.instruments[*index];
            if instrument.underlying != underlying {
                continue;
            }
            let Some((contract, marks)) = instrument.marks(market) else { continue };
            let owed = whole(position.owed_quote_atoms.unsigned_abs());
            all.push(Held {
                lots: position.lots,
                contract,
                lot: &instrument.lot,
                marks,
                flow: value(instrument.flow(position, market.now.seconds)) + owed,
                weight: ppm(instrument.pnl_weight_ppm),
            });
        }
        all
    }
}

impl Held<'_> {
    /// What a word of the array comes to for all lots (quote atoms).
    fn of(&self, word: i64) -> Exact {
        whole(self.lots) * whole(word) * self.contract.array.unit()
    }

    /// At the fair price.
    pub(crate) fn fair(&self) -> Near {
        self.marks.fair.times(&whole(self.lots))
    }

    /// Without a valid price: twice what it is worth where it is long, nothing where it is short, and
    /// its flow.
    pub(crate) fn generous(&self) -> Exact {
        positive(self.fair().exact) * whole(2) + &self.flow
    }

    /// What counts of it, flow included.
    pub(crate) fn counted(&self, check: Check) -> Near {
        let mark = match (check, self.lots < 0) {
            (Check::Maintenance, _) => &self.marks.fair,
            (_, true) => &self.marks.high,
            (_, false) => &self.marks.low,
        };
        let mut worth = mark.times(&whole(self.lots));
        worth.exact += &self.flow;
        if check == Check::Withdrawal && worth.exact.is_positive() {
            worth.exact = zero();
        } else if check == Check::Initial && worth.exact.is_positive() {
            worth.exact *= &self.weight;
        }
        worth
    }

    /// How large it is, for roundings.
    pub(crate) fn size(&self) -> Exact {
        self.fair().exact.abs() + self.flow.abs()
    }
}

/// What a linear row gains in a scenario per notional, kept to the nearest 2^-27.
fn linear_factors(underlying: &Underlying) -> Vec<Exact> {
    let scan = ppm(underlying.scan_lower_ppm);
    let nearest = |exact: Exact| {
        let half = binary(1, 1);
        let size = floor(&(exact.abs() * whole(1_u64 << 27) + half));
        let size = if exact.is_negative() { -size } else { size };
        binary(size, 27)
    };
    let all = underlying.scenarios.iter();
    let mut factors: Vec<Exact> =
        all.map(|(shock, _, weight)| nearest(&scan * ppm(*shock) * ppm(*weight))).collect();
    factors.resize(SCENARIOS, zero());
    factors
}

/// Sums over the array rows.
struct ArraySums {
    outcomes: Vec<Exact>,
    delta: Exact,
    delta_short: Exact,
    floors: Exact,
    long: Near,
    fair: Near,
}

impl ArraySums {
    fn of(rows: &[Held<'_>]) -> Self {
        let nothing = || Near::certain(zero());
        let (mut long, mut fair) = (nothing(), nothing());
        let (mut delta, mut delta_short, mut floors) = (zero(), zero(), zero());
        // In the finest unit, as whole numbers.
        let finest = rows.iter().map(|row| row.contract.array.shift).min().unwrap_or(0);
        let mut sums = vec![BigInt::zero(); SCENARIOS];
        for row in rows {
            let array = &row.contract.array;
            for (sum, gain) in sums.iter_mut().zip(array.outcomes) {
                *sum += (BigInt::from(row.lots) * BigInt::from(gain)) << (array.shift - finest);
            }
            let moves = row.of(array.delta);
            if row.lots < 0 {
                delta_short += &moves;
                floors -= row.of(array.short_floor);
            } else {
                long = long.plus(&row.fair());
            }
            delta += moves;
            fair = fair.plus(&row.fair());
        }
        let unit = crate::number::float(1, i64::from(finest) - 48);
        let outcomes = sums.into_iter().map(|sum| whole(sum) * &unit).collect();
        Self { outcomes, delta, delta_short, floors, long, fair }
    }
}

/// The parts of the requirement of an underlying with array rows.
pub(crate) fn parts(
    underlying: &Underlying,
    sums: &Sums,
    rows: &[Held<'_>],
    market: &Market,
    at: usize,
) -> Parts {
    let arrays = ArraySums::of(rows);
    let gross = &sums.long + &sums.short;
    let net = Near { exact: &sums.long - &sums.short, slack: slack(&gross) };
    // Sums of a scenario are kept in the rows' unit: a few roundings of one each.
    let coarsest = rows.iter().map(|row| row.contract.array.unit()).fold(zero(), most);
    let rounding = coarsest * whole(4);
    let factors = linear_factors(underlying);
    let outcomes: Vec<Near> = arrays
        .outcomes
        .iter()
        .zip(&factors)
        .map(|(gain, factor)| {
            let mut sum = net.times(factor);
            sum.exact += gain;
            sum.slack += &rounding;
            sum
        })
        .collect();
    let mut scenario = Near::certain(zero());
    for gain in &outcomes {
        scenario.exact = most(scenario.exact, -gain.exact.clone());
        scenario.slack = most(scenario.slack, gain.slack.clone());
    }
    let concentration = concentration(underlying, &net, &arrays, &scenario);
    let value = net.plus(&arrays.fair);
    let bound = match rows.len() > BOUND_ROWS_MAX {
        true => None,
        false => {
            let units = sums.net_units.clone();
            at_expiry::bound(rows, &units, &gross, &value, (&market.mid(at), market.now.seconds))
        }
    };
    let delta = net.plus(&Near { slack: slack(&arrays.delta), exact: arrays.delta.clone() });
    let basis = basis(underlying, sums, &arrays.delta);
    let floor = Near { slack: slack(&arrays.floors), exact: arrays.floors };
    Parts { outcomes, scenario, concentration, bound, basis, floor, delta }
}

/// `n · min(max, slope · (n / depth − 1))` above the depth; shares are kept in parts per million, rounded
/// up.
fn size_costs(underlying: &Underlying, net: &Near) -> Near {
    let depth = whole(underlying.depth_quote_atoms);
    let highest = ppm(underlying.concentration_max_ppm);
    let slope = ppm(underlying.concentration_slope_ppm);
    let n = net.exact.abs();
    let share = match depth.is_zero() {
        true => highest.clone(),
        false => positive(&slope * (&n / &depth - whole(1))),
    };
    let share = least(highest.clone(), share);
    let steep = highest * whole(2) + &slope + whole(1);
    let loose = match n > &depth - &net.slack {
        true => &n * ppm(1) * (&slope + whole(1)) + &net.slack * steep,
        false => zero(),
    };
    Near { exact: n * share, slack: loose }
}

/// Of everything, or of what is left when long options are given up: they lose what they are worth.
fn concentration(underlying: &Underlying, net: &Near, arrays: &ArraySums, scenario: &Near) -> Near {
    let certain = |exact: &Exact| Near { slack: slack(exact), exact: exact.clone() };
    let all = size_costs(underlying, &net.plus(&certain(&arrays.delta)));
    let size = Near { exact: net.exact.abs(), slack: net.slack.clone() };
    let left = size_costs(underlying, &size.plus(&certain(&arrays.delta_short.abs())));
    let mut given_up = arrays.long.minus(scenario);
    given_up.exact = positive(given_up.exact);
    lesser(&all, &left.plus(&given_up))
}

/// `basis · min(L, S)`, the array rows as one leg on the side to which they move.
fn basis(underlying: &Underlying, sums: &Sums, delta: &Exact) -> Near {
    let (long, short) = match delta.is_negative() {
        true => (sums.long.clone(), &sums.short - delta),
        false => (&sums.long + delta, sums.short.clone()),
    };
    let loose = slack(&(&long + &short));
    Near { exact: least(long, short) * ppm(underlying.basis_ppm), slack: loose }
}

impl Parts {
    /// Does the largest loss at expiry take the place of scenario and concentration?
    pub fn is_capped(&self, underlying: &Underlying, check: Check) -> bool {
        let core = self.scenario.plus(&self.concentration).times(&factor(underlying, check));
        self.bound.as_ref().is_some_and(|(bound, _)| bound.minus(&core).surely_negative())
    }

    /// What is required for a check.
    pub(crate) fn required(&self, underlying: &Underlying, check: Check) -> Near {
        let times = factor(underlying, check);
        let core = self.scenario.plus(&self.concentration).times(&times);
        let rest = self.basis.plus(&self.floor).times(&times);
        let core = match &self.bound {
            None => core,
            Some((bound, certain)) => {
                let mut capped = lesser(&core, bound);
                if !certain {
                    // With it or without it.
                    capped.slack += &core.exact - &capped.exact;
                }
                capped
            }
        };
        core.plus(&rest)
    }
}
