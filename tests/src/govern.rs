//! What happens to the group itself, in one line each. Roles go by their names: `"owner"`,
//! `"guardian"`, `"lister"`, `"risk manager"`.

use plimsoll_client::instruction as ix;
use plimsoll_client::source::read;
use plimsoll_client::state::{Group, Instrument, Proposal, Underlying};
use plimsoll_client::{
    pda, Address, Change, CollateralParams, GroupParams, Instruction, InstrumentParams, Keyed,
    PauseClass, SourceParams, Tightening, UnderlyingParams,
};
use plimsoll_migrations::{Markets, Step};

use crate::oracle::{Feed, FeedKind};
use crate::tokens::SPL_TOKEN;
use crate::vm::{address, Outcome};
use crate::world::World;

/// Seconds of the local group's timelock.
pub const TIMELOCK: u64 = 86_400;
/// Seconds of its window.
pub const WINDOW: u64 = 604_800;

impl World {
    /// The local group with a role for each name.
    pub fn governed() -> Self {
        Self::governed_with(|_| ())
    }

    /// The same, its file changed before it is applied.
    pub fn governed_with(change: impl FnOnce(&mut Markets)) -> Self {
        Self::with(|markets| {
            markets.group.guardian = Some("guardian".into());
            markets.group.lister = Some("lister".into());
            markets.group.risk_manager = Some("risk manager".into());
            change(markets);
        })
    }

    /// Proposes a change now.
    pub fn propose(&mut self, proposer: &str, change: Change) -> Outcome {
        let slot = self.vm.now().slot.get();
        self.propose_at(proposer, slot, change)
    }

    /// Proposes a change by a slot.
    pub fn propose_at(&mut self, proposer: &str, slot: u64, change: Change) -> Outcome {
        let one = self.proposal_of(proposer, slot, change);
        self.send(&[one], &[proposer])
    }

    /// The instruction of [`Self::propose_at`].
    pub fn proposal_of(&mut self, proposer: &str, slot: u64, change: Change) -> Instruction {
        self.reread();
        let (payer, proposer) = (address("payer"), address(proposer));
        ix::propose(&self.directory, &payer, &proposer, slot, change).unwrap()
    }

    /// Proposes a change and lets its time come.
    pub fn propose_and_wait(&mut self, proposer: &str, change: Change) -> u64 {
        self.propose(proposer, change).unwrap();
        self.advance_seconds(TIMELOCK);
        self.last_proposal()
    }

    /// Number of the last proposal.
    pub fn last_proposal(&mut self) -> u64 {
        self.group().proposal_count - 1
    }

    /// A proposal now.
    pub fn proposal(&self, id: u64) -> Keyed<Proposal> {
        let at = pda::proposal(&self.directory.group.address, id);
        read(&self.vm, &at).unwrap()
    }

    /// Carries out a proposal, whatever it is. Mallory does it, since anybody may.
    pub fn execute(&mut self, id: u64) -> Outcome {
        self.reread();
        let proposal = self.proposal(id);
        if let Change::ListCollateral { mint, .. } = proposal.state.change().unwrap() {
            self.listed_later.push(mint);
        }
        let (directory, payer) = (&self.directory, address("payer"));
        let listing = ix::execute_listing(directory, &payer, &proposal, &SPL_TOKEN).unwrap();
        let one = match listing {
            Some(one) => one,
            None => ix::execute(directory, &address("mallory"), &proposal).unwrap(),
        };
        self.send(&[one], &["mallory"])
    }

    /// Refuses a proposal, or takes it back.
    pub fn veto(&mut self, name: &str, id: u64) -> Outcome {
        let one = ix::veto(&address(name), &self.directory.group.address, id);
        self.send(&[one], &[name])
    }

    /// Halts a class of instructions.
    pub fn pause(&mut self, name: &str, class: PauseClass, seconds: u64) -> Outcome {
        let group = self.directory.group.address;
        self.send(&[ix::pause(&address(name), &group, class, seconds)], &[name])
    }

    /// Ends a pause.
    pub fn unpause(&mut self, name: &str, class: PauseClass) -> Outcome {
        let group = self.directory.group.address;
        self.send(&[ix::unpause(&address(name), &group, class)], &[name])
    }

    /// Lowers something at once.
    pub fn tighten(&mut self, name: &str, what: Tightening) -> Outcome {
        let one = ix::tighten(&self.directory, &address(name), what).unwrap();
        self.send(&[one], &[name])
    }

    /// The group now.
    pub fn group(&mut self) -> Group {
        self.reread();
        self.directory.group.state
    }

    /// An underlying now.
    pub fn underlying_state(&mut self, name: &str) -> Underlying {
        self.reread();
        self.directory.underlying(self.underlying(name)).unwrap().state
    }

    /// An instrument now.
    pub fn instrument_state(&mut self, name: &str) -> Instrument {
        self.reread();
        self.directory.instrument(self.instrument(name)).unwrap().state
    }

    /// A change of an underlying's parameters as they were listed.
    pub fn change_underlying(
        &self,
        name: &str,
        edit: impl FnOnce(&mut UnderlyingParams),
    ) -> Change {
        let index = self.underlying(name);
        let found = self.steps.iter().find_map(|step| match step {
            Step::Underlying { index: at, params, .. } if *at == index => Some(params.clone()),
            _ => None,
        });
        let mut params = *found.unwrap();
        edit(&mut params);
        Change::Underlying { index, params }
    }

    /// A change of a token's parameters as they were listed.
    pub fn change_token(&self, token: &str, edit: impl FnOnce(&mut CollateralParams)) -> Change {
        let mut params = self.token_params(token);
        edit(&mut params);
        Change::Collateral { index: self.token_key(token).index(), params }
    }

    /// A token's parameters as they were listed.
    pub fn token_params(&self, token: &str) -> CollateralParams {
        let found = self.steps.iter().find_map(|step| match step {
            Step::Token { name, token: one } if name == token => Some(one.params.clone()),
            _ => None,
        });
        found.unwrap()
    }

    /// A change of an instrument's parameters as they were listed.
    pub fn change_instrument(
        &self,
        name: &str,
        reduce_only: bool,
        edit: impl FnOnce(&mut InstrumentParams),
    ) -> Change {
        let index = self.instrument(name);
        let mut params = self.instrument_params(name);
        edit(&mut params);
        Change::Instrument { index, reduce_only, params }
    }

    /// An instrument's parameters as they were listed.
    pub fn instrument_params(&self, name: &str) -> InstrumentParams {
        let index = self.instrument(name);
        let found = self.steps.iter().find_map(|step| match step {
            Step::Instrument { index: at, params, .. } if *at == index => Some(*params),
            _ => None,
        });
        found.unwrap()
    }

    /// A change of the group's own parameters as they were.
    pub fn change_group(&self, edit: impl FnOnce(&mut GroupParams)) -> Change {
        let found = self.steps.iter().find_map(|step| match step {
            Step::Group { params, .. } => Some(*params),
            _ => None,
        });
        let mut params = found.unwrap();
        edit(&mut params);
        Change::Group { params }
    }

    /// An oracle account that only its maker knows, with a price, and the source that names it.
    pub fn own_oracle(&mut self, name: &str, price: &str) -> SourceParams {
        let at: Address = address(&format!("feed {name}"));
        let feed = Feed::new(at, FeedKind::Push, price, self.vm.now().time.get());
        self.vm.put(at, feed.owner, feed.data());
        self.feeds.insert(name.to_string(), feed);
        SourceParams { kind: 1, address: at, feed_id: [0; 32] }
    }
}
