//! What is missing on the cluster? Steps for that, and an error for what is there but different:
//! nothing that is listed is ever changed from here.
//!
//! | room | question |
//! |---|---|
//! | `dated` | which expiries and contracts are missing |
//! | `strikes` | which strikes does an expiry have |
//! | `proposals` | how are they listed once the group is launched |

mod dated;
mod proposals;
mod strikes;

use std::fmt;

use plimsoll_client::instruction::NewCollateral;
use plimsoll_client::state::InstrumentKind;
use plimsoll_client::{pda, AccountSource, Address, ClientError, GroupDirectory, PROGRAM_ID};

use crate::calendar::Moment;
use crate::expiries::ExpiryError;
use crate::facts::{self, Fact};
use crate::markets::Markets;
use crate::names::Names;
use crate::params;
use crate::step::Step;

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanError {
    /// The file says something that cannot be.
    File(String),
    /// The cluster could not be read.
    Chain(ClientError),
    /// The cluster has no program at the address for which clients are built.
    ProgramMissing,
    /// What is listed is not what the file says.
    Different {
        /// What.
        listed: String,
        /// Which field of it.
        field: &'static str,
        /// Its value by the file.
        file: String,
        /// Its value on the chain.
        chain: String,
    },
    /// What the file has to expire on an underlying cannot be.
    Expiry {
        /// Name of the underlying.
        underlying: String,
        /// Why.
        error: ExpiryError,
    },
    /// The group is launched, and what the file adds has to be proposed.
    Launched(String),
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(text) => f.write_str(text),
            Self::Chain(error) => error.fmt(f),
            Self::ProgramMissing => write!(f, "the cluster has no program at {PROGRAM_ID}"),
            Self::Different { listed, field, file, chain } => {
                write!(f, "{listed}: {field} is {file} in the file, but {chain} on the chain")
            }
            Self::Expiry { underlying, error } => write!(f, "expiries of {underlying}: {error}"),
            Self::Launched(step) => {
                write!(f, "the group is launched: to {step} takes a proposal")
            }
        }
    }
}

impl std::error::Error for PlanError {}

impl From<String> for PlanError {
    fn from(text: String) -> Self {
        Self::File(text)
    }
}

impl From<ClientError> for PlanError {
    fn from(error: ClientError) -> Self {
        Self::Chain(error)
    }
}

/// What is to be done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Address of the group.
    pub group: Address,
    /// Mints of all tokens in the file, in its order.
    pub mints: Vec<Address>,
    /// Nothing if the chain has it all, or what it lacks has to wait.
    pub steps: Vec<Step>,
    /// What the chain lacks, and cannot be done now.
    pub waiting: Vec<Waiting>,
}

/// What is not listed, and not to be listed now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it would be, for people.
    pub what: String,
    /// Why not.
    pub why: Reason,
}

/// Why something is not to be listed now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was proposed, and may be done from a time on.
    Until(Moment),
    /// It was proposed, and may be done once those before it are.
    InTurn,
    /// It was proposed, and vetoed; it is not proposed again as long as that proposal lies there.
    Vetoed,
    /// A proposal would only be ripe when it has expired.
    TooLate,
}

impl fmt::Display for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, why } = self;
        match why {
            Reason::Until(at) => write!(f, "to {what} waits until {at}"),
            Reason::InTurn => write!(f, "to {what} waits for other listings before it"),
            Reason::Vetoed => write!(f, "to {what} was vetoed"),
            Reason::TooLate => write!(f, "to {what} takes a proposal, for which it is too late"),
        }
    }
}

