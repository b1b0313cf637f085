//! Which expiries and contracts does the chain lack?

use std::collections::{BTreeMap, BTreeSet};

use plimsoll_client::instruction::{NewContract, NewExpiry};
use plimsoll_client::state::{Expiry, Instrument};
use plimsoll_client::{clock, AccountSource, Change, ContractParams, ExpiryParams, SliceParams};

use super::proposals::Found;
use super::{index, index_of, require_equal, Draft, PlanError};
use crate::calendar::Moment;
use crate::chain::{self, Proposed, Stand};
use crate::contracts::contracts;
use crate::expiries::{ExpiryError, ExpirySpec};
use crate::facts;
use crate::markets::{Markets, UnderlyingSpec};
use crate::schedule::schedule;
use crate::slices::{check_slice, expiry_params, first_slice, published, Beside};
use crate::step::Step;

/// What does not change while the plan is made.
pub(super) struct Scene<'a, S: ?Sized> {
    pub(super) source: &'a S,
    pub(super) markets: &'a Markets,
    pub(super) now: Moment,
    pub(super) slot: u64,
    /// What was proposed; nothing before the launch.
    pub(super) proposed: Vec<Proposed>,
}

/// An underlying, and what the file has to expire on it.
pub(super) struct Shelf<'a> {
    pub(super) index: u16,
    pub(super) spec: &'a UnderlyingSpec,
    blocks: Vec<&'a ExpirySpec>,
    /// What is listed, those that have passed among them.
    listed: BTreeMap<Moment, Expiry>,
}

impl Shelf<'_> {
    /// An error about it.
    pub(super) fn flaw(&self, error: ExpiryError) -> PlanError {
        PlanError::Expiry { underlying: self.spec.name.clone(), error }
    }
}

/// An expiry that the file lists, with those of its contracts that the chain lacks.
pub(super) struct Want {
    /// Name of the underlying.
    pub(super) name: String,
    pub(super) underlying: u16,
    pub(super) at: Moment,
    /// What makes the expiry; nothing where it is listed.
    pub(super) expiry: Option<ExpiryParams>,
    /// Its proposal, if there is one.
    pub(super) found: Option<Found>,
    pub(super) contracts: Vec<ContractParams>,
}

/// The expiries that will be there, by underlying.
pub(super) type Times = BTreeMap<u16, BTreeSet<i64>>;

