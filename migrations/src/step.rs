//! One thing to do, and the instructions that do it.

use std::fmt;

use plimsoll_client::instruction::{
    close_proposal_at, create_collateral, create_contract_at, create_expiry_at, create_group,
    create_instrument, create_underlying, launch_group, propose_listing, unit_limit, NewCollateral,
    NewContract, NewExpiry,
};
use plimsoll_client::{
    pda, Address, Change, GroupParams, Instruction, InstrumentParams, RoleParams, UnderlyingParams,
};

use crate::calendar::Moment;
use crate::facts;

/// A proposal that allows a listing, and is spent by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed {
    /// Its number.
    pub id: u64,
    /// Who paid its rent, and gets it back.
    pub payer: Address,
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The group itself.
    Group {
        /// The creator's number.
        id: u16,
        /// The quote token.
        quote_mint: Address,
        /// Its terms.
        params: GroupParams,
        /// Who has a say.
        roles: RoleParams,
    },
    /// An underlying.
    Underlying {
        /// Its index.
        index: u16,
        /// What makes it.
        params: Box<UnderlyingParams>,
        /// Its oracle accounts.
        oracles: Vec<Address>,
    },
    /// A token.
    Token {
        /// Its name in the file.
        name: String,
        /// What makes it.
        token: NewCollateral,
    },
    /// An instrument.
    Instrument {
        /// Its index.
        index: u16,
        /// Index of its underlying.
        underlying: u16,
        /// What makes it.
        params: InstrumentParams,
    },
    /// An expiry.
    Expiry {
        /// Name of its underlying.
        name: String,
        /// What makes it.
        expiry: Box<NewExpiry>,
        /// What allows it after the launch.
        proposal: Option<Allowed>,
    },
    /// A contract of an expiry.
    Contract {
        /// What makes it.
        contract: Box<NewContract>,
        /// What allows it after the launch.
        proposal: Option<Allowed>,
    },
    /// A proposal of an expiry or a contract.
    Propose {
        /// Its number, the group's next one by then.
        id: u64,
        /// What is proposed, for people.
        what: String,
        /// What is proposed.
        change: Box<Change>,
        /// A slot of the last minute.
        slot: u64,
    },
    /// Opens the group for money.
    Launch,
}

impl Step {
    /// The instruction that does it, paid and signed by the group's owner.
    pub fn instruction(&self, owner: &Address, group: &Address) -> Instruction {
        let allowed = |proposal: &Option<Allowed>| proposal.map(|one| pda::proposal(group, one.id));
        match self {
            Self::Group { id, quote_mint, params, roles } => {
                create_group(owner, owner, quote_mint, *id, *params, *roles)
            }
            Self::Underlying { index, params, oracles } => {
                create_underlying(owner, owner, group, *index, (**params).clone(), oracles)
            }
            Self::Token { token, .. } => create_collateral(owner, owner, group, token),
            Self::Instrument { index, underlying, params } => {
                create_instrument(owner, owner, group, *underlying, *index, *params)
            }
            Self::Expiry { expiry, proposal, .. } => {
                create_expiry_at([owner, owner], expiry, allowed(proposal))
            }
            Self::Contract { contract, proposal } => {
                create_contract_at([owner, owner], contract, allowed(proposal))
            }
            Self::Propose { id, change, slot, .. } => {
                propose_listing([owner, owner], (group, *id), *slot, change)
            }
            Self::Launch => launch_group(owner, group),
        }
    }

    /// All that its transaction holds: with the units that it takes, and, where a proposal is spent,
    /// with what returns its rent.
    pub fn transaction(&self, owner: &Address, group: &Address) -> Vec<Instruction> {
        /// A slice is checked against both of its neighbours, which takes more than an instruction has
        /// by default.
        const EXPIRY_UNITS: u32 = 400_000;
        let limit = matches!(self, Self::Expiry { .. }).then(|| unit_limit(EXPIRY_UNITS));
        let spent = match self {
            Self::Expiry { proposal, .. } | Self::Contract { proposal, .. } => *proposal,
            _ => None,
        };
        let close = spent.map(|one| close_proposal_at(&one.payer, &pda::proposal(group, one.id)));
        let own = self.instruction(owner, group);
        limit.into_iter().chain([own]).chain(close).collect()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group { id, quote_mint, .. } => {
                write!(f, "create group {id} with quote token {quote_mint}")
            }
            Self::Underlying { index, params, .. } => {
                write!(f, "list underlying {index}, {}", facts::text(&params.name))
            }
            Self::Token { name, token } => write!(f, "list token {name}, {}", token.mint),
            Self::Instrument { index, params, .. } => {
                write!(f, "list instrument {index}, {}", facts::text(&params.name))
            }
            Self::Expiry { name, expiry, .. } => {
                write!(f, "list expiry {name} {}", Moment { unix_seconds: expiry.expires_at })
            }
            Self::Contract { contract, .. } => {
                let name = facts::text(&contract.params.instrument.name);
                write!(f, "list instrument {}, {name}", contract.index)
            }
            Self::Propose { id, what, .. } => write!(f, "propose, as number {id}, to {what}"),
            Self::Launch => f.write_str("launch the group"),
        }
    }
}
