//! What an account is told of one underlying with options.

use crate::group::{AccountId, Group};
use crate::margin::{detail, Check};
use crate::market::{Grade, Market};
use crate::number::{ceil, floor, whole, zero, Exact, Near};
use crate::step::Step;

/// Whole quote atoms: what is gained is rounded down, what is required up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct ToldDetail {
    pub worst_scenario: usize,
    pub outcomes: Vec<i64>,
    pub scenario: i64,
    pub concentration: i64,
    /// Where it is less than both of them.
    pub bound: Option<i64>,
    pub basis: i64,
    pub floor: i64,
    pub requirement: i64,
    pub delta: i64,
    pub gamma: i64,
    pub vega: i64,
    pub theta: i64,
}

impl Step<'_> {
    pub(crate) fn view_underlying(&mut self, id: AccountId, underlying: usize) {
        self.require_current(id);
        self.require_fresh(&[id], &[]);
        let account = self.before.accounts[&id].clone();
        let positions = account.positions.keys();
        let positions = positions.map(|one| self.before.instruments[*one].underlying);
        let tokens = account.tokens.keys().map(|one| self.before.collaterals[*one].underlying);
        let held = positions.chain(tokens).chain([0]).any(|one| one == underlying);
        let valid = self.market.grade(underlying) == Grade::Valid;
        if held && !valid {
            self.refuse_price(underlying);
        }
        let arrays = self.before.arrays(self.market, &account, underlying);
        let has_array = !arrays.is_empty() && valid;
        // Without a price there is nothing to take apart.
        self.require(has_array, &["NoRiskArray"]);
    }
}

/// What is wrong with a detail on an account.
pub fn untrue_detail(
    group: &Group,
    market: &Market,
    (id, underlying): (AccountId, usize),
    told: &ToldDetail,
) -> Option<String> {
    let account = &group.accounts[&id];
    let parts = detail(group, market, account, underlying)?;
    let outcomes = parts.outcomes.iter().zip(&told.outcomes);
    if let Some((near, told)) = outcomes.into_iter().find(|(near, told)| lies(**told, floor, near))
    {
        return Some(format!("account {id} was told to gain {told}, not {}", near.exact));
    }
    let worst = parts.outcomes.get(told.worst_scenario)?;
    let is_worst = -&worst.low() >= parts.scenario.low() || parts.scenario.low() <= zero();
    if !is_worst {
        return Some(format!("account {id} was told of scenario {}", told.worst_scenario));
    }
    let required = parts.required(&group.underlyings[underlying], Check::Maintenance);
    let greeks = greeks(group, market, id, underlying);
    let all = [
        ("scenario", told.scenario, ceil as fn(&_) -> _, parts.scenario.clone()),
        ("concentration", told.concentration, ceil, parts.concentration.clone()),
        ("basis", told.basis, ceil, parts.basis.clone()),
        ("floor", told.floor, ceil, parts.floor.clone()),
        ("requirement", told.requirement, ceil, required),
        ("delta", told.delta, floor, parts.delta.clone()),
        ("gamma", told.gamma, floor, greeks[0].clone()),
        ("vega", told.vega, floor, greeks[1].clone()),
        ("theta", told.theta, floor, greeks[2].clone()),
    ];
    let found = all.into_iter().find(|(_, told, round, near)| lies(*told, *round, near));
    if let Some((what, told, _, near)) = found {
        return Some(format!("account {id} was told {told} of {what}, which is {}", near.exact));
    }
    let core = parts.scenario.plus(&parts.concentration);
    match (&parts.bound, told.bound) {
        (_, None) => {
            let caps = |bound: &Near| bound.minus(&core).surely_negative();
            let certain = parts.bound.as_ref().is_some_and(|(bound, sure)| *sure && caps(bound));
            certain.then(|| format!("account {id} was not told of its bound"))
        }
        (Some((bound, _)), Some(told)) if !lies(told, ceil, bound) => None,
        (bound, Some(told)) => {
            let bound = bound.as_ref().map(|(bound, _)| bound.exact.clone());
            Some(format!("account {id} was told of a bound of {told}, which is {bound:?}"))
        }
    }
}

/// Gamma, vega and theta of the rows, as their arrays say.
fn greeks(group: &Group, market: &Market, id: AccountId, underlying: usize) -> [Near; 3] {
    let account = &group.accounts[&id];
    let mut sums = [zero(), zero(), zero()];
    for held in group.arrays(market, account, underlying) {
        let array = &held.contract.array;
        for (sum, word) in sums.iter_mut().zip([array.gamma, array.vega, array.theta]) {
            *sum += whole(held.lots) * whole(word) * array.unit();
        }
    }
    sums.map(Near::certain)
}

fn lies(told: i64, round: fn(&Exact) -> i128, near: &Near) -> bool {
    let told = i128::from(told);
    told < round(&near.low()) || round(&near.high()) < told
}
