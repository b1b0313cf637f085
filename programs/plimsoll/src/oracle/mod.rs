//! From the bytes of an oracle account to a price in USD per unit, whatever the oracle.
//!
//! This room only reads; what a price may be used for is judged by `plimsoll_risk::oracle`.

mod pyth_pull;
mod pyth_push;

use anchor_lang::prelude::*;
use plimsoll_risk::SourceQuote;
use plimsoll_units::{Price, UnixSeconds};

pub use pyth_pull::{PriceFeedMessage, PriceUpdateV2, VerificationLevel, PYTH_RECEIVER};
pub use pyth_push::PYTH_PUSH;

use crate::error::PlimsollError;
use crate::state::{SourceKind, StoredSource};

/// What every oracle's account comes down to.
pub(crate) struct RawQuote {
    price: i64,
    confidence: u64,
    exponent: i32,
    published: i64,
    trading: bool,
}

impl RawQuote {
    /// `None` if the price is not positive or out of every sensible range.
    #[inline]
    fn quote(&self) -> Option<SourceQuote> {
        let mantissa = u64::try_from(self.price).ok()?;
        let price = Price::from_decimal(mantissa, self.exponent).ok()?;
        // A confidence of zero is no number that a price could have; it stands for none.
        let confidence = Price::from_decimal(self.confidence, self.exponent).ok();
        let published = UnixSeconds::new(self.published);
        Some(SourceQuote { price, confidence, published, trading: self.trading })
    }
}

/// Reads a source that must be readable: at listing, and where a signer picked the account.
///
/// Errors: `OracleWrongFeed`, `OracleWrongOwner`, `OracleUnreadable`, `OracleNotVerified`,
/// `OracleNotPositive`.
pub fn read_strict(
    source: &StoredSource,
    address: &Address,
    owner: &Address,
    data: &[u8],
) -> Result<SourceQuote> {
    let quote = read(source, address, owner, data)?;
    quote.ok_or_else(|| PlimsollError::OracleNotPositive.into())
}

/// Reads a source for a check. `None`: there is no usable price, to be graded by the risk rules.
///
/// An account that is not the one the source names is an error. The named one, closed or broken
/// since, is not: it must not block an account that is healthy without it.
#[inline]
pub fn read_for_check(
    source: &StoredSource,
    address: &Address,
    owner: &Address,
    data: &[u8],
) -> Result<Option<SourceQuote>> {
    if is_pinned(source) {
        require!(anchor_lang::address_eq(address, &source.address), PlimsollError::OracleWrongFeed);
        return match read_data(source, owner, data) {
            Err(_) => Ok(None),
            quote => quote,
        };
    }
    read_data(source, owner, data)
}

fn read(
    source: &StoredSource,
    address: &Address,
    owner: &Address,
    data: &[u8],
) -> Result<Option<SourceQuote>> {
    if is_pinned(source) {
        require!(anchor_lang::address_eq(address, &source.address), PlimsollError::OracleWrongFeed);
    }
    read_data(source, owner, data)
}

/// Reads the account that the source names, if it names one.
#[inline]
fn read_data(source: &StoredSource, owner: &Address, data: &[u8]) -> Result<Option<SourceQuote>> {
    let raw = match SourceKind::from_raw(source.kind) {
        Some(SourceKind::PythPull) => pyth_pull::read(owner, data, &source.feed_id)?,
        Some(SourceKind::PythPush) => pyth_push::read(owner, data)?,
        None => return Err(PlimsollError::OracleSourceInvalid.into()),
    };
    Ok(raw.quote())
}

/// True if the source names one account; only then may the account be broken without an error.
pub fn is_pinned(source: &StoredSource) -> bool {
    !anchor_lang::address_eq(&source.address, &Address::default())
}