/// Compares the file to the chain. `owner` created, or would create, the group.
pub fn plan(
    source: &(impl AccountSource + ?Sized),
    owner: &Address,
    markets: &Markets,
    names: &Names,
) -> Result<Plan, PlanError> {
    let group = pda::group(owner, markets.group.id);
    if source.account(&PROGRAM_ID).map_err(ClientError::from)?.is_none() {
        return Err(PlanError::ProgramMissing);
    }
    let quote_mint = names.get(&markets.group.quote)?;
    let decimals = mint(source, &markets.group.quote, &quote_mint)?.0;
    let mints: Result<Vec<_>, _> =
        markets.tokens.iter().map(|token| names.get(&token.mint)).collect();
    let mut draft = Draft {
        names,
        decimals,
        listed: None,
        plan: Plan { group, mints: mints?, steps: Vec::new(), waiting: Vec::new() },
    };
    if source.account(&group).map_err(ClientError::from)?.is_some() {
        draft.listed = Some(GroupDirectory::fetch(source, &group, &draft.plan.mints)?);
    }
    draft.group(owner, markets, quote_mint)?;
    draft.underlyings(markets)?;
    draft.tokens(source, markets)?;
    draft.instruments(markets)?;
    draft.refuse_late_listings()?;
    draft.dated(source, markets)?;
    draft.launch(markets);
    Ok(draft.plan)
}

/// A plan in the making.
struct Draft<'a> {
    names: &'a Names,
    decimals: u32,
    listed: Option<GroupDirectory>,
    plan: Plan,
}

impl Draft<'_> {
    fn group(
        &mut self,
        owner: &Address,
        markets: &Markets,
        quote_mint: Address,
    ) -> Result<(), PlanError> {
        let params = params::group(&markets.group, self.decimals)?;
        let roles = params::roles(&markets.group, owner, self.names)?;
        let Some(listed) = &self.listed else {
            let id = markets.group.id;
            self.plan.steps.push(Step::Group { id, quote_mint, params, roles });
            return Ok(());
        };
        let stored = &listed.group.state;
        let mut file = facts::of_group(&params);
        let mut chain = facts::of_group(&facts::group_params(stored));
        file.extend(facts::of_roles(&roles));
        chain.extend(facts::of_roles(&facts::role_params(stored)));
        file.push(("quote", quote_mint.to_string()));
        chain.push(("quote", stored.quote_mint.to_string()));
        require_equal("the group", &file, &chain)
    }

    fn underlyings(&mut self, markets: &Markets) -> Result<(), PlanError> {
        let listed = self.listed.as_ref().map_or(&[][..], |listed| &listed.underlyings);
        require_count("underlyings", markets.underlyings.len(), listed.len())?;
        for (at, spec) in markets.underlyings.iter().enumerate() {
            let params = params::underlying(spec, self.names, self.decimals)?;
            if let Some(one) = listed.get(at) {
                let chain = facts::of_underlying(&facts::underlying_params(&one.state));
                let name = format!("underlying {}", spec.name);
                require_equal(&name, &facts::of_underlying(&params), &chain)?;
                continue;
            }
            let oracles = params::oracles(spec, self.names)?;
            let (index, params) = (index(at)?, Box::new(params));
            self.plan.steps.push(Step::Underlying { index, params, oracles });
        }
        Ok(())
    }

    fn tokens(
        &mut self,
        source: &(impl AccountSource + ?Sized),
        markets: &Markets,
    ) -> Result<(), PlanError> {
        let listed = self.listed.as_ref().map_or(&[][..], |listed| &listed.collaterals);
        require_count("tokens", markets.tokens.len(), listed.len())?;
        for (at, spec) in markets.tokens.iter().enumerate() {
            let address = self.names.get(&spec.mint)?;
            let (decimals, token_program) = mint(source, &spec.mint, &address)?;
            let token = NewCollateral {
                mint: address,
                token_program,
                underlying: index_of(markets, &spec.underlying)?,
                params: params::token(spec, decimals, self.decimals)?,
            };
            if let Some(one) = listed.get(at) {
                let chain = facts::of_token(&facts::token(&one.state));
                let name = format!("token {}", spec.mint);
                require_equal(&name, &facts::of_token(&token), &chain)?;
                continue;
            }
            self.plan.steps.push(Step::Token { name: spec.mint.clone(), token });
        }
        Ok(())
    }

    fn instruments(&mut self, markets: &Markets) -> Result<(), PlanError> {
        let listed = self.listed.as_ref().map_or(&[][..], |listed| &listed.instruments);
        // What expires is listed among them by numbers that go on, and has an end.
        let listed: Vec<_> =
            listed.iter().filter(|one| one.state.kind == InstrumentKind::Perpetual).collect();
        require_count("instruments", markets.instruments.len(), listed.len())?;
        for (at, spec) in markets.instruments.iter().enumerate() {
            let params = params::instrument(spec, self.decimals)?;
            let underlying = index_of(markets, &spec.underlying)?;
            if let Some(one) = listed.get(at) {
                let file = facts::of_instrument(&params, underlying);
                let name = format!("instrument {}", spec.name);
                require_equal(&name, &file, &facts::of_listed_instrument(&one.state))?;
                continue;
            }
            let index = self.next_index()?;
            self.plan.steps.push(Step::Instrument { index, underlying, params });
        }
        Ok(())
    }

    /// The number of the next instrument behind those that are listed and those that the plan lists.
    fn next_index(&self) -> Result<u16, PlanError> {
        let listed = self.listed.as_ref().map_or(0, |listed| listed.group.state.instrument_count);
        let is_one = |step: &&Step| matches!(step, Step::Instrument { .. } | Step::Contract { .. });
        index(usize::from(listed) + self.plan.steps.iter().filter(is_one).count())
    }

    fn is_launched(&self) -> bool {
        self.listed.as_ref().is_some_and(|listed| listed.group.state.is_launched())
    }

    /// What does not expire is proposed by people, one by one.
    fn refuse_late_listings(&self) -> Result<(), PlanError> {
        match self.plan.steps.first().filter(|_| self.is_launched()) {
            Some(step) => Err(PlanError::Launched(step.to_string())),
            None => Ok(()),
        }
    }

    /// The launch comes last: there is no way back to listing at once.
    fn launch(&mut self, markets: &Markets) {
        if markets.group.launch && !self.is_launched() {
            self.plan.steps.push(Step::Launch);
        }
    }
}

