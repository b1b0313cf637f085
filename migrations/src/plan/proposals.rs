//! How is what is missing listed once the group is launched? It is proposed, and listed when its time
//! has come, by as many runs as that takes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use plimsoll_client::{AccountSource, Change, ContractParams};

use super::dated::{Scene, Times, Want};
use super::{Draft, PlanError, Reason, Waiting};
use crate::chain::{Proposed, Stand};
use crate::facts;
use crate::step::{Allowed, Step};

/// A proposal that was found for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) allowed: Allowed,
    pub(super) stand: Stand,
}

impl Found {
    pub(super) fn of(one: &Proposed) -> Self {
        Self { allowed: Allowed { id: one.id, payer: one.payer }, stand: one.stand }
    }
}

/// A contract that is to be listed.
struct Missing<'a> {
    want: &'a Want,
    params: ContractParams,
    /// Its proposal, if there is one that can still be executed.
    found: Option<Found>,
}

/// Contracts by the numbers that they are to get. The program lists one by the number that was proposed
/// and no other, and numbers have no gaps.
type Numbered<'a> = BTreeMap<u16, Missing<'a>>;

impl Draft<'_> {
    /// Proposes what is missing, and lists what may be.
    pub(super) fn propose<S: AccountSource + ?Sized>(
        &mut self,
        scene: &Scene<'_, S>,
        wants: Vec<Want>,
    ) -> Result<(), PlanError> {
        let mut times = self.times();
        // Those whose contracts are of use.
        let mut coming = Vec::new();
        for want in &wants {
            if self.propose_expiry(scene, want, &mut times) {
                coming.push(want);
            }
        }
        let numbered = self.number(scene, coming)?;
        self.propose_contracts(scene, numbered, &times);
        Ok(())
    }

    /// Lists an expiry, proposes it, or says what it waits for. Is it listed, or will it be?
    fn propose_expiry<S: ?Sized>(
        &mut self,
        scene: &Scene<'_, S>,
        want: &Want,
        times: &mut Times,
    ) -> bool {
        let Some(params) = want.expiry else {
            return true;
        };
        let what = format!("list expiry {} {}", want.name, want.at);
        match want.found.map(|found| found.stand) {
            Some(Stand::Ripe) => self.push_expiry(want, params, times),
            Some(Stand::Waits(until)) => self.wait(what, Reason::Until(until)),
            Some(Stand::Vetoed) => {
                self.wait(what, Reason::Vetoed);
                return false;
            }
            None if self.is_too_late(scene, want) => {
                self.wait(what, Reason::TooLate);
                return false;
            }
            None => {
                let (underlying, expires_at) = (want.underlying, want.at.unix_seconds);
                let change = Change::ListExpiry { underlying, expires_at, params };
                self.push_proposal(scene, what, change);
            }
        }
        true
    }

    /// Gives every contract that can be listed the number that was proposed for it, or the next free one.
    fn number<'a, S: ?Sized>(
        &mut self,
        scene: &Scene<'_, S>,
        coming: Vec<&'a Want>,
    ) -> Result<Numbered<'a>, PlanError> {
        let mut numbered = Numbered::new();
        let mut unnumbered = VecDeque::new();
        let next = self.next_index()?;
        for want in coming {
            for params in &want.contracts {
                let (at, found) = match proposal_of(scene, want, params, next, &numbered) {
                    Some((_, one)) if one.stand == Stand::Vetoed => {
                        self.wait(what(params), Reason::Vetoed);
                        continue;
                    }
                    Some((at, one)) => (Some(at), Some(Found::of(one))),
                    None => (None, None),
                };
                let missing = Missing { want, params: *params, found };
                match at {
                    Some(at) => drop(numbered.insert(at, missing)),
                    None => unnumbered.push_back(missing),
                }
            }
        }
        let mut at = next;
        loop {
            if !numbered.contains_key(&at) {
                if unnumbered.is_empty() {
                    // Nothing fills this gap any more: what was proposed behind it is proposed anew.
                    let stranded = numbered.split_off(&at).into_values();
                    unnumbered.extend(stranded.map(|one| Missing { found: None, ..one }));
                }
                let Some(one) = unnumbered.pop_front() else {
                    return Ok(numbered);
                };
                if self.is_too_late(scene, one.want) {
                    self.wait(what(&one.params), Reason::TooLate);
                    continue;
                }
                numbered.insert(at, one);
            }
            at = at.checked_add(1).ok_or_else(|| "too many listings".to_string())?;
        }
    }

    /// Lists contracts in the order of their numbers as long as each may be, and proposes what was not.
    fn propose_contracts<S: ?Sized>(
        &mut self,
        scene: &Scene<'_, S>,
        numbered: Numbered<'_>,
        times: &Times,
    ) {
        let nothing = BTreeSet::new();
        let mut in_turn = true;
        for (index, Missing { want, params, found }) in numbered {
            let on = times.get(&want.underlying).unwrap_or(&nothing);
            let is_turn = in_turn && on.contains(&want.at.unix_seconds);
            let what = what(&params);
            match found {
                Some(Found { stand: Stand::Ripe, allowed }) if is_turn => {
                    let contract = Box::new(self.new_contract(want, index, params));
                    self.plan.steps.push(Step::Contract { contract, proposal: Some(allowed) });
                    continue;
                }
                Some(Found { stand: Stand::Waits(until), .. }) => {
                    self.wait(what, Reason::Until(until));
                }
                Some(_) => self.wait(what, Reason::InTurn),
                None => {
                    let (underlying, expires_at) = (want.underlying, want.at.unix_seconds);
                    let change = Change::ListContract { index, underlying, expires_at, params };
                    self.push_proposal(scene, what, change);
                }
            }
            in_turn = false;
        }
    }

    fn push_proposal<S: ?Sized>(&mut self, scene: &Scene<'_, S>, what: String, change: Change) {
        let listed = self.listed.as_ref().map_or(0, |listed| listed.group.state.proposal_count);
        let is_one = |step: &&Step| matches!(step, Step::Propose { .. });
        let planned = self.plan.steps.iter().filter(is_one).count();
        let id = listed.saturating_add(u64::try_from(planned).unwrap_or(u64::MAX));
        let (change, slot) = (Box::new(change), scene.slot);
        self.plan.steps.push(Step::Propose { id, what, change, slot });
    }

    /// Would a proposal that is made now be ripe only when the expiry has passed?
    fn is_too_late<S: ?Sized>(&self, scene: &Scene<'_, S>, want: &Want) -> bool {
        let wait = self.listed.as_ref().map_or(0, |listed| listed.group.state.timelock_seconds);
        let ripe = scene.now.unix_seconds.saturating_add_unsigned(wait);
        ripe >= want.at.unix_seconds
    }

    fn wait(&mut self, what: String, why: Reason) {
        self.plan.waiting.push(Waiting { what, why });
    }
}

fn what(params: &ContractParams) -> String {
    format!("list contract {}", facts::text(&params.instrument.name))
}

/// The proposal of a contract with the least number that is not taken, from the group's next one on;
/// or, failing that, one that was vetoed.
fn proposal_of<'a, S: ?Sized>(
    scene: &'a Scene<'_, S>,
    want: &Want,
    params: &ContractParams,
    next: u16,
    taken: &Numbered<'_>,
) -> Option<(u16, &'a Proposed)> {
    let own = scene.proposed.iter().filter_map(|one| match &one.change {
        Change::ListContract { index, underlying, expires_at, params: proposed }
            if *underlying == want.underlying
                && *expires_at == want.at.unix_seconds
                && proposed == params =>
        {
            Some((*index, one))
        }
        _ => None,
    });
    let is_vetoed = |one: &Proposed| one.stand == Stand::Vetoed;
    let open = own
        .clone()
        .filter(|(index, one)| !is_vetoed(one) && *index >= next && !taken.contains_key(index));
    let open = open.min_by_key(|(index, _)| *index);
    open.or_else(|| own.into_iter().find(|(_, one)| is_vetoed(one)))
}
