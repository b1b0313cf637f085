//! How does an account stand? Asked of the same functions that the program asks.

use plimsoll::clock::Now;
use plimsoll::instructions::view_account::{account_report, AccountReport};
use plimsoll::load::{
    judged, linear_terms, token_terms, underlying_terms, withhold_open_profit, QuoteFactors,
};
use plimsoll::oracle::read_for_check;
use plimsoll::state::{MarginAccount, Underlying};
use plimsoll_risk::{
    allowed, beta, closed_form_slice, depth, health, liquidatable, withdrawable, Action, Check,
    Episode, Health, Holding, LiquidationTerms, Market, Quote, RowKey, RowKind, RowTerms,
    ScenarioSet, UnderlyingTerms,
};
use plimsoll_units::{Fraction, Price, Ratio, Slots, Value};
use solana_address::Address;

use crate::directory::GroupDirectory;
use crate::error::ClientError;
use crate::source::AccountSource;

/// The system program, to which an account that does not exist belongs.
const NOBODY: Address = Address::new_from_array([0; 32]);

/// One consistent picture of a whole group's market: every underlying's judged price, and the
/// terms of every row. Good for any number of accounts.
#[derive(Clone, Debug)]
pub struct Snapshot<'a> {
    directory: &'a GroupDirectory,
    now: Now,
    quotes: Vec<Quote>,
    underlyings: Vec<UnderlyingTerms>,
    rows: Vec<RowTerms>,
}

impl<'a> Snapshot<'a> {
    /// Reads all oracle accounts of the group from `source` and judges them at `now`. A price
    /// that is missing or flawed is no error here: it is graded, as the program does.
    ///
    /// Errors: `Source`, `OracleAddressUnknown`, and `Program` for an account that the program
    /// would refuse, such as a price update of another feed.
    pub fn new(
        directory: &'a GroupDirectory,
        source: &(impl AccountSource + ?Sized),
        now: Now,
    ) -> Result<Self, ClientError> {
        let mut quotes = Vec::with_capacity(directory.underlyings.len());
        for one in &directory.underlyings {
            let addresses = directory.oracle_addresses(one.state.index)?;
            quotes.push(quote(&one.state, &addresses, source, now)?);
        }
        Self::with_quotes(directory, quotes, now)
    }

    /// The same with prices that were judged before, or are only imagined: one per underlying.
    pub fn with_quotes(
        directory: &'a GroupDirectory,
        quotes: Vec<Quote>,
        now: Now,
    ) -> Result<Self, ClientError> {
        let quote_underlying = &directory.underlying(0)?.state;
        let quote = quotes.first().ok_or(ClientError::UnknownUnderlying(0))?;
        let decimals = directory.group.state.quote_decimals;
        let factors = QuoteFactors::new(quote_underlying, quote, decimals)?;
        let mut underlyings = Vec::with_capacity(quotes.len());
        for (one, quote) in directory.underlyings.iter().zip(&quotes) {
            underlyings.push(underlying_terms(&one.state, quote, &factors)?);
        }
        let rows = row_terms(directory, &underlyings, now)?;
        Ok(Self { directory, now, quotes, underlyings, rows })
    }

    /// What the oracles of an underlying say, judged.
    pub fn quote(&self, underlying: u16) -> Result<&Quote, ClientError> {
        let found = self.quotes.get(usize::from(underlying));
        found.ok_or(ClientError::UnknownUnderlying(underlying))
    }

    /// What it is a picture of.
    pub fn directory(&self) -> &GroupDirectory {
        self.directory
    }

    /// When it was taken.
    pub fn now(&self) -> Now {
        self.now
    }

    /// Is the price of an underlying valid, so that bids may take its rows?
    pub fn is_priced(&self, underlying: u16) -> bool {
        let found = self.underlyings.get(usize::from(underlying));
        found.is_some_and(|terms| allowed(terms.grade, Action::Liquidate))
    }

