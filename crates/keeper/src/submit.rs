//! Carries decisions out: looks, decides, sends, and tries the other kind of bid where one is
//! refused.

use plimsoll_client::instruction::{
    liquidate_priced, mark_account, renew_positions, resize_positions, share_losses, Bid,
};
use plimsoll_client::source::read;
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{
    Address, BidLimits, BidRequest, BidRow, ClientError, GroupDirectory, Keyed, Snapshot,
};
use plimsoll_risk::Holding;
use plimsoll_units::QuoteAtoms;

use crate::backoff::Backoff;
use crate::chain::{Chain, Refusal};
use crate::config::Config;
use crate::crank::Crank;
use crate::metrics::Metrics;
use crate::plan::{plan, plan_rows, Action, Offer, Reason, Request};
use crate::quote::Situation;
use crate::refresh::refreshes;
use crate::upkeep::Chore;
use crate::watch::{flawed, reread, watch, OUTDATED};

mod crank;
mod unpaid;
mod upkeep;

/// One keeper with its margin account.
#[derive(Clone, Debug)]
pub struct Keeper {
    /// Who signs: owner or delegate of the account.
    pub authority: Address,
    /// Its margin account.
    pub account: Address,
    /// Its terms.
    pub config: Config,
    /// What it did so far.
    pub metrics: Metrics,
    backoff: Backoff<Address>,
    chores: Backoff<Chore>,
    cranks: Backoff<Crank>,
}

