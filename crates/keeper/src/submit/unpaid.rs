//! What is nobody's business, and has to be done: it pays nothing, and gives rents back at most.

use plimsoll_client::instruction::{close_deleveraging, deleverage, liquidate, Bid};
use plimsoll_client::state::MarginAccount;
use plimsoll_client::{BidLimits, ClientError, GroupDirectory, Keyed, Snapshot};
use plimsoll_units::QuoteAtoms;

use super::{situation, Keeper};
use crate::chain::Chain;
use crate::last_resort::{last_resort, over, LastResort};

impl Keeper {
    /// Where no bid pays: bears witness, in the end closes a position against the other side, and takes
    /// what has no requirement, or hardly any.
    pub(super) fn last_resort(
        &mut self,
        chain: &mut impl Chain,
        directory: &GroupDirectory,
        parties: (&Keyed<MarginAccount>, &Keyed<MarginAccount>),
    ) -> Result<(), ClientError> {
        let (target, own) = parties;
        let snapshot = Snapshot::new(directory, chain, chain.now()?)?;
        let (holdings, own) = (snapshot.holdings(&target.state)?, snapshot.holdings(&own.state)?);
        let situation = situation(&snapshot, target, &holdings, &own)?;
        let closing = match last_resort(&situation, target.state.silence(), &self.config)? {
            LastResort::Nothing => return Ok(()),
            LastResort::Witness => return self.mark(chain, directory, target),
            LastResort::Close(closing) => closing,
            LastResort::TakeRest { payment_max } => {
                return self.take_rest(chain, directory, parties, payment_max);
            }
        };
        let (index, lots) = (closing.key.index(), closing.quantity);
        let one = deleverage(directory, &self.authority, target, index, lots)?;
        match chain.send(&self.authority, &[one]) {
            Ok(()) => self.metrics.deleveraged += 1,
            Err(refusal) => self.count(&refusal),
        }
        Ok(())
    }

    /// Bids for all that a bankrupt has, so that others bear what it cannot pay.
    fn take_rest(
        &mut self,
        chain: &mut impl Chain,
        directory: &GroupDirectory,
        (target, own): (&Keyed<MarginAccount>, &Keyed<MarginAccount>),
        payment_max: QuoteAtoms,
    ) -> Result<(), ClientError> {
        // Should the account be another by then, the bid must not be one that loses.
        let limits =
            BidLimits { payment_quote_atoms_max: payment_max.get(), discount_quote_atoms_min: 0 };
        let bid = Bid { limits, ..Bid::slice() };
        let one = liquidate(directory, &self.authority, target, own, &bid, true)?;
        match chain.send(&self.authority, &[one]) {
            Ok(()) => {
                self.metrics.rests += 1;
                self.backoff.forget(&target.address);
                self.share_losses(chain, directory, &target.address)?;
            }
            Err(refusal) => {
                self.count(&refusal);
                self.backoff.refused(&target.address, chain.now()?.slot);
            }
        }
        Ok(())
    }

    /// Gives rents back. Behind all bids: they wait, accounts below their line do not.
    pub(super) fn close_deleveragings(
        &mut self,
        chain: &mut impl Chain,
        directory: &GroupDirectory,
    ) -> Result<(), ClientError> {
        let now = chain.now()?;
        for one in over(&directory.deleveragings, &self.authority) {
            if !self.backoff.is_due(&one.address, now.slot) {
                continue;
            }
            match chain.send(&self.authority, &[close_deleveraging(&one)]) {
                Ok(()) => {
                    self.metrics.closed += 1;
                    self.backoff.forget(&one.address);
                }
                Err(refusal) => {
                    self.count(&refusal);
                    self.backoff.refused(&one.address, now.slot);
                }
            }
        }
        Ok(())
    }
}
