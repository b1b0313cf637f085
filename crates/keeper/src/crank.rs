//! Which prices, funding and interest stand still until somebody asks? Nobody is paid for that either.

use plimsoll_client::instruction::{refresh_collateral, refresh_instrument, refresh_underlying};
use plimsoll_client::state::{Collateral, Instrument, Pool, Underlying};
use plimsoll_client::{ClientError, GroupDirectory, Instruction, Snapshot};
use plimsoll_risk::{Grade, Quote};
use plimsoll_units::{Index, Seconds, UnixSeconds};

/// Something that goes on when anybody asks for it, and not before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Crank {
    /// Stable price and jump reference follow the oracle.
    Price {
        /// Index of the underlying.
        underlying: u16,
    },
    /// Funding gets its rate, and open interest counts in the margin rule.
    Funding {
        /// Index of the instrument.
        instrument: u16,
    },
    /// Interest is accrued, and what was set aside of the quote token's goes to the insurance fund.
    Interest {
        /// Index of the collateral.
        collateral: u16,
    },
}

impl Crank {
    /// The program's name of it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Price { .. } => "refresh_underlying",
            Self::Funding { .. } => "refresh_instrument",
            Self::Interest { .. } => "refresh_collateral",
        }
    }

    /// Its instruction, which nobody signs.
    ///
    /// Errors: those of building it, for what the directory does not list.
    pub fn instruction(&self, directory: &GroupDirectory) -> Result<Instruction, ClientError> {
        match *self {
            Self::Price { underlying } => refresh_underlying(directory, underlying),
            Self::Funding { instrument } => refresh_instrument(directory, instrument),
            Self::Interest { collateral } => refresh_collateral(directory, collateral),
        }
    }
}

/// What is due now, prices first: what was refreshed at least `every` seconds ago, and would change by it. A
/// price that is jumping is due as soon as its reference has no more to catch up by waiting, and none that
/// the program would refuse. Funding of perpetuals is due while their price is valid, since else a refresh
/// stops it; of other contracts only what open interest has changed.
///
/// Of the directory, the underlyings, the tokens, the instruments and the pools count; they must be as of
/// now. Errors: `UnknownUnderlying`, `UnknownInstrument`, and those of accounts that nobody can have written.
pub fn cranks(snapshot: &Snapshot<'_>, every: Seconds) -> Result<Vec<Crank>, ClientError> {
    let (directory, now) = (snapshot.directory(), snapshot.now().time);
    let mut due = Vec::new();
    for one in &directory.underlyings {
        let underlying = one.state.index;
        if moves_price(&one.state, snapshot.quote(underlying)?, now, every)? {
            due.push(Crank::Price { underlying });
        }
    }
    for one in &directory.instruments {
        let (state, instrument) = (&one.state, one.state.index);
        let is_priced = snapshot.is_priced(state.underlying);
        let is_old = is_over(state.funding_at, now, every);
        if is_priced && is_old && moves_funding(state, &directory.pool(instrument)?.state) {
            due.push(Crank::Funding { instrument });
        }
    }
    for one in &directory.collaterals {
        if is_over(one.state.accrued_at, now, every) && moves_interest(&one.state)? {
            due.push(Crank::Interest { collateral: one.state.index });
        }
    }
    Ok(due)
}

/// Was it so long ago?
fn is_over(at: i64, now: UnixSeconds, every: Seconds) -> bool {
    now.elapsed_since(UnixSeconds::new(at)) >= every
}

/// Would a refresh be taken now, and move the references or the newest publish time that was seen?
fn moves_price(
    state: &Underlying,
    quote: &Quote,
    now: UnixSeconds,
    every: Seconds,
) -> Result<bool, ClientError> {
    let (Grade::Valid | Grade::Jumping, Some(band)) = (quote.grade, quote.band) else {
        return Ok(false);
    };
    let reference = &state.reference;
    let wait = match quote.grade {
        Grade::Jumping => every.min(Seconds::new(u64::from(reference.catch_up_seconds_max))),
        _ => every,
    };
    let is_old = is_over(reference.updated_at, now, wait.max(Seconds::new(1)));
    let is_new = quote.published.min(now).get() > state.published_at;
    let is_there = [&state.stable, reference].map(|one| Ok(one.get()?.price == band.price));
    let [stable, reference]: [Result<bool, ClientError>; 2] = is_there;
    Ok(is_old && (is_new || !stable? || !reference?))
}

/// Would a refresh carry open interest over, or set a rate?
fn moves_funding(state: &Instrument, pool: &Pool) -> bool {
    let is_changed = state.open_interest_lots != pool.open_interest_lots;
    let is_perpetual = state.expires_at == 0;
    let premium = pool.premium();
    let is_idle = state.open_interest_lots == 0
        && [state.funding_rate, premium.estimate_ppb, premium.mean_ppb] == [0; 3];
    !state.is_settled() && (is_changed || (is_perpetual && !is_idle))
}

/// Does interest run, or has some been set aside for the insurance fund?
fn moves_interest(state: &Collateral) -> Result<bool, ClientError> {
    let set_aside = state.reserve.to_shares().to_atoms_floor(Index::ONE)?;
    let runs = state.borrow_rate != 0 || state.deposit_rate != 0;
    Ok(runs || (state.index == 0 && set_aside.is_positive()))
}