/// Which planner: slices first, or named rows only.
type Planner = fn(&Situation<'_>, &Config) -> Result<Action, plimsoll_risk::RiskError>;

impl Keeper {
    /// A keeper that has done nothing yet.
    pub fn new(authority: Address, account: Address, config: Config) -> Self {
        Self {
            authority,
            account,
            config,
            metrics: Metrics::default(),
            backoff: Backoff::default(),
            chores: Backoff::default(),
            cranks: Backoff::default(),
        }
    }

    /// Looks at all accounts of the group once, and attends to those below their line, the one
    /// with the largest shortfall first. `directory` is brought up to date on the way.
    ///
    /// Errors are those of reading; a refused transaction is counted, and no error.
    pub fn round(
        &mut self,
        chain: &mut impl Chain,
        directory: &mut GroupDirectory,
    ) -> Result<(), ClientError> {
        reread(directory, chain)?;
        self.crank(chain, directory)?;
        let accounts = self.resized(chain, directory)?;
        self.refresh(chain, directory, &accounts)?;
        let now = chain.now()?;
        let snapshot = Snapshot::new(directory, chain, now)?;
        for price in flawed(&snapshot)? {
            *self.metrics.flawed.entry(price).or_default() += 1;
        }
        let sighting = watch(&snapshot, &accounts, &self.account)?;
        *self.metrics.waits.entry(Reason::NotPriced).or_default() += sighting.unpriced;
        if sighting.unrefreshed > 0 {
            *self.metrics.waits.entry(Reason::NotRefreshed).or_default() += sighting.unrefreshed;
        }
        for candidate in sighting.candidates {
            if !self.backoff.is_due(&candidate.key, now.slot) {
                continue;
            }
            match self.attend(chain, directory, &candidate.key) {
                // Deleveraged since it was seen: the next round resizes it first.
                Err(ClientError::Program(code)) if code == OUTDATED => {
                    *self.metrics.waits.entry(Reason::Outdated).or_default() += 1;
                }
                attended => attended?,
            }
        }
        self.close_deleveragings(chain, directory)?;
        match self.config.upkeep {
            true => self.upkeep(chain, directory),
            false => Ok(()),
        }
    }

    /// Brings contracts up to date that accounts hold.
    fn refresh(
        &mut self,
        chain: &mut impl Chain,
        directory: &mut GroupDirectory,
        accounts: &[Keyed<MarginAccount>],
    ) -> Result<(), ClientError> {
        if directory.expiries.is_empty() {
            return Ok(());
        }
        directory.refresh_expiries(chain)?;
        let all = refreshes(&Snapshot::new(directory, chain, chain.now()?)?, accounts)?;
        if all.is_empty() {
            return Ok(());
        }
        for one in all {
            match chain.send(&self.authority, &[one]) {
                Ok(()) => self.metrics.refreshed += 1,
                Err(refusal) => self.count(&refusal),
            }
        }
        directory.refresh_instruments(chain)
    }

    /// All accounts, their positions taken through what they have to go through: before that nobody
    /// can judge them, their owners no more than bidders. And their rows whole, as far as a bid needs it.
    fn resized(
        &mut self,
        chain: &mut impl Chain,
        directory: &mut GroupDirectory,
    ) -> Result<Vec<Keyed<MarginAccount>>, ClientError> {
        let group = directory.group.address;
        let accounts = chain.margin_accounts(&group)?;
        let mut sent = false;
        for account in &accounts {
            for one in resize_positions(directory, account)? {
                sent = true;
                match chain.send(&self.authority, &[one]) {
                    Ok(()) => self.metrics.resized += 1,
                    Err(refusal) => self.count(&refusal),
                }
            }
        }
        for account in &accounts {
            for one in renew_positions(directory, account)? {
                sent = true;
                match chain.send(&self.authority, &[one]) {
                    Ok(()) => self.metrics.renewed += 1,
                    Err(refusal) => self.count(&refusal),
                }
            }
        }
        if !sent {
            return Ok(accounts);
        }
        directory.refresh_instruments(chain)?;
        chain.margin_accounts(&group)
    }

    /// Decides about one account from fresh state, and acts.
    fn attend(
        &mut self,
        chain: &mut impl Chain,
        directory: &mut GroupDirectory,
        account: &Address,
    ) -> Result<(), ClientError> {
        let first = self.attempt(chain, directory, account, plan)?;
        let Some(refused) = first else {
            return Ok(());
        };
        // A slice needs room for, and a price of, every row: one row may still go.
        let second = match refused {
            Request::Slice(_) => self.attempt(chain, directory, account, plan_rows)?,
            Request::Row(_) => Some(refused),
        };
        if second.is_some() {
            let now = chain.now()?;
            self.backoff.refused(account, now.slot);
        }
        Ok(())
    }

    /// One decision and its transaction; what was asked for, if that was refused.
    fn attempt(
        &mut self,
        chain: &mut impl Chain,
        directory: &mut GroupDirectory,
        account: &Address,
        planner: Planner,
    ) -> Result<Option<Request>, ClientError> {
        reread(directory, chain)?;
        let target: Keyed<MarginAccount> = read(chain, account)?;
        let own: Keyed<MarginAccount> = read(chain, &self.account)?;
        let (action, is_bankrupt) = self.decide(chain, directory, &target, &own, planner)?;
        match action {
            Action::Wait(reason) => {
                *self.metrics.waits.entry(reason).or_default() += 1;
                let unpaid = [Reason::PaysTooLittle, Reason::NothingFits].contains(&reason);
                if unpaid && self.config.last_resort {
                    self.last_resort(chain, directory, (&target, &own))?;
                }
                Ok(None)
            }
            Action::Mark => {
                self.mark(chain, directory, &target)?;
                Ok(None)
            }
            Action::Bid(offer) => {
                let bid = bid(&offer);
                let authority = &self.authority;
                let one = {
                    let snapshot = Snapshot::new(directory, chain, chain.now()?)?;
                    let priced = |key| snapshot.market().is_priced(key);
                    let parties = (&target, &own);
                    liquidate_priced(directory, authority, parties, &bid, is_bankrupt, &priced)?
                };
                match chain.send(&self.authority, &[one]) {
                    Ok(()) => {
                        self.taken(account, &offer);
                        self.share_losses(chain, directory, account)?;
                    }
                    Err(refusal) => {
                        self.count(&refusal);
                        return Ok(Some(offer.request));
                    }
                }
                Ok(None)
            }
        }
    }

    fn mark(
        &mut self,
        chain: &mut impl Chain,
        directory: &GroupDirectory,
        target: &Keyed<MarginAccount>,
    ) -> Result<(), ClientError> {
        let instruction = mark_account(directory, target)?;
        match chain.send(&self.authority, &[instruction]) {
            Ok(()) => self.metrics.marks += 1,
            Err(refusal) => self.count(&refusal),
        }
        Ok(())
    }

    fn decide(
        &self,
        chain: &impl Chain,
        directory: &GroupDirectory,
        target: &Keyed<MarginAccount>,
        own: &Keyed<MarginAccount>,
        planner: Planner,
    ) -> Result<(Action, bool), ClientError> {
        let now = chain.now()?;
        let snapshot = Snapshot::new(directory, chain, now)?;
        let (holdings, own) = (snapshot.holdings(&target.state)?, snapshot.holdings(&own.state)?);
        let situation = situation(&snapshot, target, &holdings, &own)?;
        let is_bankrupt = situation.health()?.equity.is_negative();
        Ok((planner(&situation, &self.config)?, is_bankrupt))
    }

    /// What a bid on a bankrupt account left to others is paid at once: until then the instrument
    /// stands still.
    fn share_losses(
        &mut self,
        chain: &mut impl Chain,
        directory: &GroupDirectory,
        account: &Address,
    ) -> Result<(), ClientError> {
        let target: Keyed<MarginAccount> = read(chain, account)?;
        for one in share_losses(directory, &target)? {
            match chain.send(&self.authority, &[one]) {
                Ok(()) => self.metrics.losses_shared += 1,
                Err(refusal) => self.count(&refusal),
            }
        }
        Ok(())
    }

    fn taken(&mut self, account: &Address, offer: &Offer) {
        self.backoff.forget(account);
        match offer.request {
            Request::Slice(_) => self.metrics.slices += 1,
            Request::Row(_) => self.metrics.rows += 1,
        }
    }

    fn count(&mut self, refusal: &Refusal) {
        *self.metrics.refusals.entry(refusal.name()).or_default() += 1;
    }
}

fn situation<'a>(
    snapshot: &'a Snapshot<'_>,
    target: &Keyed<MarginAccount>,
    holdings: &'a [Holding],
    own: &'a [Holding],
) -> Result<Situation<'a>, ClientError> {
    Ok(Situation {
        market: snapshot.market(),
        terms: snapshot.liquidation_terms()?,
        target: holdings,
        episode: target.state.episode(),
        own,
        insurance: insurance(snapshot.directory())?,
        slot: snapshot.now().slot,
    })
}

/// What the insurance fund can pay of one bid's discount.
fn insurance(directory: &GroupDirectory) -> Result<QuoteAtoms, ClientError> {
    let fund = &directory.insurance.state;
    // As if all of today's had been paid today: a guess on the safe side once a day.
    let cap = directory.group.state.insurance_cap_quote_atoms;
    let cap = cap.saturating_sub(fund.discount_paid_quote_atoms);
    let cap = QuoteAtoms::new(i64::try_from(cap).unwrap_or(i64::MAX));
    Ok(directory.insurance.state.balance()?.min(cap))
}

/// The bid as the program wants it.
fn bid(offer: &Offer) -> Bid {
    let request = match offer.request {
        Request::Slice(share) => BidRequest::Slice { share_max: share.get() },
        Request::Row(row) => {
            let row = BidRow { key: row.key.raw(), amount: row.quantity };
            BidRequest::Rows { rows: vec![row] }
        }
    };
    let limits = BidLimits {
        payment_quote_atoms_max: offer.payment_max.get(),
        discount_quote_atoms_min: offer.income_min.get(),
    };
    Bid { request, limits }
}