impl Draft<'_> {
    /// Plans what expires. The clock of the cluster says what has passed.
    pub(super) fn dated(
        &mut self,
        source: &(impl AccountSource + ?Sized),
        markets: &Markets,
    ) -> Result<(), PlanError> {
        let listed = self.listed.as_ref();
        if markets.expiries.is_empty() && listed.is_none_or(|listed| listed.expiries.is_empty()) {
            return Ok(());
        }
        for spec in &markets.expiries {
            let flaw = |error| PlanError::Expiry { underlying: spec.underlying.clone(), error };
            if index_of(markets, &spec.underlying)? == 0 {
                return Err(flaw(ExpiryError::OnQuote));
            }
            spec.check().map_err(flaw)?;
        }
        let time = clock::now(source)?;
        let now = Moment { unix_seconds: time.time.get() };
        let proposed = match listed.filter(|listed| listed.group.state.is_launched()) {
            Some(listed) => chain::proposals(source, &listed.group, now)?,
            None => Vec::new(),
        };
        let scene = Scene { source, markets, now, slot: time.slot.get(), proposed };
        let mut wants = Vec::new();
        let mut names = BTreeSet::new();
        for (at, spec) in markets.underlyings.iter().enumerate() {
            let shelf = self.shelf(markets, index(at)?, spec);
            wants.extend(self.wants(&scene, &shelf, &mut names)?);
        }
        match self.is_launched() {
            true => self.propose(&scene, wants),
            false => self.list(wants),
        }
    }

    fn shelf<'a>(&self, markets: &'a Markets, index: u16, spec: &'a UnderlyingSpec) -> Shelf<'a> {
        let blocks = markets.expiries.iter().filter(|block| block.underlying == spec.name);
        let listed = self.listed.iter().flat_map(|listed| &listed.expiries);
        let own = listed.filter(|one| one.state.underlying == index);
        let at = |expiry: &Expiry| Moment { unix_seconds: expiry.expires_at };
        let listed = own.map(|one| (at(&one.state), one.state)).collect();
        Shelf { index, spec, blocks: blocks.collect(), listed }
    }

    /// What the file lists of an underlying from now on. `names` are those of contracts so far.
    fn wants<S: AccountSource + ?Sized>(
        &self,
        scene: &Scene<'_, S>,
        shelf: &Shelf<'_>,
        names: &mut BTreeSet<[u8; 16]>,
    ) -> Result<Vec<Want>, PlanError> {
        let is_listed = |at| shelf.listed.contains_key(&at);
        let schedule = schedule(&shelf.blocks, scene.now, is_listed);
        let schedule = schedule.map_err(|error| shelf.flaw(error))?;
        let alive = shelf.listed.keys().filter(|at| **at > scene.now);
        if let Some(at) = alive.into_iter().find(|at| !schedule.contains_key(at)) {
            let listed = format!("expiries of {}", shelf.spec.name);
            let (file, chain) = ("none".into(), at.to_string());
            return Err(PlanError::Different { listed, field: "time", file, chain });
        }
        let mut slices: BTreeMap<Moment, SliceParams> =
            shelf.listed.iter().map(|(at, one)| (*at, published(&one.slice))).collect();
        let mut wants = Vec::with_capacity(schedule.len());
        for (at, block) in schedule {
            let strikes = self.strikes(scene, shelf, block, at)?;
            let all = contracts(block, at, &strikes, self.decimals);
            let all = all.map_err(|error| shelf.flaw(error))?;
            if let Some(one) = all.iter().find(|one| !names.insert(one.instrument.name)) {
                let name = facts::text(&one.instrument.name);
                return Err(shelf.flaw(ExpiryError::NameDoubled(name)));
            }
            let (expiry, found) = match shelf.listed.get(&at) {
                Some(listed) => {
                    require_expiry(shelf, at, block, listed)?;
                    (None, None)
                }
                None => {
                    let (params, found) = new_expiry(scene, shelf, block, at, &slices)
                        .map_err(|error| shelf.flaw(error))?;
                    slices.insert(at, params.slice);
                    (Some(params), found)
                }
            };
            let contracts = self.missing(shelf, at, all)?;
            let (name, underlying) = (shelf.spec.name.clone(), shelf.index);
            wants.push(Want { name, underlying, at, expiry, found, contracts });
        }
        Ok(wants)
    }

    /// Those contracts of an expiry that are not listed. What is, must be in the file as it is.
    fn missing(
        &self,
        shelf: &Shelf<'_>,
        at: Moment,
        all: Vec<ContractParams>,
    ) -> Result<Vec<ContractParams>, PlanError> {
        let mut missing: BTreeMap<[u8; 16], usize> =
            all.iter().enumerate().map(|(at, one)| (one.instrument.name, at)).collect();
        for stored in self.listed_contracts(shelf.index, at) {
            let name = facts::text(&stored.name);
            let found = missing.remove(&stored.name).and_then(|at| all.get(at));
            let Some(one) = found else {
                let listed = format!("contracts of {} {at}", shelf.spec.name);
                let file = "none".into();
                return Err(PlanError::Different { listed, field: "name", file, chain: name });
            };
            let file = facts::of_contract(one, shelf.index);
            require_equal(&format!("contract {name}"), &file, &facts::of_listed_contract(stored))?;
        }
        let is_missing = |one: &ContractParams| missing.contains_key(&one.instrument.name);
        Ok(all.into_iter().filter(is_missing).collect())
    }

    /// The contracts of an expiry that are listed.
    pub(super) fn listed_contracts(
        &self,
        underlying: u16,
        at: Moment,
    ) -> impl Iterator<Item = &Instrument> {
        let listed = self.listed.iter().flat_map(|listed| &listed.instruments);
        listed.map(|one| &one.state).filter(move |one| {
            one.underlying == underlying && one.expires_at == at.unix_seconds && at.unix_seconds > 0
        })
    }

    /// The times of all expiries that are listed.
    pub(super) fn times(&self) -> Times {
        let mut times = Times::new();
        for one in self.listed.iter().flat_map(|listed| &listed.expiries) {
            times.entry(one.state.underlying).or_default().insert(one.state.expires_at);
        }
        times
    }

    /// Lists at once what is missing.
    fn list(&mut self, wants: Vec<Want>) -> Result<(), PlanError> {
        let mut times = self.times();
        for want in wants {
            if let Some(params) = want.expiry {
                self.push_expiry(&want, params, &mut times);
            }
            for params in &want.contracts {
                let index = self.next_index()?;
                let contract = self.new_contract(&want, index, *params);
                let step = Step::Contract { contract: Box::new(contract), proposal: None };
                self.plan.steps.push(step);
            }
        }
        Ok(())
    }

    /// Lists an expiry between those that will be there by then.
    pub(super) fn push_expiry(&mut self, want: &Want, params: ExpiryParams, times: &mut Times) {
        let times = times.entry(want.underlying).or_default();
        let at = want.at.unix_seconds;
        let beside = [times.range(..at).next_back().copied(), times.range(at..).next().copied()];
        times.insert(at);
        let (group, underlying) = (self.plan.group, want.underlying);
        let expiry = NewExpiry { group, underlying, expires_at: at, beside, params };
        let proposal = want.found.map(|found| found.allowed);
        let (name, expiry) = (want.name.clone(), Box::new(expiry));
        self.plan.steps.push(Step::Expiry { name, expiry, proposal });
    }

    pub(super) fn new_contract(
        &self,
        want: &Want,
        index: u16,
        params: ContractParams,
    ) -> NewContract {
        let expires_at = want.at.unix_seconds;
        NewContract {
            group: self.plan.group,
            index,
            underlying: want.underlying,
            expires_at,
            params,
        }
    }
}

