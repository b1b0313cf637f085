//! What does the cluster say besides what is listed: prices, and what was proposed?

use plimsoll_client::oracle::source_quote;
use plimsoll_client::state::{Group, Proposal, ProposalState};
use plimsoll_client::{
    decode_owned, pda, AccountSource, Address, Change, ClientError, Keyed, PROGRAM_ID,
};
use plimsoll_units::{Price, UnixSeconds};

use crate::calendar::Moment;
use crate::expiries::ExpiryError;
use crate::markets::UnderlyingSpec;
use crate::names::Names;
use crate::params::{self, QuoteDecimals};

/// The price of an underlying by the first sources of it and of the quote token's (quote atoms per
/// unit, rounded down). Neither has to be listed.
///
/// Errors: `PriceMissing`, `PriceStale`.
pub(crate) fn price(
    source: &(impl AccountSource + ?Sized),
    [quote, underlying]: [&UnderlyingSpec; 2],
    names: &Names,
    decimals: QuoteDecimals,
    now: Moment,
) -> Result<u64, ExpiryError> {
    let dollars = |spec: &UnderlyingSpec| dollars(source, spec, names, decimals, now);
    let (quote, price) = (dollars(quote)?, dollars(underlying)?);
    let range = |_| ExpiryError::PriceMissing(format!("{} is out of range", underlying.name));
    let exponent = i32::try_from(decimals).unwrap_or(i32::MAX);
    let scale = Price::pow10(exponent).map_err(range)?;
    let atoms = price.checked_mul(scale).and_then(|price| price.checked_div(quote));
    let atoms = atoms.and_then(|price| price.value_floor(1)).map_err(range)?;
    Ok(atoms.to_quote_floor().map_err(range)?.get().unsigned_abs())
}

/// What the first source of an underlying says (USD per unit).
fn dollars(
    source: &(impl AccountSource + ?Sized),
    spec: &UnderlyingSpec,
    names: &Names,
    decimals: QuoteDecimals,
    now: Moment,
) -> Result<Price, ExpiryError> {
    let missing = |reason: String| ExpiryError::PriceMissing(format!("{}: {reason}", spec.name));
    let sources = params::underlying(spec, names, decimals).map_err(missing)?.sources;
    let addresses = params::oracles(spec, names).map_err(missing)?;
    let first = sources.first().zip(addresses.first());
    let (params, address) = first.ok_or_else(|| missing("it has no source".into()))?;
    let quote = source_quote(source, params, address);
    let quote = quote.map_err(|error| missing(error.to_string()))?;
    if !quote.trading {
        return Err(missing("its market is halted".into()));
    }
    let seconds = UnixSeconds::new(now.unix_seconds).elapsed_since(quote.published).get();
    match seconds <= u64::from(spec.age_seconds) {
        true => Ok(quote.price),
        false => Err(ExpiryError::PriceStale { seconds, most: spec.age_seconds }),
    }
}

/// How a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stand {
    /// It waits for its time.
    Waits(Moment),
    /// It may be executed.
    Ripe,
    /// It was refused, or taken back.
    Vetoed,
}

/// A proposal of which something can come, or that was refused.
#[derive(Clone, Debug)]
pub(crate) struct Proposed {
    pub(crate) id: u64,
    /// Who paid its rent.
    pub(crate) payer: Address,
    pub(crate) stand: Stand,
    pub(crate) change: Change,
}

/// All such proposals of a group, but for those whose changes do not decode. Errors: `Source`,
/// `Decode`.
pub(crate) fn proposals(
    source: &(impl AccountSource + ?Sized),
    group: &Keyed<Group>,
    now: Moment,
) -> Result<Vec<Proposed>, ClientError> {
    let ids = 0..group.state.proposal_count;
    let addresses: Vec<Address> = ids.map(|id| pda::proposal(&group.address, id)).collect();
    let stored = source.accounts(&addresses)?;
    let mut all = Vec::new();
    for (address, stored) in addresses.into_iter().zip(stored) {
        // Those that were carried out or have died are removed sooner or later.
        let Some(stored) = stored.filter(|stored| stored.owner == PROGRAM_ID) else {
            continue;
        };
        let one: Proposal = decode_owned(&stored.owner, &stored.data)
            .map_err(|error| ClientError::Decode { address, error })?;
        let stand = match () {
            () if one.state == ProposalState::Vetoed => Stand::Vetoed,
            () if one.is_over(UnixSeconds::new(now.unix_seconds)) => continue,
            () if now.unix_seconds < one.executable_at => {
                Stand::Waits(Moment { unix_seconds: one.executable_at })
            }
            () => Stand::Ripe,
        };
        let (id, payer) = (one.id, one.payer);
        all.extend(one.change().ok().map(|change| Proposed { id, payer, stand, change }));
    }
    Ok(all)
}
