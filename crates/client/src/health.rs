//! How does an account stand? Asked of the same functions that the program asks.

use plimsoll::clock::Now;
use plimsoll::instructions::view_account::{account_report, AccountReport};
use plimsoll::load::{
    judged, lot_notional, position_terms, risk_array, token_terms, underlying_terms,
    withhold_open_profit, QuoteFactors,
};
use plimsoll::oracle::read_for_check;
use plimsoll::state::{MarginAccount, Underlying};
use plimsoll::valuation::value;
use plimsoll_risk::{
    allowed, beta, closed_form_slice, crossings, depth, health, liquidatable, withdrawable, Action,
    Check, Episode, Health, Holding, LinearShocks, LiquidationTerms, Market, Place, Quote,
    RiskArray, RowKey, RowKind, RowTerms, ScenarioSet, UnderlyingTerms,
};
use plimsoll_units::{Fraction, MathError, Price, Ratio, Slots, Value};
use solana_address::Address;

use crate::directory::GroupDirectory;
use crate::error::ClientError;
use crate::source::{AccountSource, StoredAccount};

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
    arrays: Vec<RiskArray>,
    shocks: Vec<LinearShocks>,
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
        let mut addresses = Vec::with_capacity(directory.underlyings.len());
        for one in &directory.underlyings {
            addresses.extend(directory.oracle_addresses(one.state.index)?);
        }
        // All at once: a source may have a price per request.
        let stored = source.accounts(&addresses)?;
        let mut oracles = addresses.iter().zip(stored);
        let quotes = directory.underlyings.iter().map(|one| quote(&one.state, &mut oracles, now));
        let quotes = quotes.collect::<Result<_, _>>()?;
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
        let mut shocks = Vec::with_capacity(quotes.len());
        for (one, quote) in directory.underlyings.iter().zip(&quotes) {
            let mut terms = underlying_terms(&one.state, quote, &factors)?;
            terms.shocks = Place::new(one.state.index);
            shocks.push(LinearShocks { factors: one.state.price_moves });
            underlyings.push(terms);
        }
        let (rows, arrays) = row_terms(directory, &underlyings, now, None)?;
        Ok(Self { directory, now, quotes, underlyings, rows, arrays, shocks })
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
        Market {
            underlyings: &self.underlyings,
            rows: &self.rows,
            arrays: &self.arrays,
            shocks: &self.shocks,
        }
    }

    /// Terms of one row.
    pub fn terms(&self, key: RowKey) -> Result<&RowTerms, ClientError> {
        let found = self.rows.iter().find(|terms| terms.key == key);
        found.ok_or(ClientError::UnknownRow(key))
    }

    /// What so many token atoms or lots of a row are worth, toward minus infinity; of a contract with
    /// a risk array its fair value.
    pub fn value_floor(&self, key: RowKey, quantity: i64) -> Result<Value, ClientError> {
        Ok(self.terms(key)?.value_floor(&self.arrays, quantity)?)
    }

    /// Quote atoms per lot of an instrument, at its index price.
    pub fn lot_price(&self, instrument: u16) -> Result<Price, ClientError> {
        let state = &self.directory.instrument(instrument)?.state;
        let found = self.underlyings.get(usize::from(state.underlying));
        let terms = found.ok_or(ClientError::UnknownUnderlying(state.underlying))?;
        Ok(lot_notional(state, terms.price)?)
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

    /// The nearest prices below and above today's (quote atoms per unit) at which an account crosses its
    /// maintenance line, all other prices unchanged; contracts on the underlying are valued anew at each
    /// price, by the surface as it is. For accounts that hold contracts there: for others, the report
    /// has them.
    ///
    /// Errors: those of the rule, and `MathOverflow` or `OptionOutOfRange` for a price that is beyond
    /// what can be valued.
    pub fn liquidation_prices(
        &self,
        account: &MarginAccount,
        underlying: u16,
    ) -> Result<(Option<Price>, Option<Price>), ClientError> {
        let holdings = self.holdings(account)?;
        let at = usize::from(underlying);
        let found = self.underlyings.get(at);
        let today = found.ok_or(ClientError::UnknownUnderlying(underlying))?.price;
        let mut failed = None;
        let crossed = crossings(today, |price| {
            let judged = self.at_price(at, price).and_then(|other| {
                Ok(health(&other.market(), holdings.iter().copied(), Check::Maintenance)?)
            });
            judged.map_err(|error| {
                failed = Some(error);
                MathError::OutOfRange.into()
            })
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(crossed?),
        }
    }

    /// The same market with another price of one underlying.
    fn at_price(&self, underlying: usize, price: Price) -> Result<Self, ClientError> {
        let mut other = self.clone();
        if let Some(terms) = other.underlyings.get_mut(underlying) {
            (terms.price, terms.low, terms.high) = (price, price, price);
        }
        let index = u16::try_from(underlying).ok();
        let terms = row_terms(self.directory, &other.underlyings, self.now, index)?;
        (other.rows, other.arrays) = terms;
        Ok(other)
    }

    /// What `view_withdrawable` would return: token atoms of a token row that could leave now
    /// without borrowing, as far as margin is concerned.
    pub fn withdrawable(&self, account: &MarginAccount, key: RowKey) -> Result<u64, ClientError> {
        let holdings = self.holdings(account)?;
        let mut rows = self.rows.clone();
        withhold_open_profit(&mut rows);
        let market = Market {
            underlyings: &self.underlyings,
            rows: &rows,
            arrays: &self.arrays,
            shocks: &self.shocks,
        };
        let most = withdrawable(&market, holdings.iter().copied(), key, i64::MAX)?;
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

/// Judges an underlying's oracles: the next ones, as many as it has sources.
fn quote<'a>(
    underlying: &Underlying,
    oracles: &mut impl Iterator<Item = (&'a Address, Option<StoredAccount>)>,
    now: Now,
) -> Result<Quote, ClientError> {
    let mut quotes = Vec::with_capacity(usize::from(underlying.source_count));
    for (one, (address, account)) in underlying.sources()?.iter().zip(oracles) {
        let (owner, data) = match account {
            Some(account) => (account.owner, account.data),
            None => (NOBODY, Vec::new()),
        };
        quotes.push(read_for_check(one, address, &owner, &data)?);
    }
    Ok(judged(underlying, &quotes, now.time)?)
}

/// Terms of every listed row, ascending by key, and the risk arrays. An instrument whose array is
/// too old has none, and accounts that hold it cannot be judged until it is refreshed. Contracts on the
/// `revalued` underlying are valued anew at its price.
fn row_terms(
    directory: &GroupDirectory,
    underlyings: &[UnderlyingTerms],
    now: Now,
    revalued: Option<u16>,
) -> Result<(Vec<RowTerms>, Vec<RiskArray>), ClientError> {
    let mid = |index: u16| {
        let found = underlyings.get(usize::from(index)).map(|terms| terms.price);
        found.ok_or(ClientError::UnknownUnderlying(index))
    };
    let mut rows = Vec::with_capacity(directory.collaterals.len() + directory.instruments.len());
    let mut arrays = Vec::new();
    for one in &directory.collaterals {
        rows.push(token_terms(&one.state, mid(one.state.underlying)?, now.time)?);
    }
    for one in &directory.instruments {
        let found = underlyings.get(usize::from(one.state.underlying));
        let terms = found.ok_or(ClientError::UnknownUnderlying(one.state.underlying))?;
        let notional = lot_notional(&one.state, terms.price)?;
        let is_priced = || allowed(terms.grade, Action::Liquidate);
        if !one.state.counts_by_array(now.time, is_priced) {
            rows.push(position_terms(&one.state, notional, Place::NONE));
            continue;
        }
        let mut state = one.state;
        if revalued == Some(state.underlying) && !state.is_settled() {
            let expiry = &directory.expiry(state.underlying, state.expires_at)?.state;
            let underlying = &directory.underlying(state.underlying)?.state;
            state.array = value(&state, underlying, expiry, terms, now.time)?;
        }
        let changed_at = directory.underlying(state.underlying)?.state.scenarios_at;
        if let Ok(array) = risk_array(&state, (terms, changed_at), now.time) {
            let at = Place::new(u16::try_from(arrays.len()).unwrap_or(u16::MAX));
            rows.push(position_terms(&state, notional, at));
            arrays.push(array);
        }
    }
    rows.sort_by_key(|terms| terms.key.raw());
    Ok((rows, arrays))
}
