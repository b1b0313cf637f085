//! One consistent picture of the market, good for every account that an instruction touches.

use core::cell::Cell;

use anchor_lang::prelude::*;
use plimsoll_risk::{
    allowed, health, Action, Check, Grade, Health, Holding, LinearShocks, Market, Phase, Place,
    Quote, RiskArray, RowKey, RowKind, RowTerms, SideIndices, UnderlyingTerms,
};
use plimsoll_units::{Price, Value};

use super::prices::Prices;
use super::source::{InOrder, RowSource};
use super::terms::{
    moved_array, position_terms, take_quote, token_terms, underlying_terms, unit_price,
    withhold_open_profit, QuoteFactors,
};
use super::RiskAccounts;
use crate::clock::Now;
use crate::error::PlimsollError;
use crate::state::{Collateral, Group, Instrument, Row, Underlying};

/// Terms of all underlyings and rows that were asked for.
pub(crate) struct Snapshot {
    /// Ascending by index.
    pub(crate) underlyings: Vec<UnderlyingTerms>,
    /// Accounts of the underlyings, in the same order.
    underlying_views: Vec<AccountView>,
    /// Ascending by key.
    rows: Vec<RowTerms>,
    /// Those of the rows that have one, in the order of `rows`.
    arrays: Vec<RiskArray>,
    /// Of the underlyings with such rows.
    shocks: Vec<LinearShocks>,
    /// When the scenarios of the last of these were changed (Unix seconds).
    scenarios_at: i64,
    /// In the order of `rows`.
    sources: Vec<RowSource>,
    /// Places of the row and the underlying that were asked for last. Who asks goes through an
    /// account in order, so that the next one is there or one further, and need not be searched.
    last_row: Cell<usize>,
    last_underlying: Cell<usize>,
    /// Has every underlying that was loaded a valid price? As good as always.
    pub(crate) all_priced: bool,
    /// Until when any of the underlyings is reserved to owners (Unix seconds).
    pub(crate) owners_until: i64,
}

/// Where `is` holds among `count` places: at `last` or behind it, else where `search` finds it.
#[inline(always)]
fn near(
    last: &Cell<usize>,
    is: impl Fn(usize) -> bool,
    search: impl FnOnce() -> Option<usize>,
) -> Option<usize> {
    let at = last.get();
    if is(at) {
        return Some(at);
    }
    let next = at.saturating_add(1);
    let found = if is(next) { next } else { search()? };
    last.set(found);
    Some(found)
}

impl Snapshot {
    /// Loads what `keys` (ascending) demand. The caller finishes `accounts` when it took the rest.
    pub(crate) fn load(
        group: &Address,
        quote_decimals: u8,
        keys: &[u64],
        accounts: &mut RiskAccounts,
        now: Now,
    ) -> Result<Self> {
        let mut loaded = Self {
            underlyings: Vec::with_capacity(12),
            underlying_views: Vec::with_capacity(12),
            rows: Vec::with_capacity(keys.len()),
            arrays: Vec::new(),
            shocks: Vec::new(),
            scenarios_at: 0,
            sources: Vec::with_capacity(keys.len()),
            last_row: Cell::new(0),
            last_underlying: Cell::new(0),
            all_priced: true,
            owners_until: i64::MIN,
        };
        let (factors, mid) = loaded.load_quote(group, quote_decimals, accounts, now)?;
        let (mut current, mut prices) = (0_u16, Prices::at(mid));
        for raw in keys {
            let key = RowKey::from_raw(*raw).ok_or(PlimsollError::CorruptAccount)?;
            if key.underlying() != current {
                current = key.underlying();
                let (account, view) = accounts.take::<Underlying>(group, current)?;
                let quote = take_quote(&account, accounts, now)?;
                prices = Prices::at(loaded.push_underlying(&account, view, &quote, &factors)?);
            }
            loaded.load_row(group, key, &mut prices, accounts, now)?;
        }
        Ok(loaded)
    }

