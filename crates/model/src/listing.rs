//! Listing: at once until the launch, by a ripe proposal from then on.

use crate::change::{collateral_flaws, instrument_flaws, ramp_flaws, underlying_flaws, Change};
use crate::group::{Collateral, Instrument, Person, Slope, Underlying};
use crate::market::Grade;
use crate::number::{binary, Exact, INDEX_BITS};
use crate::step::Step;

impl Step<'_> {
    /// Whatever of a listing can be refused before it is due.
    pub(crate) fn try_listing(&mut self, change: &Change) {
        let flaws = match change {
            Change::ListUnderlying { terms, .. } => underlying_flaws(terms),
            Change::ListCollateral { terms, .. } => {
                let mut flaws = ramp_flaws(terms);
                flaws.extend(collateral_flaws(terms));
                flaws
            }
            Change::ListInstrument { terms, .. } => instrument_flaws(terms),
            Change::ListExpiry { terms, .. } => terms.flaws(),
            Change::ListContract { terms, .. } => crate::contract::flaws(terms),
            _ => vec!["ProposalMismatch"],
        };
        self.require(flaws.is_empty(), &flaws);
    }

    pub(crate) fn list(&mut self, signer: Person, change: &Change, proposal: Option<u64>) {
        match (self.before.governance.launched_at != 0, proposal) {
            (false, None) => self.require_owner(signer),
            (false, Some(_)) => {
                self.require(false, &["ProposalMismatch"]);
            }
            (true, None) => {
                self.require(false, &["AlreadyLaunched"]);
            }
            (true, Some(id)) => {
                self.spend(id);
                // Exactly what was proposed.
                let same = self.before.governance.proposals[&id].change == *change;
                self.require(same, &["ProposalMismatch"]);
            }
        }
        match change {
            Change::ListUnderlying { index, terms } => self.list_underlying(*index, terms),
            Change::ListCollateral { underlying, terms } => {
                self.list_collateral(*underlying, terms);
            }
            Change::ListInstrument { index, underlying, terms } => {
                self.list_instrument(*index, *underlying, terms);
            }
            Change::ListExpiry { underlying, expires_at, terms } => {
                self.list_expiry(*underlying, *expires_at, terms);
            }
            Change::ListContract { index, underlying, expires_at, terms } => {
                self.list_contract(*index, (*underlying, *expires_at), terms);
            }
            _ => {
                self.require(false, &["ProposalMismatch"]);
            }
        }
    }

    /// Its price must be valid now: stable price and jump reference begin there.
    fn list_underlying(&mut self, index: usize, terms: &Underlying) {
        // One that is taken is refused by the system program as well.
        self.require(index == self.before.underlyings.len(), &["IndexExhausted", "Custom(0)"]);
        let flaws = underlying_flaws(terms);
        if !self.require(flaws.is_empty(), &flaws) {
            return;
        }
        let now = self.now().seconds;
        let mut one = Underlying::default().with(terms);
        (one.name, one.sources) = (terms.name, terms.sources.clone());
        one.widening_ppm = 1_000_000;
        let exact = self.market.judged(&one).usd;
        let start = |slope: &Slope, usd: &Exact| Slope {
            usd: usd.clone(),
            updated_at: now,
            ..slope.clone()
        };
        one.reference = start(&one.reference, &exact);
        let quote = self.market.judged(&one);
        if quote.grade != Grade::Valid {
            // Where the first source has no price, there is nothing to begin with.
            self.require(false, &[quote.grade.error(), Grade::NotPositive.error()]);
            return;
        }
        let seen = self.seen().and_then(|seen| seen.underlyings.get(index));
        let usd = seen.map_or(exact.clone(), |seen| seen.stable.usd.clone());
        let off = &exact * binary(1, 58);
        let near = usd >= &exact - &off && usd <= &exact + off;
        self.expect(near, || format!("a listing begins at {usd}, not at {exact}"));
        one.stable = start(&one.stable, &usd);
        one.reference = start(&one.reference, &usd);
        one.published_at = quote.published.min(now);
        self.next.underlyings.push(one);
    }

    /// The quote token comes first, on the first underlying.
    fn list_collateral(&mut self, underlying: usize, terms: &Collateral) {
        let index = self.before.collaterals.len();
        let taken = self.before.collaterals.iter().any(|one| one.mint == terms.mint);
        self.require(!taken, &["Custom(0)"]);
        let is_quote = terms.mint == 0;
        let first = is_quote == (index == 0) && (index != 0 || underlying == 0);
        self.require(first, &["QuoteMustComeFirst"]);
        let flaws = collateral_flaws(terms);
        self.require(flaws.is_empty(), &flaws);
        let now = self.now().seconds;
        let one = 1 << INDEX_BITS;
        let blank = Collateral {
            underlying,
            mint: terms.mint,
            decimals: terms.decimals,
            deposit_index: one,
            borrow_index: one,
            base_deposit_index: one,
            base_borrow_index: one,
            accrued_at: now,
            outflow_at: now,
            outflow_free_at: now,
            ramp_from: now,
            ..Collateral::default()
        };
        let mut listed = blank.with(terms);
        listed.ramp_seconds = terms.ramp_seconds;
        self.next.collaterals.push(listed);
    }

    fn list_instrument(&mut self, index: usize, underlying: usize, terms: &Instrument) {
        // One that is taken is refused by the system program as well.
        self.require(
            index == self.before.instruments.next_number(),
            &["IndexExhausted", "Custom(0)"],
        );
        // A quote token is worth one quote token: there is nothing to trade.
        self.require(underlying != 0, &["UnknownUnderlying"]);
        let flaws = instrument_flaws(terms);
        self.require(flaws.is_empty(), &flaws);
        self.push_instrument(underlying, terms);
    }

    /// An instrument that nobody has traded yet.
    pub(crate) fn push_instrument(&mut self, underlying: usize, terms: &Instrument) {
        let now = self.now().seconds;
        let mut listed = Instrument::default().with(terms);
        listed.underlying = underlying;
        (listed.name, listed.lot) = (terms.name, terms.lot.clone());
        listed.payer = terms.payer;
        listed.tick_quote_atoms_per_lot = terms.tick_quote_atoms_per_lot;
        (listed.funding_at, listed.pool.premium_at) = (now, now);
        listed.contract = terms.contract.clone();
        self.next.instruments.push(listed);
    }
}