fn require_equal(listed: &str, file: &[Fact], chain: &[Fact]) -> Result<(), PlanError> {
    match facts::difference(file, chain) {
        None => Ok(()),
        Some((field, file, chain)) => {
            Err(PlanError::Different { listed: listed.to_string(), field, file, chain })
        }
    }
}

/// The chain may lack what the file lists, but not list what the file lacks.
fn require_count(kind: &str, file: usize, chain: usize) -> Result<(), PlanError> {
    if chain <= file {
        return Ok(());
    }
    let (file, chain) = (file.to_string(), chain.to_string());
    Err(PlanError::Different { listed: kind.to_string(), field: "count", file, chain })
}

fn index(at: usize) -> Result<u16, PlanError> {
    u16::try_from(at).map_err(|_| PlanError::File("too many listings".into()))
}

fn index_of(markets: &Markets, underlying: &str) -> Result<u16, PlanError> {
    let at = markets.underlyings.iter().position(|spec| spec.name == underlying);
    index(at.ok_or_else(|| format!("no underlying is named {underlying:?}"))?)
}

/// Decimals and token program of a mint.
fn mint(
    source: &(impl AccountSource + ?Sized),
    name: &str,
    address: &Address,
) -> Result<(u32, Address), PlanError> {
    /// Where both token programs keep a mint's decimals.
    const DECIMALS_OFFSET: usize = 44;
    let stored = source.account(address).map_err(ClientError::from)?;
    let stored = stored.ok_or_else(|| format!("{name}: there is no mint {address}"))?;
    let decimals = stored.data.get(DECIMALS_OFFSET).copied();
    let decimals = decimals.ok_or_else(|| format!("{name}: {address} is no mint"))?;
    Ok((u32::from(decimals), stored.owner))
}
