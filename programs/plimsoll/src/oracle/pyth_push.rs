//! Pyth push price accounts, the layout of the Pyth SDK for Solana.

use anchor_lang::prelude::*;
use pyth_sdk_solana::state::{load_price_account, PriceStatus, SolanaPriceAccount};

use super::RawQuote;
use crate::error::PlimsollError;

/// The push oracle program on mainnet, owner of every push price account.
pub const PYTH_PUSH: Address =
    anchor_lang::address!("FsJ3A3u2vn5cTVofAjvy6y5kwABJAqYWpe4975bi2epH");

/// Reads the aggregate price. A feed that is not trading keeps its last aggregate, and says so:
/// the SDK would substitute the price before, which is older than it looks.
pub(super) fn read(owner: &Address, data: &[u8]) -> Result<RawQuote> {
    require!(anchor_lang::address_eq(owner, &PYTH_PUSH), PlimsollError::OracleWrongOwner);
    let account: &SolanaPriceAccount =
        load_price_account(data).map_err(|_| PlimsollError::OracleUnreadable)?;
    Ok(RawQuote {
        price: account.agg.price,
        confidence: account.agg.conf,
        exponent: account.expo,
        published: account.timestamp,
        trading: matches!(account.agg.status, PriceStatus::Trading),
    })
}