    /// The market as the risk crate sees it.
    pub fn market(&self) -> Market<'_> {
        Market::linear(&self.underlyings, &self.rows)
    }

    /// Terms of one row.
    pub fn terms(&self, key: RowKey) -> Result<&RowTerms, ClientError> {
        let found = self.rows.iter().find(|terms| terms.key == key);
        found.ok_or(ClientError::UnknownRow(key))
    }

    /// Quote atoms per lot of an instrument, at its index price.
    pub fn lot_price(&self, instrument: u16) -> Result<Price, ClientError> {
        let key = self.directory.instrument(instrument)?.state.key();
        Ok(self.terms(key)?.price)
    }

    /// The rows of an account as the risk crate sees them: token shares as whole atoms.
    pub fn holdings(&self, account: &MarginAccount) -> Result<Vec<Holding>, ClientError> {
        holdings(self.directory, account, self.now)
    }

    /// Health of an account.
    pub fn health(&self, account: &MarginAccount, check: Check) -> Result<Health, ClientError> {
        Ok(health(&self.market(), self.holdings(account)?.into_iter(), check)?)
    }

    /// What `view_account` would return.
    pub fn report(&self, account: &MarginAccount) -> Result<AccountReport, ClientError> {
        let mut sets: Vec<(u16, ScenarioSet, Ratio)> = Vec::with_capacity(self.quotes.len());
        for one in &self.directory.underlyings {
            sets.push((one.state.index, one.state.scenario_set()?, one.state.scan()?));
        }
        let holdings = self.holdings(account)?;
        let terms = self.liquidation_terms()?;
        Ok(account_report(&self.market(), &holdings, &sets, &terms, account.episode())?)
    }

    /// What `view_withdrawable` would return: token atoms of a token row that could leave now
    /// without borrowing, as far as margin is concerned.
    pub fn withdrawable(&self, account: &MarginAccount, key: RowKey) -> Result<u64, ClientError> {
        let holdings = self.holdings(account)?;
        let held = holdings.iter().find(|holding| holding.key == key);
        let balance = held.map_or(0, |holding| holding.quantity.max(0));
        let mut rows = self.rows.clone();
        withhold_open_profit(&mut rows);
        let market = Market::linear(&self.underlyings, &rows);
        let most = withdrawable(&market, holdings.iter().copied(), key, balance)?;
        Ok(u64::try_from(most).unwrap_or(0))
    }

    /// The group's terms of liquidation.
    pub fn liquidation_terms(&self) -> Result<LiquidationTerms, ClientError> {
        Ok(self.directory.group.state.liquidation_terms()?)
    }

    /// May bids be made on this account now?
    pub fn is_liquidatable(&self, account: &MarginAccount) -> Result<bool, ClientError> {
        let health = self.health(account, Check::Maintenance)?;
        Ok(liquidatable(&self.liquidation_terms()?, &health, account.episode()))
    }

    /// β of a bid on this account now.
    pub fn beta(&self, account: &MarginAccount) -> Result<Ratio, ClientError> {
        let health = self.health(account, Check::Maintenance)?;
        let elapsed = match account.episode() {
            Episode::Since(slot) => self.now.slot.elapsed_since(slot),
            Episode::None => Slots::new(0),
        };
        Ok(beta(&self.liquidation_terms()?, depth(&health), elapsed))
    }

    /// The slice that brings this account to its buffer now.
    pub fn slice(&self, account: &MarginAccount) -> Result<Fraction, ClientError> {
        let health = self.health(account, Check::Maintenance)?;
        Ok(closed_form_slice(&self.liquidation_terms()?, &health, self.beta(account)?)?)
    }
}

/// The rows of an account as the risk crate sees them: token shares as whole atoms, rounded
/// against the account, with their interest up to `now`, and quote flows with their funding.
pub fn holdings(
    directory: &GroupDirectory,
    account: &MarginAccount,
    now: Now,
) -> Result<Vec<Holding>, ClientError> {
    let rows = account.rows()?.iter().map(|row| {
        let key = row.key()?;
        Ok(match key.kind() {
            RowKind::Token => {
                let totals = directory.token(key)?.state.totals_at(now.time)?;
                let atoms = totals.atoms(row.shares())?;
                Holding { key, quantity: atoms.get(), quote: Value::ZERO }
            }
            RowKind::Position => {
                let indices = directory.instrument(key.index())?.state.side_indices(now.time)?;
                Holding { key, quantity: row.lots, quote: row.flow_with_owed(&indices)? }
            }
        })
    });
    rows.collect()
}

/// Reads and judges an underlying's oracles.
fn quote(
    underlying: &Underlying,
    addresses: &[Address],
    source: &(impl AccountSource + ?Sized),
    now: Now,
) -> Result<Quote, ClientError> {
    let stored = source.accounts(addresses)?;
    let mut quotes = Vec::with_capacity(addresses.len());
    for ((one, address), account) in underlying.sources()?.iter().zip(addresses).zip(stored) {
        let (owner, data) = match account {
            Some(account) => (account.owner, account.data),
            None => (NOBODY, Vec::new()),
        };
        quotes.push(read_for_check(one, address, &owner, &data)?);
    }
    Ok(judged(underlying, &quotes, now.time)?)
}

/// Terms of every listed row, ascending by key.
fn row_terms(
    directory: &GroupDirectory,
    underlyings: &[UnderlyingTerms],
    now: Now,
) -> Result<Vec<RowTerms>, ClientError> {
    let mid = |index: u16| {
        let found = underlyings.get(usize::from(index)).map(|terms| terms.price);
        found.ok_or(ClientError::UnknownUnderlying(index))
    };
    let mut rows = Vec::with_capacity(directory.collaterals.len() + directory.instruments.len());
    for one in &directory.collaterals {
        rows.push(token_terms(&one.state, mid(one.state.underlying)?, now.time)?);
    }
    for one in &directory.instruments {
        rows.push(linear_terms(&one.state, mid(one.state.underlying)?)?);
    }
    rows.sort_by_key(|terms| terms.key.raw());
    Ok(rows)
}