    /// Loads what one account demands; no other trailing accounts may follow.
    #[inline(never)]
    pub(crate) fn load_for(
        group: (&Address, &Group),
        rows: &[Row],
        views: Vec<AccountView>,
        now: Now,
    ) -> Result<Self> {
        let mut rest = RiskAccounts::new(views);
        let keys: Vec<u64> = rows.iter().map(|row| row.key).collect();
        let loaded = Self::load(group.0, group.1.quote_decimals, &keys, &mut rest, now)?;
        rest.finish()?;
        Ok(loaded)
    }

    fn load_quote(
        &mut self,
        group: &Address,
        quote_decimals: u8,
        accounts: &mut RiskAccounts,
        now: Now,
    ) -> Result<(QuoteFactors, Price)> {
        let (account, view) = accounts.take::<Underlying>(group, 0)?;
        let quote = take_quote(&account, accounts, now)?;
        let factors = QuoteFactors::new(&account, &quote, quote_decimals)?;
        let mid = self.push_underlying(&account, view, &quote, &factors)?;
        Ok((factors, mid))
    }

    /// Gives the underlying's price.
    // One place makes the terms and puts them away, so that they are not moved in between.
    #[inline(never)]
    fn push_underlying(
        &mut self,
        account: &Underlying,
        view: AccountView,
        quote: &Quote,
        factors: &QuoteFactors,
    ) -> Result<Price> {
        let terms = underlying_terms(account, quote, factors)?;
        let mid = terms.price;
        self.all_priced &= allowed(terms.grade, Action::Liquidate);
        self.owners_until = self.owners_until.max(account.owner_first_until);
        self.underlyings.push(terms);
        self.underlying_views.push(view);
        Ok(mid)
    }

    /// `prices` are those of the row's underlying.
    #[inline(always)]
    fn load_row(
        &mut self,
        group: &Address,
        key: RowKey,
        prices: &mut Prices,
        accounts: &mut RiskAccounts,
        now: Now,
    ) -> Result<()> {
        match key.kind() {
            RowKind::Token => {
                let (account, view) = accounts.take::<Collateral>(group, key.index())?;
                require!(account.underlying == key.underlying(), PlimsollError::CorruptAccount);
                self.rows.push(token_terms(&account, prices.mid, now.time)?);
                let (deposit, borrow) = account.indices(now.time)?;
                self.sources.push(RowSource::Token { view, deposit, borrow });
            }
            RowKind::Position => {
                let (account, view) = accounts.take::<Instrument>(group, key.index())?;
                require!(account.underlying == key.underlying(), PlimsollError::CorruptAccount);
                let is_priced = || {
                    let own = self.underlyings.last();
                    own.is_some_and(|own| allowed(own.grade, Action::Liquidate))
                };
                let array = match account.counts_by_array(now.time, is_priced) {
                    false => Place::NONE,
                    true => self.load_array(&account, prices, now)?,
                };
                let notional = prices.notional(&account)?;
                self.rows.push(position_terms(&account, notional, array));
                let indices = account.side_indices(now.time)?;
                self.sources.push(RowSource::Position { view, indices });
            }
        }
        Ok(())
    }

    /// Keeps the risk array of a row beside the rows.
    #[inline(never)]
    fn load_array(&mut self, account: &Instrument, prices: &mut Prices, now: Now) -> Result<Place> {
        if self.arrays.is_empty() {
            // For all rows that are still to come: the heap gives nothing back that was outgrown.
            self.arrays.reserve_exact(self.rows.capacity().saturating_sub(self.rows.len()));
        }
        let underlying = self.underlyings.last_mut().ok_or(PlimsollError::RowTermsMissing)?;
        if underlying.shocks.is_none() {
            let view = self.underlying_views.last().ok_or(PlimsollError::RowTermsMissing)?;
            let own = Account::<Underlying>::load(*view)?;
            self.scenarios_at = own.scenarios_at;
            let at = u16::try_from(self.shocks.len()).map_err(|_| PlimsollError::MathOverflow)?;
            underlying.shocks = Place::new(at);
            self.shocks.push(LinearShocks { factors: own.price_moves });
        }
        let at = u16::try_from(self.arrays.len()).map_err(|_| PlimsollError::MathOverflow)?;
        let slot = self.arrays.spare_capacity_mut().first_mut();
        // Written where it stays: it is two dozen words.
        slot.ok_or(PlimsollError::CorruptAccount)?.write(moved_array(
            account,
            (underlying, self.scenarios_at),
            now.time,
            |per_price| prices.move_since(per_price),
        )?);
        // SAFETY: there was room for one more, which has just been written.
        unsafe { self.arrays.set_len(usize::from(at).wrapping_add(1)) };
        Ok(Place::new(at))
    }