/// Its terms must be as the block has them. Slice, basis and confidence are the publisher's.
fn require_expiry(
    shelf: &Shelf<'_>,
    at: Moment,
    block: &ExpirySpec,
    listed: &Expiry,
) -> Result<(), PlanError> {
    let file = facts::of_expiry(&expiry_params(block, published(&listed.slice)));
    let name = format!("expiry {} {at}", shelf.spec.name);
    require_equal(&name, &file, &facts::of_listed_expiry(listed))
}

/// What makes an expiry that is not listed, and its proposal: one that may be executed if there is one
/// whose slice still fits, then one that waits, then one that was vetoed.
fn new_expiry<S: ?Sized>(
    scene: &Scene<'_, S>,
    shelf: &Shelf<'_>,
    block: &ExpirySpec,
    at: Moment,
    slices: &BTreeMap<Moment, SliceParams>,
) -> Result<(ExpiryParams, Option<Found>), ExpiryError> {
    let copied = |(at, slice): (&Moment, &SliceParams)| (*at, *slice);
    let beside: [Beside; 2] =
        [slices.range(..at).next_back().map(copied), slices.range(at..).next().map(copied)];
    let own = scene.proposed.iter().filter_map(|one| match &one.change {
        Change::ListExpiry { underlying, expires_at, params }
            if *underlying == shelf.index && *expires_at == at.unix_seconds =>
        {
            Some((one, *params))
        }
        _ => None,
    });
    let own = own.filter(|(_, params)| expiry_params(block, params.slice) == *params);
    let rank = |(one, params): &(&Proposed, ExpiryParams)| match one.stand {
        Stand::Ripe => match check_slice(&params.slice, at, beside, scene.now) {
            Ok(()) => Some(0),
            // Nothing can come of it as things are: another one is proposed beside it.
            Err(_) => None,
        },
        Stand::Waits(_) => Some(1),
        Stand::Vetoed => Some(2),
    };
    let best = own.filter_map(|one| Some((rank(&one)?, one))).min_by_key(|(rank, _)| *rank);
    if let Some((_, (one, params))) = best {
        return Ok((params, Some(Found::of(one))));
    }
    let slice = first_slice(block, at, beside, scene.now)
        .map_err(|reason| ExpiryError::NoSliceFits { at, reason })?;
    Ok((expiry_params(block, slice), None))
}
