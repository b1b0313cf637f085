//! Who may change a group, what, and when: roles, and proposals that wait.
//!
//! Written from DESIGN §7 and decision 0013. Rent is not followed here.

use std::collections::BTreeMap;

use crate::change::{carried, Change};
use crate::group::{Group, Person, Terms};
use crate::pause::Paused;
use crate::step::Step;

/// Slots that a proposal may be younger than what its proposer saw.
const AGE_SLOTS_MAX: u64 = 150;
/// Lowest outflow limit that the guardian may set (ppm).
const OUTFLOW_PPM_MIN: u32 = 10_000;

/// Roles, and what waits.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Governance {
    pub owner: Person,
    pub pending_owner: Option<Person>,
    pub guardian: Option<Person>,
    pub lister: Option<Person>,
    pub risk_manager: Option<Person>,
    pub publisher: Option<Person>,
    /// Zero: the group is being set up.
    pub launched_at: i64,
    pub timelock_seconds: u64,
    pub window_seconds: u64,
    pub proposal_count: u64,
    /// Those that were not closed.
    pub proposals: BTreeMap<u64, Proposal>,
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ProposalState {
    Open,
    Executed,
    Vetoed,
}

/// A change that waits.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct Proposal {
    pub state: ProposalState,
    pub is_vetoable: bool,
    pub proposer: Person,
    pub payer: Person,
    pub proposed_slot: u64,
    pub proposed_at: i64,
    pub executable_at: i64,
    pub dies_at: i64,
    pub change: Change,
}

/// A group that somebody else created: nothing is listed in it.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Founded {
    pub terms: Terms,
    pub governance: Governance,
    /// Number of the quote token's mint.
    pub quote_mint: usize,
}

/// One thing to lower at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Tightening {
    DepositCap { token: usize, atoms: u64 },
    BorrowCap { token: usize, atoms: u64 },
    Outflow { token: usize, ppm: u32 },
    OpenInterestCap { instrument: usize, lots: u64 },
    ReduceOnly { instrument: usize },
}

/// What somebody does to the group itself.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// Proposes a change; `None` where the bytes are none. The slot is one that the proposer saw.
    Propose {
        /// Unsigned, as it comes.
        slot: u64,
        /// What shall be.
        change: Option<Change>,
        /// Who pays the rent.
        payer: Person,
    },
    /// Carries out what is no listing.
    Execute(u64),
    /// Carries out a listing, by its proposal or by the owner before the launch.
    List(Change, Option<u64>),
    /// Refuses a proposal, or takes it back.
    Veto(u64),
    /// Removes a proposal; its rent is to go to this person.
    CloseProposal(u64, Person),
    /// Lowers something.
    Tighten(Tightening),
    /// Halts a class.
    Pause(Paused, u64),
    /// Ends a pause.
    Unpause(Paused),
    /// Offers the group to somebody, during the set-up.
    OfferOwnership(Option<Person>),
    /// Takes the offer.
    AcceptOwnership,
    /// Opens the group for money.
    Launch,
    /// Creates another group by a number, with these terms, roles and times.
    Found(u16, Box<Founded>),
}

impl Governance {
    /// Who besides the owner may propose a change.
    fn proposer(&self, change: &Change) -> Option<Person> {
        match change {
            Change::Underlying { .. }
            | Change::Collateral { .. }
            | Change::Instrument { .. }
            | Change::Group(_) => self.risk_manager,
            Change::ListUnderlying { .. }
            | Change::ListCollateral { .. }
            | Change::ListInstrument { .. }
            | Change::ListExpiry { .. }
            | Change::ListContract { .. } => self.lister,
            _ => None,
        }
    }
}

impl Change {
    /// A bad guardian would veto who comes after it for ever.
    fn is_vetoable(&self) -> bool {
        !matches!(self, Self::Guardian(_))
    }
}