    /// Open profit backs no withdrawal: it becomes money only by settlement, out of what losers
    /// paid in. What it may open is the instrument's own weight.
    pub(crate) fn withhold_open_profit(&mut self) {
        withhold_open_profit(&mut self.rows);
    }

    /// True if every underlying of these rows but the quote balance has a valid price.
    pub(crate) fn is_priced(&self, rows: &[Row]) -> Result<bool> {
        if self.all_priced {
            return Ok(true);
        }
        for row in rows {
            if self.flaw(row)?.is_some() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// True if a bid may take the row: its price is valid, or it has settled and needs none.
    pub(crate) fn is_row_priced(&self, key: RowKey) -> Result<bool> {
        let grade = self.underlying(key.underlying())?.grade;
        Ok(allowed(grade, Action::Liquidate)
            || self.array(key)?.is_some_and(|one| one.phase == Phase::Settled))
    }

    /// What is wrong with the price of a row, if anything is and the row needs one.
    fn flaw(&self, row: &Row) -> Result<Option<Grade>> {
        let key = row.key()?;
        let priced = key == RowKey::QUOTE || row.holds_nothing() || self.is_row_priced(key)?;
        let grade = self.underlying(key.underlying())?.grade;
        Ok((!priced).then_some(grade))
    }

    /// Why an account is not in liquidation: it is above its line, or a debt or a position without
    /// a valid price credits it with so much that nobody can know.
    pub(crate) fn refusal(&self, rows: &[Row]) -> Result<PlimsollError> {
        let unpriced = self.unpriced(rows)?;
        Ok(unpriced.map_or(PlimsollError::NotLiquidatable, crate::error::grade_error))
    }

    /// What is wrong with the price of a debt or a position, if anything is.
    pub(crate) fn unpriced(&self, rows: &[Row]) -> Result<Option<Grade>> {
        for row in rows {
            let owned = row.key()?.kind() == RowKind::Token && !row.shares().is_negative();
            if let (false, Some(grade)) = (owned, self.flaw(row)?) {
                return Ok(Some(grade));
            }
        }
        Ok(None)
    }

    /// The market as the risk crate sees it.
    pub(crate) fn market(&self) -> Market<'_> {
        Market {
            underlyings: &self.underlyings,
            rows: &self.rows,
            arrays: &self.arrays,
            shocks: &self.shocks,
        }
    }

    /// The rows of an account as the risk crate sees them.
    pub(crate) fn holdings(&self, rows: &[Row]) -> Result<Vec<Holding>> {
        let mut loaded = self.in_order();
        let mut holdings = Vec::with_capacity(rows.len());
        for row in rows {
            let (key, source) = loaded.find(row.key)?;
            holdings.push(source.holding(key, row)?);
        }
        Ok(holdings)
    }

    /// Health of an account.
    // The rows are turned into holdings one by one as the rule asks for them: a list of them would
    // cost more to write and to read than a third of the rule itself.
    #[inline(never)]
    pub(crate) fn health(&self, rows: &[Row], check: Check) -> Result<Health> {
        let mut loaded = self.in_order();
        let mut failed = false;
        let holdings = rows.iter().map_while(|row| {
            let found = loaded.next_with(row.key);
            let holding = found.and_then(|(key, source)| source.holding(key, row).ok());
            failed |= holding.is_none();
            holding
        });
        let result = health(&self.market(), holdings, check);
        if failed {
            // Which row it was, and why, is found out once more.
            self.holdings(rows)?;
        }
        result.map_err(crate::error::report)
    }

    /// For a walk over rows in the order of their keys.
    #[inline]
    pub(crate) fn in_order(&self) -> InOrder<'_> {
        InOrder::new(&self.rows, &self.sources)
    }