impl Step<'_> {
    pub(crate) fn govern(&mut self, signer: Person, deed: &Deed) {
        match deed {
            Deed::Propose { slot, change, payer } => {
                self.propose(signer, *slot, change.as_ref(), *payer);
            }
            Deed::Execute(id) => self.execute(*id),
            Deed::List(change, proposal) => self.list(signer, change, *proposal),
            Deed::Veto(id) => self.veto(signer, *id),
            Deed::CloseProposal(id, payer) => self.close_proposal(*id, *payer),
            Deed::Tighten(what) => self.tighten(signer, *what),
            Deed::Pause(class, seconds) => self.pause(signer, *class, *seconds),
            Deed::Unpause(class) => self.unpause(signer, *class),
            Deed::OfferOwnership(to) => self.offer_ownership(signer, *to),
            Deed::AcceptOwnership => self.accept_ownership(signer),
            Deed::Launch => self.launch(signer),
            Deed::Found(id, founded) => self.found(signer, *id, founded),
        }
    }

    /// The group takes no money before its launch.
    pub(crate) fn require_launched(&mut self) {
        self.require(self.before.governance.launched_at != 0, &["GroupNotLaunched"]);
    }

    pub(crate) fn require_owner(&mut self, signer: Person) {
        self.require(self.before.governance.owner == signer, &["NotGroupOwner"]);
    }

    fn propose(&mut self, signer: Person, slot: u64, change: Option<&Change>, payer: Person) {
        self.require_launched();
        let Some(change) = change else {
            self.require(false, &["OutOfRange"]);
            return;
        };
        let roles = &self.before.governance;
        let allowed = signer == roles.owner || roles.proposer(change) == Some(signer);
        self.require(allowed, &["NotProposer"]);
        let now = self.now();
        let age = now.slot.checked_sub(slot);
        self.require(age.is_some_and(|age| age <= AGE_SLOTS_MAX), &["ProposalStale"]);
        // Tried as it will be done, so that what waits can be done.
        match change.is_listing() {
            true => self.try_listing(change),
            false => {
                let change = (change, now.seconds);
                if let Err(names) = carried(self.before, self.market, change) {
                    self.require(false, &names);
                }
            }
        }
        let roles = &mut self.next.governance;
        let is_vetoable = change.is_vetoable();
        // What cannot be vetoed waits twice as long.
        let waits = roles.timelock_seconds * if is_vetoable { 1 } else { 2 };
        let executable_at = now.seconds.saturating_add_unsigned(waits);
        let proposal = Proposal {
            state: ProposalState::Open,
            is_vetoable,
            proposer: signer,
            payer,
            proposed_slot: now.slot,
            proposed_at: now.seconds,
            executable_at,
            dies_at: executable_at.saturating_add_unsigned(roles.window_seconds),
            change: change.clone(),
        };
        roles.proposals.insert(roles.proposal_count, proposal);
        roles.proposal_count += 1;
    }

    fn require_open(&mut self, id: u64) {
        let state = self.before.governance.proposals[&id].state;
        self.require(state != ProposalState::Executed, &["ProposalExecuted"]);
        self.require(state != ProposalState::Vetoed, &["ProposalVetoed"]);
    }

    /// Its time is now: each is carried out once.
    pub(crate) fn spend(&mut self, id: u64) {
        self.require_open(id);
        let (now, one) = (self.now().seconds, &self.before.governance.proposals[&id]);
        let (ripe, alive) = (now >= one.executable_at, now < one.dies_at);
        self.require(ripe, &["ProposalNotRipe"]);
        self.require(alive, &["ProposalDead"]);
        if let Some(one) = self.next.governance.proposals.get_mut(&id) {
            one.state = ProposalState::Executed;
        }
    }

    fn execute(&mut self, id: u64) {
        self.spend(id);
        let proposal = &self.before.governance.proposals[&id];
        let (change, proposed_at) = (proposal.change.clone(), proposal.proposed_at);
        // A listing would be spent and nothing listed.
        if !self.require(!change.is_listing(), &["ProposalMismatch"]) {
            return;
        }
        match carried(&self.next, self.market, (&change, proposed_at)) {
            Ok(next) => self.next = next,
            Err(names) => {
                self.require(false, &names);
            }
        }
    }

    fn veto(&mut self, signer: Person, id: u64) {
        let (roles, one) = (&self.before.governance, &self.before.governance.proposals[&id]);
        let takes_back = signer == roles.owner || signer == one.proposer;
        let refuses = one.is_vetoable && roles.guardian == Some(signer);
        self.require(takes_back || refuses, &["NotGuardian"]);
        self.require_open(id);
        if let Some(one) = self.next.governance.proposals.get_mut(&id) {
            one.state = ProposalState::Vetoed;
        }
    }

    fn close_proposal(&mut self, id: u64, payer: Person) {
        let one = &self.before.governance.proposals[&id];
        let over = one.state != ProposalState::Open || self.now().seconds >= one.dies_at;
        let own = one.payer == payer;
        self.require(own, &["ProposalMismatch"]);
        self.require(over, &["ProposalNotRipe"]);
        self.next.governance.proposals.remove(&id);
    }

    fn tighten(&mut self, signer: Person, what: Tightening) {
        self.require_guardian(signer);
        let tighter = match what {
            Tightening::DepositCap { token, atoms } => {
                lower(&mut self.next.collaterals[token].deposit_cap_token_atoms, atoms)
            }
            Tightening::BorrowCap { token, atoms } => {
                lower(&mut self.next.collaterals[token].borrow_cap_token_atoms, atoms)
            }
            Tightening::Outflow { token, ppm } => {
                // Lower, and it could lock money up.
                self.require(ppm >= OUTFLOW_PPM_MIN, &["ParameterOutOfBounds"]);
                lower(&mut self.next.collaterals[token].outflow_ppm, ppm)
            }
            Tightening::OpenInterestCap { instrument, lots } => {
                lower(&mut self.next.instruments[instrument].open_interest_cap_lots, lots)
            }
            Tightening::ReduceOnly { instrument } => {
                let one = &mut self.next.instruments[instrument];
                !std::mem::replace(&mut one.reduce_only, true) && !one.is_settled()
            }
        };
        self.require(tighter, &["NotTighter"]);
        let now = self.now().seconds;
        match what {
            Tightening::DepositCap { token, .. }
            | Tightening::BorrowCap { token, .. }
            | Tightening::Outflow { token, .. } => self.next.collaterals[token].tightened_at = now,
            Tightening::OpenInterestCap { instrument, .. }
            | Tightening::ReduceOnly { instrument } => {
                self.next.instruments[instrument].tightened_at = now;
            }
        }
    }

    pub(crate) fn require_guardian(&mut self, signer: Person) {
        let own = self.before.governance.guardian == Some(signer);
        self.require(own, &["NotGuardian"]);
    }

    fn offer_ownership(&mut self, signer: Person, to: Option<Person>) {
        self.require_owner(signer);
        // After the launch that takes a proposal.
        self.require(self.before.governance.launched_at == 0, &["AlreadyLaunched"]);
        self.next.governance.pending_owner = to;
    }

    fn accept_ownership(&mut self, signer: Person) {
        let own = self.before.governance.pending_owner == Some(signer);
        self.require(own, &["NotPendingOwner"]);
        self.next.governance.owner = signer;
        self.next.governance.pending_owner = None;
    }

    fn launch(&mut self, signer: Person) {
        self.require_owner(signer);
        self.require(self.before.governance.launched_at == 0, &["AlreadyLaunched"]);
        self.require(!self.before.collaterals.is_empty(), &["QuoteMustComeFirst"]);
        self.next.governance.launched_at = self.now().seconds;
    }

    fn found(&mut self, signer: Person, id: u16, founded: &Founded) {
        let taken = self.before.founded.contains_key(&(signer, id));
        self.require(!taken, &["Custom(0)"]);
        let blank = Group::default();
        let [lock, window] =
            [founded.governance.timelock_seconds, founded.governance.window_seconds];
        let mut names = crate::change::term_flaws(&founded.terms);
        names.extend(crate::change::timelock_flaws(lock, window));
        self.require(names.is_empty(), &names);
        let mut next = founded.clone();
        next.terms = blank.terms.with(&founded.terms);
        next.terms.quote_decimals = founded.terms.quote_decimals;
        next.terms.pause_budget_seconds = crate::pause::BUDGET_SECONDS;
        next.terms.pause_budget_at = self.now().seconds;
        next.governance.owner = signer;
        self.next.founded.insert((signer, id), next);
    }
}

/// Stores what is below; false if it is not.
fn lower<T: PartialOrd>(stored: &mut T, value: T) -> bool {
    let below = value < *stored;
    *stored = value;
    below
}