    /// Terms of one row.
    pub(crate) fn terms(&self, key: RowKey) -> Result<&RowTerms> {
        let found = self.place(key).and_then(|at| self.rows.get(at));
        found.ok_or_else(|| PlimsollError::RowTermsMissing.into())
    }

    /// The risk array of one row, if it has one.
    pub(crate) fn array(&self, key: RowKey) -> Result<Option<&RiskArray>> {
        Ok(self.terms(key)?.array.find(&self.arrays))
    }

    /// What a lot or a token atom of one row is worth (quote atoms), at the fair price.
    pub(crate) fn fair_price(&self, key: RowKey) -> Result<Price> {
        match self.array(key)? {
            Some(array) => unit_price(array.fair, array.shift),
            None => Ok(self.terms(key)?.notional),
        }
    }

    /// What so many lots or token atoms of one row are worth at the fair price, toward minus infinity.
    pub(crate) fn value_floor(&self, key: RowKey, quantity: i64) -> Result<Value> {
        self.terms(key)?.value_floor(&self.arrays, quantity).map_err(crate::error::report)
    }

    /// Terms of one underlying.
    pub(crate) fn underlying(&self, index: u16) -> Result<&UnderlyingTerms> {
        let is = |at: usize| self.underlyings.get(at).is_some_and(|terms| terms.index == index);
        let search = || self.underlyings.binary_search_by_key(&index, |terms| terms.index).ok();
        let found = near(&self.last_underlying, is, search).and_then(|at| self.underlyings.get(at));
        found.ok_or_else(|| PlimsollError::RowTermsMissing.into())
    }

    /// The account of an underlying.
    pub(crate) fn underlying_account(&self, at: usize) -> Result<Account<Underlying>> {
        let view = self.underlying_views.get(at).ok_or(PlimsollError::RowTermsMissing)?;
        Account::<Underlying>::load(*view)
    }

    /// The account of the underlying with an index.
    pub(crate) fn account_of(&self, index: u16) -> Result<Account<Underlying>> {
        let at = self.underlyings.iter().position(|terms| terms.index == index);
        self.underlying_account(at.ok_or(PlimsollError::RowTermsMissing)?)
    }

    /// The account behind a row.
    pub(crate) fn row_view(&self, key: RowKey) -> Result<AccountView> {
        let source = self.place(key).and_then(|at| self.sources.get(at));
        Ok(source.ok_or(PlimsollError::RowTermsMissing)?.view())
    }

    /// Token atoms of a balance, toward minus infinity.
    pub(crate) fn atoms(&self, key: RowKey, row: &Row) -> Result<i64> {
        let source = self.place(key).and_then(|at| self.sources.get(at));
        source.ok_or(PlimsollError::RowTermsMissing)?.atoms(row)
    }

    /// Takes over the indices of a token of which a loss was written off: what is stored in shares
    /// must be judged by the same indices. Accrual alone changes nothing here, since the indices
    /// were those of now from the start.
    pub(crate) fn reindex(&mut self, key: RowKey, collateral: &Collateral) -> Result<()> {
        let source = self.place(key).and_then(|at| self.sources.get_mut(at));
        let source = source.ok_or(PlimsollError::RowTermsMissing)?;
        let (deposit, borrow) = (collateral.deposit_index(), collateral.borrow_index());
        *source = RowSource::Token { view: source.view(), deposit, borrow };
        Ok(())
    }

    /// What a lot of a position has paid.
    pub(crate) fn side_indices(&self, key: RowKey) -> Result<SideIndices> {
        let source = self.place(key).and_then(|at| self.sources.get(at));
        match source.ok_or(PlimsollError::RowTermsMissing)? {
            RowSource::Position { indices, .. } => Ok(*indices),
            RowSource::Token { .. } => Err(PlimsollError::CorruptAccount.into()),
        }
    }

    fn place(&self, key: RowKey) -> Option<usize> {
        let is = |at: usize| self.rows.get(at).is_some_and(|terms| terms.key == key);
        let search = || self.rows.binary_search_by_key(&key, |terms| terms.key).ok();
        near(&self.last_row, is, search)
    }
}
